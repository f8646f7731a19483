//! The summary of a campaign, as its folder keeps it.

use super::hex;
use super::manifest::Manifest;
use super::seeds::Seeds;
use super::tally::{ClassTally, Tally};
use crate::fuzz::orders::InOrders;
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The results of a campaign in short. Every figure is the same in another run of the same campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The campaign.
    pub campaign: Manifest,
    /// The command that runs it again.
    pub command: String,
    /// The seeds that ran.
    pub done: Seeds,
    /// The file of the results.
    pub results: ResultsFile,
    /// The tally of the results.
    pub tally: Tally,
    /// The classes of failures, the most frequent first.
    pub findings: Vec<Finding>,
    /// How often each branch of the protocol followed each kind of step, by their names; 0 means never.
    pub coverage: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The file of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultsFile {
    /// Its length.
    pub bytes: u64,
    /// Its XXH3 digest, 128 bits.
    #[serde(with = "hex")]
    pub digest: u128,
}

/// A class of failures, with its representative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the class.
    pub class: String,
    /// What broke, in a sentence.
    pub sentence: String,
    /// Its cases.
    #[serde(flatten)]
    pub tally: ClassTally,
    /// The command that finds the representative again.
    pub command: String,
    /// The size of the representative, before and after shrinking.
    pub size: Size,
    /// The scenario file, in the folder of the campaign; a part has none.
    pub file: Option<String>,
    /// In how many orders the shrunk representative fails, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<InOrders>,
}

/// Contexts and steps of a representative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// As drawn.
    pub drawn: ScenarioSize,
    /// After shrinking; a part does not shrink.
    pub shrunk: Option<ScenarioSize>,
}

/// Contexts and steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioSize {
    /// The contexts at time 0.
    pub contexts: u64,
    /// The steps after time 0.
    pub steps: u64,
}

impl ScenarioSize {
    /// The size of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        ScenarioSize { contexts: scenario.contexts.len() as u64, steps: scenario.events.len() as u64 }
    }
}
