//! Programs as protocols, over a pipe. The programs are in Python; without `python3` the tests say so and pass.

use crate::desk::Desk;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A chain, with calls, a death, a connect and a lost stream.
const CHAIN: &str = r#"{
    "version": 1,
    "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 }],
    "events": [
        { "at": "1s", "do": "call", "from": 0, "to": 3 },
        { "at": "1100ms", "do": "call", "from": 3, "to": 0 },
        { "at": "2s", "do": "kill", "id": 2 },
        { "at": "3s", "do": "connect", "id": 4, "parent": 1 },
        { "at": "4s", "do": "call", "from": 4, "to": 0 },
        { "at": "5s", "do": "disconnect", "id": 1 }
    ]
}"#;

/// The absolute path of a file of the repository.
fn ours(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

pub fn has_python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("there is no python3, so nothing is tested");
    }
    there
}

pub fn python(path: &str) -> String {
    format!("python3 {}", ours(path))
}

/// The exit code, and the first line of what went wrong, without the path of the program.
fn first_complaint(desk: &Desk, program: &str, more: &[&str]) -> String {
    let args = ["replay", "--protocol", program, "--protocol-timeout", "3s", "chain.json"];
    let mut command = desk.command(&args);
    let output = command.args(more).env("PYTHONUNBUFFERED", "").env_remove("PYTHONHASHSEED").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line = stderr.lines().next().unwrap_or_default();
    let line = line.split_once(".py`: ").map_or(line, |(_, rest)| rest);
    format!("{} {}", output.status.code().unwrap(), line.replace(&ours(""), ""))
}

/// Proves that each way to break the specification is noticed, is the program's fault, and gets an error that says what
/// it was. The programs differ from `right.py` in one thing each.
#[test]
fn wrong_programs_are_told_what_is_wrong() {
    if !has_python() {
        return;
    }
    // Nothing is wrong with these in one run; or the time, or the memory, of the machine decides what is seen.
    let left_out = [
        "right",
        "deaf",
        "leaves_child",
        "remembers",
        "same_handle",
        "hash_order",
        "memory_hog",
        "random_effects",
        "by_process",
        "flood_of_errors",
        // Only a check asks for snapshots.
        "no_state",
        "restores_nothing",
    ];
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let mut names: Vec<PathBuf> =
        fs::read_dir(ours("tests/protocols/wrong")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut table = String::new();
    for path in names.iter().filter(|path| path.extension().is_some_and(|extension| extension == "py")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if left_out.contains(&name) {
            continue;
        }
        let complaint = first_complaint(&desk, &format!("python3 {}", path.display()), &[]);
        assert!(complaint.starts_with("2 "), "{name}: {complaint}");
        let short: String = complaint.chars().take(160).collect();
        table.push_str(&format!("{name:22} {short}\n"));
    }
    insta::assert_snapshot!(table);
}

/// Proves that a program that draws without a seed is found out.
#[test]
fn chance_in_a_program_is_found() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let program = python("tests/protocols/wrong/random_effects.py");
    let complaint = first_complaint(&desk, &program, &["--verify"]);
    assert!(complaint.starts_with("1 FAIL: chain.json: two runs differ"), "{complaint}");
}

/// Proves that the second run of `--verify` has a copy of the program to itself.
#[test]
fn a_run_is_verified_in_another_copy() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let complaint = first_complaint(&desk, &python("tests/protocols/wrong/by_process.py"), &["--verify"]);
    assert!(complaint.starts_with("1 FAIL: chain.json: two runs differ"), "{complaint}");
}

