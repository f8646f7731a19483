//! The registry of monitors: what a name in a scenario file or on the command line means.
//!
//! The built-in families are rows here. [`register`] adds one of the program's own, before the program reads or runs
//! anything. [`crate::protocol`] knows how to run each.

use crate::mitogen::Mitogen;
use crate::process::{Family, Monitor};
use std::sync::{PoisonError, RwLock};

/// The built-in families. The last monitor of the first one is the default.
static BUILT_IN: [&dyn Family; 1] = [&Mitogen];

/// The families that the program has added.
static ADDED: RwLock<Vec<&'static dyn Family>> = RwLock::new(Vec::new());

/// What stands before the folder in the name of a Mitogen that is run from its source.
pub const OF_FOLDER: &str = "mitogen:";

/// Adds a family, unless there is one with its name. Returns whether it was added. This does not tell treequake how to
/// run it; [`crate::protocol::register`] does both.
///
/// # Panics
/// If a monitor of a new family has the name of a known monitor: a scenario could not say which it means.
pub fn register(family: &'static dyn Family) -> bool {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    let known = || added.iter().copied().chain(BUILT_IN);
    let is_new = known().all(|known| known.name() != family.name());
    if is_new {
        for monitor in family.monitors() {
            let taken = known().find(|known| known.monitors().iter().any(|other| other.name == monitor.name));
            if let Some(taken) = taken {
                panic!(
                    "the monitor `{}` of {} has a name that {} has taken",
                    monitor.name,
                    family.name(),
                    taken.name()
                );
            }
        }
        added.push(family);
    }
    is_new
}

/// All families, the program's own first.
fn families() -> Vec<&'static dyn Family> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    added.iter().copied().chain(BUILT_IN).collect()
}

/// Whether a monitor is one that every program with this library has.
pub fn is_built_in(monitor: Monitor) -> bool {
    BUILT_IN.iter().any(|family| family.name() == monitor.family().name())
}

/// The monitors of a family, oldest first.
pub fn of_family(family: &'static dyn Family) -> impl Iterator<Item = Monitor> {
    family.monitors().iter().map(Monitor::of)
}

/// All monitors, family by family, oldest first within each.
pub fn all() -> Vec<Monitor> {
    families().into_iter().flat_map(of_family).collect()
}

/// All monitors, and those that are broken on purpose: in a program for tests of the fuzzer, they can be named, too.
pub fn every() -> Vec<Monitor> {
    all().into_iter().chain(broken()).collect()
}

#[cfg(feature = "mutations")]
fn broken() -> Vec<Monitor> {
    crate::mitogen::Mutation::ALL.map(crate::mitogen::Mutation::monitor).to_vec()
}

#[cfg(not(feature = "mutations"))]
fn broken() -> Vec<Monitor> {
    Vec::new()
}

/// The names of all monitors, in that order.
pub fn names() -> Vec<&'static str> {
    every().into_iter().map(Monitor::name).collect()
}

/// The monitor with this name.
pub fn named(name: &str) -> Option<Monitor> {
    every().into_iter().find(|monitor| monitor.name() == name)
}

/// How to make a monitor known that has an unknown name, if a program can be called so: what to add to a command line.
pub fn how_to_add(name: &str) -> Option<String> {
    if name.starts_with(OF_FOLDER) {
        return Some("add --protocol mitogen:DIR, with the folder that has its source".to_owned());
    }
    is_name(name).then(|| format!("if it is a program, add --protocol '{name}=COMMAND'"))
}

/// Whether a text can be the name of a program, or of something of a program's.
pub fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

/// The family of the monitor with this name, or the default's family if there is no such monitor.
pub fn family_of(name: &str) -> &'static dyn Family {
    named(name).unwrap_or_else(default).family()
}

/// What a scenario runs if it names no monitor: the newest monitor of the first family. That is the program's own
/// family, if it has one.
pub fn default() -> Monitor {
    let family = families()[0];
    of_family(family).last().expect("a family must have a monitor")
}
