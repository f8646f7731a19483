//! `treequake explore --contexts N --steps K`: every order of every small scenario.

use crate::cli::campaign::{complain, note, threads};
use crate::cli::exit::Exit;
use crate::cli::fuzz::{Choice, parse_partition};
use crate::cli::output;
use crate::cli::progress::{Line, ProgressArgs};
use crate::cli::values::{Format, one_of, small};
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::partition::Partition;
use crate::fuzz::orders::Known;
use crate::fuzz::worlds::folder::{WorldsFolder, refuse};
use crate::fuzz::worlds::judge::How;
use crate::fuzz::worlds::manifest::Manifest;
use crate::fuzz::worlds::merge::merge as merge_parts;
use crate::fuzz::worlds::moves::Kind;
use crate::fuzz::worlds::run::run;
use crate::fuzz::worlds::space::Space;
use crate::fuzz::worlds::summary::{Summary, finish, write};
use crate::fuzz::worlds::tally::Tally;
use crate::report::worlds::{json, text};
use crate::stop::Stop;
use crate::words::grouped;
use crate::words::number::rate;
use clap::Args;
use std::num::NonZero;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(next_help_heading = "Small worlds")]
pub struct WorldsArgs {
    /// Instead of files, explore all trees of up to this many contexts, without the master, each with all sequences of up to
    /// --steps steps. Of scenarios that differ only in names, one is explored
    #[arg(long, value_name = "N", requires = "steps", value_parser = small(1..=Space::CONTEXTS_MAX),
          conflicts_with_all = ["files", "from", "no_reduction"])]
    pub contexts: Option<u32>,
    /// How many steps at most. They come one after another, with arrivals anywhere between. At the end every partition heals
    #[arg(long, value_name = "K", requires = "contexts", value_parser = small(1..=Space::STEPS_MAX))]
    steps: Option<u32>,
    /// The kinds of steps, with commas between them; default: all but `detach`
    #[arg(long, value_name = "KIND,...", requires = "contexts", value_delimiter = ',',
          value_parser = one_of(&Kind::ALL, Kind::name))]
    kinds: Vec<Kind>,
    /// Let contexts connect under ids that were used before
    #[arg(long, requires = "contexts")]
    reuse: bool,
    /// Explore only part M of N: slice:M/N, with M from 1; or `none`. The part gets a folder of its own in --out; `treequake merge` makes
    /// one of all parts. Variables of batch systems name the part as for `fuzz`
    #[arg(long, value_name = "slice:M/N", requires_all = ["contexts", "out"], value_parser = parse_partition)]
    partition: Option<Choice>,
    /// Continue in the folder of --out, or begin there
    #[arg(long, requires_all = ["contexts", "out"])]
    resume: bool,
}

impl WorldsArgs {
    /// Why the options cannot be used together, as far as clap does not see it.
    pub fn refusal(&self) -> Option<&'static str> {
        let is_any = self.steps.is_some() || !self.kinds.is_empty() || self.reuse || self.partition.is_some();
        let is_alone = self.contexts.is_none() && (is_any || self.resume);
        is_alone.then_some("--steps, --kinds, --reuse, --partition and --resume are for small worlds; add --contexts N")
    }
}

/// What small worlds have in common with other explorations.
pub struct Common<'a> {
    /// How each world is explored.
    pub how: How,
    pub jobs: Option<NonZero<usize>>,
    pub require_complete: bool,
    pub out: Option<&'a Path>,
    pub format: Format,
    pub progress: ProgressArgs,
    pub stop: &'a Stop,
}

/// Explores small worlds, and reports them. `contexts` is --contexts.
pub fn explore(args: &WorldsArgs, contexts: u32, common: &Common<'_>) -> Exit {
    match explored(args, contexts, common) {
        Ok((summary, folder)) => {
            let exit = tell(&summary, folder.as_deref(), common.format);
            let lacks = common.require_complete && !summary.complete;
            exit.max(if lacks { Exit::Finding } else { Exit::Fine })
        }
        Err(error) => complain(&error),
    }
}

