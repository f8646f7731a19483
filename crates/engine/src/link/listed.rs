//! Where the two directions of a link are in their lists of latencies.

use super::Direction;
use crate::process::StateWriter;
use crate::scenario::Catalog;
use crate::scenario::latency::{ListId, Lists};
use crate::time::Span;
use std::sync::Arc;

/// The lists of a link. Each item that is put on a lane takes the next latency of its list, and the last one goes on.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    lanes: [List; 2],
}

#[derive(Clone, Debug)]
struct List {
    latencies: Arc<[Span]>,
    /// The place of the next latency.
    next: usize,
}

impl Listed {
    /// Both lists at their start.
    pub fn new(lists: Lists<ListId>, catalog: &Catalog) -> Self {
        let Lists { down, up } = lists.map(|list| List { latencies: Arc::clone(catalog.latencies(list)), next: 0 });
        Listed { lanes: [down, up] }
    }

    /// The latency that the next item of a direction takes.
    pub fn next(&self, direction: Direction) -> Span {
        let List { latencies, next } = &self.lanes[direction as usize];
        latencies[*next]
    }

    /// The latency that the next item of a direction takes, which is put on the wire.
    pub fn take(&mut self, direction: Direction) -> Span {
        let latency = self.next(direction);
        self.pass(direction, 1);
        latency
    }

    /// So many items of a direction have taken theirs.
    pub fn pass(&mut self, direction: Direction, items: u64) {
        let List { latencies, next } = &mut self.lanes[direction as usize];
        let items = usize::try_from(items).unwrap_or(usize::MAX);
        *next = next.saturating_add(items).min(latencies.len() - 1);
    }

    /// Writes the places. A list ends with no two equal latencies, so each place up to the last one makes a difference.
    pub fn write_state(&self, state: &mut StateWriter<'_>) {
        self.lanes.iter().for_each(|list| state.len(list.next));
    }
}
