//! How an entry differs from the truth, and when it begins to.

use crate::link::Incarnation;
use crate::process::{ContextId, StreamId};
use crate::scenario::expectation::DifferenceKind;
use crate::world::View;

/// An entry of a route table that differs from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The context whose table it is in.
    pub context: ContextId,
    /// The destination that it is about.
    pub destination: ContextId,
    /// How it differs.
    pub kind: DifferenceKind,
    /// The next hop that the table has.
    pub via: Option<ContextId>,
    /// The next hop that it should have.
    pub expected: Option<ContextId>,
}

/// How many differences are followed, or listed, at most. This bounds memory; each takes about 50 bytes.
pub const DIFFERENCES_MAX: usize = 1 << 23;

/// An entry of a route table that came to differ from the truth, or no longer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// The context whose table it is in.
    pub context: Incarnation,
    /// The destination that it is about.
    pub destination: ContextId,
    /// Whether it differs now.
    pub is_wrong: bool,
}

/// How the entry of `context` for `destination` differs from what it should be.
pub(super) fn difference(
    view: View<'_>,
    context: Incarnation,
    destination: ContextId,
    expected: Option<StreamId>,
) -> Difference {
    let table = view.table(context).expect("a context on the tree is alive");
    let actual = table.route(destination);
    let kind = DifferenceKind::of(actual, expected);
    let hop = |stream: Option<StreamId>| stream.map(|stream| table.peer(stream));
    Difference { context: view.world.id(context), destination, kind, via: hop(actual), expected: hop(expected) }
}
