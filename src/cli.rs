//! The command line: what the user asks for, and the exit code that says how it went.

mod chart;
mod compare;
mod completions;
mod expand;
mod export;
mod fuzz;
mod inputs;
mod inspect;
mod junit;
mod known;
mod lint;
mod new;
mod output;
mod progress;
mod replay;
mod report;
mod shrink;
mod when;
mod why;

use crate::fuzz::examine::DEFAULT_BUDGET;
use crate::protocol::{ContextId, Revision};
use crate::scenario::expectation::WarningKind;
use crate::scenario::file;
use crate::scenario::link::{KEEPALIVE_PRESETS, LINK_PRESETS};
use crate::scenario::{MAX_CONTEXTS, TreeShape};
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use known::{Known, known};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every run converged and met its expectations.
    Fine = 0,
    /// A run found something.
    Finding = 1,
    /// The program was used wrongly, or its input or output is unusable.
    Misuse = 2,
    /// The fault is ours.
    Fault = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

const EXIT_CODES: &str = "Exit codes:
  0  every run converged and met what its file expects
  1  a run found something: a wrong route, a hung call, a storm, an expectation that was not met
  2  wrong use or input: nothing was run, or an output could not be written
  3  a fault of treequake itself";

const SHRINK_EXIT_CODES: &str = "Exit codes:
  0  the scenario does not fail: there is nothing to shrink
  1  it fails, and was shrunk
  2  wrong use or input, or an output could not be written
  3  a fault of treequake itself";

const WRITE_EXIT_CODES: &str = "Exit codes:
  0  it is written, whatever the run came to
  2  wrong use or input, or an output could not be written
  3  a fault of treequake itself";

const LINT_EXIT_CODES: &str = "Exit codes:
  0  the files can be run
  2  one can not; every mistake is shown
  3  a fault of treequake itself";

const LOOK_EXIT_CODES: &str = "Exit codes:
  0  it is told, whether it is right or wrong
  2  wrong use or input: nothing was run
  3  a fault of treequake itself";

/// Replays churn on a tree of Mitogen contexts, in virtual time, and says whether every route converges.
///
/// Mitogen runs Python in a tree of processes; each keeps a route table by ADD_ROUTE and DEL_ROUTE messages. A
/// scenario file says which contexts connect, die, lose their link or call each other, and when. treequake runs
/// Mitogen's own routing logic in every one of them and compares the tables with the truth. The same scenario gives
/// the same run, to the record, on every machine.
#[derive(Parser)]
#[command(name = "treequake", version, styles = STYLES, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios, and say how each ended.
    #[command(after_help = EXIT_CODES)]
    Replay(ReplayArgs),
    /// Run scenarios under several monitors, and say what changes from one to the next.
    #[command(after_help = EXIT_CODES)]
    Compare(CompareArgs),
    /// Make a scenario that fails as small as it gets, and keep its failure.
    ///
    /// What fails: a wrong route, a call that hangs, a storm, a crash, a step over its budget, a denied warning; what the
    /// file expects does not count. The result expects its own failure, and names where it came from. It is printed, or
    /// written to --out; all else is told on standard error. Ctrl-C keeps the best so far.
    #[command(after_help = SHRINK_EXIT_CODES)]
    Shrink(ShrinkArgs),
    /// Explain a route, its absence, or a call that was lost: what led to it, in a dozen lines.
    ///
    /// Without a route or a call: the first wrong route, the first hung call, the first crash and the storm of the run, as
    /// far as there are any; or else the first error that was logged.
    #[command(after_help = LOOK_EXIT_CODES)]
    Why(WhyArgs),
    /// Show one moment of a run: contexts, links, what is on the wires, wrong routes.
    #[command(after_help = LOOK_EXIT_CODES)]
    Inspect(InspectArgs),
    /// Check scenario files without running them.
    #[command(after_help = LINT_EXIT_CODES)]
    Lint(LintArgs),
    /// Write a scenario out in full: every context and every drawn step by itself. It runs to the same digest.
    #[command(after_help = WRITE_EXIT_CODES)]
    Expand(ExpandArgs),
    /// Write a scenario to start from.
    #[command(after_help = WRITE_EXIT_CODES)]
    New(NewArgs),
    /// Run random cases, a seed each, and keep the smallest of each class of failures.
    #[command(after_help = EXIT_CODES)]
    Fuzz(fuzz::FuzzArgs),
    /// Make one campaign of its parts, which were run on many machines.
    #[command(after_help = EXIT_CODES)]
    Merge(fuzz::MergeArgs),
    /// Print the statistics of a campaign: convergence time and messages by kind of step and by shape.
    #[command(after_help = WRITE_EXIT_CODES)]
    Stats(fuzz::StatsArgs),
    /// Draw a chart, as SVG or PNG.
    #[command(subcommand, after_help = WRITE_EXIT_CODES)]
    Chart(chart::ChartCommand),
    /// Write a page for the browser: of a scenario's run, to be looked at event by event, or of a campaign.
    ///
    /// The page is one file; it works from disk and asks nobody for anything.
    #[command(after_help = WRITE_EXIT_CODES)]
    Report(report::ReportArgs),
    /// Write a run in the format of another program: Perfetto, Graphviz, Mermaid, ShiViz, or a notebook.
    #[command(after_help = WRITE_EXIT_CODES)]
    Export(export::ExportArgs),
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Print a script that completes commands, options and monitors in a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page, for `man -l -`.
    Man(completions::ManArgs),
}

