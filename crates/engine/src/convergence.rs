//! The check: how the route tables differ from the truth, kept up to date event by event.
//!
//! The truth, as `docs/model.md` defines it: a context that is alive and not orphaned has a route to its parent and to
//! each of its descendants that are alive and not orphaned, through the child that leads there, and no other route.
//! "Through" means the stream itself, so an entry that leads to a dead process is wrong even if its id lives again.
//!
//! Not everything that should be is stored, only the entries that differ, each with what it should be. An entry without
//! a difference is what it should be. So a change in a table is judged by the change alone, at a constant cost. A
//! change of the tree is judged by a walk from the context to the root, along which its routes lead. What the ancestors of
//! a context that has just joined do not know yet is not even stored one by one: see `joins`.

mod all;
mod difference;
mod joins;
mod reach;

pub use all::compare_all;
pub use difference::{DIFFERENCES_MAX, Difference, Turn};

use crate::link::Incarnation;
use crate::process::{ContextId, RouteChange, StreamId, Truth};
use crate::world::{Happened, TruthChange, View, World};
use difference::difference;
use joins::Joins;
use reach::Reach;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

/// Room for more than this is given back after a run.
const LARGE: usize = 10_000;

/// What an entry should be: a stream, or no entry.
type Expected = Option<StreamId>;

/// An entry of a route table: the context that has it, and its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place(u64);

impl Place {
    fn new(context: Incarnation, destination: ContextId) -> Self {
        Place(u64::from(context.0) << 32 | u64::from(destination.0))
    }

    fn context(self) -> Incarnation {
        Incarnation((self.0 >> 32) as u32)
    }

    fn destination(self) -> ContextId {
        ContextId(self.0 as u32)
    }
}

/// The differences at the moment.
#[derive(Clone, Debug, Default)]
pub struct Convergence {
    /// The differences of contexts on the tree, and some of contexts that have left it, which no longer count. Every
    /// walk over them is put in order.
    differences: FxHashMap<Place, Expected>,
    /// How many of these each context on the tree has.
    by_context: Vec<u32>,
    /// The differences that are not stored one by one.
    joins: Joins,
    /// How many differences there are, of both kinds.
    count: u64,
    /// Whether there were more than [`DIFFERENCES_MAX`] at once, so that nothing is counted any more.
    has_given_up: bool,
    /// The destinations to watch: is any table ever wrong about them?
    watched: BTreeSet<ContextId>,
    disturbed: BTreeSet<ContextId>,
    /// The entries that came to differ, or ceased to, if anybody asked for them.
    turns: Option<Vec<Turn>>,
    /// Whether the first of the file's `events` has been taken.
    is_under_way: bool,
    /// What the protocol is held to.
    truth: Truth,
    /// The differences of a protocol that is held to [`Truth::Reach`].
    reach: Reach,
}

impl Convergence {
    /// No differences yet, of a protocol that is held to `truth`. From the first of the file's `events` on, [`disturbed`](Self::disturbed) collects the
    /// destinations in `watched` that a table was wrong about.
    pub fn watching(watched: BTreeSet<ContextId>, truth: Truth) -> Self {
        Convergence { watched, truth, ..Convergence::default() }
    }

    /// Starts over, as [`watching`](Self::watching) does. Keeps allocations that are not large.
    pub fn restart(&mut self, watched: BTreeSet<ContextId>, truth: Truth) {
        if self.differences.capacity().max(self.by_context.capacity()).max(self.joins.capacity()) > LARGE {
            *self = Convergence::default();
        }
        self.differences.clear();
        self.by_context.clear();
        self.joins.clear();
        self.count = 0;
        self.has_given_up = false;
        self.watched = watched;
        self.disturbed.clear();
        self.turns = None;
        self.is_under_way = false;
        self.truth = truth;
        self.reach = Reach::default();
    }

    /// See [`watching`](Self::watching).
    pub fn disturbed(&self) -> &BTreeSet<ContextId> {
        &self.disturbed
    }

