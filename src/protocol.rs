//! Mitogen's routing, sans-IO: the part of treequake that is held equal to the original, record by record.
//!
//! One [`Router`] is one process of the tree (Mitogen calls it a *context*). It is the port of `mitogen.core.Router`
//! with `mitogen.parent.RouteMonitor`, in the four behaviours of [`Revision`]. It owns no socket, no clock, no thread
//! and no randomness: a driver tells it what came in (`handle_*`, [`Router::call`], [`Router::send`]) and takes what
//! it wants done from [`Effects`], in order.
//!
//! Read it beside Mitogen's Python: each function names the one that it ports. Where two revisions differ, the code
//! asks a named predicate of [`Revision`], and that predicate tells the story.

mod effects;
mod handle;
mod id_map;
mod message;
mod name;
mod revision;
mod route_monitor;
mod router;
mod stream;

pub use effects::{Effect, Effects, LoggedError, RouteChange, Transmit};
pub use id_map::{Id, IdMap, IdSet};
pub use message::{ContextId, Handle, MAX_MESSAGE_SIZE, Message, Payload};
pub use name::{Name, Names};
pub use revision::{Revision, UnknownRevision};
pub use router::{Crashed, FrameTooLarge, Router, RouterOptions};
pub use stream::StreamId;
