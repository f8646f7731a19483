//! Between the wires and the event queue: what is due, what is sent, and what is held.

use super::{Due, SimulationError, Traffic, World};
use crate::event_queue::EventKey;
use crate::link::{Direction, Ends, InFlight, Incarnation, Item, LaneId, Queued, Rest};
use crate::process::TimerId;
use crate::scenario::Action;
use crate::time::{Span, Time};

/// With more entries than this on the wires, each of them any number of copies, a run is stopped whatever its
/// `max_events`. So memory is bounded.
pub(crate) const MAX_IN_FLIGHT: usize = 1 << 25;

impl World<'_> {
    /// An end of a link will give up at this time, unless something changes.
    fn schedule_keepalive(&mut self, at: Time, owner: Incarnation, from: Incarnation, lane: LaneId) {
        self.push_timer(at, owner, from, Due::Keepalive(lane));
    }

    /// Sets a timer of a process, or moves it. A timer beyond the end of the clock never goes off.
    pub(crate) fn set_timer(&mut self, context: Incarnation, timer: TimerId, after: Span) {
        if self.is_untimed {
            return self.refuse_timer(context);
        }
        let at = self.clock.checked_add(after);
        let slot = self.timers.set(context, timer, at.map(|at| (at, self.next_fifo)));
        if let Some(at) = at {
            self.push_timer(at, context, context, Due::Timer(slot));
        }
    }

    fn push_timer(&mut self, at: Time, owner: Incarnation, from: Incarnation, due: Due) {
        self.is_queue_exact = false;
        let key = EventKey::timer(at, self.id(owner), self.id(from), self.next_fifo);
        self.next_fifo += 1;
        self.queue.push(key, due);
    }

    /// The first event that really is due: the next step, or what is first in the queue. Drops what is out of date from
    /// the queue: an arrival that is held by now, or has another entry; a timer that was moved or cleared.
    #[inline(always)]
    pub(crate) fn next_due(&mut self) -> Option<(EventKey, Due)> {
        // Nothing in the queue is before the clock, and at the same time steps come first.
        if self.step_at == Some(self.clock) {
            return Some(self.due_step(self.clock));
        }
        loop {
            let first = self.queue.peek();
            if let Some(at) = self.step_at
                && first.is_none_or(|(key, _)| at <= key.time)
            {
                return Some(self.due_step(at));
            }
            let (key, due) = first?;
            if self.is_queue_exact || self.is_in_date(key, due) {
                return first;
            }
            self.queue.remove_first();
            if let Due::Keepalive(lane) = due {
                self.watch_link(lane.child());
            }
        }
    }

    fn due_step(&self, at: Time) -> (EventKey, Due) {
        let place = u32::try_from(self.next_step).expect("fewer than 2^32 steps");
        (EventKey::step(at, u64::from(place)), Due::Step(place))
    }

    fn is_in_date(&self, key: EventKey, due: Due) -> bool {
        match due {
            Due::Step(_) => true,
            Due::Arrival(lane) => self.is_next_arrival(lane, key.fifo),
            Due::Keepalive(lane) => self.gives_up(lane, key.time),
            Due::Timer(slot) => self.timers.is_due(slot, key.time, key.fifo),
        }
    }

    fn gives_up(&self, lane: LaneId, at: Time) -> bool {
        let dynamics = self.dynamics.get(lane.child());
        dynamics.is_some_and(|dynamics| dynamics.gives_up(self.topology.link(lane.child()), lane.direction(), at))
    }

    fn is_next_arrival(&self, lane: LaneId, fifo: u64) -> bool {
        let is_partitioned = self.topology.link(lane.child()).is_partitioned(lane.direction());
        !is_partitioned && self.first_on(lane).is_some_and(|first| first.fifo == fifo)
    }

    /// When and how often the first item of `lane` arrives.
    pub(crate) fn first_on(&self, lane: LaneId) -> Option<&InFlight> {
        self.wire.first(self.topology.link(lane.child()).lane(lane.direction()))
    }

    fn arrival_key(&self, lane: LaneId, ends: Ends) -> Option<EventKey> {
        let first = self.first_on(lane)?;
        Some(EventKey::arrival(first.arrival, ends.to, ends.from, first.fifo))
    }

    /// How many copies of the first item of `lane` can be handled as one: up to `most`, if the last copy was quiet.
    #[inline]
    pub(crate) fn copies_at_once(&self, lane: LaneId, most: u64) -> u64 {
        match self.quiet {
            Some((quiet, fifo)) if quiet == lane => self.quiet_copies(quiet, fifo, most),
            _ => 1,
        }
    }

    #[inline(never)]
    fn quiet_copies(&self, quiet: LaneId, fifo: u64, most: u64) -> u64 {
        let first = self.first_on(quiet).filter(|first| first.fifo == fifo);
        first.map_or(1, |first| first.copies.min(most))
    }

    /// Takes copies of the first item off `lane`, whose arrival is first in the queue, and updates the queue. Returns
    /// the item, and its place if more copies of it are left.
    #[inline(always)]
    pub(crate) fn take_arrival(&mut self, lane: LaneId, ends: Ends, copies: u64) -> (Item, Option<u64>) {
        let wire = self.topology.link_mut(lane.child()).lane_mut(lane.direction());
        let (item, rest) = self.wire.take(wire, ends, copies);
        match rest {
            Rest::Copies { fifo } => return (item, Some(fifo)),
            _ if self.is_untimed => {}
            Rest::Next { arrival, fifo } => {
                self.queue.replace_first(EventKey::arrival(arrival, ends.to, ends.from, fifo), Due::Arrival(lane));
            }
            Rest::Nothing => {
                self.queue.remove_first();
            }
        }
        (item, None)
    }

    /// Puts copies of an item on the wire, each `bytes` long. The length only matters on links with a bandwidth.
    #[inline]
    pub(crate) fn transmit(&mut self, lane: LaneId, item: &Item, copies: u64, bytes: u64) {
        if self.is_untimed {
            return self.put_without_time(lane, item, copies);
        }
        if let Some(dynamics) = self.dynamics.get_mut(lane.child()) {
            if copies > 1 {
                let has_bandwidth = dynamics.has_bandwidth();
                return self.transmit_copies(lane, item, copies, has_bandwidth.then_some(bytes));
            }
            let arrival = dynamics.arrival(lane, self.clock, bytes, self.scenario.seed);
            self.put_on_wire(lane, self.topology.ends(lane), item, 1, arrival);
            return self.watch_link(lane.child());
        }
        let options = self.scenario.catalog.link_options(self.topology.link(lane.child()).options);
        let latency = options.latency.constant().expect("a latency that changes has dynamics");
        self.put_on_wire(lane, self.topology.ends(lane), item, copies, self.clock.checked_add(latency));
    }

    /// Puts copies of an item on the wire of a link that has [`Dynamics`](crate::link::Dynamics). `bytes` is the length of
    /// each, if the link has a bandwidth.
    fn transmit_copies(&mut self, lane: LaneId, item: &Item, copies: u64, bytes: Option<u64>) {
        // The run may have fewer events left than there are copies. Copies beyond that are never handled, so they are
        // only put on the wire if the link has a bandwidth, where they delay probes.
        let wanted = if bytes.is_some() { copies } else { copies.min(self.heard(copies)) };
        self.is_exact &= wanted == copies;
        let (ends, clock, seed) = (self.topology.ends(lane), self.clock, self.scenario.seed);
        let mut left = wanted;
        while left > 0 {
            let dynamics = self.dynamics.get_mut(lane.child()).expect("the link has dynamics");
            let together = if dynamics.is_steady() { left } else { 1 };
            let arrival = dynamics.arrival(lane, clock, bytes.unwrap_or(0), seed);
            self.put_on_wire(lane, ends, item, together, arrival);
            left -= together;
            if self.wire.len() > MAX_IN_FLIGHT || self.error.is_some() {
                break;
            }
        }
        if wanted < copies
            && let Some(dynamics) = self.dynamics.get_mut(lane.child())
        {
            dynamics.leave_out(lane.direction(), copies - wanted);
        }
        self.watch_link(lane.child());
    }

    /// How many of `copies` the run may have events for, with one more that is only due.
    fn heard(&self, copies: u64) -> u64 {
        let heard = (self.limit() - self.events).saturating_add(1);
        if copies <= heard || !self.limit.may_grow() {
            return heard;
        }
        let left = (self.next_step..self.scenario.step_count()).filter_map(|place| self.scenario.step(place));
        let connects = left.filter(|step| matches!(step.action, Action::Connect(_))).count() as u64;
        let deepest = u64::from(self.limit.deepest()).saturating_add(connects);
        heard.saturating_add(connects.saturating_mul(deepest))
    }

    /// Puts copies of an item on the wire, to arrive at a time; `None` if that is beyond the end of the clock.
    #[inline]
    fn put_on_wire(&mut self, lane: LaneId, ends: Ends, item: &Item, copies: u64, arrival: Option<Time>) {
        let Ends { to, from } = ends;
        let Some(arrival) = arrival else {
            self.error = Some(Box::new(SimulationError::ClockOverflow { sent: self.clock, from, to }));
            return;
        };
        let in_flight = InFlight { arrival, fifo: self.next_fifo, copies };
        self.next_fifo += 1;
        self.note_traffic(|| Traffic::Sent { lane, item: *item, copies });
        let link = self.topology.link_mut(lane.child());
        let queued = self.wire.push(link.lane_mut(lane.direction()), ends, item, in_flight);
        if queued == Queued::First && !link.is_partitioned(lane.direction()) {
            self.queue.push(EventKey::arrival(arrival, to, from, in_flight.fifo), Due::Arrival(lane));
        }
    }

    /// Puts everything that a link held on the wire again.
    pub(crate) fn deliver_held(&mut self, child: Incarnation) {
        if self.is_untimed {
            return;
        }
        let link = self.topology.link(child);
        for direction in Direction::BOTH {
            self.wire.put_again(link.lane(direction), self.clock, &mut self.next_fifo);
        }
        for lane in Direction::BOTH.map(|direction| LaneId::new(child, direction)) {
            if let Some(key) = self.arrival_key(lane, self.topology.ends(lane)) {
                self.queue.push(key, Due::Arrival(lane));
            }
        }
    }

    /// Sets the timers of a link's keepalives again, after something about the link has changed.
    ///
    /// An end gives up when it has heard nothing for `interval` times `count`, while no probe of it could be answered
    /// in that time. It then closes as if its peer had. Probes are not simulated one by one. A link answers none while
    /// it is partitioned (one direction is enough), or while the round trip takes longer than that, including the wait
    /// for its bandwidth.
    #[inline]
    pub(crate) fn watch_link(&mut self, child: Incarnation) {
        if self.has_keepalives {
            self.watch_keepalives(child);
        }
    }

    fn watch_keepalives(&mut self, child: Incarnation) {
        let Some(dynamics) = self.dynamics.get_mut(child) else { return };
        let parent = self.topology.parent_of(child);
        for (direction, at) in dynamics.watch(self.topology.link(child), self.clock) {
            let (owner, from) = match direction {
                Direction::Down => (parent, child),
                Direction::Up => (child, parent),
            };
            self.schedule_keepalive(at, owner, from, LaneId::new(child, direction));
        }
    }
}