/// Proves that a campaign finds a program that does not do the same twice, with its first answer that differs and the place in
/// it: one that draws, one that walks a set, and one that remembers earlier runs, which new copies do not show.
#[test]
fn a_campaign_shows_the_first_answer_that_differs() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    for (name, what, place) in [
        ("random_effects", "another copy:", "they differ in effect "),
        ("hash_order", "another copy:", "they differ in `send.message.body` of effect 3: \"ctx."),
        ("remembers", "of one copy:", "they differ in effect 3: nothing and {\"error\":\"trouble\"}"),
    ] {
        let program = python(&format!("tests/protocols/wrong/{name}.py"));
        let args = ["fuzz", "--protocol", &program, "--seeds", "0..1", "--jobs", "1", "--out", name];
        let output = desk.command(&args).env_remove("PYTHONHASHSEED").output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(stderr.contains("does not answer the same twice"), "{name}: {stderr}");
        assert!(stderr.contains(what) && stderr.contains(place), "{name}: {stderr}");
    }
}

/// Proves what `protocol check` says of a program that does nothing, of one that does all that it should, and of some that do
/// not.
#[test]
fn programs_are_checked() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let mut seen = String::new();
    let names = ["keeps_route", "no_state", "remembers", "restores_nothing", "same_handle"];
    let wrong = names.map(|name| format!("tests/protocols/wrong/{name}.py"));
    let right = ["protocols/nothing.py", "protocols/distance_vector.py"];
    for program in right.into_iter().chain(wrong.iter().map(String::as_str)) {
        let args = ["protocol", "check", &python(program)];
        let output = desk.run(&args);
        seen.push_str(&format!("{program}\n{}", String::from_utf8_lossy(&output.stdout)));
        seen.push_str(&format!("--- exit {}\n\n", output.status.code().unwrap()));
    }
    insta::assert_snapshot!(seen.replace(&ours(""), ""));
}

/// Proves that a shrunk case leaves a protocol the time that it needs, and that `why` says what is the case: two contexts
/// believe each other, and the scenario ends the run.
#[test]
fn a_shrunk_case_leaves_the_time_that_is_needed() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let program = format!("dv={}", python("protocols/distance_vector.py"));
    let found = desk.run(&["fuzz", "--protocol", &program, "--seeds", "0..3", "--out", "found"]);
    assert_eq!(found.status.code(), Some(1), "{}", String::from_utf8_lossy(&found.stdout));
    let mut seen = String::new();
    let findings = fs::read_dir(desk.path("found/findings")).unwrap();
    let mut names: Vec<String> = findings.map(|finding| finding.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names {
        let path = format!("found/findings/{name}");
        let scenario: serde_json::Value = serde_json::from_slice(&fs::read(desk.path(&path)).unwrap()).unwrap();
        let last = scenario["events"].as_array().unwrap().last().unwrap()["at"].as_str().unwrap().to_owned();
        seen.push_str(&format!("last step at {last}, until {}\n", scenario["until"].as_str().unwrap()));
        seen.push_str(&desk.see(&["why", "--protocol", &program, &path]));
    }
    insta::assert_snapshot!(seen.replace(&ours(""), ""));
}

/// Proves that what messages of a program say is shown wherever messages are: in a diagram, in `why` and in a page.
#[test]
fn what_programs_say_is_shown() {
    if !has_python() {
        return;
    }
    let two = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "1s", "do": "kill", "id": 2 }], "until": "2s" }"#;
    let desk = Desk::with(&[("two.json", two)]);
    let program = format!("dv={}", python("protocols/distance_vector.py"));
    let diagram = desk.see(&["export", "mermaid", "--protocol", &program, "two.json"]);
    assert!(diagram.contains("announcement 2 (3)"), "{diagram}");
    let page = desk.run(&["report", "--protocol", &program, "-o", "page.html", "two.json"]);
    assert_eq!(page.status.code(), Some(0), "{}", String::from_utf8_lossy(&page.stderr));
    assert!(fs::read_to_string(desk.path("page.html")).unwrap().contains("announcement 2 (3)"));
}

