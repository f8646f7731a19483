//! An outcome as one JSON object. The names are part of the interface.

use super::{Run, calls};
use crate::convergence::Difference;
use crate::metrics::{StepFigures, Window};
use crate::run::Outcome;
use crate::scenario::{Role, Scenario};
use crate::trace::Skip;
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
/// | `calls` | how each call ended, see below |
/// | `calls_total` | how many calls there are; only the first 100,000 are listed |
/// | `timeouts` | link ends that gave up: `count`, and `at_ns`, `context`, `from` of the first; null if none did |
/// | `warnings` | by kind: `count` and an `example` |
/// | `steps` | see below |
/// | `digest`, `seed`, `version` | of the trace (null if a clock or a signal stopped the run); of the scenario; of treequake |
///
/// An item of `steps` is one step. The file's `contexts` are one step together, and each of them that was skipped also
/// has an item of its own. An item has `at_ns`, `step` (in words), `label` (null if it has none), `skipped` (why, or null), `converged_after_ns`,
/// `window`, `messages` (by kind, until the next step) and `largest_difference`. Steps at the same time share their
/// figures. `window` says how the time ended that the step had to converge, which is until the next step that is done
/// and changes the tree or a link: `converged`, `interrupted` (by that next step), `stopped` (by the end of a run that
/// was stopped, or that has an `until`) or `never`. It is null for a `send`, a `call` and a step that was skipped, and if
/// convergence was not checked. `converged_after_ns` is null unless it is `converged`.
///
/// An item of `calls` is one call. It has `call` (its number, from 1), `from`, `to`, `at_ns` (when it was made),
/// `status` (`ok`, `dead`, `hung`, or `caller-died`), and `ended_at_ns` and `after_ns`, which are null unless it ended.
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
        "calls": calls::json(outcome),
        "calls_total": outcome.calls.len(),
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
    let contexts = scenario.contexts.len();
    let words = |place| scenario.step(place).expect("a step that was taken").action.to_string();
    let ends = outcome.steps.iter().skip(1).map(|figures| figures.first).chain([scenario.step_count()]);
    for (figures, end) in outcome.steps.iter().zip(ends) {
        if figures.first < contexts {
            let skipped: Vec<_> = figures.skipped.iter().take_while(|(place, _)| *place < contexts).collect();
            let what = super::counted(contexts as u64, "context connects", "contexts connect");
            let why = skipped.first().map(|(place, why)| {
                let count = skipped.len();
                format!("{count} of {contexts}; first: {}: {why}", words(*place))
            });
            let is_change = figures.opener.is_some_and(|opener| opener < contexts);
            steps.push(step(figures, &what, None, why, is_change));
            let one = |(place, why): &&(usize, Skip)| step(figures, &words(*place), None, Some(why.to_string()), false);
            steps.extend(skipped.iter().map(one));
        }
        for place in figures.first.max(contexts)..end {
            let why = figures.skipped_at(place).map(|why| why.to_string());
            let action = scenario.step(place).expect("a step that was taken").action;
            let is_change = action.kind().role() != Role::Traffic && why.is_none();
            steps.push(step(figures, &action.to_string(), scenario.label(place), why, is_change));
        }
    }
    steps
}

/// `is_change` says whether the step was done and changes the tree or a link.
fn step(figures: &StepFigures, what: &str, label: Option<&str>, skipped: Option<String>, is_change: bool) -> Value {
    let window = figures.window.filter(|_| is_change);
    json!({
        "at_ns": figures.at.as_ns(),
        "step": what,
        "label": label,
        "skipped": skipped,
        "converged_after_ns": window.and_then(Window::converged_after).map(|span| span.as_ns()),
        "window": window.and_then(Window::name),
        "messages": figures.messages,
        "largest_difference": figures.largest_difference,
    })
}
