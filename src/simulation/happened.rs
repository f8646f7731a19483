//! What one event did, for those who look at a run: the trace, the check, the metrics.

use crate::link::{Incarnation, LaneId};
use crate::protocol::RouteChange;
use crate::trace::Record;
use std::ops::Range;

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

/// What one event did, in order.
#[derive(Debug, Default)]
pub struct Happened {
    /// The records of the trace.
    pub records: Vec<Record>,
    /// The lane that a recorded message arrived on.
    pub lane: Option<LaneId>,
    /// The changes of route tables; empty unless asked for.
    pub route_changes: Vec<(Incarnation, RouteChange)>,
    /// The changes of the true tree.
    pub truth_changes: Vec<TruthChange>,
    /// Who left the tree, one loss after the other.
    pub left: Vec<Incarnation>,
}

impl Happened {
    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.lane = None;
        self.route_changes.clear();
        self.truth_changes.clear();
        self.left.clear();
    }
}
