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
use crate::scenario::file::{self, LoadError, Loaded, Under};
use crate::stop::Stop;
use crate::words::terminal::shown;
use std::path::Path;

/// Loads a file to be run under `monitor` instead of its own if there is one; or reports its mistakes.
pub fn load(path: &Path, monitor: Option<Monitor>) -> Result<Loaded, Exit> {
    load_or_tell(path, monitor).map_err(|_| Exit::Misuse)
}

/// Loads a file as it runs under the programs that the command line names; else as it is. Reports its mistakes, and what it
/// asks for that a program does not know.
pub fn load_for_programs(path: &Path) -> Result<Loaded, Exit> {
    let programs = pipe::chosen();
    let each = programs.iter().copied().map(Under::Only);
    let each = if programs.is_empty() { vec![Under::Own] } else { each.collect() };
    let mut last = Err(Exit::Misuse);
    for under in each {
        last = file::load_under(path, under).map_err(|error| tell(path, error)).map_err(|_| Exit::Misuse);
        if last.is_err() {
            break;
        }
    }
    last
}

/// Loads the scenario of a file, under `monitor` instead of its own if there is one; or reports its mistakes.
pub fn load_under(path: &Path, monitor: Option<Monitor>) -> Result<Scenario, Exit> {
    Ok(load(path, monitor)?.scenario)
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

/// Loads a file to be run under `monitor`, or under the first program of the command line, instead of its own; a program that
/// the file names is its own. Reports its mistakes, and returns the text of the report.
pub fn load_or_tell(path: &Path, monitor: Option<Monitor>) -> Result<Loaded, String> {
    let first = || pipe::chosen().first().copied();
    let under = monitor.or_else(first).map_or(Under::Own, Under::Instead);
    let mut loaded = file::load_under(path, under).map_err(|error| tell(path, error))?;
    let scenario = &mut loaded.scenario;
    let program = first().filter(|_| !pipe::is_program(scenario.monitor));
    scenario.put_under(monitor.or(program).unwrap_or(scenario.monitor));
    Ok(loaded)
}

/// Reports why a file cannot be loaded, and returns the text of the report.
fn tell(path: &Path, error: LoadError) -> String {
    match error {
        LoadError::Invalid { source, diagnostics } => draw(&source, &diagnostics),
        other => {
            let why = format!("{}: {other}", shown(path));
            output::complain(&why);
            why
        }
    }
}

/// Draws mistakes on standard error, and returns the drawing.
pub fn draw(source: &Source, diagnostics: &Diagnostics) -> String {
    let shown = mistakes::draw(source, diagnostics, output::error_width());
    if !shown.is_empty() {
        output::remark(&format!("{shown}\n\n"));
    }
    mistakes::draw(source, diagnostics, None)
}
