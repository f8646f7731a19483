//! Numbers as people read them: counts in groups of three digits, short forms of large numbers, shares in percent, and
//! lengths of time. Everything that people see takes them from here; files for programs have plain numbers. The exact
//! form of a time is what [`Span`] displays.

use crate::time::Span;
use std::time::Duration;

/// A number with its digits in groups of three: `4,041`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with its noun: `one` for 1, `many` for any other number.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// The short form of a number, for where there is little room: `950`, `9,500`, `12.3k`, `1.5M`, `2e19`. It has at most three
/// significant digits from 10,000 on.
pub fn short(number: f64) -> String {
    if number < 9_999.5 {
        return match number {
            n if n >= 999.5 => grouped(n.round() as u64),
            n if n >= 1.0 || n == 0.0 => three_digits(n),
            n => format!("{n}"),
        };
    }
    for (length, unit) in [(1e3, "k"), (1e6, "M"), (1e9, "G")] {
        if number < length * 999.5 {
            return format!("{}{unit}", three_digits(number / length));
        }
    }
    format!("{number:.1e}").replace(".0e", "e")
}

/// How many things were done in a second, at the rate of so many in this time: `1.25M events/s`.
pub fn rate(count: u64, things: &str, time: Duration) -> String {
    format!("{} {things}/s", short((count as f64 / time.as_secs_f64().max(1e-3)).round()))
}

/// A number with so many digits after its point, and no minus sign before a zero.
pub fn decimal(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    let is_zero = text.chars().all(|c| "-0.".contains(c));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// `part` of `whole` in percent: `4.25 %`. Only nothing is `0 %`, and only all is `100 %`.
pub fn percent(part: u128, whole: u128) -> String {
    match part {
        0 => "0 %".to_owned(),
        part if part >= whole => "100 %".to_owned(),
        _ => partly(part as f64 / whole as f64),
    }
}

/// The same for a share from 0 to 1.
pub fn percent_of(share: f64) -> String {
    match share {
        none if none <= 0.0 => "0 %".to_owned(),
        all if all >= 1.0 => "100 %".to_owned(),
        some => partly(some),
    }
}

/// A share that is neither nothing nor all, in percent, even where it is too near to one of them to be told from it.
fn partly(share: f64) -> String {
    match share * 100.0 {
        few if few < 0.01 => "<0.01 %".to_owned(),
        many if many > 99.9 => ">99.9 %".to_owned(),
        percent => format!("{} %", three_digits(percent)),
    }
}

/// The short form of a length of time in nanoseconds: at most three significant digits, and from a minute on, minutes
/// and seconds or hours and minutes: `26ms`, `1.25s`, `58s`, `4m50s`, `1h30m`.
pub fn short_time(ns: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")];
    if ns <= 0.0 {
        return "0s".to_owned();
    }
    if ns >= 3_599.5e9 {
        let minutes = (ns / 60e9).round() as u64;
        // With days, minutes do not matter.
        return in_two(minutes / 60, "h", if minutes < 6_000 { minutes % 60 } else { 0 }, "m");
    }
    if ns >= 59.95e9 {
        let seconds = (ns / 1e9).round() as u64;
        return in_two(seconds / 60, "m", seconds % 60, "s");
    }
    let fits = |(length, _): &&(f64, &str)| ns >= length * 0.9995;
    let (length, unit) = units.iter().find(fits).copied().unwrap_or((1.0, "ns"));
    format!("{}{unit}", three_digits(ns / length))
}

fn in_two(large: u64, of_large: &str, small: u64, of_small: &str) -> String {
    if small == 0 { format!("{large}{of_large}") } else { format!("{large}{of_large}{small}{of_small}") }
}

/// A time of the wall clock, in whole seconds: `58s`, `2m40s`.
pub fn clock(time: Duration) -> String {
    Span::from_ns(time.as_secs().saturating_mul(1_000_000_000)).to_string()
}

/// A number below 1,000 with at most three significant digits, or two behind the point.
fn three_digits(number: f64) -> String {
    let digits = if number < 9.995 {
        100.0
    } else if number < 99.95 {
        10.0
    } else {
        1.0
    };
    format!("{}", (number * digits).round() / digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that digits are in groups, and which number has which noun.
    #[test]
    fn counts() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 4_041].map(|count| counted(count, "row", "rows")), ["0 rows", "1 row", "4,041 rows"]);
    }

    /// Proves the short and exact forms of numbers, and that a rate that is not zero does not look like zero.
    #[test]
    fn shorts() {
        let numbers = [0.0, 7.0, 950.0, 9_999.0, 12_000.0, 12_345.0, 999_999.0, 1.5e6, 2e9, 1.8e19, 1e12].map(short);
        assert_eq!(numbers, ["0", "7", "950", "9,999", "12k", "12.3k", "1M", "1.5M", "2G", "1.8e19", "1e12"]);
        let decimals = [-0.0, -0.001, -0.006, 2.0].map(|number| decimal(number, 2));
        assert_eq!(decimals, ["0.00", "0.00", "-0.01", "2.00"]);
        assert_eq!(rate(9_000_000, "events", Duration::from_secs(10)), "900k events/s");
        assert_eq!(rate(30, "states", Duration::from_secs(10)), "3 states/s");
    }

    /// Proves that only nothing is 0 %, and only all is 100 %.
    #[test]
    fn shares() {
        let shares = [(0, 7), (1, 1_000_000), (1, 1_000), (17, 400), (1, 3), (999, 1_000), (9_999, 10_000), (7, 7)];
        let shares = shares.map(|(part, whole)| percent(part, whole));
        assert_eq!(shares, ["0 %", "<0.01 %", "0.1 %", "4.25 %", "33.3 %", "99.9 %", ">99.9 %", "100 %"]);
        assert_eq!(percent(u128::MAX - 1, u128::MAX), ">99.9 %");
        assert_eq!([0.0, 1e-300, 0.25, 1.0].map(percent_of), ["0 %", "<0.01 %", "25 %", "100 %"]);
    }

    /// Proves the short forms of times.
    #[test]
    fn times() {
        let times = [0.0, 1.0, 1.5e3, 26e6, 13.003e6, 1.25e9, 58e9, 90e9, 300e9, 7.2e12].map(short_time);
        assert_eq!(times, ["0s", "1ns", "1.5us", "26ms", "13ms", "1.25s", "58s", "1m30s", "5m", "2h"]);
        let times = [59.96e9, 289.7e9, 3_599.6e9, 5_400e9, 4_300e9, 400_000e9].map(short_time);
        assert_eq!(times, ["1m", "4m50s", "1h", "1h30m", "1h12m", "111h"]);
        let times = [0, 999, 58_900, 160_000].map(|ms| clock(Duration::from_millis(ms)));
        assert_eq!(times, ["0s", "0s", "58s", "2m40s"]);
    }
}
