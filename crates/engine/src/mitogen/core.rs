//! Port of `mitogen.core.Router`, and of what `mitogen.parent.Router` adds for routing. This is everything but the
//! route monitor, which works on it from outside.

mod routes;

use super::calls::{Calls, ContextClass};
use super::egress::Egress;
use super::handles::SHUTDOWN;
use super::log::{NO_ROUTE, POLICY_REFUSED, TOO_LARGE, UNIDIRECTIONAL};
use super::mutation::Mutation;
use super::revision::Revision;
use super::route_table::{Known, RouteTable};
use super::stream::{ChildStreams, Stream};
use super::wire::MAX_MESSAGE_SIZE;
use super::words::{BAD_AUTH_ID, BAD_SRC_ID};
use crate::process::{
    ContextId, Data, Effect, Effects, Handle, IdMap, LoggedError, Message, Payload, StateWriter, StreamId, Transmit,
};
use std::borrow::Cow;

/// A Python exception. It makes no difference which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised;

/// What a core is made with.
#[derive(Clone, Copy, Debug)]
pub struct CoreOptions {
    /// The revision of Mitogen that it runs.
    pub revision: Revision,
    /// The master's `Router.unidirectional`: children may only talk to their ancestors. The revision decides whether a
    /// child gets it, too.
    pub unidirectional: bool,
    /// The fault that it has on purpose, if any.
    #[cfg(feature = "mutations")]
    pub mutation: Option<Mutation>,
}

/// What became of a message that was routed.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub(super) enum Routed {
    /// It is on its way, or was dropped.
    Done,
    /// It is for this context.
    Here,
    /// It is for this context, with the authority of the stream that it came in on.
    HereAs(ContextId),
    /// Its sender gets this dead message, which must be routed in turn.
    Answer(Message),
}

/// The core of a router: routes messages, keeps the route table, the context objects and the calls.
///
/// A route monitor ([`RouteMonitor`](super::RouteMonitor)) changes routes through the methods that are public here.
#[derive(Clone, Debug)]
pub struct Core {
    id: ContextId,
    parent_id: Option<ContextId>,
    /// The parent that the context has left. `RouteMonitor.parent` still names it.
    left_parent: Option<ContextId>,
    options: CoreOptions,
    /// Whether the router is a `mitogen.parent.Router`, that is, whether it has a route monitor.
    is_upgraded: bool,
    parent_stream: Option<Stream>,
    /// `_stream_by_id.get(mitogen.parent_id)`, the default route. Every message asks for it.
    parent_route: Option<StreamId>,
    child_streams: ChildStreams,
    /// `_stream_by_id`, `_context_by_id` and `_routes_by_stream`.
    table: RouteTable,
    /// `egress_ids` of all streams, without the router's own id.
    egress: Egress,
    calls: Option<Box<Calls>>,
    /// The `auth_id` of streams that are stamped.
    auth_ids: IdMap<StreamId, ContextId>,
    /// How often any of this has changed.
    changes: u64,
}

impl Core {
    /// The core of the master's router, or of a child's. A child's stream to the parent is not there yet.
    fn new(id: ContextId, parent_id: Option<ContextId>, options: CoreOptions) -> Self {
        let mut core = Core {
            id,
            parent_id,
            left_parent: None,
            options,
            is_upgraded: false,
            parent_stream: None,
            parent_route: None,
            child_streams: ChildStreams::default(),
            table: RouteTable::default(),
            egress: Egress::default(),
            calls: None,
            auth_ids: IdMap::default(),
            changes: 0,
        };
        core.restart(id, parent_id, options);
        core
    }

    /// Makes this what [`new`](Self::new) makes, in the memory of a router whose life is over.
    fn restart(&mut self, new_id: ContextId, new_parent_id: Option<ContextId>, new_options: CoreOptions) {
        // All fields by name, so that none is forgotten.
        let Core {
            id,
            parent_id,
            left_parent,
            options,
            is_upgraded,
            parent_stream,
            parent_route,
            child_streams,
            table,
            egress,
            calls,
            auth_ids,
            changes,
        } = self;
        (*id, *parent_id, *left_parent, *options) = (new_id, new_parent_id, None, new_options);
        (*is_upgraded, *parent_stream, *parent_route) = (new_parent_id.is_none(), None, None);
        (*calls, *auth_ids, *changes) = (None, IdMap::default(), 0);
        child_streams.clear();
        table.clear();
        egress.clear();
    }

