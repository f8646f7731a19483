//! What `treequake export` writes, as its user sees it. That the programs which the formats are for can read it is proved by
//! `tests/exports/check.sh`, with those programs.

use crate::desk::Desk;
use std::collections::BTreeMap;
use treequake::export::{Extract, csv, perfetto, shiviz};
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::monitors;
use treequake::process::MessageKind;
use treequake::recording::record;

/// A name that is syntax somewhere, a death, a cut, an id that lives again, a call that is lost.
const SCENARIO: &str = r#"{
  "version": 1,
  "name": "small; <b>#1</b>",
  "contexts": [{ "id": 1, "parent": 0, "name": "ssh.\"host\"" }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 1 }],
  "events": [
    { "at": "10ms", "do": "call", "from": 0, "to": 2 },
    { "at": "20ms", "do": "partition", "id": 3, "way": "up" },
    { "at": "30ms", "do": "kill", "id": 2 },
    { "at": "30.5ms", "do": "slow", "id": 1, "factor": 3 },
    { "at": "60ms", "do": "connect", "id": 2, "parent": 0, "name": "=again" },
    { "at": "2s", "do": "kill", "id": 1 }
  ]
}"#;

fn desk() -> Desk {
    Desk::with(&[("small.json", SCENARIO)])
}

#[test]
fn help() {
    insta::assert_snapshot!(desk().see(&["export", "--help"]));
}

#[test]
fn perfetto_gets_tracks_slices_and_arrows() {
    insta::assert_snapshot!(desk().see(&["export", "perfetto", "small.json", "--at", "40ms"]));
}

#[test]
fn graphviz_gets_the_tree() {
    let desk = desk();
    let moments = ["30ms", "31.6ms", "end"].map(|at| desk.see(&["export", "graphviz", "small.json", "--at", at]));
    insta::assert_snapshot!(moments.join("\n"));
}

#[test]
fn mermaid_gets_the_sequence() {
    insta::assert_snapshot!(desk().see(&["export", "mermaid", "small.json"]));
}

#[test]
fn mermaid_gets_the_tree() {
    let desk = desk();
    let tree = ["export", "mermaid", "small.json", "--diagram", "tree", "--at"];
    let moments = ["30ms", "31.6ms", "end"].map(|at| desk.see(&[&tree[..], &[at]].concat()));
    insta::assert_snapshot!(moments.join("\n"));
}

#[test]
fn notebooks_get_a_row_an_event() {
    insta::assert_snapshot!(desk().see(&["export", "csv", "small.json"]));
}

#[test]
fn shiviz_gets_vector_clocks() {
    insta::assert_snapshot!(desk().see(&["export", "shiviz", "small.json", "--at", "40ms"]));
}

/// Proves that a diagram goes into a page as a block of code, that a file appears whole, and that an error says what cannot be done.
#[test]
fn files_and_mistakes() {
    let desk = desk();
    let mut text = desk.see(&["export", "mermaid", "small.json", "--at", "10ms", "--out", "report.md"]);
    text.push_str(&std::fs::read_to_string(desk.path("report.md")).unwrap());
    for wrong in [
        &["csv", "small.json", "--diagram", "tree"][..],
        &["csv", "small.json", "--out", "small.json"],
        &["csv", "small.json", "--out", "nowhere/out.csv"],
        &["csv", "small.json", "--at", "10"],
        &["svg", "small.json"],
        &["csv", "nowhere.json"],
    ] {
        text.push_str(&desk.see(&[&["export"], wrong].concat()));
    }
    insta::assert_snapshot!(text);
}

/// Proves that a wide tree is one that can be looked at: siblings that are alike are one node, unless each is asked for;
/// and that a diagram of many contexts comes to what happens to them.
#[test]
fn what_is_wide_is_folded() {
    let desk = Desk::with(&[(
        "wide.json",
        r#"{ "version": 1, "name": "wide", "topology": { "shape": "star", "contexts": 40 },
             "events": [{ "at": "1s", "do": "kill", "id": 7 }, { "at": "2s", "do": "partition", "id": 9 },
                        { "at": "9s", "do": "kill", "id": 9 }] }"#,
    )]);
    let mut text = desk.see(&["export", "graphviz", "wide.json"]);
    let all = String::from_utf8(desk.run(&["export", "graphviz", "wide.json", "--all"]).stdout).unwrap();
    assert_eq!(all.matches(" -> ").count(), 40 + all.matches("constraint=false").count());
    text.push_str(&desk.see(&["export", "mermaid", "wide.json"]));
    text.push_str(&desk.see(&["export", "mermaid", "wide.json", "--from", "5s"]));
    text.push_str(&desk.see(&["export", "csv", "wide.json", "--from", "5s"]));
    for wrong in [
        &["shiviz", "wide.json", "--from", "5s"][..],
        &["csv", "wide.json", "--all"],
        &["graphviz", "wide.json", "--out", "wide.svg"],
        &["csv", "wide.json", "--out", "wide.png"],
        &["perfetto", "wide.json", "--out", "wide.csv"],
    ] {
        text.push_str(&desk.see(&[&["export"], wrong].concat()));
    }
    insta::assert_snapshot!(text);
}

