//! Hostile names: of files, contexts and steps, and pieces of files in messages. Each is given to all commands and formats.
//! None reaches a terminal as a command, none forges a line, and none turns text around in a picture or on a page.
#![cfg(unix)]

use crate::desk::Desk;
use std::fs;
use std::process::Output;

/// What a terminal must never get from a name: commands of both kinds, and characters that turn text around.
const HOSTILE: &str = "a\u{1b}]0;pwn\u{7}\u{1b}[2J\u{9b}5m\u{202e}b\u{2067}";

/// A name that would look like a line of a report.
const LINE: &str = "b\nok   all-fine";

/// Characters that no text on a terminal has, other than lines, tabs and colours.
fn is_command(c: char) -> bool {
    (c.is_control() && !"\n\t".contains(c)) || turns(c)
}

fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without its colours.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('m') {
            Some((style, rest)) if style.chars().all(|c| c.is_ascii_digit() || c == ';') => plain.push_str(rest),
            _ => plain.push_str(&format!("\u{1b}[{piece}")),
        }
    }
    plain
}

fn assert_safe(args: &[&str], text: &str) {
    let plain = without_colours(text);
    let wrong = plain.chars().find(|c| is_command(*c));
    assert_eq!(wrong, None, "{args:?}: {plain:?}");
    assert!(!plain.lines().any(|line| line.starts_with("ok   all-fine")), "{args:?}: {plain}");
}

/// A scenario with names like these, one that is wrong, and files that are called so.
fn desk() -> Desk {
    let name = |text: &str| serde_json::Value::from(text).to_string();
    let scenario = format!(
        r#"{{ "version": 1, "name": {2}, "description": {0},
            "contexts": [{{ "id": 1, "parent": 0, "name": {0} }}, {{ "id": 2, "parent": 1, "name": {1} }}],
            "events": [{{ "at": "1s", "do": "kill", "id": 1, "label": {2} }}, {{ "at": "2s", "do": "call", "from": 0, "to": 2 }}] }}"#,
        name(HOSTILE),
        name(LINE),
        // The names of a scenario and of a step cannot have control characters.
        name("a\u{202e}b\u{2067}"),
    );
    let raw = HOSTILE.replace(['\u{1b}', '\u{7}'], "");
    let wrong = format!("{{\"version\": 1, \"x{raw}\": 3, \"contexts\":\t[{{\"id\": \"{raw}\"}}]}}");
    Desk::with(&[
        ("s.json", &scenario),
        ("wrong.json", &wrong),
        (&format!("files/{HOSTILE}.json"), &scenario),
        (&format!("files/{LINE}.json"), &scenario),
        (&format!("bad/{LINE}.json"), &wrong),
        (&format!("bad/{HOSTILE}.json"), "{"),
    ])
}

fn said(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

/// Proves that what is for people is safe on a terminal, even if it comes through a pipe.
#[test]
fn texts_for_people() {
    let desk = desk();
    let one = format!("files/{HOSTILE}.json");
    let nowhere = format!("{HOSTILE}/{LINE}");
    let commands: Vec<Vec<&str>> = vec![
        vec!["lint", "files", "bad", "s.json", "wrong.json", &nowhere],
        vec!["replay", "files", "bad"],
        vec!["replay", &one],
        vec!["replay", &one, "--trace", &nowhere],
        vec!["compare", "files"],
        vec!["compare", "--format", "markdown", "files"],
        vec!["compare", &one],
        vec!["why", &one],
        vec!["why", &one, "--call", "1"],
        vec!["why", &one, "--call", "7"],
        vec!["inspect", &one],
        vec!["inspect", &one, "--context", "2", "--at", "500ms"],
        vec!["shrink", &one],
        vec!["report", &one],
        vec!["chart", "tree", &one],
        vec!["chart", "convergence", &nowhere],
        vec!["export", "csv", "s.json"],
        vec!["export", "csv", "s.json", "--out", &nowhere],
        vec!["fuzz", "--seeds", "0..5", "--out", HOSTILE],
        vec!["fuzz", "--seeds", "0..5", "--out", HOSTILE],
        vec!["stats", HOSTILE],
        vec!["stats", &nowhere],
        vec!["report", HOSTILE],
        vec!["merge", HOSTILE, LINE, "--out", "m"],
    ];
    for args in &commands {
        for text in said(&desk.run(args)) {
            assert_safe(args, &text);
        }
    }
    // Pages and charts were written under names of their own; the tables of charts are for people, too.
    for args in [["chart", "tree", "s.json", "--data"], ["chart", "convergence", "s.json", "--data"]] {
        said(&desk.run(&args)).iter().for_each(|text| assert_safe(&args, text));
    }
}

/// Proves that no name controls anything, turns text around, or becomes markup in pictures, pages and diagrams.
#[test]
fn markup() {
    let desk = desk();
    let commands = [
        "chart tree s.json --out -",
        "chart convergence s.json --out -",
        "report s.json --out -",
        "export graphviz s.json",
        "export graphviz s.json --all",
        "export mermaid s.json",
        "export mermaid s.json --diagram tree",
        "export shiviz s.json",
        "export perfetto s.json",
    ];
    for line in commands {
        let args: Vec<_> = line.split(' ').collect();
        let output = desk.run(&args);
        assert!(output.status.success(), "{line}: {output:?}");
        let [text, _] = said(&output);
        // Our own scripts name some of these characters, escaped.
        let wrong = text.chars().find(|c| (c.is_control() && !"\n\t".contains(*c)) || turns(*c));
        assert_eq!(wrong, None, "{line}");
    }
}

/// Proves that a terminal gets no command from data either. `script` lends the program a terminal.
#[cfg(target_os = "linux")]
#[test]
fn data_on_a_terminal() {
    let desk = desk();
    let program = env!("CARGO_BIN_EXE_treequake");
    for line in
        ["export perfetto s.json", "replay s.json --format json", "inspect s.json --format json", "replay s.json"]
    {
        let command = format!("'{program}' {line}");
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(desk.folder()).stdin(std::process::Stdio::null());
        // Not every machine has it.
        let Ok(output) = script.env("TERM", "xterm").output() else { return };
        let text = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
        assert!(!text.is_empty(), "{line}");
        // A status line may clear itself, which is ours.
        let text = text.replace("\u{1b}[2K", "").replace("\u{1b}[1A", "").replace('\r', "");
        assert_safe(&[line], &text);
    }
    assert!(fs::metadata(desk.path("s.json")).is_ok());
}
