//! Every order of one small world, judged.

use super::row::{Limit, Row};
use super::space::{START, World};
use crate::explore::{
    After, Bound, Ending, Exploration, ExploreError, Explorer, Limits, Lore, NodeId, Progress, Witness, ends_as,
    witness,
};
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::examine::{Failure, Rules, examine};
use crate::process::Monitor;
use crate::run::{Outcome, Runner};
use crate::scenario::Scenario;
use crate::world::{Choice, SimulationError};
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many failing endings of a world get a class.
const CLASSED_MAX: usize = 1_000;

/// How worlds are explored.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The monitor of every context.
    pub monitor: Monitor,
    /// The most states of a world.
    pub most_states: u64,
    /// The most bytes of a world.
    pub memory: u64,
}

/// What worlds are judged with, one after another. What was judged before does not influence a result.
#[derive(Default)]
pub struct Tools {
    explorer: Explorer,
    runner: Runner,
}

impl Tools {
    /// Tools that share what they find with others.
    pub fn with(lore: Arc<Lore>) -> Self {
        Tools { explorer: Explorer::with(lore), runner: Runner::default() }
    }
}

/// A failure of a world: a way to end, or never to end, as a scenario.
#[derive(Clone, Debug)]
pub struct Example {
    /// The scenario.
    pub scenario: Scenario,
    /// What it comes to.
    pub outcome: Outcome,
    /// What fails.
    pub failure: Failure,
}

/// Explores a world in every order. `None` if `watch` has stopped it.
///
/// # Errors
/// If it cannot be explored, or the program contradicts itself.
pub fn judge(
    how: &How,
    world: &World,
    number: u64,
    tools: &mut Tools,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Row>, CampaignError> {
    let scenario = world.nameless(how.monitor);
    let Some(seen) = look(how, &scenario, &mut tools.explorer, watch).map_err(|error| of(error, world))? else {
        return Ok(None);
    };
    let mut row = Row {
        world: number,
        contexts: scenario.contexts.len() as u32,
        steps: world.moves.len() as u32,
        states: seen.found.graph.states() as u64,
        transitions: seen.found.graph.transitions() as u64,
        endings: seen.found.endings.len() as u64,
        bound: seen.bound,
        ..Row::default()
    };
    for (ending, node) in seen.failing() {
        row.failing += 1;
        if row.failing > CLASSED_MAX as u64 {
            row.unclassed += 1;
            continue;
        }
        let witness = seen.order(&seen.found, *node, After::Never).map_err(|error| of(error.into(), world))?;
        let failures = failures(&mut tools.runner, &witness, world)?.1;
        if failures.is_empty() {
            return Err(fault(world, &format!("an order fails, and its plain run does not: {ending:?}")));
        }
        for failure in failures {
            *row.classes.entry(failure.class.to_string()).or_default() += 1;
        }
    }
    for (found, node) in seen.loops() {
        row.loops += 1;
        let witness = seen.order(found, node, After::Soon).map_err(|error| of(error.into(), world))?;
        for failure in failures(&mut tools.runner, &witness, world)?.1 {
            *row.classes.entry(failure.class.to_string()).or_default() += 1;
        }
    }
    Ok(Some(row))
}

/// The first example of a class in a world that has one.
///
/// # Errors
/// As for [`judge`]; and if the world has none.
pub fn example(how: &How, world: &World, class: &str, tools: &mut Tools) -> Result<Example, CampaignError> {
    let scenario = world.scenario(how.monitor);
    let seen = look(how, &scenario, &mut tools.explorer, &mut |_| ControlFlow::Continue(()))
        .map_err(|error| of(error, world))?;
    let seen = seen.expect("nobody stops it");
    let endings = seen.failing().take(CLASSED_MAX).map(|(ending, node)| (Some(ending), &seen.found, *node));
    let loops = seen.loops().map(|(found, node)| (None, found, node));
    for (ending, found, node) in endings.chain(loops) {
        let after = if ending.is_some() { After::Never } else { After::Soon };
        let witness = seen.order(found, node, after).map_err(|error| of(error.into(), world))?;
        let (outcome, failures) = failures(&mut tools.runner, &witness, world)?;
        let Some(failure) = failures.into_iter().find(|failure| failure.class.to_string() == class) else { continue };
        if let Some(ending) = ending
            && !ends_as(&witness, ending).map_err(|error| of(error.into(), world))?
        {
            return Err(fault(world, "a plain run of an order ends in another way"));
        }
        return Ok(Example { scenario: witness.scenario, outcome, failure });
    }
    Err(CampaignError::Refused(format!(
        "{} does not show {class} in this version of treequake, as the results say; run it again into another folder",
        world.words()
    )))
}

/// What was found in a world.
struct Seen<'s> {
    scenario: &'s Scenario,
    found: Exploration,
    /// The same without reduction, if some orders may never end.
    whole: Option<Exploration>,
    bound: Option<Limit>,
}

impl Seen<'_> {
    fn failing(&self) -> impl Iterator<Item = (&Ending, &NodeId)> {
        self.found.endings.iter().zip(&self.found.first).filter(|(ending, _)| ending.fails())
    }

    fn loops(&self) -> impl Iterator<Item = (&Exploration, NodeId)> {
        self.whole.iter().flat_map(|whole| whole.loops().into_iter().map(move |found| (whole, found.entry)))
    }

    fn order(&self, found: &Exploration, node: NodeId, after: After) -> Result<Witness, SimulationError> {
        let order: Vec<Choice> = found.graph.order(node);
        witness(self.scenario, Some(START), &order, after)
    }
}

fn look<'s>(
    how: &How,
    scenario: &'s Scenario,
    explorer: &mut Explorer,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Seen<'s>>, ExploreError> {
    let limits = Limits { most_states: how.most_states, memory: how.memory, jobs: 1, reduces: true };
    let found = explorer.explore(scenario, Some(START), &limits, watch)?;
    // Where some states lead to themselves, the reduction may have lost a loop.
    let needs_whole = found.bound.is_none() && found.graph.has_circles();
    let mut again = || explorer.explore(scenario, Some(START), &Limits { reduces: false, ..limits }, watch);
    let whole = needs_whole.then(&mut again);
    let whole = whole.transpose()?;
    let bound = found.bound.or(whole.as_ref().and_then(|whole| whole.bound));
    if bound == Some(Bound::Stopped) {
        return Ok(None);
    }
    let whole = whole.filter(|whole| whole.bound.is_none());
    Ok(Some(Seen { scenario, found, whole, bound: bound.and_then(Limit::of) }))
}

/// A plain run, and what fails in it.
fn failures(runner: &mut Runner, witness: &Witness, world: &World) -> Result<(Outcome, Vec<Failure>), CampaignError> {
    let examined = examine(runner, &witness.scenario, &Rules::of_ending());
    let examined = examined.map_err(|error| fault(world, &error.to_string()))?;
    Ok((examined.outcome, examined.failures))
}

fn of(error: ExploreError, world: &World) -> CampaignError {
    CampaignError::Refused(format!("the world \"{}\" cannot be explored: {error}", world.words()))
}

fn fault(world: &World, what: &str) -> CampaignError {
    CampaignError::Fault(format!("treequake has a bug: the world \"{}\": {what}", world.words()))
}
