//! The states that were met.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// All states that were met, numbered from 0 in the order in which they were. States are compared by their whole encoding.
#[derive(Debug, Default)]
pub(super) struct States {
    bytes: Vec<u8>,
    /// Where each state ends in `bytes`.
    ends: Vec<u64>,
    table: HashTable<u32>,
}

/// The hash of an encoded state.
pub(super) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

impl States {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How much memory they take, in bytes.
    pub fn memory(&self) -> u64 {
        (self.bytes.capacity() + self.ends.capacity() * 8 + self.table.allocation_size()) as u64
    }

    /// The number of a state, if it was met.
    pub fn find(&self, key: &[u8], hash: u64) -> Option<u32> {
        self.table.find(hash, |state| self.key(*state) == key).copied()
    }

    /// Adds a state that was not met before. Returns its number.
    pub fn add(&mut self, key: &[u8], hash: u64) -> u32 {
        let state = u32::try_from(self.ends.len()).expect("fewer than 2^32 states");
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len() as u64);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(hash, state, |state| self::hash(key_of(bytes, ends, *state)));
        state
    }

    fn key(&self, state: u32) -> &[u8] {
        key_of(&self.bytes, &self.ends, state)
    }
}

fn key_of<'b>(bytes: &'b [u8], ends: &[u64], state: u32) -> &'b [u8] {
    let place = state as usize;
    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start as usize..ends[place] as usize]
}
