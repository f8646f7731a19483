//! What counts as a failure, and the budget that a step may cost.

use crate::metrics::{Branch, StepFigures};
use crate::process::{ContextId, Truth};
use crate::run::Outcome;
use crate::scenario::expectation::WarningKind;
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

/// The last step in whose time a process crashed, by its place among the steps that have figures.
pub(super) fn last_crash(scenario: &Scenario, outcome: &Outcome) -> Option<usize> {
    let crash = scenario.monitor.family().errors().iter().find(|error| error.is_crash())?;
    outcome.steps.iter().rposition(|step| step.branches.has(Branch::of_error(*crash)))
}

/// The steps that cost more route messages than `budget` times the contexts and route entries.
pub(super) fn over_budget<'o>(
    scenario: &Scenario,
    outcome: &'o Outcome,
    budget: u64,
) -> impl Iterator<Item = &'o StepFigures> {
    let cost = |step: &StepFigures| step.messages.announce + step.messages.retract;
    // Each context has its parent's entry, and is one in the table of that: the least that it can come to.
    let connects = (scenario.contexts.len() + scenario.events.iter().filter(is_connect).count()) as u64;
    let least = budget.saturating_mul(1 + 3 * connects);
    let is_close = outcome.steps.iter().any(|step| cost(step) > least);
    let limit = if is_close { budget.saturating_mul(size(scenario)) } else { u64::MAX };
    outcome.steps.iter().filter(move |step| cost(step) > limit)
}

fn is_connect(step: &&crate::scenario::Step) -> bool {
    matches!(step.action, Action::Connect(_))
}

/// How many contexts and route entries there would be if all that ever connect were there at once: each context has an
/// entry for its parent, and is one in the table of everyone above.
pub(super) fn size(scenario: &Scenario) -> u64 {
    let mut depths = BTreeMap::from([(ContextId::MASTER, 0)]);
    let mut size = 1_u64;
    let later = scenario.events.iter().filter_map(|step| match step.action {
        Action::Connect(connect) => Some(connect),
        _ => None,
    });
    let (mut contexts, is_reach) = (1_u64, scenario.monitor.family().truth() == Truth::Reach);
    for Connect { id, parent, .. } in scenario.contexts.iter().copied().chain(later) {
        let depth = depths.get(&parent).map_or(1, |depth: &u64| depth + 1);
        depths.insert(id, depth);
        size = size.saturating_add(2 + depth);
        contexts += 1;
    }
    // A context that is held to reach can have an entry for each other one.
    if is_reach { contexts.saturating_mul(contexts) } else { size }
}
