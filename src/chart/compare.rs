//! The comparison chart: the results of the same seeds under two monitors. Each case is a mark, and on the diagonal
//! both monitors are equal.
//!
//! Cases that end the same way share a disc, which is larger for more cases. Cases whose result changes have their own
//! shapes, in front.

use super::axis::{Axis, log10, short, short_time};
use super::canvas::{Anchor, Fill, Picture, Point, Rect, Stroke};
use super::plot::{Plot, SMALL, TICKS, head};
use super::theme::Tone;
use super::{WIDTH, font};
use crate::fuzz::pairs::group::{Grade, Group};
use crate::fuzz::pairs::pair::{Pair, Side};
use crate::process::Monitor;
use crate::words::counted;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The figure to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Figure {
    /// How long the slowest step of a case took to converge.
    #[default]
    Time,
    /// How many messages a case cost.
    Messages,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 2] = [Figure::Time, Figure::Messages];

    /// Its name in options.
    pub const fn name(self) -> &'static str {
        match self {
            Figure::Time => "time",
            Figure::Messages => "messages",
        }
    }

    /// The value for one side; `None` means that it had not converged.
    fn of(self, side: &Side) -> Option<u64> {
        match self {
            Figure::Time => side.converged.map(|span| span.as_ns()),
            Figure::Messages => Some(side.messages),
        }
    }

    /// The range of an axis without any values.
    fn usual(self) -> (u64, u64) {
        match self {
            Figure::Time => (1_000_000, 10_000_000_000),
            Figure::Messages => (1, 100),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Figure::Time => "time to converge",
            Figure::Messages => "messages",
        }
    }

    fn say(self, value: f64) -> String {
        match self {
            Figure::Time => short_time(value),
            Figure::Messages => short(value),
        }
    }
}

/// How the result of a case compares: a class of failures that is new is worse.
fn grade(pair: &Pair) -> Grade {
    Group::of(pair).grade_of_result()
}

/// The data of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The figure that is compared.
    pub figure: Figure,
    /// The two monitors: on the x axis, and on the y axis.
    pub monitors: [Monitor; 2],
    /// What was run, as a sentence.
    pub sentence: String,
    /// The cases, by seed.
    pub pairs: Vec<Pair>,
}

impl Comparison {
    /// The cases whose result changes, by seed.
    pub fn changed(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| grade(pair) != Grade::Same)
    }

    /// The changes as a sentence, with at most `most` seeds.
    pub fn changes(&self, most: usize) -> String {
        let changed: Vec<u64> = self.changed().map(|pair| pair.seed).collect();
        if changed.is_empty() {
            let [first, second] = self.monitors;
            return match self.pairs.len() {
                1 => format!("the result is the same under {second} as under {first}: a pass, or the same failure"),
                _ => format!("every result is the same under {second} as under {first}: a pass, or the same failure"),
            };
        }
        let seeds: Vec<String> = changed.iter().take(most).map(u64::to_string).collect();
        let more = changed.len().saturating_sub(most);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let count = |of| self.pairs.iter().filter(|pair| grade(pair) == of).count();
        let (worse, better) = (count(Grade::Worse), count(Grade::Better));
        format!(
            "the result of {} changes, {worse} for the worse, {better} for the better: {} {}{more}",
            cases(changed.len() as u64),
            if changed.len() == 1 { "seed" } else { "seeds" },
            seeds.join(", "),
        )
    }
}

/// `1 case`, `12 cases`.
pub fn cases(count: u64) -> String {
    counted(count, "case", "cases")
}

/// The series as CSV: one row per case. An empty figure means that it had not converged.
pub fn csv(comparison: &Comparison) -> String {
    let [first, second] = comparison.monitors;
    let unit = match comparison.figure {
        Figure::Time => "converged_ns",
        Figure::Messages => "messages",
    };
    let mut out = format!("seed,{unit} {first},{unit} {second},result {first},result {second}\n");
    let value = |side: &Side| comparison.figure.of(side).map(|value| value.to_string()).unwrap_or_default();
    for Pair { seed, first, second, .. } in &comparison.pairs {
        let (one, other) = (value(first), value(second));
        let _ = writeln!(out, "{seed},{one},{other},{},{}", first.result(), second.result());
    }
    out
}

