//! The pieces of a campaign, which its threads take one after another.

use super::seeds::Seeds;
use super::tally::Tally;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The seeds of the first pieces, as the cost of a case is still unknown.
const PIECE_FIRST: u64 = 16;

/// The most seeds of a piece.
pub const PIECE_MAX: u64 = 256;

/// The approximate number of events in a piece.
const PIECE_EVENTS: u64 = 30_000;

/// How many pieces for each thread may be on the way or wait for an earlier one. So what is in memory is bounded, even if
/// one case takes long.
const AHEAD_PER_THREAD: u64 = 16;

/// The pieces that are left.
pub struct Pieces {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    /// The seeds that nobody has taken.
    left: Seeds,
    /// How many pieces were taken.
    taken: u64,
    /// How many of them are done, without a gap.
    done: u64,
    /// The number of cases and events in those.
    cases: u64,
    events: u64,
    ahead: u64,
}

impl Pieces {
    /// All pieces of these seeds.
    pub fn new(seeds: Seeds, threads: usize) -> Self {
        let ahead = AHEAD_PER_THREAD * threads as u64;
        let state = State { left: seeds, taken: 0, done: 0, cases: 0, events: 0, ahead };
        Pieces { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// The next piece, with its number from 0; `None` if no seed is left. Waits while too many are on the way.
    pub fn take(&self) -> Option<(u64, Seeds)> {
        let is_full = |state: &mut State| state.left.count() > 0 && state.taken - state.done >= state.ahead;
        let mut state = self.moved.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        let length = state.length().min(state.left.count());
        if length == 0 {
            return None;
        }
        let seeds = Seeds { start: state.left.start, end: state.left.start + length };
        state.left.start = seeds.end;
        state.taken += 1;
        Some((state.taken - 1, seeds))
    }

    /// The first `done` pieces are done; `tally` is that of the last.
    pub fn done(&self, done: u64, tally: &Tally) {
        let mut state = self.lock();
        state.done = done;
        state.cases = state.cases.saturating_add(tally.cases);
        state.events = state.events.saturating_add(tally.events);
        drop(state);
        self.moved.notify_all();
    }

    /// Leaves no piece.
    pub fn end(&self) {
        let mut state = self.lock();
        state.left.start = state.left.end;
        drop(state);
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The number of seeds in the next piece.
    fn length(&self) -> u64 {
        match self.cases {
            0 => PIECE_FIRST,
            // At most as many as before: the first cases may not be typical.
            cases => (PIECE_EVENTS / (self.events / cases).max(1)).clamp(1, PIECE_MAX.min(cases)),
        }
    }
}
