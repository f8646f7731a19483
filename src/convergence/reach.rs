//! The truth of protocols that are held to [reach](crate::process::Truth::Reach): whether a message would get from every
//! context on the tree to every other one, hop by hop.
//!
//! Nothing is kept between events: all pairs are looked at again whenever a table or the tree has changed. For each
//! destination that takes as many steps as there are contexts.

use super::difference::{DIFFERENCES_MAX, Difference};
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::scenario::expectation::DifferenceKind;
use crate::world::View;
use rustc_hash::FxHashMap;

/// All pairs are looked at after each event only while there are at most so many contexts.
pub(super) const FOLLOWED_MAX: usize = 300;

/// What is known about the way from a context to the destination in question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Unknown,
    /// It is being followed; to come here again is a loop.
    Open,
    Arrives,
    Fails,
}

/// A difference, with the context that it is in. At most [`DIFFERENCES_MAX`], by context and destination.
pub(super) fn differences(view: View<'_>) -> Vec<(Incarnation, Difference)> {
    let topology = view.world.topology();
    let on_tree: Vec<Incarnation> = topology.contexts().filter(|context| topology.is_attached(*context)).collect();
    let by_id: FxHashMap<ContextId, Incarnation> =
        on_tree.iter().map(|context| (topology.id(*context), *context)).collect();
    let mut all = Vec::new();
    let mut ways: FxHashMap<Incarnation, Way> = FxHashMap::default();
    for destination in &on_tree {
        let id = topology.id(*destination);
        ways.clear();
        ways.insert(*destination, Way::Arrives);
        for context in &on_tree {
            if !arrives(view, &by_id, &mut ways, *context, id) {
                all.push((*context, unreached(view, *context, *destination)));
            }
        }
        if all.len() >= DIFFERENCES_MAX {
            break;
        }
    }
    for context in &on_tree {
        let Some(table) = view.table(*context) else { continue };
        table.each_hop(|to, via| {
            if !by_id.contains_key(&to) {
                let kind = DifferenceKind::Stale;
                let context_id = topology.id(*context);
                let stale = Difference { context: context_id, destination: to, kind, via: Some(via), expected: None };
                all.push((*context, stale));
            }
        });
    }
    all.truncate(DIFFERENCES_MAX);
    all.sort_unstable_by_key(|(_, difference)| *difference);
    all
}

/// Whether a message from `from` gets to the destination. Notes what it learns on the way.
fn arrives(
    view: View<'_>,
    by_id: &FxHashMap<ContextId, Incarnation>,
    ways: &mut FxHashMap<Incarnation, Way>,
    from: Incarnation,
    to: ContextId,
) -> bool {
    let mut path = Vec::new();
    let mut at = Some(from);
    let end = loop {
        let Some(context) = at else { break Way::Fails };
        match ways.get(&context).copied().unwrap_or(Way::Unknown) {
            Way::Unknown => {
                ways.insert(context, Way::Open);
                path.push(context);
                at = next(view, by_id, context, to);
            }
            Way::Open => break Way::Fails,
            known => break known,
        }
    };
    for context in path {
        ways.insert(context, end);
    }
    end == Way::Arrives
}

/// The neighbour that a context hands a message on to: the one that its table says, or else its parent.
fn next(
    view: View<'_>,
    by_id: &FxHashMap<ContextId, Incarnation>,
    context: Incarnation,
    to: ContextId,
) -> Option<Incarnation> {
    let topology = view.world.topology();
    let parent = topology.parent(context);
    let table = view.table(context)?;
    match table.hop(to) {
        None => parent,
        Some(id) => {
            by_id.get(&id).copied().filter(|next| topology.parent(*next) == Some(context) || parent == Some(*next))
        }
    }
}

fn unreached(view: View<'_>, context: Incarnation, destination: Incarnation) -> Difference {
    let topology = view.world.topology();
    let id = topology.id(destination);
    let via = view.table(context).and_then(|table| table.hop(id));
    let towards = topology.lineage(destination).find(|child| topology.parent(*child) == Some(context));
    let expected = towards.or_else(|| topology.parent(context)).map(|hop| topology.id(hop));
    let kind = if via.is_none() { DifferenceKind::Missing } else { DifferenceKind::Wrong };
    Difference { context: topology.id(context), destination: id, kind, via, expected }
}
