//! The page of a scenario under two monitors.

use super::run::{place, write};
use crate::cli::exit::Exit;
use crate::cli::progress::{Line, Mode};
use crate::cli::{load, output};
use crate::compare::parting;
use crate::page::compare::{Difference, page};
use crate::page::run;
use crate::process::Monitor;
use crate::scenario::Scenario;
use crate::words::terminal::shown;
use std::path::Path;

/// Runs the scenario of a file under two monitors and writes the page of both to `out`; default: a file with the name of
/// the scenario.
pub fn report(file: &Path, monitors: [Monitor; 2], out: Option<&Path>) -> Exit {
    let out = match place(file, out) {
        Ok(out) => out,
        Err(refusal) => return output::complain(&refusal),
    };
    match made(file, monitors) {
        Ok(page) => write(&out, &page),
        Err(exit) => exit,
    }
}

fn made(file: &Path, monitors: [Monitor; 2]) -> Result<String, Exit> {
    let scenario = load::load(file)?.scenario;
    let scenarios = monitors.map(|monitor| Scenario { monitor, ..scenario.clone() });
    let [one, other] = &scenarios;
    let recordings = [
        load::record_first(run::MOMENTS_RECORDED, one, file)?,
        load::record_first(run::MOMENTS_RECORDED, other, file)?,
    ];
    let line = Line::new(Mode::Auto);
    let page = line.during("making the page", || {
        let is_equal = recordings[0].outcome.digest == recordings[1].outcome.digest;
        let parting = if is_equal { Ok(None) } else { parting([one, other]) };
        let difference = parting.map_err(|error| format!("{}: {error}", shown(file)))?.map(|parting| Difference {
            line: parting.line,
            at: parting.time,
            records: parting.records,
        });
        let command = format!("treequake report --compare {},{} {}", monitors[0], monitors[1], shown(file));
        Ok(page(recordings.each_ref(), &file.display().to_string(), &command, difference.as_ref()))
    });
    line.clear();
    page.map_err(|error: String| output::complain(&error))
}
