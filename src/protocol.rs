//! Mitogen's routing, sans-IO: the part of treequake that is held equal to the original, record by record.
//!
//! One [`Router`] is one process of the tree (Mitogen calls it a *context*). It is the port of `mitogen.core.Router`
//! with `mitogen.parent.RouteMonitor`, in the four behaviours of [`Revision`]. It owns no socket, no clock, no thread
//! and no randomness: a driver tells it what came in (`handle_*`, [`Router::call`], [`Router::send`]) and takes what
//! it wants done from [`Effects`], in order.
//!
//! Read it beside Mitogen's Python: each function names the one that it ports. Where two revisions differ, the code
//! asks a named predicate of [`Revision`], and that predicate tells the story.
//!
//! A driver in a few lines: a host connects to the master and brings up a child of its own.
//!
//! ```
//! use treequake::protocol::{ContextId, Effect, Effects, Handle, Names, Revision, Router, RouterOptions, StreamId};
//!
//! let options =
//!     RouterOptions { revision: Revision::Mitogen03, unidirectional: false, application_handle: Handle(900),
//! #       #[cfg(feature = "mutations")] mutation: None,
//!     };
//! let (mut names, mut effects) = (Names::default(), Effects::default());
//! let mut master = Router::master(options);
//! let to_host = master.handle_connect(ContextId(1), names.intern("ssh.host"), 1, false, &mut effects).unwrap();
//! let mut host = Router::child(ContextId(1), ContextId(0), 0, options);
//! host.handle_connect(ContextId(2), names.intern("sudo.root"), 2, false, &mut effects).unwrap();
//!
//! // What the host wants sent is ADD_ROUTE, to its parent; carry it there.
//! let Some(Effect::Transmit(transmit)) = effects.poll() else { panic!("the new route is announced") };
//! assert_eq!((transmit.stream, transmit.message.handle), (StreamId::PARENT, Handle::ADD_ROUTE));
//! assert_eq!(transmit.message.payload.text(&names), "2:sudo.root");
//! master.handle_message(transmit.message, to_host, &names, &mut effects).unwrap();
//! assert_eq!(master.route(ContextId(2)), Some(to_host));
//! ```

mod effects;
mod egress;
mod handle;
mod id_map;
mod ids;
mod message;
mod mutation;
mod name;
mod revision;
mod route_monitor;
mod route_table;
mod router;
mod stream;

pub use effects::{Effect, Effects, LoggedError, RouteChange, Transmit};
pub use id_map::{Id, IdMap, IdSet};
pub use ids::{ContextId, Handle};
pub use message::{Data, MAX_MESSAGE_SIZE, Message, Payload};
#[cfg(feature = "mutations")]
pub use mutation::Mutation;
pub use name::{Name, Names};
pub use revision::{Revision, UnknownRevision};
pub use router::{Crashed, FrameTooLarge, Router, RouterOptions};
pub use stream::StreamId;
