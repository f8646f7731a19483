//! The sections made from the rows of the results: time to converge by kind of step, and outliers.

use super::axis::Axis;
use super::data::{CampaignPage, percent};
use super::multiples;
use super::parts::{command, section};
use super::strip::{Mark, Measure, Strip};
use crate::chart::cdf::Curve;
use crate::fuzz::campaign::Keep;
use crate::page::html::escaped;
use crate::words::counted;
use crate::words::grouped;
use crate::words::number::{short, short_time};
use std::fmt::Write as _;

/// Marks nearer than this, in percent of the width, are stacked: strips stand side by side.
const NEAR: f64 = 4.5;

/// How many bars a strip has.
const BARS: usize = 100;

pub fn convergence(page: &CampaignPage) -> String {
    let body = if page.cdf.curves.is_empty() {
        no_rows(page)
    } else {
        let rows: String = page.cdf.curves.iter().map(row).collect();
        let heads = ["cases", "interrupted", "never", "median", "p95", "p99", "longest"];
        let heads: String = heads.map(|name| format!("<th scope=\"col\" class=\"number\">{name}</th>")).concat();
        format!(
            "{}{}<table class=\"sortable\">\n<caption>The slowest step of each case that has such steps. A step is \
             interrupted if the next change, or the end of a stopped run, comes before all routes are right: it takes at \
             least so long. Median and percentiles are Kaplan-Meier estimates, at most 1.6 % too large; a dash means that \
             too few cases were followed so long, or converge at all.</caption>\n\
             <thead><tr><th scope=\"col\">step</th>{heads}</tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table>\n",
            only_failures(page),
            multiples::grid(&page.cdf),
        )
    };
    section("convergence", "Time to converge", &body)
}

fn row(curve: &Curve) -> String {
    let Curve { kind, times } = curve;
    let mut cells = format!("<th scope=\"row\">{kind}</th>");
    let _ = write!(cells, "<td class=\"number\" data-value=\"{}\">{}</td>", times.cases, grouped(times.cases));
    for count in [times.interrupted, times.never] {
        let share = percent(count, times.cases).map(|share| escaped(&share).into_owned()).unwrap_or_default();
        let _ = write!(cells, "<td class=\"number\" data-value=\"{}\">{share}</td>", count as f64 / times.cases as f64);
    }
    for value in [50, 95, 99].map(|percent| times.percentile(percent)).into_iter().chain([times.longest()]) {
        let shown = value.map_or("-".to_owned(), Measure::Convergence.shown());
        // What is unknown is more than all that is known.
        let order = value.map_or("Infinity".to_owned(), |value| value.to_string());
        let _ = write!(cells, "<td class=\"number\" data-value=\"{order}\">{shown}</td>");
    }
    format!("<tr>{cells}</tr>\n")
}

pub fn outliers(page: &CampaignPage) -> String {
    let strips: Vec<_> =
        page.rows.strips.iter().zip(Measure::ALL).filter(|(strip, _)| !strip.marks.is_empty()).collect();
    let body = if strips.is_empty() {
        no_rows(page)
    } else {
        let drawn: String = strips.iter().map(|(strip, measure)| drawn(strip, *measure)).collect();
        let tables: String = strips.iter().map(|(strip, measure)| table(page, strip, *measure)).collect();
        format!(
            "<p>Each strip shows all cases. Those at its far end are marked and listed below: \
             <span class=\"key fine\">\u{25cf}</span> passes, <span class=\"key bad\">\u{25c6}</span> fails. \
             Each command writes the run page of a seed; without its last part, it prints the scenario.</p>\n{}\
             <div class=\"strips\">\n{drawn}</div>\n{tables}",
            only_failures(page)
        )
    };
    section("outliers", "Outliers", &body)
}

fn no_rows(page: &CampaignPage) -> String {
    match page.summary.tally.cases {
        0 => "<p>No case was run.</p>\n".to_owned(),
        _ if page.rows.count == 0 => {
            "<p>The results have rows only for failing cases, and no case fails.</p>\n".to_owned()
        }
        _ => "<p>No case has anything to show here.</p>\n".to_owned(),
    }
}

fn only_failures(page: &CampaignPage) -> &'static str {
    match page.summary.campaign.results {
        Keep::All => "",
        Keep::Findings => "<p class=\"note\">The results have only the failing cases, and so does this section.</p>\n",
    }
}

impl Measure {
    fn heading(self) -> &'static str {
        match self {
            Measure::Convergence => "Slowest to converge",
            Measure::Messages => "Most messages",
            Measure::Events => "Most events",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Measure::Convergence => "converged after",
            Measure::Messages => "messages",
            Measure::Events => "events",
        }
    }

    /// How a value is written in a table.
    pub(super) fn shown(self) -> fn(u64) -> String {
        match self {
            Measure::Convergence => |ns| short_time(ns as f64),
            Measure::Messages | Measure::Events => grouped,
        }
    }

    /// How a value is written on an axis.
    pub(super) fn tick(self) -> fn(u64) -> String {
        match self {
            Measure::Convergence => |ns| short_time(ns as f64),
            Measure::Messages | Measure::Events => |count| short(count as f64),
        }
    }

    fn id(self) -> &'static str {
        match self {
            Measure::Convergence => "slowest",
            Measure::Messages => "messages",
            Measure::Events => "events",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Measure::Convergence => "to converge",
            Measure::Messages => "messages",
            Measure::Events => "events",
        }
    }
}

