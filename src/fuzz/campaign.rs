//! The campaign: many seeds, in parallel, the same findings whatever the number of threads.
//!
//! Seeds are run in chunks, one after the other; within a chunk, pieces of it go to whichever thread is free. What a
//! chunk came to is put together in the order of seeds and committed to the run [`folder`] before the next begins, so
//! that a campaign that is killed has lost at most one chunk, and goes on there. The folder is [`finish`]ed with one
//! shrunk representative of each class. Many machines run a [`partition`] each, and [`merge`] makes one of theirs.

mod columns;
pub mod emit;
pub mod finish;
pub mod folder;
mod journal;
pub mod merge;
pub mod partition;
pub mod results;
pub mod seeds;
pub mod stats;
pub mod tally;

use super::coverage::Coverage;
use super::examine::{DEFAULT_BUDGET, Rules, examine};
use super::generator::{Case, generate};
use super::profile::Profile;
use crate::process::Monitor;
use crate::run::Runner;
use folder::RunFolder;
use partition::Partition;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use results::Row;
use seeds::Seeds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tally::Tally;
use xxhash_rust::xxh3::xxh3_128;

/// Each seed that this divides is run twice, and compared.
const TWICE_EVERY: u64 = 100;

/// About so many events are in a chunk: a tenth of a second for each thread.
const CHUNK_EVENTS: u64 = 1_000_000;

/// The first chunk, of which nothing is known.
const CHUNK_FIRST: u64 = 256;

/// No chunk is larger; its rows are kept in memory.
const CHUNK_MAX: u64 = 4_096;

/// So many pieces of a chunk there are for each thread, so that none waits long for the last.
const PIECES_PER_THREAD: u64 = 16;

/// What a campaign is: all that its findings depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// What cases may be like.
    pub profile: Profile,
    /// The name of the profile, or the path of its file.
    pub profile_given: String,
    /// Which Mitogen they run.
    pub monitor: Monitor,
    /// What counts as a failure.
    pub rules: Rules,
    /// All its seeds.
    pub seeds: Seeds,
    /// The part of them that is run here, if it is not all.
    pub partition: Option<Partition>,
    /// Which rows are kept.
    pub keep: Keep,
}

/// Which rows of the results are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// All.
    #[default]
    All,
    /// Those of cases that fail.
    Findings,
}

/// What a campaign is, as its folder says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of treequake, which cases depend on.
    pub version: String,
    /// The name of the profile, or the path of its file.
    pub profile: String,
    /// A digest of the profile, as two may have one name.
    pub profile_digest: String,
    /// The name of the monitor.
    pub monitor: String,
    /// All seeds of the campaign, whatever the part.
    pub seeds: Seeds,
    /// The warnings that count as failures, sorted.
    pub deny: Vec<String>,
    /// See [`Rules::budget`].
    pub budget: u64,
    /// Which rows are kept.
    pub results: Keep,
    /// Which part it is.
    pub partition: Option<Partition>,
}

impl Campaign {
    /// The seeds that are run here.
    pub fn slice(&self) -> Seeds {
        self.partition.map_or(self.seeds, |partition| partition.slice(self.seeds))
    }

    /// What the folder says of it.
    pub fn manifest(&self) -> Manifest {
        let mut deny: Vec<_> = self.rules.denied.iter().map(|warning| warning.name().to_owned()).collect();
        deny.sort();
        deny.dedup();
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.profile_given.clone(),
            profile_digest: format!("{:032x}", xxh3_128(format!("{:?}", self.profile).as_bytes())),
            monitor: self.monitor.name().to_owned(),
            seeds: self.seeds,
            deny,
            budget: self.rules.budget,
            results: self.keep,
            partition: self.partition,
        }
    }
}

impl Manifest {
    /// The same of the whole campaign.
    pub fn whole(&self) -> Manifest {
        Manifest { partition: None, ..self.clone() }
    }

