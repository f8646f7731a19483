//! A run of a program whose times are ignored, taken apart.
//!
//! The state of a process is what it was asked so far: a program answers the same to the same, and keeps its processes apart.
//! So a process can be asked in any run of the program in which it was asked the same before. A program that has snapshots
//! goes back to one of such a run. With any other, a run is done again.

use super::piped::Piped;
use crate::link::{Incarnation, Item, LaneId};
use crate::process::{Handle, Process, Saved};
use crate::scenario::Scenario;
use crate::simulation::{Alone, Apart, Bare, Memory, Part, Simulation};
use crate::time::Time;
use crate::world::{Choice, SimulationError, View, Watch};
use std::sync::Arc;

/// A process, with its open calls.
struct Kept {
    process: Piped,
    calls: Vec<(Handle, u64)>,
    /// A state of the program in which the process is in its state, if the program has snapshots.
    saved: Option<Arc<Snapshot>>,
}

/// A state of the program.
struct Snapshot {
    saved: Saved,
    /// How many contexts had lived.
    contexts: u32,
}

/// A run of a program, taken apart.
pub(super) struct PipedApart<'s> {
    scenario: &'s Scenario,
    from: Option<Time>,
    watch: Watch,
    alone: Alone<'s, Piped>,
    /// The master at the start. It holds the copy of the program.
    master: Piped,
    /// The state that the program must be in for the process that was put in.
    needed: Option<Option<Arc<Snapshot>>>,
    /// The state that the program is in, if that was saved.
    now: Option<Arc<Snapshot>>,
}

impl<'s> PipedApart<'s> {
    /// A run, to be taken apart.
    pub fn new(scenario: &'s Scenario, from: Option<Time>, watch: Watch, mut run: Simulation<'s, Piped>) -> Self {
        let master = run.master_mut().clone();
        let alone = Alone::new(run, master.without_program());
        PipedApart { scenario, from, watch, alone, master, needed: None, now: None }
    }

    /// Does the run again.
    fn again(&mut self, order: &[Choice]) -> Result<(), SimulationError> {
        let mut run = Simulation::in_memory(Memory::with_master(self.master.clone()), self.scenario, self.watch);
        run.master_mut().keep_history();
        run.ignore_times(self.from)?;
        order.iter().try_for_each(|choice| run.perform_choice(*choice))
    }
}

impl<'s> Apart<'s> for PipedApart<'s> {
    fn reset(&mut self, bare: &Bare, next_step: usize) {
        self.alone.reset(bare, next_step);
        // The newborn join it.
        *self.alone.process(Incarnation::MASTER) = self.master.clone();
        self.needed = None;
    }

    fn put(&mut self, context: Incarnation, part: &Part) {
        let kept: &Kept = part.downcast_ref().expect("all processes of an exploration have one type");
        self.alone.put(context, kept.process.hosted_as(&self.master), &kept.calls);
        self.needed = Some(kept.saved.clone());
    }

    fn put_item(&mut self, lane: LaneId, item: &Item, copies: u64) {
        self.alone.put_item(lane, item, copies);
    }

    fn perform(&mut self, choice: Choice, order: &dyn Fn() -> Vec<Choice>) -> Result<(), SimulationError> {
        match self.needed.take() {
            // No process is asked.
            None => {}
            Some(None) => self.again(&order())?,
            Some(Some(snapshot)) => {
                if self.now.as_ref().is_none_or(|now| !Arc::ptr_eq(now, &snapshot)) {
                    self.master.restore(&snapshot.saved).map_err(SimulationError::Failed)?;
                }
                let topology = self.alone.view().world.topology();
                self.master.have_lived(topology.contexts().map(|context| topology.id(context)));
                // There, the number of the next context may be that of another one.
                let next = topology.len() as u32;
                if next < snapshot.contexts {
                    self.master.forget_process(next);
                }
            }
        }
        self.now = None;
        self.alone.perform(choice)
    }

    fn bare(&self) -> Bare {
        self.alone.bare()
    }

    fn take(&mut self, context: Incarnation, bytes: &mut Vec<u8>) -> Result<Option<Part>, SimulationError> {
        if self.now.is_none() {
            self.now = match self.master.save().map_err(SimulationError::Failed)? {
                Saved::Impossible => None,
                saved => Some(Arc::new(Snapshot { saved, contexts: self.alone.view().world.topology().len() as u32 })),
            };
        }
        let process = self.alone.process(context).without_program();
        bytes.clear();
        bytes.extend(process.history().to_le_bytes());
        let calls = self.alone.calls(context, bytes);
        Ok(Some(Arc::new(Kept { process, calls, saved: self.now.clone() })))
    }

    fn view(&self) -> View<'_> {
        self.alone.view()
    }
}
