//! Maps and sets keyed by small integer ids. They hold up to one entry inline, and more in a hash table.
//!
//! Most contexts are leaves, whose tables hold one entry, and need no allocation. The hash is fixed (no random state),
//! and its order cannot be seen: the only way to walk a map, [`IdMap::sorted_keys`], is ascending.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// A newtype over `u32` that can be a key.
pub trait Id: Copy + Eq + Ord {
    /// The id as a plain number.
    fn raw(self) -> u32;
    /// The id with this number.
    fn from_raw(raw: u32) -> Self;
}

impl Id for u32 {
    fn raw(self) -> u32 {
        self
    }

    fn from_raw(raw: u32) -> Self {
        raw
    }
}

/// Fibonacci hashing of one `u32`. Ids are dense and chosen by the user, so a mixed multiply is enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

/// Hashes ids the same way in every process.
pub type IdHash = BuildHasherDefault<IdHasher>;

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only u32 keys are hashed");
    }

    fn write_u32(&mut self, id: u32) {
        // The table takes its bucket from the low bits and its tag from the high bits, so fold the product to fill
        // both.
        let product = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }
}

type Table<V> = HashMap<u32, V, IdHash>;

#[derive(Clone, Debug, Default)]
enum Repr<V> {
    #[default]
    Empty,
    One(u32, V),
    Many(Box<Table<V>>),
}

/// A map from ids to values. The module says in what order it can be walked.
#[derive(Clone, Debug)]
pub struct IdMap<K, V>(Repr<V>, std::marker::PhantomData<K>);

impl<K, V> Default for IdMap<K, V> {
    fn default() -> Self {
        IdMap(Repr::Empty, std::marker::PhantomData)
    }
}

impl<K: Id, V> IdMap<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Empty => 0,
            Repr::One(..) => 1,
            Repr::Many(table) => table.len(),
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `key`.
    pub fn get(&self, key: K) -> Option<&V> {
        match &self.0 {
            Repr::Empty => None,
            Repr::One(k, v) => (*k == key.raw()).then_some(v),
            Repr::Many(table) => table.get(&key.raw()),
        }
    }

    /// The value of `key`, mutable.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        match &mut self.0 {
            Repr::Empty => None,
            Repr::One(k, v) => (*k == key.raw()).then_some(v),
            Repr::Many(table) => table.get_mut(&key.raw()),
        }
    }

    /// Whether `key` has a value.
    pub fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of `key`. Returns the value it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match &mut self.0 {
            Repr::Empty => {
                self.0 = Repr::One(key.raw(), value);
                None
            }
            Repr::One(k, v) if *k == key.raw() => Some(std::mem::replace(v, value)),
            Repr::One(..) => self.spill().insert(key.raw(), value),
            Repr::Many(table) => table.insert(key.raw(), value),
        }
    }

    /// The value of `key`. If there is none, `make` makes it.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if matches!(self.0, Repr::Empty) {
            self.0 = Repr::One(key.raw(), make());
            return self.get_mut(key).expect("just inserted");
        }
        if matches!(self.0, Repr::One(k, _) if k != key.raw()) {
            self.spill();
        }
        match &mut self.0 {
            Repr::Empty => unreachable!("filled above"),
            Repr::One(_, v) => v,
            Repr::Many(table) => match table.entry(key.raw()) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(make()),
            },
        }
    }

    /// Removes `key`. Returns its value.
    pub fn remove(&mut self, key: K) -> Option<V> {
        match &mut self.0 {
            Repr::Many(table) => table.remove(&key.raw()),
            Repr::One(k, _) if *k == key.raw() => match std::mem::take(&mut self.0) {
                Repr::One(_, v) => Some(v),
                Repr::Empty | Repr::Many(_) => unreachable!("matched above"),
            },
            Repr::Empty | Repr::One(..) => None,
        }
    }

    /// All keys, ascending.
    pub fn sorted_keys(&self) -> Vec<K> {
        let mut keys: Vec<u32> = match &self.0 {
            Repr::Empty => Vec::new(),
            Repr::One(k, _) => vec![*k],
            Repr::Many(table) => table.keys().copied().collect(),
        };
        keys.sort_unstable();
        keys.into_iter().map(K::from_raw).collect()
    }

    fn spill(&mut self) -> &mut Table<V> {
        let old = std::mem::replace(&mut self.0, Repr::Many(Box::default()));
        let Repr::Many(table) = &mut self.0 else { unreachable!("just set") };
        if let Repr::One(k, v) = old {
            table.insert(k, v);
        }
        table
    }
}

/// A set of ids. The module says in what order it can be walked.
#[derive(Clone, Debug)]
pub struct IdSet<K>(IdMap<K, ()>);

impl<K> Default for IdSet<K> {
    fn default() -> Self {
        IdSet(IdMap::default())
    }
}

impl<K: Id> IdSet<K> {
    /// Whether `key` is in the set.
    pub fn contains(&self, key: K) -> bool {
        self.0.contains(key)
    }

    /// Adds `key`. Returns whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// Removes `key`. Returns whether it was there.
    pub fn remove(&mut self, key: K) -> bool {
        self.0.remove(key).is_some()
    }

    /// All members, ascending. This is the canonical order wherever Mitogen walks a Python `set`.
    pub fn sorted(&self) -> Vec<K> {
        self.0.sorted_keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Proves that the map is a map at every size, by comparing it with a BTreeMap over the same pseudorandom
    /// operations.
    #[test]
    fn agrees_with_a_plain_map() {
        let mut map = IdMap::<u32, u64>::default();
        let mut plain = BTreeMap::new();
        let mut x = 7_u64;
        for i in 0..20_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (key, op) = ((x >> 33) as u32 % (1 + i / 100), (x >> 20) % 4);
            match op {
                0 => assert_eq!(map.remove(key), plain.remove(&key)),
                1 => assert_eq!(map.insert(key, x), plain.insert(key, x)),
                2 => assert_eq!(map.get_or_insert_with(key, || x), plain.entry(key).or_insert(x)),
                _ => assert_eq!(map.get(key), plain.get(&key)),
            }
            assert_eq!(map.len(), plain.len());
        }
        assert_eq!(map.sorted_keys(), plain.keys().copied().collect::<Vec<_>>());
    }
}
