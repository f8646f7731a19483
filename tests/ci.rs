//! What a CI server and its log need: folders that mean their scenarios, budgets, and a campaign that can be stopped.

use crate::desk::Desk;
use std::fs;
use std::process::Output;

const FINE: &str = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }] }"#;

fn run(desk: &Desk, args: &[&str]) -> Output {
    desk.command(args).env_clear().output().unwrap()
}

/// Proves that a folder stands for its scenarios, and not for the results of campaigns in it: those are skipped, with a
/// note. A run folder that is named itself stands for its findings. A scenario may be called as a result is.
#[test]
fn run_folders_are_skipped() {
    let desk = Desk::with(&[("mine/fine.json", FINE), ("mine/campaign.json", FINE), ("mine/summary.json", FINE)]);
    let args = ["fuzz", "--seeds", "100..130", "--deny", "duplicate-signal", "--out", "output/fuzz-1"];
    assert_eq!(run(&desk, &args).status.code(), Some(1));
    run(&desk, &["fuzz", "--seeds", "0..4", "--partition", "slice:1/2", "--out", "output/parts"]);
    let pages: [&[&str]; 5] = [
        &["replay", "."],
        &["lint", "."],
        &["lint", "output"],
        &["lint", "output/parts/part-1-of-2"],
        &["compare", "--monitors", "mitogen-0.2.9,mitogen-0.3", "--format", "json", "output/parts"],
    ];
    insta::assert_snapshot!(pages.map(|args| crate::desk::seen(args, &run(&desk, args))).join("\n"));
    let findings = fs::read_dir(desk.path("output/fuzz-1/findings")).unwrap().count();
    let replayed = run(&desk, &["replay", "--format", "json", "output/fuzz-1"]);
    assert_eq!(String::from_utf8_lossy(&replayed.stdout).lines().count(), findings);
    assert_eq!(replayed.status.code(), Some(0), "each expects its own failure");
}

/// Proves that a budget fails a run as it fails a case of a campaign, whatever the file expects.
#[test]
fn a_replay_has_a_budget() {
    let desk = Desk::with(&[]);
    let name = "over-budget-on-propagate-down-mitogen-0.3.json";
    let file = fs::read(format!("{}/scenarios/known-0.3/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    desk.put("dear.json", file);
    for (args, code) in [
        (&["replay", "dear.json"][..], 0),
        (&["replay", "dear.json", "--budget", "1000"], 0),
        (&["replay", "dear.json", "--budget", "20"], 1),
    ] {
        let output = run(&desk, args);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{text}");
        let finding = "\nfinding: the step at 200ms costs 876 route messages, most of them DEL_ROUTE";
        assert_eq!(text.contains(finding), code == 1, "{text}");
    }
}

/// Proves that Ctrl-C ends a campaign with what was found so far, and that the command which is printed continues it, to
/// the bytes of one that was not stopped.
#[cfg(unix)]
#[test]
fn a_campaign_can_be_stopped() {
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    let desk = Desk::with(&[]);
    fs::create_dir(desk.path("no failures")).unwrap();
    let options = ["fuzz", "--seeds", "0..2000", "--deny", "duplicate-signal", "--jobs", "1", "--partition", "none"];
    let more = ["--known", "no failures", "--junit", "tests.xml"];
    let mut command = desk.command(&[&options[..], &more].concat());
    let child = command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let journal = desk.path("output/fuzz-1/progress.journal");
    let begin = Instant::now();
    while fs::metadata(&journal).map_or(0, |metadata| metadata.len()) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(120), "nothing was committed");
        sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("stopped after ") && text.contains(" cases of 2,000, under mitogen-0.3\n"), "{text}");
    assert!(text.contains("duplicate-signal-on-disconnect-mitogen-0.3"), "{text}");
    assert!(!desk.path("output/fuzz-1/summary.json").exists());
    let xml = fs::read_to_string(desk.path("tests.xml")).unwrap();
    assert_eq!(quick_junit::Report::deserialize_from_str(&xml).unwrap().errors, 1, "{xml}");

    let resume = text.lines().find_map(|line| line.strip_prefix("resume treequake ")).unwrap();
    assert_eq!(
        resume,
        "fuzz --seeds 0..2000 --deny duplicate-signal --jobs 1 --partition none --known 'no failures' --junit tests.xml \
         --out output/fuzz-1 --resume"
    );
    let shell = format!("{} {resume}", env!("CARGO_BIN_EXE_treequake"));
    let resumed = Command::new("sh").args(["-c", &shell]).current_dir(desk.folder()).output().unwrap();
    assert_eq!(resumed.status.code(), Some(1), "{resumed:?}");
    run(&desk, &[&options[..], &["--out", "alone"]].concat());
    for name in ["summary.json", "results.ndjson"] {
        let [one, other] =
            ["output/fuzz-1", "alone"].map(|folder| fs::read(desk.path(&format!("{folder}/{name}"))).unwrap());
        assert!(one == other, "{name}");
    }
}

