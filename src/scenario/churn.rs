//! Churn: a background of steps, drawn by the seed before the run, so that they can be written out.
//!
//! What is drawn follows a tree as it would be if news were instant: who is killed takes all below it along. In the run
//! news takes time, so a step can come too late, and is skipped like any other. Each kind has a stream of its own for
//! its times; targets are drawn from one more, in the order of time.

use super::catalog::LinkId;
use super::steps::{Action, Connect, Step, Ways};
use crate::draw::{self, Distribution};
use crate::process::{ContextId, Data, Name};
use crate::time::{Span, Time};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Churn {
    /// When it begins.
    pub start: Time,
    /// How long it goes on.
    pub length: Span,
    /// The mean gap between two, of each kind that there is.
    pub gaps: Vec<(Kind, Span)>,
    /// How long a cut link stays so.
    pub partition_for: Distribution,
    /// Who is left alone.
    pub spare: BTreeSet<ContextId>,
    /// The links of the new contexts.
    pub link: LinkId,
    /// The hosts that start interpreters, and how many each may have.
    pub lru: Option<(Vec<ContextId>, usize)>,
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
    /// A link is cut, for a time.
    Partition,
    /// A context calls another.
    Call,
    /// A host starts an interpreter; each host by itself.
    Interpreter,
}

/// The most steps that may be drawn.
pub const MAX_STEPS: usize = 4_000_000;

impl Churn {
    /// Draws the steps, in the order of time. `tree` says who is there at the start, with their parents.
    pub fn draw(&self, seed: u64, tree: BTreeMap<ContextId, ContextId>) -> Vec<Step> {
        let mut times: Vec<(Time, Kind, usize)> = Vec::new();
        for (kind, gap) in &self.gaps {
            let lanes = match (kind, &self.lru) {
                (Kind::Interpreter, Some((hosts, _))) => hosts.len(),
                _ => 1,
            };
            for lane in 0..lanes {
                let rng = draw::stream(seed, kind.purpose(), lane as u64);
                self.times(*gap, rng, |at| times.push((at, *kind, lane)));
            }
        }
        times.sort_unstable();
        times.truncate(MAX_STEPS);
        let next_id = tree.keys().next_back().map_or(1, |id| id.0.saturating_add(1));
        let rng = draw::stream(seed, "churn", 0);
        let mut drawing = Drawing { churn: self, tree, next_id, interpreters: BTreeMap::new(), rng, steps: Vec::new() };
        times.into_iter().for_each(|(at, kind, lane)| drawing.draw(at, kind, lane));
        drawing.steps.sort_by_key(|step| step.at);
        drawing.steps
    }

    /// The times of one kind: exponential gaps.
    fn times(&self, gap: Span, mut rng: ChaCha8Rng, mut push: impl FnMut(Time)) {
        let gap = Distribution::Exponential { min: Span::default(), mean: gap };
        let end = self.start.checked_add(self.length);
        let mut at = self.start;
        for _ in 0..MAX_STEPS {
            match at.checked_add(gap.draw(&mut rng)) {
                Some(next) if end.is_none_or(|end| next < end) => at = next,
                _ => break,
            }
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
}

struct Drawing<'a> {
    churn: &'a Churn,
    /// Who is there, with their parents.
    tree: BTreeMap<ContextId, ContextId>,
    next_id: u32,
    /// By host, oldest first.
    interpreters: BTreeMap<ContextId, Vec<ContextId>>,
    rng: ChaCha8Rng,
    steps: Vec<Step>,
}

impl Drawing<'_> {
    fn draw(&mut self, at: Time, kind: Kind, lane: usize) {
        match kind {
            Kind::Connect => {
                let parent = self.anyone();
                self.connect(at, parent);
            }
            Kind::Kill => self.on_victim(at, true, |id| Action::Kill { id }),
            Kind::Disconnect => self.on_victim(at, true, |id| Action::Disconnect { id }),
            Kind::Partition => self.partition(at),
            Kind::Call => {
                let (from, to) = (self.anyone(), self.anyone());
                self.steps.push(Step::new(at, Action::Call { from, to, data: Data::default() }));
            }
            Kind::Interpreter => self.start_interpreter(at, lane),
        }
    }

    /// Anyone who is there, the master too.
    fn anyone(&mut self) -> ContextId {
        let place = self.below(self.tree.len() + 1);
        place.checked_sub(1).and_then(|place| self.tree.keys().nth(place)).copied().unwrap_or(ContextId::MASTER)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(draw::below(&mut self.rng, end as u64)).expect("it is below")
    }

    fn connect(&mut self, at: Time, parent: ContextId) -> Option<ContextId> {
        let id = ContextId(self.next_id);
        self.next_id = self.next_id.checked_add(1)?;
        self.tree.insert(id, parent);
        let connect = Connect { id, parent, name: Some(Name::OF_CONTEXT), link: self.churn.link };
        self.steps.push(Step::new(at, Action::Connect(connect)));
        Some(id)
    }

    /// Someone who is there and is not spared.
    fn victim(&mut self) -> Option<ContextId> {
        let all: Vec<_> = self.tree.keys().filter(|id| !self.churn.spare.contains(id)).copied().collect();
        if all.is_empty() { None } else { Some(all[self.below(all.len())]) }
    }

    fn on_victim(&mut self, at: Time, is_lost: bool, action: impl Fn(ContextId) -> Action) {
        let Some(victim) = self.victim() else { return };
        self.steps.push(Step::new(at, action(victim)));
        if is_lost {
            self.lose(victim);
        }
    }

    fn partition(&mut self, at: Time) {
        let Some(id) = self.victim() else { return };
        self.steps.push(Step::new(at, Action::Partition { id, ways: Ways::Both }));
        if let Some(end) = at.checked_add(self.churn.partition_for.draw(&mut self.rng)) {
            self.steps.push(Step::new(end, Action::Heal { id }));
        }
    }

    /// Someone is gone, and all below.
    fn lose(&mut self, root: ContextId) {
        let mut lost = vec![root];
        while let Some(id) = lost.pop() {
            self.tree.remove(&id);
            lost.extend(self.tree.iter().filter(|(_, parent)| **parent == id).map(|(child, _)| *child));
        }
    }

    /// Mitogen's LRU: a host that has too many interpreters shuts the most recent one down, and starts another.
    fn start_interpreter(&mut self, at: Time, lane: usize) {
        let Some((hosts, most)) = &self.churn.lru else { return };
        let (host, most) = (hosts[lane], *most);
        if host != ContextId::MASTER && !self.tree.contains_key(&host) {
            return;
        }
        let tree = &self.tree;
        let running = self.interpreters.entry(host).or_default();
        running.retain(|id| tree.contains_key(id));
        if running.len() >= most
            && let Some(id) = running.pop()
        {
            self.tree.remove(&id);
            self.steps.push(Step::new(at, Action::Shutdown { id, from: ContextId::MASTER }));
        }
        if let Some(id) = self.connect(at, host) {
            self.interpreters.entry(host).or_default().push(id);
        }
    }
}
