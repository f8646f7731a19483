//! Laws that hold for every scenario, tried on random ones that use ids again, cut links and cross messages in flight.

use proptest::prelude::*;
use std::collections::BTreeSet;
use treequake::convergence::{Convergence, DIFFERENCES_MAX, compare_all};
use treequake::link::Incarnation;
use treequake::monitors;
use treequake::process::{ContextId, Data, Name, Truth};
use treequake::run::{Check, Options, Outcome, Progress, Runner, open, run};
use treequake::scenario::expectation::Verdict;
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step, Ways};
use treequake::time::{Span, Time};
use treequake::world::Watch;

const IDS: u32 = 9;

fn any_id() -> impl Strategy<Value = ContextId> {
    (0..=IDS).prop_map(ContextId)
}

/// Links of 1 to 40 milliseconds, with the numbers 0 to 39; then one to a child of each monitor, whatever the scenario's.
fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    for ms in 1..=40 {
        catalog.link(LinkOptions::constant(Span::from_ms(ms)));
    }
    for monitor in monitors::all() {
        catalog.link_under(LinkOptions::constant(Span::from_ms(3)), Some(monitor));
    }
    catalog
}

/// The first name of every catalog here.
fn odd_name(catalog: &mut Catalog) -> Option<Name> {
    catalog.names.intern("it's: \"é\\")
}

fn link() -> impl Strategy<Value = LinkId> {
    let monitors = u32::try_from(monitors::all().len()).unwrap();
    prop_oneof![Just(0), Just(2), Just(9), 0_u32..39, 40..40 + monitors].prop_map(LinkId)
}

fn connect() -> impl Strategy<Value = Connect> {
    let name = prop_oneof![Just(Some(Name::OF_CONTEXT)), Just(odd_name(&mut catalog()))];
    (1..=IDS, any_id(), name, link()).prop_map(|(id, parent, name, link)| Connect {
        id: ContextId(id),
        parent,
        name,
        link,
    })
}

fn scenario_of(contexts: Vec<Connect>, events: Vec<Step>) -> Scenario {
    let mut catalog = catalog();
    odd_name(&mut catalog);
    Scenario::new(catalog, contexts, events)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => connect().prop_map(Action::Connect),
        2 => any_id().prop_map(|id| Action::Kill { id }),
        1 => any_id().prop_map(|id| Action::Disconnect { id }),
        2 => any_id().prop_map(|id| Action::Partition { id, ways: Ways::Both }),
        2 => any_id().prop_map(|id| Action::Heal { id }),
        2 => (any_id(), any_id()).prop_map(|(from, to)| Action::Send { from, to, data: Data::default() }),
        3 => (any_id(), any_id()).prop_map(|(from, to)| Action::Call { from, to, data: Data::default() }),
    ]
}

prop_compose! {
    fn scenario()(
        contexts in prop::collection::vec(connect(), 0..7),
        events in prop::collection::vec((0_u64..80, action()), 0..50),
        unidirectional in any::<bool>(),
        monitor in prop::sample::select(monitors::all()),
    ) -> Scenario {
        let step = |(ms, action)| Step::new(Time::from_ns(ms * 1_000_000), action);
        let scenario = scenario_of(contexts, events.into_iter().map(step).collect());
        Scenario { monitor, unidirectional, max_events: Some(3_000), ..scenario }
    }
}

prop_compose! {
    /// A deep tree in which many have talked to many: the news of one loss has many copies.
    fn chatty_scenario()(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 4..10),
        sends in prop::collection::vec((any_id(), any_id()), 10..60),
        losses in prop::collection::vec(any_id(), 1..4),
        monitor in prop::sample::select(monitors::all()),
    ) -> Scenario {
        // The parent is one of the last two: deep.
        let contexts = parents.iter().zip(1_u32..).map(|(parent, id)| {
            let parent = ContextId(id - 1 - u32::try_from(parent.index(2.min(id as usize))).unwrap());
            Connect { id: ContextId(id), parent, name: Some(Name::OF_CONTEXT), link: LinkId(0) }
        });
        let at = |ms: u64| Time::from_ns(ms * 1_000_000);
        let send = |(from, to)| Step::new(at(100), Action::Send { from, to, data: Data::default() });
        let mut steps: Vec<Step> = sends.into_iter().map(send).collect();
        steps.extend(losses.into_iter().zip(2_u64..).map(|(id, n)| Step::new(at(100 * n), Action::Disconnect { id })));
        Scenario { monitor, max_events: Some(30_000), ..scenario_of(contexts.collect(), steps) }
    }
}

/// The most differences of a list that is short.
const SOME: usize = 3;

