//! `treequake fuzz`: seeds in, classes of failures out.

use super::campaign::{ResultArgs, complain, note, refuse_own, say, tell, threads};
use super::exit::Exit;
use super::progress::{Line, ProgressArgs, of_campaign};
use super::stop::{self, parse_timeout};
use super::values::{self, Format, Named, monitor, one_of, parse_profile, parse_time, warning, whole};
use super::{chart, inputs, junit, load, output, protocol};
use crate::findings::findings;
use crate::fuzz::campaign::emit::{Engine, Plan, emit};
use crate::fuzz::campaign::finish::finish;
use crate::fuzz::campaign::folder::{Begin, RunFolder, refuse as refuse_folder};
use crate::fuzz::campaign::partition::Partition;
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::campaign::summary::Summary;
use crate::fuzz::campaign::tally::Tally;
use crate::fuzz::campaign::{Campaign, CampaignError, Judged, Keep, Manifest, run};
use crate::fuzz::capsule::drawn;
use crate::fuzz::examine::{DEFAULT_BUDGET, Rules};
use crate::fuzz::generator::generate;
use crate::monitors;
use crate::process::Monitor;
use crate::report::fuzz::Stopped;
use crate::report::junit::Suite;
use crate::report::{Run, fuzz as report, json, text};
use crate::run::{Options, run as run_scenario};
use crate::scenario::expectation::WarningKind;
use crate::stop::Stop;
use crate::time::{Span, Time};
use crate::words::shell_word;
use crate::words::terminal::shown;
use clap::Args;
use std::fs;
use std::io;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The default folder of regressions.
const REGRESSIONS: &str = "scenarios/regressions";

/// The folder of run folders without a name of their own.
const OUTPUT: &str = "output";

#[derive(Args)]
pub struct FuzzArgs {
    /// The seeds: A..B (without B), A+COUNT, or a single seed; A can be a git hash of 40 digits; default: 0..1000, or
    /// unlimited with --time
    #[arg(long, value_name = "A..B")]
    seeds: Option<Seeds>,
    /// Run for this long, such as 10m; with --seeds, stop at whichever comes first
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    time: Option<Span>,
    /// The monitor that every case runs under
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true,
          default_value_t = monitors::default())]
    monitor: Monitor,
    /// The profile that cases are drawn from: default, reuse, deep, wide, gentle, or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "default", value_parser = parse_profile)]
    profile: Named,
    /// The number of threads, which does not change the results; default: all cores
    #[arg(long, value_name = "N", value_parser = values::threads())]
    jobs: Option<NonZero<usize>>,
    /// Count this warning as a failure: duplicate-signal, duplicate-del or logged-error; can be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Count a step as a failure if it takes more ADD_ROUTE and DEL_ROUTE messages than FACTOR times the number of
    /// contexts and route entries
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_BUDGET, value_parser = whole(0..=u64::MAX))]
    budget: u64,
    /// Run each case to its end. By default, a case is stopped in a step that costs twice its budget (of a factor of 20 at
    /// least), since few such floods have most events of a campaign. Its row says `cut`: it is over budget, and what it
    /// would have shown later is not known
    #[arg(long)]
    run_to_end: bool,
    /// Stop each case after this time on the wall clock, such as 30s. Nothing is said about such a case: its verdict is
    /// `stopped`, and it has no digest and is in no class. Default: no limit
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    timeout: Option<Span>,
    /// The cases that get a row in the results: all, or only those that fail
    #[arg(long, default_value = "all", value_parser = one_of(&Keep::ALL, Keep::name))]
    results: Keep,
    #[command(flatten)]
    result: ResultArgs,
    /// The run folder, in which each part gets a folder of its own; default: a new folder in output/
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Draw charts into charts/ in the run folder: convergence times, and the run of each representative
    #[arg(long)]
    charts: bool,
    /// Continue the campaign in the run folder, or start it if there is none; without --out: the latest campaign
    #[arg(long)]
    resume: bool,
    /// Run only part M of N: slice:M/N, with M from 1; or `none`: run all, even if an engine's variables name a part
    #[arg(long, value_name = "slice:M/N", value_parser = parse_partition)]
    partition: Option<Choice>,
    /// Replay the scenarios in this folder first; default: scenarios/regressions, if it exists
    #[arg(long, value_name = "FOLDER")]
    regressions: Option<PathBuf>,
    /// Print a Slurm script or a Kubernetes manifest that runs the campaign in parts, and run nothing
    #[arg(long, value_name = "ENGINE", requires = "out", value_parser = one_of(&Engine::ALL, Engine::name))]
    emit: Option<Engine>,
    /// Print the scenario of the single seed in --seeds, and run nothing
    #[arg(long, requires = "seeds", conflicts_with_all = ["emit", "out", "junit"])]
    print: bool,
    /// Say of the smallest case of each class in how many orders it fails: always, or only in some
    #[arg(long)]
    explore: bool,
    /// The number of parts for --emit
    #[arg(long, value_name = "N", default_value = "16", value_parser = whole(1..=100_000))]
    parts: u64,
    #[command(flatten)]
    progress: ProgressArgs,
}