/// The plot area, without its lanes.
const AREA: Rect = Rect { left: 130.0, top: 118.0, right: 560.0, bottom: 548.0 };
/// The label of the lane for cases that had not converged, or not by the next change.
const OPEN: &str = "not converged";

/// The width of the lanes for 0 and for cases that had not converged.
const LANE: f64 = 26.0;
/// With more changed cases than this, their marks are small and hollow.
const MARKS_MAX: usize = 40;
/// Cases closer than this, in pixels, share a disc.
const NEAR: f64 = 4.0;

/// Draws the cases.
pub fn draw(comparison: &Comparison) -> Picture {
    let [first, second] = comparison.monitors;
    let figure = comparison.figure.words();
    let title = format!("{second} against {first}: {figure} on the same seeds");
    let changes = comparison.changes(6);
    let description = format!("{}. {changes}.", comparison.sentence);
    let mut picture = Picture::new(WIDTH, 624.0, title.as_str(), description);
    head(&mut picture, &title, &[comparison.sentence.clone(), changes]);
    let field = Field::new(comparison);
    field.frame(&mut picture, comparison);
    field.marks(&mut picture, comparison);
    key(&mut picture, comparison, &field);
    picture
}

/// A square plot with lanes.
struct Field {
    plot: Plot,
    is_open: bool,
}

impl Field {
    fn new(comparison: &Comparison) -> Self {
        let values = || comparison.pairs.iter().flat_map(|pair| [&pair.first, &pair.second]);
        let known = || values().filter_map(|side| comparison.figure.of(side)).filter(|value| *value > 0);
        let (least, most) = comparison.figure.usual();
        let (min, max) = (known().min().unwrap_or(least), known().max().unwrap_or(most));
        let axis = Axis::log(min as f64, max as f64);
        let axis = if comparison.figure == Figure::Time { axis.of_time() } else { axis };
        let is_open = values().any(|side| comparison.figure.of(side).is_none());
        Field { plot: Plot { area: AREA, x: axis, y: axis }, is_open }
    }

    /// The position of a value on the x axis and on the y axis.
    fn place(&self, value: Option<u64>) -> Point {
        match value {
            None => (AREA.right + LANE / 2.0 + 2.0, AREA.top - LANE / 2.0 - 2.0),
            Some(0) => (AREA.left - LANE / 2.0 - 2.0, AREA.bottom + LANE / 2.0 + 2.0),
            Some(value) => self.plot.point(value as f64, value as f64),
        }
    }

    fn point(&self, figure: Figure, pair: &Pair) -> Point {
        (self.place(figure.of(&pair.first)).0, self.place(figure.of(&pair.second)).1)
    }

