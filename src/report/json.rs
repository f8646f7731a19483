//! An outcome as one JSON object. The names are part of the interface.
//!
//! The object is written piece by piece: a run has millions of steps, and all of them as a tree of values would take
//! thousands of bytes each.

use super::{Run, calls};
use crate::convergence::Difference;
use crate::metrics::{Messages, StepFigures, Window};
use crate::run::Outcome;
use crate::scenario::{Role, Scenario};
use crate::trace::Skip;
use crate::words::grouped;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// How many differences are listed.
const DIFFERENCES_LISTED: usize = 100_000;

/// How many of `total` differences are listed, in words.
pub fn listed(total: usize) -> String {
    if total <= DIFFERENCES_LISTED {
        return "them all".to_owned();
    }
    format!("the first {}", grouped(DIFFERENCES_LISTED as u64))
}

/// Writes the run as a JSON object, on one line:
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
/// | `differences_total` | how many differences there are, or 8,388,608 if there are more; only the first 100,000 are listed |
/// | `hung_calls` | calls that had not ended, although their callers live: `call` (its number), `context` |
/// | `calls` | how each call ended, see below |
/// | `calls_total` | how many calls there are; only the first 100,000 are listed |
/// | `timeouts` | link ends that gave up: `count`, and `at_ns`, `context`, `from` of the first; null if none did |
/// | `unrecorded_errors` | errors that the monitors logged and the trace does not record: how many, by name |
/// | `warnings` | by kind: `count` and an `example` |
/// | `steps` | see below |
/// | `digest`, `seed`, `version` | of the trace (null if a clock or a signal stopped the run); of the scenario; of treequake |
///
/// An item of `steps` is one step. The file's `contexts` are one step together, and each of them that was skipped also
/// has an item of its own. An item has `at_ns`, `step` (in words), `label` (null if it has none), `skipped` (why, or null), `converged_after_ns`,
/// `window`, `messages` (by kind, until the next step) and `largest_difference`. Steps at the same time share their
/// figures. `window` says how the time ended that the step had to converge, which is until the next step that is done
/// and changes the tree or a link: `converged`, `interrupted` (by that next step), `stopped` (by the end of a run that
/// was stopped, or whose `until` came while more was to come) or `never`. It is null for a `send`, a `call` and a step
/// that was skipped, and if convergence was not checked, and so is `largest_difference` then. `converged_after_ns` is
/// null unless `window` is `converged`. Steps that a stopped run did not come to have no item.
///
/// An item of `calls` is one call. It has `call` (its number, from 1), `from`, `to`, `at_ns` (when it was made),
/// `status` (`ok`, `dead`, `hung`, `caller-died`, or `open` if it had not ended when the run was stopped, or when its `until`
/// came), and `ended_at_ns` and `after_ns`, which are null unless it ended.
///
/// # Errors
/// If `out` cannot be written.
pub fn write(mut out: impl Write, run: &Run<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut out, &Object(run))?;
    out.write_all(b"\n")
}

/// The same, as text.
pub fn line(run: &Run<'_>) -> String {
    let mut line = serde_json::to_string(&Object(run)).expect("a run is JSON");
    line.push('\n');
    line
}

