//! The axis of virtual time, with long silences folded, so that milliseconds stay visible in a run of minutes.
//!
//! The axis is a list of [`Segment`]s. In each, time is linear. A folded segment is narrow; two slanted strokes and its
//! length mark it. Each burst between silences has its own scale, which its ticks show: one burst can take a
//! millisecond and the next a minute.

use super::axis::round_step;
use super::canvas::{Anchor, Picture, Rect, Stroke};
use super::font;
use super::theme::Tone;
use crate::time::silence::{self, Stretch, length};
use crate::time::{Span, Time};
use crate::words::number::short_time;

/// The most silences that are folded; more of them are the rhythm of the run.
const FOLDED_MAX: usize = 10;

/// A silence is at least this many times as long as the bursts before and after it.
const DWARFS: f64 = 2.0;

/// The width of a folded silence in pixels, without its text.
const FOLD_WIDTH: f64 = 12.0;

/// The most room of an early burst, as a share of that of all later ones.
const EARLY: f64 = 0.06;

/// The text size of ticks.
const TICK_SIZE: f64 = 10.5;

/// A part of the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// The time at its begin.
    pub from: Time,
    /// The time at its end.
    pub to: Time,
    /// The place of its begin, from 0 to 1.
    pub start: f64,
    /// The place of its end.
    pub end: f64,
    /// Whether it is a folded silence.
    pub is_folded: bool,
}

/// The places of times.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAxis {
    /// The parts of the axis, without gaps, from the first time to the last.
    pub segments: Vec<Segment>,
}

/// A plot over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The plot area, in pixels of the picture. Its left edge is 0 on the axis, its right edge is 1.
    pub plot: Rect,
    /// The places of times between them.
    pub axis: TimeAxis,
}

impl Panel {
    /// The place of a time, in pixels of the picture.
    pub fn x(&self, at: Time) -> f64 {
        self.plot.left + self.axis.place(at) * self.plot.width()
    }
}

impl TimeAxis {
    /// An axis of `width` pixels from 0, for events at these times, which must ascend. A pause below `silence_min` is
    /// not a silence.
    pub fn new(times: impl IntoIterator<Item = Time>, silence_min: Span, width: f64) -> Self {
        TimeAxis::after(Time::ZERO, times, silence_min, width)
    }

    /// The same axis, on which bursts that are over at a time have little room.
    pub fn after(beginning: Time, times: impl IntoIterator<Item = Time>, silence_min: Span, width: f64) -> Self {
        let mut instants = vec![0];
        for time in times {
            if instants.last() != Some(&time.as_ns()) {
                instants.push(time.as_ns());
            }
        }
        let bursts = bursts(&instants, silence_min.as_ns());
        let early = bursts.iter().take_while(|(_, to)| *to <= beginning.as_ns() && *to > 0).count();
        let bursts = spread(&bursts);
        let folds: Vec<f64> = bursts.windows(2).map(|pair| fold_width(pair[1].0 - pair[0].1) / width).collect();
        let left = 1.0 - folds.iter().sum::<f64>();
        let shares = shares(&bursts, early, left, width);
        let mut segments = Vec::new();
        let mut at = 0.0;
        let mut push = |(from, to): Stretch, share: f64, is_folded: bool| {
            let (start, end) = (at, at + share);
            at = end;
            segments.push(Segment { from: Time::from_ns(from), to: Time::from_ns(to), start, end, is_folded });
        };
        for (place, burst) in bursts.iter().enumerate() {
            push(*burst, shares[place], false);
            if let (Some(next), Some(fold)) = (bursts.get(place + 1), folds.get(place)) {
                push((burst.1, next.0), *fold, true);
            }
        }
        segments.last_mut().expect("there is a segment").end = 1.0;
        TimeAxis { segments }
    }

    /// The place of a time, from 0 to 1; a time beyond an end is at that end.
    pub fn place(&self, at: Time) -> f64 {
        let after = self.segments.partition_point(|segment| segment.to < at);
        let Some(segment) = self.segments.get(after) else { return 1.0 };
        let length = (segment.to.as_ns() - segment.from.as_ns()).max(1) as f64;
        let part = at.as_ns().saturating_sub(segment.from.as_ns()) as f64 / length;
        segment.start + part * (segment.end - segment.start)
    }

    /// The time at a place: the inverse of [`place`](TimeAxis::place).
    pub fn time(&self, place: f64) -> Time {
        let after = self.segments.partition_point(|segment| segment.end < place);
        let segment = self.segments.get(after).or(self.segments.last()).expect("there is a segment");
        let part = ((place - segment.start) / (segment.end - segment.start)).clamp(0.0, 1.0);
        let length = (segment.to.as_ns() - segment.from.as_ns()) as f64;
        Time::from_ns(segment.from.as_ns().saturating_add((part * length).round() as u64)).min(segment.to)
    }

    /// Whether it has a folded silence.
    pub fn is_folded(&self) -> bool {
        self.segments.iter().any(|segment| segment.is_folded)
    }
}

