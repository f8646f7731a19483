//! Where outputs go: only streams are written as they are, files appear whole, no input is lost, and what cannot be
//! written is found before the run.
#![cfg(unix)]

use crate::desk::Desk;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SCENARIO: &str = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }] }"#;

/// A scenario that runs for minutes.
const LONG: &str = r#"{ "version": 1, "topology": { "shape": "star", "contexts": 3000 }, "max_events": 10000000000,
    "churn": { "at": "1s", "for": "2h", "connects": "50/s", "kills": "50/s", "calls": "100/s" } }"#;

fn desk() -> Desk {
    Desk::with(&[("s.json", SCENARIO), ("long.json", LONG)])
}

/// Runs a command, and returns its exit code and what it printed on standard error.
fn end(desk: &Desk, args: &[&str]) -> (i32, String) {
    let output = desk.run(args);
    (output.status.code().expect("it is not killed"), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The options that write a file, each with an ending that it takes.
fn outputs(to: &str) -> Vec<Vec<String>> {
    let commands = [
        "replay s.json --trace TO.ndjson",
        "replay s.json --junit TO.xml",
        "replay s.json --chart TO.svg",
        "chart convergence s.json --out TO.png",
        "chart tree s.json --out TO.svg",
        "export csv s.json --out TO.csv",
        "export perfetto s.json --out TO.json",
        "report s.json --out TO.html",
        "expand s.json --out TO.json",
    ];
    commands.iter().map(|line| line.split(' ').map(|word| word.replace("TO", to)).collect()).collect()
}

fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

/// Proves that a file under /dev is a file: made if it is not there, replaced as a whole if it is, never appended to.
#[cfg(target_os = "linux")]
#[test]
fn a_file_in_memory_is_a_file() {
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return };
    let desk = desk();
    let to = folder.path().join("x").display().to_string();
    for line in outputs(&to) {
        let args = words(&line);
        let path = args.iter().find(|word| word.starts_with(&to)).unwrap();
        assert_eq!(end(&desk, &args).0, 0, "{args:?}");
        let first = fs::read(path).unwrap();
        let is_scenario = args[0] == "expand";
        assert_eq!(end(&desk, &args).0, if is_scenario { 2 } else { 0 }, "{args:?}");
        assert!(first == fs::read(path).unwrap() && !first.is_empty(), "{args:?}");
        fs::remove_file(path).unwrap();
    }
    let path = folder.path().join("other.json");
    fs::write(&path, SCENARIO).unwrap();
    assert_eq!(end(&desk, &["replay", "s.json", "--trace", path.to_str().unwrap()]).0, 2);
    assert_eq!(fs::read_to_string(&path).unwrap(), SCENARIO);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Proves that no output goes over a scenario or a profile, under whatever name.
#[test]
fn no_scenario_is_lost() {
    let desk = desk();
    desk.put("profile.json", r#"{ "version": 1, "like": "gentle" }"#);
    for (name, of) in [("a", "s.json"), ("b", "profile.json")] {
        for ending in ["svg", "png", "ndjson", "xml", "csv", "html", "json"] {
            symlink(of, desk.path(&format!("{name}.{ending}"))).unwrap();
            fs::hard_link(desk.path(of), desk.path(&format!("hard-{name}.{ending}"))).unwrap();
        }
        let before = fs::read(desk.path(of)).unwrap();
        for line in outputs(name).iter().chain(&outputs(&format!("hard-{name}"))) {
            let (code, said) = end(&desk, &words(line));
            assert_eq!(code, 2, "{line:?}: {said}");
            assert_eq!(fs::read(desk.path(of)).unwrap(), before);
        }
    }
}

/// Proves that a link leads to the file behind it, which is replaced; and that a link to nothing is refused.
#[test]
fn links_lead_to_files() {
    let desk = desk();
    desk.put("elsewhere/trace", "old");
    symlink("elsewhere/trace", desk.path("link")).unwrap();
    assert_eq!(end(&desk, &["replay", "s.json", "--trace", "link"]).0, 0);
    assert!(fs::symlink_metadata(desk.path("link")).unwrap().is_symlink());
    assert!(fs::read_to_string(desk.path("elsewhere/trace")).unwrap().starts_with('{'));
    symlink("nowhere", desk.path("dangling")).unwrap();
    let (code, said) = end(&desk, &["replay", "s.json", "--trace", "dangling"]);
    assert_eq!((code, said.contains("this is a link to nothing")), (2, true), "{said}");
    let (code, said) = end(&desk, &["replay", "s.json", "--trace", "x.svg", "--chart", "./x.svg"]);
    assert_eq!((code, said.contains("two outputs go to")), (2, true), "{said}");
}

/// Proves that streams are written as they are: a device, a named pipe, and what the shell has opened.
#[test]
fn streams_are_written() {
    let desk = desk();
    let script = r#"
        "$0" replay s.json --trace trace && "$0" replay s.json --trace /dev/null &&
        mkfifo pipe && { cat pipe > piped & "$0" replay s.json --trace pipe && wait; } &&
        "$0" replay s.json --trace /dev/fd/3 3> three && "$0" replay s.json --trace /dev/stdout > one 2> /dev/null &&
        cmp trace piped && cmp trace three && cmp trace one && test -c /dev/null"#;
    let sh =
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_treequake")]).current_dir(desk.folder()).output();
    let sh = sh.unwrap();
    assert!(sh.status.success(), "{sh:?}");
}

/// Proves that every output that cannot be written is found before anything runs.
#[test]
fn what_cannot_be_written_is_found_first() {
    let desk = desk();
    desk.put("file", "");
    for to in ["nowhere/x", "file/x"] {
        for line in outputs(to) {
            let line: Vec<_> = line.iter().map(|word| word.replace("s.json", "long.json")).collect();
            let begin = Instant::now();
            let (code, said) = end(&desk, &words(&line));
            assert_eq!(code, 2, "{line:?}: {said}");
            assert!(begin.elapsed() < Duration::from_secs(20), "{line:?}");
        }
    }
    let args = ["fuzz", "--seeds", "0..100000000", "--out", "file/x"];
    assert_eq!(end(&desk, &args).0, 2);
}

fn parts(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".treequake-")).collect()
}

fn wait_for(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not happen");
        sleep(Duration::from_millis(5));
    }
}

