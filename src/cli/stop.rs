//! What stops a run from outside: a clock, and Ctrl-C.

use crate::time::Span;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A flag that Ctrl-C sets; a second one ends the program at once. Ask for it once.
pub fn by_ctrl_c() -> Arc<AtomicBool> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_stopped);
    // Without a handler, Ctrl-C ends the program as usual.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    is_stopped
}

/// When a run is stopped from outside.
#[derive(Clone, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Stop {
    /// Stops when `flag` is set, or so long after now.
    pub fn new(flag: Arc<AtomicBool>, timeout: Option<Span>) -> Self {
        let deadline = timeout.and_then(|span| Instant::now().checked_add(Duration::from_nanos(span.as_ns())));
        Stop { flag, deadline }
    }

    /// Whether someone has asked for the end; a clock does not count.
    pub fn is_flagged(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Whether a run goes on.
    pub fn look(&self) -> ControlFlow<()> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_late || self.is_flagged() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Reads a time on the wall clock, as in scenario files.
pub fn parse_timeout(text: &str) -> Result<Span, String> {
    match Span::parse(text) {
        Ok(span) if span == Span::default() => Err("it must not be zero; leave it out for no timeout".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}
