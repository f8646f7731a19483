//! `treequake stats`: prints statistics of a campaign.

use super::campaign::complain;
use super::exit::Exit;
use super::output;
use super::values::Format;
use crate::fuzz::campaign::stats;
use crate::report::fuzz as report;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct StatsArgs {
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The run folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Prints the statistics of a run folder.
pub fn stats(args: &StatsArgs) -> Exit {
    match (stats::stats(&args.folder), args.format) {
        (Err(error), _) => complain(&error),
        (Ok(stats), Format::Text) => output::say(&report::stats(&stats, output::width())),
        (Ok(stats), Format::Json) => output::say(&format!("{}\n", serde_json::json!(stats))),
    }
}
