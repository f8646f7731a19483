//! A state of a run, as the numbers of its parts.

use crate::link::{Direction, Incarnation, LaneId};

/// A state. Two states are equal if all of their numbers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The place of the next step.
    pub next_step: u32,
    /// The contexts and links.
    pub links: u32,
    /// What is on each lane, by [`lane_place`]; 0 for nothing.
    pub lanes: Vec<u32>,
    /// The part that each context is; 0 if it has no process.
    pub parts: Vec<u32>,
}

/// The place of a lane in [`State::lanes`].
pub(super) fn lane_place(lane: LaneId) -> usize {
    // The master has no link.
    lane.raw() as usize - 2
}

/// The lane at a place in [`State::lanes`].
pub(super) fn lane_at(place: usize) -> LaneId {
    let child = Incarnation(u32::try_from(place / 2 + 1).expect("fewer than 2^31 contexts"));
    LaneId::new(child, Direction::BOTH[place % 2])
}

impl State {
    /// Makes it as large as it must be for this many contexts.
    pub fn grow(&mut self, contexts: usize) {
        self.lanes.resize(2 * contexts - 2, 0);
        self.parts.resize(contexts, 0);
    }

    /// Becomes the same as another state.
    pub fn copy(&mut self, other: &State) {
        self.next_step = other.next_step;
        self.links = other.links;
        self.lanes.clone_from(&other.lanes);
        self.parts.clone_from(&other.parts);
    }

    /// Appends it to `key`.
    pub fn write(&self, key: &mut Vec<u8>) {
        put(key, self.next_step);
        put(key, self.links);
        self.parts.iter().chain(&self.lanes).for_each(|number| put(key, *number));
    }

    /// Becomes the state that was written to `key`.
    pub fn read(&mut self, mut key: &[u8]) {
        self.next_step = take(&mut key);
        self.links = take(&mut key);
        self.parts.clear();
        while !key.is_empty() {
            self.parts.push(take(&mut key));
        }
        // There are two lanes for each context but the master.
        let contexts = self.parts.len().div_ceil(3);
        self.lanes.clear();
        self.lanes.extend(self.parts.drain(contexts..));
    }
}

/// Appends a number, in as many bytes as it needs: seven bits in each, and a mark on all but the last.
fn put(key: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        key.push(number as u8 | 0x80);
        number >>= 7;
    }
    key.push(number as u8);
}

/// Takes a number that was put there.
fn take(key: &mut &[u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = key.split_first() {
        *key = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a state can be read from what was written of it.
    #[test]
    fn what_is_written_can_be_read() {
        for contexts in 1..5 {
            let mut state = State { next_step: 3, links: 300, ..State::default() };
            state.grow(contexts);
            for (place, number) in state.parts.iter_mut().chain(&mut state.lanes).enumerate() {
                *number = [0, 127, 128, u32::MAX][place % 4];
            }
            let mut key = Vec::new();
            state.write(&mut key);
            let mut read = State::default();
            read.read(&key);
            assert_eq!(read, state);
        }
    }
}
