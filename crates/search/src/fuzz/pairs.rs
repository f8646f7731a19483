//! Two monitors on the same seeds: the results of each case under one and under the other, and what changes.
//!
//! A case is drawn so that both monitors can [`run`] it, which gives a [`pair`] of results. [`change`] says what changes
//! from the first to the second, and [`group`] which of the two is better. [`seeds`] runs many cases at once, [`tally`]
//! counts them, and [`smallest`] makes a case small without losing its change.

pub mod change;
pub mod error;
pub mod group;
pub mod pair;
pub mod run;
#[cfg(feature = "campaigns")]
pub mod seeds;
pub mod smallest;
#[cfg(feature = "campaigns")]
pub mod tally;
