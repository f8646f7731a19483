//! What was said between treequake and a program: to compare two copies of the program, and to run without it.

use super::tape::unnumbered;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of a conversation are kept to compare it.
const KEPT_MAX: usize = 64 << 20;

/// A request, and the answer to it: lines as they were.
#[derive(Debug)]
pub struct Exchange {
    asked: Box<[u8]>,
    answered: Box<[u8]>,
}

impl Exchange {
    /// Whether the program was asked the same, and said the same.
    fn is_like(&self, other: &Exchange) -> bool {
        unnumbered(&self.asked) == unnumbered(&other.asked) && unnumbered(&self.answered) == unnumbered(&other.answered)
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
            self.lines.push(Exchange { asked: asked.into(), answered: answered.into() });
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

/// The first place where two conversations part, in words.
pub fn parting(one: &[Exchange], other: &[Exchange]) -> Option<String> {
    let text = |line: &[u8]| String::from_utf8_lossy(line).trim_end().chars().take(400).collect::<String>();
    let (n, (one, other)) = one.iter().zip(other).enumerate().find(|(_, (one, other))| !one.is_like(other))?;
    Some(format!(
        "request {} of the run: {}\n  one copy:     {}\n  another copy: {}",
        n + 1,
        text(&one.asked),
        text(&one.answered),
        text(&other.answered)
    ))
}
