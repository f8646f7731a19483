//! Draws marks with plotters, on either of its backends, bitmap or SVG.
//!
//! [`Board`] holds what the two backends do differently. Dashes are computed here, because those of plotters all have
//! one length, and do not work on circles.

use super::{Fill, Mark, Point, Rect, Stroke, Text};
use crate::chart::theme::{Theme, Tone};
use plotters::backend::DrawingBackend;
use plotters::style::{RGBAColor, ShapeStyle};

/// The message for a failure that cannot happen: all boards are in memory.
pub const IN_MEMORY: &str = "writing to memory succeeds";

/// What plotters draws on. All lengths are in pixels of the board, which plotters rounds to whole numbers.
pub trait Board: DrawingBackend {
    /// Draws a solid line through points.
    fn path(&mut self, points: &[Point], width: f64, colour: RGBAColor) {
        self.draw_path(points.iter().copied().map(nearest), &shape(colour, width)).expect(IN_MEMORY);
    }

    /// Writes a text in a colour, scaled by `scale`.
    fn write(&mut self, text: &Text, colour: RGBAColor, scale: f64);
}

/// Draws marks on a board, scaled by `scale`.
pub struct Brush<B> {
    /// Where the marks are drawn.
    pub board: B,
    /// How many pixels of the board correspond to one pixel of the picture.
    pub scale: f64,
    /// The ground that the marks are for.
    pub theme: Theme,
}

impl<B: Board> Brush<B> {
    /// Draws a mark. The start and end of a group draw nothing.
    pub fn draw(&mut self, mark: &Mark) {
        match mark {
            Mark::Rect(area, fill) => self.rect(*area, *fill),
            Mark::Line(points, stroke) => self.line(points, *stroke),
            Mark::Area(points, fill) => self.area(points, *fill),
            Mark::Steps(points, base, fill) => self.area(&outline(points, *base), *fill),
            Mark::Disc(centre, radius, fill) => self.disc(*centre, *radius, *fill),
            Mark::Ring(centre, radius, stroke) => self.ring(*centre, *radius, *stroke),
            Mark::Text(text) => self.board.write(text, self.ink(text.tone), self.scale),
            Mark::Begin(_) | Mark::End => {}
        }
    }

    fn ink(&self, tone: Tone) -> RGBAColor {
        self.colour(tone.into())
    }

    fn colour(&self, fill: Fill) -> RGBAColor {
        let [red, green, blue] = fill.tone.rgb(self.theme);
        RGBAColor(red, green, blue, fill.opacity)
    }

    fn scaled(&self, (x, y): Point) -> Point {
        (x * self.scale, y * self.scale)
    }

    fn rect(&mut self, area: Rect, fill: Fill) {
        let corners = [(area.left, area.top), (area.right, area.bottom)].map(|corner| self.scaled(corner));
        let colour = self.colour(fill);
        fill_rect(&mut self.board, corners, colour);
    }

    fn line(&mut self, points: &[Point], stroke: Stroke) {
        let colour = self.ink(stroke.tone);
        for piece in dashes(points, stroke.dash) {
            let piece: Vec<Point> = piece.into_iter().map(|point| self.scaled(point)).collect();
            self.board.path(&piece, stroke.width * self.scale, colour);
        }
    }

    fn area(&mut self, points: &[Point], fill: Fill) {
        let points: Vec<_> = points.iter().map(|point| nearest(self.scaled(*point))).collect();
        let colour = self.colour(fill);
        self.board.fill_polygon(points, &colour).expect(IN_MEMORY);
    }

    fn disc(&mut self, centre: Point, radius: f64, fill: Fill) {
        let (centre, radius) = (nearest(self.scaled(centre)), whole(radius * self.scale));
        let colour = self.colour(fill);
        self.board.draw_circle(centre, radius, &colour, true).expect(IN_MEMORY);
    }

