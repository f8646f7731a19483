//! What a router knows about ids: registers them, learns and forgets routes to them, and fires their signals. Ports of
//! `Router.register`, `context_by_id`, `stream_by_id` and `_on_stream_disconnect`, and of `parent.Router.add_route` and
//! `del_route`, with the sets of `RouteMonitor._routes_by_stream`. All of it works on the route table.

use super::Core;
use crate::mitogen::calls::{ContextClass, Respondent};
use crate::mitogen::log::NO_ROUTE_TO_DELETE;
use crate::mitogen::mutation::Mutation;
use crate::mitogen::route_table::Known;
use crate::process::{ContextId, Effect, Effects, RouteChange, StreamId};

impl Core {
    /// Port of `Router._on_stream_disconnect`. Entries that still lead through a lost stream go, and their context
    /// objects fire, in the insertion order of `_context_by_id`.
    pub(in crate::mitogen) fn on_stream_disconnect(&mut self, stream: StreamId, effects: &mut Effects) {
        let mut lost = effects.take_room();
        self.targets_via(stream, &mut lost);
        if self.revision().fires_while_deleting() {
            for target in &lost {
                self.del_route(*target, effects);
                self.fire_disconnect(*target, effects);
            }
        } else {
            lost.iter().for_each(|target| self.del_route(*target, effects));
            lost.iter().for_each(|target| self.fire_disconnect(*target, effects));
        }
        effects.give_room(lost);
    }

    /// Puts the destinations whose entry leads through `stream` into the empty `targets`, in the insertion order of
    /// `_context_by_id`.
    fn targets_via(&self, stream: StreamId, targets: &mut Vec<ContextId>) {
        self.targets(stream, targets);
        let order = |target: &ContextId| self.table.get(*target).order();
        if !targets.is_sorted_by_key(order) {
            targets.sort_by_cached_key(order);
        }
    }

    /// Appends the destinations whose entry leads through `stream`, ascending.
    fn targets(&self, stream: StreamId, targets: &mut Vec<ContextId>) {
        let state = self.stream(stream);
        match state.route_count {
            0 => {}
            // Most often a leaf's.
            1 if state.leads_to_peer => targets.push(state.remote_id),
            count => {
                let before = targets.len();
                self.table.targets(stream, targets);
                assert_eq!(targets.len() - before, count as usize, "all routes of a stream must be found");
            }
        }
    }

