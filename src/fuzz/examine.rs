//! Examining a case: it is run, and judged.
//!
//! Who passes is run once, and nothing is allocated but its outcome. Who fails is run once more, to find out why.

use super::cause;
use super::class::{Class, Kind};
use crate::metrics::{Branch, StepFigures};
use crate::process::ContextId;
use crate::run::{Options, Outcome, RunError, Runner};
use crate::scenario::expectation::{DifferenceKind, Verdict, WarningKind};
use crate::scenario::{Action, Connect, Scenario};
use std::collections::BTreeMap;

/// The budget of a step, unless another is asked for.
///
/// Measured on 20,000 healthy cases of 16 contexts with a few calls across the tree, under each revision: the dearest step
/// costs half as much as there are contexts and entries in 999 of 1,000 cases, and 6.5 times as much in the dearest of
/// all. What `propagate_down` multiplies grows by powers from there: a death among 13 contexts that have all talked costs
/// 122,052 messages. So 20 is three times what is met by chance, and far below what endangers anybody's memory.
pub const DEFAULT_BUDGET: u64 = 20;

/// What counts as a failure, beside wrong routes, calls that hang, and processes that crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The warnings that are none.
    pub denied: Vec<WarningKind>,
    /// A step that costs more ADD_ROUTE and DEL_ROUTE than so many times the contexts and route entries is over it.
    pub budget: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { denied: Vec::new(), budget: DEFAULT_BUDGET }
    }
}

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

/// The first step that costs more route messages than `budget` times the contexts and route entries.
pub(super) fn over_budget<'o>(scenario: &Scenario, outcome: &'o Outcome, budget: u64) -> Option<&'o StepFigures> {
    let cost = |step: &StepFigures| step.messages.announce + step.messages.retract;
    // Each context has its parent's entry, and is one in the table of that: the least that it can come to.
    let connects = (scenario.contexts.len() + scenario.events.iter().filter(is_connect).count()) as u64;
    let is_over = |limit: u64| outcome.steps.iter().find(|step| cost(step) > budget.saturating_mul(limit));
    is_over(1 + 3 * connects)?;
    is_over(size(scenario))
}

fn is_connect(step: &&crate::scenario::Step) -> bool {
    matches!(step.action, Action::Connect(_))
}

/// How many contexts and route entries there would be if all that ever connect were there at once: each context has an
/// entry for its parent, and is one in the table of everyone above.
fn size(scenario: &Scenario) -> u64 {
    let mut depths = BTreeMap::from([(ContextId::MASTER, 0)]);
    let mut size = 1_u64;
    let later = scenario.events.iter().filter_map(|step| match step.action {
        Action::Connect(connect) => Some(connect),
        _ => None,
    });
    for Connect { id, parent, .. } in scenario.contexts.iter().copied().chain(later) {
        let depth = depths.get(&parent).map_or(1, |depth: &u64| depth + 1);
        depths.insert(id, depth);
        size = size.saturating_add(2 + depth);
    }
    size
}
