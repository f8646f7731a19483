//! Why an entry of a route table is as it is, or is not there, and where a call was lost: the moments of a recording
//! that led to it. This is pure: a [`Recording`] in, a value out. The module `report` puts it into words.
//!
//! # The walk, exactly
//!
//! Contexts are incarnations; `end` is the moment that is asked about.
//!
//! ```text
//! origin(m), what led to a moment:
//!     the arrival of flight f               -> f.sent
//!     a timer, at X                         -> the last moment before m at X that has a record `Shutdown`, else the
//!                                              last one at X that was not a timer
//!     a timeout, of link L                  -> the last moment before m that partitioned or slowed L, else L's birth
//!     a step                                -> nothing
//! chain(m) = m, origin(m), origin(origin(m)), ...: it ends in a step
//! turn(X, m) = the last change of X's entry for R at or before m; its `after` is the entry then
//! fate(f) = arrived or vanished, if that was at or before end; dropped; else held if its lane is cut, else on its way
//!
//! entry(C, R): the sorted union of these moments
//!     1. chain(turn(C, end)), if there was any
//!     2. if the entry is not what it should be, and should lead to a child: news(D), D the latest life of R
//!     3. if the entry is stale or wrong: retraction(C)
//!
//! news(D): m = birth(D), X = parent(D); over and over:
//!     take m.  X is C: done; a record `Error` in m refused it, else it arrived
//!     f = the ADD_ROUTE for R that m sent up from X
//!     no f: a record `Error` in m refused it; without one, X did not send it on
//!     fate(f) is arrived: m = that moment, X = parent(X), and again; any other fate: it was lost there
//!     refused: add the entry in its way: chain(turn(X, m - 1)), if there is one; and, if the next change of that
//!     entry was its removal at or before end, the chain of that
//!
//! retraction(C): X = C; over and over:
//!     V = the neighbour that X's entry leads through
//!     V is X's parent: done, if the protocol is held to tables; such an entry is kept for life
//!     V was there before: the entries lead in a circle
//!     V is dead, or has closed its end: f = the EOF from V to X; take chain(f.sent); its fate is the answer
//!     V has an entry for R: X = V, and again
//!     V never had one: done
//!     else m = turn(V, end), which removed it: take chain(m); f = the DEL_ROUTE for R that m sent from V to X;
//!         its fate is the answer; no f: V did not send it
//!     (f arrived: take that moment; a record `Error` in it refused it)
//!
//! call(N): m = the step that made it; over and over:
//!     take m; f = the flight that m sent that is this request (from, to, handle 900, reply handle) or its reply
//!     (to the caller, on the reply handle)
//!     no f: it stopped here; fate(f) is arrived: m = that moment, and again; any other fate: it was lost there
//!     if X had it, and dropped it or handed it back to the parent that it came from: take chain(turn(X, m)) for the
//!     id that X looked up: the message's auth for `bad-auth-id`, its src for `bad-src-id`, else its dst
//! anything that was lost: if it vanished, take that moment, and the chain of the moment that closed that end; if it
//!     is held, take the chain of the last moment up to end that cut the link
//! ```

mod call;
mod cause;
mod chain;
mod entry;
mod event;

pub use call::{CallEnd, CallTrail, Calls, Reason, call, count_calls};
pub use cause::{Deed, LostCall, crashes, lost_calls, remains};
pub use chain::{Past, chain};
pub use entry::{Entries, entry};
pub use event::{Event, EventKind, event, first_error, first_warning};

use crate::link::{Incarnation, LaneId};
use crate::process::{ContextId, LoggedError};
use crate::recording::{FlightEnd, FlightId, Links, MomentId, Recording};

/// Why an entry is as it is, or is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Why {
    /// The context whose table it is.
    pub context: Incarnation,
    /// The destination.
    pub route: ContextId,
    /// The moment that is asked about; `None` before the first.
    pub moment: Option<MomentId>,
    /// The neighbour that the table leads through; `None` if there is no entry.
    pub via: Option<Incarnation>,
    /// The neighbour that it should lead through; `None` if there should be no entry.
    pub expected: Option<Incarnation>,
    /// How the two compare.
    pub standing: Standing,
    /// Where the destination is, seen from the context.
    pub place: Place,
    /// When the entry last changed; `None` if there never was one.
    pub last: Option<MomentId>,
    /// The way of the destination's news, if the entry should be there and is not right.
    pub news: Option<Trail>,
    /// The way of what should have removed the entry, if it should not be as it is.
    pub retraction: Option<Trail>,
    /// All moments that matter, ascending.
    pub moments: Vec<MomentId>,
}