    /// From now on, [`take_turns`](Self::take_turns) tells which entries came to differ, or ceased to. A context that
    /// leaves the tree no longer counts, but that is not a turn of its entries.
    pub fn keep_turns(&mut self) {
        self.turns = Some(Vec::new());
    }

    /// The turns since the last call, in the order in which they happened.
    pub fn take_turns(&mut self) -> Vec<Turn> {
        self.turns.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Updates the differences with what the last event did. Most events change neither a table nor the tree.
    #[inline]
    pub fn observe(&mut self, view: View<'_>) {
        if self.has_given_up {
            return;
        }
        if !self.watched.is_empty() && !self.is_under_way && view.world.is_under_way() {
            self.begin_to_watch(view);
        }
        let Happened { route_changes, truth_changes, .. } = view.world.happened();
        if route_changes.is_empty() && truth_changes.is_empty() {
            return;
        }
        if !truth_changes.is_empty() || self.truth == Truth::Reach {
            return self.follow(view);
        }
        for (context, change) in route_changes {
            self.route_changed(view.world, *context, change);
        }
    }

    /// The first of the file's `events` has been taken.
    #[cold]
    fn begin_to_watch(&mut self, view: View<'_>) {
        self.is_under_way = true;
        let wrong = self.places(view).map(|(place, _)| place.destination());
        let disturbed: BTreeSet<_> = wrong.filter(|destination| self.watched.contains(destination)).collect();
        self.disturbed.extend(disturbed);
    }

    /// Takes over what the last event changed in tables and in the tree.
    #[inline(never)]
    fn follow(&mut self, view: View<'_>) {
        if self.truth == Truth::Reach {
            return self.look_again(view);
        }
        let Happened { route_changes, truth_changes, left, .. } = view.world.happened();
        // Routes come first. They are judged by the truth before this event, and the tree's changes look at the tables
        // after it.
        let joining = match truth_changes.first() {
            Some(TruthChange::Connected { context, is_first_life: true }) if self.turns.is_none() => Some(*context),
            _ => None,
        };
        let mut parent_knows = false;
        for (context, change) in route_changes {
            if joining.is_some_and(|joining| is_of_birth(view, joining, *context, *change)) {
                parent_knows = true;
                self.note_disturbed(change.target);
            } else {
                self.route_changed(view.world, *context, change);
            }
        }
        for change in truth_changes {
            match change {
                TruthChange::Connected { context, .. } if joining == Some(*context) => {
                    self.joined(view, *context, parent_knows);
                }
                TruthChange::Connected { context, is_first_life } => self.connected(view, *context, *is_first_life),
                TruthChange::Detached(range) => self.detached(view, &left[range.clone()]),
            }
        }
    }

    /// Follows what a change did to the ways between contexts.
    fn look_again(&mut self, view: View<'_>) {
        if view.world.topology().len() > reach::FOLLOWED_MAX {
            self.has_given_up = true;
            return;
        }
        let turns = self.reach.observe(view);
        self.count = self.reach.count() as u64;
        for turn in turns {
            if turn.is_wrong {
                self.note_disturbed(turn.destination);
            }
            self.note_turn(turn);
        }
    }

    /// How many entries differ; `None` if there were too many to follow.
    pub fn count(&self) -> Option<u64> {
        (!self.has_given_up).then_some(self.count)
    }

    /// All differences, by context and destination.
    pub fn differences(&self, view: View<'_>) -> Vec<Difference> {
        if self.truth == Truth::Reach {
            return self.reach.differences();
        }
        let difference =
            |(place, expected): (Place, Expected)| difference(view, place.context(), place.destination(), expected);
        if self.count == 0 {
            return Vec::new();
        }
        let mut all: Vec<_> = self.places(view).map(difference).collect();
        all.sort_unstable();
        all
    }

    /// The entries that differ, in no particular order, each with what it should be.
    fn places<'v>(&'v self, view: View<'v>) -> impl Iterator<Item = (Place, Expected)> + 'v {
        let counts = move |place: Place| view.world.topology().is_attached(place.context());
        let stored = self.differences.iter().map(|(place, expected)| (*place, *expected));
        let joining = self.joins.iter().flat_map(move |(context, front)| missing(view.world, context, front));
        stored.filter(move |(place, _)| counts(*place)).chain(joining)
    }

    /// A change in a table, which counts if its context is on the tree. An entry without a difference was what it should be.
    #[inline]
    fn route_changed(&mut self, world: &World<'_>, context: Incarnation, change: &RouteChange) {
        let counts = world.topology().is_attached(context) && !self.has_given_up;
        if counts && !self.takes_as_news(world, context, change) {
            self.judge(context, change);
        }
    }

    /// Whether an entry is right or wrong after a change.
    #[inline(never)]
    fn judge(&mut self, context: Incarnation, change: &RouteChange) {
        match self.differences.entry(Place::new(context, change.target)) {
            Entry::Occupied(entry) if *entry.get() == change.after => {
                entry.remove();
                self.count_down(context, change.target);
            }
            Entry::Occupied(_) => self.note_disturbed(change.target),
            Entry::Vacant(_) => self.set(context, change.target, change.before, change.after),
        }
    }

    /// Whether a change in a table is the news of a join, come one hop further up. If it is another change about a context
    /// that is joining, what is missing about that context is stored one by one.
    #[inline]
    fn takes_as_news(&mut self, world: &World<'_>, context: Incarnation, change: &RouteChange) -> bool {
        let Some(joining) = world.last_incarnation(change.target) else { return false };
        let Some(front) = self.joins.front(joining) else { return false };
        let is_next = world.topology().parent_of(front) == context;
        if is_next && change.after == Some(world.stream_to(front)) {
            self.joins.rise(joining, context);
            self.count -= 1;
            return true;
        }
        self.store(world, joining);
        false
    }

    /// Stores one by one what is missing about a context that is joining.
    #[inline(never)]
    fn store(&mut self, world: &World<'_>, joining: Incarnation) {
        let Some(front) = self.joins.take(joining) else { return };
        for (place, expected) in missing(world, joining, front) {
            self.differences.insert(place, expected);
            *self.count_of(place.context()) += 1;
        }
    }

    fn connected(&mut self, view: View<'_>, context: Incarnation, is_first_life: bool) {
        let topology = view.world.topology();
        let id = topology.id(context);
        self.joins.add(context, topology.parent_of(context));
        let mut child = context;
        while let Some(ancestor) = topology.parent(child).filter(|_| !self.has_given_up) {
            let expected = Some(view.world.stream_to(child));
            if child == context {
                self.expect(view, context, topology.id(ancestor), Some(StreamId::PARENT));
                self.expect(view, ancestor, id, expected);
            } else if is_first_life {
                self.set(ancestor, id, expected, None);
            } else {
                self.expect(view, ancestor, id, expected);
            }
            child = ancestor;
        }
    }

    /// A context has connected whose id is new, so that no ancestor of its parent has a route to it, and nobody wants to
    /// know which entries these are. This does what [`connected`](Self::connected) does, at a constant cost.
    fn joined(&mut self, view: View<'_>, context: Incarnation, parent_knows: bool) {
        let topology = view.world.topology();
        let (id, parent) = (topology.id(context), topology.parent_of(context));
        // The table of a newborn is right, and nothing was ever wrong about it.
        if !view.world.is_newborn(context) {
            self.expect(view, context, topology.id(parent), Some(StreamId::PARENT));
        }
        if !parent_knows {
            self.expect(view, parent, id, Some(view.world.stream_to(context)));
        }
        if self.has_given_up {
            return;
        }
        self.joins.add(context, parent);
        let missing = self.joins.begin(parent);
        if missing == 0 {
            return;
        }
        if self.count + missing > DIFFERENCES_MAX as u64 {
            return self.give_up();
        }
        self.count += missing;
        self.note_disturbed(id);
    }

    fn give_up(&mut self) {
        self.has_given_up = true;
        self.differences = FxHashMap::default();
        self.joins = Joins::default();
    }

    fn detached(&mut self, view: View<'_>, contexts: &[Incarnation]) {
        for context in contexts {
            self.store(view.world, *context);
        }
        for context in contexts {
            let dropped = self.by_context.get_mut(context.index()).map(std::mem::take);
            self.count -= u64::from(dropped.unwrap_or(0));
        }
        let topology = view.world.topology();
        // What was dropped stays in the map until it is the larger part of it, so each costs a constant time.
        if self.differences.len() as u64 > 2 * self.count + 1_000 {
            self.differences.retain(|place, _| topology.is_attached(place.context()));
        }
        for ancestor in topology.lineage(contexts[0]).skip(1) {
            if self.has_given_up {
                break;
            }
            // One that dies in this same event is removed by a later change of the event.
            let Some(table) = view.table(ancestor) else { continue };
            for context in contexts {
                let destination = topology.id(*context);
                self.set(ancestor, destination, None, table.route(destination));
            }
        }
    }

    /// From now on, the entry of `context` for `destination` should be `expected`.
    fn expect(&mut self, view: View<'_>, context: Incarnation, destination: ContextId, expected: Expected) {
        // One that dies in this same event is removed by a later change of the event.
        let Some(table) = view.table(context) else { return };
        self.set(context, destination, expected, table.route(destination));
    }

    fn set(&mut self, context: Incarnation, destination: ContextId, expected: Expected, actual: Option<StreamId>) {
        if self.count >= DIFFERENCES_MAX as u64 {
            return self.give_up();
        }
        let place = Place::new(context, destination);
        if expected != actual {
            if self.differences.insert(place, expected).is_none() {
                self.count += 1;
                *self.count_of(context) += 1;
                self.note_turn(Turn { context, destination, is_wrong: true });
            }
            self.note_disturbed(destination);
        } else if !self.differences.is_empty() && self.differences.remove(&place).is_some() {
            self.count_down(context, destination);
        }
    }

    /// Removes a difference from the counts.
    fn count_down(&mut self, context: Incarnation, destination: ContextId) {
        self.count -= 1;
        *self.count_of(context) -= 1;
        self.note_turn(Turn { context, destination, is_wrong: false });
    }

    fn note_turn(&mut self, turn: Turn) {
        if let Some(turns) = &mut self.turns {
            turns.push(turn);
        }
    }

    #[inline]
    fn note_disturbed(&mut self, destination: ContextId) {
        if self.is_under_way && self.watched.contains(&destination) {
            self.disturbed.insert(destination);
        }
    }

    fn count_of(&mut self, context: Incarnation) -> &mut u32 {
        if self.by_context.len() <= context.index() {
            self.by_context.resize(context.index() + 1, 0);
        }
        &mut self.by_context[context.index()]
    }
}

/// Whether a change in a table is that of the parent of `joining`, which has just connected for the first time: the entry
/// that should be.
fn is_of_birth(view: View<'_>, joining: Incarnation, context: Incarnation, change: RouteChange) -> bool {
    let (world, RouteChange { target, before, after }) = (view.world, change);
    let topology = world.topology();
    let is_parent = topology.parent_of(joining) == context && topology.is_attached(context);
    is_parent && world.id(joining) == target && before.is_none() && after == Some(world.stream_to(joining))
}

/// What is missing about a context whose news has come up to `front`: an entry in the table of each ancestor of `front`.
fn missing<'v>(
    world: &'v World<'_>,
    joining: Incarnation,
    front: Incarnation,
) -> impl Iterator<Item = (Place, Expected)> + 'v {
    let destination = world.id(joining);
    world
        .topology()
        .lineage(front)
        .zip(world.topology().lineage(front).skip(1))
        .map(move |(child, ancestor)| (Place::new(ancestor, destination), Some(world.stream_to(child))))
}
