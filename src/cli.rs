//! The command line: its commands, and which function runs each. A command's options are beside that function.

mod campaign;
mod chart;
mod compare;
mod completions;
mod exit;
mod expand;
mod explore;
mod export;
mod fuzz;
mod guard;
mod inputs;
mod inspect;
mod junit;
mod known;
mod lint;
mod load;
mod merge;
mod mine;
mod new;
mod output;
mod panics;
mod picture;
mod progress;
mod protocol;
mod replay;
mod report;
mod schema;
mod shrink;
mod stats;
mod stop;
mod values;
mod when;
mod why;

use crate::pipe;
use clap::{CommandFactory, Parser, Subcommand};
use exit::Exit;
use std::panic;
use std::process::ExitCode;

/// Replays churn on a tree of Mitogen contexts in virtual time, and reports whether every route converges.
///
/// Mitogen runs Python in a tree of processes. Each process keeps a route table, which ADD_ROUTE and DEL_ROUTE
/// messages change. A scenario file says which contexts connect, die, lose their link or call each other, and when.
/// treequake runs Mitogen's own routing logic in every context and compares the tables with the truth. The same
/// scenario gives the same run on every machine, record by record.
#[derive(Parser)]
#[command(name = "treequake", version, styles = output::STYLES, after_help = exit::CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    _protocol: protocol::ProtocolArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Run scenarios and report how each one ends.
    #[command(after_help = exit::CODES)]
    Replay(replay::ReplayArgs),
    /// Run scenarios under several monitors and report what changes from one monitor to the next.
    ///
    /// The scenarios are in files, or are drawn by --seeds. With seeds, the report says how many cases are the same, better
    /// and worse under the second of two monitors, and names the smallest case of each kind of change. A case is worse if
    /// it fails where it passed or in a class in which it did not fail; where the failures are the same, if it costs more
    /// messages; and where these are as many, if its slowest step takes longer to converge.
    #[command(after_help = exit::COMPARE_CODES)]
    Compare(compare::CompareArgs),
    /// Make a failing scenario as small as possible without losing its failure.
    ///
    /// A scenario fails if its run has a wrong route, a hung call, a storm, a run that is stopped at its limit, a crash, a step over its budget or a denied
    /// warning. The expectations of the file do not count. The result expects its own failure and names its origin. It
    /// goes to standard output or to --out; everything else goes to standard error. Ctrl-C and
    /// --time keep the best result so far. A scenario that fails in several classes keeps one of them.
    #[command(after_help = exit::SHRINK_CODES)]
    Shrink(shrink::ShrinkArgs),
    /// Explain a route, a missing route or a lost call: what led to it, in a dozen lines.
    ///
    /// Without a route or a call, this explains the first wrong route, the first hung call, the first crash and the
    /// storm of the run, if there are any; otherwise the first logged error.
    #[command(after_help = exit::LOOK_CODES)]
    Why(why::WhyArgs),
    /// Show one moment of a run: contexts, links, messages on the wires, wrong routes.
    #[command(after_help = exit::LOOK_CODES)]
    Inspect(inspect::InspectArgs),
    /// Check scenario files without running them.
    #[command(after_help = exit::LINT_CODES)]
    Lint(lint::LintArgs),
    /// Write a scenario out in full, with every context and every drawn step. It runs to the same digest.
    #[command(after_help = exit::WRITE_CODES)]
    Expand(expand::ExpandArgs),
    /// Write a scenario to start from.
    #[command(after_help = exit::WRITE_CODES)]
    New(new::NewArgs),
    /// Run a random case for each seed, and keep the smallest case of each class of failures.
    #[command(after_help = exit::CODES)]
    Fuzz(fuzz::FuzzArgs),
    /// Run a scenario in every order in which its steps and messages can come, and list all endings; or all small scenarios.
    #[command(after_help = exit::CODES)]
    Explore(explore::ExploreArgs),
    /// Merge the parts of a campaign, or of small worlds, that ran on many machines.
    #[command(after_help = exit::CODES)]
    Merge(merge::MergeArgs),
    /// Print statistics of a campaign: convergence time and messages, by kind of step and by shape.
    #[command(after_help = exit::WRITE_CODES)]
    Stats(stats::StatsArgs),
    /// Draw a chart as SVG or PNG.
    #[command(subcommand, after_help = exit::WRITE_CODES)]
    Chart(chart::ChartCommand),
    /// Write a web page about a scenario's run, event by event, or about a campaign.
    ///
    /// The page is a single file. It works from disk and loads nothing from the network.
    #[command(after_help = exit::WRITE_CODES)]
    Report(report::ReportArgs),
    /// Write a run for another program: Perfetto, Graphviz, Mermaid, ShiViz, or a notebook.
    #[command(after_help = exit::WRITE_CODES)]
    Export(export::ExportArgs),
    /// Check a program that is a protocol of your own.
    #[command(subcommand, after_help = exit::CODES)]
    Protocol(protocol::ProtocolCommand),
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Print a shell script that completes commands, options and monitors.
    Completions(completions::CompletionsArgs),
    /// Print the manual page; `man -l -` shows it.
    Man(completions::ManArgs),
}

/// Runs the program on the arguments of this process.
pub fn main() -> ExitCode {
    panics::report();
    stop::watch();
    if let Err(why) = protocol::start(std::env::args_os().skip(1)) {
        return output::complain(&why).into();
    }
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) if error.use_stderr() => {
            // It repeats arguments, which can be names of files.
            output::note(&error.render().ansi().to_string());
            return Exit::Misuse.into();
        }
        // Help, or the version.
        Err(error) => error.exit(),
    };
    let exit = panic::catch_unwind(|| dispatch(command)).unwrap_or(Exit::Fault);
    pipe::close_all();
    let recorded = pipe::finish_recording();
    let exit = exit
        .max(recorded.map_or_else(|error| output::complain(&format!("--protocol-record: {error}")), |()| Exit::Fine));
    exit.into()
}

fn dispatch(command: Command) -> Exit {
    match command {
        Command::Replay(args) => replay::replay(args),
        Command::Compare(args) => compare::compare(args),
        Command::Shrink(args) => shrink::shrink(&args),
        Command::Why(args) => why::why(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Lint(args) => lint::lint(args),
        Command::Expand(args) => expand::expand(&args),
        Command::New(args) => new::new(&args),
        Command::Fuzz(args) => fuzz::fuzz(&args),
        Command::Explore(args) => explore::explore(args),
        Command::Merge(args) => merge::merge(&args),
        Command::Stats(args) => stats::stats(&args),
        Command::Report(args) => report::report(&args),
        Command::Chart(command) => chart::chart(command),
        Command::Export(args) => export::export(&args),
        Command::Protocol(command) => protocol::protocol(&command),
        Command::Schema => schema::schema(),
        Command::Completions(args) => completions::completions(&args, &mut Cli::command()),
        Command::Man(args) => completions::man(&args, Cli::command()),
    }
}
