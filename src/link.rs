//! Links: what is on the wire between a parent and a child, in each direction, in order.
//!
//! A link is loss-free and first in, first out in each direction, and ends with one EOF, in band. Only the first item
//! of each direction is in the event queue; the rest wait behind it in their [`Lane`], so that a partition holds them
//! by doing nothing, and a heal only gives them new times.

use crate::draw;
use crate::protocol::{ContextId, Message, StreamId};
use crate::scenario::Ways;
use crate::scenario::link::LinkOptions;
use crate::time::{Span, Time};
use rand_chacha::ChaCha8Rng;

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
    latency: Span,
    /// What only a link has that is more than a latency.
    dynamics: Option<Box<Dynamics>>,
    is_partitioned: [bool; 2],
    parent_is_open: bool,
    child_is_open: bool,
    lanes: [Lane; 2],
}

/// The state of a link whose latency is drawn, or that has a bandwidth, keepalives, or was slowed.
#[derive(Clone, Debug)]
struct Dynamics {
    options: LinkOptions,
    factor: u32,
    lanes: [LaneDynamics; 2],
    ends: [End; 2],
    /// Since when no probe is answered.
    blocked_since: Option<Time>,
}

#[derive(Clone, Debug, Default)]
struct LaneDynamics {
    rng: Option<ChaCha8Rng>,
    /// When the last frame is on the wire.
    busy_until: Time,
    /// When the last item arrives: none behind it does so earlier.
    last_arrival: Time,
}

#[derive(Clone, Debug, Default)]
struct End {
    /// When something last arrived.
    heard: Time,
    /// When it is due to give up, if nothing changes.
    timer: Option<Time>,
}

impl Direction {
    /// Both, in the order of their numbers.
    pub const BOTH: [Direction; 2] = [Direction::Down, Direction::Up];

    /// The other one.
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Down => Direction::Up,
            Direction::Up => Direction::Down,
        }
    }

    /// The directions that a step names.
    pub fn of(ways: Ways) -> &'static [Direction] {
        match ways {
            Ways::Both => &Direction::BOTH,
            Ways::Down => &[Direction::Down],
            Ways::Up => &[Direction::Up],
        }
    }
}

