//! The marks of contexts and links.

use crate::chart::canvas::{Picture, Point, Stroke};
use crate::chart::theme::Tone;
use crate::recording::{Condition, Health};

/// Draws the marks of many contexts behind that of the first.
pub fn stack(picture: &mut Picture, (x, y): Point, radius: f64, health: Health) {
    for by in [0.9, 0.45] {
        mark(picture, (x + radius * by, y - radius * by), radius, health);
        picture.disc((x + radius * (by - 0.2), y - radius * (by - 0.2)), radius * 1.1, Tone::Ground);
    }
}

/// Draws the mark of a context.
pub fn mark(picture: &mut Picture, at: Point, radius: f64, health: Health) {
    match health {
        Health::Fine => picture.disc(at, radius, Tone::Green),
        Health::Wrong(_) => picture.diamond(at, radius * 1.4, Tone::Red),
        Health::Unknown => picture.disc(at, radius, Tone::Muted),
        Health::Orphan => {
            picture.disc(at, radius, Tone::Ground);
            // On a small mark, dashes would look like dots.
            let stroke = if radius < 4.0 {
                Stroke::solid(Tone::Ink, 0.7)
            } else {
                Stroke::dashed(Tone::Ink, (radius / 4.0).min(1.6), &[3.0, 2.0])
            };
            picture.ring(at, radius, stroke);
        }
        Health::Dead => picture.cross(at, radius * 0.8, Stroke::solid(Tone::Red, (radius / 3.0).min(2.0))),
    }
}

/// The line style of a link, thinner in small cells.
pub fn stroke(condition: Condition, cell: f64) -> Stroke {
    let thin = (cell / 20.0).clamp(0.5, 1.0);
    match condition {
        Condition::Open => Stroke::solid(Tone::Muted, 1.2 * thin),
        Condition::Cut(_) => Stroke::dashed(Tone::Orange, 1.8 * thin, &[5.0, 3.0]),
        Condition::Closed => Stroke::dashed(Tone::Muted, 1.2 * thin, &[1.5, 3.0]),
    }
}

/// The point at a part of the way between two.
pub fn between((x, y): Point, (to_x, to_y): Point, part: f64) -> Point {
    (x + (to_x - x) * part, y + (to_y - y) * part)
}

/// The longest straight piece of a line.
pub fn longest(path: &[Point]) -> (Point, Point) {
    let length = |pair: &&[Point]| {
        let [from, to] = **pair else { return 0.0 };
        (to.0 - from.0).abs() + (to.1 - from.1).abs()
    };
    let longest = path.windows(2).max_by(|one, other| length(one).total_cmp(&length(other)));
    longest.map_or(((0.0, 0.0), (0.0, 0.0)), |pair| (pair[0], pair[1]))
}

/// The direction of a line, as a vector one pixel long.
fn direction((x, y): Point, (to_x, to_y): Point) -> Point {
    let length = (to_x - x).hypot(to_y - y).max(0.001);
    ((to_x - x) / length, (to_y - y) / length)
}

/// Draws two strokes across a line, with nothing between them.
pub fn gap(picture: &mut Picture, (x, y): Point, from: Point, to: Point, size: f64) {
    let (along_x, along_y) = direction(from, to);
    let half = size * 0.45;
    let ends = [-half, half].map(|by| (x + along_x * by, y + along_y * by));
    picture.line(ends, Stroke::solid(Tone::Ground, size * 1.4));
    for (x, y) in ends {
        let (by_x, by_y) = (along_y * size, -along_x * size);
        picture.line([(x - by_x, y - by_y), (x + by_x, y + by_y)], Stroke::solid(Tone::Orange, 1.8));
    }
}

/// Draws an arrowhead on a line.
pub fn arrow(picture: &mut Picture, (x, y): Point, from: Point, to: Point, size: f64) {
    let (along_x, along_y) = direction(from, to);
    let (tip, back) = ((x + along_x * size, y + along_y * size), (x - along_x * size, y - along_y * size));
    let (by_x, by_y) = (along_y * size * 0.9, -along_x * size * 0.9);
    picture.area([tip, (back.0 + by_x, back.1 + by_y), (back.0 - by_x, back.1 - by_y)], Tone::Orange);
}
