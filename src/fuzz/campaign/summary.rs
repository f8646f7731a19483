//! The summary of a campaign: what it came to, as its folder keeps it.

use super::hex;
use super::manifest::Manifest;
use super::seeds::Seeds;
use super::tally::{ClassTally, Tally};
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a campaign came to. There is no figure in it that another run of the same campaign would not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What the campaign is.
    pub campaign: Manifest,
    /// The command that does it again.
    pub command: String,
    /// The seeds that were run.
    pub done: Seeds,
    /// The file of the results.
    pub results: ResultsFile,
    /// What they come to.
    pub tally: Tally,
    /// The classes of failures, the most frequent first.
    pub findings: Vec<Finding>,
    /// How often each kind of step was followed by each branch of the protocol, by their names; 0 says that it never was.
    pub coverage: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The file of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultsFile {
    /// How long it is.
    pub bytes: u64,
    /// Its XXH3 digest, of 128 bits.
    #[serde(with = "hex")]
    pub digest: u128,
}

/// A class of failures, with the case that stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the class.
    pub class: String,
    /// What broke, in a sentence.
    pub sentence: String,
    /// How many cases.
    #[serde(flatten)]
    pub tally: ClassTally,
    /// The command that finds the representative again.
    pub command: String,
    /// The representative, before and after it was shrunk.
    pub size: Size,
    /// The scenario file, in the folder of the campaign; parts have none.
    pub file: Option<String>,
}

/// Contexts and steps of a representative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// As it was drawn.
    pub drawn: ScenarioSize,
    /// When it was shrunk; parts are not.
    pub shrunk: Option<ScenarioSize>,
}

/// Contexts and steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioSize {
    /// Those of time 0.
    pub contexts: u64,
    /// Those after it.
    pub steps: u64,
}

impl ScenarioSize {
    /// The size of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        ScenarioSize { contexts: scenario.contexts.len() as u64, steps: scenario.events.len() as u64 }
    }
}
