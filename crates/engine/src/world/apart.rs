//! A world whose times are ignored, taken apart: what it is without its processes, its calls and what is on its lanes, and
//! each of these on its own. A world that is put together of equal parts goes on equally.

use super::{Lives, World};
use crate::link::{Direction, InFlight, Incarnation, Item, Lane, LaneId};
use crate::process::{ContextId, Handle, IdMap};
use crate::scenario::Whom;
use crate::time::Time;
use crate::topology::Topology;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The contexts and links of a world whose times are ignored, and nothing else.
#[derive(Clone, Debug)]
pub struct BareWorld {
    clock: Time,
    lives: Lives,
    topology: Topology,
    last_incarnation: IdMap<ContextId, Incarnation>,
    partitioned: BTreeMap<ContextId, Vec<Incarnation>>,
}

impl BareWorld {
    /// The true tree.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Whether a context has a process.
    pub fn has_process(&self, context: Incarnation) -> bool {
        self.lives.get(context).slot().is_some()
    }
}

impl World<'_> {
    /// The contexts and links.
    pub(crate) fn bare(&self) -> BareWorld {
        let mut topology = self.topology.clone();
        for child in (1..topology.len() as u32).map(Incarnation) {
            for direction in Direction::BOTH {
                *topology.link_mut(child).lane_mut(direction) = Lane::EMPTY;
            }
        }
        BareWorld {
            clock: self.clock,
            lives: self.lives.clone(),
            topology,
            last_incarnation: self.last_incarnation.clone(),
            partitioned: self.partitioned.clone(),
        }
    }

    /// Has these contexts and links from now on, and nothing else.
    pub(crate) fn become_bare(&mut self, bare: &BareWorld) {
        self.clock = bare.clock;
        self.wire.clear();
        self.lives.clone_from(&bare.lives);
        self.topology.clone_from(&bare.topology);
        self.last_incarnation.clone_from(&bare.last_incarnation);
        self.partitioned.clone_from(&bare.partitioned);
        self.open_calls.clear();
        self.happened.clear();
        self.error = None;
    }

    /// Whether a context has a process. A dead one has none, and one that nothing has reached since its birth need not have one.
    pub fn has_process(&self, context: Incarnation) -> bool {
        self.lives.get(context).slot().is_some()
    }

    /// The next step is that at `place`.
    pub(crate) fn set_next_step(&mut self, place: usize) {
        self.next_step = place;
    }

    /// The context that the step at `place` asks something, if it asks one.
    pub fn asked_by(&self, place: usize) -> Option<Incarnation> {
        match self.action(place).asks()? {
            Whom::Context(id) => self.alive(id),
            Whom::ParentOf(id) => {
                let child = self.alive_child(id).ok()?;
                Some(self.topology.parent_of(child)).filter(|parent| self.is_alive(*parent))
            }
        }
    }

    /// The open calls of a context: each handle with the place of the step that made the call.
    pub(crate) fn calls_of(&self, context: Incarnation) -> impl Iterator<Item = (Handle, u64)> + '_ {
        let calls = (context, Handle(0))..=(context, Handle(u32::MAX));
        self.open_calls.range(calls).map(|((_, handle), place)| (*handle, *place))
    }

    /// A context has this open call.
    pub(crate) fn put_call(&mut self, context: Incarnation, handle: Handle, place: u64) {
        self.open_calls.insert((context, handle), place);
    }

    /// Puts copies of an item on a lane, behind all others.
    pub(crate) fn put_item(&mut self, lane: LaneId, item: &Item, copies: u64) {
        let ends = self.topology.ends(lane);
        let wire = self.topology.link_mut(lane.child()).lane_mut(lane.direction());
        self.wire.push(wire, ends, item, InFlight { arrival: self.clock, fifo: self.next_fifo, copies });
        self.next_fifo += 1;
    }

    /// Calls `f` with what is on a lane, the first item first. Equal items that are neighbours come as one, with how many
    /// there are.
    pub fn each_on(&self, lane: LaneId, mut f: impl FnMut(Item, u64)) {
        let mut last: Option<(Item, u64)> = None;
        self.each_item(lane, |in_flight, item| {
            match &mut last {
                Some((same, copies)) if *same == item => *copies = copies.saturating_add(in_flight.copies),
                _ => {
                    if let Some((item, copies)) = last.replace((item, in_flight.copies)) {
                        f(item, copies);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        if let Some((item, copies)) = last {
            f(item, copies);
        }
    }
}
