//! Links: what is on the wire between a parent and a child, in each direction, in order.
//!
//! A link is loss-free and first in, first out in each direction, and ends with one EOF, in band. Only the first item
//! of each direction is in the event queue; the rest wait behind it in their [`Lane`], so that a partition holds them
//! by doing nothing, and a heal only gives them new times.

use crate::protocol::{ContextId, Message, StreamId};
use crate::time::{Span, Time};

/// One life of an id: contexts are numbered from 0 (the master) as they appear, and never again. A link has the
/// number of its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u32);

impl Incarnation {
    /// The master.
    pub const MASTER: Incarnation = Incarnation(0);

    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the parent to the child.
    Down = 0,
    /// From the child to the parent.
    Up = 1,
}

/// One direction of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId {
    /// The link, by its child.
    pub child: Incarnation,
    /// The direction.
    pub direction: Direction,
}

impl LaneId {
    /// A number of its own for each lane.
    pub fn raw(self) -> u64 {
        u64::from(self.child.0) * 2 + self.direction as u64
    }
}

/// What travels on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Message(Message),
    /// The end of the stream: the sender has closed its end.
    Eof,
}

/// A link between a parent and a child.
#[derive(Clone, Debug)]
pub struct Link {
    /// The parent.
    pub parent: Incarnation,
    /// The parent's id.
    pub parent_id: ContextId,
    /// The child's id.
    pub child_id: ContextId,
    /// The stream of the parent's end. (The child's is [`StreamId::PARENT`].)
    pub parent_stream: StreamId,
    /// How long an item travels.
    pub latency: Span,
    /// Delivers nothing, in both directions.
    pub is_partitioned: bool,
    parent_is_open: bool,
    child_is_open: bool,
    lanes: [Lane; 2],
}

impl Link {
    /// A link with both ends open and nothing on the wire.
    pub fn new(parent: Incarnation, parent_id: ContextId, child_id: ContextId, latency: Span) -> Self {
        Link {
            parent,
            parent_id,
            child_id,
            parent_stream: StreamId::PARENT,
            latency,
            is_partitioned: false,
            parent_is_open: true,
            child_is_open: true,
            lanes: [Lane::EMPTY; 2],
        }
    }

    /// Whether the end that sends in `direction` is open.
    pub fn sender_is_open(&self, direction: Direction) -> bool {
        match direction {
            Direction::Down => self.parent_is_open,
            Direction::Up => self.child_is_open,
        }
    }

    /// Whether the end that receives in `direction` is open.
    pub fn receiver_is_open(&self, direction: Direction) -> bool {
        match direction {
            Direction::Down => self.child_is_open,
            Direction::Up => self.parent_is_open,
        }
    }

    /// Closes the end that sends in `direction`; returns whether it was open.
    pub fn close_sender(&mut self, direction: Direction) -> bool {
        let end = match direction {
            Direction::Down => &mut self.parent_is_open,
            Direction::Up => &mut self.child_is_open,
        };
        std::mem::replace(end, false)
    }

    /// The ids (receiver, sender) of `direction`.
    pub fn to_and_from(&self, direction: Direction) -> (ContextId, ContextId) {
        match direction {
            Direction::Down => (self.child_id, self.parent_id),
            Direction::Up => (self.parent_id, self.child_id),
        }
    }

    /// The wire of `direction`.
    pub fn lane(&self, direction: Direction) -> Lane {
        self.lanes[direction as usize]
    }

    /// The wire of `direction`, to be changed through [`Wire`].
    pub fn lane_mut(&mut self, direction: Direction) -> &mut Lane {
        &mut self.lanes[direction as usize]
    }
}

/// The items on the wire in one direction, as a list in [`Wire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    head: u32,
    tail: u32,
}

const NONE: u32 = u32::MAX;

impl Lane {
    const EMPTY: Lane = Lane { head: NONE, tail: NONE };
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
    /// It waits behind another.
    Behind,
    /// It is one more copy of the last one.
    Merged,
}

/// All items on all wires.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    in_flight: InFlight,
    next: u32,
}

impl Wire {
    /// Puts an item behind all others of `lane`. Equal items with one arrival time become one entry with a count.
    pub fn push(&mut self, lane: &mut Lane, in_flight: InFlight) -> Queued {
        if let Some(last) = self.slots.get_mut(lane.tail as usize).map(|slot| &mut slot.in_flight) {
            assert!(last.arrival <= in_flight.arrival, "a lane is first in, first out");
            if last.item == in_flight.item && last.arrival == in_flight.arrival {
                last.copies = last.copies.saturating_add(in_flight.copies);
                return Queued::Merged;
            }
        }
        let index = self.allocate(Slot { in_flight, next: NONE });
        let old_tail = std::mem::replace(&mut lane.tail, index);
        match self.slots.get_mut(old_tail as usize) {
            Some(slot) => {
                slot.next = index;
                Queued::Behind
            }
            None => {
                lane.head = index;
                Queued::First
            }
        }
    }

    /// The first item of `lane`.
    pub fn first(&self, lane: Lane) -> Option<&InFlight> {
        self.slots.get(lane.head as usize).map(|slot| &slot.in_flight)
    }

    /// Takes one copy of the first item of `lane`; returns it and whether it was the last copy.
    ///
    /// # Panics
    /// When the lane is empty.
    pub fn take_one(&mut self, lane: &mut Lane) -> (Item, bool) {
        let slot = &mut self.slots[lane.head as usize];
        let item = slot.in_flight.item;
        slot.in_flight.copies -= 1;
        if slot.in_flight.copies > 0 {
            return (item, false);
        }
        let next = slot.next;
        self.free.push(std::mem::replace(&mut lane.head, next));
        if next == NONE {
            lane.tail = NONE;
        }
        (item, true)
    }

    /// Puts all items of `lane` on the wire again, in order: each arrives at its time, or `now` if that is past, with
    /// a new place from `next_fifo`.
    pub fn put_again(&mut self, lane: Lane, now: Time, next_fifo: &mut u64) {
        let mut index = lane.head;
        while let Some(slot) = self.slots.get_mut(index as usize) {
            slot.in_flight.arrival = slot.in_flight.arrival.max(now);
            slot.in_flight.fifo = *next_fifo;
            *next_fifo += 1;
            index = slot.next;
        }
    }

    /// How many entries are on all wires; copies count once.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is on any wire.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn allocate(&mut self, slot: Slot) -> u32 {
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = slot;
            return index;
        }
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index != NONE);
        self.slots.push(slot);
        index.expect("fewer than 2^32 - 1 items on the wire")
    }
}
