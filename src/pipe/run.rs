//! A program as the protocol of a run.

use super::log::{listen, parting};
use super::orders::Again;
use super::piped::Piped;
use super::program::{self, Program};
use crate::engine::{Options, Outcome, Protocol, RunError, RunMemory, Stepper};
use crate::process::Family;
use crate::scenario::Scenario;
use crate::simulation::{Memory, Orders, Simulation};
use crate::time::Time;
use crate::world::{SimulationError, Watch};

/// Runs a scenario with two new copies of its program, and says in words where their answers part first. `None` if they do
/// not, or if the scenario's monitor is no program.
pub fn first_difference(scenario: &Scenario) -> Option<String> {
    let program = program::of(scenario.monitor)?;
    let ask = || listen(|| program.run(&mut RunMemory::default(), scenario, Options::default()).map(|_| ())).1;
    parting(&ask(), &ask())
}

impl Protocol for Program {
    fn family(&self) -> &'static dyn Family {
        Program::family(self)
    }

    fn run(&self, memory: &mut RunMemory, scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
        memory.run::<Piped>(scenario, options)
    }

    fn open<'s>(&self, scenario: &'s Scenario, watch: Watch) -> Box<dyn Stepper + 's> {
        Box::new(Simulation::<Piped>::in_memory(Memory::default(), scenario, watch))
    }

    fn orders<'s>(
        &self,
        scenario: &'s Scenario,
        from: Option<Time>,
        watch: Watch,
    ) -> Result<Box<dyn Orders<'s> + 's>, SimulationError> {
        Ok(Box::new(Again::begin(scenario, from, watch)?))
    }
}
