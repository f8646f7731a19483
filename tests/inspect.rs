//! `treequake inspect`, and the picture that `replay` shows on a terminal. Texts are pinned by snapshots.

use crate::desk::Desk;
use crate::pipes::python;
use serde_json::Value;
use treequake::recording::record;
use treequake::report::terminal::{Characters, picture};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;

/// A rack that is cut off and slow: one of its hosts dies, another starts a child, and a third leaves.
const CUT: &str = r#"{ "version": 1, "name": "cut",
  "contexts": [
    { "id": 1, "parent": 0, "name": "ssh.rack", "link": { "latency": "5ms" } }, { "id": 2, "parent": 1 },
    { "id": 3, "parent": 1, "name": "ssh.web" }, { "id": 4, "parent": 3 }, { "id": 5, "parent": 1 }
  ],
  "events": [
    { "at": "1s", "do": "partition", "id": 1 }, { "at": "1s", "do": "slow", "id": 3, "factor": 4 },
    { "at": "2s", "do": "kill", "id": 2 }, { "at": "3s", "do": "connect", "id": 6, "parent": 3 },
    { "at": "4s", "do": "call", "from": 0, "to": 3 }, { "at": "5s", "do": "detach", "id": 3 },
    { "at": "6s", "do": "partition", "id": 5, "way": "up" }, { "at": "9s", "do": "heal", "id": 1 },
    { "at": "10s", "do": "kill", "id": 1 }, { "at": "11s", "do": "connect", "id": 1, "parent": 0 }
  ] }"#;

/// A bastion with so many hosts, which dies.
fn bastion(hosts: u32) -> String {
    let hosts: Vec<_> = (2..2 + hosts).map(|id| format!(r#"{{ "id": {id}, "parent": 1 }}"#)).collect();
    let bastion = r#"{ "id": 1, "parent": 0, "name": "ssh.bastion", "link": { "latency": "26ms" } }"#;
    let events = r#"[{ "at": "1s", "do": "kill", "id": 1 }]"#;
    format!(
        r#"{{ "version": 1, "name": "bastion", "contexts": [{bastion}, {}], "events": {events} }}"#,
        hosts.join(", ")
    )
}

fn see(desk: &Desk, questions: &[&[&str]]) -> String {
    questions.iter().map(|question| desk.see(question)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_at_several_times() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["inspect", "cut.json", "--at", "0s"],
            &["inspect", "cut.json", "--at", "3.5s"],
            &["inspect", "cut.json", "--at", "8s"],
            &["inspect", "cut.json", "--at", "10s"],
            &["inspect", "cut.json"],
        ]
    ));
}

#[test]
fn one_table() {
    let desk = Desk::with(&[("cut.json", CUT), ("bastion.json", &bastion(500))]);
    insta::assert_snapshot!(see(
        &desk,
        &[
            &["inspect", "cut.json", "--context", "master", "--at", "8s"],
            &["inspect", "cut.json", "--context", "3", "--at", "8s"],
            &["inspect", "cut.json", "--context", "2", "--at", "8s"],
            &["inspect", "cut.json", "--context", "6", "--at", "1s"],
            &["inspect", "bastion.json", "--context", "1", "--at", "500ms"],
        ]
    ));
}

#[test]
fn many_of_a_kind_are_one_line() {
    let desk = Desk::with(&[("bastion.json", &bastion(500))]);
    insta::assert_snapshot!(see(&desk, &[&["inspect", "bastion.json", "--at", "1s"], &["inspect", "bastion.json"]]));
}

