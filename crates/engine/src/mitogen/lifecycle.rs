//! Graceful shutdown, and contexts that leave their parent: ports of `Broker._broker_main` and
//! `ExternalContext.detach`, as far as routing sees them.

use super::core::{Raised, Routed};
use super::handles::DETACHING;
use super::life::{GRACE, Life, REAPER};
use super::router::Router;
use super::words::HANDLER_CRASH;
use crate::process::{
    ContextId, Data, Effect, Effects, Exit, Message, Note, Process, Refused, StreamId, Surroundings, TimerId,
};
use crate::time::{Span, Time};

/// How long a child waits for its own children after a SHUTDOWN; `Broker.shutdown_timeout`.
const GRACE_CHILD: Span = Span::from_ms(3_000);

/// The same for the master.
const GRACE_MASTER: Span = Span::from_ms(5_000);

impl Router {
    fn life(&mut self) -> &mut Life {
        self.life.get_or_insert_default()
    }

    fn id(&self) -> ContextId {
        self.core.id()
    }

    /// Port of `ExternalContext._on_shutdown_msg`, behind its policy `has_parent_authority`.
    pub(super) fn on_shutdown(&mut self, message: &Message, around: Surroundings<'_>, effects: &mut Effects) -> Routed {
        if !self.has_parent_authority(message.auth, around) {
            return self.core.refuse(message, effects);
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
        self.finish_if_idle(around.now, effects);
        Routed::Done
    }

    /// Port of `has_parent_authority`: the context itself, or one that was above it at its birth. A context that has left
    /// its parent has nobody above it any more.
    fn has_parent_authority(&self, auth: ContextId, around: Surroundings<'_>) -> bool {
        auth == self.id() || self.core.parent_id().is_some() && around.has_ancestor(auth)
    }

    /// Port of `Broker.keep_alive`: ends a context that is shutting down, has no child left, and has no reaper to wait
    /// for. The master does not wait any longer either, but lives on.
    pub(super) fn finish_if_idle(&mut self, now: Time, effects: &mut Effects) {
        if !self.is_shutting_down() || self.core.children().next().is_some() {
            return;
        }
        let life = *self.life();
        if life.is_reaping(now) {
            life.wait_for_reaper(now).into_iter().for_each(|timer| effects.push(timer));
        } else {
            self.finish_shutdown(now, effects);
        }
    }

    /// A timer is due: the grace is over, or the last reaper is done.
    pub(super) fn on_timer(&mut self, timer: TimerId, now: Time, effects: &mut Effects) {
        if timer == REAPER {
            self.finish_if_idle(now, effects);
        } else {
            self.finish_shutdown(now, effects);
        }
    }

    /// The end of `Broker._broker_main`. Streams that are still open are disconnected by force, children first, while
    /// the way up is open. Then the process ends.
    fn finish_shutdown(&mut self, now: Time, effects: &mut Effects) {
        for timer in [GRACE, REAPER] {
            effects.push(Effect::ClearTimer(timer));
        }
        let children: Vec<StreamId> = self.core.children().collect();
        for stream in children {
            if !self.lose(stream, now, effects) {
                return;
            }
        }
        self.life().end_shutdown();
        if self.id() == ContextId::MASTER {
            return;
        }
        if self.core.parent_id().is_some() {
            self.core.on_stream_disconnect(StreamId::PARENT, effects);
        }
        effects.push(Effect::Exit(Exit::Done));
    }

    /// Port of `Connection._on_streams_disconnected`: a child's stream is lost, and a reaper starts.
    pub(super) fn start_reaper(&mut self, stream: StreamId, now: Time) {
        if self.revision().waits_for_reapers() {
            let is_detached = self.core.stream(stream).is_detached;
            self.life().start_reaper(is_detached, now);
        }
    }

    /// Port of `ExternalContext.detach`: ask the parent first. Returns the message to send, if there is a stream to send
    /// it on: where ids are reused, the entry of the parent's id may be gone.
    pub(super) fn ask_to_leave(&mut self) -> Result<Option<Message>, Refused> {
        if self.outlives_parent() {
            return Err(Refused::Already);
        }
        let parent = self.core.parent_id().ok_or(Refused::Unknown)?;
        self.life().leaves = true;
        self.core.note_change();
        if self.core.parent_route().is_none() {
            return Ok(None);
        }
        let handle = self.core.open_call_on_shared(parent);
        self.core.keep_private(handle);
        Ok(Some(self.core.message(parent, DETACHING, handle, Data::default())))
    }

    /// Port of `parent.Router._on_detaching`: the parent marks the child, once, and says so. Who only looks like a child gets
    /// no answer.
    pub(super) fn on_detaching(&mut self, message: &Message, effects: &mut Effects) -> Routed {
        self.core.note_change();
        if message.is_dead() {
            return Routed::Done;
        }
        match self.core.mark_detached(message.src) {
            Ok(true) => self.core.reply(message).map_or(Routed::Done, Routed::Answer),
            Ok(false) => Routed::Done,
            Err(Raised) => {
                effects.push(Effect::Error(HANDLER_CRASH));
                Routed::Done
            }
        }
    }

    /// The parent has answered. Unless the answer is dead, the context closes its stream and lives on.
    pub(super) fn on_leave(&mut self, is_dead: bool, now: Time, effects: &mut Effects) {
        if self.core.parent_id().is_some() && !is_dead {
            self.lose(StreamId::PARENT, now, effects);
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
