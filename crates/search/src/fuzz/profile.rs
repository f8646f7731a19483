//! Profiles: what the scenarios of a campaign may look like.
//!
//! Five are built in. Others are JSON files that contain only what differs from one of these; `file` reads them. Every
//! random choice has integer weights or is a percentage.

mod builtin;
mod file;

use super::mix::Weights;
use crate::scenario::TreeShape;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The maximum number of contexts in a profile.
pub const CONTEXTS_MAX: u32 = 10_000;

/// The maximum depth of a tree in a profile.
pub const DEPTH_MAX: u32 = 1_000;

/// The maximum number of steps in a profile.
pub const STEPS_MAX: u32 = 100_000;

/// The largest weight.
pub const WEIGHT_MAX: u32 = 1_000;

/// What may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name.
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
    /// How closely steps follow each other, with weights.
    pub paces: BTreeMap<Pace, u32>,
    /// The models of latencies, with their weights.
    pub latencies: BTreeMap<Latency, u32>,
    /// The smallest typical latency, and the limit for all of them.
    pub latency: (Span, Span),
    /// In how many of 100 cases the links have a bandwidth, and messages a size.
    pub bandwidth: u32,
    /// In how many of 100 cases links have keepalives.
    pub keepalives: u32,
    /// In how many of 100 cases the master's router is in unidirectional mode.
    pub unidirectional: u32,
    /// The kinds of steps, with weights. Each seed multiplies these weights. Ids are reused only if `reconnect` has a
    /// weight.
    pub kinds: Weights,
    /// The number of events after which a run is a storm.
    pub max_events: u64,
}

/// A range of numbers of contexts, and how likely it is compared with the other bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The weight.
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
    /// The smallest.
    pub min: u32,
    /// The largest.
    pub max: u32,
}

/// How closely the steps of a case follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Mostly at one time.
    Burst,
    /// Within the time that news takes from one context to the next.
    Racing,
    /// Each after the news of the one before has reached everyone.
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

    /// The maximum number of live contexts.
    pub fn contexts_max(&self) -> u32 {
        self.contexts.iter().map(|band| band.max).max().unwrap_or_default()
    }
}

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// No profile has this name.
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
        /// The place, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// What is wrong, and how to fix it.
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
