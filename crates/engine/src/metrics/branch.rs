//! The branches of a protocol that a run can be seen to take, and sets of them: which step led where.

use crate::process::{Family, LoggedError, Place};

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

/// The number of the first branch that is a family's own: an error that it logs, and behind these, the handler of a kind of
/// messages of its own.
const FIRST_OWN: u8 = 20;

/// The first of the branches that come after the errors in reports.
const FIRST_LATE: u8 = 17;

impl Branch {
    /// How many numbers there are. If a family has more errors and kinds of messages than that, the last ones share a
    /// number.
    pub const COUNT: usize = 32;

    /// All branches of a family, in the order of reports.
    pub fn all(family: &dyn Family) -> Vec<Branch> {
        let own = (0..owned(family).count()).map(Branch::own);
        let mut all: Vec<_> = (0..FIRST_LATE).map(Branch).chain(own).collect();
        all.dedup();
        all.extend((FIRST_LATE..FIRST_OWN).map(Branch));
        all
    }

    /// The branch of a logged error.
    pub fn of_error(error: LoggedError) -> Branch {
        Branch::own(usize::from(error.code()))
    }

    /// The branch of the handler of a kind of messages of a family's own, by the number of the kind.
    pub fn of_kind(family: &dyn Family, kind: u8) -> Option<Branch> {
        let is_there = usize::from(kind) < family.kinds().len();
        is_there.then(|| Branch::own(family.errors().len() + usize::from(kind)))
    }

    /// The branch at a place among those of a family's own.
    fn own(place: usize) -> Branch {
        Branch(place.saturating_add(usize::from(FIRST_OWN)).min(Branch::COUNT - 1) as u8)
    }

    /// Its number, which is less than [`Branch::COUNT`].
    pub const fn number(self) -> usize {
        self.0 as usize
    }

    /// The word in reports.
    pub fn name(self, family: &dyn Family) -> &'static str {
        match self.own_by(family) {
            Some(Own::Error(error)) => error.name(),
            Some(Own::Kind(place)) => place.name(),
            None => Branch::GENERAL.get(self.number()).map_or("other", |(name, _)| name),
        }
    }

    /// What it is, in a sentence without its full stop.
    pub fn in_words(self, family: &dyn Family) -> String {
        match self.own_by(family) {
            Some(Own::Error(error)) => return error.in_words().to_owned(),
            Some(Own::Kind(place)) => {
                return format!("A message of the protocol's own arrives: {}", place.name().trim_start_matches("on-"));
            }
            None => {}
        }
        let words = Branch::GENERAL.get(self.number()).map_or("Something else happens", |(_, words)| words);
        words.replace("{announcement}", family.announcement()).replace("{retraction}", family.retraction())
    }

    /// What a branch of a family's own is; `None` if several share its number.
    fn own_by(self, family: &dyn Family) -> Option<Own> {
        let place = self.number().checked_sub(usize::from(FIRST_OWN))?;
        let mut from_there = owned(family).skip(place);
        let own = from_there.next();
        own.filter(|_| self.number() < Branch::COUNT - 1 || from_there.next().is_none())
    }
}

/// A branch of a family's own.
enum Own {
    /// An error that is logged.
    Error(LoggedError),
    /// The handler of a kind of messages.
    Kind(Place),
}

/// The branches of a family's own, in the order of their numbers.
fn owned(family: &dyn Family) -> impl Iterator<Item = Own> {
    let errors = family.errors().iter().map(|error| Own::Error(*error));
    errors.chain(family.kinds().iter().map(|place| Own::Kind(*place)))
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
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let lowest = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (lowest < u32::BITS).then_some(Branch(lowest as u8))
        })
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