    /// `RouteMonitor._routes_by_stream.pop(stream)`, ascending; `None` for a stream that was never noticed. The ids
    /// are put into `room`, which must be empty.
    pub(in crate::mitogen) fn take_routes<'r>(
        &mut self,
        stream: StreamId,
        room: &'r mut Vec<ContextId>,
    ) -> Option<&'r [ContextId]> {
        let state = self.stream_mut(stream);
        if !std::mem::replace(&mut state.is_noticed, false) {
            return None;
        }
        self.targets(stream, room);
        room.retain(|target| self.table.get(*target).is_member());
        let own = room.len();
        room.extend(self.table.take_strays(stream));
        if room.len() > own {
            room.sort_unstable();
        }
        Some(room)
    }

    /// `RouteMonitor._routes_by_stream[stream] = {stream.remote_id}`, for a stream that is not registered yet.
    pub(in crate::mitogen) fn notice(&mut self, stream: StreamId) {
        let state = self.stream_mut(stream);
        state.is_noticed = true;
        let remote_id = state.remote_id;
        self.table.add_stray(stream, remote_id);
    }

    /// Port of `Router.register`: a new context object for `id`, which is reached through `stream`.
    pub(in crate::mitogen) fn register(&mut self, id: ContextId, stream: StreamId, effects: &mut Effects) {
        self.changes += 1;
        let before = self.table.get(id);
        let order = before.order().unwrap_or(self.table.object_count());
        let after = before.with_object(order, self.is_upgraded);
        let is_member = self.leave_other_set(id, before, stream);
        self.table.set(id, before, after.with_stream(Some(stream), is_member));
        self.count_route(id, before.stream(), Some(stream), effects);
        if before.order().is_some()
            && self.revision().listens_per_handle()
            && let Some(calls) = &mut self.calls
        {
            calls.forget_listeners((id, class_of(before)));
        }
    }

    /// Port of `Router.context_by_id`: makes the context object if there is none.
    pub fn context_by_id(&mut self, id: ContextId) {
        let known = self.table.get(id);
        if known.order().is_none() {
            self.changes += 1;
            self.table.set(id, known, known.with_object(self.table.object_count(), self.is_upgraded));
        }
    }

    pub(in crate::mitogen) fn respondent(&self, id: ContextId) -> Respondent {
        (id, class_of(self.table.get(id)))
    }

    /// `fire(context, 'disconnect')`, if there is a context object for `id`. The calls that wait for it end dead.
    pub fn fire_disconnect(&mut self, id: ContextId, effects: &mut Effects) {
        let known = self.table.get(id);
        if known.order().is_none() {
            return;
        }
        effects.push(Effect::Signal { context: id, again: known.has_fired() });
        if !known.has_fired() {
            self.changes += 1;
            self.table.set(id, known, known.fired());
        }
        if let (true, Some(calls)) = (known.is_listening() || self.revision().listens_per_handle(), &mut self.calls) {
            for handle in calls.take_of((id, class_of(known))) {
                self.changes += 1;
                if !calls.take_private(handle) {
                    effects.push(Effect::CallEnded { handle, dead: true });
                }
            }
        }
    }

    /// Port of `Router.stream_by_id`: the route to `id`, or else to the parent.
    pub fn stream_by_id(&self, id: ContextId) -> Option<StreamId> {
        self.route(id).or(self.parent_route)
    }

    /// `_stream_by_id.get(mitogen.parent_id)`
    pub fn parent_route(&self) -> Option<StreamId> {
        self.parent_route
    }

    /// What is known about an id.
    pub(in crate::mitogen) fn known(&self, id: ContextId) -> Known {
        self.table.get(id)
    }

    /// What `RouteMonitor._on_add_route` does with a good route to an id, about which `before` is known:
    /// `context_by_id(target)`, `_routes_by_stream[stream].add(target)`, `add_route(target, stream)`. It costs one
    /// look-up.
    #[inline]
    pub(in crate::mitogen) fn learn_route(
        &mut self,
        target: ContextId,
        before: Known,
        stream: StreamId,
        effects: &mut Effects,
    ) {
        let mut after = before;
        if before.order().is_none() {
            after = before.with_object(self.table.object_count(), self.is_upgraded);
        }
        let was_member = self.leave_other_set(target, before, stream);
        self.changes += u64::from(after != before || !was_member);
        self.table.set(target, before, after.with_stream(Some(stream), true));
        self.count_route(target, before.stream(), Some(stream), effects);
    }

    /// What `RouteMonitor._on_del_route` does with a good retraction: `_routes_by_stream[stream].discard(target)`,
    /// `del_route(target)`.
    pub fn forget_route(&mut self, target: ContextId, stream: StreamId, effects: &mut Effects) {
        let before = self.table.get(target);
        if before.stream() == Some(stream) && !self.is_mutated(Mutation::RetractedStaysInSet) {
            self.table.set(target, before, before.with_stream(None, false));
            self.count_route(target, Some(stream), None, effects);
        } else {
            self.changes += u64::from(self.table.remove_stray(stream, target));
            self.del_route(target, effects);
        }
    }

    /// Port of `parent.Router.del_route`.
    pub fn del_route(&mut self, target: ContextId, effects: &mut Effects) {
        let before = self.table.get(target);
        if let Some(stream) = before.stream() {
            self.keep_in_set(target, before, stream);
            self.table.set(target, before, before.with_stream(None, false));
            self.count_route(target, Some(stream), None, effects);
        } else if self.revision().logs_missing_entries() {
            effects.push(Effect::Logged(NO_ROUTE_TO_DELETE));
        }
    }

    /// `target` is about to be reached through `stream`. Its entry leaves the stream that it has, but not that stream's
    /// set. Returns whether it is already in the set of `stream`.
    fn leave_other_set(&mut self, target: ContextId, before: Known, stream: StreamId) -> bool {
        match before.stream() {
            Some(same) if same == stream => before.is_member(),
            other => {
                if let Some(other) = other {
                    self.keep_in_set(target, before, other);
                }
                self.table.remove_stray(stream, target)
            }
        }
    }

    /// `target` is no longer reached through `stream`. If it is in that stream's set, it stays there.
    fn keep_in_set(&mut self, target: ContextId, before: Known, stream: StreamId) {
        if before.is_member() && self.stream(stream).is_noticed {
            self.table.add_stray(stream, target);
        }
    }

    /// The entry of `target` has changed. Updates the streams' counts, and reports the change.
    fn count_route(
        &mut self,
        target: ContextId,
        before: Option<StreamId>,
        after: Option<StreamId>,
        effects: &mut Effects,
    ) {
        if before == after {
            return;
        }
        self.changes += 1;
        if Some(target) == self.parent_id {
            self.parent_route = after;
        }
        if let Some(after) = after {
            let stream = self.stream_mut(after);
            stream.route_count += 1;
            stream.leads_to_peer |= stream.remote_id == target;
        }
        if let Some(before) = before {
            let stream = self.stream_mut(before);
            stream.route_count -= 1;
            stream.leads_to_peer &= stream.remote_id != target;
        }
        effects.push_route_change(RouteChange { target, before, after });
    }

    /// Changes what is known about an id.
    pub(in crate::mitogen) fn change(&mut self, id: ContextId, change: impl FnOnce(Known) -> Known) {
        let known = self.table.get(id);
        self.table.set(id, known, change(known));
    }
}

/// The class of the context object.
fn class_of(known: Known) -> ContextClass {
    if known.is_parent_class() { ContextClass::Parent } else { ContextClass::Core }
}
