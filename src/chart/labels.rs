//! Labels above a plot, each with a line down into the plot. They are placed in rows, without overlap.
//!
//! If there are too many for the rows, neighbours are merged and counted, as in `kill ×280`.

use super::canvas::Rect;
use super::font;

/// The text size of labels, in pixels per em.
pub const SIZE: f64 = 10.5;

/// The height of a row.
pub const ROW: f64 = 14.0;

/// The minimum distance between two labels, and between a label and the line of another.
const GAP: f64 = 5.0;

/// The maximum width of a label.
const WIDTH_MAX: f64 = 230.0;

/// How many kinds a merged label names.
const KINDS_MAX: usize = 2;

/// Something to label.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The x coordinate of its line.
    pub x: f64,
    /// Its text if it has its own label.
    pub words: String,
    /// Its kind, by which it is counted in a merged label.
    pub kind: &'static str,
    /// How many it counts as.
    pub count: u64,
    /// Whether it is never merged with others.
    pub is_alone: bool,
}

/// A placed label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The x coordinate of its line.
    pub x: f64,
    /// The left edge of its text.
    pub left: f64,
    /// How many rows are below it.
    pub row: usize,
    /// Its text.
    pub words: String,
    /// The indices of the first and the last item that it stands for.
    pub items: (usize, usize),
}

impl Label {
    /// The area that it takes above a plot with its upper edge at `top`.
    pub fn area(&self, top: f64) -> Rect {
        let bottom = top - self.row as f64 * ROW;
        Rect { left: self.left, top: bottom - ROW, right: self.left + font::width(&self.words, SIZE), bottom }
    }

    fn right(&self) -> f64 {
        self.left + font::width(&self.words, SIZE)
    }
}

/// Places labels for `items`, sorted by x, between two edges, in at most `rows` rows.
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

/// Groups items within `reach` pixels of the first. Returns the indices of the first and last item of each group.
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

/// Places all groups; `None` if the rows do not suffice.
fn place_all(items: &[Item], groups: &[(usize, usize)], edges: (f64, f64), rows: usize) -> Option<Vec<Label>> {
    // No row holds more labels than this.
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

/// Whether a label may be in a row, given another label that is already placed.
fn stands(label: &Label, row: usize, other: &Label) -> bool {
    let overlaps = label.left < other.right() + GAP && other.left < label.right() + GAP;
    let is_crossed = |of: &Label, x: f64| of.left - 2.0 < x && x < of.right() + 2.0;
    match row.cmp(&other.row) {
        std::cmp::Ordering::Equal => !overlaps && !is_crossed(label, other.x) && !is_crossed(other, label.x),
        // The line of the upper label passes through the row of the lower one.
        std::cmp::Ordering::Greater => !is_crossed(other, label.x),
        std::cmp::Ordering::Less => !is_crossed(label, other.x),
    }
}

/// The text of a label for these items.
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
    // The sort is stable: kinds with equal counts stay in the order in which they appear.
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