    /// In what `other` differs, each with its name and both values.
    pub fn differences(&self, other: &Manifest) -> Vec<String> {
        let fields = |manifest: &Manifest| serde_json::to_value(manifest).expect("a manifest is JSON");
        let (ours, theirs) = (fields(self), fields(other));
        let pairs = ours.as_object().into_iter().flatten();
        let differ = pairs.filter(|(name, value)| theirs[name.as_str()] != **value);
        differ.map(|(name, value)| format!("{name}: {value} there, {} here", theirs[name.as_str()])).collect()
    }

    /// The command that runs `seeds` of this campaign.
    pub fn command(&self, seeds: impl fmt::Display) -> String {
        let mut command = format!("treequake fuzz --seeds {seeds} --monitor {}", self.monitor);
        command.push_str(&format!(" --profile {}", quoted(&self.profile)));
        self.deny.iter().for_each(|warning| command.push_str(&format!(" --deny {warning}")));
        if self.budget != DEFAULT_BUDGET {
            command.push_str(&format!(" --budget {}", self.budget));
        }
        if self.results == Keep::Findings {
            command.push_str(" --results findings");
        }
        command
    }
}

/// A word of a command, as a shell wants it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Why a campaign ended early.
#[derive(Debug)]
pub enum CampaignError {
    /// It can not be done so; a sentence that says why, and what to do.
    Refused(String),
    /// A file can not be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A fault of ours.
    Fault(String),
}

impl CampaignError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> CampaignError {
        let path = path.to_owned();
        |error| CampaignError::Io { path, error }
    }
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampaignError::Refused(what) | CampaignError::Fault(what) => f.write_str(what),
            CampaignError::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for CampaignError {}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many seeds are done, with those of before it was resumed.
    pub done: u64,
    /// Of how many; `None` where a clock ends it.
    pub of: Option<u64>,
    /// How many of them this process has done.
    pub here: u64,
    /// How many classes of failures there are.
    pub classes: usize,
    /// How many events this process has processed.
    pub events: u64,
}

/// Runs the seeds that `folder` has not got yet, on the threads of `pool`. `watch` is told after each chunk how far it
/// is, and may end it there.
///
/// # Errors
/// See [`CampaignError`]; what is in the folder then can be resumed.
pub fn run(
    campaign: &Campaign,
    folder: &mut RunFolder,
    pool: &rayon::ThreadPool,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), CampaignError> {
    let slice = campaign.slice();
    let of = (slice.end != u64::MAX).then(|| slice.count());
    let runners = Runners((0..pool.current_num_threads()).map(|_| Mutex::default()).collect());
    let mut here = Tally::default();
    while folder.next() < slice.end {
        let progress = Progress {
            done: folder.next() - slice.start,
            of,
            here: here.cases,
            classes: folder.tally().classes.len(),
            events: here.events,
        };
        if watch(progress).is_break() {
            break;
        }
        let length = chunk_length(&here).min(slice.end - folder.next());
        let chunk = Seeds { start: folder.next(), end: folder.next() + length };
        let pieces = pool.install(|| run_chunk(campaign, chunk, &runners))?;
        let mut tally = Tally::default();
        pieces.iter().for_each(|piece| tally.add(&piece.tally));
        here.add(&tally);
        let rows: Vec<&[u8]> = pieces.iter().map(|piece| piece.rows.as_slice()).collect();
        folder.commit(chunk.end, &rows.concat(), &tally)?;
    }
    Ok(())
}

/// How many seeds the next chunk has. It follows from events, not from a clock, and nothing but what a kill costs
/// follows from it.
fn chunk_length(before: &Tally) -> u64 {
    if before.cases == 0 {
        return CHUNK_FIRST;
    }
    let each = (before.events / before.cases).max(1);
    // No more than there were before: what the first cases are like may not be what all are like.
    (CHUNK_EVENTS / each).clamp(1, CHUNK_MAX).min(before.cases)
}

