//! The coverage matrix: which kinds of steps were followed by which branches of the protocol.

use super::parts::{section, words};
use crate::fuzz::campaign::summary::Summary;
use crate::fuzz::coverage::Coverage;
use crate::metrics::Branch;
use crate::monitors;
use crate::page::html::escaped;
use crate::process::Family;
use crate::scenario::StepKind;
use crate::words::grouped;
use crate::words::number::short;
use std::fmt::Write as _;

/// How many shades there are for counts.
const SHADES: u64 = 5;

pub fn section_for(summary: &Summary) -> String {
    let coverage = &summary.tally.coverage;
    let family = monitors::family_of(&summary.campaign.monitor);
    let all = Branch::all(family);
    let kinds = coverage.kinds();
    let pairs = all.len() * kinds.len();
    let counts = || all.iter().flat_map(|branch| kinds.iter().map(|kind| coverage.count(*kind, *branch)));
    let seen = counts().filter(|count| *count > 0).count();
    let max = counts().max().unwrap_or(0);
    let heads: String =
        kinds.iter().map(|kind| format!("<th scope=\"col\"><span>{}</span></th>", kind.word())).collect();
    let rows: String = all.iter().map(|branch| row((coverage, &kinds), *branch, family, max)).collect();
    let body = format!(
        "<p>How often a kind of step (column) was followed by a branch of the protocol (row) before the next step: {seen} of \
         {pairs} pairs were seen. A dot means never, a stronger colour more often; \
         a kind of step that nothing followed is left out. \
         Point at a name to see what it means, and at a number to see all its digits.</p>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"Table of the coverage\" tabindex=\"0\">\n\
         <table class=\"coverage\">\n<caption class=\"aloud\">Branches of the protocol by kind of step</caption>\n\
         <thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    );
    section("coverage", "Coverage of the protocol", &(body + &legend(&all, family)))
}

/// What the branches are, for readers who cannot point at a name.
fn legend(all: &[Branch], family: &dyn Family) -> String {
    let words = |branch: &Branch| words(&branch.in_words(family));
    let term = |branch: &Branch| format!("<dt>{}</dt><dd>{}</dd>\n", branch.name(family), words(branch));
    let terms: String = all.iter().map(term).collect();
    format!("<details>\n<summary>What the branches are</summary>\n<dl class=\"legend\">\n{terms}</dl>\n</details>\n")
}

fn row((coverage, kinds): (&Coverage, &[StepKind]), branch: Branch, family: &dyn Family, max: u64) -> String {
    let mut cells = String::new();
    for kind in kinds {
        let count = coverage.count(*kind, branch);
        let _ = match count {
            0 => write!(
                cells,
                "<td class=\"never\"><span aria-hidden=\"true\">\u{b7}</span><span class=\"aloud\">never</span></td>"
            ),
            _ => {
                write!(
                    cells,
                    "<td class=\"s{}\" title=\"{}\">{}</td>",
                    shade(count, max),
                    grouped(count),
                    short(count as f64)
                )
            }
        };
    }
    let (words, name) = (branch.in_words(family), branch.name(family));
    format!("<tr><th scope=\"row\" title=\"{}\">{name}</th>{cells}</tr>\n", escaped(&words))
}

/// The shade of a count, from 1, by the logarithm of the count.
fn shade(count: u64, max: u64) -> u64 {
    let log = |count: u64| u64::from((count + 1).ilog2());
    (log(count) * SHADES).div_ceil(log(max).max(1)).clamp(1, SHADES)
}