/// Proves that a signal leaves nothing unfinished behind and ends the program as it always did, and that a campaign
/// removes what a killed process has left, but not what another one is writing.
#[test]
fn signals_leave_nothing() {
    use std::os::unix::process::ExitStatusExt;
    let desk = desk();
    fs::create_dir(desk.path("c")).unwrap();
    let start = || {
        let mut command = desk.command(&["replay", "long.json", "--no-check", "--trace", "c/trace.ndjson"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // An empty one may only be a look whether the trace can be written.
        let is_written = |part: &String| fs::metadata(desk.path("c").join(part)).is_ok_and(|there| there.len() > 0);
        wait_for(|| parts(&desk.path("c")).iter().any(is_written));
        child
    };
    let signal = |name: &str, id: u32| {
        let sent = Command::new("kill").args([format!("-{name}"), id.to_string()]).status().unwrap();
        assert!(sent.success());
    };
    let mut busy = start();
    desk.put("c/.treequake-Zz0000.part", "left by a killed process");
    let campaign = desk.command(&["fuzz", "--seeds", "0..5", "--out", "c"]).env_clear().output().unwrap();
    assert_eq!(campaign.status.code(), Some(0), "{campaign:?}");
    assert_eq!(parts(&desk.path("c")).len(), 1);
    assert!(!desk.path("c/.treequake-Zz0000.part").exists());
    busy.kill().unwrap();
    busy.wait().unwrap();
    parts(&desk.path("c")).iter().for_each(|part| fs::remove_file(desk.path("c").join(part)).unwrap());

    // Where Ctrl-C is ignored, as in the background of a script, it stays so.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    if ignored.is_some_and(|mask| mask & 0b11 != 0) {
        return;
    }
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let mut child = start();
        signal(name, child.id());
        assert_eq!(child.wait().unwrap().signal(), Some(number), "{name}");
        assert_eq!(parts(&desk.path("c")), Vec::<String>::new(), "{name}");
    }
    let mut child = start();
    // The first one stops the run, and what is known is reported.
    signal("INT", child.id());
    child.wait().unwrap();
    assert_eq!(parts(&desk.path("c")), Vec::<String>::new());
    assert!(desk.path("c/trace.ndjson").is_file());
}
