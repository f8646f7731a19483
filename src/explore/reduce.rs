//! Which choices are enough: partial-order reduction.
//!
//! An arrival changes its receiver, the receiver's ends of its links, and what is last on the lanes that the receiver sends
//! on. So two arrivals can change places unless their receivers are the same. A step can change places with an arrival
//! unless it touches the arrival's receiver: see [`touched`].
//!
//! At each state it is enough to take a *stubborn set* of choices (Valmari, "Stubborn sets for reduced state space
//! generation", 1989): one that has a choice which is possible now, and that contains
//!
//! - for each of its choices that is possible, all those that cannot change places with it, possible or not;
//! - for each that is not possible, all those one of which must come before it is.
//!
//! Then whatever else comes first, the choices of the set stay possible and can be moved to the front; so every state in
//! which nothing is left is still found. Here the sets are made of contexts, each of which stands for all arrivals there, and
//! of the next step. Nothing is done about choices that are put off forever, as endings need no such care. Loops are sought
//! without the reduction.

use crate::link::{Direction, Incarnation, LaneId};
use crate::scenario::Action;
use crate::world::{Choice, World};

/// More contexts than this, dead ones included, are not reduced: a set of contexts is one number.
const CONTEXTS_MAX: usize = 128;

/// The choices of `choices` that are enough, in their order.
pub(super) fn enough(world: &World<'_>, choices: &[Choice]) -> Vec<Choice> {
    if choices.len() < 2 || world.topology().len() > CONTEXTS_MAX {
        return choices.to_vec();
    }
    let state = State::new(world);
    let mut best: Option<(Set, usize)> = None;
    for choice in choices {
        let set = match *choice {
            Choice::Step => Set { contexts: 0, has_step: true },
            Choice::Arrival(lane) => Set { contexts: bit(state.receiver(lane)), has_step: false },
        };
        if best.is_some_and(|(best, _)| best.contains(set)) {
            // It would only be found again, or be larger.
            continue;
        }
        let closed = state.close(set);
        let count = choices.iter().filter(|choice| state.has(closed, **choice)).count();
        if best.is_none_or(|(_, fewest)| count < fewest) {
            best = Some((closed, count));
        }
        if count == 1 {
            break;
        }
    }
    let (set, _) = best.expect("there is a choice");
    choices.iter().copied().filter(|choice| state.has(set, *choice)).collect()
}

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

fn bit(context: Incarnation) -> u128 {
    1 << context.0
}

/// What the sets of one state are made from.
struct State<'w, 'a> {
    world: &'w World<'a>,
    /// What the next step touches.
    next: u128,
    /// What the steps that are left touch, the next one included.
    left: u128,
    /// The links that a step which is left may heal.
    healed: u128,
}

impl<'w, 'a> State<'w, 'a> {
    fn new(world: &'w World<'a>) -> Self {
        let (mut next, mut left, mut healed) = (0, 0, 0);
        let first = world.next_step();
        for place in first..world.scenario().step_count() {
            let action = world.action(place);
            let touched = touched(world, &action);
            left |= touched;
            if place == first {
                next = touched;
            }
            if let Action::Heal { id } = action {
                let links = world.topology().contexts().filter(|context| world.id(*context) == id);
                healed |= links.fold(0, |links, link| links | bit(link));
            }
        }
        State { world, next, left, healed }
    }

    fn receiver(&self, lane: LaneId) -> Incarnation {
        match lane.direction() {
            Direction::Down => lane.child(),
            Direction::Up => self.world.topology().parent_of(lane.child()),
        }
    }

    fn has(&self, set: Set, choice: Choice) -> bool {
        match choice {
            Choice::Step => set.has_step,
            Choice::Arrival(lane) => set.contexts & bit(self.receiver(lane)) != 0,
        }
    }

    /// The smallest stubborn set that contains `set`.
    fn close(&self, set: Set) -> Set {
        let (mut closed, mut todo) = (set, set.contexts);
        let topology = self.world.topology();
        if closed.has_step {
            todo |= self.next;
            closed.contexts |= self.next;
        }
        while todo != 0 {
            let mut found = Set { contexts: 0, has_step: todo & self.left != 0 };
            for child in topology.contexts().skip(1) {
                let (parent, link) = (topology.parent_of(child), topology.link(child));
                for (direction, to, from) in [(Direction::Down, child, parent), (Direction::Up, parent, child)] {
                    if todo & bit(to) == 0 || !link.receiver_is_open(direction) {
                        continue;
                    }
                    if link.is_partitioned(direction) {
                        // Nothing arrives before a heal.
                        found.has_step |= self.healed & bit(child) != 0;
                    } else if !self.world.is_busy(LaneId::new(child, direction)) && link.sender_is_open(direction) {
                        // Nothing arrives before the sender does something.
                        found.contexts |= bit(from);
                    }
                }
            }
            if found.has_step && !closed.has_step {
                closed.has_step = true;
                found.contexts |= self.next;
            }
            todo = found.contexts & !closed.contexts;
            closed.contexts |= todo;
        }
        closed
    }
}

/// The contexts where arrivals cannot change places with a step: those that it asks something, those whose life or death
/// decides whether it is skipped, and those that a lane leads to which it stops. Only the last life of an id can be alive, so
/// that is the one that is meant. One that is yet to be born counts as its parent does, since its birth is a step, too.
fn touched(world: &World<'_>, action: &Action) -> u128 {
    let life = |id| world.last_incarnation(id).map_or(0, bit);
    let parent = |id| {
        let parent = world.last_incarnation(id).and_then(|child| world.topology().parent(child));
        parent.map_or(0, bit)
    };
    match *action {
        Action::Connect(connect) => life(connect.id) | life(connect.parent),
        Action::Disconnect { id } | Action::Partition { id, .. } => life(id) | parent(id),
        Action::Shutdown { id, from } => life(id) | life(from),
        Action::Send { from, .. } | Action::Call { from, .. } => life(from),
        Action::Kill { id } | Action::Detach { id } => life(id),
        // A heal only makes arrivals possible, and times mean nothing.
        Action::Heal { .. } | Action::Slow { .. } => 0,
    }
}
