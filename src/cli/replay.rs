//! `treequake replay`: runs scenarios and reports how each one ends.

use super::exit::Exit;
use super::output::{self, Sink};
use super::picture::{PictureFile, parse_picture};
use super::progress::{self, ProgressArgs};
use super::stop::parse_timeout;
use super::values::{Format, monitor, warning, whole};
use super::{chart, inputs, junit, load, stop};
use crate::findings::findings;
use crate::fuzz::examine::{Rules, over_budget_in_words};
use crate::pipe;
use crate::process::Monitor;
use crate::recording::{MOMENTS_MAX, Recording, record};
use crate::report::junit::Suite;
use crate::report::{Run, json, terminal, text};
use crate::run::{BLOCK_EVENTS, Check, Options, Outcome, RunError};
use crate::scenario::Scenario;
use crate::scenario::expectation::WarningKind;
use crate::stop::Stop;
use crate::time::Span;
use crate::words::terminal::shown;
use clap::Args;
use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Args)]
pub struct ReplayArgs {
    /// Run every scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Write the trace to this file as NDJSON, one record per line; `-` is standard output, and then the report goes to
    /// standard error
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Draw a convergence chart of the run into this file; its name must end in .svg or .png
    #[arg(long, value_name = "FILE", value_parser = parse_picture)]
    chart: Option<PictureFile>,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write JUnit XML for CI servers to this file, one test per run; `-` is standard output, and then the report goes
    /// to standard error
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Count this warning as a failure: duplicate-signal, duplicate-del or logged-error; can be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Count a step as a failure if it takes more ADD_ROUTE and DEL_ROUTE messages than FACTOR times the number of
    /// contexts and route entries; default: no budget
    #[arg(long, value_name = "FACTOR", value_parser = whole(0..=u64::MAX))]
    budget: Option<u64>,
    /// Run twice and compare the digests of every 10,000 events
    #[arg(long)]
    verify: bool,
    /// Compare the tables with the truth only at the end; faster, but without convergence times
    #[arg(long)]
    no_check: bool,
    /// Handle identical copies of a message one by one instead of counting them; slower, with the same results
    #[arg(long)]
    one_by_one: bool,
    /// Stop each run after this time on the wall clock, such as 30s; what is known by then is reported, without a digest.
    /// Ctrl-C stops a run in the same way
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    timeout: Option<Span>,
    #[command(flatten)]
    progress: ProgressArgs,
    /// Scenario files, or folders: all *.json files in a folder and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

/// A run with more events gets no picture.
const PICTURE_EVENTS_MAX: u64 = 200_000;

/// Runs each file and reports it at once.
pub fn replay(mut args: ReplayArgs) -> Exit {
    let mut exit = inputs::expand(&mut args.files);
    if args.files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
        return output::complain("standard input can be read only once; name `-` once");
    }
    let unwritable = || {
        let chart = args.chart.as_ref().map(PictureFile::path);
        [args.trace.as_deref(), args.junit.as_deref(), chart].into_iter().flatten().find_map(output::refusal)
    };
    if let Some(refusal) = refuse_outputs(&args).or_else(|| refuse_chart(&args)).or_else(unwritable) {
        return output::complain(&refusal);
    }
    let mut suite = args.junit.is_some().then(|| Suite::new(&suite_name(&args)));
    let mut ends = [0; 3];
    let flag = stop::by_ctrl_c();
    for path in &args.files {
        let end = replay_one(&args, path, &mut suite, &Stop::new(Arc::clone(&flag), args.timeout));
        ends[end.min(Exit::Misuse) as usize] += 1;
        exit = exit.max(end);
        if flag.load(Ordering::SeqCst) {
            break;
        }
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

/// Why an output cannot be written to its place, if so.
fn refuse_outputs(args: &ReplayArgs) -> Option<String> {
    if args.trace.is_some() && args.files.len() > 1 {
        return Some("--trace takes one scenario; replay them one at a time".to_owned());
    }
    let outputs = [("--trace", &args.trace), ("--junit", &args.junit)];
    let mut outputs = outputs.iter().filter_map(|(option, path)| Some((option, path.as_ref()?)));
    if outputs.clone().filter(|(_, path)| output::is_stdout(path)).count() > 1 {
        return Some("--trace and --junit cannot both go to standard output; name a file for one of them".to_owned());
    }
    let all: Vec<&Path> = [args.trace.as_deref(), args.junit.as_deref(), args.chart.as_ref().map(PictureFile::path)]
        .into_iter()
        .flatten()
        .collect();
    let is_twice = |place: usize, path: &Path| {
        let is_file = fs::metadata(path).map_or(true, |there| there.is_file()) && !output::is_stdout(path);
        is_file && all[..place].iter().any(|other| output::is_same_place(other, path))
    };
    if let Some(path) = all.iter().enumerate().find_map(|(place, path)| is_twice(place, path).then_some(path)) {
        return Some(format!("two outputs go to {}; name another file for one of them", shown(path)));
    }
    outputs.find_map(|(option, path)| {
        let is_input = args.files.iter().any(|file| output::is_same_file(path, file));
        is_input.then(|| format!("{option} {} would overwrite the scenario itself; name another file", shown(path)))
    })
}

/// Why the chart cannot be written to its place, if so.
fn refuse_chart(args: &ReplayArgs) -> Option<String> {
    let path = args.chart.as_ref()?.path();
    if args.files.len() > 1 {
        return Some("--chart takes one scenario; `treequake chart convergence` draws several".to_owned());
    }
    if output::is_stdout(path) {
        return Some("the report goes to standard output; name a file for --chart".to_owned());
    }
    let is_input = args.files.iter().any(|file| output::is_same_file(path, file));
    is_input.then(|| format!("--chart {} would overwrite the scenario itself; name another file", shown(path)))
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

fn replay_one(args: &ReplayArgs, path: &Path, suite: &mut Option<Suite>, stop: &Stop) -> Exit {
    let mut unusable = |why: &str| {
        let shown = path.display().to_string();
        suite.iter_mut().for_each(|suite| suite.add_error(&shown, why));
    };
    let scenario = match load::load_or_tell(path, args.monitor) {
        Ok(loaded) => loaded.scenario,
        Err(why) => {
            unusable(&why);
            return Exit::Misuse;
        }
    };
    let ran = match run_traced(args, &scenario, stop) {
        Ok(ran) => ran,
        Err(RunError::Trace(error)) if error.kind() == ErrorKind::BrokenPipe => return Exit::Fine,
        Err(error) => {
            let why = why_not_run(args, path, error);
            unusable(&why);
            return output::complain(&why);
        }
    };
    let is_whole = ran.outcome().digest.is_some();
    let is_verified = match verify(args, &scenario, ran.outcome(), stop) {
        Ok(is_verified) => is_verified,
        Err(difference) => {
            let why = format!("{}: {difference}", shown(path));
            unusable(&why);
            if pipe::is_program(scenario.monitor) {
                output::remark(&format!("FAIL: {why}\n"));
                return Exit::Finding;
            }
            output::remark(&format!("error: {why}\n"));
            return Exit::Fault;
        }
    };
    compare_digests(args, path, &scenario, ran.outcome());
    let drawn = args.chart.as_ref().filter(|_| is_whole).map_or(Exit::Fine, |file| draw(file, path, &scenario, &ran));
    report(args, path, &scenario, &ran, is_verified, suite).max(drawn)
}

/// Draws the chart of a run.
fn draw(file: &PictureFile, path: &Path, scenario: &Scenario, ran: &Ran<'_>) -> Exit {
    if let Ran::Recorded(recording) = ran {
        return chart::draw_run(file, recording);
    }
    load::record(scenario, path).map_or_else(|exit| exit, |recording| chart::draw_run(file, &recording))
}

fn why_not_run(args: &ReplayArgs, path: &Path, error: RunError) -> String {
    let RunError::Trace(error) = error else { return format!("{}: {error}", shown(path)) };
    let trace = args.trace.as_deref().unwrap_or(Path::new("-"));
    format!("the trace {} cannot be written: {}", shown(trace), output::explain(&error))
}

/// Warns if the digest is not the one in `origin`. This is not a finding: a change to the file or to the program
/// changes the digest, and the expectations of the file are checked anyway.
fn compare_digests(args: &ReplayArgs, path: &Path, scenario: &Scenario, outcome: &Outcome) {
    let Some(origin) = scenario.origin.as_deref().filter(|_| args.monitor.is_none()) else { return };
    let Some(found) = outcome.digest.map(|digest| digest.to_string()) else { return };
    if let Some(digest) = origin.digest.as_ref().filter(|digest| **digest != found) {
        let by = origin.treequake.as_ref().map(|version| format!(" by treequake {version}")).unwrap_or_default();
        output::remark(&format!(
            "warning: {}: the digest is {found}, but was {digest} when this failure was found{by}: the file or the \
             program has changed since then\n",
            shown(path)
        ));
    }
}

fn report(
    args: &ReplayArgs,
    path: &Path,
    scenario: &Scenario,
    ran: &Ran<'_>,
    is_verified: bool,
    suite: &mut Option<Suite>,
) -> Exit {
    let outcome = ran.outcome();
    let mut findings = findings(scenario, outcome, &args.deny);
    if let Some(budget) = args.budget {
        findings.extend(over_budget_in_words(scenario, outcome, &Rules { budget, ..Rules::default() }));
    }
    let path = path.display().to_string();
    let run = Run { path: &path, scenario, outcome, denied: &args.deny, findings: &findings };
    suite.iter_mut().for_each(|suite| suite.add_run(&run));
    let said = match args.format {
        Format::Json => write_json(args, &run),
        Format::Text => {
            let mut text = match args.files.len() {
                0..=1 => text::story(&run, &picture(args, scenario, ran), width(args)),
                _ => format!("{}\n", text::line(&run)),
            };
            if is_verified {
                let blocks = outcome.events.div_ceil(BLOCK_EVENTS);
                text.push_str(&format!(
                    "verified: a second run had the same digest in every block of {BLOCK_EVENTS} events ({blocks})\n"
                ));
            }
            say(args, &text)
        }
    };
    said.max(if findings.is_empty() { Exit::Fine } else { Exit::Finding })
}

/// Writes a report as JSON to where reports go.
fn write_json(args: &ReplayArgs, run: &Run<'_>) -> Exit {
    if standard_output_is_taken(args) {
        // An error there has no place to go.
        let _ = json::write(BufWriter::new(io::stderr()), run);
        return Exit::Fine;
    }
    output::stream(Path::new("-"), |sink| json::write(sink, run))
}

/// The width of the terminal that the report goes to.
fn width(args: &ReplayArgs) -> Option<usize> {
    output::width_unless(standard_output_is_taken(args))
}

/// The run as a small picture, if the report goes to a terminal. A large run has none: it may have to be run once more.
fn picture(args: &ReplayArgs, scenario: &Scenario, ran: &Ran<'_>) -> String {
    let Outcome { events, check, digest, .. } = ran.outcome();
    let is_small = *events <= PICTURE_EVENTS_MAX && *check == Check::Always && digest.is_some();
    if !is_small || standard_output_is_taken(args) {
        return String::new();
    }
    let Some(terminal) = output::terminal() else { return String::new() };
    let draw = |recording: &Recording<'_>| terminal::picture(recording, terminal.width, terminal.characters);
    match ran {
        Ran::Recorded(recording) => draw(recording),
        Ran::Unrecorded(_) => record(scenario).map(|recording| draw(&recording)).unwrap_or_default(),
    }
}

/// What is kept of a run.
enum Ran<'s> {
    Unrecorded(Box<Outcome>),
    Recorded(Box<Recording<'s>>),
}

impl Ran<'_> {
    fn outcome(&self) -> &Outcome {
        match self {
            Ran::Unrecorded(outcome) => outcome,
            Ran::Recorded(recording) => &recording.outcome,
        }
    }
}

/// Runs a scenario, with its trace if one is wanted. A run whose chart is wanted is recorded, unless an option makes
/// the recording another one than that of the chart.
fn run_traced<'s>(args: &ReplayArgs, scenario: &'s Scenario, stop: &Stop) -> Result<Ran<'s>, RunError> {
    let mut sink = args.trace.as_deref().map(Sink::open).transpose().map_err(RunError::Trace)?;
    let options = options(args, sink.as_mut().map(|sink| sink as &mut dyn Write));
    let ran = if args.chart.is_some() && !args.no_check && !args.one_by_one {
        Ran::Recorded(Box::new(progress::record_shown(scenario, options, MOMENTS_MAX, stop, args.progress.progress)?))
    } else {
        Ran::Unrecorded(Box::new(progress::run_shown(scenario, options, "running", stop, args.progress.progress)?))
    };
    if let Some(sink) = sink {
        sink.finish().map_err(RunError::Trace)?;
    }
    Ok(ran)
}

