//! Examining a case: it is run, and judged.
//!
//! A case fails in every class that it shows. A case that passes is run once, and nothing is allocated but its outcome.
//! Most failures are named by the outcome; for the others the case is run once more, and recorded, to find out why.

use super::cause;
use super::class::{Class, Kind};
pub use super::rules::{CUT_AT, DEFAULT_BUDGET, Rules};
use super::rules::{is_cut, last_crash, over_budget, with_cost_max};
use crate::run::{Options, Outcome, RunError, Runner};
use crate::scenario::Scenario;
use crate::scenario::expectation::{DifferenceKind, Verdict};
use crate::time::Time;
use std::ops::ControlFlow;

/// Why a case fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The class that it belongs to.
    pub class: Class,
    /// What broke, in one sentence.
    pub sentence: String,
}

/// What a run has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The run.
    pub outcome: Outcome,
    /// Why it fails: one failure of each class that it shows, the most serious kind first, and within a kind in the order in
    /// which they came about. Empty if it passes.
    pub failures: Vec<Failure>,
    /// Whether the run was stopped far above the budget of a step, as the rules ask for: then it may show fewer failures
    /// than a run to its end, and a step over its budget where that would show a storm.
    pub is_cut: bool,
}

impl Examination {
    /// The failure of a class, if the case shows it.
    pub fn of_class(&self, class: Class) -> Option<&Failure> {
        self.failures.iter().find(|failure| failure.class == class)
    }
}

/// Runs a case, and judges it; what the scenario expects of itself does not count.
///
/// # Errors
/// If it cannot be run to its end.
pub fn examine(runner: &mut Runner, scenario: &Scenario, rules: &Rules) -> Result<Examination, RunError> {
    examine_until(runner, scenario, rules, &mut || ControlFlow::Continue(()))
}

/// Examines a case, unless `watch`, which is asked from time to time, stops its run. What such a run shows depends on where
/// it was stopped: it fails in no way, and its outcome has no digest.
///
/// # Errors
/// As for [`examine`].
pub fn examine_until(
    runner: &mut Runner,
    scenario: &Scenario,
    rules: &Rules,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Examination, RunError> {
    let mut is_timed_out = false;
    let mut progress = |_: u64, _: Time| {
        let flow = watch();
        is_timed_out |= flow.is_break();
        flow
    };
    let mut outcome = with_cost_max(scenario, rules, |cost_max| {
        runner.run(scenario, Options { cost_max, progress: Some(&mut progress), ..Options::default() })
    })?;
    if is_timed_out {
        // Where only the search for a proof was stopped, the run has a digest. It is as unfinished as the others.
        outcome.digest = None;
        return Ok(Examination { outcome, failures: Vec::new(), is_cut: false });
    }
    let is_cut = is_cut(scenario, &outcome, rules);
    let kinds: Vec<Kind> = kinds(scenario, &outcome, rules).collect();
    if kinds.is_empty() {
        return Ok(Examination { outcome, failures: Vec::new(), is_cut });
    }
    let (causes, outcome) = cause::find(scenario, outcome, &kinds, rules)?;
    let monitor = scenario.monitor;
    let failures = causes.into_iter().map(|cause| Failure {
        class: Class { kind: cause.kind, place: cause.place, monitor },
        sentence: cause.sentence,
    });
    Ok(Examination { outcome, failures: failures.collect(), is_cut })
}

/// What is over the budget in a run, in a sentence for each place in the protocol that multiplies messages; empty if
/// nothing is.
pub fn over_budget_in_words(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Vec<String> {
    if !has(scenario, outcome, rules, Kind::OverBudget) {
        return Vec::new();
    }
    cause::told(scenario, outcome, Kind::OverBudget, rules).into_iter().map(|cause| cause.sentence).collect()
}

/// Whether a scenario shows this class; cheaper than to examine it. With how many events it had. From time to time, `watch`
/// gets the number of events so far and can stop the run, which then shows nothing.
pub(super) fn shows(
    runner: &mut Runner,
    scenario: &Scenario,
    rules: &Rules,
    class: Class,
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> (bool, u64) {
    // Of a run that was stopped, it only matters to these whether it would have ended.
    let skips_proof = !matches!(class.kind, Kind::Storm | Kind::Stopped | Kind::OverBudget);
    let mut is_stopped = false;
    let mut progress = |events: u64, _: Time| {
        let flow = watch(events);
        is_stopped |= flow.is_break();
        flow
    };
    let ran = with_cost_max(scenario, rules, |cost_max| {
        let options = Options { skips_proof, cost_max, progress: Some(&mut progress), ..Options::default() };
        runner.run(scenario, options)
    });
    // What cannot be run to its end is no smaller form of what can.
    let Ok(outcome) = ran else { return (false, 1) };
    let events = outcome.events;
    if is_stopped {
        return (false, events);
    }
    let is_there = |(causes, _): (Vec<cause::Cause>, _)| causes.iter().any(|cause| cause.place == class.place);
    let shows = has(scenario, &outcome, rules, class.kind)
        && cause::find(scenario, outcome, &[class.kind], rules).is_ok_and(is_there);
    (shows, events)
}

/// The kinds of failures that an outcome shows, the most serious first.
pub(super) fn kinds(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(move |kind| has(scenario, outcome, rules, *kind))
}

/// Whether an outcome shows failures of this kind.
///
/// In a run that was stopped, routes and calls are as they were by chance. They are no failures; what had happened until
/// then still counts. A run that never ends costs more than any budget, so that says nothing more about it.
fn has(scenario: &Scenario, outcome: &Outcome, rules: &Rules, kind: Kind) -> bool {
    let is_over = !outcome.verdict.is_stopped();
    let differs = |kind| is_over && outcome.differences.iter().any(|difference| difference.kind == kind);
    match kind {
        Kind::Crash => last_crash(scenario, outcome).is_some(),
        Kind::Storm => outcome.verdict == Verdict::Storm,
        Kind::Stopped => outcome.verdict == Verdict::Stopped && !is_cut(scenario, outcome, rules),
        Kind::Wrong => differs(DifferenceKind::Wrong),
        Kind::Stale => differs(DifferenceKind::Stale),
        Kind::Missing => differs(DifferenceKind::Missing),
        Kind::Hung => is_over && !outcome.hung_calls.is_empty(),
        Kind::OverBudget => {
            outcome.verdict != Verdict::Storm && over_budget(scenario, outcome, rules.budget).next().is_some()
        }
        Kind::Denied(warning) => rules.denied.contains(&warning) && outcome.warnings.contains_key(&warning),
    }
}
