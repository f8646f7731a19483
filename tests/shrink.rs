//! Failures, their classes and their smallest forms: laws that are tried on random scenarios that fail, and stories
//! that are written by hand.

use proptest::prelude::*;
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::Path;
use treequake::findings::findings;
use treequake::fuzz::capsule::{Origin, capsule};
use treequake::fuzz::class::{Class, Kind};
use treequake::fuzz::coverage::Coverage;
use treequake::fuzz::examine::{Examination, Rules, examine};
use treequake::fuzz::generator::generate;
use treequake::fuzz::shrink::{Progress, Shrunk, shrink};
use treequake::metrics::Branch;
use treequake::mitogen::Revision;
use treequake::monitors;
use treequake::process::{ContextId, Data, Monitor, Name, places};
use treequake::run::{Options, Runner, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::expectation::WarningKind;
use treequake::scenario::file::{self, Loaded};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, Scenario, Step, StepKind, Ways, write};
use treequake::time::{Span, Time};

const IDS: u32 = 6;

fn any_id() -> impl Strategy<Value = ContextId> {
    (0..=IDS).prop_map(ContextId)
}

fn action() -> impl Strategy<Value = Action> {
    let connect = (1..=IDS, any_id());
    prop_oneof![
        4 => connect.prop_map(|(id, parent)| (ContextId(id), parent)).prop_map(|(id, parent)| connect_step(id, parent)),
        2 => any_id().prop_map(|id| Action::Kill { id }),
        1 => any_id().prop_map(|id| Action::Disconnect { id }),
        2 => any_id().prop_map(|id| Action::Partition { id, ways: Ways::Both }),
        2 => any_id().prop_map(|id| Action::Heal { id }),
        1 => (any_id(), any_id()).prop_map(|(from, to)| Action::Send { from, to, data: Data::default() }),
        3 => (any_id(), any_id()).prop_map(|(from, to)| Action::Call { from, to, data: Data::default() }),
    ]
}

/// Below links of 1ms, the first of every catalog here.
fn connect_step(id: ContextId, parent: ContextId) -> Action {
    Action::Connect(connect(id, parent))
}

fn connect(id: ContextId, parent: ContextId) -> Connect {
    let link = Catalog::default().link(LinkOptions::constant(Span::from_ms(1)));
    Connect { id, parent, name: Some(Name::OF_CONTEXT), link }
}

prop_compose! {
    /// Ids that are used again, behind links that are cut: most of these fail.
    fn scenario()(
        parents in prop::collection::vec(0..IDS, 2..6),
        events in prop::collection::vec((1_u64..60, action()), 8..30),
        monitor in prop::sample::select(monitors::all()),
    ) -> Scenario {
        let mut catalog = Catalog::default();
        catalog.link(LinkOptions::constant(Span::from_ms(1)));
        let contexts = parents.iter().zip(1..).map(|(parent, id)| connect(ContextId(id), ContextId(parent % id)));
        let step = |(ms, action)| Step::new(Time::from_ns(ms * 1_000_000), action);
        let scenario = Scenario::new(catalog, contexts.collect(), events.into_iter().map(step).collect());
        Scenario { monitor, max_events: Some(5_000), ..scenario }
    }
}

fn looked_at(scenario: &Scenario) -> Examination {
    examine(&mut Runner::default(), scenario, &Rules::default()).unwrap()
}

fn shrunk(scenario: &Scenario, class: Class, rules: &Rules) -> Shrunk {
    shrink(scenario, class, rules, &mut |_| ControlFlow::Continue(()))
}

fn parsed(file: &Value) -> Loaded {
    file::parse(Source { name: "capsule".to_owned(), text: format!("{file:#}") }, "capsule").unwrap()
}

fn load(path: &str) -> Scenario {
    file::load(Path::new(path)).unwrap().scenario
}

