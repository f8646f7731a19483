//! Draws the convergence chart.

mod columns;
mod faults;
mod place;
mod true_times;

use super::{Ending, Fault, Join, Point, Return, Series};
use crate::chart::axis::Axis;
use crate::chart::canvas::{self, Anchor, Fill, Picture, Rect, Stroke};
use crate::chart::labels::{self, Item, Label};
use crate::chart::look::Look;
use crate::chart::plot::{SMALL, TICKS, TITLE};
use crate::chart::theme::Tone;
use crate::chart::time_axis::{self, Panel, TimeAxis};
use crate::chart::{Drawing, font};
use crate::time::{Span, Time};
use crate::words::grouped;
use crate::words::number::{short, short_time};
use columns::{COLUMN, Columns};
use faults::Bar;
use place::Place;

/// The left edge of plots, and the space on their right.
const EDGES: (f64, f64) = (54.0, 22.0);
/// The space from the top of a panel to its labels: title, sentence and key.
const HEAD: f64 = 72.0;
/// The height of the line of the first panel that says what is drawn.
const LEGEND: f64 = 16.0;
/// What is drawn, for those who see it first.
const WORDS: &str = "wrong is stale (a route to what is gone), missing, or the wrong way; a bar is a fault that lasts, \
                     stronger where several do";
/// The height of the plot of wrong entries: for a single run, and for one of several.
const PLOT: [f64; 2] = [220.0, 130.0];
/// The space between the plot and the strip of messages, with room for the text about the ending.
const GAP: f64 = 22.0;
/// The height of the strip of messages.
const STRIP: f64 = 40.0;
/// The space below the strip for the time axis.
const FOOT: f64 = 40.0;
/// The maximum number of rows of labels: for a single run, and for one of several.
const ROWS: [usize; 2] = [6, 4];
/// With at least this many messages, the strip is logarithmic.
const LOG_FROM: u64 = 2_000;
/// If all tables become right again more often than this, these moments are not marked one by one.
const DOTS_MAX: usize = 40;
/// The lowest plot of wrong entries, however low the picture is.
const PLOT_MIN: f64 = 60.0;

/// Draws runs, one below the other, as a page shows them.
pub fn draw(runs: &[Series]) -> Drawing {
    draw_as(runs, &Look::default())
}

/// Draws runs, one below the other, as a user wants them. The panels are those of a picture that has the room it needs.
pub fn draw_as(runs: &[Series], look: &Look) -> Drawing {
    let many = usize::from(runs.len() > 1);
    let mut layouts: Vec<Layout<'_>> = runs.iter().map(|run| Layout::new(run, many, look)).collect();
    if let Some(first) = layouts.first_mut() {
        first.has_legend = true;
    }
    let sum = |layouts: &[Layout<'_>]| layouts.iter().map(Layout::height).sum::<f64>();
    if let Some(height) = look.height {
        let more = (height - sum(&layouts)) / layouts.len() as f64;
        layouts.iter_mut().for_each(|layout| layout.plot = (layout.plot + more).max(PLOT_MIN));
    }
    let title = runs.iter().map(|run| run.title.as_str()).collect::<Vec<_>>().join("; ");
    let title = look.title.clone().unwrap_or(format!("Convergence of {title}"));
    let mut picture = Picture::new(look.width, sum(&layouts), title, description(runs));
    let mut top = 0.0;
    let mut panels = Vec::new();
    for layout in &layouts {
        panels.push(layout.draw(&mut picture, top));
        top += layout.height();
    }
    Drawing { picture: look.fit(picture), panels }
}

/// Describes the picture in words.
fn description(runs: &[Series]) -> String {
    let say = |run: &Series| {
        let peak = run.points.iter().filter_map(|point| point.wrong).max().unwrap_or(0);
        let is_lost = run.points.iter().any(|point| point.wrong.is_none());
        let wrong = grouped(peak);
        let wrong = if is_lost {
            format!("at least {wrong} wrong entries at once")
        } else {
            format!("{wrong} wrong entries at most")
        };
        format!("{}: {}; {wrong}; {} faults. ", run.title, run.sentence, run.faults.len())
    };
    let said: String = runs.iter().map(say).collect();
    format!("Wrong route-table entries and messages on the wires over virtual time. {}", said.trim_end())
}

/// The layout of one run.
struct Layout<'s> {
    run: &'s Series,
    look: &'s Look,
    /// Whether this run has the title that the user wants.
    is_only: bool,
    has_legend: bool,
    axis: TimeAxis,
    labels: Vec<Label>,
    bars: Vec<Bar>,
    plot: f64,
    /// The join, if it does not set the scale.
    join: Option<Join>,
}

