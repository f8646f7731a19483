//! Port of `mitogen.parent.RouteMonitor`, which keeps the route table true by ADD_ROUTE and DEL_ROUTE.
//!
//! This part of the port can be replaced. A changed monitor is a file like this one: a type that implements
//! [`RouteMonitor`] with the methods of [`Core`], and a row in the registry.
//!
//! The only state of the original, `_routes_by_stream`, is in the core's route table, and its `parent` is the core's.
//! Where Mitogen walks a `set` of ids, the order is ascending. Where it walks the streams to retract a route, the order
//! is that of stream numbers. That order cannot be seen, since copies on different links are ordered by their
//! receivers.

use super::core::{Core, Raised};
use super::handles::{ADD_ROUTE, DEL_ROUTE};
use super::log::{NO_ROUTE, TOO_LARGE};
use super::mutation::Mutation;
use super::stream::Stream;
use super::wire::{is_too_long, wrapped};
use super::words::{DUPLICATE_ROUTE, UNEXPECTED_DEL_ROUTE};
use crate::process::{
    ContextId, Effect, Effects, Handle, Message, Name, Names, Payload, StateWriter, StreamId, Transmit,
};
use std::fmt;

/// The handlers of a route monitor. A router gets a monitor when its first child connects; the master has one from the
/// start.
///
/// A handler that returns [`Raised`] stands for one that raises in Python: what it has done before stays done.
pub trait RouteMonitor: fmt::Debug + Send + Sync {
    /// A child has connected, and its stream is to be noticed.
    fn notice_stream(
        &mut self,
        core: &mut Core,
        stream: StreamId,
        name: Option<Name>,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), Raised>;

    /// A child's stream is lost. `routes` are the ids that must be retracted with it, ascending; `None` if the stream
    /// was never noticed.
    fn on_stream_disconnect(
        &mut self,
        core: &mut Core,
        routes: Option<&[ContextId]>,
        effects: &mut Effects,
    ) -> Result<(), Raised>;

    /// ADD_ROUTE has arrived from a neighbour.
    fn on_add_route(
        &mut self,
        core: &mut Core,
        message: &Message,
        in_stream: StreamId,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), Raised>;

    /// DEL_ROUTE has arrived from a neighbour.
    fn on_del_route(
        &mut self,
        core: &mut Core,
        message: &Message,
        in_stream: StreamId,
        effects: &mut Effects,
    ) -> Result<(), Raised>;

    /// Writes the state of the monitor, for [`Process::write_state`](crate::process::Process::write_state). A monitor that
    /// has just been made must write nothing: a router gets its monitor late.
    fn write_state(&self, state: &mut StateWriter<'_>);

    /// A copy of the monitor, with its state.
    fn boxed(&self) -> Box<dyn RouteMonitor>;
}

impl Clone for Box<dyn RouteMonitor> {
    fn clone(&self) -> Self {
        self.as_ref().boxed()
    }
}

/// The route monitor of Mitogen's releases. It behaves like the core's revision.
#[derive(Clone, Copy, Debug)]
pub struct Released;

impl RouteMonitor for Released {
    fn notice_stream(
        &mut self,
        core: &mut Core,
        stream: StreamId,
        name: Option<Name>,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), Raised> {
        Visit { core, effects }.notice_stream(stream, name, names)
    }

    fn on_stream_disconnect(
        &mut self,
        core: &mut Core,
        routes: Option<&[ContextId]>,
        effects: &mut Effects,
    ) -> Result<(), Raised> {
        Visit { core, effects }.on_stream_disconnect(routes)
    }

    fn on_add_route(
        &mut self,
        core: &mut Core,
        message: &Message,
        in_stream: StreamId,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), Raised> {
        Visit { core, effects }.on_add_route(message, in_stream, names)
    }

    fn on_del_route(
        &mut self,
        core: &mut Core,
        message: &Message,
        in_stream: StreamId,
        effects: &mut Effects,
    ) -> Result<(), Raised> {
        Visit { core, effects }.on_del_route(message, in_stream)
    }

