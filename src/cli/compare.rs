//! `treequake compare`: runs scenarios under several monitors, and reports what changes from one to the next.

mod seeds;

use super::exit::Exit;
use super::progress::{ProgressArgs, run_shown};
use super::values::{Format, compared, monitor};
use super::{inputs, load, output};
use crate::compare::compare as compare_monitors;
use crate::fuzz::campaign::seeds::Seeds;
use crate::process::Monitor;
use crate::report::compare::{FileComparison, Overview, json, markdown, text};
use crate::run::Options;
use crate::stop::Stop;
use crate::words::terminal::shown;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct CompareArgs {
    /// The monitors; each is compared with the one before it; default: all, oldest first
    #[arg(long, value_name = "NAME,NAME,...", value_parser = monitor(), hide_possible_values = true, value_delimiter = ',',
          default_values_t = compared(), hide_default_value = true)]
    monitors: Vec<Monitor>,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: ComparisonFormat,
    #[command(flatten)]
    progress: ProgressArgs,
    /// Scenario files, or folders: all *.json files in a folder and below; `-` is standard input
    #[arg(required_unless_present = "seeds", value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    seeds: seeds::SeedsArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ComparisonFormat {
    /// For people; `*` marks what differs from the monitor before
    Text,
    /// JSON, one object per line
    Json,
    /// Tables for a page or an issue; bold marks what differs from the monitor before
    Markdown,
}

/// Compares each file and reports it at once; or compares two monitors on seeds.
pub fn compare(mut args: CompareArgs) -> Exit {
    if let Some(refusal) = refuse(&args.monitors) {
        return output::complain(&refusal);
    }
    if let Some(seeds) = args.seeds.seeds {
        return compare_on_seeds(&args, seeds);
    }
    let mut exit = inputs::expand(&mut args.files);
    let mut overview = Overview::default();
    let mut unusable = 0;
    for path in &args.files {
        let end = compare_one(&args, path, &mut overview);
        unusable += usize::from(end == Exit::Misuse);
        exit = exit.max(end);
    }
    if args.files.len() > 1 {
        exit = exit.max(match args.format {
            ComparisonFormat::Text => output::say(&overview.text(unusable, output::width())),
            ComparisonFormat::Markdown => output::say(&overview.markdown(unusable)),
            ComparisonFormat::Json => Exit::Fine,
        });
    }
    exit
}

fn compare_on_seeds(args: &CompareArgs, seeds: Seeds) -> Exit {
    let format = match args.format {
        ComparisonFormat::Text => Format::Text,
        ComparisonFormat::Json => Format::Json,
        ComparisonFormat::Markdown => {
            return output::complain("--format markdown is for files; with --seeds, use text or json");
        }
    };
    seeds::compare(&args.seeds, seeds, &args.monitors, format, args.progress.progress)
}

/// Why these monitors cannot be compared, if so.
fn refuse(monitors: &[Monitor]) -> Option<String> {
    if monitors.len() < 2 {
        let what = "--monitors needs at least two monitors, such as --monitors mitogen-0.2.4,mitogen-0.3;";
        return Some(format!("{what} `treequake replay --monitor` runs one"));
    }
    let twice = monitors.iter().enumerate().find(|(place, monitor)| monitors[..*place].contains(monitor));
    twice.map(|(_, monitor)| format!("--monitors names {monitor} twice; remove one of them"))
}

fn compare_one(args: &CompareArgs, path: &Path, overview: &mut Overview) -> Exit {
    let scenario = match load::load(path, args.monitors.first().copied()) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    let mode = args.progress.progress;
    let run = |scenario: &_| run_shown(scenario, Options::default(), "comparing", &Stop::default(), mode);
    let comparison = match compare_monitors(&scenario, &args.monitors, run) {
        Ok(comparison) => comparison,
        Err(error) => return output::complain(&format!("{}: {error}", shown(path))),
    };
    let path = path.display().to_string();
    let file = FileComparison { path: &path, scenario: &scenario.name, comparison: &comparison };
    overview.add(&file);
    let gap = if args.files.len() > 1 { "\n" } else { "" };
    let said = output::say(&match args.format {
        ComparisonFormat::Text => format!("{}{gap}", text(&file, output::width())),
        ComparisonFormat::Json => format!("{}\n", json(&file)),
        ComparisonFormat::Markdown => format!("{}{gap}", markdown(&file)),
    });
    let has_findings = comparison.cases.iter().any(|case| !case.findings.is_empty());
    said.max(if has_findings { Exit::Finding } else { Exit::Fine })
}
