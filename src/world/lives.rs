//! Who is alive, and which process is whose.

use crate::link::Incarnation;

/// Where the process of a context is: nowhere, as it is dead or has not been needed yet, or in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(u32);

impl Life {
    const DEAD: Life = Life(u32::MAX);
    /// Nothing has reached it since its birth.
    ///
    /// Most contexts of a large tree are leaves that only ever connect. Until something reaches such a newborn, all there
    /// is to say of its process is whose child it is, so none is made. That cannot be seen from outside.
    const NEWBORN: Life = Life(u32::MAX - 1);

    /// The slot of the process, if there is one.
    pub(crate) fn slot(self) -> Option<usize> {
        (self < Life::NEWBORN).then_some(self.0 as usize)
    }

    pub(crate) fn is_newborn(self) -> bool {
        self == Life::NEWBORN
    }
}

impl PartialOrd for Life {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

/// All lives, by incarnation.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    lives: Vec<Life>,
    dead: usize,
}

impl Lives {
    /// The master alone, whose process is in the first slot; keeps the allocations.
    pub(super) fn reset(&mut self) {
        self.lives.clear();
        self.lives.push(Life(0));
        self.dead = 0;
    }

    /// Makes room for so many contexts more.
    pub(super) fn reserve(&mut self, contexts: usize) {
        self.lives.reserve_exact(contexts);
    }

    /// One more context is born.
    pub(super) fn add(&mut self) {
        self.lives.push(Life::NEWBORN);
    }

    pub(super) fn live_count(&self) -> usize {
        self.lives.len() - self.dead
    }

    #[inline]
    pub(crate) fn get(&self, context: Incarnation) -> Life {
        self.lives[context.index()]
    }

    pub(super) fn is_alive(&self, context: Incarnation) -> bool {
        self.get(context) != Life::DEAD
    }

    /// The process of a newborn is made, in a slot.
    pub(crate) fn settle(&mut self, context: Incarnation, slot: usize) {
        let slot = u32::try_from(slot).ok().map(Life).filter(|life| *life < Life::NEWBORN);
        self.lives[context.index()] = slot.expect("fewer than 2^32 - 2 processes");
    }

    /// A context dies. Returns the slot of its process, if it had one.
    ///
    /// # Panics
    /// When it is dead already.
    pub(crate) fn end(&mut self, context: Incarnation) -> Option<usize> {
        let life = std::mem::replace(&mut self.lives[context.index()], Life::DEAD);
        assert!(life != Life::DEAD, "a context dies once");
        self.dead += 1;
        life.slot()
    }
}
