//! The truth of protocols that are held to [reach](crate::process::Truth::Reach): whether a message would get from every
//! context on the tree to every other one, hop by hop.
//!
//! The way to a destination depends on the tree and on what the tables say about that destination. So after a change of
//! tables only the destinations that it is about are looked at again, and after a change of the tree all of them. Each
//! takes as many steps as there are contexts.

use super::difference::{DIFFERENCES_MAX, Difference, Turn};
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::scenario::expectation::DifferenceKind;
use crate::world::View;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// All pairs are looked at after each change of the tree only while there are at most so many contexts.
pub(super) const FOLLOWED_MAX: usize = 300;

/// A difference, with the context that it is in.
type Placed = (Incarnation, Difference);

/// The differences at the moment, followed event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// The contexts on the tree; empty before the first event.
    tree: OnTree,
    /// By destination, ascending by context. A destination without a difference is not in it.
    wrong: BTreeMap<ContextId, Vec<Placed>>,
    /// How many differences there are.
    count: usize,
}

impl Reach {
    /// Takes over what the last event changed in the tree and in tables. Returns which entries came to differ, or ceased
    /// to, by context and destination.
    pub(super) fn observe(&mut self, view: View<'_>) -> Vec<Turn> {
        let happened = view.world.happened();
        let destinations: BTreeSet<ContextId> = if happened.truth_changes.is_empty() && !self.tree.all.is_empty() {
            happened.route_changes.iter().map(|(_, change)| change.target).collect()
        } else {
            self.tree = OnTree::of(view);
            let in_tables = self.tree.destinations(view);
            in_tables.into_iter().chain(self.wrong.keys().copied()).collect()
        };
        let mut turns = Vec::new();
        for destination in destinations {
            let now = self.tree.differences(view, destination);
            self.count += now.len();
            let before =
                if now.is_empty() { self.wrong.remove(&destination) } else { self.wrong.insert(destination, now) };
            let before = before.unwrap_or_default();
            self.count -= before.len();
            let contexts =
                |all: &[Placed]| -> BTreeSet<Incarnation> { all.iter().map(|(context, _)| *context).collect() };
            let now = contexts(self.wrong.get(&destination).map_or(&[][..], Vec::as_slice));
            turns.extend(contexts(&before).symmetric_difference(&now).map(|context| Turn {
                context: *context,
                destination,
                is_wrong: now.contains(context),
            }));
        }
        turns.sort_unstable_by_key(|turn| (turn.context, turn.destination));
        turns
    }

    /// How many differences there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The differences by context and destination, at most [`DIFFERENCES_MAX`].
    pub(super) fn differences(&self) -> Vec<Difference> {
        sorted(self.wrong.values().flatten().map(|(_, difference)| *difference), DIFFERENCES_MAX)
    }
}

/// The differences of all pairs by context and destination, up to `most`.
pub(super) fn differences(view: View<'_>, most: usize) -> Vec<Difference> {
    let tree = OnTree::of(view);
    let all = tree.destinations(view).into_iter().flat_map(|destination| tree.differences(view, destination));
    sorted(all.map(|(_, difference)| difference), most)
}

fn sorted(differences: impl Iterator<Item = Difference>, most: usize) -> Vec<Difference> {
    let mut all: Vec<_> = differences.take(most).collect();
    all.sort_unstable();
    all
}

/// The contexts on the tree.
#[derive(Clone, Debug, Default)]
struct OnTree {
    all: Vec<Incarnation>,
    by_id: FxHashMap<ContextId, Incarnation>,
}

impl OnTree {
    fn of(view: View<'_>) -> Self {
        let topology = view.world.topology();
        let all: Vec<_> = topology.contexts().filter(|context| topology.is_attached(*context)).collect();
        let by_id = all.iter().map(|context| (topology.id(*context), *context)).collect();
        OnTree { all, by_id }
    }

    /// Every destination that some context should reach, or has an entry for.
    fn destinations(&self, view: View<'_>) -> BTreeSet<ContextId> {
        let mut all: BTreeSet<_> = self.by_id.keys().copied().collect();
        for table in self.all.iter().filter_map(|context| view.table(*context)) {
            table.each_hop(|to, _| {
                all.insert(to);
            });
        }
        all
    }

    /// The differences about a destination, ascending by context.
    fn differences(&self, view: View<'_>, destination: ContextId) -> Vec<Placed> {
        let Some(there) = self.by_id.get(&destination) else { return self.stale(view, destination).collect() };
        let mut ways = FxHashMap::default();
        ways.insert(*there, Way::Arrives);
        let fails = |context: &&Incarnation| !self.arrives(view, &mut ways, **context, destination);
        self.all.iter().filter(fails).map(|context| (*context, unreached(view, *context, *there))).collect()
    }

    /// The entries for a destination that is not on the tree.
    fn stale(&self, view: View<'_>, destination: ContextId) -> impl Iterator<Item = Placed> {
        self.all.iter().filter_map(move |context| {
            let via = view.table(*context)?.hop(destination);
            let (kind, id) = (DifferenceKind::Stale, view.world.id(*context));
            via.is_some().then_some((*context, Difference { context: id, destination, kind, via, expected: None }))
        })
    }

    /// Whether a message from `from` gets to the destination. Notes what it learns in `ways`.
    fn arrives(
        &self,
        view: View<'_>,
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
                    at = self.next(view, context, to);
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
    fn next(&self, view: View<'_>, context: Incarnation, to: ContextId) -> Option<Incarnation> {
        let topology = view.world.topology();
        let parent = topology.parent(context);
        let table = view.table(context)?;
        let Some(id) = table.hop(to) else { return parent };
        let next = self.by_id.get(&id).copied();
        next.filter(|next| topology.parent(*next) == Some(context) || parent == Some(*next))
    }
}

/// What is known about the way from a context to the destination in question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Unknown,
    /// It is being followed; to come here again is a loop.
    Open,
    Arrives,
    Fails,
}

fn unreached(view: View<'_>, context: Incarnation, destination: Incarnation) -> Difference {
    let topology = view.world.topology();
    let id = topology.id(destination);
    let via = view.table(context).and_then(|table| table.hop(id));
    let towards = topology.lineage(destination).find(|child| topology.parent(*child) == Some(context));
    let expected = towards.or_else(|| topology.parent(context)).map(|hop| topology.id(hop));
    let kind = DifferenceKind::of(via, expected);
    Difference { context: topology.id(context), destination: id, kind, via, expected }
}
