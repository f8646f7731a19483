//! Walks the graph of states, breadth first, on several threads.

use super::codes::Parts;
use super::ending::Ending;
use super::graph::{Graph, Loop, NodeId};
use super::reduce::enough;
use super::states::{self, States};
use crate::run;
use crate::scenario::{Action, Scenario, Step};
use crate::simulation::Orders;
use crate::time::Time;
use crate::world::{Choice, SimulationError, Watch};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many states are walked before what was found is put together.
const BATCH: usize = 4096;
/// How many states a thread takes at once.
const PORTION: usize = 32;
/// What a run in progress takes, in bytes, besides its contexts, and for each of these. It was measured, and rounded up.
const RUN: u64 = 1500;
const RUN_CONTEXT: u64 = 300;

/// How far an exploration may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many states it may meet.
    pub most_states: u64,
    /// How many bytes it may take, as far as that is known.
    pub memory: u64,
    /// On how many threads.
    pub jobs: usize,
    /// Whether only those choices are taken that are needed to find all endings.
    pub reduces: bool,
}

/// Which limit was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// The number of states.
    States,
    /// The memory.
    Memory,
    /// Somebody stopped it.
    Stopped,
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// How many states were met.
    pub states: u64,
    /// How many of them are still to be walked.
    pub frontier: u64,
}

/// What an exploration has found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exploration {
    /// The limit that was met; `None` if every order was explored.
    pub bound: Option<Bound>,
    /// The endings, in the order of the states in which they were first met.
    pub endings: Vec<Ending>,
    /// The first state of each ending.
    pub first: Vec<NodeId>,
    /// All states.
    pub graph: Graph,
    /// Whether only the choices were taken that are needed.
    pub is_reduced: bool,
}

impl Exploration {
    /// The loops. If the graph is reduced, these need not be all.
    pub fn loops(&self) -> Vec<Loop> {
        self.graph.loops()
    }
}

/// Why a scenario cannot be explored.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExploreError {
    /// This of the scenario needs a clock.
    NeedsClock(&'static str),
    /// A process needs a clock, or the run cannot go on.
    Simulation(SimulationError),
    /// The protocol does not say what the state of its processes is.
    UnknownState,
}

impl fmt::Display for ExploreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExploreError::NeedsClock(what) => write!(f, "{what} needs a clock, and an exploration has none"),
            ExploreError::Simulation(error) => error.fmt(f),
            ExploreError::UnknownState => {
                f.write_str(
                    "the protocol does not say what the state of a process is (`Process::write_state`), so equal ",
                )?;
                f.write_str("states cannot be told")
            }
        }
    }
}

impl std::error::Error for ExploreError {}

impl From<SimulationError> for ExploreError {
    fn from(error: SimulationError) -> Self {
        ExploreError::Simulation(error)
    }
}

/// What of a scenario needs a clock, so that it cannot be explored.
fn needs_clock(scenario: &Scenario, from: Option<Time>) -> Option<&'static str> {
    let is_left = |at: Time| from.is_none_or(|from| at >= from);
    let shuts_down = |step: &Step| matches!(step.action, Action::Shutdown { .. }) && is_left(step.at);
    match () {
        () if scenario.until.is_some() => Some("`until`"),
        () if scenario.catalog.has_keepalives() => Some("a keepalive"),
        () if scenario.events.iter().any(shuts_down) => Some("the grace of a `shutdown`"),
        () => None,
    }
}

/// Explores a scenario. What is due before `from` happens first, as in any run. `progress` is called from time to time; if
/// it breaks, what is known by then is returned.
///
/// The result does not depend on the number of threads, unless memory or `progress` is what ends it.
///
/// # Errors
/// See [`ExploreError`].
pub fn explore(
    scenario: &Scenario,
    from: Option<Time>,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Exploration, ExploreError> {
    if let Some(what) = needs_clock(scenario, from) {
        return Err(ExploreError::NeedsClock(what));
    }
    let parts = Parts::default();
    let mut search =
        Search { parts: &parts, limits, states: States::default(), graph: Graph::default(), endings: BTreeMap::new() };
    let mut first = run::orders(scenario, from, Watch::Records)?;
    let mut key = Vec::new();
    if !first.encode(&parts, &mut key) {
        return Err(ExploreError::UnknownState);
    }
    search.states.add(&key, states::hash(&key));
    search.graph.add(0, is_stepless(&*first));
    let mut frontier = vec![first];
    let mut bound = None;
    'levels: while !frontier.is_empty() {
        let mut next = Vec::new();
        let mut level = frontier.into_iter();
        loop {
            let batch: Vec<_> = level.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let grown = search.grow(batch)?;
            let (states, left) = (search.states.len() as u64, level.len() + next.len());
            if progress(Progress { states, frontier: left as u64 }).is_break() {
                bound = Some(Bound::Stopped);
                break 'levels;
            }
            for grown in grown {
                if let Some(met) = search.merge(grown, &mut next) {
                    bound = Some(met);
                    break 'levels;
                }
            }
            let contexts = scenario.contexts.len() as u64 + 1;
            let waiting = (level.len() + next.len()) as u64 * (RUN + RUN_CONTEXT * contexts);
            if search.memory() + waiting > limits.memory {
                bound = Some(Bound::Memory);
                break 'levels;
            }
        }
        frontier = next;
    }
    let Search { graph, endings, .. } = search;
    let mut found: Vec<(u32, NodeId, Ending)> =
        endings.into_iter().map(|(ending, (number, node))| (number, node, ending)).collect();
    found.sort_unstable_by_key(|(number, ..)| *number);
    let first = found.iter().map(|(_, node, _)| *node).collect();
    let endings = found.into_iter().map(|(.., ending)| ending).collect();
    Ok(Exploration { bound, endings, first, graph, is_reduced: limits.reduces })
}

