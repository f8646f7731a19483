//! The check of a moment: all tables against the whole tree, without what was known before.

use super::difference::{Difference, difference};
use super::reach;
use crate::link::Incarnation;
use crate::process::{ContextId, StreamId, Truth};
use crate::world::View;

/// The differences from `truth`, up to `most`, found by comparing all tables with the whole tree.
/// [`Convergence`](super::Convergence) must agree with it.
pub fn compare_all(view: View<'_>, truth: Truth, most: usize) -> Vec<Difference> {
    if truth == Truth::Reach {
        return reach::differences(view, most);
    }
    let (tree, topology) = (Tree::of(view), view.world.topology());
    let (mut all, mut node) = (Vec::new(), Node::default());
    // The table of a newborn is right, and empty but for its parent.
    let is_old = |context: &Incarnation| topology.is_attached(*context) && !view.world.is_newborn(*context);
    for context in topology.contexts().filter(is_old) {
        node.restart(view, context);
        if !node.is_right(view, &tree) {
            node.compare(view, &tree, &mut |difference| {
                if all.len() < most {
                    all.push(difference);
                }
            });
            if all.len() == most {
                break;
            }
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
}

/// A context on the tree, with its neighbours there: all that its table depends on.
#[derive(Default)]
struct Node {
    context: Incarnation,
    /// The parent's id.
    parent: Option<ContextId>,
    /// The children, by the streams to them.
    children: Vec<(StreamId, Incarnation)>,
}

impl Node {
    /// Goes on with another context.
    fn restart(&mut self, view: View<'_>, context: Incarnation) {
        let topology = view.world.topology();
        self.context = context;
        self.parent = topology.parent(context).map(|parent| topology.id(parent));
        self.children.clear();
        self.children.extend(topology.attached_children(context).map(|child| (view.world.stream_to(child), child)));
        self.children.sort_unstable();
    }

    /// How many entries the table should have.
    fn expected_count(&self, tree: &Tree) -> usize {
        let below = tree.sizes[self.context.index()] as usize - 1;
        below + usize::from(self.parent.is_some())
    }

    /// Whether the table has as many entries as it should, and all are right. Costs a few steps for each entry.
    fn is_right(&self, view: View<'_>, tree: &Tree) -> bool {
        let table = view.table(self.context).expect("a context on the tree is alive");
        if table.route_count() != self.expected_count(tree) {
            return false;
        }
        let (mut is_right, mut near) = (true, 0);
        table.each_route(|target, stream| {
            // Entries that follow each other mostly lead through the same stream, or through the next one.
            let is_near = |place: &usize| self.children.get(*place).is_some_and(|child| child.0 == stream);
            let found = [near, near + 1].into_iter().find(is_near);
            let found = found.or_else(|| self.children.binary_search_by_key(&stream, |child| child.0).ok());
            near = found.unwrap_or(near);
            is_right &= match found {
                Some(place) => {
                    let child = self.children[place].1;
                    view.world.last_incarnation(target).is_some_and(|target| tree.is_within(target, child))
                }
                None => stream == StreamId::PARENT && Some(target) == self.parent,
            };
        });
        is_right
    }

    /// Gives each difference of the table to `add`.
    fn compare(&self, view: View<'_>, tree: &Tree, add: &mut impl FnMut(Difference)) {
        let place = |child: &Incarnation| tree.places[child.index()];
        let mut by_place: Vec<_> = self.children.iter().map(|(stream, child)| (place(child), *stream)).collect();
        by_place.sort_unstable();
        let table = view.table(self.context).expect("a context on the tree is alive");
        let mut met = 0;
        table.each_route(|target, stream| {
            let expected = self.expected(view, tree, &by_place, target);
            met += usize::from(expected.is_some());
            if expected != Some(stream) {
                add(difference(view, self.context, target, expected));
            }
        });
        if met == self.expected_count(tree) {
            return;
        }
        let mut expect = |target, stream| {
            if table.route(target).is_none() {
                add(difference(view, self.context, target, Some(stream)));
            }
        };
        self.parent.into_iter().for_each(|parent| expect(parent, StreamId::PARENT));
        let topology = view.world.topology();
        let mut next = self.children.clone();
        while let Some((stream, context)) = next.pop() {
            expect(topology.id(context), stream);
            next.extend(topology.attached_children(context).map(|child| (stream, child)));
        }
    }

    /// The stream through which the table should reach `target`, if it should. `by_place` has the places of the children in
    /// the tree, ascending, and the streams to them.
    fn expected(
        &self,
        view: View<'_>,
        tree: &Tree,
        by_place: &[(u32, StreamId)],
        target: ContextId,
    ) -> Option<StreamId> {
        if self.parent == Some(target) {
            return Some(StreamId::PARENT);
        }
        let target = view.world.last_incarnation(target)?;
        let is_below = target != self.context && tree.is_within(target, self.context);
        let after = by_place.partition_point(|(place, _)| *place <= tree.places[target.index()]);
        is_below.then(|| by_place[after - 1].1)
    }
}
