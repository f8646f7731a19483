//! The links of a case: a few kinds, drawn once. Each context gets one of them.

use super::dice::Dice;
use super::draft::Draft;
use crate::draw::Distribution;
use crate::fuzz::profile::{Latency, Profile};
use crate::scenario::link::{Bandwidth, KEEPALIVE_PRESETS, Keepalive, LinkOptions};
use crate::scenario::{Catalog, LinkId};
use crate::time::Span;

/// A kind of link, with what the model of the tree needs to know about it.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub id: LinkId,
    /// The usual latency, in nanoseconds.
    pub latency: u64,
    /// The longest silence, in nanoseconds; `None` for no limit.
    pub window: Option<u64>,
}

/// The most kinds of links in one case: four latencies, with and without keepalives.
const KINDS_MAX: usize = 8;

/// The kinds of links of a case.
#[derive(Clone, Debug)]
pub struct Links {
    kinds: [Link; KINDS_MAX],
    count: usize,
    /// The longest usual latency, in nanoseconds: the time that news takes to the next context.
    pub hop: u64,
    /// After this many times as long, news has almost surely arrived.
    pub patience: u64,
}

impl Links {
    pub fn draw(profile: &Profile, draft: &Draft, dice: &mut Dice, catalog: &mut Catalog) -> Self {
        let count = if draft.latency == Latency::Few { dice.between(2, 4) } else { 1 };
        let bandwidth = draft.has_bandwidth.then(|| Bandwidth(1_000_000 << dice.below(10)));
        let mut latencies = [Distribution::Constant(Span::default()); KINDS_MAX / 2];
        let latencies = &mut latencies[..count as usize];
        for latency in latencies.iter_mut() {
            *latency = model(draft.latency, base(profile.latency, dice));
        }
        let hop = latencies.iter().map(|latency| latency.typical().as_ns()).max().expect("at least one");
        let keepalive = draft.has_keepalives.then(|| keepalive(hop, bandwidth, dice));
        let plain = Link { id: LinkId(0), latency: 0, window: None };
        let patience = if draft.latency >= Latency::Uniform { 8 } else { 2 };
        let mut links = Links { kinds: [plain; KINDS_MAX], count: 0, hop, patience };
        for latency in latencies.iter() {
            links.add(*latency, bandwidth, None, catalog);
            if keepalive.is_some() {
                links.add(*latency, bandwidth, keepalive, catalog);
            }
        }
        links
    }

    fn add(
        &mut self,
        latency: Distribution,
        bandwidth: Option<Bandwidth>,
        keepalive: Option<Keepalive>,
        catalog: &mut Catalog,
    ) {
        self.kinds[self.count] = Link {
            id: catalog.link(LinkOptions { latency: latency.into(), bandwidth, keepalive }),
            latency: latency.typical().as_ns(),
            window: keepalive.map(|keepalive| keepalive.window().as_ns()),
        };
        self.count += 1;
    }

    /// One of them.
    pub fn pick(&self, dice: &mut Dice) -> Link {
        if self.count == 1 { self.kinds[0] } else { dice.pick(&self.kinds[..self.count]) }
    }
}

/// A latency: the shortest one, doubled a random number of times. Each factor of two is equally likely.
fn base((min, max): (Span, Span), dice: &mut Dice) -> u64 {
    let doublings = (max.as_ns() / min.as_ns()).ilog2();
    min.as_ns() << dice.below(doublings + 1)
}

fn model(latency: Latency, base: u64) -> Distribution {
    let ns = Span::from_ns;
    match latency {
        Latency::One | Latency::Few => Distribution::Constant(ns(base)),
        Latency::Uniform => Distribution::Uniform { min: ns(base.div_ceil(2)), max: ns(base + base / 2) },
        Latency::Exponential => Distribution::Exponential { min: ns(base.div_ceil(2)), mean: ns(base) },
        Latency::LogNormal => Distribution::LogNormal { median: ns(base), p99: ns(base * 8) },
    }
}

/// Mitogen's own keepalive in one of four cases, and if long messages can keep a link busy; else a short one, which
/// steps at the pace of the links can outlast. None gives up on a link with its usual latency.
fn keepalive(hop: u64, bandwidth: Option<Bandwidth>, dice: &mut Dice) -> Keepalive {
    if dice.below(4) == 0 || bandwidth.is_some() {
        return KEEPALIVE_PRESETS[0].1;
    }
    Keepalive { interval: Span::from_ns(hop * 4 * u64::from(1 + dice.below(4))), count: dice.between(1, 3) }
}
