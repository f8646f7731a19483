//! The state of a world, for [`StateWriter`]: what is on the wires, what is due and when, which contexts and links there
//! are, and which calls are open.
//!
//! What is absolute in a world is written as what it does:
//!
//! - **Times** are written as what is left of them. Nothing asks for the clock itself, except for drawn latencies, `until`
//!   and the steps that are left. With a latency that is drawn for each message, a state is unknown, since the generator
//!   never comes back. `until` and the next step are written as the time that is left, so no state comes back before them.
//! - **Places in lists of latencies** are written, since they decide what is next. At the end of a list, the place no longer
//!   changes.
//! - **Places in the order of everything** (`fifo`) only break ties: between arrivals with the same receiver and sender,
//!   and between timers. Within a lane the order is that of the items. Two lanes have the same two ids at their ends only
//!   if both ids were used again; for these, the order of all their items is written. Timers are written in their order.
//! - **Copies** are written as counts of equal items that arrive together, whatever entries they are kept in. A count that
//!   was too large to be kept makes the state unknown.
//!
//! Left out are the clock, the number of events, what was only done to be fast (what is `quiet`, entries of the queue that
//! are out of date), and what follows from the rest (which lanes are due, the last life of each id, what is partitioned).
//! Entries of the queue for keepalives are written, even those that are out of date: they make a link be looked at again.

use super::{Due, World};
use crate::event_queue::EventKey;
use crate::link::{Direction, InFlight, Incarnation, Item, LaneId};
use crate::process::{ContextId, Message, Name, Payload, StateWriter};
use crate::time::Time;
use std::ops::ControlFlow;

impl World<'_> {
    /// Writes the world. What changes most often comes first, so that different states are soon told apart.
    pub(crate) fn write_state(&self, state: &mut StateWriter<'_>) {
        if !self.is_known() {
            return state.unknown();
        }
        state.len(self.next_step);
        if let Some(step) = self.scenario.step(self.next_step) {
            state.left(step.at, self.clock);
        }
        if let Some(until) = self.scenario.until {
            state.left(until, self.clock);
        }
        self.write_wires(state);
        if state.is_decided() {
            return;
        }
        self.write_ties(state);
        self.write_timers(state);
        if state.is_decided() {
            return;
        }
        self.write_links(state);
        self.write_calls(state);
        state.u64(self.calls_made);
    }

    /// Whether no part of it is unknown.
    pub(crate) fn is_known(&self) -> bool {
        !self.draws && self.is_exact && self.wire.is_exact()
    }

    /// Whether the state of another world can be equal: the first and the last item on each lane are.
    pub(crate) fn may_equal(&self, other: &World<'_>) -> bool {
        let at_ends = |world: &World<'_>, lane: LaneId| {
            let wire = world.topology.link(lane.child()).lane(lane.direction());
            world.wire.at_ends(wire, world.topology.ends(lane)).map(|ends| {
                ends.map(|(in_flight, item)| (item, in_flight.arrival.as_ns().saturating_sub(world.clock.as_ns())))
            })
        };
        self.topology.len() == other.topology.len()
            && self.all_lanes().all(|lane| at_ends(self, lane) == at_ends(other, lane))
    }

    fn write_calls(&self, state: &mut StateWriter<'_>) {
        state.len(self.open_calls.len());
        for ((context, handle), call) in &self.open_calls {
            state.u32(context.0);
            state.u32(handle.0);
            state.u64(*call);
        }
    }

    /// All lanes that anything is on.
    pub(super) fn lanes(&self) -> impl Iterator<Item = LaneId> + '_ {
        self.all_lanes().filter(|lane| self.first_on(*lane).is_some())
    }

    /// All lanes.
    pub(super) fn all_lanes(&self) -> impl Iterator<Item = LaneId> + '_ {
        self.children().flat_map(|child| Direction::BOTH.map(|direction| LaneId::new(child, direction)))
    }

    fn children(&self) -> impl Iterator<Item = Incarnation> + '_ {
        self.topology.contexts().skip(1)
    }

    pub(super) fn each_item(&self, lane: LaneId, f: impl FnMut(&InFlight, Item) -> ControlFlow<()>) {
        let wire = self.topology.link(lane.child()).lane(lane.direction());
        self.wire.each(wire, self.topology.ends(lane), f);
    }

    fn write_wires(&self, state: &mut StateWriter<'_>) {
        for lane in self.lanes() {
            state.u32(lane.raw());
            self.write_lane(lane, state);
            if state.is_decided() {
                return;
            }
        }
        // No lane has this number: there are fewer than 2^31 contexts.
        state.u32(u32::MAX);
    }

    /// Writes the items of a lane, in their order.
    fn write_lane(&self, lane: LaneId, state: &mut StateWriter<'_>) {
        let mut last: Option<(InFlight, Item)> = None;
        self.each_item(lane, |in_flight, item| {
            match &mut last {
                // In a held lane, two times that are over come to the same.
                Some((before, same)) if *same == item && self.is_at_once(before.arrival, in_flight.arrival) => {
                    before.copies = before.copies.saturating_add(in_flight.copies);
                }
                _ => {
                    if let Some((in_flight, item)) = last.replace((*in_flight, item)) {
                        write_item(state, self.clock, &in_flight, item);
                    }
                }
            }
            if state.is_decided() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some((in_flight, item)) = last.filter(|_| !state.is_decided()) {
            write_item(state, self.clock, &in_flight, item);
        }
        state.u8(END);
    }

    fn is_at_once(&self, one: Time, other: Time) -> bool {
        one.max(self.clock) == other.max(self.clock)
    }

    /// The order of items on different lanes with the same ids at their ends.
    fn write_ties(&self, state: &mut StateWriter<'_>) {
        if self.last_incarnation.is_empty() {
            // Every context has its own number as its id, so no id was used again.
            return state.len(0);
        }
        let ends = |lane| {
            let ends = self.topology.ends(lane);
            (ends.to, ends.from)
        };
        let mut lanes: Vec<((ContextId, ContextId), LaneId)> = self.lanes().map(|lane| (ends(lane), lane)).collect();
        lanes.sort_unstable();
        let mut items = Vec::new();
        for alike in lanes.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1) {
            let start = items.len();
            for (_, lane) in alike {
                self.each_item(*lane, |in_flight, _| {
                    items.push((in_flight.fifo, *lane, in_flight.copies));
                    ControlFlow::Continue(())
                });
            }
            items[start..].sort_unstable();
        }
        state.len(items.len());
        for (_, lane, copies) in items {
            state.u32(lane.raw());
            state.u64(copies);
        }
    }

    /// The timers of processes, and what is due about keepalives, each in the order in which it is due.
    fn write_timers(&self, state: &mut StateWriter<'_>) {
        let timers = self.timers.in_order();
        state.len(timers.len());
        for (at, _, context, timer) in timers {
            state.left(at, self.clock);
            state.u32(context.0);
            state.u32(timer.0);
        }
        let mut keepalives: Vec<(EventKey, LaneId)> = Vec::new();
        if !self.dynamics.is_empty() {
            self.queue.each(|key, due| {
                if let Due::Keepalive(lane) = due {
                    keepalives.push((key, lane));
                }
            });
        }
        keepalives.sort_unstable();
        state.len(keepalives.len());
        for (key, lane) in keepalives {
            state.left(key.time, self.clock);
            state.u32(lane.raw());
        }
    }

    pub(crate) fn write_links(&self, state: &mut StateWriter<'_>) {
        state.len(self.topology.len());
        for child in self.children() {
            let link = self.topology.link(child);
            let life = self.lives.get(child);
            state.u32(self.id(child).0);
            state.u32(self.topology.parent_of(child).0);
            state.u32(link.options.0);
            state.u32(link.parent_stream.0);
            state.flag(self.is_alive(child));
            state.flag(life.is_newborn());
            state.flag(link.ends_lineage);
            for direction in Direction::BOTH {
                state.flag(link.sender_is_open(direction));
                state.flag(link.is_partitioned(direction));
            }
            let dynamics = self.dynamics.get(child);
            state.flag(dynamics.is_some());
            if let Some(dynamics) = dynamics {
                dynamics.write_state(link, self.clock, state);
            }
        }
    }
}

