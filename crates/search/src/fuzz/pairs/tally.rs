//! What the pairs of many seeds come to: how many cases are in each group, and the smallest case of each kind of change.

use super::change::Change;
use super::group::{Grade, Group};
use super::pair::Pair;
use crate::fuzz::campaign::tally::{ClassTally, Representative};
use std::collections::BTreeMap;

/// Counts of pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All cases.
    pub cases: u64,
    /// The cases whose runs have the same trace.
    pub equal_traces: u64,
    groups: BTreeMap<Group, u64>,
    /// The cases of each kind of change. A case can have several.
    pub changes: BTreeMap<Change, ClassTally>,
}

impl Tally {
    /// Counts pairs.
    pub fn of<'p>(pairs: impl IntoIterator<Item = &'p Pair>) -> Self {
        let mut tally = Tally::default();
        pairs.into_iter().for_each(|pair| tally.count(pair));
        tally
    }

    fn count(&mut self, pair: &Pair) {
        self.cases += 1;
        self.equal_traces += u64::from(pair.has_equal_traces);
        *self.groups.entry(Group::of(pair)).or_default() += 1;
        let one = ClassTally {
            count: 1,
            first_seed: pair.seed,
            representative: Representative { size: pair.size, seed: pair.seed },
        };
        for change in Change::of(pair) {
            self.changes.entry(change).and_modify(|tally| tally.add(one)).or_insert(one);
        }
    }

    /// The cases of a group.
    pub fn in_group(&self, group: Group) -> u64 {
        self.groups.get(&group).copied().unwrap_or(0)
    }

    /// The cases of a grade, their cost included.
    pub fn of_grade(&self, grade: Grade) -> u64 {
        Group::ALL.into_iter().filter(|group| group.grade() == grade).map(|group| self.in_group(group)).sum()
    }

    /// The cases that fail where they passed, or in a class in which they did not fail.
    pub fn failing_anew(&self) -> u64 {
        self.in_group(Group::Fails) + self.in_group(Group::NewClass)
    }
}