impl Link {
    /// A link with both ends open and nothing on the wire.
    pub fn new(parent: Incarnation, parent_id: ContextId, child_id: ContextId, options: &LinkOptions) -> Self {
        let is_plain = options.bandwidth.is_none() && options.keepalive.is_none();
        Link {
            parent,
            parent_id,
            child_id,
            parent_stream: StreamId::PARENT,
            latency: options.latency.constant().unwrap_or_default(),
            dynamics: (!is_plain || options.latency.constant().is_none()).then(|| Box::new(Dynamics::new(*options))),
            is_partitioned: [false; 2],
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

    /// Stops delivering in some directions; returns whether it did in one of them.
    pub fn partition(&mut self, directions: &[Direction]) -> bool {
        let before = self.is_partitioned;
        directions.iter().for_each(|direction| self.is_partitioned[*direction as usize] = true);
        self.is_partitioned != before
    }

    /// Delivers again.
    pub fn heal(&mut self) {
        self.is_partitioned = [false; 2];
    }

    /// Whether nothing is delivered in `direction`.
    pub fn is_partitioned(&self, direction: Direction) -> bool {
        self.is_partitioned[direction as usize]
    }

    /// Whether anything is held in any direction.
    pub fn is_partitioned_at_all(&self) -> bool {
        self.is_partitioned != [false; 2]
    }

    /// From now on everything takes `factor` times as long.
    pub fn slow(&mut self, factor: u32) {
        let latency = self.latency;
        let new = || Box::new(Dynamics::new(LinkOptions::constant(latency)));
        self.dynamics.get_or_insert_with(new).factor = factor;
    }

    /// Whether each copy of a message has to be put on the wire by itself.
    pub fn tells_copies_apart(&self) -> bool {
        self.dynamics.is_some()
    }

    /// Whether the length of a frame makes a difference.
    pub fn has_bandwidth(&self) -> bool {
        self.dynamics.as_ref().is_some_and(|dynamics| dynamics.options.bandwidth.is_some())
    }

    /// When a frame of `bytes` that is sent in `direction` at `now` arrives; `None` where the clock has no such time.
    /// `seed` is that of the run, `child` the number of this link.
    pub fn arrival(
        &mut self,
        direction: Direction,
        now: Time,
        bytes: u64,
        seed: u64,
        child: Incarnation,
    ) -> Option<Time> {
        let Some(dynamics) = &mut self.dynamics else { return now.checked_add(self.latency) };
        let (options, factor) = (dynamics.options, dynamics.factor);
        let lane = &mut dynamics.lanes[direction as usize];
        let mut sent = now;
        if let Some(bandwidth) = options.bandwidth {
            sent = lane.busy_until.max(now).checked_add(bandwidth.span_of(bytes))?;
            lane.busy_until = sent;
        }
        let latency = options.latency.constant().unwrap_or_else(|| {
            let index = LaneId { child, direction }.raw();
            options.latency.draw(lane.rng.get_or_insert_with(|| draw::stream(seed, "latency", index)))
        });
        let latency = Span::from_ns(latency.as_ns().checked_mul(u64::from(factor))?);
        let arrival = sent.checked_add(latency)?.max(lane.last_arrival);
        lane.last_arrival = arrival;
        Some(arrival)
    }

    /// The end that sends in `direction` has heard something.
    pub fn hear(&mut self, direction: Direction, now: Time) {
        if let Some(dynamics) = &mut self.dynamics {
            dynamics.ends[direction as usize].heard = now;
        }
    }

    /// Looks at the keepalives again, after something has changed: returns the ends (by the direction that they send
    /// in) that have a new time at which they are due to give up.
    pub fn watch(&mut self, now: Time) -> Vec<(Direction, Time)> {
        let is_partitioned = self.is_partitioned_at_all();
        let Some(dynamics) = &mut self.dynamics else { return Vec::new() };
        let Some(keepalive) = dynamics.options.keepalive else { return Vec::new() };
        let window = keepalive.window();
        let is_blocked = is_partitioned || dynamics.round_trip(now) > window;
        dynamics.blocked_since = is_blocked.then(|| dynamics.blocked_since.unwrap_or(now));
        let mut due = Vec::new();
        for direction in Direction::BOTH {
            let is_open = self.sender_is_open(direction);
            let dynamics = self.dynamics.as_mut().expect("looked at above");
            let since = dynamics.blocked_since.map(|since| since.max(dynamics.ends[direction as usize].heard));
            let timer = since.filter(|_| is_open).and_then(|since| since.checked_add(window));
            let old = std::mem::replace(&mut dynamics.ends[direction as usize].timer, timer);
            if let Some(timer) = timer.filter(|_| old != timer) {
                due.push((direction, timer.max(now)));
            }
        }
        due
    }

    /// Whether the end that sends in `direction` gives up at `at`: it is due to, and has heard nothing in between.
    pub fn gives_up(&self, direction: Direction, at: Time) -> bool {
        let Some(dynamics) = &self.dynamics else { return false };
        let (Some(keepalive), Some(since)) = (dynamics.options.keepalive, dynamics.blocked_since) else { return false };
        let end = &dynamics.ends[direction as usize];
        let due = since.max(end.heard).checked_add(keepalive.window());
        self.sender_is_open(direction) && end.timer.is_some() && due.is_some_and(|due| due <= at)
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

impl Dynamics {
    fn new(options: LinkOptions) -> Self {
        Dynamics { options, factor: 1, lanes: Default::default(), ends: Default::default(), blocked_since: None }
    }

    /// How long a probe that is sent now waits for its answer.
    fn round_trip(&self, now: Time) -> Span {
        let queue = |lane: &LaneDynamics| lane.busy_until.max(now).since(now).as_ns();
        let travel = self.options.latency.typical().as_ns().saturating_mul(u64::from(self.factor));
        let [down, up] = &self.lanes;
        Span::from_ns(queue(down).saturating_add(queue(up)).saturating_add(travel.saturating_mul(2)))
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
    /// What was put on the wire before this, in the order of all, takes no more copies: a heal came in between.
    merge_from: u64,
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
            let is_behind = last.fifo >= self.merge_from;
            if is_behind && last.item == in_flight.item && last.arrival == in_flight.arrival {
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

    /// Takes copies of the first item of `lane`; returns it and whether they were the last.
    ///
    /// # Panics
    /// When the lane is empty, or has fewer copies.
    pub fn take(&mut self, lane: &mut Lane, copies: u64) -> (Item, bool) {
        let slot = &mut self.slots[lane.head as usize];
        let item = slot.in_flight.item;
        slot.in_flight.copies -= copies;
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
