//! The outline of a part of the tree, row by row. It determines how close other parts may come.

/// The space between two parts side by side, in half cells.
pub const GAP: i32 = 2;

/// Rows from a parent to its children: the mark, the label and the links.
pub const LEVEL: i32 = 3;

/// The space that a context takes on either side, in half cells.
const HALF_WIDTH: i32 = 2;

/// An outline. x is in half cells, relative to the root of the part. The first row is that of the root.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The left and right edge of each row. The lowest row comes first, so that adding a parent on top is cheap.
    rows: Vec<[i32; 2]>,
    /// The offset to add to all edges in `rows`.
    shift: i32,
    left: i32,
    right: i32,
}

impl Shape {
    /// A single context: its mark, and a row for its label.
    pub fn context() -> Shape {
        Shape::solid(-HALF_WIDTH, HALF_WIDTH, 2)
    }

    /// A rectangle.
    pub fn solid(left: i32, right: i32, height: i32) -> Shape {
        let rows = vec![[left, right]; usize::try_from(height).expect("a height is not negative")];
        Shape { rows, shift: 0, left, right }
    }

    /// The leftmost edge of any row.
    pub fn left(&self) -> i32 {
        self.left
    }

    /// The rightmost edge of any row.
    pub fn right(&self) -> i32 {
        self.right
    }

    /// The distance from the leftmost edge to the rightmost.
    pub fn width(&self) -> i32 {
        self.right - self.left
    }

    /// The number of rows.
    pub fn height(&self) -> i32 {
        self.rows.len() as i32
    }

    /// How far to the right another shape must be moved to stand beside this one without touching it.
    pub fn distance(&self, other: &Shape) -> i32 {
        let pairs = self.rows.iter().rev().zip(other.rows.iter().rev());
        let nearest = pairs.map(|([_, right], [left, _])| right - left).max().unwrap_or(0);
        nearest + self.shift - other.shift + GAP
    }

    /// Combines both shapes, with the other one moved to the right by `x`. The cost is proportional to the lower
    /// height.
    pub fn join(mut self, mut other: Shape, x: i32) -> Shape {
        other.shift(x);
        let (left, right) = (self.left.min(other.left), self.right.max(other.right));
        let between = other.shift - self.shift;
        let pairs = self.rows.iter_mut().rev().zip(other.rows.iter_mut().rev());
        for ([own_left, own_right], [left, right]) in pairs {
            *own_right = *right + between;
            *left = *own_left - between;
        }
        let higher = if self.rows.len() >= other.rows.len() { self } else { other };
        Shape { left, right, ..higher }
    }

    /// Moves the shape.
    pub fn shift(&mut self, x: i32) {
        self.shift += x;
        self.left += x;
        self.right += x;
    }

    /// Adds a parent on top, with links to children between `first` and `last`.
    pub fn grow_parent(&mut self, first: i32, last: i32) {
        let (left, right) = (first.min(-HALF_WIDTH), last.max(HALF_WIDTH));
        let links = [left - self.shift, right - self.shift];
        self.rows.extend(std::iter::repeat_n(links, LEVEL as usize - 1));
        self.rows.push([-HALF_WIDTH - self.shift, HALF_WIDTH - self.shift]);
        (self.left, self.right) = (self.left.min(left), self.right.max(right));
    }
}
