//! Draws the tree. What is large enough to read gets a label; the rest is counted.

use super::{Node, Series};
use crate::chart::canvas::{Anchor, Picture, Point, Rect, Stroke};
use crate::chart::plot::{SMALL, TICKS, TITLE};
use crate::chart::theme::Tone;
use crate::chart::{WIDTH, font};
use crate::layout::{Block, Way};
use crate::link::Incarnation;
use crate::recording::{Condition, Health};
use crate::scenario::Ways;
use crate::words;
use std::collections::BTreeMap;

/// The margin around the tree.
const MARGIN: f64 = 24.0;
/// The largest and the smallest size of a cell. It may be smaller if the picture would otherwise be too wide.
const CELL: (f64, f64) = (38.0, 5.0);
/// The maximum height of a cell. Above this, more height only spreads the tree out without helping the labels.
const CELL_HEIGHT: f64 = 32.0;
/// The maximum width of a picture.
const WIDTH_MAX: f64 = 2400.0;
/// The distance from the top to the legend.
const HEAD: f64 = 54.0;
/// The height of a row of the legend.
const ROW: f64 = 18.0;
/// The text size of labels, outside and inside blocks.
const LABEL: [f64; 2] = [10.5, 9.0];
/// The smallest cells that have labels, outside and inside blocks.
const LABEL_CELL: [f64; 2] = [13.0, 25.0];

const TRUNK: Stroke = Stroke::solid(Tone::Rule, 1.2);

/// Draws a tree.
pub fn draw(tree: &Series) -> Picture {
    let wide = f64::from(tree.layout.width) + 1.0;
    let cell = ((WIDTH - 2.0 * MARGIN) / wide).clamp(CELL.1, CELL.0).min((WIDTH_MAX - 2.0 * MARGIN) / wide);
    let width = WIDTH.max(wide * cell + 2.0 * MARGIN).ceil();
    let legend = Legend::new(tree, width);
    let top = HEAD + legend.rows as f64 * ROW + 14.0;
    let height = (top + f64::from(tree.layout.height) * cell.min(CELL_HEIGHT) + MARGIN).ceil();
    let mut picture = Picture::new(width, height, tree.title.clone(), format!("{}. {}", tree.sentence, legend.words()));
    let room = width - 40.0;
    picture.text(font::fit(&tree.title, TITLE, room), (20.0, 24.0), Anchor::Start, TITLE, Tone::Ink);
    let sentence = format!("{}; treequake {}", tree.sentence, env!("CARGO_PKG_VERSION"));
    picture.text(font::fit(&sentence, SMALL, room), (20.0, 41.0), Anchor::Start, SMALL, Tone::Muted);
    legend.draw(&mut picture);
    let left = (width - f64::from(tree.layout.width) * cell) / 2.0;
    let radius = (cell * 0.3).clamp(0.8, 7.0);
    Drawer { tree, cell, corner: (left, top), radius, below: Below::of(tree) }.draw(&mut picture);
    picture
}

struct Drawer<'t> {
    tree: &'t Series,
    cell: f64,
    corner: Point,
    radius: f64,
    below: BTreeMap<Incarnation, Below>,
}

/// The text below a context.
struct Label {
    words: String,
    area: Rect,
}

impl Label {
    /// Widens the label to as much of `all` as fits between the areas taken on its left and right.
    fn widened(&self, all: &str, taken: &[Rect], width: f64) -> Label {
        let Rect { left, top, right, bottom } = self.area;
        let beside = taken.iter().filter(|other| other.top < bottom && top < other.bottom);
        let (mut from, mut to) = (6.0, width - 6.0);
        for other in beside {
            if other.right <= left {
                from = other.right.max(from);
            } else if other.left >= right {
                to = other.left.min(to);
            } else if (other.left, other.right) != (left, right) {
                // Something overlaps the label already.
                return Label { words: self.words.clone(), area: self.area };
            }
        }
        let words = font::fit(all, LABEL[0], to - from - 11.0);
        let half = font::width(&words, LABEL[0]) / 2.0 + 1.5;
        if 2.0 * half <= right - left {
            return Label { words: self.words.clone(), area: self.area };
        }
        let middle = ((left + right) / 2.0).max(from + 4.0 + half).min(to - 4.0 - half);
        Label { words, area: Rect { left: middle - half, top, right: middle + half, bottom } }
    }
}

