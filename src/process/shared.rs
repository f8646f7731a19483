//! Processes that many runs share, so that a fork of a run costs little.

use super::contract::{Birth, Connected, Process, Refused, Request, Settings, Surroundings};
use super::effects::Effects;
use super::family::{Family, Monitor};
use super::ids::{ContextId, Handle, StreamId, TimerId};
use super::message::Message;
use super::name::Names;
use super::saved::Saved;
use super::state::StateWriter;
use crate::time::Time;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A process that is copied only when it changes. A clone is as cheap as a pointer, so a fork of a run costs little beside
/// the process that acts in it.
#[derive(Clone, Debug)]
pub struct Shared<P> {
    process: Arc<P>,
    /// A number for its state, as long as that is known.
    code: Option<NonZeroU32>,
}

impl<P: Process> Shared<P> {
    fn new(process: P) -> Self {
        Shared { process: Arc::new(process), code: None }
    }

    /// The process, to change it.
    fn change(&mut self) -> &mut P {
        self.code = None;
        Arc::make_mut(&mut self.process)
    }

    /// The number of the state. If it is not known, `find` says it, and it is kept until the process changes. `find` can put
    /// another process that is in the same state in the place of this one, so that equal ones are kept once.
    pub fn code(&mut self, find: impl FnOnce(&mut Arc<P>) -> NonZeroU32) -> NonZeroU32 {
        *self.code.get_or_insert_with(|| find(&mut self.process))
    }
}

impl<P: Process> Process for Shared<P> {
    type Config = P::Config;

    const STARTS: bool = P::STARTS;

    fn family() -> &'static dyn Family {
        P::family()
    }

    fn config(monitor: Monitor, settings: Settings) -> Self::Config {
        P::config(monitor, settings)
    }

    fn root(config: Self::Config) -> Self {
        Shared::new(P::root(config))
    }

    fn child(birth: Birth, config: Self::Config) -> Self {
        Shared::new(P::child(birth, config))
    }

    fn join(&mut self, master: &Self) {
        self.change().join(&master.process);
    }

    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().handle_start(around, effects);
    }

    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId {
        self.change().handle_connect(child, around, effects)
    }

    fn handle_message(&mut self, message: Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().handle_message(message, on, around, effects);
    }

    fn handle_disconnect(&mut self, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().handle_disconnect(on, around, effects);
    }

    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().handle_timer(timer, around, effects);
    }

    fn request(
        &mut self,
        request: Request,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused> {
        self.change().request(request, around, effects)
    }

    fn release(&mut self, stream: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().release(stream, around, effects);
    }

    fn save(&mut self) -> Result<Saved, Box<str>> {
        self.change().save()
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Box<str>> {
        self.change().restore(saved)
    }

    fn outlives_parent(&self) -> bool {
        self.process.outlives_parent()
    }

    fn is_shutting_down(&self) -> bool {
        self.process.is_shutting_down()
    }

    fn route(&self, to: ContextId) -> Option<StreamId> {
        self.process.route(to)
    }

    fn route_count(&self) -> usize {
        self.process.route_count()
    }

    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId)) {
        self.process.each_route(f);
    }

    fn peer(&self, stream: StreamId) -> ContextId {
        self.process.peer(stream)
    }

    fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        self.process.write_state(now, state);
    }

    fn frame_len(&self, message: &Message, names: &Names) -> u64 {
        self.process.frame_len(message, names)
    }
}
