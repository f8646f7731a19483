//! `treequake chart`: draws results and recordings.

use super::campaign::complain;
use super::exit::Exit;
use super::picture::{PictureFile, parse_picture};
use super::values::{Named, monitor, one_of, parse_monitor, parse_pairs, parse_profile, small, whole};
use super::{inputs, load, mine, output, progress, when};
use crate::chart::WIDTH;
use crate::chart::canvas::Picture;
use crate::chart::compare::{Comparison, Figure};
use crate::chart::look::Look;
use crate::chart::scaling::Against;
use crate::chart::theme::Theme;
use crate::chart::{cdf, compare, convergence, scaling, tree};
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::campaign::summary::Finding;
use crate::fuzz::examine::Rules;
use crate::fuzz::pairs::seeds as pairs;
use crate::monitors;
use crate::process::Monitor;
use crate::recording::Recording;
use crate::run::Runner;
use crate::sweep;
use crate::words::grouped;
use crate::words::terminal::shown;
use clap::{Args, Subcommand};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum ChartCommand {
    /// Wrong route-table entries and messages on the wires over virtual time, with the faults; one panel per scenario.
    Convergence(ConvergenceArgs),
    /// How long routes took to converge over the seeds of a campaign; one curve per kind of step.
    Cdf(CdfArgs),
    /// The cost of a join and of a crash as trees grow; one line per shape. Runs what it needs.
    Scaling(ScalingArgs),
    /// The same seeds under two monitors: what gets worse and better, and by how much.
    Compare(Box<CompareArgs>),
    /// The tree at one moment: the state of each context and each link.
    Tree(TreeArgs),
}

/// Where a chart goes.
#[derive(Args)]
pub struct Where {
    /// Write the picture to this file; its name must end in .svg or .png; `-` is SVG on standard output; default: a new
    /// SVG file in the current folder
    #[arg(long, short, alias = "output", value_name = "FILE", value_parser = parse_picture, conflicts_with = "data")]
    out: Option<PictureFile>,
    /// The width of a PNG, in multiples of 800 pixels
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = small(1..=3))]
    scale: u32,
    /// Print the data as CSV, and draw nothing
    #[arg(long)]
    data: bool,
    /// The title of the picture, instead of one that says what was run
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The width of the picture in pixels; default: 800, and more for a large tree
    #[arg(long, value_name = "PIXELS", value_parser = small(300..=2400))]
    width: Option<u32>,
    /// The height of the picture in pixels; default: as much as the chart needs
    #[arg(long, value_name = "PIXELS", value_parser = small(200..=2400))]
    height: Option<u32>,
    /// The ground of the picture; with auto, an SVG is as its reader likes it, and a PNG is light
    #[arg(long, value_name = "THEME", default_value = "auto", value_parser = one_of(&Theme::ALL, Theme::name))]
    theme: Theme,
}

impl Where {
    fn is_stdout(&self) -> bool {
        self.out.as_ref().is_some_and(|file| output::is_stdout(file.path()))
    }

    fn look(&self) -> Look {
        let Where { title, width, height, .. } = self;
        Look {
            title: title.clone(),
            width: width.map_or(WIDTH, f64::from),
            height: height.map(f64::from),
            has_true_times: true,
        }
    }

    /// Why the picture cannot be written, if that is known beforehand.
    fn refusal(&self) -> Option<String> {
        let new = free("chart");
        let path = self.out.as_ref().map_or(&*new, |file| file.path());
        if self.data { None } else { output::refusal(path) }
    }
}

#[derive(Args)]
pub struct ConvergenceArgs {
    #[command(flatten)]
    to: Where,
    /// Run every scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Scenario files, or folders: all *.json files in a folder and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
pub struct CdfArgs {
    #[command(flatten)]
    to: Where,
    /// The run folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

#[derive(Args)]
pub struct ScalingArgs {
    #[command(flatten)]
    to: Where,
    /// The maximum number of contexts in a tree; each tree is twice as large as the one before
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = whole(8..=65_536))]
    max_contexts: u64,
    /// The x axis: the number of contexts, or the depth of the tree
    #[arg(long, default_value = "contexts", value_parser = one_of(&Against::ALL, Against::name))]
    against: Against,
    /// The monitor that every tree runs under
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true,
          default_value_t = monitors::default())]
    monitor: Monitor,
}

#[derive(Args)]
pub struct CompareArgs {
    #[command(flatten)]
    to: Where,
    /// The two monitors: what changes from A to B
    #[arg(long, value_name = "A,B", required = true, value_parser = parse_two)]
    monitors: [Monitor; 2],
    /// The seeds: A..B (without B), A+COUNT, or a single seed
    #[arg(long, value_name = "A..B", default_value = "0..1000", value_parser = parse_pairs)]
    seeds: Seeds,
    /// The profile that cases are drawn from: default, reuse, deep, wide, gentle, or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "default", value_parser = parse_profile)]
    profile: Named,
    /// What is compared: the time until the slowest step converged, or the number of messages
    #[arg(long, default_value = "time", value_parser = one_of(&Figure::ALL, Figure::name))]
    figure: Figure,
}

