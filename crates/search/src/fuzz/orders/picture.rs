//! The graph of states, laid out for a picture.

use super::turn::Turns;
use crate::explore::{Graph, NodeId};

/// More states than this make no picture that anybody can read.
const STATES_MAX: usize = 400;

/// A state in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dot {
    /// How many choices lead to it, at least: its column.
    pub depth: usize,
    /// Its place in the column, from 0 to 1.
    pub height: f64,
    /// How many of the orders that go on from here fail, from 0 to 1.
    pub failing: f64,
    /// Whether nothing is left here.
    pub is_last: bool,
}

/// The graph of states.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Picture {
    /// The states, by their numbers.
    pub dots: Vec<Dot>,
    /// The choices: from which state to which.
    pub lines: Vec<(NodeId, NodeId)>,
}

impl Picture {
    /// `None` if there are too many states.
    pub(super) fn of(graph: &Graph, turns: Option<&Turns>) -> Option<Picture> {
        let count = graph.states();
        if count > STATES_MAX {
            return None;
        }
        let nodes = 0..count as NodeId;
        let mut depths = vec![usize::MAX; count];
        depths[0] = 0;
        let mut lines = Vec::new();
        // A state is met from one with a lower number, whose depth is known by then.
        for node in nodes.clone() {
            for (_, target) in graph.edges(node) {
                depths[target as usize] = depths[target as usize].min(depths[node as usize] + 1);
                lines.push((node, target));
            }
        }
        let columns = depths.iter().max().map_or(0, |deepest| deepest + 1);
        let mut heights = vec![0.5; count];
        for depth in 1..columns {
            // Each state stands near those that lead to it.
            let mut column: Vec<(f64, NodeId)> = nodes
                .clone()
                .filter(|node| depths[*node as usize] == depth)
                .map(|node| {
                    let sources = lines.iter().filter(|(from, to)| *to == node && depths[*from as usize] < depth);
                    let near: Vec<f64> = sources.map(|(from, _)| heights[*from as usize]).collect();
                    (near.iter().sum::<f64>() / near.len().max(1) as f64, node)
                })
                .collect();
            column.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            let step = 1.0 / (column.len() + 1) as f64;
            for (place, (_, node)) in column.into_iter().enumerate() {
                heights[node as usize] = step * (place + 1) as f64;
            }
        }
        let dot = |node: NodeId| Dot {
            depth: depths[node as usize],
            height: heights[node as usize],
            failing: turns.map_or(0.0, |turns| turns.failing(node)),
            is_last: graph.edges(node).next().is_none(),
        };
        Some(Picture { dots: nodes.map(dot).collect(), lines })
    }
}
