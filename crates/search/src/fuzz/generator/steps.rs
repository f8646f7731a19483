//! The steps of a case: drawn one by one, and each applied to the model of the tree at once.
//!
//! A swizzle is many steps over a time, so it only leaves notes of what is due when, and other steps come in between.
//! Whatever is due at a time comes before a step at that time.

use super::dice::Dice;
use super::draft::Draft;
use super::links::Links;
use super::tree::{Group, MASTER, Node, Tree};
use crate::fuzz::mix::{Phases, Weights};
use crate::fuzz::profile::{Pace, Profile};
use crate::process::{ContextId, Data, Name};
use crate::scenario::{Action, Connect, Step, StepKind, Ways};
use crate::time::{Span, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The most links that a swizzle stops.
const SWIZZLE_MAX: usize = 64;

/// Something that is due later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A link of a swizzle stops.
    Stop,
    /// A link of a swizzle heals.
    Heal,
    /// The keepalive of a link closes it.
    GiveUp,
    /// An id may be used again.
    Free,
}

/// The time, the number of the note, what is due, and the node.
type Note = (u64, u32, Due, u32);

/// The state of drawing the steps of a case.
pub struct Drawing {
    tree: Tree,
    links: Links,
    dice: Dice,
    weights: Weights,
    pace: Pace,
    contexts_max: u32,
    has_sizes: bool,
    uses_ids_again: bool,
    /// The largest factor of any slow link so far.
    slowest: u32,
    next_id: u32,
    now: u64,
    notes: BinaryHeap<Reverse<Note>>,
    notes_made: u32,
    /// Lives that are surely over, whose ids can be used again.
    free: Vec<Node>,
    steps: Vec<Step>,
}

impl Drawing {
    pub fn new(profile: &Profile, draft: &Draft, tree: Tree, links: Links, dice: Dice) -> Self {
        Drawing {
            next_id: tree.len(),
            tree,
            links,
            dice,
            weights: draft.weights,
            pace: draft.pace,
            contexts_max: profile.contexts_max(),
            has_sizes: draft.has_bandwidth,
            uses_ids_again: profile.kinds.get(StepKind::Reconnect) > 0,
            slowest: 1,
            now: 0,
            notes: BinaryHeap::new(),
            notes_made: 0,
            free: Vec::new(),
            steps: Vec::with_capacity(draft.steps as usize + 16),
        }
    }

    /// Draws all steps, and those that heal everything at the end. Returns the lengths of the phases.
    pub fn draw(&mut self, steps: u32) -> Phases {
        self.now = self.join();
        let first = self.now;
        for n in 0..steps {
            if n > 0 {
                let gap = self.gap();
                self.advance(self.now + gap);
            }
            if !self.step() {
                break;
            }
        }
        let swizzles = self.notes.iter().filter(|note| note.0.2 <= Due::Heal).map(|note| note.0.0);
        self.advance(swizzles.max().unwrap_or_default().max(self.now));
        let last = self.now;
        let wait = self.wait();
        self.advance(last + wait);
        self.heal_all();
        Phases { join: span(0, first), faults: span(first, last), wait: span(last, last + wait) }
    }

    /// The steps, and the tree for its memory.
    pub fn into_parts(self) -> (Vec<Step>, Tree) {
        (self.steps, self.tree)
    }

    // Times.

    /// A time long enough for news to reach everyone.
    fn settling(&self) -> u64 {
        self.links.hop * self.links.patience * u64::from(2 * self.tree.depth() + 2)
    }

    /// The time of the first step: in three of four cases, after everyone has joined.
    fn join(&mut self) -> u64 {
        if self.pace == Pace::Settling || self.dice.below(4) > 0 {
            return self.settling();
        }
        self.quarters(4 * self.tree.depth() + 1)
    }

    fn gap(&mut self) -> u64 {
        match self.pace {
            Pace::Burst if self.dice.below(4) > 0 => 0,
            Pace::Burst => self.quarters(4),
            Pace::Racing => self.quarters(9),
            Pace::Settling => self.settling(),
        }
    }

    fn wait(&mut self) -> u64 {
        match self.pace {
            Pace::Settling => self.settling(),
            Pace::Burst | Pace::Racing => self.links.hop / 4 + self.quarters(33),
        }
    }

    /// A random number of quarters of a hop, so many steps meet arrivals at the same time.
    fn quarters(&mut self, end: u32) -> u64 {
        self.links.hop * u64::from(self.dice.below(end)) / 4
    }

    fn note(&mut self, at: u64, due: Due, node: Node) {
        self.notes.push(Reverse((at, self.notes_made, due, node.0)));
        self.notes_made += 1;
    }

    /// Advances to a time, and does whatever is due by then.
    fn advance(&mut self, to: u64) {
        while let Some(Reverse((at, _, due, node))) = self.notes.peek().copied().filter(|note| note.0.0 <= to) {
            self.notes.pop();
            self.now = self.now.max(at);
            self.fall_due(due, Node(node));
        }
        self.now = to;
    }