    /// The core of the master's router.
    pub(super) fn master(options: CoreOptions) -> Self {
        Core::new(ContextId::MASTER, None, options)
    }

    /// The core of a child at its birth, with its stream to the parent registered. Port of what
    /// `ExternalContext._setup_master` and `main` do for routing.
    pub(super) fn child(id: ContextId, parent_id: ContextId, token: u32, options: CoreOptions) -> Self {
        let mut core = Core::new(id, Some(parent_id), options);
        core.be_born(parent_id, token);
        core
    }

    /// Starts over as the master's, in the memory of a router whose life is over.
    pub(super) fn become_master(&mut self, options: CoreOptions) {
        self.restart(ContextId::MASTER, None, options);
    }

    /// Starts over as a child's, in the memory of a router whose life is over.
    pub(super) fn become_child(&mut self, id: ContextId, parent_id: ContextId, token: u32, options: CoreOptions) {
        self.restart(id, Some(parent_id), options);
        self.be_born(parent_id, token);
    }

    /// Adds the stream to the parent, and registers it.
    fn be_born(&mut self, parent_id: ContextId, token: u32) {
        self.options.unidirectional &= self.revision().children_are_unidirectional();
        let is_privileged = self.revision().streams_to_ancestors_are_privileged();
        let is_privileged = is_privileged && !self.is_mutated(Mutation::ParentNotPrivileged);
        self.parent_stream = Some(Stream::new(parent_id, token, is_privileged));
        self.register(parent_id, StreamId::PARENT, &mut Effects::default());
    }

    /// Makes the router a `mitogen.parent.Router`.
    pub(super) fn upgrade(&mut self) {
        self.is_upgraded = true;
    }

    /// Something has changed that is not part of the core.
    pub(super) fn note_change(&mut self) {
        self.changes += 1;
    }

    /// A number that grows whenever anything changes that could make the router handle the next message differently.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Writes all that decides what the router does, for
    /// [`Process::write_state`](crate::process::Process::write_state). What follows from the rest is left out: the counts of
    /// routes, the default route.
    pub(super) fn write_state(&self, state: &mut StateWriter<'_>) {
        state.option(self.parent_id.map(|id| id.0));
        state.option(self.left_parent.map(|id| id.0));
        state.flag(self.is_upgraded);
        state.flag(self.parent_stream.is_some());
        if let Some(stream) = &self.parent_stream {
            stream.write_state(state);
        }
        self.child_streams.write_state(state);
        let auth_ids = self.auth_ids.sorted_keys();
        state.len(auth_ids.len());
        for stream in auth_ids {
            state.u32(stream.0);
            state.option(self.auth_ids.get(stream).map(|id| id.0));
        }
        let has_records = state.has_records();
        self.table.write_state(state, |id, known| if has_records { known } else { self.without_records(id, known) });
        self.egress.write_state(state);
        state.flag(self.calls.is_some());
        if let Some(calls) = &self.calls {
            calls.write_state(state);
        }
    }

    /// What is known about an id, without what only shows in records. When context objects fire, and how often, decides what
    /// is recorded, but nothing is sent. One that nobody waits for is as good as none, if the next one were of its class.
    fn without_records(&self, id: ContextId, known: Known) -> Known {
        let is_waited_for = || self.calls.as_ref().is_some_and(|calls| calls.is_known(self.respondent(id)));
        let is_idle = self.is_upgraded && known.is_parent_class() && !known.is_listening() && !is_waited_for();
        if known.order().is_some() && is_idle { known.without_object() } else { known.without_past() }
    }

    /// `mitogen.context_id`.
    pub fn id(&self) -> ContextId {
        self.id
    }

    /// `mitogen.parent_id`; `None` in the master.
    pub fn parent_id(&self) -> Option<ContextId> {
        self.parent_id
    }

    /// `RouteMonitor.parent.context_id`. A context that has left its parent still has it.
    pub fn monitor_parent_id(&self) -> Option<ContextId> {
        self.parent_id.or(self.left_parent)
    }

    /// `stream_by_id(RouteMonitor.parent.context_id)`, if the monitor has a parent.
    pub fn monitor_parent_stream(&self) -> Option<StreamId> {
        match self.left_parent {
            Some(left) => self.stream_by_id(left),
            None => self.parent_route,
        }
    }

