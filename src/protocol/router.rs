//! Port of `mitogen.core.Router`, and of what `mitogen.parent.Router` adds for routing.

mod routes;

use super::effects::{Effect, Effects, LoggedError, Transmit};
use super::egress::Egress;
use super::handle::Calls;
use super::id_map::IdMap;
use super::ids::{ContextId, Handle};
use super::message::{Data, MAX_MESSAGE_SIZE, Message, Payload};
use super::mutation::Mutation;
use super::name::{Name, Names};
use super::revision::Revision;
use super::route_monitor::RouteMonitor;
use super::route_table::{Known, RouteTable};
use super::stream::{ChildStreams, Stream, StreamId};

/// A Python exception. Which one it is makes no difference to what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raised;

/// Mitogen raised outside a message handler, where nothing catches it but the broker: the process is lost. The driver
/// should treat it as dead. Only ids that are used again lead here.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crashed;

/// What a router is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterOptions {
    /// The Mitogen that it runs.
    pub revision: Revision,
    /// The master's `Router.unidirectional`: children may talk to their ancestors only. Whether a child gets it is for
    /// the revision to say.
    pub unidirectional: bool,
    /// The one handle of the application; its messages come out as [`Effect::Deliver`].
    pub application_handle: Handle,
    /// What is broken on purpose, if anything.
    #[cfg(feature = "mutations")]
    pub mutation: Option<Mutation>,
}

/// One process of the tree, sans-IO: routes messages, keeps the route table, and runs the route monitor once it has
/// had a child (the master from the start).
///
/// # Contract
///
/// - Getters may be called at any time and change nothing.
/// - What comes in goes to [`handle_message`](Self::handle_message) (a frame on an open stream),
///   [`handle_connect`](Self::handle_connect) (a new child) and [`handle_disconnect`](Self::handle_disconnect) (a
///   stream is lost, or is being closed). What this process does by itself is [`call`](Self::call),
///   [`send`](Self::send) and [`reply`](Self::reply).
/// - What goes out is in the [`Effects`] that was passed, to be drained by [`Effects::poll`] before the next call.
/// - After `handle_disconnect` and its effects, the driver closes its end and calls [`release`](Self::release) for a
///   child's stream; a router that lost its parent, or that [`Crashed`], is dead and must not be called again.
/// - Nothing in here knows time, does IO, draws a random number, or walks a hash table in its order.
#[derive(Clone, Debug)]
pub struct Router {
    id: ContextId,
    parent_id: Option<ContextId>,
    /// Whether the context has left its parent. `RouteMonitor.parent` still names it then.
    left_parent: Option<ContextId>,
    options: RouterOptions,
    has_route_monitor: bool,
    parent_stream: Option<Stream>,
    /// `_stream_by_id.get(mitogen.parent_id)`, the default route: every message asks for it.
    parent_route: Option<StreamId>,
    child_streams: ChildStreams,
    /// `_stream_by_id`, `_context_by_id` and `_routes_by_stream`.
    table: RouteTable,
    /// `egress_ids` of all streams, but for the router's own id.
    egress: Egress,
    calls: Option<Box<Calls>>,
    /// The `auth_id` of streams that are stamped.
    auth_ids: IdMap<StreamId, ContextId>,
    /// How often anything of this has changed.
    changes: u64,
}

impl Router {
    /// The master's router: it has a route monitor, and no parent.
    pub fn master(options: RouterOptions) -> Self {
        Router::new(ContextId::MASTER, None, true, options)
    }

    /// The router of a child at its birth, its stream to the parent registered. Port of what
    /// `ExternalContext._setup_master` and `main` do for routing.
    ///
    /// `token` is what the driver wants to know the parent's stream by.
    pub fn child(id: ContextId, parent_id: ContextId, token: u32, options: RouterOptions) -> Self {
        let mut router = Router::new(id, Some(parent_id), false, options);
        router.be_born(parent_id, token);
        router
    }

