//! The program as its user sees it: its output, its files and its exit codes. Snapshots in `tests/snapshots` pin every
//! text; read a snapshot before you accept it.

use crate::desk::{self, Desk, seen};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use treequake::scenario::StepKind;

const SCENARIO: &str = r#"{
  "version": 1,
  "name": "small",
  "contexts": [{ "id": 1, "parent": 0, "name": "ssh.host" }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 }],
  "events": [
    { "at": "10ms", "do": "call", "from": 0, "to": 3 },
    { "at": "20ms", "do": "kill", "id": 2 },
    { "at": "20ms", "do": "heal", "id": 1 }
  ]
}"#;

/// A desk with that scenario on it.
fn small_desk() -> Desk {
    Desk::with(&[("small.json", SCENARIO)])
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn help() {
    let desk = small_desk();
    let pages = [
        &["--help"][..],
        &["replay", "--help"],
        &["lint", "--help"],
        &["schema", "--help"],
        &["expand", "--help"],
        &["new", "--help"],
    ];
    let pages: Vec<_> = pages.iter().map(|args| desk.see(args)).collect();
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn replay_tells_the_story_of_one_run() {
    insta::assert_snapshot!(small_desk().see(&["replay", "small.json"]));
}

#[test]
fn replay_gives_a_line_each_of_several() {
    let desk = small_desk();
    desk.put("hung.json", SCENARIO.replace("\"kill\", \"id\": 2", "\"partition\", \"id\": 2").replace("20ms", "10ms"));
    desk.put("broken.json", "{");
    insta::assert_snapshot!(desk.see(&["replay", "small.json", "hung.json", "broken.json", "nowhere.json"]));
}

#[test]
fn replay_lists_differences_and_hung_calls() {
    let desk = small_desk();
    desk.put("hung.json", SCENARIO.replace("\"kill\", \"id\": 2", "\"partition\", \"id\": 2").replace("20ms", "10ms"));
    desk.put(
        "lost.json",
        r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
          "events": [{ "at": "1s", "do": "partition", "id": 1 }, { "at": "2s", "do": "kill", "id": 2 },
                     { "at": "3s", "do": "connect", "id": 3, "parent": 1 }] }"#,
    );
    insta::assert_snapshot!([desk.see(&["replay", "hung.json"]), desk.see(&["replay", "lost.json"])].join("\n"));
}

#[test]
fn replay_as_json() {
    let desk = small_desk();
    let output = desk.run(&["replay", "--format", "json", "small.json", "small.json"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "one object a file, one a line");
    assert_eq!(lines[0], lines[1]);
    insta::assert_snapshot!(format!("{:#}", lines[0]));
}

#[test]
fn expectations_that_are_not_met_are_findings() {
    let desk = small_desk();
    let expect = r#""expect": { "verdict": "storm", "messages_max": 3, "converged_within": "1us", "hung_calls": 2,
        "differences": [{ "context": 0, "destination": 3, "kind": "stale" }], "warnings": { "logged-error": 7 },
        "by_monitor": { "mitogen-seed": { "verdict": "converged" } } }, "events""#;
    desk.put("strict.json", SCENARIO.replace("\"events\"", expect));
    let both =
        [desk.see(&["replay", "strict.json"]), desk.see(&["replay", "--monitor", "mitogen-seed", "strict.json"])];
    insta::assert_snapshot!(both.join("\n"));
}

#[test]
fn a_denied_warning_is_a_finding() {
    insta::assert_snapshot!(small_desk().see(&["replay", "--deny", "duplicate-signal", "small.json"]));
}

#[test]
fn verify_and_no_check_change_nothing_else() {
    let desk = small_desk();
    insta::assert_snapshot!(desk.see(&["replay", "--verify", "--no-check", "small.json"]));
}

#[test]
fn a_trace_goes_to_standard_output_and_the_report_beside_it() {
    insta::assert_snapshot!(small_desk().see(&["replay", "--trace", "-", "small.json"]));
}

#[test]
fn a_trace_file_is_whole_and_nothing_is_left_beside_it() {
    let desk = small_desk();
    let stdout = desk.run(&["replay", "--trace", "-", "small.json"]).stdout;
    desk.put("trace.ndjson", "an older trace");
    assert_eq!(desk.run(&["replay", "--trace", "trace.ndjson", "small.json"]).status.code(), Some(0));
    assert_eq!(fs::read(desk.path("trace.ndjson")).unwrap(), stdout);
    assert_eq!(names(desk.folder()), ["small.json", "trace.ndjson"]);
}

/// Proves that a run that is recorded for its chart has the same trace and report as any other run, and the chart of
/// `chart convergence`.
#[test]
fn a_chart_changes_nothing_else() {
    let desk = small_desk();
    let plain = desk.run(&["replay", "--verify", "--trace", "plain.ndjson", "small.json"]);
    let drawn = desk.run(&["replay", "--verify", "--trace", "drawn.ndjson", "--chart", "drawn.svg", "small.json"]);
    assert_eq!((plain.status.code(), &plain.stdout), (Some(0), &drawn.stdout));
    assert_eq!(fs::read(desk.path("plain.ndjson")).unwrap(), fs::read(desk.path("drawn.ndjson")).unwrap());
    assert_eq!(desk.run(&["chart", "convergence", "-o", "chart.svg", "small.json"]).status.code(), Some(0));
    assert_eq!(fs::read(desk.path("drawn.svg")).unwrap(), fs::read(desk.path("chart.svg")).unwrap());
    let unchecked = desk.run(&["replay", "--no-check", "--chart", "unchecked.svg", "small.json"]);
    assert_eq!(unchecked.status.code(), Some(0));
    assert_eq!(fs::read(desk.path("unchecked.svg")).unwrap(), fs::read(desk.path("chart.svg")).unwrap());
}

#[test]
fn a_run_that_fails_leaves_the_old_trace_alone() {
    let desk = small_desk();
    desk.put("trace.ndjson", "an older trace");
    desk.put("late.json", SCENARIO.replace("20ms", "18446744073709551615ns"));
    insta::assert_snapshot!(desk.see(&["replay", "--trace", "trace.ndjson", "late.json"]));
    assert_eq!(fs::read_to_string(desk.path("trace.ndjson")).unwrap(), "an older trace");
    assert_eq!(names(desk.folder()), ["late.json", "small.json", "trace.ndjson"]);
}

#[test]
fn a_scenario_can_come_from_standard_input() {
    let desk = small_desk();
    let args = ["replay", "--format", "json", "-"];
    let mut child =
        desk.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SCENARIO.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let piped: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let named: serde_json::Value =
        serde_json::from_slice(&desk.run(&["replay", "--format", "json", "small.json"]).stdout).unwrap();
    assert_eq!(piped["digest"], named["digest"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = small_desk();
    let mut child = desk
        .command(&["replay", "--trace", "-", "small.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{output:?}");
    assert_ne!(output.status.code(), Some(3));
}

#[test]
fn wrong_use() {
    let desk = small_desk();
    let wrong: [&[&str]; 9] = [
        &[],
        &["repaly", "small.json"],
        &["replay"],
        &["replay", "--monitor", "mitogen-9", "small.json"],
        &["replay", "--deny", "everything", "small.json"],
        &["replay", "--format", "xml", "small.json"],
        &["replay", "--trace", "t.ndjson", "small.json", "small.json"],
        &["replay", "--trace", "small.json", "small.json"],
        &["lint"],
    ];
    let seen: Vec<_> = wrong.iter().map(|args| desk.see(args)).collect();
    assert!(wrong.iter().all(|args| desk.run(args).status.code() == Some(2)));
    insta::assert_snapshot!(seen.join("\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn outputs_that_cannot_be_written() {
    let desk = small_desk();
    fs::create_dir(desk.path("folder")).unwrap();
    let targets = ["nowhere/trace.ndjson", "folder", "/dev/full"];
    let mut seen: Vec<_> =
        targets.iter().map(|target| desk.see(&["replay", "--trace", target, "small.json"])).collect();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let args = ["replay", "small.json"];
    seen.push(desk::seen(&args, &desk.command(&args).stdout(full).output().unwrap()));
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves what somebody sees who gives a command something that it cannot use: what is wrong, and what to do.
#[test]
fn what_is_in_the_way() {
    let desk = small_desk();
    desk.put("folder/notes.txt", "");
    desk.put("list.json", "{ \"version\": 1, \"contexts\": [1, \"2\"], \"steps\": { } }");
    let seen: Vec<_> = [
        &["inspect", "folder"][..],
        &["stats", "folder"],
        &["fuzz", "--seeds", "0..2", "--out", "small.json"],
        &["fuzz", "--seeds", "0..2", "--out", "small.json/below"],
        &["fuzz", "--seeds", "0..2", "--profile", "list.json"],
        &["inspect", "--at", "1m30", "small.json"],
        &["inspect", "--at", "30s1m", "small.json"],
        &["report", "folder"],
    ]
    .into_iter()
    .map(|args| desk.see(args))
    .collect();
    insta::assert_snapshot!(seen.join("\n"));
}

/// Root is refused nothing, so as root the test runs the program as nobody.
#[cfg(unix)]
#[test]
fn without_permission() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let desk = small_desk();
    let set_mode = |name: &str, mode| fs::set_permissions(desk.path(name), fs::Permissions::from_mode(mode)).unwrap();
    let is_root = fs::metadata(desk.path("small.json")).unwrap().uid() == 0;
    fs::create_dir(desk.path("locked")).unwrap();
    desk.put("secret.json", SCENARIO);
    // Copied by another process: a file that this process has open for writing, in any thread, cannot be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_treequake")).arg(desk.path("treequake")).status().unwrap();
    assert!(copied.success());
    set_mode("treequake", 0o755);
    set_mode("secret.json", 0o000);
    fs::create_dir_all(desk.path("folder/shut")).unwrap();
    desk.put("folder/open.json", SCENARIO);
    set_mode("folder/shut", 0o000);
    set_mode("locked", 0o555);
    fs::set_permissions(desk.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let see = |args: &[&str]| {
        let mut command = Command::new(desk.path("treequake"));
        command.args(args).current_dir(desk.folder());
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        seen(args, &command.output().unwrap())
    };
    let seen = [
        see(&["replay", "secret.json"]),
        see(&["replay", "--trace", "locked/trace.ndjson", "small.json"]),
        see(&["lint", "folder"]),
    ];
    set_mode("locked", 0o755);
    set_mode("folder/shut", 0o755);
    insta::assert_snapshot!(seen.join("\n"));
}

/// Lints a file and replays it; both must refuse it with the same words.
fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let desk = small_desk();
    desk.put(name, bytes);
    let lint = desk.run(&["lint", name]);
    let replay = desk.run(&["replay", name]);
    assert_eq!((lint.status.code(), replay.status.code()), (Some(2), Some(2)));
    assert_eq!((&lint.stdout, &lint.stderr), (&replay.stdout, &replay.stderr));
    seen(&["lint", name], &lint).replace(&step_names(), "[all steps]")
}

/// All words of `do`, as errors list them: a new step changes no snapshot.
fn step_names() -> String {
    let mut names = StepKind::ALL.map(StepKind::step).to_vec();
    names.dedup();
    names.join(", ")
}

macro_rules! refuses {
    ($($name:ident: $bytes:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(refused(concat!(stringify!($name), ".json"), $bytes));
            }
        )*
    };
}

fn with(part: &str) -> String {
    format!("{{\n  \"version\": 1,\n  {part}\n}}\n")
}

fn with_event(event: &str) -> String {
    with(&format!("\"contexts\": [{{ \"id\": 1, \"parent\": 0 }}],\n  \"events\": [\n    {event}\n  ]"))
}

refuses! {
    bad_empty: "";
    bad_not_json: "version: 1\n";
    bad_truncated: &SCENARIO[..200];
    bad_trailing_comma: with("\"contexts\": [],");
    bad_not_an_object: "[]";
    bad_wrong_version: "{ \"version\": 2 }";
    bad_no_version: "{}";
    bad_version_text: "{ \"version\": \"1\" }";
    bad_unknown_key: with("\"contxts\": []");
    bad_unknown_key_far_off: with("\"colour\": \"red\"");
    bad_duplicate_key: with("\"seed\": 1,\n  \"seed\": 2");
    bad_unknown_monitor: with("\"monitor\": \"mitogen-0.4\"");
    bad_unknown_step: with_event("{ \"at\": \"1s\", \"do\": \"conect\", \"id\": 2, \"parent\": 1 }");
    bad_unknown_parent: with("\"contexts\": [{ \"id\": 1, \"parent\": 9 }]");
    bad_id_twice: with("\"contexts\": [{ \"id\": 1, \"parent\": 0 }, { \"id\": 1, \"parent\": 0 }]");
    bad_id_zero: with("\"contexts\": [{ \"id\": 0, \"parent\": 0 }]");
    bad_id_huge: with("\"contexts\": [{ \"id\": 4294967296, \"parent\": 0 }]");
    bad_id_fraction: with("\"contexts\": [{ \"id\": 1.5, \"parent\": 0 }]");
    bad_negative_time: with_event("{ \"at\": \"-1ms\", \"do\": \"kill\", \"id\": 1 }");
    bad_overflowing_time: with_event("{ \"at\": \"99999999999s\", \"do\": \"kill\", \"id\": 1 }");
    bad_time_without_unit: with_event("{ \"at\": \"5\", \"do\": \"kill\", \"id\": 1 }");
    bad_time_number: with_event("{ \"at\": 5, \"do\": \"kill\", \"id\": 1 }");
    bad_unknown_unit: with_event("{ \"at\": \"5sec\", \"do\": \"kill\", \"id\": 1 }");
    bad_zero_latency: with("\"link\": { \"latency\": \"0ms\" }");
    bad_zero_max_events: with("\"max_events\": 0");
    bad_surrogate: with("\"name\": \"\\ud800\"");
    bad_control_character: with("\"name\": \"a\\u0007b\"");
    bad_invalid_utf8: b"{ \"version\": 1,\n  \"name\": \"caf\xe9\" }";
    bad_name_of_a_megabyte: with(&format!("\"contexts\": [{{ \"id\": 1, \"parent\": 0, \"name\": \"{}\" }}]", "x".repeat(1 << 20)));
    bad_nesting_a_million_deep: format!("{{ \"version\": 1, \"link\": {}{} }}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    bad_nesting_unclosed: "[".repeat(1_000_000);
    bad_100_megabytes: vec![b' '; 100 << 20];
    bad_expectation: with("\"expect\": { \"verdict\": \"fine\", \"by_monitor\": { \"mitogen-0.1\": {} }, \"warnings\": { \"dup\": 1 } }");
    bad_all_at_once: r#"{
  "version": 1,
  "monitr": "mitogen-0.3",
  "monitor": "mitogen-0.4",
  "link": { "latency": "0ms" },
  "contexts": [
    { "id": 0, "parent": 0 },
    { "id": 1, "parent": 9 },
    { "id": 1, "parent": 0, "name": 5 },
    { "id": 2, "parent": 0, "id": 3 }
  ],
  "events": [
    { "at": "100ms", "do": "conect", "id": 3, "parent": 1 },
    { "at": "1s" },
    { "at": 5, "do": "kill" },
    [1]
  ]
}"#;
}

#[test]
fn many_mistakes_are_cut_short() {
    let contexts = vec!["{ \"id\": -1 }"; 200].join(",\n    ");
    let desk = small_desk();
    desk.put("many.json", with(&format!("\"contexts\": [\n    {contexts}\n  ]")));
    let output = desk.run(&["lint", "many.json"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.matches("error:").count(), 20);
    assert!(text.ends_with("... and 380 more in many.json\n\n"), "{text}");
}

/// Proves that a folder stands for all scenarios in it and below, sorted, and for no other files.
#[test]
fn a_folder_stands_for_its_scenarios() {
    let desk = small_desk();
    fs::create_dir_all(desk.path("folder/deep/deeper")).unwrap();
    fs::create_dir_all(desk.path("folder/.hidden")).unwrap();
    for name in ["deep/deeper/c", "deep/b", "deep.d", "a", ".hidden/no", ".no"] {
        desk.put(&format!("folder/{name}.json"), SCENARIO);
    }
    desk.put("folder/notes.txt", "no scenario");
    desk.put("folder/json", "no scenario");
    let seen = [
        desk.see(&["replay", "folder", "small.json"]),
        desk.see(&["lint", "folder"]),
        desk.see(&["replay", "--trace", "-", "folder"]),
    ];
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn a_folder_with_one_scenario_is_that_scenario() {
    let desk = small_desk();
    let output = desk.run(&["replay", "."]);
    let story = String::from_utf8(output.stdout).unwrap();
    assert_eq!(story.replace("./small.json", "small.json").as_bytes(), desk.run(&["replay", "small.json"]).stdout);
}

#[test]
fn a_folder_without_a_scenario_is_refused() {
    let desk = small_desk();
    fs::create_dir(desk.path("folder")).unwrap();
    let seen = [desk.see(&["lint", "folder"]), desk.see(&["replay", "folder", "small.json"])];
    insta::assert_snapshot!(seen.join("\n"));
}

/// Proves that loops, broken links and endless files do not stop the walk through a folder.
#[cfg(unix)]
#[test]
fn a_folder_full_of_traps() {
    use std::os::unix::fs::symlink;
    let desk = small_desk();
    fs::create_dir_all(desk.path("folder/deep")).unwrap();
    symlink(desk.path("folder"), desk.path("folder/deep/loop")).unwrap();
    symlink("itself", desk.path("folder/itself")).unwrap();
    symlink(desk.path("folder"), desk.path("folder/loop.json")).unwrap();
    symlink("nowhere", desk.path("folder/dangling.json")).unwrap();
    symlink(desk.path("small.json"), desk.path("folder/linked.json")).unwrap();
    symlink("/dev/zero", desk.path("folder/endless.json")).unwrap();
    symlink(desk.path("folder"), desk.path("link")).unwrap();
    insta::assert_snapshot!(desk.see(&["lint", "link"]));
}

#[test]
fn lint_warns_of_what_will_be_skipped() {
    let desk = small_desk();
    desk.put(
        "vain.json",
        r#"{
  "version": 1,
  "contexts": [{ "id": 2, "parent": 1 }, { "id": 1, "parent": 0 }],
  "events": [
    { "at": "1s", "do": "kill", "id": 0 },
    { "at": "1s", "do": "kill", "id": 7 },
    { "at": "1s", "do": "connect", "id": 4, "parent": 5 },
    { "at": "1s", "do": "call", "from": 6, "to": 1 },
    { "at": "1s", "do": "call", "from": 1, "to": 99 },
    { "at": "2s", "do": "connect", "id": 8, "parent": 9 },
    { "at": "3s", "do": "connect", "id": 9, "parent": 8 },
    { "at": "1s", "do": "kill", "id": 10 },
    { "at": "2s", "do": "connect", "id": 10, "parent": 0 }
  ]
}"#,
    );
    desk.put(
        "cycle.json",
        r#"{
  "version": 1,
  "contexts": [{ "id": 1, "parent": 3 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 2 }, { "id": 4, "parent": 5 }],
  "events": [{ "at": "1s", "do": "connect", "id": 5, "parent": 0 }, { "at": "2s", "do": "kill", "id": 3 }]
}"#,
    );
    desk.put(
        "late.json",
        r#"{
  "version": 1,
  "topology": { "shape": "chain", "contexts": 3, "join": { "every": "1s" } },
  "events": [
    { "at": "500ms", "do": "slow", "id": 2, "factor": 2 },
    { "at": "1s", "do": "connect", "id": 2, "parent": 0 },
    { "at": "2s", "do": "heal", "id": 2 },
    { "at": "3s", "do": "partition", "ids": [2, 3], "way": "up" },
    { "at": "4s", "do": "partition", "ids": [2], "way": "up" },
    { "at": "5s", "do": "partition", "id": 2 },
    { "at": "6s", "do": "heal", "id": 2 },
    { "at": "7s", "do": "heal", "id": 2 },
    { "at": "8s", "do": "disconnect", "id": 1 },
    { "at": "9s", "do": "disconnect", "id": 1 },
    { "at": "10s", "do": "kill", "id": 3 },
    { "at": "11s", "do": "kill", "id": 3 },
    { "at": "11s", "do": "detach", "id": 3 },
    { "at": "11s", "do": "partition", "id": 3 },
    { "at": "11s", "do": "send", "from": 3, "to": 0 },
    { "at": "11s", "do": "shutdown", "id": 3 },
    { "at": "11s", "do": "shutdown", "id": 1, "from": 3 },
    { "at": "12s", "do": "connect", "id": 3, "parent": 0 },
    { "at": "13s", "do": "kill", "id": 3 },
    { "at": "14s", "do": "connect", "id": 4, "parent": 3 }
  ]
}"#,
    );
    let files = ["lint", "vain.json", "cycle.json", "late.json", "small.json"];
    insta::assert_snapshot!([desk.see(&files), desk.see(&["replay", "vain.json"])].join("\n"));
}

#[test]
fn the_schema_is_pinned() {
    insta::assert_snapshot!(small_desk().see(&["schema"]));
}

/// The README in blocks: the language behind the fence, and the text.
fn readme_blocks() -> Vec<(String, String)> {
    let readme = fs::read_to_string("README.md").unwrap();
    let fenced = readme.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).map(|(l, text)| (l.to_owned(), text.to_owned())).collect()
}

/// Proves that the program prints what the README shows, and that the README's scenarios meet their expectations.
#[cfg(unix)]
#[test]
fn the_readme_tells_the_truth() {
    let mut shown = 0;
    let desk = small_desk();
    std::os::unix::fs::symlink(Path::new("scenarios").canonicalize().unwrap(), desk.path("scenarios")).unwrap();
    for (language, text) in readme_blocks() {
        if language == "json" {
            let desk = small_desk();
            desk.put("readme.json", &text);
            let output = desk.run(&["replay", "readme.json"]);
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
            shown += 1;
        }
        let Some(command) = text.lines().next().and_then(|line| line.strip_prefix("$ ")) else { continue };
        let command = command.strip_prefix("cargo run -- ").or(command.strip_prefix("treequake "));
        if let (true, Some(command)) = (language == "console", command) {
            let mut run = Command::new("sh");
            run.current_dir(desk.folder())
                .arg("-c")
                .arg(format!("\"$TREEQUAKE\" {command}"))
                .env("TREEQUAKE", env!("CARGO_BIN_EXE_treequake"));
            let printed = run.output().unwrap().stdout;
            let promised: String = text.split_inclusive('\n').skip(1).collect();
            assert_eq!(String::from_utf8_lossy(&printed), promised, "{command}");
            shown += 1;
        }
    }
    assert!(shown >= 4, "the README shows what it did");
}

#[test]
fn a_new_scenario_runs_and_is_never_written_over() {
    let desk = small_desk();
    let args = ["new", "--shape", "kary", "--contexts", "9", "--fault", "crash", "--fault", "cut", "-o", "fresh.json"];
    let seen = [desk.see(&args), desk.see(&["replay", "fresh.json"]), desk.see(&args)];
    insta::assert_snapshot!(format!("{}\n{}", seen.join("\n"), fs::read_to_string(desk.path("fresh.json")).unwrap()));
    for fault in ["half-open", "slow", "swizzle", "shutdown", "detach", "churn"] {
        for shape in ["star", "chain", "random", "caterpillar", "fleet"] {
            let args = ["new", "--shape", shape, "--fault", fault, "--keepalive", "library", "--link", "rtt-26ms"];
            desk.put("next.json", desk.run(&args).stdout);
            assert_eq!(desk.run(&["replay", "next.json"]).status.code(), Some(0), "{shape} {fault}");
        }
    }
}

#[test]
fn expand_writes_everything_out() {
    let desk = small_desk();
    desk.put(
        "fleet.json",
        r#"{ "version": 1, "seed": 4, "topology": { "shape": "star", "contexts": 2, "links": ["rtt-26ms"] },
          "events": [{ "at": "1s", "do": "partition", "ids": [1, 2], "for": "1s", "label": "cut" }],
          "expect": { "steps": [{ "label": "cut", "messages_max": 0 }] } }"#,
    );
    let shown = desk.see(&["expand", "fleet.json"]);
    assert_eq!(desk.run(&["expand", "fleet.json", "-o", "full.json"]).status.code(), Some(0));
    let digest = |file| {
        let json: serde_json::Value =
            serde_json::from_slice(&desk.run(&["replay", "--format", "json", file]).stdout).unwrap();
        (json["digest"].clone(), json["findings"].clone())
    };
    assert_eq!(digest("fleet.json"), digest("full.json"));
    let wrong = [desk.see(&["expand", "fleet.json", "-o", "fleet.json"]), desk.see(&["expand", "nowhere.json"])];
    insta::assert_snapshot!(format!("{shown}\n{}", wrong.join("\n")));
}
