//! Port of `mitogen.parent.RouteMonitor`: keeps the route table true by ADD_ROUTE and DEL_ROUTE.
//!
//! Its one piece of state, `_routes_by_stream`, lives in the route table ([`super::route_table`]), and its
//! `parent` is the router's; so it is a view of a router for the length of one call. Where Mitogen walks a `set` of
//! ids the order is ascending. Where it walks the streams to retract a route, the order is that of stream numbers: it
//! cannot be seen, since copies on different links are ordered by their receivers.

use super::effects::{Effect, Effects, LoggedError, Transmit};
use super::ids::{ContextId, Handle};
use super::message::{Message, Payload};
use super::mutation::Mutation;
use super::name::Name;
use super::router::{Raised, Router};
use super::stream::StreamId;

/// The route monitor of a router, together with where its effects go.
pub(super) struct RouteMonitor<'a> {
    router: &'a mut Router,
    effects: &'a mut Effects,
}

impl<'a> RouteMonitor<'a> {
    pub fn of(router: &'a mut Router, effects: &'a mut Effects) -> Self {
        RouteMonitor { router, effects }
    }

    /// Port of `RouteMonitor.notice_stream`: the stream of a new child. Its set is there already.
    pub fn notice_stream(&mut self, stream: StreamId, name: Option<Name>) -> Result<(), Raised> {
        let remote_id = self.router.stream(stream).remote_id;
        if self.router.is_mutated(Mutation::AddRouteTwice) {
            self.propagate_up(Payload::AddRoute { target: remote_id, name })?;
        }
        self.propagate_up(Payload::AddRoute { target: remote_id, name })
    }

    /// Port of `RouteMonitor._on_stream_disconnect`: retract all that was reached by a lost stream. `routes` is what
    /// `_routes_by_stream.pop(stream)` gave: nothing for a stream that was never noticed.
    pub fn on_stream_disconnect(&mut self, routes: Option<Vec<ContextId>>) -> Result<(), Raised> {
        let Some(routes) = routes else {
            return if self.router.revision().raises_for_unnoticed_stream() { Err(Raised) } else { Ok(()) };
        };
        let count = if self.router.is_mutated(Mutation::FirstRouteOnly) { 1 } else { routes.len() };
        for target in routes.into_iter().take(count) {
            self.router.del_route(target, self.effects);
            self.propagate_up(Payload::DelRoute { target })?;
            self.propagate_down(target)?;
            self.router.fire_disconnect(target, self.effects);
        }
        Ok(())
    }

    /// Port of `RouteMonitor._on_add_route`.
    pub fn on_add_route(&mut self, message: &Message, in_stream: StreamId) -> Result<(), Raised> {
        if message.is_dead() {
            return Ok(());
        }
        let Payload::AddRoute { target, name } = message.payload else { return Err(Raised) };
        let stream = self.sender_stream(message, in_stream);
        let known = self.router.known(target);
        if let Some(current) = known.stream().or(self.router.parent_route())
            && Some(self.router.stream(current).remote_id) != self.router.parent_id()
            && !self.router.is_mutated(Mutation::DuplicateOverwrites)
        {
            // As in the original, which makes the context object before it looks.
            self.router.context_by_id(target);
            self.effects.push(Effect::Error(LoggedError::DuplicateRoute));
            return Ok(());
        }
        let Some(stream) = stream.filter(|stream| self.router.stream(*stream).is_noticed) else {
            // KeyError for a stream that was never noticed, such as the parent's.
            self.router.context_by_id(target);
            return Err(Raised);
        };
        // The name, which the original sets here, is read by nobody.
        self.router.learn_route(target, known, stream, self.effects);
        self.propagate_up(Payload::AddRoute { target, name })
    }

