//! What a run is expected to do: `expect` makes a scenario a test of itself.

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
    /// A difference was left for good.
    Diverged,
    /// The run was stopped, and it is proven that it would never end.
    Storm,
    /// The run was stopped, and nobody knows what would have come.
    Stopped,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 4] = [Verdict::Converged, Verdict::Diverged, Verdict::Storm, Verdict::Stopped];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Converged => "converged",
            Verdict::Diverged => "diverged",
            Verdict::Storm => "storm",
            Verdict::Stopped => "stopped",
        }
    }

    /// Whether more was to come.
    pub const fn is_stopped(self) -> bool {
        matches!(self, Verdict::Storm | Verdict::Stopped)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How an entry of a route table differs from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// The entry should not exist.
    Stale,
    /// The entry should exist.
    Missing,
    /// The entry leads through the wrong neighbour, or through the right one on a way that fails.
    Wrong,
}

impl DifferenceKind {
    /// All kinds.
    pub const ALL: [DifferenceKind; 3] = [DifferenceKind::Stale, DifferenceKind::Missing, DifferenceKind::Wrong];

    /// The kind of an entry that differs: what it leads through, and what it should, if anything.
    pub fn of<T>(actual: Option<T>, expected: Option<T>) -> Self {
        match (actual, expected) {
            (Some(_), None) => DifferenceKind::Stale,
            (None, _) => DifferenceKind::Missing,
            (Some(_), Some(_)) => DifferenceKind::Wrong,
        }
    }

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

/// Something odd that does not change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// The disconnect signal of a context object fires again.
    DuplicateSignal,
    /// The same DEL_ROUTE crosses one link direction again while the id has not come back.
    DuplicateDel,
    /// The monitor logged an error.
    LoggedError,
    /// A step could not be done.
    Skipped,
}

impl WarningKind {
    /// All kinds.
    pub const ALL: [WarningKind; 4] =
        [WarningKind::DuplicateSignal, WarningKind::DuplicateDel, WarningKind::LoggedError, WarningKind::Skipped];

    /// The word in files, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            WarningKind::DuplicateSignal => "duplicate-signal",
            WarningKind::DuplicateDel => "duplicate-del",
            WarningKind::LoggedError => "logged-error",
            WarningKind::Skipped => "skipped",
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

/// An expected difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedDifference {
    /// The owner of the route table.
    pub context: ContextId,
    /// The destination of the entry.
    pub destination: ContextId,
    /// How it differs.
    pub kind: DifferenceKind,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStatus {
    /// With its reply.
    Ok,
    /// With the news that there will be no reply.
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
    /// How it ends.
    pub status: CallStatus,
    /// The time before which it ends.
    pub before: Option<Time>,
}

/// What is expected between a step and the next step at a later time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedStep {
    /// The label of the step.
    pub label: String,
    /// The longest time after the step until no difference is left.
    pub converged_within: Option<Span>,
    /// The maximum number of messages that may arrive.
    pub messages_max: Option<u64>,
}

/// What a run is expected to do; `None` allows anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// How the run ends.
    pub verdict: Option<Verdict>,
    /// The differences that are left: exactly these, in any order.
    pub differences: Option<Vec<ExpectedDifference>>,
    /// The maximum number of messages that may arrive.
    pub messages_max: Option<u64>,
    /// The longest time after any step until no difference is left.
    pub converged_within: Option<Span>,
    /// How many calls never end.
    pub hung_calls: Option<u64>,
    /// How many warnings there are of a kind.
    pub warnings: BTreeMap<WarningKind, u64>,
    /// What individual steps do.
    pub steps: Vec<ExpectedStep>,
    /// How individual calls end.
    pub calls: Vec<ExpectedCall>,
    /// Destinations for which no route table is ever wrong, from the first of `events` on.
    pub undisturbed: Vec<ContextId>,
}

impl Expectation {
    /// This expectation, with the keys of `other` in place of its own.
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
    /// Under every monitor.
    pub common: Expectation,
    /// Under one monitor; its keys replace the common ones.
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
