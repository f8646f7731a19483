//! `treequake inspect`: what there is at one moment of a run.

use super::{Exit, Format, InspectArgs, lint, output, when};
use crate::recording::Recording;
use crate::report::inspect::{View, json, text};

/// Shows one moment of a run.
pub fn inspect(args: &InspectArgs) -> Exit {
    let shown = || {
        let scenario = lint::load_under(&args.file, args.monitor)?;
        Ok(show(args, &lint::record(&scenario, &args.file)?))
    };
    shown().unwrap_or_else(|exit: Exit| exit)
}

fn show(args: &InspectArgs, recording: &Recording<'_>) -> Exit {
    let moment = recording.last_until(args.at.time());
    let context = match args.context.map(|id| when::context(recording, id, moment)).transpose() {
        Ok(context) => context,
        Err(mistake) => return output::complain(&mistake),
    };
    let view = View { recording, state: recording.state(moment), asked: args.at.time(), context };
    output::say(&match args.format {
        Format::Text => text(&view),
        Format::Json => format!("{}\n", json(&view)),
    })
}