/// Proves, for cases that the fuzzer draws, that the rows end with the figures of the run, that each event has its slice and
/// each message its arrow, and that no clock knows of what has not happened.
#[test]
fn exports_are_the_run() {
    let profile = Profile::find("default").unwrap();
    for seed in 0..40 {
        let mut case = generate(&profile, monitors::all()[seed as usize % monitors::all().len()], seed);
        case.scenario.max_events = case.scenario.max_events.map(|most| most.min(5_000));
        let recording = record(&case.scenario).unwrap();
        let extract = Extract::new(&recording, None);
        let outcome = &recording.outcome;

        let rows = written(|out| csv::write(&extract, out));
        // From the end, as a text before may have commas.
        let (heads, last) = (rows.lines().next().unwrap(), rows.lines().last().unwrap());
        let figures: BTreeMap<_, _> = heads.rsplit(',').zip(last.rsplit(',')).take(11).collect();
        for kind in MessageKind::ALL {
            assert_eq!(figures[kind.name()], outcome.messages.of(kind).to_string(), "seed {seed}, {}", kind.name());
        }
        assert_eq!(figures["live"], (outcome.live + 1).to_string(), "seed {seed}");

        let trace = written(|out| perfetto::write(&extract, out));
        let trace: serde_json::Value = serde_json::from_str(&trace).unwrap();
        check_trace(&trace["traceEvents"], recording.moments.len());

        check_clocks(&written(|out| shiviz::write(&extract, out)));
    }
}

fn written<T>(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<T>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Slices of a track do not overlap, and are in the life of their context, or not at all; arrows have two ends, and go on in time.
fn check_trace(events: &serde_json::Value, moments: usize) {
    let mut tracks: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    let mut arrows: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut lives = BTreeMap::new();
    let mut described = 0;
    let ns = |value: &serde_json::Value| (value.as_f64().unwrap() * 1000.0).round() as u64;
    for event in events.as_array().unwrap() {
        match event["ph"].as_str().unwrap() {
            "X" if event["cat"] == "life" => {
                let start = ns(&event["ts"]);
                lives.insert(event["tid"].as_u64().unwrap(), (start, start + ns(&event["dur"])));
            }
            "X" if event["cat"] == "event" => {
                let start = ns(&event["ts"]);
                tracks.entry(event["tid"].as_u64().unwrap()).or_default().push((start, start + ns(&event["dur"])));
                described += usize::from(event["args"]["times"].is_u64());
                assert!(start >= event["args"]["time_ns"].as_u64().unwrap());
            }
            "s" | "f" => arrows.entry(event["id"].as_u64().unwrap()).or_default().push(ns(&event["ts"])),
            _ => {}
        }
    }
    assert_eq!(described, moments);
    assert!(arrows.values().all(|ends| matches!(ends[..], [start, end] if start < end)));
    for (number, track) in &tracks {
        let (born, died) = lives.get(number).copied().unwrap_or_default();
        assert!(track.iter().all(|(start, end)| *end <= born || *start >= died || born <= *start && *end <= died));
        assert!(track.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{track:?}");
    }
}

/// The laws of vector clocks: a host counts its own events one by one, and knows all that was known where it heard from.
fn check_clocks(log: &str) {
    let mut known: BTreeMap<(String, u64), BTreeMap<String, u64>> = BTreeMap::new();
    let mut last: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let lines: Vec<_> = log.lines().skip(2).collect();
    for event in lines.chunks(2) {
        let (host, clock) = event[1].split_once(' ').unwrap();
        let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
        let before = last.get(host).cloned().unwrap_or_default();
        assert_eq!(clock[host], before.get(host).copied().unwrap_or(0) + 1, "{event:?}");
        let holds = |other: &BTreeMap<String, u64>| other.iter().all(|(host, count)| clock.get(host) >= Some(count));
        assert!(holds(&before), "{event:?}");
        for (other, count) in clock.iter().filter(|(other, _)| *other != host) {
            assert!(holds(&known[&(other.clone(), *count)]), "{event:?}");
        }
        known.insert((host.to_owned(), clock[host]), clock.clone());
        last.insert(host.to_owned(), clock);
    }
}
