//! Churn: random steps in the background, drawn from the seed before the run, so they can be written out.
//!
//! The draws follow the tree as if news were instant: a context that is killed takes everything below it along. In the
//! run news takes time, so a step may come too late; then it is skipped like any other. Each kind has its own stream of
//! the seed for its times; one more stream draws the targets, in the order of time.

use super::catalog::LinkId;
use super::living::Living;
use super::steps::{Action, Connect, Step, Ways};
use super::tree::Seat;
use crate::draw::{self, Distribution};
use crate::process::{ContextId, Data, Name};
use crate::time::{Span, Time};
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Range;

/// The settings of a churn.
#[derive(Clone, Debug)]
pub struct Churn {
    /// When it begins.
    pub start: Time,
    /// How long it lasts.
    pub length: Span,
    /// The kinds that occur, with the mean gap between two steps.
    pub gaps: Vec<(Kind, Span)>,
    /// How long a cut link stays so.
    pub partition_for: Distribution,
    /// Contexts that are never killed, disconnected or cut off.
    pub spare: BTreeSet<ContextId>,
    /// The links of the new contexts.
    pub link: LinkId,
    /// The hosts that start interpreters.
    pub lru: Option<Lru>,
}

/// Hosts that start interpreters.
#[derive(Clone, Debug)]
pub struct Lru {
    /// The hosts; one that is named twice starts twice as many.
    pub hosts: Vec<ContextId>,
    /// How long news of an interpreter takes from a host to the master; 0 if a host is not in here.
    pub news_within: FxHashMap<ContextId, Span>,
    /// The most interpreters that each host may have.
    pub most: usize,
}

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A new context connects.
    Connect,
    /// A process dies.
    Kill,
    /// A parent closes its stream.
    Disconnect,
    /// A link is cut for a while.
    Partition,
    /// A context calls another.
    Call,
    /// A host starts an interpreter, independently of the others.
    Interpreter,
}

/// What was drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    /// How many routes the connects announce: one at each context above.
    pub routes: u64,
    /// The new ids.
    pub ids: Range<u32>,
}

impl Churn {
    /// How many steps it draws on average.
    pub fn mean_steps(&self) -> u128 {
        let steps = |(kind, gap): &(Kind, Span)| {
            let times = u128::from(self.length.as_ns()) / u128::from(gap.as_ns().max(1));
            times * self.lanes(*kind) as u128 * kind.steps()
        };
        self.gaps.iter().map(steps).sum()
    }

    /// How many of a kind occur side by side.
    fn lanes(&self, kind: Kind) -> usize {
        match (kind, &self.lru) {
            (Kind::Interpreter, Some(lru)) => lru.hosts.len(),
            _ => 1,
        }
    }

    /// Draws the steps. `tree` has the contexts at the start, by id.
    pub fn draw(&self, seed: u64, tree: Vec<Seat>, steps: &mut Vec<Step>) -> Drawn {
        let mut times: Vec<(Time, Kind, u32)> = Vec::new();
        for (kind, gap) in &self.gaps {
            for lane in (0..).take(self.lanes(*kind)) {
                let rng = draw::stream(seed, kind.purpose(), u64::from(lane));
                self.times(*gap, rng, |at| times.push((at, *kind, lane)));
            }
        }
        times.sort_unstable();
        let mut drawing = Drawing::new(self, draw::stream(seed, "churn", 0), tree, steps);
        for (at, kind, lane) in times {
            drawing.return_until(at);
            drawing.draw(at, kind, lane);
        }
        drawing.return_until(Time::from_ns(u64::MAX));
        Drawn { routes: drawing.routes, ids: drawing.first_id..drawing.next_id }
    }

    /// Draws the times of one kind, with exponential gaps.
    fn times(&self, gap: Span, mut rng: ChaCha8Rng, mut push: impl FnMut(Time)) {
        let gap = Distribution::Exponential { min: Span::default(), mean: gap }.sampler();
        let end = self.start.checked_add(self.length);
        let mut at = self.start;
        while let Some(next) = at.checked_add(gap.draw(&mut rng)).filter(|next| end.is_none_or(|end| *next < end)) {
            at = next;
            push(at);
        }
    }
}

