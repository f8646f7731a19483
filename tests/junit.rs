//! JUnit XML as a server reads it: what is a test, when it fails, and with which words.

use crate::desk::Desk;
use std::fs;
use std::process::Output;

const FINE: &str = r#"{ "version": 1, "name": "fine", "contexts": [{ "id": 1, "parent": 0 }] }"#;
const HUNG: &str = r#"{ "version": 1, "name": "<&\"'>", "contexts": [{ "id": 1, "parent": 0 }],
    "events": [{ "at": "1s", "do": "partition", "id": 1 }, { "at": "2s", "do": "call", "from": 0, "to": 1 }] }"#;

/// Whatever engine runs the tests, the campaigns are whole.
fn run(desk: &Desk, args: &[&str]) -> Output {
    desk.command(args).env_clear().output().unwrap()
}

/// What is in a file, once a reader of XML has found nothing wrong with it.
fn read(desk: &Desk, name: &str) -> String {
    let text = fs::read_to_string(desk.path(name)).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let tests: Vec<_> = report.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    assert_eq!(report.tests, tests.len());
    for dated in ["timestamp", "uuid", " time="] {
        assert!(!text.contains(dated), "{dated}");
    }
    text
}

/// Proves that each file is a test: one that passes, one that fails and why, and those that could not be run.
#[test]
fn a_replay() {
    let desk = Desk::with(&[("s/fine.json", FINE), ("s/hung.json", HUNG), ("s/broken.json", "{ \"version\": 2 }")]);
    let args = ["replay", "s", "nowhere.json", "--junit", "tests.xml", "--verify"];
    let output = run(&desk, &args);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let xml = read(&desk, "tests.xml");
    insta::assert_snapshot!(xml);
    run(&desk, &args);
    assert_eq!(xml, read(&desk, "tests.xml"), "the same runs, the same bytes");
}

/// Proves that names which are no XML are no harm.
#[test]
fn names_are_data() {
    let name = "]]>\\uffff\\ud83d\\ude00<!--";
    let desk = Desk::with(&[]);
    desk.put("a \"<b>&'.json", HUNG.replace("<&\\\"'>", name));
    let output = run(&desk, &["replay", "a \"<b>&'.json", "--junit", "tests.xml"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let xml = read(&desk, "tests.xml");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    let test = &report.test_suites[0].test_cases[0];
    assert_eq!(test.name.as_str(), "a \"<b>&'.json");
    assert_eq!(test.properties[0].value.as_str(), "]]>\u{fffd}\u{1f600}<!--");
}

/// Proves that each class of a campaign is a test that fails with the lines that the terminal has, that the cases which
/// pass are one test, and that regressions are a suite of their own.
#[test]
fn a_campaign() {
    let desk = Desk::with(&[("regressions/fine.json", FINE), ("regressions/hung.json", HUNG)]);
    let args =
        ["fuzz", "--profile", "reuse", "--seeds", "150..200", "--regressions", "regressions", "--junit", "tests.xml"];
    let output = run(&desk, &[&args[..], &["--out", "run"]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let xml = read(&desk, "tests.xml");
    insta::assert_snapshot!(xml);
    let printed = String::from_utf8(output.stdout).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    for test in &report.test_suites[1].test_cases[..2] {
        let quick_junit::TestCaseStatus::NonSuccess { description, .. } = &test.status else { panic!("{test:?}") };
        assert!(printed.contains(description.as_ref().unwrap().as_str()));
    }
    run(&desk, &[&args[..], &["--out", "run", "--resume"]].concat());
    assert_eq!(xml, read(&desk, "tests.xml"), "the same campaign, the same bytes");
}

/// Proves that a part, and a campaign in which nothing fails, have their tests, too.
#[test]
fn other_campaigns() {
    let desk = Desk::with(&[]);
    run(&desk, &["fuzz", "--seeds", "0..20", "--out", "fine", "--junit", "fine.xml"]);
    let args = ["fuzz", "--profile", "reuse", "--seeds", "100..300", "--partition", "slice:1/2", "--out", "parts"];
    run(&desk, &[&args[..], &["--junit", "part.xml"]].concat());
    insta::assert_snapshot!([read(&desk, "fine.xml"), read(&desk, "part.xml")].join("\n"));
    // What parts come to is what one machine comes to.
    let seeds = ["fuzz", "--profile", "reuse", "--seeds", "100..300"];
    run(&desk, &[&seeds[..], &["--partition", "slice:2/2", "--out", "parts"]].concat());
    run(&desk, &["merge", "parts/part-1-of-2", "parts/part-2-of-2", "--out", "whole", "--junit", "merged.xml"]);
    fs::rename(desk.path("whole"), desk.path("merged")).unwrap();
    run(&desk, &[&seeds[..], &["--out", "whole", "--junit", "whole.xml"]].concat());
    assert_eq!(read(&desk, "merged.xml"), read(&desk, "whole.xml"));
}

/// Proves where the file may go, that the report makes way for it, and that nothing is left of one that cannot be
/// written.
#[test]
fn where_it_goes() {
    let desk = Desk::with(&[("fine.json", FINE)]);
    let seen = [
        &["replay", "fine.json", "--junit", "-"][..],
        &["replay", "fine.json", "--junit", "-", "--trace", "-"],
        &["replay", "fine.json", "--junit", "fine.json"],
        &["replay", "fine.json", "--junit", "nowhere/tests.xml"],
        &["replay", "fine.json", "--junit", "."],
    ];
    insta::assert_snapshot!(seen.map(|args| desk.see(args)).join("\n"));
    let output = run(&desk, &["fuzz", "--seeds", "0..5", "--out", "run", "--junit", "-"]);
    let xml = String::from_utf8(output.stdout).unwrap();
    assert_eq!(quick_junit::Report::deserialize_from_str(&xml).unwrap().tests, 1);
    assert_eq!(fs::read_to_string(desk.path("fine.json")).unwrap(), FINE);
}
