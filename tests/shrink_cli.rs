//! `treequake shrink` as its user sees it, pinned by snapshots.

use crate::desk::Desk;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

/// A fleet of six, in which one is cut off for ever and dies, among other things that happen.
const SCENARIO: &str = r#"{
  "version": 1,
  "name": "retired",
  "link": { "latency": "7ms" },
  "contexts": [{ "id": 10, "parent": 0, "name": "ssh.a" }, { "id": 20, "parent": 0 }, { "id": 21, "parent": 20 },
               { "id": 22, "parent": 21 }, { "id": 23, "parent": 0, "link": { "latency": "400us" } },
               { "id": 24, "parent": 23 }],
  "events": [
    { "at": "10ms", "do": "call", "from": 0, "to": 22 },
    { "at": "1234567ns", "do": "partition", "id": 23, "label": "cut" },
    { "at": "90ms", "do": "kill", "id": 21 },
    { "at": "17.5s", "do": "kill", "id": 23 },
    { "at": "20s", "do": "call", "from": 0, "to": 10 }
  ],
  "expect": { "verdict": "diverged", "steps": [{ "label": "cut", "messages_max": 100 }] }
}"#;

fn desk() -> Desk {
    Desk::with(&[("retired.json", SCENARIO)])
}

fn pinned(text: &str) -> String {
    text.replace(&format!("\"treequake\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"treequake\": \"VERSION\"")
}

#[test]
fn shrink_help() {
    insta::assert_snapshot!(desk().see(&["shrink", "--help"]));
}

/// Proves that the capsule alone goes to standard output, so that it can be piped, and that the story stands beside it.
#[test]
fn shrink_prints_the_capsule() {
    insta::assert_snapshot!(pinned(&desk().see(&["shrink", "retired.json"])));
}

/// Proves that a file appears whole, that the commands that are printed do what they say, and that nothing is written
/// over.
#[test]
fn shrink_writes_a_file_that_replays() {
    let desk = desk();
    let mut seen = vec![desk.see(&["shrink", "retired.json", "-o", "small one.json"])];
    let small = fs::read_to_string(desk.path("small one.json")).unwrap();
    seen.push(desk.see(&["replay", "small one.json"]));
    seen.push(desk.see(&["lint", "small one.json"]));
    seen.push(desk.see(&["shrink", "retired.json", "-o", "small one.json"]));
    seen.push(desk.see(&["shrink", "retired.json", "-o", "nowhere/small.json"]));
    assert_eq!(fs::read_to_string(desk.path("small one.json")).unwrap(), small);
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that a capsule is its own smallest form, and survives `expand` with its origin and its digest.
#[test]
fn a_capsule_stays_what_it_is() {
    let desk = desk();
    desk.run(&["shrink", "retired.json", "-o", "small.json"]);
    let small = fs::read_to_string(desk.path("small.json")).unwrap();
    assert_eq!(String::from_utf8(desk.run(&["expand", "small.json"]).stdout).unwrap(), small);
    let again = String::from_utf8(desk.run(&["shrink", "small.json"]).stdout).unwrap();
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("description")).map(str::to_owned).collect()
    };
    assert_eq!(lines(&again), lines(&small));
}

/// Proves that a digest that differs is said, and is no finding; under another monitor nobody asks.
#[test]
fn a_replay_says_where_the_digest_differs() {
    let desk = desk();
    desk.run(&["shrink", "retired.json", "-o", "small.json"]);
    let small = fs::read_to_string(desk.path("small.json")).unwrap();
    desk.put("edited.json", small.replace("\"200ms\"", "\"250ms\""));
    let seen = [
        desk.see(&["replay", "edited.json"]),
        desk.see(&["replay", "edited.json", "small.json"]),
        desk.see(&["replay", "--monitor", "mitogen-0.2.9", "small.json"]),
    ];
    insta::assert_snapshot!(seen.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn nothing_to_shrink_and_wrong_use() {
    let desk = desk();
    desk.put("fine.json", r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }] }"#);
    desk.put("broken.json", r#"{ "version": 1, "contxts": [] }"#);
    let seen = [
        &["shrink", "fine.json"][..],
        &["shrink", "broken.json"],
        &["shrink", "nowhere.json"],
        &["shrink"],
        &["shrink", "--budget", "0", "fine.json"],
        &["shrink", "--deny", "everything", "fine.json"],
    ];
    insta::assert_snapshot!(seen.map(|args| desk.see(args)).join("\n"));
}

/// Proves that Ctrl-C ends the search and keeps what it has: a whole capsule that still fails.
#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_best() {
    let desk = desk();
    // A loop that takes long, and many bystanders: the search would go on for a while.
    let bystanders: Vec<_> = (3..1000).map(|id| format!("{{ \"id\": {id}, \"parent\": {} }}", id % 3)).collect();
    let story = fs::read_to_string("scenarios/reused-id-loop.json").unwrap();
    let story =
        story.replace("\"name\": \"sudo.root\" }", &format!("\"name\": \"sudo.root\" }}, {}", bystanders.join(", ")));
    desk.put("long.json", story.replace("20000", "200000"));
    let args = ["shrink", "long.json", "-o", "best.json"];
    let mut child = desk.command(&args).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("class:") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it says what it shrinks");
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut story = String::new();
    stderr.read_to_string(&mut story).unwrap();
    assert!(story.contains("the search was stopped; this is the best result so far"), "{story}");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(desk.run(&["replay", "best.json"]).status.code(), Some(0));
}
