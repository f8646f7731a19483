//! Builds what is drawn from the seed: swizzles and churn.

use super::{Builder, time};
use crate::draw::{self, Distribution};
use crate::process::ContextId;
use crate::scenario::LinkId;
use crate::scenario::churn::{Churn, Kind, Lru};
use crate::scenario::decode::Object;
use crate::scenario::latency::Latency;
use crate::scenario::steps::{Action, Connect, Ways};
use crate::scenario::tree::{LOOKS_MAX, Seat};
use crate::time::{Span, Time};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// The most steps that swizzles and churn may make together.
const MAX_STEPS: u128 = 2_000_000;

/// A message that is longer than any ADD_ROUTE, in bytes.
const LONG_NEWS: u64 = 1_000;

impl Builder<'_> {
    /// Makes the links at and below a context stop one by one, and heal in another order. The tree is that of the file at
    /// that time.
    pub(super) fn swizzle(&mut self, event: &Object, at: Time, place: u64) {
        let (Some(root), Some(length)) = (event.id("id"), event.duration("for")) else { return };
        let Some(tree) = self.tree_below(root, at, &event.span) else { return };
        if tree.is_empty() && self.knows_all_ids() {
            self.warn_of_nothing(event);
        }
        if !self.may_draw(2 * tree.len() as u128, &event.span) {
            return;
        }
        let mut ids: Vec<ContextId> = tree.iter().map(|seat| seat.id).collect();
        let mut rng = draw::stream(self.seed, "swizzle", place);
        let half = Span::from_ns(length.as_ns() / 2);
        let Some(middle) = at.checked_add(half) else { return };
        for (start, is_heal) in [(at, false), (middle, true)] {
            ids.shuffle(&mut rng);
            for (id, time) in ids.iter().zip(sorted_times(start, half, ids.len(), &mut rng)) {
                let (id, ways) = (*id, Ways::Both);
                self.push(time, if is_heal { Action::Heal { id } } else { Action::Partition { id, ways } }, None);
            }
        }
    }

    /// The contexts at and below `root` at a time, by id; `None` if that is too much.
    fn tree_below(&mut self, root: ContextId, at: Time, span: &Range<usize>) -> Option<Vec<Seat>> {
        if self.is_refused {
            return None;
        }
        let tree = self.tree.at_and_below(root, at).ok();
        if tree.is_none() {
            let message =
                format!("the swizzles and the churn so far concern more than {LOOKS_MAX} contexts, the limit");
            self.refuse(span, message, "use fewer of them, or a smaller tree".to_owned());
        }
        tree
    }

    /// Counts steps that are to be drawn, and refuses too many.
    fn may_draw(&mut self, steps: u128, span: &Range<usize>) -> bool {
        self.steps_drawn += steps;
        if self.steps_drawn > MAX_STEPS {
            let message = format!(
                "too many steps: swizzles and churn make {} so far; the limit is {MAX_STEPS}",
                self.steps_drawn
            );
            self.refuse(span, message, "lower the rates, or make it shorter or smaller".to_owned());
        }
        !self.is_refused
    }

    pub(super) fn churn(&mut self, contexts: &[Connect]) {
        let Some(object) = self.file.object("churn") else { return };
        let link = match object.get("link") {
            Some(link) => self.link_of(link, &object.span_of("link")),
            None => self.default_link,
        };
        let partition_for =
            object.get("partition_for").map(|value| self.latency(value, &object.span_of("partition_for")).0);
        let Some(length) = object.duration("for") else { return };
        let start = time(object.duration("at").unwrap_or_default());
        let kinds = [
            ("connects", Kind::Connect),
            ("kills", Kind::Kill),
            ("disconnects", Kind::Disconnect),
            ("partitions", Kind::Partition),
            ("calls", Kind::Call),
        ];
        let mut gaps: Vec<_> = kinds.into_iter().filter_map(|(name, kind)| Some((kind, object.rate(name)?))).collect();
        let lru = object.object("lru").and_then(|lru| {
            gaps.push((Kind::Interpreter, lru.rate("rate")?));
            let most = usize::try_from(lru.integer("interpreters").unwrap_or(20)).ok()?;
            Some(Lru { hosts: lru.ids("hosts").to_vec(), news_within: FxHashMap::default(), most })
        });
        let default = Distribution::Exponential { min: Span::from_ns(1), mean: Span::from_ms(1_000) };
        let options = self.draw_link(link);
        let link = self.catalog.link(options);
        let spare = object.ids("spare").iter().copied().collect();
        let partition_for = partition_for.unwrap_or(default);
        let mut churn = Churn { start, length, gaps, partition_for, spare, link, lru };
        if !self.may_draw(churn.mean_steps(), &object.span) {
            return;
        }
        let Some(tree) = self.tree_below(ContextId::MASTER, start, &object.span) else { return };
        if let Some(lru) = &mut churn.lru {
            lru.news_within = self.news_within(&lru.hosts, &tree, contexts);
        }
        let before = self.steps.len();
        let drawn = churn.draw(self.seed, tree, &mut self.steps);
        self.churn_steps = self.steps.len() - before;
        self.churn_ids = drawn.ids;
        self.announce(drawn.routes, &object.span);
    }

    /// Within which time news from each of some hosts is at the master, if no link is cut or slow.
    fn news_within(&self, hosts: &[ContextId], tree: &[Seat], contexts: &[Connect]) -> FxHashMap<ContextId, Span> {
        let place = |id: ContextId| {
            // Most trees have all ids from 1 up.
            let guess = (id.0 as usize).checked_sub(1)?;
            let is_there = tree.get(guess).is_some_and(|seat| seat.id == id);
            if is_there { Some(guess) } else { tree.binary_search_by_key(&id, |seat| seat.id).ok() }
        };
        let later = self.steps.iter().filter_map(|step| match step.action {
            Action::Connect(connect) => Some(connect),
            _ => None,
        });
        // Within which time news from each context is at its parent.
        let mut hops = vec![0; tree.len()];
        let mut hop_of: FxHashMap<LinkId, u64> = FxHashMap::default();
        for connect in contexts.iter().copied().chain(later) {
            if let Some(place) = place(connect.id) {
                hops[place] = *hop_of.entry(connect.link).or_insert_with(|| self.hop(connect.link));
            }
        }
        let mut within = vec![None; tree.len()];
        let mut of_hosts = FxHashMap::default();
        for host in hosts {
            let mut way = Vec::new();
            let mut next = place(*host);
            while let Some(place_of) = next.filter(|place| within[*place].is_none()) {
                way.push(place_of);
                next = place(tree[place_of].parent);
            }
            // The master knows what happens to itself at once; then the connect returns.
            let mut time: u64 = next.and_then(|known| within[known]).unwrap_or(1);
            for place in way.into_iter().rev() {
                time = time.saturating_add(hops[place]);
                within[place] = Some(time);
            }
            let known = place(*host).and_then(|place| within[place]).unwrap_or(1);
            of_hosts.insert(*host, Span::from_ns(known));
        }
        of_hosts
    }

    /// Within which time news crosses a link upward, in nanoseconds.
    fn hop(&self, link: LinkId) -> u64 {
        let options = self.catalog.link_options(link);
        let on_the_wire = options.bandwidth.map(|bandwidth| bandwidth.span_of(LONG_NEWS)).unwrap_or_default();
        let latency = match options.latency {
            Latency::Model(model) => model.almost_longest(),
            Latency::Listed(lists) => self.catalog.latencies(lists.up).iter().max().copied().unwrap_or_default(),
        };
        latency.as_ns().saturating_add(on_the_wire.as_ns())
    }
}

/// `count` random times within a span, in ascending order.
fn sorted_times(start: Time, span: Span, count: usize, rng: &mut ChaCha8Rng) -> Vec<Time> {
    let end = span.as_ns().max(1);
    let mut times: Vec<u64> = (0..count).map(|_| start.as_ns().saturating_add(draw::below(rng, end))).collect();
    times.sort_unstable();
    times.into_iter().map(Time::from_ns).collect()
}
