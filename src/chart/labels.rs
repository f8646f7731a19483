//! Labels above a plot, each at a line that leads down into it: in rows, without any overlap.
//!
//! Where there are too many for the rows, neighbours are put together and counted, as in `kill ×280`.

use super::canvas::Rect;
use super::font;

/// How large labels are written, in pixels an em.
pub const SIZE: f64 = 10.5;

/// How high a row is.
pub const ROW: f64 = 14.0;

/// The least between two labels, and between a label and the line of another.
const GAP: f64 = 5.0;

/// A label is no wider than this.
const WIDTH_MAX: f64 = 230.0;

/// So many kinds are named where several are put together.
const KINDS_MAX: usize = 2;

/// What is to be labelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where its line is.
    pub x: f64,
    /// What it says when it stands alone.
    pub words: String,
    /// What it is, where it is counted with others.
    pub kind: &'static str,
    /// As how many it counts.
    pub count: u64,
    /// Whether it is never put together with others.
    pub is_alone: bool,
}

/// A label in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where its line is.
    pub x: f64,
    /// Where it begins.
    pub left: f64,
    /// How many rows there are below it.
    pub row: usize,
    /// What it says.
    pub words: String,
    /// How many items it stands for, and the places of the first and the last.
    pub items: (usize, usize),
}

impl Label {
    /// The room that it takes above a plot whose upper edge is at `top`.
    pub fn area(&self, top: f64) -> Rect {
        let bottom = top - self.row as f64 * ROW;
        Rect { left: self.left, top: bottom - ROW, right: self.left + font::width(&self.words, SIZE), bottom }
    }

    fn right(&self) -> f64 {
        self.left + font::width(&self.words, SIZE)
    }
}

/// Places labels for `items`, ascending by x, between two edges, in at most so many rows.
pub fn place(items: &[Item], edges: (f64, f64), rows: usize) -> Vec<Label> {
    let mut reach = 0.0;
    loop {
        let groups = if reach == 0.0 { (0..items.len()).map(|n| (n, n)).collect() } else { group(items, reach) };
        if let Some(labels) = place_all(items, &groups, edges, rows) {
            return labels;
        }
        reach = if reach == 0.0 { 3.0 } else { reach * 1.5 };
    }
}

/// The places of the first and the last item of each group: what is within `reach` pixels of the first.
fn group(items: &[Item], reach: f64) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        match groups.last_mut() {
            Some((first, last)) if item.x - items[*first].x <= reach && !items[*first].is_alone => *last = place,
            _ => groups.push((place, place)),
        }
    }
    groups
}

/// `None` where the rows do not suffice.
fn place_all(items: &[Item], groups: &[(usize, usize)], edges: (f64, f64), rows: usize) -> Option<Vec<Label>> {
    // No row has more.
    if groups.len() as f64 * 30.0 > (edges.1 - edges.0) * rows as f64 {
        return None;
    }
    let mut labels: Vec<Label> = Vec::new();
    for (first, last) in groups.iter().rev().copied() {
        let words = font::fit(&words(&items[first..=last]), SIZE, WIDTH_MAX.min(edges.1 - edges.0));
        let x = items[first].x;
        let left = (x + 3.0).min(edges.1 - font::width(&words, SIZE)).max(edges.0);
        let label = Label { x, left, row: 0, words, items: (first, last) };
        let row = (0..rows).find(|row| labels.iter().all(|other| stands(&label, *row, other)))?;
        labels.push(Label { row, ..label });
    }
    labels.reverse();
    Some(labels)
}

/// Whether a label may stand in a row beside another that has its place.
fn stands(label: &Label, row: usize, other: &Label) -> bool {
    let overlaps = label.left < other.right() + GAP && other.left < label.right() + GAP;
    let is_crossed = |of: &Label, x: f64| of.left - 2.0 < x && x < of.right() + 2.0;
    match row.cmp(&other.row) {
        std::cmp::Ordering::Equal => !overlaps && !is_crossed(label, other.x) && !is_crossed(other, label.x),
        // The line of the upper one leads through the row of the lower one.
        std::cmp::Ordering::Greater => !is_crossed(other, label.x),
        std::cmp::Ordering::Less => !is_crossed(label, other.x),
    }
}

/// What a label for these says.
fn words(items: &[Item]) -> String {
    if let [only] = items {
        return only.words.clone();
    }
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for item in items {
        match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
            Some((_, count)) => *count += item.count,
            None => kinds.push((item.kind, item.count)),
        }
    }
    // Stable: those of one count stay in the order in which they come.
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut words: Vec<String> = kinds.iter().take(KINDS_MAX).map(|(kind, count)| counted(kind, *count)).collect();
    if kinds.len() > KINDS_MAX {
        let rest: u64 = kinds[KINDS_MAX..].iter().map(|(_, count)| count).sum();
        words.push(format!("{rest} more"));
    }
    words.join(", ")
}

/// `kill ×3`, or `kill` for one.
pub(super) fn counted(kind: &str, count: u64) -> String {
    if count == 1 { kind.to_owned() } else { format!("{kind} ×{count}") }
}