impl Kind {
    fn purpose(self) -> &'static str {
        match self {
            Kind::Connect => "churn connects",
            Kind::Kill => "churn kills",
            Kind::Disconnect => "churn disconnects",
            Kind::Partition => "churn partitions",
            Kind::Call => "churn calls",
            Kind::Interpreter => "churn interpreters",
        }
    }

    /// The most steps that each of them makes.
    fn steps(self) -> u128 {
        match self {
            Kind::Connect | Kind::Kill | Kind::Disconnect | Kind::Call => 1,
            // The heal, or the shutdown of another.
            Kind::Partition | Kind::Interpreter => 2,
        }
    }
}

/// No child, or no sibling.
const NONE: u32 = u32::MAX;

/// A context, as long as it has a place; the dead keep theirs.
struct Life {
    id: ContextId,
    depth: u32,
    first_child: u32,
    next_sibling: u32,
}

/// The interpreters of a host.
#[derive(Default)]
struct Host {
    /// Oldest first; those that died some other way may still be among them.
    running: Vec<ContextId>,
    /// How many of them live.
    alive: usize,
}

struct Drawing<'a> {
    churn: &'a Churn,
    /// All contexts that ever lived, by id.
    lives: Vec<Life>,
    /// The places of those that live.
    living: Living,
    /// The places of those that live and are not spared.
    victims: Living,
    first_id: u32,
    next_id: u32,
    hosts: FxHashMap<ContextId, Host>,
    /// The host of each interpreter that lives and that its host knows.
    host_of: FxHashMap<ContextId, ContextId>,
    /// The interpreters that the master does not know yet, with their hosts.
    starting: BinaryHeap<Reverse<(Time, ContextId, ContextId)>>,
    routes: u64,
    rng: ChaCha8Rng,
    steps: &'a mut Vec<Step>,
}

impl<'a> Drawing<'a> {
    fn new(churn: &'a Churn, rng: ChaCha8Rng, tree: Vec<Seat>, steps: &'a mut Vec<Step>) -> Self {
        let first_id = tree.last().map_or(1, |seat| seat.id.0.saturating_add(1));
        let is_spared = |seat: &Seat| churn.spare.contains(&seat.id);
        let life = |seat: &Seat| Life { id: seat.id, depth: seat.depth, first_child: NONE, next_sibling: NONE };
        let mut drawing = Drawing {
            churn,
            lives: tree.iter().map(life).collect(),
            living: Living::of(tree.iter().map(|_| true)),
            victims: Living::of(tree.iter().map(|seat| !is_spared(seat))),
            first_id,
            next_id: first_id,
            hosts: FxHashMap::default(),
            host_of: FxHashMap::default(),
            starting: BinaryHeap::new(),
            routes: 0,
            rng,
            steps,
        };
        // A parent can have a larger id than its child.
        for (place, seat) in tree.iter().enumerate() {
            drawing.hang(place, seat.parent);
        }
        drawing
    }

    /// Makes a context a child of another; the master needs no list.
    fn hang(&mut self, place: usize, parent: ContextId) {
        if let Some(parent) = self.place(parent) {
            self.lives[place].next_sibling = self.lives[parent].first_child;
            self.lives[parent].first_child = u32::try_from(place).expect("a few million contexts");
        }
    }

    /// The place of a context that lives or has lived.
    fn place(&self, id: ContextId) -> Option<usize> {
        // Most trees have all ids from 1 up.
        let guess = (id.0 as usize).checked_sub(1)?;
        if self.lives.get(guess).is_some_and(|life| life.id == id) {
            return Some(guess);
        }
        self.lives.binary_search_by_key(&id, |life| life.id).ok()
    }

    fn draw(&mut self, at: Time, kind: Kind, lane: u32) {
        match kind {
            Kind::Connect => {
                let parent = self.anyone();
                self.connect(at, parent);
            }
            Kind::Kill => self.lose_any(at, |id| Action::Kill { id }),
            Kind::Disconnect => self.lose_any(at, |id| Action::Disconnect { id }),
            Kind::Partition => self.partition(at),
            Kind::Call => {
                let (from, to) = (self.anyone(), self.anyone());
                self.steps.push(Step::new(at, Action::Call { from, to, data: Data::default() }));
            }
            Kind::Interpreter => self.start_interpreter(at, lane),
        }
    }

    /// Any context, including the master.
    fn anyone(&mut self) -> ContextId {
        let n = self.below(self.living.len() + 1);
        n.checked_sub(1).map_or(ContextId::MASTER, |n| self.lives[self.living.nth(n)].id)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(draw::below(&mut self.rng, end as u64)).expect("it is below")
    }

