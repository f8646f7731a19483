//! Examining a case: it is run, and judged.
//!
//! Who passes is run once, and nothing is allocated but its outcome. Who fails is run once more, and recorded, to find out why.

use super::cause;
use super::class::{Class, Kind};
pub use super::rules::{DEFAULT_BUDGET, Rules};
use super::rules::{first_crash, over_budget};
use crate::run::{Options, Outcome, RunError, Runner};
use crate::scenario::Scenario;
use crate::scenario::expectation::{DifferenceKind, Verdict, WarningKind};

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
    /// Why it fails, if it does.
    pub failure: Option<Failure>,
}

/// Runs a case, and judges it; what the scenario expects of itself does not count.
///
/// # Errors
/// Where it can not be run to its end.
pub fn examine(runner: &mut Runner, scenario: &Scenario, rules: &Rules) -> Result<Examination, RunError> {
    let outcome = runner.run(scenario, Options::default())?;
    let Some(kind) = kind(scenario, &outcome, rules) else { return Ok(Examination { outcome, failure: None }) };
    let (failure, outcome) = explain(scenario, outcome, kind, rules)?;
    Ok(Examination { outcome, failure: Some(failure) })
}

/// Whether a scenario fails, and in this class; cheaper than to examine it where it does not. With how many events it
/// had.
pub(super) fn fails_in(runner: &mut Runner, scenario: &Scenario, rules: &Rules, class: Class) -> (bool, u64) {
    // Of a run that was stopped, it only matters to these two whether it would have ended.
    let skips_proof = !matches!(class.kind, Kind::Storm | Kind::Stopped);
    // What can not be run to its end is no smaller form of what can.
    let Ok(outcome) = runner.run(scenario, Options { skips_proof, ..Options::default() }) else { return (false, 1) };
    let events = outcome.events;
    let fails = kind(scenario, &outcome, rules) == Some(class.kind)
        && explain(scenario, outcome, class.kind, rules).is_ok_and(|(failure, _)| failure.class == class);
    (fails, events)
}

/// The gravest kind of failure that an outcome shows.
pub(super) fn kind(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Option<Kind> {
    let has = |kind| outcome.differences.iter().any(|difference| difference.kind == kind);
    let is_denied = |kind: &&WarningKind| outcome.warnings.contains_key(kind);
    if first_crash(scenario, outcome).is_some() {
        Some(Kind::Crash)
    } else if outcome.verdict == Verdict::Storm {
        Some(Kind::Storm)
    } else if outcome.verdict == Verdict::Stopped {
        Some(Kind::Stopped)
    } else if has(DifferenceKind::Wrong) {
        Some(Kind::Wrong)
    } else if has(DifferenceKind::Stale) {
        Some(Kind::Stale)
    } else if has(DifferenceKind::Missing) {
        Some(Kind::Missing)
    } else if !outcome.hung_calls.is_empty() {
        Some(Kind::Hung)
    } else if over_budget(scenario, outcome, rules.budget).is_some() {
        Some(Kind::OverBudget)
    } else {
        rules.denied.iter().filter(is_denied).min().map(|warning| Kind::Denied(*warning))
    }
}

/// Why a case fails in this way. Gives the outcome back.
fn explain(scenario: &Scenario, outcome: Outcome, kind: Kind, rules: &Rules) -> Result<(Failure, Outcome), RunError> {
    let (cause, outcome) = cause::find(scenario, outcome, kind, rules)?;
    let class = Class { kind, place: cause.place, monitor: scenario.monitor };
    Ok((Failure { class, sentence: cause.sentence }, outcome))
}
