//! Examining a case: it is run, and judged.

use super::class::{Class, Kind, Place};
use crate::run::{Options, Outcome, RunError, Runner};
use crate::scenario::Scenario;
use crate::scenario::expectation::WarningKind;

/// What counts as a failure, beside wrong routes and calls that hang.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The warnings that are none.
    pub denied: Vec<WarningKind>,
    /// A step that costs more messages than so many times the contexts and route entries is a storm.
    pub budget: u64,
}

/// Why a case fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The class that it belongs to.
    pub class: Class,
    /// What broke, in one sentence.
    pub sentence: String,
}

/// What a run has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The run.
    pub outcome: Outcome,
    /// Why it fails, if it does.
    pub failure: Option<Failure>,
}

/// Runs a case, and judges it.
///
/// # Errors
/// Where it can not be run to its end.
pub fn examine(runner: &mut Runner, scenario: &Scenario, _rules: &Rules) -> Result<Examination, RunError> {
    let outcome = runner.run(scenario, Options::default())?;
    let class = |kind| Class { kind, place: Place::OnDelRoute, revision: scenario.revision };
    let failure = if !outcome.differences.is_empty() {
        Some(Failure { class: class(Kind::Stale), sentence: "a route is wrong".to_owned() })
    } else if !outcome.hung_calls.is_empty() {
        Some(Failure { class: class(Kind::Hung), sentence: "a call hangs".to_owned() })
    } else {
        None
    };
    Ok(Examination { outcome, failure })
}
