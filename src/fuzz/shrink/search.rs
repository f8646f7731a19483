//! A search in progress: the best scenario so far, and whether another one is better.

use super::parts;
use super::weight::{self, Weight};
use crate::fuzz::class::Class;
use crate::fuzz::examine::{Rules, shows};
use crate::run::Runner;
use crate::scenario::Scenario;
use crate::scenario::expectation::Expectations;
use crate::time::Time;
use std::ops::ControlFlow;

/// The search ends after this many scenarios.
pub const TRIED_MAX: u64 = 100_000;

/// The search ends after this many events in all its runs together: some minutes.
const EVENTS_MAX: u64 = 1_000_000_000;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps, without contexts: at first, and in the best scenario so far.
    pub steps: (usize, usize),
    /// Contexts, with those that steps connect: at first, and in the best scenario so far.
    pub contexts: (usize, usize),
    /// How many scenarios were tried.
    pub tried: u64,
}

/// A search in progress.
pub struct Search<'a> {
    runner: Runner,
    rules: &'a Rules,
    watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// Events in all runs so far.
    events: u64,
    /// The class that every scenario must show.
    pub class: Class,
    /// The best scenario so far.
    pub best: Scenario,
    /// The weight of the best scenario.
    pub weight: Weight,
    /// How far the search is.
    pub progress: Progress,
    /// Whether the search was stopped, or has reached a limit.
    pub is_over: bool,
}

impl<'a> Search<'a> {
    /// A search that has tried nothing yet. Expectations and labels are left out of the scenario.
    pub fn new(
        scenario: &Scenario,
        class: Class,
        rules: &'a Rules,
        watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let best = Scenario { expectations: Expectations::default(), ..parts::without_labels(scenario) };
        let (steps, contexts) = (parts::steps(&best), parts::contexts(&best));
        let progress = Progress { steps: (steps, steps), contexts: (contexts, contexts), tried: 0 };
        let (runner, weight) = (Runner::default(), weight::of(&best));
        Search { runner, rules, watch, events: 0, class, best, weight, progress, is_over: false }
    }

    /// Keeps a candidate if it is smaller and shows the same class, whatever else it shows. Returns whether it was kept.
    pub fn offer(&mut self, candidate: Scenario) -> bool {
        let candidate = ending_early(candidate);
        let weight = weight::of(&candidate);
        if weight >= self.weight || !self.still_fails(&candidate) {
            return false;
        }
        self.progress.steps.1 = parts::steps(&candidate);
        self.progress.contexts.1 = parts::contexts(&candidate);
        (self.best, self.weight) = (candidate, weight);
        true
    }

    /// Whether a candidate shows the same class; always false once the search is over.
    pub fn still_fails(&mut self, candidate: &Scenario) -> bool {
        if self.is_over {
            return false;
        }
        let (fails, events) = shows(&mut self.runner, candidate, self.rules, self.class);
        self.progress.tried += 1;
        self.events = self.events.saturating_add(events);
        let is_spent = self.progress.tried >= TRIED_MAX || self.events >= EVENTS_MAX;
        self.is_over = (self.watch)(self.progress).is_break() || is_spent;
        fails
    }
}

/// If the protocol never falls silent, a run ends after its last step, as soon as its protocol allows a verdict.
fn ending_early(mut scenario: Scenario) -> Scenario {
    let last = scenario.events.last().map_or(Time::ZERO, |step| step.at);
    let settled = scenario.monitor.family().settles_within().and_then(|settles| last.checked_add(settles));
    scenario.until = scenario.until.map(|until| settled.map_or(until, |settled| until.min(settled)));
    scenario
}
