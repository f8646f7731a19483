//! Every order: the reduction loses no ending, on random small scenarios under all monitors.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use treequake::explore::{Ending, Exploration, Limits, explore};
use treequake::fuzz::orders::{Survey, survey};
use treequake::monitors;
use treequake::process::{ContextId, Data, Name};
use treequake::run::{Orders, orders};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step, Ways};
use treequake::time::{Span, Time};
use treequake::world::Watch;

const IDS: u32 = 4;

/// The first link is to a child that runs the scenario's monitor, the others to one of each monitor.
fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    for monitor in [None].into_iter().chain(monitors::all().into_iter().map(Some)) {
        catalog.link_under(LinkOptions::constant(Span::from_ms(1)), monitor);
    }
    catalog
}

fn any_id() -> impl Strategy<Value = ContextId> {
    (0..=IDS).prop_map(ContextId)
}

fn connect() -> impl Strategy<Value = Connect> {
    let monitors = u32::try_from(monitors::all().len()).unwrap();
    let link = prop_oneof![4 => Just(0), 1 => 0..=monitors].prop_map(LinkId);
    (1..=IDS, any_id(), link).prop_map(|(id, parent, link)| Connect {
        id: ContextId(id),
        parent,
        name: Some(Name::OF_CONTEXT),
        link,
    })
}

fn action() -> impl Strategy<Value = Action> {
    let ways = || prop::sample::select(vec![Ways::Both, Ways::Up, Ways::Down]);
    prop_oneof![
        4 => connect().prop_map(Action::Connect),
        3 => any_id().prop_map(|id| Action::Kill { id }),
        3 => any_id().prop_map(|id| Action::Disconnect { id }),
        2 => (any_id(), ways()).prop_map(|(id, ways)| Action::Partition { id, ways }),
        2 => any_id().prop_map(|id| Action::Heal { id }),
        1 => any_id().prop_map(|id| Action::Detach { id }),
        2 => (any_id(), any_id()).prop_map(|(from, to)| Action::Send { from, to, data: Data::default() }),
        4 => (any_id(), any_id()).prop_map(|(from, to)| Action::Call { from, to, data: Data::default() }),
    ]
}

prop_compose! {
    /// A tree that is likely to connect, and then anything.
    fn scenario()(
        parents in prop::collection::vec(0_u32..100, 2..5),
        actions in prop::collection::vec(action(), 2..6),
        unidirectional in prop::bool::weighted(0.1),
        monitor in prop::sample::select(monitors::all()),
    ) -> Scenario {
        let contexts = (1..).zip(&parents).map(|(id, parent)| Connect {
            id: ContextId(id),
            parent: ContextId(parent % id),
            name: Some(Name::OF_CONTEXT),
            link: LinkId(0),
        });
        let steps = actions.into_iter().map(|action| Step::new(Time::from_ns(1_000_000_000), action));
        Scenario { monitor, unidirectional, ..Scenario::new(catalog(), contexts.collect(), steps.collect()) }
    }
}

/// The same, but no id connects twice: later ones get new names.
fn with_fresh_ids(mut scenario: Scenario) -> Scenario {
    let mut fresh = u32::try_from(scenario.contexts.len()).unwrap();
    for step in &mut scenario.events {
        if let Action::Connect(connect) = &mut step.action {
            fresh += 1;
            connect.id = ContextId(fresh);
        }
    }
    scenario
}

fn explored(scenario: &Scenario, reduces: bool, jobs: usize) -> Exploration {
    let limits = Limits { most_states: 60_000, memory: 1 << 30, jobs, reduces };
    explore(scenario, None, &limits, &mut |_| ControlFlow::Continue(())).expect("it needs no clock")
}

fn endings(found: &Exploration) -> BTreeSet<Ending> {
    found.endings.iter().cloned().collect()
}

/// Every order to its end, one after another, each choice made anew; `None` if there are more than `left`.
fn plainly(run: &dyn Orders<'_>, left: &mut u32, into: &mut BTreeSet<Ending>) -> Option<()> {
    let choices = run.choices();
    if choices.is_empty() {
        into.insert(Ending::of(run.view()));
    }
    for choice in choices {
        *left = left.checked_sub(1)?;
        let mut next = run.fork();
        next.perform(choice).expect("it needs no clock");
        plainly(&*next, left, into)?;
    }
    Some(())
}

/// Proves on random scenarios that the endings are the same with the reduction, without it, and by plain recursion over what
/// can come next, and that neither a loop nor the number of threads is lost on the way.
#[test]
fn the_reduction_loses_no_ending() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut recursed, mut many, mut looping, mut saved) = (0, 0, 0, 0, 0_usize);
    for round in 0..400 {
        let scenario = scenario().new_tree(&mut runner).expect("a scenario").current();
        let scenario = if round < 300 { scenario } else { with_fresh_ids(scenario) };
        let reduced = explored(&scenario, true, 2);
        let full = explored(&scenario, false, 1);
        if reduced.bound.is_some() || full.bound.is_some() {
            continue;
        }
        compared += 1;
        assert_eq!(endings(&reduced), endings(&full), "{scenario:#?}");
        assert_eq!(reduced.graph.has_circles(), full.graph.has_circles(), "{scenario:#?}");
        let shared = explored(&scenario, false, 2);
        assert_eq!((full.graph.last(), &full.first), (shared.graph.last(), &shared.first), "{scenario:#?}");
        many += usize::from(full.endings.len() > 1);
        looping += usize::from(!full.loops().is_empty());
        saved += full.graph.states() - reduced.graph.states();
        // Each ending is replayed by a plain run of its witness; if one ended in another way, this would be an error.
        let limits = Limits { most_states: 60_000, memory: 1 << 30, jobs: 1, reduces: true };
        let judged = survey(&scenario, &Survey { from: None, limits }, &mut |_| ControlFlow::Continue(()));
        let judged = judged.unwrap_or_else(|error| panic!("{error}: {scenario:#?}"));
        assert_eq!(judged.endings.len(), full.endings.len());
        let (mut left, mut found) = (20_000, BTreeSet::new());
        let first = orders(&scenario, None, Watch::Records).expect("it begins");
        if plainly(&*first, &mut left, &mut found).is_some() {
            assert_eq!(found, endings(&full), "{scenario:#?}");
            recursed += 1;
        }
    }
    // So that the test cannot lose its teeth.
    assert!(
        compared > 385 && recursed > 250 && many > 10 && saved > 5_000,
        "{compared} {recursed} {many} {looping} {saved}"
    );
}

/// Proves that a run is at most a kibibyte: a fork of a larger one takes the slow path of common allocators.
#[test]
fn a_fork_is_small() {
    let size =
        size_of::<treequake::simulation::Simulation<'_, treequake::process::Shared<treequake::mitogen::Router>>>();
    assert!(size <= 1_024, "{size}");
}
