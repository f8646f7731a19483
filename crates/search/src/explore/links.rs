//! The contexts and links of states, with all that follows from them alone.

use super::doomed::{Doomed, doomed};
use super::state::{lane_at, lane_place};
use crate::link::{Direction, Incarnation};
use crate::process::ContextId;
use crate::simulation::Bare;

/// A direction of a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneEnds {
    /// The context that sends.
    pub from: Incarnation,
    /// The context that receives.
    pub to: Incarnation,
    /// Whether it leads from a child to its parent.
    pub is_up: bool,
    /// Whether the end that sends is open.
    pub sends: bool,
    /// Whether the end that receives is open.
    pub receives: bool,
    /// Whether nothing is delivered.
    pub is_partitioned: bool,
}

impl LaneEnds {
    /// The context whose link to its parent this is.
    pub fn child(&self) -> Incarnation {
        if self.is_up { self.from } else { self.to }
    }
}

/// What is known of what is on a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    /// The first item.
    pub first: u32,
    /// What is left without one copy of it.
    pub rest: u32,
    /// Whether all items only rise: see [`Family::only_rises`](crate::process::Family::only_rises).
    pub only_rises: bool,
    /// If the first item only rises, the context that it is about.
    pub news_of: Option<ContextId>,
}

/// The contexts and links of states.
pub(super) struct Links {
    pub bare: Bare,
    /// The lanes, by [`lane_place`].
    pub lanes: Vec<LaneEnds>,
    /// The places of the lanes that each context hears.
    pub heard: Vec<Vec<u32>>,
    /// The contexts that die in every order.
    pub doomed: Vec<Doomed>,
}

impl Links {
    pub fn new(bare: Bare) -> Self {
        let topology = bare.world().topology();
        let places = 2 * topology.len() - 2;
        let mut heard = vec![Vec::new(); topology.len()];
        let lanes = (0..places).map(|place| {
            let lane = lane_at(place);
            let (child, direction) = (lane.child(), lane.direction());
            let (link, parent) = (topology.link(child), topology.parent_of(child));
            let (from, to) = match direction {
                Direction::Down => (parent, child),
                Direction::Up => (child, parent),
            };
            let (sends, receives) = (link.sender_is_open(direction), link.receiver_is_open(direction));
            if receives {
                heard[to.index()].push(lane_place(lane) as u32);
            }
            LaneEnds {
                from,
                to,
                is_up: direction == Direction::Up,
                sends,
                receives,
                is_partitioned: link.is_partitioned(direction),
            }
        });
        let lanes = lanes.collect();
        let doomed = doomed(&bare);
        Links { bare, lanes, heard, doomed }
    }

    /// About how much memory it takes, in bytes.
    pub fn size(contexts: usize) -> usize {
        1_500 + contexts * 250
    }
}
