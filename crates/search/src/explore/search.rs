//! Walks the graph of states, breadth first, on several threads.
//!
//! A batch of states at a time: the threads take their choices, a portion of the states each; then they look up which of the
//! states that were reached are new, a shard of all states each; and then one of them puts all together, in the order of the
//! states, while the others go on with the next batch.

use super::ending::Ending;
use super::error::ExploreError;
use super::graph::{Graph, Loop, NodeId};
use super::merging::{Batch, Merging, Numbers};
use super::moves::Worker;
use super::portion::{Met, Portion};
use super::state::State;
use super::states::{self, Shard};
use super::tables::Tables;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

/// How many states are walked before what was found is put together.
const BATCH: usize = 8192;
/// How many bytes the states that a batch leads to may take, about.
const BATCH_BYTES: usize = 32 << 20;
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
    graph: RwLock<Graph>,
    numbers: Numbers,
    bound: Option<Bound>,
    /// The states of which all choices were taken. Those of the last batch may still have to be put together.
    grown: usize,
    /// How many states the next batch may have: fewer where they lead to many large ones.
    most: usize,
    /// The batch that is walked, and the one before, which is put together meanwhile.
    batches: [Batch; 2],
}

/// Memory of a search that has ended, for another one.
#[derive(Default)]
pub(super) struct Spare {
    shards: Vec<Shard>,
    numbers: Numbers,
    batches: [Batch; 2],
    /// How many states and choices the last one has met.
    last: (usize, usize),
}

impl<'t> Search<'t> {
    /// A search that begins in this state.
    pub fn new(limits: &'t Limits, tables: &'t Tables, first: &State, spare: Spare) -> Self {
        let Spare { mut shards, numbers, batches, last: (states, choices) } = spare;
        shards.resize_with(limits.jobs.clamp(1, SHARDS_MAX), Shard::default);
        let mut search = Search {
            limits,
            tables,
            memory_before: tables.memory(),
            shards,
            graph: RwLock::new(Graph::with_room(states, choices)),
            numbers,
            bound: None,
            grown: 0,
            most: BATCH,
            batches,
        };
        let mut key = Vec::new();
        first.write(&mut key);
        let hash = states::hash(&key);
        let shard = states::shard(hash, search.shards.len());
        let place = search.shards[shard].add(&key, hash);
        let merging = Merging { graph: &search.graph, shards: &search.shards, most_states: limits.most_states };
        let mut graph = search.graph.write().unwrap_or_else(PoisonError::into_inner);
        merging.give_number(&mut graph, &mut search.numbers, (shard as u32, place), 0, false);
        drop(graph);
        search
    }

    fn memory(&mut self) -> u64 {
        let states = self.shards.iter().map(Shard::memory).sum::<u64>() + self.numbers.places.capacity() as u64 * 8;
        let portions = self.batches.iter_mut().flat_map(|batch| &mut batch.portions).map(Portion::memory).sum::<u64>();
        states + portions + self.graph().memory() + (self.tables.memory() - self.memory_before)
    }

    fn graph(&mut self) -> &mut Graph {
        self.graph.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has found, and memory for another search.
    pub fn into_exploration(mut self) -> (Exploration, Spare) {
        let graph = self.graph.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (numbers, first): (Vec<u32>, Vec<NodeId>) = std::mem::take(&mut self.numbers.first).into_iter().unzip();
        let endings = self.tables.endings(&numbers);
        let spare = if graph.states() > SPARED_MAX {
            Spare::default()
        } else {
            self.shards.iter_mut().for_each(Shard::clear);
            self.numbers.places.clear();
            self.numbers.endings.clear();
            let last = (graph.states(), graph.transitions());
            Spare { shards: self.shards, numbers: self.numbers, batches: self.batches, last }
        };
        (Exploration { bound: self.bound, endings, first, graph, is_reduced: self.limits.reduces }, spare)
    }

    /// Walks all states, or as far as it may. What a batch leads to is put together while the next one is walked, if its
    /// states are known already.
    pub fn walk<'s>(
        &mut self,
        workers: &mut Vec<Worker<'t, 's>>,
        more: More<'_, 't, 's>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(), ExploreError> {
        loop {
            let (walked, states) = (self.graph().walked(), self.graph().states());
            let left = states - self.grown;
            let is_shared = self.limits.jobs > 1 && left >= 2 * PORTION;
            let is_full = if is_shared {
                // Half of them, so that the other half can be walked while these are put together.
                let last = self.grown + left.div_ceil(2).clamp(2 * PORTION, self.most);
                self.grow_shared(last, workers, more)?
            } else if self.grown > walked {
                let merging =
                    Merging { graph: &self.graph, shards: &self.shards, most_states: self.limits.most_states };
                merging.merge(&mut self.batches[1], &mut self.numbers)
            } else if left > 0 {
                let last = states.min(self.grown + BATCH);
                self.grow_alone(last, &mut workers[0])?
            } else {
                return Ok(());
            };
            let states = self.graph().states();
            let (states, frontier) = (states as u64, (states - self.grown) as u64);
            self.bound = if progress(Progress { states, frontier }).is_break() {
                Some(Bound::Stopped)
            } else if is_full {
                Some(Bound::States)
            } else {
                (self.memory() > self.limits.memory).then_some(Bound::Memory)
            };
            if self.bound.is_some() {
                return Ok(());
            }
        }
    }

