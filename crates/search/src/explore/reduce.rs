//! Which choices are enough: partial-order reduction.
//!
//! An arrival changes its receiver, the receiver's ends of its links, and what is last on the lanes that the receiver sends
//! on. So two arrivals can change places unless their receivers are the same. A step can change places with an arrival
//! unless it touches the arrival's receiver: see [`disturbed`].
//!
//! At each state it is enough to take a *stubborn set* of choices (Valmari, "Stubborn sets for reduced state space
//! generation", 1989): one that has a choice which is possible now, and that contains
//!
//! - for each of its choices that is possible, all those that cannot change places with it, possible or not;
//! - for each that is not possible, all those one of which must come before it is.
//!
//! Then whatever else comes first, the choices of the set stay possible and can be moved to the front; so every state in
//! which nothing is left is still found. Here the sets are made of contexts, each of which stands for all arrivals there, and
//! of the next step. Nothing can arrive on an empty lane before its sender sends, and a sender only sends when something
//! arrives there, or when a step asks it. An item that the protocol says only rises
//! ([`Family::only_rises`](crate::process::Family::only_rises)) makes nothing arrive from above; each time one is tried, it is
//! looked at whether that holds.
//!
//! Nothing is done about choices that are put off forever, as endings need no such care. Loops are sought
//! without the reduction.

use super::doomed::{CONTEXTS_MAX, Doomed, bit, life, parent, spoils, touched};
use super::links::{LaneEnds, Links, Queued};
use super::lonely::Lonely;
use super::state::{State, lane_at, lane_place};
use crate::link::{Incarnation, LaneId};
use crate::process::{ContextId, Handle, Message, Payload};
use crate::scenario::{Action, Scenario};
use crate::world::{Choice, World};
use std::collections::BTreeSet;

/// Leaves only those of `choices` that are enough.
pub(super) fn leave_enough(here: &Here<'_>, choices: &mut Vec<Choice>) {
    if choices.len() < 2 || here.state.parts.len() > CONTEXTS_MAX {
        return;
    }
    let is_spoiled = |doomed: &Doomed| doomed.below & here.ahead.spoiled != 0;
    if let Some(doomed) = here.links.doomed.iter().find(|doomed| here.is_orderly && !is_spoiled(doomed)) {
        choices.retain(|choice| *choice == Choice::Arrival(doomed.lane));
        return;
    }
    if let Some(alone) = choices.iter().find(|choice| here.needs_no_other_order(**choice)).copied() {
        choices.retain(|choice| *choice == alone);
        return;
    }
    let mut best: Option<(Set, usize)> = None;
    for choice in &*choices {
        let set = match *choice {
            Choice::Step => Set { contexts: 0, has_step: true },
            Choice::Arrival(lane) => Set { contexts: bit(here.receiver(lane)), has_step: false },
        };
        if best.is_some_and(|(best, _)| best.contains(set)) {
            // It would only be found again, or be larger.
            continue;
        }
        let closed = here.close(set);
        let count = choices.iter().filter(|choice| here.has(closed, **choice)).count();
        if best.is_none_or(|(_, fewest)| count < fewest) {
            best = Some((closed, count));
        }
        if count == 1 {
            break;
        }
    }
    let (set, _) = best.expect("there is a choice");
    choices.retain(|choice| here.has(set, *choice));
}

/// Names that take more bytes than this together could make a message too long.
const NAMES_MAX: usize = 1 << 16;

/// Some contexts, each of which stands for all arrivals there, and perhaps the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Set {
    contexts: u128,
    has_step: bool,
}

impl Set {
    fn contains(self, other: Set) -> bool {
        other.contexts & !self.contexts == 0 && (self.has_step || !other.has_step)
    }
}

/// What is known of the steps that are left, in all states with the same contexts and links.
#[derive(Debug)]
pub(super) struct Ahead {
    /// The context that the next step asks something, if it asks one.
    pub asked: Option<Incarnation>,
    /// What the next step touches.
    next: u128,
    /// What the steps that are left touch, the next one included.
    left: u128,
    /// The same without connects that lead to nothing but messages that only rise: no later step names their id.
    disturbing: u128,
    /// The links that a step which is left may partition, by their children.
    cut: u128,
    /// The same of the next step alone.
    next_cut: u128,
    /// The links that a step which is left may partition or close, by their children.
    lost: u128,
    /// The links that a step which is left may heal.
    healed: u128,
    /// The contexts whose deaths the steps that are left tell apart: see [`spoils`].
    spoiled: u128,
}

