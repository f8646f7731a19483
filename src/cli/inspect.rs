//! `treequake inspect`: shows one moment of a run.

use super::exit::Exit;
use super::values::{Format, monitor};
use super::{load, output, when};
use crate::process::{ContextId, Monitor};
use crate::recording::Recording;
use crate::report::inspect::{View, json, text};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct InspectArgs {
    /// The moment to show: a time such as 1.5s, with everything up to it, or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// Show the whole route table of this context instead of all wrong entries; 0 is the master
    #[arg(long, value_name = "ID", value_parser = when::parse_context)]
    context: Option<ContextId>,
    /// Run the scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Shows one moment of a run.
pub fn inspect(args: &InspectArgs) -> Exit {
    let shown = || {
        let scenario = load::load_under(&args.file, args.monitor)?;
        Ok(show(args, &load::record(&scenario, &args.file)?))
    };
    shown().unwrap_or_else(|exit: Exit| exit)
}

fn show(args: &InspectArgs, recording: &Recording<'_>) -> Exit {
    let moment = match when::moment(recording, args.at) {
        Ok(moment) => moment,
        Err(mistake) => return output::complain(&mistake),
    };
    let context = match args.context.map(|id| when::context(recording, id, moment)).transpose() {
        Ok(context) => context,
        Err(mistake) => return output::complain(&mistake),
    };
    let view = View { recording, state: recording.state(moment), asked: args.at.time(), context };
    output::say(&match args.format {
        Format::Text => text(&view, output::width()),
        Format::Json => format!("{}\n", json(&view)),
    })
}
