//! `treequake compare --seeds`: runs the cases of seeds under two monitors, and reports what changes.

use crate::cli::campaign::threads;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::progress::{Mode, during_count};
use crate::cli::values::{self, Format, Named, parse_pairs, parse_profile, warning, whole};
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::capsule::contrast;
use crate::fuzz::examine::{DEFAULT_BUDGET, Rules};
use crate::fuzz::pairs::change::Change;
use crate::fuzz::pairs::error::PairError;
use crate::fuzz::pairs::pair::Pair;
use crate::fuzz::pairs::seeds;
use crate::fuzz::pairs::smallest::{Smallest, smallest};
use crate::fuzz::pairs::tally::Tally;
use crate::fuzz::profile::Profile;
use crate::process::Monitor;
use crate::report::compare::seeds::{SeedsComparison, Written, json, text};
use crate::scenario::expectation::WarningKind;
use crate::words::terminal::shown;
use clap::Args;
use rayon::ThreadPool;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(next_help_heading = "Options with --seeds")]
pub struct SeedsArgs {
    /// Draw a case for each of these seeds, and compare two monitors on them instead of on files: A..B (without B), A+COUNT,
    /// or a single seed
    #[arg(long, value_name = "A..B", value_parser = parse_pairs, conflicts_with = "files")]
    pub seeds: Option<Seeds>,
    /// The profile that cases are drawn from: default, reuse, deep, wide, gentle, or a JSON file
    #[arg(long, value_name = "NAME|FILE", default_value = "default", requires = "seeds", conflicts_with = "files", value_parser = parse_profile)]
    profile: Named,
    /// The number of threads, which does not change the results; default: all cores
    #[arg(long, value_name = "N", requires = "seeds", conflicts_with = "files", value_parser = values::threads())]
    jobs: Option<NonZero<usize>>,
    /// Count this warning as a failure: duplicate-signal, duplicate-del or logged-error; can be repeated
    #[arg(long, value_name = "WARNING", requires = "seeds", conflicts_with = "files", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Count a step as a failure if it takes more ADD_ROUTE and DEL_ROUTE messages than FACTOR times the number of
    /// contexts and route entries
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_BUDGET, requires = "seeds", conflicts_with = "files",
          value_parser = whole(0..=u64::MAX))]
    budget: u64,
    /// Shrink the smallest case of each kind of change, as long as the monitors still differ in that way, and write it to
    /// this new folder
    #[arg(long, value_name = "FOLDER", requires = "seeds", conflicts_with = "files")]
    out: Option<PathBuf>,
}

/// Compares two monitors on seeds, and reports what changes.
pub fn compare(args: &SeedsArgs, seeds: Seeds, monitors: &[Monitor], format: Format, mode: Mode) -> Exit {
    let Ok(monitors) = <[Monitor; 2]>::try_from(monitors) else {
        let count = monitors.len();
        let what = format!("--seeds compares two monitors, not {count}; name two, such as");
        return output::complain(&format!("{what} --monitors mitogen-0.2.9,mitogen-0.3"));
    };
    if let Some(refusal) = args.out.as_deref().and_then(refuse_folder) {
        return output::complain(&refusal);
    }
    let comparing = Comparing {
        profile: &args.profile.profile,
        monitors,
        rules: Rules { denied: args.deny.clone(), budget: args.budget, cuts: false },
        pool: threads(args.jobs),
        mode,
    };
    let tally = match comparing.pairs(seeds) {
        Ok(pairs) => Tally::of(&pairs),
        Err(error) => return output::complain(&error.to_string()),
    };
    let written = match args.out.as_deref().map(|folder| comparing.write(&tally, folder)).transpose() {
        Ok(written) => written,
        Err(exit) => return exit,
    };
    let rules = &comparing.rules;
    let profile = &args.profile.given;
    let comparison = SeedsComparison { seeds, profile, monitors, rules, tally: &tally, written: written.as_deref() };
    let said = output::say(&match format {
        Format::Text => text(&comparison, output::width()),
        Format::Json => format!("{}\n", json(&comparison)),
    });
    said.max(if tally.failing_anew() > 0 { Exit::Finding } else { Exit::Fine })
}

/// Why a folder cannot be written to, if that is known beforehand.
fn refuse_folder(folder: &Path) -> Option<String> {
    let shown = shown(folder);
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            entries.next().map(|_| format!("{shown} already has files in it; name a new folder, or empty this one"))
        }
        Err(_) if folder.exists() => Some(format!("{shown} is not a folder that can be read; name a new folder")),
        Err(_) => None,
    }
}

/// How cases are compared.
struct Comparing<'a> {
    profile: &'a Profile,
    monitors: [Monitor; 2],
    rules: Rules,
    pool: ThreadPool,
    mode: Mode,
}

impl Comparing<'_> {
    fn pairs(&self, seeds: Seeds) -> Result<Vec<Pair>, PairError> {
        let Comparing { profile, monitors, rules, pool, mode } = self;
        during_count(*mode, seeds.count(), "seeds", "comparing", |done| {
            pool.install(|| seeds::run(seeds.start..seeds.end, profile, *monitors, rules, done))
        })
    }

    /// The smallest case of each kind of change, shrunk.
    fn smallest(&self, tally: &Tally) -> Result<Vec<Smallest>, PairError> {
        let Comparing { profile, monitors, rules, pool, mode } = self;
        let changes: Vec<_> =
            tally.changes.iter().map(|(change, tally)| (*change, tally.representative.seed)).collect();
        let shrunk: Vec<_> = during_count(*mode, changes.len() as u64, "kinds of change", "shrinking", |done| {
            let shrink = |(change, seed): &(Change, u64)| {
                let smallest = smallest(profile, *monitors, rules, *change, *seed);
                done();
                smallest
            };
            pool.install(|| changes.par_iter().with_max_len(1).map(shrink).collect())
        });
        shrunk.into_iter().collect()
    }

    /// Writes the smallest case of each kind of change to a folder.
    fn write(&self, tally: &Tally, folder: &Path) -> Result<Vec<Written>, Exit> {
        let smallest = self.smallest(tally).map_err(|error| output::complain(&error.to_string()))?;
        fs::create_dir_all(folder).map_err(|error| {
            let why = output::explain(&error);
            output::complain(&format!("{} cannot be created: {why}", shown(folder)))
        })?;
        let mut written = Vec::new();
        for smallest in smallest {
            let path = folder.join(format!("{}.json", smallest.change));
            match output::write_file(&path, format!("{:#}\n", contrast(&smallest, &self.profile.name))) {
                Exit::Fine => written.push(Written { smallest, path: path.display().to_string() }),
                exit => return Err(exit),
            }
        }
        Ok(written)
    }
}