/// Stands for the end of a lane, where an item could begin.
const END: u8 = 0;
const EOF: u8 = 1;
const MESSAGE: u8 = 2;

fn write_item(state: &mut StateWriter<'_>, now: Time, in_flight: &InFlight, item: Item) {
    write_what(state, &item);
    state.left(in_flight.arrival, now);
    state.u64(in_flight.copies);
}

/// Writes an item, whenever it arrives.
pub(crate) fn write_what(state: &mut StateWriter<'_>, item: &Item) {
    match item {
        Item::Eof => state.u8(EOF),
        Item::Message(message) => {
            state.u8(MESSAGE);
            write_message(state, message);
        }
    }
}

fn write_message(state: &mut StateWriter<'_>, message: &Message) {
    let Message { dst, src, auth, handle, reply_to, payload } = *message;
    for number in [dst.0, src.0, auth.0, handle.0, reply_to.0] {
        state.u32(number);
    }
    match payload {
        Payload::Data(data) => {
            state.u8(0);
            state.u32(data.len);
            state.u32(data.reply_len);
        }
        Payload::Announce { target, name } => {
            state.u8(1);
            state.u32(target.0);
            state.option(name.map(Name::number));
        }
        Payload::Retract { target } => {
            state.u8(2);
            state.u32(target.0);
        }
        Payload::Other(other) => {
            state.u8(3);
            state.u8(other.kind);
            state.u32(other.target.0);
            state.u32(other.number);
        }
        Payload::Text(text) => {
            state.u8(4);
            state.u8(text.kind);
            state.u32(text.target.0);
            // Equal texts of a scenario's runs have the same number.
            state.option(text.body.map(Name::number));
        }
    }
}
