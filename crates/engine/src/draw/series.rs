//! The first way of drawing ([`Drawing::Series`](super::Drawing::Series)): logarithms, powers and sines to the last bit, by
//! their series. It costs some hundred nanoseconds a draw, and stays as it is for the files that are drawn by it.

use super::fixed::{LN_2, ONE, exp2, high_half, log2, scale, sine_of_quarter};
use crate::time::Span;
use rand::Rng;

/// The 99th percentile of the normal distribution, 2.3263478740..., in 32 bits behind the point.
pub const Z_99: u64 = 9_991_588_038;

/// A [`Distribution`](super::Distribution) with what does not change from one draw to the next computed beforehand. All in nanoseconds.
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
            Sampler::Uniform { min, width } => min + high_half(rng.next_u64(), width),
            Sampler::Exponential { min, above } => min.saturating_add(scale(above, exponential(rng))),
            Sampler::LogNormal { median, spread } => log_normal(median, spread, rng),
        };
        Span::from_ns(ns.max(1))
    }
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