impl<'s> Layout<'s> {
    fn new(run: &'s Series, many: usize, look: &'s Look) -> Self {
        let edges = (EDGES.0, look.width - EDGES.1);
        let join = run.join();
        let beginning = join.map_or(Time::ZERO, |join| join.until);
        let silence_min = Span::from_ns(run.latency.as_ns().saturating_mul(3));
        let axis = TimeAxis::after(beginning, times(run), silence_min, edges.1 - edges.0);
        let panel = Panel { plot: Rect { left: edges.0, top: 0.0, right: edges.1, bottom: 0.0 }, axis };
        let item = |fault: &Fault| Item {
            x: panel.x(fault.at),
            texts: vec![fault.words.clone(), fault.short.clone()],
            kind: fault.kind.name(),
            count: fault.count,
            is_alone: fault.at == Time::ZERO,
        };
        let items: Vec<Item> = run.faults.iter().map(item).collect();
        let labels = labels::place(&items, edges, ROWS[many]);
        let bars = faults::bars(run, &panel);
        let is_only = many == 0;
        Layout { run, look, is_only, has_legend: false, axis: panel.axis, labels, bars, plot: PLOT[many], join }
    }

    fn head_height(&self) -> f64 {
        HEAD + if self.has_legend { LEGEND } else { 0.0 }
    }

    fn rows(&self) -> f64 {
        self.labels.iter().map(|label| label.row + 1).max().unwrap_or(0) as f64 * labels::ROW
    }

    fn has_true_times(&self) -> bool {
        self.look.has_true_times && self.axis.is_folded()
    }

    fn height(&self) -> f64 {
        let above = self.head_height() + self.rows() + faults::height(&self.bars) + 6.0;
        let true_times = if self.has_true_times() { true_times::HEIGHT } else { 0.0 };
        above + self.plot + GAP + STRIP + FOOT + true_times
    }

    fn draw(&self, picture: &mut Picture, top: f64) -> Panel {
        let place = self.place(top);
        self.head(picture, &place);
        faults::draw_bands(picture, self.run, &place);
        self.folds(picture, &place);
        grid(picture, &place);
        faults::draw_bars(picture, &self.bars, &self.labels, place.labels + 2.0);
        faults::lines(picture, self.run, &self.labels, &place);
        self.strip(picture, &place);
        self.step_line(picture, &place);
        self.recoveries(picture, &place);
        self.ending(picture, &place);
        self.write_join(picture, &place);
        faults::write_labels(picture, self.run, &self.labels, &place);
        time_axis::draw(picture, &place.panel, place.strip.bottom);
        if self.has_true_times() {
            true_times::draw(picture, self.run, &place.panel, place.strip.bottom + FOOT - 6.0);
        }
        place.panel
    }

    fn place(&self, top: f64) -> Place {
        let labels = top + self.head_height() + self.rows() + 6.0;
        let plot_top = labels + faults::height(&self.bars);
        let right = self.look.width - EDGES.1;
        let plot = Rect { left: EDGES.0, top: plot_top, right, bottom: plot_top + self.plot };
        let strip = Rect { top: plot.bottom + GAP, bottom: plot.bottom + GAP + STRIP, ..plot };
        let (wrong, on_wire) = axes(self.run, self.join);
        let panel = Panel { plot, axis: self.axis.clone() };
        Place { panel, strip, labels, wrong, on_wire, top }
    }

