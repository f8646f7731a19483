//! Campaigns whose cases a clock may stop, as their user sees them. The clock is looked at every 65,536 events, so a time of
//! a nanosecond stops exactly the cases that have more: of these seeds only 4577, whose DEL_ROUTEs multiply.

use crate::desk::{self, Desk};
use serde_json::Value;
use std::fs::{self, File};
use std::process::Output;

const SEEDS: [&str; 4] = ["fuzz", "--run-to-end", "--seeds", "4572..4582"];
const CLOCK: [&str; 2] = ["--timeout", "1ns"];

fn run(desk: &Desk, parts: &[&[&str]]) -> Output {
    desk.command(&parts.concat()).env_clear().output().unwrap()
}

fn json(desk: &Desk, path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(desk.path(path)).unwrap()).unwrap()
}

fn rows(desk: &Desk, folder: &str) -> Vec<Value> {
    let rows = fs::read_to_string(desk.path(&format!("{folder}/results.ndjson"))).unwrap();
    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// Proves that such a case is stopped, has no digest and is in no class; that the terminal, JUnit, the page, the columns and
/// the summary say so; and that nothing changes for the other cases.
#[test]
fn a_case_that_the_clock_stops() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let desk = Desk::with(&[]);
    let output = run(&desk, &[&SEEDS, &CLOCK, &["--out", "clock", "--junit", "tests.xml"]]);
    let terminal = desk::seen(&["fuzz"], &output);
    let (whole, clock) = (run(&desk, &[&SEEDS, &["--out", "whole"]]), rows(&desk, "clock"));
    assert_eq!(whole.status.code(), Some(1), "without a clock it fails: it is stopped at its limit");
    for (row, other) in clock.iter().zip(rows(&desk, "whole")) {
        let is_stopped = row["seed"] == 4577;
        assert_eq!(*row == other, !is_stopped, "{row}");
        let figures = (row["verdict"] == "stopped", row["digest"].is_null());
        assert_eq!(figures, (is_stopped, is_stopped), "{row}");
        assert_eq!(row["classes"], Value::Array(Vec::new()));
    }
    let tally = &json(&desk, "clock/summary.json")["tally"];
    assert_eq!([&tally["failed"], &tally["timed_out"], &tally["verdicts"]["stopped"]], [0, 1, 1]);
    assert_ne!(tally["digest"], json(&desk, "whole/summary.json")["tally"]["digest"]);
    let columns = SerializedFileReader::new(File::open(desk.path("clock/results.parquet")).unwrap()).unwrap();
    for row in columns.get_row_iter(None).unwrap().map(Result::unwrap) {
        let has_digest = row.get_string(row.len() - 1).is_ok();
        assert_eq!(has_digest, row.get_ulong(0).unwrap() != 4577);
    }
    assert_eq!(run(&desk, &[&["report", "clock", "--out", "page.html"]]).status.code(), Some(0));
    let page = fs::read_to_string(desk.path("page.html")).unwrap();
    for told in [
        "No case is known to fail. 1 case was stopped by the clock: its end is unknown.",
        "cases that the clock stopped</th><td class=\"number\">1</td>",
        "(of the 9 cases that the clock did not stop)",
        "--timeout 1ns</code>",
    ] {
        assert!(page.contains(told), "{told}");
    }
    insta::assert_snapshot!(terminal + &fs::read_to_string(desk.path("tests.xml")).unwrap());
}

/// Proves that such a campaign continues where it ended, that parts merge to the same folder as one machine has, and that it
/// is another campaign than the same one with another time.
#[test]
fn it_continues_and_merges() {
    let desk = Desk::with(&[]);
    let seeds = ["fuzz", "--run-to-end", "--seeds", "4300..4700"];
    let time = |time: &str| run(&desk, &[&seeds, &CLOCK, &["--out", "resumed", "--resume", "--time", time]]);
    // The clock of the campaign is looked at between chunks, so some of them are done, and the rest follows.
    assert_eq!(time("100ms").status.code(), time("1h").status.code());
    assert_eq!(run(&desk, &[&seeds, &CLOCK, &["--out", "whole"]]).status.code(), Some(1));
    for part in ["slice:1/2", "slice:2/2"] {
        run(&desk, &[&seeds, &CLOCK, &["--out", "parts", "--partition", part]]);
    }
    let merged = run(&desk, &[&["merge", "parts/part-2-of-2", "parts/part-1-of-2", "--out", "merged"]]);
    assert_eq!(merged.status.code(), Some(1), "{merged:?}");
    assert!(String::from_utf8_lossy(&merged.stdout).contains("stopped by the clock: "), "{merged:?}");
    for name in ["campaign.json", "results.ndjson", "results.parquet", "summary.json"] {
        let file = |folder: &str| fs::read(desk.path(&format!("{folder}/{name}"))).unwrap();
        assert!(file("whole") == file("resumed"), "{name}");
        assert!(file("whole") == file("merged"), "{name}");
    }
    let other = [&seeds[..], &["--out", "whole", "--resume"]];
    let more = [&seeds[..], &["--timeout", "0s", "--out", "whole"]];
    insta::assert_snapshot!([other, more].map(|args| desk::seen(&args.concat(), &run(&desk, &args))).join("\n"));
}

/// Proves that the clock stops a regression, too, and that this is a finding.
#[test]
fn a_regression_that_the_clock_stops() {
    let endless = r#"{ "version": 1, "monitor": "mitogen-0.2.4", "max_events": 90000,
        "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "100ms", "do": "partition", "id": 2 }, { "at": "200ms", "do": "kill", "id": 1 },
            { "at": "300ms", "do": "connect", "id": 1, "parent": 2 },
            { "at": "400ms", "do": "call", "from": 1, "to": 0 }], "expect": { "verdict": "storm", "hung_calls": 1 } }"#;
    let desk = Desk::with(&[("regressions/endless.json", endless)]);
    let args = ["fuzz", "--seeds", "0..2", "--out", "out", "--regressions", "regressions"];
    assert_eq!(run(&desk, &[&args]).status.code(), Some(0), "it is a storm, as it expects");
    let args = ["fuzz", "--seeds", "0..2", "--out", "other", "--regressions", "regressions", "--timeout", "1ns"];
    let text = desk::seen(&args, &run(&desk, &[&args]));
    assert!(text.contains("regression FAIL regressions/endless.json"), "{text}");
    assert!(text.contains("--- exit 1"), "{text}");
}