    /// The revision of Mitogen that this router runs.
    pub fn revision(&self) -> Revision {
        self.options.revision
    }

    /// Whether the router is broken in this way, on purpose.
    #[cfg(feature = "mutations")]
    pub(super) fn is_mutated(&self, mutation: Mutation) -> bool {
        self.options.mutation == Some(mutation)
    }

    /// No router is broken on purpose.
    #[cfg(not(feature = "mutations"))]
    pub(super) const fn is_mutated(&self, _: Mutation) -> bool {
        false
    }

    /// Whether the router has a route monitor: the master, and every context that has had a child.
    pub fn is_upgraded(&self) -> bool {
        self.is_upgraded
    }

    /// The stream that the route table has for `target`, without the default route.
    pub fn route(&self, target: ContextId) -> Option<StreamId> {
        self.table.route(target)
    }

    /// How many entries the route table has.
    pub fn route_count(&self) -> usize {
        self.table.route_count()
    }

    /// Calls `f` with each entry of the route table (destination, stream), ascending by destination.
    pub fn each_route(&self, f: impl FnMut(ContextId, StreamId)) {
        self.table.each_route(f);
    }

    /// The id of the peer of an open stream.
    ///
    /// # Panics
    /// If there is no such stream.
    pub fn remote_id(&self, stream: StreamId) -> ContextId {
        self.stream(stream).remote_id
    }

    /// The number by which the driver knows an open stream.
    ///
    /// # Panics
    /// If there is no such stream.
    pub fn token(&self, stream: StreamId) -> u32 {
        self.stream(stream).token
    }

    /// Marks the stream to a child that asks to leave. Returns whether it was the child's, and not marked before.
    ///
    /// # Errors
    /// If Mitogen raises: where no stream leads to the child, or where the stream to the parent does and the parent has the
    /// child's id, since that stream has no mark.
    pub(super) fn mark_detached(&mut self, child: ContextId) -> Result<bool, Raised> {
        let stream = self.stream_by_id(child).ok_or(Raised)?;
        if self.remote_id(stream) != child {
            return Ok(false);
        }
        if stream == StreamId::PARENT {
            return Err(Raised);
        }
        Ok(!std::mem::replace(&mut self.stream_mut(stream).is_detached, true))
    }

