//! Classes of failures: what broke, and where in the protocol.
//!
//! A run may fail in several ways. It belongs to every class that it shows, so that no failure hides another.

use crate::monitors;
use crate::process::{Family, Monitor, Place, places};
use crate::scenario::expectation::WarningKind;
use std::fmt;
use std::str::FromStr;

/// What broke, the most serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An exception ends a process.
    Crash,
    /// The run never ends, which is proven.
    Storm,
    /// The run was stopped at its limit of events.
    Stopped,
    /// A route leads through the wrong neighbour.
    Wrong,
    /// A route exists that should not.
    Stale,
    /// A route should exist and does not.
    Missing,
    /// A call never ends, or has not when `until` ends the run.
    Hung,
    /// A step costs more route messages than its budget.
    OverBudget,
    /// A denied warning occurs.
    Denied(WarningKind),
}

impl Kind {
    /// All kinds, the most serious first.
    pub const ALL: [Kind; 12] = [
        Kind::Crash,
        Kind::Storm,
        Kind::Stopped,
        Kind::Wrong,
        Kind::Stale,
        Kind::Missing,
        Kind::Hung,
        Kind::OverBudget,
        Kind::Denied(WarningKind::ALL[0]),
        Kind::Denied(WarningKind::ALL[1]),
        Kind::Denied(WarningKind::ALL[2]),
        Kind::Denied(WarningKind::ALL[3]),
    ];

    /// The word in the names of classes.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Crash => "crash",
            Kind::Storm => "storm",
            Kind::Stopped => "stopped",
            Kind::Wrong => "wrong",
            Kind::Stale => "stale",
            Kind::Missing => "missing",
            Kind::Hung => "hung",
            Kind::OverBudget => "over-budget",
            Kind::Denied(warning) => warning.name(),
        }
    }

    /// What broke, as the beginning of a sentence.
    fn in_words(self, family: &dyn Family) -> String {
        let words = match self {
            Kind::Crash => "an exception ends a process",
            Kind::Storm => "the run never ends",
            Kind::Stopped => "the run was stopped at its limit of events",
            Kind::Wrong => "a route leads through the wrong neighbour",
            Kind::Stale => "a route is left that should not exist",
            Kind::Missing => "a route is missing",
            Kind::Hung => "a call does not end",
            Kind::OverBudget => "a step costs too many route messages",
            Kind::Denied(WarningKind::DuplicateSignal) => "a context object fires its disconnect signal again",
            Kind::Denied(WarningKind::DuplicateDel) => {
                return format!("the same {} crosses a link again", family.retraction());
            }
            Kind::Denied(WarningKind::LoggedError) => "an error is logged",
            Kind::Denied(WarningKind::Skipped) => "a step is skipped",
        };
        words.to_owned()
    }
}

/// A class of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// What broke.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// Under which monitor.
    pub monitor: Monitor,
}

impl Class {
    /// The class in English.
    pub fn sentence(&self) -> String {
        format!("{}, {}, under {}", self.kind.in_words(self.monitor.family()), self.place.in_words(), self.monitor)
    }

    /// The name without the monitor: what is the same class under another monitor.
    pub fn of_any_monitor(&self) -> String {
        format!("{}-{}", self.kind.name(), self.place.name())
    }
}

impl fmt::Display for Class {
    /// A name that can also be that of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.of_any_monitor(), self.monitor))
    }
}

/// A text that is not the name of a [`Class`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownClass(pub String);

impl fmt::Display for UnknownClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown class `{}`; a class is a kind, a place and a monitor, ", self.0)?;
        write!(f, "such as `stale-on-connect-{}`", monitors::default())
    }
}

impl std::error::Error for UnknownClass {}

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        let read = || {
            let cut = |rest: &str, end: &str| rest.strip_suffix(end)?.strip_suffix('-').map(str::to_owned);
            let (monitor, rest) = monitors::every().into_iter().find_map(|r| Some((r, cut(name, r.name())?)))?;
            let is_place = |place: Place| Some((place, cut(&rest, place.name())?));
            // One place may end as another does; only with the right one is a kind left.
            let kind = |rest: &str| Kind::ALL.into_iter().find(|kind| kind.name() == rest);
            let mut found = places::all(monitor.family()).into_iter().filter_map(is_place);
            let (place, kind) = found.find_map(|(place, rest)| Some((place, kind(&rest)?)))?;
            Some(Class { kind, place, monitor })
        };
        read().ok_or_else(|| UnknownClass(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that every class is read back from its name, that no two have one name, and that each is fit for a file.
    #[test]
    fn names_lead_back() {
        let mut names = std::collections::BTreeSet::new();
        for kind in Kind::ALL {
            for monitor in monitors::all() {
                for place in places::all(monitor.family()) {
                    let class = Class { kind, place, monitor };
                    let name = class.to_string();
                    assert_eq!(name.parse(), Ok(class));
                    assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
                    assert!(names.insert(name));
                }
            }
        }
        for wrong in ["", "stale", "stale-on-add-route", "stale-on-nothing-mitogen-0.3", "stale-on-connect-mitogen-9"] {
            assert_eq!(wrong.parse::<Class>(), Err(UnknownClass(wrong.to_owned())));
        }
    }
}
