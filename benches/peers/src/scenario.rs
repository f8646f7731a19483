//! What treequake and the peers without a protocol of their own run: a scenario of treequake, and its steps for [`Node`]s.
//!
//! [`Node`]: crate::node::Node

use std::collections::BTreeMap;
use treequake::draw;
use treequake::explore::Ending;
use treequake::process::{ContextId, Name};
use treequake::run::{Check, Options, Outcome, Progress, open, run};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step};
use treequake::time::{Span, Time};
use treequake::world::Watch;

/// The route table of each live context: destination to next hop.
pub type Tables = BTreeMap<u8, BTreeMap<u8, u8>>;

/// Something that is done to the tree.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// A context appears below a parent.
    Connect { id: u8, parent: u8 },
    /// A context dies.
    Kill { id: u8 },
    /// The parent of a context closes its stream to it.
    Disconnect { id: u8 },
}

/// The deeds of a scenario, in the order in which they happen, each with its time in milliseconds.
pub fn deeds(scenario: &Scenario) -> Vec<(u64, Deed)> {
    let narrow = |id: ContextId| u8::try_from(id.0).expect("ids are small");
    let deed = |step: Step| {
        let deed = match step.action {
            Action::Connect(connect) => Deed::Connect { id: narrow(connect.id), parent: narrow(connect.parent) },
            Action::Kill { id } => Deed::Kill { id: narrow(id) },
            Action::Disconnect { id } => Deed::Disconnect { id: narrow(id) },
            other => unreachable!("no peer does this: {other}"),
        };
        (step.at.as_ns() / 1_000_000, deed)
    };
    (0..scenario.step_count()).map(|place| deed(scenario.step(place).expect("it is there"))).collect()
}

/// A scenario of these steps, with links of one millisecond.
fn scenario(contexts: &[(u32, u32)], events: Vec<Step>) -> Scenario {
    let mut catalog = Catalog::default();
    catalog.link(LinkOptions::constant(Span::from_ms(1)));
    let contexts = contexts.iter().map(|(id, parent)| connect(*id, *parent)).collect();
    Scenario { max_events: Some(u64::MAX), ..Scenario::new(catalog, contexts, events) }
}

/// A context below a parent.
fn connect(id: u32, parent: u32) -> Connect {
    Connect { id: ContextId(id), parent: ContextId(parent), name: Some(Name::OF_CONTEXT), link: LinkId(0) }
}

/// The churn: a tree of `contexts` contexts joins. Then, again and again, up to three of them die with all that is below
/// them, and all these connect again, each at a new place.
///
/// The three are in different branches, and the steps of a round come in two volleys, each when all is quiet. So no peer has
/// to order the events of one time as treequake does: in any order, the same messages are sent. There is hardly a millisecond
/// in which nothing happens, as that costs turmoil as much as a busy one.
pub fn churn(contexts: u32, rounds: u32) -> Scenario {
    let mut rng = draw::stream(1, "churn", 0);
    let below = move |end: usize| draw::below(&mut rng, end as u64) as usize;
    let mut churn = Churn { below, parents: BTreeMap::new(), events: Vec::new(), ms: 0 };
    churn.connect((1..=contexts).collect());
    for _ in 0..rounds {
        let dead = churn.kill();
        churn.connect(dead);
    }
    scenario(&[], churn.events)
}

/// A churn in the making.
struct Churn<F> {
    /// Draws a number below another one.
    below: F,
    /// The parent of each live context.
    parents: BTreeMap<u32, u32>,
    events: Vec<Step>,
    /// The time of the next volley, at which all is quiet.
    ms: u64,
}

impl<F: FnMut(usize) -> usize> Churn<F> {
    /// Contexts connect, in this order, each below a random one of those that live by then.
    fn connect(&mut self, ids: Vec<u32>) {
        for id in ids {
            let places: Vec<u32> = self.parents.keys().copied().chain([0]).collect();
            let parent = places[(self.below)(places.len())];
            self.parents.insert(id, parent);
            self.push(Action::Connect(connect(id, parent)));
        }
        self.ms += self.quiet_after();
    }

