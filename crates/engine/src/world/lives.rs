//! Which contexts are alive, and which process belongs to each.

use crate::link::Incarnation;

/// Where the process of a context is: in a slot, or nowhere, because the context is dead or has not needed one yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(u32);

impl Life {
    const DEAD: Life = Life(u32::MAX);
    /// Nothing has reached it since its birth.
    ///
    /// Most contexts of a large tree are leaves that only ever connect. Until something reaches such a newborn, the
    /// only thing to say about its process is whose child it is, so the process is not made. That cannot be seen from
    /// outside.
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

impl Clone for Lives {
    fn clone(&self) -> Self {
        Lives { lives: self.lives.clone(), dead: self.dead }
    }

    fn clone_from(&mut self, other: &Self) {
        self.lives.clone_from(&other.lives);
        self.dead = other.dead;
    }
}

impl Lives {
    /// Leaves the master alone, whose process is in the first slot; keeps the allocations.
    pub(super) fn reset(&mut self) {
        self.lives.clear();
        self.lives.push(Life(0));
        self.dead = 0;
    }

    /// Makes room for this many more contexts.
    pub(super) fn reserve(&mut self, contexts: usize) {
        self.lives.reserve_exact(contexts);
    }

    /// A context is born.
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

    /// Notes the slot of a newborn's process, which has just been made.
    pub(crate) fn settle(&mut self, context: Incarnation, slot: usize) {
        let slot = u32::try_from(slot).ok().map(Life).filter(|life| *life < Life::NEWBORN);
        self.lives[context.index()] = slot.expect("fewer than 2^32 - 2 processes");
    }

    /// A context dies. Returns the slot of its process, if it had one.
    ///
    /// # Panics
    /// If it is already dead.
    pub(crate) fn end(&mut self, context: Incarnation) -> Option<usize> {
        let life = std::mem::replace(&mut self.lives[context.index()], Life::DEAD);
        assert!(life != Life::DEAD, "a context can only die once");
        self.dead += 1;
        life.slot()
    }
}
