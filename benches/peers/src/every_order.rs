//! States per second against stateright, which explores all orders of a scenario with the contexts as its actors.
//!
//! Comparable: both explore the orders of the same steps, joins included, from the same first state, and end in the same sets
//! of route tables; that is asserted, for the measured scenarios and for hundreds of random ones.
//!
//! Not comparable: a state. treequake's has context objects, handles and calls; it is compared as a whole, and all states are
//! kept with the ways between them, so that an order can be told for each ending. stateright's is that of [`Node`] and of the
//! network; it keeps a hash of 64 bits, and takes two states for one if that is equal.
//!
//! [`Node`]: crate::node::Node

use crate::actors::Orders;
use crate::measure::{self, Measured, apart};
use crate::scenario::{Tables, random, tables};
use stateright::{Checker, Model};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;
use treequake::explore::{Limits, explore};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Action, Scenario, file};

/// How many random scenarios are compared, before anything is measured.
const RANDOM: u64 = 300;

/// The scenario of the library in which a host moves.
const MOVED_HOST: &str = include_str!("../../../scenarios/orders/moved-host.json");

/// Two scenarios that are large enough to be measured.
const FOUR_CONTEXTS: &str = include_str!("../orders/four-contexts.json");
const FIVE_CONTEXTS: &str = include_str!("../orders/five-contexts.json");

/// What an exploration has found.
struct Found {
    states: u64,
    endings: BTreeSet<Tables>,
}

/// A strategy of stateright, on so many threads.
type Strategy = (&'static str, fn(&Scenario, usize) -> Found);

/// Prints the rows of explorations.
pub fn measure() {
    let random: Vec<usize> = (0..RANDOM).map(|seed| agreed::<5>(&random(seed)).endings).collect();
    let several = random.iter().filter(|endings| **endings > 1).count();
    println!("{RANDOM} random scenarios end alike in both, {several} of them in several ways");
    agreed::<4>(&scenario(MOVED_HOST)).print("moved-host");
    rows::<5>("four-contexts", &scenario(FOUR_CONTEXTS));
    rows::<6>("five-contexts", &scenario(FIVE_CONTEXTS));
}

/// Rows of a scenario with ids below `N`: states per second, and the seconds of the whole.
fn rows<const N: usize>(name: &str, scenario: &Scenario) {
    agreed::<N>(scenario).print(name);
    // The faster one of the two is the peer. This is also the first turn, which warms up and does not count.
    let strategies: [Strategy; 2] = [("bfs", breadth_first::<N>), ("dfs", depth_first::<N>)];
    let first = |strategy: &Strategy| Measured::of_process(|| strategy.1(scenario, 1).states).time;
    let (strategy, peer) = strategies.into_iter().min_by_key(first).expect("there are two");
    let cores = available_parallelism().map_or(1, usize::from);
    for threads in BTreeSet::from([1, cores]) {
        let (theirs, ours) = (|| peer(scenario, threads), |reduces| treequake(scenario, threads, reduces));
        let what = |unit| format!("{name}, jobs {threads}, {unit}; stateright: {strategy}");
        let states = |found: &(dyn Fn() -> Found + Sync)| apart(|| Measured::of_process(|| found().states));
        measure::row(&what("states"), || states(&theirs), || states(&|| ours(false)));
        let seconds = |found: &(dyn Fn() -> Found + Sync)| apart(|| seconds(found));
        measure::seconds(&what("seconds"), || seconds(&theirs), || seconds(&|| ours(true)));
    }
}

/// How long something takes, on the clock on the wall.
fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    drop(result);
    elapsed.as_secs_f64()
}

/// What both have found of a scenario.
struct Agreed {
    /// States in stateright, in treequake, and in treequake with its reduction.
    states: [u64; 3],
    endings: usize,
}

impl Agreed {
    fn print(&self, name: &str) {
        let ([peers, ours, reduced], endings) = (self.states, self.endings);
        println!("{name}: states: {peers} in stateright, {ours} in treequake, {reduced} reduced; endings: {endings}");
    }
}

/// Has both explore a scenario, and asserts that they find the same endings.
fn agreed<const N: usize>(scenario: &Scenario) -> Agreed {
    let peers = depth_first::<N>(scenario, 1);
    let [ours, reduced] = [false, true].map(|reduces| treequake(scenario, 1, reduces));
    assert_eq!(peers.endings, ours.endings, "{scenario:?}");
    assert_eq!(peers.endings, reduced.endings, "{scenario:?}");
    Agreed { states: [&peers, &ours, &reduced].map(|found| found.states), endings: peers.endings.len() }
}

fn treequake(scenario: &Scenario, jobs: usize, reduces: bool) -> Found {
    let limits = Limits { most_states: 100_000_000, memory: 4 << 30, jobs, reduces };
    let found = explore(scenario, None, &limits, &mut |_| ControlFlow::Continue(())).expect("it needs no clock");
    assert!(found.bound.is_none(), "it is complete");
    Found { states: found.graph.states() as u64, endings: found.endings.iter().map(tables).collect() }
}

fn breadth_first<const N: usize>(scenario: &Scenario, threads: usize) -> Found {
    found::<N>(scenario, |orders| orders.checker().threads(threads).spawn_bfs().join().unique_state_count())
}

fn depth_first<const N: usize>(scenario: &Scenario, threads: usize) -> Found {
    found::<N>(scenario, |orders| orders.checker().threads(threads).spawn_dfs().join().unique_state_count())
}

fn found<const N: usize>(scenario: &Scenario, check: impl FnOnce(Orders<N>) -> usize) -> Found {
    let orders = Orders::new(scenario);
    let endings = Arc::clone(&orders.endings);
    let states = check(orders) as u64;
    let endings = std::mem::take(&mut *endings.lock().expect("no checker has failed"));
    Found { states, endings }
}

/// The scenario in a file, without its calls, which no [`Node`](crate::node::Node) can make.
fn scenario(text: &str) -> Scenario {
    let source = Source { name: "a scenario".to_owned(), text: text.to_owned() };
    let mut scenario = file::parse(source, "scenario").expect("it is a scenario").scenario;
    scenario.events.retain(|step| !matches!(step.action, Action::Call { .. }));
    scenario
}