impl Ahead {
    /// What is known of the steps that a world has left.
    pub fn new(world: &World<'_>, is_orderly: bool) -> Self {
        let next = world.next_step();
        let steps = world.scenario().step_count();
        let mut ahead =
            Ahead { asked: None, next: 0, left: 0, disturbing: 0, healed: 0, spoiled: 0, cut: 0, next_cut: 0, lost: 0 };
        if next < steps {
            ahead.asked = world.asked_by(next);
        }
        if world.topology().len() > CONTEXTS_MAX {
            return ahead;
        }
        for place in next..steps {
            let action = world.action(place);
            let cut = if is_orderly { cut(world, &action) } else { 0 };
            let touched = if cut == 0 { disturbed(world, &action, is_orderly) } else { 0 };
            ahead.left |= touched;
            ahead.cut |= cut;
            if let Action::Disconnect { id } | Action::Partition { id, .. } = action {
                ahead.lost |= life(world, id);
            }
            let is_named = |id| (place + 1..steps).any(|later| world.action(later).names(id));
            if !matches!(action, Action::Connect(connect) if !is_named(connect.id)) {
                ahead.disturbing |= touched;
            }
            ahead.spoiled |= spoils(world, &action, is_named);
            if place == next {
                ahead.next = touched;
                ahead.next_cut = cut;
            }
            if let Action::Heal { id } = action {
                let links = world.topology().contexts().filter(|context| world.id(*context) == id);
                ahead.healed |= links.fold(0, |links, link| links | bit(link));
            }
        }
        ahead
    }
}

/// What the sets of one state are made from.
pub(super) struct Here<'h> {
    pub links: &'h Links,
    pub state: &'h State,
    pub ahead: &'h Ahead,
    /// What is known of what is on the lanes, by its number.
    pub queued: &'h [Option<Queued>],
    /// Whether what the protocol says of messages that only rise holds, and of deaths.
    pub is_orderly: bool,
    /// The contexts that nobody talks to.
    pub lonely: &'h Lonely,
}

/// What may lead to an arrival.
#[derive(Clone, Copy, Debug, Default)]
struct Causes {
    /// The arrivals at these contexts.
    contexts: u128,
    /// Something that makes these contexts send to their parents.
    up: u128,
    /// Something that makes these contexts send anywhere, other than what only rises.
    anywhere: u128,
    /// The next step.
    step: bool,
}

impl Here<'_> {
    fn receiver(&self, lane: LaneId) -> Incarnation {
        self.links.lanes[lane_place(lane)].to
    }

    /// Whether a choice can change places with all others: see [`lonely`](super::lonely).
    fn needs_no_other_order(&self, choice: Choice) -> bool {
        let Choice::Arrival(lane) = choice else { return self.lonely.has_connect(self.state.next_step) };
        let place = lane_place(lane);
        let ends = &self.links.lanes[place];
        let number = self.state.lanes[place] as usize;
        ends.to == Incarnation(0)
            && self.ahead.lost & bit(ends.from) == 0
            && self.queued[number].and_then(|queued| queued.news_of).is_some_and(|id| self.lonely.has(id))
    }

    fn has(&self, set: Set, choice: Choice) -> bool {
        match choice {
            Choice::Step => set.has_step,
            Choice::Arrival(lane) => set.contexts & bit(self.receiver(lane)) != 0,
        }
    }

    /// The smallest stubborn set that contains `set`.
    fn close(&self, set: Set) -> Set {
        let mut closed = Causes::default();
        let mut todo = Causes::default();
        let mut found = Causes { contexts: set.contexts, step: set.has_step, ..Causes::default() };
        loop {
            if found.step && !closed.step {
                closed.step = true;
                found.contexts |= self.ahead.next;
                self.add_cut(&mut found);
            }
            todo.contexts |= found.contexts & !closed.contexts;
            todo.up |= found.up & !closed.up;
            todo.anywhere |= found.anywhere & !closed.anywhere;
            closed.contexts |= found.contexts;
            closed.up |= found.up;
            closed.anywhere |= found.anywhere;
            found = if let Some(context) = pop(&mut todo.contexts) {
                self.of_arrivals(context)
            } else if let Some(context) = pop(&mut todo.up) {
                self.of_sending_up(context)
            } else if let Some(context) = pop(&mut todo.anywhere) {
                self.of_sending_anywhere(context)
            } else {
                return Set { contexts: closed.contexts, has_step: closed.step };
            };
        }
    }

    /// What goes with the arrivals at a context: the steps that cannot change places with them, and what leads to those that
    /// are not possible yet.
    fn of_arrivals(&self, context: usize) -> Causes {
        let mut causes = self.of_steps(context, self.ahead.left);
        for (lane, queued) in self.heard(context) {
            match queued {
                Some(_) => causes.step |= self.ahead.cut & bit(lane.child()) != 0,
                None => self.add_sender(lane, &mut causes),
            }
        }
        causes
    }

    /// What goes with a next step that partitions a link: the arrivals over it, and what leads to those that are not possible
    /// yet.
    fn add_cut(&self, causes: &mut Causes) {
        if self.ahead.next_cut == 0 {
            return;
        }
        let places = self.links.lanes.iter().zip(&self.state.lanes);
        for (lane, number) in places.filter(|(lane, _)| self.ahead.next_cut & bit(lane.child()) != 0) {
            if *number != 0 {
                causes.contexts |= bit(lane.to);
            } else if lane.receives && !lane.is_partitioned {
                self.add_sender(lane, causes);
            }
        }
    }

    /// What may make a context send to its parent.
    fn of_sending_up(&self, context: usize) -> Causes {
        let mut causes = self.of_steps(context, self.ahead.left);
        for (lane, queued) in self.heard(context) {
            match queued {
                Some(_) => causes.contexts |= 1 << context,
                None => self.add_sender(lane, &mut causes),
            }
        }
        causes
    }

    /// What may make a context send anything but what only rises.
    fn of_sending_anywhere(&self, context: usize) -> Causes {
        let steps = if self.is_orderly { self.ahead.disturbing } else { self.ahead.left };
        let mut causes = self.of_steps(context, steps);
        for (lane, queued) in self.heard(context) {
            match queued {
                Some(queued) if !(self.is_orderly && lane.is_up && queued.only_rises) => {
                    causes.contexts |= 1 << context
                }
                _ if lane.sends => causes.anywhere |= bit(lane.from),
                _ => {}
            }
        }
        causes
    }

    /// Causes that include the next step, if a step of `steps` touches a context, or heals a lane that it hears: from a
    /// partitioned one nothing arrives before that.
    fn of_steps(&self, context: usize, steps: u128) -> Causes {
        let is_healed = |place: &u32| {
            let is_partitioned = self.links.lanes[*place as usize].is_partitioned;
            is_partitioned && self.ahead.healed & bit(lane_at(*place as usize).child()) != 0
        };
        let step = steps & 1 << context != 0 || self.links.heard[context].iter().any(is_healed);
        Causes { step, ..Causes::default() }
    }

    /// The lanes that a context hears, with what is on them, without those that are partitioned.
    fn heard(&self, context: usize) -> impl Iterator<Item = (&LaneEnds, Option<Queued>)> {
        let places = self.links.heard[context].iter().map(|place| *place as usize);
        places.filter(|place| !self.links.lanes[*place].is_partitioned).map(|place| {
            let number = self.state.lanes[place];
            let queued = (number != 0).then(|| self.queued[number as usize].expect("the state was loaded"));
            (&self.links.lanes[place], queued)
        })
    }

    /// Nothing arrives on an empty lane before its sender does something.
    fn add_sender(&self, lane: &LaneEnds, causes: &mut Causes) {
        if lane.sends && lane.is_up {
            causes.up |= bit(lane.from);
        } else if lane.sends {
            causes.anywhere |= bit(lane.from);
        }
    }
}

