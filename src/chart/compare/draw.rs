//! Draws the comparison chart.

mod differences;
mod marks;

use super::{Comparison, Figure, cases};
use crate::chart::canvas::{Anchor, Picture, Rect};
use crate::chart::font;
use crate::chart::look::Look;
use crate::chart::plot::{SMALL, head};
use crate::chart::theme::Tone;
use crate::fuzz::pairs::group::{Grade, Group};
use crate::words::grouped;
use crate::words::number::{short, short_time};
use marks::mark;

/// The pairs of groups: for the worse, and for the better. Those that change how a case ends come first.
const ROWS: [[Group; 2]; 4] = [
    [Group::Fails, Group::Passes],
    [Group::NewClass, Group::FewerClasses],
    [Group::MoreMessages, Group::FewerMessages],
    [Group::Slower, Group::Faster],
];
/// The top of the bars.
const TOP: f64 = 96.0;
/// The height of a row of bars.
const ROW: f64 = 24.0;
/// The room for the words on both sides of the bars.
const SIDE: f64 = 176.0;
/// The distance from the bars to the plot.
const GAP: f64 = 62.0;
/// The height of the plot, and the least one.
const PLOT: [f64; 2] = [300.0, 140.0];
/// The space below the plot.
const FOOT: f64 = 62.0;

/// Draws the cases.
pub fn draw(comparison: &Comparison) -> Picture {
    draw_as(comparison, &Look::default())
}

/// Draws the cases as a user wants them.
pub fn draw_as(comparison: &Comparison, look: &Look) -> Picture {
    let [first, second] = comparison.monitors;
    let title = look.title.clone().unwrap_or(format!("What changes from {first} to {second} on the same seeds"));
    let changes = comparison.changes(6);
    let top = TOP + ROWS.len() as f64 * ROW + GAP;
    let least = top + PLOT[1] + FOOT;
    let height = look.height.unwrap_or(top + PLOT[0] + FOOT).max(least);
    let description = format!("{}. {changes}. {}.", comparison.sentence, words(comparison));
    let mut picture = Picture::new(look.width, height, title.as_str(), description);
    head(&mut picture, &title, &[comparison.sentence.clone(), changes]);
    bars(&mut picture, comparison);
    let plot = Rect { left: 84.0, top, right: look.width - 28.0, bottom: height - FOOT };
    differences::draw(&mut picture, comparison, plot);
    look.fit(picture)
}

fn count(comparison: &Comparison, group: Group) -> u64 {
    comparison.pairs.iter().filter(|pair| Group::of(pair) == group).count() as u64
}

/// All groups that have cases, in words.
fn words(comparison: &Comparison) -> String {
    let counts = Group::ALL.map(|group| (group, count(comparison, group)));
    let words =
        counts.iter().filter(|(_, count)| *count > 0).map(|(group, count)| format!("{}: {count}", group.in_words()));
    words.collect::<Vec<_>>().join("; ")
}

/// Draws a bar to the left for what is worse and one to the right for what is better, for each pair of groups.
fn bars(picture: &mut Picture, comparison: &Comparison) {
    let counts = ROWS.map(|row| row.map(|group| count(comparison, group)));
    let [first, second] = comparison.monitors;
    let middle = picture.width / 2.0;
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
    let room = (middle - SIDE - 62.0).max(20.0);
    let sum = |side: usize| counts.iter().map(|row| row[side]).sum::<u64>();
    let heads = [
        (Grade::Worse, format!("worse under {second}: {}", cases(sum(0))), middle - 12.0, Anchor::End),
        (Grade::Better, format!("better: {}", cases(sum(1))), middle + 12.0, Anchor::Start),
    ];
    let y = TOP - 14.0;
    for (grade, words, x, anchor) in heads {
        let words = font::fit(&words, SMALL, middle - 50.0);
        let tone = if grade == Grade::Worse { Tone::Red } else { Tone::Green };
        let width = font::width(&words, SMALL) + 11.0;
        mark(picture, grade, (if anchor == Anchor::End { x - width } else { x + width }, y - 4.0));
        picture.text(words, (x, y), anchor, SMALL, tone);
    }
    let equal = comparison.pairs.len() as u64 - sum(0) - sum(1);
    for (row, (groups, counts)) in ROWS.iter().zip(counts).enumerate() {
        let top = TOP + row as f64 * ROW;
        // What changes how a case ends is in the full colour, what only changes its cost in a pale one.
        let opacity = if row < 2 { 1.0 } else { 0.45 };
        for (side, tone, way) in [(0, Tone::Red, -1.0), (1, Tone::Green, 1.0)] {
            let count = counts[side];
            let length = if count == 0 { 0.0 } else { (room * count as f64 / most as f64).max(2.0) };
            let (near, far) = (middle + way * 1.0, middle + way * (1.0 + length));
            let anchor = if side == 0 { Anchor::End } else { Anchor::Start };
            let y = top + 14.5;
            let words = groups[side].in_words();
            picture.group(format!("{words}: {}", cases(count)), |picture| {
                let area = Rect { left: near.min(far), top: top + 3.0, right: near.max(far), bottom: top + ROW - 3.0 };
                picture.rect(area, crate::chart::canvas::Fill { tone, opacity });
                let ink = if count == 0 { Tone::Muted } else { Tone::Ink };
                picture.text(grouped(count), (far + way * 7.0, y), anchor, SMALL, ink);
                let (x, anchor) = if side == 0 { (20.0, Anchor::Start) } else { (picture.width - 20.0, Anchor::End) };
                picture.text(font::fit(words, SMALL, SIDE - 24.0), (x, y), anchor, SMALL, ink);
            });
        }
    }
    let bottom = TOP + ROWS.len() as f64 * ROW;
    picture.line([(middle, TOP), (middle, bottom)], crate::chart::canvas::Stroke::solid(Tone::Muted, 1.0));
    let words = format!("equal under {first} and {second}: {}", cases(equal));
    picture.text(
        font::fit(&words, SMALL, picture.width - 40.0),
        (middle, bottom + 16.0),
        Anchor::Middle,
        SMALL,
        Tone::Muted,
    );
}

impl Figure {
    /// What to say if no case differs by a number. `is_open` says that some had converged under one of the monitors only.
    fn none_differs(self, is_open: bool) -> &'static str {
        match (self, is_open) {
            (Figure::Time, false) => "no case takes another time",
            (Figure::Time, true) => "no case that converges under both takes another time",
            (Figure::Messages, _) => "no case takes another number of messages",
        }
    }

    /// A difference of the second figure from the first: `+50ms`, `−3`.
    fn say_difference(self, value: f64) -> String {
        let words = match self {
            Figure::Time => short_time(value.abs()),
            Figure::Messages => short(value.abs()),
        };
        match value {
            0.0 => "0".to_owned(),
            above if above > 0.0 => format!("+{words}"),
            _ => format!("\u{2212}{words}"),
        }
    }
}
