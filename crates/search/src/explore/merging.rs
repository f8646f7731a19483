//! Puts together what batches of states lead to, in the order of the states. So numbers do not depend on threads.

use super::graph::{Graph, NodeId};
use super::portion::{self, Portion, Target};
use super::states::Shard;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

/// What is known of states and endings by the numbers that they get when a batch is put together.
#[derive(Default)]
pub(super) struct Numbers {
    /// Where each state is: its shard, and its place there.
    pub places: Vec<(u32, u32)>,
    /// The number of each ending here, by its number in the tables.
    pub endings: FxHashMap<u32, u32>,
    /// The first state of each ending, with the number of the ending in the tables.
    pub first: Vec<(u32, NodeId)>,
}

/// What the states of a batch lead to, and memory for more.
#[derive(Default)]
pub(super) struct Batch {
    pub portions: Vec<Portion>,
    /// How many portions it has.
    pub taken: usize,
}

impl Batch {
    /// Begins anew, with these states, in portions of this size.
    pub fn restart(&mut self, nodes: Range<usize>, size: usize, shards: usize) {
        self.taken = nodes.len().div_ceil(size);
        if self.portions.len() < self.taken {
            self.portions.resize_with(self.taken, Portion::default);
        }
        for (portion, start) in self.portions.iter_mut().zip(nodes.clone().step_by(size)) {
            portion.restart(start..nodes.end.min(start + size), shards);
        }
    }
}

/// What it takes to put batches together.
pub(super) struct Merging<'m> {
    pub graph: &'m RwLock<Graph>,
    pub shards: &'m [Shard],
    pub most_states: u64,
}

impl Merging<'_> {
    /// Takes in what the states of a batch lead to, which is then empty. Returns whether there are too many states.
    pub fn merge(&self, batch: &mut Batch, numbers: &mut Numbers) -> bool {
        let mut graph = self.graph.write().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut batch.taken);
        batch.portions[..taken].iter_mut().any(|portion| self.add(portion, &mut graph, numbers))
    }

    fn add(&self, portion: &mut Portion, graph: &mut Graph, numbers: &mut Numbers) -> bool {
        let is_full = portion.each(|step| {
            let node = u32::try_from(graph.walked()).expect("fewer than 2^32 states");
            let (choice, target) = match step {
                portion::Step::End(ending) => {
                    graph.end_walk(ending.map(|ending| numbers.of_ending(ending, node)));
                    return None;
                }
                portion::Step::Edge(choice, target) => (choice, target),
            };
            let target = match target {
                Target::Met(node) => node,
                Target::New { shard, place, is_stepless } => match self.shards[shard as usize].node(place) {
                    Some(node) => node,
                    None if graph.states() as u64 >= self.most_states => return Some(()),
                    None => self.give_number(graph, numbers, (shard, place), node, is_stepless),
                },
            };
            graph.add_edge(choice, target);
            None
        });
        is_full.is_some()
    }

    /// Gives a state that was met for the first time, from `parent`, its number.
    pub fn give_number(
        &self,
        graph: &mut Graph,
        numbers: &mut Numbers,
        (shard, place): (u32, u32),
        parent: NodeId,
        is_stepless: bool,
    ) -> NodeId {
        let node = u32::try_from(graph.states()).expect("fewer than 2^32 states");
        self.shards[shard as usize].set_node(place, node);
        numbers.places.push((shard, place));
        graph.add(parent, is_stepless);
        node
    }
}

impl Numbers {
    /// The number of an ending here, which a run that ends at `node` has.
    fn of_ending(&mut self, ending: u32, node: NodeId) -> u32 {
        let first = &mut self.first;
        *self.endings.entry(ending).or_insert_with(|| {
            first.push((ending, node));
            u32::try_from(first.len() - 1).expect("fewer than 2^32 endings")
        })
    }
}
