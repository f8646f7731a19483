//! A run whose times are ignored, taken apart, so that a piece of it can be tried without the rest.
//!
//! What a choice does follows from little: the contexts and links, the process that is asked, and the item that arrives or the
//! step that is taken. So it is tried in a run that has nothing else. The other processes are blank, and the lanes are
//! empty. What is there afterwards is what the choice has done in every run that has these parts.

use super::Simulation;
use crate::link::{Incarnation, Item, LaneId};
use crate::process::{Handle, Process, Shared, StateWriter};
use crate::world::{BareWorld, Choice, SimulationError, View, World, write_what};
use std::any::Any;
use std::sync::Arc;

/// The part of a run that one context is: its process, and its open calls. Only runs of the same exploration can use it.
pub type Part = Arc<dyn Any + Send + Sync>;

/// The contexts and links of a run, without processes, without calls, and with nothing on the lanes.
#[derive(Debug)]
pub struct Bare {
    world: BareWorld,
    slots: usize,
    free: Vec<usize>,
}

impl Bare {
    /// The contexts and links.
    pub fn world(&self) -> &BareWorld {
        &self.world
    }
}

/// Writes what makes the contexts and links of a world differ from other ones to `bytes`.
pub fn write_links(world: &World<'_>, bytes: &mut Vec<u8>) {
    let mut state = StateWriter::in_memory(std::mem::take(bytes));
    world.write_links(&mut state);
    *bytes = state.into_bytes().expect("links without dynamics are known");
}

/// Writes what makes an item differ from other ones to `bytes`.
pub fn write_item(item: &Item, bytes: &mut Vec<u8>) {
    let mut state = StateWriter::in_memory(std::mem::take(bytes));
    write_what(&mut state, item);
    *bytes = state.into_bytes().expect("items are known");
}

/// A run whose times are ignored, taken apart.
pub trait Apart<'s>: Send {
    /// Begins anew with these contexts and links, before the step at `next_step`.
    fn reset(&mut self, bare: &Bare, next_step: usize);

    /// Puts a context in.
    fn put(&mut self, context: Incarnation, part: &Part);

    /// Puts copies of an item on a lane, behind all others.
    fn put_item(&mut self, lane: LaneId, item: &Item, copies: u64);

    /// Makes one of the choices come next. All that it needs was put in. `order` is the choices that lead to some run from
    /// its start that has all these parts.
    ///
    /// # Errors
    /// See [`SimulationError`]. Only [`reset`](Self::reset) may follow.
    fn perform(&mut self, choice: Choice, order: &dyn Fn() -> Vec<Choice>) -> Result<(), SimulationError>;

    /// The contexts and links.
    fn bare(&self) -> Bare;

    /// The part that a context is. It must have been put in, or born since. Writes what makes it differ from other ones to
    /// `bytes`. `None` if that is not known.
    ///
    /// # Errors
    /// If a process that is elsewhere cannot say.
    fn take(&mut self, context: Incarnation, bytes: &mut Vec<u8>) -> Result<Option<Part>, SimulationError>;

    /// The run.
    fn view(&self) -> View<'_>;
}

/// A run of processes of type `P`, taken apart.
pub struct Alone<'s, P: Process> {
    run: Simulation<'s, P>,
    /// Stands for a process that was not put in.
    blank: P,
}

impl<'s, P: Process> Alone<'s, P> {
    /// A run, to be taken apart. `blank` stands for a process that was not put in.
    pub fn new(run: Simulation<'s, P>, blank: P) -> Self {
        Alone { run, blank }
    }

    /// Begins anew with these contexts and links, before the step at `next_step`.
    pub fn reset(&mut self, bare: &Bare, next_step: usize) {
        self.run.world.become_bare(&bare.world);
        self.run.world.set_next_step(next_step);
        self.run.processes.lay_out(bare.slots, &bare.free, &self.blank);
        self.run.effects.forget();
    }

