//! Links: what is on the wire between a parent and a child, in each direction, in order.
//!
//! A link loses nothing, is first in, first out in each direction, and ends with one EOF in band. Only the first item
//! of each direction is in the event queue. The rest wait behind it in their [`Lane`]. So a partition holds them by
//! doing nothing, and a heal only gives them new times.

mod by_link;
mod dynamics;
mod listed;
mod wire;

pub use by_link::AllDynamics;
pub use dynamics::Dynamics;
pub use wire::{Ends, InFlight, Item, Lane, Queued, Rest, Wire};

use crate::process::{Id, StreamId};
use crate::scenario::{LinkId, Ways};

/// One life of an id. Contexts are numbered from 0 (the master) as they appear, and a number is never reused. A link
/// has the number of its child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u32);

impl Incarnation {
    /// The master.
    pub const MASTER: Incarnation = Incarnation(0);

    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Id for Incarnation {
    fn raw(self) -> u32 {
        self.0
    }

    fn from_raw(raw: u32) -> Self {
        Incarnation(raw)
    }
}

/// A direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the parent to the child.
    Down = 0,
    /// From the child to the parent.
    Up = 1,
}

impl Direction {
    /// Both directions, in the order of their numbers.
    pub const BOTH: [Direction; 2] = [Direction::Down, Direction::Up];

    /// The opposite direction.
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Down => Direction::Up,
            Direction::Up => Direction::Down,
        }
    }

    /// The directions that a step names.
    pub fn of(ways: Ways) -> &'static [Direction] {
        match ways {
            Ways::Both => &Direction::BOTH,
            Ways::Down => &[Direction::Down],
            Ways::Up => &[Direction::Up],
        }
    }
}

/// One direction of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(u32);

impl LaneId {
    /// A direction of the link of `child`.
    ///
    /// # Panics
    /// At more than 2^31 contexts.
    pub fn new(child: Incarnation, direction: Direction) -> LaneId {
        LaneId(child.0.checked_mul(2).expect("fewer than 2^31 contexts") + direction as u32)
    }

    /// The link, by its child.
    pub fn child(self) -> Incarnation {
        Incarnation(self.0 / 2)
    }

    /// The direction.
    pub fn direction(self) -> Direction {
        Direction::BOTH[(self.0 % 2) as usize]
    }

    /// A number that no other lane has.
    pub fn raw(self) -> u32 {
        self.0
    }
}

/// A link between a parent and a child.
#[derive(Clone, Debug)]
pub struct Link {
    /// The stream of the parent's end. (The child's end is [`StreamId::PARENT`].)
    pub parent_stream: StreamId,
    /// The link's options.
    pub options: LinkId,
    lanes: [Lane; 2],
    /// Whether the child is alive and not orphaned. The topology keeps this up to date.
    pub is_attached: bool,
    /// Whether the parent had left its own parent when the child was born. Then the child knows of no ancestor beyond it.
    pub ends_lineage: bool,
    partitioned: Partitioned,
    /// Which ends are closed: a bit for each direction in which an end sends.
    closed: u8,
}

/// The directions of a link that deliver nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Partitioned {
    None,
    One(Direction),
    Both,
}

/// The bit of a direction.
fn bit(direction: Direction) -> u8 {
    1 << direction as u8
}

impl Link {
    /// A link with both ends open and nothing on the wire.
    pub fn new(options: LinkId) -> Self {
        Link {
            is_attached: true,
            ends_lineage: false,
            parent_stream: StreamId::PARENT,
            options,
            lanes: [Lane::EMPTY; 2],
            partitioned: Partitioned::None,
            closed: 0,
        }
    }

    /// Whether the end that sends in `direction` is open.
    pub fn sender_is_open(&self, direction: Direction) -> bool {
        self.closed & bit(direction) == 0
    }

    /// Whether the end that receives in `direction` is open.
    pub fn receiver_is_open(&self, direction: Direction) -> bool {
        self.sender_is_open(direction.opposite())
    }

    /// Closes the end that sends in `direction`. Returns whether it was open.
    pub fn close_sender(&mut self, direction: Direction) -> bool {
        let was_open = self.sender_is_open(direction);
        self.closed |= bit(direction);
        was_open
    }

    /// Stops delivering in some directions. Returns whether it was still delivering in one of them.
    pub fn partition(&mut self, directions: &[Direction]) -> bool {
        let before = self.partitioned;
        for direction in directions {
            self.partitioned = match self.partitioned {
                Partitioned::None => Partitioned::One(*direction),
                Partitioned::One(one) if one == *direction => Partitioned::One(one),
                Partitioned::One(_) | Partitioned::Both => Partitioned::Both,
            };
        }
        self.partitioned != before
    }

    /// Delivers again.
    pub fn heal(&mut self) {
        self.partitioned = Partitioned::None;
    }

    /// Whether nothing is delivered in `direction`.
    pub fn is_partitioned(&self, direction: Direction) -> bool {
        self.partitioned == Partitioned::Both || self.partitioned == Partitioned::One(direction)
    }

    /// Whether nothing is delivered in at least one direction.
    pub fn is_partitioned_at_all(&self) -> bool {
        self.partitioned != Partitioned::None
    }

    /// The wire of `direction`.
    pub fn lane(&self, direction: Direction) -> Lane {
        self.lanes[direction as usize]
    }

    /// The wire of `direction`, for [`Wire`] to change.
    pub fn lane_mut(&mut self, direction: Direction) -> &mut Lane {
        &mut self.lanes[direction as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a link takes 20 bytes: a run may have millions of links.
    #[test]
    fn links_are_compact() {
        assert_eq!(size_of::<Link>(), 20);
    }
}
