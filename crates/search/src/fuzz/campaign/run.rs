//! Runs the seeds of a campaign, in pieces, on all threads.

use super::error::CampaignError;
use super::folder::RunFolder;
use super::line;
use super::manifest::{Campaign, Keep};
use super::pieces::{PIECE_MAX, Pieces};
use super::results::Row;
use super::seeds::Seeds;
use super::tally::Tally;
use crate::fuzz::coverage::Coverage;
use crate::fuzz::examine::examine_until;
use crate::fuzz::generator::{self, Case, generate_in};
use crate::fuzz::in_order::in_order;
use crate::pipe;
use crate::run::{RunError, Runner};
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::world::SimulationError;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;

/// The room for a row, in bytes. Most take less.
const ROW_ROOM: usize = 1_000;

/// Every seed that this number divides runs twice, and both runs are compared.
const TWICE_EVERY: u64 = 100;

/// The approximate number of events in a chunk, after which results are committed: a tenth of a second for each thread.
const CHUNK_EVENTS: u64 = 1_000_000;

/// The most seeds of a chunk, whose rows are in memory.
const CHUNK_MAX: u64 = 4_096;

/// The seeds of the first chunk. Each later one has at most as many as all before it together: cases may be slow, and then
/// a chunk of the largest size would be lost by a kill.
const CHUNK_FIRST: u64 = 256;

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

/// Runs the seeds that are missing in `folder`, on the threads of `pool`. Before the first piece and after each, `watch`
/// gets the progress and can end the campaign there.
///
/// The threads take pieces one after another, and do not wait for each other. Their results are committed here, in the order
/// of seeds, while the threads go on.
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
    let pieces = Pieces::new(Seeds { start: folder.next(), end: slice.end }, pool.current_num_threads());
    let (sender, receiver) = channel();
    let mut watch = |folder: &RunFolder, chunk: &Chunk, here: &Tally| {
        let classes = || folder.tally().classes.keys().chain(chunk.tally.classes.keys()).collect::<BTreeSet<_>>().len();
        watch(Progress {
            done: folder.next() - slice.start + chunk.tally.cases,
            of: (slice.end != u64::MAX).then(|| slice.count()),
            here: here.cases,
            classes: if chunk.tally.classes.is_empty() { folder.tally().classes.len() } else { classes() },
            events: here.events,
        })
    };
    let (mut chunk, mut here) = (Chunk::default(), Tally::default());
    if folder.next() == slice.end || watch(folder, &chunk, &here).is_break() {
        return Ok(());
    }
    pool.in_place_scope(|scope| {
        for _ in 0..pool.current_num_threads() {
            let (pieces, sender) = (&pieces, sender.clone());
            scope.spawn(move |_| {
                let mut memory = Memory::default();
                while let Some((number, seeds)) = pieces.take() {
                    // Nobody listens any more where the campaign has ended.
                    let _ = sender.send((number, (seeds, run_piece(campaign, seeds, &mut memory))));
                }
            });
        }
        drop(sender);
        let _end = EndOnDrop(&pieces);
        commit_all(folder, &pieces, in_order(receiver), &mut |folder, piece, end| {
            here.add(&piece.tally);
            chunk.add(piece);
            if chunk.is_full(here.cases) || end == slice.end {
                chunk.commit(folder, end)?;
            }
            let flow = if end == slice.end { ControlFlow::Continue(()) } else { watch(folder, &chunk, &here) };
            if flow.is_break() && chunk.tally.cases > 0 {
                chunk.commit(folder, end)?;
            }
            Ok(flow)
        })
    })
}

/// Lets the threads end, whatever happens here.
struct EndOnDrop<'p>(&'p Pieces);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Takes in a piece, and the number of the seed after it; says whether the work goes on.
type Commit<'c> = dyn FnMut(&mut RunFolder, Piece, u64) -> Result<ControlFlow<()>, CampaignError> + 'c;