/// Proves that `lint` holds a file to what a program can, whatever monitors the file names, and that a program runs it in
/// every context.
#[test]
fn files_are_held_to_what_a_program_can() {
    if !has_python() {
        return;
    }
    let mixed = r#"{ "version": 1, "monitor": "mitogen-0.3", "contexts": [
        { "id": 1, "parent": 0, "monitor": "mitogen-0.2.4" }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "1s", "do": "detach", "id": 1 }] }"#;
    let desk = Desk::with(&[("mixed.json", mixed)]);
    let program = format!("dv={}", python("protocols/distance_vector.py"));
    let mut seen = desk.see(&["lint", "mixed.json"]);
    seen.push_str(&desk.see(&["lint", "--protocol", &program, "mixed.json"]));
    seen.push_str(&desk.see(&["replay", "--protocol", &program, "mixed.json"]));
    insta::assert_snapshot!(seen.replace(&ours(""), ""));
}

/// A program that counts two errors at each connect, and whose texts are news.
const COUNTS: &str = r#"
import sys
sys.path.insert(0, "FOLDER")
from right import HELLO, answer, requests, write
for request in requests({**HELLO, "kinds": ["news", "beacon"], "announces": ["news"], "counted": ["dull"]}):
    right = answer(request)
    if request["do"] == "connect":
        right["counted"] = ["dull", "dull"]
        message = {"dst": request["id"], "body": "on and on", "kind": "beacon"}
        right["effects"].append({"send": {"stream": request["stream"], "message": message}})
    write(right)
"#;

