//! `treequake replay`: run scenarios, and say how each ended.

use super::output::{self, Sink};
use super::{Exit, Format, ReplayArgs, chart, inputs, lint, progress};
use crate::findings::findings;
use crate::protocol::Revision;
use crate::report::{Run, json, text};
use crate::run::{BLOCK_EVENTS, Check, Options, Outcome, RunError};
use crate::scenario::Scenario;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Runs each file, and reports as it goes.
pub fn replay(mut args: ReplayArgs) -> Exit {
    let mut exit = inputs::expand(&mut args.files);
    if args.files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
        return output::complain("standard input can be read once; name `-` once");
    }
    if let Some(refusal) = refuse_trace(&args).or_else(|| refuse_chart(&args)) {
        return output::complain(&refusal);
    }
    let mut ends = [0; 3];
    for path in &args.files {
        let end = replay_one(&args, path);
        ends[end.min(Exit::Misuse) as usize] += 1;
        exit = exit.max(end);
    }
    if args.files.len() > 1 && args.format == Format::Text {
        let [fine, failed, unusable] = ends;
        exit = exit.max(say(&args, &format!("\n{}\n", text::summary(fine, failed, unusable))));
    }
    exit
}

/// Why the trace can not go where it is to go, if so.
fn refuse_trace(args: &ReplayArgs) -> Option<String> {
    let trace = args.trace.as_ref()?;
    if args.files.len() > 1 {
        return Some("--trace takes one scenario; replay them one at a time".to_owned());
    }
    let is_input = args.files.iter().any(|file| output::is_same_file(trace, file));
    is_input.then(|| format!("--trace {} would write over the scenario itself; name another file", trace.display()))
}

/// Why the chart can not go where it is to go, if so.
fn refuse_chart(args: &ReplayArgs) -> Option<String> {
    let path = args.chart.as_ref()?.path();
    if args.files.len() > 1 {
        return Some("--chart takes one scenario; `treequake chart convergence` draws several".to_owned());
    }
    if output::is_stdout(path) {
        return Some("the report goes to standard output; name a file for --chart".to_owned());
    }
    let is_input = args.files.iter().any(|file| output::is_same_file(path, file));
    is_input.then(|| format!("--chart {} would write over the scenario itself; name another file", path.display()))
}

/// Reports go to standard output, unless the trace does.
fn say(args: &ReplayArgs, text: &str) -> Exit {
    if args.trace.as_deref().is_some_and(output::is_stdout) {
        output::remark(text);
        return Exit::Fine;
    }
    output::say(text)
}

fn replay_one(args: &ReplayArgs, path: &Path) -> Exit {
    let mut scenario = match lint::load(path) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    scenario.revision = args.monitor.unwrap_or(scenario.revision);
    let outcome = match run_traced(args, &scenario) {
        Ok(outcome) => outcome,
        Err(RunError::Trace(error)) if error.kind() == ErrorKind::BrokenPipe => return Exit::Fine,
        Err(RunError::Trace(error)) => {
            let trace = args.trace.as_deref().unwrap_or(Path::new("-"));
            return output::complain(&format!(
                "the trace {} can not be written: {}",
                trace.display(),
                output::explain(&error)
            ));
        }
        Err(error) => return output::complain(&format!("{}: {error}", path.display())),
    };
    if args.verify
        && let Err(difference) = verify(args, &scenario, &outcome)
    {
        output::remark(&format!("error: {}: {difference}\n", path.display()));
        return Exit::Fault;
    }
    compare_digests(args, path, &scenario, &outcome);
    let drawn = args.chart.as_ref().map_or(Exit::Fine, |file| chart::draw_run(file, &scenario, path));
    report(args, path, &scenario, &outcome).max(drawn)
}

/// Says where a run is not the one that `origin` remembers. That is no finding: whoever changes a file, or the program,
/// changes its digest, and what the file expects is judged all the same.
fn compare_digests(args: &ReplayArgs, path: &Path, scenario: &Scenario, outcome: &Outcome) {
    let Some(origin) = scenario.origin.as_deref().filter(|_| args.monitor.is_none()) else { return };
    let found = outcome.digest.to_string();
    if let Some(digest) = origin.digest.as_ref().filter(|digest| **digest != found) {
        let by = origin.treequake.as_ref().map(|version| format!(" by treequake {version}")).unwrap_or_default();
        output::remark(&format!(
            "warning: {}: the digest is {found}, and was {digest} when it was found{by}: the file or the program has \
             changed since\n",
            path.display()
        ));
    }
}

fn report(args: &ReplayArgs, path: &Path, scenario: &Scenario, outcome: &Outcome) -> Exit {
    let findings = findings(scenario, outcome, &args.deny);
    let path = path.display().to_string();
    let run = Run { path: &path, scenario, outcome, denied: &args.deny, findings: &findings };
    let mut text = match args.format {
        Format::Json => format!("{}\n", json::object(&run)),
        Format::Text if args.files.len() > 1 => format!("{}\n", text::line(&run)),
        Format::Text => text::story(&run),
    };
    if args.verify && args.format == Format::Text {
        let blocks = outcome.events.div_ceil(BLOCK_EVENTS);
        text.push_str(&format!(
            "verified: a second run had the same digest in every block of {BLOCK_EVENTS} events ({blocks})\n"
        ));
    }
    let said = say(args, &text);
    said.max(if findings.is_empty() { Exit::Fine } else { Exit::Finding })
}

fn run_traced(args: &ReplayArgs, scenario: &Scenario) -> Result<Outcome, RunError> {
    let mut sink = args.trace.as_deref().map(Sink::open).transpose().map_err(RunError::Trace)?;
    let outcome = run_shown(args, scenario, sink.as_mut().map(|sink| sink as &mut dyn Write), "running")?;
    if let Some(sink) = sink {
        sink.finish().map_err(RunError::Trace)?;
    }
    Ok(outcome)
}

fn run_shown(
    args: &ReplayArgs,
    scenario: &Scenario,
    trace: Option<&mut dyn Write>,
    doing: &str,
) -> Result<Outcome, RunError> {
    let check = if args.no_check { Check::AtEnd } else { Check::Always };
    let options = Options { check, trace, keep_blocks: args.verify, one_by_one: args.one_by_one, progress: None };
    progress::run_shown(scenario, options, doing)
}

/// Runs a second time, and names the first block that differs.
fn verify(args: &ReplayArgs, scenario: &Scenario, first: &Outcome) -> Result<(), String> {
    let second = run_shown(args, scenario, None, "verifying").map_err(|error| error.to_string())?;
    let blocks = first.blocks.iter().zip(&second.blocks).position(|(first, second)| first != second);
    let last = first.blocks.len().min(second.blocks.len());
    match blocks.or((first.digest != second.digest).then_some(last)) {
        None => Ok(()),
        Some(block) => Err(format!(
            "two runs differ, first in the {BLOCK_EVENTS} events from {} on; run with --monitor {} and compare traces",
            block as u64 * BLOCK_EVENTS + 1,
            first.revision as Revision,
        )),
    }
}
