//! The entry point: a scenario in, an outcome out. The command line, the tests and all other users call this.

pub use crate::engine::{BLOCK_EVENTS, Check, CostMax, Judged, Options, Outcome, RunError, Stepper, Watcher};
pub use crate::simulation::{Orders, Progress};
pub use crate::world::Choice;

use crate::engine::RunMemory;
use crate::protocol;
use crate::scenario::Scenario;
use crate::time::Time;
use crate::world::{SimulationError, Watch};

/// Runs a scenario to its end.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
    Runner::default().run(scenario, options)
}

/// Begins a run that is taken event by event.
pub fn open(scenario: &Scenario, watch: Watch) -> Box<dyn Stepper + '_> {
    protocol::of(scenario.monitor.family()).open(scenario, watch)
}

/// Begins a run whose times are ignored: see [`Orders`]. What is due before `from` happens first, as in any run.
///
/// # Errors
/// See [`SimulationError`].
pub fn orders<'s>(
    scenario: &'s Scenario,
    from: Option<Time>,
    watch: Watch,
) -> Result<Box<dyn Orders<'s> + 's>, SimulationError> {
    protocol::of(scenario.monitor.family()).orders(scenario, from, watch)
}

/// Runs scenarios one after another in the same memory. Many small runs would otherwise spend most of their time on
/// allocations. What was run before does not influence an outcome.
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
