//! Whether a state of a run comes back. If one does after the last step, the run never ends.
//!
//! A run is deterministic, and after the last step nothing comes from outside. So what follows a state depends on the state
//! alone, and if two states are equal, the run goes from one to the other again and again. Then the last state that is
//! known is equal to an earlier one, too: that of one round before. So it is enough to ask whether *this* state was there
//! before.

use super::search::{Glimpse, Kept, LOOKS_EACH, Search};
use super::{Memory, Progress, Simulation};
use crate::event_queue::EventKey;
use crate::process::{Process, StateWriter};
use crate::time::Time;
use crate::trace::Record;
use crate::world::{Due, SimulationError, Watch};
use std::ops::ControlFlow;

/// How often `progress` is called, in looks at a state.
const LOOKS: u64 = 65_536;

/// How much of states is compared before the question is given up, in items on wires and contexts. Without this, a flood
/// of many messages would be compared with itself for minutes.
const COMPARED_MAX: u64 = 1 << 24;

impl<P: Process> Simulation<'_, P> {
    /// Writes all that decides what the rest of the run does. Two runs of one scenario under one monitor, or two moments of
    /// one run, whose states are equal do the same from there on: the same events after the same spans, with the same
    /// records. `quiet` copies may be counted or not.
    pub fn write_state(&self, state: &mut StateWriter<'_>) {
        self.world.write_state(state);
        self.write_processes(state);
    }

    fn write_processes(&self, state: &mut StateWriter<'_>) {
        for context in self.world.topology().contexts() {
            if state.is_decided() {
                return;
            }
            if let Some(slot) = self.world.lives.get(context).slot() {
                self.processes.get(slot).write_state(self.world.clock(), state);
            }
        }
    }

    /// Whether the state of this run, which was stopped, was there before, after the last step. The run is done again to
    /// find out, so this takes about as long as the run itself without its checks. The answer is no, at once, where
    /// latencies are drawn for each message, or where nothing like this state was glimpsed before, as in most floods; and
    /// also where too much would have to be compared ([`COMPARED_MAX`]).
    /// `progress` is called from time to time; if it breaks, the answer is no.
    ///
    /// # Errors
    /// As for [`step`](Self::step).
    pub fn comes_back(
        &mut self,
        mut progress: impl FnMut(u64, Time) -> ControlFlow<()>,
    ) -> Result<bool, SimulationError> {
        let Some(last) = self.glimpse().filter(|last| self.has_glimpsed(last) && self.is_known()) else {
            return Ok(false);
        };
        let mut kept = None;
        let mut again = Simulation::<P>::in_memory(Memory::default(), self.world.scenario(), Watch::Records);
        again.repeats = None;
        let (mut looks, mut compared) = (0_u64, 0_u64);
        while again.world.events() < self.world.events() {
            let now = again.glimpse();
            if now == Some(last) {
                if again.world.may_equal(&self.world) {
                    let kept = kept.get_or_insert_with(|| self.keep(last).expect("all of it is known"));
                    if again.equals(kept) {
                        return Ok(true);
                    }
                }
                compared += again.items();
                if compared > COMPARED_MAX {
                    return Ok(false);
                }
            }
            looks += 1;
            if looks.is_multiple_of(LOOKS) && progress(again.world.events(), again.world.clock()).is_break() {
                return Ok(false);
            }
            let most = most_towards(now, last).min(self.world.events() - again.world.events());
            if !matches!(again.step_up_to(most)?, Progress::Event { .. }) {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Whether anything is to be noted or compared after the last step.
    #[inline]
    pub(super) fn looks_for_repeats(&self) -> bool {
        self.repeats.as_ref().is_some_and(|repeats| repeats.search.is_some() || repeats.glimpsed.is_on)
    }

    /// Goes on with the search, if there is one: whether it has found that the run never ends. `most` is lowered where a
    /// state in between must be looked at. `key` and `due` are what is due next, after the last step.
    #[inline]
    pub(super) fn search(&mut self, most: &mut u64, key: EventKey, due: Due) -> bool {
        let Some(search) = self.repeats.as_mut().and_then(|repeats| repeats.search.as_mut()) else { return false };
        search.looks += 1;
        search.is_worth_it(due) && self.look_back(most, key, due)
    }

    /// As [`search`](Self::search), in a state that must be looked at.
    fn look_back(&mut self, most: &mut u64, key: EventKey, due: Due) -> bool {
        let Some(mut search) = self.repeats.as_mut().and_then(|repeats| repeats.search.take()) else { return false };
        if search.kept.is_none() {
            let wanted = LOOKS_EACH.saturating_mul(self.items());
            if search.looks < wanted {
                search.wake = wanted;
                self.go_on_with(search);
                return false;
            }
        }
        let now = self.glimpse_of(key, due);
        if search.kept.as_ref().is_some_and(|kept| now == kept.glimpse && self.equals(kept)) {
            self.world.happened.records.push(Record::Storm);
            return true;
        }
        if search.looks >= search.next {
            search.kept = self.keep(now);
            search.next = search.looks.saturating_mul(2);
        }
        // A state that cannot be kept is no better later on.
        if let Some(kept) = &search.kept {
            *most = (*most).min(most_towards(Some(now), kept.glimpse));
            self.go_on_with(search);
        }
        false
    }

    fn go_on_with(&mut self, search: Search) {
        if let Some(repeats) = &mut self.repeats {
            repeats.search = Some(search);
        }
    }

    /// Before the first event: what is due is noted from now on, so that [`comes_back`](Self::comes_back) is answered sooner.
    /// For a run that is likely to be stopped.
    pub fn note_glimpses(&mut self) {
        if let Some(repeats) = &mut self.repeats {
            repeats.glimpsed.is_on = true;
        }
    }

    /// After the last step, `due` is next, in so many nanoseconds, with so many entries on the wires.
    #[inline]
    pub(super) fn note_glimpse(&mut self, due: Due, left: u64, on_wires: usize) {
        if let Some(repeats) = &mut self.repeats
            && repeats.glimpsed.is_on
        {
            repeats.glimpsed.note(due, left, on_wires);
        }
    }

    /// Whether the same may have been glimpsed since the last step.
    fn has_glimpsed(&self, glimpse: &Glimpse) -> bool {
        self.repeats.as_ref().is_none_or(|repeats| repeats.glimpsed.has(glimpse))
    }

    /// About how large a state is: the items on wires, and the contexts.
    fn items(&self) -> u64 {
        (self.world.wire.len() + self.world.topology().len()) as u64
    }

    /// Whether no part of the state is unknown.
    fn is_known(&self) -> bool {
        let mut state = StateWriter::default();
        self.write_processes(&mut state);
        self.world.is_known() && state.into_bytes().is_some()
    }

    /// The state of this moment, whose glimpse is `now`; `None` if a part of it is unknown.
    fn keep(&self, now: Glimpse) -> Option<Kept> {
        let mut state = StateWriter::default();
        self.write_state(&mut state);
        Some(Kept { glimpse: now, bytes: state.into_bytes()? })
    }

    /// Whether this is the kept state. Worth its cost only if the glimpses are the same.
    fn equals(&self, kept: &Kept) -> bool {
        let mut state = StateWriter::comparing(&kept.bytes);
        self.write_state(&mut state);
        state.is_equal()
    }

    /// What is due next; `None` if nothing is, or if a step is left.
    #[inline]
    fn glimpse(&mut self) -> Option<Glimpse> {
        if self.world.has_steps() {
            return None;
        }
        let (key, due) = self.world.next_due()?;
        Some(self.glimpse_of(key, due))
    }

    /// The same, where that is known.
    fn glimpse_of(&self, key: EventKey, due: Due) -> Glimpse {
        let copies = match due {
            Due::Arrival(lane) => self.world.first_on(lane).map_or(0, |first| first.copies),
            Due::Step(_) | Due::Keepalive(_) | Due::Timer(_) => 0,
        };
        let left = key.time.as_ns() - self.world.clock().as_ns();
        Glimpse { due, left, copies, on_wires: self.world.wire.len() }
    }
}

/// How many copies of the next message can be handled as one before the state might be the kept one. While they are,
/// nothing changes but what is sent and how many of them are left.
fn most_towards(now: Option<Glimpse>, kept: Glimpse) -> u64 {
    match now {
        Some(now) if now.due == kept.due && now.copies > kept.copies => now.copies - kept.copies,
        _ => u64::MAX,
    }
}
