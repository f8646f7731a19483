//! Reports on narrow terminals, of every command that prints one.

use crate::desk::Desk;
use std::collections::BTreeSet;
use std::fs;

/// A star of five contexts whose calls hang, and a mistake to see.
const HUNG: &str = r#"{
  "version": 1, "name": "a-scenario-with-a-long-name", "monitor": "mitogen-0.3",
  "topology": { "shape": "star", "contexts": 5, "links": ["rtt-26ms"] },
  "events": [
    { "at": "1s", "do": "call", "from": 0, "to": 3 },
    { "at": "1.001s", "do": "kill", "id": 3, "label": "the label of a step" },
    { "at": "160s", "do": "partition", "ids": [1, 2], "for": "300s" },
    { "at": "161s", "do": "call", "from": 0, "to": 2 }
  ]
}"#;

const WRONG: &str = r#"{ "version": 1, "monitor": "mitogen-0.3", "contexts": [{ "id": 1, "parent": 0 }, { "id": 1, "parent": 7 }],
  "events": [{ "at": "5 s", "do": "partition", "id": 4, "colour": "red" }] }"#;

/// Every command that prints a report. Each begins in a folder with what those before it have written.
const COMMANDS: [&str; 21] = [
    "replay hung.json",
    "replay hung.json wrong.json",
    "fuzz --profile reuse --seeds 0..500 --progress none --out found",
    "stats found",
    "merge --progress none --out merged found",
    "compare hung.json",
    "compare --monitors mitogen-0.2.3,mitogen-0.3 both",
    "compare --seeds 0..100 --monitors mitogen-0.2.4,mitogen-0.2.9 --progress none",
    "inspect hung.json",
    "inspect --at 2s --context 0 hung.json",
    "why hung.json",
    "explore --progress none race.json",
    "explore --contexts 2 --steps 1 --progress none",
    "lint hung.json wrong.json",
    "lint nowhere/nothing.json",
    "shrink --progress none --out small.json loop.json",
    "report hung.json",
    "report found",
    "report --compare mitogen-0.2.3,mitogen-0.3 --out two.html hung.json",
    "new --contexts 4 --out new.json",
    "replay --monitor mitogen-0.9 hung.json",
];

fn desk() -> Desk {
    let race = fs::read_to_string("scenarios/orders/moved-host.json").unwrap();
    let files = [("hung.json", HUNG), ("wrong.json", WRONG), ("race.json", &*race), ("both/hung.json", HUNG)];
    let desk = Desk::with(&files);
    desk.put("both/race.json", &race);
    desk.put("loop.json", fs::read("scenarios/reused-id-loop.json").unwrap());
    desk
}

/// The words of a text, without the marks that enumerations put behind them.
fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(|word| word.trim_end_matches([',', ':']).to_owned()).collect()
}

/// Whether a line may be longer than the terminal is wide: a command is there to be copied, the marked lines of a file stay
/// above their marks, and a word is not broken.
fn may_be_long(line: &str) -> bool {
    let is_word = line.split_whitespace().count() <= 1;
    line.contains("treequake ") || line.contains(" |") || line.contains("--> ") || is_word
}

/// Proves that no report of any command is wider than a terminal of 50 columns, that no word of it is broken, and that each
/// was there to be seen.
#[test]
fn reports_fit_in_fifty_columns() {
    let (narrow, wide) = (desk(), desk());
    let environment = [("LANG", "C.UTF-8"), ("TERM", "xterm-256color"), ("NO_COLOR", "1")];
    for args in COMMANDS {
        let Some(text) = narrow.on_terminal(50, args, &environment) else { return };
        let output = wide.run(&args.split(' ').collect::<Vec<_>>());
        let whole = [output.stdout, output.stderr].concat();
        let whole = String::from_utf8(whole).unwrap();
        assert!(!text.trim().is_empty() && !whole.trim().is_empty(), "{args}");
        // What is left of a status line that was removed.
        let text: String =
            text.lines().filter_map(|line| line.rsplit("\u{1b}[2K").next()).map(|l| format!("{l}\n")).collect();
        let text = anstream::adapter::strip_str(&text).to_string();
        for line in text.lines().filter(|line| !may_be_long(line)) {
            assert!(line.chars().count() <= 50, "{args}: {line}\n{text}");
        }
        // Pictures and what ends a list are made of other words.
        let is_word = |word: &&String| word.chars().filter(|c| c.is_ascii_alphabetic()).count() > 2;
        let (shown, whole) = (words(&text), words(&whole));
        if !args.starts_with("replay hung.json") && !args.contains("--compare") && !args.starts_with("compare") {
            let broken: Vec<_> = shown.iter().filter(is_word).filter(|word| !whole.contains(*word)).collect();
            assert!(broken.is_empty(), "{args}: {broken:?}\n{text}");
        }
    }
}

/// Proves that a pipe gets the same bytes whatever the width, and JSON is never wrapped.
#[test]
fn programs_get_what_they_always_got() {
    let desk = desk();
    for args in ["compare hung.json", "inspect hung.json", "why hung.json", "lint wrong.json"] {
        let args: Vec<_> = args.split(' ').collect();
        let plain = desk.run(&args);
        for columns in ["50", "200"] {
            let output = desk.command(&args).env("COLUMNS", columns).output().unwrap();
            assert_eq!((output.stdout, output.stderr), (plain.stdout.clone(), plain.stderr.clone()), "{args:?}");
        }
    }
    for args in ["compare --format json hung.json", "inspect --format json hung.json", "why --format json hung.json"] {
        let plain = desk.run(&args.split(' ').collect::<Vec<_>>()).stdout;
        let Some(shown) = desk.on_terminal(50, args, &[("TERM", "xterm")]) else { return };
        assert_eq!(shown, String::from_utf8(plain).unwrap(), "{args}");
    }
}
