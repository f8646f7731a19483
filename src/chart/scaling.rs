//! The scaling chart: what a join and a crash cost depending on the size or the depth of a tree, with one line per
//! shape.
//!
//! Both axes are logarithmic, so a power law is a straight line. Its fitted exponent is written next to the line.

use super::WIDTH;
use super::axis::{Axis, log10};
use super::canvas::{Anchor, Picture, Point, Rect, Stroke};
use super::look::Look;
use super::plot::{Plot, SMALL, TICKS, head, spread};
use super::theme::Tone;
use crate::process::Monitor;
use crate::sweep::{Figures, Row, Shape};
use crate::words::number::{decimal, short, short_time};
use std::fmt::Write as _;

/// The quantity on the x axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The number of contexts.
    #[default]
    Contexts,
    /// The depth of the tree.
    Depth,
}

impl Against {
    /// All of them.
    pub const ALL: [Against; 2] = [Against::Contexts, Against::Depth];

    /// Its name in options and in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Against::Contexts => "contexts",
            Against::Depth => "depth",
        }
    }

    fn of(self, row: &Row) -> u64 {
        match self {
            Against::Contexts => row.contexts,
            Against::Depth => row.depth,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Against::Contexts => "number of contexts",
            Against::Depth => "depth of the tree",
        }
    }
}

/// A panel of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What the panel shows.
    pub title: &'static str,
    /// Whether its figures are times in nanoseconds, rather than numbers of messages.
    pub is_time: bool,
    /// One line per shape.
    pub lines: Vec<Line>,
}

/// The figures of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The shape.
    pub shape: Shape,
    /// Sizes and their figures. Zeros, and runs that never converged, are left out.
    pub points: Vec<(u64, u64)>,
    /// The exponent of the best power-law fit by least squares; `None` if there are fewer than two points.
    pub slope: Option<f64>,
}

/// The data of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// The monitor that was run.
    pub monitor: Monitor,
    /// The quantity on the x axis.
    pub against: Against,
    /// The panels, row by row.
    pub panels: [Panel; 4],
}

/// The chart data of a sweep.
pub fn series(rows: &[Row], monitor: Monitor, against: Against) -> Scaling {
    let messages = |figures: Figures| Some(figures.messages);
    let time = |figures: Figures| figures.converged.map(|span| span.as_ns());
    let panel = |title, is_time, value: &dyn Fn(&Row) -> Option<u64>| Panel {
        title,
        is_time,
        lines: Shape::ALL.into_iter().map(|shape| line(rows, shape, against, value)).collect(),
    };
    let panels = [
        panel("messages, all join at once", false, &|row| messages(row.join)),
        panel("messages, one half way down crashes", false, &|row| messages(row.crash)),
        panel("time to converge, all join at once", true, &|row| time(row.join)),
        panel("time to converge, one half way down crashes", true, &|row| time(row.crash)),
    ];
    Scaling { monitor, against, panels }
}

fn line(rows: &[Row], shape: Shape, against: Against, value: &dyn Fn(&Row) -> Option<u64>) -> Line {
    let rows = rows.iter().filter(|row| row.shape == shape);
    let mut points: Vec<(u64, u64)> = rows.filter_map(|row| Some((against.of(row), value(row)?))).collect();
    points.retain(|(size, value)| *size > 0 && *value > 0);
    // Of several trees with the same depth, the largest is kept.
    points.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            *earlier = *later;
        }
        is_same
    });
    Line { shape, slope: slope(&points), points }
}

/// The slope of the best straight line by least squares, on logarithms.
fn slope(points: &[(u64, u64)]) -> Option<f64> {
    let logs: Vec<Point> = points.iter().map(|(x, y)| (log10(*x as f64), log10(*y as f64))).collect();
    let count = logs.len() as f64;
    let (sum_x, sum_y) = logs.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let across: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let along: f64 = logs.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum();
    (logs.len() > 1 && along > 1e-9).then(|| across / along)
}

/// The series as CSV: one row per point.
pub fn csv(scaling: &Scaling) -> String {
    let x = scaling.against.name();
    let mut out = format!("figure,unit,shape,{x},value,slope\n");
    for panel in &scaling.panels {
        let unit = if panel.is_time { "ns" } else { "messages" };
        let (_, figure) = panel.title.split_once(", ").unwrap_or(("", panel.title));
        for line in &panel.lines {
            let slope = line.slope.map(|slope| decimal(slope, 3)).unwrap_or_default();
            for (size, value) in &line.points {
                let _ = writeln!(out, "{figure},{unit},{},{size},{value},{slope}", line.shape.name());
            }
        }
    }
    out
}

/// The positions of the four plots.
const PLOTS: [(f64, f64); 4] = [(62.0, 92.0), (450.0, 92.0), (62.0, 372.0), (450.0, 372.0)];
/// The size of each plot, without its labels.
const SIZE: (f64, f64) = (218.0, 206.0);

/// Draws the panels.
pub fn draw(scaling: &Scaling) -> Picture {
    draw_as(scaling, &Look::default())
}