fn run_with(scenario: &Scenario, check: Check) -> Outcome {
    run(scenario, Options { check, keep_blocks: true, ..Options::default() }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// The check that follows each change always knows what a comparison of everything would find. It knows the same if it
    /// is asked for each turn, although it then keeps what is missing in another form. A comparison that lists only some
    /// lists as many.
    #[test]
    fn the_check_agrees_with_a_full_comparison(scenario in scenario()) {
        let mut run = open(&scenario, Watch::Routes);
        let watched: BTreeSet<_> = (0..=IDS).map(ContextId).collect();
        let mut convergence = Convergence::watching(watched.clone(), Truth::Tables);
        let mut by_turns = Convergence::watching(watched, Truth::Tables);
        by_turns.keep_turns();
        while let Progress::Event { .. } = run.step_up_to(1).unwrap() {
            convergence.observe(run.view());
            by_turns.observe(run.view());
            let differences = convergence.differences(run.view());
            prop_assert_eq!(&differences, &compare_all(run.view(), Truth::Tables, DIFFERENCES_MAX));
            let some = compare_all(run.view(), Truth::Tables, SOME);
            prop_assert_eq!(some.len(), differences.len().min(SOME));
            prop_assert!(some.iter().all(|difference| differences.contains(difference)));
            prop_assert_eq!(&differences, &by_turns.differences(run.view()));
            prop_assert_eq!([Some(differences.len() as u64); 2], [&convergence, &by_turns].map(Convergence::count));
            prop_assert_eq!(convergence.disturbed(), by_turns.disturbed());
        }
    }

    /// The check that follows the ways between contexts always knows what a comparison of all ways would find, and each
    /// turn that it tells of is one.
    #[test]
    fn the_check_of_reach_agrees_with_a_full_comparison(scenario in scenario()) {
        let mut run = open(&scenario, Watch::Routes);
        let mut convergence = Convergence::watching(BTreeSet::new(), Truth::Reach);
        convergence.keep_turns();
        let mut wrong = BTreeSet::new();
        while let Progress::Event { .. } = run.step_up_to(1).unwrap() {
            convergence.observe(run.view());
            let differences = convergence.differences(run.view());
            prop_assert_eq!(&differences, &compare_all(run.view(), Truth::Reach, DIFFERENCES_MAX));
            prop_assert_eq!(Some(differences.len() as u64), convergence.count());
            for turn in convergence.take_turns() {
                let place = (turn.context, turn.destination);
                let is_turn = if turn.is_wrong { wrong.insert(place) } else { wrong.remove(&place) };
                prop_assert!(is_turn);
            }
            let id = |place: &(Incarnation, ContextId)| (run.view().world.id(place.0), place.1);
            let places: BTreeSet<_> = differences.iter().map(|one| (one.context, one.destination)).collect();
            prop_assert_eq!(wrong.iter().map(id).collect::<BTreeSet<_>>(), places);
        }
    }

    /// Running is a function: two runs are equal in everything, and checking changes nothing that is run.
    #[test]
    fn a_run_is_a_function_of_its_scenario(scenario in scenario()) {
        let first = run_with(&scenario, Check::Always);
        prop_assert_eq!(&first, &run_with(&scenario, Check::Always));
        let unchecked = run_with(&scenario, Check::AtEnd);
        prop_assert_eq!((first.digest, first.verdict, &first.differences), (unchecked.digest, unchecked.verdict, &unchecked.differences));
    }

    /// Nothing of one run is left in the memory that the next one is run in.
    #[test]
    fn a_runner_forgets(scenarios in prop::collection::vec(prop_oneof![scenario(), chatty_scenario()], 2..8)) {
        let mut runner = Runner::default();
        for (n, scenario) in scenarios.iter().enumerate() {
            let check = if n % 3 == 1 { Check::AtEnd } else { Check::Always };
            let options = || Options { check, keep_blocks: true, ..Options::default() };
            prop_assert_eq!(runner.run(scenario, options()).unwrap(), run(scenario, options()).unwrap());
        }
    }

    /// Copies that are counted, and copies that are handled one by one, come to the same in every figure, and in every
    /// block of events.
    #[test]
    fn counting_copies_changes_nothing(scenario in prop_oneof![scenario(), chatty_scenario()]) {
        let mut counted_trace = Vec::new();
        let counted = run(&scenario, Options { keep_blocks: true, trace: Some(&mut counted_trace), ..Options::default() }).unwrap();
        let mut trace = Vec::new();
        let options = Options { keep_blocks: true, one_by_one: true, trace: Some(&mut trace), ..Options::default() };
        prop_assert_eq!(counted, run(&scenario, options).unwrap());
        prop_assert_eq!(counted_trace, trace);
    }

    /// What is written as the trace is what was counted.
    #[test]
    fn the_figures_are_those_of_the_trace(scenario in scenario()) {
        let mut trace = Vec::new();
        let outcome = run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
        let trace = String::from_utf8(trace).unwrap();
        let records: Vec<serde_json::Value> = trace.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count = |kind: &str| records.iter().filter(|record| record["kind"] == kind).count() as u64;
        prop_assert_eq!(count("message"), outcome.messages.total());
        prop_assert_eq!(count("table"), outcome.live + 1);
        prop_assert_eq!(count("storm"), u64::from(outcome.verdict.is_stopped()));
        prop_assert!(records.windows(2).all(|pair| pair[0]["t"].as_u64() <= pair[1]["t"].as_u64()), "the clock goes forward");
    }

    /// A fault-free join converges under every monitor, and costs what the protocol costs: one entry and all but one
    /// message for each level of depth.
    #[test]
    fn a_join_converges_at_the_known_cost(parents in prop::collection::vec(any::<prop::sample::Index>(), 1..40), links in prop::collection::vec(link(), 40)) {
        let mut depths = vec![0_u64];
        let mut contexts = Vec::new();
        for (parent, link) in parents.iter().zip(links) {
            let parent = parent.index(depths.len());
            contexts.push(Connect {
                id: ContextId(u32::try_from(depths.len()).unwrap()),
                parent: ContextId(u32::try_from(parent).unwrap()),
                name: Some(Name::OF_CONTEXT),
                link,
            });
            depths.push(depths[parent] + 1);
        }
        // The seed's names double at each hop; its own limit on frames is another law.
        prop_assume!(depths.iter().all(|depth| *depth < 20));
        for monitor in monitors::all() {
            let scenario = Scenario { monitor, ..scenario_of(contexts.clone(), Vec::new()) };
            let outcome = run_with(&scenario, Check::Always);
            prop_assert_eq!(outcome.verdict, Verdict::Converged);
            prop_assert_eq!(outcome.messages.total(), depths[1..].iter().map(|depth| depth - 1).sum::<u64>());
            prop_assert!(outcome.warnings.is_empty());
        }
    }
}