fn drawn(strip: &Strip, measure: Measure) -> String {
    let lowest = strip.bins.filled().map(|(first, ..)| first).min().unwrap_or(1);
    let axis = Axis::of(lowest, strip.bins.max());
    let id = measure.id();
    let ticks: String = axis.ticks(4.0).into_iter().map(|tick| tick_at(&axis, measure, tick)).collect();
    let heights = heights(strip, &axis);
    let marks = marks(strip, measure, &axis);
    format!(
        "<div class=\"one\">\n<h3 id=\"{id}\">{}</h3>\n\
         <div class=\"strip\" role=\"group\" aria-labelledby=\"{id}\">\n\
         <svg class=\"cases\" viewBox=\"0 0 {BARS} 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{heights}</svg>\n\
         {ticks}{marks}</div>\n</div>\n",
        measure.heading(),
    )
}

/// The cases that are marked.
fn table(page: &CampaignPage, strip: &Strip, measure: Measure) -> String {
    let rows: String = strip.marks.iter().enumerate().map(|(rank, mark)| listed(page, measure, rank, mark)).collect();
    format!(
        "<div class=\"outliers\">\n<table>\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">seed</th>\
         <th scope=\"col\" class=\"number\">{}</th><th scope=\"col\">tree</th><th scope=\"col\">ended</th></tr></thead>\n\
         {rows}</table>\n</div>\n",
        measure.heading(),
        measure.name(),
    )
}

fn tick_at(axis: &Axis, measure: Measure, value: u64) -> String {
    format!(
        "<span class=\"tick\" style=\"left:{:.2}%\" aria-hidden=\"true\">{}</span>\n",
        axis.at(value),
        measure.tick()(value)
    )
}

/// The cases as bars. Heights are logarithmic, so a single case is visible.
fn heights(strip: &Strip, axis: &Axis) -> String {
    let mut bars = [0_u64; BARS];
    for (first, last, count) in strip.bins.filled() {
        let middle = axis.at(first / 2 + last / 2) / 100.0 * BARS as f64;
        bars[(middle as usize).min(BARS - 1)] += count;
    }
    let max = (bars.iter().max().copied().unwrap_or(0) as f64 + 1.0).ln();
    let bar = |(place, count): (usize, &u64)| {
        let height = 38.0 * (*count as f64 + 1.0).ln() / max;
        format!("<rect x=\"{place}\" y=\"{:.1}\" width=\"0.9\" height=\"{height:.1}\"/>", 40.0 - height)
    };
    bars.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect()
}

/// The marks, largest first. Those that would hide each other are stacked.
fn marks(strip: &Strip, measure: Measure, axis: &Axis) -> String {
    let mut placed: Vec<(f64, usize)> = Vec::new();
    let mut marks = String::new();
    for (rank, mark) in strip.marks.iter().enumerate() {
        let at = axis.at(mark.value);
        let is_free = |row: &usize| placed.iter().all(|(other, taken)| taken != row || (at - other).abs() >= NEAR);
        let row = (0..).find(is_free).expect("there are more rows than marks");
        placed.push((at, row));
        let (sign, class, how) =
            if mark.classes.is_empty() { ("\u{25cf}", "fine", "passes") } else { ("\u{25c6}", "bad", "fails") };
        let cut = if mark.is_cut { ", stopped far over its budget" } else { "" };
        let label = format!("seed {}: {} {}, {how}{cut}", mark.seed, measure.shown()(mark.value), measure.unit());
        let _ = writeln!(
            marks,
            "<a class=\"mark {class}\" href=\"#{}-{rank}\" style=\"left:{at:.2}%;bottom:calc(1.7em + {row} * 1.15em)\" \
             title=\"{label}\" aria-label=\"{label}\">{sign}</a>",
            measure.id(),
        );
    }
    marks
}

fn listed(page: &CampaignPage, measure: Measure, rank: usize, mark: &Mark) -> String {
    let links = mark.classes.iter().map(|class| format!("<a href=\"#{0}\">{0}</a>", escaped(class)));
    let ended = match &mark.classes[..] {
        [] => escaped(&mark.verdict).into_owned(),
        _ => links.collect::<Vec<_>>().join(", "),
    };
    let cut = if mark.is_cut { "<br><span class=\"warn\">stopped far over its budget</span>" } else { "" };
    let again = format!(
        "{} --print | treequake report - --out seed-{}.html",
        page.summary.campaign.command(mark.seed),
        mark.seed
    );
    format!(
        "<tbody id=\"{}-{rank}\">\n<tr><th scope=\"rowgroup\">{}</th><td class=\"number\">{}</td>\
         <td>{}, {}, depth {}</td><td>{ended}{cut}</td></tr>\n<tr><td colspan=\"4\">{}</td></tr>\n</tbody>\n",
        measure.id(),
        mark.seed,
        measure.shown()(mark.value),
        escaped(&mark.shape),
        counted(u64::from(mark.contexts), "context", "contexts"),
        mark.depth,
        command(&again),
    )
}
