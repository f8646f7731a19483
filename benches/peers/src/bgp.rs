//! Events per second against bgpsim, on trees of 1,000 of the same shape.
//!
//! Comparable: both run a routing protocol on a tree, one message after the other through one queue, and what is counted
//! is what goes through that queue. A router announces its prefix to 999 others, hop by hop, as a context announces
//! itself to all above it; and both take it back.
//!
//! Not comparable: the work behind an event. A BGP update sets off a decision among the neighbours' routes, and goes on
//! to all neighbours with a longer AS path; an ADD_ROUTE is one entry of one table, and goes on to the parent. bgpsim
//! knows no time (its queue is first in, first out); ours has virtual time, a digest of every event, and with the check
//! on the comparison of the tables with the truth after each. Our events are also the steps (connect, kill) and the ends
//! of streams, which do no less than a message. Our contexts are made within the time of a join, bgpsim's network before.
//!
//! bgpsim is measured in two forms. With one prefix in all the network, its fastest type, announced and withdrawn by one
//! router after the other: the cost of one change. And with a prefix a router, many at once: the tables fill up entry by
//! entry, as they do in a join. A prefix for each of the 1,000 would be the whole of it, but takes gigabytes.
//!
//! This is bgpsim's fastest form: the prefix type, which decides between an `Option`, a hash map and a trie; the queue that is
//! first in, first out, without the one per router that its parallel runs need; OSPF without messages; steps by hand; and its
//! logging compiled out. To trigger events oneself would save a copy of each, but is unsafe, and this package has no unsafe code.

use crate::measure::{self, Measured};
use bgpsim::bgp::Community;
use bgpsim::builder::NetworkBuilder;
use bgpsim::prelude::{
    ASN, BasicEventQueue, InteractiveNetwork, Network, Prefix, RouterId, SimplePrefix, SinglePrefix,
};
use treequake::process::{ContextId, Name};
use treequake::run::{Check, Options, run};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, Scenario, Step};
use treequake::time::{Span, Time};

/// How many contexts there are with the master, and how many routers.
const NODES: u32 = 1_000;

/// Every which router announces in a turn; a number that shares no divisor with the shape of the tree.
const ANNOUNCERS_EVERY: usize = 7;

/// How many runs of ours a turn has.
const RUNS: u64 = 10;

/// A network with bgpsim's basic queue, and with its OSPF that passes no messages: there is nothing for it to do.
type Net<P> = Network<P, BasicEventQueue<P>>;

/// Two sums of a turn: of its announcements, and of their withdrawals.
type Phases = (Measured, Measured);

/// Prints the rows of bgpsim.
pub fn measure() {
    for (shape, fanout) in [("4-ary", 4), ("star", NODES)] {
        let mut narrow = Bgp::<SinglePrefix>::new(fanout);
        let mut one_prefix = || narrow.one_after_the_other();
        let mut full = measure::apart(|| Bgp::<SimplePrefix>::new(fanout));
        let mut many_prefixes = || measure::apart(|| full.all_at_once());
        let (join, churn) = (scenario(fanout, Vec::new()), scenario(fanout, leave_one_by_one()));
        let prefix = |prefix: &str, check: &str| format!("{shape}, check {check}; bgpsim {prefix}");
        rows(&prefix("one prefix", "off"), &mut one_prefix, &join, &churn, Check::AtEnd);
        rows(&prefix("many prefixes", "off"), &mut many_prefixes, &join, &churn, Check::AtEnd);
        rows(&prefix("one prefix", "on"), &mut one_prefix, &join, &churn, Check::Always);
        rows(&prefix("many prefixes", "on"), &mut many_prefixes, &join, &churn, Check::Always);
    }
}

/// A row of the advertisements against a join, and one of the withdrawals against its undoing.
fn rows(what: &str, announcements: &mut impl FnMut() -> Phases, join: &Scenario, churn: &Scenario, check: Check) {
    let joined = || simulate(join, check);
    let left = || simulate_beyond(churn, join, check);
    // Warms up both sides.
    let _ = (announcements(), joined(), left());
    measure::row(&format!("join: {what}, advertise"), || announcements().0, joined);
    measure::row(&format!("leave: {what}, withdraw"), || announcements().1, left);
}

/// The parent of a node of the tree that is not its root.
fn parent(node: u32, fanout: u32) -> u32 {
    (node - 1) / fanout
}

/// Routers that are each an AS of its own, with eBGP along the edges of the tree and no policy: what every router learns
/// it tells all others, as in Mitogen.
struct Bgp<P: Prefix> {
    net: Net<P>,
    routers: Vec<RouterId>,
}

