//! What a run keeps to know whether a state comes back.

use crate::world::Due;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// A run that may process more events than this looks for states that come back as it goes, and ends at the first one.
/// A shorter one is searched when it was stopped: see `Simulation::comes_back`.
const LONG: u64 = 100_000_000;

/// How many looks there must have been for each item of the first state that is kept, so that it costs little beside them.
/// Most runs are over by then, and pay nothing.
pub(super) const LOOKS_EACH: u64 = 256;

/// What is first in the queue, which tells most states apart at no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glimpse {
    pub due: Due,
    /// How long it is until then.
    pub left: u64,
    /// How many copies of an item are first on the lane; 0 if the event is no arrival.
    pub copies: u64,
    pub on_wires: usize,
}

/// A state that may come back.
#[derive(Debug)]
pub(super) struct Kept {
    pub glimpse: Glimpse,
    pub bytes: Vec<u8>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// The search for a state that comes back, if the run may be very long.
    pub search: Option<Search>,
    pub glimpsed: Glimpsed,
}

impl Repeats {
    /// For the next run: with its search, if it may be very long, and without glimpses.
    pub fn restart(&mut self, search: Option<Search>) {
        self.search = search;
        self.glimpsed.clear();
    }
}

/// What was glimpsed before each event since the last step, as bits at which hashes point. A state whose glimpse is new has
/// not been there before.
#[derive(Debug, Default)]
pub(super) struct Glimpsed {
    /// Whether anything is noted. It is a small part of the cost of an event, and few runs are asked.
    pub is_on: bool,
    noted: usize,
    /// Of the first glimpses; most runs have no more.
    first: [u64; FIRST / 64],
    /// Of the others; empty if there are none.
    rest: Vec<u64>,
}

/// How many bits there are for the first glimpses. A quarter as many of these are noted.
const FIRST: usize = 2_048;

/// How many bits there are for the others: 64 KiB.
const REST: usize = 1 << 19;

impl Glimpsed {
    /// Forgets all, and notes nothing more.
    pub fn clear(&mut self) {
        if self.is_on {
            *self = Glimpsed::default();
        }
    }

    /// Notes what is due, how long it is until then, and how many entries are on the wires.
    pub fn note(&mut self, due: Due, left: u64, on_wires: usize) {
        let hash = hash(due, left, on_wires);
        self.noted += 1;
        if self.noted <= FIRST / 4 {
            self.first[hash % FIRST / 64] |= 1 << (hash % 64);
        } else {
            self.note_more(hash);
        }
    }

    #[cold]
    fn note_more(&mut self, hash: usize) {
        if self.rest.is_empty() {
            self.rest.resize(REST / 64, 0);
        }
        self.rest[hash % REST / 64] |= 1 << (hash % 64);
    }

    /// Whether that may have been there.
    pub fn has(&self, glimpse: &Glimpse) -> bool {
        if !self.is_on {
            return true;
        }
        let hash = hash(glimpse.due, glimpse.left, glimpse.on_wires);
        let is_in =
            |bits: &[u64], len: usize| bits.get(hash % len / 64).is_some_and(|bits| bits & 1 << (hash % 64) != 0);
        is_in(&self.first, FIRST) || is_in(&self.rest, REST)
    }
}

/// Where the bit of a glimpse is, modulo the size of a table. It only decides how much is compared.
#[inline]
fn hash(due: Due, left: u64, on_wires: usize) -> usize {
    let lane = match due {
        Due::Arrival(lane) => lane.raw(),
        Due::Step(_) | Due::Keepalive(_) | Due::Timer(_) => u32::MAX,
    };
    let mut hasher = FxHasher::default();
    (lane, left, on_wires).hash(&mut hasher);
    hasher.finish() as usize
}

/// Looks for a state that comes back, as a run goes. This is Brent's method: one state is kept, another one after twice as
/// many looks, and so on, each until the next one, and each state is compared with the one that is kept.
///
/// A look is what a run handles at once: an event, or any number of equal ones. So the search costs about the same
/// share of a run whatever the numbers of copies are.
#[derive(Debug)]
pub(super) struct Search {
    /// How many looks there were since the last step was done.
    pub looks: u64,
    /// Nothing is to be done before so many looks.
    pub wake: u64,
    /// The next state is kept after so many looks.
    pub next: u64,
    pub kept: Option<Kept>,
}

impl Search {
    /// A search in a run of up to `limit` events, if that is long.
    pub fn new(limit: u64) -> Option<Search> {
        (limit > LONG).then_some(Search { looks: 0, wake: 0, next: 0, kept: None })
    }

    /// Whether this state, in which `due` is next, must be looked at. In nearly all others than the kept one, something else
    /// is due.
    #[inline]
    pub fn is_worth_it(&self, due: Due) -> bool {
        let is_near = || self.kept.as_ref().is_none_or(|kept| kept.glimpse.due == due);
        self.looks >= self.wake && (self.looks >= self.next || is_near())
    }
}
