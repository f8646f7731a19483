//! Decides where each context of a run's tree is drawn. Positions are in cells of a grid, independent of pixels.
//!
//! The layout is a layered tree, with children below their parent. Anything too large to look at is folded: many
//! childless siblings become a [`Block`], a row that is too wide is broken into shelves, and a long chain zigzags.
//! Every life that a context ever had keeps its own place, so nothing moves when you scrub through time. A later life
//! of an id is next to the earlier one.

pub mod alike;
pub mod fates;
pub mod fold;
pub mod names;
mod shape;

use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::Recording;
use rustc_hash::FxHashMap;
use shape::{GAP, LEVEL, Shape};

/// More childless siblings than this are packed into a block.
pub const BLOCK_MIN: usize = 8;

/// A chain of more contexts than this is folded into a zigzag.
pub const CHAIN_MAX: u32 = 12;

/// A row of at most this many half cells is never broken.
const ROW_MIN: i32 = 96;

/// The tree of a run, laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    places: Vec<Place>,
    blocks: Vec<Block>,
    /// The width of the whole layout, in cells.
    pub width: f32,
    /// The height of the whole layout, in cells.
    pub height: f32,
}

/// Where a context is drawn. All lengths are in cells, in multiples of one half. The origin is the top left corner; x
/// goes right and y goes down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The x coordinate of the centre of its mark.
    pub x: f32,
    /// The y coordinate of the centre of its mark.
    pub y: f32,
    /// The maximum width of a label, which is centred in the row below the mark. A label may extend half a cell beyond
    /// the edge of the layout. In a block the room is 1, enough for an id at most.
    pub room: f32,
    /// Its parent; `None` for the master.
    pub parent: Option<Incarnation>,
    /// How the link from its parent is drawn.
    pub way: Way,
}

/// How the link from a parent to a child, or to a block of children, is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// A straight line.
    Straight,
    /// Down below the parent, right along the shelf, one cell above the child, and down to it. The children share
    /// everything but the last part.
    Shelf,
    /// Sideways to this x, down, and back, where a chain turns.
    Turn(f32),
    /// Through the link of a block, given by its index in [`Layout::blocks`].
    Block(usize),
}

/// Childless siblings in a grid of one cell each, in reading order.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Their parent.
    pub parent: Incarnation,
    /// The siblings. A later life of an id follows the earlier one.
    pub members: Vec<Incarnation>,
    /// The left edge.
    pub x: f32,
    /// The upper edge.
    pub y: f32,
    /// The width.
    pub width: f32,
    /// The height. The row below the block is left free for a caption.
    pub height: f32,
    /// How the link to its upper edge is drawn.
    pub way: Way,
}

impl Block {
    fn columns(members: usize, aspect: f32) -> usize {
        ((members as f32 * aspect).sqrt().ceil() as usize).clamp(1, members)
    }
}

impl Layout {
    /// Lays out every life in a recording. `aspect` is the desired ratio of width to height of large parts; 1.6 suits a
    /// page.
    pub fn of(recording: &Recording<'_>, aspect: f32) -> Layout {
        let lives: Vec<_> = recording.lives.iter().map(|life| (life.parent, life.id)).collect();
        Layout::of_lives(&lives, aspect)
    }

    /// The same, given a parent and an id for each life. Parents come before their children; the first life has no
    /// parent.
    pub fn of_lives(lives: &[(Option<Incarnation>, ContextId)], aspect: f32) -> Layout {
        let tree = Tree::new(lives);
        let mut maker = Maker {
            aspect,
            offsets: vec![(0, 0); lives.len()],
            ways: vec![HalfWay::Straight; lives.len()],
            shapes: vec![None; lives.len()],
            blocks: Vec::new(),
            tree,
        };
        for life in (0..lives.len()).rev() {
            maker.shape(life);
        }
        maker.finish()
    }

    /// The place of a context.
    pub fn place(&self, context: Incarnation) -> &Place {
        &self.places[context.index()]
    }

    /// All places, by incarnation number.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The corners of the link of a context, from its parent to it. For a context in a block, only the last piece
    /// within its own cell. Empty for the master.
    pub fn path(&self, child: Incarnation) -> Vec<(f32, f32)> {
        let Place { x, y, parent, way, .. } = *self.place(child);
        let Some(parent) = parent else { return Vec::new() };
        let from = self.place(parent);
        match way {
            Way::Straight => vec![(from.x, from.y), (x, y)],
            Way::Shelf => vec![(from.x, from.y), (from.x, y - 1.0), (x, y - 1.0), (x, y)],
            Way::Turn(side) => vec![(from.x, from.y), (side, from.y), (side, y), (x, y)],
            Way::Block(_) => vec![(x, y - 0.5), (x, y)],
        }
    }

