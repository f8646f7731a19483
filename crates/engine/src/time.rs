//! Virtual time: integer nanoseconds, as points ([`Time`]) and as lengths ([`Span`]).
//!
//! Nothing here knows the wall clock. In files a span is a string of a number and a unit, such as `1.5ms`. People also read
//! and write several, such as `2m40s`. Parsing is exact (no floats), so the same file means the same nanoseconds on every
//! machine.

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
    /// There are several numbers and units, where only one is allowed. This is the same span, if they make one.
    Several(Option<Span>),
    /// A unit is not smaller than the one before it.
    Order,
    /// A number with a point is not the last one.
    EarlyFraction,
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
            SpanError::Several(span) => {
                let example =
                    span.map_or_else(|| "such as \"160s\"".to_owned(), |span| format!("\"{}\"", span.in_one_unit()));
                write!(f, "write one number and one unit, {example}")
            }
            SpanError::Order => write!(f, "write the largest unit first, and each unit once, such as \"2m40s\""),
            SpanError::EarlyFraction => write!(f, "only the last number can have a point, such as \"2m40.5s\""),
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

    /// Reads a number and a unit, such as `250us`, `10ms`, `1.5s` or `2m`: a time in a file.
    ///
    /// # Errors
    /// Says what is wrong with `text`; nothing is rounded.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        match Span::read(text) {
            Ok((span, 1)) => Ok(span),
            Ok((span, _)) => Err(SpanError::Several(Some(span))),
            Err(SpanError::Order | SpanError::EarlyFraction) => Err(SpanError::Several(None)),
            Err(error) => Err(error),
        }
    }

    /// Reads a time as people write it: also several numbers and units, the largest unit first, such as `2m40s`.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn parse_units(text: &str) -> Result<Self, SpanError> {
        Ok(Span::read(text)?.0)
    }

    /// Reads numbers and units. With how many there are.
    fn read(text: &str) -> Result<(Self, usize), SpanError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let mut part = Part::first_of(unsigned)?;
        if unsigned.len() != text.len() {
            return Err(SpanError::Negative);
        }
        let (mut ns, mut count) = (part.ns()?, 1);
        while !part.rest.is_empty() {
            let before = part;
            part = Part::first_of(before.rest)?;
            let part_ns = part.ns()?;
            if before.has_point {
                return Err(SpanError::EarlyFraction);
            }
            if part.unit_ns()? >= before.unit_ns()? {
                return Err(SpanError::Order);
            }
            ns = ns.checked_add(part_ns).ok_or(SpanError::Overflow)?;
            count += 1;
        }
        Ok((Span(ns), count))
    }

    /// The span as one number and one unit, without loss: `1.5s`, `160s`, `0s`. Files of scenarios and campaigns have it so;
    /// people read [`Display`](fmt::Display).
    pub fn in_one_unit(self) -> String {
        let fits = |(_, ns): &&(&str, u64)| self.0 >= *ns && *ns <= 1_000_000_000;
        let Some((unit, unit_ns)) = UNITS.iter().find(fits) else { return "0s".to_owned() };
        in_units(self.0, unit, *unit_ns)
    }
}

/// A number and a unit at the start of a text, and the rest of it.
#[derive(Clone, Copy)]
struct Part<'t> {
    whole: &'t str,
    fraction: &'t str,
    has_point: bool,
    unit: &'t str,
    rest: &'t str,
}

impl<'t> Part<'t> {
    fn first_of(text: &'t str) -> Result<Self, SpanError> {
        let number_len = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, after) = text.split_at(number_len);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(SpanError::NoNumber);
        }
        let (unit, rest) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        Ok(Part { whole, fraction, has_point: number.contains('.'), unit, rest })
    }

    fn unit_ns(&self) -> Result<u64, SpanError> {
        if self.unit.is_empty() {
            return Err(SpanError::NoUnit);
        }
        if self.unit.starts_with(char::is_whitespace)
            || !self.rest.is_empty() && self.unit.ends_with(char::is_whitespace)
        {
            return Err(SpanError::Space);
        }
        let unit_ns = UNITS.iter().find(|(name, _)| *name == self.unit).map(|(_, ns)| *ns);
        unit_ns.ok_or_else(|| SpanError::UnknownUnit(self.unit.chars().take(20).collect()))
    }

    fn ns(&self) -> Result<u64, SpanError> {
        let unit_ns = self.unit_ns()?;
        let whole: u64 = self.whole.parse().map_err(|_| SpanError::Overflow)?;
        let ns = whole.checked_mul(unit_ns).ok_or(SpanError::Overflow)?;
        ns.checked_add(fraction_ns(self.fraction, unit_ns)?).ok_or(SpanError::Overflow)
    }
}