/// How an entry compares with the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is what it should be, which may be no entry.
    Right,
    /// It should not be there.
    Stale,
    /// It should be there.
    Missing,
    /// It leads through the wrong neighbour.
    Wrong,
    /// Whether it is what it should be is not known: see [`State::count_wrong`](crate::recording::State::count_wrong).
    Unknown,
    /// The context has been an orphan since that moment, so its table does not count.
    Orphaned(MomentId),
    /// The context died in that moment.
    Dead(MomentId),
    /// The context is not born yet.
    Unborn,
}

/// Where a destination is, seen from a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the context itself.
    Itself,
    /// It is its parent.
    Parent,
    /// It is alive, below the context.
    Below(Incarnation),
    /// It is alive, but not below the context.
    Elsewhere(Incarnation),
    /// It has been an orphan since that moment.
    Orphaned(Incarnation, MomentId),
    /// It died in that moment.
    Dead(Incarnation, MomentId),
    /// It is not born yet, or never will be.
    Unborn,
}

/// The way of a piece of news through the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trail {
    /// The life that it is about: the one that should be known; for a retraction, the neighbour that should have been
    /// heard.
    pub about: Incarnation,
    /// The moments that it went through, ascending.
    pub moments: Vec<MomentId>,
    /// How far it got.
    pub end: TrailEnd,
    /// The entry that stood in its way, if one did.
    pub obstacle: Option<Obstacle>,
}

/// An entry that stood in the way of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The context whose entry it was.
    pub context: Incarnation,
    /// The neighbour that it led through.
    pub via: Incarnation,
    /// When it was made.
    pub made: MomentId,
    /// When it was removed, if that was by the moment that is asked about.
    pub removed: Option<MomentId>,
}

/// How far a piece of news got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailEnd {
    /// It arrived and was accepted.
    Arrived(MomentId),
    /// It reached this context, which refused it.
    Refused {
        /// The context.
        context: Incarnation,
        /// When it happened.
        moment: MomentId,
        /// The error that it logged.
        error: LoggedError,
    },
    /// This context had it, and sent nothing on.
    NotSent {
        /// The context.
        context: Incarnation,
        /// When it happened.
        moment: MomentId,
    },
    /// It was lost between two contexts, or is still there.
    Lost(FlightId, Fate),
    /// The entries lead in a circle: each context has its own from the next.
    Circle {
        /// The context that they lead back to.
        to: Incarnation,
        /// How many contexts are in the circle.
        contexts: usize,
    },
    /// There never was any such news.
    None,
}

/// What had become of a flight at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It had arrived.
    Arrived(MomentId),
    /// It had arrived at a closed end, or at a dead context.
    Vanished(MomentId),
    /// The end that should have sent it was already closed.
    Dropped,
    /// A cut link was holding it.
    Held,
    /// It was on its way.
    OnItsWay,
}

/// The moments that explain a loss: where something vanished, and what closed that end; or what cut the link.
fn moments_of_loss(
    recording: &Recording<'_>,
    past: &Past,
    flight: FlightId,
    fate: Fate,
    end: MomentId,
) -> Vec<MomentId> {
    let lane = recording.flights[flight].lane;
    let other_end = LaneId::new(lane.child(), lane.direction().opposite());
    let (cause, vanished) = match fate {
        Fate::Vanished(moment) => (past.closed(other_end), Some(moment)),
        Fate::Dropped => (past.closed(lane), None),
        Fate::Held => (past.cut(lane.child(), end), None),
        Fate::Arrived(_) | Fate::OnItsWay => (None, None),
    };
    let mut moments = cause.map(|cause| past.chain(cause)).unwrap_or_default();
    moments.extend(vanished);
    moments
}

/// What had become of a flight at the moment `end`; `links` are those of that moment.
fn fate(recording: &Recording<'_>, links: &Links, end: MomentId, flight: FlightId) -> Fate {
    let flight = recording.flights[flight];
    let is_over = |moment: MomentId| moment <= end;
    match flight.end {
        FlightEnd::Arrived(moment) if is_over(moment) => Fate::Arrived(moment),
        FlightEnd::Vanished(moment) if is_over(moment) => Fate::Vanished(moment),
        FlightEnd::Dropped => Fate::Dropped,
        _ if links.is_held(flight.lane) => Fate::Held,
        _ => Fate::OnItsWay,
    }
}
