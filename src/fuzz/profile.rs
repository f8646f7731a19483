//! Profiles: the settings of the generator.
//!
//! Five are built in; others are JSON files that list the differences from one of those (`file` reads them). Every random
//! choice has integer weights, or is a percentage.

mod builtin;
mod file;

use super::mix::Weights;
use crate::scenario::TreeShape;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The most contexts that a profile can ask for.
pub const CONTEXTS_MAX: u32 = 10_000;

/// The deepest tree that a profile can ask for.
pub const DEPTH_MAX: u32 = 1_000;

/// The most steps that a profile can ask for.
pub const STEPS_MAX: u32 = 100_000;

/// The largest weight.
pub const WEIGHT_MAX: u32 = 1_000;

/// The settings of the generator.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// How many contexts connect at time 0: any number in one of these bands.
    pub contexts: Vec<Band>,
    /// The shapes of trees, with their weights.
    pub shapes: BTreeMap<TreeShape, u32>,
    /// No context is deeper than this.
    pub depth_max: u32,
    /// No context has more live children than this.
    pub fanout_max: u32,
    /// How many steps there are.
    pub steps: Between,
    /// How closely the steps follow each other, with weights.
    pub paces: BTreeMap<Pace, u32>,
    /// The models of latencies, with their weights.
    pub latencies: BTreeMap<Latency, u32>,
    /// The shortest and the longest usual latency.
    pub latency: (Span, Span),
    /// In how many of 100 cases the links have a bandwidth, and messages a size.
    pub bandwidth: u32,
    /// In how many of 100 cases links have keepalives.
    pub keepalives: u32,
    /// In how many of 100 cases the master's router is in unidirectional mode.
    pub unidirectional: u32,
    /// The kinds of steps, with their weights. Each seed draws its own multiples of these weights. Ids are used again if
    /// `reconnect` has a weight.
    pub kinds: Weights,
    /// The run is a storm after this many events.
    pub max_events: u64,
}

/// A range of numbers of contexts, and how likely it is relative to the other bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// How likely it is.
    #[serde(default = "one")]
    pub weight: u32,
    /// The smallest number.
    pub min: u32,
    /// The largest number.
    pub max: u32,
}

const fn one() -> u32 {
    1
}

/// A range of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The smallest number.
    pub min: u32,
    /// The largest number.
    pub max: u32,
}

/// How closely the steps of a case follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Most of them at the same time.
    Burst,
    /// Within the time that news takes to the next context.
    Racing,
    /// Each after the news of the previous one has reached everyone.
    Settling,
}

impl Pace {
    /// All paces.
    pub const ALL: [Pace; 3] = [Pace::Burst, Pace::Racing, Pace::Settling];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Pace::Burst => "burst",
            Pace::Racing => "racing",
            Pace::Settling => "settling",
        }
    }
}

/// A model of latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Latency {
    /// All links have the same latency.
    One,
    /// Each link has one of a few latencies.
    Few,
    /// Drawn for each message, uniformly.
    Uniform,
    /// Drawn for each message, exponentially.
    Exponential,
    /// Drawn for each message, log-normally.
    LogNormal,
}

impl Latency {
    /// All models.
    pub const ALL: [Latency; 5] =
        [Latency::One, Latency::Few, Latency::Uniform, Latency::Exponential, Latency::LogNormal];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Latency::One => "one",
            Latency::Few => "few",
            Latency::Uniform => "uniform",
            Latency::Exponential => "exponential",
            Latency::LogNormal => "log_normal",
        }
    }
}

impl Profile {
    /// The names of the built-in profiles.
    pub const NAMES: [&'static str; 5] = ["default", "reuse", "deep", "wide", "gentle"];

    /// Reads a profile file.
    ///
    /// # Errors
    /// What is wrong, where, and what to do.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        file::load(path)
    }

    /// Reads a profile from the text of a file. `file` is the name to show; its stem is the default name of the profile.
    ///
    /// # Errors
    /// What is wrong, where, and what to do.
    pub fn parse(text: &str, file: &str) -> Result<Self, ProfileError> {
        file::parse(text, file)
    }

    /// The profile with a name, or in a file: anything that ends in `.json` or contains `/` is a file.
    ///
    /// # Errors
    /// What is wrong, where, and what to do.
    pub fn find(name_or_path: &str) -> Result<Self, ProfileError> {
        let is_path = name_or_path.ends_with(".json") || name_or_path.contains('/');
        if is_path { Profile::load(Path::new(name_or_path)) } else { name_or_path.parse() }
    }

    /// The most contexts that may be alive.
    pub fn contexts_max(&self) -> u32 {
        self.contexts.iter().map(|band| band.max).max().unwrap_or_default()
    }
}

impl Default for Profile {
    /// What can happen to real Mitogen.
    fn default() -> Self {
        builtin::default()
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// One of the built-in profiles.
    fn from_str(name: &str) -> Result<Self, ProfileError> {
        let place = Profile::NAMES.iter().position(|known| *known == name);
        let all: [fn() -> Profile; 5] =
            [builtin::default, builtin::reuse, builtin::deep, builtin::wide, builtin::gentle];
        place.map(|place| all[place]()).ok_or_else(|| ProfileError::Unknown(name.chars().take(50).collect()))
    }
}

impl Serialize for Profile {
    /// As a profile file.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        file::whole(self).serialize(serializer)
    }
}

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// No profile has that name.
    Unknown(String),
    /// The file could not be read.
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// The file is not a valid profile.
    Wrong {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// What is wrong, and what to do.
        what: String,
    },
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProfileError::Unknown(name) => {
                let known = Profile::NAMES.join(", ");
                write!(f, "unknown profile `{name}`; use one of {known}, or a file whose name ends in .json")
            }
            ProfileError::Unreadable { file, why } => write!(f, "{file}: {why}"),
            ProfileError::Wrong { file, line, column, what } => write!(f, "{file}:{line}:{column}: {what}"),
        }
    }
}

impl std::error::Error for ProfileError {}
