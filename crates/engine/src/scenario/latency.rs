//! How long an item takes on a link: by a model, or by lists.

use crate::draw::Distribution;
use crate::time::Span;

/// How long each item takes on a link. Items keep their order, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Latency {
    /// By a model: always the same, or drawn for each item.
    Model(Distribution),
    /// By a list for each direction: the n-th item takes the n-th latency, and the last latency goes on. Nothing is drawn.
    /// [`Catalog::listed`](super::Catalog::listed) makes it.
    Listed(Lists<ListId>),
}

impl Latency {
    /// The latency, if there is only one.
    pub fn constant(self) -> Option<Span> {
        match self {
            Latency::Model(model) => model.constant(),
            Latency::Listed(_) => None,
        }
    }

    /// Whether the seed decides it, for each item.
    pub fn is_drawn(self) -> bool {
        matches!(self, Latency::Model(model) if model.constant().is_none())
    }
}

impl From<Distribution> for Latency {
    fn from(model: Distribution) -> Self {
        Latency::Model(model)
    }
}

/// The number of a list of latencies, in one [`Catalog`](super::Catalog).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub(super) u32);

/// A list for each direction of a link, or what stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lists<T> {
    /// From the parent to the child.
    pub down: T,
    /// From the child to the parent.
    pub up: T,
}

impl<T> Lists<T> {
    /// What `change` makes of both, first of `down`.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Lists<U> {
        Lists { down: change(self.down), up: change(self.up) }
    }
}

/// A list without what does nothing: of equal latencies at the end, the first goes on as well.
pub(super) fn without_repeats(latencies: &[Span]) -> &[Span] {
    let Some(last) = latencies.last() else { return latencies };
    let kept = latencies.iter().rposition(|latency| latency != last).map_or(1, |place| place + 2);
    &latencies[..kept]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that only repeats at the end are left out.
    #[test]
    fn repeats_at_the_end_do_nothing() {
        let short = |ms: &[u64]| {
            let list: Vec<Span> = ms.iter().map(|ms| Span::from_ms(*ms)).collect();
            without_repeats(&list).iter().map(|span| span.as_ns() / 1_000_000).collect::<Vec<_>>()
        };
        assert!(short(&[]).is_empty());
        assert_eq!(short(&[3]), [3]);
        assert_eq!(short(&[3, 3, 3]), [3]);
        assert_eq!(short(&[3, 3, 1, 1]), [3, 3, 1]);
        assert_eq!(short(&[1, 3]), [1, 3]);
    }
}