/// What is on the shelves of a context.
#[derive(Default)]
struct Below {
    /// How far the shelves extend to the right of the context, in cells.
    right: f32,
    counts: Counts,
}

impl Below {
    /// The summary for each context that has shelves.
    fn of(tree: &Series) -> BTreeMap<Incarnation, Below> {
        let mut below: BTreeMap<Incarnation, Below> = BTreeMap::new();
        let mut counts = vec![Counts::default(); tree.layout.places().len()];
        let mut reach: Vec<f32> = tree.layout.places().iter().map(|place| place.x).collect();
        for node in tree.nodes.iter().rev() {
            let own = counts[node.context.index()];
            let place = tree.layout.place(node.context);
            if let Some(below) = below.get_mut(&node.context) {
                *below = Below { right: reach[node.context.index()] - place.x, counts: own };
            }
            let Some(parent) = place.parent else { continue };
            reach[parent.index()] = reach[parent.index()].max(reach[node.context.index()]);
            counts[parent.index()].add(own);
            counts[parent.index()].count(node);
            if place.way == Way::Shelf {
                below.entry(parent).or_default();
            }
        }
        below
    }

    fn words(&self) -> String {
        self.counts.words()
    }
}

/// How many contexts are in each state of health.
#[derive(Clone, Copy, Default)]
struct Counts([usize; 4]);

impl Counts {
    fn count(&mut self, node: &Node) {
        let place = match node.health {
            Health::Fine => 0,
            Health::Wrong(_) => 1,
            Health::Orphan => 2,
            Health::Dead => 3,
        };
        self.0[place] += 1;
    }

    fn add(&mut self, other: Counts) {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count += other);
    }

    /// `490 orphaned, 8 dead`.
    fn words(self) -> String {
        let words = ["fine", "with wrong entries", "orphaned", "dead"];
        let parts = self.0.iter().zip(words).filter(|(count, _)| **count > 0);
        parts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
    }
}