/// The folder of the charts, in the folder of their campaign.
const CHARTS: &str = "charts";

/// At most this many seeds with a changed result are listed.
const SEEDS_TOLD: usize = 20;

fn parse_two(text: &str) -> Result<[Monitor; 2], String> {
    let monitors = text.split(',').map(parse_monitor).collect::<Result<Vec<_>, _>>()?;
    match <[Monitor; 2]>::try_from(monitors) {
        Ok([first, second]) if first == second => {
            Err("these are the same monitor; name two different ones, as in mitogen-seed,mitogen-0.3".to_owned())
        }
        Ok(monitors) => Ok(monitors),
        Err(_) => Err("name two monitors, as in mitogen-seed,mitogen-0.3".to_owned()),
    }
}

#[derive(Args)]
pub struct TreeArgs {
    #[command(flatten)]
    to: Where,
    /// The moment to show: a time such as 1.5s, with everything up to it, or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// Draw each context, even if many are alike
    #[arg(long)]
    all: bool,
    /// Run the scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Draws a chart.
pub fn chart(command: ChartCommand) -> Exit {
    let to = match &command {
        ChartCommand::Convergence(args) => &args.to,
        ChartCommand::Cdf(args) => &args.to,
        ChartCommand::Scaling(args) => &args.to,
        ChartCommand::Tree(args) => &args.to,
        ChartCommand::Compare(args) => &args.to,
    };
    if let Some(refusal) = to.refusal() {
        return output::complain(&refusal);
    }
    match command {
        ChartCommand::Convergence(args) => convergence(args),
        ChartCommand::Cdf(args) => cdf(&args),
        ChartCommand::Scaling(args) => scaling(&args),
        ChartCommand::Tree(args) => tree(&args),
        ChartCommand::Compare(args) => compare(&args),
    }
}

fn convergence(mut args: ConvergenceArgs) -> Exit {
    let exit = inputs::expand(&mut args.files);
    if exit != Exit::Fine {
        return exit;
    }
    if args.files.len() > convergence::PANELS_MAX {
        let (count, max) = (args.files.len(), convergence::PANELS_MAX);
        return output::complain(&format!(
            "{} scenarios are too many for one picture; name at most {max}",
            grouped(count as u64)
        ));
    }
    let mut runs = Vec::new();
    for path in &args.files {
        match convergence_of(path, args.monitor) {
            Ok(series) => runs.push(series),
            Err(exit) => return exit,
        }
    }
    let name = match args.files.as_slice() {
        [only] => format!("convergence-{}", stem(only)),
        _ => "convergence".to_owned(),
    };
    put(&args.to, &name, || convergence::csv(&runs), || convergence::draw_as(&runs, &args.to.look()).picture)
}

fn tree(args: &TreeArgs) -> Exit {
    match tree_of(args) {
        Ok(series) => {
            let name = format!("tree-{}", stem(&args.file));
            let draw = || tree::draw_as(&series, args.to.width.map(f64::from), &args.to.look());
            put(&args.to, &name, || tree::csv(&series), draw)
        }
        Err(exit) => exit,
    }
}

fn tree_of(args: &TreeArgs) -> Result<tree::Series, Exit> {
    let scenario = load::load_under(&args.file, args.monitor)?;
    let recording = load::record(&scenario, &args.file)?;
    when::moment(&recording, args.at).map_err(|mistake| output::complain(&mistake))?;
    Ok(tree::series(&recording, args.at.time(), args.all))
}

/// Runs a scenario, and returns the series of its chart.
fn convergence_of(path: &Path, monitor: Option<Monitor>) -> Result<convergence::Series, Exit> {
    let scenario = load::load_under(path, monitor)?;
    Ok(convergence::series(&load::record(&scenario, path)?))
}

/// Draws the convergence chart of a recording.
pub fn draw_run(file: &PictureFile, recording: &Recording<'_>) -> Exit {
    file.write(&drawn(convergence::series(recording)), 1, Theme::Auto)
}

/// A run in a picture of the usual size.
fn drawn(run: convergence::Series) -> Picture {
    convergence::draw_as(&[run], &Look { has_true_times: true, ..Look::default() }).picture
}

/// Why the charts of a campaign cannot be put into its folder, if so.
pub fn refuse_charts(folder: &Path) -> Option<String> {
    mine::refusal(&folder.join(CHARTS).join("cdf.svg"), mine::PICTURE)
}

/// Draws the charts of a campaign into its folder: convergence times, and the run of each representative.
pub fn draw_campaign(folder: &Path, findings: &[Finding]) -> Exit {
    let charts = folder.join(CHARTS);
    if let Some(refusal) = refuse_charts(folder) {
        return output::complain(&refusal);
    }
    if let Err(error) = fs::create_dir_all(&charts) {
        return output::complain(&format!("{} cannot be created: {}", shown(&charts), output::explain(&error)));
    }
    let put = |name: &str, picture: &Picture| {
        let path = charts.join(format!("{name}.svg"));
        match mine::refusal(&path, mine::PICTURE) {
            Some(refusal) => output::complain(&refusal),
            None => PictureFile::svg(path).write(picture, 1, Theme::Auto),
        }
    };
    let mut exit = match cdf::series(folder) {
        Ok(series) => put("cdf", &cdf::draw(&series)),
        Err(error) => complain(&error),
    };
    for finding in findings {
        let Some(file) = &finding.file else { continue };
        let path = folder.join(file);
        exit = exit.max(match convergence_of(&path, None) {
            Ok(series) => put(&finding.class, &drawn(series)),
            Err(exit) => exit,
        });
    }
    exit
}

fn cdf(args: &CdfArgs) -> Exit {
    match cdf::series(&args.folder) {
        Ok(series) => put(&args.to, "cdf", || cdf::csv(&series), || cdf::draw_as(&series, &args.to.look())),
        Err(error) => complain(&error),
    }
}

fn scaling(args: &ScalingArgs) -> Exit {
    let cases = sweep::cases(args.max_contexts, args.monitor);
    let bar = progress::counter(cases.len() as u64, "trees");
    // The largest trees first, so that no thread waits long for the last one. The rows keep the order of the cases.
    let rows = cases.par_iter().rev().with_max_len(1).map_init(Runner::default, |runner, case| {
        // A tree can take long, so the line moves while it runs.
        let row = sweep::run(
            runner,
            *case,
            Some(&mut |_, _| {
                bar.tick();
                ControlFlow::Continue(())
            }),
        );
        bar.inc(1);
        row
    });
    let rows: Result<Vec<_>, _> = rows.collect();
    bar.finish_and_clear();
    match rows {
        Ok(mut rows) => {
            rows.reverse();
            let series = scaling::series(&rows, args.monitor, args.against);
            put(&args.to, "scaling", || scaling::csv(&series), || scaling::draw_as(&series, &args.to.look()))
        }
        Err(error) => output::complain(&format!("a tree of the sweep: {error}; use a smaller --max-contexts")),
    }
}

fn compare(args: &CompareArgs) -> Exit {
    let CompareArgs { to, monitors, seeds, profile, figure } = args;
    let bar = progress::counter(seeds.count(), "seeds");
    let range = seeds.start..seeds.end;
    let pairs = pairs::run(range, &profile.profile, *monitors, &Rules::default(), &|| bar.inc(1));
    bar.finish_and_clear();
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(error) => return output::complain(&format!("{error}; leave it out")),
    };
    let sentence = format!(
        "seeds {seeds}, profile {}: {}; treequake {}",
        profile.given,
        compare::cases(pairs.len() as u64),
        env!("CARGO_PKG_VERSION")
    );
    let comparison = Comparison { figure: *figure, monitors: *monitors, sentence, pairs };
    let exit = put(to, "compare", || compare::csv(&comparison), || compare::draw_as(&comparison, &to.look()));
    if exit == Exit::Fine && !to.data && !to.is_stdout() {
        return output::say(&format!("{}\n", comparison.changes(SEEDS_TOLD)));
    }
    exit
}

