//! One end of a link, as a router sees it: `mitogen.core.Stream` (before 0.2.8) or `MitogenProtocol` (since).

use crate::process::{ContextId, StateWriter, StreamId};

/// The state of a stream. A router over many hosts has many streams, most of which carry little.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// The id of the peer at the other end.
    pub remote_id: ContextId,
    /// The number by which the driver knows the stream.
    pub token: u32,
    /// How many entries of the route table lead through this stream.
    pub route_count: u32,
    /// Whether it may forward, and be forwarded to, in the unidirectional mode.
    pub is_privileged: bool,
    /// Whether the route to the peer itself leads through this stream, as it nearly always does.
    pub leads_to_peer: bool,
    /// Whether the stream is a key of `RouteMonitor._routes_by_stream`. Its set is in the route table.
    pub is_noticed: bool,
    /// Whether the router's own id is in `egress_ids`. Kept apart, since nearly every stream has it.
    pub egress_has_me: bool,
    /// Whether the stream has an `auth_id`. The router knows which one.
    pub is_stamped: bool,
    /// `Connection.detached`: the child has asked to leave.
    pub is_detached: bool,
}

impl Stream {
    pub(super) fn new(remote_id: ContextId, token: u32, is_privileged: bool) -> Self {
        Stream {
            remote_id,
            token,
            route_count: 0,
            is_privileged,
            leads_to_peer: false,
            is_noticed: false,
            egress_has_me: false,
            is_stamped: false,
            is_detached: false,
        }
    }

    /// Writes what is not a count of the route table's entries.
    pub(super) fn write_state(&self, state: &mut StateWriter<'_>) {
        state.u32(self.remote_id.0);
        state.u32(self.token);
        for flag in [self.is_privileged, self.is_noticed, self.egress_has_me, self.is_stamped, self.is_detached] {
            state.flag(flag);
        }
    }
}

/// The streams to a router's children, by their numbers, and the numbers that are free.
#[derive(Clone, Debug)]
pub(super) struct ChildStreams {
    /// `StreamId(n)` is at `n - 1`.
    slots: Vec<Slot>,
    /// The number that was freed last; that of the parent's stream if none was.
    free: StreamId,
}

#[derive(Clone, Debug)]
enum Slot {
    Open(Stream),
    /// Holds the number that was freed before this one.
    Free(StreamId),
}

impl Default for ChildStreams {
    fn default() -> Self {
        ChildStreams { slots: Vec::new(), free: StreamId::PARENT }
    }
}

impl ChildStreams {
    /// Removes all streams, but keeps the allocation.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.free = StreamId::PARENT;
    }

    /// Adds a stream. It gets the number that was freed last, or else the next new one.
    #[inline]
    pub fn add(&mut self, stream: Stream) -> StreamId {
        if self.free.0 > 0 {
            return self.add_again(stream);
        }
        self.slots.push(Slot::Open(stream));
        StreamId(u32::try_from(self.slots.len()).expect("fewer than 2^32 streams"))
    }

    /// Adds a stream under the number that was freed last.
    #[inline(never)]
    fn add_again(&mut self, stream: Stream) -> StreamId {
        let slot = std::mem::replace(&mut self.slots[self.free.0 as usize - 1], Slot::Open(stream));
        let Slot::Free(next) = slot else { unreachable!("the list only has free slots") };
        std::mem::replace(&mut self.free, next)
    }

    /// Removes a stream and frees its number.
    ///
    /// # Panics
    /// If there is no stream with that number.
    pub fn remove(&mut self, id: StreamId) -> Stream {
        let slot = id.0.checked_sub(1).and_then(|index| self.slots.get_mut(index as usize)).expect("a child's stream");
        match std::mem::replace(slot, Slot::Free(self.free)) {
            Slot::Open(stream) => {
                self.free = id;
                stream
            }
            Slot::Free(_) => panic!("an end can only close once"),
        }
    }

    #[inline]
    pub fn get(&self, id: StreamId) -> Option<&Stream> {
        match self.slots.get(id.0.checked_sub(1)? as usize)? {
            Slot::Open(stream) => Some(stream),
            Slot::Free(_) => None,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        match self.slots.get_mut(id.0.checked_sub(1)? as usize)? {
            Slot::Open(stream) => Some(stream),
            Slot::Free(_) => None,
        }
    }

    /// Writes the streams, and the numbers that the next ones will get.
    pub fn write_state(&self, state: &mut StateWriter<'_>) {
        state.len(self.slots.len());
        for slot in &self.slots {
            match slot {
                Slot::Open(stream) => {
                    state.u8(1);
                    stream.write_state(state);
                }
                Slot::Free(next) => {
                    state.u8(0);
                    state.u32(next.0);
                }
            }
        }
        state.u32(self.free.0);
    }

    /// All streams, ascending by number.
    pub fn iter(&self) -> impl Iterator<Item = (StreamId, &Stream)> + '_ {
        (1..).map(StreamId).zip(&self.slots).filter_map(|(id, slot)| match slot {
            Slot::Open(stream) => Some((id, stream)),
            Slot::Free(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a stream takes 20 bytes: a router may have a million of them.
    #[test]
    fn streams_are_compact() {
        assert_eq!((size_of::<Stream>(), size_of::<Slot>()), (20, 20));
    }

    /// Proves that the number that was freed last is reused first.
    #[test]
    fn numbers_are_used_again() {
        let mut streams = ChildStreams::default();
        let stream = |n| Stream::new(ContextId(n), n, false);
        assert_eq!([1, 2, 3].map(|n| streams.add(stream(n)).0), [1, 2, 3]);
        assert_eq!([2, 1].map(|n| streams.remove(StreamId(n)).token), [2, 1]);
        assert_eq!([4, 5, 6].map(|n| streams.add(stream(n)).0), [1, 2, 4]);
        assert_eq!(
            streams.iter().map(|(id, stream)| (id.0, stream.token)).collect::<Vec<_>>(),
            [(1, 4), (2, 5), (3, 3), (4, 6)]
        );
    }
}
