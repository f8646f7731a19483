//! Numbers for parts of states.

use hashbrown::HashTable;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use xxhash_rust::xxh3::xxh3_64;

/// Values that were met, with numbers from 1: equal numbers for equal values. Values are compared by all bytes that make them
/// differ, so different ones never have one number.
pub(super) struct Interned<V> {
    known: RwLock<Known<V>>,
    bytes: AtomicU64,
}

struct Known<V> {
    table: HashTable<(Box<[u8]>, u32)>,
    values: Vec<V>,
}

impl<V> Default for Interned<V> {
    fn default() -> Self {
        let known = Known { table: HashTable::new(), values: Vec::new() };
        Interned { known: RwLock::new(known), bytes: AtomicU64::new(0) }
    }
}

impl<V> Known<V> {
    fn find(&self, bytes: &[u8], hash: u64) -> Option<u32> {
        self.table.find(hash, |(known, _)| **known == *bytes).map(|(_, number)| *number)
    }
}

impl<V: Clone> Interned<V> {
    /// The number of the value that these bytes tell from others. If it is new, `make` makes it, and about `size` bytes are
    /// kept for it.
    pub fn number(&self, bytes: &[u8], size: usize, make: impl FnOnce() -> V) -> u32 {
        let hash = xxh3_64(bytes);
        if let Some(number) = self.read().find(bytes, hash) {
            return number;
        }
        let value = make();
        let mut known = self.write();
        if let Some(number) = known.find(bytes, hash) {
            return number;
        }
        known.values.push(value);
        let number = u32::try_from(known.values.len()).expect("fewer than 2^32 parts");
        known.table.insert_unique(hash, (bytes.into(), number), |(known, _)| xxh3_64(known));
        self.bytes.fetch_add((bytes.len() + size + 64) as u64, Ordering::Relaxed);
        number
    }

    /// The value with a number.
    pub fn value(&self, number: u32) -> V {
        self.read().values[number as usize - 1].clone()
    }

    /// About how much memory they take, in bytes.
    pub fn memory(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn read(&self) -> RwLockReadGuard<'_, Known<V>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known<V>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}
