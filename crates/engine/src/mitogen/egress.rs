//! `egress_ids` of all streams of a router: for which ids something ever came in on which stream.
//!
//! In the original each stream has a set, and a retraction looks into all of them. Here an index from ids to streams
//! finds the right ones at once. A few pairs are kept as a plain list.

use crate::process::{ContextId, IdMap, IdSet, StateWriter, StreamId};
use std::borrow::Cow;

/// With more pairs than this there is an index.
const FEW: usize = 24;

/// Pairs of an id and a stream on which something for it came in.
#[derive(Clone, Debug)]
pub(super) enum Egress {
    /// Ascending.
    Few(Vec<(ContextId, StreamId)>),
    Many(Box<Index>),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    streams_of: IdMap<ContextId, IdSet<StreamId>>,
    ids_of: IdMap<StreamId, Vec<ContextId>>,
}

impl Default for Egress {
    fn default() -> Self {
        Egress::Few(Vec::new())
    }
}

impl Index {
    fn insert(&mut self, id: ContextId, stream: StreamId) -> bool {
        let is_new = self.streams_of.get_or_insert_with(id, IdSet::default).insert(stream);
        if is_new {
            self.ids_of.get_or_insert_with(stream, Vec::new).push(id);
        }
        is_new
    }
}

impl Egress {
    /// Forgets everything, but keeps a small allocation.
    pub fn clear(&mut self) {
        match self {
            Egress::Few(pairs) => pairs.clear(),
            Egress::Many(_) => *self = Egress::default(),
        }
    }

    /// `stream.egress_ids.add(id)`. Returns whether it is new.
    pub fn insert(&mut self, id: ContextId, stream: StreamId) -> bool {
        match self {
            Egress::Many(index) => index.insert(id, stream),
            Egress::Few(pairs) => {
                let Err(place) = pairs.binary_search(&(id, stream)) else { return false };
                pairs.insert(place, (id, stream));
                if pairs.len() > FEW {
                    let mut index = Box::<Index>::default();
                    for (id, stream) in pairs {
                        index.insert(*id, *stream);
                    }
                    *self = Egress::Many(index);
                }
                true
            }
        }
    }

    /// The pairs of the streams that have `id` in `egress_ids`, ascending.
    pub fn pairs_of(&self, id: ContextId) -> Cow<'_, [(ContextId, StreamId)]> {
        match self {
            Egress::Many(index) => {
                let streams = index.streams_of.get(id).map(IdSet::sorted).unwrap_or_default();
                streams.into_iter().map(|stream| (id, stream)).collect()
            }
            Egress::Few(pairs) => {
                let start = pairs.partition_point(|pair| pair.0 < id);
                let count = pairs[start..].iter().take_while(|pair| pair.0 == id).count();
                Cow::Borrowed(&pairs[start..start + count])
            }
        }
    }

    /// All pairs, ascending.
    fn pairs(&self) -> Cow<'_, [(ContextId, StreamId)]> {
        match self {
            Egress::Few(pairs) => Cow::Borrowed(pairs),
            Egress::Many(index) => {
                let streams = index.ids_of.sorted_keys().into_iter();
                let ids = |stream| index.ids_of.get(stream).into_iter().flatten().map(move |id| (*id, stream));
                let mut pairs: Vec<_> = streams.flat_map(ids).collect();
                pairs.sort_unstable();
                Cow::Owned(pairs)
            }
        }
    }

    /// Writes the pairs.
    pub fn write_state(&self, state: &mut StateWriter<'_>) {
        let pairs = self.pairs();
        state.len(pairs.len());
        for (id, stream) in pairs.iter() {
            state.u32(id.0);
            state.u32(stream.0);
        }
    }

    /// Forgets a stream, and its set with it.
    pub fn remove_stream(&mut self, stream: StreamId) {
        match self {
            Egress::Few(pairs) => pairs.retain(|pair| pair.1 != stream),
            Egress::Many(index) => {
                for id in index.ids_of.remove(stream).unwrap_or_default() {
                    index.streams_of.get_mut(id).expect("indexed").remove(stream);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Proves that the list and the index hold the same set of pairs.
    #[test]
    fn agrees_with_a_plain_set() {
        let mut egress = Egress::default();
        let mut plain = BTreeSet::new();
        let mut x = 7_u64;
        for n in 0..3_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (id, stream) = (ContextId((x >> 33) as u32 % 50), StreamId((x >> 40) as u32 % (2 + n / 200)));
            if (x >> 50).is_multiple_of(9) {
                egress.remove_stream(stream);
                plain.retain(|(_, other)| *other != stream);
            } else {
                assert_eq!(egress.insert(id, stream), plain.insert((id, stream)));
            }
            let of_id: Vec<_> = plain.iter().filter(|pair| pair.0 == id).copied().collect();
            assert_eq!(*egress.pairs_of(id), of_id);
            assert_eq!(*egress.pairs(), plain.iter().copied().collect::<Vec<_>>());
        }
        assert!(matches!(egress, Egress::Many(_)));
    }
}
