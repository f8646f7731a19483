//! `--junit FILE`: writes results as tests for CI servers.

use super::exit::Exit;
use super::output;
use crate::report::junit::{Suite, xml};
use crate::words::terminal::shown;
use std::path::Path;

/// Writes `suites` to `path`, if there is one, whole or not at all.
pub fn write(path: Option<&Path>, name: &str, suites: Vec<Suite>) -> Exit {
    let Some(path) = path else { return Exit::Fine };
    match xml(name, suites) {
        Ok(xml) => output::write_file(path, &xml),
        Err(error) => output::complain(&format!("{} cannot be written: {error}", shown(path))),
    }
}
