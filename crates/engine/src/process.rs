//! What the engine and a protocol share: the trait [`Process`], and the values that pass between the two.
//!
//! A protocol is two types. One implements [`Process`]: it is one process of the tree, sans-IO. The other implements
//! [`Family`]: it names the protocol's monitors and says how to describe the protocol to people. The engine never names
//! a protocol. It calls processes, and turns their [`Effects`] into trace records and into items on links.
//! `examples/hello.rs` is a protocol in one file, written as a tutorial.

mod contract;
mod effects;
mod family;
mod id_map;
mod ids;
mod message;
mod name;
pub mod places;
mod saved;
mod shared;
mod state;

pub use contract::{Birth, Connected, Process, Refused, Request, Settings, Surroundings};
pub(crate) use effects::Next;
pub use effects::{Effect, Effects, Exit, Note, RouteChange, Transmit};
pub use family::{ErrorRow, Family, Feature, LoggedError, Monitor, MonitorRow, News, Place, PlaceRow, Truth};
pub use id_map::{Id, IdHash, IdMap, IdSet};
pub use ids::{ContextId, Handle, StreamId, TimerId};
pub use message::{Data, Message, MessageKind, Other, Payload, Text};
pub use name::{Name, Names, OF_CONTEXT_MAX, TooManyTexts, write_of_context};
pub use saved::Saved;
pub use shared::Shared;
pub use state::StateWriter;
