//! Where an order was lost: the choice after which every order fails.

use crate::explore::{Ending, Exploration, Graph, NodeId};
use crate::world::Choice;
use std::collections::VecDeque;

/// Where an order was lost.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Turn {
    /// For each choice of the order, how many of the orders that go on from the state before it fail: from 0 to 1.
    pub failing: Vec<f64>,
    /// The place in the order of the choice that lost it; `None` if every order fails from the start.
    pub lost_at: Option<usize>,
    /// The order that is the same up to there, takes another choice, and passes.
    pub saved: Option<Vec<Choice>>,
}

/// For all states, how many of the orders that go on from there fail.
#[derive(Debug)]
pub(super) struct Turns {
    outlook: Vec<(f64, f64)>,
    ways: Vec<Way>,
}

/// How an order can still pass.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// It cannot.
    Lost,
    /// It has.
    Over,
    /// This choice, which leads to this state, leads to such an ending soonest.
    Through(Choice, NodeId),
}

impl Turns {
    /// `None` if no ending fails, or if there is no end of orders.
    pub fn new(found: &Exploration) -> Option<Turns> {
        let graph = &found.graph;
        let is_bad = |ending: u32| found.endings[ending as usize].fails();
        if !found.endings.iter().any(Ending::fails) {
            return None;
        }
        let outlook = graph.outlook(is_bad)?;
        let passing = graph.last().iter().filter(|(_, ending)| !is_bad(*ending)).map(|(node, _)| *node);
        let ways = ways_out(graph, passing);
        Some(Turns { outlook, ways })
    }

    /// How many of the orders that go on from a state fail, from 0 to 1.
    pub fn failing(&self, node: NodeId) -> f64 {
        let (bad, all) = self.outlook[node as usize];
        if self.is_lost(node) { 1.0 } else { bad / all }
    }

    /// Where the order that leads to `node` was lost.
    pub fn of(&self, graph: &Graph, node: NodeId) -> Option<Turn> {
        let order = graph.order(node);
        let mut failing = Vec::with_capacity(order.len());
        let (mut at, mut lost) = (0, None);
        for (place, choice) in order.iter().enumerate() {
            failing.push(self.failing(at));
            let before = at;
            at = graph.edges(at).find(|(edge, _)| edge == choice)?.1;
            if !self.is_lost(before) && self.is_lost(at) {
                lost = Some((place, before));
            }
        }
        let saved = lost.map(|(place, before)| {
            let mut saved = order[..place].to_vec();
            saved.extend(self.out_of(before));
            saved
        });
        Some(Turn { failing, lost_at: lost.map(|(place, _)| place), saved })
    }

    fn is_lost(&self, node: NodeId) -> bool {
        self.ways[node as usize] == Way::Lost
    }

    /// The soonest way from a state to an ending that passes.
    fn out_of(&self, node: NodeId) -> Vec<Choice> {
        let mut choices = Vec::new();
        let mut at = node;
        while let Way::Through(choice, next) = self.ways[at as usize] {
            choices.push(choice);
            at = next;
        }
        choices
    }
}

fn ways_out(graph: &Graph, passing: impl Iterator<Item = NodeId>) -> Vec<Way> {
    // Where each state is led to from, one list after another.
    let mut starts = vec![0_usize; graph.states() + 1];
    let edges = || (0..graph.walked() as NodeId).flat_map(|node| graph.edges(node).map(move |edge| (node, edge)));
    edges().for_each(|(_, (_, target))| starts[target as usize + 1] += 1);
    for place in 1..starts.len() {
        starts[place] += starts[place - 1];
    }
    let mut sources = vec![(0, Choice::Step); graph.transitions()];
    let mut free = starts.clone();
    for (node, (choice, target)) in edges() {
        sources[free[target as usize]] = (node, choice);
        free[target as usize] += 1;
    }
    let mut ways = vec![Way::Lost; graph.states()];
    let mut queue: VecDeque<NodeId> = passing.collect();
    queue.iter().for_each(|node| ways[*node as usize] = Way::Over);
    while let Some(target) = queue.pop_front() {
        for (source, choice) in &sources[starts[target as usize]..starts[target as usize + 1]] {
            if ways[*source as usize] == Way::Lost {
                ways[*source as usize] = Way::Through(*choice, target);
                queue.push_back(*source);
            }
        }
    }
    ways
}
