//! What is drawn by chance: named streams of one seed, and distributions in integer arithmetic.
//!
//! Each purpose has a ChaCha8 stream of its own, so that drawing more for one never changes another. No float is used:
//! logarithms, roots and the like are computed in fixed point, to the same bit on every machine and in every build.

use crate::time::Span;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One, in the fixed point of this module: 32 bits behind the point.
const ONE: u64 = 1 << 32;

/// The natural logarithm of 2, in 32 bits behind the point.
const LN_2: u64 = 2_977_044_472;

/// The 99th percentile of the normal distribution, 2.3263478740..., in 32 bits behind the point.
const Z_99: u64 = 9_991_588_038;

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

/// A [`Distribution`] with what does not change from one draw to the next computed beforehand. All in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub enum Sampler {
    /// Always the same.
    Constant(Span),
    /// From `min` on, `width` different spans.
    Uniform {
        /// The shortest.
        min: u64,
        /// How many spans there are.
        width: u64,
    },
    /// Exponential above a shortest span.
    Exponential {
        /// The shortest.
        min: u64,
        /// The mean of what is above it.
        above: u64,
    },
    /// Log-normal.
    LogNormal {
        /// Half of all are shorter.
        median: u64,
        /// How many times the median is doubled up to the 99th percentile, in fixed point.
        spread: u64,
    },
}

impl Sampler {
    /// Draws a span, never zero.
    pub fn draw(self, rng: &mut impl Rng) -> Span {
        let ns = match self {
            Sampler::Constant(span) => return span,
            Sampler::Uniform { min, width } => min + below(rng, width),
            Sampler::Exponential { min, above } => min.saturating_add(scale(above, exponential(rng))),
            Sampler::LogNormal { median, spread } => log_normal(median, spread, rng),
        };
        Span::from_ns(ns.max(1))
    }
}

/// The upper 64 bits of a product.
fn high_half(a: u64, b: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> 64).expect("half of 128 bits")
}

/// `value` times a fixed-point factor, saturating.
fn scale(value: u64, factor: u64) -> u64 {
    u64::try_from((u128::from(value) * u128::from(factor)) >> 32).unwrap_or(u64::MAX)
}

/// The binary logarithm of `x` > 0, in fixed point: by squaring, a bit at a time.
fn log2(x: u64) -> u64 {
    let whole = x.ilog2();
    // Between 1 and 2, with 63 bits behind the point.
    let mut m = x << (63 - whole);
    let mut log = u64::from(whole) << 32;
    for bit in (0..32).rev() {
        // Between 1 and 4, with 126 bits behind the point, in two halves.
        let square = u128::from(m) * u128::from(m);
        let (high, low) = ((square >> 64) as u64, square as u64);
        let is_over_2 = high >> 63;
        // Chosen rather than shifted by a variable: each round waits for the one before.
        m = if is_over_2 == 1 { high } else { high << 1 | low >> 63 };
        log |= is_over_2 << bit;
    }
    log
}

/// 2^64 / n, rounded up, for the numbers `n` that the terms of a series are divided by.
const fn reciprocals<const N: usize>(mut divisors: [u64; N]) -> [u64; N] {
    let mut index = 0;
    while index < N {
        divisors[index] = u64::MAX / divisors[index] + 1;
        index += 1;
    }
    divisors
}

