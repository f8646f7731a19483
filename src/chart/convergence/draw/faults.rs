//! Draws the faults of a run: a line at each, a band while it lasts, and a bar for each that lasts, one below the other
//! where several last at once.

use super::place::Place;
use crate::chart::canvas::{Anchor, Fill, Picture, Rect, Stroke};
use crate::chart::convergence::{End, Fault, Kind, Series};
use crate::chart::font;
use crate::chart::labels::{self, Label};
use crate::chart::theme::Tone;
use crate::chart::time_axis::Panel;
use crate::scenario::Role;
use crate::words::grouped;

/// The length of the lines of faults that are counted together.
const TUFT: f64 = 9.0;
/// More bands than this are too many to see through.
const BANDS_MAX: usize = 12;
/// The most bars, one below the other.
const BARS_MAX: usize = 5;
/// The height of a bar, with the gap below it.
const BAR: f64 = 11.0;
/// The text size in bars.
const BAR_TEXT: f64 = 8.5;
/// How much darker a band is for each further fault that lasts.
const DEEPER: f64 = 0.11;
/// The darkest that it gets.
const DEEPEST: f64 = 0.4;

/// A fault that lasts, as the bar for it. Equal ones that begin together share a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    from: f64,
    to: f64,
    row: usize,
    kind: Kind,
    words: String,
    meaning: String,
}

/// The bars of the faults that last, in the rows that they need.
pub fn bars(run: &Series, panel: &Panel) -> Vec<Bar> {
    let mut ends: Vec<f64> = Vec::new();
    let mut bars: Vec<Bar> = Vec::new();
    for (fault, (from, to)) in lasting(run, panel) {
        let row = ends.iter().position(|end| *end + 1.0 <= from).unwrap_or(ends.len());
        let meaning = format!("{} {}", fault.at, fault.words);
        let lasts = fault.lasts().unwrap_or_default();
        if row < BARS_MAX {
            if row == ends.len() {
                ends.push(to);
            }
            ends[row] = to;
            bars.push(Bar { from, to, row, kind: fault.kind, words: lasts, meaning });
            continue;
        }
        // There is no row left: the last one shows that there are more.
        let rest = bars.iter_mut().rfind(|bar| bar.row + 1 == BARS_MAX).expect("all rows are taken");
        rest.to = rest.to.max(to);
        let more =
            rest.words.strip_prefix('+').and_then(|count| count.split(' ').next()?.replace(',', "").parse().ok());
        rest.words = format!("+{} more", grouped(more.unwrap_or(1_u64) + 1));
        rest.meaning.clone_from(&rest.words);
        ends[BARS_MAX - 1] = rest.to;
    }
    bars
}

/// The faults that last, and from where to where.
fn lasting<'s>(run: &'s Series, panel: &'s Panel) -> impl Iterator<Item = (&'s Fault, (f64, f64))> {
    run.faults.iter().filter_map(|fault| {
        let until = fault.until?;
        let from = panel.x(fault.at);
        let to = if fault.end > End::GivenUp { panel.plot.right } else { panel.x(until) };
        Some((fault, (from, to.max(from + 1.0))))
    })
}

/// The height of the bars.
pub fn height(bars: &[Bar]) -> f64 {
    bars.iter().map(|bar| bar.row + 1).max().map_or(0.0, |rows| rows as f64 * BAR + 3.0)
}

/// Draws the bars below the labels, from `top` on.
pub fn draw_bars(picture: &mut Picture, bars: &[Bar], labels: &[Label], top: f64) {
    for bar in bars {
        let top = top + bar.row as f64 * BAR;
        let tone = tone_of(bar.kind);
        let area = Rect { left: bar.from, top, right: bar.to, bottom: top + BAR - 2.0 };
        picture.group(bar.meaning.as_str(), |picture| {
            picture.rect(area, Fill { tone, opacity: 0.3 });
            picture.rect(Rect { right: area.left + 1.5, ..area }, tone);
            if let Some(left) = room(bar, labels) {
                picture.text(bar.words.as_str(), (left, area.bottom - 1.5), Anchor::Start, BAR_TEXT, Tone::Ink);
            }
        });
    }
}

/// Where the text of a bar has room between the lines that lead down from the labels, if anywhere.
fn room(bar: &Bar, labels: &[Label]) -> Option<f64> {
    let width = font::width(&bar.words, BAR_TEXT);
    let crossed = labels.iter().map(|label| label.x + 2.0);
    let mut places = std::iter::once(bar.from + 2.0).chain(crossed).map(|line| line + 2.0);
    places.find(|left| {
        let is_crossed = labels.iter().any(|label| (left - 1.0..left + width + 1.0).contains(&label.x));
        *left >= bar.from + 4.0 && left + width + 3.0 <= bar.to && !is_crossed
    })
}

