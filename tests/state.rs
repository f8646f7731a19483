//! What the state of a run says, and what is proven by a state that comes back.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use treequake::draw::Distribution;
use treequake::monitors;
use treequake::process::{ContextId, Data, Name, StateWriter};
use treequake::run::{CostMax, Options, Outcome, Progress, Stepper, open, run};
use treequake::scenario::expectation::Verdict;
use treequake::scenario::latency::Lists;
use treequake::scenario::link::{Bandwidth, Keepalive, LinkOptions};
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step, Ways};
use treequake::time::{Span, Time};
use treequake::world::Watch;

const MS: u64 = 1_000_000;

/// Links that have all that a state can know: other latencies, a bandwidth, keepalives, lists.
fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    let ms = |ms| LinkOptions::constant(Span::from_ms(ms));
    let keepalive = Some(Keepalive { interval: Span::from_ms(7), count: 3 });
    let links = [
        ms(1),
        ms(3),
        LinkOptions { keepalive, ..ms(1) },
        LinkOptions { bandwidth: Some(Bandwidth(500_000)), ..ms(2) },
        LinkOptions { bandwidth: Some(Bandwidth(90_000)), keepalive, ..ms(2) },
    ];
    for link in links {
        catalog.link(link);
    }
    let list = |list: &[u64]| list.iter().map(|ms| Span::from_ms(*ms)).collect::<Vec<_>>();
    let latency = catalog.listed(Lists { down: &list(&[1, 9, 2, 1, 3]), up: &list(&[4, 1]) });
    catalog.link(LinkOptions { latency, ..ms(1) });
    catalog.link(LinkOptions { latency, bandwidth: Some(Bandwidth(500_000)), keepalive });
    catalog
}

fn any_id() -> impl Strategy<Value = ContextId> {
    (0_u32..6).prop_map(ContextId)
}

fn connect() -> impl Strategy<Value = Connect> {
    (1_u32..6, any_id(), 0_u32..7).prop_map(|(id, parent, link)| Connect {
        id: ContextId(id),
        parent,
        name: Some(Name::OF_CONTEXT),
        link: LinkId(link),
    })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => connect().prop_map(Action::Connect),
        2 => any_id().prop_map(|id| Action::Kill { id }),
        1 => any_id().prop_map(|id| Action::Disconnect { id }),
        1 => any_id().prop_map(|id| Action::Partition { id, ways: Ways::Both }),
        1 => any_id().prop_map(|id| Action::Partition { id, ways: Ways::Up }),
        1 => any_id().prop_map(|id| Action::Heal { id }),
        1 => any_id().prop_map(|id| Action::Slow { id, factor: 3 }),
        1 => (any_id(), any_id()).prop_map(|(id, from)| Action::Shutdown { id, from }),
        1 => any_id().prop_map(|id| Action::Detach { id }),
        2 => (any_id(), any_id()).prop_map(|(from, to)| Action::Send { from, to, data: Data::default() }),
        3 => (any_id(), any_id()).prop_map(|(from, to)| Action::Call { from, to, data: Data::default() }),
    ]
}

/// How an id comes to live below its own orphan: what is sent to its parent then goes round for ever, before 0.2.8.
fn loop_steps(link: u32) -> Vec<Step> {
    let connect = |id, parent| {
        let link = LinkId(link);
        Action::Connect(Connect { id: ContextId(id), parent: ContextId(parent), name: Some(Name::OF_CONTEXT), link })
    };
    let id = |id| ContextId(id);
    let steps = [
        connect(1, 0),
        connect(2, 1),
        Action::Partition { id: id(2), ways: Ways::Both },
        Action::Kill { id: id(1) },
        connect(1, 2),
        Action::Call { from: id(1), to: id(0), data: Data::default() },
        Action::Call { from: id(1), to: id(3), data: Data::default() },
    ];
    let at = |n: u64| Time::from_ns(n * 10 * MS);
    (1..).zip(steps).map(|(n, action)| Step::new(at(n), action)).collect()
}

prop_compose! {
    /// A run of at most 1,500 events; half of them with a loop.
    fn scenario()(
        contexts in prop::collection::vec(connect(), 0..5),
        events in prop::collection::vec((0_u64..150, action()), 0..25),
        has_loop in any::<bool>(),
        link in 0_u32..7,
        max_events in 40_u64..1_500,
        monitor in prop::sample::select(monitors::all()),
    ) -> Scenario {
        let mut steps: Vec<Step> = if has_loop { loop_steps(link) } else { Vec::new() };
        let (contexts, start) = if has_loop { (Vec::new(), 60) } else { (contexts, 0) };
        steps.extend(events.into_iter().map(|(ms, action)| Step::new(Time::from_ns((start + ms) * MS), action)));
        Scenario { monitor, max_events: Some(max_events), ..Scenario::new(catalog(), contexts, steps) }
    }
}