/// What --partition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// No part, whatever the environment says.
    None,
    /// This one.
    Part(Partition),
}

/// Reads what --partition says.
pub fn parse_partition(text: &str) -> Result<Choice, String> {
    if text == "none" { Ok(Choice::None) } else { text.parse().map(Choice::Part) }
}

/// Runs a campaign, or prints what runs it elsewhere.
pub fn fuzz(args: &FuzzArgs) -> Exit {
    let campaign = match campaign(args) {
        Ok(campaign) => campaign,
        Err(what) => return output::complain(&what),
    };
    if let Some(engine) = args.emit {
        return emit_for(engine, args, &campaign.manifest());
    }
    if args.print {
        return print(&campaign);
    }
    if let Some(refusal) = args.result.junit.as_deref().and_then(output::refusal) {
        return output::complain(&refusal);
    }
    if let Err(error) = refuse(args, &campaign) {
        return complain(&error);
    }
    let known = match args.result.known.read() {
        Ok(known) => known,
        Err(exit) => return exit,
    };
    let stop = Stop::new(stop::by_ctrl_c(), args.time);
    let mut suite = Suite::new("treequake fuzz, regressions");
    let regressions = match campaign.partition {
        // The first part replays them for all.
        Some(part) if part.number > 1 => Exit::Fine,
        _ => replay_regressions(args, &mut suite),
    };
    if regressions == Exit::Misuse {
        return regressions;
    }
    regressions.max(match run_in_folder(args, &campaign, &stop) {
        Ok(Ran::Ended(summary, path)) => {
            let drawn = if args.charts { chart::draw_campaign(&path, &summary.findings) } else { Exit::Fine };
            let told = tell(&args.result, vec![suite], &Judged { summary: &summary, path: &path, known: &known });
            drawn.max(told).max(match args.time.filter(|_| summary.tally.cases == 0) {
                Some(time) => output::complain(&format!("no case was run in {time}; give a longer --time")),
                None => Exit::Fine,
            })
        }
        Ok(Ran::Stopped(tally, path)) => {
            let command = resume_command(std::env::args().skip(1), args.out.is_none().then_some(&*path));
            let stopped = Stopped { campaign: &campaign, tally: &tally, known: &known, path: &path, command: &command };
            suite.add_stopped(&path.display().to_string(), &report::stopped(&stopped, None));
            let junit = args.result.junit.as_deref();
            let is_taken = args.result.format == Format::Json || junit.is_some_and(output::is_stdout);
            let text = report::stopped(&stopped, output::width_unless(is_taken));
            // Of a report for programs, only the end is left out.
            let said = match args.result.format {
                Format::Text => say(junit, &text),
                Format::Json => {
                    output::remark(&text);
                    Exit::Fine
                }
            };
            said.max(junit::write(junit, "treequake fuzz", vec![suite])).max(Exit::Finding)
        }
        Err(error) => complain(&error),
    })
}

/// The command that continues a campaign that was stopped: the one that was given, with what it lacks for that. `out` is the
/// folder if the command did not name one.
fn resume_command(args: impl Iterator<Item = String>, out: Option<&Path>) -> String {
    let args: Vec<String> = args.collect();
    let mut words: Vec<String> = args.iter().map(|word| shell_word(word)).collect();
    if let Some(out) = out {
        words.push(format!("--out {}", shell_word(&out.display().to_string())));
    }
    if !args.iter().any(|word| word == "--resume") {
        words.push("--resume".to_owned());
    }
    format!("treequake {}", words.join(" "))
}

