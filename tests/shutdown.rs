//! What the brokers of each revision do when they shut down: who waits for what, and how long.

use serde_json::Value;
use std::fmt::Write as _;
use treequake::monitors;
use treequake::process::Monitor;
use treequake::run::{Options, run};
use treequake::scenario::Scenario;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;

fn scenario(contexts: &str, events: &str) -> Scenario {
    let text = format!(r#"{{ "version": 1, "link": "local-pipe", "contexts": [{contexts}], "events": [{events}] }}"#);
    file::parse(Source { name: "test.json".to_owned(), text }, "test").unwrap().scenario
}

/// The moments of a shutdown in a run, one a line: who, what, when.
fn moments(scenario: &Scenario, monitor: Monitor) -> String {
    let (mut scenario, mut trace) = (scenario.clone(), Vec::new());
    scenario.monitor = monitor;
    run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    let mut text = String::new();
    for line in String::from_utf8(trace).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let what = match record["kind"].as_str().unwrap() {
            what @ ("shutdown" | "exit" | "detached") => format!("{} {what}", record["ctx"]),
            "skipped" => format!("skipped: {}", record["why"].as_str().unwrap()),
            _ => continue,
        };
        let us = record["t"].as_u64().unwrap() / 1_000;
        let _ = writeln!(text, "    {:>6}.{:03} ms  {what}", us / 1_000, us % 1_000);
    }
    text
}

/// Proves when each context goes in a shutdown. Before 0.2.8 it goes with its last child. Since then it stays until the
/// reapers of its lost children are done: 50 ms after the last of them, but not longer than its grace. A child that has
/// detached before does not count, and one that detaches meanwhile is waited for until the grace is over.
#[test]
fn brokers_wait_for_their_reapers() {
    const PAIR: &str = r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }"#;
    const SHUTDOWN: &str = r#"{ "at": "1s", "do": "shutdown", "id": 1 }"#;
    let mut table = String::new();
    for (name, contexts, events) in [
        (
            "a chain of four",
            r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 }, { "id": 4, "parent": 3 }"#,
            "",
        ),
        (
            "children that go one after the other",
            r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 1, "link": { "latency": "10ms" } }"#,
            "",
        ),
        ("a child that died 20 ms before", PAIR, r#"{ "at": "980ms", "do": "kill", "id": 2 },"#),
        ("a child that died 60 ms before", PAIR, r#"{ "at": "940ms", "do": "kill", "id": 2 },"#),
        ("a child that was disconnected 20 ms before", PAIR, r#"{ "at": "980ms", "do": "disconnect", "id": 2 },"#),
        ("a child that detached 20 ms before", PAIR, r#"{ "at": "980ms", "do": "detach", "id": 2 },"#),
        ("a child that detaches meanwhile", PAIR, r#"{ "at": "1s", "do": "detach", "id": 2 },"#),
        (
            "a child that goes just before the grace is over",
            r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1, "link": { "latency": "1480ms" } }"#,
            "",
        ),
        (
            "the master, twice",
            PAIR,
            r#"{ "at": "900ms", "do": "shutdown", "id": 0 }, { "at": "960ms", "do": "shutdown", "id": 0 },"#,
        ),
    ] {
        let _ = writeln!(table, "{name}");
        let scenario = scenario(contexts, &format!("{events} {SHUTDOWN}"));
        let mut groups: Vec<(String, String)> = Vec::new();
        for monitor in monitors::all() {
            let moments = moments(&scenario, monitor);
            match groups.iter_mut().find(|(_, same)| *same == moments) {
                Some((names, _)) => {
                    let _ = write!(names, ", {monitor}");
                }
                None => groups.push((monitor.to_string(), moments)),
            }
        }
        groups.iter().for_each(|(names, moments)| {
            let _ = write!(table, "  {names}\n{moments}");
        });
    }
    insta::assert_snapshot!(table);
}

/// Proves that a context which leaves its parent while it shuts down goes on waiting, though its reaper is done at that very
/// moment: timers come after all arrivals. Real Mitogen is held against these files in `tests/conformance`.
#[test]
fn a_context_that_leaves_goes_on_waiting() {
    for name in ["leaves", "loses-its-parent"] {
        let path = format!("{}/tests/conformance/fixed/{name}-as-its-reaper-is-done.json", env!("CARGO_MANIFEST_DIR"));
        let scenario = file::load(path.as_ref()).unwrap().scenario;
        let mut trace = Vec::new();
        run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
        let records: Vec<Value> =
            String::from_utf8(trace).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let at_once = records.iter().filter(|record| record["t"] == 165_000_000).map(|record| &record["kind"]);
        let at_once: Vec<_> = at_once.skip_while(|kind| *kind != "detached").collect();
        assert_eq!(at_once, ["detached", "signal", "message", "exit"], "{name}");
    }
}

/// Proves that a run without a shutdown has no reaper in it: no timer fires, and the clock stops at the last arrival.
#[test]
fn a_loss_alone_sets_no_timer() {
    let contexts = r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }"#;
    let scenario = scenario(contexts, r#"{ "at": "1s", "do": "kill", "id": 2 }"#);
    for monitor in monitors::all() {
        let mut scenario = scenario.clone();
        scenario.monitor = monitor;
        let outcome = run(&scenario, Options::default()).unwrap();
        assert_eq!((outcome.end.as_ns(), outcome.events), (1_000_200_000, 7), "{monitor}");
    }
}

/// Proves what a context does that is asked to let go by its own parent: its stream to the parent has no mark, so the
/// handler crashes, and the parent gets no answer. A context that has lost its parent without hearing of it asks the id of
/// that parent, which can live again below it. Held against Mitogen's own code in all releases.
#[test]
fn a_parent_cannot_be_let_go() {
    let contexts = r#"{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }"#;
    let events = r#"{ "at": "10ms", "do": "partition", "id": 2 }, { "at": "25ms", "do": "kill", "id": 1 },
        { "at": "30ms", "do": "connect", "id": 1, "parent": 2 }, { "at": "40ms", "do": "connect", "id": 3, "parent": 1 },
        { "at": "50ms", "do": "detach", "id": 2 }"#;
    for monitor in monitors::all() {
        let (mut scenario, mut trace) = (scenario(contexts, events), Vec::new());
        scenario.monitor = monitor;
        run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
        let records = String::from_utf8(trace).unwrap();
        let crash = r#""ctx":1,"error":"handler-crash""#;
        assert_eq!(records.matches(crash).count(), 1, "{monitor}: {records}");
        assert!(!records.contains("detached"), "{monitor}");
    }
}
