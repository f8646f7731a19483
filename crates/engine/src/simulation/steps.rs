//! The steps of a scenario, as `docs/model.md` defines them.

use super::Simulation;
use crate::link::{Direction, Incarnation};
use crate::process::{Connected, ContextId, Process, Refused, Request, Surroundings};
use crate::scenario::{Action, Connect, Step};
use crate::trace::{Record, Skip};
use crate::world::TruthChange;

impl<P: Process> Simulation<'_, P> {
    pub(super) fn take_step(&mut self, step: &Step) {
        let done = match &step.action {
            Action::Connect(connect) => self.connect(connect),
            Action::Kill { id } => self.kill(*id),
            Action::Disconnect { id } => self.disconnect(*id),
            Action::Partition { id, ways } => self.world.partition(*id, *ways),
            Action::Heal { id } => self.world.heal(*id),
            Action::Slow { id, factor } => self.world.slow(*id, *factor),
            Action::Shutdown { id, from } => self.shutdown(*id, *from),
            Action::Detach { id } => self.detach(*id),
            Action::Send { from, to, data } => self.originate(*from, Request::Send { to: *to, data: *data }),
            Action::Call { from, to, data } => self.originate(*from, Request::Call { to: *to, data: *data }),
        };
        if let Err(why) = done {
            self.world.happened.skipped = Some(why);
            self.world.happened.records.push(Record::Skipped { why });
        }
    }

    fn connect(&mut self, connect: &Connect) -> Result<(), Skip> {
        let Connect { id, parent: parent_id, name, link } = *connect;
        let world = &mut self.world;
        if world.alive(id).is_some() {
            return Err(Skip::AlreadyAlive(id));
        }
        let parent = world.alive(parent_id).ok_or(Skip::ParentNotAlive(parent_id))?;
        let was_used = world.last_incarnation(id).is_some();
        let child = world.add(parent, id, link);
        if world.topology.is_attached(child) {
            let change = TruthChange::Connected { context: child, is_first_life: !was_used };
            world.happened.truth_changes.push(change);
        }
        let slot = self.slot(parent);
        let world = &self.world;
        // A new id cannot be that of an ancestor, so most connects need no walk.
        let is_ancestor = |other| (other != id || was_used) && world.has_ancestor(parent, other);
        let around = Surroundings::new(world.clock(), world.names(), &is_ancestor);
        let connected = Connected { id, name, token: child.0 };
        let stream = self.processes.get_mut(slot).handle_connect(connected, around, &mut self.effects);
        self.world.topology.link_mut(child).parent_stream = stream;
        self.drain(parent);
        if P::STARTS && self.world.is_alive(child) {
            self.ask(child, P::handle_start);
            self.drain(child);
        }
        Ok(())
    }

    fn kill(&mut self, id: ContextId) -> Result<(), Skip> {
        let context = self.world.alive_child(id)?;
        self.die(context);
        Ok(())
    }

    fn disconnect(&mut self, id: ContextId) -> Result<(), Skip> {
        let child = self.world.alive_child(id)?;
        let link = self.world.topology.link(child);
        if !link.sender_is_open(Direction::Down) {
            return Err(Skip::ParentEndClosed(id));
        }
        self.lose(self.world.topology.parent_of(child), link.parent_stream, child);
        Ok(())
    }

    /// A context tells another one to shut down. That one may be dead already, which the sender cannot know.
    fn shutdown(&mut self, id: ContextId, from: ContextId) -> Result<(), Skip> {
        let sender = self.world.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        let is_at_it = |context: Incarnation| {
            let slot = self.world.lives.get(context).slot();
            slot.is_some_and(|slot| self.processes.get(slot).is_shutting_down())
        };
        if self.world.alive(id).is_some_and(is_at_it) {
            return Err(Skip::AlreadyShuttingDown(id));
        }
        self.request(sender, Request::Shutdown { to: id }, Skip::Unknown(from))
    }

    fn detach(&mut self, id: ContextId) -> Result<(), Skip> {
        let context = self.world.alive_child(id)?;
        self.request(context, Request::Detach, Skip::AlreadyDetached(id))
    }

    fn originate(&mut self, from: ContextId, request: Request) -> Result<(), Skip> {
        let context = self.world.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        self.request(context, request, Skip::Unknown(from))
    }

    /// Asks a process to do something on its own initiative. If the process answers that it already has, the step is
    /// skipped for `already`.
    fn request(&mut self, context: Incarnation, request: Request, already: Skip) -> Result<(), Skip> {
        let done = self.ask(context, |process, around, effects| process.request(request, around, effects));
        if done.is_err() {
            self.effects.forget();
        }
        let handle = done.map_err(|refused| match refused {
            Refused::Already => already,
            Refused::Unknown => Skip::Unknown(self.world.id(context)),
        })?;
        if let Some(handle) = handle {
            self.world.open_call(context, handle);
        }
        self.drain(context);
        Ok(())
    }
}
