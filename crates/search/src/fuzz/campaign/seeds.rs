//! The seeds of a campaign: a range, as users write it.

use crate::fuzz::seed::Seed;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Consecutive seeds, from `start` up to `end`, without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Seeds {
    /// The first.
    pub start: u64,
    /// The one after the last.
    pub end: u64,
}

impl Seeds {
    /// All seeds from 0, for a campaign that a clock ends.
    pub const ALL: Seeds = Seeds { start: 0, end: u64::MAX };

    /// The number of seeds.
    pub fn count(self) -> u64 {
        self.end - self.start
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            u64::MAX => write!(f, "{}..", self.start),
            end => write!(f, "{}..{end}", self.start),
        }
    }
}

impl From<Seeds> for String {
    fn from(seeds: Seeds) -> String {
        seeds.to_string()
    }
}

impl TryFrom<String> for Seeds {
    type Error = String;

    /// Reads a range from a file of treequake. It can be empty: a clock may end a campaign before its first seed.
    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once("..") {
            Some((start, end)) if start == end => seed(start).map(|start| Seeds { start, end: start }),
            _ => text.parse(),
        }
    }
}

impl FromStr for Seeds {
    type Err = String;

    /// `A..B`, `A..` (a clock ends it), `A+COUNT`, or a single seed `A`; A and B can be a git hash.
    fn from_str(text: &str) -> Result<Self, String> {
        let (start, end) = if let Some((start, end)) = text.split_once("..") {
            (seed(start)?, if end.is_empty() { u64::MAX } else { end_of(end)? })
        } else if let Some((start, count)) = text.split_once('+') {
            let start = seed(start)?;
            let count: u64 = count.parse().map_err(|_| format!("`{count}` is not a number of seeds"))?;
            (start, start.checked_add(count).ok_or("the last seed would be above 2^64")?)
        } else {
            let start = seed(text)?;
            (start, start.checked_add(1).ok_or("the seed is too large")?)
        };
        if start >= end {
            return Err(format!("{text} has no seed; write A..B with A below B, which is not included"));
        }
        Ok(Seeds { start, end })
    }
}

/// The end of a range, which can be one more than the largest seed.
fn end_of(text: &str) -> Result<u64, String> {
    text.parse().or_else(|_| seed(text))
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse::<Seed>().map(|seed| seed.number()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves what each form of a range means, and that everything else is refused.
    #[test]
    fn what_can_be_written() {
        assert_eq!(Seeds::try_from("7..7".to_owned()).map(|seeds| (seeds.start, seeds.count())), Ok((7, 0)));
        let range = |text: &str| text.parse::<Seeds>().map(|seeds| (seeds.start, seeds.end));
        assert_eq!(range("3..10"), Ok((3, 10)));
        assert_eq!(range("7"), Ok((7, 8)));
        assert_eq!(range("7+5"), Ok((7, 12)));
        assert_eq!(range("7.."), Ok((7, u64::MAX)));
        let hash = "00000000000000ff00000000000000000000abcd";
        assert_eq!(range(&format!("{hash}+10")), Ok((255, 265)));
        for wrong in ["", "x", "5..5", "5..3", "-1", "1..2..3", "18446744073709551615+1"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }

    /// Proves that a printed range reads back as the same range.
    #[test]
    fn display_reads_back() {
        for text in ["3..10", "7.."] {
            assert_eq!(text.parse::<Seeds>().unwrap().to_string(), text);
        }
    }
}