/// Takes a context out of a set.
fn pop(contexts: &mut u128) -> Option<usize> {
    let first = (*contexts != 0).then(|| contexts.trailing_zeros() as usize);
    *contexts &= contexts.wrapping_sub(1);
    first
}

/// Whether what a protocol says of messages that only rise holds in all runs of a scenario: no context can be below its own
/// id, and none detaches itself. Names are too short to matter.
pub(super) fn is_orderly(scenario: &Scenario) -> bool {
    let (target, name) = (ContextId::MASTER, None);
    let payload = Payload::Announce { target, name };
    let [dst, src, auth] = [target; 3];
    let news = Message { dst, src, auth, handle: Handle::NONE, reply_to: Handle::NONE, payload };
    if !scenario.monitor.family().only_rises(&news) || scenario.catalog.names.bytes() > NAMES_MAX {
        return false;
    }
    let steps = || (0..scenario.step_count()).filter_map(|place| scenario.step(place));
    let mut links: Vec<(ContextId, ContextId)> = Vec::new();
    for step in steps() {
        match step.action {
            Action::Detach { .. } => return false,
            Action::Connect(connect) => links.push((connect.id, connect.parent)),
            _ => {}
        }
    }
    // Leaves are taken off until none is left. What is on a circle stays.
    loop {
        let count = links.len();
        let parents: BTreeSet<ContextId> = links.iter().map(|(_, parent)| *parent).collect();
        links.retain(|(id, _)| parents.contains(id));
        if links.len() == count {
            return links.is_empty();
        }
    }
}

/// The contexts where arrivals cannot change places with a step: those that it asks something, those whose life or death
/// decides whether it is skipped, and those that a lane leads to which it stops. Only the last life of an id can be alive, so
/// that is the one that is meant. One that is yet to be born counts as its parent does, since its birth is a step, too.
fn disturbed(world: &World<'_>, action: &Action, is_orderly: bool) -> u128 {
    match *action {
        // Where the child dies, its parent is dead or has closed its end, and then the step is skipped anyway.
        Action::Disconnect { id } if is_orderly => parent(world, id),
        _ => touched(world, action),
    }
}

/// The links that a step partitions, by their children. A partition only changes what arrives over its link. Whether it is
/// skipped depends on that, too, if a context only dies of what its parent sends.
fn cut(world: &World<'_>, action: &Action) -> u128 {
    match *action {
        Action::Partition { id, .. } => life(world, id),
        _ => 0,
    }
}
