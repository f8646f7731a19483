//! Judges an outcome: what the run should not have done, and which expectations it did not meet.

use crate::metrics::{Status, Window};
use crate::process::Monitor;
use crate::run::{Check, Outcome};
use crate::scenario::expectation::{CallStatus, Expectation, ExpectedDifference, Verdict, WarningKind};
use crate::scenario::{Scenario, Step};
use crate::words::{counted, grouped};
use std::collections::BTreeSet;

/// Why a run fails, each reason a sentence; empty if it passes.
///
/// If the scenario says nothing else, a run must converge and leave no call hanging. `denied` warnings are always
/// findings, whatever the scenario says.
pub fn findings(scenario: &Scenario, outcome: &Outcome, denied: &[WarningKind]) -> Vec<String> {
    let expectation = scenario.expectations.under(outcome.monitor);
    let mut findings = Vec::new();
    verdict(&expectation, outcome, &mut findings);
    differences(&expectation, outcome, &mut findings);
    costs(&expectation, outcome, &mut findings);
    hung_calls(&expectation, outcome, &mut findings);
    warnings(&expectation, outcome, denied, &mut findings);
    steps(&expectation, scenario, outcome, &mut findings);
    calls(&expectation, outcome, &mut findings);
    let is_timed = expectation.converged_within.is_some()
        || !expectation.undisturbed.is_empty()
        || expectation.steps.iter().any(|step| step.converged_within.is_some());
    if is_timed && outcome.check != Check::Always {
        findings.push("convergence times were not checked, so the expectations about them cannot be judged".to_owned());
    }
    for id in expectation.undisturbed.iter().filter(|id| outcome.disturbed.contains(id)) {
        findings.push(format!("expected the routes to {id} to be undisturbed, but one was wrong"));
    }
    findings
}

/// Whether the scenario expects anything under `monitor`.
pub fn expects_anything(scenario: &Scenario, monitor: Monitor) -> bool {
    scenario.expectations.under(monitor) != Expectation::default()
}

fn verdict(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let has_differences = expectation.differences.as_ref().is_some_and(|differences| !differences.is_empty());
    let implied = if has_differences { Verdict::Diverged } else { Verdict::Converged };
    let expected = expectation.verdict.unwrap_or(implied);
    if outcome.verdict != expected {
        findings.push(format!("the run was expected to end {expected}, but ended {}", outcome.verdict));
    }
}

fn differences(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let Some(expected) = &expectation.differences else { return };
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    let found: BTreeSet<_> = outcome
        .differences
        .iter()
        .map(|d| ExpectedDifference { context: d.context, destination: d.destination, kind: d.kind })
        .collect();
    let name = |d: &ExpectedDifference| format!("context {} has a {} route to {}", d.context, d.kind, d.destination);
    for difference in expected.difference(&found) {
        findings.push(format!("{}: expected, but not found", name(difference)));
    }
    for difference in found.difference(&expected) {
        findings.push(format!("{}: found, but not expected", name(difference)));
    }
}

fn messages(count: u64) -> String {
    counted(count, "message", "messages")
}

fn costs(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    if let Some(max) = expectation.messages_max
        && outcome.messages.total() > max
    {
        findings.push(format!(
            "at most {} were expected, but {} arrived",
            messages(max),
            grouped(outcome.messages.total())
        ));
    }
    let Some(within) = expectation.converged_within.filter(|_| outcome.check == Check::Always) else { return };
    for step in &outcome.steps {
        match step.window {
            Some(Window::Converged(after)) if after > within => {
                findings.push(format!("converged {after} after the step at {}, expected within {within}", step.at));
            }
            None | Some(Window::Converged(_)) => {}
            Some(window) => {
                let how = window.in_words();
                findings.push(format!("the step at {}: {how}; expected to converge within {within}", step.at));
            }
        }
    }
}

fn hung_calls(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let named = expectation.calls.iter().filter(|call| call.status == CallStatus::Hung).count() as u64;
    let expected = expectation.hung_calls.unwrap_or(named);
    let found = outcome.hung_calls.len() as u64;
    if found != expected {
        findings.push(format!("{}, expected {}", outcome.open_calls_in_words(), grouped(expected)));
    }
}

fn warnings(expectation: &Expectation, outcome: &Outcome, denied: &[WarningKind], findings: &mut Vec<String>) {
    let count = |kind| outcome.warnings.get(&kind).map_or(0, |warning| warning.count);
    for (kind, expected) in &expectation.warnings {
        if count(*kind) != *expected {
            findings.push(format!(
                "warning {kind}: {}, expected {}",
                counted(count(*kind), "time", "times"),
                grouped(*expected)
            ));
        }
    }
    for kind in denied.iter().filter(|kind| count(**kind) > 0) {
        let example = &outcome.warnings[kind].example;
        findings.push(format!("denied warning {kind}: {}; first: {example}", counted(count(*kind), "time", "times")));
    }
}

fn steps(expectation: &Expectation, scenario: &Scenario, outcome: &Outcome, findings: &mut Vec<String>) {
    for expected in &expectation.steps {
        let is_meant = |step: &&Step| step.label.is_some_and(|l| scenario.catalog.label_text(l) == expected.label);
        let step = scenario.events.iter().find(is_meant);
        let figures = step.and_then(|step| outcome.steps.iter().find(|figures| figures.at == step.at));
        let label = &expected.label;
        let Some(figures) = figures else {
            findings.push(format!("step `{label}` was expected, but the run ended before it"));
            continue;
        };
        if let Some(max) = expected.messages_max.filter(|max| figures.messages.total() > *max) {
            let found = figures.messages.total();
            findings.push(format!(
                "step `{label}`: at most {} were expected, but {} arrived",
                messages(max),
                grouped(found)
            ));
        }
        let within = expected.converged_within.filter(|_| outcome.check == Check::Always);
        let Some(within) = within else { continue };
        match figures.window {
            Some(Window::Converged(after)) if after <= within => {}
            Some(window) => {
                findings.push(format!("step `{label}`: {}, expected within {within}", window.in_words()));
            }
            None => findings.push(format!(
                "step `{label}`: expected to converge within {within}, but it changes neither the tree nor a link"
            )),
        }
    }
}

fn calls(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    for expected in &expectation.calls {
        let number = expected.call;
        let Some(call) = usize::try_from(number - 1).ok().and_then(|place| outcome.calls.get(place)) else {
            let last = match outcome.calls_made {
                0 => "no call was made".to_owned(),
                made => format!("the last call made was number {made}"),
            };
            findings.push(format!("call {number} was expected, but {last}"));
            continue;
        };
        let status = outcome.status_of(number, call);
        let is_as_expected = match expected.status {
            CallStatus::Ok => status == Status::Ok,
            CallStatus::Dead => status == Status::Dead,
            CallStatus::Hung => call.end.is_none(),
        };
        if !is_as_expected {
            let meant = match expected.status {
                CallStatus::Hung => "hang".to_owned(),
                status => format!("end {}", status.name()),
            };
            let found = match status {
                Status::Hung => "it hangs".to_owned(),
                Status::Open => "it has not ended".to_owned(),
                Status::CallerDied => "its caller died before it ended".to_owned(),
                Status::Dead | Status::Ok => format!("it ended {}", status.name()),
            };
            findings.push(format!("call {number} was expected to {meant}, but {found}"));
        } else if let (Some(end), Some(before)) = (call.end, expected.before)
            && end.at >= before
        {
            findings.push(format!("call {number} was expected to end before {before}, but ended at {}", end.at));
        }
    }
}
