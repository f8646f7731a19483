//! `treequake explore` from outside: what it says, what it writes, and what it refuses.

use crate::desk::Desk;
use serde_json::Value;
use std::fs;

const MOVED: &str = include_str!("../scenarios/orders/moved-host.json");
const LOOP: &str = include_str!("../scenarios/reused-id-loop.json");
const JOIN: &str = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }] }"#;

fn json(desk: &Desk, args: &[&str]) -> Value {
    let output = desk.run(args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Proves that the three outcomes are kept apart, in words, in JSON and in the exit code.
#[test]
fn proved_failure_and_bounded() {
    let desk = Desk::with(&[("moved-host.json", MOVED), ("join.json", JOIN), ("loop.json", LOOP)]);
    insta::assert_snapshot!(desk.see(&["explore", "join.json"]));
    insta::assert_snapshot!(desk.see(&["explore", "--from", "500ms", "moved-host.json"]));
    insta::assert_snapshot!(desk.see(&["explore", "--monitor", "mitogen-0.2.4", "loop.json"]));
    let bounded = ["explore", "--most-states", "3", "join.json"];
    insta::assert_snapshot!(desk.see(&bounded));
    assert_eq!(desk.run(&bounded).status.code(), Some(0));
    let strict = ["explore", "--most-states", "3", "--require-complete", "join.json"];
    assert_eq!(desk.run(&strict).status.code(), Some(1));
    let outcome = |args: &[&str]| json(&desk, args)["outcome"].as_str().map(str::to_owned).unwrap();
    assert_eq!(outcome(&["explore", "--format", "json", "join.json"]), "proved");
    assert_eq!(outcome(&["explore", "--format", "json", "moved-host.json"]), "failure");
    assert_eq!(outcome(&["explore", "--format", "json", "--most-states", "3", "join.json"]), "bounded");
}

/// Proves that each ending is written as a scenario that ends so in a plain run, and passes its own expectations; and that the
/// order which saves it passes.
#[test]
fn an_ending_is_a_scenario() {
    let desk = Desk::with(&[("moved-host.json", MOVED)]);
    let found = json(&desk, &["explore", "--from", "500ms", "--format", "json", "--out", "out", "moved-host.json"]);
    let endings = found["endings"].as_array().unwrap();
    assert_eq!(endings.len(), 3);
    for ending in endings {
        let file = ending["file"].as_str().unwrap();
        let output = desk.run(&["replay", "--format", "json", "--trace", "trace.ndjson", file]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let run: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(run["verdict"], ending["verdict"]);
        assert_eq!(run["differences"], ending["differences"]);
        let trace = fs::read_to_string(desk.path("trace.ndjson")).unwrap();
        let records = trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let tables = records.filter(|record| record["kind"] == "table");
        let tables = tables.map(|record| (record["ctx"].to_string(), record["routes"].clone()));
        assert_eq!(Value::Object(tables.collect()), ending["tables"]);
        fs::remove_file(desk.path("trace.ndjson")).unwrap();
    }
    let lost = &endings[0];
    assert_eq!((&lost["verdict"], &lost["lost_at"]), (&Value::from("diverged"), &Value::from(3)));
    let saved = desk.run(&["replay", "--format", "json", lost["saved_file"].as_str().unwrap()]);
    let saved: Value = serde_json::from_slice(&saved.stdout).unwrap();
    assert_eq!(saved["verdict"], "converged");
    // `why` and `shrink` work on it as on any other file.
    let file = lost["file"].as_str().unwrap();
    let why = desk.run(&["why", file]);
    assert!(String::from_utf8_lossy(&why.stdout).contains("duplicate-route"), "{why:?}");
    assert_eq!(desk.run(&["shrink", file]).status.code(), Some(1));
    let page = fs::read_to_string(desk.path("out/moved-host-orders.html")).unwrap();
    assert!(page.contains("Lost at choice 4: <code>ADD_ROUTE 3 from 2 arrives at 0</code>"), "{page}");
    assert!(page.contains("href=\"moved-host-ending-1-saved.json\""), "{page}");
    // Nothing is overwritten.
    let again = desk.see(&["explore", "--out", "out", "moved-host.json"]);
    insta::assert_snapshot!(again);
}

/// Proves that neither the number of threads nor the reduction changes what is found.
#[test]
fn threads_and_reduction_change_no_ending() {
    let desk = Desk::with(&[("moved-host.json", MOVED)]);
    let all = |more: &[&str]| {
        let args: Vec<&str> = ["explore", "--format", "json", "moved-host.json"].iter().chain(more).copied().collect();
        json(&desk, &args)
    };
    let one = all(&["--jobs", "1"]);
    assert_eq!(one, all(&["--jobs", "4"]));
    let whole = all(&["--no-reduction"]);
    assert_eq!((&one["all_states"], &one["orders"]), (&whole["states"], &whole["orders"]));
    assert_eq!(one["endings"].as_array().unwrap().len(), whole["endings"].as_array().unwrap().len());
}

/// Proves that a call that hangs is named by the place of its step in the file, whatever the times.
#[test]
fn calls_are_named_by_their_place() {
    let file = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }], "events": [
  { "at": "3s", "do": "call", "from": 0, "to": 1 },
  { "at": "1s", "do": "send", "from": 0, "to": 1 },
  { "at": "2s", "do": "partition", "id": 1 }] }"#;
    let desk = Desk::with(&[("late.json", file)]);
    let found = json(&desk, &["explore", "--from", "1s", "--format", "json", "late.json"]);
    let endings = found["endings"].as_array().unwrap();
    assert!(endings.iter().all(|ending| ending["open_calls"] == serde_json::json!([0])), "{found}");
}

