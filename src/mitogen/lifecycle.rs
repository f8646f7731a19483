//! Graceful shutdown, and contexts that leave their parent: ports of `Broker._broker_main` and
//! `ExternalContext.detach`, as far as routing sees them.

use super::core::Routed;
use super::handles::DETACHING;
use super::router::{Lifecycle, Router};
use crate::process::{
    ContextId, Data, Effect, Effects, Exit, Message, Note, Process, Refused, StreamId, Surroundings, TimerId,
};
use crate::time::Span;

/// How long a child waits for its own children after a SHUTDOWN; `Broker.shutdown_timeout`.
const GRACE_CHILD: Span = Span::from_ms(3_000);

/// The same for the master.
const GRACE_MASTER: Span = Span::from_ms(5_000);

/// The timer of that grace period.
const GRACE: TimerId = TimerId(0);

impl Router {
    fn life(&mut self) -> &mut Lifecycle {
        self.life.get_or_insert_default()
    }

    fn id(&self) -> ContextId {
        self.core.id()
    }

    /// Port of `ExternalContext._on_shutdown_msg`, behind its policy `has_parent_authority`.
    pub(super) fn on_shutdown(&mut self, message: &Message, around: Surroundings<'_>, effects: &mut Effects) -> Routed {
        if !self.has_parent_authority(message.auth, around) {
            return self.core.refuse(message);
        }
        if message.is_dead() || self.is_shutting_down() {
            return Routed::Done;
        }
        self.life().shuts_down = true;
        self.core.note_change();
        effects.push(Effect::Note(Note::ShutsDown));
        self.core.shut_down_children(effects);
        let after = if self.id() == ContextId::MASTER { GRACE_MASTER } else { GRACE_CHILD };
        effects.push(Effect::SetTimer { timer: GRACE, after });
        self.finish_if_childless(effects);
        Routed::Done
    }

    /// Port of `has_parent_authority`: the context itself, or one that was above it at its birth.
    fn has_parent_authority(&self, auth: ContextId, around: Surroundings<'_>) -> bool {
        auth == self.id() || !self.outlives_parent() && around.has_ancestor(auth)
    }

    /// Ends a context that is shutting down and has no child left. The master does not wait any longer either, but
    /// lives on.
    pub(super) fn finish_if_childless(&mut self, effects: &mut Effects) {
        if self.is_shutting_down() && self.core.children().next().is_none() {
            self.finish_shutdown(effects);
        }
    }

    /// The end of `Broker._broker_main`. Streams that are still open are disconnected by force, children first, while
    /// the way up is open. Then the process ends.
    pub(super) fn finish_shutdown(&mut self, effects: &mut Effects) {
        self.life().shuts_down = false;
        effects.push(Effect::ClearTimer(GRACE));
        let children: Vec<StreamId> = self.core.children().collect();
        for stream in children {
            if !self.lose(stream, effects) {
                return;
            }
        }
        if self.id() == ContextId::MASTER {
            return;
        }
        if self.core.parent_id().is_some() {
            self.core.on_stream_disconnect(StreamId::PARENT, effects);
        }
        effects.push(Effect::Exit(Exit::Done));
    }

    /// Port of `ExternalContext.detach`: ask the parent first. Returns the message to send.
    pub(super) fn ask_to_leave(&mut self) -> Result<Message, Refused> {
        if self.outlives_parent() {
            return Err(Refused::Already);
        }
        let parent = self.core.parent_id().ok_or(Refused::Unknown)?;
        self.life().leaves = true;
        let handle = self.core.open_call(parent);
        self.core.keep_private(handle);
        Ok(self.core.message(parent, DETACHING, handle, Data::default()))
    }

    /// Port of `parent.Router._on_detaching`: the parent marks the child, once, and says so.
    pub(super) fn on_detaching(&mut self, message: &Message) -> Routed {
        let reply = if message.is_dead() { None } else { self.core.reply(message) };
        self.core.note_change();
        reply.map_or(Routed::Done, Routed::Answer)
    }

    /// The parent has answered. Unless the answer is dead, the context closes its stream and lives on.
    pub(super) fn on_leave(&mut self, is_dead: bool, effects: &mut Effects) {
        if self.core.parent_id().is_some() && !is_dead {
            self.lose(StreamId::PARENT, effects);
        }
    }

    /// Runs the listeners of the parent's stream. For a context that leaves, this is a port of `_on_parent_disconnect`.
    pub(super) fn disconnect_parent(&mut self, effects: &mut Effects) {
        if self.outlives_parent() {
            self.core.leave_parent();
            effects.push(Effect::Note(Note::Detached));
        }
        self.core.on_stream_disconnect(StreamId::PARENT, effects);
    }
}
