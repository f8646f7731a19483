//! Small worlds, as text and as JSON.

use super::explore::head;
use super::fuzz::program_option;
use super::replay_command;
use crate::fuzz::orders::Known;
use crate::fuzz::worlds::row::Limit;
use crate::fuzz::worlds::summary::{Finding, Summary};
use crate::monitors;
use crate::process::Monitor;
use crate::words::terminal::{plain, shown};
use crate::words::{counted, grouped, shell_word};
use serde_json::{Value, json};
use std::path::Path;

/// The result as one JSON object, on one line: `summary.json`, and the `folder` it is in, or null.
pub fn json(summary: &Summary, folder: Option<&Path>) -> String {
    let mut value = serde_json::to_value(summary).expect("a summary is JSON");
    value["folder"] = folder.map_or(Value::Null, |folder| json!(folder.display().to_string()));
    format!("{value}\n")
}

/// The result for people: a sentence to cite, then the smallest world of each kind of failure.
pub fn text(summary: &Summary, folder: Option<&Path>) -> String {
    let mut out = format!("{} {}\n", head(summary.outcome), sentence(summary));
    let monitor = monitors::named(&summary.worlds.monitor);
    for finding in &summary.findings {
        out.push_str(&told(finding, monitor, folder));
    }
    if summary.tally.looping > 0 {
        let scenarios = counted(summary.tally.looping, "scenario", "scenarios");
        out.push_str(&format!("  in {scenarios}, some orders never end (storms, proven)\n"));
    }
    if summary.tally.unclassed > 0 {
        let endings = counted(summary.tally.unclassed, "ending that fails has", "endings that fail have");
        out.push_str(&format!("  {endings} no class: there are too many in one scenario\n"));
    }
    match folder {
        Some(folder) if summary.stopped => out.push_str(&format!("  folder {}\n", shown(folder))),
        Some(folder) => {
            let option = monitor.map(program_option).unwrap_or_default();
            let word = shell_word(&folder.display().to_string());
            out.push_str(&format!("  folder {}\n  page   treequake report {option}{word}\n", shown(folder)));
        }
        None if !summary.findings.is_empty() => {
            out.push_str("  with --out FOLDER, each of these is written as a scenario that fails so\n");
        }
        None => {}
    }
    out
}

/// `mitogen-0.3: 2,417 scenarios of up to 3 contexts and 2 steps, 81,000,000 states, complete; 3 kinds of failure`.
pub fn sentence(summary: &Summary) -> String {
    let Summary { worlds, tally, .. } = summary;
    let part = worlds.partition.map(|part| format!(" ({part})")).unwrap_or_default();
    let size = format!(
        "up to {} and {}{}",
        counted(worlds.contexts.into(), "context", "contexts"),
        counted(worlds.steps.into(), "step", "steps"),
        if worlds.reuse { ", ids used again" } else { "" }
    );
    let scenarios = counted(tally.scenarios, "scenario", "scenarios");
    let states = counted(tally.states, "state", "states");
    let kinds = summary.findings.len() as u64;
    let result = match (summary.outcome, kinds) {
        (Known::Proved, _) => "proved, no order fails".to_owned(),
        (Known::Bounded, _) => "no failure so far, which proves nothing".to_owned(),
        (Known::Failure, 0) => "some orders fail".to_owned(),
        (Known::Failure, 1) => "1 kind of failure, smallest:".to_owned(),
        (Known::Failure, _) => format!("{kinds} kinds of failure, smallest of each:"),
    };
    let (monitor, how_far) = (plain(&worlds.monitor), how_far(summary));
    format!("{monitor}: {scenarios}{part} of {size}, {states}, {how_far}; {result}")
}

/// `complete`, or which limit was met and how often.
fn how_far(summary: &Summary) -> String {
    if summary.complete {
        return "complete".to_owned();
    }
    let met = |(limit, count): (&Limit, &u64)| {
        let option = match limit {
            Limit::States => "the limit of states, --most-states",
            Limit::Memory => "the limit of memory, --memory",
        };
        format!("{} met {option}", counted(*count, "scenario", "scenarios"))
    };
    let mut why: Vec<String> = summary.tally.bounded.iter().map(met).collect();
    if summary.stopped {
        why.push(format!("stopped before the other {}", grouped(summary.left())));
    }
    format!("not complete ({})", why.join("; "))
}

fn told(finding: &Finding, monitor: Option<Monitor>, folder: Option<&Path>) -> String {
    let scenarios = counted(finding.scenarios, "scenario", "scenarios");
    let endings = counted(finding.endings, "ending", "endings");
    let size = format!(
        "{}, {}",
        counted(finding.contexts.into(), "context", "contexts"),
        counted(finding.steps.into(), "step", "steps")
    );
    let mut out = format!("  {}: in {scenarios}, {endings}; smallest: {size}\n", plain(&finding.class));
    out.push_str(&format!("    {}\n    {}\n", plain(&finding.scenario), plain(&finding.sentence)));
    if let (Some(folder), Some(file), Some(monitor)) = (folder, &finding.file, monitor) {
        let path = folder.join(file).display().to_string();
        out.push_str(&format!("    {}\n", replay_command(&path, monitor, &[])));
    }
    out
}
