//! Axes of numbers, linear or logarithmic, with round ticks.
//!
//! The logarithm is written here, so that a chart is the same on every machine: those of systems differ in the last
//! digit.

/// An axis, from a number at place 0 to a number at place 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    from: f64,
    to: f64,
    scale: Scale,
    is_time: bool,
}

/// The quantity that grows linearly along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// The number itself.
    Linear,
    /// Its logarithm.
    Log,
    /// The logarithm of the number plus 1.
    LogFromZero,
}

/// Round times from a minute on, in seconds, and whether they appear even if there is room for only a few.
const LONG_TIMES: [(f64, bool); 16] = [
    (60.0, true),
    (120.0, false),
    (300.0, false),
    (600.0, true),
    (1_800.0, false),
    (3_600.0, true),
    (7_200.0, false),
    (18_000.0, false),
    (36_000.0, true),
    (72_000.0, false),
    (180_000.0, false),
    (360_000.0, true),
    (3_600_000.0, true),
    (36_000_000.0, true),
    (360_000_000.0, true),
    (3_600_000_000.0, true),
];

impl Axis {
    /// A linear axis from 0 to `max` or a round number above it.
    pub fn linear(max: f64) -> Self {
        let step = round_step(max.max(1.0) / 4.0);
        Axis { from: 0.0, to: (max.max(1.0) / step).ceil() * step, scale: Scale::Linear, is_time: false }
    }

    /// A logarithmic axis from 0 to `max`; the distances between 0, 1 and 3 are equal.
    pub fn log_from_zero(max: f64) -> Self {
        Axis { from: 0.0, to: log10(1.0 + max.max(1.0)), scale: Scale::LogFromZero, is_time: false }
    }

    /// Whether the axis is logarithmic.
    pub fn is_log(&self) -> bool {
        self.scale != Scale::Linear
    }

    /// A logarithmic axis from `min` to `max`, both above 0, with a little room at both ends.
    pub fn log(min: f64, max: f64) -> Self {
        let (from, to) = (log10(min.max(1e-9)), log10(max.max(1e-9)));
        // Even a narrow range includes round numbers.
        let room = ((to - from) * 0.04).max(0.4 - (to - from) / 2.0).max(0.05);
        Axis { from: from - room, to: to + room, scale: Scale::Log, is_time: false }
    }

    /// The same axis for times in nanoseconds: from a minute on, ticks are whole minutes and hours.
    pub fn of_time(self) -> Self {
        Axis { is_time: true, ..self }
    }

