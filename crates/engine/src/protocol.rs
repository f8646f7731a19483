//! The registry of protocols: how to run the monitors of each family.
//!
//! The built-in protocols are rows here, and their families are rows in [`crate::monitors`]. A program adds its own
//! with one call of [`register`], before it reads or runs anything.

use crate::engine::{Of, Protocol};
use crate::mitogen::Router;
use crate::monitors;
use crate::process::{Family, Process};
use std::sync::{PoisonError, RwLock};

/// The built-in protocols.
static BUILT_IN: [&dyn Protocol; 1] = [&Of::<Router>::PROTOCOL];

/// The protocols that the program has added.
static ADDED: RwLock<Vec<&'static dyn Protocol>> = RwLock::new(Vec::new());

/// Adds the protocol whose processes are of type `P`. From now on, scenarios and the command line know its monitors,
/// and its newest monitor is the default. A second call changes nothing. Call this before other threads use treequake.
pub fn register<P: Process>() {
    // Held until both registries know it: a run that finds the monitor finds the protocol.
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    if monitors::register(P::family()) {
        added.push(&Of::<P>::PROTOCOL);
    }
}

/// Adds a protocol that is no type of this program. Its family has a name that no other one has.
#[cfg(feature = "programs")]
pub(crate) fn register_run(protocol: &'static dyn Protocol) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    if monitors::register(protocol.family()) {
        added.push(protocol);
    }
}

/// The protocol that runs the monitors of a family.
///
/// # Panics
/// If the protocol is not registered.
pub(crate) fn of(family: &dyn Family) -> &'static dyn Protocol {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    let mut all = added.iter().copied().chain(BUILT_IN);
    all.find(|protocol| protocol.family().name() == family.name()).expect("the protocol must be registered")
}
