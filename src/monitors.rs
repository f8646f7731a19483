//! The registry of monitors: what a name in a scenario file, or on the command line, means.
//!
//! The built-in families are rows here; [`register`] adds one of the program's own, before anything is read or run.
//! [`crate::protocol`] knows how each is run.

use crate::mitogen::Mitogen;
use crate::process::{Family, Monitor};
use std::sync::{PoisonError, RwLock};

/// The families that are always there. The last monitor of the first is the default.
static BUILT_IN: [&dyn Family; 1] = [&Mitogen];

/// What a program has added.
static ADDED: RwLock<Vec<&'static dyn Family>> = RwLock::new(Vec::new());

/// Adds a family, unless one of that name is there. Returns whether it was added.
pub fn register(family: &'static dyn Family) -> bool {
    let is_new = families().iter().all(|known| known.name() != family.name());
    if is_new {
        ADDED.write().unwrap_or_else(PoisonError::into_inner).push(family);
    }
    is_new
}

/// All families, those of the program's own first.
fn families() -> Vec<&'static dyn Family> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    added.iter().copied().chain(BUILT_IN).collect()
}

/// The monitors of a family, the oldest first.
pub fn of_family(family: &'static dyn Family) -> impl Iterator<Item = Monitor> {
    family.monitors().iter().map(Monitor::of)
}

/// All monitors, family by family, the oldest of each first.
pub fn all() -> Vec<Monitor> {
    families().into_iter().flat_map(of_family).collect()
}

/// The names of all monitors, in that order.
pub fn names() -> Vec<&'static str> {
    all().into_iter().map(Monitor::name).collect()
}

/// The monitor of a name.
pub fn named(name: &str) -> Option<Monitor> {
    all().into_iter().find(|monitor| monitor.name() == name)
}

/// The family of the monitor of a name; that of the default where nobody knows it any more.
pub fn family_of(name: &str) -> &'static dyn Family {
    named(name).unwrap_or_else(default).family()
}

/// What a scenario runs that names no monitor: the newest of the first family, which is the program's own, if it has one.
pub fn default() -> Monitor {
    let family = families()[0];
    of_family(family).last().expect("a family has a monitor")
}