impl<P: Prefix> Bgp<P> {
    fn new(fanout: u32) -> Self {
        let mut net = Net::default();
        let routers: Vec<RouterId> = (0..NODES).map(|node| net.add_router(format!("r{node}"), node + 1)).collect();
        let edge = |node| (routers[node as usize], routers[parent(node, fanout) as usize]);
        net.add_links_from((1..NODES).map(edge)).expect("the routers exist");
        net.build_ebgp_sessions().expect("the links exist");
        net.manual_simulation();
        Bgp { net, routers }
    }

    fn announcers(&self) -> Vec<RouterId> {
        self.routers.iter().copied().step_by(ANNOUNCERS_EVERY).collect()
    }

    /// Each announcer announces prefix 0 and, when all is quiet, withdraws it. The network is then as it was.
    fn one_after_the_other(&mut self) -> Phases {
        let announcers = self.announcers();
        let phases = |(advertised, withdrawn): Phases, router: &RouterId| {
            (advertised.and(self.advertise(&[*router])), withdrawn.and(self.withdraw(&[*router])))
        };
        announcers.iter().fold(Phases::default(), phases)
    }

    /// All announcers announce a prefix each and, when all is quiet, withdraw it.
    fn all_at_once(&mut self) -> Phases {
        let announcers = self.announcers();
        (self.advertise(&announcers), self.withdraw(&announcers))
    }

    /// The prefix that the router at `place` of those that are at it announces.
    fn prefix(place: usize) -> P {
        P::from(place as u32)
    }

    fn advertise(&mut self, announcers: &[RouterId]) -> Measured {
        self.events_that_reach_all(announcers, |net, router, prefix| {
            let (path, communities) = (std::iter::empty::<ASN>(), std::iter::empty::<Community>());
            net.advertise_route(router, prefix, path, None, communities).expect("it is a router");
        })
    }

    fn withdraw(&mut self, announcers: &[RouterId]) -> Measured {
        self.events_that_reach_all(announcers, |net, router, prefix| {
            net.withdraw_route(router, prefix).expect("it is a router");
        })
    }

    /// What each of `announcers` sets off, until no event is left: on a tree, exactly one for every other router.
    ///
    /// Step by step, to count, and because `Network::simulate` visits every router once more when it is done.
    fn events_that_reach_all(
        &mut self,
        announcers: &[RouterId],
        set_off: impl Fn(&mut Net<P>, RouterId, P),
    ) -> Measured {
        let measured = Measured::of(|| {
            for (place, router) in announcers.iter().enumerate() {
                set_off(&mut self.net, *router, Self::prefix(place));
            }
            std::iter::from_fn(|| self.net.simulate_step().expect("no router fails")).count() as u64
        });
        assert_eq!(measured.operations, announcers.len() as u64 * u64::from(NODES - 1));
        measured
    }
}

/// The same tree in treequake: all contexts connect at time 0, and then these steps.
fn scenario(fanout: u32, steps: Vec<Step>) -> Scenario {
    let mut catalog = Catalog::default();
    let link = catalog.link(LinkOptions::constant(Span::from_ms(1)));
    let connect = |id| {
        let parent = ContextId(parent(id, fanout));
        Connect { id: ContextId(id), parent, name: Some(Name::OF_CONTEXT), link }
    };
    Scenario { max_events: Some(u64::MAX), ..Scenario::new(catalog, (1..NODES).map(connect).collect(), steps) }
}

/// Every context dies, the last ones first, so that each loss is retracted hop by hop up to the master.
fn leave_one_by_one() -> Vec<Step> {
    let kill = |place: u32| {
        let at = Time::from_ns(1_000_000_000 + u64::from(place) * 100_000);
        Step::new(at, Action::Kill { id: ContextId(NODES - 1 - place) })
    };
    (0..NODES - 1).map(kill).collect()
}

/// Runs of a scenario, to the end.
fn simulate(scenario: &Scenario, check: Check) -> Measured {
    (0..RUNS).map(|_| simulate_once(scenario, check)).fold(Measured::default(), Measured::and)
}

/// What `churn` costs beyond `join`, which it begins with: the median of several differences of two runs in turns, as a
/// difference suffers twice from any noise.
fn simulate_beyond(churn: &Scenario, join: &Scenario, check: Check) -> Measured {
    let difference = |_| {
        let joined = simulate_once(join, check);
        simulate_once(churn, check).without(joined)
    };
    let mut differences: Vec<Measured> = (0..RUNS).map(difference).collect();
    differences.sort_by_key(|measured| measured.time);
    differences[differences.len() / 2]
}

fn simulate_once(scenario: &Scenario, check: Check) -> Measured {
    Measured::of(|| run(scenario, Options { check, ..Options::default() }).expect("it runs").events)
}
