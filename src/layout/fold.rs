//! A tree in which siblings that are alike, with everything below them, are one node: 250 contexts, each with 1 below.

use super::alike::{Look, Looks, groups, told};
use super::fates::Fates;
use crate::link::Incarnation;
use crate::recording::{Recording, State};
use crate::words::grouped;
use std::collections::BTreeSet;

/// A tree with fewer contexts than this is never folded.
const FOLDED_FROM: usize = 40;

/// This many siblings that are alike become one node.
const ALIKE_MIN: usize = 9;

/// The most ranges of ids of a node.
const RANGES_MAX: usize = 3;

/// A folded tree.
#[derive(Clone, Debug)]
pub struct Fold {
    /// Its nodes. A node comes after its parent.
    pub nodes: Vec<Node>,
    /// The contexts that faults are about.
    pub told: BTreeSet<Incarnation>,
}

/// A node: one context, or several that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The contexts.
    pub members: Vec<Incarnation>,
    /// The place of its parent; `None` for the master.
    pub parent: Option<usize>,
    /// How many contexts are below all members together.
    pub below: usize,
    /// Whether these are left out, because all are dead as the members are.
    pub is_gone: bool,
}

impl Fold {
    /// The tree of a state; with `all`, each context is a node.
    pub fn of(recording: &Recording<'_>, state: &State<'_>, all: bool) -> Fold {
        let contexts: Vec<Incarnation> = state.contexts().collect();
        let children = children(recording, &contexts);
        let told = told(recording, state.moment());
        let latest_first: Vec<Incarnation> = contexts.iter().rev().copied().collect();
        let looks = Looks::of(state, &children, &latest_first, &told);
        let is_folded = !all && contexts.len() >= FOLDED_FROM;
        let folder = Folder {
            recording,
            children: &children,
            is_folded,
            alike: &|context| looks.number(context),
            below: &|context| looks.size(context) - 1,
            is_gone: &|context| *looks.look(context) == Look::GONE,
        };
        Fold { nodes: folder.nodes(), told }
    }

    /// The tree of a whole run, with every life: alike are those that the same happens to. So it is the same at every
    /// moment.
    pub fn of_run(recording: &Recording<'_>, fates: &Fates) -> Fold {
        let contexts: Vec<Incarnation> = (0..recording.lives.len() as u32).map(Incarnation).collect();
        let folder = Folder {
            recording,
            children: &children(recording, &contexts),
            is_folded: contexts.len() >= FOLDED_FROM,
            alike: &|context| fates.number(context),
            below: &|context| fates.below(context),
            is_gone: &|_| false,
        };
        Fold { nodes: folder.nodes(), told: fates.told().clone() }
    }
}

/// The children of each life, by id.
fn children(recording: &Recording<'_>, contexts: &[Incarnation]) -> Vec<Vec<Incarnation>> {
    let mut children: Vec<Vec<Incarnation>> = vec![Vec::new(); recording.lives.len()];
    for context in contexts {
        if let Some(parent) = recording.life(*context).parent {
            children[parent.index()].push(*context);
        }
    }
    children.iter_mut().for_each(|of_one| of_one.sort_unstable_by_key(|child| (recording.life(*child).id, *child)));
    children
}

/// Makes the nodes of a tree.
struct Folder<'f> {
    recording: &'f Recording<'f>,
    children: &'f [Vec<Incarnation>],
    is_folded: bool,
    /// The same number for contexts that are alike, with everything below them.
    alike: &'f dyn Fn(Incarnation) -> usize,
    /// How many contexts are below one.
    below: &'f dyn Fn(Incarnation) -> usize,
    /// Whether it is dead with everything below it.
    is_gone: &'f dyn Fn(Incarnation) -> bool,
}

impl Folder<'_> {
    fn nodes(&self) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut next = vec![(None, vec![Incarnation::MASTER])];
        while let Some((parent, members)) = next.pop() {
            let below = members.iter().map(|member| (self.below)(*member)).sum();
            let is_gone = self.is_folded && below > 0 && (self.is_gone)(members[0]);
            let at = nodes.len();
            let all_below: Vec<Incarnation> = match is_gone {
                true => Vec::new(),
                false => members.iter().flat_map(|member| &self.children[member.index()]).copied().collect(),
            };
            let is_pattern = members.len() > 1;
            nodes.push(Node { members, parent, below, is_gone });
            let parts = groups(&all_below, self.alike).into_iter().flat_map(|group| match group.len() {
                many if is_pattern || self.is_folded && many >= ALIKE_MIN => vec![group],
                _ => group.into_iter().map(|context| vec![context]).collect(),
            });
            let mut parts: Vec<_> = parts.collect();
            // Groups are in the order of their first contexts, and so are the nodes.
            parts.sort_by_key(|members| (self.recording.life(members[0]).id, members[0]));
            next.extend(parts.into_iter().rev().map(|members| (Some(at), members)));
        }
        nodes
    }
}

impl Node {
    /// The first of its contexts.
    pub fn first(&self) -> Incarnation {
        self.members[0]
    }

    /// How many contexts it is.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Its ids.
    pub fn ids(&self, recording: &Recording<'_>) -> String {
        recording.ranges(self.members.clone(), RANGES_MAX)
    }

    /// What is said of several contexts: `250 contexts, each with 1 below`; and of a branch that is dead: `with all 3
    /// below`. Empty for any other context.
    pub fn words(&self) -> String {
        let count = self.count();
        let below = match (self.is_gone, self.below) {
            (true, below) => format!("with all {} below", grouped(below as u64)),
            (false, 0) => String::new(),
            (false, below) => format!("each with {} below", grouped((below / count) as u64)),
        };
        match (count, below.is_empty()) {
            (1, _) if self.is_gone => below,
            (1, _) => String::new(),
            (_, true) => format!("{} contexts", grouped(count as u64)),
            (_, false) => format!("{} contexts, {below}", grouped(count as u64)),
        }
    }
}
