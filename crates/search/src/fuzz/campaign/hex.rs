//! 128 bits as text for serde: most readers of JSON cannot hold a number of that size.

use crate::trace::Digest;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;

/// The digits of a number. A campaign writes two such texts a case.
pub fn digits(number: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (place, two) in number.to_be_bytes().into_iter().enumerate() {
        digits[2 * place] = b"0123456789abcdef"[usize::from(two >> 4)];
        digits[2 * place + 1] = b"0123456789abcdef"[usize::from(two & 15)];
    }
    digits
}

pub fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Digest(*number))
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    u128::from_str_radix(&text, 16).map_err(D::Error::custom)
}

/// A number that may be missing: then it is null.
pub mod optional {
    use super::{Cow, Deserialize, Deserializer, Digest, Error, Serializer};

    pub fn serialize<S: Serializer>(number: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(&Digest(*number)),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u128>, D::Error> {
        let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| u128::from_str_radix(&text, 16).map_err(D::Error::custom)).transpose()
    }
}
