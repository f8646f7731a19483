//! 128 bits as text for serde: most readers of JSON cannot hold a number of that size.

use crate::trace::Digest;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;

pub fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Digest(*number))
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    u128::from_str_radix(&text, 16).map_err(D::Error::custom)
}
