//! `treequake report`: a page to look at in a browser.

mod campaign;
mod run;

use super::{Exit, monitor, output};
use crate::protocol::Revision;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct ReportArgs {
    /// Write to this file; `-` is standard output. If it is not said: NAME.html in the current folder for a scenario
    /// NAME.json, and FOLDER/report.html for a campaign
    #[arg(long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
    /// Run the scenario under this monitor, instead of the one that it names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// A scenario file (`-` is standard input), or the run folder of a campaign
    #[arg(value_name = "FILE|FOLDER")]
    of: PathBuf,
}

/// Writes the page.
pub fn report(args: &ReportArgs) -> Exit {
    if !args.of.is_dir() {
        return run::report(args);
    }
    match args.monitor {
        Some(_) => output::complain("a campaign is over: --monitor goes with a scenario file"),
        None => campaign::report(&args.of, args.out.as_deref()),
    }
}