/// The run, cut in a step that costs more than this.
fn cut_at(scenario: &Scenario, cost: u64) -> Outcome {
    let cost_max = Some(CostMax { least: cost, exact: &|| cost });
    run(scenario, Options { cost_max, ..Options::default() }).unwrap()
}

fn bytes(run: &dyn Stepper) -> Option<Vec<u8>> {
    let mut state = StateWriter::default();
    run.write_state(&mut state);
    state.into_bytes()
}

/// What the next events do, with times from now on.
fn future(run: &mut dyn Stepper, events: usize) -> Vec<String> {
    let start = run.view().world.clock();
    let mut future = Vec::new();
    for _ in 0..events {
        let Progress::Event { .. } = run.step_up_to(1).unwrap() else { break };
        let world = run.view().world;
        future.push(format!("{:?} {:?}", world.clock().since(start), world.happened().records));
    }
    future
}

/// A run after so many events.
fn after(scenario: &Scenario, events: u64) -> Box<dyn Stepper + '_> {
    let mut run = open(scenario, Watch::Records);
    while run.view().world.events() < events {
        run.step_up_to(1).unwrap();
    }
    run
}

fn tables(run: &dyn Stepper) -> Vec<(u32, Vec<(u32, u32)>)> {
    let view = run.view();
    let mut tables = Vec::new();
    let Ok(()) = view.world.each_live(|context| {
        let mut routes = Vec::new();
        view.table(context).unwrap().each_hop(|to, hop| routes.push((to.0, hop.0)));
        tables.push((context.0, routes));
        Ok::<_, std::convert::Infallible>(())
    });
    tables
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A run that was stopped is a storm exactly if one of its states after the last step was there before, as a search
    /// through all of them finds. And what follows two equal states is equal.
    #[test]
    fn a_storm_is_a_state_that_comes_back(scenario in scenario()) {
        let outcome = run(&scenario, Options::default()).unwrap();
        let mut seen: BTreeMap<Vec<u8>, (u64, _)> = BTreeMap::new();
        let mut again = None;
        let mut going = open(&scenario, Watch::Records);
        loop {
            let world = going.view().world;
            let events = world.events();
            if !world.has_steps() && again.is_none() {
                let state = (events, tables(&*going));
                if let Some((before, known)) = seen.insert(bytes(&*going).unwrap(), state) {
                    prop_assert_eq!(known, tables(&*going), "equal states have equal tables");
                    again = Some((before, events));
                }
            }
            let Progress::Event { .. } = going.step_up_to(1).unwrap() else { break };
        }
        prop_assert_eq!(outcome.verdict == Verdict::Storm, again.is_some() && outcome.verdict.is_stopped());
        if let Some((before, now)) = again {
            prop_assert!(outcome.verdict.is_stopped(), "a state that comes back means that there is no end");
            let longer = Scenario { max_events: Some(10_000), ..scenario.clone() };
            prop_assert_eq!(future(&mut *after(&longer, before), 300), future(&mut *after(&longer, now), 300));
        }
        // A run that is cut asks the same, and knows more of what was there before.
        for least in [0, 3, 30] {
            let cut = cut_at(&scenario, least);
            let has_come_back = again.is_some_and(|(_, now)| cut.events >= now);
            prop_assert!(cut.verdict != Verdict::Stopped || !has_come_back, "cut at {} of {again:?}", cut.events);
            prop_assert!(cut.verdict != Verdict::Storm || again.is_some());
        }
    }

    /// The state does not tell how copies were counted, and that it differs where the rest of a run does: two moments of a run with one
    /// state have the same tables, and do the same next.
    #[test]
    fn a_state_does_not_depend_on_how_it_came_about(scenario in scenario()) {
        let (mut counted, mut single) = (open(&scenario, Watch::Records), open(&scenario, Watch::All));
        while let Progress::Event { .. } = counted.step_up_to(u64::MAX).unwrap() {
            while single.view().world.events() < counted.view().world.events() {
                single.step_up_to(1).unwrap();
            }
            let (state, other) = (bytes(&*counted).unwrap(), bytes(&*single).unwrap());
            prop_assert_eq!(&state, &other);
            let mut compared = StateWriter::comparing(&state);
            single.write_state(&mut compared);
            prop_assert!(compared.is_equal());
        }
    }
}

