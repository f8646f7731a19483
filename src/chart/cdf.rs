//! The distribution chart of a campaign: how long routes took to converge, with one curve per kind of step.
//!
//! The curves are the estimates of [`Times`], where a window that the next change interrupted does not count as never.

use super::axis::Axis;
use super::canvas::{Anchor, Picture, Rect, Stroke};
use super::font;
use super::look::Look;
use super::plot::{Plot, SMALL, TICKS, head, spread};
use super::theme::Tone;
use crate::fuzz::campaign::check::read_manifest;
use crate::fuzz::campaign::results::{Row, STEP_KINDS};
use crate::fuzz::campaign::rows::each_row;
use crate::fuzz::campaign::times::Times;
use crate::fuzz::campaign::{CampaignError, Keep, Manifest};
use crate::words::number::{percent, short_time};
use crate::words::{counted, grouped};
use std::fmt::Write as _;
use std::path::Path;

/// The data of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdf {
    /// What was run, as a sentence.
    pub sentence: String,
    /// The number of cases.
    pub cases: u64,
    /// The curves, most frequent kind first.
    pub curves: Vec<Curve>,
}

/// The cases that contain a kind of step. Each case counts with its slowest step of that kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// The kind.
    pub kind: &'static str,
    /// How long they took to converge.
    pub times: Times,
}

/// The chart data of a run folder, complete or not.
///
/// # Errors
/// If the folder has no readable campaign.
pub fn series(folder: &Path) -> Result<Cdf, CampaignError> {
    let manifest = read_manifest(folder)?;
    let mut gathered = Gathered::of(&manifest);
    each_row(folder, &manifest, |row| gathered.add(row))?;
    Ok(gathered.series())
}

/// Collects the rows of a campaign as they are read, for code that also uses them for something else.
#[derive(Clone, Debug)]
pub struct Gathered {
    manifest: Manifest,
    cases: u64,
    curves: [Curve; STEP_KINDS.len()],
}

impl Gathered {
    /// Starts without rows, for the campaign that a manifest describes.
    pub fn of(manifest: &Manifest) -> Self {
        let curves = STEP_KINDS.map(|kind| Curve { kind, ..Curve::default() });
        Gathered { manifest: manifest.clone(), cases: 0, curves }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &Row<'_>) {
        self.cases += 1;
        for (kind, slowest) in row.steps.slowest() {
            self.curves[kind].times.add(slowest);
        }
    }

    /// The chart data.
    pub fn series(self) -> Cdf {
        let Gathered { manifest, cases, curves } = self;
        let mut curves: Vec<Curve> = curves.into_iter().filter(|curve| curve.times.cases > 0).collect();
        curves.sort_by_key(|curve| std::cmp::Reverse(curve.times.cases));
        let rows = match manifest.results {
            Keep::All => format!("{} cases", grouped(cases)),
            Keep::Findings => format!("{} cases that failed (the others were not kept)", grouped(cases)),
        };
        let sentence = format!(
            "seeds {} under {}, profile {}: {rows}; treequake {}",
            manifest.seeds, manifest.monitor, manifest.profile, manifest.version
        );
        Cdf { sentence, cases, curves }
    }
}

/// The series as CSV: one row per point.
pub fn csv(cdf: &Cdf) -> String {
    let mut out = String::from("kind,converged_ns,share,cases_until_then,cases,interrupted,never\n");
    for Curve { kind, times } in &cdf.curves {
        let Times { cases, interrupted, never, .. } = times;
        for point in times.points() {
            let (ns, share, sum) = (point.ns, point.share(), point.converged);
            let _ = writeln!(out, "{kind},{ns},{share:.6},{sum},{cases},{interrupted},{never}");
        }
    }
    out
}

/// The room on the right for the labels, and below for the axis.
const MARGINS: (f64, f64) = (236.0, 42.0);
/// The usual height, and the least one.
const HEIGHT: [f64; 2] = [446.0, 320.0];
/// The width of the lane for cases that had converged at once.
const LANE: f64 = 22.0;

/// Draws the curves.
pub fn draw(cdf: &Cdf) -> Picture {
    draw_as(cdf, &Look::default())
}

/// Draws the curves as a user wants them.
pub fn draw_as(cdf: &Cdf, look: &Look) -> Picture {
    let title = look.title.as_deref().unwrap_or("Time to converge, by kind of step");
    // Below this size, all of it is drawn smaller.
    let (width, height) = (look.width.max(560.0), look.height.unwrap_or(HEIGHT[0]).max(HEIGHT[1]));
    let mut picture = Picture::new(width, height, title, description(cdf));
    let note = "per case, the slowest step of a kind; estimated where the next change came too early (Kaplan-Meier)";
    head(&mut picture, title, &[cdf.sentence.clone(), note.to_owned()]);
    let area = Rect { left: 78.0, top: 84.0, right: width - MARGINS.0, bottom: height - MARGINS.1 };
    let plot = plot(cdf, area);
    plot.grid(&mut picture, LANE, short_time, |share| format!("{share} %"));
    zero_lane(&mut picture, plot.area);
    for curve in &cdf.curves {
        let line = line(curve, &plot);
        let (x, y) = *line.last().expect("it has an end");
        picture.group(words(curve), |picture| {
            if x < plot.area.right {
                picture.line([(x, y), (plot.area.right, y)], Stroke::dashed(Tone::Muted, 0.8, &[1.0, 3.0]));
            }
            picture.line(line, style(curve.kind));
        });
    }
    labels(&mut picture, cdf, &plot);
    let middle = (area.left + area.right) / 2.0;
    picture.text("time to converge (logarithmic)", (middle, area.bottom + 32.0), Anchor::Middle, SMALL, Tone::Muted);
    picture.text("share of cases with such a step", (20.0, area.top - 10.0), Anchor::Start, TICKS, Tone::Muted);
    look.fit(picture)
}

