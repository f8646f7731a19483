//! Virtual time: integer nanoseconds, as points ([`Time`]) and as lengths ([`Span`]).
//!
//! Nothing here knows the wall clock. In files a span is a string of a number and a unit, such as `1.5ms`; parsing is
//! exact (no floats), so the same file means the same nanoseconds on every machine.

pub mod silence;

use std::fmt;

/// The units that a span may be written in, largest first, with their lengths in nanoseconds.
pub const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A length of virtual time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// A point in virtual time, in nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// Why a text is not a span. Users read these messages, so each says how to fix the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanError {
    /// There is no number in front of the unit.
    NoNumber,
    /// The number is below zero.
    Negative,
    /// There is a number, but no unit behind it.
    NoUnit,
    /// There is a space before the unit.
    Space,
    /// The unit is not one of [`UNITS`].
    UnknownUnit(String),
    /// More digits behind the point than a nanosecond has.
    TooFine,
    /// More than 2^64 - 1 nanoseconds (about 584 years).
    Overflow,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpanError::NoNumber => {
                write!(f, "a duration is a number and a unit, such as \"250us\", \"10ms\" or \"1.5s\"")
            }
            SpanError::Negative => write!(f, "a duration cannot be negative"),
            SpanError::NoUnit => write!(f, "the unit is missing; write ns, us, ms, s, m or h after the number"),
            SpanError::Space => write!(f, "write the unit directly after the number, without a space"),
            SpanError::UnknownUnit(unit) => write!(f, "unknown unit `{unit}`; the units are ns, us, ms, s, m and h"),
            SpanError::TooFine => write!(f, "this is finer than one nanosecond, the smallest unit of time"),
            SpanError::Overflow => {
                write!(f, "too long; the longest duration is 18446744073709551615ns (about 584 years)")
            }
        }
    }
}

impl std::error::Error for SpanError {}

impl Span {
    /// A span of `ns` nanoseconds.
    pub const fn from_ns(ns: u64) -> Self {
        Span(ns)
    }

    /// A span of `ms` milliseconds.
    ///
    /// # Panics
    /// When that is more than 2^64 - 1 nanoseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Span(ms * 1_000_000)
    }

    /// The length in nanoseconds.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Reads a number and a unit, such as `250us`, `10ms`, `1.5s` or `2m`.
    ///
    /// # Errors
    /// Says what is wrong with `text`; nothing is rounded.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let number_len = unsigned.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, unit) = unsigned.split_at(number_len);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(SpanError::NoNumber);
        }
        if unsigned.len() != text.len() {
            return Err(SpanError::Negative);
        }
        if unit.is_empty() {
            return Err(SpanError::NoUnit);
        }
        if unit.starts_with(char::is_whitespace) {
            return Err(SpanError::Space);
        }
        let unit_ns = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ns)| *ns);
        let unit_ns = unit_ns.ok_or_else(|| SpanError::UnknownUnit(unit.chars().take(20).collect()))?;
        let whole: u64 = whole.parse().map_err(|_| SpanError::Overflow)?;
        let ns = whole.checked_mul(unit_ns).ok_or(SpanError::Overflow)?;
        ns.checked_add(fraction_ns(fraction, unit_ns)?).map(Span).ok_or(SpanError::Overflow)
    }
}

/// The nanoseconds in `0.fraction` of a unit, exactly.
fn fraction_ns(fraction: &str, unit_ns: u64) -> Result<u64, SpanError> {
    let mut rest = u128::from(unit_ns);
    let mut ns = 0;
    for digit in fraction.trim_end_matches('0').bytes() {
        if !rest.is_multiple_of(10) {
            return Err(SpanError::TooFine);
        }
        rest /= 10;
        ns += u128::from(digit - b'0') * rest;
    }
    Ok(u64::try_from(ns).expect("a fraction is shorter than its unit"))
}

impl fmt::Display for Span {
    /// Writes the span in its largest unit of seconds and below, without loss: `1.5s`, `26ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, ns): &&(&str, u64)| self.0 >= *ns && *ns <= 1_000_000_000;
        let Some((unit, unit_ns)) = UNITS.iter().find(fits) else { return f.pad("0s") };
        let (whole, rest) = (self.0 / unit_ns, self.0 % unit_ns);
        if rest == 0 {
            return f.pad(&format!("{whole}{unit}"));
        }
        let width = unit_ns.ilog10() as usize;
        let fraction = format!("{rest:0width$}");
        f.pad(&format!("{whole}.{}{unit}", fraction.trim_end_matches('0')))
    }
}

impl Time {
    /// The start of a run.
    pub const ZERO: Time = Time(0);

    /// The point `ns` nanoseconds after the start.
    pub const fn from_ns(ns: u64) -> Self {
        Time(ns)
    }

    /// Nanoseconds since the start.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// The point `span` later, or `None` where the clock has no such number.
    pub fn checked_add(self, span: Span) -> Option<Time> {
        self.0.checked_add(span.0).map(Time)
    }

    /// How long before `self` the point `earlier` was.
    ///
    /// # Panics
    /// When `earlier` is later than `self`: the clock never goes back.
    pub fn since(self, earlier: Time) -> Span {
        Span(self.0.checked_sub(earlier.0).expect("the clock never goes back"))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that every unit of the file format means what it says, to the nanosecond.
    #[test]
    fn spans_are_read_exactly() {
        for (text, ns) in [
            ("250us", 250_000),
            ("10ms", 10_000_000),
            ("1.5s", 1_500_000_000),
            ("2m", 120_000_000_000),
            ("1.000000001s", 1_000_000_001),
            ("0.5us", 500),
            ("1.50h", 5_400_000_000_000),
            ("0s", 0),
            ("18446744073709551615ns", u64::MAX),
        ] {
            assert_eq!(Span::parse(text), Ok(Span(ns)), "{text}");
        }
    }

    /// Proves that nothing is guessed or rounded.
    #[test]
    fn mistakes_are_told_apart() {
        for (text, error) in [
            ("", SpanError::NoNumber),
            ("ms", SpanError::NoNumber),
            (".5s", SpanError::NoNumber),
            ("1.s", SpanError::NoNumber),
            ("1.2.3s", SpanError::NoNumber),
            ("-1ms", SpanError::Negative),
            ("5", SpanError::NoUnit),
            ("5 ms", SpanError::Space),
            ("5sec", SpanError::UnknownUnit("sec".into())),
            ("0.5ns", SpanError::TooFine),
            ("1.0000000001s", SpanError::TooFine),
            ("18446744073709551616ns", SpanError::Overflow),
            ("99999999999999999999s", SpanError::Overflow),
            ("5124096h", SpanError::Overflow),
        ] {
            assert_eq!(Span::parse(text), Err(error), "{text}");
        }
    }

    /// Proves that what is printed can be read back as the same span.
    #[test]
    fn spans_are_written_without_loss() {
        for (ns, text) in [(0, "0s"), (1, "1ns"), (1_500, "1.5us"), (26_000_000, "26ms"), (90_000_000_000, "90s")] {
            assert_eq!(Span(ns).to_string(), text);
        }
        for ns in [1, 999, 1_001, 123_456_789, 1_000_000_001, u64::MAX] {
            assert_eq!(Span::parse(&Span(ns).to_string()), Ok(Span(ns)));
        }
    }
}
