//! The entries that are not due for a while, sorted only as far as it takes to find the next few.
//!
//! This is a radix queue. All entries are above `base`. Each is on the level given by the highest digit in which it
//! differs from `base`, in the slot given by the value of that digit. So everything on a lower level comes before
//! everything on a higher one, and on each level the slots are in order. As `base` rises, entries only sink, and at
//! most once for each digit.

use super::bucket::{Bucket, Pool};
use super::entry::{DIGIT_VALUES, DIGITS, Entry, Packed};

/// A bucket of up to this many entries is sorted; a larger one is spread over lower levels. Anything between 32 and 160
/// makes no measurable difference.
const RUN: usize = 64;

#[derive(Clone, Debug)]
struct Level {
    occupied: u64,
    slots: [Bucket; DIGIT_VALUES],
}

#[derive(Clone, Debug)]
pub(super) struct Wheel<T> {
    pool: Pool<T>,
    // Empty until the wheel is first used, so small queues never pay for it.
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

    /// Whether the last bucket taken is not wholly in the run yet.
    pub(super) fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Whether it is open. A closed wheel takes nothing.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.base.is_key()
    }

    /// Whether an entry with this key belongs here.
    #[inline]
    pub(super) fn takes(&self, key: Packed) -> bool {
        self.base.is_below(key)
    }

    /// Whether [`Self::reopen`] would lower the base.
    pub(super) fn can_reopen(&self) -> bool {
        self.floor.is_below(self.base)
    }

    /// Adds an entry that is above the base.
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

    /// Moves the first entries to the empty `run`, with the very first one at its end. Moves nothing if there are none.
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

    /// Raises the base to the first entry of a bucket, which goes to `run`, and puts the other entries where they
    /// belong now.
    fn spread(&mut self, bucket: Bucket, run: &mut Vec<Entry<T>>) {
        let firsts = self.pool.slices(&bucket).filter_map(|slice| slice.iter().max());
        self.base = firsts.max().expect("a bucket that is spread has entries").key;
        self.floor = self.base;
        self.put_all(bucket, run);
    }

    /// Puts what is above the base where it belongs, and the rest into `run`.
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

    /// Undoes the taking of the last bucket: lowers the base to where it was. The caller puts back what it has of the
    /// bucket.
    ///
    /// Only what was added since can rise, since the bucket was the lowest one. So an entry rises at most once, which
    /// its push paid for.
    pub(super) fn reopen(&mut self) {
        self.lower_to(self.floor);
    }

    /// Lowers the base to the bottom, at the cost of adding all entries again. This is for pushes below everything that
    /// was taken.
    pub(super) fn reopen_wholly(&mut self) {
        self.lower_to(Packed::MIN);
    }

    /// Lowers the base. Levels at or above the one on which the two bases differ stay true. Whatever is below has more
    /// in common with the old base than the old base has with the new one, and so goes into the slot of the old base.
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

    /// Calls `f` with each entry, in no particular order.
    pub(super) fn each(&self, mut f: impl FnMut(&Entry<T>)) {
        let slots = self.levels.iter().flat_map(|level| &level.slots);
        for bucket in slots.chain([&self.rest]) {
            self.pool.slices(bucket).flatten().for_each(&mut f);
        }
    }

    /// Opens an empty wheel for all keys.
    pub(super) fn open(&mut self) {
        if self.levels.is_empty() {
            self.levels = vec![Level { occupied: 0, slots: [Bucket::EMPTY; DIGIT_VALUES] }; DIGITS];
        }
        (self.base, self.floor) = (Packed::MIN, Packed::MIN);
    }

    /// Hands over all entries, in no particular order, and takes nothing more until it is opened again.
    pub(super) fn close(&mut self, to: &mut Vec<Entry<T>>) {
        while self.pool.move_first(&mut self.rest, to) {}
        while let Some(mut bucket) = self.take_lowest() {
            while self.pool.move_first(&mut bucket, to) {}
        }
        self.len = 0;
        (self.base, self.floor) = (Packed::MAX, Packed::MIN);
    }

    /// Removes all entries; keeps the memory.
    pub(super) fn clear(&mut self) {
        while self.take_lowest().is_some() {}
        self.rest = Bucket::EMPTY;
        self.pool.clear();
        self.len = 0;
        (self.base, self.floor) = (Packed::MAX, Packed::MIN);
    }

    /// How many chunks of entries it has memory for.
    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.pool.chunks()
    }
}
