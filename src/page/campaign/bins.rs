//! Bins: the distribution of a figure, in memory that does not grow with the number of values.

/// How many bins there are from a power of two to the next, as a power of two.
const BITS: u32 = 5;

/// A histogram of whole numbers. A bin is a 32nd as wide as its values, so a quantile is at most 3 percent too large.
/// Up to 64 it is exact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bins {
    counts: Vec<u64>,
    count: u64,
    max: u64,
}

impl Bins {
    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        let bin = bin(value);
        if self.counts.len() <= bin {
            self.counts.resize(bin + 1, 0);
        }
        self.counts[bin] += 1;
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest value, exactly; 0 if there is none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The bins with values, lowest first: the smallest and the largest value of the bin, and its count.
    pub fn filled(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(bin, count)| (first(bin), (first(bin + 1) - 1).min(self.max), *count))
    }

    /// A percentile, to the bin; `None` if there are no values.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        self.filled().find_map(|(_, last, count)| {
            seen += u128::from(count);
            (seen >= rank).then_some(last)
        })
    }
}

/// The bin of a value.
fn bin(value: u64) -> usize {
    let power = value.checked_ilog2().unwrap_or(0).saturating_sub(BITS);
    let place = (u64::from(power) << BITS) + (value >> power);
    usize::try_from(place).expect("there are fewer than 2^11 bins")
}

/// The smallest value of a bin.
fn first(bin: usize) -> u64 {
    let bin = bin as u64;
    let power = (bin >> BITS).saturating_sub(1);
    (bin - (power << BITS)).saturating_mul(1 << power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that each value is within the edges of its bin, up to the largest value, and how wide bins are.
    #[test]
    fn each_value_has_its_bin() {
        let powers = (0..64).flat_map(|power| [1_u64 << power, (1 << power) - 1, (1 << power) + 1, 3 << power >> 1]);
        for value in (0..5_000).chain(powers).chain([u64::MAX - 1]) {
            let bin = bin(value);
            assert!(first(bin) <= value && value < first(bin + 1), "{value} is in bin {bin}");
            assert!(first(bin + 1) - first(bin) <= (value / 32).max(1), "the bin of {value} is too wide");
        }
    }

    /// Proves percentiles on values that can be counted.
    #[test]
    fn percentiles() {
        let mut bins = Bins::default();
        assert_eq!((bins.percentile(50), bins.max(), bins.count()), (None, 0, 0));
        (1..=100).rev().for_each(|value| bins.add(value * 1_000));
        let read = [50, 95, 99, 100].map(|percent| bins.percentile(percent).unwrap());
        for (read, exact) in read.into_iter().zip([50_000, 95_000, 99_000, 100_000]) {
            assert!((exact..=exact + exact / 32).contains(&read), "{read} for {exact}");
        }
        assert_eq!(read[3], 100_000);
        let mut small = Bins::default();
        [7, 0, 3].into_iter().for_each(|value| small.add(value));
        assert_eq!([1, 50, 100].map(|percent| small.percentile(percent)), [Some(0), Some(3), Some(7)]);
    }
}