    /// The state is the core's.
    fn write_state(&self, _: &mut StateWriter<'_>) {}

    fn boxed(&self) -> Box<dyn RouteMonitor> {
        Box::new(*self)
    }
}

/// One call of a handler: the core, and the queue for effects.
struct Visit<'a> {
    core: &'a mut Core,
    effects: &'a mut Effects,
}

impl Visit<'_> {
    /// Port of `RouteMonitor.notice_stream`, for the stream of a new child. The stream's set is already there.
    fn notice_stream(&mut self, stream: StreamId, name: Option<Name>, names: &Names) -> Result<(), Raised> {
        let remote_id = self.core.stream(stream).remote_id;
        if self.core.is_mutated(Mutation::AddRouteTwice) {
            self.announce(remote_id, name, names)?;
        }
        self.announce(remote_id, name, names)
    }

    /// Port of `RouteMonitor._on_stream_disconnect`: retract everything that was reached through a lost stream.
    /// `routes` is the result of `_routes_by_stream.pop(stream)`: `None` for a stream that was never noticed.
    fn on_stream_disconnect(&mut self, routes: Option<&[ContextId]>) -> Result<(), Raised> {
        let Some(routes) = routes else {
            return if self.core.revision().raises_for_unnoticed_stream() { Err(Raised) } else { Ok(()) };
        };
        let count = if self.core.is_mutated(Mutation::FirstRouteOnly) { 1 } else { routes.len() };
        for &target in routes.iter().take(count) {
            self.core.del_route(target, self.effects);
            self.propagate_up(Payload::Retract { target })?;
            self.propagate_down(target)?;
            self.core.fire_disconnect(target, self.effects);
        }
        Ok(())
    }

    /// Port of `RouteMonitor._on_add_route`.
    fn on_add_route(&mut self, message: &Message, in_stream: StreamId, names: &Names) -> Result<(), Raised> {
        if message.is_dead() {
            return Ok(());
        }
        let Payload::Announce { target, name } = message.payload else { return Err(Raised) };
        let stream = self.sender_stream(message, in_stream);
        let known = self.core.known(target);
        if let Some(current) = known.stream().or(self.core.parent_route())
            && Some(self.core.stream(current).remote_id) != self.core.parent_id()
            && !self.core.is_mutated(Mutation::DuplicateOverwrites)
        {
            // As in the original, which makes the context object before it looks.
            self.core.context_by_id(target);
            self.effects.push(Effect::Error(DUPLICATE_ROUTE));
            return Ok(());
        }
        let Some(stream) = stream.filter(|stream| self.core.stream(*stream).is_noticed) else {
            // KeyError for a stream that was never noticed, such as the parent's; AttributeError in 0.2.3.
            self.core.context_by_id(target);
            return Err(Raised);
        };
        // The original sets the name here, but nobody reads it.
        self.core.learn_route(target, known, stream, self.effects);
        self.announce(target, name, names)
    }

    /// Port of `RouteMonitor._on_del_route`, which also takes DEL_ROUTE from the parent.
    fn on_del_route(&mut self, message: &Message, in_stream: StreamId) -> Result<(), Raised> {
        if message.is_dead() {
            return Ok(());
        }
        let Payload::Retract { target } = message.payload else { return Err(Raised) };
        let registered = self.core.stream_by_id(target);
        if registered.is_none() && !self.core.revision().reports_del_route_without_route() {
            return Ok(());
        }
        let stream = self.sender_stream(message, in_stream);
        if registered != stream {
            self.effects.push(Effect::Error(UNEXPECTED_DEL_ROUTE));
            return Ok(());
        }
        if self.core.revision().fires_after_retracting() {
            return self.retract_and_fire(target, stream);
        }
        self.core.fire_disconnect(target, self.effects);
        let Some(stream) = stream else {
            // AttributeError if there is no stream at all.
            self.core.del_route(target, self.effects);
            return Err(Raised);
        };
        self.core.forget_route(target, stream, self.effects);
        let is_from_below = Some(self.core.stream(stream).remote_id) != self.core.parent_id();
        if is_from_below && !self.core.is_mutated(Mutation::DelRouteNotUp) {
            self.propagate_up(Payload::Retract { target })?;
        }
        if self.core.is_mutated(Mutation::DelRouteNotDown) { Ok(()) } else { self.propagate_down(target) }
    }

