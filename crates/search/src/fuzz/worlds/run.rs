//! Explores small worlds one after another, several at a time.

use super::blocks::{Blocks, Numbered};
use super::folder::WorldsFolder;
use super::judge::{How, Tools, judge};
use super::row::{Limit, Row};
use super::space::Space;
use super::tally::Tally;
use crate::explore::Lore;
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::in_order::in_order;
use crate::pipe;
use crate::stop::Stop;
use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError, RwLock};

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
/// The threads take blocks of worlds one after another, and do not wait for each other. What they find is added here, in the
/// order of the worlds, while the threads go on.
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
    let known = slice.start + tally.scenarios;
    let worlds = space.worlds().skip(usize::try_from(known).unwrap_or(usize::MAX));
    let blocks = Blocks::new((known..slice.end).zip(worlds), threads);
    let before = tally.states;
    let mut shown = |tally: &Tally| {
        let states = tally.states - before;
        show(Progress { done: tally.scenarios, of: slice.count(), states, classes: tally.classes.len() });
    };
    shown(tally);
    let (sender, receiver) = channel();
    let room = RwLock::default();
    // The runs of a program may add names.
    let lore = (!pipe::is_program(how.monitor)).then(Arc::<Lore>::default);
    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let (blocks, sender) = (&blocks, sender.clone());
            let explorer = Threaded { how, threads, room: &room, stop };
            let mut tools = lore.clone().map_or_else(Tools::default, Tools::with);
            scope.spawn(move |_| {
                while let Some((number, block)) = blocks.take() {
                    let found = explorer.rows(&block, &mut tools);
                    // Nobody listens any more once one of them was stopped.
                    if sender.send((number, found)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let _end = EndOnDrop(&blocks);
        for found in in_order(receiver) {
            let (rows, flow) = found?;
            blocks.done(rows.len() as u64, rows.iter().fold(0, |sum, row| row.states.saturating_add(sum)));
            add(&rows, tally, folder.as_deref_mut())?;
            shown(tally);
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// Adds what was found.
fn add(rows: &[Row], tally: &mut Tally, folder: Option<&mut WorldsFolder>) -> Result<(), CampaignError> {
    rows.iter().for_each(|row| tally.add(row));
    let Some(folder) = folder else { return Ok(()) };
    let mut bytes = Vec::new();
    rows.iter().for_each(|row| row.write(&mut bytes));
    folder.append(&bytes)
}

/// Lets the threads end, whatever happens here.
struct EndOnDrop<'b, W: Iterator<Item = Numbered>>(&'b Blocks<W>);

impl<W: Iterator<Item = Numbered>> Drop for EndOnDrop<'_, W> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Explores worlds on one of several threads.
#[derive(Clone, Copy)]
struct Threaded<'a> {
    how: &'a How,
    threads: usize,
    /// All threads share the memory while they only read this, and the one that writes has all of it.
    room: &'a RwLock<()>,
    stop: &'a Stop,
}

impl Threaded<'_> {
    /// The rows of worlds, up to the first that was stopped, and whether it goes on.
    fn rows(&self, block: &[Numbered], tools: &mut Tools) -> Result<(Vec<Row>, ControlFlow<()>), CampaignError> {
        let mut rows = Vec::with_capacity(block.len());
        for world in block {
            match self.row(world, tools)? {
                Some(row) => rows.push(row),
                None => return Ok((rows, ControlFlow::Break(()))),
            }
        }
        Ok((rows, ControlFlow::Continue(())))
    }

    fn row(&self, world: &Numbered, tools: &mut Tools) -> Result<Option<Row>, CampaignError> {
        let shared = How { memory: self.how.memory / self.threads as u64, ..*self.how };
        let row = {
            let _room = self.room.read().unwrap_or_else(PoisonError::into_inner);
            self.judged(&shared, world, tools)?
        };
        // What meets its limit there gets all of the memory, alone.
        if self.threads > 1 && row.as_ref().is_some_and(|row| row.bound == Some(Limit::Memory)) {
            let _room = self.room.write().unwrap_or_else(PoisonError::into_inner);
            return self.judged(self.how, world, tools);
        }
        Ok(row)
    }

    fn judged(&self, how: &How, (number, world): &Numbered, tools: &mut Tools) -> Result<Option<Row>, CampaignError> {
        if self.stop.look().is_break() {
            return Ok(None);
        }
        judge(how, world, *number, tools, &mut |_| self.stop.look())
    }
}
