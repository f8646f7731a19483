//! Which Mitogen a context runs: one enum, and a named predicate for every behaviour that differs between releases.
//!
//! Commits and issues are those of the repository mitogen-hq/mitogen.

/// A revision of Mitogen's routing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// Release 0.2.3, run under Python 3.
    Mitogen023,
    /// Commit 0394dac2c7 of 2018-10-31, run under Python 3.
    MitogenSeed,
    /// Release 0.2.4.
    Mitogen024,
    /// Release 0.2.9.
    Mitogen029,
    /// Release 0.3.54.
    #[default]
    Mitogen03,
}

impl Revision {
    /// All revisions, oldest first.
    pub const ALL: [Revision; 5] =
        [Revision::Mitogen023, Revision::MitogenSeed, Revision::Mitogen024, Revision::Mitogen029, Revision::Mitogen03];

    const fn is_seed(self) -> bool {
        matches!(self, Revision::MitogenSeed)
    }

    /// Before the eight days between release 0.2.3 and the seed, in which contexts in other branches began to hear of a
    /// death (#76).
    const fn is_before_seed(self) -> bool {
        matches!(self, Revision::Mitogen023)
    }

    const fn is_before_0_2_4(self) -> bool {
        self.is_before_seed() || self.is_seed()
    }

    /// Before 8d1b01d8 (0.2.8) connecting ran on the user's thread.
    const fn is_before_0_2_8(self) -> bool {
        self.is_before_0_2_4() || matches!(self, Revision::Mitogen024)
    }

    /// Before d6329f34 (0.2.9) the monitor trusted auth_id. No revision here is between this and 0.2.8.
    const fn is_before_0_2_9(self) -> bool {
        self.is_before_0_2_8()
    }

    /// The monitor notices a new stream before the router registers it, so the monitor's listener also comes first.
    /// From 0.2.8 (8d1b01d8) it is the other way round, which makes every context object on a lost stream fire twice.
    pub const fn notices_before_registering(self) -> bool {
        self.is_before_0_2_8()
    }

    /// Python 3 wrapped the name of an ADD_ROUTE in `b'...'` once more at each hop (#426, fixed by 8fa3c74d in 0.2.4).
    pub const fn wraps_names(self) -> bool {
        self.is_before_0_2_4()
    }

    /// The stream of a route update is looked up by auth_id; from 0.2.9 (d6329f34) by src_id.
    pub const fn looks_up_by_auth_id(self) -> bool {
        self.is_before_0_2_9()
    }

    /// DEL_ROUTE for an id without a route is an error; from 0.2.4 (76ec4f20, #413) it is ignored.
    pub const fn reports_del_route_without_route(self) -> bool {
        self.is_before_0_2_4()
    }

    /// Streams keep the ids for which something ever came in (babe3eec of 2018-10-23, #76), so that DEL_ROUTE also goes
    /// down to those who asked (431051f6). In 0.2.3 nothing goes down.
    pub const fn keeps_egress_ids(self) -> bool {
        !self.is_before_seed()
    }

    /// A route update is a message like any other of this context: addressed to the parent, and subject to the route
    /// table and the size limit. From 431051f6 (2018-10-23, #76) it is put on the stream that leads to the parent,
    /// addressed to the peer there.
    pub const fn routes_updates(self) -> bool {
        self.is_before_seed()
    }

    /// A good DEL_ROUTE is passed on before the context object fires; from 431051f6 (2018-10-23, #76) the object fires
    /// first. Also, one that comes from the parent raises AttributeError, since only a child's stream has `routes`.
    pub const fn fires_after_retracting(self) -> bool {
        self.is_before_seed()
    }

    /// A context without a route monitor has a handler for DEL_ROUTE, too, which fires the context object (b9bafb78 of
    /// 2018-10-23, #76). In 0.2.3 the handle is unknown there.
    pub const fn has_del_route_stub(self) -> bool {
        !self.is_before_seed()
    }

    /// `context_by_id` is a method of `parent.Router` only, so in a context that never had a child each call waits on a
    /// context object of its own, which never fires. d7d40f11 (2018-10-23, #76) moved it to `core.Router`.
    pub const fn only_parents_share_context_objects(self) -> bool {
        self.is_before_seed()
    }

