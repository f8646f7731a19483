//! What lint says of steps that nothing can make possible, held against runs.

use proptest::prelude::*;
use std::collections::BTreeSet;
use treequake::monitors;
use treequake::run::{Options, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;

/// A step on a line of its own, without its time.
fn step() -> impl Strategy<Value = String> {
    let (id, other) = (1_u32..5, 0_u32..5);
    (0_usize..12, id, other).prop_map(|(kind, id, other)| match kind {
        0 => format!(r#""do": "send", "from": {other}, "to": {id}"#),
        1 => format!(r#""do": "call", "from": {id}, "to": {other}"#),
        2 => format!(r#""do": "shutdown", "id": {id}, "from": {other}"#),
        3 => format!(r#""do": "partition", "id": {id}, "way": "up""#),
        4 => format!(r#""do": "partition", "id": {id}, "way": "down""#),
        5 | 6 => format!(r#""do": "connect", "id": {id}, "parent": {other}"#),
        kind => {
            let name = ["kill", "disconnect", "partition", "heal", "detach"][kind - 7];
            format!(r#""do": "{name}", "id": {id}"#)
        }
    })
}

/// Where the contexts come from.
const TREES: [&str; 3] = [
    r#""contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }], "link": { "latency": "1ms" }"#,
    r#""contexts": [{ "id": 4, "parent": 0 }],
    "topology": { "shape": "chain", "contexts": 2, "join": { "every": "3s" } }, "link": { "latency": "400ms" }"#,
    r#""contexts": [{ "id": 1, "parent": 0 }], "link": { "latency": "3ms", "keepalive": { "interval": "1s", "count": 1 } }"#,
];

proptest! {
    /// Proves that a step which lint says will be skipped is skipped, under every monitor. That the warnings exist is a
    /// snapshot in tests/cli.rs.
    #[test]
    fn they_are_skipped(tree in 0..TREES.len(), gap in 1_u64..2_000, steps in prop::collection::vec(step(), 1..12)) {
        let steps: Vec<_> = steps.iter().zip(1..).map(|(step, n)| format!("{{ \"at\": \"{}ms\", {step} }}", n * gap)).collect();
        let text = format!("{{ \"version\": 1, {}, \"max_events\": 3000, \"events\": [\n{}\n] }}", TREES[tree], steps.join(",\n"));
        let head = text[..text.find("[\n").unwrap()].lines().count();
        let Ok(loaded) = file::parse(Source { name: "test".to_owned(), text: text.clone() }, "test") else {
            return Err(TestCaseError::fail(text));
        };
        let warned = loaded.diagnostics.in_order().into_iter().filter(|warning| warning.message.starts_with("this step will be skipped"));
        let warned: BTreeSet<usize> = warned.map(|warning| text[..warning.span.start].lines().count() - head).collect();
        for monitor in monitors::all() {
            let mut scenario = loaded.scenario.clone();
            scenario.monitor = monitor;
            let outcome = run(&scenario, Options::default()).unwrap();
            let skipped: BTreeSet<u64> = outcome.steps.iter().filter(|step| !step.skipped.is_empty()).map(|step| step.at.as_ns()).collect();
            let taken = outcome.steps.iter().map(|step| step.at.as_ns()).max().unwrap_or(0);
            for number in &warned {
                let at = *number as u64 * gap * 1_000_000;
                prop_assert!(at > taken || skipped.contains(&at), "step {number} of {text}");
            }
        }
    }
}
