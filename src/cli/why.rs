//! `treequake why`: explains an entry of a route table or the loss of a call.

use super::exit::Exit;
use super::values::{Format, monitor, warning, whole};
use super::{load, output, when as moments};
use crate::process::{ContextId, LoggedError, Monitor};
use crate::recording::{MomentId, Recording, State};
use crate::report::why::{
    call_json, call_text, entry_json, entry_text, event_json, event_text, nothing_json, nothing_text, rest_text, when,
};
use crate::scenario::expectation::WarningKind;
use crate::why::{CallTrail, Event, EventKind, Why, call, count_calls, entry, event, first_error, first_warning};
use crate::words::grouped;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct WhyArgs {
    /// The context with the route table, by its id; 0 is the master
    #[arg(long, value_name = "ID", value_parser = moments::parse_context, requires = "route")]
    context: Option<ContextId>,
    /// The destination of the entry, by its id
    #[arg(long, value_name = "ID", value_parser = moments::parse_context, requires = "context")]
    route: Option<ContextId>,
    /// Explain a call instead, by its number; the first call is 1
    #[arg(long, value_name = "N", conflicts_with_all = ["context", "route"], value_parser = whole(0..=u64::MAX))]
    call: Option<u64>,
    /// Without a route or a call, explain the first event with this warning too: duplicate-signal, duplicate-del or
    /// logged-error; can be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true,
          conflicts_with_all = ["context", "route", "call"])]
    deny: Vec<WarningKind>,
    /// The moment to explain: a time such as 1.5s, with everything up to it, or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = moments::parse_at)]
    at: moments::At,
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

/// An explanation.
enum Answer {
    Entry(Why),
    Call(CallTrail),
    Event(Event),
}

/// Explains an entry or a call; without them, the first of each kind of mistake in the run.
pub fn why(args: &WhyArgs) -> Exit {
    let told = || {
        let scenario = load::load_under(&args.file, args.monitor)?;
        let recording = load::record(&scenario, &args.file)?;
        let moment = moments::moment(&recording, args.at).map_err(|mistake| output::complain(&mistake))?;
        // Where nothing is asked about, the state has what there is to explain.
        let state = (args.context.is_none() && args.call.is_none()).then(|| recording.state(moment));
        let answers = match &state {
            Some(state) => first_of_each(args, &recording, state),
            None => vec![asked(args, &recording, moment).map_err(|mistake| output::complain(&mistake))?],
        };
        Ok(say(args, &recording, moment, state.as_ref(), &answers))
    };
    told().unwrap_or_else(|exit: Exit| exit)
}

/// The entry or the call that is asked about.
fn asked(args: &WhyArgs, recording: &Recording<'_>, moment: Option<MomentId>) -> Result<Answer, String> {
    if let Some(number) = args.call {
        return call(recording, number, moment).map(Answer::Call).ok_or_else(|| no_call(recording, number, moment));
    }
    let (context, route) = args.context.zip(args.route).expect("clap requires one with the other");
    let context = moments::context(recording, context, moment)?;
    moments::known(recording, route)?;
    Ok(Answer::Entry(entry(recording, context, route, moment)))
}

fn no_call(recording: &Recording<'_>, number: u64, moment: Option<MomentId>) -> String {
    if (1..=count_calls(recording)).contains(&number) {
        let when = when(recording, moment, None);
        return format!("call {number} has not been made yet {when}; use a later time with --at, or remove --at");
    }
    let count = recording.outcome.calls_made;
    if (1..=count).contains(&number) {
        let end = recording.end();
        return format!(
            "call {number} was made after {end}, and only the events up to then are kept; `treequake replay` says how it ended"
        );
    }
    match count {
        0 => format!("there is no call {number}: this run makes no call"),
        1 => format!("there is no call {number}; this run makes one call, --call 1"),
        count => format!("there is no call {number}; this run makes {} calls, --call 1 to {count}", grouped(count)),
    }
}

fn first_of_each(args: &WhyArgs, recording: &Recording<'_>, state: &State<'_>) -> Vec<Answer> {
    let moment = state.moment();
    let wrong = state.wrong().next();
    let entry = wrong.map(|(context, route)| Answer::Entry(entry(recording, context, route, moment)));
    let is_end = moment.is_some_and(|moment| moment + 1 == recording.moments.len()) && !recording.is_cut;
    let hung = recording.outcome.hung_calls.first().filter(|_| is_end);
    let hung = hung.and_then(|hung| call(recording, hung.call, moment)).map(Answer::Call);
    let crash = first_error(recording, moment, LoggedError::is_crash);
    let last = moment.filter(|_| is_end && recording.outcome.verdict.is_stopped());
    let last = last.map(|moment| event(recording, moment, EventKind::Last));
    let denied = args.deny.iter().filter_map(|kind| first_warning(recording, *kind, moment));
    let events = crash.into_iter().chain(last).chain(denied).map(Answer::Event);
    let answers: Vec<_> = entry.into_iter().chain(hung).chain(events).collect();
    if answers.is_empty() {
        return first_error(recording, moment, |_| true).map(Answer::Event).into_iter().collect();
    }
    answers
}

/// Says the answers; without a question, from this `state`.
fn say(
    args: &WhyArgs,
    recording: &Recording<'_>,
    moment: Option<MomentId>,
    state: Option<&State<'_>>,
    answers: &[Answer],
) -> Exit {
    let asked = args.at.time();
    let after = state.and_then(|_| after(args, recording, moment));
    if let Some(state) = state.filter(|_| answers.is_empty()) {
        return match args.format {
            Format::Json => output::say(&format!("{}\n", nothing_json(recording, state, asked))),
            Format::Text => {
                let after = after.map(|after| format!("\n{after}")).unwrap_or_default();
                output::tell(&format!("{}{after}", nothing_text(recording, state, asked)))
            }
        };
    }
    if args.format == Format::Json {
        let json = |answer: &Answer| match answer {
            Answer::Entry(why) => format!("{}\n", entry_json(recording, why, asked)),
            Answer::Call(trail) => format!("{}\n", call_json(recording, trail, moment, asked)),
            Answer::Event(event) => format!("{}\n", event_json(recording, event)),
        };
        return output::say(&answers.iter().map(json).collect::<String>());
    }
    let text = |answer: &Answer| match answer {
        Answer::Entry(why) => entry_text(recording, why, asked),
        Answer::Call(trail) => call_text(recording, trail, moment, asked),
        Answer::Event(event) => event_text(recording, event),
    };
    let mut texts: Vec<String> = answers.iter().map(text).collect();
    texts.extend(state.and_then(rest_text));
    texts.extend(after);
    output::tell(&texts.join("\n"))
}

/// That the end of the run is not explained, if somebody may think so.
fn after(args: &WhyArgs, recording: &Recording<'_>, moment: Option<MomentId>) -> Option<String> {
    if !recording.is_cut || args.at.time().is_some() {
        return None;
    }
    let (kept, all) = (recording.events(moment), recording.outcome.events);
    let [kept, all] = [kept, all].map(grouped);
    Some(format!(
        "This is not the end of the run: the first {kept} of its {all} events are kept. `treequake replay` shows the end.\n"
    ))
}
