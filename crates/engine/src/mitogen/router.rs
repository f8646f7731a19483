//! A whole router, the process of the tree: the core, the route monitor on top of it, and what Mitogen does about the
//! life of a process (graceful shutdown, leaving the parent).

use super::core::{Core, CoreOptions, Raised, Routed};
use super::handles::{ADD_ROUTE, DEL_ROUTE, DETACHING, SHUTDOWN};
use super::life::Life;
use super::log::{INVALID_HANDLE, STUB_DEL_ROUTE};
#[cfg(feature = "mutations")]
use super::mutation::Mutation;
use super::revision::Revision;
use super::route_monitor::{Released, RouteMonitor};
use super::wire;
use super::words::{CRASH, FRAME_TOO_LARGE, HANDLER_CRASH, Mitogen};
use crate::process::{
    Birth, Connected, ContextId, Data, Effect, Effects, Exit, Family, Handle, Message, Monitor, Names, Payload,
    Process, Refused, Request, Settings, StateWriter, StreamId, Surroundings, TimerId,
};
use crate::time::Time;

/// What a router is made with.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// What its core is made with.
    pub core: CoreOptions,
    /// Makes its route monitor.
    pub monitor: fn() -> Box<dyn RouteMonitor>,
}

/// One process of the tree: the port of `mitogen.core.Router` with `mitogen.parent.RouteMonitor`, which behaves like a
/// [`Revision`]. For its contract see [`Process`].
#[derive(Clone, Debug)]
pub struct Router {
    pub(super) core: Core,
    /// `None` until the first child connects, or the first route message reaches the master.
    monitor: Option<Box<dyn RouteMonitor>>,
    make_monitor: fn() -> Box<dyn RouteMonitor>,
    pub(super) life: Option<Box<Life>>,
}

impl Router {
    /// Sets `Stream.auth_id`, which is stamped onto every message that arrives on `stream`. In this way Mitogen's unix
    /// listener lends its clients an authority.
    pub fn stamp(&mut self, stream: StreamId, auth_id: ContextId) {
        self.core.stamp(stream, auth_id);
    }

    /// The revision of Mitogen that it runs.
    pub fn revision(&self) -> Revision {
        self.core.revision()
    }

    /// Routes a message, and then any answer to it.
    pub(super) fn route_message(
        &mut self,
        message: &Message,
        in_stream: Option<StreamId>,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) {
        let routed = match self.core.async_route(message, in_stream, effects) {
            Routed::Here => self.invoke(message, in_stream, around, effects),
            Routed::HereAs(auth) => self.invoke(&Message { auth, ..*message }, in_stream, around, effects),
            routed => routed,
        };
        if let Routed::Answer(answer) = routed {
            self.route_answer(&answer, around, effects);
        }
    }

    /// Routes the answer to a message.
    #[inline(never)]
    fn route_answer(&mut self, answer: &Message, around: Surroundings<'_>, effects: &mut Effects) {
        self.route_message(answer, None, around, effects);
    }

