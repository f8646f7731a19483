//! The states that were met.

use super::graph::NodeId;
use hashbrown::HashTable;
use std::sync::atomic::{AtomicU32, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Some of the states that were met: those whose hashes fall to this shard. States are compared by their whole encoding.
#[derive(Debug, Default)]
pub(super) struct Shard {
    bytes: Vec<u8>,
    states: Vec<Entry>,
    table: HashTable<u32>,
}

/// What is known of a state. It is together in one place, since most lookups miss the cache.
#[derive(Debug)]
struct Entry {
    /// Where it ends in `bytes`.
    end: u64,
    /// The lower half of its hash: the table grows without a look at the states.
    hash: u32,
    /// Its number in the graph.
    node: AtomicU32,
}

/// The hash of an encoded state.
pub(super) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

/// The shard of a state with this hash.
pub(super) fn shard(hash: u64, shards: usize) -> usize {
    (hash >> 32) as usize % shards
}

/// Half a hash, for the table, which reads both ends of it.
fn spread(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}

impl Shard {
    /// Has no states any more.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.states.clear();
        self.table.clear();
    }

    /// How much memory it takes, in bytes.
    pub fn memory(&self) -> u64 {
        let states = self.states.capacity() * size_of::<Entry>();
        (self.bytes.capacity() + states + self.table.allocation_size()) as u64
    }

    /// The place of a state here, if it was met.
    pub fn find(&self, key: &[u8], hash: u64) -> Option<u32> {
        let half = hash as u32;
        let is_it = |place: &u32| self.states[*place as usize].hash == half && self.key(*place) == key;
        self.table.find(spread(half), is_it).copied()
    }

    /// Adds a state that was not met before. Returns its place here. It has no number yet.
    pub fn add(&mut self, key: &[u8], hash: u64) -> u32 {
        let place = u32::try_from(self.states.len()).expect("fewer than 2^32 states");
        self.bytes.extend_from_slice(key);
        let (end, hash) = (self.bytes.len() as u64, hash as u32);
        self.states.push(Entry { end, hash, node: AtomicU32::new(NodeId::MAX) });
        let states = &self.states;
        self.table.insert_unique(spread(hash), place, |place| spread(states[*place as usize].hash));
        place
    }

    /// The number of a state in the graph; `None` if it was not given one yet.
    pub fn node(&self, place: u32) -> Option<NodeId> {
        Some(self.states[place as usize].node.load(Ordering::Relaxed)).filter(|node| *node != NodeId::MAX)
    }

    /// Gives a state its number in the graph.
    pub fn set_node(&self, place: u32, node: NodeId) {
        self.states[place as usize].node.store(node, Ordering::Relaxed);
    }

    /// A state, encoded.
    pub fn key(&self, place: u32) -> &[u8] {
        let place = place as usize;
        let start = place.checked_sub(1).map_or(0, |before| self.states[before].end);
        &self.bytes[start as usize..self.states[place].end as usize]
    }
}
