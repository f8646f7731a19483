//! Coverage: which kinds of steps have led into which branches of the protocol.

use crate::metrics::{Branch, Branches};
use crate::process::Family;
use crate::run::Outcome;
use crate::scenario::expectation::Verdict;
use crate::scenario::{Action, Scenario, Ways};
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// A kind of step; what the rows of the matrix are.
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
    /// A context is told to shut down.
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
const COLUMNS: usize = Branch::COUNT;

/// How often a step of each kind was followed by each branch, before the next step came.
///
/// Steps at one time share what follows. That a run was a storm, or left a call hanging, is counted for every kind of
/// step in it. The branches are noted during the run, so that every case can be taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage {
    counts: [[u64; COLUMNS]; ROWS],
}

impl Coverage {
    /// How often it was.
    pub fn count(&self, kind: StepKind, branch: Branch) -> u64 {
        self.counts[kind as usize][branch.number()]
    }

    /// Takes in a case.
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
            whole.add(Branch::STORM);
        }
        if !outcome.hung_calls.is_empty() {
            whole.add(Branch::HUNG);
        }
        self.add(&all, whole);
    }

    fn add(&mut self, kinds: &[bool; ROWS], branches: Branches) {
        for branch in branches.iter() {
            for (row, _) in self.counts.iter_mut().zip(kinds).filter(|(_, is_there)| **is_there) {
                row[branch.number()] += 1;
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

impl Coverage {
    /// A table of a line for each branch of a family and a column for each kind of step; what was never exercised is a
    /// `.`.
    pub fn table(&self, family: &dyn Family) -> String {
        let mut table = format!("{:20}", "");
        for kind in StepKind::ALL {
            table.push_str(&format!(" {:>10}", kind.name()));
        }
        for branch in Branch::all(family) {
            table.push_str(&format!("\n{:20}", branch.name(family)));
            for kind in StepKind::ALL {
                match self.count(kind, branch) {
                    0 => table.push_str(&format!(" {:>10}", ".")),
                    count => table.push_str(&format!(" {count:>10}")),
                }
            }
        }
        table.push('\n');
        table
    }
}
