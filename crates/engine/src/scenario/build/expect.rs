//! Builds `expect`: what a run is expected to do.

use crate::monitors;
use crate::scenario::decode::Object;
use crate::scenario::expectation::{
    CallStatus, DifferenceKind, Expectation, Expectations, ExpectedCall, ExpectedDifference, ExpectedStep, Verdict,
    WarningKind,
};
use crate::scenario::spec::monitor_names;
use crate::time::Time;

/// What is expected under each monitor.
pub fn expectations(object: &Object) -> Expectations {
    let own = |name| {
        let by_monitor = object.object("by_monitor")?.object(name)?;
        Some((monitors::named(name)?, expectation(by_monitor)))
    };
    let by_monitor = monitor_names().into_iter().filter_map(own).collect();
    Expectations { common: expectation(object), by_monitor }
}

fn expectation(object: &Object) -> Expectation {
    let count = |kind: WarningKind| Some((kind, object.object("warnings")?.integer(kind.name())?));
    let differences = object.list("differences").iter().filter_map(expected_difference);
    Expectation {
        verdict: object.word("verdict").map(|place| Verdict::ALL[place]),
        differences: object.has("differences").then(|| differences.collect()),
        messages_max: object.integer("messages_max"),
        converged_within: object.duration("converged_within"),
        hung_calls: object.integer("hung_calls"),
        warnings: WarningKind::ALL.into_iter().filter_map(count).collect(),
        steps: object.list("steps").iter().filter_map(expected_step).collect(),
        calls: object.list("calls").iter().filter_map(expected_call).collect(),
        undisturbed: object.ids("undisturbed").to_vec(),
    }
}

fn expected_difference(object: &Object) -> Option<ExpectedDifference> {
    let kind = DifferenceKind::ALL[object.word("kind")?];
    Some(ExpectedDifference { context: object.id("context")?, destination: object.id("destination")?, kind })
}

fn expected_step(object: &Object) -> Option<ExpectedStep> {
    Some(ExpectedStep {
        label: object.text("label")?.to_owned(),
        converged_within: object.duration("converged_within"),
        messages_max: object.integer("messages_max"),
    })
}

fn expected_call(object: &Object) -> Option<ExpectedCall> {
    let status = CallStatus::ALL[object.word("status")?];
    let before = object.duration("before").map(|span| Time::from_ns(span.as_ns()));
    Some(ExpectedCall { call: object.integer("call")?, status, before })
}
