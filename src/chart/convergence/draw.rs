//! Draws the convergence chart.

use super::{End, Ending, Fault, Kind, Point, Return, Series};
use crate::chart::axis::{Axis, exact_time, short, short_time};
use crate::chart::canvas::{self, Anchor, Fill, Picture, Rect, Stroke};
use crate::chart::labels::{self, Item, Label};
use crate::chart::plot::{SMALL, TICKS, TITLE};
use crate::chart::theme::Tone;
use crate::chart::time_axis::{self, Panel, TimeAxis};
use crate::chart::{Drawing, WIDTH, font};
use crate::scenario::Role;
use crate::time::{Span, Time};

/// The left and right edges of plots.
const EDGES: (f64, f64) = (54.0, WIDTH - 22.0);
/// The space from the top of a panel to its labels: title, sentence and key.
const HEAD: f64 = 72.0;
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
/// Points closer than this, in pixels, are drawn as one.
const COLUMN: f64 = 0.5;
/// The length of the lines of faults that are counted together.
const TUFT: f64 = 9.0;
/// If all tables become right again more often than this, these moments are not marked one by one.
const DOTS_MAX: usize = 40;
/// More bands than this are too many to see through.
const BANDS_MAX: usize = 12;

/// Draws runs, one below the other.
pub fn draw(runs: &[Series]) -> Drawing {
    let many = usize::from(runs.len() > 1);
    let layouts: Vec<Layout<'_>> = runs.iter().map(|run| Layout::new(run, many)).collect();
    let height = layouts.iter().map(Layout::height).sum();
    let title = runs.iter().map(|run| run.title.as_str()).collect::<Vec<_>>().join("; ");
    let mut picture = Picture::new(WIDTH, height, format!("Convergence of {title}"), description(runs));
    let mut top = 0.0;
    let mut panels = Vec::new();
    for layout in &layouts {
        panels.push(layout.draw(&mut picture, top));
        top += layout.height();
    }
    Drawing { picture, panels }
}

/// Describes the picture in words.
fn description(runs: &[Series]) -> String {
    let say = |run: &Series| {
        let peak = run.points.iter().filter_map(|point| point.wrong).max().unwrap_or(0);
        format!("{}: {}; {peak} wrong entries at most; {} faults. ", run.title, run.sentence, run.faults.len())
    };
    let said: String = runs.iter().map(say).collect();
    format!("Wrong route-table entries and messages on the wires over virtual time. {}", said.trim_end())
}

/// The layout of one run.
struct Layout<'s> {
    run: &'s Series,
    axis: TimeAxis,
    labels: Vec<Label>,
    plot: f64,
}

/// The positions of the parts of a panel.
struct Place {
    panel: Panel,
    strip: Rect,
    wrong: Axis,
    on_wire: Axis,
    top: f64,
}

impl Place {
    /// The areas of the plot and the strip.
    fn areas(&self) -> [Rect; 2] {
        [self.panel.plot, self.strip]
    }
}

impl<'s> Layout<'s> {
    fn new(run: &'s Series, many: usize) -> Self {
        let silence_min = Span::from_ns(run.latency.as_ns().saturating_mul(3));
        let axis = TimeAxis::new(times(run), silence_min, EDGES.1 - EDGES.0);
        let x = |at: Time| EDGES.0 + axis.place(at) * (EDGES.1 - EDGES.0);
        let item = |fault: &Fault| Item {
            x: x(fault.at),
            words: fault.words.clone(),
            kind: fault.kind.name(),
            count: fault.count,
            is_alone: fault.at == Time::ZERO,
        };
        let items: Vec<Item> = run.faults.iter().map(item).collect();
        let labels = labels::place(&items, EDGES, ROWS[many]);
        Layout { run, axis, labels, plot: PLOT[many] }
    }

    fn rows(&self) -> f64 {
        self.labels.iter().map(|label| label.row + 1).max().unwrap_or(0) as f64 * labels::ROW
    }

    fn height(&self) -> f64 {
        HEAD + self.rows() + 6.0 + self.plot + GAP + STRIP + FOOT
    }

    fn draw(&self, picture: &mut Picture, top: f64) -> Panel {
        let place = self.place(top);
        self.head(picture, &place);
        self.bands(picture, &place);
        grid(picture, &place);
        self.fault_lines(picture, &place);
        self.strip(picture, &place);
        self.step_line(picture, &place);
        self.recoveries(picture, &place);
        self.ending(picture, &place);
        self.label(picture, &place);
        time_axis::draw(picture, &place.panel, place.strip.bottom);
        place.panel
    }

    fn place(&self, top: f64) -> Place {
        let plot_top = top + HEAD + self.rows() + 6.0;
        let plot = Rect { left: EDGES.0, top: plot_top, right: EDGES.1, bottom: plot_top + self.plot };
        let strip = Rect { top: plot.bottom + GAP, bottom: plot.bottom + GAP + STRIP, ..plot };
        let (wrong, on_wire) = axes(self.run);
        let panel = Panel { plot, axis: self.axis.clone() };
        Place { panel, strip, wrong, on_wire, top }
    }

