//! `treequake compare` as its user sees it. Every text is pinned by a snapshot in `tests/snapshots`; look at the
//! snapshot before you accept a new one.

use crate::desk::Desk;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use treequake::compare::parting;
use treequake::mitogen::Revision;
use treequake::monitors;
use treequake::process::Monitor;
use treequake::run::{Options, run};
use treequake::scenario::{Scenario, diagnostic::Source, file};

/// A context dies below a partition, and a call asks for it.
const SMALL: &str = r#"{
  "version": 1,
  "name": "small",
  "contexts": [{ "id": 1, "parent": 0, "name": "ssh.host" }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 }],
  "events": [
    { "at": "10ms", "do": "call", "from": 0, "to": 3 },
    { "at": "20ms", "do": "kill", "id": 2 }
  ]
}"#;

/// Two contexts send a message to and fro for ever, before 0.2.8. No name travels that the seed could wrap, so that
/// its trace is that of 0.2.4.
const STORM: &str = r#"{
  "version": 1,
  "name": "storm",
  "max_events": 500,
  "contexts": [{ "id": 1, "parent": 0, "name": "" }, { "id": 2, "parent": 1, "name": "" }],
  "events": [
    { "at": "100ms", "do": "partition", "id": 2 },
    { "at": "200ms", "do": "kill", "id": 1 },
    { "at": "300ms", "do": "connect", "id": 1, "parent": 2, "name": "" },
    { "at": "400ms", "do": "call", "from": 1, "to": 0 }
  ]
}"#;

fn two_on_a_desk() -> Desk {
    Desk::with(&[("small.json", SMALL), ("storm.json", STORM)])
}

/// `compare`, and its arguments.
fn compare<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["compare"], args].concat()
}

/// What a user sees of `treequake compare ARGS`, with the exit code.
fn see(desk: &Desk, args: &[&str]) -> String {
    desk.see(&compare(args))
}

fn scenario(text: &str, monitor: Monitor) -> Scenario {
    let source = Source { name: "test".to_owned(), text: text.to_owned() };
    Scenario { monitor, ..file::parse(source, "test").unwrap().scenario }
}

#[test]
fn compare_help() {
    insta::assert_snapshot!(see(&two_on_a_desk(), &["--help"]));
}

#[test]
fn one_file_as_text() {
    insta::assert_snapshot!(see(&two_on_a_desk(), &["small.json"]));
}

#[test]
fn a_run_with_findings_is_named() {
    insta::assert_snapshot!(see(&two_on_a_desk(), &["--monitors", "mitogen-0.3,mitogen-0.2.4", "storm.json"]));
}

#[test]
fn a_folder_has_an_overview() {
    let desk = two_on_a_desk();
    desk.put("folder/small.json", SMALL);
    desk.put("folder/deep/storm.json", STORM);
    desk.put("folder/deep/with-a-name-that-is-far-too-long-for-the-overview.json", SMALL);
    desk.put("folder/broken.json", "{");
    insta::assert_snapshot!(see(&desk, &["folder"]));
}

#[test]
fn files_that_can_not_be_run_do_not_stop_the_others() {
    let desk = two_on_a_desk();
    desk.put("late.json", SMALL.replace("20ms", "18446744073709551615ns"));
    let seen = [
        see(&desk, &["--monitors", "mitogen-0.2.9,mitogen-0.3", "late.json", "small.json"]),
        see(&desk, &["late.json", "nowhere.json"]),
        see(&desk, &["--format", "markdown", "late.json", "nowhere.json"]),
    ];
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn as_markdown() {
    let desk = two_on_a_desk();
    desk.put("a|b`c.json", SMALL);
    insta::assert_snapshot!(see(&desk, &["--format", "markdown", "storm.json", "a|b`c.json"]));
}

#[test]
fn as_json() {
    let output = two_on_a_desk().run(&compare(&["--format", "json", "small.json", "storm.json"]));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2, "one object a file, one a line");
    insta::assert_snapshot!(format!("{:#}\n{:#}", objects[0], objects[1]));
}

