//! The queue of what is due, and the key that orders it.

mod bucket;
mod entry;
mod heap;
mod key;
mod wheel;

pub use key::{EventKey, Rank};

use entry::{Entry, Packed};
use heap::Heap;
use wheel::Wheel;

/// With more entries than this, the later ones go into the wheel. In the hold model both are equally fast at 500 to 600
/// entries; with many events at one time, the wheel is slower up to about 1,000.
const MANY: usize = 512;
/// With this few entries left, all go back to the heap.
const FEW: usize = MANY / 4;

/// A priority queue that gives the smallest [`EventKey`] first. No two entries may have the same key.
///
/// A few entries are kept in a binary heap, which nothing beats at that size. If there are many, only the first ones
/// are in order. They are in the `run`, which is a sorted bucket of the `wheel`, and in the heap, which holds what was
/// pushed since and comes before the end of that run. Everything else is in the `wheel`. It stores an entry, and finds
/// it again, in a time that does not depend on how many there are.
#[derive(Clone, Debug)]
pub struct EventQueue<T> {
    near: Heap<T>,
    // Whether the first entry of `near` was taken. The next entry takes its place, which costs half as much as removing
    // one and inserting another.
    has_gap: bool,
    // The first entry comes last. If this is empty, so is what the wheel keeps of the same bucket.
    run: Vec<Entry<T>>,
    wheel: Wheel<T>,
    // Where the first entry is, if nothing has happened since that was last asked.
    first: Option<First>,
}

/// Where the first entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Heap,
    Run,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { near: Heap::default(), has_gap: false, run: Vec::new(), wheel: Wheel::default(), first: None }
    }
}

impl<T: Copy> EventQueue<T> {
    /// Adds an event.
    ///
    /// # Panics
    /// If `fifo` is 2^56 or more.
    #[inline]
    pub fn push(&mut self, key: EventKey, value: T) {
        self.put(Entry { key: Packed::new(key), value });
    }

    #[inline(always)]
    fn put(&mut self, entry: Entry<T>) {
        if self.wheel.takes(entry.key) {
            return self.wheel.push(entry);
        }
        self.first = None;
        if self.has_gap {
            self.has_gap = false;
            self.near.replace_first(entry);
        } else {
            self.near.push(entry);
            if self.near.len() > MANY {
                self.unload();
            }
        }
    }

    /// Removes from the heap what was already taken.
    #[inline]
    fn close_gap(&mut self) {
        if self.has_gap {
            self.has_gap = false;
            self.near.remove_first();
        }
    }

    /// Moves what it can from the heap, which has grown long, to the wheel.
    ///
    /// Reopening the wheel wholly takes time in proportion to its entries, so that many pushes must have come before.
    /// Only pushes below everything that was ever taken from the wheel ask for it.
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
        self.near = Heap::of(entries);
    }

    /// Fetches what comes first from the wheel, if it is not in the heap.
    fn fill(&mut self) {
        if !self.wheel.has_rest() && !self.near.is_empty() {
            return;
        }
        if self.near.is_empty() && self.wheel.len() <= FEW {
            let mut entries = std::mem::take(&mut self.near).into_vec();
            self.wheel.close(&mut entries);
            self.near = Heap::of(entries);
        } else {
            self.wheel.next_run(&mut self.run);
        }
    }

    /// Where the first event is. Makes sure that it is not in the wheel.
    #[inline]
    fn first(&mut self) -> First {
        match self.first {
            Some(first) => first,
            None => self.find_first(),
        }
    }

    #[inline]
    fn find_first(&mut self) -> First {
        self.close_gap();
        let first = if self.wheel.is_open() && self.is_first_in_open_run() { First::Run } else { First::Heap };
        // An empty queue has no first entry yet.
        self.first = Some(first).filter(|first| *first == First::Run || !self.near.is_empty());
        first
    }

    fn is_first_in_open_run(&mut self) -> bool {
        if self.run.is_empty() && self.wheel.len() > 0 {
            self.fill();
        }
        match (self.run.last(), self.near.first()) {
            (Some(run), Some(near)) => run > near,
            (run, _) => run.is_some(),
        }
    }

    /// The first event, which stays in the queue.
    #[inline]
    pub fn peek(&mut self) -> Option<(EventKey, T)> {
        let first = match self.first() {
            First::Run => self.run.last(),
            First::Heap => self.near.first(),
        };
        first.map(|entry| (entry.key.key(), entry.value))
    }

    /// Removes the first event.
    #[inline]
    pub fn pop(&mut self) -> Option<(EventKey, T)> {
        let first = self.peek();
        self.remove_first();
        first
    }

    /// Removes the first event. Returns whether there was one.
    #[inline]
    pub fn remove_first(&mut self) -> bool {
        let first = self.first();
        self.first = None;
        match first {
            First::Run => self.run.pop().is_some(),
            First::Heap => {
                self.has_gap = !self.near.is_empty();
                self.has_gap
            }
        }
    }

    /// Removes the first event and adds another, which is cheaper than doing both.
    ///
    /// # Panics
    /// If the queue is empty, or if [`Self::push`] would.
    #[inline]
    pub fn replace_first(&mut self, key: EventKey, value: T) {
        assert!(self.remove_first(), "there is a first event");
        self.put(Entry { key: Packed::new(key), value });
    }

    /// Calls `f` with each entry, in no particular order.
    pub fn each(&self, mut f: impl FnMut(EventKey, T)) {
        // The gap is the first entry of the heap.
        let near = self.near.as_slice().iter().skip(usize::from(self.has_gap));
        near.chain(&self.run).for_each(|entry| f(entry.key.key(), entry.value));
        self.wheel.each(|entry| f(entry.key.key(), entry.value));
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

    /// Removes all entries, and keeps the memory for others.
    pub fn clear(&mut self) {
        self.near.clear();
        self.has_gap = false;
        self.run.clear();
        self.wheel.clear();
        self.first = None;
    }
}

#[cfg(test)]
mod tests;
