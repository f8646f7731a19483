//! `treequake why`: what led to an entry of a route table, or to its absence, and where a call was lost. Texts are pinned
//! by snapshots; the walk is held to its laws on cases that the fuzzer draws.

use crate::desk::Desk;
use std::collections::BTreeMap;
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::link::Incarnation;
use treequake::monitors;
use treequake::process::ContextId;
use treequake::recording::{Cause, MomentId, Recording, record};
use treequake::report::why::{call_text, entry_text, event_text};
use treequake::scenario::expectation::WarningKind;
use treequake::why::{
    CallEnd, Calls, Entries, Past, Place, Standing, TrailEnd, Why, call, chain, count_calls, entry, first_warning,
};

/// A rack that is cut off: one of its hosts dies, another starts a child.
const CUT: &str = r#"{ "version": 1, "name": "cut",
  "contexts": [{ "id": 1, "parent": 0, "link": { "latency": "5ms" } }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 1 }],
  "events": [
    { "at": "1s", "do": "partition", "id": 1 }, { "at": "2s", "do": "kill", "id": 2 },
    { "at": "3s", "do": "connect", "id": 4, "parent": 3 }, { "at": "4s", "do": "call", "from": 0, "to": 3 },
    { "at": "9s", "do": "heal", "id": 1 }, { "at": "10s", "do": "call", "from": 4, "to": 2 }
  ] }"#;

/// The fuzzer's `missing-on-duplicate-route`: an id that is used again while its old life is still known.
const DUPLICATE: &str = r#"{ "version": 1, "name": "duplicate",
  "contexts": [{ "id": 1, "parent": 0, "link": { "latency": "32ms" } }, { "id": 2, "parent": 1, "link": { "latency": "60ms" } }],
  "events": [
    { "at": "100ms", "do": "kill", "id": 2 }, { "at": "150ms", "do": "connect", "id": 2, "parent": 1 }
  ] }"#;

/// The fuzzer's `missing-on-del-route`: the old life's DEL_ROUTE comes after the news of the new one was refused.
const MOVED: &str = r#"{ "version": 1, "name": "moved",
  "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1, "link": { "latency": "200ms" } }, { "id": 3, "parent": 0 }],
  "events": [{ "at": "100ms", "do": "kill", "id": 2 }, { "at": "200ms", "do": "connect", "id": 2, "parent": 3 }] }"#;

/// The fuzzer's `missing-on-disconnect`: the end of the old life takes the entry of the new one with it.
const REPLACED: &str = r#"{ "version": 1, "name": "replaced",
  "contexts": [{ "id": 1, "parent": 0, "link": { "latency": "128ms" } }],
  "events": [{ "at": "100ms", "do": "kill", "id": 1 }, { "at": "200ms", "do": "connect", "id": 1, "parent": 0 }] }"#;

/// The fuzzer's `hung-on-bad-auth-id`: a reply by a link that the id of its sender no longer leads to.
const BAD_AUTH: &str = r#"{ "version": 1, "name": "bad-auth",
  "contexts": [{ "id": 1, "parent": 0, "link": { "latency": "5ms" } }],
  "events": [
    { "at": "300ms", "do": "call", "from": 0, "to": 1 }, { "at": "306ms", "do": "kill", "id": 1 },
    { "at": "306ms", "do": "connect", "id": 1, "parent": 0 }, { "at": "410ms", "do": "kill", "id": 1 }
  ] }"#;

/// The fuzzer's `hung-reply-vanished`: who called has left before the reply comes back.
const LEFT: &str = r#"{ "version": 1, "name": "left",
  "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 0 }],
  "events": [{ "at": "100ms", "do": "call", "from": 1, "to": 2 }, { "at": "100ms", "do": "detach", "id": 1 }] }"#;

/// The fuzzer's `hung-request-vanished`: a request into a dead parent, from a child that has just left it.
const VANISHED: &str = r#"{ "version": 1, "name": "vanished",
  "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
  "events": [
    { "at": "100ms", "do": "detach", "id": 2 }, { "at": "100ms", "do": "call", "from": 2, "to": 0 },
    { "at": "100ms", "do": "kill", "id": 1 }
  ] }"#;

/// The fuzzer's `crash-on-disconnect`: under the seed, a context that has left its parent loses a child.
const CRASH: &str = r#"{ "version": 1, "name": "crash", "monitor": "mitogen-seed",
  "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
  "events": [{ "at": "100ms", "do": "detach", "id": 1 }, { "at": "200ms", "do": "kill", "id": 2 }] }"#;

