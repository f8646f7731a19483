//! A run whose times are ignored: what can come next, and what follows if one of these comes.

use super::{Progress, Simulation};
use crate::event_queue::EventKey;
use crate::process::{Effects, Process, Shared, StateWriter};
use crate::time::Time;
use crate::world::{Choice, Codes, SimulationError, View, What, put};
use std::num::NonZeroU32;
use std::sync::Arc;

/// A run whose times are ignored.
pub trait Orders<'s>: Send {
    /// A run of its own that is in the same state.
    fn fork(&self) -> Box<dyn Orders<'s> + 's>;

    /// Gets ready to be asked, after a rest.
    ///
    /// # Errors
    /// See [`SimulationError`].
    fn wake(&mut self) -> Result<(), SimulationError> {
        Ok(())
    }

    /// Gives back what only a run needs that is being asked. Only [`fork`](Self::fork) and [`wake`](Self::wake) may follow.
    fn rest(&mut self) {}

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

    /// Appends the whole state to `key`, and says whether it is known. Two states are equal if their bytes are, with the
    /// same `codes`.
    fn encode(&mut self, codes: &dyn Codes, key: &mut Vec<u8>) -> bool;
}

impl<P: Process> Simulation<'_, P> {
    /// Lets everything happen that is due before `from`, as in any run, and ignores times after that.
    ///
    /// # Errors
    /// As for [`step`](Self::step), and if a timer is set by then.
    pub(crate) fn ignore_times(&mut self, from: Option<Time>) -> Result<(), SimulationError> {
        let mut calls = Vec::new();
        if let Some(from) = from {
            self.search = None;
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
        self.search = None;
        self.world.ignore_times(&calls)
    }

    /// The master's process.
    #[cfg(feature = "cli")]
    pub(crate) fn master_mut(&mut self) -> &mut P {
        self.processes.get_mut(0)
    }

    /// Appends the state to `key`: that of the world, and for each process a number. Says whether all of it is known.
    pub(crate) fn encode_with(
        &mut self,
        codes: &dyn Codes,
        key: &mut Vec<u8>,
        mut code: impl FnMut(&mut P) -> Option<NonZeroU32>,
    ) -> bool {
        self.world.encode(codes, key);
        let mut is_known = true;
        for context in self.world.topology.contexts() {
            let Some(slot) = self.world.lives.get(context).slot() else { continue };
            let code = code(self.processes.get_mut(slot));
            is_known &= code.is_some();
            put(key, code.map_or(0, NonZeroU32::get));
        }
        is_known
    }

    /// Makes `choice` come next. It must be one of the world's.
    pub(crate) fn perform_choice(&mut self, choice: Choice) -> Result<(), SimulationError> {
        self.world.happened.clear();
        self.is_quiet = false;
        self.times = 1;
        let place = self.world.next_step();
        let key = EventKey::step(self.world.clock(), place as u64);
        match choice {
            Choice::Step => {
                self.world.begin_event(key, What::Step(place), 1);
                let step = self.world.begin_step(place);
                self.take_step(&step);
            }
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
            search: None,
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

    fn encode(&mut self, codes: &dyn Codes, key: &mut Vec<u8>) -> bool {
        let now = self.world.clock();
        self.encode_with(codes, key, |shared| {
            let mut is_known = true;
            let code = shared.code(|process| {
                let mut state = StateWriter::in_memory(Vec::with_capacity(512));
                process.write_state(now, &mut state);
                let bytes = state.into_bytes();
                is_known = bytes.is_some();
                let code = codes.code(&bytes.unwrap_or_default());
                if is_known {
                    let kept = codes.kept(code, Arc::<P>::clone(process)).downcast();
                    *process = kept.expect("all processes of an exploration have one type");
                }
                code
            });
            is_known.then_some(code)
        })
    }
}