impl Drawer<'_> {
    fn draw(&self, picture: &mut Picture) {
        let labels = self.labels(picture.width);
        self.blocks(picture);
        for node in &self.tree.nodes {
            self.link(picture, node);
        }
        for node in &self.tree.nodes {
            picture.group(node.meaning(), |picture| self.context(picture, node, labels.get(&node.context)));
        }
    }

    fn at(&self, (x, y): (f32, f32)) -> Point {
        (self.corner.0 + f64::from(x) * self.cell, self.corner.1 + f64::from(y) * self.cell.min(CELL_HEIGHT))
    }

    /// The centre and radius of a context's mark. In a block, the mark leaves room for its link and a label.
    fn mark_at(&self, context: Incarnation) -> (Point, f64) {
        let place = self.tree.layout.place(context);
        let (x, y) = self.at((place.x, place.y));
        match place.way {
            Way::Block(_) if self.cell >= LABEL_CELL[1] => {
                ((x, y - 0.05 * self.cell.min(CELL_HEIGHT)), self.cell.min(28.0) * 0.2)
            }
            _ => ((x, y), self.radius),
        }
    }

    /// Draws the frames of blocks, their links, and captions that count their members.
    fn blocks(&self, picture: &mut Picture) {
        let mut members: Vec<Vec<&Node>> = vec![Vec::new(); self.tree.layout.blocks().len()];
        for node in &self.tree.nodes {
            if let Way::Block(block) = self.tree.layout.place(node.context).way {
                members[block].push(node);
            }
        }
        for (place, block) in self.tree.layout.blocks().iter().enumerate() {
            if members[place].is_empty() {
                continue;
            }
            let trunk: Vec<_> = self.tree.layout.block_path(place).into_iter().map(|corner| self.at(corner)).collect();
            picture.line(trunk, TRUNK);
            let ((left, top), (right, bottom)) =
                (self.at((block.x, block.y)), self.at((block.x + block.width, block.y + block.height)));
            picture.rect(Rect { left, top, right, bottom }, Tone::Panel);
            picture.line([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], TRUNK);
            self.caption(picture, block, &members[place]);
        }
    }

    fn caption(&self, picture: &mut Picture, block: &Block, members: &[&Node]) {
        let (left, y) = self.at((block.x, block.y + block.height));
        let room = (f64::from(block.width) + 1.0) * self.cell;
        let text = caption(members);
        let short = members.len().to_string();
        let y = y + LABEL[0] + 2.0;
        for words in [text.as_str(), text.split(": ").nth(1).unwrap_or_default(), short.as_str()] {
            if font::width(words, LABEL[0]) <= room {
                picture.text(words, (left, y), Anchor::Start, LABEL[0], Tone::Ink);
                return;
            }
        }
    }

    /// The labels below contexts. Each fits in its own room. A label that had to be cut then uses the free space beside
    /// it.
    fn labels(&self, width: f64) -> BTreeMap<Incarnation, Label> {
        let mut labels = BTreeMap::new();
        if self.cell < LABEL_CELL[0] {
            return labels;
        }
        for node in &self.tree.nodes {
            labels.extend(self.narrow_label(node).map(|label| (node.context, label)));
        }
        let mut taken = self.taken();
        taken.extend(labels.values().map(|label| label.area));
        let mut wider = Vec::new();
        for node in &self.tree.nodes {
            let Some(label) = labels.get(&node.context).filter(|label| label.words != node.labels[1]) else { continue };
            let label = label.widened(&node.labels[1], &taken, width);
            taken.push(label.area);
            wider.push((node.context, label));
        }
        labels.extend(wider);
        labels
    }

    fn narrow_label(&self, node: &Node) -> Option<Label> {
        let place = self.tree.layout.place(node.context);
        let ((x, y), radius) = self.mark_at(node.context);
        let room = f64::from(place.room) * self.cell - 3.0;
        let [id, label] = &node.labels;
        if matches!(place.way, Way::Block(_)) || font::width(id, LABEL[0]) > room {
            return None;
        }
        let words = font::fit(label, LABEL[0], room);
        let half = font::width(&words, LABEL[0]) / 2.0 + 1.5;
        let y = y + radius + LABEL[0] + 1.0;
        let area = Rect { left: x - half, top: y - LABEL[0], right: x + half, bottom: y + 3.0 };
        Some(Label { words, area })
    }

    /// The areas where no label may go: marks with their numbers, texts on links, and blocks with their captions.
    fn taken(&self) -> Vec<Rect> {
        let mut taken = Vec::new();
        for node in &self.tree.nodes {
            let ((x, y), radius) = self.mark_at(node.context);
            let number = if let Health::Wrong(wrong) = node.health { wrong.to_string() } else { String::new() };
            let right = x + radius * 1.4 + if number.is_empty() { 0.0 } else { font::width(&number, LABEL[0]) + 4.0 };
            taken.push(Rect { left: x - radius * 1.4, top: y - radius * 1.4, right, bottom: y + radius });
            if let Some((_, factor)) = node.link.filter(|(_, factor)| *factor != 1) {
                let path: Vec<_> =
                    self.tree.layout.path(node.context).into_iter().map(|corner| self.at(corner)).collect();
                let (from, to) = longest(&path);
                let (x, y) = between(from, to, 0.62);
                let left = x - 5.0 - font::width(&format!("x{factor}"), LABEL[0]);
                taken.push(Rect { left, top: y - LABEL[0], right: x, bottom: y + 6.0 });
            }
        }
        for block in self.tree.layout.blocks() {
            let ((left, top), (right, bottom)) =
                (self.at((block.x, block.y)), self.at((block.x + block.width, block.y + block.height)));
            taken.push(Rect { left, top, right: right + self.cell, bottom: bottom + LABEL[0] + 6.0 });
        }
        taken
    }

    fn link(&self, picture: &mut Picture, node: &Node) {
        let Some((condition, factor)) = node.link else { return };
        let place = self.tree.layout.place(node.context);
        let mut path: Vec<_> = self.tree.layout.path(node.context).into_iter().map(|corner| self.at(corner)).collect();
        if place.way == Way::Shelf {
            // All but the last piece is shared.
            picture.line(&path[..3], TRUNK);
            path.drain(..2);
        }
        if let Way::Block(_) = place.way {
            if condition == Condition::Open {
                return;
            }
            let ((x, y), radius) = self.mark_at(node.context);
            path[1] = (x, y - radius);
        }
        picture.line(path.as_slice(), stroke(condition, self.cell));
        let (from, to) = longest(&path);
        if let Condition::Cut(ways) = condition {
            self.cut(picture, from, to, ways);
        }
        if factor != 1 && self.cell >= LABEL_CELL[0] && !matches!(place.way, Way::Block(_)) {
            let (x, y) = between(from, to, 0.62);
            picture.text(format!("x{factor}"), (x - 5.0, y + 3.0), Anchor::End, LABEL[0], Tone::Orange);
        }
    }

    /// Draws a gap if nothing gets through, or an arrow in the direction that still works.
    fn cut(&self, picture: &mut Picture, from: Point, to: Point, ways: Ways) {
        let middle = between(from, to, 0.5);
        let size = (self.cell * 0.16).clamp(1.5, 5.0).min((to.0 - from.0).hypot(to.1 - from.1) * 0.45);
        match ways {
            Ways::Both => gap(picture, middle, from, to, size),
            Ways::Down => arrow(picture, middle, to, from, size),
            Ways::Up => arrow(picture, middle, from, to, size),
        }
    }

    /// In small cells, only a context with shelves below it has a label: on its right, where the space is free.
    fn head(&self, picture: &mut Picture, node: &Node, (x, y): Point) {
        let Some(below) = self.below.get(&node.context) else { return };
        let room = f64::from(below.right) * self.cell - self.radius;
        let [id, label] = &node.labels;
        let wrong = match node.health {
            Health::Wrong(_) => format!(", {}", node.health_words()),
            _ => String::new(),
        };
        let texts = [format!("{label}{wrong}; below: {}", below.words()), format!("{label}{wrong}"), id.clone()];
        if let Some(words) = texts.into_iter().find(|words| font::width(words, LABEL[0]) <= room) {
            let left = x + self.radius + 4.0;
            let right = left + font::width(&words, LABEL[0]) + 2.0;
            picture.rect(Rect { left: left - 2.0, top: y - 4.0, right, bottom: y + 5.0 }, Tone::Ground);
            picture.text(words, (left, y + 3.5), Anchor::Start, LABEL[0], Tone::Ink);
        }
    }

    fn context(&self, picture: &mut Picture, node: &Node, label: Option<&Label>) {
        let place = self.tree.layout.place(node.context);
        let is_packed = matches!(place.way, Way::Block(_));
        let is_labelled = self.cell >= LABEL_CELL[usize::from(is_packed)];
        let ((x, y), radius) = self.mark_at(node.context);
        mark(picture, (x, y), radius, node.health);
        if !is_labelled {
            self.head(picture, node, (x, y));
            return;
        }
        let size = LABEL[usize::from(is_packed)];
        let tone = if node.health == Health::Dead { Tone::Muted } else { Tone::Ink };
        if is_packed {
            let id = &node.labels[0];
            if font::width(id, size) <= f64::from(place.room) * self.cell - 3.0 {
                picture.text(id.clone(), (x, y + radius + size), Anchor::Middle, size, tone);
            }
        } else if let Some(label) = label {
            // Hide the link behind the label.
            picture.rect(label.area, Tone::Ground);
            let middle = (label.area.left + label.area.right) / 2.0;
            picture.text(label.words.clone(), (middle, label.area.bottom - 3.0), Anchor::Middle, size, tone);
        }
        if let Health::Wrong(wrong) = node.health
            && !is_packed
        {
            let (words, left, y) = (wrong.to_string(), x + radius + 3.0, y - radius * 0.5);
            let right = left + font::width(&words, size) + 1.0;
            picture.rect(Rect { left: left - 1.0, top: y - size, right, bottom: y + 2.0 }, Tone::Ground);
            picture.text(words, (left, y), Anchor::Start, size, Tone::Red);
        }
    }
}

