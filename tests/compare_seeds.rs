//! `treequake compare --seeds`: two monitors on the same drawn cases, and the smallest case of each kind of change.

use crate::desk::Desk;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use treequake::fuzz::examine::Rules;
use treequake::fuzz::pairs::change::Change;
use treequake::fuzz::pairs::pair::Pair;
use treequake::fuzz::pairs::run::examine_both;
use treequake::fuzz::pairs::seeds;
use treequake::fuzz::profile::Profile;
use treequake::monitors;
use treequake::run::Runner;
use treequake::scenario::file;

const TWO: &str = "mitogen-0.2.4,mitogen-0.2.9";

/// The command on seeds, with more arguments.
fn on_seeds<'a>(seeds: &'a str, monitors: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["compare", "--seeds", seeds, "--monitors", monitors], more].concat()
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// Proves what the command reports, with files and without.
#[test]
fn two_releases_on_seeds() {
    let desk = Desk::with(&[]);
    let plain = desk.see(&on_seeds("0..300", TWO, &[]));
    let written = desk.see(&on_seeds("0..300", TWO, &["--out", "changes"]));
    let back = desk.see(&on_seeds("0..40", "mitogen-0.2.9,mitogen-0.3", &[]));
    insta::assert_snapshot!([plain, written, back].join("\n"));
}

/// Proves that the written cases differ in the way that their names say, are what their runs are, and are no larger than as
/// they were drawn; and that each kind of change in the report has its file.
#[test]
fn each_written_case_still_differs() {
    let desk = Desk::with(&[]);
    let output = desk.run(&on_seeds("0..120", TWO, &["--profile", "reuse", "--out", "changes", "--format", "json"]));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let monitors = ["mitogen-0.2.4", "mitogen-0.2.9"].map(|name| monitors::named(name).unwrap());
    let told = report["changes"].as_array().unwrap();
    assert!(told.iter().any(|change| change["worse"] == true) && told.iter().any(|change| change["worse"] == false));
    assert_eq!(files(&desk.path("changes")).len(), told.len());
    for change in told {
        let (name, path) = (change["change"].as_str().unwrap(), change["file"].as_str().unwrap());
        let scenario = file::load(&desk.path(path)).unwrap().scenario;
        let runs = examine_both(&mut Runner::default(), &scenario, monitors, &Rules::default()).unwrap();
        let pair = Pair::of(&scenario, runs.each_ref());
        let names: Vec<String> = Change::of(&pair).iter().map(Change::to_string).collect();
        assert!(names.iter().any(|own| own == name), "{path} has the changes {names:?}");
        assert!(pair.size <= change["representative"]["size"].as_u64().unwrap(), "{path}");
        let args = ["compare", "--monitors", TWO, path];
        assert_eq!(desk.run(&args).status.code(), Some(0), "what {path} expects is not what happens");
        assert!(change["command"].as_str().unwrap().ends_with(&args.join(" ")), "{}", change["command"]);
    }
}

/// Proves that what is new from one monitor to another is gone the other way round, and what costs more then costs less.
#[test]
fn the_other_way_round_is_the_opposite() {
    let profile = Profile::find("reuse").unwrap();
    let [one, other] = ["mitogen-0.2.4", "mitogen-0.3"].map(|name| monitors::named(name).unwrap());
    let run = |monitors| seeds::run(0..150, &profile, monitors, &Rules::default(), &|| {}).unwrap();
    let opposite = |name: &str| match name {
        "more-messages" => "fewer-messages".to_owned(),
        "fewer-messages" => "more-messages".to_owned(),
        "slower" => "faster".to_owned(),
        "faster" => "slower".to_owned(),
        name => match name.strip_prefix("new-") {
            Some(class) => format!("gone-{class}"),
            None => name.replacen("gone-", "new-", 1),
        },
    };
    let mut count = 0;
    for (there, back) in run([one, other]).iter().zip(&run([other, one])) {
        let mut names: Vec<String> = Change::of(there).iter().map(|change| opposite(&change.to_string())).collect();
        let mut others: Vec<String> = Change::of(back).iter().map(Change::to_string).collect();
        names.sort();
        others.sort();
        assert_eq!(names, others, "seed {}", there.seed);
        count += names.len();
    }
    assert!(count > 10, "{count} changes were looked at");
}

/// Proves that a monitor is the same as itself, down to the trace.
#[test]
fn a_monitor_is_as_good_as_itself() {
    let monitor = monitors::default();
    let profile = Profile::find("default").unwrap();
    let pairs = seeds::run(0..100, &profile, [monitor, monitor], &Rules::default(), &|| {}).unwrap();
    assert!(pairs.iter().all(|pair| pair.has_equal_traces && Change::of(pair).is_empty()));
    assert!(pairs.iter().any(|pair| !pair.first.classes.is_empty()), "some of these fail");
}

/// Proves that the number of threads changes neither the report nor the files.
#[test]
fn threads_change_nothing() {
    let desk = Desk::with(&[]);
    let run = |jobs: &str, out: &str| {
        let more = ["--profile", "reuse", "--jobs", jobs, "--out", out];
        let output = desk.run(&on_seeds("0..60", TWO, &more));
        let text = String::from_utf8(output.stdout).unwrap().replace(&format!("{out}/"), "");
        (output.status.code(), text, files(&desk.path(out)))
    };
    let one = run("1", "one");
    assert!(!one.2.is_empty());
    assert_eq!(one, run("2", "two"));
}

/// Proves that wrong use is refused before anything runs, with what to do.
#[test]
fn wrong_use_of_seeds() {
    let desk = Desk::with(&[("full/notes.txt", "mine"), ("one.json", "{}")]);
    let wrong: [&[&str]; 9] = [
        &["compare", "--seeds", "0..5"],
        &["compare", "--seeds", "0..5", "--monitors", "mitogen-0.3"],
        &["compare", "--seeds", "0..5", "--monitors", "mitogen-0.2.4,mitogen-0.2.9,mitogen-0.3"],
        &["compare", "--seeds", "0..5", "--monitors", TWO, "one.json"],
        &["compare", "--seeds", "5..", "--monitors", TWO],
        &["compare", "--seeds", "0..5", "--monitors", TWO, "--format", "markdown"],
        &["compare", "--seeds", "0..5", "--monitors", TWO, "--out", "full"],
        &["compare", "--monitors", TWO, "--profile", "reuse", "one.json"],
        &["compare", "--monitors", TWO, "--out", "changes"],
    ];
    assert!(wrong.iter().all(|args| desk.run(args).status.code() == Some(2)));
    insta::assert_snapshot!(wrong.map(|args| desk.see(args)).join("\n"));
}
