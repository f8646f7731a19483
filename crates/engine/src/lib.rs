//! The engine of treequake: scenarios, one run of each in virtual time, what is known of it, and protocols that are
//! programs.
//!
//! This crate and `treequake-search` exist so that the program is built side by side. Use the crate `treequake`: it has
//! all their modules, and its front page is the map of the code.

pub mod time;

#[doc(hidden)]
pub mod words;

#[doc(hidden)]
pub mod draw;

#[cfg(feature = "programs")]
#[doc(hidden)]
pub mod whole_file;

pub mod process;

pub mod mitogen;

pub mod monitors;

pub mod trace;

pub mod scenario;

#[doc(hidden)]
pub mod event_queue;

pub mod link;

#[doc(hidden)]
pub mod topology;

pub mod world;

#[doc(hidden)]
pub mod simulation;

pub mod convergence;

pub mod metrics;

#[doc(hidden)]
pub mod engine;

pub mod protocol;

#[cfg(feature = "programs")]
pub mod pipe;

pub mod run;

pub mod recording;

pub mod why;

pub mod findings;

pub mod compare;
