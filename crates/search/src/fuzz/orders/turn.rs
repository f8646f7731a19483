//! Where an order was lost: the choice after which every order fails.

use crate::explore::{Ending, Exploration, Graph, NodeId, Outlook};
use crate::world::Choice;

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
pub(super) struct Turns(Vec<Outlook>);

impl Turns {
    /// `None` if no ending fails, or if there is no end of orders.
    pub fn new(found: &Exploration) -> Option<Turns> {
        if !found.endings.iter().any(Ending::fails) {
            return None;
        }
        found.graph.outlook(|ending| found.endings[ending as usize].fails()).map(Turns)
    }

    /// How many of the orders that go on from a state fail, from 0 to 1.
    pub fn failing(&self, node: NodeId) -> f64 {
        let Outlook { bad, all, .. } = self.0[node as usize];
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
            saved.extend(self.out_of(graph, before));
            saved
        });
        Some(Turn { failing, lost_at: lost.map(|(place, _)| place), saved })
    }

    fn is_lost(&self, node: NodeId) -> bool {
        self.to_pass(node) == u32::MAX
    }

    /// How many choices the shortest order that goes on from a state and passes has; `u32::MAX` if there is none.
    fn to_pass(&self, node: NodeId) -> u32 {
        self.0[node as usize].to_good
    }

    /// A shortest way from a state that is not lost to an ending that passes. Of several, it takes the first choice each time.
    fn out_of(&self, graph: &Graph, node: NodeId) -> Vec<Choice> {
        let mut choices = Vec::new();
        let mut at = node;
        while let Some(left) = self.to_pass(at).checked_sub(1) {
            let shortest = graph.edges(at).find(|(_, target)| self.to_pass(*target) == left);
            let (choice, next) = shortest.expect("some choice is on the shortest way");
            choices.push(choice);
            at = next;
        }
        choices
    }
}
