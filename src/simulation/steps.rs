//! The steps of a scenario, each as MODEL.md (section 3) says, or as the documentation of [`Action`] does.

use super::{ANSWER_HANDLE, Change, Simulation, TruthChange};
use crate::link::{Direction, Dynamics, Incarnation, Link};
use crate::protocol::{ContextId, Crashed, Data};
use crate::scenario::{Action, Connect, LinkId, Step, Ways};
use crate::trace::{Record, Skip};

impl Simulation<'_> {
    pub(super) fn take_step(&mut self, step: &Step) {
        let done = match &step.action {
            Action::Connect(connect) => self.connect(connect),
            Action::Kill { id } => self.kill(*id),
            Action::Disconnect { id } => self.disconnect(*id),
            Action::Partition { id, ways } => self.partition(*id, *ways),
            Action::Heal { id } => self.heal(*id),
            Action::Slow { id, factor } => self.slow(*id, *factor),
            Action::Shutdown { id, from } => self.shutdown(*id, *from),
            Action::Detach { id } => self.detach_step(*id),
            Action::Send { from, to, data } => self.send(*from, *to, *data),
            Action::Call { from, to, data } => self.call(*from, *to, *data),
        };
        if let Err(why) = done {
            self.happened.records.push(Record::Skipped { why });
        }
    }

    pub(super) fn alive(&self, id: ContextId) -> Option<Incarnation> {
        self.last_incarnation(id).filter(|context| self.processes.is_alive(*context))
    }

    pub(super) fn alive_child(&self, id: ContextId) -> Result<Incarnation, Skip> {
        if id == ContextId::MASTER {
            return Err(Skip::Master);
        }
        self.alive(id).ok_or(Skip::NotAlive(id))
    }

    fn connect(&mut self, connect: &Connect) -> Result<(), Skip> {
        let Connect { id, parent: parent_id, name, link } = *connect;
        if self.alive(id).is_some() {
            return Err(Skip::AlreadyAlive(id));
        }
        let parent = self.alive(parent_id).ok_or(Skip::ParentNotAlive(parent_id))?;
        // A first life can not have its own id above it, so most connects need no walk.
        let was_used = self.last_incarnation(id).is_some();
        let remote_is_ancestor =
            was_used && self.topology.lineage(parent).skip(1).any(|ancestor| self.topology.id(ancestor) == id);
        let child = self.add(parent, id, link);
        if self.topology.is_attached(child) {
            let change = TruthChange::Connected { context: child, is_first_life: !was_used };
            self.happened.truth_changes.push(change);
        }
        let (router, effects) = self.process(parent);
        let connected = router.handle_connect(id, name, child.0, remote_is_ancestor, effects);
        if let Ok(stream) = connected {
            self.topology.link_mut(child).parent_stream = stream;
        }
        self.drain(parent);
        if connected == Err(Crashed) {
            self.crash(parent);
        }
        Ok(())
    }

    /// One more context, and its link.
    fn add(&mut self, parent: Incarnation, id: ContextId, link: LinkId) -> Incarnation {
        let child = self.topology.connect(parent, id, Link::new(link));
        self.processes.add();
        self.note_change(Change::Born { context: child, is_attached: self.topology.is_attached(child) });
        let options = self.scenario.catalog.link_options(link);
        if Dynamics::are_needed(options) {
            self.dynamics.insert(child, Box::new(Dynamics::new(*options)));
        }
        if child.0 == id.0 {
            self.last_incarnation.remove(id);
        } else {
            self.last_incarnation.insert(id, child);
        }
        child
    }

    fn kill(&mut self, id: ContextId) -> Result<(), Skip> {
        let context = self.alive_child(id)?;
        self.die(context);
        Ok(())
    }

    fn disconnect(&mut self, id: ContextId) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        let link = self.topology.link(child);
        if !link.sender_is_open(Direction::Down) {
            return Err(Skip::ParentEndClosed(id));
        }
        self.lose(self.topology.parent_of(child), link.parent_stream, child);
        Ok(())
    }

    fn partition(&mut self, id: ContextId, ways: Ways) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        if !self.topology.link_mut(child).partition(Direction::of(ways)) {
            return Err(Skip::AlreadyPartitioned(id));
        }
        self.note_change(Change::Partitioned { link: child, ways });
        self.is_queue_exact = false;
        let partitioned = self.partitioned.entry(id).or_default();
        if !partitioned.contains(&child) {
            partitioned.push(child);
        }
        self.watch(child);
        Ok(())
    }

    fn heal(&mut self, id: ContextId) -> Result<(), Skip> {
        for child in self.partitioned.remove(&id).ok_or(Skip::NotPartitioned(id))? {
            self.topology.link_mut(child).heal();
            self.note_change(Change::Healed(child));
            self.deliver_held(child);
            self.watch(child);
        }
        Ok(())
    }

    fn slow(&mut self, id: ContextId, factor: u32) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        let options = *self.scenario.catalog.link_options(self.topology.link(child).options);
        self.dynamics.get_or_insert_with(child, || Box::new(Dynamics::new(options))).slow(factor);
        self.note_change(Change::Slowed { link: child, factor });
        self.watch(child);
        Ok(())
    }

    fn send(&mut self, from: ContextId, to: ContextId, data: Data) -> Result<(), Skip> {
        let context = self.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        let (router, effects) = self.process(context);
        router.send(to, ANSWER_HANDLE, data, effects);
        self.drain(context);
        Ok(())
    }

    fn call(&mut self, from: ContextId, to: ContextId, data: Data) -> Result<(), Skip> {
        let context = self.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        let (router, effects) = self.process(context);
        let handle = router.call(to, ANSWER_HANDLE, data, effects);
        self.calls_made += 1;
        self.open_calls.insert((context, handle), self.calls_made);
        self.drain(context);
        Ok(())
    }
}