    fn connect(&mut self, at: Time, parent: ContextId) -> Option<ContextId> {
        let id = ContextId(self.next_id);
        self.next_id = self.next_id.checked_add(1)?;
        let depth = self.place(parent).map_or(0, |place| self.lives[place].depth) + 1;
        self.routes += u64::from(depth);
        self.lives.push(Life { id, depth, first_child: NONE, next_sibling: NONE });
        self.living.push(true);
        self.victims.push(!self.churn.spare.contains(&id));
        self.hang(self.lives.len() - 1, parent);
        let connect = Connect { id, parent, name: Some(Name::OF_CONTEXT), link: self.churn.link };
        self.steps.push(Step::new(at, Action::Connect(connect)));
        Some(id)
    }

    /// The place of any context that is not spared.
    fn victim(&mut self) -> Option<usize> {
        let all = self.victims.len();
        if all == 0 {
            return None;
        }
        let n = self.below(all);
        Some(self.victims.nth(n))
    }

    fn lose_any(&mut self, at: Time, action: impl Fn(ContextId) -> Action) {
        let Some(victim) = self.victim() else { return };
        self.steps.push(Step::new(at, action(self.lives[victim].id)));
        self.lose(victim);
    }

    fn partition(&mut self, at: Time) {
        let Some(id) = self.victim().map(|place| self.lives[place].id) else { return };
        self.steps.push(Step::new(at, Action::Partition { id, ways: Ways::Both }));
        if let Some(end) = at.checked_add(self.churn.partition_for.draw(&mut self.rng)) {
            self.steps.push(Step::new(end, Action::Heal { id }));
        }
    }

    /// Removes a context and everything below it.
    fn lose(&mut self, root: usize) {
        let mut lost = vec![root];
        while let Some(place) = lost.pop() {
            if !self.living.remove(place) {
                continue;
            }
            self.victims.remove(place);
            let host = self.host_of.remove(&self.lives[place].id);
            if let Some(host) = host.and_then(|host| self.hosts.get_mut(&host)) {
                host.alive -= 1;
            }
            let mut child = self.lives[place].first_child;
            while child != NONE {
                lost.push(child as usize);
                child = self.lives[child as usize].next_sibling;
            }
        }
    }

    fn is_alive(&self, id: ContextId) -> bool {
        self.place(id).is_some_and(|place| self.living.has(place))
    }

    fn start_interpreter(&mut self, at: Time, lane: u32) {
        let Some(lru) = &self.churn.lru else { return };
        let host = lru.hosts[lane as usize];
        if host != ContextId::MASTER && !self.is_alive(host) {
            return;
        }
        let within = lru.news_within.get(&host).copied().unwrap_or_default();
        if let Some(id) = self.connect(at, host)
            && let Some(known) = at.checked_add(within)
        {
            self.starting.push(Reverse((known, id, host)));
        }
    }

    /// The master comes to know the interpreters that it knows by a time.
    fn return_until(&mut self, time: Time) {
        while let Some(Reverse((at, id, host))) = self.starting.peek().copied().filter(|Reverse((at, ..))| *at <= time)
        {
            self.starting.pop();
            if self.is_alive(id) {
                self.update_lru(at, id, host);
            }
        }
    }

    /// Port of `ContextService._update_lru`, ansible_mitogen/services.py, 0.3.54, which runs when the connect of a new
    /// interpreter has returned: if its host has too many, the most recent of the others shuts down. No task runs in any
    /// of them here.
    fn update_lru(&mut self, at: Time, new: ContextId, name: ContextId) {
        let Some(lru) = &self.churn.lru else { return };
        let host = self.hosts.entry(name).or_default();
        if host.alive >= lru.most {
            while let Some(id) = self.hosts.get_mut(&name).and_then(|host| host.running.pop()) {
                if let Some(place) = self.place(id).filter(|place| self.living.has(*place)) {
                    self.steps.push(Step::new(at, Action::Shutdown { id, from: ContextId::MASTER }));
                    self.lose(place);
                    break;
                }
            }
        }
        let host = self.hosts.entry(name).or_default();
        host.running.push(new);
        host.alive += 1;
        self.host_of.insert(new, name);
    }
}
