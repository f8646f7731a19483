//! What is on the wire: for each direction of each link a list of items, first in, first out, all in one pool.

use crate::protocol::Message;
use crate::time::Time;

/// What travels on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Message(Message),
    /// The end of the stream: the sender has closed its end.
    Eof,
}

/// The items on the wire in one direction, as a ring in [`Wire`]: the last one, behind which the first follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    last: u32,
}

const NONE: u32 = u32::MAX;

impl Lane {
    /// Nothing on the wire.
    pub const EMPTY: Lane = Lane { last: NONE };
}

/// An item on the wire.
#[derive(Clone, Copy, Debug)]
pub struct InFlight {
    /// What it is.
    pub item: Item,
    /// When it arrives.
    pub arrival: Time,
    /// Its place among all that was put on any wire.
    pub fifo: u64,
    /// How many copies of it come right behind each other; never 0.
    pub copies: u64,
}

/// What putting an item on the wire did to its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is the first, and has to enter the event queue.
    First,
    /// It waits behind another, or is one more copy of the last one.
    Behind,
}

/// All items on all wires.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// What was put on the wire before this, in the order of all, takes no more copies: a heal came in between.
    merge_from: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    in_flight: InFlight,
    next: u32,
}

impl Wire {
    /// Takes everything off, but keeps the allocations.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
        self.merge_from = 0;
    }

    /// Puts an item behind all others of `lane`. Equal items with one arrival time become one entry with a count.
    pub fn push(&mut self, lane: &mut Lane, in_flight: InFlight) -> Queued {
        let last = lane.last;
        if let Some(Slot { in_flight: last, .. }) = self.slots.get_mut(last as usize) {
            assert!(last.arrival <= in_flight.arrival, "a lane is first in, first out");
            let is_behind = last.fifo >= self.merge_from;
            if is_behind && last.item == in_flight.item && last.arrival == in_flight.arrival {
                last.copies = last.copies.saturating_add(in_flight.copies);
                return Queued::Behind;
            }
        }
        let index = self.allocate(in_flight);
        lane.last = index;
        match self.slots.get_mut(last as usize) {
            Some(slot) => {
                let first = std::mem::replace(&mut slot.next, index);
                self.slots[index as usize].next = first;
                Queued::Behind
            }
            None => Queued::First,
        }
    }

    /// The first item of `lane`.
    pub fn first(&self, lane: Lane) -> Option<&InFlight> {
        let last = self.slots.get(lane.last as usize)?;
        Some(&self.slots[last.next as usize].in_flight)
    }

    /// Takes copies of the first item of `lane`; returns it and whether they were the last.
    ///
    /// # Panics
    /// When the lane is empty, or has fewer copies.
    pub fn take(&mut self, lane: &mut Lane, copies: u64) -> (Item, bool) {
        let first = self.slots[lane.last as usize].next;
        let slot = &mut self.slots[first as usize];
        let item = slot.in_flight.item;
        slot.in_flight.copies -= copies;
        if slot.in_flight.copies > 0 {
            return (item, false);
        }
        let next = slot.next;
        if first == lane.last {
            lane.last = NONE;
        } else {
            self.slots[lane.last as usize].next = next;
        }
        self.free.push(first);
        (item, true)
    }

    /// Puts all items of `lane` on the wire again, in order: each arrives at its time, or `now` if that is past, with
    /// a new place from `next_fifo`.
    pub fn put_again(&mut self, lane: Lane, now: Time, next_fifo: &mut u64) {
        let mut index = self.slots.get(lane.last as usize).map(|slot| slot.next);
        while let Some(at) = index {
            let slot = &mut self.slots[at as usize];
            slot.in_flight.arrival = slot.in_flight.arrival.max(now);
            slot.in_flight.fifo = *next_fifo;
            *next_fifo += 1;
            index = (at != lane.last).then_some(slot.next);
        }
        self.merge_from = *next_fifo;
    }

    /// How many entries are on all wires; copies count once.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is on any wire.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A slot for an item, alone in its ring.
    fn allocate(&mut self, in_flight: InFlight) -> u32 {
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = Slot { in_flight, next: index };
            return index;
        }
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index != NONE);
        let next = index.expect("fewer than 2^32 - 1 items on the wire");
        self.slots.push(Slot { in_flight, next });
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ContextId, Data, Handle, Payload};
    use std::collections::VecDeque;

    fn in_flight(n: u32, fifo: u64) -> InFlight {
        let id = ContextId(n);
        let payload = Payload::Data(Data::default());
        let message = Message { dst: id, src: id, auth: id, handle: Handle(900), reply_to: Handle(0), payload };
        InFlight { item: Item::Message(message), arrival: Time::from_ns(5), fifo, copies: 1 }
    }

    /// Proves that lanes are queues of their own in one pool, that equal neighbours are counted, and that a heal ends
    /// the counting.
    #[test]
    fn lanes_are_queues_of_their_own() {
        let mut wire = Wire::default();
        let mut lanes = [Lane::EMPTY; 3];
        let mut plain: [VecDeque<(u32, u64)>; 3] = Default::default();
        let mut next_fifo = 0;
        let mut healed = [0; 3];
        for n in 0..2_000_u32 {
            let (lane, what) = (n as usize % 3, n / 7 % 5);
            if n % 11 < 6 {
                wire.push(&mut lanes[lane], in_flight(what, next_fifo));
                next_fifo += 1;
                let is_behind = plain[lane].len() > healed[lane];
                match plain[lane].back_mut() {
                    Some((last, copies)) if *last == what && is_behind => *copies += 1,
                    _ => plain[lane].push_back((what, 1)),
                }
            } else if let Some((first, copies)) = plain[lane].pop_front() {
                assert_eq!(wire.take(&mut lanes[lane], copies), (in_flight(first, 0).item, true));
                healed[lane] = healed[lane].saturating_sub(1);
            }
            if n % 97 == 0 {
                wire.put_again(lanes[lane], Time::from_ns(5), &mut next_fifo);
                healed = plain.each_ref().map(VecDeque::len);
            }
            for (lane, plain) in lanes.iter().zip(&plain) {
                let first = wire.first(*lane).map(|first| (first.item, first.copies));
                assert_eq!(first, plain.front().map(|(what, copies)| (in_flight(*what, 0).item, *copies)));
            }
        }
        assert_eq!(wire.len(), plain.iter().map(VecDeque::len).sum::<usize>());
    }

    /// Proves that an item on the wire takes 64 bytes.
    #[test]
    fn slots_are_compact() {
        assert_eq!(size_of::<Slot>(), 64);
    }
}
