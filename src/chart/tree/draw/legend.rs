//! The legend of a tree: only what occurs, with how often.

use super::marks::{arrow, between, gap, mark, stroke};
use crate::chart::canvas::{Anchor, Picture, Point};
use crate::chart::font;
use crate::chart::plot::TICKS;
use crate::chart::theme::Tone;
use crate::chart::tree::Series;
use crate::recording::{Condition, Health};
use crate::scenario::Ways;
use crate::words::grouped;

/// The distance from the top to the legend.
pub const HEAD: f64 = 54.0;
/// The height of a row of the legend.
pub const ROW: f64 = 18.0;
/// The size of the cells whose lines are the samples.
const SAMPLE_CELL: f64 = 38.0;

/// Which marks occur, how often, and how they are drawn.
pub struct Legend {
    entries: Vec<(Sample, String, Point)>,
    /// How many rows it takes.
    pub rows: usize,
}

#[derive(Clone, Copy)]
enum Sample {
    Context(Health),
    Link(Condition),
}

impl Legend {
    /// The legend of a tree, in this width.
    pub fn new(tree: &Series, width: f64) -> Legend {
        let contexts = [Health::Fine, Health::Wrong(1), Health::Unknown, Health::Orphan, Health::Dead];
        let links = [
            Condition::Open,
            Condition::Cut(Ways::Both),
            Condition::Cut(Ways::Down),
            Condition::Cut(Ways::Up),
            Condition::Closed,
        ];
        let samples = contexts.map(Sample::Context).into_iter().chain(links.map(Sample::Link));
        let mut legend = Legend { entries: Vec::new(), rows: 1 };
        let mut x = 20.0;
        for (sample, words) in samples.filter_map(|sample| Some((sample, counted(tree, sample)?))) {
            let room = 30.0 + font::width(&words, TICKS);
            if x > 20.0 && x + room > width - 20.0 {
                (x, legend.rows) = (20.0, legend.rows + 1);
            }
            legend.entries.push((sample, words, (x, HEAD + (legend.rows as f64 - 1.0) * ROW + 8.0)));
            x += room + 16.0;
        }
        legend
    }

    /// The same in words.
    pub fn words(&self) -> String {
        self.entries.iter().map(|(_, words, _)| words.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Draws it below the head.
    pub fn draw(&self, picture: &mut Picture) {
        for (sample, words, (x, y)) in &self.entries {
            match sample {
                Sample::Context(health) => mark(picture, (x + 12.0, y - 4.0), 5.5, *health),
                Sample::Link(condition) => sample_link(picture, (*x, y - 4.0), *condition),
            }
            picture.text(words.as_str(), (x + 30.0, *y), Anchor::Start, TICKS, Tone::Ink);
        }
    }
}

fn sample_link(picture: &mut Picture, (x, y): Point, condition: Condition) {
    let (from, to) = ((x, y), (x + 24.0, y));
    let middle = between(from, to, 0.5);
    picture.line([from, to], stroke(condition, SAMPLE_CELL));
    match condition {
        Condition::Cut(Ways::Both) => gap(picture, middle, from, to, 4.0),
        Condition::Cut(_) => arrow(picture, middle, from, to, 4.0),
        Condition::Open | Condition::Closed => {}
    }
}

/// What a sample stands for, with a count; `None` if the count is zero.
fn counted(tree: &Series, sample: Sample) -> Option<String> {
    let nodes = tree.nodes.iter().filter(|node| match (sample, node.link) {
        (Sample::Context(Health::Wrong(_)), _) => matches!(node.health, Health::Wrong(_)),
        (Sample::Context(health), _) => node.health == health,
        (Sample::Link(condition), Some((is, _))) => is == condition,
        (Sample::Link(_), None) => false,
    });
    let words = match sample {
        Sample::Context(Health::Fine) => "fine",
        Sample::Context(Health::Wrong(_)) => "with wrong entries",
        Sample::Context(Health::Unknown) => "not known to be right or wrong",
        Sample::Context(Health::Orphan) => "orphaned",
        Sample::Context(Health::Dead) => "dead",
        Sample::Link(condition) => condition.words(),
    };
    let count: u64 = nodes.map(|node| node.all).sum();
    let is_link = matches!(sample, Sample::Link(_));
    let what = match (is_link, count) {
        (_, 0) => return None,
        (true, 1) => "link ",
        (true, _) => "links ",
        (false, _) => "",
    };
    Some(format!("{} {what}{words}", grouped(count)))
}
