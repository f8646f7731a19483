//! Which contexts look alike: they are in the same state, and so is everything below them. Pictures of a tree fold those.

use crate::link::Incarnation;
use crate::recording::{Condition, Health, Recording, State};
use crate::scenario::Role;
use std::collections::{BTreeMap, BTreeSet};

/// The most contexts of one step that all count as [`told`].
const TOLD_AT_ONCE: usize = 8;

/// The most contexts that are [`told`]: those of the last faults.
const TOLD_MAX: usize = 12;

/// How a context looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// Its health.
    pub health: Health,
    /// The condition of its link, and how much that is slowed down.
    link: (&'static str, u32),
    /// The context itself if it is like no other.
    only: Option<Incarnation>,
    /// The looks of its children, by number, and how many children have each.
    below: Vec<(usize, usize)>,
}

impl Look {
    /// The look of a branch in which every context is dead. What is below it does not matter.
    pub const GONE: Look = Look { health: Health::Dead, link: ("", 1), only: None, below: Vec::new() };

    /// Whether two contexts are in the same state, whatever is below them.
    pub fn is_like(&self, other: &Look) -> bool {
        (self.health, self.link) == (other.health, other.link)
    }
}

/// The looks of contexts.
#[derive(Clone, Debug)]
pub struct Looks {
    looks: Vec<Look>,
    look_of: Vec<usize>,
    sizes: Vec<usize>,
}

impl Looks {
    /// The looks of contexts with these children. `latest_first` is in an order in which children come before their
    /// parents. The `only` ones are like no other.
    pub fn of(
        state: &State<'_>,
        children: &[Vec<Incarnation>],
        latest_first: &[Incarnation],
        only: &BTreeSet<Incarnation>,
    ) -> Looks {
        let count = children.len();
        let mut all = Looks { looks: Vec::new(), look_of: vec![0; count], sizes: vec![1; count] };
        let mut numbers: BTreeMap<Look, usize> = BTreeMap::new();
        for context in latest_first {
            let mut below: BTreeMap<usize, usize> = BTreeMap::new();
            for child in &children[context.index()] {
                *below.entry(all.look_of[child.index()]).or_default() += 1;
                all.sizes[context.index()] += all.sizes[child.index()];
            }
            let health = state.health(*context);
            let only = Some(*context).filter(|context| only.contains(context));
            let is_gone = below.keys().all(|look| all.looks[*look] == Look::GONE);
            let look = if health == Health::Dead && only.is_none() && is_gone {
                Look::GONE
            } else {
                Look { health, link: link(state, *context), only, below: below.into_iter().collect() }
            };
            let next = all.looks.len();
            let number = *numbers.entry(look.clone()).or_insert(next);
            if number == next {
                all.looks.push(look);
            }
            all.look_of[context.index()] = number;
        }
        all
    }

    /// All looks.
    pub fn all(&self) -> &[Look] {
        &self.looks
    }

    /// The number of the look of a context.
    pub fn number(&self, context: Incarnation) -> usize {
        self.look_of[context.index()]
    }

    /// The look of a context.
    pub fn look(&self, context: Incarnation) -> &Look {
        &self.looks[self.look_of[context.index()]]
    }

    /// How many contexts its branch has, including itself.
    pub fn size(&self, context: Incarnation) -> usize {
        self.sizes[context.index()]
    }

    /// Contexts in groups of those that look alike, in the order of their first ones.
    pub fn groups(&self, contexts: &[Incarnation]) -> Vec<Vec<Incarnation>> {
        groups(contexts, &|context| self.number(context))
    }
}

/// Contexts in groups of those that have the same number, in the order of their first ones.
pub fn groups(contexts: &[Incarnation], number: &dyn Fn(Incarnation) -> usize) -> Vec<Vec<Incarnation>> {
    let mut groups: Vec<Vec<Incarnation>> = Vec::new();
    let mut place_of: BTreeMap<usize, usize> = BTreeMap::new();
    for context in contexts {
        let place = *place_of.entry(number(*context)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(*context),
            None => groups.push(vec![*context]),
        }
    }
    groups
}

/// What can be seen of a link.
fn link(state: &State<'_>, child: Incarnation) -> (&'static str, u32) {
    let link = state.link(child);
    let words = match state.condition(child) {
        Condition::Cut(_) if state.is_alive(child) && link.is_open != [true; 2] => "cut and closed",
        condition => condition.words(),
    };
    (words, link.factor)
}

/// The contexts that faults are about, up to a moment: a picture shows their names. Of a step for many contexts, and of
/// all but the last faults, nobody looks for a single name.
pub fn told(recording: &Recording<'_>, until: Option<usize>) -> BTreeSet<Incarnation> {
    let count = until.map_or(0, |last| last + 1);
    let is_fault = |moment: &usize| {
        let action = recording.action(*moment).filter(|_| !recording.is_skipped(*moment));
        action.is_some_and(|action| !matches!(action.kind().role(), Role::Join | Role::Traffic))
    };
    let faults: Vec<usize> = (0..count).filter(is_fault).collect();
    let same = |one: &usize, other: &usize| recording.moments[*one].at == recording.moments[*other].at;
    let mut told = BTreeSet::new();
    for moments in faults.chunk_by(same).rev() {
        let contexts: BTreeSet<Incarnation> = moments.iter().map(|moment| recording.whom(*moment)).collect();
        if contexts.len() <= TOLD_AT_ONCE && told.len() + contexts.len() <= TOLD_MAX {
            told.extend(contexts);
        }
    }
    told
}
