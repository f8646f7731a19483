//! Port of `mitogen.core.Router`, and of what `mitogen.parent.Router` adds for routing.

use super::effects::{Effect, Effects, LoggedError, RouteChange, Transmit};
use super::handle::{Calls, ContextClass, Respondent};
use super::id_map::{IdMap, IdSet};
use super::ids::{ContextId, Handle};
use super::message::{Data, MAX_MESSAGE_SIZE, Message, Payload};
use super::name::{Name, Names};
use super::revision::Revision;
use super::route_monitor::RouteMonitor;
use super::stream::{Stream, StreamId};

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
}

/// A `Context` object of Mitogen: what a router knows of another process. It carries the `disconnect` signal.
#[derive(Clone, Copy, Debug)]
struct ContextObject {
    /// Its place in the insertion order of `_context_by_id`.
    order: u32,
    class: ContextClass,
    /// Whether `_on_respondent_disconnect` listens to its signal.
    is_listening: bool,
    has_fired: bool,
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
    /// The streams of children; `StreamId(n)` is at `n - 1`.
    child_streams: Vec<Option<Stream>>,
    free_streams: Vec<u32>,
    /// `_stream_by_id`: the route table. No order of it can be seen.
    stream_by_id: IdMap<ContextId, StreamId>,
    /// `_context_by_id`; never pruned, as in the original.
    context_by_id: IdMap<ContextId, ContextObject>,
    /// From an id to the streams that have it in `egress_ids`, so that no retraction scans the table.
    egress_index: IdMap<ContextId, IdSet<StreamId>>,
    calls: Option<Box<Calls>>,
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
        let unidirectional = options.unidirectional && options.revision.children_are_unidirectional();
        let mut router = Router::new(id, Some(parent_id), false, RouterOptions { unidirectional, ..options });
        let is_privileged = options.revision.streams_to_ancestors_are_privileged();
        router.parent_stream = Some(Stream::new(parent_id, token, is_privileged));
        router.register(parent_id, StreamId::PARENT, &mut Effects::default());
        router
    }

    fn new(id: ContextId, parent_id: Option<ContextId>, has_route_monitor: bool, options: RouterOptions) -> Self {
        Router {
            id,
            parent_id,
            left_parent: None,
            options,
            has_route_monitor,
            parent_stream: None,
            child_streams: Vec::new(),
            free_streams: Vec::new(),
            stream_by_id: IdMap::default(),
            context_by_id: IdMap::default(),
            egress_index: IdMap::default(),
            calls: None,
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

    /// The Mitogen that this router runs.
    pub fn revision(&self) -> Revision {
        self.options.revision
    }

    /// Whether the router has a route monitor: the master, and whoever has had a child.
    pub fn has_route_monitor(&self) -> bool {
        self.has_route_monitor
    }

    /// The stream that the route table has for `target`, without the default route.
    pub fn route(&self, target: ContextId) -> Option<StreamId> {
        self.stream_by_id.get(target).copied()
    }

    /// How many entries the route table has.
    pub fn route_count(&self) -> usize {
        self.stream_by_id.len()
    }

    /// The whole route table as (destination, next hop, stream), ascending by destination.
    pub fn routes(&self) -> Vec<(ContextId, ContextId, StreamId)> {
        let entry = |target| {
            let stream = self.stream_by_id.get(target).copied().expect("listed");
            (target, self.stream(stream).remote_id, stream)
        };
        self.stream_by_id.sorted_keys().into_iter().map(entry).collect()
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
        self.child_streams.iter().flatten().map(|stream| stream.token)
    }

    /// The calls that have not ended, ascending by handle.
    pub fn open_calls(&self) -> Vec<Handle> {
        self.calls.as_ref().map(|calls| calls.open()).unwrap_or_default()
    }

    /// Sets `Stream.auth_id`, which is stamped onto every message that arrives on `stream`: how Mitogen's unix
    /// listener lends its clients an authority.
    pub fn stamp(&mut self, stream: StreamId, auth_id: ContextId) {
        let (me, to_ancestors) = (self.id, self.revision().streams_to_ancestors_are_privileged());
        let stream = self.stream_mut(stream);
        stream.auth_id = Some(auth_id);
        stream.is_privileged |= to_ancestors && auth_id == me;
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
        let stream = self.add_stream(Stream::new(child, token, is_privileged));
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
        if !notices_first {
            self.on_stream_disconnect(stream, effects);
        }
        RouteMonitor::of(self, effects).on_stream_disconnect(stream).map_err(|Raised| Crashed)?;
        if notices_first {
            self.on_stream_disconnect(stream, effects);
        }
        Ok(())
    }

    /// Port of `Broker._broker_main` at its end, for routing: every child is told to shut down, too.
    pub fn shut_down_children(&mut self, effects: &mut Effects) {
        let me = self.id;
        for (stream, state) in (1..).map(StreamId).zip(&self.child_streams) {
            let Some(state) = state else { continue };
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
    }

    /// Forgets the stream of a child, after its listeners have run and its end is closed.
    ///
    /// # Panics
    /// When the route table still leads through it.
    pub fn release(&mut self, stream: StreamId) {
        let index = stream.0.checked_sub(1).expect("a child's stream");
        let old = self.child_streams[index as usize].take().expect("an end closes once");
        assert_eq!(old.route_count, 0, "no route leads through a closed stream");
        for target in old.egress_ids.sorted() {
            self.egress_index.get_mut(target).expect("indexed").remove(stream);
        }
        self.free_streams.push(index);
    }

    /// Port of `Context.send_async` on handle `handle` of `to`: a request, and a fresh handle for its reply. The call
    /// ends with [`Effect::CallEnded`], perhaps at once.
    pub fn call(&mut self, to: ContextId, handle: Handle, data: Data, effects: &mut Effects) -> Handle {
        self.context_by_id(to);
        let respondent = self.respondent(to);
        let (reply_to, is_new_respondent) = self.calls.get_or_insert_default().add(respondent);
        if is_new_respondent {
            self.context_by_id.get_mut(to).expect("made above").is_listening = true;
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
        let parent = self.parent_route();
        let src_stream = self.route(message.src).or(parent);
        if let Some(in_stream) = in_stream {
            if let Some(error) = self.verify_source(&message, in_stream, src_stream, parent) {
                effects.push(Effect::Error(error));
                return;
            }
            if let Some(auth_id) = self.stream(in_stream).auth_id {
                message.auth = auth_id;
            }
            self.record_egress(in_stream, message.dst);
        }
        if message.dst == self.id {
            return self.invoke(message, in_stream, effects);
        }
        let may_go_up = self.revision().bounces_to_parent() || parent != src_stream || in_stream.is_none();
        let out_stream = self.route(message.dst).or(if may_go_up { parent } else { None });
        match out_stream {
            Some(out) if self.may_forward(in_stream, out) => {
                let token = self.stream(out).token;
                effects.push(Effect::Transmit(Transmit { stream: out, token, message, copies: 1 }));
            }
            Some(_) | None => self.maybe_send_dead(&message, effects),
        }
    }

    /// Whether a message came in where messages of its auth_id and src_id would: Mitogen's reverse path filter.
    fn verify_source(
        &self,
        message: &Message,
        in_stream: StreamId,
        src_stream: Option<StreamId>,
        parent: Option<StreamId>,
    ) -> Option<LoggedError> {
        let auth_stream = self.route(message.auth).or(parent);
        if Some(in_stream) != auth_stream {
            Some(LoggedError::BadAuthId)
        } else if message.src != message.auth && Some(in_stream) != src_stream {
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
        } else if stream.egress_ids.insert(dst) {
            self.changes += 1;
            self.egress_index.get_or_insert_with(dst, IdSet::default).insert(in_stream);
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
        if in_stream.is_none_or(|stream| self.stream(stream).remote_id != message.src) {
            return self.refuse(message, effects);
        }
        let mut monitor = RouteMonitor::of(self, effects);
        let done = match message.handle {
            Handle::ADD_ROUTE => monitor.on_add_route(message),
            _ => monitor.on_del_route(message),
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

    /// Port of `Router._on_stream_disconnect`: the entries that still lead through a lost stream go, and their context
    /// objects fire, in the insertion order of `_context_by_id`.
    fn on_stream_disconnect(&mut self, stream: StreamId, effects: &mut Effects) {
        let lost = self.targets_via(stream);
        if self.revision().fires_while_deleting() {
            for target in lost {
                self.del_route(target, effects);
                self.fire_disconnect(target, effects);
            }
        } else {
            lost.iter().for_each(|target| self.del_route(*target, effects));
            lost.iter().for_each(|target| self.fire_disconnect(*target, effects));
        }
    }

    /// The destinations whose entry leads through `stream`, in the insertion order of `_context_by_id`.
    fn targets_via(&self, stream: StreamId) -> Vec<ContextId> {
        if self.stream(stream).route_count == 0 {
            return Vec::new();
        }
        // A route is only ever set for an id that the monitor has in the stream's set, or is the parent's own.
        let candidates = match &self.stream(stream).routes {
            Some(routes) => routes.sorted(),
            None if stream == StreamId::PARENT => self.monitor_parent_id().into_iter().collect(),
            None => self.stream_by_id.sorted_keys(),
        };
        let mut targets: Vec<_> = candidates.into_iter().filter(|target| self.route(*target) == Some(stream)).collect();
        assert_eq!(targets.len(), self.stream(stream).route_count as usize, "every route of a stream is found");
        targets.sort_unstable_by_key(|target| self.context_by_id.get(*target).map(|context| context.order));
        targets
    }

    /// Port of `Router.register`: a new context object for `id`, reached by `stream`.
    fn register(&mut self, id: ContextId, stream: StreamId, effects: &mut Effects) {
        self.changes += 1;
        self.add_route(id, stream, effects);
        let class = self.context_class();
        let order = u32::try_from(self.context_by_id.len()).expect("fewer than 2^32 contexts");
        let object = ContextObject { order, class, is_listening: false, has_fired: false };
        let Some(old) = self.context_by_id.insert(id, object) else { return };
        self.context_by_id.get_mut(id).expect("just inserted").order = old.order;
        if self.revision().listens_per_handle()
            && let Some(calls) = &mut self.calls
        {
            calls.forget_listeners((id, old.class));
        }
    }

    /// Port of `Router.context_by_id`: makes the context object if there is none.
    pub(super) fn context_by_id(&mut self, id: ContextId) {
        let class = self.context_class();
        let order = u32::try_from(self.context_by_id.len()).expect("fewer than 2^32 contexts");
        let make = || ContextObject { order, class, is_listening: false, has_fired: false };
        self.context_by_id.get_or_insert_with(id, make);
        self.changes += u64::from(self.context_by_id.len() != order as usize);
    }

    /// `Router.context_class`: an upgraded router is a `mitogen.parent.Router`.
    fn context_class(&self) -> ContextClass {
        if self.has_route_monitor { ContextClass::Parent } else { ContextClass::Core }
    }

    fn respondent(&self, id: ContextId) -> Respondent {
        (id, self.context_by_id.get(id).expect("made before").class)
    }

    /// `fire(context, 'disconnect')`, if there is a context object for `id`: the calls that wait for it end dead.
    pub(super) fn fire_disconnect(&mut self, id: ContextId, effects: &mut Effects) {
        let Some(object) = self.context_by_id.get_mut(id) else { return };
        effects.push(Effect::Signal { context: id, again: object.has_fired });
        self.changes += u64::from(!object.has_fired);
        object.has_fired = true;
        let (is_listening, class) = (object.is_listening, object.class);
        if let (true, Some(calls)) = (is_listening || self.revision().listens_per_handle(), &mut self.calls) {
            for handle in calls.take_of((id, class)) {
                self.changes += 1;
                effects.push(Effect::CallEnded { handle, dead: true });
            }
        }
    }

    /// Port of `Router.stream_by_id`: the route of `id`, or else the parent's.
    pub(super) fn stream_by_id(&self, id: ContextId) -> Option<StreamId> {
        self.route(id).or(self.parent_route())
    }

    /// `_stream_by_id.get(mitogen.parent_id)`
    fn parent_route(&self) -> Option<StreamId> {
        self.parent_id.and_then(|id| self.route(id))
    }

    /// Port of `parent.Router.add_route`.
    pub(super) fn add_route(&mut self, target: ContextId, stream: StreamId, effects: &mut Effects) {
        let before = self.stream_by_id.insert(target, stream);
        self.stream_mut(stream).route_count += 1;
        self.uncount(target, before, Some(stream), effects);
    }

    /// Port of `parent.Router.del_route`.
    pub(super) fn del_route(&mut self, target: ContextId, effects: &mut Effects) {
        let before = self.stream_by_id.remove(target);
        self.uncount(target, before, None, effects);
    }

    fn uncount(&mut self, target: ContextId, before: Option<StreamId>, after: Option<StreamId>, effects: &mut Effects) {
        self.changes += u64::from(before != after);
        if let Some(before) = before {
            self.stream_mut(before).route_count -= 1;
        }
        effects.push_route_change(RouteChange { target, before, after });
    }

    /// The streams that `target` was ever sent to from, ascending.
    pub(super) fn streams_with_egress(&self, target: ContextId) -> Vec<StreamId> {
        if target != self.id {
            return self.egress_index.get(target).map(IdSet::sorted).unwrap_or_default();
        }
        let children = (1..=self.child_streams.len()).map(|n| StreamId(u32::try_from(n).expect("a stream number")));
        let is_open = |stream: &StreamId| self.get_stream(*stream).is_some_and(|s| s.egress_has_me);
        std::iter::once(StreamId::PARENT).chain(children).filter(is_open).collect()
    }

    fn add_stream(&mut self, stream: Stream) -> StreamId {
        let index = self.free_streams.pop().unwrap_or_else(|| {
            self.child_streams.push(None);
            u32::try_from(self.child_streams.len() - 1).expect("fewer than 2^32 streams")
        });
        self.child_streams[index as usize] = Some(stream);
        StreamId(index + 1)
    }

    fn get_stream(&self, stream: StreamId) -> Option<&Stream> {
        match stream.0.checked_sub(1) {
            None => self.parent_stream.as_ref(),
            Some(index) => self.child_streams.get(index as usize)?.as_ref(),
        }
    }

    /// Something has changed in a stream.
    pub(super) fn count_change(&mut self) {
        self.changes += 1;
    }

    pub(super) fn stream(&self, stream: StreamId) -> &Stream {
        self.get_stream(stream).expect("an open stream")
    }

    /// A stream to be changed; who does it counts the change.
    pub(super) fn stream_mut(&mut self, stream: StreamId) -> &mut Stream {
        let slot = match stream.0.checked_sub(1) {
            None => &mut self.parent_stream,
            Some(index) => &mut self.child_streams[index as usize],
        };
        slot.as_mut().expect("an open stream")
    }
}

/// The frame is longer than [`MAX_MESSAGE_SIZE`]; Mitogen drops the stream.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTooLarge;
