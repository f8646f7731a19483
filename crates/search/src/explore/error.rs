//! Why a scenario cannot be explored.

use crate::scenario::{Action, Scenario, Step};
use crate::time::Time;
use crate::world::SimulationError;
use std::fmt;

/// Why a scenario cannot be explored.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExploreError {
    /// This of the scenario needs a clock.
    NeedsClock(&'static str),
    /// A process needs a clock, or the run cannot go on.
    Simulation(SimulationError),
    /// The protocol does not say what the state of its processes is.
    UnknownState,
    /// A process does not do what its protocol says. The exploration is done again without relying on that.
    Disorder,
}

impl fmt::Display for ExploreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExploreError::NeedsClock(what) => write!(f, "{what} needs a clock, and an exploration has none"),
            ExploreError::Simulation(error) => error.fmt(f),
            ExploreError::Disorder => {
                f.write_str("a process does not do what its protocol says (`Family::only_rises`)")
            }
            ExploreError::UnknownState => {
                f.write_str(
                    "the protocol does not say what the state of a process is (`Process::write_state`), so equal ",
                )?;
                f.write_str("states cannot be told")
            }
        }
    }
}

impl std::error::Error for ExploreError {}

impl From<SimulationError> for ExploreError {
    fn from(error: SimulationError) -> Self {
        ExploreError::Simulation(error)
    }
}

/// What of a scenario needs a clock, so that it cannot be explored.
pub(super) fn needs_clock(scenario: &Scenario, from: Option<Time>) -> Option<&'static str> {
    let is_left = |at: Time| from.is_none_or(|from| at >= from);
    let shuts_down = |step: &Step| matches!(step.action, Action::Shutdown { .. }) && is_left(step.at);
    match () {
        () if scenario.until.is_some() => Some("`until`"),
        () if scenario.catalog.has_keepalives() => Some("a keepalive"),
        () if scenario.events.iter().any(shuts_down) => Some("the grace of a `shutdown`"),
        () => None,
    }
}
