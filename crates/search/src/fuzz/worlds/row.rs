//! What is known of the orders of one small world: a line of the results.

use crate::explore::Bound;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The limit that an exploration met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// The number of states.
    States,
    /// The memory.
    Memory,
}

impl Limit {
    /// The limit that is meant by a bound; `None` if somebody stopped the exploration.
    pub(super) fn of(bound: Bound) -> Option<Self> {
        match bound {
            Bound::States => Some(Limit::States),
            Bound::Memory => Some(Limit::Memory),
            Bound::Stopped => None,
        }
    }
}

/// What is known of one small world. Keys that say nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number: the worlds are counted from 0, the smallest first.
    pub world: u64,
    /// How many contexts it has, without the master.
    pub contexts: u32,
    /// How many steps it has.
    pub steps: u32,
    /// The states that were needed to find all endings.
    pub states: u64,
    /// The choices that were taken there.
    pub transitions: u64,
    /// How many ways there are to end.
    pub endings: u64,
    /// How many of these fail.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failing: u64,
    /// Of these, how many have no class, because there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unclassed: u64,
    /// Ways that never end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub loops: u64,
    /// The limit that was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Limit>,
    /// Each class of failures, with how many endings and loops show it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, u64>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Row {
    /// Appends the row to `bytes`, as a line.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        serde_json::to_writer(&mut *bytes, self).expect("a row is JSON, and memory can be written");
        bytes.push(b'\n');
    }

    /// Reads a line, with its end; `None` if it is cut off or no row.
    pub fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line.strip_suffix(b"\n")?).ok()
    }
}