/// `498 contexts: 490 orphaned, 8 dead, 3 cut off`.
fn caption(members: &[&Node]) -> String {
    let mut counts = Counts::default();
    members.iter().for_each(|node| counts.count(node));
    let cut = members.iter().filter(|node| matches!(node.link, Some((Condition::Cut(_), _)))).count();
    let cut = if cut > 0 { format!(", {cut} cut off") } else { String::new() };
    let contexts = words::counted(members.len() as u64, "context", "contexts");
    format!("{contexts}: {}{cut}", counts.words())
}

/// Draws the mark of a context.
fn mark(picture: &mut Picture, at: Point, radius: f64, health: Health) {
    match health {
        Health::Fine => picture.disc(at, radius, Tone::Green),
        Health::Wrong(_) => picture.diamond(at, radius * 1.4, Tone::Red),
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
fn stroke(condition: Condition, cell: f64) -> Stroke {
    let thin = (cell / 20.0).clamp(0.5, 1.0);
    match condition {
        Condition::Open => Stroke::solid(Tone::Muted, 1.2 * thin),
        Condition::Cut(_) => Stroke::dashed(Tone::Orange, 1.8 * thin, &[5.0, 3.0]),
        Condition::Closed => Stroke::dashed(Tone::Muted, 1.2 * thin, &[1.5, 3.0]),
    }
}

fn between((x, y): Point, (to_x, to_y): Point, part: f64) -> Point {
    (x + (to_x - x) * part, y + (to_y - y) * part)
}

/// The longest straight piece of a line.
fn longest(path: &[Point]) -> (Point, Point) {
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
fn gap(picture: &mut Picture, (x, y): Point, from: Point, to: Point, size: f64) {
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
fn arrow(picture: &mut Picture, (x, y): Point, from: Point, to: Point, size: f64) {
    let (along_x, along_y) = direction(from, to);
    let (tip, back) = ((x + along_x * size, y + along_y * size), (x - along_x * size, y - along_y * size));
    let (by_x, by_y) = (along_y * size * 0.9, -along_x * size * 0.9);
    picture.area([tip, (back.0 + by_x, back.1 + by_y), (back.0 - by_x, back.1 - by_y)], Tone::Orange);
}

/// Which marks occur, how often, and how they are drawn.
struct Legend {
    entries: Vec<(Sample, String, Point)>,
    rows: usize,
}

#[derive(Clone, Copy)]
enum Sample {
    Context(Health),
    Link(Condition),
}

impl Legend {
    fn new(tree: &Series, width: f64) -> Legend {
        let contexts = [Health::Fine, Health::Wrong(1), Health::Orphan, Health::Dead];
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

    fn words(&self) -> String {
        self.entries.iter().map(|(_, words, _)| words.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn draw(&self, picture: &mut Picture) {
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
    picture.line([from, to], stroke(condition, CELL.0));
    match condition {
        Condition::Cut(Ways::Both) => gap(picture, middle, from, to, 4.0),
        Condition::Cut(_) => arrow(picture, middle, from, to, 4.0),
        Condition::Open | Condition::Closed => {}
    }
}

/// What a sample stands for, with a count; `None` if the count is zero.
fn counted(tree: &Series, sample: Sample) -> Option<String> {
    let count = tree.nodes.iter().filter(|node| match (sample, node.link) {
        (Sample::Context(Health::Wrong(_)), _) => matches!(node.health, Health::Wrong(_)),
        (Sample::Context(health), _) => node.health == health,
        (Sample::Link(condition), Some((is, _))) => is == condition,
        (Sample::Link(_), None) => false,
    });
    let words = match sample {
        Sample::Context(Health::Fine) => "fine",
        Sample::Context(Health::Wrong(_)) => "with wrong entries",
        Sample::Context(Health::Orphan) => "orphaned",
        Sample::Context(Health::Dead) => "dead",
        Sample::Link(condition) => condition.words(),
    };
    let count = count.count();
    let is_link = matches!(sample, Sample::Link(_));
    let what = match (is_link, count) {
        (_, 0) => return None,
        (true, 1) => "link ",
        (true, _) => "links ",
        (false, _) => "",
    };
    Some(format!("{count} {what}{words}"))
}
