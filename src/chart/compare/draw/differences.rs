//! The plot of differences: to the right what a case takes under the first monitor, upward how much more it takes under
//! the second one. Both axes are logarithmic, with a place of its own for nothing.

use super::marks::mark;
use crate::chart::axis::{Axis, log10};
use crate::chart::canvas::{Anchor, Fill, Picture, Point, Rect, Stroke};
use crate::chart::compare::{Comparison, Figure, cases, grade};
use crate::chart::font;
use crate::chart::plot::{SMALL, TICKS};
use crate::chart::theme::Tone;
use crate::fuzz::pairs::group::Grade;
use crate::fuzz::pairs::pair::Pair;
use std::collections::BTreeMap;

/// The width of the lanes for nothing and for cases that had not converged.
const LANE: f64 = 24.0;
/// Cases closer than this, in pixels, share a mark.
const NEAR: f64 = 4.0;
/// The least distance of ticks of differences, in pixels.
const APART: f64 = 22.0;

/// How the figure of a case differs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Difference {
    /// Only the first monitor had converged.
    OnlyFirst,
    /// By so much; more than 0 is more under the second monitor.
    By(f64),
    /// Only the second monitor had converged.
    OnlySecond,
}

fn difference(figure: Figure, pair: &Pair) -> Option<Difference> {
    match (figure.of(&pair.first), figure.of(&pair.second)) {
        (Some(first), Some(second)) if first == second => None,
        (Some(first), Some(second)) => Some(Difference::By(second as f64 - first as f64)),
        (Some(_), None) => Some(Difference::OnlyFirst),
        (None, Some(_)) => Some(Difference::OnlySecond),
        (None, None) => None,
    }
}

/// The axes.
struct Field {
    figure: Figure,
    area: Rect,
    x: Axis,
    /// The logarithms of the smallest and the largest difference.
    range: (f64, f64),
    /// Whether there are lanes for cases that converged only under one of the monitors.
    is_open: bool,
    /// Whether no case differs by a number: then there is no measure for differences.
    is_empty: bool,
}

impl Field {
    fn new(comparison: &Comparison, plot: Rect) -> Field {
        let figure = comparison.figure;
        let firsts = || comparison.pairs.iter().filter_map(|pair| figure.of(&pair.first)).filter(|value| *value > 0);
        let (least, most) = figure.usual();
        let x = Axis::log(firsts().min().unwrap_or(least) as f64, firsts().max().unwrap_or(most) as f64);
        let x = if figure == Figure::Time { x.of_time() } else { x };
        let differences = || comparison.pairs.iter().filter_map(|pair| difference(figure, pair));
        let sizes = || {
            differences().filter_map(|difference| match difference {
                Difference::By(by) => Some(by.abs()),
                _ => None,
            })
        };
        let (least, most) = sizes().fold((f64::MAX, 0.0_f64), |(least, most), by| (least.min(by), most.max(by)));
        let range = if most > 0.0 { (log10(least).floor(), log10(most).ceil()) } else { (0.0, 1.0) };
        let is_open = differences().any(|difference| !matches!(difference, Difference::By(_)));
        let lane = if is_open { LANE } else { 0.0 };
        let area =
            Rect { left: plot.left + LANE, top: plot.top + lane, right: plot.right - lane, bottom: plot.bottom - lane };
        let is_empty = sizes().next().is_none();
        Field { figure, area, x, range: (range.0, range.1.max(range.0 + 1.0)), is_open, is_empty }
    }

    fn middle(&self) -> f64 {
        (self.area.top + self.area.bottom) / 2.0
    }

    /// The height of a difference. Even the smallest one is away from 0.
    fn y(&self, by: f64) -> f64 {
        let (least, most) = self.range;
        let half = self.area.height() / 2.0;
        let share = (log10(by.abs()) - least + 0.6) / (most - least + 0.6);
        self.middle() - by.signum() * share * half
    }

    fn point(&self, pair: &Pair, difference: Difference) -> Point {
        let x = match self.figure.of(&pair.first) {
            Some(0) => self.area.left - LANE / 2.0,
            Some(first) => self.area.left + self.x.place(first as f64) * self.area.width(),
            None => self.area.right + LANE / 2.0,
        };
        let y = match difference {
            Difference::OnlyFirst => self.area.top - LANE / 2.0,
            Difference::OnlySecond => self.area.bottom + LANE / 2.0,
            Difference::By(by) => self.y(by),
        };
        (x, y)
    }

