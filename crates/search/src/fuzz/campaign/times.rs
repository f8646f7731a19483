//! The distribution of times to converge, where some windows were closed too early.
//!
//! A window that the next change interrupted, or that the end of a stopped run cut, says only that the step takes at
//! least so long: it is *censored*. The estimate is that of Kaplan and Meier. A case counts as long as it is known to
//! wait; what a censored case would have become is what became of those that waited longer. Without censored cases, the
//! estimate is the share of cases. All arithmetic is in integers.
//!
//! A campaign may have millions of cases. Only counts are kept, in bins so narrow (a 64th of an octave, at most 1.6 %)
//! that each is less than a pixel wide in a chart. A bin stands for the largest time in it.

use crate::metrics::Window;
use std::collections::BTreeMap;

/// The number of bins per octave.
const FINE: u32 = 64;

/// All cases, as a share.
const ALL: u128 = 1 << 62;

/// How long some cases took to converge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The number of cases.
    pub cases: u64,
    /// The cases whose window was closed before they had converged.
    pub interrupted: u64,
    /// The cases that never converge: nothing was left to happen.
    pub never: u64,
    bins: BTreeMap<u32, Bin>,
}

/// The cases with nearly equal times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    converged: u64,
    /// The longest time of those that converged.
    last: u64,
    /// The cases whose window was closed.
    open: u64,
    /// The longest of these windows.
    last_open: u64,
}

/// A point of the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The time in nanoseconds.
    pub ns: u64,
    /// How many cases had converged by then.
    pub converged: u64,
    /// The part of all cases that had not, in units of 1 / `ALL`.
    left: u128,
}

impl Point {
    /// The estimated share of cases that had converged by then, from 0 to 1.
    pub fn share(&self) -> f64 {
        (ALL - self.left) as f64 / ALL as f64
    }
}

impl Times {
    /// Adds a case. One whose tables were not compared with the truth does not count.
    pub fn add(&mut self, window: Window) {
        match window {
            Window::Converged(after) => {
                let bin = self.bins.entry(bin(after.as_ns())).or_default();
                (bin.converged, bin.last) = (bin.converged + 1, bin.last.max(after.as_ns()));
            }
            Window::Open { after, .. } => {
                self.interrupted += 1;
                let bin = self.bins.entry(bin(after.as_ns())).or_default();
                (bin.open, bin.last_open) = (bin.open + 1, bin.last_open.max(after.as_ns()));
            }
            Window::Never => self.never += 1,
            Window::Unchecked => return,
        }
        self.cases += 1;
    }

    /// The number of cases that converged.
    pub fn converged(&self) -> u64 {
        self.cases - self.interrupted - self.never
    }

    /// The longest time in nanoseconds of a case that converged; `None` if there is none.
    pub fn longest(&self) -> Option<u64> {
        self.bins.values().filter(|bin| bin.converged > 0).map(|bin| bin.last).next_back()
    }

    /// The estimate: a point for each time at which cases converged, ascending.
    pub fn points(&self) -> Vec<Point> {
        let (mut points, mut converged) = (Vec::new(), 0);
        // What is left is a part of the cases at risk when the last window was closed.
        let (mut at_risk, mut left, mut base, mut base_left) = (self.cases, ALL, self.cases, ALL);
        for bin in self.bins.values() {
            if bin.converged > 0 {
                converged += bin.converged;
                at_risk -= bin.converged;
                left = base_left * u128::from(at_risk) / u128::from(base);
                points.push(Point { ns: bin.last, converged, left });
            }
            if bin.open > 0 {
                at_risk -= bin.open;
                (base, base_left) = (at_risk, left);
            }
        }
        points
    }