    /// DEL_ROUTE is also sent back up to the parent if the parent's stream has the id in its egress set; from 0.2.4
    /// (9aa84566, #413) it never goes to the parent.
    pub const fn retracts_towards_parent(self) -> bool {
        self.is_seed()
    }

    /// Sending without a parent stream raises AttributeError; from 0.2.4 (5bd6bd06, #480) it silently does nothing. In
    /// 0.2.3 the router finds no route, which does no harm either.
    pub const fn raises_without_parent_stream(self) -> bool {
        self.is_seed()
    }

    /// `RouteMonitor._on_stream_disconnect` raises KeyError for a stream it has not noticed, from fba52a0e (2018-10-24,
    /// #76) on; from 0.2.4 (407294cd, #498) it returns.
    pub const fn raises_for_unnoticed_stream(self) -> bool {
        self.is_seed()
    }

    /// The router's listener deletes and fires entry by entry; from 0.2.4 (e2478dcb) it deletes all, then fires.
    pub const fn fires_while_deleting(self) -> bool {
        self.is_before_0_2_4()
    }

    /// A message without a route is handed to the parent even if it came from there; from 0.2.8 (bcca47df, #533) the
    /// sender gets a dead message instead.
    pub const fn bounces_to_parent(self) -> bool {
        self.is_before_0_2_8()
    }

    /// A message over the size limit is dropped, and its sender gets no dead message. From 1cbff101 (2018-10-30, #405)
    /// on it does, if it waits for a reply.
    pub const fn drops_oversize_requests(self) -> bool {
        self.is_before_seed()
    }

    /// A message over the size limit is dropped, and its addressee gets no message. From 0.2.8 (3f5ff17c, #615) the
    /// addressee gets a dead message, so a caller does not wait for ever for a reply that was too long.
    pub const fn drops_oversize_silently(self) -> bool {
        self.is_before_0_2_8()
    }

    /// A refused message is answered with a pickled CallError, even if it is dead itself; from 0.2.4 (cf97932f, #387)
    /// with a dead message.
    pub const fn refuses_with_call_error(self) -> bool {
        self.is_before_0_2_4()
    }

    /// What cannot be delivered is logged as an error: no route, an unknown handle, a refusal by policy or by the
    /// unidirectional mode, a message over the size limit. From 0.2.4 (cf97932f, #387) it is logged for debugging.
    pub const fn logs_undeliverable(self) -> bool {
        self.is_before_0_2_4()
    }

    /// A message without a route is logged as an error even if nobody waits for a reply; from 58d0a457 (2018-10-24, #76)
    /// it is not.
    pub const fn logs_each_missing_route(self) -> bool {
        self.is_before_seed()
    }

    /// `parent.Router.del_route` logs an error if the table has no entry; from 431051f6 (2018-10-23, #76) it does not.
    pub const fn logs_missing_entries(self) -> bool {
        self.is_before_seed()
    }

    /// The stub handler of DEL_ROUTE logs its error before it looks whether the message is dead; from 0.2.8 (46ebd56c)
    /// after that.
    pub const fn stub_logs_first(self) -> bool {
        self.is_before_0_2_8()
    }

    /// Each handle has a listener of its own for its respondent. From 0.2.4 (c09780ae, #416) one listener on the first
    /// context object serves all handles, which are found by the *equality* of context objects.
    pub const fn listens_per_handle(self) -> bool {
        self.is_before_0_2_4()
    }

    /// Children enforce the unidirectional mode. Before 0.2.8 (5924af15) a misspelt attribute, `undirectional`, kept
    /// every child from getting it.
    pub const fn children_are_unidirectional(self) -> bool {
        !self.is_before_0_2_8()
    }

    /// A stream towards one of the context's own ancestors is privileged (2ee0e070, 0.2.8). Before, only streams of
    /// unix clients were.
    pub const fn streams_to_ancestors_are_privileged(self) -> bool {
        !self.is_before_0_2_8()
    }

    /// A broker that shuts down waits for the reapers of lost children. Until then (f4cee165 and 4f0a946f, both 0.2.8) a
    /// parent polled a lost child's process once and never waited for it.
    pub const fn waits_for_reapers(self) -> bool {
        !self.is_before_0_2_8()
    }

    /// The length of a frame's header, in bytes. `Stream.HEADER_FMT` got two bytes of magic in 300cb41e (0.2.4).
    pub const fn header_len(self) -> u64 {
        if self.is_before_0_2_4() { 24 } else { 26 }
    }
}
