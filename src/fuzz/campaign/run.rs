//! Runs the seeds of a campaign, in chunks, on all threads.

use super::error::CampaignError;
use super::folder::RunFolder;
use super::manifest::{Campaign, Keep};
use super::results::Row;
use super::seeds::Seeds;
use super::tally::Tally;
use crate::fuzz::coverage::Coverage;
use crate::fuzz::examine::examine_until;
use crate::fuzz::generator::{Case, generate};
use crate::pipe;
use crate::run::{RunError, Runner};
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::world::SimulationError;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Every seed that this number divides runs twice, and both runs are compared.
const TWICE_EVERY: u64 = 100;

/// The approximate number of events in a chunk: a tenth of a second for each thread.
const CHUNK_EVENTS: u64 = 1_000_000;

/// The seeds of the first chunk, as the cost of a case is still unknown.
const CHUNK_FIRST: u64 = 256;

/// The most seeds of a chunk, whose rows are in memory.
const CHUNK_MAX: u64 = 4_096;

/// The pieces of a chunk for each thread: many, so that no thread waits long for the last one.
const PIECES_PER_THREAD: u64 = 16;

/// The progress of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The seeds that are done, with those from before it was resumed.
    pub done: u64,
    /// The number of seeds; `None` if a clock ends the campaign.
    pub of: Option<u64>,
    /// The seeds that this process has done.
    pub here: u64,
    /// The classes of failures so far.
    pub classes: usize,
    /// The events in this process.
    pub events: u64,
}

/// Runs the seeds that are missing in `folder`, on the threads of `pool`. Before each chunk, `watch` gets the progress
/// and can end the campaign there.
///
/// # Errors
/// See [`CampaignError`]; the folder can be resumed.
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

/// The number of seeds in the next chunk. It depends on events, not on a clock, and decides only how much a kill costs.
fn chunk_length(before: &Tally) -> u64 {
    if before.cases == 0 {
        return CHUNK_FIRST;
    }
    let each = (before.events / before.cases).max(1);
    // At most as many as before: the first cases may not be typical.
    (CHUNK_EVENTS / each).clamp(1, CHUNK_MAX).min(before.cases)
}

/// The results of some seeds of a chunk.
#[derive(Default)]
struct Piece {
    rows: Vec<u8>,
    tally: Tally,
}

/// The memory of each thread.
struct Runners(Vec<Mutex<Runner>>);

impl Runners {
    /// Calls `what` with the memory of this thread. No other thread uses it, so the lock is always free.
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
    // Of several errors, that of the lowest seed is reported: the same for any number of threads.
    pieces.into_iter().collect()
}

fn run_piece(campaign: &Campaign, seeds: Seeds, runner: &mut Runner) -> Result<Piece, CampaignError> {
    let mut piece = Piece::default();
    for seed in seeds.start..seeds.end {
        let Ran { row, size, is_verified } = watched(campaign, seed, runner, &mut piece.tally.coverage)?;
        piece.tally.add_case(&row, size);
        if campaign.keep == Keep::All || !row.classes.is_empty() {
            row.write(&mut piece.rows);
            piece.tally.rows += 1;
        }
        piece.tally.run_twice += u64::from(is_verified);
    }
    Ok(piece)
}

/// Runs a case, and names its seed in an error.
fn watched(campaign: &Campaign, seed: u64, runner: &mut Runner, coverage: &mut Coverage) -> Result<Ran, CampaignError> {
    let run = catch_unwind(AssertUnwindSafe(|| run_case(campaign, seed, runner, coverage)));
    if run.is_err() {
        // The memory after a panic is not used again.
        *runner = Runner::default();
    }
    run.unwrap_or_else(|_| Err(CaseError::Bug("it panics".to_owned()))).map_err(|error| {
        let command = campaign.manifest().command(seed);
        match error {
            CaseError::Bug(what) => {
                CampaignError::Fault(format!("treequake has a bug: seed {seed}: {what}\nagain: {command}"))
            }
            CaseError::NotDeterministic(what) => CampaignError::NotDeterministic(format!(
                "seed {seed}: the protocol program does not answer the same twice, so nothing that it shows can be trusted\n\
                 {what}\nagain: {command}"
            )),
            CaseError::Failed(what) => CampaignError::Refused(format!("seed {seed}: {what}\nagain: {command}")),
        }
    })
}

/// What a case has come to.
struct Ran {
    row: Row<'static>,
    /// The size of the case.
    size: u64,
    /// Whether it ran twice, and both runs were the same.
    is_verified: bool,
}

/// Why a case has no row.
enum CaseError {
    /// That cannot be.
    Bug(String),
    /// A process of the run could not go on.
    Failed(String),
    /// The program that is its protocol does not do the same twice.
    NotDeterministic(String),
}

/// Two runs of a scenario differ: why.
fn differ(scenario: &Scenario) -> CaseError {
    if !pipe::is_program(scenario.monitor) {
        return CaseError::Bug("two runs of this case differ".to_owned());
    }
    CaseError::NotDeterministic(pipe::first_difference(scenario).unwrap_or_else(|| {
        "two runs had different results, and two more had the same answers; run it a few times".to_owned()
    }))
}

fn run_case(campaign: &Campaign, seed: u64, runner: &mut Runner, coverage: &mut Coverage) -> Result<Ran, CaseError> {
    let run = |runner: &mut Runner, coverage: &mut Coverage| -> Result<(Case, Row<'static>), CaseError> {
        let case = generate(&campaign.profile, campaign.monitor, seed);
        let stop = Stop::new(Arc::default(), campaign.timeout);
        let examination = examine_until(runner, &case.scenario, &campaign.rules, &mut || stop.look());
        let examination = examination.map_err(|error| match error {
            RunError::Simulation(SimulationError::Failed(why)) => CaseError::Failed(why.into()),
            error => CaseError::Bug(error.to_string()),
        })?;
        let row = Row::new(&campaign.profile.name, &case, &examination);
        coverage.observe(&case.scenario, &examination.outcome);
        Ok((case, row))
    };
    let (case, row) = run(runner, coverage)?;
    let size = case.scenario.step_count() as u64;
    if row.digest.is_none() || !seed.is_multiple_of(TWICE_EVERY) {
        return Ok(Ran { row, size, is_verified: false });
    }
    let (case_again, row_again) = run(&mut Runner::default(), &mut Coverage::default())?;
    if case.scenario != case_again.scenario {
        return Err(CaseError::Bug("two cases from this seed differ".to_owned()));
    }
    // A clock can stop one of two equal runs.
    let is_verified = row_again.digest.is_some();
    if is_verified && row != row_again {
        return Err(differ(&case.scenario));
    }
    Ok(Ran { row, size, is_verified })
}
