//! What is on the wires: a list of items for each direction of each link, first in, first out, all in one pool.

use crate::process::{ContextId, Handle, Message, Name, Payload};
use crate::time::Time;
use std::ops::ControlFlow;

/// What travels on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Message(Message),
    /// The end of the stream: the sender has closed its end.
    Eof,
}

/// The contexts at the ends of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The context that receives.
    pub to: ContextId,
    /// The context that sends.
    pub from: ContextId,
}

/// An item in brief; the pool keeps its parts in a [`Slot`]. Most messages are route updates between neighbours. The rest of
/// their header follows from the lane, so they take a third of the room.
///
/// It is no `enum`: the parts of one would be written in small pieces, and read back in large ones, for which the processor
/// waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    /// What it is, in the lowest 16 bits; the handle of a route update, in the next 16; and in the others, whom a route update
    /// is about, or the place of any other message in [`Wire::others`].
    what: u64,
    name: Option<Name>,
}

const EOF: u16 = 0;
const ANNOUNCE: u16 = 1;
const RETRACT: u16 = 2;
const OTHER: u16 = 3;

impl Frame {
    #[inline]
    fn new(kind: u16, handle: u16, number: u32, name: Option<Name>) -> Frame {
        Frame { what: u64::from(number) << 32 | u64::from(handle) << 16 | u64::from(kind), name }
    }

    /// The frame for an item, unless that is a message that is no route update from neighbour to neighbour.
    #[inline]
    fn of(item: &Item, ends: Ends) -> Option<Frame> {
        let Item::Message(Message { dst, src, auth, handle, reply_to, payload }) = *item else {
            return Some(Frame::new(EOF, 0, 0, None));
        };
        let (kind, target, name) = match payload {
            Payload::Announce { target, name } => (ANNOUNCE, target, name),
            Payload::Retract { target } => (RETRACT, target, None),
            Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => return None,
        };
        let handle = u16::try_from(handle.0).ok()?;
        let is_between = (dst, src, auth, reply_to) == (ends.to, ends.from, ends.from, Handle::NONE);
        is_between.then(|| Frame::new(kind, handle, target.0, name))
    }

    #[inline]
    fn kind(self) -> u16 {
        self.what as u16
    }

    #[inline]
    fn number(self) -> u32 {
        (self.what >> 32) as u32
    }

    /// The place of the message in [`Wire::others`], if it is there.
    #[inline]
    fn place(self) -> Option<u32> {
        (self.kind() == OTHER).then_some(self.number())
    }

    /// The route update that this frame stands for.
    #[inline]
    fn update(self, ends: Ends) -> Message {
        let target = ContextId(self.number());
        let payload = match self.kind() {
            ANNOUNCE => Payload::Announce { target, name: self.name },
            RETRACT => Payload::Retract { target },
            _ => unreachable!("a route update announces or retracts"),
        };
        let (Ends { to, from }, handle) = (ends, Handle(u32::from((self.what >> 16) as u16)));
        Message { dst: to, src: from, auth: from, handle, reply_to: Handle::NONE, payload }
    }
}

/// The items on the wire in one direction, as a ring in [`Wire`]. This is the last item, which the first one follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    last: u32,
}

const NONE: u32 = u32::MAX;

impl Lane {
    /// Nothing on the wire.
    pub const EMPTY: Lane = Lane { last: NONE };
}

/// When an item on the wire arrives, and how often.
#[derive(Clone, Copy, Debug)]
pub struct InFlight {
    /// When it arrives.
    pub arrival: Time,
    /// Its place in the order of everything put on any wire.
    pub fifo: u64,
    /// How many copies of it come right behind each other; never 0.
    pub copies: u64,
}

/// What putting an item on the wire did to its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// The item is the first, and must enter the event queue.
    First,
    /// The item waits behind another, or is one more copy of the last one.
    Behind,
}

/// What is left on a lane when something has been taken off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// More copies of the same item.
    Copies {
        /// Their place in the order of everything put on any wire.
        fifo: u64,
    },
    /// Another item, which is first now.
    Next {
        /// When it arrives.
        arrival: Time,
        /// Its place in the order of everything put on any wire.
        fifo: u64,
    },
    /// Nothing.
    Nothing,
}

/// All items on all wires.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// The messages that are not route updates between neighbours.
    others: Vec<Message>,
    free_others: Vec<u32>,
    /// Items that come before this place take no more copies: a heal came in between.
    merge_from: u64,
    /// Whether there were more copies of an item than can be counted.
    has_overflown: bool,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    in_flight: InFlight,
    /// The parts of its frame, which would be padded.
    what: u64,
    name: Option<Name>,
    next: u32,
}

impl Slot {
    #[inline]
    fn frame(&self) -> Frame {
        Frame { what: self.what, name: self.name }
    }
}

