//! A binary heap that gives the greatest entry first.
//!
//! It does what `std::collections::BinaryHeap` does, except that a new entry is in registers until its place is known, and is
//! not read back from memory. That one reads in large pieces what it has just written in small ones, for which the processor
//! waits: once for every event.

use super::entry::Entry;

/// The heap: no entry is greater than the one above it, at half its place.
#[derive(Clone, Debug)]
pub(super) struct Heap<T>(Vec<Entry<T>>);

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Heap(Vec::new())
    }
}

impl<T: Copy> Heap<T> {
    /// A heap of these.
    pub fn of(entries: Vec<Entry<T>>) -> Self {
        let mut heap = Heap(entries);
        for place in (0..heap.0.len() / 2).rev() {
            let entry = heap.0[place];
            heap.sift_down(place, entry);
        }
        heap
    }

    /// The entries, in no particular order.
    pub fn into_vec(self) -> Vec<Entry<T>> {
        self.0
    }

    /// The entries, the first one first, and the others in no particular order.
    pub fn as_slice(&self) -> &[Entry<T>] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The first entry.
    #[inline]
    pub fn first(&self) -> Option<&Entry<T>> {
        self.0.first()
    }

    #[inline]
    pub fn push(&mut self, entry: Entry<T>) {
        let mut place = self.0.len();
        self.0.push(entry);
        while place > 0 {
            let above = (place - 1) / 2;
            if self.0[above] >= entry {
                break;
            }
            self.0[place] = self.0[above];
            place = above;
        }
        self.0[place] = entry;
    }

    /// Puts an entry in the place of the first one.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn replace_first(&mut self, entry: Entry<T>) {
        self.sift_down(0, entry);
    }

    /// Removes the first entry, if there is one.
    #[inline]
    pub fn remove_first(&mut self) {
        if let Some(last) = self.0.pop()
            && !self.0.is_empty()
        {
            self.sift_down(0, last);
        }
    }

    /// Puts an entry at a place, or below it if others there are greater. What was at the place is gone.
    #[inline]
    fn sift_down(&mut self, mut place: usize, entry: Entry<T>) {
        let entries = &mut self.0[..];
        loop {
            let mut below = 2 * place + 1;
            if below + 1 < entries.len() {
                below += usize::from(entries[below + 1] > entries[below]);
            } else if below >= entries.len() {
                break;
            }
            if entries[below] <= entry {
                break;
            }
            entries[place] = entries[below];
            place = below;
        }
        entries[place] = entry;
    }
}
