//! What stops a run from outside: a clock, or a flag that a signal sets.

use crate::time::Span;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// When a run is stopped from outside.
#[derive(Clone, Debug, Default)]
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