    /// The time in nanoseconds by which `percent` of 100 cases had converged, by the estimate; `None` if that is
    /// unknown, or if fewer ever do.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let left = u128::from(100_u64.saturating_sub(percent)) * ALL;
        self.points().into_iter().find(|point| point.left * 100 <= left).map(|point| point.ns)
    }

    /// The time in nanoseconds after which the estimate says nothing, because no case was followed longer; `None` if
    /// the estimate holds for all times.
    pub fn known_until(&self) -> Option<u64> {
        let last = self.bins.values().next_back()?;
        (self.never == 0 && last.open > 0).then(|| last.last_open.max(last.last))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Closed;
    use crate::time::Span;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    fn times(converged: &[u64], open: &[u64], never: u64) -> Times {
        let mut times = Times::default();
        converged.iter().for_each(|ms| times.add(Window::Converged(Span::from_ms(*ms))));
        open.iter().for_each(|ms| times.add(Window::Open { after: Span::from_ms(*ms), by: Closed::Change }));
        (0..never).for_each(|_| times.add(Window::Never));
        times
    }

    /// Proves that bins follow each other without gaps, and that none is too wide.
    #[test]
    fn bins_are_narrow() {
        let first = |bin: u32| match (bin / FINE, bin % FINE) {
            (0, fine) => u64::from(fine),
            (octave, fine) => u64::from(FINE + fine) << (octave - 1),
        };
        for bin in 0..3_000 {
            let (from, to) = (first(bin), first(bin + 1));
            assert_eq!((super::bin(from), super::bin(to - 1)), (bin, bin));
            assert!(to - from <= (from / 64).max(1), "{bin}: {from} to {to}");
        }
        assert!(bin(u64::MAX) < 64 * 64);
    }

    /// Proves the estimate on an example that is worked out by hand: of 10 cases, one converges after 1 ms (9/10 are
    /// left), two windows close after 2 ms, one of the other seven converges after 3 ms (9/10 * 6/7 are left), and so on.
    #[test]
    fn an_example_by_hand() {
        let times = times(&[1, 3, 5, 5], &[2, 2, 4, 9], 2);
        let shares: Vec<_> =
            times.points().iter().map(|point| (point.ns / MS, point.converged, point.share())).collect();
        let expected = [(1, 1, 1.0 - 0.9), (3, 2, 1.0 - 0.9 * 6.0 / 7.0), (5, 4, 1.0 - 0.9 * 6.0 / 7.0 * 3.0 / 5.0)];
        for (found, expected) in shares.iter().zip(expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1));
            assert!((found.2 - expected.2).abs() < 1e-12, "{found:?} {expected:?}");
        }
        assert_eq!(shares.len(), 3);
        assert_eq!((times.percentile(10), times.percentile(50)), (Some(MS), Some(5 * MS)));
        assert_eq!((times.percentile(95), times.known_until()), (None, None), "some cases never converge");
        assert_eq!((times.cases, times.converged(), times.interrupted, times.never), (10, 4, 4, 2));
    }

    /// Proves that windows that were closed before anything converged change nothing but the counts, and that the
    /// estimate ends with the longest window.
    #[test]
    fn what_was_closed_at_once_says_nothing() {
        let (some, all) = (times(&[5, 7], &[], 0), times(&[5, 7], &[1, 1, 1, 1], 0));
        let shares = |times: &Times| times.points().iter().map(|point| (point.ns, point.left)).collect::<Vec<_>>();
        assert_eq!(shares(&some), shares(&all));
        assert_eq!((all.known_until(), times(&[5], &[8], 0).known_until()), (None, Some(8 * MS)));
        assert_eq!((times(&[], &[], 0).percentile(50), times(&[], &[3], 0).percentile(50)), (None, None));
    }

    proptest! {
        /// Proves that without censored cases the estimate is the share of cases, and each percentile the smallest time
        /// that is at least as large as that part of the times.
        #[test]
        fn without_closed_windows_it_counts(mut values in prop::collection::vec(0_u64..64, 1..200), never in 0_u64..50) {
            let mut times = times(&[], &[], never);
            values.iter().for_each(|ns| times.add(Window::Converged(Span::from_ns(*ns))));
            values.sort_unstable();
            for point in times.points() {
                prop_assert!((point.share() - point.converged as f64 / times.cases as f64).abs() < 1e-12);
            }
            for percent in 1..=100 {
                let rank = (times.cases * percent).div_ceil(100) as usize;
                prop_assert_eq!(times.percentile(percent), values.get(rank - 1).copied());
            }
        }

        /// Proves that the estimate only rises, and that it is never below what was counted.
        #[test]
        fn it_rises(
            converged in prop::collection::vec(0_u64..100, 0..60),
            open in prop::collection::vec(0_u64..100, 0..60),
            never in 0_u64..5,
        ) {
            let times = times(&converged, &open, never);
            let points = times.points();
            prop_assert!(points.windows(2).all(|two| two[0].ns < two[1].ns && two[0].left >= two[1].left));
            for point in points {
                prop_assert!(point.share() + 1e-12 >= point.converged as f64 / times.cases as f64);
            }
        }
    }
}