/// Reports small worlds.
fn tell(summary: &Summary, folder: Option<&Path>, format: Format) -> Exit {
    let said = match format {
        Format::Text => output::tell(&text(summary, folder)),
        Format::Json => output::say(&json(summary, folder)),
    };
    said.max(if summary.outcome == Known::Failure { Exit::Finding } else { Exit::Fine })
}

/// Merges parts, and reports the whole.
pub fn merge(parts: &[PathBuf], out: &Path, format: Format, progress: ProgressArgs) -> Exit {
    let line = Line::new(progress.progress);
    let merged = line.during("merging, and writing the results", || merge_parts(parts, out));
    line.clear();
    merged.map_or_else(|error| complain(&error), |summary| tell(&summary, Some(out), format))
}

fn explored(
    args: &WorldsArgs,
    contexts: u32,
    common: &Common<'_>,
) -> Result<(Summary, Option<PathBuf>), CampaignError> {
    let space = space(args, contexts, common).map_err(CampaignError::Refused)?;
    let part = part(args, common).map_err(CampaignError::Refused)?;
    let place = common.out.map(|out| part.map_or_else(|| out.to_owned(), |part| out.join(part.folder())));
    if let Some(place) = &place {
        refuse(place, args.resume)?;
    }
    let count = space.count().ok_or_else(|| {
        let most = grouped(Space::WORLDS_MAX);
        CampaignError::Refused(format!(
            "these are more than {most} scenarios; use fewer --contexts, --steps or --kinds"
        ))
    })?;
    if count == 0 {
        let what = "no scenario of this size has only steps of these kinds; use more --kinds, --steps or --contexts";
        return Err(CampaignError::Refused(what.to_owned()));
    }
    let manifest = Manifest::of(&space, &common.how, count, part);
    let (mut folder, mut tally) = match &place {
        Some(place) => {
            let (folder, tally) = WorldsFolder::open(place, &manifest, args.resume)?;
            note(folder.remarks());
            (Some(folder), tally)
        }
        None => (None, Tally::default()),
    };
    let line = Line::new(common.progress.progress);
    let pool = threads(common.jobs);
    let mut show = |progress: crate::fuzz::worlds::run::Progress| {
        line.show(|elapsed| {
            let rate = rate(progress.states, "states", elapsed);
            let (done, of, states) = (grouped(progress.done), grouped(progress.of), grouped(progress.states));
            let classes = progress.classes;
            format!("{done} of {of} scenarios, {states} states, {classes} kinds of failure, {rate}")
        });
    };
    let watch = (common.stop, &mut show as &mut dyn FnMut(_));
    let ran = run(&space, &common.how, manifest.slice(), &mut tally, folder.as_mut(), &pool, watch);
    line.clear();
    ran?;
    let mut finished = finish(&manifest, &space, &common.how, tally)?;
    if let Some(place) = place.as_ref().filter(|_| !finished.summary.stopped) {
        write(&mut finished, place)?;
    }
    Ok((finished.summary, place))
}

fn space(args: &WorldsArgs, contexts: u32, common: &Common<'_>) -> Result<Space, String> {
    let mut kinds = if args.kinds.is_empty() { Kind::DEFAULT.to_vec() } else { args.kinds.clone() };
    kinds.sort_unstable();
    kinds.dedup();
    let monitor = common.how.monitor;
    if let Some(kind) = kinds.iter().find(|kind| !kind.is_known(monitor.family())) {
        return Err(format!("{monitor} has no `{}`; leave it out of --kinds", kind.name()));
    }
    let steps = args.steps.expect("clap wants both");
    Ok(Space { contexts, steps, kinds, reuse: args.reuse })
}

/// The part that is explored here; `None` for all.
fn part(args: &WorldsArgs, common: &Common<'_>) -> Result<Option<Partition>, String> {
    match args.partition {
        Some(Choice::None) => return Ok(None),
        Some(Choice::Part(part)) => return Ok(Some(part)),
        None => {}
    }
    let named = Partition::from_environment(|name| std::env::var(name).ok())?;
    match named {
        Some(part) if common.out.is_none() => {
            Err(format!("the environment says that this is {part}; a part needs --out FOLDER"))
        }
        named => Ok(named),
    }
}
