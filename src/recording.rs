//! A run kept event by event, for whoever looks at it: charts, pages, explanations, exports. They read a [`Recording`],
//! and never the simulation.
//!
//! What is kept are the changes that each event made; a [`State`] puts them together again for one moment. Contexts are
//! told apart by their [`Incarnation`], as ids are used again; the number of one is its place in
//! [`lives`](Recording::lives).

mod descent;
mod kept;
mod recorder;
mod state;
mod words;

pub use crate::world::{Change, Made, first_error};
pub use kept::{Cause, Flight, FlightEnd, FlightId, Hop, Life, MOMENTS_MAX, Moment, MomentId, Recording, RouteTurn};
pub use recorder::{record, record_with};
pub use state::{Condition, Health, LinkState, State};
