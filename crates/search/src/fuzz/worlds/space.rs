//! All small worlds of a size, one after another: each shape of tree, each sequence of steps.

use super::moves::{Kind, Move, connect};
use super::sight::Sight;
use super::trees::{self, Tree};
use crate::process::Monitor;
use crate::scenario::link::LinkOptions;
use crate::scenario::{Catalog, DEFAULT_LATENCY, Scenario, Step};
use crate::time::{Span, Time};
use std::{iter, vec};

/// When the first step comes: long after the deepest tree has joined and is quiet.
pub const START: Time = Time::from_ns(Span::from_ms(1_000).as_ns());

/// Which small worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// At most this many contexts, without the master.
    pub contexts: u32,
    /// At most this many steps.
    pub steps: u32,
    /// The kinds of the steps.
    pub kinds: Vec<Kind>,
    /// Whether a context may connect under an id that was there before.
    pub reuse: bool,
}

impl Space {
    /// The most contexts.
    pub const CONTEXTS_MAX: u32 = 6;
    /// The most steps.
    pub const STEPS_MAX: u32 = 8;
    /// The most worlds.
    pub const WORLDS_MAX: u64 = 10_000_000;

    /// All of them, the smallest first: by contexts, then by steps, then by tree, then by sequence. Of worlds that only differ
    /// in names, there is one.
    pub fn worlds(&self) -> Worlds<'_> {
        Worlds::new(self, trees::shapes)
    }

    /// As [`worlds`](Self::worlds), but those that only differ in names are all there.
    pub fn worlds_of_all_names(&self) -> Worlds<'_> {
        Worlds::new(self, trees::of_all_names)
    }

    /// How many there are; `None` if more than [`Self::WORLDS_MAX`].
    pub fn count(&self) -> Option<u64> {
        let limit = usize::try_from(Self::WORLDS_MAX).expect("it fits");
        let mut worlds = self.worlds();
        let count = iter::from_fn(|| worlds.find_in_tree(Sequences::last_step)).take(limit + 1).count();
        (count <= limit).then_some(count as u64)
    }
}

/// A tree and steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The parent of context 1, of context 2, and so on.
    pub parents: Vec<u32>,
    /// The steps.
    pub moves: Vec<Move>,
    /// The contexts whose links heal at the end, in this order.
    pub heals: Vec<u32>,
}

impl World {
    /// The world as a scenario: all contexts connect at 0, and the steps come at [`START`].
    pub fn scenario(&self, monitor: Monitor) -> Scenario {
        let scenario = self.nameless(monitor);
        Scenario { name: "small world".to_owned(), description: self.words(), ..scenario }
    }

    /// The same without the words that it is described in.
    pub fn nameless(&self, monitor: Monitor) -> Scenario {
        let mut catalog = Catalog::default();
        catalog.link_under(LinkOptions::constant(DEFAULT_LATENCY), None);
        let contexts = (1..).zip(&self.parents).map(|(id, parent)| connect(id, *parent)).collect();
        let heals = self.heals.iter().copied().map(Move::Heal);
        let steps = self.moves.iter().copied().chain(heals).map(|step| Step::new(START, step.action()));
        Scenario { monitor, ..Scenario::new(catalog, contexts, steps.collect()) }
    }

    /// The world in words: `1 below 0, 2 below 1; kill 1, call 0 to 2`.
    pub fn words(&self) -> String {
        let list = |items: Vec<String>| items.join(", ");
        let tree = (1..).zip(&self.parents).map(|(id, parent): (u32, _)| format!("{id} below {parent}"));
        let words = |moves: &[Move]| list(moves.iter().map(|step| step.action().to_string()).collect());
        let heals: Vec<Move> = self.heals.iter().copied().map(Move::Heal).collect();
        let end = if heals.is_empty() { String::new() } else { format!("; at the end {}", words(&heals)) };
        format!("{}; {}{end}", list(tree.collect()), words(&self.moves))
    }
}

