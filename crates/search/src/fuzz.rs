//! Fuzzing: seeds in, the smallest failing scenario out.
//!
//! [`generator`] makes a scenario from a [`seed`] and a [`profile`]: first the seed draws a [`mix`], then the steps.
//! [`examine`] runs the scenario and says whether it fails, and how. [`campaign`] does this for many seeds at once, and
//! keeps one representative of each [`class`] of failures that any case shows. [`shrink`] makes it small, and [`capsule`] writes it as a
//! scenario file that expects its own failure. A class that is [`known`] is no news. [`orders`]
//! judges every order of one scenario, and [`worlds`] every order of every small one.

#[cfg(feature = "campaigns")]
pub mod campaign;
pub mod capsule;
mod cause;
pub mod class;
pub mod coverage;
pub mod examine;
pub mod generator;
#[cfg(feature = "campaigns")]
mod in_order;
pub mod known;
pub mod mix;
pub mod orders;
pub mod pairs;
pub mod profile;
mod rules;
pub mod seed;
pub mod shrink;
#[cfg(feature = "campaigns")]
pub mod worlds;
