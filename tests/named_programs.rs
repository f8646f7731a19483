//! Files and folders that name a program as their monitor: what makes the name known, and when it need not be. The programs
//! are in Python; without `python3` the tests say so and pass.

use crate::desk::{Desk, assert_same};
use crate::pipes::{has_python, python};
use std::process::Command;

/// Runs a line of a shell that can find the program. `sbatch` runs what it should wrap.
fn shell(desk: &Desk, line: &str, task: &str) -> i32 {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_treequake"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let sbatch = "sbatch() { eval \"${2#--wrap=}\"; }";
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{sbatch}\n{line}")]).current_dir(desk.folder()).env("PATH", path);
    let output = command.env("SLURM_ARRAY_TASK_ID", task).output().unwrap();
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

/// Proves that the lines for engines run as they are printed for a campaign of a program whose command needs quotes, and
/// that the merged folder is that of a single machine.
#[test]
fn emitted_lines_name_the_program() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let program = format!("dv=sh -c 'exec \"$@\"' sh {}", python("protocols/distance_vector.py"));
    let campaign =
        ["fuzz", "--protocol", &program, "--protocol-timeout=1m", "--protocol-memory", "900", "--seeds", "0..4"];
    let out = desk.path("a camp").display().to_string();
    let emitted = |engine: &str| {
        let output = desk.run(&[&campaign[..], &["--parts", "2", "--out", &out, "--emit", engine]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let merged = |text: &str, before: &str| {
        let line = text.lines().find_map(|line| line.split_once(before)).unwrap_or_else(|| panic!("{text}")).1;
        assert!(line.contains("--protocol-timeout 1m --protocol-memory 900"), "{line}");
        line.to_owned()
    };
    let slurm = emitted("slurm");
    for task in ["1", "2"] {
        assert_eq!(shell(&desk, &slurm, task), 0);
    }
    let line = format!("sbatch {}", merged(&slurm, "#   sbatch "));
    assert_eq!(shell(&desk, &line, ""), 1, "{line}");
    assert_eq!(desk.run(&[&campaign[..], &["--out", "whole"]].concat()).status.code(), Some(1));
    assert_same(&desk, "whole", "a camp/merged");
    std::fs::remove_dir_all(desk.path("a camp/merged")).unwrap();
    let line = merged(&emitted("kubernetes"), "in the same place: ");
    assert_eq!(shell(&desk, &line, ""), 1, "{line}");
    assert_same(&desk, "whole", "a camp/merged");
}

/// A host dies, and a program has a name that only a command line can give. What is expected is of that name.
const FOUND: &str = r#"{
    "version": 1,
    "name": "found",
    "monitor": "distance-vector",
    "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1, "monitor": "distance-vector" }],
    "events": [{ "at": "1s", "do": "kill", "id": 2 }],
    "expect": { "by_monitor": { "distance-vector": { "verdict": "diverged" } } }
}"#;

/// Proves that whatever meets an unknown monitor says how to add a program of that name.
#[test]
fn an_unknown_monitor_can_be_a_program() {
    let mitogen = FOUND.replace("distance-vector", "mitogen:../broken");
    let desk = Desk::with(&[("found.json", FOUND), ("found/findings/found.json", FOUND), ("mitogen.json", &mitogen)]);
    insta::assert_snapshot!(["found.json", "mitogen.json"].map(|file| desk.see(&["lint", file])).join("\n"));
    let commands: [&[&str]; 9] = [
        &["replay", "found.json"],
        &["shrink", "found.json"],
        &["report", "found.json"],
        &["why", "found.json"],
        &["explore", "found.json"],
        &["chart", "convergence", "found.json", "--out", "x.svg"],
        &["fuzz", "--seeds", "0..1", "--known", "found/findings", "--out", "x"],
        &["replay", "--monitor", "distance-vector", "found.json"],
        &["compare", "--monitors", "mitogen-0.3,distance-vector", "found.json"],
    ];
    for args in commands {
        let output = desk.run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("if it is a program, add --protocol 'distance-vector=COMMAND'"), "{args:?}: {stderr}");
    }
}

/// Proves the same of the parts of a campaign and of small worlds, and of a page of what they have found.
#[test]
fn parts_of_a_program_say_what_they_need() {
    if !has_python() {
        return;
    }
    let desk = Desk::with(&[]);
    let nothing = python("protocols/nothing.py");
    for part in ["slice:1/2", "slice:2/2"] {
        let end = ["--protocol", &nothing, "--partition", part, "--out"];
        desk.run(&[&["fuzz", "--seeds", "0..2"], &end[..], &["camp"]].concat());
        desk.run(&[&["explore", "--contexts", "1", "--steps", "1"], &end[..], &["worlds"]].concat());
    }
    for folder in ["camp", "worlds"] {
        let needs = |args: &[&str]| {
            let refused = desk.run(args);
            assert_eq!(refused.status.code(), Some(2), "{refused:?}");
            let stderr = String::from_utf8(refused.stderr).unwrap();
            assert!(stderr.contains("if it is a program, add --protocol 'nothing=COMMAND'"), "{stderr}");
        };
        let merge = ["merge", folder, "--out", "merged"];
        needs(&merge);
        let merged = desk.run(&[&merge[..], &["--protocol", &nothing]].concat());
        assert_eq!(merged.status.code(), Some(1), "{merged:?}");
        needs(&["report", "merged", "-o", "page.html"]);
        std::fs::remove_dir_all(desk.path("merged")).unwrap();
    }
}

/// Proves that a monitor of the command line takes the place of one that is not known, and is held to what is expected of
/// all monitors; and that a misspelt name of a built-in one is a mistake all the same.
#[test]
fn a_monitor_of_the_command_line_runs_instead() {
    let desk = Desk::with(&[
        ("dv.json", FOUND),
        ("mitogen.json", &FOUND.replace("distance-vector", "mitogen:../broken")),
        ("misspelt.json", &FOUND.replace("distance-vector", "mitogen-0.33")),
    ]);
    for file in ["dv.json", "mitogen.json"] {
        let seen = desk.see(&["replay", "--monitor", "mitogen-0.3", file]);
        assert!(seen.contains("found under mitogen-0.3: converged") && seen.contains("\nok\n"), "{seen}");
        for args in [
            &["compare", "--monitors", "mitogen-0.2.9,mitogen-0.3", file][..],
            &["explore", "--monitor", "mitogen-0.3", file],
            &["report", "--compare", "mitogen-0.2.9,mitogen-0.3", "-o", "page.html", file],
            &["why", "--monitor", "mitogen-0.3", file],
        ] {
            let output = desk.run(args);
            assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        }
    }
    let refused = desk.run(&["replay", "--monitor", "mitogen-0.3", "misspelt.json"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("did you mean `mitogen-0.3`?"), "{refused:?}");
}

/// Proves that a program runs what was found under another name, such as another spelling of its folder, and that of
/// several programs the one runs that the file names.
#[test]
fn programs_run_what_other_names_have_found() {
    if !has_python() {
        return;
    }
    let old = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0, "monitor": "mitogen-0.2.4" }] }"#;
    let desk = Desk::with(&[
        ("dv.json", FOUND),
        ("mitogen.json", &FOUND.replace("distance-vector", "mitogen:../broken")),
        ("old.json", old),
    ]);
    let [vector, nothing] = ["distance_vector", "nothing"].map(|name| python(&format!("protocols/{name}.py")));
    let under = |programs: &[&str], file: &str| {
        let options = programs.iter().flat_map(|program| ["--protocol", program]);
        let args: Vec<&str> = ["replay"].into_iter().chain(options).chain([file]).collect();
        String::from_utf8(desk.run(&args).stdout).unwrap()
    };
    let (mine, other) = (format!("mine={vector}"), format!("distance-vector={nothing}"));
    assert!(under(&[&mine], "dv.json").starts_with("found under mine: converged"));
    assert!(under(&[&mine], "mitogen.json").starts_with("found under mine: converged"));
    assert!(under(&[&mine], "old.json").starts_with("old under mine: converged"));
    let seen = under(&[&mine, &other], "dv.json");
    assert!(seen.starts_with("found under distance-vector: diverged") && seen.contains("ok, as"), "{seen}");
    assert!(under(&[&mine, &other], "mitogen.json").starts_with("found under mine: "));
}
