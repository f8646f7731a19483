//! Between the wires and the event queue: what is due, what is sent, what is held.

use super::{Due, Simulation, SimulationError};
use crate::event_queue::EventKey;
use crate::link::{Direction, InFlight, Incarnation, Item, LaneId, Queued};
use crate::protocol::Revision;
use crate::time::Time;

/// With so many entries on the wire (each of them any number of copies) a run ends as a storm, whatever its
/// `max_events`: memory is bounded.
pub(super) const MAX_IN_FLIGHT: usize = 1 << 25;

impl Simulation<'_> {
    pub(super) fn schedule_step(&mut self, place: usize) {
        if let Some(step) = self.scenario.step(place) {
            self.queue.push(EventKey::step(step.at, place as u64), Due::Step(place));
        }
    }

    pub(super) fn schedule_timer(&mut self, at: Time, owner: Incarnation, from: Incarnation, due: Due) {
        let key = EventKey::timer(at, self.id(owner), self.id(from), self.next_fifo);
        self.next_fifo += 1;
        self.queue.push(key, due);
    }

    /// The first event that is really due. What a partition, a heal or anything else has overtaken is dropped from the
    /// queue: an arrival is held, or stands in it again; a timer was set anew, or is off.
    pub(super) fn next_due(&mut self) -> Option<(EventKey, Due)> {
        loop {
            let (key, due) = self.queue.peek()?;
            let is_due = match due {
                Due::Step(_) => true,
                Due::Arrival(lane) => self.is_next_arrival(lane, key.fifo),
                Due::Keepalive(lane) => self.links[lane.child.index()].gives_up(lane.direction, key.time),
                Due::Grace(context) => self.grace.get(&context) == Some(&key.time),
            };
            if is_due {
                return Some((key, due));
            }
            self.queue.pop();
            if let Due::Keepalive(lane) = due {
                self.watch(lane.child);
            }
        }
    }

    fn is_next_arrival(&self, lane: LaneId, fifo: u64) -> bool {
        let link = &self.links[lane.child.index()];
        let first = self.wire.first(link.lane(lane.direction));
        !link.is_partitioned(lane.direction) && first.is_some_and(|first| first.fifo == fifo)
    }

    fn arrival_key(&self, lane: LaneId) -> Option<EventKey> {
        let link = &self.links[lane.child.index()];
        let first = self.wire.first(link.lane(lane.direction))?;
        let (to, from) = link.to_and_from(lane.direction);
        Some(EventKey::arrival(first.arrival, to, from, first.fifo))
    }

    /// How many copies of the first item of `lane` can be handled as one: all of them, up to `most`, if the last copy
    /// was quiet.
    pub(super) fn copies_at_once(&self, lane: LaneId, most: u64) -> u64 {
        let link = &self.links[lane.child.index()];
        match self.wire.first(link.lane(lane.direction)) {
            Some(first) if self.quiet == Some((lane, first.fifo)) => first.copies.min(most),
            _ => 1,
        }
    }

    /// Takes copies of an item off `lane`, whose first is the first of the queue, and keeps the queue true.
    pub(super) fn take_arrival(&mut self, lane: LaneId, copies: u64) -> Item {
        let link = &mut self.links[lane.child.index()];
        let (item, were_last) = self.wire.take(link.lane_mut(lane.direction), copies);
        if were_last {
            match self.arrival_key(lane) {
                Some(key) => self.queue.replace_first(key, Due::Arrival(lane)),
                None => drop(self.queue.pop()),
            }
        }
        item
    }

    /// Puts copies of an item on the wire.
    pub(super) fn transmit(&mut self, lane: LaneId, item: Item, copies: u64) {
        if !self.links[lane.child.index()].tells_copies_apart() {
            return self.put_on_wire(lane, item, copies);
        }
        for _ in 0..copies {
            self.put_on_wire(lane, item, 1);
            if self.wire.len() > MAX_IN_FLIGHT || self.error.is_some() {
                break;
            }
        }
        self.watch(lane.child);
    }

    fn put_on_wire(&mut self, lane: LaneId, item: Item, copies: u64) {
        let has_bandwidth = self.links[lane.child.index()].has_bandwidth();
        let bytes = if has_bandwidth { self.frame_len(item) } else { 0 };
        let link = &mut self.links[lane.child.index()];
        let Some(arrival) = link.arrival(lane.direction, self.clock, bytes, self.scenario.seed, lane.child) else {
            let (to, from) = link.to_and_from(lane.direction);
            self.error = Some(SimulationError::ClockOverflow { sent: self.clock, from, to });
            return;
        };
        let in_flight = InFlight { item, arrival, fifo: self.next_fifo, copies };
        self.next_fifo += 1;
        let queued = self.wire.push(link.lane_mut(lane.direction), in_flight);
        if queued == Queued::First && !link.is_partitioned(lane.direction) {
            let key = self.arrival_key(lane).expect("just pushed");
            self.queue.push(key, Due::Arrival(lane));
        }
    }

    /// The length of a frame: `Stream.HEADER_FMT` was two bytes shorter before 300cb41e (0.2.4). An EOF has none.
    fn frame_len(&self, item: Item) -> u64 {
        let header = if self.scenario.revision == Revision::MitogenSeed { 24 } else { 26 };
        match item {
            Item::Message(message) => header + message.payload.wire_len(self.names()),
            Item::Eof => 0,
        }
    }

    /// All that a link held is on the wire again.
    pub(super) fn deliver_held(&mut self, child: Incarnation) {
        let link = &self.links[child.index()];
        for direction in Direction::BOTH {
            self.wire.put_again(link.lane(direction), self.clock, &mut self.next_fifo);
        }
        for lane in Direction::BOTH.map(|direction| LaneId { child, direction }) {
            if let Some(key) = self.arrival_key(lane) {
                self.queue.push(key, Due::Arrival(lane));
            }
        }
    }
}