/// Proves that errors that leave no record are counted, that texts of a kind that is news count as news and others do not,
/// and that the coverage table of a campaign has a row for each kind.
#[test]
fn what_programs_count_is_counted() {
    if !has_python() {
        return;
    }
    let counts = COUNTS.replace("FOLDER", &ours("tests/protocols/wrong"));
    let desk = Desk::with(&[("chain.json", CHAIN), ("counts.py", &counts)]);
    let program = format!("counts=python3 {}", desk.path("counts.py").display());
    let output = desk.run(&["replay", "--protocol", &program, "--format", "json", "chain.json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["unrecorded_errors"], serde_json::json!({ "dull": 8 }));
    assert_eq!((&report["messages"]["add_route"], &report["messages"]["other"]), (&4.into(), &4.into()));
    let fuzz = desk.run(&["fuzz", "--protocol", &program, "--profile", "gentle", "--seeds", "0..5", "--out", "found"]);
    let table = String::from_utf8_lossy(&fuzz.stdout).into_owned();
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).map(|line| line.trim().len() > name.len());
    assert_eq!((row("on-news"), row("on-beacon"), row("trouble")), (Some(true), Some(true), Some(true)), "{table}");
}

/// Proves that split horizon is what keeps the distance-vector protocol from counting to infinity: the fuzzer finds stale
/// routes without it, and none with it.
#[test]
fn counting_to_infinity_is_found() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let fuzz = |program: &str, out: &str| {
        let args = ["fuzz", "--protocol", program, "--profile", "gentle", "--seeds", "0..20", "--out", out];
        let output = desk.run(&args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let plain = python("protocols/distance_vector.py");
    let (code, found) = fuzz(&format!("dv={plain}"), "plain");
    assert!(code == Some(1) && found.contains("stale-"), "{code:?} {found}");
    let (code, found) = fuzz(&format!("dv={plain} --split-horizon"), "split");
    assert_eq!(code, Some(0), "{found}");
}

/// Proves that a program in C, which tells its routes in texts of its own, runs as well as one in Python.
#[test]
fn a_program_in_c() {
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let upward = desk.path("upward");
    let compiled = Command::new("cc").args(["-O1", "-o"]).arg(&upward).arg(ours("protocols/upward.c")).status();
    if !compiled.is_ok_and(|status| status.success()) {
        eprintln!("there is no C compiler, so nothing is tested");
        return;
    }
    let output = desk.run(&["replay", "--protocol", upward.to_str().unwrap(), "--trace", "trace", "chain.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let check = desk.run(&["protocol", "check", upward.to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stdout));
}

/// Proves that a recorded conversation shows the same run without its program, that it refuses another run, and that a
/// file that is no recording is named as such.
#[test]
fn a_recording_stands_for_its_program() {
    if !has_python() {
        return;
    }
    let other = CHAIN.replace("\"2s\"", "\"2500ms\"");
    let desk = Desk::with(&[("chain.json", CHAIN), ("other.json", &other)]);
    let program = python("protocols/distance_vector.py");
    let first =
        desk.run(&["replay", "--protocol", &program, "--protocol-record", "talk", "--trace", "one", "chain.json"]);
    let again = desk.run(&["replay", "--protocol", "recorded:talk", "--trace", "two", "chain.json"]);
    assert_eq!((first.status.code(), again.status.code()), (Some(0), Some(0)));
    assert_eq!(fs::read(desk.path("one")).unwrap(), fs::read(desk.path("two")).unwrap());
    let mut seen = desk.see(&["replay", "--protocol", "recorded:talk", "other.json"]);
    seen.push_str(&desk.see(&["replay", "--protocol", "recorded:chain.json", "chain.json"]));
    insta::assert_snapshot!(seen);
}

/// Proves that a recording stands for programs under the names that they had, also for several of them, and for the only one
/// under any other name.
#[test]
fn recordings_and_names() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let [plain, split] = ["", " --split-horizon"].map(|option| python("protocols/distance_vector.py") + option);
    let [plain, split] = [format!("plain={plain}"), format!("split={split}")];
    let compare = |programs: &[&str]| {
        let programs = programs.iter().flat_map(|program| ["--protocol", program]);
        let args: Vec<&str> =
            ["compare", "--monitors", "plain,split", "chain.json"].into_iter().chain(programs).collect();
        desk.run(&args)
    };
    let first = compare(&[&plain, &split]);
    let args = ["compare", "--monitors", "plain,split", "chain.json", "--protocol", &plain, "--protocol", &split];
    let recorded = desk.run(&[&args[..], &["--protocol-record", "both"]].concat());
    let again = compare(&["recorded:both"]);
    assert_eq!(first.status.code(), recorded.status.code());
    assert_eq!((first.status.code(), &first.stdout), (again.status.code(), &again.stdout));
    desk.run(&["replay", "--protocol", &plain, "--protocol-record", "one", "--trace", "first", "chain.json"]);
    for program in ["recorded:one", "other=recorded:one", "plain=recorded:one"] {
        let output = desk.run(&["replay", "--protocol", program, "--trace", "trace", "chain.json"]);
        assert_eq!(output.status.code(), first.status.code(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(fs::read(desk.path("first")).unwrap(), fs::read(desk.path("trace")).unwrap());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let again =
            if program.starts_with("other") { "--protocol 'other=recorded:one' " } else { "--protocol recorded:one " };
        assert!(stdout.contains(again), "{stdout}");
    }
    insta::assert_snapshot!(desk.see(&["replay", "--protocol", "x=recorded:both", "chain.json"]));
}

/// Proves that a name that is taken, a command that is none, and a folder without Mitogen are refused with what to do.
#[test]
fn programs_that_cannot_be_used() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN)]);
    let taken = format!("mitogen-0.3={}", python("protocols/nothing.py"));
    let mut seen = String::new();
    for program in [taken.as_str(), "no-such-program-at-all", "open 'quote", "x= ", "mitogen:.", ""] {
        seen.push_str(&desk.see(&["replay", "--protocol", program, "chain.json"]));
    }
    insta::assert_snapshot!(seen.replace(&ours(""), ""));
}

/// Proves that programs are held to the limits of the command line wherever it names them: as the program of a check, and as
/// a monitor. No Python answers within a millisecond.
#[test]
fn limits_hold_wherever_a_program_is_named() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[("chain.json", CHAIN), ("sources/mitogen/core.py", "")]);
    let right = python("tests/protocols/wrong/right.py");
    for command in [
        &["protocol", "check", &right][..],
        &["replay", "--protocol", &right, "chain.json"],
        &["replay", "--monitor", "mitogen:sources", "chain.json"],
        &["compare", "--monitors", "mitogen-0.3,mitogen:sources", "chain.json"],
        &["fuzz", "--monitor", "mitogen:sources", "--seeds", "0..1", "--out", "found"],
    ] {
        let output = desk.run(&[command, &["--protocol-timeout", "1ms"]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains("does not answer in time"), "{command:?}: {stderr}");
    }
    if cfg!(target_os = "linux") {
        let check = ["protocol", "check", &python("tests/protocols/wrong/memory_hog.py"), "--protocol-memory", "300"];
        let stdout = String::from_utf8_lossy(&desk.run(&check).stdout).into_owned();
        assert!(stdout.contains("MemoryError"), "{stdout}");
    }
}

