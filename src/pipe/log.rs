//! What was said between treequake and a program: to compare two copies of the program, and to run without it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of a conversation are kept to compare it.
const KEPT_MAX: usize = 64 << 20;

/// The lines of a conversation: requests and their answers.
#[derive(Debug, Default)]
pub struct Lines {
    pub lines: Vec<(Box<[u8]>, Box<[u8]>)>,
    bytes: usize,
}

impl Lines {
    /// Keeps a request and its answer, while there is room.
    pub fn push(&mut self, asked: &[u8], answered: &[u8]) {
        self.bytes += asked.len() + answered.len();
        if self.bytes <= KEPT_MAX {
            self.lines.push((asked.into(), answered.into()));
        }
    }
}

/// A conversation that somebody listens to.
pub type Log = Arc<Mutex<Lines>>;

thread_local! {
    static LISTENING: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Does something whose runs ask new copies of programs, and returns what they said.
pub fn listen<T>(what: impl FnOnce() -> T) -> (T, Vec<(Box<[u8]>, Box<[u8]>)>) {
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

/// A line without the number that every line of a conversation has: `{"n":7,...`.
fn unnumbered(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| *byte == b',' || *byte == b'}').unwrap_or(0);
    &line[end..]
}

/// The first place where two conversations part, in words.
pub fn parting(one: &[(Box<[u8]>, Box<[u8]>)], other: &[(Box<[u8]>, Box<[u8]>)]) -> Option<String> {
    let text = |line: &[u8]| String::from_utf8_lossy(line).trim_end().chars().take(400).collect::<String>();
    let differs = |((asked, first), (also, second)): &(&(Box<[u8]>, Box<[u8]>), &(Box<[u8]>, Box<[u8]>))| {
        unnumbered(asked) != unnumbered(also) || unnumbered(first) != unnumbered(second)
    };
    let (n, ((asked, first), (_, second))) = one.iter().zip(other).enumerate().find(|(_, pair)| differs(pair))?;
    Some(format!(
        "request {} of the run: {}\n  one copy:     {}\n  another copy: {}",
        n + 1,
        text(asked),
        text(first),
        text(second)
    ))
}