fn is_stepless(run: &dyn Orders<'_>) -> bool {
    !run.view().world.has_steps()
}

type Run<'s> = Box<dyn Orders<'s> + 's>;

/// Where a choice leads.
enum Target<'s> {
    /// To a state that was met before.
    Met(NodeId),
    /// To a state that was not, before this batch.
    New { key: Box<[u8]>, hash: u64, run: Run<'s>, is_stepless: bool },
}

/// What follows a state.
struct Grown<'s> {
    targets: Vec<(Choice, Target<'s>)>,
    /// How the run ends, if nothing follows.
    ending: Option<Ending>,
}

struct Search<'p> {
    parts: &'p Parts,
    limits: &'p Limits,
    states: States,
    graph: Graph,
    /// Each ending with its number and its first state.
    endings: BTreeMap<Ending, (u32, NodeId)>,
}

impl Search<'_> {
    fn memory(&self) -> u64 {
        self.states.memory() + self.graph.memory() + self.parts.memory()
    }

    /// What follows each of these states, in their order.
    fn grow<'s>(&self, batch: Vec<Run<'s>>) -> Result<Vec<Grown<'s>>, ExploreError> {
        if self.limits.jobs < 2 || batch.len() < 2 * PORTION {
            return batch.into_iter().map(|run| self.follow(run)).collect();
        }
        type Slot<'s> = Mutex<(Vec<Run<'s>>, Result<Vec<Grown<'s>>, ExploreError>)>;
        let mut batch = batch.into_iter();
        let mut slots: Vec<Slot<'s>> = Vec::new();
        while batch.len() > 0 {
            slots.push(Mutex::new((batch.by_ref().take(PORTION).collect(), Ok(Vec::new()))));
        }
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..self.limits.jobs {
                scope.spawn(|| {
                    while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                        let runs = std::mem::take(&mut slot.0);
                        slot.1 = runs.into_iter().map(|run| self.follow(run)).collect();
                    }
                });
            }
        });
        let mut grown = Vec::new();
        for slot in slots {
            grown.extend(slot.into_inner().unwrap_or_else(PoisonError::into_inner).1?);
        }
        Ok(grown)
    }

    /// What follows a state.
    fn follow<'s>(&self, mut run: Run<'s>) -> Result<Grown<'s>, ExploreError> {
        run.wake()?;
        let all = run.choices();
        if all.is_empty() {
            return Ok(Grown { targets: Vec::new(), ending: Some(Ending::of(run.view())) });
        }
        let choices = if self.limits.reduces { enough(run.view().world, &all) } else { all };
        let mut targets = Vec::with_capacity(choices.len());
        run.rest();
        let mut run = Some(run);
        for (place, choice) in choices.iter().enumerate() {
            let is_last = place + 1 == choices.len();
            let source = run.take().expect("it is put back, unless the choice is the last");
            let mut fork = if is_last { source } else { run.insert(source).fork() };
            fork.perform(*choice)?;
            let mut key = Vec::with_capacity(96);
            if !fork.encode(self.parts, &mut key) {
                return Err(ExploreError::UnknownState);
            }
            let hash = states::hash(&key);
            let target = match self.states.find(&key, hash) {
                Some(node) => Target::Met(node),
                None => {
                    let is_stepless = is_stepless(&*fork);
                    fork.rest();
                    Target::New { key: key.into(), hash, run: fork, is_stepless }
                }
            };
            targets.push((*choice, target));
        }
        Ok(Grown { targets, ending: None })
    }

    /// Takes in what follows the next state. Returns the limit that is met, if one is.
    fn merge<'s>(&mut self, grown: Grown<'s>, next: &mut Vec<Run<'s>>) -> Option<Bound> {
        let node = u32::try_from(self.graph.walked()).expect("fewer than 2^32 states");
        for (choice, target) in grown.targets {
            let target = match target {
                Target::Met(node) => node,
                Target::New { key, hash, run, is_stepless } => match self.states.find(&key, hash) {
                    Some(node) => node,
                    None if self.states.len() as u64 >= self.limits.most_states => return Some(Bound::States),
                    None => {
                        let target = self.states.add(&key, hash);
                        self.graph.add(node, is_stepless);
                        next.push(run);
                        target
                    }
                },
            };
            self.graph.add_edge(choice, target);
        }
        let count = u32::try_from(self.endings.len()).expect("fewer than 2^32 endings");
        let ending = grown.ending.map(|ending| self.endings.entry(ending).or_insert((count, node)).0);
        self.graph.end_walk(ending);
        None
    }
}
