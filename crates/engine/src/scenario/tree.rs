//! Who hangs below whom in a file at a time, as if news were instant. Swizzles and churn are drawn from it.
//!
//! It holds only what the file writes down: the contexts of a topology are a list of parents, and everything else is by
//! id. So asking costs what the answer has, and not what the file has.

use super::steps::{Action, Connect, Role};
use crate::process::ContextId;
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The most contexts that the swizzles and the churn of one file may look at.
pub const LOOKS_MAX: u64 = 8_000_000;

/// Swizzles and churn would look at more than [`LOOKS_MAX`] contexts.
#[derive(Clone, Copy, Debug)]
pub struct TooManyLooks;

/// A context in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// Its id.
    pub id: ContextId,
    /// Its parent's.
    pub parent: ContextId,
    /// How deep it is; 1 below the master.
    pub depth: u32,
}

/// The contexts of a file.
#[derive(Debug, Default)]
pub struct FileTree {
    /// The parent of each context of the topology, by id from 1, in ascending order.
    topology: Vec<u32>,
    /// When each of them connects, if not all at time 0.
    joins: Vec<Time>,
    /// The first id of each level of the topology.
    levels: Vec<u32>,
    /// The parents of the other contexts that connect at time 0.
    own: BTreeMap<ContextId, ContextId>,
    /// What later steps do, in the order of the file: the parent that a context then has, if any.
    changes: BTreeMap<(ContextId, Time, u32), Option<ContextId>>,
    /// Each parent with each child that it ever gets, other than in the topology.
    below: BTreeSet<(ContextId, ContextId)>,
    /// How deep each context is that is not in the topology, where its latest connect puts it.
    depths: BTreeMap<ContextId, u32>,
    looks: u64,
}

impl FileTree {
    /// Adds the contexts of a topology: their parents, by id from 1.
    pub fn plant(&mut self, parents: Vec<u32>) {
        let mut level = 0;
        for (parent, id) in parents.iter().zip(1..) {
            if *parent >= level {
                level = id;
                self.levels.push(level);
            }
        }
        self.topology = parents;
    }

    /// How many contexts the topology has.
    pub fn planted_count(&self) -> usize {
        self.topology.len()
    }

    /// The contexts of the topology, by id.
    pub fn topology(&self) -> impl Iterator<Item = Seat> {
        let mut depth = 0;
        self.topology.iter().zip(1..).map(move |(parent, id)| {
            depth += u32::from(self.levels.get(depth as usize) == Some(&id));
            Seat { id: ContextId(id), parent: ContextId(*parent), depth }
        })
    }

    /// Says when each context of the topology connects, by id.
    pub fn join(&mut self, at: Vec<Time>) {
        self.joins = at;
    }

    /// Adds a context that connects at time 0.
    pub fn add(&mut self, id: ContextId, parent: ContextId) {
        self.own.insert(id, parent);
        self.put(id, parent);
    }

    /// Notes what a step of `events` does. Steps are noted in the order of the file.
    pub fn note(&mut self, at: Time, action: &Action) {
        let parent = match (action, action.kind().role()) {
            (Action::Connect(Connect { id, parent, .. }), _) => {
                self.put(*id, *parent);
                Some(*parent)
            }
            // It lives on, and so does everything below it.
            (Action::Detach { .. }, _) => return,
            (_, Role::Loss) => None,
            (_, Role::Join | Role::Hindrance | Role::Repair | Role::Traffic) => return,
        };
        let id = action.context();
        // Those of the topology connect before all other steps of that time.
        let planted = self.planted(id);
        if let (Some(parent), Some(join)) = (planted, planted.and_then(|_| self.joins.get(id.0 as usize - 1))) {
            self.changes.entry((id, *join, 0)).or_insert(Some(parent));
        }
        let place = u32::try_from(self.changes.len() + 1).unwrap_or(u32::MAX);
        self.changes.insert((id, at, place), parent);
    }

    fn put(&mut self, id: ContextId, parent: ContextId) {
        self.below.insert((parent, id));
        let depth = self.depth(parent).saturating_add(1);
        self.depths.insert(id, depth);
    }

    /// How deep a context is, where the latest connect puts it.
    pub fn depth(&self, id: ContextId) -> u32 {
        if let Some(depth) = self.depths.get(&id) {
            return *depth;
        }
        let is_planted = self.planted(id).is_some();
        if is_planted { self.levels.partition_point(|first| *first <= id.0) as u32 } else { 0 }
    }

