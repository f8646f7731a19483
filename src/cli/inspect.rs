//! `treequake inspect`: what there is at one moment of a run.

use super::{Exit, Format, InspectArgs, lint, output, when};
use crate::recording::{Recording, record};
use crate::report::inspect::{View, json, text};

/// Shows one moment of a run.
pub fn inspect(args: &InspectArgs) -> Exit {
    let mut scenario = match lint::load(&args.file) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    scenario.revision = args.monitor.unwrap_or(scenario.revision);
    match record(&scenario) {
        Ok(recording) => show(args, &recording),
        Err(error) => output::complain(&format!("{}: {error}", args.file.display())),
    }
}

fn show(args: &InspectArgs, recording: &Recording<'_>) -> Exit {
    let moment = when::moment(recording, args.at);
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