    fn head(&self, picture: &mut Picture, place: &Place) {
        let room = self.look.width - 40.0;
        let (left, top) = (20.0, place.top);
        let title = match self.is_only {
            true => self.look.title(&self.run.title),
            false => font::fit(&self.run.title, TITLE, room),
        };
        picture.text(title, (left, top + 24.0), Anchor::Start, TITLE, Tone::Ink);
        let sentence = format!("{}; treequake {}", self.run.sentence, env!("CARGO_PKG_VERSION"));
        picture.text(font::fit(&sentence, SMALL, room), (left, top + 41.0), Anchor::Start, SMALL, Tone::Muted);
        let y = top + 60.0;
        picture.line([(left, y - 4.0), (left + 18.0, y - 4.0)], Stroke::solid(Tone::Blue, 2.0));
        let log = |axis: &Axis| if axis.is_log() { ", logarithmic" } else { "" };
        let wrong = format!("wrong route-table entries (upper plot{})", log(&place.wrong));
        picture.text(wrong.as_str(), (left + 24.0, y), Anchor::Start, TICKS, Tone::Ink);
        let x = left + 24.0 + font::width(&wrong, TICKS) + 20.0;
        picture.rect(Rect { left: x, top: y - 8.0, right: x + 18.0, bottom: y }, WIRES);
        let log = if place.on_wire == Axis::linear(place.on_wire.max()) { "" } else { ", logarithmic" };
        picture.text(
            format!("messages on the wires (lower plot{log})"),
            (x + 24.0, y),
            Anchor::Start,
            TICKS,
            Tone::Ink,
        );
        if self.axis.is_folded() {
            let (words, right) = ("//  nothing new: cut short", self.look.width - 22.0);
            // In a narrow picture it has no room here.
            if x + font::width("messages on the wires (lower plot, logarithmic)", TICKS) + 34.0
                < right - font::width(words, TICKS)
            {
                picture.text(words, (right, y), Anchor::End, TICKS, Tone::Muted);
            }
        }
        if self.has_legend {
            picture.text(font::fit(WORDS, TICKS, room), (left, y + LEGEND), Anchor::Start, TICKS, Tone::Muted);
        }
    }

    /// Draws where silences are cut short.
    fn folds(&self, picture: &mut Picture, place: &Place) {
        let plot = place.panel.plot;
        for fold in self.axis.segments.iter().filter(|segment| segment.is_folded) {
            let middle = plot.left + (fold.start + fold.end) / 2.0 * plot.width();
            for area in place.areas() {
                let area = Rect { left: middle - 4.0, right: middle + 4.0, ..area };
                picture.rect(area, Tone::Panel);
                for x in [area.left, area.right] {
                    picture.line([(x, area.top), (x, area.bottom)], Stroke::dashed(Tone::Rule, 1.0, &[2.0, 2.0]));
                }
            }
        }
    }

    /// Says how high the join goes where it does not set the scale.
    fn write_join(&self, picture: &mut Picture, place: &Place) {
        let Some(join) = self.join else { return };
        let plot = place.panel.plot;
        if join.on_wire as f64 > place.on_wire.max() {
            picture.triangle((plot.left + 10.0, place.strip.top + 7.0), 4.0, Tone::Ink);
        }
        if join.wrong as f64 <= place.wrong.max() {
            return;
        }
        let (x, y) = (plot.left + 3.0, plot.top + 14.0);
        let words = format!("join: up to {}", grouped(join.wrong));
        let right = x + font::width(&words, SMALL) + 18.0;
        picture.rect(Rect { left: x, top: y - 11.0, right, bottom: y + 4.0 }, Tone::Ground);
        picture.triangle((x + 7.0, y - 3.0), 4.5, Tone::Blue);
        picture.text(words, (x + 15.0, y), Anchor::Start, SMALL, Tone::Ink);
    }