    /// The corners of the link from the parent of a block to its upper edge.
    pub fn block_path(&self, block: usize) -> Vec<(f32, f32)> {
        let Block { parent, x, y, width, way, .. } = self.blocks[block];
        let (from, x) = (self.place(parent), x + width / 2.0);
        match way {
            Way::Shelf => vec![(from.x, from.y), (from.x, y - 0.5), (x, y - 0.5), (x, y)],
            _ => vec![(from.x, from.y), (x, y)],
        }
    }
}

/// Every life in a recording, each before its descendants, and siblings in drawing order. Tracks and lifelines use this
/// order.
pub fn tree_order(recording: &Recording<'_>) -> Vec<Incarnation> {
    let lives: Vec<_> = recording.lives.iter().map(|life| (life.parent, life.id)).collect();
    let tree = Tree::new(&lives);
    let mut order = Vec::with_capacity(lives.len());
    let mut next = vec![Incarnation::MASTER];
    while let Some(context) = next.pop() {
        order.push(context);
        next.extend(tree.children(context.index()).iter().rev().copied().map(Incarnation));
    }
    order
}

/// The parents and children of all lives.
struct Tree {
    parents: Vec<Option<Incarnation>>,
    /// The children of every life, one parent after the other, in drawing order.
    children: Vec<u32>,
    starts: Vec<usize>,
    /// The child that continues the chain, for a life on a chain.
    next: Vec<Option<u32>>,
    /// The length of the chain from here on.
    run: Vec<u32>,
}

impl Tree {
    fn new(lives: &[(Option<Incarnation>, ContextId)]) -> Tree {
        let mut first = FxHashMap::default();
        let mut keys: Vec<_> = (1..lives.len() as u32)
            .map(|life| {
                let (parent, id) = lives[life as usize];
                let parent = parent.expect("only the first life has no parent");
                assert!(parent.0 < life, "parents come before their children");
                (parent.0, *first.entry((parent, id)).or_insert(life), life)
            })
            .collect();
        keys.sort_unstable();
        let mut starts = vec![0; lives.len() + 1];
        keys.iter().for_each(|(parent, ..)| starts[*parent as usize + 1] += 1);
        for life in 0..lives.len() {
            starts[life + 1] += starts[life];
        }
        let mut tree = Tree {
            parents: lives.iter().map(|(parent, _)| *parent).collect(),
            children: keys.into_iter().map(|(.., life)| life).collect(),
            starts,
            next: vec![None; lives.len()],
            run: vec![1; lives.len()],
        };
        tree.find_chains();
        tree
    }

    fn find_chains(&mut self) {
        let mut heights = vec![0_u32; self.parents.len()];
        for life in (0..self.parents.len()).rev() {
            let children = self.children(life);
            heights[life] = children.iter().map(|child| heights[*child as usize] + 1).max().unwrap_or(0);
            // Side branches that are small do not end a chain.
            let mut high = children.iter().filter(|child| children.len() == 1 || heights[**child as usize] >= 2);
            if let (Some(next), None) = (high.next().copied(), high.next()) {
                self.next[life] = Some(next);
                self.run[life] = self.run[next as usize] + 1;
            }
        }
        // Chains that are too short to be folded do not count.
        for life in 0..self.parents.len() {
            if !self.is_on_chain(life) && self.run[life] <= CHAIN_MAX {
                let mut at = Some(life as u32);
                while let Some(on_chain) = at {
                    at = self.next[on_chain as usize].take();
                }
            }
        }
    }

    fn children(&self, life: usize) -> &[u32] {
        &self.children[self.starts[life]..self.starts[life + 1]]
    }

    fn is_childless(&self, life: u32) -> bool {
        self.children(life as usize).is_empty()
    }

    /// Whether the folded chain of this life's parent continues with this life.
    fn is_on_chain(&self, life: usize) -> bool {
        self.parents[life].is_some_and(|parent| self.next[parent.index()] == Some(life as u32))
    }
}

/// A [`Way`] before all positions are known. Its x is relative to the child, in half cells.
#[derive(Clone, Copy)]
enum HalfWay {
    Straight,
    Shelf,
    Turn(i32),
    Block(usize),
}

/// A [`Block`] before its position is known. The offset is that of the middle of its first row.
struct HalfBlock {
    parent: usize,
    members: Vec<u32>,
    columns: usize,
    offset: (i32, i32),
    way: HalfWay,
}

impl HalfBlock {
    fn rows(&self) -> usize {
        self.members.len().div_ceil(self.columns)
    }
}

/// A piece that is placed below a parent as a whole.
#[derive(Clone, Copy)]
enum Part {
    Child(usize),
    Block(usize),
}

