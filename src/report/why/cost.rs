//! The most expensive step of a run. Even if nothing is wrong, a step may be over its budget.

use crate::link::{Item, LaneId};
use crate::metrics::StepFigures;
use crate::process::{MessageKind, News};
use crate::recording::{FlightEnd, Recording};
use crate::time::Time;
use crate::words::{counted, grouped};
use std::collections::BTreeMap;

/// The most expensive step of a run in a sentence, with the most frequent message and its link; `None` where no message
/// arrived.
pub fn most_expensive(recording: &Recording<'_>) -> Option<String> {
    let steps = &recording.outcome.steps;
    let most = steps.iter().map(|step| step.messages.total()).max().filter(|most| *most > 0)?;
    let place = steps.iter().position(|step| step.messages.total() == most)?;
    let (step, next) = (&steps[place], steps.get(place + 1).map(|step| step.at));
    let messages = &step.messages;
    let kinds = [MessageKind::Announce, MessageKind::Retract];
    let kind = kinds.into_iter().max_by_key(|kind| messages.of(*kind))?;
    let count = messages.of(kind);
    let cost = format!("The most expensive step is {} at {}: {}", words(recording, step), step.at, arrive(most));
    if count * 2 <= most {
        return Some(format!("{cost}."));
    }
    let busiest = busiest(recording, kind == MessageKind::Announce, step.at, next);
    let busiest = busiest.filter(|(_, copies)| *copies * 4 > count).map(|(lane, copies)| {
        let hop = recording.hop(lane);
        format!(
            ", {} from {} to {} alone",
            grouped(copies),
            recording.short_label(hop.from),
            recording.short_label(hop.to)
        )
    });
    let share = if count == most { "all".to_owned() } else { grouped(count) };
    let family = recording.family();
    let kind = if kind == MessageKind::Announce { family.announcement() } else { family.retraction() };
    Some(format!("{cost}, {share} of them {kind}{}.", busiest.unwrap_or_default()))
}

fn arrive(messages: u64) -> String {
    counted(messages, "message", "messages")
}

fn words(recording: &Recording<'_>, step: &StepFigures) -> String {
    let contexts = recording.scenario.contexts.len();
    if step.first < contexts {
        return format!("the connect of {}", counted(contexts as u64, "context", "contexts"));
    }
    recording.scenario.step_words(step.first).unwrap_or_default()
}

/// The lane that most announcements, or retractions, arrived on from a time to the next step.
fn busiest(recording: &Recording<'_>, is_add: bool, from: Time, until: Option<Time>) -> Option<(LaneId, u64)> {
    let mut lanes: BTreeMap<LaneId, u64> = BTreeMap::new();
    for flight in &recording.flights {
        let FlightEnd::Arrived(moment) = flight.end else { continue };
        let at = recording.moments[moment].at;
        let is_meant = match flight.item {
            Item::Message(message) => match recording.news(&message) {
                Some(News::Announce(_)) => is_add,
                Some(News::Retract(_)) => !is_add,
                None => false,
            },
            Item::Eof => false,
        };
        if is_meant && at >= from && until.is_none_or(|until| at < until) {
            *lanes.entry(flight.lane).or_default() += flight.copies;
        }
    }
    lanes.into_iter().max_by_key(|(lane, copies)| (*copies, std::cmp::Reverse(*lane)))
}
