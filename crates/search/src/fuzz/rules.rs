//! What counts as a failure, and the budget that a step may cost.

use crate::metrics::{Branch, StepFigures};
use crate::process::{ContextId, IdHash, Truth};
use crate::run::{CostMax, Outcome};
use crate::scenario::expectation::{Verdict, WarningKind};
use crate::scenario::{Action, Connect, Scenario};
use std::collections::HashMap;

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
    /// Whether a run is stopped in a step that costs [`CUT_AT`] times its budget. What it would have shown later is not
    /// known then.
    pub cuts: bool,
}

/// How many times its budget a step may cost before a run is stopped in it, where that is asked for.
pub const CUT_AT: u64 = 2;

impl Default for Rules {
    fn default() -> Self {
        Rules { denied: Vec::new(), budget: DEFAULT_BUDGET, cuts: false }
    }
}

impl Rules {
    /// Rules for an ending of an exploration: what its order costs does not belong to it.
    pub const fn of_ending() -> Self {
        Rules { denied: Vec::new(), budget: u64::MAX, cuts: false }
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
    // A protocol that never falls silent goes on sending after each step, so what a step costs depends on the time.
    let budget = if scenario.monitor.family().settles_within().is_some() { u64::MAX } else { budget };
    let least = budget.saturating_mul(least_size(scenario));
    let is_close = outcome.steps.iter().any(|step| cost(step) > least);
    let limit = if is_close { budget.saturating_mul(size(scenario)) } else { u64::MAX };
    outcome.steps.iter().filter(move |step| cost(step) > limit)
}

fn is_connect(step: &&crate::scenario::Step) -> bool {
    matches!(step.action, Action::Connect(_))
}

/// How many times the size of a scenario a step may cost before the run is stopped in it; `None` if it is not.
///
/// A budget that is lower than the default one makes more cases fail, but it stops none that are healthy by the default one.
fn cut_factor(scenario: &Scenario, rules: &Rules) -> Option<u64> {
    let is_budgeted = scenario.monitor.family().settles_within().is_none();
    (rules.cuts && is_budgeted).then(|| rules.budget.max(DEFAULT_BUDGET).saturating_mul(CUT_AT))
}

/// Calls `run` with how many ADD_ROUTE and DEL_ROUTE a step may cost before the run is stopped in it; `None` if it is not.
pub(super) fn with_cost_max<R>(scenario: &Scenario, rules: &Rules, run: impl FnOnce(Option<CostMax<'_>>) -> R) -> R {
    let exact = || cost_max(scenario, rules);
    let least = cut_factor(scenario, rules).map(|factor| least_size(scenario).saturating_mul(factor));
    run(least.map(|least| CostMax { least, exact: &exact }))
}

fn cost_max(scenario: &Scenario, rules: &Rules) -> u64 {
    cut_factor(scenario, rules).map_or(u64::MAX, |factor| size(scenario).saturating_mul(factor))
}

/// Whether a run was stopped in a step that cost more than it may.
pub(super) fn is_cut(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> bool {
    outcome.verdict == Verdict::Stopped && {
        let cost_max = cost_max(scenario, rules);
        outcome.steps.iter().any(|step| cost(step) > cost_max)
    }
}

fn cost(step: &StepFigures) -> u64 {
    step.messages.announce + step.messages.retract
}

/// The depths of contexts. Those of the master, and of contexts that never connect, are 0.
struct Depths {
    /// By id: in most cases, all contexts of time 0.
    low: Vec<u64>,
    high: HashMap<ContextId, u64, IdHash>,
}

impl Depths {
    fn of(&mut self, id: ContextId) -> &mut u64 {
        match self.low.get_mut(id.0 as usize) {
            Some(depth) => depth,
            None => self.high.entry(id).or_default(),
        }
    }
}

/// A lower bound of [`size`]: each context has its parent's entry, and is one in the table of that.
fn least_size(scenario: &Scenario) -> u64 {
    1 + 3 * (scenario.contexts.len() + scenario.events.iter().filter(is_connect).count()) as u64
}

/// How many contexts and route entries there would be if all that ever connect were there at once: each context has an
/// entry for its parent, and is one in the table of everyone above.
pub(super) fn size(scenario: &Scenario) -> u64 {
    let mut depths = Depths { low: vec![0; scenario.contexts.len() + 1], high: HashMap::default() };
    let mut size = 1_u64;
    let later = scenario.events.iter().filter_map(|step| match step.action {
        Action::Connect(connect) => Some(connect),
        _ => None,
    });
    let (mut contexts, is_reach) = (1_u64, scenario.monitor.family().truth() == Truth::Reach);
    for Connect { id, parent, .. } in scenario.contexts.iter().copied().chain(later) {
        let depth = *depths.of(parent) + 1;
        *depths.of(id) = depth;
        size = size.saturating_add(2 + depth);
        contexts += 1;
    }
    // A context that is held to reach can have an entry for each other one.
    if is_reach { contexts.saturating_mul(contexts) } else { size }
}
