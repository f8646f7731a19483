//! Loads scenario files and records their runs; what is wrong with them goes to standard error.

use super::exit::Exit;
use super::{output, progress};
use crate::process::Monitor;
use crate::recording::Recording;
use crate::report::mistakes;
use crate::run::Options;
use crate::scenario::Scenario;
use crate::scenario::diagnostic::{Diagnostics, Source};
use crate::scenario::file::{self, LoadError, Loaded};
use std::path::Path;

/// Loads a file, or says on standard error why it can not be.
pub fn load(path: &Path) -> Result<Loaded, Exit> {
    load_or_tell(path).map_err(|_| Exit::Misuse)
}

/// The scenario of a file, under `monitor` instead of its own if one is named; or says why there is none.
pub fn load_under(path: &Path, monitor: Option<Monitor>) -> Result<Scenario, Exit> {
    let mut scenario = load(path)?.scenario;
    scenario.monitor = monitor.unwrap_or(scenario.monitor);
    Ok(scenario)
}

/// Runs the scenario that was read from `path`, and keeps what each event did; or says why it can not be run.
pub fn record<'s>(scenario: &'s Scenario, path: &Path) -> Result<Recording<'s>, Exit> {
    progress::record_shown(scenario, Options::default(), "running")
        .map_err(|error| output::complain(&format!("{}: {error}", path.display())))
}

/// Loads a file, or says on standard error why it can not be, and gives that to who tells others.
pub fn load_or_tell(path: &Path) -> Result<Loaded, String> {
    file::load(path).map_err(|error| match error {
        LoadError::Invalid { source, diagnostics } => draw(&source, &diagnostics),
        other => {
            let why = format!("{}: {other}", path.display());
            output::complain(&why);
            why
        }
    })
}

/// Draws mistakes on standard error, and gives back what was drawn.
pub fn draw(source: &Source, diagnostics: &Diagnostics) -> String {
    let drawn = mistakes::draw(source, diagnostics);
    if !drawn.is_empty() {
        output::remark(&format!("{drawn}\n\n"));
    }
    drawn
}