/// Proves that a run that may be very long ends where a state comes back, whatever is asked of it on the way, and that a
/// drawn latency keeps anything from being proven.
#[test]
fn a_long_run_ends_where_a_state_comes_back() {
    let monitor = monitors::named("mitogen-0.2.4").unwrap();
    let endless =
        Scenario { monitor, max_events: Some(u64::MAX), ..Scenario::new(catalog(), Vec::new(), loop_steps(0)) };
    let outcome = run(&endless, Options::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Storm);
    assert!(outcome.events < 10_000, "{}", outcome.events);
    for (keep_blocks, one_by_one, skips_proof) in [(true, false, false), (false, true, false), (false, false, true)] {
        let other = run(&endless, Options { keep_blocks, one_by_one, skips_proof, ..Options::default() }).unwrap();
        assert_eq!((other.digest, other.verdict), (outcome.digest, Verdict::Storm));
    }
    let mut drawn = endless;
    let latency = Distribution::Uniform { min: Span::from_ms(1), max: Span::from_ms(2) };
    let link = drawn.catalog.link(LinkOptions { latency: latency.into(), ..LinkOptions::constant(Span::from_ms(1)) });
    for step in &mut drawn.events {
        if let Action::Connect(connect) = &mut step.action {
            connect.link = link;
        }
    }
    drawn.max_events = Some(5_000);
    let outcome = run(&drawn, Options::default()).unwrap();
    assert_eq!((outcome.verdict, outcome.events), (Verdict::Stopped, 5_000));
}

/// Proves that a run whose routes go round for ever is known as endless where it is cut, once a state has come back; and that
/// it is cut where none has yet.
#[test]
fn a_run_that_is_cut_may_be_endless() {
    let monitor = monitors::named("mitogen-0.2.4").unwrap();
    let steps =
        |link| Scenario { monitor, max_events: Some(5_000), ..Scenario::new(catalog(), Vec::new(), loop_steps(link)) };
    for link in [0, 3] {
        let endless = steps(link);
        let verdicts: Vec<_> =
            (0..60).map(|cost| cut_at(&endless, cost)).map(|cut| (cut.verdict, cut.events)).collect();
        let storms = verdicts.iter().filter(|(verdict, _)| *verdict == Verdict::Storm).count();
        let stopped =
            verdicts.iter().filter(|(verdict, events)| *verdict == Verdict::Stopped && *events < 5_000).count();
        assert!(storms > 20 && stopped > 0, "{verdicts:?}");
    }
}

/// Proves that nothing is proven before the last step, however far off that is.
#[test]
fn a_step_that_is_left_can_end_a_loop() {
    let monitor = monitors::named("mitogen-0.2.4").unwrap();
    let mut steps = loop_steps(0);
    let looping = Scenario { monitor, max_events: Some(5_000), ..Scenario::new(catalog(), Vec::new(), steps.clone()) };
    assert_eq!(run(&looping, Options::default()).unwrap().verdict, Verdict::Storm);
    steps.push(Step::new(Time::from_ns(3_600_000 * MS), Action::Kill { id: ContextId(1) }));
    let ended = Scenario { monitor, max_events: Some(5_000), ..Scenario::new(catalog(), Vec::new(), steps) };
    assert_eq!(run(&ended, Options::default()).unwrap().verdict, Verdict::Stopped);
    let until = Scenario { until: Some(Time::from_ns(7_200_000 * MS)), ..looping };
    assert_eq!(run(&until, Options::default()).unwrap().verdict, Verdict::Stopped);
}

/// Proves that a run that is stopped from outside says what is known, and has no digest.
#[test]
fn a_run_can_be_stopped_from_outside() {
    let mut catalog = catalog();
    let latency = Distribution::Uniform { min: Span::from_ms(1), max: Span::from_ms(2) };
    let link = catalog.link(LinkOptions { latency: latency.into(), ..LinkOptions::constant(Span::from_ms(1)) });
    let mut steps = loop_steps(link.0);
    steps.truncate(6);
    let monitor = monitors::named("mitogen-0.2.4").unwrap();
    let endless = Scenario { monitor, max_events: Some(u64::MAX), ..Scenario::new(catalog, Vec::new(), steps) };
    let mut calls = 0;
    let mut progress = |events: u64, _: Time| {
        calls += 1;
        if events > 200_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let outcome = run(&endless, Options { progress: Some(&mut progress), ..Options::default() }).unwrap();
    assert_eq!((outcome.verdict, outcome.digest), (Verdict::Stopped, None));
    assert!((200_000..400_000).contains(&outcome.events) && calls > 1);
}

/// Proves that a healthy tree never meets the limit of a scenario that sets none, however large or deep it is.
#[test]
fn a_healthy_tree_meets_no_limit() {
    let connect = |id: u32, parent: u32| Connect {
        id: ContextId(id),
        parent: ContextId(parent),
        name: Some(Name::OF_CONTEXT),
        link: LinkId(0),
    };
    for fanout in [1, 4] {
        let count = if fanout == 1 { 1_600 } else { 150_000 };
        let contexts = (1..=count).map(|id| connect(id, (id - 1) / fanout)).collect();
        let outcome = run(&Scenario::new(catalog(), contexts, Vec::new()), Options::default()).unwrap();
        assert_eq!(outcome.verdict, Verdict::Converged, "{fanout}");
        assert!(outcome.events > 1_000_000, "{}", outcome.events);
    }
}
