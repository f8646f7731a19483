//! The shrinker: from a scenario that fails to the smallest that fails in the same class.
//!
//! Candidates are tried in a fixed order, the biggest cuts first: `removals` of steps and of contexts, then what
//! `simpler` makes of what is left; again and again until nothing helps. Each that is kept is smaller by its
//! `weight`, so that there is an end, and so that the result depends on nothing but the scenario. The last round has
//! tried every single removal on the result: that is the proof that it is a local minimum.

mod free;
mod parts;
mod removals;
mod simpler;
mod weight;

use super::class::Class;
use super::examine::{Rules, fails_in};
use crate::run::Runner;
use crate::scenario::Scenario;
use crate::scenario::expectation::Expectations;
use std::ops::ControlFlow;

/// How many scenarios are tried at most.
pub const TRIED_MAX: u64 = 100_000;

/// How many events are processed at most, in all that is tried: some minutes.
const EVENTS_MAX: u64 = 2_000_000_000;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps, contexts not counted: at first, and of the best so far.
    pub steps: (usize, usize),
    /// Contexts, those of steps included: at first, and of the best so far.
    pub contexts: (usize, usize),
    /// How many scenarios were tried.
    pub tried: u64,
}

/// What shrinking came to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The best.
    pub scenario: Scenario,
    /// How it got there.
    pub progress: Progress,
    /// Whether no single removal keeps the failure: it was not stopped before that was known.
    pub is_minimal: bool,
    /// What of it may have other values, each in a sentence.
    pub free: Vec<String>,
}

/// Shrinks a scenario that fails in `class`; `watch` is told after each try how far it is, and may stop it.
///
/// What the scenario expects of itself, and what it is called, is left out of the result.
pub fn shrink(
    scenario: &Scenario,
    class: Class,
    rules: &Rules,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Shrunk {
    let best = Scenario { expectations: Expectations::default(), ..parts::without_labels(scenario) };
    let size = (parts::steps(&best), parts::contexts(&best));
    let progress = Progress { steps: (size.0, size.0), contexts: (size.1, size.1), tried: 0 };
    let (runner, weight) = (Runner::default(), weight::of(&best));
    let mut search = Search { runner, class, rules, watch, best, weight, progress, events: 0, is_over: false };
    let is_minimal = search.run();
    let free = if is_minimal { free::values(&mut search) } else { Vec::new() };
    let scenario = parts::with_small_catalog(&search.best);
    Shrunk { scenario, progress: search.progress, is_minimal, free }
}

/// A search in progress.
struct Search<'a> {
    runner: Runner,
    class: Class,
    rules: &'a Rules,
    watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    best: Scenario,
    weight: weight::Weight,
    progress: Progress,
    /// How many events were processed.
    events: u64,
    is_over: bool,
}

impl Search<'_> {
    /// Goes on until nothing helps. Returns whether it came so far.
    fn run(&mut self) -> bool {
        // A storm takes as long as it may, so that is the first to be cut.
        simpler::most_events(self);
        while !self.is_over {
            let before = self.weight;
            removals::all(self);
            simpler::all(self);
            if self.weight == before {
                return !self.is_over;
            }
        }
        false
    }

    /// Keeps a candidate if it is smaller, and fails in the same class. Returns whether it was kept.
    fn offer(&mut self, candidate: Scenario) -> bool {
        let weight = weight::of(&candidate);
        if weight >= self.weight || !self.still_fails(&candidate) {
            return false;
        }
        self.progress.steps.1 = parts::steps(&candidate);
        self.progress.contexts.1 = parts::contexts(&candidate);
        (self.best, self.weight) = (candidate, weight);
        true
    }

    /// Whether a candidate fails in the same class. Nothing does once the search is over.
    fn still_fails(&mut self, candidate: &Scenario) -> bool {
        if self.is_over {
            return false;
        }
        let (fails, events) = fails_in(&mut self.runner, candidate, self.rules, self.class);
        self.progress.tried += 1;
        self.events = self.events.saturating_add(events);
        let is_spent = self.progress.tried >= TRIED_MAX || self.events >= EVENTS_MAX;
        self.is_over = (self.watch)(self.progress).is_break() || is_spent;
        fails
    }
}
