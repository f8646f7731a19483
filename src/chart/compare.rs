//! The comparison chart: the results of the same seeds under two monitors. It says what gets worse and what gets better:
//! first how cases end, as bars to the left and to the right, and then by how much they differ, each case as a mark on an
//! axis of differences. Cases that are equal are counted, and not drawn.

mod draw;

pub use draw::{draw, draw_as};

use crate::fuzz::pairs::group::{Grade, Group};
use crate::fuzz::pairs::pair::{Pair, Side};
use crate::process::Monitor;
use crate::words::number::{short, short_time};
use crate::words::{counted, grouped};
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
        let more = if more == 0 { String::new() } else { format!(" and {} more", grouped(more as u64)) };
        let count = |of| self.pairs.iter().filter(|pair| grade(pair) == of).count();
        let (worse, better) = (count(Grade::Worse), count(Grade::Better));
        format!(
            "the result of {} changes, {} for the worse, {} for the better: {} {}{more}",
            cases(changed.len() as u64),
            grouped(worse as u64),
            grouped(better as u64),
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
