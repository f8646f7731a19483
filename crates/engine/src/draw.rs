//! What is drawn by chance: named streams of one seed, and distributions in integer arithmetic.
//!
//! Each purpose has a stream of its own, so that drawing more for one never changes another. No float is used:
//! logarithms, roots and the like are computed in fixed point, to the same bit on every machine and in every build.

mod fixed;
mod latency;
mod series;
mod split_mix;
mod ziggurat;

pub use latency::{Latency, LatencyStream};
pub use series::Sampler;

use crate::time::Span;
use fixed::{high_half, log2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// The way in which the latencies of messages are drawn. It is a part of a scenario, since other latencies are another run.
/// What is drawn before a run is always drawn by [`Drawing::Series`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drawing {
    /// 1: by series, from ChaCha8; that of files which name none.
    #[default]
    Series = 1,
    /// 2: by ziggurats, from SplitMix64, twenty times as fast.
    Ziggurat = 2,
}

impl Drawing {
    /// All, in the order of their numbers.
    pub const ALL: [Drawing; 2] = [Drawing::Series, Drawing::Ziggurat];

    /// The newest, which what is generated today is drawn by.
    pub const NEWEST: Drawing = Drawing::Ziggurat;

    /// The number in files.
    pub const fn number(self) -> u64 {
        self as u64
    }

    /// The one with this number.
    pub fn numbered(number: u64) -> Option<Drawing> {
        Self::ALL.into_iter().find(|drawing| drawing.number() == number)
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// The random numbers of one purpose.
///
/// `purpose` is a name of at most 24 bytes; `index` tells apart the streams of one purpose, such as those of links.
pub fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..8 + purpose.len()].copy_from_slice(purpose.as_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// A number below `end`, each as likely as any other (to one part in 2^64).
///
/// # Panics
/// When `end` is 0.
pub fn below(rng: &mut impl Rng, end: u64) -> u64 {
    assert!(end > 0, "there is a number to draw");
    high_half(rng.next_u64(), end)
}

/// How long something takes, by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distribution {
    /// Always the same.
    Constant(Span),
    /// Each span between two is as likely as any other.
    Uniform {
        /// The shortest.
        min: Span,
        /// The longest.
        max: Span,
    },
    /// Exponential above a shortest span.
    Exponential {
        /// The shortest.
        min: Span,
        /// The mean.
        mean: Span,
    },
    /// Log-normal.
    LogNormal {
        /// Half of all are shorter.
        median: Span,
        /// 99 of 100 are shorter.
        p99: Span,
    },
}

impl Distribution {
    /// The span, if there is but one.
    pub fn constant(self) -> Option<Span> {
        match self {
            Distribution::Constant(span) => Some(span),
            _ => None,
        }
    }

    /// A span of the usual size: the middle of a uniform one, the mean, or the median.
    pub fn typical(self) -> Span {
        match self {
            Distribution::Constant(span) => span,
            Distribution::Uniform { min, max } => Span::from_ns(min.as_ns() / 2 + max.as_ns() / 2),
            Distribution::Exponential { mean, .. } => mean,
            Distribution::LogNormal { median, .. } => median,
        }
    }

    /// A span that a draw is almost never longer than: one in half a million is.
    pub fn almost_longest(self) -> Span {
        match self {
            Distribution::Constant(span) => span,
            Distribution::Uniform { max, .. } => max,
            Distribution::Exponential { min, mean } => {
                Span::from_ns((mean.as_ns() - min.as_ns()).saturating_mul(15).saturating_add(min.as_ns()))
            }
            // Twice as many deviations as the 99th percentile.
            Distribution::LogNormal { median, p99 } => {
                let ns = u128::from(p99.as_ns()) * u128::from(p99.as_ns()) / u128::from(median.as_ns().max(1));
                Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
            }
        }
    }

    /// Draws a span, never zero. To draw many, make a [`sampler`](Self::sampler).
    pub fn draw(self, rng: &mut impl Rng) -> Span {
        self.sampler().draw(rng)
    }

