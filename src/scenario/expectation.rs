//! What a scenario says that its run will do: `expect` makes a file a test of itself.

use crate::process::{ContextId, Monitor};
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No difference between the route tables and the truth was left.
    Converged,
    /// A difference was left, for ever.
    Diverged,
    /// The run did not end by itself.
    Storm,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 3] = [Verdict::Converged, Verdict::Diverged, Verdict::Storm];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Converged => "converged",
            Verdict::Diverged => "diverged",
            Verdict::Storm => "storm",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// In which way an entry of a route table differs from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// There is an entry that should not be.
    Stale,
    /// There is none where one should be.
    Missing,
    /// It leads through the wrong neighbour.
    Wrong,
}

impl DifferenceKind {
    /// All kinds.
    pub const ALL: [DifferenceKind; 3] = [DifferenceKind::Stale, DifferenceKind::Missing, DifferenceKind::Wrong];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            DifferenceKind::Stale => "stale",
            DifferenceKind::Missing => "missing",
            DifferenceKind::Wrong => "wrong",
        }
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something odd that does not spoil a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// The disconnect signal of a context object fires again.
    DuplicateSignal,
    /// The same DEL_ROUTE crosses one link direction again while the id has not come back.
    DuplicateDel,
    /// The monitor logged an error.
    LoggedError,
}

impl WarningKind {
    /// All kinds.
    pub const ALL: [WarningKind; 3] =
        [WarningKind::DuplicateSignal, WarningKind::DuplicateDel, WarningKind::LoggedError];

    /// The word in files, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            WarningKind::DuplicateSignal => "duplicate-signal",
            WarningKind::DuplicateDel => "duplicate-del",
            WarningKind::LoggedError => "logged-error",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for WarningKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = WarningKind::ALL.map(WarningKind::name).join(", ");
        let kind = WarningKind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("unknown warning `{name}`; the warnings are {names}"))
    }
}

/// A difference that is expected to be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedDifference {
    /// Whose route table differs.
    pub context: ContextId,
    /// In which destination.
    pub destination: ContextId,
    /// In which way.
    pub kind: DifferenceKind,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStatus {
    /// With its reply.
    Ok,
    /// With the news that there will be none.
    Dead,
    /// Never, or not before its caller died.
    Hung,
}

impl CallStatus {
    /// All statuses.
    pub const ALL: [CallStatus; 3] = [CallStatus::Ok, CallStatus::Dead, CallStatus::Hung];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            CallStatus::Ok => "ok",
            CallStatus::Dead => "dead",
            CallStatus::Hung => "hung",
        }
    }
}

/// How a call is expected to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedCall {
    /// Its number, from 1, in the order in which calls are made.
    pub call: u64,
    /// How.
    pub status: CallStatus,
    /// Before when.
    pub before: Option<Time>,
}

/// What is expected from a step to the next later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedStep {
    /// The label of the step.
    pub label: String,
    /// How long after it the last difference is gone, at most.
    pub converged_within: Option<Span>,
    /// How many messages arrive at most.
    pub messages_max: Option<u64>,
}

/// What a run is expected to do; what is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// How it ends.
    pub verdict: Option<Verdict>,
    /// Exactly the differences that are left, in any order.
    pub differences: Option<Vec<ExpectedDifference>>,
    /// How many messages arrive at most.
    pub messages_max: Option<u64>,
    /// How long after any step the last difference is gone, at most.
    pub converged_within: Option<Span>,
    /// How many calls never end.
    pub hung_calls: Option<u64>,
    /// How many warnings of a kind there are.
    pub warnings: BTreeMap<WarningKind, u64>,
    /// What single steps do.
    pub steps: Vec<ExpectedStep>,
    /// How single calls end.
    pub calls: Vec<ExpectedCall>,
    /// The destinations that no table is ever wrong about, once the contexts of time 0 are there.
    pub undisturbed: Vec<ContextId>,
}

impl Expectation {
    /// This, with whatever `other` says in its place.
    fn overlaid_with(&self, other: &Expectation) -> Expectation {
        let mut warnings = self.warnings.clone();
        warnings.extend(&other.warnings);
        let or = |own: bool| if own { other } else { self };
        Expectation {
            verdict: other.verdict.or(self.verdict),
            differences: other.differences.clone().or_else(|| self.differences.clone()),
            messages_max: other.messages_max.or(self.messages_max),
            converged_within: other.converged_within.or(self.converged_within),
            hung_calls: other.hung_calls.or(self.hung_calls),
            warnings,
            steps: or(!other.steps.is_empty()).steps.clone(),
            calls: or(!other.calls.is_empty()).calls.clone(),
            undisturbed: or(!other.undisturbed.is_empty()).undisturbed.clone(),
        }
    }
}

/// What a scenario expects under each monitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// Under any monitor.
    pub common: Expectation,
    /// Under one; overrides the common one, key by key.
    pub by_monitor: BTreeMap<Monitor, Expectation>,
}

impl Expectations {
    /// What is expected under `monitor`.
    pub fn under(&self, monitor: Monitor) -> Expectation {
        match self.by_monitor.get(&monitor) {
            Some(own) => self.common.overlaid_with(own),
            None => self.common.clone(),
        }
    }
}