    fn fall_due(&mut self, due: Due, node: Node) {
        match due {
            Due::Stop if self.tree.is_in(node, Group::Whole) => self.partition(node, Ways::Both),
            Due::Heal if self.tree.is_in(node, Group::Cut) => self.heal(node),
            Due::GiveUp if self.tree.gives_up_at(node) == Some(self.now) => {
                self.tree.give_up(node);
                self.free_the_dead(1);
            }
            Due::Free => self.free.push(node),
            Due::Stop | Due::Heal | Due::GiveUp => {}
        }
    }

    // One step.

    /// Draws one of the possible steps. Returns false if there is none.
    fn step(&mut self) -> bool {
        let possible = self.weights.on().filter(|(kind, _)| self.is_possible(*kind));
        let mut kinds = [(StepKind::Call, 0); StepKind::COUNT];
        let mut count = 0;
        for kind in possible {
            kinds[count] = kind;
            count += 1;
        }
        if count == 0 {
            return false;
        }
        let kind = self.dice.weighted(kinds[..count].iter().copied());
        self.take(kind);
        true
    }

    fn is_possible(&self, kind: StepKind) -> bool {
        let has_any = |group| !self.tree.group(group).is_empty();
        let has_room = || (self.tree.group(Group::Alive).len() as u32) < self.contexts_max && has_any(Group::Roomy);
        match kind {
            StepKind::Connect => has_room(),
            StepKind::Reconnect => !self.free.is_empty() && has_room(),
            StepKind::Kill => has_any(Group::Alive),
            StepKind::Disconnect | StepKind::Shutdown | StepKind::Detach => has_any(Group::Open),
            StepKind::Partition | StepKind::PartitionDown | StepKind::PartitionUp => has_any(Group::Whole),
            StepKind::Slow | StepKind::Swizzle => has_any(Group::Whole),
            StepKind::Heal => has_any(Group::Cut),
            StepKind::Call | StepKind::Send => true,
        }
    }

    fn take(&mut self, kind: StepKind) {
        match kind {
            StepKind::Connect => self.connect(),
            StepKind::Reconnect => self.reconnect(),
            StepKind::Kill => self.kill(),
            StepKind::Disconnect => self.disconnect(),
            StepKind::Partition => self.partition_any(Ways::Both),
            StepKind::PartitionDown => self.partition_any(Ways::Down),
            StepKind::PartitionUp => self.partition_any(Ways::Up),
            StepKind::Heal => {
                let node = self.pick(Group::Cut);
                self.heal(node);
            }
            StepKind::Slow => self.slow(),
            StepKind::Swizzle => self.swizzle(),
            StepKind::Shutdown => self.shutdown(),
            StepKind::Detach => self.detach(),
            StepKind::Call => self.message(|from, to, data| Action::Call { from, to, data }),
            StepKind::Send => {
                self.message(|from, to, data| Action::Send { from, to, data: Data { reply_len: 0, ..data } })
            }
        }
    }

    fn pick(&mut self, group: Group) -> Node {
        self.tree.pick(group, &mut self.dice)
    }

    fn push(&mut self, action: Action) {
        self.steps.push(Step::new(time(self.now), action));
    }

    fn connect(&mut self) {
        let parent = self.pick(Group::Roomy);
        let id = ContextId(self.next_id);
        self.next_id += 1;
        self.connect_as(id, parent);
    }

    fn connect_as(&mut self, id: ContextId, parent: Node) {
        let link = self.links.pick(&mut self.dice);
        self.tree.connect(id, parent, link);
        let parent = self.tree.id(parent);
        self.push(Action::Connect(Connect { id, parent, name: Some(Name::OF_CONTEXT), link: link.id }));
    }

    /// Uses an id again: in one of two cases that of the dead parent of an orphan, below that orphan, if there is one; else
    /// any id, anywhere.
    fn reconnect(&mut self) {
        let orphaned = self.tree.group(Group::Orphaned).len();
        if orphaned > 0 && self.dice.below(2) == 0 {
            let orphan = self.pick(Group::Orphaned);
            let parent = self.tree.parent(orphan);
            let place = self.free.iter().position(|free| *free == parent);
            if let (Some(place), Some(orphan)) = (place, self.tree.room_at(orphan)) {
                self.free.swap_remove(place);
                return self.connect_as(self.tree.id(parent), orphan);
            }
        }
        let place = self.dice.below(self.free.len() as u32) as usize;
        let node = self.free.swap_remove(place);
        let parent = self.pick(Group::Roomy);
        self.connect_as(self.tree.id(node), parent);
    }

    fn kill(&mut self) {
        let node = self.pick(Group::Alive);
        self.push(Action::Kill { id: self.tree.id(node) });
        self.tree.kill(node);
        self.free_the_dead(0);
    }

    fn disconnect(&mut self) {
        let node = self.pick(Group::Open);
        self.push(Action::Disconnect { id: self.tree.id(node) });
        self.tree.disconnect(node);
        self.free_the_dead(1);
    }

