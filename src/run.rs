//! The one entry: a scenario in, an outcome out. The command line, the tests and any other user call this.

pub use crate::engine::{BLOCK_EVENTS, Check, Judged, Options, Outcome, RunError, Stepper, Watcher};
pub use crate::simulation::Progress;

use crate::engine::RunMemory;
use crate::protocol;
use crate::scenario::Scenario;
use crate::world::Watch;

/// Runs a scenario to its end.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
    Runner::default().run(scenario, options)
}

/// A run of a scenario that is taken event by event.
pub fn open(scenario: &Scenario, watch: Watch) -> Box<dyn Stepper + '_> {
    protocol::of(scenario.monitor.family()).open(scenario, watch)
}

/// Runs scenarios, one after the other, in the same memory: for many small ones, most of whose time would go into
/// allocating it. An outcome does not depend on what was run before.
#[derive(Debug, Default)]
pub struct Runner {
    memory: RunMemory,
}

impl Runner {
    /// Runs a scenario to its end.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn run(&mut self, scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
        protocol::of(scenario.monitor.family()).run(&mut self.memory, scenario, options)
    }
}