/// Small worlds, one after another.
#[derive(Debug)]
pub struct Worlds<'s> {
    space: &'s Space,
    trees: fn(u32) -> Vec<Tree>,
    contexts: u32,
    steps: u32,
    left: vec::IntoIter<Tree>,
    tree: Option<Sequences<'s>>,
}

impl<'s> Worlds<'s> {
    fn new(space: &'s Space, trees: fn(u32) -> Vec<Tree>) -> Self {
        Worlds { space, trees, contexts: 1, steps: 1, left: trees(1).into_iter(), tree: None }
    }

    /// What `find` finds next in the sequences on some tree.
    fn find_in_tree<T>(&mut self, find: impl Fn(&mut Sequences<'s>) -> Option<T>) -> Option<T> {
        loop {
            if let Some(found) = self.tree.as_mut().and_then(&find) {
                return Some(found);
            }
            if let Some(tree) = self.left.next() {
                self.tree = Some(Sequences::new(self.space, tree, self.steps as usize));
                continue;
            }
            if self.steps < self.space.steps {
                self.steps += 1;
            } else if self.contexts < self.space.contexts {
                (self.contexts, self.steps) = (self.contexts + 1, 1);
            } else {
                return None;
            }
            self.left = (self.trees)(self.contexts).into_iter();
        }
    }
}

impl Iterator for Worlds<'_> {
    type Item = World;

    fn next(&mut self) -> Option<World> {
        self.find_in_tree(Sequences::next)
    }

    /// Builds none of those that it skips.
    fn nth(&mut self, n: usize) -> Option<World> {
        for _ in 0..n {
            self.find_in_tree(Sequences::last_step)?;
        }
        self.next()
    }
}

/// The sequences of steps on a tree.
#[derive(Debug)]
struct Sequences<'s> {
    space: &'s Space,
    tree: Tree,
    length: usize,
    /// One for each step so far, and one for the next.
    levels: Vec<Level>,
    moves: Vec<Move>,
}

#[derive(Debug)]
struct Level {
    sight: Sight,
    left: vec::IntoIter<Move>,
    /// The renamings, by their places, that leave the steps so far as they are.
    renamings: Vec<usize>,
}

impl<'s> Sequences<'s> {
    fn new(space: &'s Space, tree: Tree, length: usize) -> Self {
        let renamings = (0..tree.renamings.len()).collect();
        let sight = Sight::of(&tree.parents);
        let mut sequences = Sequences { space, tree, length, levels: Vec::new(), moves: Vec::new() };
        sequences.push(sight, renamings);
        sequences
    }

    fn push(&mut self, sight: Sight, renamings: Vec<usize>) {
        let left = sight.moves(&self.space.kinds, self.space.reuse).into_iter();
        self.levels.push(Level { sight, left, renamings });
    }

    /// The last step of the next sequence.
    fn last_step(&mut self) -> Option<Move> {
        while let Some(level) = self.levels.last_mut() {
            let Some(step) = level.left.next() else {
                self.levels.pop();
                self.moves.pop();
                continue;
            };
            // Of sequences that only differ in names, the first one counts.
            let renamed = |place: usize| step.renamed(&self.tree.renamings[place]);
            if level.renamings.iter().any(|place| renamed(*place) < step) {
                continue;
            }
            let is_last = self.moves.len() + 1 == self.length;
            // What heals first at the end anyway need not heal right before.
            if is_last && matches!(step, Move::Heal(id) if level.sight.held().first() == Some(&id)) {
                continue;
            }
            if is_last {
                return Some(step);
            }
            let sight = level.sight.after(step);
            let renamings = level.renamings.iter().copied().filter(|place| renamed(*place) == step).collect();
            self.moves.push(step);
            self.push(sight, renamings);
        }
        None
    }
}

impl Iterator for Sequences<'_> {
    type Item = World;

    fn next(&mut self) -> Option<World> {
        let step = self.last_step()?;
        let sight = self.levels.last().expect("the step comes from a level").sight.after(step);
        let moves = self.moves.iter().copied().chain([step]).collect();
        Some(World { parents: self.tree.parents.clone(), moves, heals: sight.held().to_vec() })
    }
}
