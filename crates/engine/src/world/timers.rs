//! The timers of processes: which ones are set, and for when.

use crate::link::Incarnation;
use crate::process::TimerId;
use crate::time::Time;
use std::collections::BTreeMap;

/// The number of a timer in the event queue.
pub(crate) type TimerSlot = u32;

/// All timers that were ever set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    slots: Vec<Timer>,
    places: BTreeMap<(Incarnation, TimerId), TimerSlot>,
}

#[derive(Clone, Copy, Debug)]
struct Timer {
    context: Incarnation,
    timer: TimerId,
    /// When it is due, and its place among everything that was put in the queue; `None` if it is not set.
    at: Option<(Time, u64)>,
}

impl Timers {
    pub fn clear(&mut self) {
        self.slots.clear();
        self.places.clear();
    }

    /// Sets a timer, or moves it.
    pub fn set(&mut self, context: Incarnation, timer: TimerId, at: Option<(Time, u64)>) -> TimerSlot {
        let slots = &mut self.slots;
        let slot = *self.places.entry((context, timer)).or_insert_with(|| {
            slots.push(Timer { context, timer, at });
            u32::try_from(slots.len() - 1).expect("fewer than 2^32 timers")
        });
        self.slots[slot as usize].at = at;
        slot
    }

    /// Clears a timer, if it is set.
    pub fn unset(&mut self, context: Incarnation, timer: TimerId) {
        if let Some(slot) = self.places.get(&(context, timer)) {
            self.slots[*slot as usize].at = None;
        }
    }

    /// Clears all timers of a context, which dies.
    pub fn forget(&mut self, context: Incarnation) {
        if self.places.is_empty() {
            return;
        }
        for (_, slot) in self.places.range((context, TimerId(0))..=(context, TimerId(u32::MAX))) {
            self.slots[*slot as usize].at = None;
        }
    }

    /// All timers that are set, by the time for which they are and then in the order in which they were set: time, place,
    /// owner, timer.
    pub fn in_order(&self) -> Vec<(Time, u64, Incarnation, TimerId)> {
        let set = self.slots.iter().filter_map(|timer| Some((timer.at?, timer)));
        let mut set: Vec<_> = set.map(|((at, place), timer)| (at, place, timer.context, timer.timer)).collect();
        set.sort_unstable();
        set
    }

    /// Whether a timer is set for this time.
    pub fn is_due(&self, slot: TimerSlot, at: Time, fifo: u64) -> bool {
        self.slots[slot as usize].at == Some((at, fifo))
    }

    /// Takes a timer that is due: it is no longer set. Returns which timer it is, and whose.
    pub fn take(&mut self, slot: TimerSlot) -> (Incarnation, TimerId) {
        let timer = &mut self.slots[slot as usize];
        timer.at = None;
        (timer.context, timer.timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a timer that is cleared and set again for the same time does not come back in its old place.
    #[test]
    fn a_timer_has_the_place_of_its_last_setting() {
        let (mut timers, at) = (Timers::default(), Time::from_ns(10));
        let set = |timers: &mut Timers, fifo| timers.set(Incarnation(1), TimerId(1), Some((at, fifo)));
        let slot = set(&mut timers, 1);
        timers.unset(Incarnation(1), TimerId(1));
        assert!(!timers.is_due(slot, at, 1));
        assert_eq!(set(&mut timers, 3), slot);
        assert_eq!([1, 3].map(|fifo| timers.is_due(slot, at, fifo)), [false, true]);
    }
}