    fn frame(&self, picture: &mut Picture, comparison: &Comparison) {
        let Rect { left, top, right, bottom } = self.area;
        let [first, second] = comparison.monitors;
        let figure = comparison.figure.words();
        let (from, to) = (left - LANE, if self.is_open { right + LANE } else { right });
        let more = if self.figure == Figure::Time { "slower" } else { "more messages" };
        let less = if self.figure == Figure::Time { "faster" } else { "fewer messages" };
        let words =
            format!("{figure}: how much it differs under {second}; {more} is up; discs are cases that end as before");
        let above = if self.is_open { top - LANE } else { top };
        let room = picture.width - 40.0;
        picture.text(font::fit(&words, SMALL, room), (20.0, above - 14.0), Anchor::Start, SMALL, Tone::Ink);
        picture
            .rect(Rect { left: from, top, right: to, bottom: self.middle() }, Fill { tone: Tone::Red, opacity: 0.05 });
        picture.rect(
            Rect { left: from, top: self.middle(), right: to, bottom },
            Fill { tone: Tone::Green, opacity: 0.06 },
        );
        self.grid(picture, (from, to));
        picture.line([(from, self.middle()), (to, self.middle())], Stroke::solid(Tone::Muted, 1.4));
        picture.text("equal", (from - 7.0, self.middle() + 3.5), Anchor::End, TICKS, Tone::Ink);
        if self.is_open {
            for (y, words) in [(top - LANE / 2.0, "never"), (bottom + LANE / 2.0, "only now")] {
                let lane = Rect { left: from, top: y - LANE / 2.0 + 1.0, right: to, bottom: y + LANE / 2.0 - 1.0 };
                picture.rect(lane, Tone::Panel);
                picture.text(words, (from - 7.0, y + 3.5), Anchor::End, TICKS, Tone::Muted);
            }
        }
        let base = if self.is_open { bottom + LANE } else { bottom };
        let words = format!("{figure} under {first}; {less} is down");
        picture.text(
            font::fit(&words, SMALL, room),
            ((from + to) / 2.0, base + 36.0),
            Anchor::Middle,
            SMALL,
            Tone::Ink,
        );
    }

    fn grid(&self, picture: &mut Picture, (from, to): (f64, f64)) {
        let base = if self.is_open { self.area.bottom + LANE } else { self.area.bottom };
        picture.text("0", (self.area.left - LANE / 2.0, base + 15.0), Anchor::Middle, TICKS, Tone::Muted);
        let mut free = self.area.left - LANE / 2.0 + 14.0;
        for tick in self.x.ticks(7) {
            let x = self.area.left + self.x.place(tick) * self.area.width();
            if !self.is_empty {
                picture.line([(x, self.area.top), (x, self.area.bottom)], Stroke::solid(Tone::Rule, 1.0));
            }
            let words = self.figure.say(tick);
            let half = font::width(&words, TICKS) / 2.0;
            let end = if self.is_open { self.area.right - 22.0 } else { self.area.right + 20.0 };
            if x - half >= free && x + half <= end {
                picture.text(words, (x, base + 15.0), Anchor::Middle, TICKS, Tone::Muted);
                free = x + half + 8.0;
            }
        }
        if self.is_open {
            picture.text("never", (self.area.right + LANE / 2.0, base + 15.0), Anchor::Middle, TICKS, Tone::Muted);
        }
        if self.is_empty {
            let words = self.figure.none_differs(self.is_open);
            let at = ((from + to) / 2.0, self.area.top + self.area.height() / 4.0 + 4.0);
            picture.text(words, at, Anchor::Middle, SMALL, Tone::Muted);
            return;
        }
        let (least, most) = self.range;
        for way in [1.0, -1.0] {
            let mut last = self.middle();
            for exponent in least as i32..=most as i32 {
                let by = way * 10_f64.powi(exponent);
                let y = self.y(by);
                if (y - last).abs() >= APART {
                    picture.line([(from, y), (to, y)], Stroke::solid(Tone::Rule, 1.0));
                    picture.text(
                        self.figure.say_difference(by),
                        (from - 7.0, y + 3.5),
                        Anchor::End,
                        TICKS,
                        Tone::Muted,
                    );
                    last = y;
                }
            }
        }
    }

    /// Draws the cases that differ. Those that end the same way and are close together share a disc; in front are those
    /// that end differently.
    fn marks(&self, picture: &mut Picture, comparison: &Comparison) {
        let mut marks: BTreeMap<(Grade, i64, i64), (Point, Vec<u64>)> = BTreeMap::new();
        for pair in &comparison.pairs {
            let grade = grade(pair);
            let place = match difference(self.figure, pair) {
                Some(difference) => self.point(pair, difference),
                None if grade == Grade::Same => continue,
                // It ends differently, and takes as long.
                None => (self.point(pair, Difference::By(1.0)).0, self.middle()),
            };
            let near = (grade, (place.0 / NEAR).round() as i64, (place.1 / NEAR).round() as i64);
            marks.entry(near).or_insert((place, Vec::new())).1.push(pair.seed);
        }
        for ((grade, ..), (at, seeds)) in marks {
            let more = if seeds.len() > 1 { format!(" and {} more", seeds.len() - 1) } else { String::new() };
            let meaning = match grade {
                Grade::Same => cases(seeds.len() as u64),
                _ => format!("seed {}{more}", seeds[0]),
            };
            picture.group(meaning, |picture| match grade {
                Grade::Same => {
                    let radius = (2.0 + 1.6 * log10(seeds.len() as f64)).min(6.0);
                    let tone = if at.1 < self.middle() { Tone::Orange } else { Tone::Blue };
                    picture.disc(at, radius, Fill { tone, opacity: 0.6 });
                }
                _ => mark(picture, grade, at),
            });
        }
    }
}

/// Draws the plot in an area.
pub fn draw(picture: &mut Picture, comparison: &Comparison, plot: Rect) {
    let field = Field::new(comparison, plot);
    field.frame(picture, comparison);
    field.marks(picture, comparison);
}
