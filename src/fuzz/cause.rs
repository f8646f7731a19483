//! Why a run failed: the place in the protocol that its class needs, and a sentence for people.
//!
//! The run is recorded, and [`crate::why`] says what left things as they are. Of several failures, the one whose cause came
//! first counts; one that a link explains which is still cut at the end counts only if nothing else failed. A *storm*, a
//! run that was stopped and a step over its budget need no recording: the kind of message that was most frequent tells who multiplies it.
//!
//! A run of more than [`MOMENTS_MAX`](crate::recording::MOMENTS_MAX) events is not recorded to its end; only a scenario with
//! a larger `max_events` than the default has one. Its cause is what the recorded part shows. If that shows nothing, the
//! place is [`places::UNTOLD`], and the sentence says so.

use super::class::Kind;
use super::rules::{Rules, first_crash, over_budget};
use crate::metrics::Messages;
use crate::process::{Place, places};
use crate::recording::{Recording, record_again};
use crate::run::{Outcome, RunError};
use crate::scenario::Scenario;
use crate::scenario::expectation::{DifferenceKind, WarningKind};
use crate::time::Time;
use crate::trace::Record;
use crate::why::{Deed, crash, lost_calls, remains, warned};

/// What broke a run, and where.
pub(super) struct Cause {
    pub place: Place,
    /// In one sentence.
    pub sentence: String,
}

/// The cause of a failure of `kind`, which `outcome` shows. Gives the outcome back.
pub(super) fn find(
    scenario: &Scenario,
    outcome: Outcome,
    kind: Kind,
    rules: &Rules,
) -> Result<(Cause, Outcome), RunError> {
    match kind {
        Kind::Wrong => recorded(scenario, outcome, None, |run| difference(run, DifferenceKind::Wrong)),
        Kind::Stale => recorded(scenario, outcome, None, |run| difference(run, DifferenceKind::Stale)),
        Kind::Missing => recorded(scenario, outcome, None, |run| difference(run, DifferenceKind::Missing)),
        Kind::Hung => recorded(scenario, outcome, None, hung),
        Kind::Crash => {
            let next = first_crash(scenario, &outcome).and_then(|step| outcome.steps.get(step + 1));
            let until = next.map(|next| next.at);
            recorded(scenario, outcome, until, crashed)
        }
        Kind::Denied(warning) => {
            let until = outcome.warnings[&warning].example.at();
            recorded(scenario, outcome, Some(until), |run| denied(run, warning))
        }
        Kind::Storm | Kind::Stopped => Ok((stopped(scenario, &outcome, kind), outcome)),
        Kind::OverBudget => Ok((budget(scenario, &outcome, rules), outcome)),
    }
}

/// Looks for the cause in a recording of the run, which ends after a time if one is given.
fn recorded(
    scenario: &Scenario,
    outcome: Outcome,
    until: Option<Time>,
    find: impl FnOnce(&Recording<'_>) -> Option<Cause>,
) -> Result<(Cause, Outcome), RunError> {
    let recording = record_again(scenario, outcome, until)?;
    let cause = find(&recording).unwrap_or_else(|| {
        let kept = recording.events(recording.last_until(None));
        let sentence = format!("it breaks after the first {kept} events, and no more are kept");
        Cause { place: places::UNTOLD, sentence }
    });
    Ok((cause, recording.outcome))
}

/// The first of several deeds; those at a cut link come last.
fn earliest<T>(found: impl Iterator<Item = (Deed, T)>) -> Option<(Deed, T)> {
    found.min_by_key(|(deed, _)| (deed.place == places::AT_CUT_LINK, deed.moment.unwrap_or(0)))
}

/// The cause that a deed is; `what` broke.
fn cause(recording: &Recording<'_>, deed: Deed, what: &str) -> Cause {
    let by = deed.place.in_words();
    let is_timeless = [places::UNTOLD, places::AT_CUT_LINK].contains(&deed.place);
    let at = deed.moment.map_or(Time::ZERO, |moment| recording.time_of(moment));
    let sentence = if is_timeless { format!("{what}, {by}") } else { format!("{what}, {by} at {at}") };
    Cause { place: deed.place, sentence }
}

fn difference(recording: &Recording<'_>, kind: DifferenceKind) -> Option<Cause> {
    let differences = recording.outcome.differences.iter().filter(|difference| difference.kind == kind);
    let (deed, difference) = earliest(remains(recording, kind).into_iter().zip(differences))?;
    let (context, destination) = (difference.context, difference.destination);
    let through = difference.via.map(|via| format!(" through {via}")).unwrap_or_default();
    let what = match kind {
        DifferenceKind::Missing => format!("context {context} has no route to {destination}"),
        _ => format!("context {context} has a {kind} route to {destination}{through}"),
    };
    Some(cause(recording, deed, &what))
}

fn hung(recording: &Recording<'_>) -> Option<Cause> {
    let (deed, call) = earliest(lost_calls(recording).into_iter().map(|call| (call.deed, call)))?;
    Some(cause(recording, deed, &format!("call {} of {} to {} never ends", call.call, call.from, call.to)))
}

fn crashed(recording: &Recording<'_>) -> Option<Cause> {
    let Deed { moment, place } = crash(recording)?;
    let logged = recording.records(moment?).iter().find_map(|record| match record {
        Record::Error { ctx, .. } => Some(*ctx),
        _ => None,
    });
    let (whom, at, by) = (logged?, recording.time_of(moment?), place.in_words());
    Some(Cause { place, sentence: format!("context {whom} at {at} is lost by an exception, {by}") })
}

fn denied(recording: &Recording<'_>, warning: WarningKind) -> Option<Cause> {
    let place = warned(recording, warning)?.place;
    let example = &recording.outcome.warnings[&warning].example;
    Some(Cause { place, sentence: format!("{example}, {}", place.in_words()) })
}

/// Who multiplies what there is most of.
fn multiplier(scenario: &Scenario, messages: &Messages) -> (Place, &'static str) {
    let Messages { announce, retract, .. } = *messages;
    let rest = messages.total() - announce - retract;
    let family = scenario.monitor.family();
    match announce.max(retract).max(rest) {
        most if most == rest => (places::ON_FORWARD, "messages of the application"),
        most if most == retract => (places::ON_PROPAGATE_DOWN, family.retraction()),
        _ => (places::ON_PROPAGATE_UP, family.announcement()),
    }
}

fn stopped(scenario: &Scenario, outcome: &Outcome, kind: Kind) -> Cause {
    let (place, what) = multiplier(scenario, &outcome.messages);
    let (events, by) = (outcome.events, place.in_words());
    let sentence = match kind {
        Kind::Storm => format!("the run never ends: a state comes back; most of its events are {what}, {by}"),
        _ => format!("the run was stopped after {events} events with more pending, most of them {what}, {by}"),
    };
    Cause { place, sentence }
}

fn budget(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Cause {
    let step = over_budget(scenario, outcome, rules.budget).expect("a step is over its budget");
    let Messages { announce, retract, .. } = step.messages;
    let routing = Messages { announce, retract, ..Messages::default() };
    let (place, what) = multiplier(scenario, &routing);
    let (count, at) = (routing.total(), step.at);
    Cause {
        place,
        sentence: format!("the step at {at} costs {count} route messages, most of them {what}, {}", place.in_words()),
    }
}
