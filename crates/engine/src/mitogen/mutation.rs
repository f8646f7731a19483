//! Deliberate faults in the protocol, to see whether fuzzing finds them. They need the cargo feature `mutations`, which
//! is for tests only.
//!
//! Each is a one-line mistake in the port of mitogen-0.3, of a kind that Mitogen's own history contains. The code asks
//! the core whether it `is_mutated`. Without the feature that is a constant `false`: nothing is stored and nothing is
//! looked up. A mutation is a monitor of its own, [`Mutation::monitor`], which only a program with the feature knows. Commits and issues are
//! those of the repository mitogen-hq/mitogen.

/// A deliberate fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// `notice_stream` sends ADD_ROUTE twice for each connect, as before b5136520 (0.2.0).
    AddRouteTwice,
    /// `_on_add_route` does not look for an existing route: the last context to announce an id gets it.
    DuplicateOverwrites,
    /// `_on_del_route` passes nothing on to the parent.
    DelRouteNotUp,
    /// `_on_del_route` passes nothing on to the streams that have sent to the id; the loss of a stream still does.
    DelRouteNotDown,
    /// `_on_del_route` leaves the id in the set of its stream (`routes.discard` is missing), so it is retracted once
    /// more when the stream is lost: the duplicates of #413.
    RetractedStaysInSet,
    /// `_propagate_down` treats the parent like a context below, as before 9aa84566 (0.2.4, #413).
    RetractedTowardsParent,
    /// `_on_stream_disconnect` of the monitor stops after the first id of the set, as happens where 5bd6bd06 (0.2.4,
    /// #480) is missing and the first id raises.
    FirstRouteOnly,
    /// A call listens on a context object of its own, not on the one that fires, as before d7d40f11 (0.2.4).
    ListensOnFreshContext,
    /// `_async_route` hands back to the parent what came from it and has no route, as before bcca47df (0.2.8, #533).
    BouncedToParent,
    /// `_async_route` drops what has no route, without a dead reply: the silence of #533 and #615 in another place.
    NoDeadReply,
    /// `_async_route` records nothing in `egress_ids`, so no news of a death goes down.
    EgressNotRecorded,
    /// The stream to the parent is not privileged, as if 5924af15 had come without 2ee0e070 (both 0.2.8). In the
    /// unidirectional mode nothing is forwarded at all.
    ParentNotPrivileged,
}

#[cfg(feature = "mutations")]
impl Mutation {
    /// All mutations.
    pub const ALL: [Mutation; 12] = [
        Mutation::AddRouteTwice,
        Mutation::DuplicateOverwrites,
        Mutation::DelRouteNotUp,
        Mutation::DelRouteNotDown,
        Mutation::RetractedStaysInSet,
        Mutation::RetractedTowardsParent,
        Mutation::FirstRouteOnly,
        Mutation::ListensOnFreshContext,
        Mutation::BouncedToParent,
        Mutation::NoDeadReply,
        Mutation::EgressNotRecorded,
        Mutation::ParentNotPrivileged,
    ];
}