    /// Whether the file ever connects a context with this id, other than by churn.
    pub fn knows(&self, id: ContextId) -> bool {
        id == ContextId::MASTER || self.planted(id).is_some() || self.depths.contains_key(&id)
    }

    /// Whether the topology has a context with this id.
    pub fn is_planted(&self, id: ContextId) -> bool {
        self.planted(id).is_some()
    }

    /// Whether the topology has a context that connects at time 0.
    pub fn is_planted_at_start(&self, id: ContextId) -> bool {
        let place = self.planted(id).map(|_| id.0 as usize - 1);
        place.is_some_and(|place| self.joins.get(place).is_none_or(|at| *at == Time::ZERO))
    }

    /// When a context of the topology connects.
    pub fn join_of(&self, id: ContextId) -> Option<Time> {
        self.planted(id)?;
        Some(self.joins.get(id.0 as usize - 1).copied().unwrap_or(Time::ZERO))
    }

    /// The parent that the topology gives to a context.
    fn planted(&self, id: ContextId) -> Option<ContextId> {
        let place = (id.0 as usize).checked_sub(1)?;
        self.topology.get(place).copied().map(ContextId)
    }

    /// The parent of a context at a time, after all steps of that time so far.
    fn parent_at(&self, id: ContextId, at: Time) -> Option<ContextId> {
        match self.changes.range((id, Time::ZERO, 0)..=(id, at, u32::MAX)).next_back() {
            Some((_, parent)) => *parent,
            None => self.own.get(&id).copied().or_else(|| self.planted(id)),
        }
    }

    /// The contexts at and below `root` at a time, after all steps noted so far, by id; none if nothing leads from the
    /// master to `root`.
    ///
    /// # Errors
    /// [`TooManyLooks`], together with all that was asked before.
    pub fn at_and_below(&mut self, root: ContextId, at: Time) -> Result<Vec<Seat>, TooManyLooks> {
        let mut seats: Vec<Seat> = Vec::new();
        let Some(depth) = self.depth_at(root, at)? else { return Ok(seats) };
        match self.parent_at(root, at) {
            Some(parent) => seats.push(Seat { id: root, parent, depth }),
            None => drop(self.children(root, depth + 1, 0, at, &mut seats)?),
        }
        let (mut next, mut place) = (0, 0);
        while let Some(Seat { id, depth, .. }) = seats.get(next).copied() {
            next += 1;
            place = self.children(id, depth + 1, place, at, &mut seats)?;
        }
        seats.sort_unstable();
        Ok(seats)
    }

    /// How deep a context is at a time; `None` if nothing leads from the master to it.
    fn depth_at(&mut self, id: ContextId, at: Time) -> Result<Option<u32>, TooManyLooks> {
        let (mut above, mut depth) = (id, 0);
        // A reused id can hang below itself.
        let most = self.topology.len() + self.depths.len();
        while above != ContextId::MASTER {
            self.look(1)?;
            depth += 1;
            let Some(parent) = self.parent_at(above, at).filter(|_| depth as usize <= most) else { return Ok(None) };
            above = parent;
        }
        Ok(Some(depth))
    }

    /// Appends the children of a context at a time. In the topology they are likely to be from `place` on; returns where
    /// they end.
    fn children(
        &mut self,
        parent: ContextId,
        depth: u32,
        place: usize,
        at: Time,
        seats: &mut Vec<Seat>,
    ) -> Result<usize, TooManyLooks> {
        let start = self.first_planted(parent, place);
        let end = start + self.topology[start..].iter().take_while(|other| **other == parent.0).count();
        let planted = (start as u32 + 1..).take(end - start).map(ContextId);
        let others = self.below.range((parent, ContextId(0))..=(parent, ContextId(u32::MAX))).map(|(_, id)| *id);
        let others = others.filter(|id| self.planted(*id) != Some(parent));
        let mut looks = 1;
        for id in planted.chain(others) {
            looks += 1;
            if self.parent_at(id, at) == Some(parent) {
                seats.push(Seat { id, parent, depth });
            }
        }
        self.look(looks)?;
        Ok(end)
    }

    /// Where the children of a context begin in the topology, or would begin.
    fn first_planted(&self, parent: ContextId, guess: usize) -> usize {
        let is_before = |place: usize| self.topology.get(place).is_some_and(|other| *other < parent.0);
        let is_first = !is_before(guess) && guess.checked_sub(1).is_none_or(is_before);
        if is_first { guess } else { self.topology.partition_point(|other| *other < parent.0) }
    }

