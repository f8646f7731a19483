//! What was found in many small worlds together.

use super::row::{Limit, Row};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was found in many small worlds together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many worlds.
    pub scenarios: u64,
    /// Their states.
    pub states: u64,
    /// The choices that were taken.
    pub transitions: u64,
    /// Their endings.
    pub endings: u64,
    /// The most states of a world.
    pub most_states: u64,
    /// The worlds with a failure.
    pub failing: u64,
    /// The endings that fail.
    pub failing_endings: u64,
    /// Of these, those without a class, because there are too many in one world.
    pub unclassed: u64,
    /// The worlds in which some orders never end.
    pub looping: u64,
    /// The worlds that met a limit, by limit.
    pub bounded: BTreeMap<Limit, u64>,
    /// The classes of failures.
    pub classes: BTreeMap<String, ClassTally>,
}

/// Where a class of failures was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassTally {
    /// How many worlds show it.
    pub scenarios: u64,
    /// How many of their endings and loops.
    pub endings: u64,
    /// The number of the smallest of these worlds.
    pub smallest: u64,
}

impl Tally {
    /// Adds a world. Worlds come in the order of their numbers.
    pub fn add(&mut self, row: &Row) {
        self.scenarios += 1;
        self.states = self.states.saturating_add(row.states);
        self.transitions = self.transitions.saturating_add(row.transitions);
        self.endings = self.endings.saturating_add(row.endings);
        self.most_states = self.most_states.max(row.states);
        self.failing += u64::from(row.failing > 0 || row.loops > 0);
        self.failing_endings = self.failing_endings.saturating_add(row.failing);
        self.unclassed = self.unclassed.saturating_add(row.unclassed);
        self.looping += u64::from(row.loops > 0);
        if let Some(bound) = row.bound {
            *self.bounded.entry(bound).or_default() += 1;
        }
        for (class, endings) in &row.classes {
            let smallest = ClassTally { smallest: row.world, ..ClassTally::default() };
            let class = self.classes.entry(class.clone()).or_insert(smallest);
            class.scenarios += 1;
            class.endings = class.endings.saturating_add(*endings);
        }
    }
}
