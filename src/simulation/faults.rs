//! What is beyond the core of the model: keepalives, graceful shutdown, and contexts that leave their parent.
//!
//! Keepalive: an end of a link that has heard nothing for `interval` times `count`, while no probe of it could be
//! answered in that time, closes as if its peer had. Probes are not simulated one by one: a link answers none while it
//! is partitioned (one direction is enough), or while the round trip, with what waits for its bandwidth, is longer.
//!
//! Shutdown and detach are ports of `Broker._broker_main` and `ExternalContext.detach`, as far as routing sees them.

use super::{Due, Simulation};
use crate::link::{Direction, Ends, Incarnation, LaneId};
use crate::protocol::{ContextId, Data, Handle, Message, StreamId};
use crate::time::Span;
use crate::trace::{Record, Skip};

/// How long a child waits for its own children, once it is told to shut down; `Broker.shutdown_timeout`.
const GRACE_CHILD: Span = Span::from_ms(3_000);

/// The same, of the master.
const GRACE_MASTER: Span = Span::from_ms(5_000);

impl Simulation<'_> {
    /// Sets the timers of the keepalives of a link anew, after something about it has changed.
    pub(super) fn watch(&mut self, child: Incarnation) {
        let Some(dynamics) = self.dynamics.get_mut(child) else { return };
        let parent = self.topology.parent_of(child);
        for (direction, at) in dynamics.watch(self.topology.link(child), self.clock) {
            let (owner, from) = match direction {
                Direction::Down => (parent, child),
                Direction::Up => (child, parent),
            };
            self.schedule_timer(at, owner, from, Due::Keepalive(LaneId::new(child, direction)));
        }
    }

    /// The end that sends on `lane` gives up.
    pub(super) fn time_out(&mut self, lane: LaneId) {
        let child = lane.child();
        // The end that sends on the lane is the one that did not hear the other.
        let Ends { to: from, from: ctx } = self.topology.ends(lane);
        let (context, stream) = match lane.direction() {
            Direction::Down => (self.topology.parent_of(child), self.stream_to(child)),
            Direction::Up => (child, StreamId::PARENT),
        };
        self.happened.records.push(Record::Timeout { ctx, from });
        self.lose(context, stream, child);
    }

    /// A context tells another to shut down. It may be dead already: who tells it can not know.
    pub(super) fn shutdown(&mut self, id: ContextId, from: ContextId) -> Result<(), Skip> {
        let sender = self.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        if self.alive(id).is_some_and(|context| self.grace.contains_key(&context)) {
            return Err(Skip::AlreadyShuttingDown(id));
        }
        let (router, effects) = self.process(sender);
        router.send(id, Handle::SHUTDOWN, Data::default(), effects);
        self.drain(sender);
        Ok(())
    }

    /// Port of `ExternalContext._on_shutdown_msg`, behind its policy `has_parent_authority`.
    pub(super) fn on_shutdown(&mut self, context: Incarnation, message: &Message) {
        let has_authority = self.has_parent_authority(context, message.auth);
        if !has_authority {
            let (router, effects) = self.process(context);
            return router.refuse(message, effects);
        }
        if message.is_dead() || self.grace.contains_key(&context) {
            return;
        }
        let ctx = self.id(context);
        self.happened.records.push(Record::Shutdown { ctx });
        let (router, effects) = self.process(context);
        router.shut_down_children(effects);
        let grace = if context == Incarnation::MASTER { GRACE_MASTER } else { GRACE_CHILD };
        if let Some(at) = self.clock.checked_add(grace) {
            self.grace.insert(context, at);
            self.schedule_timer(at, context, context, Due::Grace(context));
        }
        self.finish_if_childless(context);
    }

    /// Port of `has_parent_authority`: the context itself, or one that was above it at its birth.
    fn has_parent_authority(&self, context: Incarnation, auth: ContextId) -> bool {
        let mut lineage = self.topology.lineage(context).map(|ancestor| self.topology.id(ancestor));
        lineage.next() == Some(auth) || !self.detached.contains(&context) && lineage.any(|id| id == auth)
    }

    /// A context that is shutting down, and has no child left, is done; the master waits for nothing either, but lives.
    pub(super) fn finish_if_childless(&mut self, context: Incarnation) {
        if self.grace.contains_key(&context) && self.children(context).next().is_none() {
            self.finish_shutdown(context);
        }
    }

    /// The end of `Broker._broker_main`: what is still open is disconnected by force, children first, while the way up
    /// is open; then the process ends.
    pub(super) fn finish_shutdown(&mut self, context: Incarnation) {
        self.grace.remove(&context);
        let children: Vec<_> = self.children(context).collect();
        for child in children {
            if self.processes.is_alive(context) {
                self.lose(context, self.stream_to(child), child);
            }
        }
        if context == Incarnation::MASTER || !self.processes.is_alive(context) {
            return;
        }
        if self.topology.link(context).sender_is_open(Direction::Up) {
            let (router, effects) = self.process(context);
            // A parent's stream has no listener that raises.
            let _ = router.handle_disconnect(StreamId::PARENT, effects);
            self.drain(context);
        }
        self.die(context);
    }

    /// Port of `ExternalContext.detach`: ask the parent first.
    pub(super) fn detach_step(&mut self, id: ContextId) -> Result<(), Skip> {
        let context = self.alive_child(id)?;
        if !self.detached.insert(context) {
            return Err(Skip::AlreadyDetached(id));
        }
        let parent = self.id(self.topology.parent_of(context));
        let (router, effects) = self.process(context);
        let handle = router.call(parent, Handle::DETACHING, Data::default(), effects);
        self.detaching.insert((context, handle));
        self.drain(context);
        Ok(())
    }

    /// Port of `parent.Router._on_detaching`: the parent marks the child, once, and says so.
    pub(super) fn on_detaching(&mut self, context: Incarnation, message: &Message) {
        if !message.is_dead() {
            let (router, effects) = self.process(context);
            router.reply(message, effects);
        }
    }

    /// The parent's answer is there (a dead one is no leave): the context closes its stream, and lives on.
    pub(super) fn on_leave(&mut self, context: Incarnation, is_dead: bool) {
        let is_open = self.topology.link(context).sender_is_open(Direction::Up);
        if is_open && !is_dead {
            self.become_root(context);
        }
    }

    /// Port of `_on_parent_disconnect` of a detached context.
    pub(super) fn become_root(&mut self, context: Incarnation) {
        let ctx = self.id(context);
        let (router, effects) = self.process(context);
        router.leave_parent();
        let _ = router.handle_disconnect(StreamId::PARENT, effects);
        self.happened.records.push(Record::Detached { ctx });
        self.drain(context);
        self.close(LaneId::new(context, Direction::Up));
    }
}
