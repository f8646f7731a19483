//! A step line of at most a few points for each column of pixels, however many steps it has.

use crate::chart::canvas::Point;

/// Points closer than this, in pixels, are drawn as one.
pub const COLUMN: f64 = 0.5;

/// A step line with at most four points per column of half a pixel: where it enters, its lowest and highest value, and
/// where it leaves.
pub struct Columns {
    points: Vec<Point>,
    x: f64,
    range: (f64, f64),
    y: f64,
}

impl Columns {
    /// Starts the line.
    pub fn begin((x, y): Point) -> Self {
        Columns { points: vec![(x, y)], x, range: (y, y), y }
    }

    /// Goes right, and then up or down to this point.
    pub fn step(&mut self, (x, y): Point) {
        if x - self.x >= COLUMN {
            self.close();
            self.points.push((x, self.y));
            (self.x, self.range) = (x, (self.y, self.y));
        }
        self.range = (self.range.0.min(y), self.range.1.max(y));
        self.y = y;
    }

    /// Goes right.
    pub fn go_to(&mut self, x: f64) {
        self.step((x, self.y));
    }

    /// Draws the current column.
    fn close(&mut self) {
        for y in [self.range.0, self.range.1, self.y] {
            if self.points.last() != Some(&(self.x, y)) {
                self.points.push((self.x, y));
            }
        }
    }

    /// The points of the line.
    pub fn finish(mut self) -> Vec<Point> {
        self.close();
        self.points
    }
}
