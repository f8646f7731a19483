//! The queue of what is due, and the one key that orders it.

mod bucket;
mod entry;
mod key;
mod wheel;

pub use key::{EventKey, Rank};

use entry::{Entry, Packed};
use std::collections::BinaryHeap;
use wheel::Wheel;

/// With more entries than these the later ones lie in the wheel. The hold model is as fast in either at 500 to 600, a
/// crowd at one time is slower in the wheel up to some 1,000.
const MANY: usize = 512;
/// With so few left, all go back to the heap.
const FEW: usize = MANY / 4;

/// A priority queue: the smallest [`EventKey`] first. No two entries have the same key.
///
/// A few entries lie in a binary heap, which nothing beats there. Of many, only the first lie in order: the `run`, a
/// bucket of the `wheel` that was sorted, and in the heap what was pushed since and comes before the end of that run.
/// All else lies in the `wheel`, which puts an entry away, and finds it again, in a time that does not grow with their
/// number.
#[derive(Clone, Debug)]
pub struct EventQueue<T> {
    near: BinaryHeap<Entry<T>>,
    // Whether the first of `near` was taken: the next entry takes its place, which costs half of taking one out and
    // putting one in.
    has_gap: bool,
    // The first is the last. If this is empty, so is what the wheel keeps of the same bucket.
    run: Vec<Entry<T>>,
    wheel: Wheel<T>,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { near: BinaryHeap::new(), has_gap: false, run: Vec::new(), wheel: Wheel::default() }
    }
}

impl<T: Copy> EventQueue<T> {
    /// Puts an event in.
    ///
    /// # Panics
    /// When `fifo` is 2^56 or more.
    #[inline]
    pub fn push(&mut self, key: EventKey, value: T) {
        self.put(Entry { key: Packed::new(key), value });
    }

    #[inline]
    fn put(&mut self, entry: Entry<T>) {
        if self.wheel.takes(entry.key) {
            self.wheel.push(entry);
        } else if self.has_gap {
            self.has_gap = false;
            *self.near.peek_mut().expect("the gap is in it") = entry;
        } else {
            self.near.push(entry);
            if self.near.len() > MANY {
                self.unload();
            }
        }
    }

    /// Takes out of the heap what was taken already.
    #[inline]
    fn close_gap(&mut self) {
        if self.has_gap {
            self.has_gap = false;
            self.near.pop();
        }
    }

    /// Moves what it can from the heap, which has grown long, to the wheel.
    ///
    /// To reopen it wholly takes time in proportion to what is in, so as many pushes must have come before; only pushes
    /// below all that was ever taken from the wheel ask for it.
    #[cold]
    fn unload(&mut self) {
        if !self.wheel.is_open() {
            self.wheel.open();
        } else if self.wheel.can_reopen() {
            self.wheel.reopen();
        } else if self.near.len() >= self.wheel.len() / 4 {
            self.wheel.reopen_wholly();
        } else {
            return;
        }
        let mut entries = std::mem::take(&mut self.near).into_vec();
        entries.append(&mut self.run);
        entries.retain(|entry| {
            let is_later = self.wheel.takes(entry.key);
            if is_later {
                self.wheel.push(*entry);
            }
            !is_later
        });
        self.near = BinaryHeap::from(entries);
    }

    /// Fetches what comes first from the wheel, if it is not in the heap.
    fn fill(&mut self) {
        if !self.wheel.has_rest() && !self.near.is_empty() {
            return;
        }
        if self.near.is_empty() && self.wheel.len() <= FEW {
            let mut entries = std::mem::take(&mut self.near).into_vec();
            self.wheel.close(&mut entries);
            self.near = BinaryHeap::from(entries);
        } else {
            self.wheel.next_run(&mut self.run);
        }
    }

    /// Whether the first event is the last of the run, not the first of the heap, once it is one of the two.
    #[inline]
    fn is_first_in_run(&mut self) -> bool {
        self.close_gap();
        if !self.wheel.is_open() {
            return false;
        }
        if self.run.is_empty() && self.wheel.len() > 0 {
            self.fill();
        }
        match (self.run.last(), self.near.peek()) {
            (Some(run), Some(near)) => run > near,
            (run, _) => run.is_some(),
        }
    }

    /// The first event, which stays in.
    #[inline]
    pub fn peek(&mut self) -> Option<(EventKey, T)> {
        let first = if self.is_first_in_run() { self.run.last() } else { self.near.peek() };
        first.map(|entry| (entry.key.key(), entry.value))
    }

    /// Takes the first event out.
    #[inline]
    pub fn pop(&mut self) -> Option<(EventKey, T)> {
        if self.is_first_in_run() {
            return self.run.pop().map(|entry| (entry.key.key(), entry.value));
        }
        let first = self.near.peek().map(|entry| (entry.key.key(), entry.value));
        self.has_gap = first.is_some();
        first
    }

    /// Takes the first event out and puts another in, which is cheaper than the two.
    ///
    /// # Panics
    /// When the queue is empty, or as [`Self::push`] does.
    #[inline]
    pub fn replace_first(&mut self, key: EventKey, value: T) {
        self.pop().expect("there is a first event");
        self.put(Entry { key: Packed::new(key), value });
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.near.len() - usize::from(self.has_gap) + self.run.len() + self.wheel.len()
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all entries out, and keeps the memory for others.
    pub fn clear(&mut self) {
        self.near.clear();
        self.has_gap = false;
        self.run.clear();
        self.wheel.clear();
    }
}

#[cfg(test)]
mod tests;
