//! The latencies of messages, which are drawn by the million.

use super::fixed::{exp2_fine, high_half, scale};
use super::series::{Sampler, Z_99};
use super::split_mix::SplitMix64;
use super::ziggurat::{exponential, normal};
use super::{Distribution, Drawing, stream};
use crate::time::Span;
use rand_chacha::ChaCha8Rng;

/// What draws the latencies of the messages on one link, with what does not change from one to the next computed beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Latency(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Constant(Span),
    Series(Sampler),
    Quick(Quick),
}

/// As a [`Sampler`], of [`Drawing::Ziggurat`].
#[derive(Clone, Copy, Debug)]
enum Quick {
    Uniform {
        min: u64,
        width: u64,
    },
    Exponential {
        min: u64,
        above: u64,
    },
    LogNormal {
        median: u64,
        /// The binary logarithm of what the median is multiplied by at one standard deviation, in fixed point.
        deviation: u64,
    },
}

/// The random numbers of one direction of a link, from the first draw on.
#[derive(Clone, Debug, Default)]
pub struct LatencyStream(Option<Numbers>);

#[derive(Clone, Debug)]
enum Numbers {
    Series(Box<ChaCha8Rng>),
    Quick(SplitMix64),
}

impl Latency {
    /// What draws latencies of this distribution.
    pub fn new(distribution: Distribution, drawing: Drawing) -> Self {
        let sampler = distribution.sampler();
        Latency(match (sampler, drawing) {
            (Sampler::Constant(span), _) => Kind::Constant(span),
            (sampler, Drawing::Series) => Kind::Series(sampler),
            (Sampler::Uniform { min, width }, Drawing::Ziggurat) => Kind::Quick(Quick::Uniform { min, width }),
            (Sampler::Exponential { min, above }, Drawing::Ziggurat) => Kind::Quick(Quick::Exponential { min, above }),
            (Sampler::LogNormal { median, spread }, Drawing::Ziggurat) => {
                let deviation = ((u128::from(spread) << 32) / u128::from(Z_99)) as u64;
                Kind::Quick(Quick::LogNormal { median, deviation })
            }
        })
    }

    /// Draws the latency of the next message, never zero. `stream` is that of its direction of its link, which has
    /// this `index`; `seed` is the run's.
    #[inline]
    pub fn draw(&self, numbers: &mut LatencyStream, seed: u64, index: u64) -> Span {
        match self.0 {
            Kind::Constant(span) => span,
            Kind::Quick(quick) => {
                let begin = || Numbers::Quick(SplitMix64::new(seed, index));
                let Numbers::Quick(numbers) = numbers.0.get_or_insert_with(begin) else {
                    unreachable!("a run draws in one way");
                };
                Span::from_ns(quick.draw(numbers).max(1))
            }
            Kind::Series(sampler) => {
                let begin = || Numbers::Series(Box::new(stream(seed, "latency", index)));
                let Numbers::Series(numbers) = numbers.0.get_or_insert_with(begin) else {
                    unreachable!("a run draws in one way");
                };
                sampler.draw(&mut **numbers)
            }
        }
    }
}

impl Quick {
    #[inline]
    fn draw(self, numbers: &mut SplitMix64) -> u64 {
        match self {
            Quick::Uniform { min, width } => min + high_half(numbers.next(), width),
            Quick::Exponential { min, above } => min.saturating_add(scale(above, exponential(numbers))),
            Quick::LogNormal { median, deviation } => {
                let (size, is_negative) = normal(numbers);
                let power = ((u128::from(size) * u128::from(deviation)) >> 32) as u64;
                times_two_to(median, power, is_negative)
            }
        }
    }
}

/// How many powers of two there are in [`POWERS`] from one to two.
const PARTS: u64 = 256;

/// 2 to the power of n / 256, with 62 bits behind the point.
static POWERS: [u64; PARTS as usize] = {
    let mut powers = [0; PARTS as usize];
    let mut part = 0;
    while part < PARTS {
        powers[part as usize] = exp2_fine(part << 24) << 2;
        part += 1;
    }
    powers
};

