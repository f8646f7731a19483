//! Exponential and normal numbers by the ziggurat of Marsaglia and Tsang (2000), in integers: the area below the density
//! is covered by layers of equal area. A point is drawn in one of them, at random; nearly always it is below the density
//! for sure, and its distance is the number. Otherwise the density is computed, to the last bit of the fixed point. So
//! the distribution is exact, and not that of a table.

use super::fixed::{LN_2, ONE, exp2_fine, high_half, log2};
use super::split_mix::SplitMix64;

/// How many layers there are.
const LAYERS: usize = 256;

/// One, in the fixed point of densities: 60 bits behind the point.
const FINE_ONE: u64 = 1 << 60;

/// The binary logarithm of e, in 32 bits behind the point.
const LOG2_E: u64 = 6_196_328_018;

/// A density that falls from 1 at 0, and its layers.
struct Ziggurat {
    /// How wide each layer is, in fixed point; the first is the one at the bottom, with what is beyond the others.
    widths: [u64; LAYERS + 1],
    /// The density where each layer begins.
    heights: [u64; LAYERS + 1],
}

/// The exponential density. What is beyond the second layer begins at 7.697...; each layer has the area 0.00394...
static EXPONENTIAL: Ziggurat = Ziggurat::new(33_058_867_807, 4_553_647_745_335_941, Density::Exponential);

/// The normal density, at one side: from 3.654... on it is beyond the second layer; each layer has the area 0.00492...
static NORMAL: Ziggurat = Ziggurat::new(15_694_467_137, 5_682_373_360_629_557, Density::Normal);

#[derive(Clone, Copy)]
enum Density {
    /// e^-x.
    Exponential,
    /// e^(-x^2 / 2).
    Normal,
}

impl Density {
    /// The density at `x`.
    const fn at(self, x: u64) -> u64 {
        match self {
            Density::Exponential => exp_minus(x),
            Density::Normal => exp_minus(((x as u128 * x as u128) >> 33) as u64),
        }
    }

    /// Where the density is `y`.
    const fn inverse(self, y: u64) -> u64 {
        let minus_ln = ((((60 << 32) - log2(y)) as u128 * LN_2 as u128) >> 32) as u64;
        match self {
            Density::Exponential => minus_ln,
            Density::Normal => ((minus_ln as u128) << 33).isqrt() as u64,
        }
    }
}

impl Ziggurat {
    /// The layers of a density whose tail begins at `tail`; each of them has this `area`, with 60 bits behind the point.
    const fn new(tail: u64, area: u64, density: Density) -> Self {
        let (mut widths, mut heights) = ([0; LAYERS + 1], [FINE_ONE; LAYERS + 1]);
        let foot = density.at(tail);
        // As if what is beyond the tail were a rectangle, too.
        widths[0] = (((area as u128) << 32) / foot as u128) as u64;
        heights[0] = 0;
        widths[1] = tail;
        heights[1] = foot;
        let mut layer = 2;
        while layer < LAYERS {
            heights[layer] = heights[layer - 1] + (((area as u128) << 32) / widths[layer - 1] as u128) as u64;
            widths[layer] = density.inverse(heights[layer]);
            layer += 1;
        }
        Ziggurat { widths, heights }
    }

    /// A number of which it is decided by `word` whether it is in its layer and below the layers above. `None` if more must
    /// be drawn, from `rng`.
    #[inline]
    fn within(&self, density: Density, rng: &mut SplitMix64, layer: usize, place: u64) -> Point {
        // `place` has 55 bits behind the point.
        let x = ((u128::from(place) * u128::from(self.widths[layer])) >> 55) as u64;
        if x < self.widths[layer + 1] {
            return Point::Below(x);
        }
        if layer == 0 {
            return Point::Tail;
        }
        self.at_edge(density, rng, layer, x)
    }

    #[cold]
    fn at_edge(&self, density: Density, rng: &mut SplitMix64, layer: usize, x: u64) -> Point {
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        let y = low + high_half(high - low, rng.next());
        if y < density.at(x) { Point::Below(x) } else { Point::Above }
    }
}

/// Where a point is that was drawn.
enum Point {
    /// Below the density, at this distance.
    Below(u64),
    /// Above it: another one must be drawn.
    Above,
    /// Beyond the layers.
    Tail,
}

/// e to the power of -x, with 60 bits behind the point.
const fn exp_minus(x: u64) -> u64 {
    let power = ((x as u128 * LOG2_E as u128) >> 32) as u64;
    let (whole, fraction) = (power >> 32, power & (ONE - 1));
    if whole > 60 {
        return 0;
    }
    // 2^-fraction is half of 2^(1 - fraction).
    let of_fraction = if fraction == 0 { FINE_ONE } else { exp2_fine(ONE - fraction) >> 1 };
    of_fraction >> whole
}

/// The layer in the last 8 bits of a word.
#[inline]
fn layer(word: u64) -> usize {
    (word % LAYERS as u64) as usize
}

/// An exponential number of mean 1, in fixed point.
#[inline]
pub fn exponential(rng: &mut SplitMix64) -> u64 {
    let mut before = 0;
    loop {
        let word = rng.next();
        match EXPONENTIAL.within(Density::Exponential, rng, layer(word), word >> 9) {
            Point::Below(x) => return before + x,
            Point::Above => {}
            // What is beyond is distributed like the whole.
            Point::Tail => before += EXPONENTIAL.widths[1],
        }
    }
}

/// A normal number: its size in fixed point, and whether it is below zero.
#[inline]
pub fn normal(rng: &mut SplitMix64) -> (u64, bool) {
    loop {
        let word = rng.next();
        let is_negative = word >> 8 & 1 == 1;
        match NORMAL.within(Density::Normal, rng, layer(word), word >> 9) {
            Point::Below(x) => return (x, is_negative),
            Point::Above => {}
            Point::Tail => return (beyond_tail(rng), is_negative),
        }
    }
}

/// The size of a normal number that is beyond the layers, by Marsaglia's method.
#[cold]
fn beyond_tail(rng: &mut SplitMix64) -> u64 {
    let tail = NORMAL.widths[1];
    loop {
        let x = ((u128::from(exponential(rng)) << 32) / u128::from(tail)) as u64;
        let y = exponential(rng);
        if u128::from(y) << 33 >= u128::from(x) * u128::from(x) {
            return tail + x;
        }
    }
}
