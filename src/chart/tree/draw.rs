//! Draws the tree. What is large enough to read gets a label; the rest is counted.

mod legend;
mod marks;

use super::{Node, Series};
use crate::chart::canvas::{Anchor, Picture, Point, Rect, Stroke, Text};
use crate::chart::look::Look;
use crate::chart::plot::{SMALL, TICKS, TITLE};
use crate::chart::theme::Tone;
use crate::chart::{WIDTH, font};
use crate::layout::{Block, Way};
use crate::link::Incarnation;
use crate::recording::{Condition, Health};
use crate::scenario::Ways;
use crate::words::{self, grouped};
use legend::{HEAD, Legend, ROW};
use marks::{arrow, between, gap, longest, mark, stack, stroke};
use std::collections::BTreeMap;

/// The margin around the tree.
const MARGIN: f64 = 24.0;
/// The largest and the smallest size of a cell. It may be smaller if the picture would otherwise be too wide.
const CELL: (f64, f64) = (38.0, 5.0);
/// The maximum height of a cell. Above this, more height only spreads the tree out without helping the labels.
const CELL_HEIGHT: f64 = 32.0;
/// The maximum width of a picture.
const WIDTH_MAX: f64 = 2400.0;
/// The text size of labels, outside and inside blocks.
const LABEL: [f64; 2] = [10.5, 9.0];
/// The smallest cells that have labels, outside and inside blocks.
const LABEL_CELL: [f64; 2] = [13.0, 25.0];

/// How many rows above and below a mark are tried for a name that must be there.
const NAME_TRIES: u32 = 60;

const TRUNK: Stroke = Stroke::solid(Tone::Rule, 1.2);

/// What is drawn, for those who see it first.
const WORDS: &str = "wrong is stale (a route to what is gone), missing, or the wrong way; an orphan lives, cut off from \
                     the tree; a stack is many that are alike";

/// Draws a tree.
pub fn draw(tree: &Series) -> Picture {
    draw_as(tree, None, &Look::default())
}

/// Draws a tree as a user wants it, in this width if one is given.
pub fn draw_as(tree: &Series, width: Option<f64>, look: &Look) -> Picture {
    let wide = f64::from(tree.layout.width) + 1.0;
    let least = width.unwrap_or(WIDTH);
    let cell = ((least - 2.0 * MARGIN) / wide).clamp(CELL.1, CELL.0).min((WIDTH_MAX - 2.0 * MARGIN) / wide);
    let own_width = least.max(wide * cell + 2.0 * MARGIN).ceil();
    let legend = Legend::new(tree, own_width);
    let top = HEAD + (legend.rows + 1) as f64 * ROW + 14.0;
    let height = (top + f64::from(tree.layout.height) * cell.min(CELL_HEIGHT) + MARGIN).ceil();
    let title = look.title.clone().unwrap_or(tree.title.clone());
    let description = format!("{}. {}", tree.sentence, legend.words());
    let mut picture = Picture::new(own_width, height, title.clone(), description);
    let room = own_width - 40.0;
    picture.text(font::fit(&title, TITLE, room), (20.0, 24.0), Anchor::Start, TITLE, Tone::Ink);
    let sentence = format!("{}; treequake {}", tree.sentence, env!("CARGO_PKG_VERSION"));
    picture.text(font::fit(&sentence, SMALL, room), (20.0, 41.0), Anchor::Start, SMALL, Tone::Muted);
    legend.draw(&mut picture);
    let y = HEAD + legend.rows as f64 * ROW + 8.0;
    picture.text(font::fit(WORDS, TICKS, room), (20.0, y), Anchor::Start, TICKS, Tone::Muted);
    let left = (own_width - f64::from(tree.layout.width) * cell) / 2.0;
    let radius = (cell * 0.3).clamp(0.8, 7.0);
    Drawer { tree, cell, corner: (left, top), radius, below: Below::of(tree) }.draw(&mut picture);
    match (width, look.height) {
        (None, None) => picture,
        (width, height) => {
            let size = (width.unwrap_or(picture.width), height.unwrap_or(picture.height));
            let height = if height.is_none() { picture.height * size.0 / picture.width } else { size.1 };
            picture.fitted(size.0, height)
        }
    }
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
struct Counts([usize; 5]);

impl Counts {
    fn count(&mut self, node: &Node) {
        let place = match node.health {
            Health::Fine => 0,
            Health::Wrong(_) => 1,
            Health::Unknown => 2,
            Health::Orphan => 3,
            Health::Dead => 4,
        };
        self.0[place] += node.all as usize;
    }

    fn add(&mut self, other: Counts) {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count += other);
    }

    /// `490 orphaned, 8 dead`.
    fn words(self) -> String {
        let words = ["fine", "with wrong entries", "not known to be right or wrong", "orphaned", "dead"];
        let parts = self.0.iter().zip(words).filter(|(count, _)| **count > 0);
        parts.map(|(count, words)| format!("{} {words}", grouped(*count as u64))).collect::<Vec<_>>().join(", ")
    }
}