impl Wire {
    /// Removes all items, but keeps the allocations.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
        self.others.clear();
        self.free_others.clear();
        self.merge_from = 0;
        self.has_overflown = false;
    }

    /// How many items there is room for.
    pub fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Puts an item behind all others of `lane`, which has these `ends`. Equal items with the same arrival time become
    /// one entry with a count.
    #[inline(always)]
    pub fn push(&mut self, lane: &mut Lane, ends: Ends, item: &Item, in_flight: InFlight) -> Queued {
        let last = lane.last;
        let frame = Frame::of(item, ends);
        if let Some(slot) = self.slots.get(last as usize) {
            assert!(slot.in_flight.arrival <= in_flight.arrival, "a lane must be first in, first out");
            let is_behind = slot.in_flight.fifo >= self.merge_from && slot.in_flight.arrival == in_flight.arrival;
            if is_behind && self.is_equal(slot.frame(), frame, item) {
                let copies = &mut self.slots[last as usize].in_flight.copies;
                *copies = copies.saturating_add(in_flight.copies);
                self.has_overflown |= *copies == u64::MAX;
                return Queued::Behind;
            }
        }
        self.has_overflown |= in_flight.copies == u64::MAX;
        let frame = frame.unwrap_or_else(|| self.keep(item));
        let index = self.allocate();
        lane.last = index;
        let (next, queued) = match self.slots.get_mut(last as usize) {
            Some(slot) => (std::mem::replace(&mut slot.next, index), Queued::Behind),
            None => (index, Queued::First),
        };
        let slot = Slot { in_flight, what: frame.what, name: frame.name, next };
        match self.slots.get_mut(index as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        queued
    }

    /// Whether an item that is on the wire is equal to another one, which has this frame if it needs no other place.
    #[inline]
    fn is_equal(&self, on_wire: Frame, frame: Option<Frame>, item: &Item) -> bool {
        match frame {
            Some(frame) => on_wire == frame,
            None => self.is_equal_message(on_wire, item),
        }
    }

    #[inline(never)]
    fn is_equal_message(&self, on_wire: Frame, item: &Item) -> bool {
        on_wire.place().is_some_and(|place| Item::Message(self.others[place as usize]) == *item)
    }

    /// Keeps a message that is no route update between neighbours.
    #[inline(never)]
    fn keep(&mut self, item: &Item) -> Frame {
        let Item::Message(message) = *item else { unreachable!("the end of a stream has a frame") };
        if let Some(place) = self.free_others.pop() {
            self.others[place as usize] = message;
            return Frame::new(OTHER, 0, place, None);
        }
        self.others.push(message);
        let place = u32::try_from(self.others.len() - 1).expect("fewer than 2^32 messages on the wire");
        Frame::new(OTHER, 0, place, None)
    }

    #[inline]
    fn item(&self, frame: Frame, ends: Ends) -> Item {
        match frame.kind() {
            EOF => Item::Eof,
            OTHER => Item::Message(self.others[frame.number() as usize]),
            _ => Item::Message(frame.update(ends)),
        }
    }

    /// The first item of `lane`.
    pub fn first(&self, lane: Lane) -> Option<&InFlight> {
        let last = self.slots.get(lane.last as usize)?;
        Some(&self.slots[last.next as usize].in_flight)
    }

    /// The first and the last entry on `lane`, which has these `ends`; `None` if there is none.
    pub fn at_ends(&self, lane: Lane, ends: Ends) -> Option<[(InFlight, Item); 2]> {
        let last = self.slots.get(lane.last as usize)?;
        let first = &self.slots[last.next as usize];
        Some([first, last].map(|slot| (slot.in_flight, self.item(slot.frame(), ends))))
    }

    /// Calls `f` with each item of `lane`, which has these `ends`, the first one first, until it breaks.
    pub fn each(&self, lane: Lane, ends: Ends, mut f: impl FnMut(&InFlight, Item) -> ControlFlow<()>) {
        let mut index = self.slots.get(lane.last as usize).map(|slot| slot.next);
        while let Some(at) = index {
            let slot = &self.slots[at as usize];
            if f(&slot.in_flight, self.item(slot.frame(), ends)).is_break() {
                return;
            }
            index = (at != lane.last).then_some(slot.next);
        }
    }

    /// Whether all copies were counted. Beyond 2^64 they are not.
    pub fn is_exact(&self) -> bool {
        !self.has_overflown
    }

    /// Takes copies of the first item off `lane`, which has these `ends`. Returns the item, and what is left.
    ///
    /// # Panics
    /// If the lane is empty, or has fewer copies.
    #[inline(always)]
    pub fn take(&mut self, lane: &mut Lane, ends: Ends, copies: u64) -> (Item, Rest) {
        let first = self.slots[lane.last as usize].next;
        let slot = &mut self.slots[first as usize];
        slot.in_flight.copies -= copies;
        let (frame, next, in_flight) = (slot.frame(), slot.next, slot.in_flight);
        let item = self.item(frame, ends);
        if in_flight.copies > 0 {
            return (item, Rest::Copies { fifo: in_flight.fifo });
        }
        if let Some(place) = frame.place() {
            self.free_others.push(place);
        }
        self.free.push(first);
        if first == lane.last {
            lane.last = NONE;
            return (item, Rest::Nothing);
        }
        self.slots[lane.last as usize].next = next;
        let InFlight { arrival, fifo, .. } = self.slots[next as usize].in_flight;
        (item, Rest::Next { arrival, fifo })
    }

    /// Puts all items of `lane` on the wire again, in order. Each arrives at its time, or `now` if that is later, and
    /// gets a new place from `next_fifo`.
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

    /// Makes all items of `lane` arrive at `now`, in their order.
    pub fn retime(&mut self, lane: Lane, now: Time) {
        let mut index = self.slots.get(lane.last as usize).map(|slot| slot.next);
        while let Some(at) = index {
            let slot = &mut self.slots[at as usize];
            slot.in_flight.arrival = now;
            index = (at != lane.last).then_some(slot.next);
        }
    }

    /// Removes all items of `lane`.
    pub fn drop_all(&mut self, lane: &mut Lane) {
        let mut index = self.slots.get(lane.last as usize).map(|slot| slot.next);
        while let Some(at) = index {
            let slot = self.slots[at as usize];
            if let Some(place) = slot.frame().place() {
                self.free_others.push(place);
            }
            self.free.push(at);
            index = (at != lane.last).then_some(slot.next);
        }
        *lane = Lane::EMPTY;
    }

    /// How many entries are on all wires. Copies count once.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is on any wire.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place for another slot: a free one, or the end.
    #[inline]
    fn allocate(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let index = u32::try_from(self.slots.len()).ok().filter(|index| *index != NONE);
            index.expect("fewer than 2^32 - 1 items on the wire")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Data;
    use std::collections::VecDeque;

    const ENDS: Ends = Ends { to: ContextId(1), from: ContextId(2) };

    /// Ends of streams, route updates between the neighbours, and messages that are neither.
    fn item(n: u32) -> Item {
        let (target, [dst, src]) = (ContextId(n), [1, if n.is_multiple_of(4) { 3 } else { 2 }].map(ContextId));
        let (handle, payload) = match n % 3 {
            0 => return Item::Eof,
            1 => (Handle(104), Payload::Retract { target }),
            _ if n.is_multiple_of(2) => (Handle::ANSWER, Payload::Data(Data { len: n, reply_len: 0 })),
            _ => (Handle(103), Payload::Announce { target, name: None }),
        };
        Item::Message(Message { dst, src, auth: src, handle, reply_to: Handle::NONE, payload })
    }

    fn in_flight(fifo: u64) -> InFlight {
        InFlight { arrival: Time::from_ns(5), fifo, copies: 1 }
    }

    /// Proves that lanes are separate queues in one pool, that equal neighbours are counted, and that a heal ends the
    /// counting.
    #[test]
    fn lanes_are_queues_of_their_own() {
        let mut wire = Wire::default();
        let mut lanes = [Lane::EMPTY; 3];
        let mut plain: [VecDeque<(u32, u64)>; 3] = Default::default();
        let mut next_fifo = 0;
        let mut healed = [0; 3];
        for n in 0..2_000_u32 {
            let (lane, what) = (n as usize % 3, n / 7 % 13);
            if n % 11 < 6 {
                wire.push(&mut lanes[lane], ENDS, &item(what), in_flight(next_fifo));
                next_fifo += 1;
                let is_behind = plain[lane].len() > healed[lane];
                match plain[lane].back_mut() {
                    Some((last, copies)) if item(*last) == item(what) && is_behind => *copies += 1,
                    _ => plain[lane].push_back((what, 1)),
                }
            } else if let Some((first, copies)) = plain[lane].pop_front() {
                let (taken, rest) = wire.take(&mut lanes[lane], ENDS, copies);
                let next = wire.first(lanes[lane]).map_or(Rest::Nothing, |next| {
                    let InFlight { arrival, fifo, .. } = *next;
                    Rest::Next { arrival, fifo }
                });
                assert_eq!((taken, rest), (item(first), next));
                healed[lane] = healed[lane].saturating_sub(1);
            }
            if n % 97 == 0 {
                wire.put_again(lanes[lane], Time::from_ns(5), &mut next_fifo);
                healed = plain.each_ref().map(VecDeque::len);
            }
            for (lane, plain) in lanes.iter().zip(&plain) {
                let first = wire.first(*lane).map(|first| first.copies);
                assert_eq!(first, plain.front().map(|(_, copies)| *copies));
            }
        }
        assert_eq!(wire.len(), plain.iter().map(VecDeque::len).sum::<usize>());
    }

    /// Proves that an item on the wire takes 40 bytes.
    #[test]
    fn slots_are_compact() {
        assert_eq!(size_of::<Slot>(), 40);
    }
}