    fn partition_any(&mut self, ways: Ways) {
        let node = self.pick(Group::Whole);
        self.partition(node, ways);
    }

    fn partition(&mut self, node: Node, ways: Ways) {
        self.push(Action::Partition { id: self.tree.id(node), ways });
        self.tree.partition(node, ways, self.now);
        self.watch(node);
    }

    /// Heals all cut links of an id, including those of its earlier lives.
    fn heal(&mut self, node: Node) {
        let id = self.tree.id(node);
        self.push(Action::Heal { id });
        if !self.uses_ids_again {
            return self.heal_life(node);
        }
        let mut lives = self.tree.group(Group::Cut).to_vec();
        lives.retain(|life| self.tree.id(*life) == id);
        lives.into_iter().for_each(|life| self.heal_life(life));
    }

    fn heal_life(&mut self, node: Node) {
        self.tree.heal(node, self.now);
        self.watch(node);
        self.free_the_dead(1);
    }

    /// Makes a link slow, or, if one is slow, restores one in one of three cases.
    fn slow(&mut self) {
        if !self.tree.group(Group::Slowed).is_empty() && self.dice.below(3) == 0 {
            let node = self.pick(Group::Slowed);
            return self.slow_by(node, 1);
        }
        let node = self.pick(Group::Whole);
        let factor = self.dice.pick(&[2, 4, 16, 64]);
        self.slow_by(node, factor);
    }

    fn slow_by(&mut self, node: Node, factor: u32) {
        self.push(Action::Slow { id: self.tree.id(node), factor });
        self.slowest = self.slowest.max(factor);
        self.tree.slow(node, factor, self.now);
        self.watch(node);
    }

    /// The links at and below a context stop one by one in the first half of a time of one to eight hops, and heal in
    /// another order in the second half.
    fn swizzle(&mut self) {
        let root = self.pick(Group::Whole);
        let mut nodes = self.tree.whole_below(root, SWIZZLE_MAX);
        let half = self.links.hop * u64::from(1 + self.dice.below(8)) / 2;
        let start = self.now;
        for (due, start) in [(Due::Stop, start), (Due::Heal, start + half)] {
            self.dice.shuffle(&mut nodes);
            for (n, node) in nodes.iter().enumerate() {
                self.note(start + half * n as u64 / nodes.len() as u64, due, *node);
            }
        }
        // The first link stops now.
        self.advance(start);
    }

    /// A context is asked to shut down, by its parent or by the master.
    fn shutdown(&mut self) {
        let node = self.pick(Group::Open);
        let from = if self.dice.below(2) == 0 { MASTER } else { self.tree.parent(node) };
        self.push(Action::Shutdown { id: self.tree.id(node), from: self.tree.id(from) });
        // It may take long, or never happen, so none of these ids is used again.
        self.tree.kill(node);
    }

    fn detach(&mut self) {
        let node = self.pick(Group::Open);
        self.push(Action::Detach { id: self.tree.id(node) });
        self.tree.detach(node);
    }

    /// A message between two live contexts, or, in one of eight cases, to any context that ever lived.
    fn message(&mut self, action: fn(ContextId, ContextId, Data) -> Action) {
        let from = self.tree.anyone(&mut self.dice);
        let to = match self.dice.below(8) {
            0 => Node(self.dice.below(self.tree.len())),
            _ => self.tree.anyone(&mut self.dice),
        };
        let data = if self.has_sizes { self.sizes() } else { Data::default() };
        self.push(action(self.tree.id(from), self.tree.id(to), data));
    }

    fn sizes(&mut self) -> Data {
        Data { len: 1 << self.dice.below(17), reply_len: 1 << self.dice.below(17) }
    }

    // What follows from a step.

    /// Notes when the keepalive of a link would close it.
    fn watch(&mut self, node: Node) {
        if let Some(at) = self.tree.gives_up_at(node) {
            self.note(at.max(self.now), Due::GiveUp, node);
        }
    }

    /// Notes when the ids of the contexts that died in the last change can be used again: once the news must have reached
    /// them. The first one hears it after `hops`.
    fn free_the_dead(&mut self, hops: u64) {
        if !self.uses_ids_again {
            return;
        }
        let hop = self.links.hop * self.links.patience * u64::from(self.slowest);
        for n in 0..self.tree.died.len() {
            let node = self.tree.died[n];
            self.note(self.now + hop * (hops + n as u64), Due::Free, node);
        }
        self.tree.died.clear();
    }

    /// Heals every cut link, and restores every slow one.
    fn heal_all(&mut self) {
        while let Some(node) = self.tree.group(Group::Cut).last().copied() {
            self.heal(node);
        }
        while let Some(node) = self.tree.group(Group::Slowed).last().copied() {
            self.slow_by(node, 1);
        }
    }
}

fn time(ns: u64) -> Time {
    Time::from_ns(ns)
}

fn span(from_ns: u64, to_ns: u64) -> Span {
    time(to_ns).since(time(from_ns))
}
