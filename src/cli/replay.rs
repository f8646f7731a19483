//! `treequake replay`: run scenarios, and say how each ended.

use super::exit::Exit;
use super::output::{self, Sink};
use super::picture::{PictureFile, parse_picture};
use super::values::{Format, monitor, warning};
use super::{chart, inputs, junit, load, progress};
use crate::findings::findings;
use crate::process::Monitor;
use crate::recording::record;
use crate::report::junit::Suite;
use crate::report::{Run, json, terminal, text};
use crate::run::{BLOCK_EVENTS, Check, Options, Outcome, RunError};
use crate::scenario::Scenario;
use crate::scenario::expectation::WarningKind;
use clap::Args;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ReplayArgs {
    /// Run all scenarios under this monitor, instead of the one that each file names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Write the trace (NDJSON, a record a line) to this file; `-` is standard output, and the report then goes to
    /// standard error
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Draw the run as a convergence chart into this file, as SVG or PNG by its ending
    #[arg(long, value_name = "FILE", value_parser = parse_picture)]
    chart: Option<PictureFile>,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write JUnit XML to this file, for a server that shows tests: a run is a test; `-` is standard output, and the
    /// report then goes to standard error
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Let a run fail for this warning: duplicate-signal, duplicate-del or logged-error; may be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Run twice, and compare the digest of every 10,000 events
    #[arg(long)]
    verify: bool,
    /// Compare the tables with the truth at the end only; faster, but no step's convergence time is known
    #[arg(long)]
    no_check: bool,
    /// Handle equal copies of a message one by one, instead of counting them; slower, and the same in every figure
    #[arg(long)]
    one_by_one: bool,
    /// The scenario files, or folders of them: all *.json in it and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

/// A run of more events gets no picture.
const PICTURE_EVENTS_MAX: u64 = 200_000;

/// Runs each file, and reports as it goes.
pub fn replay(mut args: ReplayArgs) -> Exit {
    let mut exit = inputs::expand(&mut args.files);
    if args.files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
        return output::complain("standard input can be read once; name `-` once");
    }
    if let Some(refusal) = refuse_outputs(&args).or_else(|| refuse_chart(&args)) {
        return output::complain(&refusal);
    }
    let mut suite = args.junit.is_some().then(|| Suite::new(&suite_name(&args)));
    let mut ends = [0; 3];
    for path in &args.files {
        let end = replay_one(&args, path, &mut suite);
        ends[end.min(Exit::Misuse) as usize] += 1;
        exit = exit.max(end);
    }
    if args.files.len() > 1 && args.format == Format::Text {
        let [fine, failed, unusable] = ends;
        exit = exit.max(say(&args, &format!("\n{}\n", text::summary(fine, failed, unusable))));
    }
    exit.max(suite.map_or(Exit::Fine, |suite| junit::write(args.junit.as_deref(), "treequake replay", vec![suite])))
}

fn suite_name(args: &ReplayArgs) -> String {
    let under = args.monitor.map(|monitor| format!(" under {monitor}")).unwrap_or_default();
    format!("treequake replay{under}")
}

/// Why an output can not go where it is to go, if so.
fn refuse_outputs(args: &ReplayArgs) -> Option<String> {
    if args.trace.is_some() && args.files.len() > 1 {
        return Some("--trace takes one scenario; replay them one at a time".to_owned());
    }
    let outputs = [("--trace", &args.trace), ("--junit", &args.junit)];
    let mut outputs = outputs.iter().filter_map(|(option, path)| Some((option, path.as_ref()?)));
    if outputs.clone().filter(|(_, path)| output::is_stdout(path)).count() > 1 {
        return Some("--trace and --junit can not both go to standard output; name a file for one".to_owned());
    }
    outputs.find_map(|(option, path)| {
        let is_input = args.files.iter().any(|file| output::is_same_file(path, file));
        is_input.then(|| format!("{option} {} would write over the scenario itself; name another file", path.display()))
    })
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

/// Reports go to standard output, unless something else does.
fn say(args: &ReplayArgs, text: &str) -> Exit {
    if standard_output_is_taken(args) {
        output::remark(text);
        return Exit::Fine;
    }
    output::say(text)
}

fn standard_output_is_taken(args: &ReplayArgs) -> bool {
    [&args.trace, &args.junit].into_iter().flatten().any(|path| output::is_stdout(path))
}

fn replay_one(args: &ReplayArgs, path: &Path, suite: &mut Option<Suite>) -> Exit {
    let mut unusable = |why: &str| {
        let shown = path.display().to_string();
        suite.iter_mut().for_each(|suite| suite.add_error(&shown, why));
    };
    let mut scenario = match load::load_or_tell(path) {
        Ok(loaded) => loaded.scenario,
        Err(why) => {
            unusable(&why);
            return Exit::Misuse;
        }
    };
    scenario.monitor = args.monitor.unwrap_or(scenario.monitor);
    let outcome = match run_traced(args, &scenario) {
        Ok(outcome) => outcome,
        Err(RunError::Trace(error)) if error.kind() == ErrorKind::BrokenPipe => return Exit::Fine,
        Err(error) => {
            let why = why_not_run(args, path, error);
            unusable(&why);
            return output::complain(&why);
        }
    };
    if args.verify
        && let Err(difference) = verify(args, &scenario, &outcome)
    {
        let why = format!("{}: {difference}", path.display());
        unusable(&why);
        output::remark(&format!("error: {why}\n"));
        return Exit::Fault;
    }
    compare_digests(args, path, &scenario, &outcome);
    let drawn = args.chart.as_ref().map_or(Exit::Fine, |file| chart::draw_run(file, &scenario, path));
    report(args, path, &scenario, &outcome, suite).max(drawn)
}

fn why_not_run(args: &ReplayArgs, path: &Path, error: RunError) -> String {
    let RunError::Trace(error) = error else { return format!("{}: {error}", path.display()) };
    let trace = args.trace.as_deref().unwrap_or(Path::new("-"));
    format!("the trace {} can not be written: {}", trace.display(), output::explain(&error))
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

fn report(args: &ReplayArgs, path: &Path, scenario: &Scenario, outcome: &Outcome, suite: &mut Option<Suite>) -> Exit {
    let findings = findings(scenario, outcome, &args.deny);
    let path = path.display().to_string();
    let run = Run { path: &path, scenario, outcome, denied: &args.deny, findings: &findings };
    suite.iter_mut().for_each(|suite| suite.add_run(&run));
    let mut text = match args.format {
        Format::Json => format!("{}\n", json::object(&run)),
        Format::Text if args.files.len() > 1 => format!("{}\n", text::line(&run)),
        Format::Text => text::story(&run, &picture(args, scenario, outcome)),
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

/// The run as a small picture, where the report goes to a terminal; of a large one, there is none: it is run once more.
fn picture(args: &ReplayArgs, scenario: &Scenario, outcome: &Outcome) -> String {
    let is_small = outcome.events <= PICTURE_EVENTS_MAX && outcome.check == Check::Always;
    if !is_small || standard_output_is_taken(args) {
        return String::new();
    }
    let Some(terminal) = output::terminal() else { return String::new() };
    let recording = record(scenario).ok();
    recording.map(|recording| terminal::picture(&recording, terminal.width, terminal.characters)).unwrap_or_default()
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
    let options = Options { check, trace, keep_blocks: args.verify, one_by_one: args.one_by_one, ..Options::default() };
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
            first.monitor as Monitor,
        )),
    }
}