/// The natural logarithm of 2, with 62 bits behind the point.
const LN_2: u64 = 3_196_577_161_300_663_914;

/// `value` times 2 to the power of `power`, or of `-power`: in fixed point, at most 2^62 times as much.
#[inline]
fn times_two_to(value: u64, power: u64, is_negative: bool) -> u64 {
    // Above zero, so that the whole and the fraction are those of one number.
    const ZERO: u64 = 64 << 32;
    let power = if is_negative { ZERO - power.min(ZERO) } else { ZERO + power.min(62 << 32) };
    let (whole, part, rest) = (power >> 32, power >> 24 & (PARTS - 1), power & ((1 << 24) - 1));
    // e^d is about 1 + d + d^2 / 2 for d < 1/369: to three parts in 10^9.
    let d = ((u128::from(rest) * u128::from(LN_2)) >> 32) as u64;
    let more = d + ((u128::from(d) * u128::from(d)) >> 63) as u64;
    let base = POWERS[part as usize];
    let factor = base + ((u128::from(base) * u128::from(more)) >> 62) as u64;
    u64::try_from((u128::from(value) * u128::from(factor)) >> (126 - whole)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: u64 = 7;

    fn latencies(distribution: Distribution, drawing: Drawing, count: usize) -> Vec<u64> {
        let latency = Latency::new(distribution, drawing);
        // As many links, as the streams of links must not be alike.
        let mut streams: Vec<LatencyStream> = vec![LatencyStream::default(); 100];
        let draws = (0..count).map(|n| latency.draw(&mut streams[n % 100], SEED, n as u64 % 100).as_ns());
        let mut all: Vec<u64> = draws.collect();
        all.sort_unstable();
        all
    }

    /// Holds the drawn against the true share that is shorter, at each of some spans: five deviations are allowed, which
    /// chance leaves in fewer than one of a million tests.
    fn holds(distribution: Distribution, truth: impl Fn(f64) -> f64) {
        const COUNT: usize = 1_000_000;
        for drawing in Drawing::ALL {
            let drawn = latencies(distribution, drawing, COUNT);
            for place in [10, 1_000, 10_000, 100_000, 250_000, 500_000, 750_000, 900_000, 990_000, 999_000, 999_990] {
                // A span near there, but not chosen by what was drawn.
                let span = f64::from(2_u32).powf(((drawn[place] as f64).log2() * 64.0).round() / 64.0);
                let shorter = drawn.partition_point(|ns| (*ns as f64) < span) as f64 / COUNT as f64;
                let expected = truth(span);
                let deviation = (expected * (1.0 - expected) / COUNT as f64).sqrt();
                assert!(
                    (shorter - expected).abs() < 5.0 * deviation + 1e-9,
                    "{distribution:?} drawn by {drawing}: {shorter} are shorter than {span} ns, by the formula {expected}"
                );
            }
        }
    }

    /// The share of the normal distribution below `x`, by its series (outside of every run).
    fn normal_below(x: f64) -> f64 {
        let (mut term, mut sum, mut n) = (x, x, 1.0);
        while n < 400.0 {
            term *= x * x / (2.0 * n + 1.0);
            sum += term;
            n += 1.0;
        }
        0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    /// Proves that both ways draw the distributions that they are asked for, from the shortest hundred thousandth to the
    /// longest.
    #[test]
    fn both_ways_draw_the_true_distributions() {
        let ms = Span::from_ms;
        holds(Distribution::Uniform { min: ms(10), max: ms(30) }, |ns| ((ns - 10e6) / 20e6).clamp(0.0, 1.0));
        let exponential = Distribution::Exponential { min: ms(10), mean: ms(30) };
        holds(exponential, |ns| (1.0 - (-(ns - 10e6) / 20e6).exp()).clamp(0.0, 1.0));
        let deviation = (90_f64 / 26.0).ln() / 2.326_347_874_040_84;
        let log_normal = Distribution::LogNormal { median: ms(26), p99: ms(90) };
        holds(log_normal, |ns| normal_below((ns / 26e6).ln() / deviation));
    }

    /// Proves that the tail of the exponential distribution is there, beyond the layers of the ziggurat: each further mean
    /// has as many as the formula says.
    #[test]
    fn tails_are_drawn() {
        const COUNT: u64 = 4_000_000;
        let mut numbers = SplitMix64::new(SEED, 0);
        let mut beyond = [0_u64; 2];
        for _ in 0..COUNT {
            beyond[0] += u64::from(exponential(&mut numbers) > 10 << 32);
            beyond[1] += u64::from(normal(&mut numbers).0 > 4 << 32);
        }
        // e^-10; and twice the normal share beyond four deviations.
        for (found, share) in beyond.into_iter().zip([4.539_993e-5, 6.334_248e-5]) {
            let expected = share * COUNT as f64;
            assert!((found as f64 - expected).abs() < 5.0 * expected.sqrt(), "found {found}, expected {expected}");
        }
    }

    /// Proves that the draws of each way are the same in every build and on every machine: these were printed once, and
    /// stay, as long as there are files of that way.
    #[test]
    fn draws_of_both_ways_are_pinned() {
        let ms = Span::from_ms;
        let found = Drawing::ALL.map(|drawing| {
            [
                Distribution::Uniform { min: ms(1), max: ms(2) },
                Distribution::Exponential { min: ms(1), mean: ms(2) },
                Distribution::LogNormal { median: ms(1), p99: ms(2) },
            ]
            .map(|distribution| {
                let (latency, mut stream) = (Latency::new(distribution, drawing), LatencyStream::default());
                let draws: Vec<u64> = (0..4).map(|_| latency.draw(&mut stream, 1, 2).as_ns()).collect();
                let many = (0..100_000)
                    .fold(0_u64, |sum, _| sum.wrapping_mul(31).wrapping_add(latency.draw(&mut stream, 1, 2).as_ns()));
                format!("{draws:?} {many:016x}")
            })
            .join("\n")
        });
        insta::assert_snapshot!(found.join("\n\n"), @"
        [1328669, 1691603, 1121913, 1989830] f8f7e0e97ac0d72e
        [1398493, 2176366, 1130010, 5588251] baa025f91dccfa80
        [780132, 859311, 1316265, 840951] a6f90548c35b2317

        [1507741, 1088349, 1854496, 1136047] 0b62361dcbd31fee
        [2736854, 1192110, 2312656, 1054584] a8980c29202aa1ad
        [1421383, 953931, 689324, 974126] 6d5c1af4c47725e9
        ");
    }

    proptest! {
        /// Proves that no parameters make a draw panic or be zero.
        #[test]
        fn every_distribution_can_be_drawn(low in 1_u64.., above: u64, seed: u64, index: u64) {
            let (low, high) = (Span::from_ns(low), Span::from_ns(low.saturating_add(above)));
            for distribution in [
                Distribution::Uniform { min: low, max: high },
                Distribution::Exponential { min: low, mean: high },
                Distribution::LogNormal { median: low, p99: high },
            ] {
                let (latency, mut stream) = (Latency::new(distribution, Drawing::Ziggurat), LatencyStream::default());
                for _ in 0..100 {
                    prop_assert!(latency.draw(&mut stream, seed, index) >= Span::from_ns(1));
                }
            }
        }

        /// Proves that a multiple by a power of two is that of floats, to eight digits.
        #[test]
        fn powers_are_exact(value in 1_u64 << 20..1 << 40, power in 0_u64..20 << 32, is_negative: bool) {
            let real = power as f64 / (1_u64 << 32) as f64 * if is_negative { -1.0 } else { 1.0 };
            let (found, expected) = (times_two_to(value, power, is_negative) as f64, value as f64 * real.exp2());
            prop_assert!((found - expected).abs() <= 1.0 + expected * 1e-8, "found {found}, expected {expected}");
        }
    }
}
