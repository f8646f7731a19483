//! The page of a scenario under two monitors.

use super::run::{Page, place, shows, write};
use crate::cli::exit::Exit;
use crate::cli::progress::{Line, Mode};
use crate::cli::{load, output};
use crate::compare::parting;
use crate::page::compare::{Difference, page};
use crate::page::run;
use crate::process::Monitor;
use crate::report::compare::both;
use crate::words::terminal::shown;
use crate::words::{grouped, shell_word};
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

fn made(file: &Path, monitors: [Monitor; 2]) -> Result<Page, Exit> {
    let scenario = load::load(file, Some(monitors[0]))?.scenario;
    let scenarios = monitors.map(|monitor| {
        let mut scenario = scenario.clone();
        scenario.put_under(monitor);
        scenario
    });
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
        let path = file.display().to_string();
        let command = format!("treequake report {} {}", both(monitors, "--compare"), shell_word(&path));
        let html = page(recordings.each_ref(), &path, &command, difference.as_ref());
        let about = recordings.each_ref().map(shows).concat() + &parted(difference.as_ref());
        let is_whole = recordings.iter().all(|recording| run::events_shown(recording).is_none());
        Ok(Page { html, about, is_whole })
    });
    line.clear();
    page.map_err(|error: String| output::complain(&error))
}

/// Where the two runs part.
fn parted(difference: Option<&Difference>) -> String {
    match difference {
        None => "parting:  none, both runs are the same, record by record\n".to_owned(),
        Some(Difference { line, at, .. }) => {
            format!("parting:  at {at}, with record {} of the traces\n", grouped(*line))
        }
    }
}
