//! A strip: how all cases are distributed by a measure, and which are at its far end.

use super::Bins;
use crate::fuzz::campaign::results::Row;

/// So many seeds are marked on a strip.
pub const MARKS_MAX: usize = 8;

/// What cases are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// How long the slowest step took that converged before the next.
    Convergence,
    /// How many messages arrived.
    Messages,
    /// How many events there were.
    Events,
}

impl Measure {
    /// All measures.
    pub const ALL: [Measure; 3] = [Measure::Convergence, Measure::Messages, Measure::Events];

    /// What a case measures; `None` where it has nothing to be measured, be it that no step changed a route, or that none
    /// converged.
    fn of(self, row: &Row<'_>) -> Option<u64> {
        match self {
            Measure::Convergence => {
                row.steps.present().map(|(_, figures)| figures.converged_ns).max().filter(|ns| *ns > 0)
            }
            Measure::Messages => Some(row.messages.total()),
            Measure::Events => Some(row.events),
        }
    }
}

/// The distribution of a measure, and its outliers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    /// All cases.
    pub bins: Bins,
    /// The cases with the largest values, those first: of one value, the lowest seed.
    pub marks: Vec<Mark>,
}

/// A case at the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it measures.
    pub value: u64,
    /// What it is made of.
    pub seed: u64,
    /// How it ended.
    pub verdict: String,
    /// The class of its failure; `None` where it passes.
    pub class: Option<String>,
    /// The shape of its tree.
    pub shape: String,
    /// How many contexts connect at time 0.
    pub contexts: u32,
    /// The depth of the deepest of them.
    pub depth: u32,
}

impl Strip {
    /// Adds a case.
    pub(super) fn add(&mut self, measure: Measure, row: &Row<'_>) {
        let Some(value) = measure.of(row) else { return };
        self.bins.add(value);
        // Seeds come in order, so that one of equal value comes behind.
        let place = self.marks.partition_point(|mark| mark.value >= value);
        if place < MARKS_MAX {
            self.marks.truncate(MARKS_MAX - 1);
            self.marks.insert(place, Mark::of(value, row));
        }
    }
}

impl Mark {
    fn of(value: u64, row: &Row<'_>) -> Self {
        Mark {
            value,
            seed: row.seed,
            verdict: row.verdict.to_string(),
            class: row.class.as_ref().map(ToString::to_string),
            shape: row.shape.to_string(),
            contexts: row.contexts,
            depth: row.depth,
        }
    }
}