    /// Port of `RouteMonitor._on_del_route`, which also takes DEL_ROUTE from the parent.
    pub fn on_del_route(&mut self, message: &Message, in_stream: StreamId) -> Result<(), Raised> {
        if message.is_dead() {
            return Ok(());
        }
        let Payload::DelRoute { target } = message.payload else { return Err(Raised) };
        let registered = self.router.stream_by_id(target);
        if registered.is_none() && !self.router.revision().reports_del_route_without_route() {
            return Ok(());
        }
        let stream = self.sender_stream(message, in_stream);
        if registered != stream {
            self.effects.push(Effect::Error(LoggedError::UnexpectedDelRoute));
            return Ok(());
        }
        self.router.fire_disconnect(target, self.effects);
        let Some(stream) = stream else {
            // AttributeError, where there is no stream at all.
            self.router.del_route(target, self.effects);
            return Err(Raised);
        };
        self.router.forget_route(target, stream, self.effects);
        let is_from_below = Some(self.router.stream(stream).remote_id) != self.router.parent_id();
        if is_from_below && !self.router.is_mutated(Mutation::DelRouteNotUp) {
            self.propagate_up(Payload::DelRoute { target })?;
        }
        if self.router.is_mutated(Mutation::DelRouteNotDown) { Ok(()) } else { self.propagate_down(target) }
    }

    /// The stream that the sender of a route update is reached by: `stream_by_id(msg.src_id)`, or of `auth_id`.
    ///
    /// Source verification has looked both up, and found the stream that the message came in on; only a stream that
    /// stamps has another auth_id on its messages by now.
    fn sender_stream(&self, message: &Message, in_stream: StreamId) -> Option<StreamId> {
        if self.router.revision().looks_up_by_auth_id() && self.router.stream(in_stream).is_stamped {
            return self.router.stream_by_id(message.auth);
        }
        Some(in_stream)
    }

    /// Port of `RouteMonitor._propagate_up`: nothing in the master.
    fn propagate_up(&mut self, payload: Payload) -> Result<(), Raised> {
        if self.router.monitor_parent_id().is_none() {
            return Ok(());
        }
        self.send(self.router.monitor_parent_stream(), payload, 1)
    }

    /// Port of `RouteMonitor._propagate_down`: DEL_ROUTE to each stream that ever sent to `target`.
    ///
    /// The original visits every entry of the route table, so a stream gets one copy per route that leads through it.
    fn propagate_down(&mut self, target: ContextId) -> Result<(), Raised> {
        let to_parent = self.router.revision().retracts_towards_parent()
            || self.router.is_mutated(Mutation::RetractedTowardsParent);
        for stream in self.router.streams_with_egress(target) {
            let (remote_id, copies) = (self.router.stream(stream).remote_id, self.router.stream(stream).route_count);
            let is_parent = Some(remote_id) == self.router.monitor_parent_id();
            if copies > 0 && (to_parent || !is_parent) {
                self.send(Some(stream), Payload::DelRoute { target }, u64::from(copies))?;
            }
        }
        Ok(())
    }

    /// Port of `RouteMonitor._send_one`, `copies` times.
    fn send(&mut self, stream: Option<StreamId>, payload: Payload, copies: u64) -> Result<(), Raised> {
        let Some(stream) = stream else {
            return if self.router.revision().raises_without_parent_stream() { Err(Raised) } else { Ok(()) };
        };
        let (handle, payload) = match payload {
            Payload::AddRoute { target, name } if self.router.revision().wraps_names() => {
                (Handle::ADD_ROUTE, Payload::AddRoute { target, name: name.map(Name::wrapped) })
            }
            Payload::AddRoute { .. } => (Handle::ADD_ROUTE, payload),
            Payload::DelRoute { .. } | Payload::Data(_) => (Handle::DEL_ROUTE, payload),
        };
        let me = self.router.id();
        let dst = self.router.stream(stream).remote_id;
        let message = Message { dst, src: me, auth: me, handle, reply_to: Handle::NONE, payload };
        let token = self.router.stream(stream).token;
        self.effects.push(Effect::Transmit(Transmit { stream, token, message, copies }));
        Ok(())
    }
}
