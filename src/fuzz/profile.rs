//! Profiles: what the scenarios of a campaign may be like.
//!
//! Five are built in; others are JSON files, which say only what differs from one of those (`file` reads them). All that
//! is chosen by chance has integer weights, or is a percentage.

mod builtin;
mod file;

use super::mix::Weights;
use crate::scenario::TreeShape;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The most contexts that a profile may ask for.
pub const CONTEXTS_MAX: u32 = 10_000;

/// The deepest tree that a profile may ask for.
pub const DEPTH_MAX: u32 = 1_000;

/// The most steps that a profile may ask for.
pub const STEPS_MAX: u32 = 100_000;

/// The largest weight.
pub const WEIGHT_MAX: u32 = 1_000;

/// What may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// How many contexts connect at time 0: one of these bands, and any number in it.
    pub contexts: Vec<Band>,
    /// The shapes of trees, with their weights.
    pub shapes: BTreeMap<TreeShape, u32>,
    /// No context is deeper than this.
    pub depth_max: u32,
    /// No context has more live children than this.
    pub fanout_max: u32,
    /// How many steps there are.
    pub steps: Between,
    /// How close the steps follow each other, with weights.
    pub paces: BTreeMap<Pace, u32>,
    /// The models of latencies, with their weights.
    pub latencies: BTreeMap<Latency, u32>,
    /// The shortest usual latency, and one that none is above.
    pub latency: (Span, Span),
    /// In how many of 100 cases the links have a bandwidth, and messages a size.
    pub bandwidth: u32,
    /// In how many of 100 cases links have keepalives.
    pub keepalives: u32,
    /// In how many of 100 cases the master's router is in the unidirectional mode.
    pub unidirectional: u32,
    /// The kinds of steps that there may be, with the weights that each seed's own are a multiple of. Ids are used
    /// again where `reconnect` has a weight.
    pub kinds: Weights,
    /// After how many events a run is a storm.
    pub max_events: u64,
}

/// Some numbers of contexts, and how likely they are against the other bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// How likely.
    #[serde(default = "one")]
    pub weight: u32,
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
}

const fn one() -> u32 {
    1
}

/// A number between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The smallest.
    pub min: u32,
    /// The largest.
    pub max: u32,
}

/// How close the steps of a case follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Most of them at one time.
    Burst,
    /// Within the time that news takes from one context to the next.
    Racing,
    /// Each when the news of the one before has reached everyone.
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
    /// All links have the same.
    One,
    /// Each link has one of a few.
    Few,
    /// Drawn for each message.
    Uniform,
    /// Drawn for each message.
    Exponential,
    /// Drawn for each message.
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
    /// The names of the profiles that are built in.
    pub const NAMES: [&'static str; 5] = ["default", "reuse", "deep", "wide", "gentle"];

    /// The most contexts that may be alive.
    pub fn contexts_max(&self) -> u32 {
        self.contexts.iter().map(|band| band.max).max().unwrap_or_default()
    }
}

/// Why there is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// None has that name.
    Unknown(String),
    /// The file could not be read.
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// The file is no profile.
    Wrong {
        /// The file.
        file: String,
        /// The place, counted from 1.
        line: usize,
        /// The character of the line, counted from 1.
        column: usize,
        /// What is wrong, and the mend.
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