struct Object<'a>(&'a Run<'a>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Object(run) = self;
        let (scenario, outcome) = (run.scenario, run.outcome);
        let warnings = outcome.warnings.iter().map(|(kind, warning)| (kind.name().to_owned(), json!(warning)));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("scenario", &scenario.name)?;
        map.serialize_entry("file", run.path)?;
        map.serialize_entry("monitor", outcome.monitor.name())?;
        map.serialize_entry("verdict", outcome.verdict.name())?;
        map.serialize_entry("findings", run.findings)?;
        map.serialize_entry("events", &outcome.events)?;
        map.serialize_entry("end_ns", &outcome.end.as_ns())?;
        map.serialize_entry("contexts", &outcome.contexts)?;
        map.serialize_entry("live", &outcome.live)?;
        map.serialize_entry("messages", &outcome.messages)?;
        let differences = || outcome.differences.iter().take(DIFFERENCES_LISTED).map(difference);
        map.serialize_entry("differences", &Listed(differences))?;
        map.serialize_entry("differences_total", &outcome.differences.len())?;
        let open = || outcome.hung_calls.iter().map(|open| json!({ "call": open.call, "context": open.context.0 }));
        map.serialize_entry("hung_calls", &Listed(open))?;
        map.serialize_entry("calls", &Listed(|| calls::json(outcome)))?;
        map.serialize_entry("calls_total", &outcome.calls.len())?;
        let timeouts = outcome.timeouts.map(|first| {
            json!({
                "count": first.count,
                "at_ns": first.at.as_ns(),
                "context": first.context.0,
                "from": first.from.0,
            })
        });
        map.serialize_entry("timeouts", &timeouts)?;
        map.serialize_entry("unrecorded_errors", &outcome.unrecorded)?;
        map.serialize_entry("warnings", &warnings.collect::<Map<_, _>>())?;
        map.serialize_entry("steps", &Steps { scenario, outcome })?;
        map.serialize_entry("digest", &outcome.digest.map(|digest| digest.to_string()))?;
        map.serialize_entry("seed", &scenario.seed)?;
        if let Some(drawing) = scenario.drawing_said() {
            map.serialize_entry("drawing", &drawing.number())?;
        }
        map.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
        map.end()
    }
}

/// A list whose items are made one after another, as they are written.
struct Listed<F>(F);

impl<I: Iterator<Item = Value>, F: Fn() -> I> Serialize for Listed<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

pub(super) fn difference(difference: &Difference) -> Value {
    json!({
        "context": difference.context.0,
        "destination": difference.destination.0,
        "kind": difference.kind.name(),
        "via": difference.via.map(|id| id.0),
        "expected": difference.expected.map(|id| id.0),
    })
}

/// The items of `steps`.
struct Steps<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
}

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Steps { scenario, outcome } = self;
        let mut list = serializer.serialize_seq(None)?;
        let contexts = scenario.contexts.len().min(outcome.steps_taken);
        let words = |place| scenario.step(place).expect("a step that was taken").action.to_string();
        for (figures, places) in outcome.moments() {
            let item = |step, label, why, is_change| Item::of(outcome, figures, step, label, why, is_change);
            if figures.first < contexts {
                let skipped: Vec<_> = figures.skipped.iter().take_while(|(place, _)| *place < contexts).collect();
                // Without groups of digits: this is for programs.
                let what =
                    format!("{contexts} {}", if contexts == 1 { "context connects" } else { "contexts connect" });
                let why = skipped.first().map(|(place, why)| {
                    let count = skipped.len();
                    format!("{count} of {contexts}; first: {}: {why}", words(*place))
                });
                let is_change = figures.opener.is_some_and(|opener| opener < contexts);
                list.serialize_element(&item(what, None, why, is_change))?;
                for (place, why) in skipped {
                    list.serialize_element(&item(words(*place), None, Some(why.to_string()), false))?;
                }
            }
            for place in places.start.max(contexts)..places.end {
                let why = figures.skipped_at(place).map(|why: Skip| why.to_string());
                let action = scenario.step(place).expect("a step that was taken").action;
                let is_change = action.kind().role() != Role::Traffic && why.is_none();
                list.serialize_element(&item(action.to_string(), scenario.label(place), why, is_change))?;
            }
        }
        list.end()
    }
}

/// An item of `steps`.
#[derive(Serialize)]
struct Item<'a> {
    at_ns: u64,
    step: String,
    label: Option<&'a str>,
    skipped: Option<String>,
    converged_after_ns: Option<u64>,
    window: Option<&'static str>,
    messages: Messages,
    largest_difference: Option<u64>,
}

impl<'a> Item<'a> {
    /// `is_change` says whether the step was done and changes the tree or a link.
    fn of(
        outcome: &Outcome,
        figures: &StepFigures,
        step: String,
        label: Option<&'a str>,
        skipped: Option<String>,
        is_change: bool,
    ) -> Self {
        let window = figures.window.filter(|_| is_change);
        Item {
            at_ns: figures.at.as_ns(),
            step,
            label,
            skipped,
            converged_after_ns: window.and_then(Window::converged_after).map(|span| span.as_ns()),
            window: window.and_then(Window::name),
            messages: figures.messages,
            largest_difference: outcome.largest_difference(figures),
        }
    }
}