    /// The end of `_on_del_route` in 0.2.3. AttributeError for the parent's stream, which has no `routes`.
    fn retract_and_fire(&mut self, target: ContextId, stream: Option<StreamId>) -> Result<(), Raised> {
        let stream = stream.filter(|stream| self.core.stream(*stream).is_noticed).ok_or(Raised)?;
        self.core.forget_route(target, stream, self.effects);
        self.propagate_up(Payload::Retract { target })?;
        self.core.fire_disconnect(target, self.effects);
        Ok(())
    }

    /// The stream through which the sender of a route update is reached: `stream_by_id(msg.src_id)`, or that of
    /// `auth_id`.
    ///
    /// Source verification has looked up both, and found the stream that the message came in on. By now the auth_id can
    /// only differ if that stream stamps its messages.
    fn sender_stream(&self, message: &Message, in_stream: StreamId) -> Option<StreamId> {
        if self.core.revision().looks_up_by_auth_id() && self.core.stream(in_stream).is_stamped {
            return self.core.stream_by_id(message.auth);
        }
        Some(in_stream)
    }

    /// `_propagate_up(ADD_ROUTE, ...)`
    #[inline]
    fn announce(&mut self, target: ContextId, name: Option<Name>, names: &Names) -> Result<(), Raised> {
        let revision = self.core.revision();
        let name = if revision.wraps_names() { name.map(wrapped) } else { name };
        let payload = Payload::Announce { target, name };
        if revision.routes_updates() && is_too_long(&payload, names) && self.core.monitor_parent_id().is_some() {
            self.core.log_undeliverable(TOO_LARGE, self.effects);
            return Ok(());
        }
        self.propagate_up(payload)
    }

    /// Port of `RouteMonitor._propagate_up`, which was `propagate` in 0.2.3. The master sends nothing.
    #[inline(always)]
    fn propagate_up(&mut self, payload: Payload) -> Result<(), Raised> {
        if self.core.monitor_parent_id().is_none() {
            return Ok(());
        }
        send(self.core, self.core.monitor_parent_stream(), payload, 1, self.effects)
    }

    /// Port of `RouteMonitor._propagate_down`: DEL_ROUTE to each stream that ever sent to `target`.
    ///
    /// The original visits every entry of the route table, so a stream gets one copy for each route that leads through
    /// it.
    fn propagate_down(&mut self, target: ContextId) -> Result<(), Raised> {
        let to_parent =
            self.core.revision().retracts_towards_parent() || self.core.is_mutated(Mutation::RetractedTowardsParent);
        for (_, stream) in self.core.egress_pairs(target).iter() {
            let (remote_id, copies) = (self.core.stream(*stream).remote_id, self.core.stream(*stream).route_count);
            let is_parent = Some(remote_id) == self.core.monitor_parent_id();
            if copies > 0 && (to_parent || !is_parent) {
                send(self.core, Some(*stream), Payload::Retract { target }, u64::from(copies), self.effects)?;
            }
        }
        Ok(())
    }
}

/// Port of `RouteMonitor._send_one`, `copies` times. Inlined, so that the message is put together in the queue.
#[inline(always)]
fn send(
    core: &Core,
    stream: Option<StreamId>,
    payload: Payload,
    copies: u64,
    effects: &mut Effects,
) -> Result<(), Raised> {
    let Some(stream) = stream else {
        if core.revision().routes_updates() {
            core.log_undeliverable(NO_ROUTE, effects);
        }
        return if core.revision().raises_without_parent_stream() { Err(Raised) } else { Ok(()) };
    };
    let handle = match payload {
        Payload::Announce { .. } => ADD_ROUTE,
        Payload::Retract { .. } | Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => DEL_ROUTE,
    };
    let me = core.id();
    let parent = core.monitor_parent_id().filter(|_| core.revision().routes_updates());
    let &Stream { remote_id, token, .. } = core.stream(stream);
    let dst = parent.unwrap_or(remote_id);
    let message = Message { dst, src: me, auth: me, handle, reply_to: Handle::NONE, payload };
    effects.push(Effect::Transmit(Transmit { stream, token, message, copies }));
    Ok(())
}
