//! Walks the graph of states, breadth first, on several threads.
//!
//! A batch of states at a time: the threads take their choices, a portion of the states each; then they look up which of the
//! states that were reached are new, a shard of all states each; and then all is put together in the order of the states.

use super::ending::Ending;
use super::error::ExploreError;
use super::graph::{Graph, Loop, NodeId};
use super::moves::Worker;
use super::portion::{self, Met, Portion, Target};
use super::state::State;
use super::states::{self, Shard};
use super::tables::Tables;
use rustc_hash::FxHashMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many states are walked before what was found is put together.
const BATCH: usize = 8192;
/// How many states a thread takes at once.
const PORTION: usize = 64;
/// The memory of a search that has met more states is not kept for another one.
const SPARED_MAX: usize = 2_000;
/// The most shards.
const SHARDS_MAX: usize = 16;

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

/// Makes one more worker.
type More<'b, 't, 's> = &'b mut dyn FnMut() -> Worker<'t, 's>;

/// A search in progress.
pub(super) struct Search<'t> {
    limits: &'t Limits,
    tables: &'t Tables,
    /// What the tables took before.
    memory_before: u64,
    shards: Vec<Shard>,
    /// Where each state is: its shard, and its place there.
    places: Vec<(u32, u32)>,
    graph: Graph,
    /// The number of each ending here, by its number in the tables.
    endings: FxHashMap<u32, u32>,
    /// The first state of each ending, with the number of the ending in the tables.
    first: Vec<(u32, NodeId)>,
    bound: Option<Bound>,
    /// What the states of this batch lead to, and memory for more.
    portions: Vec<Portion>,
    /// How many portions this batch has.
    taken: usize,
}

/// Memory of a search that has ended, for another one.
#[derive(Default)]
pub(super) struct Spare {
    shards: Vec<Shard>,
    places: Vec<(u32, u32)>,
    portions: Vec<Portion>,
    endings: FxHashMap<u32, u32>,
    /// How many states and choices the last one has met.
    last: (usize, usize),
}

impl<'t> Search<'t> {
    /// A search that begins in this state.
    pub fn new(limits: &'t Limits, tables: &'t Tables, first: &State, spare: Spare) -> Self {
        let Spare { mut shards, places, portions, endings, last: (states, choices) } = spare;
        shards.resize_with(limits.jobs.clamp(1, SHARDS_MAX), Shard::default);
        let mut search = Search {
            limits,
            tables,
            memory_before: tables.memory(),
            shards,
            places,
            graph: Graph::with_room(states, choices),
            endings,
            first: Vec::new(),
            bound: None,
            portions,
            taken: 0,
        };
        let mut key = Vec::new();
        first.write(&mut key);
        let hash = states::hash(&key);
        let shard = states::shard(hash, search.shards.len());
        let place = search.shards[shard].add(&key, hash);
        search.give_number(shard as u32, place, 0, false);
        search
    }

    fn memory(&self) -> u64 {
        let states = self.shards.iter().map(Shard::memory).sum::<u64>() + self.places.capacity() as u64 * 8;
        states + self.graph.memory() + (self.tables.memory() - self.memory_before)
    }

    /// What it has found, and memory for another search.
    pub fn into_exploration(mut self) -> (Exploration, Spare) {
        let spare = if self.graph.states() > SPARED_MAX {
            Spare::default()
        } else {
            self.shards.iter_mut().for_each(Shard::clear);
            self.places.clear();
            self.endings.clear();
            let last = (self.graph.states(), self.graph.transitions());
            let Search { shards, places, portions, endings, .. } = self;
            Spare { shards, places, portions, endings, last }
        };
        let (numbers, first): (Vec<u32>, Vec<NodeId>) = self.first.into_iter().unzip();
        let endings = self.tables.endings(&numbers);
        let found =
            Exploration { bound: self.bound, endings, first, graph: self.graph, is_reduced: self.limits.reduces };
        (found, spare)
    }