    /// Port of `Router._invoke`: hand a message to its handler.
    fn invoke(
        &mut self,
        message: &Message,
        in_stream: Option<StreamId>,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Routed {
        match message.handle {
            ADD_ROUTE | DEL_ROUTE if self.core.is_upgraded() => {
                return self.invoke_route_monitor(message, in_stream, around.names, effects);
            }
            DEL_ROUTE if self.revision().has_del_route_stub() => self.on_del_route_stub(message, effects),
            SHUTDOWN => return self.on_shutdown(message, around, effects),
            DETACHING if self.core.is_upgraded() => return self.on_detaching(message, effects),
            Handle::ANSWER => effects.push(Effect::Deliver(*message)),
            handle => match self.core.respondent_of(handle) {
                None => return self.core.undeliverable(message, INVALID_HANDLE, effects),
                Some(respondent) if message.is_dead() || message.src == respondent => {
                    if self.core.end_call(handle, message.is_dead(), effects) {
                        self.on_leave(message.is_dead(), around.now, effects);
                    }
                }
                Some(_) => return self.core.refuse(message, effects),
            },
        }
        Routed::Done
    }

    /// Hands a message to one of the route monitor's two handlers, behind their policy `is_immediate_child`. The parent
    /// meets that policy, too.
    fn invoke_route_monitor(
        &mut self,
        message: &Message,
        in_stream: Option<StreamId>,
        names: &Names,
        effects: &mut Effects,
    ) -> Routed {
        let from_peer = in_stream.filter(|stream| self.core.remote_id(*stream) == message.src);
        let Some(in_stream) = from_peer else { return self.core.refuse(message, effects) };
        let (core, monitor) = (&mut self.core, self.monitor.get_or_insert_with(self.make_monitor));
        let done = match message.handle {
            ADD_ROUTE => monitor.on_add_route(core, message, in_stream, names, effects),
            _ => monitor.on_del_route(core, message, in_stream, effects),
        };
        if done == Err(Raised) {
            effects.push(Effect::Error(HANDLER_CRASH));
        }
        Routed::Done
    }

    /// Port of `core.Router._on_del_route`, the stub in a context without a route monitor.
    fn on_del_route_stub(&mut self, message: &Message, effects: &mut Effects) {
        let logs_first = self.revision().stub_logs_first();
        if logs_first {
            effects.push(Effect::Logged(STUB_DEL_ROUTE));
        }
        if message.is_dead() {
            return;
        }
        match message.payload {
            Payload::Retract { target } => {
                if !logs_first {
                    effects.push(Effect::Logged(STUB_DEL_ROUTE));
                }
                self.core.fire_disconnect(target, effects);
            }
            _ => effects.push(Effect::Error(HANDLER_CRASH)),
        }
    }

    /// Port of `Router._connect` with `parent.upgrade_router`.
    fn connect(
        &mut self,
        child: Connected,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> (StreamId, Result<(), Raised>) {
        self.core.upgrade();
        // Who has left its parent has forgotten all its ancestors.
        let is_ancestor = self.core.parent_id().is_some() && around.has_ancestor(child.id);
        let stream = self.core.add_stream(child.id, child.token, is_ancestor);
        let notices_first = self.revision().notices_before_registering();
        if !notices_first {
            self.core.register(child.id, stream, effects);
        }
        let (core, monitor) = (&mut self.core, self.monitor.get_or_insert_with(self.make_monitor));
        let noticed = monitor.notice_stream(core, stream, child.name, around.names, effects);
        if notices_first && noticed.is_ok() {
            self.core.register(child.id, stream, effects);
        }
        (stream, noticed)
    }

    /// Port of `Stream.on_disconnect`, without the closing: runs the listeners in the revision's order.
    fn disconnect(&mut self, stream: StreamId, now: Time, effects: &mut Effects) -> Result<(), Raised> {
        if stream == StreamId::PARENT {
            self.disconnect_parent(effects);
            return Ok(());
        }
        self.start_reaper(stream, now);
        let notices_first = self.revision().notices_before_registering();
        // If the router's listener runs before the monitor's, it does not look at the set.
        let mut room = effects.take_room();
        let routes = self.core.take_routes(stream, &mut room);
        if !notices_first {
            self.core.on_stream_disconnect(stream, effects);
        }
        let (core, monitor) = (&mut self.core, self.monitor.get_or_insert_with(self.make_monitor));
        let noticed = monitor.on_stream_disconnect(core, routes, effects);
        effects.give_room(room);
        noticed?;
        if notices_first {
            self.core.on_stream_disconnect(stream, effects);
        }
        Ok(())
    }

    /// Gives up a stream on the router's own initiative: its listeners run, and then its end closes. Returns whether
    /// the process goes on.
    pub(super) fn lose(&mut self, stream: StreamId, now: Time, effects: &mut Effects) -> bool {
        let token = self.core.token(stream);
        if self.disconnect(stream, now, effects).is_err() {
            effects.push(Effect::Exit(Exit::Crashed(CRASH)));
            return false;
        }
        if stream == StreamId::PARENT && !self.outlives_parent() {
            effects.push(Effect::Exit(Exit::Done));
            return false;
        }
        effects.push(Effect::Close { stream, token });
        if stream != StreamId::PARENT {
            self.core.release(stream);
        }
        true
    }

    fn restart(&mut self, config: Config) {
        self.make_monitor = config.monitor;
        self.monitor = None;
        self.life = None;
    }
}

impl Process for Router {
    type Config = Config;

    fn family() -> &'static dyn Family {
        &Mitogen
    }

    fn config(monitor: Monitor, settings: Settings) -> Config {
        let core = CoreOptions {
            revision: Revision::of(monitor),
            unidirectional: settings.unidirectional,
            #[cfg(feature = "mutations")]
            mutation: Mutation::of(monitor),
        };
        Config { core, monitor: || Box::new(Released) }
    }

    fn root(config: Config) -> Self {
        Router { core: Core::master(config.core), monitor: None, make_monitor: config.monitor, life: None }
    }

    fn child(birth: Birth, config: Config) -> Self {
        let Birth { id, parent, token } = birth;
        let core = Core::child(id, parent, token, config.core);
        Router { core, monitor: None, make_monitor: config.monitor, life: None }
    }

    fn become_root(&mut self, config: Config) {
        self.core.become_master(config.core);
        self.restart(config);
    }

    fn become_child(&mut self, birth: Birth, config: Config) {
        self.core.become_child(birth.id, birth.parent, birth.token, config.core);
        self.restart(config);
    }

    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId {
        let (stream, connected) = self.connect(child, around, effects);
        if connected == Err(Raised) {
            effects.push(Effect::Exit(Exit::Crashed(CRASH)));
        }
        stream
    }

    /// Port of `Stream._receive_one`: a whole frame has arrived. If it is too long, the stream is dropped.
    #[inline]
    fn handle_message(&mut self, message: &Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        if wire::is_too_long(&message.payload, around.names) {
            effects.push(Effect::Error(FRAME_TOO_LARGE));
            self.core.note_change();
            // The loss of the parent is nothing that a shutdown waits for.
            if self.lose(on, around.now, effects) && on != StreamId::PARENT {
                self.finish_if_idle(around.now, effects);
            }
            return;
        }
        self.route_message(message, Some(on), around, effects);
    }

    fn handle_disconnect(&mut self, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        if self.disconnect(on, around.now, effects) == Err(Raised) {
            effects.push(Effect::Exit(Exit::Crashed(CRASH)));
        }
    }

    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        self.on_timer(timer, around.now, effects);
    }