/// Proves that the byte order mark that some editors write is no mistake, and moves no column: of scenarios, of profiles,
/// and on standard input.
#[test]
fn a_byte_order_mark_is_accepted() {
    let marked = |text: &str| format!("\u{feff}{text}");
    let desk = Desk::with(&[
        ("marked.json", &marked(FINE)),
        ("profile.json", &marked(r#"{ "version": 1, "like": "gentle" }"#)),
        ("wrong.json", &marked("{ \"version\": 2 }")),
        ("wrong-profile.json", &marked("{ \"version\": 1, \"name\": 3 }")),
        ("twice.json", &marked(&marked(FINE))),
    ]);
    assert_eq!(run(&desk, &["replay", "marked.json"]).status.code(), Some(0));
    assert_eq!(run(&desk, &["fuzz", "--print", "--seeds", "7", "--profile", "profile.json"]).status.code(), Some(0));
    for (args, told) in [
        (&["lint", "wrong.json"][..], "wrong.json:1:14"),
        (&["fuzz", "--print", "--seeds", "7", "--profile", "wrong-profile.json"], "wrong-profile.json:1:25: "),
        (&["lint", "twice.json"], "this is not JSON"),
    ] {
        let output = run(&desk, args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// Proves that numbers which are none, or out of range, are refused in words, with the range; and the system's errors in
/// ours, without their numbers and without the names of temporary files.
#[test]
fn errors_are_in_our_words() {
    let desk = Desk::with(&[("fine.json", FINE), ("a-file", "")]);
    let long = "x".repeat(300);
    let pages: [&[&str]; 15] = [
        &["fuzz", "--jobs", "0"],
        &["fuzz", "--jobs", "many"],
        &["fuzz", "--budget", "x"],
        &["fuzz", "--parts", "100001"],
        &["merge", "--jobs", "-3", "x", "--out", "y"],
        &["new", "--contexts", "0"],
        &["new", "--seed", "1.5"],
        &["new", "--fanout", "99999999999999999999", "--shape", "kary"],
        &["why", "--call", "one", "fine.json"],
        &["chart", "scaling", "--scale", "4"],
        &["chart", "scaling", "--max-contexts", "7"],
        &["replay", "--budget", "many", "fine.json"],
        &["replay", &long],
        &["replay", "a-file/x.json"],
        &["replay", "fine.json", "--trace", "a-file/trace"],
    ];
    let seen: Vec<String> = pages.iter().map(|args| crate::desk::seen(args, &run(&desk, args))).collect();
    for text in &seen {
        for foreign in ["os error", "treequake-", "digit", "non-zero type", "..="] {
            assert!(!text.contains(foreign), "{foreign}: {text}");
        }
    }
    insta::assert_snapshot!(seen.join("\n").replace(&long, "xxx..."));
}
