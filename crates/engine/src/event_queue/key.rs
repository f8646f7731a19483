//! The key that orders events.

use crate::process::ContextId;
use crate::time::Time;

/// What kind of event it is. At the same time, all steps come before all arrivals, and those before all timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A step of the scenario.
    Step = 0,
    /// An arrival on a link.
    Arrival = 1,
    /// A timer of a context.
    Timer = 2,
}

/// The order of events: ascending by these fields, in this order (the derived `Ord`).
///
/// The `fifo` of a step is its place in the file. The `fifo` of an arrival counts all items put on any wire, not only
/// those of the pair (`from`, `to`). Within one pair the order is the same, and only there does it matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventKey {
    /// When the event is due.
    pub time: Time,
    /// What kind it is.
    pub rank: Rank,
    /// The receiving context, or the owner of a timer; 0 for a step.
    pub to: ContextId,
    /// The sending context, or the neighbour that a timer is about; 0 for a step.
    pub from: ContextId,
    /// Breaks ties: first in, first out.
    pub fifo: u64,
}

impl EventKey {
    /// The key of the step at `place` in the file.
    pub fn step(time: Time, place: u64) -> Self {
        EventKey { time, rank: Rank::Step, to: ContextId::MASTER, from: ContextId::MASTER, fifo: place }
    }

    /// The key of an arrival.
    pub fn arrival(time: Time, to: ContextId, from: ContextId, fifo: u64) -> Self {
        EventKey { time, rank: Rank::Arrival, to, from, fifo }
    }

    /// The key of a timer. Of two timers at the same time, in the same context and about the same neighbour, the one
    /// that was set first comes first.
    pub fn timer(time: Time, to: ContextId, from: ContextId, fifo: u64) -> Self {
        EventKey { time, rank: Rank::Timer, to, from, fifo }
    }
}
