//! The graph of the states that were met: what leads where, how often, and round in circles.

use crate::link::{Direction, Incarnation, LaneId};
use crate::world::Choice;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::ops::Range;
use std::sync::OnceLock;

/// The number of a state. The first is 0; a state that was met later has a higher number.
pub type NodeId = u32;

/// A number for a choice that takes little room.
fn pack(choice: Choice) -> u32 {
    match choice {
        Choice::Step => 0,
        // The master has no link, so this is 2 or more.
        Choice::Arrival(lane) => lane.raw(),
    }
}

fn unpack(number: u32) -> Choice {
    match number {
        0 => Choice::Step,
        raw => Choice::Arrival(LaneId::new(Incarnation(raw / 2), Direction::BOTH[(raw % 2) as usize])),
    }
}

/// All states that were met, and the choices that lead from one to another. States are walked in the order of their numbers.
#[derive(Debug, Default)]
pub struct Graph {
    /// Where the choices of each state that was walked end in `targets`.
    ends: Vec<u64>,
    targets: Vec<NodeId>,
    choices: Vec<u32>,
    /// The state from which each state was first met; the first state has itself.
    parents: Vec<NodeId>,
    /// Whether no step is left.
    is_stepless: Vec<bool>,
    /// The states in which nothing is left, ascending, each with the number of its ending.
    last: Vec<(NodeId, u32)>,
    /// Whether some choice leads to a state that was met before the one it is taken in, or to that one itself.
    goes_back: bool,
    /// All states, each before those that it leads to, once somebody has asked.
    sorted: OnceLock<Option<Vec<NodeId>>>,
}

/// A way round in circles in which no step is left, and everything that can arrive all the way does: a run that goes this way
/// never ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loop {
    /// How many states it goes through.
    pub states: usize,
    /// One of them, the first that was met.
    pub entry: NodeId,
}

/// How many orders there are. Numbers stop counting at 2^128 - 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orders {
    /// All of them.
    pub all: u128,
    /// Those with each ending.
    pub by_ending: Vec<u128>,
}

/// What the orders that go on from a state come to.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    /// How many have a bad ending. Rounded, as `all` is; only their ratio means something.
    pub bad: f64,
    /// How many there are.
    pub all: f64,
    /// How many choices the shortest one with a good ending has; `u32::MAX` if there is none.
    pub to_good: u32,
}

impl Graph {
    /// A graph that need not grow for this many states and choices.
    pub(super) fn with_room(states: usize, choices: usize) -> Self {
        Graph {
            ends: Vec::with_capacity(states),
            targets: Vec::with_capacity(choices),
            choices: Vec::with_capacity(choices),
            parents: Vec::with_capacity(states),
            is_stepless: Vec::with_capacity(states),
            ..Graph::default()
        }
    }

    /// How many states were met.
    pub fn states(&self) -> usize {
        self.parents.len()
    }

    /// How many states were walked: all, unless a limit was met.
    pub fn walked(&self) -> usize {
        self.ends.len()
    }

    /// How many choices were taken.
    pub fn transitions(&self) -> usize {
        self.targets.len()
    }

    /// How much memory it takes, in bytes.
    pub(super) fn memory(&self) -> u64 {
        let lists = self.targets.capacity() + self.choices.capacity() + self.parents.capacity();
        (self.ends.capacity() * 8 + lists * 4 + self.is_stepless.capacity()) as u64
    }

    /// Adds a state that was met for the first time, from `parent`.
    pub(super) fn add(&mut self, parent: NodeId, is_stepless: bool) {
        self.parents.push(parent);
        self.is_stepless.push(is_stepless);
    }

    /// The state that is being walked has a choice that leads to `target`.
    pub(super) fn add_edge(&mut self, choice: Choice, target: NodeId) {
        self.goes_back |= target as usize <= self.walked();
        self.choices.push(pack(choice));
        self.targets.push(target);
    }

    /// The state that is being walked has no more choices. If it has none at all, it ends with this ending.
    pub(super) fn end_walk(&mut self, ending: Option<u32>) {
        if let Some(ending) = ending {
            let node = u32::try_from(self.ends.len()).expect("fewer than 2^32 states");
            self.last.push((node, ending));
        }
        self.ends.push(self.targets.len() as u64);
    }