    fn strip(&self, picture: &mut Picture, place: &Place) {
        let Rect { left, right, bottom, .. } = place.strip;
        let height = place.strip.height();
        let y = |point: &Point| match point.on_wire {
            0 => bottom,
            some => bottom - (place.on_wire.place(some as f64) * height).max(1.5),
        };
        // Within a column the highest value counts. After it comes the last value in it.
        let mut steps: Vec<canvas::Point> = vec![(left, bottom)];
        let mut behind = bottom;
        for point in &self.run.points {
            let (x, y) = (place.panel.x(point.at), y(point));
            let column = steps.last_mut().expect("there is one");
            if x - column.0 < COLUMN {
                column.1 = column.1.min(y);
            } else {
                if behind != column.1 {
                    let column = column.0 + COLUMN;
                    steps.push((column, behind));
                }
                steps.push((x, y));
            }
            behind = y;
        }
        let last = *steps.last().expect("there is one");
        steps.extend([((last.0 + COLUMN).min(right), behind), (right, behind)]);
        picture.steps(steps, bottom, WIRES);
        let max = place.on_wire.max();
        for (value, y) in [(0.0, bottom), (max, place.strip.top + 2.0)] {
            picture.text(short(value), (left - 7.0, y + 3.0), Anchor::End, TICKS, Tone::Muted);
        }
        picture.line([(left - 4.0, place.strip.top), (left, place.strip.top)], Stroke::solid(Tone::Muted, 1.0));
    }

    fn step_line(&self, picture: &mut Picture, place: &Place) {
        let plot = place.panel.plot;
        let y = |wrong: u64| plot.bottom - place.wrong.place(wrong as f64) * plot.height();
        let mut lines: Vec<Columns> = vec![Columns::begin((plot.left, plot.bottom))];
        let mut is_known = true;
        for point in &self.run.points {
            let x = place.panel.x(point.at);
            match point.wrong {
                Some(wrong) if is_known => lines.last_mut().expect("there is one").step((x, y(wrong))),
                Some(wrong) => lines.push(Columns::begin((x, y(wrong)))),
                None if is_known => lines.last_mut().expect("there is one").go_to(x),
                None => {}
            }
            is_known = point.wrong.is_some();
        }
        if is_known {
            lines.last_mut().expect("there is one").go_to(plot.right);
        }
        for line in lines {
            picture.line(line.finish(), Stroke::solid(Tone::Blue, 1.8));
        }
    }

    /// Marks where all tables become right again, unless that happens all the time. The last time is marked with its
    /// label instead.
    fn recoveries(&self, picture: &mut Picture, place: &Place) {
        let mut dots: Vec<f64> = self.run.right_again.iter().map(|at| place.panel.x(*at)).collect();
        dots.dedup_by(|later, earlier| *later - *earlier < 6.0);
        if dots.len() <= DOTS_MAX {
            dots.into_iter().for_each(|x| picture.disc((x, place.panel.plot.bottom), 2.5, Tone::Green));
        }
    }

    fn ending(&self, picture: &mut Picture, place: &Place) {
        let plot = place.panel.plot;
        let below = plot.bottom + 14.5;
        let wrong = self.run.points.last().and_then(|point| point.wrong);
        let last = |wrong: u64| (plot.right, plot.bottom - place.wrong.place(wrong as f64) * plot.height());
        match self.run.ending {
            Ending::Right(None) => {}
            Ending::Right(Some(Return { at, after, is_after_heal })) => {
                let x = place.panel.x(at);
                picture.disc((x, plot.bottom), 4.5, Tone::Green);
                let after = short_time(after.as_ns() as f64);
                let words = match is_after_heal {
                    true => format!("right again {after} after the heal"),
                    false => format!("right again after {after}"),
                };
                write_at(picture, &words, (x, below), (plot.left, plot.right), Tone::Green);
            }
            Ending::Wrong { count, is_least, for_good } => {
                picture.diamond(last(count), 6.0, Tone::Red);
                let least = if is_least { "at least " } else { "" };
                let how_long = if for_good { "for good" } else { "at the end" };
                let words = format!("{least}{} wrong {how_long}", grouped(count));
                picture.text(words, (plot.right, below), Anchor::End, SMALL, Tone::Red);
            }
            Ending::Storm(_) | Ending::Stopped(_) => {
                let is_storm = matches!(self.run.ending, Ending::Storm(_));
                let words = if is_storm { "storm: never ends" } else { "stopped: more pending" };
                if let Some(wrong) = wrong {
                    picture.diamond(last(wrong), 6.0, Tone::Red);
                }
                picture.text(words, (plot.right, below), Anchor::End, SMALL, Tone::Red);
            }
        }
    }
}

