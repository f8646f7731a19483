//! One end of a link, as a router sees it: `mitogen.core.Stream` (before 0.2.8) or `MitogenProtocol` (since).

use super::id_map::{Id, IdSet};
use super::ids::ContextId;

/// A stream of one router. The stream to the parent is [`StreamId::PARENT`]; the number of a closed stream is used
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

impl StreamId {
    /// The stream to the parent. The master has none.
    pub const PARENT: StreamId = StreamId(0);
}

impl Id for StreamId {
    fn raw(self) -> u32 {
        self.0
    }

    fn from_raw(raw: u32) -> Self {
        StreamId(raw)
    }
}

/// The state of a stream.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// The id of the directly connected peer.
    pub remote_id: ContextId,
    /// What the driver knows the stream by.
    pub token: u32,
    /// How many entries of the route table lead through this stream.
    pub route_count: u32,
    /// Stamped onto every message that arrives, where set.
    pub auth_id: Option<ContextId>,
    /// May forward, and be forwarded to, in the unidirectional mode.
    pub is_privileged: bool,
    /// Whether the router's own id is in `egress_ids`; kept apart, since nearly every stream has it.
    pub egress_has_me: bool,
    /// The dst_id of every verified message that arrived, but for the router's own.
    pub egress_ids: IdSet<ContextId>,
    /// `RouteMonitor._routes_by_stream[stream]`: the ids to retract when the stream is lost; `None` until noticed.
    pub routes: Option<IdSet<ContextId>>,
}

impl Stream {
    pub(super) fn new(remote_id: ContextId, token: u32, is_privileged: bool) -> Self {
        Stream {
            remote_id,
            token,
            route_count: 0,
            auth_id: None,
            is_privileged,
            egress_has_me: false,
            egress_ids: IdSet::default(),
            routes: None,
        }
    }
}
