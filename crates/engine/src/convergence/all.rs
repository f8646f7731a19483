//! The check of a moment: all tables against the whole tree, without what was known before.

use super::difference::{DIFFERENCES_MAX, Difference, difference};
use super::reach;
use crate::link::Incarnation;
use crate::process::{ContextId, StreamId, Truth};
use crate::world::View;

/// All differences from `truth`, found by comparing all tables with the whole tree. [`Convergence`](super::Convergence) must
/// agree with it. It stops at the first [`DIFFERENCES_MAX`].
pub fn compare_all(view: View<'_>, truth: Truth) -> Vec<Difference> {
    if truth == Truth::Reach {
        return reach::differences(view);
    }
    let tree = Tree::of(view);
    if tree.is_right_everywhere(view) {
        return Vec::new();
    }
    let topology = view.world.topology();
    let mut all = Vec::new();
    // How many entries of each table are for a destination that should have one.
    let mut met: Vec<usize> = topology.contexts().map(|_| 0).collect();
    let mut meet = |context: Incarnation, destination: ContextId, stream: StreamId| {
        let table = view.table(context).expect("a context on the tree is alive");
        let actual = table.route(destination);
        met[context.index()] += usize::from(actual.is_some());
        if actual != Some(stream) {
            all.push(difference(view, context, destination, Some(stream)));
        }
        all.len()
    };
    let attached = || topology.contexts().filter(|context| topology.is_attached(*context));
    for context in attached() {
        // The table of a newborn is right, and empty but for its parent.
        if let Some(parent) = topology.parent(context).filter(|_| !view.world.is_newborn(context)) {
            meet(context, topology.id(parent), StreamId::PARENT);
        }
        for child in topology.lineage(context) {
            let Some(ancestor) = topology.parent(child) else { break };
            if meet(ancestor, topology.id(context), view.world.stream_to(child)) >= DIFFERENCES_MAX {
                all.sort_unstable();
                return all;
            }
        }
    }
    for context in attached().filter(|context| !view.world.is_newborn(*context)) {
        let table = view.table(context).expect("a context on the tree is alive");
        if table.route_count() > met[context.index()] {
            table.each_route(|target, _| {
                if !tree.should_reach(view, context, target) {
                    all.push(difference(view, context, target, None));
                }
            });
        }
    }
    all.sort_unstable();
    all
}

/// The contexts on the tree in an order in which everything below a context comes right behind it.
struct Tree {
    /// The place of each context in that order; `u32::MAX` if it is not on the tree.
    places: Vec<u32>,
    /// How many contexts there are at and below each.
    sizes: Vec<u32>,
}

impl Tree {
    fn of(view: View<'_>) -> Tree {
        let topology = view.world.topology();
        let mut tree = Tree { places: vec![u32::MAX; topology.len()], sizes: vec![0; topology.len()] };
        // A context connects after its parent, so it has a higher number.
        for number in (1..topology.len()).rev() {
            let context = Incarnation(number as u32);
            if topology.is_attached(context) {
                tree.sizes[number] += 1;
                tree.sizes[topology.parent_of(context).index()] += tree.sizes[number];
            }
        }
        tree.sizes[0] += 1;
        // The place of the next child of each.
        let mut next = vec![1; topology.len()];
        tree.places[0] = 0;
        for number in 1..topology.len() {
            let context = Incarnation(number as u32);
            if topology.is_attached(context) {
                let parent = topology.parent_of(context).index();
                tree.places[number] = next[parent];
                next[parent] += tree.sizes[number];
                next[number] = tree.places[number] + 1;
            }
        }
        tree
    }

    /// Whether `context` is `other`, or below it.
    fn is_within(&self, context: Incarnation, other: Incarnation) -> bool {
        let (first, place) = (self.places[other.index()], self.places[context.index()]);
        place != u32::MAX && (first..first + self.sizes[other.index()]).contains(&place)
    }

    /// Whether `context`, which is on the tree, should have a route to `target`.
    fn should_reach(&self, view: View<'_>, context: Incarnation, target: ContextId) -> bool {
        let topology = view.world.topology();
        let is_parent = topology.parent(context).is_some_and(|parent| topology.id(parent) == target);
        let is_below = |target| target != context && self.is_within(target, context);
        is_parent || view.world.last_incarnation(target).is_some_and(is_below)
    }

    /// Whether no entry of any table differs from the truth: each table has as many entries as it should, and all are right.
    /// Costs a few steps for each entry, where to look for each one that should be there is a search in a table.
    fn is_right_everywhere(&self, view: View<'_>) -> bool {
        let (world, topology) = (view.world, view.world.topology());
        // The children of a context, by their streams.
        let mut children: Vec<(StreamId, Incarnation)> = Vec::new();
        let attached = topology.contexts().filter(|context| topology.is_attached(*context));
        for context in attached.filter(|context| !world.is_newborn(*context)) {
            let parent = topology.parent(context).map(|parent| topology.id(parent));
            let below = self.sizes[context.index()] as usize - 1;
            let table = view.table(context).expect("a context on the tree is alive");
            if table.route_count() != below + usize::from(parent.is_some()) {
                return false;
            }
            children.clear();
            topology.each_child(context, |child| {
                if topology.is_attached(child) {
                    children.push((world.stream_to(child), child));
                }
            });
            children.sort_unstable();
            let (mut is_right, mut near) = (true, 0);
            table.each_route(|target, stream| {
                // Entries that follow each other mostly lead through the same stream, or through the next one.
                let is_near = |place: &usize| children.get(*place).is_some_and(|child| child.0 == stream);
                let found = [near, near + 1].into_iter().find(is_near);
                let found = found.or_else(|| children.binary_search_by_key(&stream, |child| child.0).ok());
                near = found.unwrap_or(near);
                is_right &= match found {
                    Some(place) => {
                        let child = children[place].1;
                        world.last_incarnation(target).is_some_and(|target| self.is_within(target, child))
                    }
                    None => stream == StreamId::PARENT && Some(target) == parent,
                };
            });
            if !is_right {
                return false;
            }
        }
        true
    }
}