    /// What draws spans of this distribution.
    pub fn sampler(self) -> Sampler {
        match self {
            Distribution::Constant(span) => Sampler::Constant(span),
            Distribution::Uniform { min, max } => {
                Sampler::Uniform { min: min.as_ns(), width: (max.as_ns() - min.as_ns()).saturating_add(1) }
            }
            Distribution::Exponential { min, mean } => {
                Sampler::Exponential { min: min.as_ns(), above: mean.as_ns() - min.as_ns() }
            }
            Distribution::LogNormal { median, p99 } => {
                let (median, p99) = (median.as_ns(), p99.as_ns());
                Sampler::LogNormal { median, spread: log2(p99) - log2(median) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The floats of the tests are outside of every run.
    fn draws(distribution: Distribution) -> (f64, f64, f64) {
        let mut rng = stream(7, "test", 0);
        let mut ns: Vec<u64> = (0..100_000).map(|_| distribution.draw(&mut rng).as_ns()).collect();
        ns.sort_unstable();
        let mean = ns.iter().map(|n| *n as f64).sum::<f64>() / 100_000.0;
        (mean, ns[50_000] as f64, ns[99_000] as f64)
    }

    fn is_near(found: f64, expected: f64, tolerance: f64) {
        println!(
            "found {:12.0} ns, by the formula {:12.0} ns ({:+.2} %)",
            found,
            expected,
            (found / expected - 1.0) * 100.0
        );
        assert!((found / expected - 1.0).abs() < tolerance, "found {found}, expected {expected}");
    }

    /// Proves each distribution against its formula: mean and percentiles of 100,000 draws.
    #[test]
    fn draws_have_the_mean_and_the_percentiles_of_their_formula() {
        let ms = Span::from_ms;
        let (mean, median, p99) = draws(Distribution::Uniform { min: ms(10), max: ms(30) });
        is_near(mean, 20e6, 0.01);
        is_near(median, 20e6, 0.01);
        is_near(p99, 29.8e6, 0.01);
        let (mean, median, p99) = draws(Distribution::Exponential { min: ms(10), mean: ms(30) });
        is_near(mean, 30e6, 0.01);
        is_near(median, 10e6 + 20e6 * 2_f64.ln(), 0.01);
        is_near(p99, 10e6 + 20e6 * 100_f64.ln(), 0.02);
        let (mean, median, p99) = draws(Distribution::LogNormal { median: ms(26), p99: ms(90) });
        let deviation = (90_f64 / 26.0).ln() / 2.326_347_874;
        is_near(mean, 26e6 * (deviation * deviation / 2.0).exp(), 0.01);
        is_near(median, 26e6, 0.01);
        is_near(p99, 90e6, 0.02);
    }

    /// Proves that draws are the same in every build and on every machine: these were printed once, and stay.
    #[test]
    fn draws_are_pinned() {
        let mut rng = stream(1, "pinned", 2);
        let ms = Span::from_ms;
        let found = [
            Distribution::Uniform { min: ms(1), max: ms(2) },
            Distribution::Exponential { min: ms(1), mean: ms(2) },
            Distribution::LogNormal { median: ms(1), p99: ms(2) },
            Distribution::LogNormal { median: ms(1), p99: ms(2) },
        ]
        .map(|distribution| distribution.draw(&mut rng).as_ns());
        assert_eq!(found, [1_380_477, 2_199_071, 704_196, 866_796]);
    }

    /// Proves that extreme parameters neither panic nor draw zero.
    #[test]
    fn extremes_are_drawn_from() {
        let (least, most) = (Span::from_ns(1), Span::from_ns(u64::MAX));
        let mut rng = stream(1, "extreme", 0);
        for _ in 0..10_000 {
            for distribution in [
                Distribution::Uniform { min: least, max: most },
                Distribution::Exponential { min: least, mean: most },
                Distribution::LogNormal { median: least, p99: most },
                Distribution::LogNormal { median: most, p99: most },
            ] {
                assert!(distribution.draw(&mut rng) >= least);
            }
        }
    }
}
