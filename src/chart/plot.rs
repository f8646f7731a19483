//! Shared parts of charts of numbers: headings, axes with a grid, labels at the ends of lines.

use super::axis::Axis;
use super::canvas::{Anchor, Picture, Point, Rect, Stroke};
use super::font;
use super::theme::Tone;

/// The text sizes of titles, sentences and ticks.
pub const TITLE: f64 = 15.0;
/// The text size of sentences.
pub const SMALL: f64 = 11.0;
/// The text size of ticks.
pub const TICKS: f64 = 10.5;

/// Writes a title and sentences below it, each cut at the edge of the picture.
pub fn head(picture: &mut Picture, title: &str, sentences: &[String]) {
    let room = picture.width - 40.0;
    picture.text(font::fit(title, TITLE, room), (20.0, 24.0), Anchor::Start, TITLE, Tone::Ink);
    for (place, sentence) in sentences.iter().enumerate() {
        let y = 41.0 + 15.0 * place as f64;
        picture.text(font::fit(sentence, SMALL, room), (20.0, y), Anchor::Start, SMALL, Tone::Muted);
    }
}

/// A plot with numbers on both axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The area of the plot.
    pub area: Rect,
    /// The axis to the right.
    pub x: Axis,
    /// The axis upward.
    pub y: Axis,
}

impl Plot {
    /// The place of a point in the picture.
    pub fn point(&self, x: f64, y: f64) -> Point {
        (self.area.left + self.x.place(x) * self.area.width(), self.area.bottom - self.y.place(y) * self.area.height())
    }

    /// Draws the grid and the labels of its lines, without overlap. On the left it has a lane for values that a
    /// logarithmic axis cannot show.
    pub fn grid(&self, picture: &mut Picture, lane: f64, say_x: impl Fn(f64) -> String, say_y: impl Fn(f64) -> String) {
        let Rect { left, top, right, bottom } = Rect { left: self.area.left - lane, ..self.area };
        let mut free = f64::MIN;
        for tick in self.x.ticks(8) {
            let x = self.point(tick, 0.0).0;
            picture.line([(x, top), (x, bottom)], Stroke::solid(Tone::Rule, 1.0));
            let words = say_x(tick);
            let half = font::width(&words, TICKS) / 2.0;
            if x - half >= free {
                picture.text(words, (x, bottom + 15.0), Anchor::Middle, TICKS, Tone::Muted);
                free = x + half + 8.0;
            }
        }
        let mut free = f64::MAX;
        for tick in self.y.ticks(6) {
            let y = self.point(1.0, tick).1;
            picture.line([(left, y), (right, y)], Stroke::solid(Tone::Rule, 1.0));
            if y <= free {
                picture.text(say_y(tick), (left - 7.0, y + 3.5), Anchor::End, TICKS, Tone::Muted);
                free = y - TICKS - 3.0;
            }
        }
        picture.line([(left, top), (left, bottom), (right, bottom)], Stroke::solid(Tone::Muted, 1.0));
    }
}

/// Places labels as near as possible to these heights, which can be in any order: at least `apart` from each other,
/// between two edges, in the order of their heights.
pub fn spread(wanted: &[f64], apart: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]).then(one.cmp(other)));
    // Labels that touch form a block, which lies around the middle of the wanted heights. A block is its first height
    // and its members.
    let mut blocks: Vec<(f64, Vec<usize>)> = Vec::new();
    for place in order {
        let mut block = (wanted[place], vec![place]);
        loop {
            let length = apart * (block.1.len() - 1) as f64;
            let ideal = block.1.iter().enumerate().map(|(n, place)| wanted[*place] - apart * n as f64).sum::<f64>();
            block.0 = (ideal / block.1.len() as f64).min(bottom - length).max(top);
            match blocks.pop_if(|(first, members)| *first + apart * members.len() as f64 > block.0) {
                Some((first, mut members)) => {
                    members.append(&mut block.1);
                    block = (first, members);
                }
                None => break,
            }
        }
        blocks.push(block);
    }
    let mut heights = vec![0.0; wanted.len()];
    for (first, members) in blocks {
        members.iter().enumerate().for_each(|(n, place)| heights[*place] = first + apart * n as f64);
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that labels keep their distance and order, and stay within the edges.
    #[test]
    fn labels_are_spread() {
        assert_eq!(spread(&[10.0, 12.0, 50.0], 12.0, (0.0, 100.0)), [5.0, 17.0, 50.0]);
        assert_eq!(spread(&[1.0, 2.0], 12.0, (0.0, 100.0)), [0.0, 12.0]);
        assert_eq!(spread(&[99.0, 98.0, 97.0], 12.0, (0.0, 100.0)), [100.0, 88.0, 76.0]);
    }
}
