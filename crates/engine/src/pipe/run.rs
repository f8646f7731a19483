//! A program as the protocol of a run.

use super::log::{listen, parting, said};
use super::orders::Again;
use super::piped::Piped;
use super::program::{self, Program};
use crate::engine::{Options, Outcome, Protocol, RunError, RunMemory, Stepper};
use crate::process::Family;
use crate::scenario::Scenario;
use crate::simulation::{Memory, Orders, Simulation};
use crate::time::Time;
use crate::world::{SimulationError, Watch};

/// How often one copy runs a scenario, to see whether it remembers earlier runs: so many times, and at least twice, but not
/// after so many requests.
const RUNS_MAX: usize = 20;
const REQUESTS_MAX: usize = 100_000;

/// Runs a scenario with two new copies of its program, and a few times with a third one, and says in words where their answers
/// part first. `None` if they do not, or if the scenario's monitor is no program.
pub fn first_difference(scenario: &Scenario) -> Option<String> {
    let program = program::of(scenario.monitor)?;
    let run = |memory: &mut RunMemory| program.run(memory, scenario, Options::default()).map(|_| ());
    let by_new_copy = || listen(|| run(&mut RunMemory::default())).1;
    let first = by_new_copy();
    parting("one copy", &first, "another copy", &by_new_copy()).or_else(|| {
        let mut memory = RunMemory::default();
        let runs = (REQUESTS_MAX / first.len().max(1)).clamp(2, RUNS_MAX);
        let again = |before: usize| {
            let _ = run(&mut memory);
            let later = format!("in run {} of one copy", before + 1);
            let difference = parting("in a first run", &first, &later, &said())?;
            Some(format!("{difference}\n  so it remembers earlier runs; after a `start`, it must have forgotten them"))
        };
        listen(|| (0..runs).find_map(again)).0
    })
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
