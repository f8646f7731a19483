//! The page of small worlds, and the run pages that it links to.

use super::beside::{Beside, place};
use super::run;
use crate::cli::campaign::complain;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::fuzz::campaign::files::WORLDS;
use crate::fuzz::worlds::summary::read;
use crate::page::worlds::{Page, html};
use crate::words::counted;
use std::path::Path;

/// Whether a folder is that of small worlds.
pub fn is_there(folder: &Path) -> bool {
    folder.join(WORLDS).is_file()
}

/// Writes the page of the small worlds in `folder` to `out`, or into the folder, and a run page beside the scenario of each
/// kind of failure. If a run page cannot be written, the page links to the scenarios instead.
pub fn report(folder: &Path, out: Option<&Path>) -> Exit {
    let out = match place(folder, out, "the small worlds") {
        Ok(out) => out,
        Err(refusal) => return output::complain(&refusal),
    };
    let summary = match read(folder) {
        Ok(summary) => summary,
        Err(error) => return complain(&error),
    };
    let findings = summary.findings.iter().filter_map(|finding| Some((finding.file.as_deref()?, &*finding.sentence)));
    let findings = findings.collect();
    let beside = Beside { folder, out: &out, what: "small worlds", findings, denied: Vec::new() };
    let exit = beside.write_run_pages();
    let has_run_pages = exit == Exit::Fine;
    let page =
        Page { summary: &summary, folder, base: &beside.base(), has_run_pages, alone: &beside.alone(has_run_pages) };
    let kinds = counted(summary.findings.len() as u64, "kind of failure", "kinds of failure");
    let scenarios = counted(summary.tally.scenarios, "scenario", "scenarios");
    let beside = beside.shows(has_run_pages, "one for the smallest scenario of each kind");
    let about = format!("shows:    {scenarios}, and {kinds}\n{beside}");
    exit.max(run::write(&out, &run::Page { html: html(&page), about, is_whole: true }))
}
