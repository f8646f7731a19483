//! The errors that Mitogen logs and no trace records: what is counted under each revision.

use std::fmt::Write as _;
use treequake::monitors;
use treequake::run::{Options, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;

/// Proves what each revision logs as an error beyond the records, by one scenario for each kind. All but the stub's line
/// are errors in the seed revision only.
#[test]
fn errors_without_a_record_are_counted() {
    const REBORN: &str = r#"{ "at": "1s", "do": "call", "from": 1, "to": 3 }, { "at": "1.005s", "do": "kill", "id": 1 },
        { "at": "1.03s", "do": "connect", "id": 1, "parent": 0, "link": { "latency": "10ms" } }"#;
    let mut table = String::new();
    for (name, events) in [
        (
            "a retraction reaches a leaf that has sent to the id",
            r#"{ "at": "1s", "do": "send", "from": 2, "to": 3 }, { "at": "2s", "do": "kill", "id": 3 }"#.to_owned(),
        ),
        ("a call to an id that never was", r#"{ "at": "1s", "do": "call", "from": 2, "to": 99 }"#.to_owned()),
        (
            "a message of the master's own, and one that was passed on, to such an id",
            r#"{ "at": "1s", "do": "send", "from": 0, "to": 99 }, { "at": "1s", "do": "send", "from": 2, "to": 99 }"#
                .to_owned(),
        ),
        ("a reply to a caller that was born again", REBORN.to_owned()),
        (
            "the same, and it waits for a reply of another",
            format!(r#"{REBORN}, {{ "at": "1.115s", "do": "call", "from": 1, "to": 2 }}"#),
        ),
        (
            "a message over the limit",
            r#"{ "at": "1s", "do": "send", "from": 2, "to": 3, "size": 200000000 }"#.to_owned(),
        ),
    ] {
        let _ = writeln!(table, "{name}");
        count(&mut table, false, &events);
    }
    let _ = writeln!(table, "a call between siblings, in the unidirectional mode");
    count(&mut table, true, r#"{ "at": "1s", "do": "call", "from": 2, "to": 3 }"#);
    insta::assert_snapshot!(table);
}

fn count(table: &mut String, unidirectional: bool, events: &str) {
    let text = format!(
        r#"{{ "version": 1, "unidirectional": {unidirectional}, "contexts": [
              {{ "id": 1, "parent": 0, "link": {{ "latency": "10ms" }} }}, {{ "id": 2, "parent": 0 }},
              {{ "id": 3, "parent": 0, "link": {{ "latency": "50ms" }} }}], "events": [{events}] }}"#
    );
    let mut scenario = file::parse(Source { name: "test.json".to_owned(), text }, "test").unwrap().scenario;
    for monitor in monitors::all() {
        scenario.monitor = monitor;
        let outcome = run(&scenario, Options::default()).unwrap();
        let _ = writeln!(table, "  {monitor:13}  {:?}", outcome.unrecorded);
    }
}
