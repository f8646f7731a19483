//! A run kept event by event, for everything that looks at one: charts, pages, explanations, exports. They read a
//! [`Recording`], and never the simulation.
//!
//! A recording keeps the changes that each event made. A [`State`] puts them together for one moment. Contexts are told
//! apart by their [`Incarnation`](crate::link::Incarnation), since ids are reused. The number of an incarnation is its place in
//! [`lives`](Recording::lives).

mod descent;
mod kept;
mod recorder;
mod state;
mod words;

pub use crate::world::{Change, Made, first_error};
pub use kept::{Cause, Flight, FlightEnd, FlightId, Hop, Life, MOMENTS_MAX, Moment, MomentId, Recording, RouteTurn};
pub use recorder::{record, record_again, record_with, record_within};
pub use state::{Condition, Health, LinkState, Links, State};
