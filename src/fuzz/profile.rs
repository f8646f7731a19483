//! Profiles: what the scenarios of a campaign may be like.

use std::str::FromStr;

/// What may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(Profile { name: name.to_owned() })
    }
}
