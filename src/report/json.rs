//! An outcome as one JSON object. The names are part of the interface.

use super::Run;
use crate::convergence::Difference;
use crate::metrics::StepFigures;
use crate::run::Outcome;
use crate::scenario::Scenario;
use serde_json::{Map, Value, json};

/// How many differences are listed.
const DIFFERENCES_LISTED: usize = 100_000;

/// The run as a JSON object:
///
/// | name | what |
/// |---|---|
/// | `scenario`, `file` | the scenario's name; the path as given |
/// | `monitor` | the monitor that every context ran |
/// | `verdict` | `converged`, `diverged`, `storm` or `stopped` |
/// | `findings` | why the run fails, as sentences; empty if it passes |
/// | `events`, `end_ns` | how many events were processed; the time of the last one |
/// | `contexts`, `live` | how many contexts ever lived, and how many are alive at the end, without the master |
/// | `messages` | messages that arrived, by kind: `add_route`, `del_route`, `data`, `reply`, `dead` |
/// | `differences` | what is wrong at the end: `context`, `destination`, `kind`, `via` (in the table), `expected` |
/// | `differences_total` | how many differences there are; only the first 100,000 are listed |
/// | `hung_calls` | calls that never ended: `call` (its number), `context` |
/// | `timeouts` | link ends that gave up: `count`, and `at_ns`, `context`, `from` of the first; null if none did |
/// | `warnings` | by kind: `count` and an `example` |
/// | `steps` | see below |
/// | `digest`, `seed`, `version` | of the trace (null if a clock or a signal stopped the run); of the scenario; of treequake |
///
/// An item of `steps` is one step. The file's `contexts` are one step together. It has `at_ns`, `step` (in words),
/// `skipped` (why, or null), `converged_after_ns` (null if it did not converge before the next step, or if convergence
/// was not checked), `messages` (by kind) and `largest_difference`. Steps at the same time share their figures.
pub fn object(run: &Run<'_>) -> Value {
    let outcome = run.outcome;
    let warnings = outcome.warnings.iter().map(|(kind, warning)| (kind.name().to_owned(), json!(warning)));
    let hung_calls = outcome.hung_calls.iter().map(|open| json!({ "call": open.call, "context": open.context.0 }));
    json!({
        "scenario": run.scenario.name,
        "file": run.path,
        "monitor": outcome.monitor.name(),
        "verdict": outcome.verdict.name(),
        "findings": run.findings,
        "events": outcome.events,
        "end_ns": outcome.end.as_ns(),
        "contexts": outcome.contexts,
        "live": outcome.live,
        "messages": outcome.messages,
        "differences": outcome.differences.iter().take(DIFFERENCES_LISTED).map(difference).collect::<Vec<_>>(),
        "differences_total": outcome.differences.len(),
        "hung_calls": hung_calls.collect::<Vec<_>>(),
        "timeouts": outcome.timeouts.map(|first| json!({
            "count": first.count,
            "at_ns": first.at.as_ns(),
            "context": first.context.0,
            "from": first.from.0,
        })),
        "warnings": warnings.collect::<Map<_, _>>(),
        "steps": steps(run.scenario, outcome),
        "digest": outcome.digest.map(|digest| digest.to_string()),
        "seed": run.scenario.seed,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn difference(difference: &Difference) -> Value {
    json!({
        "context": difference.context.0,
        "destination": difference.destination.0,
        "kind": difference.kind.name(),
        "via": difference.via.map(|id| id.0),
        "expected": difference.expected.map(|id| id.0),
    })
}

fn steps(scenario: &Scenario, outcome: &Outcome) -> Vec<Value> {
    let mut steps = Vec::new();
    let ends = outcome.steps.iter().skip(1).map(|figures| figures.first).chain([scenario.step_count()]);
    for (figures, end) in outcome.steps.iter().zip(ends) {
        if figures.first < scenario.contexts.len() {
            let what = super::counted(scenario.contexts.len() as u64, "context connects", "contexts connect");
            steps.push(step(figures, &what, None));
        }
        for place in figures.first.max(scenario.contexts.len())..end {
            let why = figures.skipped_at(place).map(|why| why.to_string());
            let action = scenario.step(place).expect("a step that was taken").action;
            steps.push(step(figures, &action.to_string(), why));
        }
    }
    steps
}

fn step(figures: &StepFigures, what: &str, skipped: Option<String>) -> Value {
    json!({
        "at_ns": figures.at.as_ns(),
        "step": what,
        "skipped": skipped,
        "converged_after_ns": figures.converged_after.map(|span| span.as_ns()),
        "messages": figures.messages,
        "largest_difference": figures.largest_difference,
    })
}
