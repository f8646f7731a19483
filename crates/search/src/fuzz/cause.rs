//! Why a run failed: the place in the protocol that a class needs, and a sentence for people, for each class that the run
//! shows.
//!
//! Failures of one kind with different causes are of different classes: two stale entries that two handlers left are two
//! bugs, and one of them must not hide the other. So every place that left a difference, lost a call, crashed or caused a
//! warning counts, each with the first failure that came about there. Places of one kind come in the order of these; a
//! link that is still cut at the end comes last.
//!
//! For differences, calls and crashes, the run is recorded once, and [`crate::why`] says what left things as they are.
//! Warnings come with their places. A *storm*, a run that was stopped, and a step over its budget need no recording
//! either: the kind of message that was most frequent tells who multiplies it.
//!
//! A run of more than [`MOMENTS_MAX`](crate::recording::MOMENTS_MAX) events is not recorded to its end; only a scenario with
//! a larger `max_events` than the default has one. Its causes are what the recorded part shows. If that shows nothing, the
//! place is [`places::UNTOLD`], and the sentence says so.

use super::class::Kind;
use super::rules::{Rules, last_crash, over_budget};
use crate::metrics::{Messages, StepFigures};
use crate::process::{Place, places};
use crate::recording::{Recording, record_again};
use crate::run::{Outcome, RunError};
use crate::scenario::Scenario;
use crate::scenario::expectation::{DifferenceKind, WarningKind};
use crate::time::Time;
use crate::trace::Record;
use crate::why::{Deed, crashes, lost_calls, remains};
use crate::words::grouped;

/// What broke in a run, and where.
pub(super) struct Cause {
    pub kind: Kind,
    pub place: Place,
    /// In one sentence.
    pub sentence: String,
}

/// The causes of the failures of these kinds, which `outcome` shows: one for each place, in the order of `kinds`. Gives
/// the outcome back.
pub(super) fn find(
    scenario: &Scenario,
    outcome: Outcome,
    kinds: &[Kind],
    rules: &Rules,
) -> Result<(Vec<Cause>, Outcome), RunError> {
    if !kinds.iter().any(|kind| is_recorded(*kind)) {
        let causes = kinds.iter().flat_map(|kind| told(scenario, &outcome, *kind, rules)).collect();
        return Ok((causes, outcome));
    }
    let until = if kinds.iter().all(|kind| *kind == Kind::Crash || !is_recorded(*kind)) {
        let next = last_crash(scenario, &outcome).and_then(|step| outcome.steps.get(step + 1));
        // A run that was stopped has shown nothing of what comes after its end.
        Some(next.map_or(outcome.end, |next| next.at))
    } else {
        None
    };
    let recording = record_again(scenario, outcome, until)?;
    let causes = kinds.iter().flat_map(|kind| match is_recorded(*kind) {
        true => recorded(&recording, *kind),
        false => told(scenario, &recording.outcome, *kind, rules),
    });
    Ok((causes.collect(), recording.outcome))
}

/// Whether only a recording knows the causes of failures of this kind.
fn is_recorded(kind: Kind) -> bool {
    match kind {
        Kind::Crash | Kind::Wrong | Kind::Stale | Kind::Missing | Kind::Hung => true,
        Kind::Storm | Kind::Stopped | Kind::OverBudget | Kind::Denied(_) => false,
    }
}

/// The causes that a recording shows.
fn recorded(recording: &Recording<'_>, kind: Kind) -> Vec<Cause> {
    let causes = match kind {
        Kind::Crash => crashed(recording),
        Kind::Wrong => differences(recording, kind, DifferenceKind::Wrong),
        Kind::Stale => differences(recording, kind, DifferenceKind::Stale),
        Kind::Missing => differences(recording, kind, DifferenceKind::Missing),
        Kind::Hung => hung(recording),
        Kind::Storm | Kind::Stopped | Kind::OverBudget | Kind::Denied(_) => Vec::new(),
    };
    if !causes.is_empty() {
        return causes;
    }
    let kept = recording.events(recording.last_until(None));
    let sentence = format!("it breaks after the first {kept} events, and no more are kept");
    vec![Cause { kind, place: places::UNTOLD, sentence }]
}

/// The causes that the outcome tells.
pub(super) fn told(scenario: &Scenario, outcome: &Outcome, kind: Kind, rules: &Rules) -> Vec<Cause> {
    match kind {
        Kind::Storm | Kind::Stopped => vec![stopped(scenario, outcome, kind)],
        Kind::OverBudget => {
            let steps = over_budget(scenario, outcome, rules.budget);
            first_of_each(steps.map(|step| budget(scenario, step)), |cause| cause.place)
        }
        Kind::Denied(warning) => denied(outcome, warning),
        Kind::Crash | Kind::Wrong | Kind::Stale | Kind::Missing | Kind::Hung => Vec::new(),
    }
}

