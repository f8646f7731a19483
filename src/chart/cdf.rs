//! The distribution chart of a campaign: how long routes took to converge, with one curve per kind of step.
//!
//! A campaign may have millions of rows. Only counts are kept per kind, in bins so narrow (a 64th of an octave, at most
//! 1.6 %) that each is less than a pixel wide. Figures quoted for a curve have that precision, too.

use super::axis::{Axis, short_time};
use super::canvas::{Anchor, Picture, Rect, Stroke};
use super::plot::{Plot, SMALL, TICKS, head, spread};
use super::theme::Tone;
use super::{WIDTH, font};
use crate::fuzz::campaign::folder::read_manifest;
use crate::fuzz::campaign::results::{Row, STEP_KINDS, each_row};
use crate::fuzz::campaign::{CampaignError, Keep, Manifest};
use crate::words::counted;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Steps that are not faults, because they take nothing away.
const NO_FAULTS: [&str; 2] = ["send", "call"];

/// The number of bins per octave.
const FINE: u32 = 64;

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
    /// How many cases contain such a step.
    pub cases: u64,
    /// In how many of them the next step came, or the run ended, before all routes were right.
    pub unconverged: u64,
    /// The other cases, counted by bin.
    bins: BTreeMap<u32, u64>,
}

impl Curve {
    fn add(&mut self, converged_ns: Option<u64>) {
        self.cases += 1;
        match converged_ns {
            Some(ns) => *self.bins.entry(bin(ns)).or_default() += 1,
            None => self.unconverged += 1,
        }
    }

    /// The points of the curve: a time in nanoseconds, and how many cases had converged by then.
    pub fn points(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut sum = 0;
        self.bins.iter().map(move |(bin, count)| {
            sum += count;
            (bin_time(*bin), sum)
        })
    }

    /// The time by which `percent` of 100 cases had converged; `None` if fewer ever did.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.cases * percent).div_ceil(100).max(1);
        self.points().find(|(_, sum)| *sum >= rank).map(|(ns, _)| ns)
    }
}

/// The bin that a time belongs to, given by its octave and the following digits. Below 64, each time has its own bin.
fn bin(ns: u64) -> u32 {
    if ns < u64::from(FINE) {
        return ns as u32;
    }
    let octave = ns.ilog2();
    let fine = (ns >> (octave - FINE.ilog2())) as u32 - FINE;
    (octave - FINE.ilog2() + 1) * FINE + fine
}

/// The shortest time in a bin.
fn bin_time(bin: u32) -> u64 {
    match (bin / FINE, bin % FINE) {
        (0, fine) => u64::from(fine),
        (octave, fine) => u64::from(FINE + fine) << (octave - 1),
    }
}

