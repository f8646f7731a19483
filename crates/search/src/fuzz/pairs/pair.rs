//! A case under two monitors: the two results, side by side.

use crate::fuzz::class::{Class, Kind};
use crate::fuzz::examine::Examination;
use crate::metrics::Window;
use crate::scenario::Scenario;
use crate::time::Span;

/// A case under two monitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its seed.
    pub seed: u64,
    /// Contexts at time 0, and steps after it.
    pub size: u64,
    /// Whether both runs have the same trace.
    pub has_equal_traces: bool,
    /// Its result under the first monitor.
    pub first: Side,
    /// Its result under the second monitor.
    pub second: Side,
}

/// The result of a case under a monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The classes in which it fails, the most serious kind first; empty if it passes.
    pub classes: Vec<Class>,
    /// The time until the slowest step had converged; `None` if a step had not.
    pub converged: Option<Span>,
    /// The messages that arrived.
    pub messages: u64,
}

impl Side {
    /// The result of a run.
    pub fn of(examination: &Examination) -> Self {
        let outcome = &examination.outcome;
        Side {
            classes: examination.failures.iter().map(|failure| failure.class).collect(),
            converged: outcome.slowest().map_or(Some(Span::default()), Window::converged_after),
            messages: outcome.messages.total(),
        }
    }

    /// Whether it fails in this class; its monitor is left aside.
    pub fn shows(&self, class: Class) -> bool {
        self.classes.iter().any(|own| (own.kind, own.place) == (class.kind, class.place))
    }

    /// The classes that `other` does not show.
    pub fn beyond<'s>(&'s self, other: &'s Side) -> impl Iterator<Item = Class> + 's {
        self.classes.iter().copied().filter(|class| !other.shows(*class))
    }

    /// The result in a word: `ok`, or the most serious kind of failure.
    pub fn result(&self) -> &'static str {
        self.classes.first().map_or("ok", |class| Kind::name(class.kind))
    }
}

impl Pair {
    /// The results of both runs of a scenario.
    pub fn of(scenario: &Scenario, examinations: [&Examination; 2]) -> Self {
        let digests = examinations.map(|examination| examination.outcome.digest);
        let [first, second] = examinations.map(Side::of);
        Pair {
            seed: scenario.seed,
            size: scenario.step_count() as u64,
            has_equal_traces: digests[0].is_some() && digests[0] == digests[1],
            first,
            second,
        }
    }
}
