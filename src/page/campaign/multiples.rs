//! Small multiples: a panel for each kind of step, all on one time axis, with one legend.
//!
//! A panel has the estimate of one kind in front of those of all others, so each can be read alone and be compared. Text is
//! text of the page, so it keeps its size on any window.

use super::axis::Axis;
use super::strip::Measure;
use crate::chart::cdf::{Cdf, Curve, tail};
use crate::page::html::escaped;
use crate::words::counted;
use std::fmt::Write as _;

/// The part of the width, in percent, for cases that converge at once: they have no place on a logarithmic axis.
const LANE: f64 = 7.0;

/// Points nearer than this, in percent of the width, are drawn as one.
const NEAR: f64 = 0.25;

/// What the legend says: class of the sign, and words.
const LEGEND: [(&str, &str); 5] = [
    ("own", "the share of cases that converge within the time, from 0 to 100 %"),
    ("others", "the other kinds of steps"),
    ("half", "half of the cases"),
    ("lane", "at the left edge: at once"),
    ("open", "no case was followed for longer"),
];

/// The panels and their legend.
pub fn grid(cdf: &Cdf) -> String {
    let times = || cdf.curves.iter().flat_map(|curve| curve.times.points()).map(|point| point.ns).filter(|ns| *ns > 0);
    let (low, high) = (times().min().unwrap_or(1_000_000), times().max().unwrap_or(1_000_000_000));
    let place = Place { axis: Axis::of(low, high) };
    let lines: Vec<Line> = cdf.curves.iter().map(|curve| place.line(curve)).collect();
    let all: String =
        lines.iter().map(|line| format!("<path d=\"{}\" vector-effect=\"non-scaling-stroke\"/>", line.path)).collect();
    let panels: String = cdf.curves.iter().zip(&lines).map(|(curve, line)| place.panel(curve, line)).collect();
    let legend = LEGEND
        .map(|(class, words)| format!("<li><span class=\"sign {class}\" aria-hidden=\"true\"></span>{words}</li>\n"));
    format!(
        "<ul class=\"key-list\" aria-label=\"Marks\">\n{}</ul>\n\
         <svg width=\"0\" height=\"0\" class=\"shared\" aria-hidden=\"true\"><defs><g id=\"all-kinds\">{all}</g></defs></svg>\n\
         <div class=\"multiples\">\n{panels}</div>\n",
        legend.concat(),
    )
}

/// Where times are.
struct Place {
    axis: Axis,
}

/// An estimate as a path, with 0 at the bottom and 100 at the top, in percent of the panel.
struct Line {
    path: String,
    /// Where it ends.
    end: (f64, f64),
    /// Whether more could be known: it ends before the axis does.
    is_open: bool,
}

impl Place {
    fn x(&self, ns: u64) -> f64 {
        if ns == 0 { 0.0 } else { LANE + self.axis.at(ns) * (100.0 - LANE) / 100.0 }
    }

    fn line(&self, curve: &Curve) -> Line {
        let (mut x, mut y) = (0.0, 0.0);
        let mut path = String::new();
        for point in curve.times.points() {
            let (to, share) = (self.x(point.ns), 100.0 * point.share());
            if point.ns == 0 {
                let _ = write!(path, "M0,{:.1}", 100.0 - share);
            } else if path.is_empty() {
                let _ = write!(path, "M0,100H{to:.2}V{:.1}", 100.0 - share);
            } else if to - x >= NEAR {
                let _ = write!(path, "H{to:.2}V{:.1}", 100.0 - share);
            } else {
                let _ = write!(path, "V{:.1}", 100.0 - share);
                y = share;
                continue;
            }
            (x, y) = (to, share);
        }
        if path.is_empty() {
            path.push_str("M0,100");
        }
        let known = curve.times.known_until();
        let end = known.map_or(100.0, |ns| self.x(ns).clamp(x, 100.0));
        let _ = write!(path, "H{end:.2}");
        Line { path, end: (end, y), is_open: known.is_some() }
    }

    fn panel(&self, curve: &Curve, line: &Line) -> String {
        let Curve { kind, times } = curve;
        let cases = counted(times.cases, "case", "cases");
        let words = tail(curve);
        let ticks = self.axis.ticks(0.0);
        let rules: String = ticks.iter().map(|tick| format!("<path d=\"M{:.2},0V100\"/>", self.x(*tick))).collect();
        let labels: String = ticks.iter().map(|tick| self.label(*tick)).collect();
        let half = match times.percentile(50) {
            Some(ns) => format!("<span class=\"sign half\" style=\"left:{:.2}%;bottom:50%\"></span>", self.x(ns)),
            None => String::new(),
        };
        let open = match (line.is_open, line.end) {
            (true, (x, y)) => format!("<span class=\"sign open\" style=\"left:{x:.2}%;bottom:{y:.1}%\"></span>"),
            (false, _) => String::new(),
        };
        format!(
            "<div class=\"multiple\" role=\"img\" aria-label=\"{kind}, {cases}: {}\">\n\
             <p><strong>{kind}</strong> <span class=\"muted\">{cases}</span><br><span class=\"muted\">{}</span></p>\n\
             <div class=\"plot\"><span class=\"share-at top\">100 %</span><span class=\"share-at foot\">0 %</span>\
             <svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\">\
             <g class=\"rules\"><path d=\"M0,50H100M{LANE},0V100\"/>{rules}</g><use href=\"#all-kinds\" class=\"others\"/>\
             <path class=\"area\" d=\"{}V100H0Z\"/><path class=\"own\" d=\"{}\"/></svg>\n{half}{open}{labels}</div>\n</div>\n",
            escaped(&words),
            escaped(&words),
            line.path,
            line.path,
        )
    }

    fn label(&self, ns: u64) -> String {
        let words = Measure::Convergence.tick()(ns);
        format!("<span class=\"tick\" style=\"left:{:.2}%\">{words}</span>", self.x(ns))
    }
}
