//! Loads scenario files and records their runs; mistakes go to standard error.

use super::exit::Exit;
use super::output;
use super::progress::{self, Mode};
use crate::pipe;
use crate::process::Monitor;
use crate::recording::{MOMENTS_MAX, Recording};
use crate::report::mistakes;
use crate::run::Options;
use crate::scenario::Scenario;
use crate::scenario::diagnostic::{Diagnostics, Source};
use crate::scenario::file::{self, LoadError, Loaded};
use crate::stop::Stop;
use crate::words::terminal::shown;
use std::path::Path;

/// Loads a file, or reports its mistakes.
pub fn load(path: &Path) -> Result<Loaded, Exit> {
    load_or_tell(path).map_err(|_| Exit::Misuse)
}

/// Loads the scenario of a file, under `monitor` instead of its own if there is one; or reports its mistakes.
pub fn load_under(path: &Path, monitor: Option<Monitor>) -> Result<Scenario, Exit> {
    let mut scenario = load(path)?.scenario;
    scenario.monitor = monitor.unwrap_or(scenario.monitor);
    Ok(scenario)
}

/// Records the run of the scenario that was loaded from `path`, or reports why it cannot be run.
pub fn record<'s>(scenario: &'s Scenario, path: &Path) -> Result<Recording<'s>, Exit> {
    record_first(MOMENTS_MAX, scenario, path)
}

/// Records at most the first `most` moments of the run, or reports why it cannot be run.
pub fn record_first<'s>(most: usize, scenario: &'s Scenario, path: &Path) -> Result<Recording<'s>, Exit> {
    progress::record_shown(scenario, Options::default(), most, &Stop::default(), Mode::Auto)
        .map_err(|error| output::complain(&format!("{}: {error}", shown(path))))
}

/// Loads a file, or reports its mistakes and returns the text of the report.
pub fn load_or_tell(path: &Path) -> Result<Loaded, String> {
    let loaded = file::load(path).map(|mut loaded| {
        if let Some(program) = pipe::chosen().first() {
            loaded.scenario.monitor = *program;
        }
        loaded
    });
    loaded.map_err(|error| match error {
        LoadError::Invalid { source, diagnostics } => draw(&source, &diagnostics),
        other => {
            let why = format!("{}: {other}", shown(path));
            output::complain(&why);
            why
        }
    })
}

/// Draws mistakes on standard error, and returns the drawing.
pub fn draw(source: &Source, diagnostics: &Diagnostics) -> String {
    let drawn = mistakes::draw(source, diagnostics);
    if !drawn.is_empty() {
        output::remark(&format!("{drawn}\n\n"));
    }
    drawn
}
