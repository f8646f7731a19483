//! Explores small worlds one after another, several at a time.

use super::folder::WorldsFolder;
use super::judge::{How, Tools, judge};
use super::row::{Limit, Row};
use super::space::{Space, World};
use super::tally::Tally;
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::seeds::Seeds;
use crate::stop::Stop;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::sync::{Mutex, PoisonError};

/// How many worlds each thread explores before what was found is put together.
const EACH: usize = 64;

/// How far it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The worlds that are done, with those from before it was resumed.
    pub done: u64,
    /// The number of worlds.
    pub of: u64,
    /// The states that were met in this process.
    pub states: u64,
    /// The classes of failures so far.
    pub classes: usize,
}

/// Explores the worlds in `slice` that are missing in `tally`, on the threads of `pool`, and adds them there, and to the
/// folder if there is one. `show` is called from time to time. The results do not depend on the number of threads.
///
/// # Errors
/// See [`CampaignError`]. The folder can be resumed.
pub fn run(
    space: &Space,
    how: &How,
    slice: Seeds,
    tally: &mut Tally,
    mut folder: Option<&mut WorldsFolder>,
    pool: &rayon::ThreadPool,
    (stop, show): (&Stop, &mut dyn FnMut(Progress)),
) -> Result<(), CampaignError> {
    let threads = pool.current_num_threads();
    let mut worlds =
        (0..slice.end).zip(space.worlds()).skip(usize::try_from(slice.start + tally.scenarios).unwrap_or(usize::MAX));
    let before = tally.states;
    let tools = Mutex::default();
    loop {
        let states = tally.states - before;
        show(Progress { done: tally.scenarios, of: slice.count(), states, classes: tally.classes.len() });
        let chunk: Vec<(u64, World)> = worlds.by_ref().take(EACH * threads).collect();
        if chunk.is_empty() || stop.look().is_break() {
            return Ok(());
        }
        let rows = pool.install(|| explored(how, &chunk, threads, (&tools, stop)))?;
        let mut bytes = Vec::new();
        for row in &rows {
            tally.add(row);
            row.write(&mut bytes);
        }
        if let Some(folder) = folder.as_deref_mut() {
            folder.append(&bytes)?;
        }
        if rows.len() < chunk.len() {
            return Ok(());
        }
    }
}

/// The rows of worlds, up to the first that was stopped.
fn explored(
    how: &How,
    chunk: &[(u64, World)],
    threads: usize,
    (spare, stop): (&Mutex<Vec<Tools>>, &Stop),
) -> Result<Vec<Row>, CampaignError> {
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    let of_one = |how: &How, (number, world): &(u64, World)| {
        let mut tools = spare().pop().unwrap_or_default();
        let row = judge(how, world, *number, &mut tools, &mut |_| stop.look());
        spare().push(tools);
        row
    };
    // Several share the memory. What meets its limit there gets all of it, alone.
    let shared = How { memory: how.memory / threads as u64, ..*how };
    let found: Vec<_> = chunk.par_iter().with_max_len(1).map(|world| of_one(&shared, world)).collect();
    let mut rows = Vec::with_capacity(found.len());
    for (row, world) in found.into_iter().zip(chunk) {
        let row = match row? {
            Some(row) if row.bound == Some(Limit::Memory) && threads > 1 => of_one(how, world)?,
            row => row,
        };
        let Some(row) = row else { break };
        rows.push(row);
    }
    Ok(rows)
}