fn fold_width(silence: u64) -> f64 {
    FOLD_WIDTH + font::width(&short_time(silence as f64), TICK_SIZE)
}

/// The bursts between silences. As many of the longest pauses as possible become silences.
fn bursts(instants: &[u64], silence_min: u64) -> Vec<Stretch> {
    let whole = (instants[0], instants[instants.len() - 1]);
    let pauses = silence::longest_pauses(instants, silence_min, FOLDED_MAX);
    let mut cuts = (1..=pauses.len()).rev().filter_map(|count| split(whole, &pauses[..count]));
    cuts.next().unwrap_or_else(|| vec![whole])
}

/// Cuts a stretch at these pauses; `None` if one of them is not a silence.
fn split(whole: Stretch, pauses: &[Stretch]) -> Option<Vec<Stretch>> {
    let mut pauses = pauses.to_vec();
    pauses.sort_unstable();
    let bursts = silence::bursts(whole, &pauses);
    let shortest = bursts.iter().map(length).filter(|length| *length > 0).min()?;
    let is_silence = |(pair, pause): (&[Stretch], &Stretch)| {
        length(pause) as f64 >= DWARFS * length(&pair[0]).max(length(&pair[1])).max(shortest) as f64
    };
    let folded: u64 = pauses.iter().map(length).sum();
    // Pauses that make up a small part of the whole need no folding.
    let is_worth = folded as f64 >= 0.4 * length(&whole) as f64;
    (is_worth && bursts.windows(2).zip(&pauses).all(is_silence)).then_some(bursts)
}

/// Gives each burst some room around it, so that no event is right at a fold and no burst is an instant.
fn spread(bursts: &[Stretch]) -> Vec<Stretch> {
    let shortest = bursts.iter().map(|(from, to)| to - from).filter(|length| *length > 0).min();
    let mut spread: Vec<Stretch> = Vec::with_capacity(bursts.len());
    for (place, (from, to)) in bursts.iter().enumerate() {
        let room = ((to - from) / 24).max(shortest.unwrap_or(16_000_000) / 16).max(1);
        let before = bursts[..place].last().map_or(*from, |(_, to)| (from - to) / 4);
        let after = bursts.get(place + 1).map(|(next, _)| (next - to) / 4);
        // The clock can be near its end.
        spread.push((from - room.min(before), to.saturating_add(after.map_or(room, |after| room.min(after)))));
    }
    spread
}

/// The share of the width for each burst: more for a long one, but not in proportion, and always enough to be read. The
/// `early` ones have little, unless they are all.
fn shares(bursts: &[Stretch], early: usize, left: f64, width: f64) -> Vec<f64> {
    let least = (34.0 / width).min(left / bursts.len() as f64);
    // Weighted by the fourth root.
    let mut weights: Vec<f64> = bursts.iter().map(|(from, to)| ((to - from) as f64).sqrt().sqrt()).collect();
    if early < bursts.len() {
        let later: f64 = weights[early..].iter().sum();
        weights[..early].iter_mut().for_each(|weight| *weight = weight.min(EARLY * later));
    }
    let sum: f64 = weights.iter().sum();
    let rest = left - least * bursts.len() as f64;
    weights.iter().map(|weight| least + rest * weight / sum).collect()
}

/// A tick with its text.
struct Tick {
    x: f64,
    words: String,
    /// Whether its text is relative to the first tick of the burst.
    is_relative: bool,
}

/// Draws the axis below a panel, with its folds.
pub(super) fn draw(picture: &mut Picture, panel: &Panel, bottom: f64) {
    let plot = panel.plot;
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for segment in &panel.axis.segments {
        let (start, end) = (plot.left + segment.start * plot.width(), plot.left + segment.end * plot.width());
        if segment.is_folded {
            draw_fold(picture, segment, (start, end), bottom);
            taken.push(((start + end) / 2.0 - 3.0, (start + end) / 2.0 + 3.0));
        } else {
            picture.line([(start, bottom), (end, bottom)], Stroke::solid(Tone::Muted, 1.0));
        }
    }
    let shown = panel.axis.segments.iter().filter(|segment| !segment.is_folded);
    let bursts: Vec<Vec<Tick>> =
        shown.enumerate().map(|(place, segment)| ticks_of(panel, segment, place == 0)).collect();
    // First the first tick of each burst, then the others.
    let mut write = |tick: &Tick| draw_tick(picture, tick, bottom, plot.right, &mut taken);
    let is_dated: Vec<bool> = bursts.iter().map(|ticks| ticks.first().is_some_and(&mut write)).collect();
    for (ticks, is_dated) in bursts.iter().zip(is_dated) {
        for tick in ticks.iter().skip(1).filter(|tick| is_dated || !tick.is_relative) {
            write(tick);
        }
    }
    picture.text("virtual time", (plot.left - 34.0, bottom + 28.0), Anchor::Start, TICK_SIZE, Tone::Muted);
}

