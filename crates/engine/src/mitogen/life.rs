//! Where a process is in its life, and what its shutdown waits for: ports of `Broker.keep_alive` and
//! `mitogen.parent.Reaper`.
//!
//! From 0.2.8 on, a broker that shuts down stays while a timer is set. Such timers are those of reapers: each lost child
//! has a reaper, which polls the child's process until that is gone. A reaper does nothing else that can be seen, so here
//! it is no timer but a moment. A timer is set only when a shutdown waits for it.

use crate::process::{Effect, StateWriter, TimerId};
use crate::time::{Span, Time};

/// The timer of the grace period of a shutdown.
pub(super) const GRACE: TimerId = TimerId(0);

/// The timer of the last reaper that a shutdown waits for.
pub(super) const REAPER: TimerId = TimerId(1);

/// How long a reaper takes: `Reaper._calc_delay(0)`. It polls when the stream is lost, and finds that the process has
/// not ended, since a process closes its streams before it ends. The next poll, after this time, finds it gone. See
/// section 8.4 of `docs/model.md` for what real processes do.
const REAPING: Span = Span::from_ms(50);

/// When a reaper is done whose process never ends.
const NEVER: Time = Time::from_ns(u64::MAX);

/// What a timer measures, in words.
pub(super) fn timer_words(timer: TimerId) -> &'static str {
    if timer == REAPER { "the reaper's wait" } else { "the grace" }
}

/// Where a process is in its life, besides being alive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// It is waiting for its children to end.
    pub shuts_down: bool,
    /// It has left its parent, or is about to.
    pub leaves: bool,
    /// When the last reaper is done that a shutdown waits for.
    reaped: Time,
}

impl Life {
    /// Port of `Reaper.reap`: a child's stream is lost.
    ///
    /// A shutdown cancels the reapers of children that have detached (`Reaper._on_broker_shutdown`). One that starts
    /// during the shutdown is too late for that, and its process lives on.
    pub fn start_reaper(&mut self, is_detached: bool, now: Time) {
        let done = match (is_detached, self.shuts_down) {
            (false, _) => now.checked_add(REAPING).unwrap_or(NEVER),
            (true, true) => NEVER,
            (true, false) => return,
        };
        self.reaped = self.reaped.max(done);
    }

    /// Whether a reaper is still at work.
    pub fn is_reaping(&self, now: Time) -> bool {
        self.reaped > now
    }

    /// Sets the timer of the last reaper, unless that never gets done.
    pub fn wait_for_reaper(&self, now: Time) -> Option<Effect> {
        (self.reaped != NEVER).then(|| Effect::SetTimer { timer: REAPER, after: self.reaped.since(now) })
    }

    /// The shutdown is over. A process that outlives it has no reapers left.
    pub fn end_shutdown(&mut self) {
        (self.shuts_down, self.reaped) = (false, Time::ZERO);
    }

    /// Writes what decides how the process goes on. Reapers decide nothing before the process shuts down. In a loop of
    /// states no process begins to shut down: a SHUTDOWN that is obeyed comes from a step, or from another that was.
    pub fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        state.flag(self.shuts_down);
        state.flag(self.leaves);
        if self.shuts_down {
            state.left(self.reaped, now);
        }
    }
}
