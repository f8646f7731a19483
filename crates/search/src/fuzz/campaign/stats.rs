//! Statistics of a campaign: convergence time and messages, by kind of step and by shape.

use super::check::read_manifest;
use super::error::CampaignError;
use super::results::STEP_KINDS;
use super::rows::each_row;
use super::times::Times;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The statistics of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The number of cases.
    pub cases: u64,
    /// By kind of step: for each case with such steps, the slowest of them, and the messages of all of them. A `send`
    /// and a `call` have no convergence time.
    pub steps: BTreeMap<String, Figures>,
    /// By shape: for each case, its slowest step and all its messages.
    pub shapes: BTreeMap<String, Figures>,
}

/// The figures of some cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The number of these cases.
    pub cases: u64,
    /// The cases in which a window was closed, or the run over, before a step had converged.
    pub unconverged: u64,
    /// Those of them at whose end nothing was left to happen.
    pub never: u64,
    /// The convergence time, in nanoseconds.
    pub converged_ns: Converged,
    /// The messages of all these cases.
    pub messages: Quantiles,
}

/// The distribution of convergence times, by the estimate of [`Times`]. A quantile is `None` if too few cases were
/// followed so long, or if too few ever converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Converged {
    /// The number of cases that converged.
    pub count: u64,
    /// Half of the cases take no longer.
    pub median: Option<u64>,
    /// 95 of 100 cases take no longer.
    pub p95: Option<u64>,
    /// 99 of 100 cases take no longer.
    pub p99: Option<u64>,
    /// The longest time of a case that converged.
    pub max: Option<u64>,
}

impl Converged {
    fn of(times: &Times) -> Self {
        let [median, p95, p99] = [50, 95, 99].map(|percent| times.percentile(percent));
        Converged { count: times.converged(), median, p95, p99, max: times.longest() }
    }
}

/// The distribution of a figure. A quantile is the smallest value that is at least as large as the given part of the
/// values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// The number of values.
    pub count: u64,
    /// At least as large as half of the values.
    pub median: u64,
    /// At least as large as 95 of 100 values.
    pub p95: u64,
    /// At least as large as 99 of 100 values.
    pub p99: u64,
    /// The largest value.
    pub max: u64,
}

impl Quantiles {
    /// The quantiles of these values.
    fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        let count = values.len() as u64;
        let at = |percent: u64| {
            let rank = (count * percent).div_ceil(100).max(1);
            usize::try_from(rank - 1).ok().and_then(|place| values.get(place)).copied().unwrap_or(0)
        };
        Quantiles { count, median: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

/// The values of some cases.
#[derive(Default)]
struct Values {
    times: Times,
    messages: Vec<u64>,
}

impl Values {
    fn figures(self) -> Figures {
        let Values { times, messages } = self;
        Figures {
            cases: messages.len() as u64,
            unconverged: times.interrupted + times.never,
            never: times.never,
            converged_ns: Converged::of(&times),
            messages: Quantiles::of(messages),
        }
    }
}

/// The statistics of the results in a folder, complete or not.
///
/// # Errors
/// If there are no results, or they cannot be read.
pub fn stats(path: &Path) -> Result<Stats, CampaignError> {
    let manifest = read_manifest(path)?;
    let (mut steps, mut shapes): (BTreeMap<String, Values>, BTreeMap<String, Values>) = Default::default();
    let cases = each_row(path, &manifest, |row| {
        for (kind, figures) in row.steps.present() {
            entry(&mut steps, kind).messages.push(figures.messages);
        }
        for (kind, slowest) in row.steps.slowest() {
            entry(&mut steps, STEP_KINDS[kind]).times.add(slowest);
        }
        let shape = entry(&mut shapes, &row.shape);
        shape.times.add(row.slowest());
        shape.messages.push(row.messages.total());
    })?;
    let figures = |values: BTreeMap<String, Values>| values.into_iter().map(|(name, v)| (name, v.figures())).collect();
    Ok(Stats { cases, steps: figures(steps), shapes: figures(shapes) })
}

fn entry<'m>(map: &'m mut BTreeMap<String, Values>, name: &str) -> &'m mut Values {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), Values::default());
    }
    map.get_mut(name).expect("it was inserted")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the quantiles of a few values.
    #[test]
    fn quantiles() {
        let quantiles = |values: Vec<u64>| {
            let Quantiles { count, median, p95, p99, max } = Quantiles::of(values);
            (count, median, p95, p99, max)
        };
        assert_eq!(quantiles((1..=100).rev().collect()), (100, 50, 95, 99, 100));
        assert_eq!(quantiles((1..=3).collect()), (3, 2, 3, 3, 3));
        assert_eq!(quantiles(vec![7]), (1, 7, 7, 7, 7));
        assert_eq!(quantiles(vec![]), (0, 0, 0, 0, 0));
    }
}
