//! Proves that our traces are those of Mitogen's own code, record by record: `tests/conformance/recorded` holds random
//! scenarios with the traces that the real code gave, for each monitor. `tests/conformance/README.md` says how they
//! were recorded, and how to run fresh ones.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use treequake::mitogen::Revision;
use treequake::process::Monitor;
use treequake::run::{Options, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;

/// The words of a skipped step are free.
fn without_free_words(mut record: Value) -> Value {
    record.as_object_mut().unwrap().remove("why");
    record
}

fn our_trace(scenario: &Value, monitor: Monitor) -> Vec<Value> {
    let source = Source { name: "recorded".to_owned(), text: scenario.to_string() };
    let mut scenario = file::parse(source, "recorded").expect("a valid scenario").scenario;
    scenario.monitor = monitor;
    let mut trace = Vec::new();
    run(&scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
    let lines = trace.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| without_free_words(serde_json::from_slice(line).unwrap())).collect()
}

fn conforms(monitor: Monitor) {
    let path = format!("tests/conformance/recorded/{monitor}.ndjson.gz");
    let file = File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut scenarios = 0;
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let recorded: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let ours = our_trace(&recorded["scenario"], monitor);
        let theirs: Vec<_> = recorded["trace"].as_array().unwrap().iter().cloned().map(without_free_words).collect();
        let first = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
        if let Some(place) = first.or((ours.len() != theirs.len()).then_some(ours.len().min(theirs.len()))) {
            let show = |trace: &[Value]| trace.get(place).map_or("nothing".to_owned(), Value::to_string);
            panic!(
                "{monitor}: scenario {} of {path} differs in record {place}\nours:    {}\nMitogen: {}\n{}",
                scenarios + 1,
                show(&ours),
                show(&theirs),
                recorded["scenario"]
            );
        }
        scenarios += 1;
    }
    assert!(scenarios >= 200, "{path} has only {scenarios} scenarios");
}

#[test]
fn mitogen_0_2_3() {
    conforms(Revision::Mitogen023.monitor());
}

#[test]
fn mitogen_seed() {
    conforms(Revision::MitogenSeed.monitor());
}

#[test]
fn mitogen_0_2_4() {
    conforms(Revision::Mitogen024.monitor());
}

#[test]
fn mitogen_0_2_9() {
    conforms(Revision::Mitogen029.monitor());
}

#[test]
fn mitogen_0_3() {
    conforms(Revision::Mitogen03.monitor());
}

/// A message that equals the last one on its lane is one more copy of it, but not if a heal has put others of the same
/// two ids in between. Mitogen's own code under the rules of the model gave these records, in this order.
#[test]
fn copies_do_not_overtake_what_a_heal_put_between_them() {
    let scenario = serde_json::json!({
        "version": 1,
        "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1, "link": { "latency": "100ms" } }],
        "events": [
            { "at": "10ms", "do": "send", "from": 1, "to": 2 },
            { "at": "20ms", "do": "partition", "id": 2 },
            { "at": "30ms", "do": "kill", "id": 1 },
            { "at": "40ms", "do": "connect", "id": 1, "parent": 2, "link": { "latency": "10ms" } },
            { "at": "100ms", "do": "send", "from": 1, "to": 2 },
            { "at": "100ms", "do": "heal", "id": 2 },
            { "at": "100ms", "do": "send", "from": 1, "to": 2 }
        ]
    });
    let trace = our_trace(&scenario, Revision::Mitogen03.monitor());
    let kinds: Vec<_> = trace.iter().filter(|record| record["t"] == 110_000_000).map(|r| r["kind"].clone()).collect();
    assert_eq!(kinds, ["message", "message", "error", "message"]);
}
