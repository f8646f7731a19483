//! A seed as users write it: a number, or the hash of a commit.

use std::fmt;
use std::str::FromStr;

/// The digits of a commit's hash.
const HASH_DIGITS: usize = 40;

/// The largest seed: one less than the largest `u64`, so that a range can end after it.
pub const SEED_MAX: u64 = u64::MAX - 1;

/// A seed, and how the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    number: u64,
    written: String,
}

impl Seed {
    /// The number that the seed stands for.
    ///
    /// A number stands for itself. The hash of a commit stands for the number in its first 16 hexadecimal digits, but
    /// at most for [`SEED_MAX`].
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl From<u64> for Seed {
    fn from(number: u64) -> Self {
        Seed { number, written: number.to_string() }
    }
}

impl fmt::Display for Seed {
    /// As the user wrote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let is_hash = text.len() == HASH_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = if is_hash {
            u64::from_str_radix(&text[..16], 16).expect("16 hexadecimal digits").min(SEED_MAX)
        } else {
            number(text)?
        };
        Ok(Seed { number, written: text.to_owned() })
    }
}

/// Why a text is not a seed. Each text says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedError {
    /// It is neither a number nor a hash.
    NoSeed(String),
    /// The number is too large.
    TooLarge,
    /// It has only hexadecimal digits, but not 40.
    NoHash {
        /// Its digits.
        digits: usize,
    },
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeedError::NoSeed(text) => {
                write!(f, "`{text}` is not a seed; write a number, or the {HASH_DIGITS} digits of a commit's hash")
            }
            SeedError::TooLarge => write!(f, "the seed is too large; the largest is {SEED_MAX}"),
            SeedError::NoHash { digits } => {
                write!(f, "the hash of a commit has {HASH_DIGITS} digits, but this one has {digits}; write it in full")
            }
        }
    }
}

impl std::error::Error for SeedError {}

fn number(text: &str) -> Result<u64, SeedError> {
    let all = |is_digit: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(is_digit);
    if all(u8::is_ascii_digit) {
        return text.parse().ok().filter(|number| *number <= SEED_MAX).ok_or(SeedError::TooLarge);
    }
    if all(u8::is_ascii_hexdigit) && text.len() >= 7 {
        return Err(SeedError::NoHash { digits: text.len() });
    }
    Err(SeedError::NoSeed(shortened(text)))
}

/// The beginning of a text, for an error.
fn shortened(text: &str) -> String {
    text.chars().take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0394dac2c7a1b2c3d4e5f60718293a4b5c6d7e8f";

    /// Proves what each form of a seed means, and that it is shown as written.
    #[test]
    fn seeds_are_read() {
        for (text, number) in [
            ("7", 7),
            ("007", 7),
            ("18446744073709551614", SEED_MAX),
            (HASH, 0x0394_dac2_c7a1_b2c3),
            ("1234567890123456789012345678901234567890", 0x1234_5678_9012_3456),
            ("ffffffffffffffffffffffffffffffffffffffff", SEED_MAX),
        ] {
            let seed: Seed = text.parse().unwrap();
            assert_eq!((seed.number(), seed.to_string().as_str()), (number, text));
        }
    }

    /// Proves that each mistake is named, with what to write instead.
    #[test]
    fn mistakes_are_told_apart() {
        let errors = ["", "x", "-1", "1.5", "18446744073709551615", "0394dac2c7"]
            .map(|text| format!("{text:?}: {}", text.parse::<Seed>().unwrap_err()));
        insta::assert_snapshot!(errors.join("\n"), @r#"
        "": `` is not a seed; write a number, or the 40 digits of a commit's hash
        "x": `x` is not a seed; write a number, or the 40 digits of a commit's hash
        "-1": `-1` is not a seed; write a number, or the 40 digits of a commit's hash
        "1.5": `1.5` is not a seed; write a number, or the 40 digits of a commit's hash
        "18446744073709551615": the seed is too large; the largest is 18446744073709551614
        "0394dac2c7": the hash of a commit has 40 digits, but this one has 10; write it in full
        "#);
    }
}
