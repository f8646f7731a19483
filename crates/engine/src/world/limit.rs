//! How many events a run may process.
//!
//! A scenario can set the limit. Otherwise the limit grows with what the steps do, so that no healthy tree meets it,
//! however large: a join at depth `d` takes one event for the step, and one for each of the `d` - 1 contexts above the parent
//! that the news arrives at.

use crate::link::Incarnation;
use crate::scenario::DEFAULT_MAX_EVENTS;

/// How many events a run may process.
#[derive(Debug)]
pub(super) struct Limit {
    events: u64,
    /// The depth of each context, by its number; `None` if the scenario sets the limit.
    depths: Option<Vec<u32>>,
}

impl Limit {
    /// The limit at the start of a run. `max_events` is that of the scenario.
    pub fn new(max_events: Option<u64>) -> Self {
        match max_events {
            Some(events) => Limit { events, depths: None },
            None => Limit { events: DEFAULT_MAX_EVENTS, depths: Some(vec![0]) },
        }
    }

    /// The limit, after all that was done so far.
    #[inline]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the limit depends on the steps that are still to come.
    pub fn may_grow(&self) -> bool {
        self.depths.is_some()
    }

    /// A step was taken, whether it could be done or not.
    #[inline]
    pub fn take_step(&mut self) {
        if self.depths.is_some() {
            self.events = self.events.saturating_add(1);
        }
    }

    /// The next context was connected below `parent`.
    #[inline]
    pub fn connect(&mut self, parent: Incarnation) {
        if let Some(depths) = &mut self.depths {
            let above = depths[parent.index()];
            depths.push(above + 1);
            self.events = self.events.saturating_add(u64::from(above));
        }
    }

    /// The largest depth of a context so far.
    pub fn deepest(&self) -> u32 {
        self.depths.iter().flatten().copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the sum: one for each step, and for each connect as much as the new context is deeper than 1.
    #[test]
    fn the_limit_grows_with_steps_and_depth() {
        let mut limit = Limit::new(None);
        for parent in [0, 1, 2, 0] {
            limit.take_step();
            limit.connect(Incarnation(parent));
        }
        limit.take_step();
        assert_eq!((limit.events(), limit.deepest()), (DEFAULT_MAX_EVENTS + 5 + 1 + 2, 3));
    }

    /// Proves that a limit that is set stays.
    #[test]
    fn a_limit_that_is_set_does_not_grow() {
        let mut limit = Limit::new(Some(7));
        limit.take_step();
        limit.connect(Incarnation::MASTER);
        assert_eq!(limit.events(), 7);
    }
}
