//! A search in progress: the best scenario so far, and whether another one is better.

use super::parts;
use super::weight::{self, Weight};
use crate::fuzz::class::{Class, Kind};
use crate::fuzz::examine::{Rules, shows};
use crate::fuzz::rules::size;
use crate::run::Runner;
use crate::scenario::expectation::Expectations;
use crate::scenario::{DEFAULT_MAX_EVENTS, Scenario};
use crate::time::{Span, Time};
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

/// What every candidate must keep.
pub trait Goal {
    /// The kind of the failure that is kept, if it is one.
    fn kind(&self) -> Option<Kind>;

    /// Whether a scenario keeps it, and how many events it took to find out. From time to time, `watch` gets the number of
    /// events so far and can stop the run, which then keeps nothing.
    fn is_kept_by(&mut self, scenario: &Scenario, watch: &mut dyn FnMut(u64) -> ControlFlow<()>) -> (bool, u64);
}

/// A class of failures, whatever else a scenario shows.
pub struct SameClass<'a> {
    runner: Runner,
    class: Class,
    rules: &'a Rules,
}

impl<'a> SameClass<'a> {
    /// The goal to show `class`.
    pub fn new(class: Class, rules: &'a Rules) -> Self {
        SameClass { runner: Runner::default(), class, rules }
    }
}

impl Goal for SameClass<'_> {
    fn kind(&self) -> Option<Kind> {
        Some(self.class.kind)
    }

    fn is_kept_by(&mut self, scenario: &Scenario, watch: &mut dyn FnMut(u64) -> ControlFlow<()>) -> (bool, u64) {
        shows(&mut self.runner, scenario, self.rules, self.class, watch)
    }
}

/// A search in progress.
pub struct Search<'a> {
    goal: &'a mut dyn Goal,
    watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// Events in all runs so far.
    events: u64,
    /// The best scenario so far.
    pub best: Scenario,
    /// The weight of the best scenario.
    pub weight: Weight,
    /// How far the search is.
    pub progress: Progress,
    /// Whether the search was stopped, or has reached a limit.
    pub is_over: bool,
    /// The limit of events and the size of the tree at first, if it is the limit that stops the run.
    limit: Option<(u64, u64)>,
    /// How long after its last step a run ends, if its scenario ends it and its protocol does not fall silent.
    settles: Option<Span>,
}

impl<'a> Search<'a> {
    /// A search that has tried nothing yet. Expectations and labels are left out of the scenario.
    pub fn new(
        scenario: &Scenario,
        goal: &'a mut dyn Goal,
        watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let best = Scenario { expectations: Expectations::default(), ..parts::without_labels(scenario) };
        let (steps, contexts) = (parts::steps(&best), parts::contexts(&best));
        let progress = Progress { steps: (steps, steps), contexts: (contexts, contexts), tried: 0 };
        let weight = weight::of(&best);
        let most = best.max_events.unwrap_or(DEFAULT_MAX_EVENTS);
        let limit = (goal.kind() == Some(Kind::Stopped)).then(|| (most, size(&best)));
        let settles = settles(&best);
        Search { goal, watch, events: 0, best, weight, progress, is_over: false, limit, settles }
    }

    /// The kind of the failure that is kept, if it is one.
    pub fn kind(&self) -> Option<Kind> {
        self.goal.kind()
    }

    /// Keeps a candidate if it is smaller and keeps the goal. Returns whether it was kept.
    pub fn offer(&mut self, candidate: Scenario) -> bool {
        let candidate = self.in_proportion(self.ending_early(candidate));
        let weight = weight::of(&candidate);
        if weight >= self.weight || !self.still_fails(&candidate) {
            return false;
        }
        self.progress.steps.1 = parts::steps(&candidate);
        self.progress.contexts.1 = parts::contexts(&candidate);
        (self.best, self.weight) = (candidate, weight);
        true
    }

    /// A run that was stopped must still be stopped at a limit that is in proportion to its tree. With the limit as it was,
    /// the search would creep along it, and stop where nothing can be removed without falling below.
    fn in_proportion(&self, candidate: Scenario) -> Scenario {
        let Some((limit, before)) = self.limit else { return candidate };
        let share = u128::from(limit) * u128::from(size(&candidate)) / u128::from(before.max(1));
        let share = u64::try_from(share).unwrap_or(u64::MAX).clamp(1, limit);
        Scenario { max_events: Some(share), ..candidate }
    }

    /// A run still ends as long after its last step as its protocol needs to be right, neither sooner nor later.
    fn ending_early(&self, candidate: Scenario) -> Scenario {
        let last = last_step(&candidate);
        let Some(until) = self.settles.and_then(|settles| last.checked_add(settles)) else { return candidate };
        Scenario { until: Some(until), ..candidate }
    }

    /// Whether a candidate keeps the goal; always false once the search is over.
    pub fn still_fails(&mut self, candidate: &Scenario) -> bool {
        if self.is_over {
            return false;
        }
        let (left, progress, watch) = (EVENTS_MAX.saturating_sub(self.events), self.progress, &mut self.watch);
        let mut go_on = |events: u64| if events >= left { ControlFlow::Break(()) } else { watch(progress) };
        let (fails, events) = self.goal.is_kept_by(candidate, &mut go_on);
        self.progress.tried += 1;
        self.events = self.events.saturating_add(events);
        let is_spent = self.progress.tried >= TRIED_MAX || self.events >= EVENTS_MAX;
        self.is_over = (self.watch)(self.progress).is_break() || is_spent;
        fails
    }
}

/// How long after its last step a scenario ends its run, and not longer than its protocol needs to be right; `None` if the
/// scenario does not end it, or if the protocol has no such time.
fn settles(scenario: &Scenario) -> Option<Span> {
    let needed = scenario.monitor.family().settles_within()?;
    let (until, last) = (scenario.until?, last_step(scenario));
    (last <= until).then(|| needed.min(until.since(last)))
}

fn last_step(scenario: &Scenario) -> Time {
    scenario.events.last().map_or(Time::ZERO, |step| step.at)
}
