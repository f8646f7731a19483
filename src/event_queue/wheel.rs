//! The entries that are not due for a while, sorted as far as is needed to find the next few.
//!
//! A radix queue. All entries are above `base`, and each lies on the level that is the highest digit in which it differs
//! from `base`, in the slot that is the value of that digit. So all of a lower level come before all of a higher one, and
//! on one level the slots are in order. As `base` rises, entries only sink: at most once for each digit.

use super::bucket::{Bucket, Pool};
use super::entry::{DIGIT_VALUES, DIGITS, Entry, Packed};

/// A bucket of at most so many entries is sorted; one of more is spread over lower levels. Between 32 and 160 it makes
/// no difference that can be measured.
const RUN: usize = 64;

#[derive(Clone, Debug)]
struct Level {
    occupied: u64,
    slots: [Bucket; DIGIT_VALUES],
}

#[derive(Clone, Debug)]
pub(super) struct Wheel<T> {
    pool: Pool<T>,
    // None until the wheel is first used: small queues never pay for it.
    levels: Vec<Level>,
    occupied: u32,
    len: usize,
    base: Packed,
    // Where the base was before the last bucket was taken.
    floor: Packed,
    // What is left of the last bucket taken, if that came in order.
    rest: Bucket,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Wheel {
            pool: Pool::default(),
            levels: Vec::new(),
            occupied: 0,
            len: 0,
            base: Packed::MAX,
            floor: Packed::MIN,
            rest: Bucket::EMPTY,
        }
    }
}

impl<T: Copy> Wheel<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the last bucket taken is not all in the run.
    pub(super) fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Whether it has been opened; if not, it takes nothing.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.base.is_key()
    }

    /// Whether an entry of this key belongs here.
    #[inline]
    pub(super) fn takes(&self, key: Packed) -> bool {
        self.base.is_below(key)
    }

    /// Whether [`Self::reopen`] would lower the base.
    pub(super) fn can_reopen(&self) -> bool {
        self.floor.is_below(self.base)
    }

    /// Puts an entry in that is above the base.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        self.len += 1;
        self.put(entry);
    }

    #[inline]
    fn put(&mut self, entry: Entry<T>) {
        let (level, slot) = entry.key.first_difference(self.base);
        self.occupied |= 1 << level;
        let level = &mut self.levels[level];
        level.occupied |= 1 << slot;
        self.pool.push(&mut level.slots[slot], entry);
    }

    /// Empties the lowest bucket of the lowest level.
    fn take_lowest(&mut self) -> Option<Bucket> {
        if self.occupied == 0 {
            return None;
        }
        let level = self.occupied.trailing_zeros() as usize;
        let slot = self.levels[level].occupied.trailing_zeros() as usize;
        Some(self.take(level, slot))
    }

    fn take(&mut self, level: usize, slot: usize) -> Bucket {
        let slots = &mut self.levels[level];
        slots.occupied &= !(1 << slot);
        if slots.occupied == 0 {
            self.occupied &= !(1 << level);
        }
        std::mem::replace(&mut slots.slots[slot], Bucket::EMPTY)
    }

    /// Moves the first entries to the empty `run`, the first of them at its end; none if there are none.
    pub(super) fn next_run(&mut self, run: &mut Vec<Entry<T>>) {
        while run.is_empty() {
            if self.pool.move_first(&mut self.rest, run) {
                run.reverse();
                break;
            }
            let Some(mut bucket) = self.take_lowest() else { return };
            if bucket.len() <= RUN {
                while self.pool.move_first(&mut bucket, run) {}
                run.sort_unstable();
                (self.floor, self.base) = (self.base, run[0].key);
            } else if self.is_in_order(&bucket) {
                (self.floor, self.base) = (self.base, self.pool.last(&bucket).key);
                self.rest = bucket;
            } else {
                self.spread(bucket, run);
            }
        }
        self.len -= run.len();
    }

    fn is_in_order(&self, bucket: &Bucket) -> bool {
        let mut before = None;
        self.pool.slices(bucket).all(|slice| {
            let follows = before.is_none_or(|before: Entry<T>| before >= slice[0]);
            before = slice.last().copied();
            follows && slice.is_sorted_by(|a, b| a >= b)
        })
    }

    /// Raises the base to the first entry of a bucket, which goes to `run`, and puts the others where they belong now.
    fn spread(&mut self, bucket: Bucket, run: &mut Vec<Entry<T>>) {
        let firsts = self.pool.slices(&bucket).filter_map(|slice| slice.iter().max());
        self.base = firsts.max().expect("a bucket that is spread has many").key;
        self.floor = self.base;
        self.put_all(bucket, run);
    }

    /// Puts what is above the base where it belongs, and the rest in `run`.
    fn put_all(&mut self, mut bucket: Bucket, run: &mut Vec<Entry<T>>) {
        while let Some((chunk, len)) = self.pool.take_first(&mut bucket) {
            for place in 0..len {
                let entry = self.pool.entry(chunk, place);
                if self.takes(entry.key) {
                    self.put(entry);
                } else {
                    run.push(entry);
                }
            }
            self.pool.release(chunk);
        }
    }

    /// Undoes the taking of the last bucket: lowers the base to where it was. The caller puts back what it has of it.
    ///
    /// What rises was put in since: the bucket was the lowest. So an entry rises once at most, which its push paid for.
    pub(super) fn reopen(&mut self) {
        self.lower_to(self.floor);
    }

    /// Lowers the base to the bottom, at the cost of putting again what is in: for pushes below all that was taken.
    pub(super) fn reopen_wholly(&mut self) {
        self.lower_to(Packed::MIN);
    }

    /// Lowers the base. The levels from that on which the two bases differ stay true; what lies below them shares more
    /// with the old base than that has in common with the new one, and so goes into the slot of the old base.
    fn lower_to(&mut self, base: Packed) {
        let (level, slot) = self.base.first_difference(base);
        (self.base, self.floor) = (base, base);
        let rest = std::mem::replace(&mut self.rest, Bucket::EMPTY);
        if !rest.is_empty() {
            self.occupied |= 1 << level;
            self.levels[level].occupied |= 1 << slot;
            self.levels[level].slots[slot] = rest;
        }
        let mut below = Vec::new();
        while self.occupied.trailing_zeros() < level as u32 {
            let bucket = self.take_lowest().expect("a level is occupied");
            self.put_all(bucket, &mut below);
        }
        assert!(below.is_empty(), "the base was lowered");
    }

    /// Opens an empty wheel for all keys.
    pub(super) fn open(&mut self) {
        if self.levels.is_empty() {
            self.levels = vec![Level { occupied: 0, slots: [Bucket::EMPTY; DIGIT_VALUES] }; DIGITS];
        }
        (self.base, self.floor) = (Packed::MIN, Packed::MIN);
    }

    /// Gives all that is in, in no order, and takes nothing more until it is opened.
    pub(super) fn close(&mut self, to: &mut Vec<Entry<T>>) {
        while self.pool.move_first(&mut self.rest, to) {}
        while let Some(mut bucket) = self.take_lowest() {
            while self.pool.move_first(&mut bucket, to) {}
        }
        self.len = 0;
        (self.base, self.floor) = (Packed::MAX, Packed::MIN);
    }

    /// Forgets all that is in; keeps the memory.
    pub(super) fn clear(&mut self) {
        while self.take_lowest().is_some() {}
        self.rest = Bucket::EMPTY;
        self.pool.clear();
        self.len = 0;
        (self.base, self.floor) = (Packed::MAX, Packed::MIN);
    }

    /// The chunks of entries that it has memory for.
    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.pool.chunks()
    }
}
