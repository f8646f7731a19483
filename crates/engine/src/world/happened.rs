//! What one event did, for everything that watches a run: the trace, the check, the metrics.

use crate::link::{Incarnation, Item, LaneId};
use crate::process::{Handle, LoggedError, Message, RouteChange, TimerId};
use crate::scenario::Ways;
use crate::trace::{Record, Skip};
use std::ops::Range;

/// How closely a run is watched: how much of [`Happened`] is kept. It does not change the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Watch {
    /// The records, and the changes in the true tree.
    #[default]
    Records,
    /// Also the changes in route tables.
    Routes,
    /// Everything: also the changes of processes and links, and what is put on a wire or comes off it.
    All,
}

/// A change of a process, or of a link. Links are named by their child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A process was born, and with it the link to its parent.
    Born {
        /// The new context.
        context: Incarnation,
        /// Whether it is on the tree, and not below an orphan.
        is_attached: bool,
    },
    /// A process died.
    Died(Incarnation),
    /// A context left the tree: it died, or became an orphan.
    Left(Incarnation),
    /// The end that sends on a lane closed.
    Closed(LaneId),
    /// A link stopped delivering.
    Partitioned {
        /// The link.
        link: Incarnation,
        /// The directions that the step names. In some of them the link may have delivered nothing before.
        ways: Ways,
    },
    /// A link delivers again, in both directions.
    Healed(Incarnation),
    /// From now on, everything on a link takes longer.
    Slowed {
        /// The link.
        link: Incarnation,
        /// How many times as long; 1 is the usual speed.
        factor: u32,
    },
}

/// Something that was put on a wire, or came off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Copies of an item were put on a wire, one right behind the other, behind everything that is on it.
    Sent {
        /// The wire.
        lane: LaneId,
        /// The item.
        item: Item,
        /// How many.
        copies: u64,
    },
    /// Copies of an item should have been put on a wire, but the end was already closed.
    Dropped {
        /// The wire.
        lane: LaneId,
        /// The item.
        item: Item,
        /// How many.
        copies: u64,
    },
    /// Copies of the first item on a wire came off it.
    Arrived {
        /// The wire.
        lane: LaneId,
        /// How many.
        copies: u64,
        /// Whether they vanished, because the end there was closed or its owner dead.
        vanished: bool,
    },
}

/// A change of the true tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TruthChange {
    /// A context appeared on the tree.
    Connected {
        /// The new context.
        context: Incarnation,
        /// Whether no context had its id before, so that no table but its parent's can have an entry for it.
        is_first_life: bool,
    },
    /// Contexts left the tree: those at these places in [`Happened::left`]. The first was lost, and the others were
    /// below it.
    Detached(Range<usize>),
}

/// What an event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A step of the scenario, by its place in [`Scenario::step`](crate::scenario::Scenario::step).
    Step(usize),
    /// An arrival on a lane.
    Arrival(LaneId),
    /// The end that sends on a lane gave up on its silent link.
    Timeout(LaneId),
    /// A timer of a process was due.
    Timer(TimerId),
}

/// A call that a step made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its number. Calls count from 1 over the whole run.
    pub call: u64,
    /// The handle on which it waits for its reply.
    pub handle: Handle,
}

/// What one event did, in order.
#[derive(Debug, Default)]
pub struct Happened {
    /// What the event was; `None` before the first event, and after the last.
    pub what: Option<What>,
    /// Where it happened. For an arrival, the receiver; for a timer, its owner; for a timeout, the context that gave
    /// up. For a step, the context that does it or that it is done to; the master if that never lived.
    pub context: Incarnation,
    /// The call that it made, if it was a `call` step.
    pub call: Option<Made>,
    /// Why the step could not be done, if it could not.
    pub skipped: Option<Skip>,
    /// The records that it left in the trace.
    pub records: Vec<Record>,
    /// The errors that were logged and have no record.
    pub logged: Vec<&'static str>,
    /// The changes in route tables, in order; empty unless [watched](Watch::Routes).
    pub route_changes: Vec<(Incarnation, RouteChange)>,
    /// The changes of the true tree, in order.
    pub truth_changes: Vec<TruthChange>,
    /// The contexts that left the tree, one loss after the other.
    pub left: Vec<Incarnation>,
    /// The changes of processes and links, in order; empty unless [everything](Watch::All) is watched.
    pub changes: Vec<Change>,
    /// What was put on wires and came off them, in order; empty unless [everything](Watch::All) is watched.
    pub traffic: Vec<Traffic>,
}

impl Happened {
    /// The place of the step, if the event was one.
    pub fn step(&self) -> Option<usize> {
        match self.what {
            Some(What::Step(place)) => Some(place),
            _ => None,
        }
    }

    /// The lane that an item arrived on, if the event was an arrival.
    pub fn lane(&self) -> Option<LaneId> {
        match self.what {
            Some(What::Arrival(lane)) => Some(lane),
            _ => None,
        }
    }

    /// The message that arrived at a live context, if one did.
    pub fn message(&self) -> Option<&Message> {
        match self.records.first() {
            Some(Record::Message { message, .. }) => Some(message),
            _ => None,
        }
    }

    /// The first error that was logged.
    pub fn error(&self) -> Option<LoggedError> {
        first_error(&self.records)
    }

    pub(crate) fn clear(&mut self) {
        self.what = None;
        self.context = Incarnation::MASTER;
        self.call = None;
        self.skipped = None;
        self.records.clear();
        self.logged.clear();
        self.route_changes.clear();
        self.truth_changes.clear();
        self.left.clear();
        self.changes.clear();
        self.traffic.clear();
    }
}

/// The first error among the records of an event.
pub fn first_error(records: &[Record]) -> Option<LoggedError> {
    records.iter().find_map(|record| match record {
        Record::Error { error, .. } => Some(*error),
        _ => None,
    })
}
