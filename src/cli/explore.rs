//! `treequake explore`: runs scenarios in every order.

mod files;
mod pages;
pub mod worlds;

use super::exit::Exit;
use super::progress::{Line, ProgressArgs};
use super::values::{Format, monitor, parse_time, threads, whole};
use super::{inputs, load, output, stop};
use crate::explore::{Limits, estimate};
use crate::fuzz::orders::{Known, Survey, SurveyError, Surveyed, survey};
use crate::fuzz::worlds::judge::How;
use crate::monitors;
use crate::process::Monitor;
use crate::report::explore::{Explored, json, text};
use crate::scenario::Scenario;
use crate::scenario::clock::needs_clock;
use crate::scenario::places::in_file;
use crate::stop::Stop;
use crate::time::{Span, Time};
use crate::words::number::rate;
use crate::words::terminal::{plain, shown};
use crate::words::{counted, grouped};
use clap::Args;
use std::cell::OnceCell;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

#[derive(Args)]
pub struct ExploreArgs {
    /// Run every scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Explore the orders from this virtual time on; everything before it happens as in `replay`
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Span>,
    /// Stop after this many states
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = whole(1..=u64::from(u32::MAX)))]
    most_states: u64,
    /// Stop when about this many MiB are in use
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = whole(1..=1 << 24))]
    memory: u64,
    /// Stop after this time on the wall clock, such as 30s; what is known by then is reported. Ctrl-C does the same
    #[arg(long, value_name = "TIME", value_parser = stop::parse_timeout)]
    time: Option<Span>,
    /// The number of threads; default: one for each core
    #[arg(long, value_name = "N", value_parser = threads())]
    jobs: Option<NonZero<usize>>,
    /// Take every choice at every state, also where the order makes no difference
    #[arg(long)]
    no_reduction: bool,
    /// Fail where a limit was met, too, so that half a proof does not pass
    #[arg(long)]
    require_complete: bool,
    /// Write each ending as a scenario that ends so into this new folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    progress: ProgressArgs,
    /// Scenario files, or folders: all *.json files in a folder and below; `-` is standard input
    #[arg(required_unless_present = "contexts", value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    worlds: worlds::WorldsArgs,
}

/// Explores each file, and reports it at once.
pub fn explore(mut args: ExploreArgs) -> Exit {
    if let Some(refusal) = args.worlds.refusal() {
        return output::complain(refusal);
    }
    if let Some(contexts) = args.worlds.contexts {
        return explore_worlds(&args, contexts);
    }
    let mut exit = inputs::expand(&mut args.files);
    if let Some(Err(why)) = args.out.as_deref().map(files::make_folder) {
        return output::complain(&why);
    }
    let flag = stop::by_ctrl_c();
    let stop = Stop::new(Arc::clone(&flag), args.time);
    for path in &args.files {
        exit = exit.max(explore_one(&args, path, &stop).unwrap_or_else(|exit| exit));
        if stop.is_flagged() {
            break;
        }
    }
    exit
}

fn explore_worlds(args: &ExploreArgs, contexts: u32) -> Exit {
    let monitor = args.monitor.unwrap_or_else(monitors::default);
    let common = worlds::Common {
        how: How { monitor, most_states: args.most_states, memory: args.memory << 20 },
        jobs: args.jobs,
        require_complete: args.require_complete,
        out: args.out.as_deref(),
        format: args.format,
        progress: args.progress,
        stop: &Stop::new(stop::by_ctrl_c(), args.time),
    };
    worlds::explore(&args.worlds, contexts, &common)
}

fn explore_one(args: &ExploreArgs, path: &Path, stop: &Stop) -> Result<Exit, Exit> {
    let loaded = load::load(path, args.monitor)?;
    let from = args.from.map(|from| Time::from_ns(from.as_ns()));
    let clocks = needs_clock(&loaded.source, from);
    if clocks.has_errors() {
        load::draw(&loaded.source, &clocks);
        return Err(Exit::Misuse);
    }
    let places = in_file(&loaded.scenario, &loaded.source);
    let scenario = loaded.scenario;
    let found = shown_survey(args, &scenario, from, stop).map_err(|error| {
        let exit = output::complain(&format!("{}: {error}", shown(path)));
        if matches!(error, SurveyError::Contradiction(_)) { Exit::Fault } else { exit }
    })?;
    let written = files::write(args.out.as_deref(), path, &scenario, from, &found)?;
    let name = path.display().to_string();
    let explored = Explored {
        path: &name,
        scenario: &scenario,
        found: &found,
        endings: &written.endings,
        saved: &written.saved,
        loops: &written.loops,
        places: places.as_deref(),
        lost: &written.lost,
    };
    let said = match args.format {
        Format::Text => output::tell(&text(&explored)),
        Format::Json => output::say(&json(&explored)),
    };
    if let Some(folder) = &args.out {
        let page = pages::write(folder, path, &explored, &written)?;
        if args.format == Format::Text {
            output::say(&format!("  page      {}\n", shown(&page)));
        }
    }
    let fails = found.known() == Known::Failure || (args.require_complete && found.bound.is_some());
    Ok(said.max(if fails { Exit::Finding } else { Exit::Fine }))
}

fn shown_survey(
    args: &ExploreArgs,
    scenario: &Scenario,
    from: Option<Time>,
    stop: &Stop,
) -> Result<Surveyed, SurveyError> {
    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let limits = Limits { most_states: args.most_states, memory: args.memory << 20, jobs, reduces: !args.no_reduction };
    let line = Line::new(args.progress.progress);
    // A hundred orders are walked for this, so only where somebody reads it.
    let about = OnceCell::new();
    let about = || {
        about.get_or_init(|| match estimate(scenario, from) {
            Ok(Some(power)) => format!("about 10^{power:.0} orders"),
            Ok(None) => "orders without an end in sight".to_owned(),
            // The exploration ends in the same way, and says why.
            Err(_) => "orders".to_owned(),
        })
    };
    let name = plain(&scenario.name);
    line.show(|_| format!("exploring {name}, {}", about()));
    let how = Survey { from, limits };
    let found = survey(scenario, &how, &mut |progress| {
        line.show(|elapsed| {
            let (states, rate) = (progress.states, rate(progress.states, "states", elapsed));
            let (states, frontier) = (counted(states, "state", "states"), grouped(progress.frontier));
            format!("exploring {name}, {}, {states}, {frontier} to go, {rate}", about())
        });
        stop.look()
    });
    line.clear();
    found
}