    /// Makes this the master's router, as [`master`](Self::master) does, in the memory of a router whose life is over.
    pub fn reuse_as_master(&mut self, options: RouterOptions) {
        self.reuse(Router::new(ContextId::MASTER, None, true, options));
    }

    /// Makes this the router of a child, as [`child`](Self::child) does, in the memory of a router whose life is over.
    pub fn reuse_as_child(&mut self, id: ContextId, parent_id: ContextId, token: u32, options: RouterOptions) {
        self.reuse(Router::new(id, Some(parent_id), false, options));
        self.be_born(parent_id, token);
    }

    fn reuse(&mut self, new: Router) {
        self.child_streams.clear();
        self.table.clear();
        self.egress.clear();
        let child_streams = std::mem::take(&mut self.child_streams);
        let (table, egress) = (std::mem::take(&mut self.table), std::mem::take(&mut self.egress));
        *self = Router { child_streams, table, egress, ..new };
    }

    /// The stream to the parent is there, and registered.
    fn be_born(&mut self, parent_id: ContextId, token: u32) {
        self.options.unidirectional &= self.revision().children_are_unidirectional();
        let is_privileged = self.revision().streams_to_ancestors_are_privileged();
        let is_privileged = is_privileged && !self.is_mutated(Mutation::ParentNotPrivileged);
        self.parent_stream = Some(Stream::new(parent_id, token, is_privileged));
        self.register(parent_id, StreamId::PARENT, &mut Effects::default());
    }

    fn new(id: ContextId, parent_id: Option<ContextId>, has_route_monitor: bool, options: RouterOptions) -> Self {
        Router {
            id,
            parent_id,
            left_parent: None,
            options,
            has_route_monitor,
            parent_stream: None,
            parent_route: None,
            child_streams: ChildStreams::default(),
            table: RouteTable::default(),
            egress: Egress::default(),
            calls: None,
            auth_ids: IdMap::default(),
            changes: 0,
        }
    }

    /// A number that grows whenever anything changes that could make the next message be handled otherwise.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// `mitogen.context_id`.
    pub fn id(&self) -> ContextId {
        self.id
    }

    /// `mitogen.parent_id`; `None` in the master.
    pub fn parent_id(&self) -> Option<ContextId> {
        self.parent_id
    }

    /// `RouteMonitor.parent.context_id`, which outlives the parent of a context that has left it.
    pub(super) fn monitor_parent_id(&self) -> Option<ContextId> {
        self.parent_id.or(self.left_parent)
    }

    /// `stream_by_id(RouteMonitor.parent.context_id)`, where the monitor has a parent.
    pub(super) fn monitor_parent_stream(&self) -> Option<StreamId> {
        match self.left_parent {
            Some(left) => self.stream_by_id(left),
            None => self.parent_route,
        }
    }

    /// The Mitogen that this router runs.
    pub fn revision(&self) -> Revision {
        self.options.revision
    }

    /// Whether the router is broken on purpose, in this way.
    #[cfg(feature = "mutations")]
    pub(super) fn is_mutated(&self, mutation: Mutation) -> bool {
        self.options.mutation == Some(mutation)
    }

    /// No router is broken on purpose.
    #[cfg(not(feature = "mutations"))]
    pub(super) const fn is_mutated(&self, _: Mutation) -> bool {
        false
    }

    /// Whether the router has a route monitor: the master, and whoever has had a child.
    pub fn has_route_monitor(&self) -> bool {
        self.has_route_monitor
    }

    /// The stream that the route table has for `target`, without the default route.
    pub fn route(&self, target: ContextId) -> Option<StreamId> {
        self.table.route(target)
    }

    /// How many entries the route table has.
    pub fn route_count(&self) -> usize {
        self.table.route_count()
    }

    /// Calls `f` with each entry of the route table, (destination, next hop), ascending by destination.
    pub fn each_route(&self, mut f: impl FnMut(ContextId, ContextId)) {
        self.table.each_route(|target, stream| f(target, self.stream(stream).remote_id));
    }