#[derive(Args)]
struct ReplayArgs {
    /// Run all scenarios under this monitor, instead of the one that each file names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// Write the trace (NDJSON, a record a line) to this file; `-` is standard output, and the report then goes to
    /// standard error
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Draw the run as a convergence chart into this file, as SVG or PNG by its ending
    #[arg(long, value_name = "FILE", value_parser = chart::parse_picture)]
    chart: Option<chart::PictureFile>,
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

#[derive(Args)]
struct CompareArgs {
    /// The monitors, in the order in which neighbours are compared; all, oldest first, if not said
    #[arg(long, value_name = "NAME,NAME,...", value_parser = monitor(), hide_possible_values = true, value_delimiter = ',',
          default_values_t = Revision::ALL, hide_default_value = true)]
    monitors: Vec<Revision>,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: ComparisonFormat,
    /// The scenario files, or folders of them: all *.json in it and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct ShrinkArgs {
    /// Write to this file, which must not be there yet, instead of standard output
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Run it under this monitor, instead of the one that the file names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// Let it fail for this warning: duplicate-signal, duplicate-del or logged-error; may be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Let it fail for a step that costs more ADD_ROUTE and DEL_ROUTE than so many times the contexts and route entries
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_BUDGET,
          value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
struct WhyArgs {
    /// Whose route table: an id; 0 is the master
    #[arg(long, value_name = "ID", value_parser = why::parse_context, requires = "route")]
    context: Option<ContextId>,
    /// The destination of the entry: an id
    #[arg(long, value_name = "ID", value_parser = why::parse_context, requires = "context")]
    route: Option<ContextId>,
    /// A call instead, by its number: the first that is made is 1
    #[arg(long, value_name = "N", conflicts_with_all = ["context", "route"])]
    call: Option<u64>,
    /// Without a route or a call: explain the first event with this warning, too: duplicate-signal, duplicate-del or
    /// logged-error; may be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true,
          conflicts_with_all = ["context", "route", "call"])]
    deny: Vec<WarningKind>,
    /// When: a time such as 1.5s, after all that happened up to then, or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// Run it under this monitor, instead of the one that the file names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
