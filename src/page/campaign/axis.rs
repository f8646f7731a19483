//! A logarithmic axis in percent of a width, for strips and small multiples.

/// Where a value is, in percent of the width. The scale is logarithmic.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis for all values from one to another.
    pub fn of(low: u64, high: u64) -> Self {
        let (low, high) = ((low.max(1) as f64).ln(), (high.max(1) as f64).ln());
        // Some room to the right, so the mark of the largest value is on the strip; and some width if all values are
        // equal.
        let room = ((high - low) * 0.02).max(0.05);
        Axis { low: low - room, high: high + room }
    }

    /// The place of a value.
    pub fn at(&self, value: u64) -> f64 {
        100.0 * ((value.max(1) as f64).ln() - self.low) / (self.high - self.low)
    }

    /// Values with one significant digit, as many as fit: each power of ten, or 1, 2 and 5 times each. None is nearer to the
    /// left edge than `from`: its text would be beyond the edge.
    pub fn ticks(&self, from: f64) -> Vec<u64> {
        let powers = (0..20).map(|power| 10_u64.saturating_pow(power));
        let decades = (self.high - self.low) / std::f64::consts::LN_10;
        let steps: &[u64] = if decades < 3.0 { &[1, 2, 5] } else { &[1] };
        let all = powers.flat_map(|power| steps.iter().map(move |step| power.saturating_mul(*step)));
        all.filter(|tick| (from..=97.0).contains(&self.at(*tick))).collect()
    }
}
