//! The branches of a protocol that a run can be seen to take, and sets of them: which step led where.

use crate::process::{Family, LoggedError};

/// Names each branch in one row: its constant, its word in reports, and what it is. `{announcement}` and `{retraction}`
/// stand for the protocol's words for those.
macro_rules! branches {
    ($($number:literal, $constant:ident, $name:literal, $words:literal;)*) => {
        impl Branch {
            $(#[doc = $words] pub const $constant: Branch = Branch($number);)*

            /// The branches that every protocol has, by number.
            const GENERAL: &'static [(&'static str, &'static str)] = &[$(($name, $words)),*];
        }
    };
}

/// A branch of a protocol, as far as its records show it: one that every protocol has, or an error that it logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(u8);

branches! {
    0, ANNOUNCED, "add-route", "{announcement} arrives";
    1, DEL_FROM_BELOW, "del-from-below", "{retraction} arrives from a child";
    2, DEL_FROM_ABOVE, "del-from-above", "{retraction} arrives from the parent";
    3, DEL_AGAIN, "del-again", "{retraction} crosses a link again";
    4, DATA, "data", "A message of the application arrives";
    5, REPLY, "reply", "A reply arrives";
    6, DEAD, "dead", "A dead message arrives";
    7, VANISHED, "vanished", "A message or an EOF vanishes: the end is closed";
    8, STREAM_LOST, "stream-lost", "A stream is lost: an EOF has arrived";
    9, TIMEOUT, "timeout", "An end gives up on a silent link";
    10, SIGNAL, "signal", "A disconnect signal fires";
    11, SIGNAL_AGAIN, "signal-again", "The same object's disconnect signal fires again";
    12, CALL_OK, "call-ok", "A call ends with its reply";
    13, CALL_DEAD, "call-dead", "A call ends dead";
    14, ENDING, "shutdown", "A context shuts down";
    15, DETACHED, "detached", "A context has left its parent";
    16, EXIT, "exit", "A context dies";
    17, SKIPPED, "skipped", "The step is skipped";
    18, STOPPED, "stopped", "The run is stopped with more to come; no single step counts this";
    19, HUNG, "hung", "A call never ends; no single step counts this";
}

/// The number of the first error.
const FIRST_ERROR: u8 = 20;

/// The first of the branches that come after the errors in reports.
const FIRST_LATE: u8 = 17;

impl Branch {
    /// How many numbers there are. If there are more errors than that, the last ones share a number.
    pub const COUNT: usize = 32;

    /// All branches of a family, in the order of reports.
    pub fn all(family: &dyn Family) -> Vec<Branch> {
        let errors = family.errors().iter().map(|error| Branch::of_error(*error));
        let mut all: Vec<_> = (0..FIRST_LATE).map(Branch).chain(errors).collect();
        all.dedup();
        all.extend((FIRST_LATE..FIRST_ERROR).map(Branch));
        all
    }

    /// The branch of a logged error.
    pub fn of_error(error: LoggedError) -> Branch {
        Branch(FIRST_ERROR.saturating_add(error.code()).min(Branch::COUNT as u8 - 1))
    }

    /// Its number, which is less than [`Branch::COUNT`].
    pub const fn number(self) -> usize {
        self.0 as usize
    }

    /// The word in reports.
    pub fn name(self, family: &dyn Family) -> &'static str {
        match self.error(family) {
            Some(error) => error.name(),
            None => Branch::GENERAL.get(self.number()).map_or("other", |(name, _)| name),
        }
    }

    /// What it is, in a sentence without its full stop.
    pub fn in_words(self, family: &dyn Family) -> String {
        if let Some(error) = self.error(family) {
            return error.in_words().to_owned();
        }
        let words = Branch::GENERAL.get(self.number()).map_or("Something else happens", |(_, words)| words);
        words.replace("{announcement}", family.announcement()).replace("{retraction}", family.retraction())
    }

    fn error(self, family: &dyn Family) -> Option<LoggedError> {
        family.errors().get(self.number().checked_sub(usize::from(FIRST_ERROR))?).copied()
    }
}

/// Some branches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branches(u32);

impl Branches {
    /// Adds a branch.
    pub fn add(&mut self, branch: Branch) {
        self.0 |= 1 << branch.0;
    }

    /// Whether a branch is in the set.
    pub fn has(self, branch: Branch) -> bool {
        self.0 & 1 << branch.0 != 0
    }

    /// All branches in the set, ascending by number.
    pub fn iter(self) -> impl Iterator<Item = Branch> {
        (0..Branch::COUNT as u8).map(Branch).filter(move |branch| self.has(*branch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitors;

    /// Proves that each branch of each family has a name and a number of its own, so that a set has a place for it.
    #[test]
    fn each_branch_has_its_place() {
        for family in monitors::all().into_iter().map(|monitor| monitor.family()) {
            let all = Branch::all(family);
            let mut names: Vec<_> = all.iter().map(|branch| branch.name(family)).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all.len());
            for branch in all {
                let mut set = Branches::default();
                set.add(branch);
                assert_eq!(set.iter().collect::<Vec<_>>(), [branch]);
                assert!(!branch.in_words(family).contains('{'));
            }
        }
    }
}