    /// Up to three contexts die, none of them above another. Returns all that die of it.
    fn kill(&mut self) -> Vec<u32> {
        let all: Vec<u32> = self.parents.keys().copied().collect();
        let mut killed: Vec<u32> = Vec::new();
        for _ in 0..3 {
            let victim = all[(self.below)(all.len())];
            if !killed.iter().any(|other| self.is_below(*other, victim) || self.is_below(victim, *other)) {
                killed.push(victim);
                self.push(Action::Kill { id: ContextId(victim) });
            }
        }
        self.ms += self.quiet_after();
        let dead = |id: &u32| killed.iter().any(|victim| self.is_below(*id, *victim));
        let dead: Vec<u32> = all.into_iter().filter(dead).collect();
        self.parents.retain(|id, _| !dead.contains(id));
        dead
    }

    fn push(&mut self, action: Action) {
        self.events.push(Step::new(Time::from_ns(self.ms * 1_000_000), action));
    }

    /// How many milliseconds the deepest change takes to be known everywhere, and one more.
    fn quiet_after(&self) -> u64 {
        self.parents.keys().map(|id| self.above(*id).count() as u64).max().unwrap_or(0) + 2
    }

    fn is_below(&self, id: u32, other: u32) -> bool {
        self.above(id).any(|above| above == other)
    }

    /// A context, and all above it but the master.
    fn above(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(id), |id| self.parents.get(id).copied()).take_while(|id| *id != 0)
    }
}

/// A small scenario in which ids are used again: four contexts join, and four steps follow, at once.
///
/// No context connects to a parent twice: the two links would be one flow of a network that knows only actors.
pub fn random(seed: u64) -> Scenario {
    let mut rng = draw::stream(seed, "orders", 0);
    let mut below = |end: u32| draw::below(&mut rng, u64::from(end)) as u32;
    let joins: Vec<(u32, u32)> = (1..=4).map(|id| (id, below(id))).collect();
    let mut links = joins.clone();
    let mut step = || {
        let id = 1 + below(4);
        match below(4) {
            0 => Action::Kill { id: ContextId(id) },
            1 => Action::Disconnect { id: ContextId(id) },
            _ => {
                let parent = (id + 1 + below(4)) % 5;
                if links.contains(&(id, parent)) || links.contains(&(parent, id)) {
                    return Action::Kill { id: ContextId(id) };
                }
                links.push((id, parent));
                Action::Connect(connect(id, parent))
            }
        }
    };
    let steps = (0..4).map(|_| Step::new(Time::from_ns(1_000_000), step())).collect();
    scenario(&joins, steps)
}

/// The whole run of a scenario in treequake.
pub fn simulate(scenario: &Scenario, check: Check) -> Outcome {
    run(scenario, Options { check, ..Options::default() }).expect("it runs")
}

/// What a run must come to, in each simulator.
#[derive(Debug, PartialEq, Eq)]
pub struct Reached {
    /// How many steps were taken, and how many messages and ends of streams have reached somebody.
    pub events: u64,
    /// The route tables at the end.
    pub tables: Tables,
}

/// What treequake's run comes to. Its own count of events is higher: it has arrivals at dead contexts, too.
pub fn reached(scenario: &Scenario) -> Reached {
    let mut trace = Vec::new();
    run(scenario, Options { trace: Some(&mut trace), ..Options::default() }).expect("it runs");
    let trace = String::from_utf8(trace).expect("it is JSON");
    let counts = |line: &&str| ["message", "eof"].iter().any(|kind| line.contains(&format!("\"kind\":\"{kind}\"")));
    let arrivals = trace.lines().filter(counts).count();
    let mut stepper = open(scenario, Watch::Records);
    while matches!(stepper.step_up_to(u64::MAX).expect("it runs"), Progress::Event { .. }) {}
    let tables = tables(&Ending::of(stepper.view()));
    Reached { events: (scenario.step_count() + arrivals) as u64, tables }
}

/// The tables of an ending.
pub fn tables(ending: &Ending) -> Tables {
    let narrow = |id: &ContextId| id.0 as u8;
    let table =
        |hops: &BTreeMap<ContextId, ContextId>| hops.iter().map(|(id, hop)| (narrow(id), narrow(hop))).collect();
    ending.tables.iter().map(|(id, hops)| (narrow(id), table(hops))).collect()
}