    /// The place of a number; a number beyond an end is at that end.
    pub fn place(&self, number: f64) -> f64 {
        let number = match self.scale {
            Scale::Linear => number,
            Scale::Log => log10(number.max(1e-12)),
            Scale::LogFromZero => log10(1.0 + number.max(0.0)),
        };
        ((number - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// The largest number on the axis.
    pub fn max(&self) -> f64 {
        match self.scale {
            Scale::Linear => self.to,
            Scale::Log => power(self.to),
            Scale::LogFromZero => (power(self.to) - 1.0).round(),
        }
    }

    /// Round numbers on the axis. On a linear axis there are about `count`; on a logarithmic one they are powers of ten
    /// or, if those are few, 1, 2 and 5 times powers of ten.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if self.scale == Scale::LogFromZero {
            let powers =
                (0..).map(|exponent| 10_f64.powi(exponent)).take_while(|power| *power <= self.max() * 1.000_001);
            let powers: Vec<f64> = powers.collect();
            let every = powers.len().div_ceil(count.max(1)).max(1);
            let mut ticks: Vec<f64> = std::iter::once(0.0).chain(powers.into_iter().step_by(every)).collect();
            // The end, if there is room.
            if self.place(*ticks.last().expect("there is 0")) < 0.9 {
                ticks.push(self.max());
            }
            return ticks;
        }
        if self.scale == Scale::Linear {
            let step = round_step(self.to / count.max(1) as f64).max(1.0);
            return (0..).map(|n| f64::from(n) * step).take_while(|tick| *tick <= self.to * 1.000_001).collect();
        }
        let (from, to) = (self.from - 1e-6, self.to + 1e-6);
        let is_on = |tick: &f64| (from..=to).contains(&log10(*tick));
        let powers = (self.from - 1e-9).floor() as i32..=self.to.ceil() as i32;
        let decades = self.to - self.from;
        let every = (decades / count.max(1) as f64).ceil().max(1.0) as i32;
        let digits: &[f64] = if decades <= 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all = powers
            .filter(|power| power % every == 0)
            .flat_map(|exponent| digits.iter().map(move |digit| digit * 10_f64.powi(exponent)));
        if !self.is_time {
            return all.filter(is_on).collect();
        }
        let long = LONG_TIMES.iter().filter(|(_, is_first)| *is_first || digits.len() > 1).map(|(time, _)| time * 1e9);
        all.filter(|tick| *tick < 59e9).chain(long).filter(is_on).collect()
    }
}

/// Ten to the power of `exponent`.
fn power(exponent: f64) -> f64 {
    let whole = exponent.floor();
    let mut rest = 1.0;
    // A power series for e to the rest.
    let x = (exponent - whole) * std::f64::consts::LN_10;
    let mut term = 1.0;
    for n in 1..30 {
        term *= x / f64::from(n);
        rest += term;
    }
    rest * 10_f64.powi(whole as i32)
}

/// The base-10 logarithm of a number above 0.
pub fn log10(number: f64) -> f64 {
    let bits = number.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    // The mantissa is between 1 and 2, then around 1, where the series is short.
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    let mut twos = exponent as f64;
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        twos += 1.0;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (square, mut power, mut sum) = (ratio * ratio, ratio, 0.0);
    for n in 0..14 {
        sum += power / f64::from(2 * n + 1);
        power *= square;
    }
    (2.0 * sum + twos * std::f64::consts::LN_2) / std::f64::consts::LN_10
}

/// The smallest number that is at least `least` and is 1, 2 or 5 times a power of ten.
pub fn round_step(least: f64) -> f64 {
    let power = 10_f64.powi(log10(least.max(1e-12)).floor() as i32);
    let rounds = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    rounds.into_iter().find(|round| *round >= least * 0.999_999).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::number::short_time;

    /// Proves that the logarithm is right, and that a power is its inverse.
    #[test]
    fn logarithms() {
        for number in [1e-9, 0.5, 1.0, 1.4, 1.5, 2.0, 9.99, 10.0, 12_345.678, 1e19] {
            assert!((log10(number) - number.log10()).abs() < 1e-12, "{number}");
            assert!((power(log10(number)) / number - 1.0).abs() < 1e-9, "{number}");
        }
    }

    /// Proves that axes end at round numbers, and that ticks are round and on the axis.
    #[test]
    fn axes_are_round() {
        let axis = Axis::linear(37.0);
        assert_eq!((axis.max(), axis.ticks(4)), (40.0, vec![0.0, 10.0, 20.0, 30.0, 40.0]));
        assert_eq!(Axis::linear(0.0).ticks(4), [0.0, 1.0]);
        assert_eq!(Axis::log(3.0, 5e4).ticks(5), [10.0, 100.0, 1000.0, 1e4]);
        assert_eq!(Axis::log(3.0, 50.0).ticks(9), [5.0, 10.0, 20.0, 50.0]);
        let axis = Axis::log_from_zero(420.0);
        assert_eq!((axis.max(), axis.place(0.0), axis.ticks(4)), (420.0, 0.0, vec![0.0, 1.0, 10.0, 100.0, 420.0]));
        assert!((Axis::log(1.0, 100.0).place(10.0) - 0.5).abs() < 1e-12);
    }

    /// Proves that ticks are whole minutes and hours where times are long.
    #[test]
    fn long_times() {
        let ticks: Vec<String> = Axis::log(1e6, 4e12).of_time().ticks(8).into_iter().map(short_time).collect();
        assert_eq!(ticks, ["1ms", "10ms", "100ms", "1s", "10s", "1m", "10m", "1h"]);
    }
}