/// The times at which something happens. For a run that was stopped, long repetition without anything new is left out, except for its
/// beginning and end.
fn times(run: &Series) -> impl Iterator<Item = Time> + '_ {
    let is_stopped = matches!(run.ending, Ending::Storm(_) | Ending::Stopped(_));
    let changes = run.points.windows(2).rev().find(|pair| pair[0].wrong != pair[1].wrong).map(|pair| pair[1].at);
    let news = changes.max(run.faults.last().map(|fault| fault.at)).unwrap_or(Time::ZERO);
    let shown = news.as_ns().saturating_add(news.as_ns() / 2);
    let last = run.points.last().map(|point| point.at);
    let is_new = move |at: &Time| !is_stopped || at.as_ns() <= shown || Some(*at) == last;
    run.points.iter().map(|point| point.at).filter(is_new)
}

/// The maximum number of wrong entries in each period before all were right again.
fn peaks(points: &[Point]) -> Vec<u64> {
    let mut peaks = vec![0];
    for wrong in points.iter().filter_map(|point| point.wrong) {
        let peak = peaks.last_mut().expect("there is one");
        match (wrong, *peak) {
            (0, 1..) => peaks.push(0),
            _ => *peak = wrong.max(*peak),
        }
    }
    if peaks.len() > 1 {
        peaks.pop_if(|peak| *peak == 0);
    }
    peaks
}

/// The axes of wrong entries and of messages. The join does not set the scale if something is wrong later. An axis is
/// logarithmic if a few events would flatten nearly all the others, or if the numbers are very large.
fn axes(run: &Series, join: Option<Join>) -> (Axis, Axis) {
    let beginning = join.map_or(0, |join| run.points.partition_point(|point| point.at <= join.until));
    let later = &run.points[beginning..];
    let wrong = |points: &[Point]| points.iter().filter_map(|point| point.wrong).max().unwrap_or(0);
    let on_wire = |points: &[Point]| points.iter().map(|point| point.on_wire).max().unwrap_or(0);
    let mut peaks = peaks(if wrong(later) > 0 { later } else { &run.points });
    peaks.sort_unstable();
    let most = peaks.last().copied().unwrap_or(0);
    let is_flat = most >= 40 && peaks[peaks.len() / 2] <= most / 12;
    let on_wire = if on_wire(later) > 0 { on_wire(later) } else { on_wire(&run.points) };
    let axis = |is_log, max: u64| if is_log { Axis::log_from_zero(max as f64) } else { Axis::linear(max as f64) };
    (axis(is_flat, most), axis(is_flat || on_wire >= LOG_FROM, on_wire))
}

const WIRES: Fill = Fill { tone: Tone::Muted, opacity: 0.5 };

/// Writes a text around `x`, within the edges.
fn write_at(picture: &mut Picture, words: &str, (x, y): canvas::Point, edges: (f64, f64), tone: Tone) {
    let half = font::width(words, SMALL) / 2.0;
    let x = x.min(edges.1 - half).max(edges.0 + half);
    picture.text(words, (x, y), Anchor::Middle, SMALL, tone);
}

fn grid(picture: &mut Picture, place: &Place) {
    let plot = place.panel.plot;
    for tick in place.wrong.ticks(4) {
        let y = plot.bottom - place.wrong.place(tick) * plot.height();
        let stroke = if tick == 0.0 { Stroke::solid(Tone::Muted, 1.0) } else { Stroke::solid(Tone::Rule, 1.0) };
        picture.line([(plot.left, y), (plot.right, y)], stroke);
        picture.text(short(tick), (plot.left - 7.0, y + 3.5), Anchor::End, TICKS, Tone::Muted);
    }
}