/// Draws a tick, and returns whether there was room for its text below or beside it.
fn draw_tick(picture: &mut Picture, tick: &Tick, bottom: f64, edge: f64, taken: &mut Vec<(f64, f64)>) -> bool {
    picture.line([(tick.x, bottom), (tick.x, bottom + 4.0)], Stroke::solid(Tone::Muted, 1.0));
    let width = font::width(&tick.words, TICK_SIZE);
    let is_free = |left: f64, taken: &[(f64, f64)]| {
        left + width <= edge + 8.0 && taken.iter().all(|(from, to)| left - 6.0 >= *to || *from >= left + width + 6.0)
    };
    let places = [tick.x - width / 2.0, tick.x, tick.x + 5.0, tick.x - width];
    let Some(left) = places.into_iter().find(|left| is_free(*left, taken)) else { return false };
    taken.push((left, left + width));
    picture.text(tick.words.as_str(), (left, bottom + 15.0), Anchor::Start, TICK_SIZE, Tone::Muted);
    true
}

/// Draws a fold: two slanted strokes, and its length in a frame, which is no tick.
fn draw_fold(picture: &mut Picture, segment: &Segment, (start, end): (f64, f64), bottom: f64) {
    let middle = (start + end) / 2.0;
    picture.line([(start, bottom), (middle - 5.0, bottom)], Stroke::solid(Tone::Muted, 1.0));
    picture.line([(middle + 5.0, bottom), (end, bottom)], Stroke::solid(Tone::Muted, 1.0));
    for x in [middle - 3.0, middle + 3.0] {
        picture.line([(x - 2.0, bottom + 5.0), (x + 2.0, bottom - 5.0)], Stroke::solid(Tone::Muted, 1.2));
    }
    let words = short_time((segment.to.as_ns() - segment.from.as_ns()) as f64);
    let half = font::width(&words, TICK_SIZE) / 2.0 + 4.0;
    let (left, right, top, foot) = (middle - half, middle + half, bottom + 18.5, bottom + 32.5);
    picture.rect(Rect { left, top, right, bottom: foot }, Tone::Panel);
    let frame = [(left, top), (right, top), (right, foot), (left, foot), (left, top)];
    picture.line(frame, Stroke::solid(Tone::Rule, 1.0));
    picture.line([(middle, bottom + 6.0), (middle, top)], Stroke::dashed(Tone::Muted, 1.0, &[1.0, 2.0]));
    picture.text(words, (middle, bottom + 29.0), Anchor::Middle, TICK_SIZE, Tone::Muted);
}

/// The ticks of a burst: absolute times if they are short, otherwise relative to a round time.
fn ticks_of(panel: &Panel, segment: &Segment, is_first: bool) -> Vec<Tick> {
    let width = (segment.end - segment.start) * panel.plot.width();
    let (from, to) = (segment.from.as_ns(), segment.to.as_ns());
    let step = time_step((to - from) as f64 * 58.0 / width);
    let tick = |at: u64, words: String, is_relative: bool| Tick { x: panel.x(Time::from_ns(at)), words, is_relative };
    if is_first || is_short(from, step) {
        let ticks = (from.div_ceil(step)..=to / step).map(|n| n * step);
        return ticks.map(|at| tick(at, Time::from_ns(at).to_string(), false)).collect();
    }
    let base = round_base(from, to);
    let later = (1..=(to - base) / step).map(|n| (base + n * step, n * step));
    let later = later.map(|(at, after)| tick(at, format!("+{}", short_time(after as f64)), true));
    let earlier = (1..=(base - from) / step).map(|n| (base - n * step, n * step));
    let earlier = earlier.map(|(at, before)| tick(at, format!("−{}", short_time(before as f64)), true));
    [tick(base, Time::from_ns(base).to_string(), false)].into_iter().chain(later).chain(earlier).collect()
}

/// Whether times from `from` on, in steps of `step`, have at most three digits.
fn is_short(from: u64, step: u64) -> bool {
    from / step < 1_000 && step >= 1_000_000_000 || from / step < 100
}

/// The roundest time between two times.
fn round_base(from: u64, to: u64) -> u64 {
    let minutes = [3_600_000_000_000_000, 36_000_000_000_000, 3_600_000_000_000, 600_000_000_000, 60_000_000_000];
    let powers = (0..=10).rev().map(|exponent| 10_u64.pow(exponent));
    let mut rounds = minutes.into_iter().chain(powers).filter_map(|unit| from.div_ceil(unit).checked_mul(unit));
    rounds.find(|round| *round <= to).unwrap_or(from)
}

/// The smallest round length of time that is at least `least`.
fn time_step(least: f64) -> u64 {
    let minutes = [60e9, 120e9, 300e9, 600e9, 1800e9, 3600e9];
    let step = if least > 30e9 && least <= 3600e9 {
        minutes.into_iter().find(|step| *step >= least).unwrap_or(3600e9)
    } else if least > 10e9 && least <= 30e9 {
        30e9
    } else if least > 3600e9 {
        round_step(least / 3600e9) * 3600e9
    } else {
        round_step(least)
    };
    (step.round() as u64).max(1)
}
