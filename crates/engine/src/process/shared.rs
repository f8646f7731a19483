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
use std::sync::Arc;

/// A process that is copied only when it changes. A clone is as cheap as a pointer, so a fork of a run costs little beside
/// the process that acts in it.
#[derive(Clone, Debug)]
pub struct Shared<P>(Arc<P>);

impl<P: Process> Shared<P> {
    fn new(process: P) -> Self {
        Shared(Arc::new(process))
    }

    /// The process, to change it.
    fn change(&mut self) -> &mut P {
        Arc::make_mut(&mut self.0)
    }

    /// An equal process that is not the same.
    pub fn copied(&self) -> Self {
        Shared::new(P::clone(&self.0))
    }

    /// Whether the two are the same process, and none of them has changed since one was cloned from the other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<P: Process> Process for Shared<P> {
    type Config = P::Config;

    const STARTS: bool = P::STARTS;

    const LOOK_AFTER: u64 = P::LOOK_AFTER;

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
        self.change().join(&master.0);
    }

    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        self.change().handle_start(around, effects);
    }

    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId {
        self.change().handle_connect(child, around, effects)
    }

    fn handle_message(&mut self, message: &Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
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
        self.0.outlives_parent()
    }

    fn is_shutting_down(&self) -> bool {
        self.0.is_shutting_down()
    }

    fn route(&self, to: ContextId) -> Option<StreamId> {
        self.0.route(to)
    }

    fn route_count(&self) -> usize {
        self.0.route_count()
    }

    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId)) {
        self.0.each_route(f);
    }

    fn peer(&self, stream: StreamId) -> ContextId {
        self.0.peer(stream)
    }

    fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        self.0.write_state(now, state);
    }

    fn frame_len(&self, message: &Message, names: &Names) -> u64 {
        self.0.frame_len(message, names)
    }
}
