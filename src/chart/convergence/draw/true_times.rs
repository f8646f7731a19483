//! The whole run on an axis without folds, below the axis that has them: what lasts long is long here.

use super::faults::tone_of;
use crate::chart::canvas::{Anchor, Picture, Rect, Stroke};
use crate::chart::convergence::{End, Fault, Series};
use crate::chart::font;
use crate::chart::plot::TICKS;
use crate::chart::theme::Tone;
use crate::chart::time_axis::Panel;
use crate::time::Time;

/// The height of the axis, with the space above it.
pub const HEIGHT: f64 = 26.0;

/// The text before it.
const WORDS: &str = "true to scale";

/// Draws the axis below `top`: grey where the axis above has its stretches, and a bar for each fault that lasts.
pub fn draw(picture: &mut Picture, run: &Series, panel: &Panel, top: f64) {
    let segments = &panel.axis.segments;
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return };
    let whole = (last.to.as_ns() - first.from.as_ns()).max(1) as f64;
    let end = rounded(last.to).to_string();
    let y = top + 17.0;
    let left = 20.0 + font::width(WORDS, TICKS) + 10.0;
    let right = panel.plot.right - font::width(&end, TICKS) - 8.0;
    let x = |at: Time| left + (right - left) * at.as_ns() as f64 / whole;
    picture.text(WORDS, (20.0, y), Anchor::Start, TICKS, Tone::Muted);
    picture.text(end, (panel.plot.right, y), Anchor::End, TICKS, Tone::Muted);
    let bar = |from: f64, to: f64, up: f64, down: f64| Rect {
        left: from,
        top: y - 4.0 - up,
        right: to.max(from + 1.5).min(right.max(from + 1.0)),
        bottom: y - 4.0 + down,
    };
    picture.rect(bar(left, right, 1.0, 1.0), Tone::Rule);
    for segment in segments.iter().filter(|segment| !segment.is_folded) {
        picture.rect(bar(x(segment.from), x(segment.to), 3.0, 3.0), Tone::Muted);
    }
    for fault in &run.faults {
        let to = match fault.until {
            Some(_) if fault.end > End::GivenUp => right,
            Some(until) => x(until),
            None => x(fault.at),
        };
        let meaning = format!("{} {}", fault.at, fault.words);
        picture.group(meaning, |picture| mark(picture, fault, bar(x(fault.at), to, 6.0, -2.0)));
    }
}

/// A fault that lasts is an outlined bar, another one a stroke.
fn mark(picture: &mut Picture, fault: &Fault, area: Rect) {
    let tone = tone_of(fault.kind);
    if fault.until.is_some() {
        picture.rect(area, tone);
    } else {
        picture.line([(area.left, area.top - 1.0), (area.left, area.bottom + 5.0)], Stroke::solid(tone, 1.0));
    }
}

/// Without what is too small to be seen.
fn rounded(at: Time) -> Time {
    let unit = 10_u64.pow(at.as_ns().max(1).ilog10().saturating_sub(3));
    Time::from_ns(at.as_ns().div_ceil(unit).saturating_mul(unit))
}