    fn frame(&self, picture: &mut Picture, comparison: &Comparison) {
        let Rect { left, top, right, bottom } = AREA;
        let say = |value| comparison.figure.say(value);
        let lanes = [("0", self.place(Some(0)), true), (OPEN, self.place(None), self.is_open)];
        for (words, (x, y), _) in lanes.into_iter().filter(|lane| lane.2) {
            let half = LANE / 2.0;
            let (from, to) = if self.is_open { (top - LANE - 2.0, right + LANE + 2.0) } else { (top, right) };
            picture.rect(Rect { left: x - half, top: from, right: x + half, bottom: bottom + LANE + 2.0 }, Tone::Panel);
            picture.rect(Rect { left: left - LANE - 2.0, top: y - half, right: to, bottom: y + half }, Tone::Panel);
            picture.text(words, (x, bottom + LANE + 17.0), Anchor::Middle, TICKS, Tone::Muted);
            picture.text(words, (left - LANE - 9.0, y + 3.5), Anchor::End, TICKS, Tone::Muted);
        }
        self.grid(picture, say);
        let (from, to) = (self.place(Some(0)), self.place(if self.is_open { None } else { Some(u64::MAX) }));
        picture.line([from, to], Stroke::dashed(Tone::Muted, 1.0, &[6.0, 4.0]));
        let [first, second] = comparison.monitors;
        let figure = comparison.figure.words();
        let middle = (left + right) / 2.0;
        picture.text(
            format!("{figure} under {first}"),
            (middle, bottom + LANE + 36.0),
            Anchor::Middle,
            SMALL,
            Tone::Ink,
        );
        picture.text(
            format!("{figure} under {second}, upward"),
            (20.0, top - LANE - 9.0),
            Anchor::Start,
            SMALL,
            Tone::Ink,
        );
    }

    fn grid(&self, picture: &mut Picture, say: impl Fn(f64) -> String) {
        let Rect { left, top, right, bottom } = AREA;
        // The labels of the lanes take their room first.
        let room = |words: &str, x: f64| {
            (x - font::width(words, TICKS) / 2.0 - 8.0, x + font::width(words, TICKS) / 2.0 + 8.0)
        };
        let mut free = room("0", self.place(Some(0)).0).1;
        let end = if self.is_open { room(OPEN, self.place(None).0).0 } else { f64::MAX };
        for tick in self.plot.x.ticks(7) {
            let (x, y) = self.plot.point(tick, tick);
            picture.line([(x, top), (x, bottom)], Stroke::solid(Tone::Rule, 1.0));
            picture.line([(left, y), (right, y)], Stroke::solid(Tone::Rule, 1.0));
            let words = say(tick);
            let half = font::width(&words, TICKS) / 2.0;
            if x - half >= free && x + half <= end {
                picture.text(words.as_str(), (x, bottom + LANE + 17.0), Anchor::Middle, TICKS, Tone::Muted);
                free = x + half + 8.0;
            }
            if y > top - LANE / 2.0 + TICKS && y < bottom + LANE / 2.0 - TICKS {
                picture.text(words, (left - LANE - 9.0, y + 3.5), Anchor::End, TICKS, Tone::Muted);
            }
        }
    }

    fn marks(&self, picture: &mut Picture, comparison: &Comparison) {
        for (point, is_equal, count) in self.discs(comparison) {
            let tone = if is_equal { Tone::Muted } else { Tone::Blue };
            picture.group(cases(count), |picture| picture.disc(point, radius(count), Fill { tone, opacity: 0.6 }));
        }
        // Cases at the same position with the same change share a mark, which names the first seed.
        let mut changed: BTreeMap<(Grade, i64, i64), (Point, Vec<u64>)> = BTreeMap::new();
        for pair in comparison.changed() {
            let (x, y) = self.point(comparison.figure, pair);
            let place = (grade(pair), (x / 2.0).round() as i64, (y / 2.0).round() as i64);
            changed.entry(place).or_insert(((x, y), Vec::new())).1.push(pair.seed);
        }
        let is_crowded = comparison.changed().count() > MARKS_MAX;
        for ((grade, ..), (point, seeds)) in changed {
            let more = if seeds.len() > 1 { format!(" and {} more", seeds.len() - 1) } else { String::new() };
            picture.group(format!("seed {}{more}", seeds[0]), |picture| match is_crowded {
                true => outline(picture, grade, point),
                false => mark(picture, grade, point),
            });
        }
    }

