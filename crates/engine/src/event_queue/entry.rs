//! An entry of the queue: the key in 24 bytes, and its digits.

use super::key::{EventKey, Rank};
use crate::process::ContextId;
use crate::time::Time;
use std::cmp::Ordering;

const FIFO_BITS: u32 = 56;
const FROM_BITS: u32 = 32;
const TO_BITS: u32 = 32;
const RANK_SHIFT: u32 = FIFO_BITS + FROM_BITS + TO_BITS;

/// How many bits a digit has.
const DIGIT: u32 = 6;
/// How many digits all fields but the time have: they are 122 bits.
const LOW_DIGITS: usize = (RANK_SHIFT as usize + 2).div_ceil(DIGIT as usize);
/// How many digits a key has.
pub(super) const DIGITS: usize = LOW_DIGITS + 64_usize.div_ceil(DIGIT as usize);
/// How many values a digit has.
pub(super) const DIGIT_VALUES: usize = 1 << DIGIT;

/// An [`EventKey`] as one number of 192 bits, most significant word first. It is ordered as the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    time: u64,
    // Rank, to, from and fifo: in two words, not in a `u128`, which would be aligned to 16 bytes.
    high: u64,
    low: u64,
}

impl Packed {
    /// Not above any key.
    pub(super) const MIN: Packed = Packed { time: 0, high: 0, low: 0 };
    /// Above every key.
    pub(super) const MAX: Packed = Packed { time: u64::MAX, high: u64::MAX, low: u64::MAX };

    #[inline]
    pub(super) fn new(key: EventKey) -> Self {
        assert!(key.fifo >> FIFO_BITS == 0, "fifo counts to 2^56");
        let high = (key.rank as u64) << FIFO_BITS | u64::from(key.to.0) << 24 | u64::from(key.from.0 >> 8);
        Packed { time: key.time.as_ns(), high, low: u64::from(key.from.0) << FIFO_BITS | key.fifo }
    }

    #[inline]
    pub(super) fn key(self) -> EventKey {
        let rank = match self.high >> FIFO_BITS {
            0 => Rank::Step,
            1 => Rank::Arrival,
            _ => Rank::Timer,
        };
        EventKey {
            time: Time::from_ns(self.time),
            rank,
            to: ContextId((self.high >> 24) as u32),
            from: ContextId((self.high << 8) as u32 | (self.low >> FIFO_BITS) as u32),
            fifo: self.low & ((1 << FIFO_BITS) - 1),
        }
    }

    /// Whether this can be a key: anything but [`Self::MAX`].
    #[inline]
    pub(super) fn is_key(self) -> bool {
        self.high != u64::MAX
    }

    #[inline]
    fn below_time(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    #[inline]
    pub(super) fn is_below(self, other: Self) -> bool {
        if self.time != other.time { self.time < other.time } else { self.below_time() < other.below_time() }
    }

    /// The highest digit in which this differs from `base` (0 is the lowest digit), and its value here.
    ///
    /// Equal keys differ in no digit; they get the lowest.
    #[inline]
    pub(super) fn first_difference(self, base: Self) -> (usize, usize) {
        let differs = self.time ^ base.time;
        if differs != 0 {
            let digit = differs.ilog2() / DIGIT;
            return (LOW_DIGITS + digit as usize, (self.time >> (digit * DIGIT)) as usize % DIGIT_VALUES);
        }
        let digit = ((self.below_time() ^ base.below_time()) | 1).ilog2() / DIGIT;
        (digit as usize, (self.below_time() >> (digit * DIGIT)) as usize % DIGIT_VALUES)
    }
}

/// A key and its value. The first event is the *greatest* entry: a [`Heap`](super::heap::Heap) gives that one first, and a
/// sorted `Vec` has it at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T> {
    pub(super) key: Packed,
    pub(super) value: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

// Heaps and sorts call `lt` and its kin; written out, these are one well predicted branch.
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline]
    fn lt(&self, other: &Self) -> bool {
        other.key.is_below(self.key)
    }

    #[inline]
    fn gt(&self, other: &Self) -> bool {
        self.key.is_below(other.key)
    }

    #[inline]
    fn le(&self, other: &Self) -> bool {
        !self.key.is_below(other.key)
    }

    #[inline]
    fn ge(&self, other: &Self) -> bool {
        !other.key.is_below(self.key)
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let words = |key: Packed| (key.time, key.high, key.low);
        words(other.key).cmp(&words(self.key))
    }
}
