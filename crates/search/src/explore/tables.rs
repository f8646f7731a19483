//! The parts of all states that were met, and what choices do to them. Other scenarios can use them, too, if they are alike.

use super::ending::Ending;
use super::intern::Interned;
use super::links::{Links, Queued};
use super::reduce::Ahead;
use crate::link::Item;
use crate::scenario::Action;
use crate::simulation::Part;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What a choice does.
#[derive(Debug)]
pub(super) struct Move {
    pub links: u32,
    pub contexts: usize,
    /// The contexts that are other parts now.
    pub parts: Vec<(u32, u32)>,
    /// What was sent, by lane.
    pub sent: Vec<(u32, u32)>,
    /// The lanes that nobody hears any more.
    pub silenced: Vec<u32>,
    /// Whether it does no more than the protocol says it does: see [`Family::only_rises`](crate::process::Family::only_rises).
    pub is_as_said: bool,
}

/// What tells moves apart: the lane or 0 for a step, the contexts and links, the item or step, and the part that is asked.
pub(super) type Case = [u32; 4];

/// Items with how many copies of each come right behind each other.
type Items = Arc<[(u32, u64)]>;

/// The parts of all states that were met, and what choices do to them. All of them have numbers from 1.
#[derive(Default)]
pub(super) struct Tables {
    pub links: Interned<Arc<Links>>,
    pub items: Interned<Item>,
    pub lanes: Interned<Items>,
    pub parts: Interned<Part>,
    moves: RwLock<FxHashMap<Case, Arc<Move>>>,
    steps: Mutex<Steps>,
    endings: Mutex<Endings>,
    /// About how much memory the moves and endings take, in bytes, and what the workers keep of them.
    bytes: AtomicU64,
}

/// Steps of scenarios.
#[derive(Default)]
struct Steps {
    /// The number of each step: its place, and what it does.
    steps: FxHashMap<(u32, Action), u32>,
    /// The number of each step with those after it.
    lists: FxHashMap<(u32, u32), u32>,
}

/// Endings by their numbers, and the number of each.
#[derive(Default)]
struct Endings {
    numbers: BTreeMap<Arc<Ending>, u32>,
    all: Vec<Arc<Ending>>,
}

impl Tables {
    /// About how much memory they take, in bytes.
    pub fn memory(&self) -> u64 {
        let parts = self.links.memory() + self.items.memory() + self.lanes.memory() + self.parts.memory();
        parts + self.bytes.load(Ordering::Relaxed)
    }

    /// That many bytes more are kept somewhere.
    pub fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The move of a case, if it was tried.
    pub fn find(&self, case: Case) -> Option<Arc<Move>> {
        self.moves.read().unwrap_or_else(PoisonError::into_inner).get(&case).cloned()
    }

    /// Keeps the move of a case.
    pub fn keep(&self, case: Case, found: Move) -> Arc<Move> {
        let lists = (found.parts.capacity() + found.sent.capacity()) * 8 + found.silenced.capacity() * 4;
        self.count(size_of::<Move>() + lists + 96);
        let mut moves = self.moves.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(moves.entry(case).or_insert_with(|| Arc::new(found)))
    }

    /// The number of some items on a lane; 0 for none.
    pub fn queue(&self, items: &[(u32, u64)]) -> u32 {
        if items.is_empty() {
            return 0;
        }
        let mut bytes = Vec::with_capacity(items.len() * 12);
        for (item, copies) in items {
            bytes.extend(item.to_le_bytes());
            bytes.extend(copies.to_le_bytes());
        }
        self.lanes.number(&bytes, size_of_val(items), || items.into())
    }

    /// The number of some items behind others.
    pub fn joined(&self, before: u32, behind: u32) -> u32 {
        let mut items = self.lanes.value(before).to_vec();
        for (item, copies) in self.lanes.value(behind).iter() {
            match items.last_mut() {
                Some((last, count)) if last == item => *count = count.saturating_add(*copies),
                _ => items.push((*item, *copies)),
            }
        }
        self.count(24);
        self.queue(&items)
    }

    /// The numbers of the steps of a scenario from `first` on, by place, each on its own and with all after it.
    pub fn steps(&self, actions: &[Action]) -> Vec<(u32, u32)> {
        let mut known = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.steps.len() + known.lists.len();
        let mut after = 0;
        let mut numbers = Vec::with_capacity(actions.len() + 1);
        numbers.push((0, 0));
        for (place, action) in (0..actions.len() as u32).zip(actions).rev() {
            let next = known.steps.len() as u32 + 1;
            let step = *known.steps.entry((place, *action)).or_insert(next);
            let next = known.lists.len() as u32 + 1;
            after = *known.lists.entry((step, after)).or_insert(next);
            numbers.push((step, after));
        }
        let added = known.steps.len() + known.lists.len() - before;
        if added > 0 {
            self.count(added * 48);
        }
        numbers.reverse();
        numbers
    }

    /// The number of an ending.
    pub fn ending(&self, ending: Ending) -> u32 {
        let mut endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = endings.numbers.get(&ending) {
            return *number;
        }
        self.count(1_000);
        let ending = Arc::new(ending);
        endings.all.push(Arc::clone(&ending));
        let number = u32::try_from(endings.all.len()).expect("fewer than 2^32 endings");
        endings.numbers.insert(ending, number);
        number
    }

    /// The endings with these numbers, in their order.
    pub fn endings(&self, numbers: &[u32]) -> Vec<Ending> {
        let endings = self.endings.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.iter().map(|number| Ending::clone(&endings.all[*number as usize - 1])).collect()
    }
}

/// What a worker needs of the tables, where it need not wait for others.
#[derive(Default)]
pub(super) struct Near {
    pub links: Vec<Option<Arc<Links>>>,
    pub queued: Vec<Option<Queued>>,
    pub moves: FxHashMap<Case, Arc<Move>>,
    /// Items behind others.
    pub behind: FxHashMap<(u32, u32), u32>,
    /// By the contexts and links, the steps that are left, and whether the scenario is orderly.
    pub ahead: FxHashMap<(u32, u32, bool), Ahead>,
    /// By the contexts and links, and the parts.
    pub endings: FxHashMap<Box<[u32]>, u32>,
}