/// A program that starts another one, and says which.
const STARTS_ANOTHER: &str = r#"
import subprocess, sys
sys.path.insert(0, "FOLDER")
from right import answer, requests, write
with open("started", "a") as started:
    print(subprocess.Popen(["sleep", "1000"]).pid, file=started)
for request in requests():
    write(answer(request))
"#;

/// Proves that nothing that a program has started outlives a signal that ends treequake. That no copy starts afterwards is
/// proved where copies are started: here, only a few rounds of a hundred would show it.
#[cfg(unix)]
#[test]
fn nothing_outlives_a_signal() {
    if !has_python() {
        return;
    }
    let program = STARTS_ANOTHER.replace("FOLDER", &ours("tests/protocols/wrong"));
    let desk = Desk::with(&[("starts.py", &program)]);
    let args = ["fuzz", "--protocol", "python3 starts.py", "--seeds", "0..100000", "--jobs", "2", "--out", "found"];
    let mut fuzz = desk.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = || fs::read_to_string(desk.path("started")).unwrap_or_default();
    // The first copy says who it is; then there is one for each job.
    let deadline = Instant::now() + Duration::from_secs(60);
    while started().lines().count() < 2 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-TERM", &fuzz.id().to_string()]).status().unwrap().success());
    fuzz.wait().unwrap();
    let is_there = |pid: &str| {
        let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
        let state = String::from_utf8_lossy(&state.stdout).into_owned();
        // One that has ended can wait for somebody to look at how.
        !state.trim().is_empty() && !state.starts_with('Z')
    };
    while started().lines().any(is_there) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    let left: Vec<String> = started().lines().filter(|pid| is_there(pid)).map(str::to_owned).collect();
    assert!(started().lines().count() >= 2 && left.is_empty(), "{left:?}");
}

/// Proves that a program that fails ends a comparison on seeds with the lowest seed that it fails on, whatever the number of
/// threads, and that nothing is written.
#[test]
fn a_comparison_names_the_seed_that_a_program_fails_on() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let program = format!("short={}", python("tests/protocols/wrong/early_end.py"));
    for jobs in ["1", "2"] {
        let seeds = ["compare", "--seeds", "3..40", "--jobs", jobs, "--out", "changes"];
        let output = desk.run(&[&seeds[..], &["--protocol", &program, "--monitors", "mitogen-0.3,short"]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("seed 3 under short: "), "{stderr}");
        assert!(!desk.path("changes").exists());
    }
}

/// Proves that monitors of two protocols are compared on cases that both can run.
#[test]
fn two_protocols_are_compared_on_seeds() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let program = python("protocols/distance_vector.py");
    let (plain, split) = (format!("plain={program}"), format!("split={program} --split-horizon"));
    let two = |monitors: &str| {
        let programs =
            ["compare", "--seeds", "0..12", "--profile", "gentle", "--protocol", &plain, "--protocol", &split];
        let output = desk.run(&[&programs[..], &["--format", "json", "--monitors", monitors]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        (output.status.code(), report["better"].as_u64(), report["cases"].as_u64())
    };
    let (code, better, cases) = two("plain,split");
    assert!(code == Some(0) && better > Some(0), "{code:?} {better:?}");
    assert_eq!(cases, Some(12));
    assert_eq!(two("mitogen-0.3,split").2, Some(12));
}
