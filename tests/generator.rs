//! What the generator draws: pinned where people see it, and held to its laws over many seeds of every profile.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;
use treequake::fuzz::generator::{Case, generate};
use treequake::fuzz::profile::{Profile, ProfileError};
use treequake::monitors;
use treequake::process::ContextId;
use treequake::run::{Check, Options, Runner};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Action, Scenario, Step, StepKind, file, write};
use treequake::time::Time;

fn profile(name: &str) -> Profile {
    name.parse().unwrap()
}

fn case(name: &str, seed: u64) -> Case {
    generate(&profile(name), monitors::default(), seed)
}

/// The first seeds of a profile with the smallest scenarios.
fn smallest_seeds(name: &str) -> Vec<u64> {
    let mut seeds: Vec<u64> = (0..200).collect();
    seeds.sort_by_key(|seed| case(name, *seed).scenario.step_count());
    seeds.truncate(2);
    seeds
}

/// A scenario file with one step a line.
fn short(scenario: &Scenario) -> String {
    let file = write::expanded(scenario, None);
    let mut text = String::new();
    for (key, value) in file.as_object().unwrap() {
        match value.as_array() {
            Some(items) => {
                writeln!(text, "{key}:").unwrap();
                items.iter().for_each(|item| writeln!(text, "  {item}").unwrap());
            }
            None => writeln!(text, "{key}: {value}").unwrap(),
        }
    }
    text
}

/// Proves that the same seed is the same scenario in every build: two small ones of each profile, in full.
#[test]
fn small_cases_are_pinned() {
    for name in Profile::NAMES {
        let texts: Vec<_> = smallest_seeds(name).iter().map(|seed| short(&case(name, *seed).scenario)).collect();
        insta::assert_snapshot!(format!("case_{name}"), texts.join("\n"));
    }
}

/// Proves the same of what is drawn first, and shows it in both of its forms.
#[test]
fn mixes_are_pinned() {
    let lines = Profile::NAMES.iter().flat_map(|name| (0..4).map(|seed| case(name, seed)));
    let lines: Vec<_> = lines.map(|case| format!("{}\n    {}", case.scenario.name, case.mix)).collect();
    insta::assert_snapshot!("mixes", lines.join("\n"));
    insta::assert_snapshot!("mix_as_json", serde_json::to_string_pretty(&case("default", 2).mix).unwrap());
}

/// Proves that a seed draws the same under every monitor, so that monitors can be compared on the same seeds.
#[test]
fn the_revision_changes_nothing_that_is_drawn() {
    for name in Profile::NAMES {
        for seed in 0..100 {
            let first = case(name, seed);
            for monitor in monitors::all() {
                let other = generate(&profile(name), monitor, seed);
                assert_eq!(other.scenario.monitor, monitor);
                assert_eq!(Scenario { monitor: monitors::default(), ..other.scenario }, first.scenario);
                assert_eq!(other.mix, first.mix);
            }
        }
    }
}

/// Proves that steps are legal in the state reached: of the steps of 300 cases, at most one in 2,000 is skipped under
/// the default monitor (of 3,000 cases of each profile, none was). (The oldest crashes, and loses links to names that double at each hop, which the generator does
/// not know.)
#[test]
fn nearly_no_step_is_skipped() {
    for name in Profile::NAMES {
        let mut runner = Runner::default();
        let (mut skipped, mut steps) = (0, 0);
        for seed in 0..300 {
            // A storm says nothing of steps, and takes long.
            let scenario = Scenario { max_events: Some(20_000), ..case(name, seed).scenario };
            let outcome = runner.run(&scenario, Options { check: Check::AtEnd, ..Options::default() }).unwrap();
            skipped += outcome.steps.iter().map(|step| step.skipped.len()).sum::<usize>();
            steps += scenario.events.len();
        }
        assert!(skipped * 2_000 <= steps, "{name}: {skipped} of {steps} steps are skipped");
    }
}

/// The kinds of the steps before the end phase.
fn kinds(case: &Case) -> BTreeSet<StepKind> {
    let mut used: BTreeSet<ContextId> = case.scenario.contexts.iter().map(|context| context.id).collect();
    let end = case.mix.phases;
    let last = end.join.as_ns() + end.faults.as_ns();
    let before = case.scenario.events.iter().filter(|step| step.at.as_ns() <= last);
    before
        .map(|step| {
            let was_used = matches!(step.action, Action::Connect(connect) if !used.insert(connect.id));
            if was_used { StepKind::Reconnect } else { step.action.kind() }
        })
        .collect()
}

