//! Every scenario in the repository: it is valid, tells its story, and does under each monitor what it says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use treequake::findings::findings;
use treequake::monitors;
use treequake::run::{Options, run};
use treequake::scenario::file;

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    json_files(Path::new("scenarios"), &mut found);
    found.sort();
    assert!(found.len() >= 5);
    found
}

/// Proves that the schema for editors says what the program takes.
#[test]
fn each_validates_against_the_schema() {
    let validator = jsonschema::validator_for(&file::schema()).unwrap();
    for path in all() {
        let scenario: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&scenario).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
    }
}

/// Proves that the schema is strict: what the program refuses for its shape, an editor marks, too.
#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let validator = jsonschema::validator_for(&file::schema()).unwrap();
    for wrong in [
        "[]",
        "{}",
        r#"{ "version": 2 }"#,
        r#"{ "version": 1, "contxts": [] }"#,
        r#"{ "version": 1, "monitor": "mitogen-0.4" }"#,
        r#"{ "version": 1, "link": { "latency": "5" } }"#,
        r#"{ "version": 1, "link": { "latency": "0ms" } }"#,
        r#"{ "version": 1, "link": { "latency": "0.00s" } }"#,
        r#"{ "version": 1, "link": { "latency": { "uniform": { "min": "1ms" } } } }"#,
        r#"{ "version": 1, "link": { "latency": { "up": [] } } }"#,
        r#"{ "version": 1, "link": { "latency": { "up": "1ms" } } }"#,
        r#"{ "version": 1, "link": { "latency": { "up": ["1ms", "0ms"] } } }"#,
        r#"{ "version": 1, "churn": { "for": "1s", "partition_for": { "up": ["1ms"] } } }"#,
        r#"{ "version": 1, "link": { "bandwidth": "10MB" } }"#,
        r#"{ "version": 1, "topology": { "shape": "ring" } }"#,
        r#"{ "version": 1, "churn": { "for": "1s", "kills": "fast" } }"#,
        r#"{ "version": 1, "contexts": [{ "id": 0, "parent": 0 }] }"#,
        r#"{ "version": 1, "contexts": [{ "id": 4294967296, "parent": 0 }] }"#,
        r#"{ "version": 1, "events": [{ "at": "1s", "do": "conect", "id": 2, "parent": 1 }] }"#,
        r#"{ "version": 1, "events": [{ "at": "1s", "do": "kill", "from": 2 }] }"#,
        r#"{ "version": 1, "events": [{ "do": "kill", "id": 2 }] }"#,
        r#"{ "version": 1, "expect": { "verdict": "fine" } }"#,
        r#"{ "version": 1, "expect": { "by_monitor": { "mitogen-0.1": {} } } }"#,
    ] {
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
        let source = treequake::scenario::diagnostic::Source { name: String::new(), text: wrong.to_owned() };
        assert!(file::parse(source, "").is_err(), "{wrong}");
    }
}

/// Proves that each scenario has a description and meets its expectations under each monitor; pins its trace by the
/// digest, and what it cost.
#[test]
fn each_meets_its_expectations_under_every_monitor() {
    let mut table = String::new();
    for path in all() {
        let mut scenario = file::load(&path).unwrap().scenario;
        assert!(!scenario.description.is_empty(), "{} tells no story", path.display());
        let _ = writeln!(table, "{}", path.display());
        for monitor in monitors::all() {
            scenario.monitor = monitor;
            let outcome = run(&scenario, Options::default()).unwrap();
            assert_eq!(findings(&scenario, &outcome, &[]), Vec::<String>::new(), "{} {monitor}", path.display());
            let warnings: Vec<_> = outcome.warnings.iter().map(|(kind, w)| format!(", {} {kind}", w.count)).collect();
            let _ = writeln!(
                table,
                "  {monitor:13}  {}  {}, {} messages{}",
                outcome.digest_text(),
                outcome.verdict,
                outcome.messages.total(),
                warnings.concat()
            );
        }
    }
    insta::assert_snapshot!(table);
}

/// Proves that the schema and the program take the same durations, with one unit or with several.
#[test]
fn durations_are_the_same_for_editors() {
    let validator = jsonschema::validator_for(&file::schema()).unwrap();
    for text in [
        "10ms",
        "0s",
        "0.0ms",
        "0m5s",
        "0h0s",
        "2m40s",
        "1h11m40.25s",
        "1h0.5s",
        "1.5m30s",
        "1.0m30s",
        "40s2m",
        "2m2m",
        "5",
        "2m40",
        "5sec",
        "2m 40s",
        "",
        "h",
    ] {
        let scenario = serde_json::json!({ "version": 1, "link": { "latency": text } });
        let source = treequake::scenario::diagnostic::Source { name: String::new(), text: scenario.to_string() };
        assert_eq!(validator.is_valid(&scenario), file::parse(source, "").is_ok(), "{text}");
    }
}
