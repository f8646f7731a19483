//! The windows of steps: which steps open and close one, and that every output has the same number. Then what a report
//! opens with, the steps that are skipped, and how calls ended.

use crate::desk::Desk;
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use treequake::chart::convergence::{Ending, series};
use treequake::metrics::Window;
use treequake::recording::record;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Scenario, file};

fn scenario(text: &str) -> Scenario {
    file::parse(Source { name: "test".to_owned(), text: text.to_owned() }, "test").unwrap().scenario
}

/// A chain of three below the master, a millisecond a link, in which the deepest dies at 1 s: the tables are right 2 ms
/// later. `events` happen as well.
fn crash(events: &str) -> String {
    format!(
        r#"{{ "version": 1, "name": "crash", "contexts": [
          {{ "id": 1, "parent": 0 }}, {{ "id": 2, "parent": 1 }}, {{ "id": 3, "parent": 2 }}, {{ "id": 4, "parent": 0 }}],
          "events": [{{ "at": "1s", "do": "kill", "id": 3 }}{events}] }}"#
    )
}

/// One line for each step as JSON has it: when, what, its window, after how long, and the messages until the next step.
fn windows(events: &str) -> Vec<String> {
    let desk = Desk::with(&[("crash.json", &crash(events))]);
    let output = desk.run(&["replay", "--format", "json", "crash.json"]);
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |step: &Value| {
        let messages: u64 = step["messages"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        let (step, window, ns) = (step["step"].as_str().unwrap(), &step["window"], &step["converged_after_ns"]);
        format!("{step}: {window} {ns}, {messages} messages").replace('"', "")
    };
    run["steps"].as_array().unwrap().iter().skip(1).map(line).collect()
}

/// Proves which steps close the window of a step: none that only sends or calls, none that is skipped, and any that is
/// done and changes the tree or a link. Messages count to the last step of any kind. In a row of several steps, a call
/// has no convergence time.
#[test]
fn a_window_is_closed_by_a_change() {
    let alone = windows("");
    assert_eq!(alone, ["kill 3: converged 3000000, 2 messages"]);
    for (between, step) in [
        (r#"{ "at": "1001ms", "do": "call", "from": 0, "to": 4 }"#, "call 0 to 4: null null, 4 messages"),
        (r#"{ "at": "1001ms", "do": "send", "from": 0, "to": 4 }"#, "send 0 to 4: null null, 3 messages"),
        (r#"{ "at": "1001ms", "do": "kill", "id": 9 }"#, "kill 9: null null, 2 messages"),
    ] {
        assert_eq!(windows(&format!(",{between}")), ["kill 3: converged 3000000, 0 messages", step], "{between}");
    }
    let slow = windows(r#", { "at": "1001ms", "do": "slow", "id": 4, "factor": 2 }"#);
    assert_eq!(slow, ["kill 3: interrupted null, 0 messages", "slow 4 by 2: converged 2000000, 2 messages"]);
    let mixed = windows(
        r#", { "at": "1s", "do": "call", "from": 0, "to": 4 }, { "at": "1s", "do": "kill", "id": 3 },
             { "at": "1s", "do": "partition", "id": 4 }"#,
    );
    let expected = [
        "kill 3: converged 3000000, 2 messages",
        "call 0 to 4: null null, 2 messages",
        "kill 3: null null, 2 messages",
        "partition 4: converged 3000000, 2 messages",
    ];
    assert_eq!(mixed, expected);
}

/// Proves that a step whose differences stay for good never converges, and that the last window of a run that is stopped,
/// or whose `until` comes while more is to come, says only how long it was.
#[test]
fn what_is_not_known_is_not_said() {
    let window = |text: &str| record(&scenario(text)).unwrap().outcome.last_change().unwrap().1;
    let cut = r#", { "at": "500ms", "do": "partition", "id": 1 }"#;
    let text = crash(cut);
    assert_eq!(window(&text), Window::Never);
    let until = |text: &str, at: &str| {
        window(&text.replace("\"version\": 1,", &format!("\"version\": 1, \"until\": \"{at}\",")))
    };
    assert_eq!(until(&text, "2s"), Window::Never, "nothing is left to happen by then");
    assert_eq!(until(&crash(""), "1s").name(), Some("stopped"));
    let Window::Open { after, .. } = until(&crash(""), "1001500us") else {
        panic!("the crash is not known everywhere")
    };
    assert_eq!(after.as_ns(), 1_500_000, "it lasts until the end, and not until the last event before that");
    let stopped = crash("").replace("\"version\": 1,", "\"version\": 1, \"max_events\": 9,");
    assert_eq!(window(&stopped).name(), Some("stopped"));
}

/// Proves that the reports of a run that was stopped have no steps that it did not come to, and no figure that was not
/// measured.
#[test]
fn steps_that_were_not_taken_are_not_listed() {
    let later = r#", { "at": "1s", "do": "kill", "id": 2 }, { "at": "2s", "do": "kill", "id": 4 }"#;
    // The last event that there is room for is the first of two steps at one time.
    let text = crash(later).replace("\"version\": 1,", "\"version\": 1, \"max_events\": 8,");
    let desk = Desk::with(&[("stopped.json", &text)]);
    let json: Value =
        serde_json::from_slice(&desk.run(&["replay", "--format", "json", "stopped.json"]).stdout).unwrap();
    let names: Vec<_> = json["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(names, ["4 contexts connect", "kill 3"]);
    let seen = desk.see(&["replay", "stopped.json"]);
    assert!(seen.contains("kill 3") && !seen.contains("kill 2") && !seen.contains("kill 4"), "{seen}");
    let unchecked = desk.run(&["replay", "--format", "json", "--no-check", "stopped.json"]).stdout;
    let json: Value = serde_json::from_slice(&unchecked).unwrap();
    assert!(json["steps"].as_array().unwrap().iter().all(|step| step["largest_difference"].is_null()));
}

/// Proves that what is open or wrong when `until` ends a run is not said to stay so, but what is left when nothing is to come.
#[test]
fn until_ends_a_run_and_not_what_is_open() {
    let file = |until: &str| {
        let cut = r#", { "at": "1s", "do": "partition", "id": 1 }, { "at": "2s", "do": "call", "from": 0, "to": 2 },
             { "at": "2s", "do": "send", "from": 0, "to": 4 }"#;
        crash(cut).replace("\"version\": 1,", &format!("\"version\": 1, \"until\": \"{until}\","))
    };
    let later = file("2500ms").replace(r#"{ "id": 4, "#, r#"{ "id": 4, "link": { "latency": "2s" }, "#);
    let desk = Desk::with(&[("over.json", &file("9s")), ("open.json", &later)]);
    let over = desk.see(&["replay", "over.json"]);
    assert!(over.contains("no event is left that could fix that. 1 call hangs."), "{over}");
    let open = desk.see(&["replay", "open.json"]);
    assert!(open.contains("wrong at 2.5s, where the scenario ends the run. 1 call has not ended."), "{open}");
    assert!(open.contains("finding: 1 call has not ended, expected 0"), "{open}");
    let compared = ["compare", "--monitors", "mitogen-0.3,mitogen-0.2.9"];
    assert!(desk.see(&[&compared[..], &["open.json"]].concat()).contains("1 open"));
    assert!(!desk.see(&[&compared[..], &["over.json"]].concat()).contains("1 open"));
}

/// Proves that the report, its JSON, the comparison, the head of the page and the chart have one number for a run in
/// which a bastion loses power while it is called.
#[test]
fn every_output_has_the_same_number() {
    let file = Path::new("scenarios/fleets/bastion-crash-library-keepalive.json").canonicalize().unwrap();
    let desk = Desk::with(&[]);
    let path = file.to_str().unwrap();
    let text = desk.see(&["replay", path]);
    assert!(text.contains("Every route is right again 45s after the last change."), "{text}");
    let row: Vec<_> = text.lines().find(|line| line.contains("3..252")).unwrap().split_whitespace().collect();
    assert_eq!(row, ["1m", "partition", "1,", "3..252", "[crash]", "(251", "steps)", "45s", "0", "501"]);
    let json: Value = serde_json::from_slice(&desk.run(&["replay", "--format", "json", path]).stdout).unwrap();
    let steps = json["steps"].as_array().unwrap();
    let kill = steps.iter().find(|step| step["step"] == "kill 1").unwrap();
    let ns = kill["converged_after_ns"].as_u64().unwrap();
    let compare = ["compare", "--monitors", "mitogen-0.2.9,mitogen-0.3", "--format", "json", path];
    let compared: Value = serde_json::from_slice(&desk.run(&compare).stdout).unwrap();
    assert_eq!(compared["monitors"][1]["worst_convergence_ns"], ns);
    let loaded = scenario(&std::fs::read_to_string(&file).unwrap());
    let recording = record(&loaded).unwrap();
    let Ending::Right(Some(found)) = series(&recording).ending else { panic!() };
    assert_eq!((found.after.as_ns(), found.at.as_ns()), (ns, 60_000_000_000 + ns));
    let page = String::from_utf8(desk.run(&["report", path, "--out", "-"]).stdout).unwrap();
    assert!(page.contains("Every route is right again 45s after the last change."));
    assert!(page.contains("right again after 45s"), "the chart of the page");
    assert!(page.contains(",\"converged after 45s\"]"), "its steps");
}

proptest! {
    /// Proves that calls, sends and skipped steps, wherever they are, change no window; and that the chart has the number
    /// of the report.
    #[test]
    fn traffic_changes_no_window(
        kinds in prop::collection::vec((1_u64..3_000, 0..3_usize), 0..8),
        changes in prop::collection::vec((1_u64..3_000, 1..4_u32, 0..3_usize), 0..4),
    ) {
        let step = |(ms, id, what): &(u64, u32, usize)| {
            let what = ["partition", "heal", "disconnect"][*what];
            format!(r#", {{ "at": "{ms}ms", "do": "{what}", "id": {id} }}"#)
        };
        let changes: String = changes.iter().map(step).collect();
        let traffic = kinds.iter().map(|(ms, kind)| match kind {
            0 => format!(r#", {{ "at": "{ms}ms", "do": "kill", "id": 77 }}"#),
            1 => format!(r#", {{ "at": "{ms}ms", "do": "send", "from": 0, "to": 0 }}"#),
            _ => format!(r#", {{ "at": "{ms}ms", "do": "call", "from": 0, "to": 0 }}"#),
        });
        let with = scenario(&crash(&(changes.clone() + &traffic.collect::<String>())));
        let without = scenario(&crash(&changes));
        let [with, without] = [&with, &without].map(|scenario| record(scenario).unwrap());
        let windows = |outcome: &treequake::run::Outcome| {
            let windows = outcome.steps.iter().filter_map(|step| Some((step.at, step.window?)));
            windows.collect::<Vec<_>>()
        };
        // Only a run that ends later says more about a window that nothing closed, and no window here has such an end.
        prop_assert_eq!(windows(&with.outcome), windows(&without.outcome));
        let series = series(&with);
        if let Ending::Right(Some(found)) = series.ending {
            let window = with.outcome.steps.iter().rfind(|step| step.window.is_some() && step.at <= found.at).unwrap();
            prop_assert_eq!(window.converged_after(), Some(found.after));
            prop_assert_eq!(series.right_again.last(), Some(&found.at));
        }
    }
}

/// Proves that a run that fails opens with the failure, that each skipped step is listed with its reason in text and JSON,
/// and that a run in which nothing could be done says so.
#[test]
fn the_report_opens_with_what_matters_most() {
    let desk = Desk::with(&[
        (
            "hung.json",
            r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }], "events": [
              { "at": "1s", "do": "partition", "id": 2 }, { "at": "2s", "do": "call", "from": 0, "to": 2 },
              { "at": "2s", "do": "call", "from": 1, "to": 2 }, { "at": "3s", "do": "call", "from": 0, "to": 1 }] }"#,
        ),
        (
            "vain.json",
            r#"{ "version": 1, "contexts": [{ "id": 2, "parent": 3 }, { "id": 3, "parent": 2 }], "events": [
              { "at": "1s", "do": "kill", "id": 7 }] }"#,
        ),
    ]);
    let json: Value = serde_json::from_slice(&desk.run(&["replay", "--format", "json", "vain.json"]).stdout).unwrap();
    let shown = [
        desk.see(&["replay", "hung.json"]),
        desk.see(&["replay", "vain.json"]),
        desk.see(&["replay", "--deny", "skipped", "vain.json"]),
        format!("{:#}\n{:#}", json["steps"], json["warnings"]),
    ];
    insta::assert_snapshot!(shown.join("\n"));
}

/// Proves that a report says how each call ended, when, and after how long, that calls that are alike share a line, and
/// that the list is bounded.
#[test]
fn calls_are_told_with_their_numbers() {
    let call =
        |at: u64, from: u64, to: u64| format!(r#"{{ "at": "{at}ms", "do": "call", "from": {from}, "to": {to} }}"#);
    let mut events = vec![
        r#"{ "at": "1s", "do": "partition", "id": 2 }"#.to_owned(),
        r#"{ "at": "3s", "do": "kill", "id": 3 }"#.to_owned(),
        call(500, 0, 2),
        call(2_000, 0, 2),
        call(2_000, 3, 2),
        call(4_000, 0, 3),
    ];
    events.extend((0..9).map(|n| call(5_000 + n, 0, 1)));
    let text = |events: &[String]| {
        let contexts = r#"[{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 0 }]"#;
        format!(r#"{{ "version": 1, "contexts": {contexts}, "events": [{}] }}"#, events.join(","))
    };
    let desk = Desk::with(&[("calls.json", &text(&events))]);
    let json: Value = serde_json::from_slice(&desk.run(&["replay", "--format", "json", "calls.json"]).stdout).unwrap();
    // A reply that waits behind ever more of others takes longer each time.
    let slow = (0..50).map(|n| format!(r#"{{ "at": "{}s", "do": "slow", "id": 1, "factor": {} }}"#, 10 + n, n + 2));
    let many: Vec<_> = slow.chain((0..50).map(|n| call(10_000 + 1_000 * n, 0, 1))).collect();
    desk.put("many.json", text(&many));
    let many = desk.see(&["replay", "many.json"]);
    let many: Vec<_> =
        many.lines().skip_while(|line| !line.starts_with("  call ")).take_while(|line| !line.is_empty()).collect();
    assert_eq!(many.len(), 22, "{many:#?}");
    let calls: Vec<_> = json["calls"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let shown = [desk.see(&["replay", "calls.json"]), calls.join("\n"), many[19..].join("\n")];
    insta::assert_snapshot!(shown.join("\n"));
}
