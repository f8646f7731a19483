//! Mitogen's routing, sans-IO. This protocol is held equal to the original, record by record.
//!
//! One [`Router`] is one process of the tree (Mitogen calls it a *context*). It is the port of `mitogen.core.Router`
//! with `mitogen.parent.RouteMonitor`, and behaves like the [`Revision`] that it runs. It owns no socket, no clock, no
//! thread and no randomness. A driver calls it as [`Process`](crate::process::Process) says, and carries out its
//! [`Effects`](crate::process::Effects) in order.
//!
//! Read it beside Mitogen's Python: each function names the one that it ports. Where two revisions differ, the code
//! asks a named predicate of [`Revision`], and that predicate tells the story. The route monitor is a separate part
//! ([`RouteMonitor`]), so a changed monitor is one file.
//!
//! This is a driver in a few lines: a host connects to the master, and brings up a child of its own.
//!
//! ```
//! # use treequake_engine as treequake;
//! use treequake::mitogen::{Revision, Router, handles};
//! use treequake::process::{
//!     Birth, Connected, ContextId, Effect, Effects, Names, Process, Settings, StreamId, Surroundings,
//! };
//! use treequake::time::Time;
//!
//! let config = Router::config(Revision::Mitogen03.monitor(), Settings::default());
//! let (mut names, mut effects) = (Names::default(), Effects::default());
//! let (on_host, on_sudo) = (names.intern("ssh.host"), names.intern("sudo.root"));
//! let around = Surroundings::new(Time::ZERO, &names, &|_| false);
//! let mut master = Router::root(config);
//! let to_host = master.handle_connect(Connected { id: ContextId(1), name: on_host, token: 1 }, around, &mut effects);
//! let mut host = Router::child(Birth { id: ContextId(1), parent: ContextId(0), token: 1 }, config);
//! host.handle_connect(Connected { id: ContextId(2), name: on_sudo, token: 2 }, around, &mut effects);
//!
//! // The host wants to send ADD_ROUTE to its parent. Carry it there.
//! let Some(Effect::Transmit(transmit)) = effects.poll() else { panic!("the new route is announced") };
//! assert_eq!((transmit.stream, transmit.message.handle), (StreamId::PARENT, handles::ADD_ROUTE));
//! assert_eq!(Router::family().payload_text(&transmit.message, &names), "2:sudo.root");
//! master.handle_message(&transmit.message, to_host, around, &mut effects);
//! assert_eq!(master.route(ContextId(2)), Some(to_host));
//! ```

mod calls;
mod core;
mod egress;
pub mod handles;
mod life;
mod lifecycle;
pub mod log;
mod mutation;
mod revision;
mod route_monitor;
mod route_table;
mod router;
mod stream;
pub mod wire;
mod words;

pub use core::{Core, CoreOptions, Raised};
#[cfg(feature = "mutations")]
pub use mutation::Mutation;
pub use revision::Revision;
pub use route_monitor::{Released, RouteMonitor};
pub use router::{Config, Router};
pub use words::{
    BAD_AUTH_ID, BAD_SRC_ID, CRASH, DUPLICATE_ROUTE, FRAME_TOO_LARGE, HANDLER_CRASH, Mitogen, UNEXPECTED_DEL_ROUTE,
};
