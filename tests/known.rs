//! Campaigns beside known failures: what fails them, what is said, and that nothing is hidden.

use crate::desk::Desk;
use std::fs;
use std::process::Output;

/// A campaign with strict rules, so that it finds classes of failures quickly.
const CAMPAIGN: [&str; 9] =
    ["fuzz", "--seeds", "100..220", "--deny", "duplicate-signal", "--budget", "1", "--partition", "none"];

fn run(desk: &Desk, args: &[&str]) -> Output {
    desk.command(args).env_clear().output().unwrap()
}

/// The campaign with more arguments: its exit code, and its report.
fn campaign(desk: &Desk, more: &[&str]) -> (i32, String) {
    let output = run(desk, &[&CAMPAIGN, more].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A desk with the campaign in `first`, whose findings are in `known`. How many they are.
fn recorded() -> (Desk, usize) {
    let desk = Desk::with(&[]);
    // The first night: nothing is known yet.
    fs::create_dir(desk.path("known")).unwrap();
    let (code, text) = campaign(&desk, &["--out", "first", "--known", "known"]);
    assert_eq!(code, 1);
    let findings = names(&desk, "first/findings");
    assert!(findings.len() > 2, "{findings:?}");
    assert!(text.contains(&format!("in {0} classes: {0} new, 0 known", findings.len())), "{text}");
    for name in &findings {
        fs::copy(desk.path(&format!("first/findings/{name}")), desk.path(&format!("known/{name}"))).unwrap();
    }
    (desk, findings.len())
}

fn names(desk: &Desk, folder: &str) -> Vec<String> {
    let names = fs::read_dir(desk.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn read(desk: &Desk, name: &str) -> String {
    fs::read_to_string(desk.path(name)).unwrap()
}

/// Proves that a campaign fails only for what is new; that known classes are counted, shrunk and listed all the same; and
/// that the folder is the same as without the option. A campaign that is complete is judged again.
#[test]
fn only_new_classes_fail() {
    let (desk, count) = recorded();
    let (code, text) = campaign(&desk, &["--out", "second", "--known", "known"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with(&format!(", in {count} known classes\n")), "{text}");
    assert_eq!(text.matches("\n  known:  known/").count(), count);
    assert_eq!(read(&desk, "first/summary.json"), read(&desk, "second/summary.json"));
    assert_eq!(names(&desk, "first/findings"), names(&desk, "second/findings"));

    let gone = names(&desk, "known").pop().unwrap();
    let class = gone.strip_suffix(".json").unwrap();
    fs::remove_file(desk.path(&format!("known/{gone}"))).unwrap();
    let (code, text) = campaign(&desk, &["--out", "second", "--known", "known", "--resume"]);
    assert_eq!(code, 1);
    assert!(text.contains(&format!(", in {count} classes: 1 new, {} known\n", count - 1)), "{text}");
    let row = text.lines().find(|line| line.trim_start().starts_with(class)).unwrap();
    assert!(row.ends_with(" NEW"), "{row}");
    // What is new comes first.
    assert_eq!(text.lines().nth(3), Some(row));

    // Both sources count, and a run folder stands for its findings.
    let (code, _) = campaign(
        &desk,
        &["--out", "second", "--resume", "--known", "known", "--known", &format!("first/findings/{gone}")],
    );
    assert_eq!(code, 0);
    let (code, _) = campaign(&desk, &["--out", "second", "--resume", "--known", "first"]);
    assert_eq!(code, 0);
}

/// Proves that programs, servers and pages learn what is known, what is new, and what did not occur.
#[test]
fn every_report_marks_what_is_known() {
    let (desk, count) = recorded();
    let gone = names(&desk, "known").pop().unwrap();
    let new = gone.strip_suffix(".json").unwrap();
    let absent = read(&desk, &format!("known/{gone}")).replace(new, "crash-on-disconnect-mitogen-seed");
    fs::remove_file(desk.path(&format!("known/{gone}"))).unwrap();
    desk.put("known/absent.json", absent);

    let options = ["--out", "first", "--resume", "--known", "known"];
    let (code, text) = campaign(&desk, &options);
    assert_eq!(code, 1);
    assert!(text.contains("known, but not seen in these seeds\n  crash-on-disconnect  known/absent.json\n"), "{text}");
    assert!(text.contains("page   treequake report first --known known\n"), "{text}");

    let (code, json) = campaign(&desk, &[&options[..], &["--format", "json"]].concat());
    assert_eq!(code, 1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["new"], &json["known"], &json["folder"]), (&1.into(), &(count - 1).into(), &"first".into()));
    assert_eq!(json["not_seen"], serde_json::json!([{ "class": "crash-on-disconnect", "file": "known/absent.json" }]));
    let findings = json["findings"].as_array().unwrap();
    assert_eq!((&findings[0]["class"], &findings[0]["known"]), (&new.into(), &serde_json::Value::Null));
    for known in &findings[1..] {
        assert_eq!(known["known"], format!("known/{}.json", known["class"].as_str().unwrap()));
    }

    campaign(&desk, &[&options[..], &["--junit", "tests.xml"]].concat());
    let xml = read(&desk, "tests.xml");
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures), (count + 1, 1));
    assert_eq!(xml.matches("<skipped message=\"known from known/").count(), count - 1);
    assert!(xml.contains("name=\"known, but not seen in these seeds: crash-on-disconnect\""), "{xml}");

    let page = run(&desk, &["report", "first", "--known", "known", "--out", "-"]);
    let page = String::from_utf8(page.stdout).unwrap();
    assert_eq!(page.matches("<strong>new</strong>").count(), 1);
    assert_eq!(page.matches("known from known/").count(), count - 1);
    assert!(page.contains(" classes, 1 of them new. The new one: "));
    assert!(page.contains("Known, but not seen in these seeds"));
}

/// Proves that the parts of a campaign and their merge are judged in the same way.
#[test]
fn a_merge_is_judged() {
    let (desk, count) = recorded();
    for part in ["slice:1/2", "slice:2/2"] {
        let more = ["--out", "parts", "--known", "known", "--partition", part];
        let output = run(&desk, &[&CAMPAIGN[..7], &more].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let parts = ["parts/part-1-of-2", "parts/part-2-of-2"];
    let known = run(&desk, &["merge", parts[0], parts[1], "--out", "merged", "--known", "known"]);
    assert_eq!(known.status.code(), Some(0), "{known:?}");
    assert!(String::from_utf8_lossy(&known.stdout).ends_with(&format!(", in {count} known classes\n")));
    let plain = run(&desk, &["merge", parts[0], parts[1], "--out", "merged-2"]);
    assert_eq!(plain.status.code(), Some(1), "{plain:?}");
    assert_eq!(read(&desk, "merged/summary.json"), read(&desk, "merged-2/summary.json"));
}

/// Proves that the monitor is left aside: what was recorded under one serves another.
#[test]
fn another_monitor_is_served() {
    let (desk, count) = recorded();
    for name in names(&desk, "known") {
        let text = read(&desk, &format!("known/{name}")).replace("mitogen-0.3", "mitogen-seed");
        desk.put(&format!("known/{name}"), text);
    }
    let (code, text) = campaign(&desk, &["--out", "first", "--resume", "--known", "known"]);
    assert_eq!(code, 0);
    assert!(text.ends_with(&format!(", in {count} known classes\n")), "{text}");
}

/// Proves that a file which says of no class that it is known is an error, before anything runs; each is named, with the
/// fix.
#[test]
fn a_known_failure_has_a_class() {
    let scenario = |origin: &str| format!("{{ \"version\": 1, \"contexts\": [] {origin} }}");
    let desk = Desk::with(&[]);
    desk.put("known/none.json", scenario(""));
    desk.put("known/seed.json", scenario(", \"origin\": { \"seed\": \"7\" }"));
    desk.put("known/other.json", scenario(", \"origin\": { \"class\": \"stale-on-a-whim-mitogen-0.3\" }"));
    desk.put("known/right.json", scenario(", \"origin\": { \"class\": \"stale-on-connect-mitogen-0.3\" }"));
    let args = ["fuzz", "--seeds", "0..9", "--known", "known", "--known", "nowhere", "--out", "out"];
    let output = run(&desk, &args);
    assert!(!desk.path("out").exists());
    insta::assert_snapshot!(crate::desk::seen(&args, &output));
}

/// Proves that the library of known failures is what any thousand seeds show, and nothing else.
#[test]
fn the_library_knows_mitogen() {
    let desk = Desk::with(&[]);
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/known-0.3");
    for seeds in ["0..1000", "5000..6000"] {
        let output = run(&desk, &["fuzz", "--run-to-end", "--seeds", seeds, "--known", library, "--out", seeds]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.ends_with(", in 4 known classes\n") && !text.contains("not seen"), "{text}");
    }
}