/// The chart data of a run folder, complete or not.
///
/// # Errors
/// If the folder has no readable campaign.
pub fn series(folder: &Path) -> Result<Cdf, CampaignError> {
    let mut gathered = Gathered::of(&read_manifest(folder)?);
    each_row(folder, |row| gathered.add(row))?;
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
        for (curve, figures) in self.curves.iter_mut().zip(&row.steps.0).filter(|(_, figures)| figures.steps > 0) {
            curve.add((figures.unconverged == 0).then_some(figures.converged_ns));
        }
    }

    /// The chart data.
    pub fn series(self) -> Cdf {
        let Gathered { manifest, cases, curves } = self;
        let is_fault = |curve: &Curve| curve.cases > 0 && !NO_FAULTS.contains(&curve.kind);
        let mut curves: Vec<Curve> = curves.into_iter().filter(is_fault).collect();
        curves.sort_by_key(|curve| std::cmp::Reverse(curve.cases));
        let rows = match manifest.results {
            Keep::All => format!("{cases} cases"),
            Keep::Findings => format!("{cases} cases that failed (the others were not kept)"),
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
    let mut out = String::from("kind,converged_ns,cases_until_then,cases,unconverged\n");
    for curve in &cdf.curves {
        for (ns, sum) in curve.points() {
            let _ = writeln!(out, "{},{ns},{sum},{},{}", curve.kind, curve.cases, curve.unconverged);
        }
    }
    out
}

/// The plot area.
const AREA: Rect = Rect { left: 78.0, top: 84.0, right: WIDTH - 236.0, bottom: 404.0 };
/// The width of the lane for cases that had converged at once.
const LANE: f64 = 22.0;

/// Draws the curves.
pub fn draw(cdf: &Cdf) -> Picture {
    let title = "Time to converge, by kind of step";
    let mut picture = Picture::new(WIDTH, 446.0, title, description(cdf));
    let note =
        "per case, the slowest step of a kind; the rest up to 100% had not converged by the next step or the end";
    head(&mut picture, title, &[cdf.sentence.clone(), note.to_owned()]);
    let plot = plot(cdf);
    plot.grid(&mut picture, LANE, short_time, |share| format!("{share}%"));
    zero_lane(&mut picture, plot.area);
    for curve in &cdf.curves {
        let line = line(curve, &plot);
        picture.group(words(curve), |picture| picture.line(line, style(curve.kind)));
    }
    labels(&mut picture, cdf, &plot);
    let middle = (AREA.left + AREA.right) / 2.0;
    picture.text("time to converge (logarithmic)", (middle, AREA.bottom + 32.0), Anchor::Middle, SMALL, Tone::Muted);
    picture.text("share of cases with such a step", (20.0, AREA.top - 10.0), Anchor::Start, TICKS, Tone::Muted);
    picture
}

fn description(cdf: &Cdf) -> String {
    let curves: Vec<String> = cdf.curves.iter().map(words).collect();
    format!("{}. {}.", cdf.sentence, curves.join(". "))
}

fn plot(cdf: &Cdf) -> Plot {
    let times = || cdf.curves.iter().flat_map(Curve::points).map(|(ns, _)| ns).filter(|ns| *ns > 0);
    let (min, max) = (times().min().unwrap_or(1_000_000), times().max().unwrap_or(1_000_000_000));
    let area = Rect { left: AREA.left + LANE, ..AREA };
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

fn line(curve: &Curve, plot: &Plot) -> Vec<(f64, f64)> {
    let share = |sum: u64| sum as f64 * 100.0 / curve.cases as f64;
    let mut points = vec![(plot.area.left - LANE, plot.area.bottom)];
    let mut y = plot.area.bottom;
    for (ns, sum) in curve.points() {
        let (x, next) = plot.point(ns as f64, share(sum));
        let x = if ns == 0 { plot.area.left - LANE } else { x };
        match points.last_mut() {
            _ if ns == 0 => points = vec![(x, next)],
            // Steps closer than a pixel cannot be seen separately.
            Some(last) if x - last.0 < 1.0 => last.1 = next,
            _ => points.extend([(x, y), (x, next)]),
        }
        y = next;
    }
    points.push((plot.area.right, y));
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
        let converged = (curve.cases - curve.unconverged) as f64 * 100.0 / curve.cases as f64;
        plot.point(1.0, converged).1
    };
    let wanted: Vec<f64> = cdf.curves.iter().map(end).collect();
    let heights = spread(&wanted, 31.0, (AREA.top + 4.0, AREA.bottom - 10.0));
    for ((curve, from), to) in cdf.curves.iter().zip(&wanted).zip(&heights) {
        let stroke = style(curve.kind);
        let left = AREA.right;
        picture.line([(left, *from), (left + 16.0, *to)], Stroke::solid(stroke.tone, 0.7));
        picture.line([(left + 16.0, *to), (left + 40.0, *to)], stroke);
        let at = left + 46.0;
        let first = format!("{}: {}", curve.kind, counted(curve.cases, "case", "cases"));
        picture.text(font::fit(&first, SMALL, WIDTH - at - 8.0), (at, to + 2.0), Anchor::Start, SMALL, stroke.tone);
        let second = font::fit(&tail(curve), TICKS, WIDTH - at - 8.0);
        picture.text(second, (at, to + 15.0), Anchor::Start, TICKS, Tone::Muted);
    }
}

/// The median, and how many never converged.
fn tail(curve: &Curve) -> String {
    let median = match curve.percentile(50) {
        Some(0) => "half at once".to_owned(),
        Some(ns) => format!("half in {}", short_time(ns as f64)),
        None => "less than half".to_owned(),
    };
    match curve.unconverged {
        0 => format!("{median}, all converged"),
        some => format!("{median}, {} did not", percent(some, curve.cases)),
    }
}

/// A share in percent, with as many digits as needed to be non-zero.
fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole as f64;
    let digits = if share >= 10.0 {
        0
    } else if share >= 0.1 {
        1
    } else {
        3
    };
    format!("{share:.digits$}%")
}

fn words(curve: &Curve) -> String {
    format!("{}: {}, {}", curve.kind, counted(curve.cases, "case", "cases"), tail(curve))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that bins follow each other without gaps, and that none is too wide.
    #[test]
    fn bins_are_narrow() {
        for bin in 0..3_000 {
            let (from, to) = (bin_time(bin), bin_time(bin + 1));
            assert_eq!((super::bin(from), super::bin(to - 1)), (bin, bin));
            assert!(to - from <= (from / 64).max(1), "{bin}: {from} to {to}");
        }
        assert!(bin(u64::MAX) < 64 * 64);
    }
}