#[test]
fn expectations_hold_for_each_monitor() {
    let desk = two_on_a_desk();
    let storm = r#"{ "verdict": "storm", "hung_calls": 1 }"#;
    let by_monitor = format!(r#"{{ "mitogen-seed": {storm}, "mitogen-0.2.4": {storm} }}"#);
    let expect = format!(r#""expect": {{ "messages_max": 400, "by_monitor": {by_monitor} }}, "events""#);
    desk.put("expected.json", STORM.replace("\"events\"", &expect));
    insta::assert_snapshot!(see(&desk, &["expected.json"]));
}

#[test]
fn a_scenario_can_come_from_standard_input() {
    let desk = two_on_a_desk();
    let mut child = desk
        .command(&compare(&["--format", "json", "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SMALL.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let piped: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let named: serde_json::Value =
        serde_json::from_slice(&desk.run(&compare(&["--format", "json", "small.json"])).stdout).unwrap();
    assert_eq!((&piped["monitors"], &piped["partings"]), (&named["monitors"], &named["partings"]));
}

#[test]
fn wrong_use_of_compare() {
    let desk = two_on_a_desk();
    fs::create_dir(desk.path("empty")).unwrap();
    let wrong: [&[&str]; 7] = [
        &[],
        &["--monitors", "mitogen-9", "small.json"],
        &["--monitors", "mitogen-seed,", "small.json"],
        &["--monitors", "mitogen-0.3", "small.json"],
        &["--monitors", "mitogen-0.3,mitogen-0.2.4,mitogen-0.3", "small.json"],
        &["--format", "html", "small.json"],
        &["empty"],
    ];
    assert!(wrong.iter().all(|args| desk.run(&compare(args)).status.code() == Some(2)));
    let seen: Vec<_> = wrong.iter().map(|args| see(&desk, args)).collect();
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that a parting is the first line in which two written traces differ, and its records those lines.
#[test]
fn a_parting_is_where_the_written_traces_differ() {
    for text in [SMALL, STORM, &SMALL.replace("kill", "partition")] {
        for two in monitors::all().windows(2) {
            let scenarios = [scenario(text, two[0]), scenario(text, two[1])];
            let traces = scenarios.each_ref().map(|scenario| {
                let mut trace = Vec::new();
                run(scenario, Options { trace: Some(&mut trace), ..Options::default() }).unwrap();
                String::from_utf8(trace).unwrap()
            });
            let lines = traces.each_ref().map(|trace| trace.lines().collect::<Vec<_>>());
            let longest = lines[0].len().max(lines[1].len());
            let first = (0..longest).find(|place| lines[0].get(*place) != lines[1].get(*place));
            let found = parting([&scenarios[0], &scenarios[1]]).unwrap();
            assert_eq!(found.as_ref().map(|parting| parting.line), first.map(|place| place as u64 + 1));
            if let (Some(found), Some(first)) = (found, first) {
                assert_eq!(
                    found.records.each_ref().map(|r| r.as_deref()),
                    lines.each_ref().map(|l| l.get(first).copied())
                );
            }
        }
    }
}

/// Proves that two traces are compared to their very end: here the longer storm goes on where the shorter is cut off.
#[test]
fn storms_are_compared_to_the_end() {
    let short = scenario(STORM, Revision::Mitogen024.monitor());
    let long = Scenario { max_events: Some(200_000), ..short.clone() };
    assert_eq!(parting([&long, &long]).unwrap(), None);
    let end = parting([&short, &long]).unwrap().unwrap();
    assert!(end.records[0].as_ref().unwrap().contains("storm"), "{end:?}");
    assert!(end.records[1].as_ref().unwrap().contains("message"), "{end:?}");
}

/// Proves that names are compared by their text, not by the order in which a run met them.
#[test]
fn names_are_compared_by_their_text() {
    let with = |names: [&str; 3]| {
        let context = |(id, name)| format!(r#"{{ "id": {id}, "parent": {}, "name": "{name}" }}"#, id / 3 * 2);
        let contexts: Vec<_> = (1..).zip(names).map(context).collect();
        scenario(&format!(r#"{{ "version": 1, "contexts": [{}] }}"#, contexts.join(", ")), monitors::default())
    };
    assert_eq!(parting([&with(["a", "b", "same"]), &with(["a", "a", "same"])]).unwrap(), None);
    let found = parting([&with(["a", "b", "one"]), &with(["a", "b", "other"])]).unwrap().unwrap();
    assert_eq!(found.line, 1);
}
