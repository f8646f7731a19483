//! The two ways of drawing latencies: which one a file asks for, and that each stays what it is.

use super::desk::Desk;
use treequake::run::{Options, run};
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Drawing, Scenario, file, write};

fn scenario(latency: &str, keys: &str) -> Scenario {
    let text = format!(
        r#"{{ "version": 1, {keys} "seed": 5, "link": {{ "latency": {latency} }},
        "topology": {{ "shape": "kary", "contexts": 20 }},
        "events": [
            {{ "at": "1s", "do": "call", "from": 20, "to": 11 }},
            {{ "at": "2s", "do": "slow", "id": 2, "factor": 3 }},
            {{ "at": "2s", "do": "kill", "id": 5 }},
            {{ "at": "3s", "do": "call", "from": 3, "to": 9 }}
        ] }}"#
    );
    file::parse(Source { name: "drawn".to_owned(), text }, "drawn").unwrap().scenario
}

fn digest(scenario: &Scenario) -> String {
    run(scenario, Options::default()).unwrap().digest_text()
}

const MODELS: [&str; 5] = [
    r#"{ "uniform": { "min": "5ms", "max": "15ms" } }"#,
    r#"{ "exponential": { "min": "5ms", "mean": "10ms" } }"#,
    r#"{ "log_normal": { "median": "10ms", "p99": "80ms" } }"#,
    r#"{ "log_normal": { "median": "10ms", "p99": "80ms" }, "per": "link" }"#,
    r#""10ms""#,
];

/// Proves that a file without the key runs to the digest that it always had, as it does with `"drawing": 1`; that
/// `"drawing": 2` has a digest of its own, which stays, too; and that the key changes nothing where no latency is drawn for
/// a message.
#[test]
fn a_file_keeps_its_digest() {
    let mut lines = Vec::new();
    for model in MODELS {
        let [unsaid, first, second] =
            ["", r#""drawing": 1,"#, r#""drawing": 2,"#].map(|key| digest(&scenario(model, key)));
        assert_eq!(unsaid, first, "{model}");
        assert_eq!(first == second, model.contains("link") || !model.contains('{'), "{model}");
        lines.push(format!("{model}\n  1: {first}\n  2: {second}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    { "uniform": { "min": "5ms", "max": "15ms" } }
      1: 936c8fb9d561124729c142d2f03bc77d
      2: d6de116c182e3b56ed5a5c0f5b142bbc
    { "exponential": { "min": "5ms", "mean": "10ms" } }
      1: 0a1a636914d14e6d251c32c477d6e925
      2: 1c163a5cd42594f030e96a12b362e36d
    { "log_normal": { "median": "10ms", "p99": "80ms" } }
      1: 710a72ccd248e223de43df217555275a
      2: e289e2c2da177155add21e4b7d19d76b
    { "log_normal": { "median": "10ms", "p99": "80ms" }, "per": "link" }
      1: 569825884ac280dd84527067b52706de
      2: 569825884ac280dd84527067b52706de
    "10ms"
      1: bef94618af811197b4d1d96d65d395e2
      2: bef94618af811197b4d1d96d65d395e2
    "#);
}

/// Proves that a scenario that is written and read again keeps its way of drawing, and its digest, and that the key is
/// written only where it matters.
#[test]
fn a_scenario_that_is_written_keeps_its_drawing() {
    for model in MODELS {
        for key in ["", r#""drawing": 2,"#] {
            let scenario = scenario(model, key);
            let written = write::expanded(&scenario, None);
            let is_said = written.get("drawing").is_some();
            assert_eq!(is_said, !key.is_empty() && model.contains('{') && !model.contains("link"), "{model} {key}");
            let source = Source { name: "again".to_owned(), text: written.to_string() };
            let again = file::parse(source, "again").unwrap().scenario;
            assert_eq!(digest(&again), digest(&scenario), "{model} {key}");
        }
    }
    assert_eq!(Drawing::ALL.map(Drawing::number), [1, 2]);
}

/// Proves what the user of a file sees who names no drawing that there is, and that a report for programs says which one
/// a run had.
#[test]
fn a_file_can_name_its_drawing() {
    let desk = Desk::with(&[
        ("three.json", r#"{ "version": 1, "drawing": 3 }"#),
        (
            "two.json",
            r#"{ "version": 1, "drawing": 2, "link": { "latency": { "uniform": { "min": "1ms", "max": "2ms" } } },
            "contexts": [{ "id": 1, "parent": 0 }] }"#,
        ),
    ]);
    insta::assert_snapshot!(desk.see(&["replay", "three.json"]), @r#"
    $ treequake replay three.json
    --- stderr
    error: `drawing` is out of range
     --> three.json:1:28
      |
    1 | { "version": 1, "drawing": 3 }
      |                            ^
      |
      = help: use a whole number from 1 to 2

    --- exit 2
    "#);
    let output = desk.run(&["replay", "two.json", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["drawing"], 2);
}

/// Proves that the cases of a campaign name their drawing, and that a campaign whose cases were drawn in the first way
/// is not continued in the second.
#[test]
fn a_campaign_names_its_drawing() {
    let desk = Desk::with(&[]);
    let fuzz = ["fuzz", "--seeds", "0..20", "--profile", "gentle", "--jobs", "1", "--out", "new", "--resume"];
    assert!(desk.run(&fuzz).status.success());
    let manifest = std::fs::read_to_string(desk.path("new/campaign.json")).unwrap();
    assert!(manifest.contains("\"drawing\": 2"), "{manifest}");
    let old = manifest.replace("  \"drawing\": 2,\n", "");
    desk.put("same-format/campaign.json", &old);
    desk.put("older/campaign.json", old.replace("\"format\": 5", "\"format\": 4"));
    let seen = ["same-format", "older"].map(|folder| {
        let mut fuzz = fuzz;
        fuzz[8] = folder;
        desk.see(&fuzz)
    });
    insta::assert_snapshot!(seen.join("\n"), @"
    $ treequake fuzz --seeds 0..20 --profile gentle --jobs 1 --out same-format --resume
    --- stderr
    error: same-format has a different campaign (drawing: 1 there, 2 here); name another folder, or run that campaign
    --- exit 2

    $ treequake fuzz --seeds 0..20 --profile gentle --jobs 1 --out older --resume
    --- stderr
    error: older has a campaign in format 4 (treequake 0.1.0), not 5, and latencies drawn by `drawing` 1, not 2; continue it with the treequake that began it, or name another folder
    --- exit 2
    ");
}