impl Node {
    /// Its label if there is room: the whole name if a fault is about it.
    fn wanted(&self) -> &str {
        &self.labels[if self.is_told { 2 } else { 1 }]
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
        self.told(picture);
    }

    /// Writes the names of contexts that faults are about, where they have none yet: as near as there is room.
    fn told(&self, picture: &mut Picture) {
        let mut taken: Vec<Rect> = picture.texts().map(Text::area).collect();
        let has_name = |node: &&Node| {
            let id = node.labels[0].as_str();
            let is_own = |text: &&Text| text.words.split([' ', ',', ';']).next() == Some(id);
            !picture.texts().any(|text| is_own(&text))
        };
        let nameless: Vec<&Node> = self.tree.nodes.iter().filter(|node| node.is_told).filter(has_name).collect();
        for node in nameless {
            let ((x, y), radius) = self.mark_at(node.context);
            let words = node.wanted();
            let width = font::width(words, LABEL[0]);
            let places = (0..NAME_TRIES).flat_map(|n| {
                let down = f64::from(n.div_ceil(2)) * if n % 2 == 0 { LABEL[0] } else { -LABEL[0] };
                [(x + radius + 5.0, y + 3.5 + down), (x - radius - 5.0 - width, y + 3.5 + down)]
            });
            let area = |(left, base): Point| Rect {
                left: left - 2.0,
                top: base - LABEL[0],
                right: left + width + 2.0,
                bottom: base + 3.0,
            };
            let is_free = |at: &Point| {
                let area = area(*at);
                let is_in =
                    area.left >= 4.0 && area.right <= picture.width - 4.0 && area.bottom <= picture.height - 2.0;
                is_in && area.top > self.corner.1 - 10.0 && !taken.iter().any(|other| other.overlaps(area))
            };
            let Some(at) = places.into_iter().find(is_free) else { continue };
            let area = area(at);
            taken.push(area);
            if (at.1 - y).abs() > LABEL[0] {
                let end = if at.0 > x { area.left } else { area.right };
                picture.line([(x, y), (end, at.1 - 3.5)], Stroke::dashed(Tone::Muted, 0.7, &[1.0, 2.0]));
            }
            picture.rect(area, Tone::Ground);
            picture.text(words, at, Anchor::Start, LABEL[0], Tone::Ink);
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
        let short = grouped(members.iter().map(|node| node.all).sum());
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
            let all = node.wanted();
            let Some(label) = labels.get(&node.context).filter(|label| label.words != all) else { continue };
            let label = label.widened(all, &taken, width);
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
        let (id, label) = (&node.labels[0], node.wanted());
        if matches!(place.way, Way::Block(_)) || font::width(id, LABEL[0]) > room {
            return None;
        }
        let words = if node.count > 1 && font::width(label, LABEL[0]) > room { id } else { label };
        let words = font::fit(words, LABEL[0], room);
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
        let (id, label) = (&node.labels[0], node.wanted());
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
        if node.count > 1 {
            stack(picture, (x, y), radius, node.health);
        }
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
    let contexts = words::counted(members.iter().map(|node| node.all).sum(), "context", "contexts");
    format!("{contexts}: {}{cut}", counts.words())
}