    /// The id of the peer of an open stream.
    ///
    /// # Panics
    /// When there is no such stream.
    pub fn remote_id(&self, stream: StreamId) -> ContextId {
        self.stream(stream).remote_id
    }

    /// What the driver knows an open stream by.
    ///
    /// # Panics
    /// When there is no such stream.
    pub fn token(&self, stream: StreamId) -> u32 {
        self.stream(stream).token
    }

    /// What the driver knows the open streams of children by, ascending by stream.
    pub fn child_tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.child_streams.iter().map(|(_, stream)| stream.token)
    }

    /// The calls that have not ended, ascending by handle.
    pub fn open_calls(&self) -> Vec<Handle> {
        self.calls.as_ref().map(|calls| calls.open()).unwrap_or_default()
    }

    /// Sets `Stream.auth_id`, which is stamped onto every message that arrives on `stream`: how Mitogen's unix
    /// listener lends its clients an authority.
    pub fn stamp(&mut self, stream: StreamId, auth_id: ContextId) {
        let (me, to_ancestors) = (self.id, self.revision().streams_to_ancestors_are_privileged());
        self.auth_ids.insert(stream, auth_id);
        let stream = self.stream_mut(stream);
        stream.is_stamped = true;
        stream.is_privileged |= to_ancestors && auth_id == me;
    }

    /// `Stream.auth_id`
    pub(super) fn auth_id(&self, stream: StreamId) -> Option<ContextId> {
        self.auth_ids.get(stream).copied().filter(|_| self.stream(stream).is_stamped)
    }

    /// Port of `Router._connect` with `parent.upgrade_router`: a child appears. Returns its stream.
    ///
    /// `token` is what the driver wants to know the stream by. `remote_is_ancestor` says whether one of this context's
    /// own ancestors has the child's id, as can happen where ids are used again.
    ///
    /// # Errors
    /// [`Crashed`] where Mitogen raises.
    pub fn handle_connect(
        &mut self,
        child: ContextId,
        name: Option<Name>,
        token: u32,
        remote_is_ancestor: bool,
        effects: &mut Effects,
    ) -> Result<StreamId, Crashed> {
        self.has_route_monitor = true;
        let is_privileged = remote_is_ancestor && self.revision().streams_to_ancestors_are_privileged();
        let stream = self.child_streams.add(Stream::new(child, token, is_privileged));
        // First in all revisions: nobody looks at the set before both are done.
        self.notice(stream);
        let notices_first = self.revision().notices_before_registering();
        if !notices_first {
            self.register(child, stream, effects);
        }
        RouteMonitor::of(self, effects).notice_stream(stream, name).map_err(|Raised| Crashed)?;
        if notices_first {
            self.register(child, stream, effects);
        }
        Ok(stream)
    }

    /// Port of `Stream._receive_one`: a whole frame has arrived on `stream`. Returns whether it was too long, in which
    /// case the stream must be disconnected.
    pub fn handle_message(
        &mut self,
        message: Message,
        stream: StreamId,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), FrameTooLarge> {
        if message.payload.may_be_too_long() && message.payload.wire_len(names) > MAX_MESSAGE_SIZE {
            effects.push(Effect::Error(LoggedError::FrameTooLarge));
            return Err(FrameTooLarge);
        }
        self.async_route(message, Some(stream), effects);
        Ok(())
    }

    /// Port of `Stream.on_disconnect`, but for the closing: runs the listeners in the order of the revision.
    ///
    /// # Errors
    /// [`Crashed`] where a listener raises.
    pub fn handle_disconnect(&mut self, stream: StreamId, effects: &mut Effects) -> Result<(), Crashed> {
        if stream == StreamId::PARENT {
            self.on_stream_disconnect(stream, effects);
            return Ok(());
        }
        let notices_first = self.revision().notices_before_registering();
        // Where the router's listener runs before the monitor's, it does not look at the set.
        let routes = self.take_routes(stream);
        if !notices_first {
            self.on_stream_disconnect(stream, effects);
        }
        RouteMonitor::of(self, effects).on_stream_disconnect(routes).map_err(|Raised| Crashed)?;
        if notices_first {
            self.on_stream_disconnect(stream, effects);
        }
        Ok(())
    }

    /// Port of `Broker._broker_main` at its end, for routing: every child is told to shut down, too.
    pub fn shut_down_children(&mut self, effects: &mut Effects) {
        let me = self.id;
        for (stream, state) in self.child_streams.iter() {
            let (dst, handle, reply_to) = (state.remote_id, Handle::SHUTDOWN, Handle::NONE);
            let message = Message { dst, src: me, auth: me, handle, reply_to, payload: Payload::EMPTY };
            effects.push(Effect::Transmit(Transmit { stream, token: state.token, message, copies: 1 }));
        }
    }

    /// Port of `ExternalContext._on_parent_disconnect` of a detached context: it is the root of its own tree from now
    /// on. To be called before [`handle_disconnect`](Self::handle_disconnect) of the parent's stream, whose entry of
    /// the route table is dropped there.
    pub fn leave_parent(&mut self) {
        self.left_parent = self.parent_id.take();
        self.parent_route = None;
    }

    /// Forgets the stream of a child, after its listeners have run and its end is closed.
    ///
    /// # Panics
    /// When the route table still leads through it.
    pub fn release(&mut self, stream: StreamId) {
        let old = self.child_streams.remove(stream);
        assert_eq!(old.route_count, 0, "no route leads through a closed stream");
        self.egress.remove_stream(stream);
    }

    /// Port of `Context.send_async` on handle `handle` of `to`: a request, and a fresh handle for its reply. The call
    /// ends with [`Effect::CallEnded`], perhaps at once.
    pub fn call(&mut self, to: ContextId, handle: Handle, data: Data, effects: &mut Effects) -> Handle {
        self.context_by_id(to);
        let respondent = self.respondent(to);
        let (reply_to, is_new_respondent) = self.calls.get_or_insert_default().add(respondent);
        if is_new_respondent && !self.is_mutated(Mutation::ListensOnFreshContext) {
            self.change(to, Known::listening);
        }
        self.originate(to, handle, reply_to, data, effects);
        reply_to
    }

    /// Sends a message to handle `handle` of `to` that asks for no reply.
    pub fn send(&mut self, to: ContextId, handle: Handle, data: Data, effects: &mut Effects) {
        self.originate(to, handle, Handle::NONE, data, effects);
    }

    /// Port of `Message.reply`, with a message that is not dead, as long as the request asks for.
    pub fn reply(&mut self, to: &Message, effects: &mut Effects) {
        if to.reply_to != Handle::NONE {
            let len = if let Payload::Data(data) = to.payload { data.reply_len } else { 0 };
            self.originate(to.src, to.reply_to, Handle::NONE, Data { len, reply_len: 0 }, effects);
        }
    }

    /// Routes a new message of this context.
    fn originate(&mut self, dst: ContextId, handle: Handle, reply_to: Handle, data: Data, effects: &mut Effects) {
        let me = self.id;
        let message = Message { dst, src: me, auth: me, handle, reply_to, payload: Payload::Data(data) };
        self.async_route(message, None, effects);
    }

    /// Port of `Router._async_route`: verify the source, then deliver here, forward, or answer dead.
    fn async_route(&mut self, mut message: Message, in_stream: Option<StreamId>, effects: &mut Effects) {
        if let Payload::Data(data) = message.payload
            && u64::from(data.len) > MAX_MESSAGE_SIZE
        {
            return self.too_large(&message, effects);
        }
        let parent = self.parent_route;
        let src_stream = self.route_of_sender(message.src, in_stream).or(parent);
        if let Some(in_stream) = in_stream {
            if let Some(error) = self.verify_source(&message, in_stream, src_stream, parent) {
                effects.push(Effect::Error(error));
                return;
            }
            if let Some(auth_id) = self.auth_id(in_stream) {
                message.auth = auth_id;
            }
            if !self.is_mutated(Mutation::EgressNotRecorded) {
                self.record_egress(in_stream, message.dst);
            }
        }
        if message.dst == self.id {
            return self.invoke(message, in_stream, effects);
        }
        let may_go_up = self.revision().bounces_to_parent() || parent != src_stream || in_stream.is_none();
        let may_go_up = may_go_up || self.is_mutated(Mutation::BouncedToParent);
        let out_stream = self.route(message.dst).or(if may_go_up { parent } else { None });
        match out_stream {
            Some(out) if self.may_forward(in_stream, out) => {
                let token = self.stream(out).token;
                effects.push(Effect::Transmit(Transmit { stream: out, token, message, copies: 1 }));
            }
            None if self.is_mutated(Mutation::NoDeadReply) => {}
            Some(_) | None => self.maybe_send_dead(&message, effects),
        }
    }

    /// The route of a message's sender, who is most often the peer of the stream that it came in on.
    fn route_of_sender(&self, src: ContextId, in_stream: Option<StreamId>) -> Option<StreamId> {
        let is_peer = |stream: &StreamId| {
            let stream = self.stream(*stream);
            stream.leads_to_peer && stream.remote_id == src
        };
        in_stream.filter(is_peer).or_else(|| self.route(src))
    }

    /// Whether a message came in where messages of its auth_id and src_id would: Mitogen's reverse path filter.
    fn verify_source(
        &self,
        message: &Message,
        in_stream: StreamId,
        src_stream: Option<StreamId>,
        parent: Option<StreamId>,
    ) -> Option<LoggedError> {
        let is_same = message.auth == message.src;
        let auth_stream = if is_same { src_stream } else { self.route(message.auth).or(parent) };
        if Some(in_stream) != auth_stream {
            Some(LoggedError::BadAuthId)
        } else if !is_same && Some(in_stream) != src_stream {
            Some(LoggedError::BadSrcId)
        } else {
            None
        }
    }

    /// The unidirectional mode: what came in on one stream may leave on another only if one of them is privileged.
    fn may_forward(&self, in_stream: Option<StreamId>, out: StreamId) -> bool {
        let Some(in_stream) = in_stream else { return true };
        !self.options.unidirectional || self.stream(in_stream).is_privileged || self.stream(out).is_privileged
    }

    /// `in_stream.egress_ids.add(dst)`
    fn record_egress(&mut self, in_stream: StreamId, dst: ContextId) {
        let is_me = dst == self.id;
        let stream = self.stream_mut(in_stream);
        if is_me {
            let is_new = !std::mem::replace(&mut stream.egress_has_me, true);
            self.changes += u64::from(is_new);
        } else {
            self.changes += u64::from(self.egress.insert(dst, in_stream));
        }
    }

    /// Port of `Router._invoke`: hand a message to its handler.
    fn invoke(&mut self, message: Message, in_stream: Option<StreamId>, effects: &mut Effects) {
        match message.handle {
            Handle::ADD_ROUTE | Handle::DEL_ROUTE if self.has_route_monitor => {
                self.invoke_route_monitor(&message, in_stream, effects);
            }
            Handle::DEL_ROUTE => self.on_del_route_stub(&message, effects),
            Handle::SHUTDOWN => effects.push(Effect::Deliver(message)),
            Handle::DETACHING if self.has_route_monitor => effects.push(Effect::Deliver(message)),
            handle if handle == self.options.application_handle => effects.push(Effect::Deliver(message)),
            handle => match self.calls.as_ref().and_then(|calls| calls.respondent_of(handle)) {
                None => self.maybe_send_dead(&message, effects),
                Some(respondent) if message.is_dead() || message.src == respondent => {
                    self.changes += 1;
                    self.calls.as_mut().expect("it has a respondent").delete(handle);
                    effects.push(Effect::CallEnded { handle, dead: message.is_dead() });
                }
                Some(_) => self.refuse(&message, effects),
            },
        }
    }

    /// The two handlers of the route monitor, behind their policy `is_immediate_child`, which the parent meets, too.
    fn invoke_route_monitor(&mut self, message: &Message, in_stream: Option<StreamId>, effects: &mut Effects) {
        let from_peer = in_stream.filter(|stream| self.stream(*stream).remote_id == message.src);
        let Some(in_stream) = from_peer else { return self.refuse(message, effects) };
        let mut monitor = RouteMonitor::of(self, effects);
        let done = match message.handle {
            Handle::ADD_ROUTE => monitor.on_add_route(message, in_stream),
            _ => monitor.on_del_route(message, in_stream),
        };
        if done == Err(Raised) {
            effects.push(Effect::Error(LoggedError::HandlerCrash));
        }
    }

    /// Port of `core.Router._on_del_route`, the stub of a context without a route monitor.
    fn on_del_route_stub(&mut self, message: &Message, effects: &mut Effects) {
        if message.is_dead() {
            return;
        }
        match message.payload {
            Payload::DelRoute { target } => self.fire_disconnect(target, effects),
            _ => effects.push(Effect::Error(LoggedError::HandlerCrash)),
        }
    }

    /// What `_invoke` does with a message that its handler's policy, or respondent, refuses. For a driver, that holds the
    /// policy of what is delivered to it.
    pub fn refuse(&mut self, message: &Message, effects: &mut Effects) {
        if self.revision().refuses_with_call_error() {
            self.reply(message, effects);
        } else {
            self.maybe_send_dead(message, effects);
        }
    }

    /// Port of `Router._maybe_send_dead` for a message that can not be delivered: its sender, if it waits for a reply,
    /// gets a dead one.
    fn maybe_send_dead(&mut self, message: &Message, effects: &mut Effects) {
        if message.wants_reply() {
            self.originate(message.src, message.reply_to, Handle::IS_DEAD, Data::default(), effects);
        }
    }

    /// Port of `Router._maybe_send_dead` for a message over the size limit: where its sender waits for no reply, it may
    /// be one itself, and whom it is for gets a dead message in its place.
    fn too_large(&mut self, message: &Message, effects: &mut Effects) {
        if message.wants_reply() {
            self.maybe_send_dead(message, effects);
        } else if !self.revision().drops_oversize_silently() {
            self.originate(message.dst, message.handle, Handle::IS_DEAD, Data::default(), effects);
        }
    }

    /// The streams that `target` was ever sent to from, ascending.
    pub(super) fn streams_with_egress(&self, target: ContextId) -> Vec<StreamId> {
        if target != self.id {
            return self.egress.streams_of(target);
        }
        let parent = self.parent_stream.iter().map(|stream| (StreamId::PARENT, stream));
        let all = parent.chain(self.child_streams.iter());
        all.filter(|(_, stream)| stream.egress_has_me).map(|(id, _)| id).collect()
    }

    fn get_stream(&self, stream: StreamId) -> Option<&Stream> {
        if stream == StreamId::PARENT { self.parent_stream.as_ref() } else { self.child_streams.get(stream) }
    }

    pub(super) fn stream(&self, stream: StreamId) -> &Stream {
        self.get_stream(stream).expect("an open stream")
    }

    /// A stream to be changed; who does it counts the change.
    pub(super) fn stream_mut(&mut self, stream: StreamId) -> &mut Stream {
        let state =
            if stream == StreamId::PARENT { self.parent_stream.as_mut() } else { self.child_streams.get_mut(stream) };
        state.expect("an open stream")
    }
}

/// The frame is longer than [`MAX_MESSAGE_SIZE`]; Mitogen drops the stream.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTooLarge;
