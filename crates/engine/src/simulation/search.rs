//! What a run keeps that looks for a state that comes back.

use crate::world::Due;

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
    pub on_wire: usize,
}

/// A state that may come back.
#[derive(Debug)]
pub(super) struct Kept {
    pub glimpse: Glimpse,
    pub bytes: Vec<u8>,
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
    pub fn new(limit: u64) -> Option<Box<Search>> {
        (limit > LONG).then(|| Box::new(Search { looks: 0, wake: 0, next: 0, kept: None }))
    }

    /// Whether this state, in which `due` is next, must be looked at. In nearly all others than the kept one, something else
    /// is due.
    #[inline]
    pub fn is_worth_it(&self, due: Due) -> bool {
        let is_near = || self.kept.as_ref().is_none_or(|kept| kept.glimpse.due == due);
        self.looks >= self.wake && (self.looks >= self.next || is_near())
    }
}
