//! What of an outcome makes a run fail: what it should not have done, or was expected to do otherwise.

use crate::protocol::Revision;
use crate::run::{Check, Outcome};
use crate::scenario::Scenario;
use crate::scenario::expectation::{Expectation, ExpectedDifference, Verdict, WarningKind};

/// The findings of a run, each a sentence; none if it is fine.
///
/// Without a word of the scenario, a run is to converge and to leave no call hanging. `denied` warnings are findings,
/// whatever the scenario says.
pub fn findings(scenario: &Scenario, outcome: &Outcome, denied: &[WarningKind]) -> Vec<String> {
    let expectation = scenario.expectations.under(outcome.revision);
    let mut findings = Vec::new();
    verdict(&expectation, outcome, &mut findings);
    differences(&expectation, outcome, &mut findings);
    costs(&expectation, outcome, &mut findings);
    hung_calls(&expectation, outcome, &mut findings);
    warnings(&expectation, outcome, denied, &mut findings);
    findings
}

/// Whether the scenario says anything of what it expects under `revision`.
pub fn expects_anything(scenario: &Scenario, revision: Revision) -> bool {
    scenario.expectations.under(revision) != Expectation::default()
}

fn verdict(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let expected = expectation.verdict.unwrap_or(Verdict::Converged);
    if outcome.verdict != expected {
        findings.push(format!("the run was expected to end {expected}, and ended {}", outcome.verdict));
    }
}

fn differences(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let Some(expected) = &expectation.differences else { return };
    let mut expected = expected.clone();
    expected.sort_unstable();
    let found: Vec<_> = outcome
        .differences
        .iter()
        .map(|d| ExpectedDifference { context: d.context, destination: d.destination, kind: d.kind })
        .collect();
    let name = |d: &ExpectedDifference| format!("context {} has a {} route to {}", d.context, d.kind, d.destination);
    for difference in expected.iter().filter(|d| !found.contains(d)) {
        findings.push(format!("{}: expected, but not so", name(difference)));
    }
    for difference in found.iter().filter(|d| !expected.contains(d)) {
        findings.push(format!("{}: not expected", name(difference)));
    }
}

fn costs(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    if let Some(max) = expectation.messages_max
        && outcome.messages.total() > max
    {
        findings.push(format!("at most {max} messages were expected, and {} arrived", outcome.messages.total()));
    }
    let Some(within) = expectation.converged_within.filter(|_| outcome.check == Check::Always) else { return };
    for step in &outcome.steps {
        match step.converged_after {
            Some(after) if after > within => {
                findings.push(format!("converged {after} after the step at {}, expected within {within}", step.at));
            }
            None => findings.push(format!("not converged before the step after {}, expected within {within}", step.at)),
            Some(_) => {}
        }
    }
}

fn hung_calls(expectation: &Expectation, outcome: &Outcome, findings: &mut Vec<String>) {
    let expected = expectation.hung_calls.unwrap_or(0);
    let found = outcome.hung_calls.len() as u64;
    if found != expected {
        findings.push(format!("{found} {} for ever, expected {expected}", plural(found, "call hangs", "calls hang")));
    }
}

fn warnings(expectation: &Expectation, outcome: &Outcome, denied: &[WarningKind], findings: &mut Vec<String>) {
    let count = |kind| outcome.warnings.get(&kind).map_or(0, |warning| warning.count);
    for (kind, expected) in &expectation.warnings {
        if count(*kind) != *expected {
            findings.push(format!("{} warnings {kind}, expected {expected}", count(*kind)));
        }
    }
    for kind in denied.iter().filter(|kind| count(**kind) > 0) {
        let example = &outcome.warnings[kind].example;
        findings.push(format!("{} warnings {kind}, which is denied; {example}", count(*kind)));
    }
}

/// `one` for one of a thing, `many` for any other number.
pub fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}