/// Lays out the tree from the leaves up. x is in half cells and y in rows, both relative to the parent.
struct Maker {
    aspect: f32,
    tree: Tree,
    offsets: Vec<(i32, i32)>,
    ways: Vec<HalfWay>,
    shapes: Vec<Option<Shape>>,
    blocks: Vec<HalfBlock>,
}

impl Maker {
    /// Computes the shape of a life with everything below it; the shapes of its children are known. On a folded chain,
    /// only the head of the chain includes the rest of the chain.
    fn shape(&mut self, life: usize) {
        let parts = self.parts(life);
        let shape = self.arrange(parts);
        self.shapes[life] = Some(shape);
        if self.tree.next[life].is_some() && !self.tree.is_on_chain(life) {
            let shape = self.fold(life);
            self.shapes[life] = Some(shape);
        }
    }

    /// The parts below a life, without the rest of a folded chain.
    fn parts(&mut self, life: usize) -> Vec<(Part, Shape)> {
        let next = self.tree.next[life];
        let children = self.tree.children(life).iter().copied().filter(|child| Some(*child) != next);
        let (childless, others): (Vec<_>, Vec<_>) = children.clone().partition(|child| self.tree.is_childless(*child));
        let is_packed = childless.len() > BLOCK_MIN;
        let single: Vec<_> = if is_packed { others } else { children.collect() };
        let mut parts = Vec::with_capacity(single.len() + 1);
        for child in single {
            let shape = self.shapes[child as usize].take().expect("children come first");
            parts.push((Part::Child(child as usize), shape));
        }
        if is_packed {
            parts.push(self.pack(life, childless));
        }
        parts
    }

    fn pack(&mut self, parent: usize, members: Vec<u32>) -> (Part, Shape) {
        let columns = Block::columns(members.len(), self.aspect);
        for (place, member) in members.iter().enumerate() {
            self.ways[*member as usize] = HalfWay::Block(self.blocks.len());
            self.offsets[*member as usize] = in_block(place, columns);
            self.shapes[*member as usize] = None;
        }
        let block = HalfBlock { parent, members, columns, offset: (0, 0), way: HalfWay::Straight };
        let half = columns as i32;
        let shape = Shape::solid(-half, half, block.rows() as i32 + 1);
        self.blocks.push(block);
        (Part::Block(self.blocks.len() - 1), shape)
    }

    fn put(&mut self, part: Part, offset: (i32, i32), way: HalfWay) {
        match part {
            Part::Child(child) => (self.offsets[child], self.ways[child]) = (offset, way),
            Part::Block(block) => (self.blocks[block].offset, self.blocks[block].way) = (offset, way),
        }
    }

    /// Arranges the parts below their parent, in a row or on shelves.
    fn arrange(&mut self, parts: Vec<(Part, Shape)>) -> Shape {
        let width = parts.iter().map(|(_, shape)| shape.width() + GAP).sum::<i32>();
        let target = self.target(parts.iter().map(|(_, shape)| shape));
        if width <= ROW_MIN.max(target + target / 4) { self.row(parts) } else { self.shelves(parts, target) }
    }