    /// The contexts and links.
    pub fn bare(&self) -> Bare {
        let (slots, free) = self.run.processes.layout();
        Bare { world: self.run.world.bare(), slots, free: free.to_vec() }
    }

    /// The process of a context that has one.
    pub fn process(&mut self, context: Incarnation) -> &mut P {
        let slot = self.run.world.lives.get(context).slot().expect("the context has a process");
        self.run.processes.get_mut(slot)
    }

    /// Makes one of the choices come next.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn perform(&mut self, choice: Choice) -> Result<(), SimulationError> {
        self.run.perform_choice(choice)
    }

    /// The run, to look at.
    pub fn view(&self) -> View<'_> {
        self.run.view()
    }

    /// The open calls of a context. Appends them to what makes its part differ from other ones.
    pub fn calls(&self, context: Incarnation, bytes: &mut Vec<u8>) -> Vec<(Handle, u64)> {
        let calls: Vec<_> = self.run.world.calls_of(context).collect();
        for (handle, place) in &calls {
            bytes.extend(handle.0.to_le_bytes());
            bytes.extend(place.to_le_bytes());
        }
        bytes.extend((calls.len() as u32).to_le_bytes());
        calls
    }

    /// Puts a process in, with its open calls.
    pub fn put(&mut self, context: Incarnation, process: P, calls: &[(Handle, u64)]) {
        *self.process(context) = process;
        for (handle, place) in calls {
            self.run.world.put_call(context, *handle, *place);
        }
    }

    /// Puts copies of an item on a lane, behind all others.
    pub fn put_item(&mut self, lane: LaneId, item: &Item, copies: u64) {
        self.run.world.put_item(lane, item, copies);
    }
}

/// A process with its open calls.
struct Kept<P> {
    process: Shared<P>,
    calls: Vec<(Handle, u64)>,
}

impl<'s, P: Process> Apart<'s> for Alone<'s, Shared<P>> {
    fn reset(&mut self, bare: &Bare, next_step: usize) {
        Alone::reset(self, bare, next_step);
    }

    fn put(&mut self, context: Incarnation, part: &Part) {
        let kept: &Kept<P> = part.downcast_ref().expect("all processes of an exploration have one type");
        Alone::put(self, context, kept.process.clone(), &kept.calls);
    }

    fn put_item(&mut self, lane: LaneId, item: &Item, copies: u64) {
        Alone::put_item(self, lane, item, copies);
    }

    fn perform(&mut self, choice: Choice, _order: &dyn Fn() -> Vec<Choice>) -> Result<(), SimulationError> {
        let world = &self.run.world;
        let slots = world.topology.contexts().filter_map(|context| Some((context, world.lives.get(context).slot()?)));
        let is_blank = |slot| self.run.processes.get(slot).is_same(&self.blank);
        let blank: Vec<Incarnation> = slots.filter(|(_, slot)| is_blank(*slot)).map(|(context, _)| context).collect();
        Alone::perform(self, choice)?;
        for context in blank {
            let slot = self.run.world.lives.get(context).slot();
            let is_left_alone = slot.is_none_or(|slot| self.run.processes.get(slot).is_same(&self.blank));
            assert!(is_left_alone, "a choice asks only the process that it is for");
        }
        Ok(())
    }

    fn bare(&self) -> Bare {
        Alone::bare(self)
    }

    fn take(&mut self, context: Incarnation, bytes: &mut Vec<u8>) -> Result<Option<Part>, SimulationError> {
        let now = self.run.world.clock();
        let process = self.process(context).clone();
        assert!(!process.is_same(&self.blank), "a context must be put in before it is taken");
        let mut state = StateWriter::without_records(std::mem::take(bytes));
        process.write_state(now, &mut state);
        let Some(state) = state.into_bytes() else { return Ok(None) };
        *bytes = state;
        let calls = self.calls(context, bytes);
        Ok(Some(Arc::new(Kept { process, calls })))
    }

    fn view(&self) -> View<'_> {
        Alone::view(self)
    }
}