/// 2 to the power of `fraction` < 1, both in fixed point: the series of the exponential function.
fn exp2(fraction: u64) -> u64 {
    // Each term is the one before times x / n. Times a reciprocal is a division rounded down, exactly, as long as the
    // number times n is below 2^64; the tests hold this against divisions.
    const BY_N: [u64; 22] =
        reciprocals([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
    // All with 60 bits behind the point, and below 2.
    let x = ((u128::from(fraction) * u128::from(LN_2)) >> 4) as u64;
    let (mut term, mut sum) = (x, (1_u64 << 60) + x);
    for by_n in BY_N {
        term = high_half(((u128::from(term) * u128::from(x)) >> 60) as u64, by_n);
        sum += term;
    }
    sum >> 28
}

/// The sine of a quarter turn times `fraction` < 1, in fixed point: the series of the sine.
fn sine_of_quarter(fraction: u64) -> u64 {
    // Half of pi, with 60 bits behind the point.
    const HALF_PI: u64 = 1_811_004_864_519_280_711;
    // 2n (2n + 1) for each n from 1.
    const BY: [u64; 13] = reciprocals([6, 20, 42, 72, 110, 156, 210, 272, 342, 420, 506, 600, 702]);
    let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
    let x = (product(HALF_PI, fraction) >> 32) as u64;
    let square = (product(x, x) >> 60) as u64;
    // The sizes of the terms; every other one is taken away. The product of a negative term is rounded down, so its size up.
    let (mut size, mut sum) = (x, x);
    for (n, by) in BY.into_iter().enumerate() {
        let is_negative = n % 2 == 0;
        let round = if is_negative { 0 } else { (1 << 60) - 1 };
        size = high_half(((product(size, square) + round) >> 60) as u64, by);
        sum = if is_negative { sum - size } else { sum + size };
    }
    (sum >> 28).min(ONE)
}

/// An exponential number of mean 1, in fixed point.
fn exponential(rng: &mut impl Rng) -> u64 {
    // 1 - u for u in [0, 1): never zero, so that its logarithm is there.
    let x = u64::MAX - rng.next_u64();
    let minus_log2 = if x == 0 { 64 << 32 } else { (64 << 32) - log2(x) };
    scale(minus_log2, LN_2)
}

/// A normal number: its size in fixed point, and whether it is below zero (Box and Muller's method).
fn normal(rng: &mut impl Rng) -> (u64, bool) {
    let radius_squared = u128::from(2 * exponential(rng));
    let radius = u64::try_from((radius_squared << 32).isqrt()).expect("a small root");
    let turn = rng.next_u64();
    let fraction = (turn << 2) >> 32;
    (scale(radius, sine_of_quarter(fraction)), turn >> 63 == 1)
}

fn log_normal(median: u64, spread: u64, rng: &mut impl Rng) -> u64 {
    let (size, is_negative) = normal(rng);
    // The spread over z99 is the deviation, in powers of two.
    let power = u128::from(size) * u128::from(spread) / u128::from(Z_99);
    let power = u64::try_from(power).unwrap_or(u64::MAX).min(62 << 32);
    let factor = exp2(power & (ONE - 1));
    let whole = u32::try_from(power >> 32).expect("at most 62");
    if is_negative {
        let divisor = u128::from(factor) << whole;
        return u64::try_from((u128::from(median) << 32) / divisor).unwrap_or(u64::MAX);
    }
    u64::try_from(((u128::from(median) * u128::from(factor)) >> 32) << whole).unwrap_or(u64::MAX)
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

    /// Proves the fixed-point functions against the floating-point ones.
    #[test]
    fn functions_are_exact_to_nine_digits() {
        let real = |x: u64| x as f64 / ONE as f64;
        for x in [1, 2, 3, 1_000, 123_456_789, u64::MAX] {
            assert!((real(log2(x)) - (x as f64).log2()).abs() < 1e-9, "log2 {x}");
        }
        for fraction in [0, 1, 1 << 20, 1 << 31, 3 << 30, ONE - 1] {
            assert!((real(exp2(fraction)) - real(fraction).exp2()).abs() < 1e-9, "exp2 {fraction}");
            let sine = (real(fraction) * std::f64::consts::FRAC_PI_2).sin();
            assert!((real(sine_of_quarter(fraction)) - sine).abs() < 1e-9, "sine {fraction}");
        }
    }

    /// Proves that multiplying by reciprocals gives what dividing gave, to the last bit.
    #[test]
    fn series_are_those_of_plain_divisions() {
        fn exp2_by_division(fraction: u64) -> u64 {
            let x = ((u128::from(fraction) * u128::from(LN_2)) >> 4) as u64;
            let (mut term, mut sum) = (1_u64 << 60, 1_u64 << 60);
            for n in 1..24 {
                term = ((u128::from(term) * u128::from(x)) >> 60) as u64 / n;
                sum += term;
            }
            sum >> 28
        }
        fn sine_by_division(fraction: u64) -> u64 {
            let product = |a: i64, b: i64| ((i128::from(a) * i128::from(b)) >> 60) as i64;
            let x = ((1_811_004_864_519_280_711 * i128::from(fraction)) >> 32) as i64;
            let square = product(x, x);
            let (mut term, mut sum) = (x, x);
            for n in 1..14 {
                term = -product(term, square) / (2 * n * (2 * n + 1));
                sum += term;
            }
            u64::try_from((sum >> 28).clamp(0, ONE as i64)).expect("clamped")
        }
        let mut rng = stream(7, "fractions", 0);
        let drawn = (0..200_000).map(|_| rng.next_u64() >> 32);
        for fraction in drawn.chain(0..10_000).chain(ONE - 10_000..ONE) {
            assert_eq!(exp2(fraction), exp2_by_division(fraction), "exp2 {fraction}");
            assert_eq!(sine_of_quarter(fraction), sine_by_division(fraction), "sine {fraction}");
        }
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
