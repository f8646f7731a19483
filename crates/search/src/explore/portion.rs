//! What some states lead to, before it is put together.

use super::graph::NodeId;
use super::state::State;
use super::states::{self, Shard};
use crate::world::Choice;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// All states that were met, while a batch of them is walked.
pub(super) enum Met<'m> {
    /// Other threads use them, too. All states are looked up later.
    Shared(&'m [Shard]),
    /// What is new is added at once.
    Own(&'m mut [Shard]),
}

impl Met<'_> {
    fn shards(&self) -> &[Shard] {
        match self {
            Met::Shared(shards) => shards,
            Met::Own(shards) => shards,
        }
    }

    /// A state, encoded, by its shard and its place there.
    pub fn key(&self, (shard, place): (u32, u32)) -> &[u8] {
        self.shards()[shard as usize].key(place)
    }
}

/// Where a choice leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// To a state that was met before.
    Met(NodeId),
    /// To a state that may not have been met before this batch.
    New {
        /// Its shard.
        shard: u32,
        /// Its place there.
        place: u32,
        /// Whether no step is left.
        is_stepless: bool,
    },
}

/// Where a choice leads, perhaps not looked up yet.
#[derive(Clone, Copy, Debug)]
enum Found {
    Known(Target),
    /// A state of a shard that is not looked up yet, by its number among these.
    Fresh {
        shard: u32,
        number: u32,
        is_stepless: bool,
    },
}

/// A state that is not looked up yet.
#[derive(Debug)]
struct Fresh {
    hash: u64,
    key: Range<usize>,
    /// Its place in its shard, once it was looked up.
    place: u32,
}

/// What some states lead to.
#[derive(Debug, Default)]
pub(super) struct Portion {
    nodes: Range<usize>,
    edges: Vec<(Choice, Found)>,
    /// Where the choices of each state end in `edges`.
    ends: Vec<usize>,
    /// The states in which nothing is left, with the numbers of their endings.
    endings: Vec<(usize, u32)>,
    keys: Vec<u8>,
    /// By shard.
    fresh: Vec<Mutex<Vec<Fresh>>>,
}

/// A step of a walk over a portion.
#[derive(Debug)]
pub(super) enum Step {
    /// The next choice of a state.
    Edge(Choice, Target),
    /// The state has no more choices. If it has none at all, it ends so.
    End(Option<u32>),
}

impl Portion {
    /// Begins anew, with these states.
    pub fn restart(&mut self, nodes: Range<usize>, shards: usize) {
        self.nodes = nodes;
        self.edges.clear();
        self.ends.clear();
        self.endings.clear();
        self.keys.clear();
        self.fresh.resize_with(shards, Mutex::default);
        self.fresh.iter_mut().for_each(|fresh| fresh.get_mut().unwrap_or_else(PoisonError::into_inner).clear());
    }

    /// How many bytes the states take that it leads to and that are not looked up at once.
    pub fn bytes(&self) -> usize {
        self.keys.len()
    }

    /// How much memory it takes, in bytes.
    pub fn memory(&mut self) -> u64 {
        let fresh =
            self.fresh.iter_mut().map(|fresh| fresh.get_mut().unwrap_or_else(PoisonError::into_inner).capacity());
        let lists = self.edges.capacity() * size_of::<(Choice, Found)>() + fresh.sum::<usize>() * size_of::<Fresh>();
        (self.keys.capacity() + lists) as u64
    }

    /// The states.
    pub fn nodes(&self) -> Range<usize> {
        self.nodes.clone()
    }

    /// The next state has this choice, which leads to this state.
    pub fn add(&mut self, choice: Choice, state: &State, is_stepless: bool, met: &mut Met<'_>) {
        let start = self.keys.len();
        state.write(&mut self.keys);
        let key = &self.keys[start..];
        let hash = states::hash(key);
        let number = states::shard(hash, met.shards().len());
        let shard = number as u32;
        let found = match met {
            Met::Own(shards) => {
                let shards = &mut shards[number];
                let place = shards.find(key, hash).unwrap_or_else(|| shards.add(key, hash));
                Found::Known(match shards.node(place) {
                    Some(node) => Target::Met(node),
                    None => Target::New { shard, place, is_stepless },
                })
            }
            Met::Shared(_) => {
                let fresh = self.fresh[number].get_mut().unwrap_or_else(PoisonError::into_inner);
                fresh.push(Fresh { hash, key: start..self.keys.len(), place: 0 });
                let number = u32::try_from(fresh.len() - 1).expect("fewer than 2^32 states");
                Found::Fresh { shard, number, is_stepless }
            }
        };
        if matches!(found, Found::Known(_)) {
            self.keys.truncate(start);
        }
        self.edges.push((choice, found));
    }

    /// The next state has no more choices. If it has none at all, it ends so.
    pub fn end(&mut self, ending: Option<u32>) {
        if let Some(ending) = ending {
            self.endings.push((self.ends.len(), ending));
        }
        self.ends.push(self.edges.len());
    }

    /// Looks up all states that fall to a shard.
    pub fn look_up(&self, number: usize, shard: &mut Shard) {
        for fresh in &mut *self.fresh[number].lock().unwrap_or_else(PoisonError::into_inner) {
            let key = &self.keys[fresh.key.clone()];
            fresh.place = shard.find(key, fresh.hash).unwrap_or_else(|| shard.add(key, fresh.hash));
        }
    }

    /// Calls `step` with all choices and ends, in the order of the states, until it says something.
    pub fn each<T>(&mut self, mut step: impl FnMut(Step) -> Option<T>) -> Option<T> {
        let mut endings = self.endings.iter().peekable();
        let mut start = 0;
        for (node, end) in self.ends.iter().enumerate() {
            for (choice, found) in &self.edges[start..*end] {
                let target = match *found {
                    Found::Fresh { shard, number, is_stepless } => {
                        let fresh = self.fresh[shard as usize].get_mut().unwrap_or_else(PoisonError::into_inner);
                        Target::New { shard, place: fresh[number as usize].place, is_stepless }
                    }
                    Found::Known(target) => target,
                };
                if let Some(said) = step(Step::Edge(*choice, target)) {
                    return Some(said);
                }
            }
            start = *end;
            let ending = endings.next_if(|(at, _)| *at == node).map(|(_, ending)| *ending);
            if let Some(said) = step(Step::End(ending)) {
                return Some(said);
            }
        }
        None
    }
}
