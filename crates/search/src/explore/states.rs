//! The states that were met.

use super::graph::NodeId;
use hashbrown::HashTable;
use std::sync::atomic::{AtomicU32, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Some of the states that were met: those whose hashes fall to this shard. States are compared by their whole encoding.
#[derive(Debug, Default)]
pub(super) struct Shard {
    bytes: Vec<u8>,
    /// Where each state ends in `bytes`.
    ends: Vec<u64>,
    /// The number of each state in the graph.
    nodes: Vec<AtomicU32>,
    table: HashTable<u32>,
}

/// The hash of an encoded state.
pub(super) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

/// The shard of a state with this hash.
pub(super) fn shard(hash: u64, shards: usize) -> usize {
    (hash >> 32) as usize % shards
}

impl Shard {
    /// Has no states any more.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.nodes.clear();
        self.table.clear();
    }

    /// How much memory it takes, in bytes.
    pub fn memory(&self) -> u64 {
        (self.bytes.capacity() + self.ends.capacity() * 8 + self.nodes.capacity() * 4 + self.table.allocation_size())
            as u64
    }

    /// The place of a state here, if it was met.
    pub fn find(&self, key: &[u8], hash: u64) -> Option<u32> {
        self.table.find(hash, |place| self.key(*place) == key).copied()
    }

    /// Adds a state that was not met before. Returns its place here. It has no number yet.
    pub fn add(&mut self, key: &[u8], hash: u64) -> u32 {
        let place = u32::try_from(self.ends.len()).expect("fewer than 2^32 states");
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len() as u64);
        self.nodes.push(AtomicU32::new(NodeId::MAX));
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(hash, place, |place| self::hash(key_of(bytes, ends, *place)));
        place
    }

    /// The number of a state in the graph; `None` if it was not given one yet.
    pub fn node(&self, place: u32) -> Option<NodeId> {
        Some(self.nodes[place as usize].load(Ordering::Relaxed)).filter(|node| *node != NodeId::MAX)
    }

    /// Gives a state its number in the graph.
    pub fn set_node(&self, place: u32, node: NodeId) {
        self.nodes[place as usize].store(node, Ordering::Relaxed);
    }

    /// A state, encoded.
    pub fn key(&self, place: u32) -> &[u8] {
        key_of(&self.bytes, &self.ends, place)
    }
}

fn key_of<'b>(bytes: &'b [u8], ends: &[u64], place: u32) -> &'b [u8] {
    let place = place as usize;
    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start as usize..ends[place] as usize]
}
