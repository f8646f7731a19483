//! Contexts that die in every order, whatever they still do: where a context dies with the stream to its parent, and of
//! nothing else that arrives, as in a scenario that [is orderly](super::reduce::is_orderly).
//!
//! A parent that has closed its end of the link to a child hears it no more, and what it has sent ends with an EOF. So the
//! child dies, and then those below it. Nothing that happens down there reaches anybody else, and no live context is left
//! there that could show it, except behind a partition that never heals, where nothing arrives any more. So all
//! orders of what happens there are as good as one, unless a step that is left tells them apart: see [`spoils`].

use crate::link::{Direction, Incarnation, LaneId};
use crate::process::ContextId;
use crate::scenario::{Action, Whom};
use crate::simulation::Bare;
use crate::world::World;

/// More contexts than this, dead ones included, are not reduced: a set of contexts is one number.
pub(super) const CONTEXTS_MAX: usize = 128;

/// A context that dies in every order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doomed {
    /// The lane from its parent, which brings the EOF.
    pub lane: LaneId,
    /// The context, and all below it.
    pub below: u128,
}

/// The contexts that die since their parents have closed their ends.
pub(super) fn doomed(bare: &Bare) -> Vec<Doomed> {
    let topology = bare.world().topology();
    if topology.len() > CONTEXTS_MAX {
        return Vec::new();
    }
    let down = Direction::Down;
    let hears = |child: Incarnation| topology.link(child).receiver_is_open(down);
    let children = || (1..topology.len() as u32).map(Incarnation);
    let is_root = |child: &Incarnation| {
        let link = topology.link(*child);
        !link.sender_is_open(down) && hears(*child) && !link.is_partitioned(down)
    };
    let roots = children().filter(is_root).map(|root| {
        // Parents have lower numbers than their children.
        let add = |below: u128, child: Incarnation| {
            let is_below = child == root || (hears(child) && below >> topology.parent_of(child).0 & 1 == 1);
            below | u128::from(is_below) << child.0
        };
        Doomed { lane: LaneId::new(root, down), below: children().fold(0, add) }
    });
    roots.collect()
}

/// The contexts whose deaths a step that is left tells apart: those that it may save, and those whose life decides whether
/// some context comes into being that a later step names. What else a step does to a context that dies anyway dies with it.
pub(super) fn spoils(world: &World<'_>, action: &Action, is_named_later: impl Fn(ContextId) -> bool) -> u128 {
    let life = |id| life(world, id);
    match *action {
        Action::Connect(connect) if is_named_later(connect.id) => life(connect.id) | life(connect.parent),
        Action::Connect(connect) => life(connect.id),
        Action::Partition { id, .. } => life(id),
        Action::Kill { .. } | Action::Disconnect { .. } | Action::Send { .. } | Action::Call { .. } => 0,
        _ => touched(world, action),
    }
}

/// The last lives that a step touches.
pub(super) fn touched(world: &World<'_>, action: &Action) -> u128 {
    let touched = action.touches().map(|whom| match whom {
        Whom::Context(id) => life(world, id),
        Whom::ParentOf(id) => parent(world, id),
    });
    touched.fold(0, |all, one| all | one)
}

/// The parent of the last life of an id.
pub(super) fn parent(world: &World<'_>, id: ContextId) -> u128 {
    let parent = world.last_incarnation(id).and_then(|child| world.topology().parent(child));
    parent.map_or(0, bit)
}

/// The last life of an id: only that one can be alive.
pub(super) fn life(world: &World<'_>, id: ContextId) -> u128 {
    world.last_incarnation(id).map_or(0, bit)
}

/// A context, as a set of contexts.
pub(super) fn bit(context: Incarnation) -> u128 {
    1 << context.0
}
