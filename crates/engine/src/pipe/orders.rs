//! A run of a program whose times are ignored. What a program has done cannot be taken back, so a run is done again from its
//! start to go on from one of its states.
//!
//! The state of a process is what it was asked so far: a program answers the same to the same. This is kept as a digest of 128
//! bits. So two states could be taken for one if their digests were the same; at a billion states the chance is below
//! one in 10^20.

use super::apart::PipedApart;
use super::piped::Piped;
use crate::scenario::Scenario;
use crate::simulation::{Apart, Memory, Orders, Simulation};
use crate::time::Time;
use crate::world::{Choice, SimulationError, View, Watch};

/// A run of a program, as the choices that led to its state.
pub struct Again<'s> {
    scenario: &'s Scenario,
    from: Option<Time>,
    watch: Watch,
    order: Vec<Choice>,
    /// The run itself, while it is needed: it holds a copy of the program.
    run: Option<Simulation<'s, Piped>>,
}

impl<'s> Again<'s> {
    /// A run before its first choice.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn begin(scenario: &'s Scenario, from: Option<Time>, watch: Watch) -> Result<Self, SimulationError> {
        let mut again = Again { scenario, from, watch, order: Vec::new(), run: None };
        again.wake()?;
        Ok(again)
    }
}

impl<'s> Orders<'s> for Again<'s> {
    fn wake(&mut self) -> Result<(), SimulationError> {
        if self.run.is_some() {
            return Ok(());
        }
        let mut run = Simulation::<Piped>::in_memory(Memory::default(), self.scenario, self.watch);
        run.master_mut().keep_history();
        run.ignore_times(self.from)?;
        self.order.iter().try_for_each(|choice| run.perform_choice(*choice))?;
        self.run = Some(run);
        Ok(())
    }

    fn fork(&self) -> Box<dyn Orders<'s> + 's> {
        let Again { scenario, from, watch, ref order, .. } = *self;
        Box::new(Again { scenario, from, watch, order: order.clone(), run: None })
    }

    fn perform(&mut self, choice: Choice) -> Result<(), SimulationError> {
        self.wake()?;
        self.order.push(choice);
        self.run.as_mut().expect("it is awake").perform_choice(choice)
    }

    fn view(&self) -> View<'_> {
        self.run.as_ref().expect("it is awake").view()
    }

    fn apart(self: Box<Self>) -> Box<dyn Apart<'s> + 's> {
        let Again { scenario, from, watch, run, .. } = *self;
        Box::new(PipedApart::new(scenario, from, watch, run.expect("it is awake")))
    }
}
