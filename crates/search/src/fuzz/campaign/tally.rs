//! The tally of cases. Tallies add up in any order and grouping, so they do not depend on threads, on parts, or on
//! whether a campaign was killed and resumed.

use super::hex;
use super::results::Row;
use crate::fuzz::coverage::Coverage;
use crate::metrics::Messages;
use crate::process::MessageKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// The tally of some cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of cases.
    pub cases: u64,
    /// The cases that fail, each counted once.
    pub failed: u64,
    /// The cases that a clock stopped. They do not fail, and nobody knows whether they would. Files without such cases do
    /// not have it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timed_out: u64,
    /// The cases that were stopped far above the budget of a step. They fail, and may show more classes than are counted.
    /// Files without such cases do not have it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u64,
    /// The rows of results that are kept.
    pub rows: u64,
    /// The cases that ran twice to compare both runs.
    pub run_twice: u64,
    /// The events of all cases.
    pub events: u64,
    /// The verdicts, with their counts.
    pub verdicts: BTreeMap<String, u64>,
    /// The messages of all cases.
    pub messages: Messages,
    /// The sum, modulo 2^128, of the digests of each seed with the digest of its trace, which does not depend on the
    /// order. Cases that a clock stopped have no part in it.
    #[serde(with = "hex")]
    pub digest: u128,
    /// How often each kind of step led into each branch of the protocol.
    pub coverage: Coverage,
    /// The classes of failures. A case counts in each class that it shows.
    pub classes: BTreeMap<String, ClassTally>,
}

/// The failures of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassTally {
    /// The number of cases.
    pub count: u64,
    /// The lowest seed.
    pub first_seed: u64,
    /// The smallest case.
    pub representative: Representative,
}

/// The representative of a class: the case with the fewest contexts and steps together; of several, the lowest seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Representative {
    /// Contexts at time 0, and steps after it.
    pub size: u64,
    /// Its seed.
    pub seed: u64,
}

impl ClassTally {
    /// Adds the cases of another tally.
    pub fn add(&mut self, other: ClassTally) {
        self.count = self.count.saturating_add(other.count);
        self.first_seed = self.first_seed.min(other.first_seed);
        self.representative = self.representative.min(other.representative);
    }
}

/// For serde, which asks with a reference.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The most cases, events or messages of a campaign; parts of such a size still add up.
const COUNT_MAX: u64 = 1 << 60;

impl Tally {
    /// Whether these can be the counts of a campaign. Those of a damaged file may not even add up.
    pub fn is_plausible(&self) -> bool {
        let messages = MessageKind::ALL.into_iter().map(|kind| self.messages.of(kind)).max().unwrap_or(0);
        let counts = [self.run_twice, self.rows, self.cut, self.failed.saturating_add(self.timed_out)];
        let verdicts: u128 = self.verdicts.values().map(|count| u128::from(*count)).sum();
        counts.iter().all(|count| *count <= self.cases)
            && self.cases.max(self.events).max(messages).max(self.coverage.largest()) <= COUNT_MAX
            && verdicts <= u128::from(self.cases)
            && self.classes.values().all(|class| class.count <= self.failed)
    }

    /// The cases that pass.
    pub fn passed(&self) -> u64 {
        self.cases - self.failed - self.timed_out
    }

    /// Adds a case whose scenario has this size. The run itself has noted the coverage.
    pub fn add_case(&mut self, row: &Row<'_>, size: u64) {
        self.cases += 1;
        self.events += row.events;
        self.messages += row.messages;
        match row.digest {
            Some(digest) => {
                let mut bytes = [0; 24];
                bytes[..8].copy_from_slice(&row.seed.to_le_bytes());
                bytes[8..].copy_from_slice(&digest.to_le_bytes());
                self.digest = self.digest.wrapping_add(xxh3_128(&bytes));
            }
            None => self.timed_out += 1,
        }
        match self.verdicts.get_mut(&*row.verdict) {
            Some(count) => *count += 1,
            None => drop(self.verdicts.insert(row.verdict.clone().into_owned(), 1)),
        }
        self.cut += u64::from(row.cut);
        self.failed += u64::from(!row.classes.is_empty());
        let representative = Representative { size, seed: row.seed };
        for class in &row.classes {
            self.add_class(class, ClassTally { count: 1, first_seed: row.seed, representative });
        }
    }

    /// Adds another tally. Counts from a damaged file may not add up; they stay at the largest number.
    pub fn add(&mut self, other: &Tally) {
        self.cases = self.cases.saturating_add(other.cases);
        self.failed = self.failed.saturating_add(other.failed);
        self.timed_out = self.timed_out.saturating_add(other.timed_out);
        self.cut = self.cut.saturating_add(other.cut);
        self.rows = self.rows.saturating_add(other.rows);
        self.run_twice = self.run_twice.saturating_add(other.run_twice);
        self.events = self.events.saturating_add(other.events);
        self.messages += other.messages;
        self.coverage += &other.coverage;
        self.digest = self.digest.wrapping_add(other.digest);
        for (verdict, count) in &other.verdicts {
            let sum = self.verdicts.entry(verdict.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        other.classes.iter().for_each(|(class, tally)| self.add_class(class, *tally));
    }

    fn add_class(&mut self, class: &str, tally: ClassTally) {
        match self.classes.get_mut(class) {
            Some(known) => known.add(tally),
            None => drop(self.classes.insert(class.to_owned(), tally)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(seed: u64, classes: &[&str], size: u64) -> Tally {
        let line = format!(
            r#"{{"seed":{seed},"profile":"p","shape":"star","contexts":1,"depth":1,"verdict":"converged","classes":[],
            "events":7,"end_ns":1,"converged_ns":null,"messages":{{"add_route":1,"del_route":2,"data":3,"reply":4,
            "dead":5}},"steps":{{}},"digest":"{seed:032x}"}}"#
        );
        let mut row = Row::read(line.as_bytes()).unwrap();
        row.classes = classes.iter().map(|class| (*class).to_owned().into()).collect();
        let mut tally = Tally::default();
        tally.add_case(&row, size);
        tally
    }

    /// Proves that the order of addition does not matter, that the smallest case represents its class, and that a case
    /// counts in each of its classes.
    #[test]
    fn they_add_up_in_any_order() {
        let tallies = [one(1, &["a"], 9), one(2, &["a", "b"], 5), one(3, &[], 1), one(4, &["b", "a"], 5)];
        let sum = |order: [usize; 4]| {
            let mut sum = Tally::default();
            order.iter().for_each(|place| sum.add(&tallies[*place]));
            sum
        };
        let expected = sum([0, 1, 2, 3]);
        assert_eq!(expected.classes["a"].representative, Representative { size: 5, seed: 2 });
        assert_eq!((expected.classes["a"].count, expected.classes["a"].first_seed), (3, 1));
        assert_eq!((expected.classes["b"].count, expected.classes["b"].first_seed), (2, 2));
        assert_eq!((expected.failed, expected.cases), (3, 4));
        for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            assert_eq!(sum(order), expected);
        }
        assert_ne!(sum([0, 0, 2, 3]).digest, expected.digest);
    }
}
