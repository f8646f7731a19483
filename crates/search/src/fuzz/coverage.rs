//! Coverage: which kinds of steps have led into which branches of the protocol.

use crate::metrics::{Branch, Branches};
use crate::process::Family;
use crate::run::Outcome;
use crate::scenario::{Scenario, StepKind};
use crate::words::grouped;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

const ROWS: usize = StepKind::COLUMNS;
const COLUMNS: usize = Branch::COUNT;

/// How often a step of each kind was followed by each branch, before the next step came.
///
/// Steps at one time share what follows. That a run was stopped, or left a call hanging, is counted for every kind of
/// step in it. The branches are noted during the run, so that every case can be taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage {
    counts: [[u64; COLUMNS]; ROWS],
}

impl Coverage {
    /// How often it was.
    pub fn count(&self, kind: StepKind, branch: Branch) -> u64 {
        self.counts[kind.column()][branch.number()]
    }

    /// The kinds of steps that something followed, one for each column of reports.
    pub fn kinds(&self) -> Vec<StepKind> {
        let is_there = |kind: &StepKind| self.counts[kind.column()].iter().any(|count| *count > 0);
        StepKind::COUNTED.into_iter().filter(is_there).collect()
    }

    /// The largest count.
    pub fn largest(&self) -> u64 {
        self.counts.iter().flatten().copied().max().unwrap_or(0)
    }

    /// Takes in a case.
    pub fn observe(&mut self, scenario: &Scenario, outcome: &Outcome) {
        let setup = scenario.contexts.len();
        let mut all = Kinds::default();
        for (figures, places) in outcome.moments() {
            let mut kinds = Kinds::default();
            if places.start < setup {
                kinds.add(StepKind::Connect);
            }
            for step in &scenario.events[places.start.saturating_sub(setup)..places.end.saturating_sub(setup)] {
                kinds.add(step.action.kind());
            }
            self.add(kinds, figures.branches);
            all.0 |= kinds.0;
        }
        let mut whole = Branches::default();
        if outcome.verdict.is_stopped() {
            whole.add(Branch::STOPPED);
        }
        if !outcome.may_go_on() && !outcome.hung_calls.is_empty() {
            whole.add(Branch::HUNG);
        }
        self.add(all, whole);
    }

    fn add(&mut self, kinds: Kinds, branches: Branches) {
        for (_, row) in self.counts.iter_mut().enumerate().filter(|(column, _)| kinds.0 >> column & 1 == 1) {
            branches.iter().for_each(|branch| row[branch.number()] += 1);
        }
    }
}

/// Some kinds of steps: a bit for each column.
#[derive(Clone, Copy, Default)]
struct Kinds(u32);

impl Kinds {
    fn add(&mut self, kind: StepKind) {
        self.0 |= 1 << kind.column();
    }
}

impl AddAssign<&Coverage> for Coverage {
    fn add_assign(&mut self, other: &Coverage) {
        for (row, others) in self.counts.iter_mut().zip(&other.counts) {
            row.iter_mut().zip(others).for_each(|(count, other)| *count = count.saturating_add(*other));
        }
    }
}

impl Coverage {
    /// A table of a line for each branch of a family and a column for each kind of step that something followed; what never
    /// followed it is a `.`.
    pub fn table(&self, family: &dyn Family) -> String {
        let kinds = self.kinds();
        let mut table = format!("{:20}", "");
        for kind in &kinds {
            table.push_str(&format!(" {:>10}", kind.word()));
        }
        for branch in Branch::all(family) {
            table.push_str(&format!("\n{:20}", branch.name(family)));
            for kind in &kinds {
                match self.count(*kind, branch) {
                    0 => table.push_str(&format!(" {:>10}", ".")),
                    count => table.push_str(&format!(" {:>10}", grouped(count))),
                }
            }
        }
        table.push('\n');
        table
    }
}