    /// The open streams of children, ascending.
    pub(super) fn children(&self) -> impl Iterator<Item = StreamId> + '_ {
        self.child_streams.iter().map(|(stream, _)| stream)
    }

    /// Sets `Stream.auth_id`, which is stamped onto every message that arrives on `stream`. In this way Mitogen's unix
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

    /// Adds a child's stream, not registered yet. `remote_is_ancestor` says whether one of this context's own ancestors
    /// has the child's id. That can happen when ids are reused.
    pub(super) fn add_stream(&mut self, child: ContextId, token: u32, remote_is_ancestor: bool) -> StreamId {
        let is_privileged = remote_is_ancestor && self.revision().streams_to_ancestors_are_privileged();
        let stream = self.child_streams.add(Stream::new(child, token, is_privileged));
        // This comes first in all revisions: nobody looks at the set before both are done.
        self.notice(stream);
        stream
    }

    /// Port of the end of `Broker._broker_main`, as far as routing sees it: every child gets a SHUTDOWN, too.
    pub(super) fn shut_down_children(&mut self, effects: &mut Effects) {
        let me = self.id;
        for (stream, state) in self.child_streams.iter() {
            let (dst, handle, reply_to) = (state.remote_id, SHUTDOWN, Handle::NONE);
            let message = Message { dst, src: me, auth: me, handle, reply_to, payload: Payload::EMPTY };
            effects.push(Effect::Transmit(Transmit { stream, token: state.token, message, copies: 1 }));
        }
    }

    /// Port of `ExternalContext._on_parent_disconnect` of a detached context, which is now the root of its own tree.
    /// The caller must still drop the entries that lead through the parent's stream.
    pub(super) fn leave_parent(&mut self) {
        self.left_parent = self.parent_id.take();
        self.parent_route = None;
    }

    /// Forgets the stream of a child, after its listeners have run and its end is closed.
    ///
    /// # Panics
    /// If an entry of the route table still leads through it.
    pub(super) fn release(&mut self, stream: StreamId) {
        let old = self.child_streams.remove(stream);
        assert_eq!(old.route_count, 0, "no route may lead through a closed stream");
        self.egress.remove_stream(stream);
    }

    /// A fresh handle for the reply to a call.
    pub(super) fn open_call(&mut self, to: ContextId) -> Handle {
        if !self.is_upgraded && self.revision().only_parents_share_context_objects() {
            self.changes += 1;
            return self.calls.get_or_insert_default().add((to, ContextClass::Unshared)).0;
        }
        self.open_call_on_shared(to)
    }

    /// Port of `Context.send_async`, without the sending, for the context object that the router has.
    pub(super) fn open_call_on_shared(&mut self, to: ContextId) -> Handle {
        self.context_by_id(to);
        let respondent = self.respondent(to);
        let (reply_to, is_new_respondent) = self.calls.get_or_insert_default().add(respondent);
        if is_new_respondent && !self.is_mutated(Mutation::ListensOnFreshContext) {
            self.change(to, Known::listening);
        }
        reply_to
    }

    /// Marks the call that waits on a handle as the context's own, whose end concerns nobody else.
    pub(super) fn keep_private(&mut self, handle: Handle) {
        self.calls.get_or_insert_default().set_private(handle);
    }

    /// A new message of this context.
    pub(super) fn message(&self, dst: ContextId, handle: Handle, reply_to: Handle, data: Data) -> Message {
        Message { dst, src: self.id, auth: self.id, handle, reply_to, payload: Payload::Data(data) }
    }

    /// Port of `Message.reply` with a message that is not dead, and as long as the request asks for.
    pub(super) fn reply(&self, to: &Message) -> Option<Message> {
        let len = if let Payload::Data(data) = to.payload { data.reply_len } else { 0 };
        let data = Data { len, reply_len: 0 };
        (to.reply_to != Handle::NONE).then(|| self.message(to.src, to.reply_to, Handle::NONE, data))
    }

    /// Port of `Router._async_route`: verify the source, then deliver here, forward, or answer dead. The message gets the
    /// authority of the stream that it came in on, if that has one.
    pub(super) fn async_route(
        &mut self,
        message: &Message,
        in_stream: Option<StreamId>,
        effects: &mut Effects,
    ) -> Routed {
        if let Payload::Data(data) = message.payload
            && u64::from(data.len) > MAX_MESSAGE_SIZE
        {
            return self.too_large(message, effects);
        }
        let parent = self.parent_route;
        let src_stream = self.route_of_sender(message.src, in_stream).or(parent);
        let mut stamped = None;
        if let Some(in_stream) = in_stream {
            if let Some(error) = self.verify_source(message, in_stream, src_stream, parent) {
                effects.push(Effect::Error(error));
                return Routed::Done;
            }
            stamped = self.auth_id(in_stream);
            if self.revision().keeps_egress_ids() && !self.is_mutated(Mutation::EgressNotRecorded) {
                self.record_egress(in_stream, message.dst);
            }
        }
        if message.dst == self.id {
            return stamped.map_or(Routed::Here, Routed::HereAs);
        }
        let may_go_up = self.revision().bounces_to_parent() || parent != src_stream || in_stream.is_none();
        let may_go_up = may_go_up || self.is_mutated(Mutation::BouncedToParent);
        let out_stream = self.route(message.dst).or(if may_go_up { parent } else { None });
        match out_stream {
            Some(out) if self.may_forward(in_stream, out) => {
                let auth = stamped.unwrap_or(message.auth);
                effects.send(out, self.stream(out).token, Message { auth, ..*message });
                Routed::Done
            }
            None if self.is_mutated(Mutation::NoDeadReply) => Routed::Done,
            Some(_) => self.undeliverable(message, UNIDIRECTIONAL, effects),
            // A message that the context itself sends has no reply_to but None, which the seed takes for an address.
            None if self.revision().logs_each_missing_route()
                || message.wants_reply()
                || (in_stream.is_none() && !message.is_dead()) =>
            {
                self.undeliverable(message, NO_ROUTE, effects)
            }
            None => Routed::Done,
        }
    }

    /// The route of a message's sender, which is most often the peer of the stream that it came in on.
    fn route_of_sender(&self, src: ContextId, in_stream: Option<StreamId>) -> Option<StreamId> {
        let is_peer = |stream: &StreamId| {
            let stream = self.stream(*stream);
            stream.leads_to_peer && stream.remote_id == src
        };
        in_stream.filter(is_peer).or_else(|| self.route(src))
    }

    /// Whether a message came in on the stream that messages to its auth_id and src_id would leave on: Mitogen's
    /// reverse path filter. Returns the error if it did not.
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
            Some(BAD_AUTH_ID)
        } else if !is_same && Some(in_stream) != src_stream {
            Some(BAD_SRC_ID)
        } else {
            None
        }
    }

    /// Checks the unidirectional mode: what came in on one stream may only leave on another if one of them is
    /// privileged.
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

    /// Who may answer on a handle, if a call waits on it.
    pub(super) fn respondent_of(&self, handle: Handle) -> Option<ContextId> {
        self.calls.as_ref().and_then(|calls| calls.respondent_of(handle))
    }

    /// Ends the call that waits on a handle, for which a message has arrived. Returns whether the call is the context's
    /// own.
    pub(super) fn end_call(&mut self, handle: Handle, dead: bool, effects: &mut Effects) -> bool {
        self.changes += 1;
        let calls = self.calls.as_mut().expect("a call must wait on the handle");
        calls.delete(handle);
        let is_private = calls.take_private(handle);
        if !is_private {
            effects.push(Effect::CallEnded { handle, dead });
        }
        is_private
    }

    /// What `_invoke` does with a message that its handler's policy, or respondent, refuses.
    pub(super) fn refuse(&self, message: &Message, effects: &mut Effects) -> Routed {
        self.log_undeliverable(POLICY_REFUSED, effects);
        if self.revision().refuses_with_call_error() {
            self.reply(message).map_or(Routed::Done, Routed::Answer)
        } else {
            self.maybe_send_dead(message)
        }
    }

    /// A message cannot be delivered, for the reason that `name` stands for in the log.
    pub(super) fn undeliverable(&self, message: &Message, name: &'static str, effects: &mut Effects) -> Routed {
        self.log_undeliverable(name, effects);
        self.maybe_send_dead(message)
    }

    pub(super) fn log_undeliverable(&self, name: &'static str, effects: &mut Effects) {
        if self.revision().logs_undeliverable() {
            effects.push(Effect::Logged(name));
        }
    }

    /// Port of `Router._maybe_send_dead` for a message that cannot be delivered. Its sender gets a dead one, if it
    /// waits for a reply.
    fn maybe_send_dead(&self, message: &Message) -> Routed {
        if !message.wants_reply() {
            return Routed::Done;
        }
        Routed::Answer(self.message(message.src, message.reply_to, Handle::IS_DEAD, Data::default()))
    }

    /// Port of `Router._maybe_send_dead` for a message over the size limit. If its sender waits for no reply, the
    /// message may be a reply itself, and the context that it is for gets a dead message in its place.
    fn too_large(&self, message: &Message, effects: &mut Effects) -> Routed {
        self.log_undeliverable(TOO_LARGE, effects);
        if message.wants_reply() {
            if self.revision().drops_oversize_requests() { Routed::Done } else { self.maybe_send_dead(message) }
        } else if self.revision().drops_oversize_silently() {
            Routed::Done
        } else {
            Routed::Answer(self.message(message.dst, message.handle, Handle::IS_DEAD, Data::default()))
        }
    }

    /// The pairs of `target` and a stream on which something for it ever came in, ascending by stream.
    pub fn egress_pairs(&self, target: ContextId) -> Cow<'_, [(ContextId, StreamId)]> {
        if target != self.id {
            return self.egress.pairs_of(target);
        }
        let parent = self.parent_stream.iter().map(|stream| (StreamId::PARENT, stream));
        let all = parent.chain(self.child_streams.iter());
        all.filter(|(_, stream)| stream.egress_has_me).map(|(stream, _)| (target, stream)).collect()
    }

    #[inline]
    fn get_stream(&self, stream: StreamId) -> Option<&Stream> {
        if stream == StreamId::PARENT { self.parent_stream.as_ref() } else { self.child_streams.get(stream) }
    }

    #[inline]
    pub(super) fn stream(&self, stream: StreamId) -> &Stream {
        self.get_stream(stream).expect("the stream must be open")
    }

    /// A stream, mutable. The caller counts the change.
    #[inline]
    pub(super) fn stream_mut(&mut self, stream: StreamId) -> &mut Stream {
        let state =
            if stream == StreamId::PARENT { self.parent_stream.as_mut() } else { self.child_streams.get_mut(stream) };
        state.expect("the stream must be open")
    }
}
