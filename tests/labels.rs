//! The label of a step is where a person reads of the step: in reports, explanations, charts, pages and exports.

use crate::desk::Desk;

const SCENARIO: &str = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 0 }], "events": [
    { "at": "1s", "do": "partition", "id": 2, "label": "the cut" },
    { "at": "2s", "do": "call", "from": 0, "to": 2, "label": "a question" },
    { "at": "3s", "do": "kill", "id": 1, "label": "bastion dies" },
    { "at": "4s", "do": "kill", "id": 1, "label": "too late" }
] }"#;

fn text(desk: &Desk, args: &[&str]) -> String {
    let output = desk.run(args);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Proves for each kind of output that it shows the labels of what it shows.
#[test]
fn every_output_shows_labels() {
    let desk = Desk::with(&[("a.json", SCENARIO)]);
    let all = ["partition 2 [the cut]", "call 0 to 2 [a question]", "kill 1 [bastion dies]", "kill 1 [too late]"];
    for args in [
        &["replay", "a.json"][..],
        &["export", "csv", "a.json"],
        &["export", "perfetto", "a.json"],
        &["export", "mermaid", "--diagram", "sequence", "a.json"],
    ] {
        // Mermaid has brackets as entities.
        let text = text(&desk, args).replace("#91;", "[").replace("#93;", "]");
        for label in all {
            assert!(text.contains(label), "{args:?} does not say {label}: {text}");
        }
    }
    for (args, label) in [
        (&["why", "a.json"][..], "partition 2 [the cut]"),
        // A step that was skipped is no event of any process.
        (&["export", "shiviz", "a.json"], "kill 1 [bastion dies]"),
        (&["inspect", "a.json", "--at", "1s"], "(partition 2 [the cut])"),
        (&["chart", "convergence", "a.json", "--out", "-"], "[bastion dies]"),
        (&["report", "a.json", "--out", "-"], "bastion dies"),
    ] {
        let text = text(&desk, args);
        assert!(text.contains(label), "{args:?} does not say {label}: {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&text(&desk, &["replay", "--format", "json", "a.json"])).unwrap();
    let labels: Vec<_> = json["steps"].as_array().unwrap().iter().map(|step| step["label"].as_str()).collect();
    assert_eq!(labels, [None, Some("the cut"), Some("a question"), Some("bastion dies"), Some("too late")]);
}

/// Proves that labels change nothing that is compared: the digest of a run is the same without them. And that steps which
/// share a label still share a line.
#[test]
fn labels_change_no_run() {
    let plain: String = ["the cut", "a question", "bastion dies", "too late"]
        .iter()
        .fold(SCENARIO.to_owned(), |text, label| text.replace(&format!(", \"label\": \"{label}\""), ""));
    let kills: String = (1..=4)
        .map(|id| format!(", {{ \"at\": \"1s\", \"do\": \"kill\", \"id\": {id}, \"label\": \"storm\" }}"))
        .collect();
    let alike = format!(
        "{{ \"version\": 1, \"topology\": {{ \"shape\": \"star\", \"contexts\": 5 }}, \"events\": [{}] }}",
        kills.trim_start_matches(", ")
    );
    let desk = Desk::with(&[("a.json", SCENARIO), ("plain.json", &plain), ("alike.json", &alike)]);
    let digest = |file: &str| {
        let text = text(&desk, &["replay", file]);
        text.lines().find(|line| line.starts_with("digest ")).unwrap().to_owned()
    };
    assert!(!plain.contains("label"));
    assert_eq!(digest("a.json"), digest("plain.json"));
    let text = text(&desk, &["replay", "alike.json"]);
    assert!(text.contains("kill 1..4 [storm] (4 steps)"), "{text}");
}