/// The name of a file without its folder and its ending.
fn stem(path: &Path) -> String {
    match path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) {
        Some(stem) if stem != "-" => stem,
        _ => "scenario".to_owned(),
    }
}

/// Prints the data, or writes the picture: to `--out`, or else to a new file called `name`.
fn put(to: &Where, name: &str, csv: impl FnOnce() -> String, picture: impl FnOnce() -> Picture) -> Exit {
    if to.data {
        return output::say(&csv());
    }
    let file = match &to.out {
        Some(file) => file.clone(),
        None => PictureFile::svg(free(name)),
    };
    write(&file, &picture(), to)
}

/// Writes a picture, and reports where.
fn write(file: &PictureFile, picture: &Picture, to: &Where) -> Exit {
    let written = file.write(picture, to.scale, to.theme);
    if written != Exit::Fine || output::is_stdout(file.path()) {
        return written;
    }
    output::say(&format!("chart {}\n", shown(file.path())))
}

/// A name that no file in the current folder has.
fn free(name: &str) -> PathBuf {
    let names = std::iter::once(format!("{name}.svg")).chain((2..).map(|n| format!("{name}-{n}.svg")));
    let mut paths = names.map(PathBuf::from);
    paths.find(|path| path.symlink_metadata().is_err()).expect("there are more names than files")
}