/// The scenario without one of its contexts and all that is below it, and without the steps that name them.
fn without_context(scenario: &Scenario, id: ContextId) -> Scenario {
    let mut left = scenario.clone();
    let mut gone = vec![id];
    while let Some(id) = gone.pop() {
        let below = |context: &Connect| context.id == id || context.parent == id;
        gone.extend(left.contexts.iter().filter(|context| context.parent == id).map(|context| context.id));
        left.contexts.retain(|context| !below(context));
        left.events.retain(|step| {
            if let Action::Connect(connect) = step.action {
                gone.extend((connect.parent == id).then_some(connect.id));
            }
            let mut is_named = false;
            step.action.clone().each_id(|named| is_named |= *named == id);
            !is_named
        });
    }
    left
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Shrinking is a function; its result fails in the same class, and no single removal from it does; what it leaves
    /// as a capsule is a scenario that expects just what happens, and runs to the digest that it names, also when it is
    /// written out again.
    #[test]
    fn the_smallest_form_is_minimal_and_replays(scenario in scenario()) {
        // Not the first: no class may hide another.
        let Some(class) = looked_at(&scenario).failures.last().map(|failure| failure.class) else { return Ok(()) };
        let result = shrunk(&scenario, class, &Rules::default());
        let again = shrunk(&scenario, class, &Rules::default());
        prop_assert_eq!((&result.scenario, &result.free), (&again.scenario, &again.free));

        let last = looked_at(&result.scenario);
        let shows = |scenario: &Scenario| looked_at(scenario).of_class(class).is_some();
        prop_assert!(last.of_class(class).is_some());
        prop_assert!(result.is_minimal);
        for place in 0..result.scenario.events.len() {
            let mut left = result.scenario.clone();
            left.events.remove(place);
            prop_assert!(!shows(&left), "without step {}", place);
        }
        for context in &result.scenario.contexts {
            let left = without_context(&result.scenario, context.id);
            prop_assert!(!shows(&left), "without context {}", context.id);
        }

        let loaded = parsed(&capsule(&result.scenario, &last.outcome, last.of_class(class), None));
        let outcome = run(&loaded.scenario, Options::default()).unwrap();
        prop_assert_eq!(outcome.digest, last.outcome.digest);
        prop_assert_eq!(loaded.scenario.origin.as_ref().unwrap().digest.clone(), Some(outcome.digest_text()));
        prop_assert_eq!(findings(&loaded.scenario, &outcome, &[]), Vec::<String>::new());
        let expect = serde_json::from_str::<Value>(&loaded.source.text).unwrap()["expect"].clone();
        prop_assert_eq!(parsed(&write::expanded(&loaded.scenario, Some(&expect))).scenario, loaded.scenario);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// No failure hides another: with all warnings denied, a case fails as it does with none and with each of them. And no
    /// class is there twice.
    #[test]
    fn each_failure_is_seen(scenario in scenario()) {
        let failures = |denied: &[WarningKind]| {
            let rules = Rules { denied: denied.to_vec(), ..Rules::default() };
            examine(&mut Runner::default(), &scenario, &rules).unwrap().failures
        };
        let mut each = failures(&[]);
        let common = each.len();
        for warning in WarningKind::ALL {
            let one = failures(&[warning]);
            prop_assert_eq!(&one[..common], &each[..common]);
            each.extend_from_slice(&one[common..]);
        }
        prop_assert_eq!(&failures(&WarningKind::ALL), &each);
        let classes: std::collections::BTreeSet<Class> = each.iter().map(|failure| failure.class).collect();
        prop_assert_eq!(classes.len(), each.len());
    }
}

/// Proves that a storm of a reused id is called what it is, and comes down to the story that was written by hand.
#[test]
fn a_loop_of_a_reused_id_is_a_storm_where_messages_are_forwarded() {
    let scenario = load("scenarios/reused-id-loop.json");
    let class = looked_at(&scenario).failures[0].class;
    assert_eq!(class.to_string(), "storm-on-forward-mitogen-seed");
    let result = shrunk(&scenario, class, &Rules::default());
    assert!(result.is_minimal);
    assert_eq!((result.progress.steps, result.progress.contexts), ((4, 4), (3, 3)));
}

/// Proves that 194 bystanders go, and that what remains is the one that is cut off for ever and its stale route.
#[test]
fn a_retired_instance_is_all_that_is_left_of_a_fleet() {
    let scenario = load("scenarios/incidents/352-instance-retired.json");
    let class = looked_at(&scenario).failures[0].class;
    assert_eq!((class.kind, class.place), (Kind::Stale, places::AT_CUT_LINK));
    let result = shrunk(&scenario, class, &Rules::default());
    assert_eq!((result.progress.contexts, result.progress.steps), ((197, 1), (6, 2)));
    let actions: Vec<String> = result.scenario.events.iter().map(|step| step.action.to_string()).collect();
    assert_eq!(actions, ["partition 1", "kill 1"]);
}

/// Proves that each kind of failure has a name of its own, with its place.
#[test]
fn classes_say_what_broke_and_where() {
    let class_of = |path: &str, monitor: Monitor, denied: &[WarningKind], budget: u64| {
        let scenario = Scenario { monitor, ..load(path) };
        let rules = Rules { denied: denied.to_vec(), budget, cuts: false };
        let failures = examine(&mut Runner::default(), &scenario, &rules).unwrap().failures;
        failures.iter().map(|failure| failure.class.to_string()).collect::<Vec<_>>().join(", ")
    };
    let (seed, new) = (Revision::MitogenSeed.monitor(), Revision::Mitogen03.monitor());
    let crash = "scenarios/issue-533-request-crosses-death.json";
    let flood = "scenarios/fleets/retraction-flood.json";
    let told: Vec<String> = [
        class_of(crash, seed, &[], 100),
        class_of(crash, new, &[], 100),
        class_of(crash, new, &[WarningKind::DuplicateSignal], 100),
        class_of("scenarios/issue-413-duplicate-del-route.json", seed, &[WarningKind::LoggedError], 100),
        class_of("scenarios/issue-413-duplicate-del-route.json", seed, &[WarningKind::DuplicateDel], 100),
        class_of(flood, new, &[], 100),
        class_of(flood, new, &[], u64::MAX),
        class_of("scenarios/incidents/615-reply-too-large.json", seed, &[], 100),
        class_of("scenarios/links/half-open-down.json", new, &[], 100),
        class_of("scenarios/incidents/480-broker-dies-while-retracting.json", seed, &[], 100),
    ]
    .into_iter()
    .map(|classes| if classes.is_empty() { "fine".to_owned() } else { classes })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// Proves that two entries that two handlers removed are two classes, and that shrinking keeps the one that is asked for.
#[test]
fn two_handlers_are_two_classes() {
    let story = r#"{ "version": 1, "monitor": "mitogen-0.3",
        "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "100ms", "do": "kill", "id": 2 },
                   { "at": "100ms", "do": "connect", "id": 2, "parent": 1 }] }"#;
    let scenario = parsed(&serde_json::from_str(story).unwrap()).scenario;
    let classes: Vec<Class> = looked_at(&scenario).failures.iter().map(|failure| failure.class).collect();
    let names: Vec<String> = classes.iter().map(Class::to_string).collect();
    assert_eq!(names, ["missing-on-disconnect-mitogen-0.3", "missing-on-del-route-mitogen-0.3"]);
    let contexts = |class| shrunk(&scenario, class, &Rules::default()).progress.contexts.1;
    assert_eq!([contexts(classes[0]), contexts(classes[1])], [2, 3], "the parent alone, or with its own parent");
}

