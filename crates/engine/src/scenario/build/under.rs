//! The monitors that a file names: which of them must be known.

use crate::monitors;
use crate::process::Monitor;
use crate::scenario::decode::{Object, closest, shorten, suggestion};
use crate::scenario::diagnostic::{Diagnostics, Severity};
use crate::scenario::spec::monitor_names;
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

/// What a scenario will run under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The monitors that the file names. They must be known.
    Own,
    /// This one, for contexts that name none of its family. The scenario is built under the monitor that the file names. If
    /// nothing is known by such a name, it can be that of a program, and is no mistake.
    Instead(Monitor),
    /// This one, in every context. What it does not know is a mistake.
    Only(Monitor),
}

/// Reports the names in a file that no monitor has. If another monitor runs instead, only a misspelt one is a mistake.
pub fn check_monitors(file: &Object, under: Under, found: &mut Diagnostics) {
    // Many contexts can have one name.
    let mut mistakes: BTreeMap<&str, bool> = BTreeMap::new();
    let mut unknown = |name, span: Range<usize>, what: &str| {
        if *mistakes.entry(name).or_insert_with(|| under == Under::Own || is_misspelt(name)) {
            let help = found.keeps(span.start, Severity::Error).then(|| help(name));
            found.error(span, format!("unknown {what}"), help);
        }
    };
    let connects = file.list("contexts").iter().chain(file.list("events"));
    for object in iter::once(file).chain(connects) {
        if let Some(name) = object.text("monitor") {
            unknown(name, object.span_of("monitor"), &format!("monitor `{}`", shorten(name)));
        }
    }
    let expect = file.object("expect").into_iter();
    for (name, span) in expect.flat_map(|expect| expect.unknown_monitors("by_monitor")) {
        unknown(name, span.clone(), &format!("key `{}` in `by_monitor`", shorten(name)));
    }
}

/// What to write instead of an unknown name, or how to make it known.
fn help(name: &str) -> String {
    let is_folder = name.starts_with(monitors::OF_FOLDER);
    let known = Some(suggestion(name, &monitor_names())).filter(|_| !is_folder);
    let help = known.into_iter().chain(monitors::how_to_add(name)).collect::<Vec<_>>().join("; ");
    help.replace("?; if", "? If")
}

/// Whether a name is likely to mean a built-in monitor.
fn is_misspelt(name: &str) -> bool {
    let built_in = monitors::every().into_iter().filter(|monitor| monitors::is_built_in(*monitor));
    let names: Vec<&str> = built_in.map(Monitor::name).collect();
    !name.starts_with(monitors::OF_FOLDER) && closest(name, &names).is_some()
}
