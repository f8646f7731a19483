//! What shells and `man` are given: that they know every command, that a real bash completes with it, and that a real
//! groff has nothing to complain of.

use crate::desk::Desk;
use std::fs;
use std::process::Command;
use treequake::monitors;

/// The commands that the help lists.
fn commands(desk: &Desk) -> Vec<String> {
    let help = String::from_utf8(desk.run(&["-h"]).stdout).unwrap();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names = list.lines().filter(is_command).map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// Whether this machine has a program. Where it has not, there is nothing to try.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Proves that the script of each shell knows each command, and is the same each time.
#[test]
fn each_shell_knows_each_command() {
    let desk = Desk::with(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let [first, second] = [(); 2].map(|()| String::from_utf8(desk.run(&["completions", shell]).stdout).unwrap());
        assert_eq!(first, second);
        for command in commands(&desk) {
            assert!(first.contains(&command), "{shell} does not know {command}");
        }
    }
    insta::assert_snapshot!(desk.see(&["completions", "tcsh"]));
}

/// Proves what a bash offers behind some words.
#[test]
fn bash_completes() {
    if !has("bash") {
        return;
    }
    let desk = Desk::with(&[]);
    desk.put("script", desk.run(&["completions", "bash"]).stdout);
    let try_it = "source ./script; complete -p treequake >&2; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); \
                  _treequake treequake \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; \
                  echo \"${COMPREPLY[*]}\"";
    let offered = |words: &[&str]| {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", try_it, "bash", "treequake"]).args(words).current_dir(desk.folder());
        let output = bash.output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("complete "), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(offered(&["repl"]), "replay");
    assert_eq!(offered(&["replay", "--mon"]), "--monitor");
    let monitors = |prefix: &str| {
        let names = monitors::all().into_iter().map(|monitor| monitor.name());
        names.filter(|name| name.starts_with(prefix)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered(&["replay", "--monitor", ""]), monitors(""));
    assert_eq!(offered(&["fuzz", "--monitor", "mitogen-0.2"]), monitors("mitogen-0.2"));
    assert_eq!(offered(&["shrink", "--deny", "d"]), "duplicate-signal duplicate-del");
    assert_eq!(offered(&["replay", "--format", "j"]), "json");
}

/// Proves that there is a page of each command, of which groff says nothing wrong.
#[test]
fn each_command_has_a_page() {
    let desk = Desk::with(&[]);
    assert!(desk.run(&["man", "--out", "pages"]).status.success());
    assert_eq!(desk.run(&["man"]).stdout, fs::read(desk.path("pages/treequake.1")).unwrap());
    let names = commands(&desk).into_iter().map(|command| format!("treequake-{command}.1"));
    for name in names.chain(["treequake.1".to_owned()]) {
        let page = fs::read_to_string(desk.path("pages").join(&name)).unwrap();
        assert!(page.contains(".SH NAME\n") && page.contains(".SH SYNOPSIS\n"), "{name}");
        if has("groff") {
            let mut groff = Command::new("groff");
            let output = groff.args(["-man", "-Tutf8", "-ww", &name]).current_dir(desk.path("pages")).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
        }
    }
    desk.put("taken", "");
    insta::assert_snapshot!(desk.see(&["man", "--out", "taken"]));
}
