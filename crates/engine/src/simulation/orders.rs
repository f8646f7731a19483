//! A run whose times are ignored: what can come next, and what follows if one of these comes.

use super::apart::{Alone, Apart};
use super::{Progress, Simulation};
use crate::event_queue::EventKey;
use crate::process::{Effects, Process, Shared};
use crate::time::Time;
use crate::world::{Choice, SimulationError, View, What};

/// A run whose times are ignored.
pub trait Orders<'s>: Send {
    /// A run of its own that is in the same state.
    fn fork(&self) -> Box<dyn Orders<'s> + 's>;

    /// Gets ready to be asked. A run that was forked must do so before its view is looked at, unless something was performed.
    ///
    /// # Errors
    /// See [`SimulationError`].
    fn wake(&mut self) -> Result<(), SimulationError> {
        Ok(())
    }

    /// Makes one of the choices come next. A run that has just been forked is ready for this.
    ///
    /// # Errors
    /// See [`SimulationError`]. The run cannot go on after one.
    fn perform(&mut self, choice: Choice) -> Result<(), SimulationError>;

    /// The run, right after the last choice.
    fn view(&self) -> View<'_>;

    /// Everything that can come next: the step first, then the lanes in the order of their numbers. If there is nothing, the
    /// run is over.
    fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        self.view().world.each_choice(|choice| choices.push(choice));
        choices
    }

    /// The run, to be taken apart.
    fn apart(self: Box<Self>) -> Box<dyn Apart<'s> + 's>;
}

impl<P: Process> Simulation<'_, P> {
    /// Lets everything happen that is due before `from`, as in any run, and ignores times after that.
    ///
    /// # Errors
    /// As for [`step`](Self::step), and if a timer is set by then.
    pub(crate) fn ignore_times(&mut self, from: Option<Time>) -> Result<(), SimulationError> {
        let mut calls = Vec::new();
        if let Some(from) = from {
            self.repeats = None;
            while self.world.next_due().is_some_and(|(key, _)| key.time < from) {
                if !matches!(self.step()?, Progress::Event { .. }) {
                    break;
                }
                let happened = self.world.happened();
                if let (Some(_), Some(What::Step(place))) = (happened.call, happened.what) {
                    calls.push(place);
                }
            }
        }
        self.repeats = None;
        self.world.ignore_times(&calls)
    }

    /// The master's process.
    #[cfg(feature = "programs")]
    pub(crate) fn master_mut(&mut self) -> &mut P {
        self.processes.get_mut(0)
    }

    /// Makes `choice` come next. It must be one of the world's.
    pub(crate) fn perform_choice(&mut self, choice: Choice) -> Result<(), SimulationError> {
        self.world.happened.clear();
        self.is_quiet = false;
        self.times = 1;
        let place = self.world.next_step();
        let key = EventKey::step(self.world.clock(), place as u64);
        match choice {
            Choice::Step => self.do_step(key, place),
            Choice::Arrival(lane) => {
                self.world.begin_event(key, What::Arrival(lane), 1);
                self.arrive(lane, self.world.topology.ends(lane));
            }
        }
        if self.world.error.is_some() || self.effects.has_failed() {
            return Err(self.take_error());
        }
        Ok(())
    }
}

impl<'a, P: Process> Simulation<'a, Shared<P>> {
    fn fork_shared(&self) -> Simulation<'a, Shared<P>> {
        Simulation {
            world: self.world.fork(),
            processes: self.processes.clone(),
            effects: Effects::default(),
            times: 1,
            is_quiet: false,
            sent_on: Box::default(),
            repeats: None,
        }
    }
}

impl<'a, P: Process> Orders<'a> for Simulation<'a, Shared<P>> {
    fn fork(&self) -> Box<dyn Orders<'a> + 'a> {
        Box::new(self.fork_shared())
    }

    fn perform(&mut self, choice: Choice) -> Result<(), SimulationError> {
        self.perform_choice(choice)
    }

    fn view(&self) -> View<'_> {
        Simulation::view(self)
    }

    fn apart(self: Box<Self>) -> Box<dyn Apart<'a> + 'a> {
        let blank = self.processes.get(0).copied();
        Box::new(Alone::new(*self, blank))
    }
}
