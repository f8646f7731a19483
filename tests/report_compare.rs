//! `treequake report --compare`: the page of a scenario under two monitors.

use crate::desk::Desk;
use crate::pipes::{has_python, python};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

const BOTH: &str = "mitogen-0.2.4,mitogen-0.2.9";

/// A desk with a scenario that ends otherwise under both monitors, and with one that ends in the same way.
fn desk() -> Desk {
    let read = |name: &str| fs::read_to_string(format!("scenarios/{name}")).unwrap();
    Desk::with(&[("parts.json", &read("reused-id-loop.json")), ("same.json", &read("bastion-crash.json"))])
}

fn report(desk: &Desk, monitors: &str, rest: &[&str]) -> Output {
    desk.run(&[&["report", "--compare", monitors], rest].concat())
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What the scripts of a page read.
fn data(page: &str) -> Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// Proves that wrong use is refused with what to do instead, before anything is run or written.
#[test]
fn wrong_use_is_refused() {
    let desk = desk();
    desk.put("folder/x.json", "{}");
    let wrong: [(&str, &[&str], &str); 10] = [
        (
            "mitogen-0.3",
            &["parts.json"],
            "--compare needs two different monitors, such as --compare mitogen-0.2.4,mitogen-0.3",
        ),
        ("mitogen-0.3,mitogen-0.3", &["parts.json"], "needs two different monitors"),
        ("mitogen-0.2.3,mitogen-0.2.4,mitogen-0.3", &["parts.json"], "needs two different monitors"),
        ("mitogen-0.3,mitogen-0.9", &["parts.json"], "unknown monitor `mitogen-0.9`; the monitors are mitogen-0.2.3"),
        ("mitogen-0.3,", &["parts.json"], "unknown monitor ``"),
        ("mitogen-0.3,dv", &["parts.json"], "unknown monitor `dv`"),
        (
            "mitogen-0.3,mitogen:folder",
            &["parts.json"],
            "mitogen:folder: the folder has no mitogen/core.py; name the folder",
        ),
        (BOTH, &["--monitor", "mitogen-0.3", "parts.json"], "cannot be used with '--monitor <NAME>'"),
        (BOTH, &["folder"], "--compare works only with a scenario file"),
        (BOTH, &["nowhere.json"], "nowhere.json: no such file; check the path"),
    ];
    for (monitors, rest, why) in wrong {
        let output = report(&desk, monitors, rest);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{monitors} {rest:?}: {text}");
        assert!(text.contains(why), "{monitors} {rest:?}: {text}");
        assert!(output.stdout.is_empty() && !desk.path("parts.html").exists(), "{monitors} {rest:?}");
    }
}

/// Proves that equal runs are called equal, on the terminal and on the page.
#[test]
fn equal_runs_have_no_difference() {
    let desk = desk();
    let text = said(&report(&desk, "mitogen-0.2.9,mitogen-0.3", &["same.json"]));
    assert!(text.contains("wrote same.html (") && text.contains("parting:  none, both runs are the same"), "{text}");
    let page = data(&fs::read_to_string(desk.path("same.html")).unwrap());
    assert_eq!(page["difference"], Value::Null);
    let monitors = ["0", "1"].map(|side| page["sides"][side.parse::<usize>().unwrap()]["run"]["monitor"].clone());
    assert_eq!(monitors, ["mitogen-0.2.9", "mitogen-0.3"]);
}

/// Proves that the first difference is named, and that it is that of `compare`, which runs the scenario in another way.
#[test]
fn the_first_difference_is_named() {
    let desk = desk();
    let text = said(&report(&desk, BOTH, &["--out", "both.html", "parts.json"]));
    assert!(
        text.contains("shows:    the whole run under mitogen-0.2.4, storm, with 3 contexts: 20,000 events"),
        "{text}"
    );
    assert!(text.contains("parting:  at 201ms, with record 6 of the traces"), "{text}");
    let compared = desk.run(&["compare", "--monitors", BOTH, "--format", "json", "parts.json"]).stdout;
    let compared: Value = serde_json::from_slice(&compared).unwrap();
    let difference = data(&fs::read_to_string(desk.path("both.html")).unwrap())["difference"].clone();
    let parting = &compared["partings"][0];
    assert_eq!((&difference["line"], &difference["at"]), (&parting["line"], &parting["t"]));
    for side in 0..2 {
        let record: Value = serde_json::from_str(difference["records"][side].as_str().unwrap()).unwrap();
        assert_eq!(record, parting["records"][side]);
    }
    // To standard output goes the page, and nothing else.
    let page = said(&report(&desk, BOTH, &["--out", "-", "parts.json"]));
    assert_eq!(page, fs::read_to_string(desk.path("both.html")).unwrap());
}

/// Proves that a file of somebody else's is never overwritten, and that an older page stays whole if the new one cannot be
/// made or written.
#[test]
fn a_page_is_replaced_whole_or_not_at_all() {
    let desk = desk();
    desk.put("notes.html", "<p>mine</p>\n");
    let refused = report(&desk, BOTH, &["--out", "notes.html", "same.json"]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && text.contains("was not made by treequake"), "{text}");
    assert_eq!(fs::read_to_string(desk.path("notes.html")).unwrap(), "<p>mine</p>\n");
    said(&report(&desk, BOTH, &["--out", "page.html", "same.json"]));
    let old = fs::read(desk.path("page.html")).unwrap();
    desk.put("wrong.json", "{ \"version\": 1, \"colour\": 1 }");
    assert_eq!(report(&desk, BOTH, &["--out", "page.html", "wrong.json"]).status.code(), Some(2));
    assert_eq!(fs::read(desk.path("page.html")).unwrap(), old);
    // No file may be larger than 50 kB: the page is.
    let command = format!(
        "ulimit -f 100; {} report --compare {BOTH} --out page.html parts.json",
        env!("CARGO_BIN_EXE_treequake")
    );
    let full = Command::new("sh").arg("-c").arg(command).current_dir(desk.folder()).output().unwrap();
    assert_eq!(full.status.code(), Some(2), "{}", String::from_utf8_lossy(&full.stderr));
    assert_eq!(fs::read(desk.path("page.html")).unwrap(), old);
    assert!(
        fs::read_dir(desk.folder()).unwrap().all(|file| !file.unwrap().file_name().to_string_lossy().contains(".part"))
    );
    said(&report(&desk, BOTH, &["--out", "page.html", "parts.json"]));
    assert_ne!(fs::read(desk.path("page.html")).unwrap(), old);
}

/// Proves that a program can be one of the two, also where contexts name monitors of their own, and that the command on the
/// page makes the same page again.
#[test]
fn a_program_beside_a_monitor() {
    if !has_python() {
        return;
    }
    let mixed = r#"{ "version": 1, "monitor": "mitogen-0.3", "until": "3s", "contexts": [
        { "id": 1, "parent": 0, "monitor": "mitogen-0.2.4" }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "1s", "do": "kill", "id": 2 }] }"#;
    let desk = Desk::with(&[("a file.json", mixed)]);
    let program = format!("dv={}", python("protocols/distance_vector.py"));
    let text = said(&report(&desk, "dv,mitogen-0.3", &["--protocol", &program, "--out", "page.html", "a file.json"]));
    assert!(text.contains("the whole run under dv, ") && text.contains("parting:  at 1ms, with record 1 "), "{text}");
    let page = fs::read_to_string(desk.path("page.html")).unwrap();
    let command = data(&page)["command"].as_str().unwrap().to_owned();
    let again = command.strip_prefix("treequake report ").unwrap();
    let again = format!("{} report --out again.html {again}", env!("CARGO_BIN_EXE_treequake"));
    let output = Command::new("sh").arg("-c").arg(&again).current_dir(desk.folder()).output().unwrap();
    said(&output);
    assert_eq!(fs::read_to_string(desk.path("again.html")).unwrap(), page, "{again}");
}
