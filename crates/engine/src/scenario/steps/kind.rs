//! What the table says of a kind of step.

use super::{Example, Form, Role, Row, StepKind, TABLE, forms};
use crate::process::{Feature, Place};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::str::FromStr;

impl StepKind {
    /// How many there are.
    pub const COUNT: usize = TABLE.len();

    /// All of them, in the order of their numbers, which is that of the fuzzer's draws.
    pub const ALL: [StepKind; StepKind::COUNT] = {
        let mut all = [StepKind::Connect; StepKind::COUNT];
        let mut place = 0;
        // `for` is not const yet.
        while place < all.len() {
            all[place] = TABLE[place].kind;
            place += 1;
        }
        all
    };

    /// How many columns reports and results have for them.
    pub const COLUMNS: usize = {
        let (mut last, mut place) = (0, 0);
        while place < TABLE.len() {
            if TABLE[place].column.0 > last {
                last = TABLE[place].column.0;
            }
            place += 1;
        }
        last + 1
    };

    /// The first kind of each column, in the order of the columns.
    pub const COUNTED: [StepKind; StepKind::COLUMNS] = {
        let mut counted = [StepKind::Connect; StepKind::COLUMNS];
        let mut place = TABLE.len();
        while place > 0 {
            place -= 1;
            counted[TABLE[place].column.0] = TABLE[place].kind;
        }
        counted
    };

    pub(super) const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The word of the fuzzer.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The word in scenario files: that of `do`.
    pub const fn step(self) -> &'static str {
        self.in_files().row().name
    }

    /// The word in reports, results and charts.
    pub const fn word(self) -> &'static str {
        self.row().column.1
    }

    /// The column in reports and results.
    pub const fn column(self) -> usize {
        self.row().column.0
    }

    /// The kind that stands for its column: see [`StepKind::COUNTED`].
    pub const fn counted(self) -> StepKind {
        StepKind::COUNTED[self.column()]
    }

    /// The letter that stands for it on a line of text.
    pub fn mark(self) -> char {
        self.form().mark
    }

    /// What it does to the tree.
    pub const fn role(self) -> Role {
        self.row().role
    }

    /// What a protocol must know for it, if not every protocol does.
    pub const fn feature(self) -> Option<Feature> {
        match self {
            StepKind::Shutdown => Some(Feature::Shutdown),
            StepKind::Detach => Some(Feature::Detach),
            _ => None,
        }
    }

    /// Whether it takes something away or makes a link worse. A random case without any such kind tests little.
    pub const fn is_loss(self) -> bool {
        matches!(self.role(), Role::Loss | Role::Hindrance)
    }

    /// How much a step of this kind does. The shrinker prefers less.
    pub fn weight(self) -> u64 {
        self.row().weight.into()
    }

    /// The handler of the protocol that it sets to work.
    pub fn handler(self) -> Place {
        self.row().handler
    }

    /// As a fault of `treequake new`.
    pub fn example(self) -> Option<&'static Example> {
        self.row().example.as_ref()
    }

    /// The kind that it is in a file.
    const fn in_files(self) -> StepKind {
        match self.row().form {
            Ok(_) => self,
            Err(kind) => kind,
        }
    }

    /// How files have it.
    pub fn form(self) -> &'static Form {
        self.in_files().row().form.as_ref().expect("it has a form of its own")
    }

    /// The kind at a place among the words of `do`.
    pub fn at(place: usize) -> StepKind {
        forms().nth(place).expect("a place among the words").0
    }
}

impl FromStr for StepKind {
    type Err = String;

    /// Reads the word of the fuzzer.
    fn from_str(name: &str) -> Result<Self, String> {
        let names = StepKind::ALL.map(StepKind::name).join(", ");
        let kind = StepKind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("unknown kind of step `{name}`; the kinds are {names}"))
    }
}

impl Serialize for StepKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for StepKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::steps::{Connect, Step, step_names};

    /// Proves that a scenario of a million steps is small.
    #[test]
    fn steps_are_compact() {
        assert_eq!((size_of::<Connect>(), size_of::<Step>()), (16, 32));
    }

    /// Proves that the number of a kind is its place in the table, and that names and marks are unique.
    #[test]
    fn kinds_are_in_order() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, place);
            assert_eq!(row.name.parse(), Ok(row.kind));
            assert!(
                StepKind::at(step_names().iter().position(|name| *name == row.kind.step()).unwrap()).form().mark
                    == row.kind.mark()
            );
        }
        let mut marks: Vec<_> = forms().map(|(_, form)| form.mark).collect();
        marks.sort_unstable();
        assert!(marks.windows(2).all(|pair| pair[0] != pair[1]));
    }

    /// Proves that no column is empty, and that each has one word.
    #[test]
    fn columns_are_whole() {
        for (column, kind) in StepKind::COUNTED.into_iter().enumerate() {
            assert_eq!(kind.column(), column);
        }
        assert!(TABLE.iter().all(|row| row.kind.counted().word() == row.kind.word()));
    }
}