struct InspectArgs {
    /// When: a time such as 1.5s, after all that happened up to then, or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// Show the route table of this context in full, instead of all wrong entries: an id; 0 is the master
    #[arg(long, value_name = "ID", value_parser = why::parse_context)]
    context: Option<ContextId>,
    /// Run it under this monitor, instead of the one that the file names
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Args)]
struct LintArgs {
    /// The scenario files, or folders of them: all *.json in it and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct NewArgs {
    /// The shape of the tree
    #[arg(long, default_value = "fleet", value_parser = tree_shape())]
    shape: TreeShape,
    /// The number of contexts, without the master; a fleet gets two bastions, and a sudo for each host
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=MAX_CONTEXTS))]
    contexts: u64,
    /// How many children each context has (kary), or how many legs each joint has (caterpillar)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=MAX_CONTEXTS))]
    fanout: Option<u64>,
    /// The links
    #[arg(long, default_value = "lan", value_parser = LINK_PRESETS.map(|(name, _)| name))]
    link: String,
    /// When an end gives up on a silent link; default: never
    #[arg(long, value_parser = KEEPALIVE_PRESETS.map(|(name, _)| name))]
    keepalive: Option<String>,
    /// A fault; may be repeated
    #[arg(long, value_enum)]
    fault: Vec<new::Fault>,
    /// The monitor; default: mitogen-0.3
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Revision>,
    /// The seed of all random draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The name of the scenario
    #[arg(long, default_value = "new-scenario")]
    name: String,
    /// Write to this file, which must not exist yet, instead of standard output
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args)]
struct ExpandArgs {
    /// Write to this file instead of standard output; a scenario that is there is not written over
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object a file, one a line.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ComparisonFormat {
    /// For people; `*` marks what differs from the monitor before.
    Text,
    /// One JSON object a file, one a line.
    Json,
    /// Tables for a page or an issue; what differs from the monitor before is bold.
    Markdown,
}

fn parse_monitor(name: &str) -> Result<Revision, String> {
    name.parse().map_err(|error: crate::protocol::UnknownRevision| error.to_string())
}

/// A shape, which shells can complete.
fn tree_shape() -> Known<TreeShape> {
    known(str::parse, || TreeShape::ALL.map(TreeShape::name).to_vec())
}

/// A monitor, which shells can complete.
fn monitor() -> Known<Revision> {
    known(parse_monitor, || Revision::ALL.map(Revision::name).to_vec())
}

/// A warning, which shells can complete.
fn warning() -> Known<WarningKind> {
    known(parse_warning, || WarningKind::ALL.map(WarningKind::name).to_vec())
}

fn parse_warning(name: &str) -> Result<WarningKind, String> {
    name.parse()
}

/// Runs the program on the arguments of this process.
pub fn main() -> ExitCode {
    report_panics();
    let exit = match Cli::parse().command {
        Command::Replay(args) => std::panic::catch_unwind(|| replay::replay(args)),
        Command::Compare(args) => std::panic::catch_unwind(|| compare::compare(args)),
        Command::Shrink(args) => std::panic::catch_unwind(|| shrink::shrink(&args)),
        Command::Why(args) => std::panic::catch_unwind(|| why::why(&args)),
        Command::Inspect(args) => std::panic::catch_unwind(|| inspect::inspect(&args)),
        Command::Lint(args) => std::panic::catch_unwind(|| lint::lint(args)),
        Command::Expand(args) => std::panic::catch_unwind(|| expand::expand(&args)),
        Command::New(args) => std::panic::catch_unwind(|| new::new(&args)),
        Command::Fuzz(args) => std::panic::catch_unwind(|| fuzz::fuzz(&args)),
        Command::Merge(args) => std::panic::catch_unwind(|| fuzz::merge(&args)),
        Command::Stats(args) => std::panic::catch_unwind(|| fuzz::stats(&args)),
        Command::Report(args) => std::panic::catch_unwind(|| report::report(&args)),
        Command::Chart(command) => std::panic::catch_unwind(|| chart::chart(command)),
        Command::Export(args) => std::panic::catch_unwind(|| export::export(&args)),
        Command::Schema => std::panic::catch_unwind(schema),
        Command::Completions(args) => std::panic::catch_unwind(|| completions::completions(&args)),
        Command::Man(args) => std::panic::catch_unwind(|| completions::man(&args)),
    };
    exit.unwrap_or(Exit::Fault).into()
}

/// A panic is our fault, and is said so.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("an assertion failed");
        let _ = writeln!(
            anstream::stderr(),
            "error: treequake has a fault ({place}: {what})\nThis is not your mistake. Please report it, with the \
             scenario and the command."
        );
    }));
}

fn schema() -> Exit {
    let schema = format!("{:#}\n", file::schema());
    output::say(&schema)
}