#[test]
fn nothing_has_happened_yet() {
    let desk = Desk::with(&[
        ("empty.json", r#"{ "version": 1 }"#),
        ("late.json", r#"{ "version": 1, "events": [{ "at": "1s", "do": "connect", "id": 1, "parent": 0 }] }"#),
    ]);
    insta::assert_snapshot!(see(&desk, &[&["inspect", "empty.json"], &["inspect", "late.json", "--at", "1ms"]]));
}

#[test]
fn as_json() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    let output = desk.run(&["inspect", "cut.json", "--at", "8s", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_snapshot!(format!("{value:#}"));
}

#[test]
fn wrong_use() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    insta::assert_snapshot!(see(
        &desk,
        &[&["inspect", "cut.json", "--context", "77"], &["inspect", "cut.json", "--at", "1"], &["inspect"],]
    ));
}

// The picture.

fn draw(text: &str, width: usize, characters: Characters) -> String {
    let source = Source { name: "test".to_owned(), text: text.to_owned() };
    let loaded = file::parse(source, "test").unwrap();
    let drawn = picture(&record(&loaded.scenario).unwrap(), width, characters);
    let plain = anstream::adapter::strip_str(&drawn).to_string();
    assert!(plain.lines().all(|line| line.chars().count() <= width), "{plain}");
    assert!(plain.lines().count() <= 20, "{plain}");
    plain
}

#[test]
fn a_picture_fits() {
    let chain: Vec<_> = (1..=40).map(|id| format!(r#"{{ "id": {id}, "parent": {} }}"#, id - 1)).collect();
    let chain = format!(r#"{{ "version": 1, "contexts": [{}] }}"#, chain.join(", "));
    let wide: Vec<_> = (1..=60)
        .map(|id| format!(r#"{{ "id": {id}, "parent": {}, "name": "a-host-with-a-long-name-{id}" }}"#, id / 3))
        .collect();
    let kills: Vec<_> = (1..=20).map(|n| format!(r#"{{ "at": "{n}s", "do": "kill", "id": {} }}"#, 3 * n)).collect();
    let wide = format!(r#"{{ "version": 1, "contexts": [{}], "events": [{}] }}"#, wide.join(", "), kills.join(", "));
    let mut seen = Vec::new();
    for (name, text) in [("cut", CUT), ("bastion", &bastion(500)), ("chain", &chain), ("wide", &wide)] {
        for width in [80, 40] {
            seen.push(format!("{name}, {width} columns\n{}", draw(text, width, Characters::Unicode)));
        }
    }
    seen.push(format!("cut, without Unicode\n{}", draw(CUT, 60, Characters::Ascii)));
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that there is a picture only where there is something to draw, and room.
#[test]
fn no_picture_of_nothing() {
    assert_eq!(draw(r#"{ "version": 1 }"#, 80, Characters::Unicode), "");
    assert_eq!(draw(CUT, 10, Characters::Unicode), "");
}

/// Proves that a pipe gets what it always did, whatever the environment says.
#[test]
fn a_pipe_gets_no_picture() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    let plain = desk.run(&["replay", "cut.json"]).stdout;
    for (name, value) in [("LANG", "C.UTF-8"), ("TERM", "xterm-256color"), ("COLUMNS", "80")] {
        let output = desk.command(&["replay", "cut.json"]).env(name, value).output().unwrap();
        assert_eq!(output.stdout, plain);
    }
    assert!(!String::from_utf8(plain).unwrap().contains("wrong entries"));
}

fn on_a_terminal(desk: &Desk, environment: &[(&str, &str)]) -> Option<String> {
    desk.on_terminal(60, "replay cut.json", environment)
}

/// Proves that a terminal gets the picture, in the characters that it knows, and not against the user's will.
#[test]
fn a_terminal_gets_a_picture() {
    let desk = Desk::with(&[("cut.json", CUT)]);
    let modern = [("LANG", "C.UTF-8"), ("TERM", "xterm-256color")];
    let Some(text) = on_a_terminal(&desk, &modern) else { return };
    let stripped = anstream::adapter::strip_str(&text).to_string();
    assert!(stripped.contains(&draw(CUT, 60, Characters::Unicode)), "{text}");
    for environment in [[("LANG", "C"), ("TERM", "xterm")], [("LANG", "C.UTF-8"), ("TERM", "dumb")]] {
        let text = on_a_terminal(&desk, &environment).unwrap();
        let stripped = anstream::adapter::strip_str(&text).to_string();
        assert!(stripped.contains(&draw(CUT, 60, Characters::Ascii)), "{text}");
    }
    let colourless = on_a_terminal(&desk, &[modern[0], modern[1], ("NO_COLOR", "1")]).unwrap();
    assert_eq!(colourless, stripped);
    let plain = String::from_utf8(desk.run(&["replay", "cut.json"]).stdout).unwrap();
    assert!(!plain.contains('█') && colourless.contains('█'), "a pipe gets none");
}

/// Proves that of a run that nobody can follow, only the end is judged, and the rest is not called right: the program of
/// this one is held to reach, and has over 300 contexts.
#[test]
fn what_is_not_followed_is_not_right() {
    let desk = Desk::with(&[(
        "star.json",
        r#"{ "version": 1, "link": { "latency": "10s" }, "topology": { "shape": "star", "contexts": 301 },
             "events": [{ "at": "1s", "do": "kill", "id": 1 }], "until": "2s" }"#,
    )]);
    let program = python("protocols/distance_vector.py");
    let ask = |question: &[&str]| {
        let output = desk.run(&[question, &["--protocol", &program, "star.json"]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let end = ask(&["inspect"]);
    assert!(end.contains(": 1 route is wrong\n"), "{end}");
    assert!(end.ends_with("- 1 via 1: stale, there should be none\n  the other 300 tables are right\n"), "{end}");
    let entry = ask(&["why", "--at", "0s", "--context", "0", "--route", "5"]);
    assert!(entry.starts_with("unknown: at 0s, master has a route to 5 via 5; whether that is right is not known\n"));
}

/// Proves that `replay`, `inspect` and `why` say the same of what does not arrive, for a program that is held to reach: an
/// entry can be wrong though it leads the right way, and what is not below a context should go to its parent.
#[test]
fn a_way_can_fail_further_on() {
    let desk = Desk::with(&[(
        "moved.json",
        r#"{ "version": 1, "until": "1004ms", "link": { "latency": "5ms" },
             "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 },
                          { "id": 4, "parent": 1 }, { "id": 5, "parent": 0 }],
             "events": [{ "at": "1s", "do": "kill", "id": 3 }, { "at": "1001ms", "do": "connect", "id": 3, "parent": 5 },
                        { "at": "1002ms", "do": "connect", "id": 6, "parent": 5 }] }"#,
    )]);
    let program = format!("dv={}", python("protocols/distance_vector.py"));
    let ask = |question: &[&str]| {
        let output = desk.run(&[question, &["--protocol", &program, "moved.json"]].concat());
        format!("$ treequake {}\n{}", question.join(" "), String::from_utf8(output.stdout).unwrap())
    };
    let why = |context, route| ask(&["why", "--context", context, "--route", route]);
    let replay = ask(&["replay"]);
    let wrong = replay.lines().filter(|line| line.starts_with("  wrong:") || line.starts_with("  missing:"));
    let all = [
        wrong.collect::<Vec<_>>().join("\n"),
        ask(&["inspect"]),
        why("1", "3"),
        why("4", "3"),
        why("4", "6"),
        why("3", "5"),
        why("6", "0"),
        why("6", "1"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

/// Proves that a call which has not ended by the end of a run that has more to come may still end.
#[test]
fn a_call_may_end_after_the_run() {
    let scenario = |limit: &str| {
        let calls = r#"[{ "at": "1s", "do": "call", "from": 0, "to": 1 }]"#;
        format!(r#"{{ "version": 1, {limit}, "contexts": [{{ "id": 1, "parent": 0 }}], "events": {calls} }}"#)
    };
    let desk =
        Desk::with(&[("until.json", &scenario(r#""until": "1s""#)), ("stopped.json", &scenario(r#""max_events": 2"#))]);
    for file in ["until.json", "stopped.json"] {
        let why = String::from_utf8(desk.run(&["why", "--call", "1", file]).stdout).unwrap();
        assert!(why.lines().next().unwrap().ends_with(" call 1 of master to 1 has not ended"), "{why}");
    }
}
