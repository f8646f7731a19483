//! Where the contexts of a run are drawn, one by one and folded.

use super::columns::Deltas;
use crate::layout::fates::Fates;
use crate::layout::fold::{Fold, Node};
use crate::layout::{Layout, Way};
use crate::link::Incarnation;
use crate::recording::Recording;
use serde::Serialize;

/// How many times wider than high the tree may be: it fits its panel.
const ASPECT: f32 = 3.0;

/// The pictures of the tree.
#[derive(Debug, Serialize)]
pub(super) struct Tree {
    /// One by one.
    places: Places,
    /// Missing where it is not much shorter.
    folded: Option<Folded>,
    /// The fate of each life: those of one fate are alike.
    fates: Deltas,
    /// The lives that the last faults are about, which always have a name.
    told: Vec<usize>,
}

/// Where each context or node is drawn, in quarters of the cells of [`Layout`].
#[derive(Debug, Default, Serialize)]
struct Places {
    width: i32,
    height: i32,
    x: Deltas,
    y: Deltas,
    /// How wide a label may be.
    room: Deltas,
    /// One letter each for the link to the parent: `s` straight, `h` along a shelf, `t` around a turn, `b` into a
    /// block.
    way: String,
    /// For each link around a turn, where it turns.
    turns: Vec<i32>,
    /// For each context in a block, which block.
    blocks_of: Deltas,
    /// For each block: left edge, top edge, width and height; and the corners of the line that leads to it, x and y in
    /// turn.
    blocks: Vec<([i32; 4], Vec<i32>)>,
}

/// The tree in which siblings that are alike, with everything below them, are one node.
#[derive(Debug, Serialize)]
struct Folded {
    places: Places,
    /// The parent of each node, plus one; 0 for the master.
    parent: Deltas,
    /// The node of each life.
    node: Deltas,
}

impl Tree {
    pub fn of(recording: &Recording<'_>) -> Tree {
        let fates = Fates::of(recording);
        let mut numbers = Deltas::default();
        (0..recording.lives.len()).for_each(|life| numbers.push(fates.number(Incarnation(life as u32)) as i128));
        let fold = Fold::of_run(recording, &fates);
        let is_shorter = fold.nodes.len() * 2 <= recording.lives.len();
        Tree {
            places: Places::of(&Layout::of(recording, ASPECT)),
            folded: is_shorter.then(|| Folded::of(recording, &fold.nodes)),
            fates: numbers,
            told: fates.told().iter().map(|context| context.index()).collect(),
        }
    }
}

impl Folded {
    fn of(recording: &Recording<'_>, nodes: &[Node]) -> Folded {
        let life =
            |node: &Node| (node.parent.map(|parent| Incarnation(parent as u32)), recording.life(node.first()).id);
        let layout = Layout::of_lives(&nodes.iter().map(life).collect::<Vec<_>>(), ASPECT);
        let (mut parent, mut node_of) = (Deltas::default(), vec![0; recording.lives.len()]);
        for (place, node) in nodes.iter().enumerate() {
            parent.push_place(node.parent);
            node.members.iter().for_each(|member| node_of[member.index()] = place);
        }
        let mut node = Deltas::default();
        node_of.into_iter().for_each(|place| node.push(place as i128));
        Folded { places: Places::of(&layout), parent, node }
    }
}

impl Places {
    fn of(layout: &Layout) -> Places {
        let quarters = |cells: f32| (cells * 4.0) as i32;
        let mut places = Places { width: quarters(layout.width), height: quarters(layout.height), ..Places::default() };
        for place in layout.places() {
            places.x.push(quarters(place.x));
            places.y.push(quarters(place.y));
            places.room.push(quarters(place.room));
            places.way.push(match place.way {
                Way::Straight => 's',
                Way::Shelf => 'h',
                Way::Turn(_) => 't',
                Way::Block(_) => 'b',
            });
            match place.way {
                Way::Turn(side) => places.turns.push(quarters(side)),
                Way::Block(block) => places.blocks_of.push(block as i128),
                Way::Straight | Way::Shelf => {}
            }
        }
        for (number, block) in layout.blocks().iter().enumerate() {
            let corners = layout.block_path(number).into_iter().flat_map(|(x, y)| [quarters(x), quarters(y)]);
            places.blocks.push(([block.x, block.y, block.width, block.height].map(quarters), corners.collect()));
        }
        places
    }
}