    fn ring(&mut self, centre: Point, radius: f64, stroke: Stroke) {
        if !stroke.dash.is_empty() {
            return self.line(&circle(centre, radius), stroke);
        }
        let (centre, radius) = (nearest(self.scaled(centre)), whole(radius * self.scale));
        let style = shape(self.ink(stroke.tone), stroke.width * self.scale);
        self.board.draw_circle(centre, radius, &style, false).expect(IN_MEMORY);
    }
}

/// Fills a rectangle between its upper left and lower right corners, if it is not empty.
pub fn fill_rect(board: &mut impl DrawingBackend, corners: [Point; 2], colour: RGBAColor) {
    let [from, to] = corners.map(nearest);
    if from.0 < to.0 && from.1 < to.1 {
        board.draw_rect(from, to, &colour, true).expect(IN_MEMORY);
    }
}

/// The nearest pixel.
pub fn nearest((x, y): Point) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

fn whole(length: f64) -> u32 {
    length.round() as u32
}

/// A line style of that width in terms of plotters.
pub fn shape(color: RGBAColor, width: f64) -> ShapeStyle {
    ShapeStyle { color, filled: false, stroke_width: whole(width) }
}

/// The corners of the area below a step line.
fn outline(points: &[Point], base: f64) -> Vec<Point> {
    let mut corners = Vec::with_capacity(points.len() * 2 + 2);
    corners.extend(points.first().map(|(x, _)| (*x, base)));
    for pair in points.windows(2) {
        corners.extend([pair[0], (pair[1].0, pair[0].1)]);
    }
    corners.extend(points.last().map(|(x, _)| (*x, base)));
    corners
}

/// The points of a circle, with the first one repeated at the end. To avoid sines, arcs are halved three times: the
/// midpoint of two points is moved out to the radius.
fn circle((x, y): Point, radius: f64) -> Vec<Point> {
    let mut units = vec![(1.0_f64, 0.0_f64), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)];
    for _ in 0..3 {
        let next = units.iter().cycle().skip(1);
        let pairs = units.iter().zip(next);
        units = pairs
            .flat_map(|(one, other)| {
                let (across, down) = (one.0 + other.0, one.1 + other.1);
                let length = (across * across + down * down).sqrt();
                [*one, (across / length, down / length)]
            })
            .collect();
    }
    units.push(units[0]);
    units.into_iter().map(|(across, down)| (x + across * radius, y + down * radius)).collect()
}

/// Splits a line through `points` into its dashes.
fn dashes(points: &[Point], dash: &[f64]) -> Vec<Vec<Point>> {
    if dash.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let mut piece = points.first().copied().into_iter().collect::<Vec<_>>();
    let (mut turn, mut left) = (0, dash[0]);
    for pair in points.windows(2) {
        let ((mut x, mut y), (to_x, to_y)) = (pair[0], pair[1]);
        let mut length = ((to_x - x) * (to_x - x) + (to_y - y) * (to_y - y)).sqrt();
        while length > left {
            (x, y) = (x + (to_x - x) * left / length, y + (to_y - y) * left / length);
            length -= left;
            piece.push((x, y));
            if turn % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            turn += 1;
            left = dash[turn % dash.len()];
            piece = vec![(x, y)];
        }
        left -= length;
        piece.push((to_x, to_y));
    }
    if turn % 2 == 0 && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that dashes continue around corners, and that gaps are left out.
    #[test]
    fn dashes_go_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)], &[3.0, 1.0]);
        assert_eq!(
            pieces,
            [vec![(0.0, 0.0), (3.0, 0.0)], vec![(4.0, 0.0), (5.0, 0.0), (5.0, 2.0)], vec![(5.0, 3.0), (5.0, 5.0)]]
        );
        assert_eq!(dashes(&[(0.0, 0.0), (1.0, 0.0)], &[]), [[(0.0, 0.0), (1.0, 0.0)]]);
    }
}
