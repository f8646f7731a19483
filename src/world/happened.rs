//! What one event did, for those who look at a run: the trace, the check, the metrics.

use crate::link::{Incarnation, Item, LaneId};
use crate::process::{Handle, LoggedError, Message, RouteChange, TimerId};
use crate::scenario::Ways;
use crate::trace::{Record, Skip};
use std::ops::Range;

/// How closely a run is watched: how much of [`Happened`] is told. It changes nothing of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watch {
    /// The records, and how the true tree changes.
    #[default]
    Records,
    /// Changes of route tables, too.
    Routes,
    /// Everything: changes of processes and links, and what is put on a wire or comes off it.
    All,
}

/// What became of a process, or of a link, which is called by its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A process came to life, and with it the link to its parent.
    Born {
        /// Which.
        context: Incarnation,
        /// Whether it is on the tree, and not below an orphan.
        is_attached: bool,
    },
    /// A process died.
    Died(Incarnation),
    /// A context left the tree: it died, or is an orphan.
    Left(Incarnation),
    /// The end that sends on a lane closed.
    Closed(LaneId),
    /// A link stopped delivering.
    Partitioned {
        /// Which.
        link: Incarnation,
        /// In which directions, beside those in which it does not deliver already.
        ways: Ways,
    },
    /// A link delivers again, in both directions.
    Healed(Incarnation),
    /// From now on, everything on a link takes so many times as long.
    Slowed {
        /// Which.
        link: Incarnation,
        /// How many times; 1 is as before.
        factor: u32,
    },
}

/// What was put on a wire, or came off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Copies of an item were put on a wire, one right behind the other, behind all that is on it.
    Sent {
        /// Which wire.
        lane: LaneId,
        /// What.
        item: Item,
        /// How many.
        copies: u64,
    },
    /// Copies of an item were to be put on a wire whose end was closed already.
    Dropped {
        /// Which wire.
        lane: LaneId,
        /// What.
        item: Item,
        /// How many.
        copies: u64,
    },
    /// Copies of the first item came off a wire.
    Arrived {
        /// Which wire.
        lane: LaneId,
        /// How many.
        copies: u64,
        /// Whether they vanished: the end there was closed, or its owner dead.
        vanished: bool,
    },
}

/// How the true tree changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TruthChange {
    /// A context appeared on the tree.
    Connected {
        /// Which.
        context: Incarnation,
        /// Whether nobody has had its id before, so that no table but its parent's can know it.
        is_first_life: bool,
    },
    /// Contexts left the tree, those of [`Happened::left`]: the first was lost, the others hung below it.
    Detached(Range<usize>),
}

/// What an event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A step of the scenario, by its place in [`Scenario::step`](crate::scenario::Scenario::step).
    Step(usize),
    /// An arrival on a lane.
    Arrival(LaneId),
    /// The end that sends on a lane has given up on its silent link.
    Timeout(LaneId),
    /// A timer of a process.
    Timer(TimerId),
}

/// A call that a step has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its number, from 1 over the whole run.
    pub call: u64,
    /// The handle on which it waits for its reply.
    pub handle: Handle,
}

/// What one event did, in order.
#[derive(Debug, Default)]
pub struct Happened {
    /// What it was; `None` before the first event, and after the last.
    pub what: Option<What>,
    /// Where it happened: who received, whose timer it was, who gave up; of a step, the context that it is done to or that
    /// does it, as far as that ever lived.
    pub context: Incarnation,
    /// The call that it made.
    pub call: Option<Made>,
    /// Why the step that it was could not be done.
    pub skipped: Option<Skip>,
    /// The records of the trace.
    pub records: Vec<Record>,
    /// The changes of route tables; empty unless asked for.
    pub route_changes: Vec<(Incarnation, RouteChange)>,
    /// The changes of the true tree.
    pub truth_changes: Vec<TruthChange>,
    /// Who left the tree, one loss after the other.
    pub left: Vec<Incarnation>,
    /// What became of processes and links, in order; empty unless [everything](Watch::All) is watched.
    pub changes: Vec<Change>,
    /// What was put on wires, and came off them, in order; empty unless everything is watched.
    pub traffic: Vec<Traffic>,
}

impl Happened {
    /// The step that it was, by its place, if it was one.
    pub fn step(&self) -> Option<usize> {
        match self.what {
            Some(What::Step(place)) => Some(place),
            _ => None,
        }
    }

    /// The lane that a message or the end of a stream arrived on, if anything did.
    pub fn lane(&self) -> Option<LaneId> {
        match self.what {
            Some(What::Arrival(lane)) => Some(lane),
            _ => None,
        }
    }

    /// The message that has arrived at a live context, if it was one.
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
