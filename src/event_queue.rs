//! The queue of what is due, and the one key that orders it.

use crate::protocol::ContextId;
use crate::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// What kind of event it is; at one time, all steps come before all arrivals, and those before all timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A step of the scenario.
    Step = 0,
    /// An arrival on a link.
    Arrival = 1,
    /// A timer of a context.
    Timer = 2,
}

/// The order of events: ascending by these fields, in this order (the derived `Ord`).
///
/// `fifo` of a step is its place in the file. `fifo` of an arrival counts the items put on any wire, not only those of
/// the pair (`from`, `to`): within one pair the order is the same, and only within one pair is it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventKey {
    /// When the event is due.
    pub time: Time,
    /// What kind it is.
    pub rank: Rank,
    /// The receiving context, or the one whose timer it is; 0 for a step.
    pub to: ContextId,
    /// The sending context, or the neighbour that a timer is about; 0 for a step.
    pub from: ContextId,
    /// First in, first out.
    pub fifo: u64,
}

impl EventKey {
    /// The key of the step at `place` in the file.
    pub fn step(time: Time, place: u64) -> Self {
        EventKey { time, rank: Rank::Step, to: ContextId::MASTER, from: ContextId::MASTER, fifo: place }
    }

    /// The key of an arrival.
    pub fn arrival(time: Time, to: ContextId, from: ContextId, fifo: u64) -> Self {
        EventKey { time, rank: Rank::Arrival, to, from, fifo }
    }

    /// The key of a timer: of two at one time in one context about one neighbour, the one that was set first.
    pub fn timer(time: Time, to: ContextId, from: ContextId, fifo: u64) -> Self {
        EventKey { time, rank: Rank::Timer, to, from, fifo }
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    key: EventKey,
    value: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// A priority queue: the smallest [`EventKey`] first. No two entries have the same key.
#[derive(Clone, Debug)]
pub struct EventQueue<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { heap: BinaryHeap::new() }
    }
}

impl<T: Copy> EventQueue<T> {
    /// Puts an event in.
    pub fn push(&mut self, key: EventKey, value: T) {
        self.heap.push(Reverse(Entry { key, value }));
    }

    /// The first event, which stays in.
    pub fn peek(&self) -> Option<(EventKey, T)> {
        self.heap.peek().map(|Reverse(entry)| (entry.key, entry.value))
    }

    /// Takes the first event out.
    pub fn pop(&mut self) -> Option<(EventKey, T)> {
        self.heap.pop().map(|Reverse(entry)| (entry.key, entry.value))
    }

    /// Takes the first event out and puts another in, which is cheaper than the two.
    ///
    /// # Panics
    /// When the queue is empty.
    pub fn replace_first(&mut self, key: EventKey, value: T) {
        let mut first = self.heap.peek_mut().expect("there is a first event");
        *first = Reverse(Entry { key, value });
        drop::<PeekMut<'_, _>>(first);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves each clause of the order: time before rank before receiver before sender before fifo.
    #[test]
    fn ties_are_broken_field_by_field() {
        let key = |time, rank, to, from, fifo| EventKey {
            time: Time::from_ns(time),
            rank,
            to: ContextId(to),
            from: ContextId(from),
            fifo,
        };
        let ascending = [
            key(1, Rank::Arrival, 9, 9, 9),
            key(2, Rank::Step, 0, 0, 7),
            key(2, Rank::Step, 0, 0, 8),
            key(2, Rank::Arrival, 0, 5, 9),
            key(2, Rank::Arrival, 1, 0, 8),
            key(2, Rank::Arrival, 1, 2, 1),
            key(2, Rank::Arrival, 1, 2, 2),
            key(3, Rank::Step, 0, 0, 0),
        ];
        let mut queue = EventQueue::default();
        for place in [3, 0, 7, 5, 1, 6, 2, 4] {
            queue.push(ascending[place], place);
        }
        for (place, key) in ascending.into_iter().enumerate() {
            assert_eq!(queue.pop(), Some((key, place)));
        }
        assert!(queue.is_empty());
    }

    /// Proves that replacing the first entry is a pop and a push.
    #[test]
    fn replacing_is_pop_and_push() {
        let mut queue = EventQueue::default();
        (0..5).for_each(|n| queue.push(EventKey::step(Time::from_ns(n), n), n));
        queue.replace_first(EventKey::step(Time::from_ns(3), 9), 9);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, value)| value).collect();
        assert_eq!(order, [1, 2, 3, 9, 4]);
    }
}
