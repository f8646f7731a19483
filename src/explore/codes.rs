//! Numbers for parts of states.

use crate::world::Codes;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::any::Any;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use xxhash_rust::xxh3::xxh3_64;

/// How many tables there are, so that threads seldom meet.
const TABLES: usize = 64;

/// About what a process takes that is kept, in bytes.
const KEPT: u64 = 1_000;

/// Values by their numbers.
type Kept = HashMap<NonZeroU32, Arc<dyn Any + Send + Sync>, FxBuildHasher>;

/// Every part that was ever met, with its number. Parts are compared as a whole, so different parts never have one number.
pub(super) struct Parts {
    tables: Vec<RwLock<HashTable<Part>>>,
    /// What is kept for numbers.
    kept: Vec<RwLock<Kept>>,
    next: AtomicU32,
    bytes: AtomicU64,
}

#[derive(Debug)]
struct Part {
    bytes: Box<[u8]>,
    code: NonZeroU32,
}

impl Default for Parts {
    fn default() -> Self {
        Parts {
            tables: (0..TABLES).map(|_| RwLock::default()).collect(),
            kept: (0..TABLES).map(|_| RwLock::default()).collect(),
            next: AtomicU32::new(1),
            bytes: AtomicU64::new(0),
        }
    }
}

impl Parts {
    /// About how much memory the parts take, in bytes.
    pub fn memory(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Codes for Parts {
    fn code(&self, part: &[u8]) -> NonZeroU32 {
        let hash = xxh3_64(part);
        let table = &self.tables[(hash >> 58) as usize % TABLES];
        let find = |table: &HashTable<Part>| table.find(hash, |known| *known.bytes == *part).map(|known| known.code);
        if let Some(code) = find(&table.read().unwrap_or_else(PoisonError::into_inner)) {
            return code;
        }
        let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = find(&table) {
            return code;
        }
        let code = NonZeroU32::new(self.next.fetch_add(1, Ordering::Relaxed)).expect("fewer than 2^32 parts");
        self.bytes.fetch_add(part.len() as u64 + 64, Ordering::Relaxed);
        table.insert_unique(hash, Part { bytes: part.into(), code }, |known| xxh3_64(&known.bytes));
        code
    }

    fn kept(&self, code: NonZeroU32, value: Arc<dyn Any + Send + Sync>) -> Arc<dyn Any + Send + Sync> {
        let table = &self.kept[code.get() as usize % TABLES];
        if let Some(kept) = table.read().unwrap_or_else(PoisonError::into_inner).get(&code) {
            return Arc::clone(kept);
        }
        let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
        self.bytes.fetch_add(KEPT, Ordering::Relaxed);
        Arc::clone(table.entry(code).or_insert(value))
    }
}