    /// The target width of an area that has room for all these shapes.
    fn target<'a>(&self, shapes: impl Iterator<Item = &'a Shape>) -> i32 {
        let (mut area, mut widest) = (0.0, 0);
        for shape in shapes {
            area += (shape.width() + GAP) as f32 / 2.0 * (shape.height() + LEVEL - 1) as f32;
            widest = widest.max(shape.width() + GAP);
        }
        widest.max(2 * (area * self.aspect).sqrt() as i32)
    }

    fn row(&mut self, parts: Vec<(Part, Shape)>) -> Shape {
        let mut all: Option<Shape> = None;
        let mut places = Vec::with_capacity(parts.len());
        for (part, shape) in parts {
            let x = all.as_ref().map_or(0, |all| all.distance(&shape));
            places.push((part, x));
            all = Some(match all {
                Some(all) => all.join(shape, x),
                None => shape,
            });
        }
        let Some(mut all) = all else { return Shape::context() };
        let last = places.last().expect("there is at least one part").1;
        let middle = last.div_euclid(2);
        for (part, x) in places {
            self.put(part, (x - middle, LEVEL), HalfWay::Straight);
        }
        all.shift(-middle);
        all.grow_parent(-middle, last - middle);
        all
    }

    fn shelves(&mut self, parts: Vec<(Part, Shape)>, target: i32) -> Shape {
        let (mut x, mut y, mut height, mut right) = (2 * GAP, LEVEL, 0, 0);
        for (part, shape) in parts {
            if x > 2 * GAP && x + shape.width() > target {
                (x, y, height) = (2 * GAP, y + height + LEVEL - 1, 0);
            }
            self.put(part, (x - shape.left(), y), HalfWay::Shelf);
            x += shape.width() + GAP;
            height = height.max(shape.height());
            right = right.max(x);
        }
        Shape::solid(-GAP, right, y + height)
    }

    /// Folds a chain into a zigzag, starting from its head.
    fn fold(&mut self, head: usize) -> Shape {
        let chain: Vec<_> =
            std::iter::successors(Some(head), |life| self.tree.next[*life].map(|next| next as usize)).collect();
        let shapes: Vec<_> = chain.iter().map(|life| self.shapes[*life].take().expect("children come first")).collect();
        let target = self.target(shapes.iter());
        let places = to_and_fro(&shapes, target);
        let width = places.width;
        let (x0, _) = places.roots[0];
        for (place, life) in chain.iter().enumerate().skip(1) {
            let ((x, y), (from_x, from_y)) = (places.roots[place], places.roots[place - 1]);
            let side = if places.goes_right[place] { -GAP } else { width + GAP };
            let way = if y == from_y { HalfWay::Straight } else { HalfWay::Turn(side - x) };
            self.put(Part::Child(*life), (x - from_x, y - from_y), way);
        }
        Shape::solid(-x0 - 2 * GAP, width - x0 + 2 * GAP, places.height)
    }

    fn finish(mut self) -> Layout {
        let whole = self.shapes[0].take().expect("the first life is the root");
        let mut roots: Vec<(i32, i32)> = Vec::with_capacity(self.offsets.len());
        for life in 0..self.offsets.len() {
            let (mut x, mut y) = self.offsets[life];
            if let Some(parent) = self.tree.parents[life] {
                let (parent_x, parent_y) = roots[parent.index()];
                (x, y) = (x + parent_x, y + parent_y);
            } else {
                (x, y) = (-whole.left(), 0);
            }
            if let HalfWay::Block(block) = self.ways[life] {
                let offset = self.blocks[block].offset;
                (x, y) = (x + offset.0, y + offset.1);
            }
            roots.push((x, y));
        }
        let places = roots.iter().enumerate().map(|(life, (x, y))| Place {
            x: cells(*x),
            y: *y as f32 + 0.5,
            room: if matches!(self.ways[life], HalfWay::Block(_)) {
                1.0
            } else {
                cells(Shape::context().width() + GAP)
            },
            parent: self.tree.parents[life],
            way: whole_way(self.ways[life], *x),
        });
        Layout {
            places: places.collect(),
            blocks: self.blocks.iter().map(|block| whole_block(block, &roots)).collect(),
            width: cells(whole.width()),
            height: whole.height() as f32,
        }
    }
}

/// The position of a member of a block, relative to the middle of the first row.
fn in_block(place: usize, columns: usize) -> (i32, i32) {
    let (column, row) = (place % columns, place / columns);
    (2 * column as i32 + 1 - columns as i32, row as i32)
}

fn cells(half: i32) -> f32 {
    half as f32 / 2.0
}

fn whole_way(way: HalfWay, x: i32) -> Way {
    match way {
        HalfWay::Straight => Way::Straight,
        HalfWay::Shelf => Way::Shelf,
        HalfWay::Turn(side) => Way::Turn(cells(x + side)),
        HalfWay::Block(block) => Way::Block(block),
    }
}

fn whole_block(block: &HalfBlock, roots: &[(i32, i32)]) -> Block {
    let (x, y) = roots[block.parent];
    let (x, y) = (x + block.offset.0, y + block.offset.1);
    Block {
        parent: Incarnation(block.parent as u32),
        members: block.members.iter().copied().map(Incarnation).collect(),
        x: cells(x - block.columns as i32),
        y: y as f32,
        width: block.columns as f32,
        height: block.rows() as f32,
        way: whole_way(block.way, x),
    }
}

/// Where the shapes of a folded chain are placed.
struct Folded {
    roots: Vec<(i32, i32)>,
    goes_right: Vec<bool>,
    width: i32,
    height: i32,
}

fn to_and_fro(shapes: &[Shape], target: i32) -> Folded {
    let mut folded = Folded { roots: Vec::new(), goes_right: Vec::new(), width: 0, height: 0 };
    let (mut x, mut y, mut height, mut goes_right) = (0, 0, 0, true);
    for shape in shapes {
        if x > 0 && x + shape.width() > target {
            (x, y, height, goes_right) = (0, y + height + LEVEL - 2, 0, !goes_right);
        }
        // Rows that go left are mirrored later, when the width is known.
        folded.roots.push((if goes_right { x - shape.left() } else { x + shape.right() }, y));
        folded.goes_right.push(goes_right);
        folded.width = folded.width.max(x + shape.width());
        x += shape.width() + GAP;
        height = height.max(shape.height());
    }
    folded.height = y + height;
    for ((x, _), goes_right) in folded.roots.iter_mut().zip(&folded.goes_right) {
        if !goes_right {
            *x = folded.width - *x;
        }
    }
    folded
}