/// Draws a band while a fault lasts, darker where several do. If there are too many, they are drawn only at the upper
/// edge.
pub fn draw_bands(picture: &mut Picture, run: &Series, place: &Place) {
    let plot = place.panel.plot;
    let depths = depths(lasting(run, &place.panel).map(|(_, band)| band));
    let is_crowded = depths.windows(2).filter(|pair| pair[0].2 == 0 || pair[0].1 < pair[1].0).count() >= BANDS_MAX;
    for (left, right, depth) in depths {
        let deeper = Fill { tone: Tone::Orange, opacity: (DEEPER * (depth - 1) as f64).min(DEEPEST) };
        let upper = Rect { bottom: plot.top + TUFT, ..plot };
        let areas = if is_crowded { vec![upper] } else { place.areas().to_vec() };
        for area in areas.into_iter().map(|area| Rect { left, right, ..area }) {
            picture.rect(area, Tone::Band);
            if depth > 1 {
                picture.rect(area, deeper);
            }
        }
    }
}

/// Where how many bands lie on each other: from, to, and how many.
fn depths(bands: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64, usize)> {
    let mut turns: Vec<(f64, i32)> = bands.flat_map(|(from, to)| [(from, 1), (to, -1)]).collect();
    turns.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut depths: Vec<(f64, f64, usize)> = Vec::new();
    let mut depth = 0;
    for pair in turns.windows(2) {
        depth += pair[0].1;
        let (from, to) = (pair[0].0, pair[1].0);
        if depth > 0 && to > from {
            depths.push((from, to, depth as usize));
        }
    }
    depths
}

/// Draws a line for each fault with its own label. Faults that are counted together get short lines.
pub fn lines(picture: &mut Picture, run: &Series, labels: &[Label], place: &Place) {
    for label in labels {
        let faults = &run.faults[label.items.0..=label.items.1];
        let is_short = faults.len() > 1;
        let mut last: Vec<(Kind, f64)> = Vec::new();
        for fault in faults {
            let x = place.panel.x(fault.at);
            // Faults that cannot be told apart share a line.
            if last.iter().any(|(kind, last)| *kind == fault.kind && x - last < 1.0) {
                continue;
            }
            last.retain(|(kind, _)| *kind != fault.kind);
            last.push((fault.kind, x));
            picture.group(format!("{} {}", fault.at, fault.words), |picture| {
                for area in place.areas() {
                    let bottom = if is_short { area.top + TUFT } else { area.bottom };
                    let stroke = line_of(fault.kind);
                    let stroke = if is_short { Stroke { dash: &[], ..stroke } } else { stroke };
                    picture.line([(x, area.top), (x, bottom)], stroke);
                    if is_short {
                        break;
                    }
                }
            });
        }
    }
}

/// Writes the labels, each with its line down to the plot.
pub fn write_labels(picture: &mut Picture, run: &Series, labels: &[Label], place: &Place) {
    let top = place.labels;
    for label in labels {
        let kind = run.faults[label.items.0].kind;
        let area = label.area(top - 2.0);
        let stroke = Stroke { width: 1.0, ..line_of(kind) };
        // If the label had to move left, the line starts below it.
        let from = if label.left < label.x { area.bottom } else { area.top + 2.0 };
        picture.line([(label.x, from), (label.x, place.panel.plot.top)], stroke);
        let tone = if label.items.0 == label.items.1 { tone_of(kind) } else { Tone::Ink };
        picture.text(label.words.as_str(), (label.left, area.bottom - 3.5), Anchor::Start, labels::SIZE, tone);
    }
}

/// The colour of a kind of fault.
pub fn tone_of(kind: Kind) -> Tone {
    match kind {
        Kind::Step(kind) => match kind.role() {
            Role::Join | Role::Traffic => Tone::Muted,
            Role::Loss => Tone::Red,
            Role::Hindrance => Tone::Orange,
            Role::Repair => Tone::Green,
        },
        Kind::Timeout => Tone::Purple,
    }
}

/// The line of a kind of fault.
pub fn line_of(kind: Kind) -> Stroke {
    let tone = tone_of(kind);
    match kind {
        Kind::Step(kind) => match kind.role() {
            Role::Join | Role::Traffic => Stroke::dashed(tone, 0.8, &[1.0, 3.0]),
            Role::Repair => Stroke::dashed(tone, 1.2, &[5.0, 3.0]),
            Role::Loss | Role::Hindrance => Stroke::solid(tone, 1.2),
        },
        Kind::Timeout => Stroke::dashed(tone, 1.2, &[2.0, 2.0]),
    }
}