/// Proves that what stops the search keeps the best so far, and claims nothing of it.
#[test]
fn a_search_that_is_stopped_keeps_the_best() {
    let scenario = load("scenarios/incidents/352-instance-retired.json");
    let class = looked_at(&scenario).failures[0].class;
    let mut seen = Vec::new();
    let mut watch = |progress: Progress| {
        seen.push(progress);
        if progress.tried == 30 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = shrink(&scenario, class, &Rules::default(), &mut watch);
    assert_eq!((result.progress.tried, result.is_minimal), (30, false));
    assert_eq!(seen.len(), 30);
    assert!(result.progress.contexts.1 < 197);
    assert!(looked_at(&result.scenario).of_class(class).is_some());
}

/// Proves what a capsule says of itself, word for word.
#[test]
fn a_capsule_names_its_origin() {
    let case = generate(&"default".parse().unwrap(), Revision::MitogenSeed.monitor(), 7);
    let origin = Origin { seed: "7".to_owned(), profile: "default".to_owned(), mix: case.mix };
    let scenario = load("scenarios/reused-id-loop.json");
    let Examination { outcome, failures, .. } = looked_at(&scenario);
    let file = capsule(&scenario, &outcome, failures.first(), Some(&origin));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&format!("\"treequake\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"treequake\": \"VERSION\"");
    settings.bind(|| insta::assert_snapshot!(format!("{:#}", file)));
}

/// Proves that the matrix says which step led where, that nothing is counted twice, and that parts add up.
#[test]
fn coverage_is_by_step() {
    let scenario = load("scenarios/issue-413-duplicate-del-route.json");
    let seed = Scenario { monitor: Revision::MitogenSeed.monitor(), ..scenario };
    let mut coverage = Coverage::default();
    coverage.observe(&seed, &looked_at(&seed).outcome);
    assert_eq!(coverage.count(StepKind::Kill, Branch::DATA), 0, "no call follows the death");
    let mut twice = coverage.clone();
    twice += &coverage;
    assert_eq!(
        twice.count(StepKind::Connect, Branch::ANNOUNCED),
        2 * coverage.count(StepKind::Connect, Branch::ANNOUNCED)
    );
    insta::assert_snapshot!(coverage.table(monitors::default().family()));
}