    fn request(
        &mut self,
        request: Request,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused> {
        let mut handle = None;
        let message = match request {
            Request::Send { to, data } => Some(self.core.message(to, Handle::ANSWER, Handle::NONE, data)),
            Request::Call { to, data } => {
                let reply_to = self.core.open_call(to);
                handle = Some(reply_to);
                Some(self.core.message(to, Handle::ANSWER, reply_to, data))
            }
            Request::Reply(message) => self.core.reply(&message),
            Request::Shutdown { to } => Some(self.core.message(to, SHUTDOWN, Handle::NONE, Data::default())),
            Request::Detach => self.ask_to_leave()?,
        };
        if let Some(message) = message {
            self.route_message(&message, None, around, effects);
        }
        Ok(handle)
    }

    fn release(&mut self, stream: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        self.core.release(stream);
        self.finish_if_idle(around.now, effects);
    }

    fn outlives_parent(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.leaves)
    }

    fn is_shutting_down(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.shuts_down)
    }

    #[inline]
    fn route(&self, to: ContextId) -> Option<StreamId> {
        self.core.route(to)
    }

    fn route_count(&self) -> usize {
        self.core.route_count()
    }

    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId)) {
        self.core.each_route(f);
    }

    fn each_hop(&self, f: &mut dyn FnMut(ContextId, ContextId)) {
        self.core.each_route(|to, stream| f(to, self.core.remote_id(stream)));
    }

    fn peer(&self, stream: StreamId) -> ContextId {
        self.core.remote_id(stream)
    }

    #[inline]
    fn changes(&self) -> Option<u64> {
        Some(self.core.changes())
    }

    fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        self.core.write_state(state);
        if let Some(monitor) = &self.monitor {
            monitor.write_state(state);
        }
        self.life.as_deref().copied().unwrap_or_default().write_state(now, state);
    }

    /// `Stream.HEADER_FMT` was two bytes shorter before 300cb41e (0.2.4).
    fn frame_len(&self, message: &Message, names: &Names) -> u64 {
        self.revision().header_len() + wire::payload_len(&message.payload, names)
    }
}