fn campaign(args: &FuzzArgs) -> Result<Campaign, String> {
    let partition = match args.partition {
        Some(Choice::None) => None,
        Some(Choice::Part(part)) => Some(part),
        None if args.emit.is_some() || args.print => None,
        None => Partition::from_environment(|name| std::env::var(name).ok())?,
    };
    if args.time.is_some() && (partition.is_some() || args.emit.is_some()) {
        return Err("a part runs all its seeds; use --seeds without --time".to_owned());
    }
    if partition.is_some() && args.out.is_none() {
        return Err("a part needs --out FOLDER, where `treequake merge` can find it".to_owned());
    }
    let seeds = match (args.seeds, args.time) {
        (Some(seeds), _) => seeds,
        (None, Some(_)) => Seeds::ALL,
        (None, None) => Seeds { start: 0, end: 1_000 },
    };
    if seeds.end == u64::MAX && args.time.is_none() {
        return Err("a campaign needs an end; add --seeds A..B or --time".to_owned());
    }
    Ok(Campaign {
        profile: args.profile.profile.clone(),
        profile_given: args.profile.given.clone(),
        monitor: args.monitor,
        rules: Rules { denied: args.deny.clone(), budget: args.budget, cuts: !args.run_to_end },
        seeds,
        partition,
        keep: args.results,
        timeout: args.timeout,
        explores: args.explore,
    })
}

fn emit_for(engine: Engine, args: &FuzzArgs, campaign: &Manifest) -> Exit {
    let out = args.out.as_deref().unwrap_or(Path::new(OUTPUT)).display().to_string();
    let jobs = args.jobs.map_or(1, |jobs| jobs.get() as u64);
    let known: Vec<String> = args.result.known.given();
    let limits = protocol::limits();
    let plan = Plan { campaign, parts: args.parts, out: &out, jobs, known: &known, limits: &limits };
    match emit(engine, &plan) {
        Ok(text) => output::say(&text),
        Err(what) => output::complain(&what),
    }
}

/// Refuses a run folder that cannot be used, before anything runs.
fn refuse(args: &FuzzArgs, campaign: &Campaign) -> Result<(), CampaignError> {
    let Some(path) = args.out.as_ref().map(|out| place(out, campaign)) else { return Ok(()) };
    refuse_folder(&path, begin(args))?;
    let junit = args.result.junit.as_deref().and_then(|junit| refuse_own(junit, &path));
    let charts = if args.charts { chart::refuse_charts(&path) } else { None };
    junit.or(charts).map_or(Ok(()), |what| Err(CampaignError::Refused(what)))
}

fn begin(args: &FuzzArgs) -> Begin {
    if args.resume { Begin::Resume } else { Begin::Anew }
}

/// The run folder in the folder of --out.
fn place(out: &Path, campaign: &Campaign) -> PathBuf {
    campaign.partition.map_or_else(|| out.to_owned(), |partition| out.join(partition.folder()))
}

/// Prints the scenario of a seed. A case that passes has no file in the run folder, so this is the way to get it.
fn print(campaign: &Campaign) -> Exit {
    if campaign.seeds.count() != 1 {
        return output::complain("--print takes one seed; use --seeds with a single number");
    }
    let case = generate(&campaign.profile, campaign.monitor, campaign.seeds.start);
    output::say(&format!("{:#}\n", drawn(&case, &campaign.profile.name)))
}

/// Replays earlier findings, and reports those that do not meet their expectations.
fn replay_regressions(args: &FuzzArgs, suite: &mut Suite) -> Exit {
    let folder = args.regressions.clone().unwrap_or_else(|| PathBuf::from(REGRESSIONS));
    if args.regressions.is_none() && !folder.is_dir() {
        return Exit::Fine;
    }
    if args.regressions.is_none() && !monitors::is_built_in(args.monitor) {
        // They are those of the built-in protocol.
        return Exit::Fine;
    }
    let mut files = vec![folder];
    let exit = inputs::expand(&mut files);
    files.iter().fold(exit, |exit, path| exit.max(replay_regression(args, path, suite)))
}

