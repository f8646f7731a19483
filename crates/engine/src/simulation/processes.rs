//! The processes that something has reached, in slots that are reused.

use crate::process::{Birth, Process};

/// All processes. The first is the master's.
#[derive(Clone, Debug)]
pub(super) struct Processes<P> {
    processes: Vec<P>,
    /// The slots of the dead, free for reuse.
    free: Vec<usize>,
}

impl<P> Default for Processes<P> {
    fn default() -> Self {
        Processes { processes: Vec::new(), free: Vec::new() }
    }
}

impl<P: Process> Processes<P> {
    /// Leaves the master alone; keeps the allocations.
    pub fn reset(&mut self, config: P::Config) {
        match self.processes.first_mut() {
            Some(first) => first.become_root(config),
            None => self.processes.push(P::root(config)),
        }
        self.free.clear();
        self.free.extend((1..self.processes.len()).rev());
    }

    /// The master alone.
    #[cfg(feature = "programs")]
    pub fn of_master(master: P) -> Self {
        Processes { processes: vec![master], free: Vec::new() }
    }

    /// How the slots are laid out: how many there are, and which of them are free.
    pub fn layout(&self) -> (usize, &[usize]) {
        (self.processes.len(), &self.free)
    }

    /// Lays out the slots, with `blank` in each.
    pub fn lay_out(&mut self, slots: usize, free: &[usize], blank: &P) {
        self.processes.clear();
        self.processes.resize(slots, blank.clone());
        self.free.clear();
        self.free.extend_from_slice(free);
    }

    /// Makes the process of a child. Returns its slot.
    pub fn add(&mut self, birth: Birth, config: P::Config) -> usize {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.processes[slot].become_child(birth, config);
                slot
            }
            None => {
                self.processes.push(P::child(birth, config));
                self.processes.len() - 1
            }
        };
        let (master, children) = self.processes.split_first_mut().expect("the master is there");
        children[slot - 1].join(master);
        slot
    }

    /// The process in a slot is no longer needed.
    pub fn free(&mut self, slot: usize) {
        self.processes[slot].bury();
        self.free.push(slot);
    }

    #[inline]
    pub fn get(&self, slot: usize) -> &P {
        &self.processes[slot]
    }

    #[inline]
    pub fn get_mut(&mut self, slot: usize) -> &mut P {
        &mut self.processes[slot]
    }
}
