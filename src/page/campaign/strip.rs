//! A strip: the distribution of all cases by a measure, and the cases at its far end.

use super::bins::Bins;
use crate::fuzz::campaign::results::Row;

/// How many cases a strip marks at most.
pub const MARKS_MAX: usize = 8;

/// A measure of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// How long the slowest step took, of those that converged before the next one.
    Convergence,
    /// How many messages arrived.
    Messages,
    /// How many events there were.
    Events,
}

impl Measure {
    /// All measures.
    pub const ALL: [Measure; 3] = [Measure::Convergence, Measure::Messages, Measure::Events];

    /// The value of a case; `None` if it has none, because no step changed a route or no step converged.
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
    /// The cases with the largest values, largest first. Of equal values, the lowest seed comes first.
    pub marks: Vec<Mark>,
}

/// A case at the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its value.
    pub value: u64,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub verdict: String,
    /// The classes of failures that it shows; none if it passes.
    pub classes: Vec<String>,
    /// Whether it was stopped far over its budget: then it may be larger, and show more classes.
    pub is_cut: bool,
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
        // Seeds come in order, so a case comes after those of the same value.
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
            classes: row.classes.iter().map(ToString::to_string).collect(),
            is_cut: row.cut,
            shape: row.shape.to_string(),
            contexts: row.contexts,
            depth: row.depth,
        }
    }
}