fn replay_regression(args: &FuzzArgs, path: &Path, suite: &mut Suite) -> Exit {
    let scenario = match load::load(path, None) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    let stop = Stop::new(Arc::default(), args.timeout);
    let mut progress = |_: u64, _: Time| stop.look();
    let outcome = match run_scenario(&scenario, Options { progress: Some(&mut progress), ..Options::default() }) {
        Ok(outcome) => outcome,
        Err(error) => return output::complain(&format!("{}: {error}", shown(path))),
    };
    let findings = findings(&scenario, &outcome, &[]);
    let path = path.display().to_string();
    let run = Run { path: &path, scenario: &scenario, outcome: &outcome, denied: &[], findings: &findings };
    suite.add_run(&run);
    if findings.is_empty() {
        return Exit::Fine;
    }
    let text = match args.result.format {
        Format::Text => format!("regression {}\n", text::line(&run)),
        Format::Json => json::line(&run),
    };
    say(args.result.junit.as_deref(), &text).max(Exit::Finding)
}

/// How a campaign ended, in which folder.
enum Ran {
    /// With all its seeds, or because its time was over.
    Ended(Box<Summary>, PathBuf),
    /// It was stopped from outside.
    Stopped(Box<Tally>, PathBuf),
}

fn run_in_folder(args: &FuzzArgs, campaign: &Campaign, stop: &Stop) -> Result<Ran, CampaignError> {
    let path = folder(args, campaign)?;
    let mut folder = RunFolder::open(&path, &campaign.manifest(), campaign.slice().start, begin(args))?;
    note(folder.remarks());
    let pool = threads(args.jobs);
    let line = Line::new(args.progress.progress);
    run(campaign, &mut folder, &pool, &mut |progress| {
        line.show(|elapsed| of_campaign(progress, elapsed));
        stop.look()
    })?;
    // What is not in the folder yet follows from what is, so nothing is lost if the user stops now.
    let tally = Box::new(folder.tally().clone());
    let watch = || if stop.is_flagged() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let finished = if stop.is_flagged() {
        Err(CampaignError::Stopped)
    } else {
        line.during("seeds done; shrinking, and writing the results", || finish(campaign, folder, &pool, &watch))
    };
    line.clear();
    match finished {
        Ok(finished) => {
            note(&finished.remarks);
            Ok(Ran::Ended(Box::new(finished.summary), path))
        }
        Err(CampaignError::Stopped) => Ok(Ran::Stopped(tally, path)),
        Err(error) => Err(error),
    }
}

/// The run folder: that of --out; else a new one, or with --resume the latest one.
fn folder(args: &FuzzArgs, campaign: &Campaign) -> Result<PathBuf, CampaignError> {
    if let Some(out) = &args.out {
        return Ok(place(out, campaign));
    }
    let output = Path::new(OUTPUT);
    let latest = output.join("latest");
    if args.resume {
        return fs::canonicalize(&latest).and(Ok(latest)).map_err(|_| {
            let what = "there is no campaign to continue: output/latest does not exist";
            CampaignError::Refused(format!("{what}; name the folder with --out"))
        });
    }
    fresh(output).map_err(|error| CampaignError::Io { path: output.to_owned(), error })
}

/// Creates a new folder, and links `latest` to it.
fn fresh(output: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(output)?;
    let taken = fs::read_dir(output)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("fuzz-")?.parse::<u64>().ok());
    let mut number = taken.max().unwrap_or(0);
    let (name, path) = loop {
        number += 1;
        let name = format!("fuzz-{number}");
        let path = output.join(&name);
        match fs::create_dir(&path) {
            Ok(()) => break (name, path),
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    };
    #[cfg(unix)]
    {
        let latest = output.join("latest");
        let link = tempfile::Builder::new().prefix(".latest-").tempdir_in(output)?;
        std::os::unix::fs::symlink(&name, link.path().join("latest"))?;
        // If `latest` is a file or a folder of the user, it stays.
        if fs::symlink_metadata(&latest).map_or(true, |there| there.is_symlink()) {
            let _ = fs::rename(link.path().join("latest"), latest);
        }
    }
    let _ = name;
    Ok(path)
}