    fn look(&mut self, times: u64) -> Result<(), TooManyLooks> {
        self.looks += times;
        if self.looks > LOOKS_MAX { Err(TooManyLooks) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::catalog::LinkId;
    use proptest::prelude::*;

    /// All changes in the order of time, one after another: who has which parent then.
    fn plainly(
        start: &[(u32, u32)],
        joins: &[(u32, u32, u64)],
        steps: &[(u64, Action)],
        at: u64,
    ) -> BTreeMap<u32, u32> {
        let mut tree: BTreeMap<u32, u32> = start.iter().copied().collect();
        let joins = joins.iter().map(|(id, parent, at)| (*at, *id, Some(*parent)));
        let later = steps.iter().filter_map(|(at, action)| match *action {
            Action::Connect(Connect { id, parent, .. }) => Some((*at, id.0, Some(parent.0))),
            Action::Kill { id } => Some((*at, id.0, None)),
            _ => None,
        });
        let mut changes: Vec<_> = joins.chain(later).filter(|(time, ..)| *time <= at).collect();
        changes.sort_by_key(|(time, ..)| *time);
        for (_, id, parent) in changes {
            match parent {
                Some(parent) => drop(tree.insert(id, parent)),
                None => drop(tree.remove(&id)),
            }
        }
        tree
    }

    fn way_up(tree: &BTreeMap<u32, u32>, id: u32) -> Vec<u32> {
        std::iter::successors(Some(id), |id| tree.get(id).copied()).take(tree.len() + 2).collect()
    }

    fn action((kind, id, parent): (u8, u32, u32)) -> Action {
        let (id, parent) = (ContextId(id), ContextId(parent));
        match kind {
            0 => Action::Kill { id },
            1 => Action::Heal { id },
            _ => Action::Connect(Connect { id, parent, name: None, link: LinkId(0) }),
        }
    }

    proptest! {
        /// Proves that a tree at a time is the one after all changes until then, for topologies that join late, ids that
        /// live again, and circles.
        #[test]
        fn a_tree_is_what_the_changes_make_it(
            parents in prop::collection::vec(0_u32..8, 0..8),
            own in prop::collection::btree_map(9_u32..12, 0_u32..12, 0..3),
            times in prop::collection::vec(0_u64..5, 8),
            is_late in any::<bool>(),
            steps in prop::collection::vec((0_u64..5, (0_u8..4, 1_u32..14, 0_u32..14).prop_map(action)), 0..12),
        ) {
            let mut parents: Vec<u32> = parents.iter().zip(1..).map(|(parent, id)| parent % id).collect();
            parents.sort_unstable();
            let parents: Vec<u32> = parents.into_iter().zip(1..).map(|(parent, id): (u32, u32)| parent.min(id - 1)).collect();
            let mut tree = FileTree::default();
            tree.plant(parents.clone());
            let mut start: Vec<(u32, u32)> = (1..).zip(parents.iter().copied()).collect();
            let mut joins = Vec::new();
            if is_late {
                joins.extend(start.iter().zip(&times).map(|((id, parent), at)| (*id, *parent, *at)));
                tree.join(joins.iter().map(|(.., at)| Time::from_ns(*at)).collect());
            }
            for (id, parent) in own {
                tree.add(ContextId(id), ContextId(parent));
                start.push((id, parent));
            }
            for n in 0..=steps.len() {
                if n > 0 {
                    tree.note(Time::from_ns(steps[n - 1].0), &steps[n - 1].1);
                }
                for (at, root) in [(0, 0), (2, 0), (4, 0), (2, 1), (4, 9), (3, 3)] {
                    let plain = plainly(&start, &joins, &steps[..n], at);
                    let expected: Vec<_> = plain
                        .iter()
                        .filter(|(id, _)| way_up(&plain, **id).contains(&root) && way_up(&plain, **id).contains(&0))
                        .map(|(id, parent)| (*id, *parent, way_up(&plain, *id).len() as u32 - 1))
                        .collect();
                    let found = tree.at_and_below(ContextId(root), Time::from_ns(at)).unwrap();
                    let found: Vec<_> = found.iter().map(|seat| (seat.id.0, seat.parent.0, seat.depth)).collect();
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
