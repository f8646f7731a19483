//! The small worlds that are left, in blocks that threads take one after another.

use super::space::World;
use std::iter::Fuse;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The worlds of the first blocks, as it is still unknown how large they are.
const BLOCK_FIRST: u64 = 64;

/// The most worlds of a block. Worlds side by side are much alike, so what a thread finds about one is of use for the next.
const BLOCK_MAX: u64 = 4_096;

/// About how many states are in a block.
const BLOCK_STATES: u64 = 100_000;

/// How many blocks for each thread may be on the way or wait for an earlier one. So what is in memory is bounded, even if
/// one world takes long.
const AHEAD_PER_THREAD: u64 = 8;

/// A world with its number.
pub(super) type Numbered = (u64, World);

/// The worlds that are left.
pub(super) struct Blocks<W: Iterator<Item = Numbered>> {
    state: Mutex<State<W>>,
    moved: Condvar,
}

struct State<W: Iterator<Item = Numbered>> {
    left: Fuse<W>,
    /// How many blocks were taken.
    taken: u64,
    /// How many of them are done, without a gap.
    done: u64,
    /// The number of worlds in those, and of states.
    worlds: u64,
    states: u64,
    ahead: u64,
    is_over: bool,
}

impl<W: Iterator<Item = Numbered>> Blocks<W> {
    /// All blocks of these worlds.
    pub fn new(worlds: W, threads: usize) -> Self {
        let ahead = AHEAD_PER_THREAD * threads as u64;
        let state = State { left: worlds.fuse(), taken: 0, done: 0, worlds: 0, states: 0, ahead, is_over: false };
        Blocks { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// The next block, with its number from 0; `None` if no world is left. Waits while too many are on the way.
    pub fn take(&self) -> Option<(u64, Vec<Numbered>)> {
        let is_full = |state: &mut State<W>| !state.is_over && state.taken - state.done >= state.ahead;
        let mut state = self.moved.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        if state.is_over {
            return None;
        }
        let length = usize::try_from(state.length()).expect("a block is small");
        let block: Vec<Numbered> = state.left.by_ref().take(length).collect();
        if block.is_empty() {
            return None;
        }
        state.taken += 1;
        Some((state.taken - 1, block))
    }

    /// One more block is done, the first that was not. It has this many worlds, with so many states together.
    pub fn done(&self, worlds: u64, states: u64) {
        let mut state = self.lock();
        state.done += 1;
        state.worlds = state.worlds.saturating_add(worlds);
        state.states = state.states.saturating_add(states);
        drop(state);
        self.moved.notify_all();
    }

    /// Leaves no block.
    pub fn end(&self) {
        self.lock().is_over = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Iterator<Item = Numbered>> State<W> {
    /// The number of worlds in the next block.
    fn length(&self) -> u64 {
        match self.worlds {
            0 => BLOCK_FIRST,
            // At most as many as before: the first worlds may not be typical.
            worlds => (BLOCK_STATES / (self.states / worlds).max(1)).clamp(1, BLOCK_MAX.min(worlds)),
        }
    }
}