/// Gives the results of pieces, which come in the order of seeds, to `commit`, with the seed behind each. Of several errors,
/// that of the lowest seed is reported: the same for any number of threads.
fn commit_all(
    folder: &mut RunFolder,
    pieces: &Pieces,
    results: impl Iterator<Item = (Seeds, Result<Piece, CampaignError>)>,
    commit: &mut Commit<'_>,
) -> Result<(), CampaignError> {
    for (done, (seeds, piece)) in (1..).zip(results) {
        let piece = piece?;
        pieces.done(done, &piece.tally);
        if commit(folder, piece, seeds.end)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// What is not committed yet.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// The rows, piece by piece.
    rows: Vec<Vec<Row<'static>>>,
    tally: Tally,
}

impl Chunk {
    fn add(&mut self, piece: Piece) {
        self.bytes.extend(piece.bytes);
        self.rows.push(piece.rows);
        self.tally.add(&piece.tally);
    }

    /// Depends on events, not on a clock, and decides only how much a kill costs. `cases` were run in this process.
    fn is_full(&self, cases: u64) -> bool {
        let most = (cases - self.tally.cases).clamp(CHUNK_FIRST, CHUNK_MAX - PIECE_MAX);
        self.tally.events >= CHUNK_EVENTS || self.tally.cases >= most
    }

    fn commit(&mut self, folder: &mut RunFolder, end: u64) -> Result<(), CampaignError> {
        let tally = std::mem::take(&mut self.tally);
        folder.commit(end, &self.bytes, self.rows.iter().flatten(), &tally)?;
        // Their memory is used again.
        self.bytes.clear();
        self.rows.clear();
        Ok(())
    }
}

/// The results of some seeds.
struct Piece {
    /// The rows that are kept, as lines.
    bytes: Vec<u8>,
    rows: Vec<Row<'static>>,
    tally: Tally,
}

/// What a thread makes and runs its cases in. No case influences the next.
#[derive(Default)]
struct Memory {
    generator: generator::Memory,
    runner: Runner,
}

fn run_piece(campaign: &Campaign, seeds: Seeds, memory: &mut Memory) -> Result<Piece, CampaignError> {
    let rows = if campaign.keep == Keep::All { (seeds.end - seeds.start) as usize } else { 0 };
    let (bytes, rows) = (Vec::with_capacity(rows * ROW_ROOM), Vec::with_capacity(rows));
    let mut piece = Piece { bytes, rows, tally: Tally::default() };
    for seed in seeds.start..seeds.end {
        let Ran { row, size, is_verified } = watched(campaign, seed, memory, &mut piece.tally.coverage)?;
        piece.tally.add_case(&row, size);
        if campaign.keep == Keep::All || !row.classes.is_empty() {
            line::write(&row, &mut piece.bytes);
            piece.rows.push(row);
            piece.tally.rows += 1;
        }
        piece.tally.run_twice += u64::from(is_verified);
    }
    Ok(piece)
}

/// Runs a case, and names its seed in an error.
fn watched(campaign: &Campaign, seed: u64, memory: &mut Memory, coverage: &mut Coverage) -> Result<Ran, CampaignError> {
    let run = catch_unwind(AssertUnwindSafe(|| run_case(campaign, seed, memory, coverage)));
    if run.is_err() {
        // The memory after a panic is not used again.
        *memory = Memory::default();
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
        "two runs had different results, but new copies of the program gave the same answers, and so did one copy that ran it \
         several times. So it may depend on runs of other seeds, which it must forget at a `start`, on a clock, or on what is \
         around it, such as files. `treequake protocol check 'COMMAND'` looks for what it remembers"
            .to_owned()
    }))
}

fn run_case(campaign: &Campaign, seed: u64, memory: &mut Memory, coverage: &mut Coverage) -> Result<Ran, CaseError> {
    let run = |memory: &mut Memory, coverage: &mut Coverage| -> Result<(Case, Row<'static>), CaseError> {
        let Memory { generator, runner } = memory;
        let case = generate_in(generator, &campaign.profile, &[campaign.monitor], seed);
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
    let (case, row) = run(memory, coverage)?;
    let size = case.scenario.step_count() as u64;
    if row.digest.is_none() || !seed.is_multiple_of(TWICE_EVERY) {
        return Ok(Ran { row, size, is_verified: false });
    }
    let (case_again, row_again) = run(&mut Memory::default(), &mut Coverage::default())?;
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
