//! `treequake report`: a page to look at in a browser.

mod campaign;

use super::{Exit, output};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct ReportArgs {
    /// Write to this file; `-` is standard output. FOLDER/report.html if it is not said
    #[arg(long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
    /// The run folder of a campaign
    #[arg(value_name = "FOLDER")]
    of: PathBuf,
}

/// Writes the page.
pub fn report(args: &ReportArgs) -> Exit {
    if args.of.is_dir() {
        return campaign::report(&args.of, args.out.as_deref());
    }
    output::complain(&format!("{} is not a run folder", args.of.display()))
}
