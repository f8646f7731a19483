//! Coverage: which kinds of steps led into which branches of the protocol.

use crate::metrics::{Branch, Branches};
use crate::run::Outcome;
use crate::scenario::expectation::Verdict;
use crate::scenario::{Action, Scenario, Ways};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::AddAssign;

/// A kind of step: a row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// A context connects.
    Connect,
    /// A process dies.
    Kill,
    /// A parent closes its stream to a child.
    Disconnect,
    /// A link is cut.
    Partition,
    /// A link is cut in one direction.
    HalfOpen,
    /// A link delivers again.
    Heal,
    /// A link is slow.
    Slow,
    /// A context gets the order to shut down.
    Shutdown,
    /// A context leaves its parent.
    Detach,
    /// A message that asks for no reply.
    Send,
    /// A call.
    Call,
}

impl StepKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [StepKind; 11] = [
        StepKind::Connect,
        StepKind::Kill,
        StepKind::Disconnect,
        StepKind::Partition,
        StepKind::HalfOpen,
        StepKind::Heal,
        StepKind::Slow,
        StepKind::Shutdown,
        StepKind::Detach,
        StepKind::Send,
        StepKind::Call,
    ];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            StepKind::Connect => "connect",
            StepKind::Kill => "kill",
            StepKind::Disconnect => "disconnect",
            StepKind::Partition => "partition",
            StepKind::HalfOpen => "half-open",
            StepKind::Heal => "heal",
            StepKind::Slow => "slow",
            StepKind::Shutdown => "shutdown",
            StepKind::Detach => "detach",
            StepKind::Send => "send",
            StepKind::Call => "call",
        }
    }

    /// The kind of a step.
    pub fn of(action: &Action) -> StepKind {
        match action {
            Action::Connect(_) => StepKind::Connect,
            Action::Kill { .. } => StepKind::Kill,
            Action::Disconnect { .. } => StepKind::Disconnect,
            Action::Partition { ways: Ways::Both, .. } => StepKind::Partition,
            Action::Partition { .. } => StepKind::HalfOpen,
            Action::Heal { .. } => StepKind::Heal,
            Action::Slow { .. } => StepKind::Slow,
            Action::Shutdown { .. } => StepKind::Shutdown,
            Action::Detach { .. } => StepKind::Detach,
            Action::Send { .. } => StepKind::Send,
            Action::Call { .. } => StepKind::Call,
        }
    }
}

const ROWS: usize = StepKind::ALL.len();
const COLUMNS: usize = Branch::ALL.len();

/// How often each branch followed a step of each kind, before the next step came.
///
/// Steps at the same time share what follows. A storm or a hung call counts for every kind of step in the run. The run
/// itself notes the branches, so coverage is cheap enough for every case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage {
    counts: [[u64; COLUMNS]; ROWS],
}

impl Coverage {
    /// How often a branch followed steps of a kind.
    pub fn count(&self, kind: StepKind, branch: Branch) -> u64 {
        self.counts[kind as usize][branch as usize]
    }

    /// Adds a case.
    pub fn observe(&mut self, scenario: &Scenario, outcome: &Outcome) {
        let mut all = [false; ROWS];
        let mut ends = outcome.steps.iter().skip(1).map(|next| next.first);
        for figures in &outcome.steps {
            let end = ends.next().unwrap_or(scenario.step_count());
            let mut kinds = [false; ROWS];
            for place in figures.first..end {
                let Some(step) = scenario.step(place).filter(|step| step.at == figures.at) else { break };
                kinds[StepKind::of(&step.action) as usize] = true;
            }
            self.add(&kinds, figures.branches);
            all.iter_mut().zip(kinds).for_each(|(all, kind)| *all |= kind);
        }
        let mut whole = Branches::default();
        if outcome.verdict == Verdict::Storm {
            whole.add(Branch::Storm);
        }
        if !outcome.hung_calls.is_empty() {
            whole.add(Branch::Hung);
        }
        self.add(&all, whole);
    }

    fn add(&mut self, kinds: &[bool; ROWS], branches: Branches) {
        for branch in branches.iter() {
            for (row, _) in self.counts.iter_mut().zip(kinds).filter(|(_, is_there)| **is_there) {
                row[branch as usize] += 1;
            }
        }
    }
}

impl AddAssign<&Coverage> for Coverage {
    fn add_assign(&mut self, other: &Coverage) {
        for (row, others) in self.counts.iter_mut().zip(&other.counts) {
            row.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        }
    }
}

impl fmt::Display for Coverage {
    /// A table with a line per branch and a column per kind of step; `.` means never.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:20}", "")?;
        for kind in StepKind::ALL {
            write!(f, " {:>10}", kind.name())?;
        }
        for branch in Branch::ALL {
            write!(f, "\n{:20}", branch.name())?;
            for kind in StepKind::ALL {
                match self.count(kind, branch) {
                    0 => write!(f, " {:>10}", ".")?,
                    count => write!(f, " {count:>10}")?,
                }
            }
        }
        writeln!(f)
    }
}