    /// Walks all states, or as far as it may.
    pub fn walk<'s>(
        &mut self,
        workers: &mut Vec<Worker<'t, 's>>,
        more: More<'_, 't, 's>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(), ExploreError> {
        loop {
            let first = self.graph.walked();
            let last = self.graph.states().min(first + BATCH);
            if first == last {
                return Ok(());
            }
            self.grow(first..last, workers, more)?;
            let (states, frontier) = (self.graph.states() as u64, (self.graph.states() - last) as u64);
            self.bound = if progress(Progress { states, frontier }).is_break() {
                Some(Bound::Stopped)
            } else if let Some(met) = (0..self.taken).find_map(|place| self.merge(place)) {
                Some(met)
            } else {
                (self.memory() > self.limits.memory).then_some(Bound::Memory)
            };
            if self.bound.is_some() {
                return Ok(());
            }
        }
    }

    /// Takes the choices of some states, and looks up where they lead.
    fn grow<'s>(
        &mut self,
        nodes: Range<usize>,
        workers: &mut Vec<Worker<'t, 's>>,
        more: More<'_, 't, 's>,
    ) -> Result<(), ExploreError> {
        let is_shared = self.limits.jobs > 1 && nodes.len() >= 2 * PORTION;
        let size = if is_shared { PORTION } else { nodes.len() };
        self.taken = nodes.len().div_ceil(size);
        let count = self.shards.len();
        if self.portions.len() < self.taken {
            self.portions.resize_with(self.taken, Portion::default);
        }
        let portions = &mut self.portions[..self.taken];
        for (portion, start) in portions.iter_mut().zip(nodes.clone().step_by(size)) {
            portion.restart(start..nodes.end.min(start + size), count);
        }
        let follow = Follow { places: &self.places, graph: &self.graph, reduces: self.limits.reduces };
        if !is_shared {
            return follow.all(&mut workers[0], &mut portions[0], Met::Own(&mut self.shards));
        }
        let jobs = self.limits.jobs.min(portions.len());
        while workers.len() < jobs {
            workers.push(more());
        }
        let (shards, taken) = (&self.shards, portions.iter_mut().map(Mutex::new).collect::<Vec<_>>());
        each(&mut workers[..jobs], taken.len(), |worker, place| {
            follow.all(worker, &mut taken[place].lock().unwrap_or_else(PoisonError::into_inner), Met::Shared(shards))
        })?;
        let portions = &self.portions[..self.taken];
        let shards: Vec<Mutex<&mut Shard>> = self.shards.iter_mut().map(Mutex::new).collect();
        each(&mut vec![(); jobs], count, |(), number| {
            let mut shard = shards[number].lock().unwrap_or_else(PoisonError::into_inner);
            portions.iter().for_each(|portion| portion.look_up(number, &mut shard));
            Ok(())
        })
    }

    /// Takes in what some states lead to. Returns the limit that is met, if one is.
    fn merge(&mut self, place: usize) -> Option<Bound> {
        let mut portion = std::mem::take(&mut self.portions[place]);
        let met = portion.each(|step| {
            let node = u32::try_from(self.graph.walked()).expect("fewer than 2^32 states");
            let (choice, target) = match step {
                portion::Step::End(ending) => {
                    let ending = ending.map(|ending| self.number_of(ending, node));
                    self.graph.end_walk(ending);
                    return None;
                }
                portion::Step::Edge(choice, target) => (choice, target),
            };
            let target = match target {
                Target::Met(node) => node,
                Target::New { shard, place, is_stepless } => match self.shards[shard as usize].node(place) {
                    Some(node) => node,
                    None if self.graph.states() as u64 >= self.limits.most_states => return Some(Bound::States),
                    None => self.give_number(shard, place, node, is_stepless),
                },
            };
            self.graph.add_edge(choice, target);
            None
        });
        self.portions[place] = portion;
        met
    }

    /// The number of an ending here, which a run that ends at `node` has.
    fn number_of(&mut self, ending: u32, node: NodeId) -> u32 {
        let first = &mut self.first;
        *self.endings.entry(ending).or_insert_with(|| {
            first.push((ending, node));
            u32::try_from(first.len() - 1).expect("fewer than 2^32 endings")
        })
    }

    /// Gives a state that was met for the first time, from `parent`, its number.
    fn give_number(&mut self, shard: u32, place: u32, parent: NodeId, is_stepless: bool) -> NodeId {
        let node = u32::try_from(self.graph.states()).expect("fewer than 2^32 states");
        self.shards[shard as usize].set_node(place, node);
        self.places.push((shard, place));
        self.graph.add(parent, is_stepless);
        node
    }
}

/// What it takes to follow states.
struct Follow<'f> {
    places: &'f [(u32, u32)],
    graph: &'f Graph,
    reduces: bool,
}

impl Follow<'_> {
    /// Takes the choices of the states of a portion.
    fn all(&self, worker: &mut Worker<'_, '_>, portion: &mut Portion, mut met: Met<'_>) -> Result<(), ExploreError> {
        let (mut state, mut next, mut choices) = (State::default(), State::default(), Vec::new());
        for node in portion.nodes() {
            state.read(met.key(self.places[node]));
            worker.load(&state)?;
            worker.choices(&state, self.reduces, &mut choices);
            if choices.is_empty() {
                portion.end(Some(worker.ending(&state)?));
                continue;
            }
            for choice in &choices {
                worker.take(&state, *choice, &|| self.graph.order(node as NodeId), &mut next)?;
                portion.add(*choice, &next, worker.is_stepless(&next), &mut met);
            }
            portion.end(None);
        }
        Ok(())
    }
}

/// Does `tasks` tasks, each by one of the workers, which work side by side.
fn each<W: Send>(
    workers: &mut [W],
    tasks: usize,
    work: impl Fn(&mut W, usize) -> Result<(), ExploreError> + Sync,
) -> Result<(), ExploreError> {
    if let [worker] = workers {
        return (0..tasks).try_for_each(|task| work(worker, task));
    }
    let next = AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    let take = |worker: &mut W| {
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return Ok(());
            }
            work(worker, task)?;
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(move || take(worker))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