    /// The cases whose result does not change, as discs: the position of the first of several close cases, whether both
    /// monitors are equal, and how many there are. Equal ones come first, so that the others are in front.
    fn discs(&self, comparison: &Comparison) -> Vec<(Point, bool, u64)> {
        let mut discs: BTreeMap<(bool, i64, i64), (Point, u64)> = BTreeMap::new();
        for pair in comparison.pairs.iter().filter(|pair| grade(pair) == Grade::Same) {
            let (x, y) = self.point(comparison.figure, pair);
            let differs = comparison.figure.of(&pair.first) != comparison.figure.of(&pair.second);
            let place = (differs, (x / NEAR).round() as i64, (y / NEAR).round() as i64);
            discs.entry(place).or_insert(((x, y), 0)).1 += 1;
        }
        discs.into_iter().map(|((differs, ..), (point, count))| (point, !differs, count)).collect()
    }
}

/// Grows with the logarithm of the count.
fn radius(count: u64) -> f64 {
    (2.0 + 1.6 * log10(count as f64)).min(9.0)
}

fn mark(picture: &mut Picture, grade: Grade, at: Point) {
    match grade {
        Grade::Same => picture.disc(at, 2.0, Tone::Blue),
        Grade::Better => picture.diamond(at, 6.0, Tone::Green),
        Grade::Worse => picture.triangle(at, 6.0, Tone::Red),
    }
}

/// The mark when there are many: small and hollow, so that what is behind stays visible.
fn outline(picture: &mut Picture, grade: Grade, (x, y): Point) {
    const SIZE: f64 = 3.5;
    match grade {
        Grade::Same => picture.disc((x, y), 2.0, Tone::Blue),
        Grade::Better => {
            let corners = [(x, y - SIZE), (x + SIZE, y), (x, y + SIZE), (x - SIZE, y), (x, y - SIZE)];
            picture.line(corners, Stroke::solid(Tone::Green, 1.0));
        }
        Grade::Worse => {
            let (left, right, bottom) = (x - SIZE, x + SIZE, y + 0.8 * SIZE);
            picture
                .line([(x, y - SIZE), (right, bottom), (left, bottom), (x, y - SIZE)], Stroke::solid(Tone::Red, 1.0));
        }
    }
}

/// The key beside the plot.
fn key(picture: &mut Picture, comparison: &Comparison, field: &Field) {
    let left = AREA.right + if field.is_open { LANE + 22.0 } else { 22.0 };
    let [first, second] = comparison.monitors;
    let (mut above, mut below) = (0_u64, 0_u64);
    for pair in &comparison.pairs {
        let (x, y) = (comparison.figure.of(&pair.first), comparison.figure.of(&pair.second));
        let (x, y) = (x.unwrap_or(u64::MAX), y.unwrap_or(u64::MAX));
        above += u64::from(y > x);
        below += u64::from(y < x);
    }
    let equal = comparison.pairs.len() as u64 - above - below;
    let more = if comparison.figure == Figure::Time { "slower" } else { "more messages" };
    let count = |of| comparison.pairs.iter().filter(|pair| grade(pair) == of).count() as u64;
    let lines = [
        (Some(Grade::Same), "cases, larger for many,".to_owned()),
        (None, "grey where both are equal".to_owned()),
        (Some(Grade::Worse), format!("ends worse: {}", count(Grade::Worse))),
        (Some(Grade::Better), format!("ends better: {}", count(Grade::Better))),
        (None, format!("above the diagonal: {}", cases(above))),
        (None, format!("{more} under")),
        (None, second.to_string()),
        (None, format!("below it: {}", cases(below))),
        (None, format!("{more} under")),
        (None, first.to_string()),
        (None, counted(equal, "case is equal", "cases are equal")),
    ];
    let mut y = AREA.top + 40.0;
    for (grade, words) in lines {
        if let Some(grade) = grade {
            mark(picture, grade, (left + 5.0, y - 4.0));
        }
        let x = if grade.is_some() { left + 18.0 } else { left };
        picture.text(font::fit(&words, SMALL, WIDTH - x - 6.0), (x, y), Anchor::Start, SMALL, Tone::Ink);
        y += if grade == Some(Grade::Better) { 30.0 } else { 17.0 };
    }
}