    fn head(&self, picture: &mut Picture, place: &Place) {
        let room = WIDTH - 40.0;
        let (left, top) = (20.0, place.top);
        picture.text(font::fit(&self.run.title, TITLE, room), (left, top + 24.0), Anchor::Start, TITLE, Tone::Ink);
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
            picture.text("// nothing new: cut short", (WIDTH - 22.0, y), Anchor::End, TICKS, Tone::Muted);
        }
    }

    /// Draws lasting faults and silences as bands. If there are too many, they are drawn only at the upper edge.
    fn bands(&self, picture: &mut Picture, place: &Place) {
        let plot = place.panel.plot;
        let mut bands: Vec<(f64, f64)> = Vec::new();
        for fault in &self.run.faults {
            let Some(until) = fault.until else { continue };
            let to = if fault.end > End::GivenUp { plot.right } else { place.panel.x(until) };
            let (from, to) = (place.panel.x(fault.at), to.max(place.panel.x(fault.at) + 1.0));
            match bands.last_mut() {
                Some((_, last)) if from <= *last => *last = last.max(to),
                _ => bands.push((from, to)),
            }
        }
        let is_crowded = bands.len() > BANDS_MAX;
        for (left, right) in bands {
            if is_crowded {
                picture.rect(Rect { left, top: plot.top, right, bottom: plot.top + TUFT }, Tone::Band);
            } else {
                place.areas().iter().for_each(|area| picture.rect(Rect { left, right, ..*area }, Tone::Band));
            }
        }
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

    /// Draws a line for each fault with its own label. Faults that are counted together get short lines.
    fn fault_lines(&self, picture: &mut Picture, place: &Place) {
        for label in &self.labels {
            let faults = &self.run.faults[label.items.0..=label.items.1];
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
                picture.group(format!("{} {}", exact_time(fault.at), fault.words), |picture| {
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

    fn label(&self, picture: &mut Picture, place: &Place) {
        let top = place.panel.plot.top;
        for label in &self.labels {
            let kind = self.run.faults[label.items.0].kind;
            let area = label.area(top - 2.0);
            let stroke = Stroke { width: 1.0, ..line_of(kind) };
            // If the label had to move left, the line starts below it.
            let from = if label.left < label.x { area.bottom } else { area.top + 2.0 };
            picture.line([(label.x, from), (label.x, top)], stroke);
            let tone = if label.items.0 == label.items.1 { tone_of(kind) } else { Tone::Ink };
            picture.text(label.words.as_str(), (label.left, area.bottom - 3.5), Anchor::Start, labels::SIZE, tone);
        }
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
                write_at(picture, &words, x, below, Tone::Green);
            }
            Ending::Wrong(count) => {
                picture.diamond(last(count), 6.0, Tone::Red);
                let words = format!("{count} wrong for good");
                picture.text(words, (plot.right, below), Anchor::End, SMALL, Tone::Red);
            }
            Ending::Storm(_) | Ending::Stopped(_) => {
                let is_storm = matches!(self.run.ending, Ending::Storm(_));
                let words = if is_storm { "storm: never ends" } else { "stopped: more pending" };
                picture.diamond(last(wrong.unwrap_or(0)), 6.0, Tone::Red);
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

/// The axes of wrong entries and of messages. An axis is logarithmic if a few events would flatten nearly all the
/// others, or if the numbers are very large.
fn axes(run: &Series) -> (Axis, Axis) {
    let mut peaks = peaks(&run.points);
    peaks.sort_unstable();
    let most = peaks.last().copied().unwrap_or(0);
    let is_flat = most >= 40 && peaks[peaks.len() / 2] <= most / 12;
    let on_wire = run.points.iter().map(|point| point.on_wire).max().unwrap_or(0);
    let axis = |is_log, max: u64| if is_log { Axis::log_from_zero(max as f64) } else { Axis::linear(max as f64) };
    (axis(is_flat, most), axis(is_flat || on_wire >= LOG_FROM, on_wire))
}

const WIRES: Fill = Fill { tone: Tone::Muted, opacity: 0.5 };

/// Writes a text around `x`, within the edges.
fn write_at(picture: &mut Picture, words: &str, x: f64, y: f64, tone: Tone) {
    let half = font::width(words, SMALL) / 2.0;
    let x = x.clamp(EDGES.0 + half, EDGES.1 - half);
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

fn tone_of(kind: Kind) -> Tone {
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

fn line_of(kind: Kind) -> Stroke {
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

/// A step line with at most four points per column of half a pixel: where it enters, its lowest and highest value, and
/// where it leaves.
struct Columns {
    points: Vec<canvas::Point>,
    x: f64,
    range: (f64, f64),
    y: f64,
}

impl Columns {
    fn begin((x, y): canvas::Point) -> Self {
        Columns { points: vec![(x, y)], x, range: (y, y), y }
    }

    fn step(&mut self, (x, y): canvas::Point) {
        if x - self.x >= COLUMN {
            self.close();
            self.points.push((x, self.y));
            (self.x, self.range) = (x, (self.y, self.y));
        }
        self.range = (self.range.0.min(y), self.range.1.max(y));
        self.y = y;
    }

    fn go_to(&mut self, x: f64) {
        self.step((x, self.y));
    }

    /// Draws the current column.
    fn close(&mut self) {
        for y in [self.range.0, self.range.1, self.y] {
            if self.points.last() != Some(&(self.x, y)) {
                self.points.push((self.x, y));
            }
        }
    }

    fn finish(mut self) -> Vec<canvas::Point> {
        self.close();
        self.points
    }
}