/// Draws the panels as a user wants them.
pub fn draw_as(scaling: &Scaling, look: &Look) -> Picture {
    let title = format!("What a join and a crash cost against the {}", scaling.against.words());
    let title = look.title.clone().unwrap_or(title);
    let mut picture = Picture::new(WIDTH, 624.0, title.as_str(), description(scaling));
    let sentence = format!(
        "trees of five shapes under {}, lan links (250us each way); both axes logarithmic; treequake {}",
        scaling.monitor,
        env!("CARGO_PKG_VERSION")
    );
    let note = "line labels: the shape, and the exponent of the best power-law fit (2 is quadratic)".to_owned();
    head(&mut picture, &title, &[sentence, note]);
    for (panel, (left, top)) in scaling.panels.iter().zip(PLOTS) {
        draw_panel(
            &mut picture,
            panel,
            Rect { left, top, right: left + SIZE.0, bottom: top + SIZE.1 },
            scaling.against,
        );
    }
    look.fit(picture)
}

fn description(scaling: &Scaling) -> String {
    let panels = scaling.panels.iter().map(|panel| {
        let lines: Vec<String> = panel.lines.iter().map(label).collect();
        format!("{}: {}. ", panel.title, lines.join(", "))
    });
    format!("Fitted exponents. {}", panels.collect::<String>().trim_end())
}

fn draw_panel(picture: &mut Picture, panel: &Panel, area: Rect, against: Against) {
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let range = |values: &mut dyn Iterator<Item = u64>| {
        values.fold((f64::MAX, 1.0_f64), |(min, max), value| (min.min(value as f64), max.max(value as f64)))
    };
    let (x, y) = (range(&mut points().map(|point| point.0)), range(&mut points().map(|point| point.1)));
    let axis = |(min, max): (f64, f64)| if min <= max { Axis::log(min, max) } else { Axis::log(1.0, 10.0) };
    let of_panel = |axis: Axis| if panel.is_time { axis.of_time() } else { axis };
    let plot = Plot { area, x: axis(x), y: of_panel(axis(y)) };
    picture.text(panel.title, (area.left - 42.0, area.top - 10.0), Anchor::Start, SMALL, Tone::Ink);
    plot.grid(picture, 0.0, short, |value| if panel.is_time { short_time(value) } else { short(value) });
    picture.text(
        against.words(),
        ((area.left + area.right) / 2.0, area.bottom + 31.0),
        Anchor::Middle,
        TICKS,
        Tone::Muted,
    );
    for line in &panel.lines {
        draw_line(picture, line, &plot);
    }
    draw_labels(picture, panel, &plot);
}

fn draw_line(picture: &mut Picture, line: &Line, plot: &Plot) {
    let points: Vec<Point> = line.points.iter().map(|(x, y)| plot.point(*x as f64, *y as f64)).collect();
    picture.group(label(line), |picture| {
        points.iter().for_each(|point| mark(picture, line.shape, *point));
        picture.line(points, style(line.shape));
    });
}

fn draw_labels(picture: &mut Picture, panel: &Panel, plot: &Plot) {
    let bottom = (plot.area.right, plot.area.bottom);
    let end = |line: &Line| line.points.last().map_or(bottom, |(x, y)| plot.point(*x as f64, *y as f64));
    let ends: Vec<Point> = panel.lines.iter().map(end).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let heights = spread(&wanted, 14.0, (plot.area.top + 4.0, plot.area.bottom - 2.0));
    for ((line, end), y) in panel.lines.iter().zip(&ends).zip(heights) {
        let left = plot.area.right + 4.0;
        let tone = style(line.shape).tone;
        if !line.points.is_empty() {
            picture.line([(end.0 + 5.0, end.1), (left, y)], Stroke::dashed(tone, 0.7, &[1.0, 2.0]));
        }
        mark(picture, line.shape, (left + 6.0, y));
        picture.text(label(line), (left + 14.0, y + 3.5), Anchor::Start, TICKS, tone);
    }
}

fn label(line: &Line) -> String {
    match line.slope {
        Some(slope) => format!("{} {}", line.shape.name(), decimal(slope, 2)),
        None if line.points.is_empty() => format!("{}: none", line.shape.name()),
        None => line.shape.name().to_owned(),
    }
}

fn style(shape: Shape) -> Stroke {
    match shape {
        Shape::Star => Stroke::solid(Tone::Blue, 1.8),
        Shape::Fleet => Stroke::dashed(Tone::Orange, 1.8, &[6.0, 3.0]),
        Shape::Binary => Stroke::dashed(Tone::Purple, 1.8, &[2.0, 2.0]),
        Shape::Caterpillar => Stroke::dashed(Tone::Teal, 1.8, &[8.0, 2.0, 2.0, 2.0]),
        Shape::Chain => Stroke::solid(Tone::Red, 1.2),
    }
}

fn mark(picture: &mut Picture, shape: Shape, at: Point) {
    let tone = style(shape).tone;
    match shape {
        Shape::Star => picture.disc(at, 3.0, tone),
        Shape::Fleet => picture.diamond(at, 4.0, tone),
        Shape::Binary => picture.triangle(at, 3.8, tone),
        Shape::Caterpillar => {
            let (x, y) = at;
            picture.rect(Rect { left: x - 2.6, top: y - 2.6, right: x + 2.6, bottom: y + 2.6 }, tone);
        }
        Shape::Chain => picture.cross(at, 3.0, Stroke::solid(tone, 1.2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a power law is found, and that a single point has no slope.
    #[test]
    fn a_power_is_fitted() {
        let points: Vec<(u64, u64)> = (1..8).map(|n| (n, 3 * n * n)).collect();
        assert!((slope(&points).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!((slope(&points[..1]), slope(&[(2, 5), (2, 6)])), (None, None));
    }
}
