//! `--junit FILE`: where the tests of a server are written.

use super::exit::Exit;
use super::output;
use crate::report::junit::{Suite, xml};
use std::path::Path;

/// Writes `suites` to `path`, whole or not at all; nothing where there is no path.
pub fn write(path: Option<&Path>, name: &str, suites: Vec<Suite>) -> Exit {
    let Some(path) = path else { return Exit::Fine };
    match xml(name, suites) {
        Ok(xml) => output::write_file(path, &xml),
        Err(error) => output::complain(&format!("{} can not be written: {error}", path.display())),
    }
}