/// A chain of 300 contexts, whose last one calls, and dies.
fn deep() -> String {
    let contexts: Vec<_> = (1..=300).map(|id| format!(r#"{{ "id": {id}, "parent": {} }}"#, id - 1)).collect();
    let events = r#"{ "at": "1s", "do": "call", "from": 300, "to": 0 }, { "at": "2s", "do": "kill", "id": 300 }"#;
    format!(r#"{{ "version": 1, "name": "deep", "contexts": [{}], "events": [{events}] }}"#, contexts.join(", "))
}

fn see(desk: &Desk, questions: &[&[&str]]) -> String {
    questions.iter().map(|question| desk.see(question)).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_entry_that_is_right() {
    let desk = Desk::with(&[("cut.json", CUT), ("deep.json", &deep())]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--context", "0", "--route", "3"],
            &["why", "cut.json", "--context", "master", "--route", "4"],
            &["why", "cut.json", "--context", "3", "--route", "1"],
            &["why", "deep.json", "--context", "0", "--route", "300", "--at", "1s"],
            &["why", "deep.json", "--context", "0", "--route", "300"],
        ]
    ));
}

#[test]
fn an_entry_that_is_rightly_not_there() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--context", "0", "--route", "2"],
            &["why", "cut.json", "--context", "3", "--route", "2"],
            &["why", "cut.json", "--context", "3", "--route", "3"],
            &["why", "cut.json", "--context", "0", "--route", "4", "--at", "2.5s"],
            &["why", "cut.json", "--context", "2", "--route", "1"],
            &["why", "cut.json", "--context", "4", "--route", "1", "--at", "1s"],
        ]
    ));
}

#[test]
fn news_that_a_cut_link_holds() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--context", "0", "--route", "2", "--at", "5s"],
            &["why", "cut.json", "--context", "0", "--route", "4", "--at", "5s"],
            &["why", "cut.json", "--context", "0", "--route", "4", "--at", "3.0005s"],
            &["why", "cut.json", "--at", "5s"],
            &["why", "cut.json", "--call", "1"],
        ]
    ));
}

#[test]
fn what_the_fuzzer_finds() {
    let cases = [
        ("duplicate.json", DUPLICATE),
        ("moved.json", MOVED),
        ("replaced.json", REPLACED),
        ("bad-auth.json", BAD_AUTH),
        ("left.json", LEFT),
        ("vanished.json", VANISHED),
        ("crash.json", CRASH),
    ];
    let desk = Desk::with(&cases);
    let seen: Vec<_> = cases.iter().map(|(name, _)| desk.see(&["why", name])).collect();
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn calls() {
    let desk = Desk::with(&[("cut.json", CUT), ("deep.json", &deep()), ("left.json", LEFT)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--call", "1", "--at", "5s"],
            &["why", "cut.json", "--call", "2"],
            &["why", "deep.json", "--call", "1"],
            &["why", "left.json", "--monitor", "mitogen-seed", "--call", "1"],
        ]
    ));
}

#[test]
fn warnings() {
    let chain = CUT.replace("\"do\": \"partition\", \"id\": 1", "\"do\": \"call\", \"from\": 0, \"to\": 3");
    let chain = chain.replace("\"do\": \"kill\", \"id\": 2", "\"do\": \"kill\", \"id\": 3");
    let desk = Desk::with(&[("cut.json", CUT), ("chain.json", &chain)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--deny", "duplicate-signal", "--deny", "logged-error"],
            &[
                "why",
                "chain.json",
                "--monitor",
                "mitogen-seed",
                "--deny",
                "duplicate-del",
                "--deny",
                "duplicate-signal"
            ],
            &["why", "chain.json", "--monitor", "mitogen-seed", "--deny", "logged-error", "--format", "json"],
        ]
    ));
}

#[test]
fn as_json() {
    let desk = Desk::with(&[("duplicate.json", DUPLICATE), ("left.json", LEFT), ("crash.json", CRASH)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "--format", "json", "duplicate.json", "--context", "1", "--route", "2"],
            &["why", "--format", "json", "left.json"],
            &["why", "--format", "json", "crash.json"],
        ]
    ));
}