fn options<'t>(args: &ReplayArgs, trace: Option<&'t mut dyn Write>) -> Options<'t, 'static> {
    let check = if args.no_check { Check::AtEnd } else { Check::Always };
    Options { check, trace, keep_blocks: args.verify, one_by_one: args.one_by_one, ..Options::default() }
}

/// If it is asked for, runs a second time and names the first block that differs. Returns whether both runs are the same;
/// of a run that was stopped from outside, nothing is known.
fn verify(args: &ReplayArgs, scenario: &Scenario, first: &Outcome, stop: &Stop) -> Result<bool, String> {
    if !args.verify || first.digest.is_none() {
        return Ok(false);
    }
    let options = options(args, None);
    // A program could remember something of the first run.
    pipe::close_idle();
    let second = progress::run_shown(scenario, options, "verifying", stop, args.progress.progress)
        .map_err(|error| error.to_string())?;
    let blocks = first.blocks.iter().zip(&second.blocks).position(|(first, second)| first != second);
    let last = first.blocks.len().min(second.blocks.len());
    let is_other_end = second.digest.is_some() && first.digest != second.digest;
    match blocks.or(is_other_end.then_some(last)) {
        None => Ok(second.digest.is_some()),
        Some(_) if pipe::is_program(scenario.monitor) => {
            let what = pipe::first_difference(scenario).unwrap_or_else(|| "two more runs did not differ".to_owned());
            Err(format!("two runs differ, so the protocol program does not answer the same twice\n{what}"))
        }
        Some(block) => Err(format!(
            "two runs differ, first in the {BLOCK_EVENTS} events from {} on; compare traces of --monitor {}",
            block as u64 * BLOCK_EVENTS + 1,
            first.monitor as Monitor,
        )),
    }
}
