//! Labels above a plot, each at a line that leads down into the plot, in rows without overlap.
//!
//! A label that has no room is shortened. If there are still too many for the rows, neighbours are combined and
//! counted, as in `kill ×280`.

use super::canvas::Rect;
use super::font;
use crate::words::grouped;

/// The text size of labels, in pixels per em.
pub const SIZE: f64 = 10.5;

/// The height of a row.
pub const ROW: f64 = 14.0;

/// The smallest gap between two labels, and between a label and the line of another label.
const GAP: f64 = 5.0;

/// The largest width of a label.
const WIDTH_MAX: f64 = 230.0;

/// The most kinds that a combined label names.
const KINDS_MAX: usize = 2;

/// An item with a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The x of its line.
    pub x: f64,
    /// Its text if it is alone: the whole text, and then shorter ones.
    pub texts: Vec<String>,
    /// Its kind, by which it is counted with others.
    pub kind: &'static str,
    /// Its count among its kind.
    pub count: u64,
    /// Whether it is never combined with others.
    pub is_alone: bool,
}

/// A placed label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The x of its line.
    pub x: f64,
    /// Its left edge.
    pub left: f64,
    /// The number of rows below it.
    pub row: usize,
    /// Its text.
    pub words: String,
    /// The places of the first and the last item that it stands for.
    pub items: (usize, usize),
}

impl Label {
    /// The area of the label above a plot with its upper edge at `top`.
    pub fn area(&self, top: f64) -> Rect {
        let bottom = top - self.row as f64 * ROW;
        Rect { left: self.left, top: bottom - ROW, right: self.left + font::width(&self.words, SIZE), bottom }
    }

    fn right(&self) -> f64 {
        self.left + font::width(&self.words, SIZE)
    }
}

/// Places labels for `items`, which must ascend by x, between two edges and in at most `rows` rows.
pub fn place(items: &[Item], edges: (f64, f64), rows: usize) -> Vec<Label> {
    let mut reach = 0.0;
    loop {
        let groups = if reach == 0.0 { (0..items.len()).map(|n| (n, n)).collect() } else { group(items, reach) };
        // A long label can take the room of all after it, so the next try is with short ones only.
        for is_short in [false, true] {
            if let Some(mut labels) = place_all(items, &groups, edges, (rows, is_short)) {
                part(items, &mut labels, edges, rows);
                lengthen(items, &mut labels, edges);
                return labels;
            }
        }
        reach = if reach == 0.0 { 3.0 } else { reach * 1.5 };
    }
}

/// The most items of a label that can be parted again.
const PARTED_MAX: usize = 4;

/// Parts labels of a few items, where each of these has room for a label of its own: what is crowded in one place is no
/// reason to combine others.
fn part(items: &[Item], labels: &mut Vec<Label>, edges: (f64, f64), rows: usize) {
    let mut place = 0;
    while let Some(whole) = labels.get(place).cloned() {
        let (first, last) = whole.items;
        place += 1;
        if !(1..PARTED_MAX).contains(&(last - first)) {
            continue;
        }
        labels.remove(place - 1);
        let before = labels.len();
        for item in (first..=last).rev() {
            let label = label(items, (item, item), items[item].texts.last().map_or("", String::as_str), edges);
            labels.extend(find_row(label, labels, rows));
        }
        if labels.len() == before + 1 + last - first {
            // The next label is in its place now.
            place -= 1;
            continue;
        }
        labels.truncate(before);
        labels.insert(place - 1, whole);
    }
    labels.sort_by_key(|label| label.items);
}

/// Gives short labels the longest text for which there is room in their rows.
fn lengthen(items: &[Item], labels: &mut [Label], edges: (f64, f64)) {
    for place in 0..labels.len() {
        let Label { items: (first, last), row, .. } = labels[place];
        let longer = texts(&items[first..=last]).into_iter().map(|text| label(items, (first, last), &text, edges));
        let fits = |longer: &Label| {
            let others = labels.iter().enumerate().filter(|(other, _)| *other != place);
            others.map(|(_, other)| other).all(|other| stands(longer, row, other))
        };
        if let Some(longer) = longer.into_iter().find(fits) {
            labels[place] = Label { row, ..longer };
        }
    }
}

/// A label with this text, in no row yet.
fn label(items: &[Item], (first, last): (usize, usize), text: &str, edges: (f64, f64)) -> Label {
    let words = font::fit(text, SIZE, WIDTH_MAX.min(edges.1 - edges.0));
    let x = items[first].x;
    let left = (x + 3.0).min(edges.1 - font::width(&words, SIZE)).max(edges.0);
    Label { x, left, row: 0, words, items: (first, last) }
}

/// The label in the lowest row in which it has room, if it has any.
fn find_row(label: Label, labels: &[Label], rows: usize) -> Option<Label> {
    let row = (0..rows).find(|row| labels.iter().all(|other| stands(&label, *row, other)))?;
    Some(Label { row, ..label })
}

/// The places of the first and the last item of each group: all items within `reach` pixels of the first one.
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

/// Places a label for each group, with the longest text that has room; `None` if there are too few rows.
fn place_all(
    items: &[Item],
    groups: &[(usize, usize)],
    edges: (f64, f64),
    (rows, is_short): (usize, bool),
) -> Option<Vec<Label>> {
    // No row has room for more.
    if groups.len() as f64 * 30.0 > (edges.1 - edges.0) * rows as f64 {
        return None;
    }
    let mut labels: Vec<Label> = Vec::new();
    for (first, last) in groups.iter().rev().copied() {
        let texts = texts(&items[first..=last]);
        let texts = &texts[if is_short { texts.len() - 1 } else { 0 }..];
        let mut tries = texts.iter().map(|text| label(items, (first, last), text, edges));
        let label = tries.find_map(|label| find_row(label, &labels, rows))?;
        labels.push(label);
    }
    labels.reverse();
    Some(labels)
}

/// Whether a label fits into a row beside another label that is already placed.
fn stands(label: &Label, row: usize, other: &Label) -> bool {
    let overlaps = label.left < other.right() + GAP && other.left < label.right() + GAP;
    let is_crossed = |of: &Label, x: f64| of.left - 2.0 < x && x < of.right() + 2.0;
    match row.cmp(&other.row) {
        std::cmp::Ordering::Equal => !overlaps && !is_crossed(label, other.x) && !is_crossed(other, label.x),
        // The line of the upper label leads through the row of the lower one.
        std::cmp::Ordering::Greater => !is_crossed(other, label.x),
        std::cmp::Ordering::Less => !is_crossed(label, other.x),
    }
}

/// The texts of a label for these items, the longest first.
fn texts(items: &[Item]) -> Vec<String> {
    if let [only] = items {
        return only.texts.clone();
    }
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for item in items {
        match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
            Some((_, count)) => *count += item.count,
            None => kinds.push((item.kind, item.count)),
        }
    }
    // Stable: kinds with the same count stay in order.
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut words: Vec<String> = kinds.iter().take(KINDS_MAX).map(|(kind, count)| counted(kind, *count)).collect();
    if kinds.len() > KINDS_MAX {
        let rest: u64 = kinds[KINDS_MAX..].iter().map(|(_, count)| count).sum();
        words.push(format!("{} more", grouped(rest)));
    }
    vec![words.join(", ")]
}

/// `kill ×3`, or `kill` for one.
pub(super) fn counted(kind: &str, count: u64) -> String {
    if count == 1 { kind.to_owned() } else { format!("{kind} ×{}", grouped(count)) }
}