fn description(cdf: &Cdf) -> String {
    let curves: Vec<String> = cdf.curves.iter().map(words).collect();
    format!("{}. {}.", cdf.sentence, curves.join(". "))
}

fn plot(cdf: &Cdf, area: Rect) -> Plot {
    let times = || cdf.curves.iter().flat_map(|curve| curve.times.points()).map(|point| point.ns).filter(|ns| *ns > 0);
    let (min, max) = (times().min().unwrap_or(1_000_000), times().max().unwrap_or(1_000_000_000));
    let area = Rect { left: area.left + LANE, ..area };
    Plot { area, x: Axis::log(min as f64, max as f64).of_time(), y: Axis::linear(100.0) }
}

/// Draws the lane for cases that had converged at once, which have no place on a logarithmic axis.
fn zero_lane(picture: &mut Picture, area: Rect) {
    let stroke = Stroke::solid(Tone::Muted, 1.0);
    picture.line(
        [(area.left - LANE, area.bottom), (area.left, area.bottom)],
        Stroke::dashed(Tone::Muted, 1.0, &[2.0, 2.0]),
    );
    picture.line([(area.left - LANE, area.bottom), (area.left - LANE, area.bottom + 4.0)], stroke);
    picture.text("at once", (area.left - LANE, area.bottom + 28.0), Anchor::Middle, TICKS, Tone::Muted);
}

/// The line of a curve, to where nothing more is known.
fn line(curve: &Curve, plot: &Plot) -> Vec<(f64, f64)> {
    let mut points = vec![(plot.area.left - LANE, plot.area.bottom)];
    let mut y = plot.area.bottom;
    for point in curve.times.points() {
        let (x, next) = plot.point(point.ns as f64, point.share() * 100.0);
        let x = if point.ns == 0 { plot.area.left - LANE } else { x };
        match points.last_mut() {
            _ if point.ns == 0 => points = vec![(x, next)],
            // Steps closer than a pixel cannot be seen separately.
            Some(last) if x - last.0 < 1.0 => last.1 = next,
            _ => points.extend([(x, y), (x, next)]),
        }
        y = next;
    }
    let end = match curve.times.known_until() {
        Some(0) => plot.area.left - LANE,
        Some(ns) => plot.point(ns as f64, 0.0).0.clamp(plot.area.left, plot.area.right),
        None => plot.area.right,
    };
    let last = points.last().map_or(end, |last| last.0);
    points.push((end.max(last), y));
    points
}

/// Kinds that share a colour differ in their dashes.
fn style(kind: &str) -> Stroke {
    match kind {
        "kill" => Stroke::solid(Tone::Red, 2.0),
        "disconnect" => Stroke::dashed(Tone::Red, 1.6, &[6.0, 3.0]),
        "partition" => Stroke::solid(Tone::Orange, 1.4),
        "half-open" => Stroke::dashed(Tone::Orange, 2.0, &[2.0, 2.5]),
        "heal" => Stroke::solid(Tone::Green, 2.4),
        "slow" => Stroke::dashed(Tone::Purple, 1.8, &[9.0, 4.0]),
        "shutdown" => Stroke::dashed(Tone::Teal, 2.0, &[10.0, 3.0, 2.0, 3.0]),
        "detach" => Stroke::dashed(Tone::Teal, 1.4, &[3.0, 3.0]),
        "connect" => Stroke::dashed(Tone::Blue, 2.0, &[1.5, 3.5]),
        _ => Stroke::solid(Tone::Muted, 1.0),
    }
}

/// Draws a label for each curve, beside its end.
fn labels(picture: &mut Picture, cdf: &Cdf, plot: &Plot) {
    let end = |curve: &Curve| {
        let converged = curve.times.points().last().map_or(0.0, |point| point.share() * 100.0);
        plot.point(1.0, converged).1
    };
    let wanted: Vec<f64> = cdf.curves.iter().map(end).collect();
    let heights = spread(&wanted, 31.0, (plot.area.top + 4.0, plot.area.bottom - 10.0));
    for ((curve, from), to) in cdf.curves.iter().zip(&wanted).zip(&heights) {
        let stroke = style(curve.kind);
        let left = plot.area.right;
        picture.line([(left, *from), (left + 16.0, *to)], Stroke::solid(stroke.tone, 0.7));
        picture.line([(left + 16.0, *to), (left + 40.0, *to)], stroke);
        let at = left + 46.0;
        let first = format!("{}: {}", curve.kind, counted(curve.times.cases, "case", "cases"));
        picture.text(
            font::fit(&first, SMALL, picture.width - at - 8.0),
            (at, to + 2.0),
            Anchor::Start,
            SMALL,
            stroke.tone,
        );
        let second = font::fit(&tail(curve), TICKS, picture.width - at - 8.0);
        picture.text(second, (at, to + 15.0), Anchor::Start, TICKS, Tone::Muted);
    }
}

/// The median, and how many were interrupted or never converged, in words.
pub fn tail(Curve { times, .. }: &Curve) -> String {
    let mut tail = match times.percentile(50) {
        Some(0) => "half at once".to_owned(),
        Some(ns) => format!("half in {}", short_time(ns as f64)),
        None => "half unknown".to_owned(),
    };
    if times.converged() == times.cases {
        tail.push_str(", all converged");
    }
    for (count, what) in [(times.interrupted, "cut short"), (times.never, "never")] {
        if count > 0 {
            let _ = write!(tail, ", {} {what}", percent(count.into(), times.cases.into()));
        }
    }
    tail
}

fn words(curve: &Curve) -> String {
    format!("{}: {}, {}", curve.kind, counted(curve.times.cases, "case", "cases"), tail(curve))
}
