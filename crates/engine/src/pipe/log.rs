//! What was said between treequake and a program: to compare two copies of the program, and to run without it.

use super::differing::first_place;
use super::tape::unnumbered;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of a conversation are kept to compare it.
const KEPT_MAX: usize = 64 << 20;

/// How much of a line an error shows.
const SHOWN: usize = 300;

/// A request, and the answer to it: lines as they were.
#[derive(Clone, Debug)]
pub struct Exchange {
    asked: Box<[u8]>,
    answered: Box<[u8]>,
}

impl Exchange {
    /// A request and its answer.
    pub fn new(asked: &[u8], answered: &[u8]) -> Self {
        Exchange { asked: asked.into(), answered: answered.into() }
    }

    /// Whether the program was asked the same, and said the same.
    fn is_like(&self, other: &Exchange) -> bool {
        unnumbered(&self.asked) == unnumbered(&other.asked)
            && (unnumbered(&self.answered) == unnumbered(&other.answered)
                || first_place(&self.answered, &other.answered).is_none())
    }

    /// This answer and another one, as they came, and where they differ first. The names say whose they are.
    pub fn beside(&self, name: &str, other: &Exchange, others_name: &str) -> String {
        let width = name.len().max(others_name.len()).max("request".len()) + 1;
        let line = |name: &str, line: &[u8]| format!("  {:width$} {}", format!("{name}:"), shown(line));
        let mut lines = vec![line("request", &self.asked)];
        if unnumbered(&self.asked) != unnumbered(&other.asked) {
            lines.push(line("and", &other.asked));
        }
        lines.extend([line(name, &self.answered), line(others_name, &other.answered)]);
        lines.extend(first_place(&self.answered, &other.answered).map(|place| format!("  {place}")));
        lines.join("\n")
    }
}

/// The lines of a conversation.
#[derive(Debug, Default)]
pub struct Lines {
    pub lines: Vec<Exchange>,
    bytes: usize,
}

impl Lines {
    /// Keeps a request and its answer, while there is room.
    pub fn push(&mut self, asked: &[u8], answered: &[u8]) {
        self.bytes += asked.len() + answered.len();
        if self.bytes <= KEPT_MAX {
            self.lines.push(Exchange::new(asked, answered));
        }
    }
}

/// A conversation that somebody listens to.
pub type Log = Arc<Mutex<Lines>>;

thread_local! {
    static LISTENING: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Does something whose runs ask new copies of programs, and returns what they said.
pub fn listen<T>(what: impl FnOnce() -> T) -> (T, Vec<Exchange>) {
    let log = Log::default();
    LISTENING.set(Some(log.clone()));
    let done = what();
    LISTENING.set(None);
    let lines = std::mem::take(&mut log.lock().unwrap_or_else(PoisonError::into_inner).lines);
    (done, lines)
}

/// The conversation of this thread that somebody listens to.
pub fn listening() -> Option<Log> {
    LISTENING.with_borrow(Clone::clone)
}

/// What was said since the last time, in the conversation of this thread that somebody listens to.
pub fn said() -> Vec<Exchange> {
    let Some(log) = listening() else { return Vec::new() };
    std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner)).lines
}

/// The first place where two conversations part, in words.
pub fn parting(name: &str, one: &[Exchange], others_name: &str, other: &[Exchange]) -> Option<String> {
    let (n, (one, other)) = one.iter().zip(other).enumerate().find(|(_, (one, other))| !one.is_like(other))?;
    Some(format!("request {} of the run:\n{}", n + 1, one.beside(name, other, others_name)))
}

/// A line for an error: cut short, in one line.
pub fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], line.len()),
        None => text.to_owned(),
    }
}