    /// The choices of a state, each with the state that it leads to; none if the state was not walked.
    pub fn edges(&self, node: NodeId) -> impl DoubleEndedIterator<Item = (Choice, NodeId)> + '_ {
        self.places(node).map(|edge| (unpack(self.choices[edge]), self.targets[edge]))
    }

    /// The states that the choices of a state lead to.
    fn targets(&self, node: NodeId) -> &[NodeId] {
        &self.targets[self.places(node)]
    }

    /// Where the choices of a state are in the lists.
    fn places(&self, node: NodeId) -> Range<usize> {
        let place = node as usize;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        start..self.ends.get(place).map_or(start, |end| *end as usize)
    }

    /// The states in which nothing is left, ascending, each with the number of its ending.
    pub fn last(&self) -> &[(NodeId, u32)] {
        &self.last
    }

    /// A shortest order that leads to a state.
    pub fn order(&self, node: NodeId) -> Vec<Choice> {
        let mut order = Vec::new();
        let mut at = node;
        while at != 0 {
            let parent = self.parents[at as usize];
            let edge = self.edges(parent).find(|(_, target)| *target == at);
            order.push(edge.expect("the state was met from its parent").0);
            at = parent;
        }
        order.reverse();
        order
    }

    /// All states, each before those that it leads to; `None` if some of them lead to themselves.
    fn topological(&self) -> Option<&[NodeId]> {
        self.sorted.get_or_init(|| self.sort()).as_deref()
    }

    fn sort(&self) -> Option<Vec<NodeId>> {
        // States are met in the order of their distances, so nearly always each choice leads to a later one.
        if !self.goes_back {
            return Some((0..self.states() as NodeId).collect());
        }
        let mut missing = vec![0_u32; self.states()];
        for target in &self.targets {
            missing[*target as usize] += 1;
        }
        let mut sorted = Vec::with_capacity(self.states());
        sorted.extend((0..self.states() as u32).filter(|node| missing[*node as usize] == 0));
        let mut next = 0;
        while let Some(node) = sorted.get(next).copied() {
            next += 1;
            for target in self.targets(node) {
                missing[*target as usize] -= 1;
                if missing[*target as usize] == 0 {
                    sorted.push(*target);
                }
            }
        }
        (sorted.len() == self.states()).then_some(sorted)
    }

    /// Whether some states lead to themselves.
    pub fn has_circles(&self) -> bool {
        self.topological().is_none()
    }

    /// How many orders there are: ways from the first state to one in which nothing is left. `None` if there are circles, since
    /// then there is no end of them. `endings` is how many endings there are.
    pub fn orders(&self, endings: usize) -> Option<Orders> {
        let sorted = self.topological()?;
        let mut ways = vec![0_u128; self.states()];
        ways[0] = 1;
        for node in sorted {
            let before = ways[*node as usize];
            for target in self.targets(*node) {
                let sum = &mut ways[*target as usize];
                *sum = sum.saturating_add(before);
            }
        }
        let mut by_ending = vec![0_u128; endings];
        for (node, ending) in &self.last {
            let sum = &mut by_ending[*ending as usize];
            *sum = sum.saturating_add(ways[*node as usize]);
        }
        Some(Orders { all: by_ending.iter().fold(0, |sum, ways| sum.saturating_add(*ways)), by_ending })
    }

    /// For each state, what the orders that go on from it come to, where `is_bad` says which endings are bad. `None` if
    /// there are circles.
    pub fn outlook(&self, is_bad: impl Fn(u32) -> bool) -> Option<Vec<Outlook>> {
        let sorted = self.topological()?;
        let mut outlook = vec![Outlook { bad: 0.0, all: 0.0, to_good: u32::MAX }; self.states()];
        for (node, ending) in &self.last {
            outlook[*node as usize] = match is_bad(*ending) {
                true => Outlook { bad: 1.0, all: 1.0, to_good: u32::MAX },
                false => Outlook { bad: 0.0, all: 1.0, to_good: 0 },
            };
        }
        for node in sorted.iter().rev() {
            let mut sum = outlook[*node as usize];
            for target in self.targets(*node) {
                let one = outlook[*target as usize];
                (sum.bad, sum.all) = (sum.bad + one.bad, sum.all + one.all);
                sum.to_good = sum.to_good.min(one.to_good.saturating_add(1));
            }
            outlook[*node as usize] = sum;
        }
        Some(outlook)
    }

    /// The loops, by the number of their first state. This is right only if the graph has all choices of each state.
    pub fn loops(&self) -> Vec<Loop> {
        if !self.has_circles() {
            return Vec::new();
        }
        let is_inside = self.in_circles();
        let mut circles = DiGraph::<NodeId, ()>::new();
        let mut places = vec![None; self.states()];
        for node in (0..self.states() as u32).filter(|node| is_inside[*node as usize]) {
            places[node as usize] = Some(circles.add_node(node));
        }
        for node in circles.node_indices() {
            for target in self.targets(circles[node]) {
                if let Some(target) = places[*target as usize] {
                    circles.add_edge(node, target, ());
                }
            }
        }
        let mut loops: Vec<Loop> = tarjan_scc(&circles)
            .into_iter()
            .map(|part| part.into_iter().map(|node| circles[node]).collect::<Vec<_>>())
            .filter(|part| self.is_fair(part))
            .map(|part| Loop { states: part.len(), entry: part.into_iter().min().expect("it has a state") })
            .collect();
        loops.sort_unstable_by_key(|found| found.entry);
        loops
    }

    /// Which states without a step left are on a circle, or between two.
    fn in_circles(&self) -> Vec<bool> {
        let mut is_inside = self.is_stepless.clone();
        let mut incoming = vec![0_u32; self.states()];
        for node in (0..self.walked() as u32).filter(|node| is_inside[*node as usize]) {
            self.targets(node).iter().for_each(|target| incoming[*target as usize] += 1);
        }
        let mut free: Vec<u32> = (0..self.states() as u32)
            .filter(|node| is_inside[*node as usize] && incoming[*node as usize] == 0)
            .collect();
        while let Some(node) = free.pop() {
            is_inside[node as usize] = false;
            for target in self.targets(node) {
                incoming[*target as usize] -= 1;
                if incoming[*target as usize] == 0 {
                    free.push(*target);
                }
            }
        }
        is_inside
    }

    /// Whether the states of a strongly connected part go round, and every lane that something can arrive on in all of them
    /// delivers on the way.
    fn is_fair(&self, part: &[NodeId]) -> bool {
        let mut members = part.to_vec();
        members.sort_unstable();
        let is_member = |node: NodeId| members.binary_search(&node).is_ok();
        let mut always: Option<Vec<Choice>> = None;
        let mut delivered = Vec::new();
        for node in &members {
            let here: Vec<Choice> = self.edges(*node).map(|(choice, _)| choice).collect();
            delivered.extend(self.edges(*node).filter(|(_, target)| is_member(*target)).map(|(choice, _)| choice));
            match &mut always {
                Some(always) => always.retain(|choice| here.contains(choice)),
                None => always = Some(here),
            }
        }
        delivered.sort_unstable();
        delivered.dedup();
        !delivered.is_empty() && always.unwrap_or_default().iter().all(|choice| delivered.binary_search(choice).is_ok())
    }
}