    /// Takes the choices of the states up to `last`, and puts together what they lead to. Returns whether there are too
    /// many states.
    fn grow_alone(&mut self, last: usize, worker: &mut Worker<'t, '_>) -> Result<bool, ExploreError> {
        let nodes = self.grown..last;
        let batch = &mut self.batches[0];
        batch.restart(nodes.clone(), nodes.len(), self.shards.len());
        let places = &self.numbers.places[nodes];
        let follow = Follow { places, start: self.grown, graph: &self.graph, reduces: self.limits.reduces };
        follow.all(worker, &mut batch.portions[0], Met::Own(&mut self.shards))?;
        self.grown = last;
        Ok(Merging { graph: &self.graph, shards: &self.shards, most_states: self.limits.most_states }
            .merge(batch, &mut self.numbers))
    }

    /// Takes the choices of the states up to `last`, and looks up where they lead, on several threads. Meanwhile, the batch
    /// before is put together. Returns whether that has too many states.
    fn grow_shared<'s>(
        &mut self,
        last: usize,
        workers: &mut Vec<Worker<'t, 's>>,
        more: More<'_, 't, 's>,
    ) -> Result<bool, ExploreError> {
        let nodes = self.grown..last;
        let count = self.shards.len();
        let [batch, before] = &mut self.batches;
        batch.restart(nodes.clone(), PORTION, count);
        let jobs = self.limits.jobs.min(batch.taken);
        while workers.len() < jobs {
            workers.push(more());
        }
        let places = self.numbers.places[nodes].to_vec();
        let follow = Follow { places: &places, start: self.grown, graph: &self.graph, reduces: self.limits.reduces };
        let portions: Vec<_> = batch.portions[..batch.taken].iter_mut().map(Mutex::new).collect();
        let merging = Merging { graph: &self.graph, shards: &self.shards, most_states: self.limits.most_states };
        let merged = Mutex::new((before, &mut self.numbers, false));
        each(&mut workers[..jobs], 1 + portions.len(), |worker, task| {
            let Some(place) = task.checked_sub(1) else {
                let (before, numbers, is_full) = &mut *merged.lock().unwrap_or_else(PoisonError::into_inner);
                *is_full = merging.merge(before, numbers);
                return Ok(());
            };
            let portion = &mut portions[place].lock().unwrap_or_else(PoisonError::into_inner);
            follow.all(worker, portion, Met::Shared(&self.shards))
        })?;
        let (.., is_full) = merged.into_inner().unwrap_or_else(PoisonError::into_inner);
        let portions = &batch.portions[..batch.taken];
        let shards: Vec<Mutex<&mut Shard>> = self.shards.iter_mut().map(Mutex::new).collect();
        // Each thread looks after the same shards all the time, so that they stay in its cache.
        let look_up = |number: usize| {
            let mut shard = shards[number].lock().unwrap_or_else(PoisonError::into_inner);
            portions.iter().for_each(|portion| portion.look_up(number, &mut shard));
        };
        let mut owners: Vec<_> = (0..jobs.min(count)).map(|owner| (owner..count).step_by(jobs)).collect();
        side_by_side(&mut owners, |owned| {
            owned.for_each(look_up);
            Ok(())
        })?;
        let bytes: usize = portions.iter().map(Portion::bytes).sum();
        self.most = (BATCH_BYTES / (bytes / places.len()).max(1)).clamp(2 * PORTION, BATCH);
        self.batches.swap(0, 1);
        self.grown = last;
        Ok(is_full)
    }
}

/// What it takes to follow states.
struct Follow<'f> {
    /// Where the states of the batch are, and where it begins.
    places: &'f [(u32, u32)],
    start: usize,
    graph: &'f RwLock<Graph>,
    reduces: bool,
}

impl Follow<'_> {
    /// Takes the choices of the states of a portion.
    fn all(&self, worker: &mut Worker<'_, '_>, portion: &mut Portion, mut met: Met<'_>) -> Result<(), ExploreError> {
        let (mut state, mut next, mut choices) = (State::default(), State::default(), Vec::new());
        for node in portion.nodes() {
            state.read(met.key(self.places[node - self.start]));
            worker.load(&state)?;
            worker.choices(&state, self.reduces, &mut choices);
            if choices.is_empty() {
                portion.end(Some(worker.ending(&state)?));
                continue;
            }
            let order = || self.graph.read().unwrap_or_else(PoisonError::into_inner).order(node as NodeId);
            for choice in &choices {
                worker.take(&state, *choice, &order, &mut next)?;
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
    let next = AtomicUsize::new(0);
    side_by_side(workers, |worker| {
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return Ok(());
            }
            work(worker, task)?;
        }
    })
}

/// Lets all workers work at once, the first one on this thread.
fn side_by_side<W: Send>(
    workers: &mut [W],
    work: impl Fn(&mut W) -> Result<(), ExploreError> + Sync,
) -> Result<(), ExploreError> {
    let Some((first, others)) = workers.split_first_mut() else { return Ok(()) };
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = others.iter_mut().map(|worker| scope.spawn(move || work(worker))).collect();
        let done = work(first);
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).fold(done, Result::and)
    })
}