/// A number of nanoseconds as a number of a unit, without loss.
fn in_units(ns: u64, unit: &str, unit_ns: u64) -> String {
    let (whole, rest) = (ns / unit_ns, ns % unit_ns);
    if rest == 0 {
        return format!("{whole}{unit}");
    }
    let width = unit_ns.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}{unit}", fraction.trim_end_matches('0'))
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
    /// Writes the span without loss, as people read it: `0s`, `26ms`, `1.5s`; from a minute on in minutes and seconds, and
    /// from an hour on in hours, too: `2m40s`, `1h11m40.25s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60_000_000_000;
        let (minutes, rest) = (self.0 / MINUTE, self.0 % MINUTE);
        if minutes == 0 {
            return f.pad(&self.in_one_unit());
        }
        let mut text = String::new();
        for (number, unit) in [(minutes / 60, "h"), (minutes % 60, "m")] {
            if number > 0 {
                text.push_str(&format!("{number}{unit}"));
            }
        }
        if rest > 0 {
            text.push_str(&in_units(rest, "s", 1_000_000_000));
        }
        f.pad(&text)
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

    /// The time since the start as one number and one unit, as in files.
    pub fn in_one_unit(self) -> String {
        Span(self.0).in_one_unit()
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
            assert_eq!([Span::parse(text), Span::parse_units(text)], [Ok(Span(ns)), Ok(Span(ns))], "{text}");
        }
        for (text, ns) in [
            ("2m40s", 160_000_000_000),
            ("1h11m40.25s", 4_300_250_000_000),
            ("1h0.5s", 3_600_500_000_000),
            ("1s500ms1ns", 1_500_000_001),
        ] {
            assert_eq!(Span::parse_units(text), Ok(Span(ns)), "{text}");
            assert_eq!(Span::parse(text), Err(SpanError::Several(Some(Span(ns)))), "a file has one unit: {text}");
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
            ("5124095h100000m", SpanError::Overflow),
            ("2m40", SpanError::NoUnit),
            ("2m 40s", SpanError::Space),
            ("2min40s", SpanError::UnknownUnit("min".into())),
            ("40s2m", SpanError::Order),
            ("2m2m", SpanError::Order),
            ("1.5m30s", SpanError::EarlyFraction),
            ("1.0m30s", SpanError::EarlyFraction),
            ("2m-40s", SpanError::UnknownUnit("m-".into())),
        ] {
            let is_of_several = matches!(error, SpanError::Order | SpanError::EarlyFraction);
            let in_file = if is_of_several { SpanError::Several(None) } else { error.clone() };
            assert_eq!([Span::parse(text), Span::parse_units(text)], [Err(in_file), Err(error)], "{text}");
        }
    }

    /// Proves that what is printed can be read back as the same span, in both forms.
    #[test]
    fn spans_are_written_without_loss() {
        for (ns, text, one) in [
            (0, "0s", "0s"),
            (1, "1ns", "1ns"),
            (1_500, "1.5us", "1.5us"),
            (26_500_000, "26.5ms", "26.5ms"),
            (59_999_999_999, "59.999999999s", "59.999999999s"),
            (60_000_000_000, "1m", "60s"),
            (160_000_000_000, "2m40s", "160s"),
            (3_600_500_000_000, "1h0.5s", "3600.5s"),
            (4_300_250_000_000, "1h11m40.25s", "4300.25s"),
            (7_200_000_000_000, "2h", "7200s"),
        ] {
            assert_eq!((Span(ns).to_string(), Span(ns).in_one_unit()), (text.to_owned(), one.to_owned()));
        }
        for ns in [1, 999, 1_001, 123_456_789, 1_000_000_001, 4_300_250_000_001, u64::MAX] {
            assert_eq!(Span::parse_units(&Span(ns).to_string()), Ok(Span(ns)));
            assert_eq!(Span::parse(&Span(ns).in_one_unit()), Ok(Span(ns)));
        }
        assert_eq!(format!("{:>8}", Span(160_000_000_000)), "   2m40s");
    }
}