/// The first at each place.
fn first_of_each<T>(found: impl IntoIterator<Item = T>, place: impl Fn(&T) -> Place) -> Vec<T> {
    let mut first: Vec<T> = Vec::new();
    for one in found {
        if !first.iter().any(|known| place(known) == place(&one)) {
            first.push(one);
        }
    }
    first
}

/// The first deed at each place, in the order of time; those at a cut link come last.
fn earliest<T>(found: impl Iterator<Item = (Deed, T)>) -> Vec<(Deed, T)> {
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(deed, _)| (deed.place == places::AT_CUT_LINK, deed.moment.unwrap_or(0)));
    first_of_each(found, |(deed, _)| deed.place)
}

/// The cause that a deed is; `what` broke.
fn cause(recording: &Recording<'_>, kind: Kind, deed: Deed, what: &str) -> Cause {
    let by = deed.place.in_words();
    let is_timeless = [places::UNTOLD, places::AT_CUT_LINK].contains(&deed.place);
    let at = deed.moment.map_or(Time::ZERO, |moment| recording.time_of(moment));
    let sentence = if is_timeless { format!("{what}, {by}") } else { format!("{what}, {by} at {at}") };
    Cause { kind, place: deed.place, sentence }
}

fn differences(recording: &Recording<'_>, kind: Kind, of: DifferenceKind) -> Vec<Cause> {
    let differences = recording.outcome.differences.iter().filter(|difference| difference.kind == of);
    let found = earliest(remains(recording, of).into_iter().zip(differences)).into_iter();
    let told = found.map(|(deed, difference)| {
        let (context, destination) = (difference.context, difference.destination);
        let through = difference.via.map(|via| format!(" through {via}")).unwrap_or_default();
        let what = match of {
            DifferenceKind::Missing => format!("context {context} has no route to {destination}"),
            _ => format!("context {context} has a {of} route to {destination}{through}"),
        };
        cause(recording, kind, deed, &what)
    });
    told.collect()
}

fn hung(recording: &Recording<'_>) -> Vec<Cause> {
    let found = earliest(lost_calls(recording).into_iter().map(|call| (call.deed, call))).into_iter();
    let how = recording.outcome.open_call_in_words();
    let told = found.map(|(deed, call)| {
        cause(recording, Kind::Hung, deed, &format!("call {} of {} to {} {how}", call.call, call.from, call.to))
    });
    told.collect()
}

fn crashed(recording: &Recording<'_>) -> Vec<Cause> {
    let told = earliest(crashes(recording).into_iter().map(|deed| (deed, ()))).into_iter().filter_map(|(deed, ())| {
        let Deed { moment, place } = deed;
        let logged = recording.records(moment?).iter().find_map(|record| match record {
            Record::Error { ctx, error } if error.is_crash() => Some(*ctx),
            _ => None,
        });
        let (whom, at, by) = (logged?, recording.time_of(moment?), place.in_words());
        let sentence = format!("context {whom} at {at} is lost by an exception, {by}");
        Some(Cause { kind: Kind::Crash, place, sentence })
    });
    told.collect()
}

fn denied(outcome: &Outcome, warning: WarningKind) -> Vec<Cause> {
    let places = outcome.warnings.get(&warning).map_or(&[][..], |warning| &warning.places);
    let told = places.iter().map(|(place, example)| Cause {
        kind: Kind::Denied(warning),
        place: *place,
        sentence: format!("{example}, {}", place.in_words()),
    });
    told.collect()
}

/// The handler that multiplies the most frequent kind of message, and the word for these messages.
fn multiplier(scenario: &Scenario, messages: &Messages) -> (Place, &'static str) {
    let Messages { announce, retract, .. } = *messages;
    let rest = messages.total() - announce - retract;
    let family = scenario.monitor.family();
    match announce.max(retract).max(rest) {
        most if most == rest => (places::ON_FORWARD, "those of the application"),
        most if most == retract => (places::ON_PROPAGATE_DOWN, family.retraction()),
        _ => (places::ON_PROPAGATE_UP, family.announcement()),
    }
}

fn stopped(scenario: &Scenario, outcome: &Outcome, kind: Kind) -> Cause {
    let (place, what) = multiplier(scenario, &outcome.messages);
    let how = match kind {
        Kind::Storm => "the run never ends: a state comes back".to_owned(),
        _ => format!("the run was stopped after {} events with more pending", grouped(outcome.events)),
    };
    let by = place.in_words();
    let sentence = match outcome.messages.total() {
        0 => how,
        _ => format!("{how}; its most frequent messages are {what}, {by}"),
    };
    Cause { kind, place, sentence }
}

fn budget(scenario: &Scenario, step: &StepFigures) -> Cause {
    let mut routing = Messages::default();
    (routing.announce, routing.retract) = (step.messages.announce, step.messages.retract);
    let (place, what) = multiplier(scenario, &routing);
    let (count, at) = (routing.total(), step.at);
    let sentence =
        format!("the step at {at} costs {} route messages, most of them {what}, {}", grouped(count), place.in_words());
    Cause { kind: Kind::OverBudget, place, sentence }
}