/// What some seeds of a chunk came to.
#[derive(Default)]
struct Piece {
    rows: Vec<u8>,
    tally: Tally,
}

/// The memory of each thread.
struct Runners(Vec<Mutex<Runner>>);

impl Runners {
    /// Does something with the memory of this thread. Nobody else wants it: the lock is never waited for.
    fn with<T>(&self, what: impl FnOnce(&mut Runner) -> T) -> T {
        let thread = rayon::current_thread_index().unwrap_or(0);
        what(&mut self.0[thread].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The pieces of a chunk, in the order of seeds.
fn run_chunk(campaign: &Campaign, chunk: Seeds, runners: &Runners) -> Result<Vec<Piece>, CampaignError> {
    let length = chunk.count().div_ceil(PIECES_PER_THREAD * runners.0.len() as u64);
    let pieces = (0..chunk.count().div_ceil(length)).map(|number| {
        let start = chunk.start + number * length;
        Seeds { start, end: chunk.end.min(start + length) }
    });
    let pieces: Vec<_> = pieces.collect();
    let run = |seeds: &Seeds| runners.with(|runner| run_piece(campaign, *seeds, runner));
    let pieces: Vec<_> = pieces.par_iter().with_max_len(1).map(run).collect();
    // Of several faults, that of the lowest seed is told: the same whatever the number of threads.
    pieces.into_iter().collect()
}

fn run_piece(campaign: &Campaign, seeds: Seeds, runner: &mut Runner) -> Result<Piece, CampaignError> {
    let mut piece = Piece::default();
    for seed in seeds.start..seeds.end {
        let (row, size) = watched(campaign, seed, runner, &mut piece.tally.coverage)?;
        piece.tally.add_case(&row, size);
        if campaign.keep == Keep::All || row.class.is_some() {
            row.write(&mut piece.rows);
            piece.tally.rows += 1;
        }
        piece.tally.run_twice += u64::from(seed.is_multiple_of(TWICE_EVERY));
    }
    Ok(piece)
}

/// Runs a case, and names its seed if that goes wrong.
fn watched(
    campaign: &Campaign,
    seed: u64,
    runner: &mut Runner,
    coverage: &mut Coverage,
) -> Result<(Row<'static>, u64), CampaignError> {
    let run = catch_unwind(AssertUnwindSafe(|| run_case(campaign, seed, runner, coverage)));
    if run.is_err() {
        // What a panic leaves behind is not used again.
        *runner = Runner::default();
    }
    run.unwrap_or_else(|_| Err("it panics".to_owned())).map_err(|what| {
        let command = campaign.manifest().command(seed);
        CampaignError::Fault(format!("treequake has a fault: seed {seed}: {what}\nagain: {command}"))
    })
}

/// The row of a case, and its size.
fn run_case(
    campaign: &Campaign,
    seed: u64,
    runner: &mut Runner,
    coverage: &mut Coverage,
) -> Result<(Row<'static>, u64), String> {
    let run = |runner: &mut Runner, coverage: &mut Coverage| -> Result<(Case, Row<'static>), String> {
        let case = generate(&campaign.profile, campaign.monitor, seed);
        let examination = examine(runner, &case.scenario, &campaign.rules).map_err(|error| error.to_string())?;
        let row = Row::new(&campaign.profile.name, &case, &examination);
        coverage.observe(&case.scenario, &examination.outcome);
        Ok((case, row))
    };
    let (case, row) = run(runner, coverage)?;
    if seed.is_multiple_of(TWICE_EVERY) {
        let (case_again, row_again) = run(&mut Runner::default(), &mut Coverage::default())?;
        if case.scenario != case_again.scenario {
            return Err("two cases made of it differ".to_owned());
        }
        if row != row_again {
            return Err("two runs of it differ".to_owned());
        }
    }
    Ok((row, case.scenario.step_count() as u64))
}
