//! Many runs of treequake's engine: fuzzing, every order of a scenario, and larger and larger trees.
//!
//! This crate and `treequake-engine` exist so that the program is built side by side. Use the crate `treequake`: it has
//! all their modules, and its front page is the map of the code.

use treequake_engine::{
    convergence, draw, link, metrics, monitors, process, recording, run, scenario, simulation, time, trace, why, words,
    world,
};
#[cfg(feature = "campaigns")]
use treequake_engine::{pipe, whole_file};

#[cfg(feature = "campaigns")]
#[doc(hidden)]
pub mod stop;

pub mod explore;

pub mod fuzz;

#[doc(hidden)]
pub mod sweep;