#[test]
fn nothing_to_explain() {
    let desk = Desk::with(&[("cut.json", CUT), ("empty.json", r#"{ "version": 1 }"#)]);
    insta::assert_snapshot!(see(
        &desk,
        &[&["why", "cut.json"], &["why", "empty.json"], &["why", "empty.json", "--context", "0", "--route", "0"],]
    ));
}

#[test]
fn wrong_use() {
    let desk = Desk::with(&[("cut.json", CUT), ("empty.json", r#"{ "version": 1 }"#)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["why", "cut.json", "--context", "7", "--route", "1"],
            &["why", "cut.json", "--context", "0", "--route", "99"],
            &["why", "cut.json", "--context", "web", "--route", "1"],
            &["why", "cut.json", "--context", "0"],
            &["why", "cut.json", "--call", "1", "--context", "0", "--route", "1"],
            &["why", "cut.json", "--call", "3"],
            &["why", "cut.json", "--call", "0"],
            &["why", "cut.json", "--call", "1", "--at", "2s"],
            &["why", "empty.json", "--call", "1"],
            &["why", "cut.json", "--context", "0", "--route", "1", "--at", "soon"],
            &["why", "nowhere.json"],
        ]
    ));
}

/// Proves that names of a scenario are nothing that a terminal would obey.
#[test]
fn names_are_data() {
    let red = CUT.replace(r#""id": 3, "parent": 1"#, r#""id": 3, "parent": 1, "name": "\u001b[31mred""#);
    let desk = Desk::with(&[("red.json", &red.replace(r#""name": "cut""#, r#""name": "\u001b[2J""#))]);
    let output = desk.run(&["inspect", "red.json", "--context", "3"]);
    assert!(!output.stdout.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stdout));
}

// Laws of the walk.

fn cases(count: u64, mut look: impl FnMut(&Recording<'_>)) {
    for profile in ["default", "reuse"] {
        let profile = Profile::find(profile).unwrap();
        for seed in 0..count {
            let monitor = monitors::all()[seed as usize % monitors::all().len()];
            let mut case = generate(&profile, monitor, seed);
            case.scenario.max_events = case.scenario.max_events.map(|most| most.min(3_000));
            look(&record(&case.scenario).unwrap());
        }
    }
}

fn ends_in_a_step(recording: &Recording<'_>, chain: &[MomentId]) {
    assert!(chain.is_sorted_by(|one, next| one < next), "{chain:?}");
    assert!(chain.iter().is_sorted_by_key(|moment| recording.moments[*moment].at));
    assert!(matches!(recording.moments[chain[0]].cause, Cause::Step(_)), "{chain:?}");
}

fn check_entry(recording: &Recording<'_>, why: &Why) {
    let last = why.last.unwrap();
    ends_in_a_step(recording, &chain(recording, last));
    let has_it = |moment| recording.state(moment).table(why.context).get(&why.route).copied();
    assert_eq!(has_it(Some(last)), why.via, "the last change made it what it is");
    let turn = recording.routes(last).iter().rfind(|turn| (turn.context, turn.target) == (why.context, why.route));
    assert_eq!(turn.unwrap().after, why.via);
    let end = why.moment.unwrap();
    let later = (last + 1..=end).flat_map(|moment| recording.routes(moment));
    assert_eq!(later.filter(|turn| (turn.context, turn.target) == (why.context, why.route)).count(), 0);
    assert_eq!(entry(recording, why.context, why.route, why.moment), *why, "asking again says the same");
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

/// Proves that each entry of each table has a chain from a step to the change that made it, in time order.
#[test]
fn every_entry_comes_from_a_step() {
    let mut seen = 0;
    cases(40, |recording| {
        let end = recording.moments.len().checked_sub(1);
        let state = recording.state(end);
        for context in state.contexts().collect::<Vec<_>>() {
            for route in state.table(context).keys() {
                let why = entry(recording, context, *route, end);
                check_entry(recording, &why);
                assert!(lines(&entry_text(recording, &why, None)) <= 12);
                seen += 1;
            }
        }
    });
    assert!(seen > 1_000, "{seen}");
}

/// Proves that the walk knows of each entry what the check of convergence says, at the end and on the way, that each one
/// that is not right has a reason, and that many questions in a row have the answers that each has alone.
#[test]
fn what_is_wrong_is_explained() {
    let mut ends = BTreeMap::new();
    cases(500, |recording| {
        let count = recording.moments.len();
        let past = Past::of(recording);
        let mut entries = Entries::new(recording, &past, recording.lives.iter().map(|life| life.id));
        for end in [count / 4, count / 2, 3 * count / 4, count].into_iter().filter_map(|end| end.checked_sub(1)) {
            let state = recording.state(Some(end));
            for (context, route) in state.wrong().take(20) {
                let why = entry(recording, context, route, Some(end));
                assert_eq!(entries.why(context, route, Some(end)), why);
                assert!(matches!(why.standing, Standing::Stale | Standing::Missing | Standing::Wrong));
                assert!(why.moments.is_sorted_by(|one, next| one < next));
                assert!(why.moments.last().is_none_or(|last| *last <= end));
                assert!(
                    why.moments.first().is_none_or(|first| matches!(recording.moments[*first].cause, Cause::Step(_)))
                );
                let trails = why.news.iter().chain(&why.retraction);
                trails.for_each(|trail| *ends.entry(kind(trail.end)).or_insert(0) += 1);
                let is_explained = why.news.is_some() || why.retraction.is_some() || why.place == Place::Parent;
                assert!(is_explained, "{why:?}");
                assert!(lines(&entry_text(recording, &why, None)) <= 12);
            }
        }
    });
    assert!(["arrived", "refused", "lost"].iter().all(|end| ends.get(end).is_some_and(|count| *count > 0)), "{ends:?}");
}

fn kind(end: TrailEnd) -> &'static str {
    match end {
        TrailEnd::Arrived(_) => "arrived",
        TrailEnd::Refused { .. } => "refused",
        TrailEnd::NotSent { .. } => "not sent",
        TrailEnd::Lost(..) => "lost",
        TrailEnd::Circle { .. } => "circle",
        TrailEnd::None => "none",
    }
}

/// Proves that any question has an answer of a dozen lines: any context, any destination, at any time.
#[test]
fn any_question_has_an_answer() {
    cases(12, |recording| {
        let ids: Vec<ContextId> = recording.lives.iter().map(|life| life.id).collect();
        for end in [None, Some(0), Some(recording.moments.len() / 2), recording.moments.len().checked_sub(1)] {
            for context in (0..recording.lives.len() as u32).map(Incarnation).take(8) {
                for route in ids.iter().take(8) {
                    let why = entry(recording, context, *route, end);
                    let text = entry_text(recording, &why, None);
                    assert!(lines(&text) <= 12, "{text}");
                }
            }
        }
    });
}

/// Proves that a warning is found where the run counted it, and nowhere else.
#[test]
fn every_warning_is_found() {
    let mut seen = BTreeMap::new();
    cases(80, |recording| {
        let end = recording.moments.len().checked_sub(1);
        for kind in [WarningKind::DuplicateSignal, WarningKind::DuplicateDel, WarningKind::LoggedError] {
            let event = first_warning(recording, kind, end);
            assert_eq!(event.is_some(), recording.outcome.warnings.contains_key(&kind), "{kind} {event:?}");
            if let Some(event) = event {
                assert!(lines(&event_text(recording, &event)) <= 12);
                *seen.entry(kind).or_insert(0) += 1;
            }
        }
    });
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 2), "{seen:?}");
}

/// Proves that a call is said to have ended as it did, and that one that hangs was lost somewhere.
#[test]
fn every_call_is_accounted_for() {
    let mut hung = 0;
    cases(300, |recording| {
        let end = recording.moments.len().checked_sub(1);
        let outcome = &recording.outcome;
        let past = Past::of(recording);
        let calls = end.map(|end| Calls::new(recording, &past, end));
        assert_eq!(count_calls(recording), outcome.calls_made);
        for number in 1..=outcome.calls_made {
            let trail = call(recording, number, end).unwrap();
            assert_eq!(calls.as_ref().unwrap().trail(number).as_ref(), Some(&trail));
            ends_in_a_step(recording, &trail.moments);
            assert_eq!(matches!(trail.end, CallEnd::Ended { .. }), outcome.calls[number as usize - 1].end.is_some());
            let is_hung = outcome.hung_calls.iter().any(|open| open.call == number);
            assert_eq!(is_hung, !matches!(trail.end, CallEnd::Ended { .. }) && trail.caller_died.is_none());
            let text = call_text(recording, &trail, end, None);
            assert!(lines(&text) <= 12 && text.contains("hung") == is_hung, "{text}");
            hung += u64::from(is_hung);
        }
    });
    assert!(hung > 5, "{hung}");
}