/// Proves that every kind that a profile allows comes about, and no other, in any case that has it off. Ids are used
/// again in `reuse` only.
#[test]
fn kinds_occur_where_they_are_on() {
    for name in Profile::NAMES {
        let (mut seen, allowed) = (BTreeSet::new(), profile(name).kinds);
        for seed in 0..1_000 {
            let case = case(name, seed);
            let found = kinds(&case);
            let is_on = |kind: StepKind| case.mix.weights.get(kind) > 0;
            for kind in &found {
                let by_swizzle = matches!(kind, StepKind::Partition | StepKind::Heal) && is_on(StepKind::Swizzle);
                assert!(is_on(*kind) || by_swizzle, "{name} {seed}: {} is off", kind.name());
            }
            if is_on(StepKind::Swizzle) && !is_on(StepKind::Partition) && found.contains(&StepKind::Partition) {
                seen.insert(StepKind::Swizzle);
            }
            seen.extend(found);
        }
        let allowed: BTreeSet<_> = allowed.on().map(|(kind, _)| kind).collect();
        assert_eq!(seen, allowed, "{name}");
        assert_eq!(allowed.contains(&StepKind::Reconnect), name == "reuse");
    }
}

/// Proves that a profile can turn every kind of step on, also those that no built-in profile has.
#[test]
fn every_kind_can_be_drawn() {
    let weights: Vec<_> = StepKind::ALL.iter().map(|kind| format!("\"{}\": 1", kind.name())).collect();
    let text = format!(r#"{{ "version": 1, "kinds": {{ {} }} }}"#, weights.join(", "));
    let profile = Profile::parse(&text, "all.json").unwrap();
    let seen: BTreeSet<_> = (0..500).flat_map(|seed| kinds(&generate(&profile, monitors::default(), seed))).collect();
    // A swizzle is seen as the partitions and heals that it becomes.
    assert!(StepKind::ALL.into_iter().all(|kind| seen.contains(&kind) || kind == StepKind::Swizzle), "{seen:?}");
}

/// What is cut, and slow, after all steps, by id.
fn left_over(steps: &[Step]) -> (BTreeSet<ContextId>, BTreeSet<ContextId>) {
    let (mut cut, mut slow) = (BTreeSet::new(), BTreeSet::new());
    for step in steps {
        match step.action {
            Action::Partition { id, .. } => drop(cut.insert(id)),
            Action::Heal { id } => drop(cut.remove(&id)),
            Action::Slow { id, factor: 1 } => drop(slow.remove(&id)),
            Action::Slow { id, .. } => drop(slow.insert(id)),
            // A link is slow with its life.
            Action::Connect(connect) => drop(slow.remove(&connect.id)),
            _ => {}
        }
    }
    (cut, slow)
}

fn any_case() -> impl Strategy<Value = (Profile, Case)> {
    let any = (prop::sample::select(&Profile::NAMES[..]), any::<u64>(), prop::sample::select(monitors::all()));
    any.prop_map(|(name, seed, monitor)| (profile(name), generate(&profile(name), monitor, seed)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// What is written as a file is a valid one, and runs to the same digest.
    #[test]
    fn a_case_is_a_scenario_file((_, case) in any_case()) {
        let mut runner = Runner::default();
        let scenario = Scenario { max_events: Some(10_000), ..case.scenario };
        let text = write::expanded(&scenario, None).to_string();
        let loaded = file::parse(Source { name: "case".to_owned(), text }, "case");
        let loaded = loaded.map_err(|error| TestCaseError::fail(format!("{}: {error:?}", scenario.name)))?;
        let mut digest = |scenario| runner.run(scenario, Options { check: Check::AtEnd, ..Options::default() }).unwrap().digest;
        prop_assert_eq!(digest(&loaded.scenario), digest(&scenario), "{}", scenario.name);
        prop_assert_eq!((loaded.scenario.name, loaded.scenario.seed), (scenario.name, scenario.seed));
    }

    /// At the end everything is healed, and every live context has a link as fast as at first.
    #[test]
    fn everything_heals((_, case) in any_case()) {
        let (cut, slow) = left_over(&case.scenario.events);
        prop_assert_eq!(cut, BTreeSet::new());
        // A shutdown may be refused, and the model does not follow a context that is asked to shut down.
        prop_assume!(case.mix.weights.get(StepKind::Shutdown) == 0);
        let late = Time::from_ns(case.scenario.events.last().map_or(0, |step| step.at.as_ns()) + 1_000_000_000_000);
        let mut scenario = Scenario { max_events: Some(20_000), monitor: monitors::default(), ..case.scenario };
        scenario.events.extend(slow.iter().map(|id| Step::new(late, Action::Slow { id: *id, factor: 1 })));
        let outcome = Runner::default().run(&scenario, Options::default()).unwrap();
        let skipped = outcome.steps.last().filter(|step| step.at == late).map_or(0, |step| step.skipped.len());
        prop_assert!(skipped == slow.len() || Some(outcome.events) == scenario.max_events);
    }

    /// No case is beyond the bounds of its profile.
    #[test]
    fn the_bounds_are_kept((profile, case) in any_case()) {
        let scenario = &case.scenario;
        let contexts = u32::try_from(scenario.contexts.len()).unwrap();
        prop_assert!(contexts <= profile.contexts_max() && case.mix.contexts == contexts);
        prop_assert!(case.mix.depth <= profile.depth_max && case.mix.steps <= profile.steps.max);
        prop_assert!(scenario.events.is_sorted_by_key(|step| step.at));
        prop_assert_eq!((scenario.seed, scenario.max_events), (case.seed, Some(profile.max_events)));
    }
}

/// Proves that a profile that is written out is read as the same.
#[test]
fn profiles_survive_their_files() {
    for name in Profile::NAMES {
        let text = serde_json::to_string(&profile(name)).unwrap();
        assert_eq!(Profile::parse(&text, "any.json"), Ok(profile(name)));
    }
}

/// Proves that the page's example is a profile, that what it says is taken, and that the rest is as in what it is like.
#[test]
fn the_documented_profile_is_read() {
    let page = include_str!("../docs/fuzzing.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let read = Profile::parse(example, "docs/fuzzing.md").unwrap();
    assert_eq!((read.name.as_str(), read.contexts_max(), read.max_events), ("night-shift", 120, 50_000));
    assert_eq!(read.kinds.get(StepKind::Detach), 0);
    assert_eq!(read.kinds.get(StepKind::Call), profile("default").kinds.get(StepKind::Call));
    let case = generate(&read, monitors::default(), 1);
    assert_eq!(case.scenario.name, "fuzz-night-shift-1");
    assert_eq!(Profile::parse(r#"{ "version": 1, "like": "deep" }"#, "a/mine.json").unwrap().name, "mine");
}

/// Proves that each mistake in a profile is named with its place and its mend.
#[test]
fn mistakes_in_profiles_are_named() {
    let texts = [
        "",
        "{",
        "{ \"version\": 1, }",
        "[]",
        "{}",
        "{ \"version\": 2 }",
        "{ \"version\": 1,\n  \"depth\": 3 }",
        "{ \"version\": 1,\n  \"like\": \"shallow\" }",
        "{ \"version\": 1, \"steps\": { \"min\": 9, \"max\": 2 } }",
        "{ \"version\": 1, \"contexts\": [] }",
        "{ \"version\": 1, \"contexts\": [{ \"min\": 0, \"max\": 2 }] }",
        "{ \"version\": 1, \"latency\": { \"min\": \"5\", \"max\": \"1s\" } }",
        "{ \"version\": 1, \"latency\": { \"min\": \"5s\", \"max\": \"1s\" } }",
        "{ \"version\": 1, \"kinds\": { \"explode\": 1 } }",
        "{ \"version\": 1, \"kinds\": { \"kill\": 1, \"kill\": 2 } }",
        "{ \"version\": 1, \"kinds\": { \"kill\": 5000 } }",
        "{ \"version\": 1, \"keepalives\": 200 }",
        "{ \"version\": 1, \"paces\": { \"burst\": 0, \"racing\": 0, \"settling\": 0 } }",
    ];
    let errors = texts.map(|text| format!("{text}\n    {}", Profile::parse(text, "mine.json").unwrap_err()));
    // A new kind of step changes no snapshot.
    let kinds = StepKind::ALL.map(StepKind::name).join(", ");
    insta::assert_snapshot!("bad_profiles", errors.join("\n").replace(&kinds, "[all kinds]"));
    let unknown = "defualt".parse::<Profile>().unwrap_err();
    insta::assert_snapshot!(unknown, @"unknown profile `defualt`; use one of default, reuse, deep, wide, gentle, or a file whose name ends in .json");
    let missing = Profile::find("no/such.json").unwrap_err();
    assert!(matches!(missing, ProfileError::Unreadable { .. }));
    insta::assert_snapshot!(missing, @"no/such.json: no such file; check the path");
}