/// Proves that what needs a clock is refused at its place in the file, with a way out, and that a shutdown which is over
/// before the exploration begins is none.
#[test]
fn clocks_are_refused() {
    let desk = Desk::with(&[
        (
            "clocks.json",
            r#"{
  "version": 1,
  "until": "9s",
  "link": { "latency": "1ms", "keepalive": { "interval": "1s", "count": 3 } },
  "contexts": [{ "id": 1, "parent": 0 }],
  "events": [
    { "at": "1s", "do": "shutdown", "id": 1, "from": 0 }
  ],
  "churn": { "at": "2s", "for": "2s", "kills": "1/s" }
}"#,
        ),
        (
            "shutdown.json",
            r#"{
  "version": 1,
  "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 0 }],
  "events": [
    { "at": "1s", "do": "shutdown", "id": 1, "from": 0 },
    { "at": "9s", "do": "call", "from": 0, "to": 2 }
  ]
}"#,
        ),
    ]);
    insta::assert_snapshot!(desk.see(&["explore", "clocks.json"]));
    assert_eq!(desk.run(&["explore", "shutdown.json"]).status.code(), Some(2));
    assert_eq!(desk.run(&["explore", "--from", "8s", "shutdown.json"]).status.code(), Some(0));
}

/// Proves that a campaign says of its findings in how many orders they fail.
#[test]
fn a_campaign_says_in_how_many_orders() {
    let desk = Desk::with(&[]);
    let mut args = vec!["fuzz", "--seeds", "30..40", "--explore", "--out", "c", "--profile", "gentle"];
    args.extend(["--monitor", "mitogen-0.2.3", "--format", "json"]);
    let found = json(&desk, &args);
    let findings = found["findings"].as_array().unwrap();
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["orders"].is_object()), "{findings:#?}");
    assert!(found["command"].as_str().unwrap().contains(" --explore"), "{}", found["command"]);
}

/// Proves that a program is explored, too, with the same result on any number of threads, and that one that sets a timer is
/// refused, with what can be done.
#[test]
fn programs_are_explored() {
    let root = env!("CARGO_MANIFEST_DIR");
    let desk = Desk::with(&[("moved-host.json", MOVED)]);
    let nothing = format!("nothing=python3 {root}/protocols/nothing.py");
    let options = |jobs: &'static str| ["explore", "--from", "500ms", "--format", "json", "--jobs", jobs, "--protocol"];
    let explored = |jobs| json(&desk, &[&options(jobs)[..], &[&nothing, "moved-host.json"]].concat());
    let found = explored("1");
    assert_eq!((&found["complete"], &found["monitor"]), (&Value::from(true), &Value::from("nothing")), "{found}");
    assert!(!found["endings"].as_array().unwrap().is_empty());
    assert_eq!(found, explored("2"));
    let vector = format!("python3 {root}/protocols/distance_vector.py");
    let refused = desk.run(&["explore", "--protocol", &vector, "moved-host.json"]);
    assert_eq!(refused.status.code(), Some(2));
    let why = "sets a timer, and orders have no clock; explore the protocol without its timers, or";
    assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{refused:?}");
}

/// A host moves while somebody calls it.
const CALLED: &str = r#"{
    "version": 1,
    "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
    "events": [
        { "at": "1s", "do": "call", "from": 0, "to": 2 },
        { "at": "2s", "do": "kill", "id": 2 },
        { "at": "3s", "do": "connect", "id": 2, "parent": 0 }
    ]
}"#;

/// Proves that a program with snapshots has the same endings in the same orders as without, and is asked less: a state is
/// restored, and not reached again from the start.
#[test]
fn snapshots_are_gone_back_to() {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/protocols/counted.py");
    let desk = Desk::with(&[("called.json", CALLED)]);
    let explored = |name: &str, option: &str, jobs: &str| {
        let asked = desk.path(name);
        let command = format!("python3 {program} {} {option}", asked.display());
        let args =
            ["explore", "--from", "500ms", "--format", "json", "--jobs", jobs, "--protocol", &command, "called.json"];
        let mut found = json(&desk, &args);
        for file in found["endings"].as_array_mut().unwrap() {
            file.as_object_mut().unwrap().remove("failures");
        }
        let asked = std::fs::read_to_string(asked).unwrap();
        let count = |what: &str| asked.lines().filter(|line| *line == what).count();
        (found, asked.lines().count(), count("restore"), count("start"))
    };
    let (with, few, restored, started) = explored("with", "", "1");
    let (without, many, never, again) = explored("without", "--no-snapshot", "1");
    assert_eq!(with, without);
    assert_eq!(explored("threads", "", "2").0, with);
    assert!(with["endings"].as_array().unwrap().len() > 1, "{with}");
    assert!(restored > 0 && never == 0 && again > started, "{restored} {never} {again} {started}");
    assert!(3 * few < many, "{few} {many}");
}
