//! Examining a case: it is run, and judged.
//!
//! Who passes is run once, and nothing is allocated but its outcome. Who fails is run once more, to find out why.

use super::cause;
use super::class::{Class, Kind};
use super::rules::over_budget;
pub use super::rules::{DEFAULT_BUDGET, Rules};
use crate::metrics::Branch;
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
    let failure = match kind(scenario, &outcome, rules) {
        Some(kind) => Some(explain(scenario, &outcome, kind, rules)?),
        None => None,
    };
    Ok(Examination { outcome, failure })
}

/// Whether a scenario fails, and in this class; cheaper than to examine it where it does not. With how many events it
/// had.
pub(super) fn fails_in(runner: &mut Runner, scenario: &Scenario, rules: &Rules, class: Class) -> (bool, u64) {
    // What can not be run to its end is no smaller form of what can.
    let Ok(outcome) = runner.run(scenario, Options::default()) else { return (false, 1) };
    let fails = kind(scenario, &outcome, rules) == Some(class.kind)
        && explain(scenario, &outcome, class.kind, rules).is_ok_and(|failure| failure.class == class);
    (fails, outcome.events)
}

/// The gravest kind of failure that an outcome shows.
pub(super) fn kind(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Option<Kind> {
    let has = |kind| outcome.differences.iter().any(|difference| difference.kind == kind);
    let mut errors = scenario.monitor.family().errors().iter();
    let crash = errors.find(|error| error.is_crash()).map(|error| Branch::of_error(*error));
    let has_crash = || crash.is_some_and(|crash| outcome.steps.iter().any(|step| step.branches.has(crash)));
    let is_denied = |kind: &&WarningKind| outcome.warnings.contains_key(kind);
    if has_crash() {
        Some(Kind::Crash)
    } else if outcome.verdict == Verdict::Storm {
        Some(Kind::Storm)
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

fn explain(scenario: &Scenario, outcome: &Outcome, kind: Kind, rules: &Rules) -> Result<Failure, RunError> {
    let cause = cause::find(scenario, outcome, kind, rules)?;
    let class = Class { kind, place: cause.place, monitor: scenario.monitor };
    Ok(Failure { class, sentence: cause.sentence })
}
