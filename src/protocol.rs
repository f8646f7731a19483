//! The registry of protocols: how the monitors of each family are run.
//!
//! The built-in protocols are rows here, beside their families in [`crate::monitors`]. A program adds one of its own by
//! [`register`], with a single call, before anything is read or run.

use crate::engine::{Of, Protocol};
use crate::mitogen::Router;
use crate::monitors;
use crate::process::{Family, Process};
use std::sync::{PoisonError, RwLock};

/// The protocols that are always there.
static BUILT_IN: [&dyn Protocol; 1] = [&Of::<Router>::PROTOCOL];

/// What a program has added.
static ADDED: RwLock<Vec<&'static dyn Protocol>> = RwLock::new(Vec::new());

/// Adds the protocol whose processes are `P`: from now on scenarios, and the command line, know its monitors, and its
/// newest is the default. A second call changes nothing.
pub fn register<P: Process>() {
    if monitors::register(P::family()) {
        ADDED.write().unwrap_or_else(PoisonError::into_inner).push(&Of::<P>::PROTOCOL);
    }
}

/// The protocol that runs the monitors of a family.
///
/// # Panics
/// When nobody has registered it.
pub(crate) fn of(family: &dyn Family) -> &'static dyn Protocol {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    let mut all = added.iter().copied().chain(BUILT_IN);
    all.find(|protocol| protocol.family().name() == family.name()).expect("a protocol that is registered")
}
