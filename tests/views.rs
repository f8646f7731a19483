//! Whatever shows a run shows any run: at the ends of what a file may say, there is a view, and no fault.

use crate::desk::Desk;
use std::fmt::Write as _;

/// The greatest time that a file may name, in nanoseconds.
const END: u64 = u64::MAX;

/// Scenarios that are hard to show.
fn scenarios() -> [(&'static str, String); 6] {
    let mut again = String::new();
    for life in 1..=60 {
        let _ = write!(again, r#"{{"at": "{life}s", "do": "connect", "id": 1, "parent": 0}},"#);
        let _ = write!(again, r#"{{"at": "{life}500ms", "do": "kill", "id": 1}},"#);
    }
    let again = again.trim_end_matches(',');
    let late = END - 3_000_000;
    [
        ("empty.json", r#"{"version": 1}"#.to_owned()),
        ("still.json", r#"{"version": 1, "contexts": [{"id": 4294967295, "parent": 0}]}"#.to_owned()),
        (
            "late.json",
            format!(
                r#"{{"version": 1, "link": "lan", "contexts": [{{"id": 1, "parent": 0}}, {{"id": 4294967295, "parent": 1}}],
                   "events": [{{"at": "{late}ns", "do": "kill", "id": 1}},
                              {{"at": "{}ns", "do": "connect", "id": 7, "parent": 0}}]}}"#,
                END - 10
            ),
        ),
        (
            "nobody.json",
            r#"{"version": 1, "events": [{"at": "1s", "do": "kill", "id": 5}, {"at": "2s", "do": "call", "from": 3, "to": 9}]}"#
                .to_owned(),
        ),
        ("again.json", format!(r#"{{"version": 1, "link": "lan", "events": [{again}]}}"#)),
        ("storm.json", include_str!("../scenarios/reused-id-loop.json").replace("\"max_events\": 20000", "\"max_events\": 2000")),
    ]
}

const VIEWS: [&[&str]; 15] = [
    &["report", "--out", "-"],
    &["chart", "convergence", "--out", "-"],
    &["chart", "convergence", "--data"],
    &["chart", "tree", "--out", "-"],
    &["chart", "tree", "--data"],
    &["why", "--deny", "duplicate-signal", "--deny", "duplicate-del", "--deny", "logged-error"],
    &["why", "--format", "json"],
    &["inspect"],
    &["inspect", "--context", "0", "--format", "json"],
    &["export", "perfetto"],
    &["export", "graphviz"],
    &["export", "csv"],
    &["export", "shiviz"],
    &["export", "mermaid"],
    &["export", "mermaid", "--diagram", "tree"],
];

/// Proves that a folder is refused as a scenario, and an unwritable place as an output, and that the errors say why.
#[test]
fn what_cannot_be_is_said() {
    let desk = Desk::with(&[("some.json", r#"{"version": 1}"#)]);
    let refused = |args: &[&str], why: &str| {
        let seen = desk.see(args);
        assert!(seen.contains(why) && seen.ends_with("--- exit 2\n"), "{seen}");
    };
    for view in [&["why"][..], &["inspect"], &["export", "csv"], &["chart", "tree", "--out", "-"]] {
        refused(&[view, &["."]].concat(), "this is a folder");
    }
    for (view, out) in [(&["report"][..], "nowhere/x.html"), (&["export", "csv"], "nowhere/x.csv")] {
        refused(&[view, &["--out", out, "some.json"]].concat(), "there is no such folder; create it first");
    }
    refused(&["chart", "tree", "--out", "nowhere/x.svg", "some.json"], "there is no such folder; create it first");
}

/// Proves that each view of each of them is made, before the first event, in the middle, and after the last, and that
/// none is larger than its run.
#[test]
fn every_run_has_every_view() {
    let scenarios = scenarios();
    let files: Vec<_> = scenarios.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let desk = Desk::with(&files);
    let end = format!("{END}ns");
    for (name, _) in &files {
        for view in VIEWS {
            let has_time = !view.starts_with(&["report"]) && !view.starts_with(&["chart", "convergence"]);
            let times: &[&[&str]] =
                if has_time { &[&[], &["--at", "0s"], &["--at", "600us"], &["--at", &end]] } else { &[&[]] };
            for time in times {
                let args = [view, *time, &[*name]].concat();
                let output = desk.run(&args);
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
                assert!(!output.stdout.is_empty() || view == ["why", "--format", "json"], "{args:?}");
                assert!(output.stdout.len() < 2_000_000, "{args:?} is {} bytes", output.stdout.len());
            }
        }
    }
}
