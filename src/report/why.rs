//! Explains an entry or a call, in a dozen lines at most or as a JSON object.

mod cost;
mod story;

use cost::most_expensive;

use super::differences::leads_astray;
use super::{BAD, GOOD, ODD, styled};
use crate::convergence::DIFFERENCES_MAX;
use crate::link::{Incarnation, Item};
use crate::process::Truth;
use crate::recording::{Cause, FlightEnd, FlightId, MomentId, Recording, RouteTurn, State};
use crate::time::Time;
use crate::why::{CallEnd, CallTrail, Event, EventKind, Fate, Place, Reason, Standing, Trail, TrailEnd, Why};
use crate::words::{counted, grouped};
use anstyle::Style;
use serde_json::{Value, json};
use story::{Subject, Teller};

/// Why an entry is as it is, as text. `asked` is the time that the user named, if any.
pub fn entry_text(recording: &Recording<'_>, why: &Why, asked: Option<Time>) -> String {
    let (word, style, sentence) = headline(recording, why, asked);
    let teller = Teller::new(recording, Subject::of_entry(why));
    teller.text(&format!("{}: {sentence}", styled(word, style)), &why.moments, entry_sentences(recording, why))
}

/// Where a call went, as text.
pub fn call_text(
    recording: &Recording<'_>,
    trail: &CallTrail,
    moment: Option<MomentId>,
    asked: Option<Time>,
) -> String {
    let (word, style, sentence) = call_headline(recording, trail, moment, asked);
    let teller = Teller::new(recording, Subject::of_call(recording, trail));
    teller.text(&format!("{}: {sentence}", styled(word, style)), &trail.moments, call_sentences(recording, trail))
}

/// What led to an event, as text.
pub fn event_text(recording: &Recording<'_>, event: &Event) -> String {
    let (word, sentence) = event_headline(recording, event);
    let teller = Teller::new(recording, Subject::of_event(event));
    let sentences = event_sentence(recording, event).into_iter().collect();
    teller.text(&format!("{}: {sentence}", styled(word, BAD)), &event.moments, sentences)
}

/// Says that nothing is wrong, and which step cost most, as text.
pub fn nothing_text(recording: &Recording<'_>, state: &State<'_>, asked: Option<Time>) -> String {
    let hint = "to ask about one entry, use --context and --route; to ask about one call, use --call";
    let cost = most_expensive(recording).map(|cost| format!("{cost}\n")).unwrap_or_default();
    format!("{} {}: {hint}.\n{cost}", nothing(state), when(recording, state.moment(), asked))
}

fn nothing(state: &State<'_>) -> &'static str {
    if state.knows_wrong() { "Nothing is wrong" } else { "Nothing is known to be wrong" }
}

/// How many routes are wrong beside the first one, as text; `None` if no other is.
pub fn rest_text(state: &State<'_>) -> Option<String> {
    let wrong = state.wrong().count();
    match wrong.saturating_sub(1) {
        0 => None,
        1 => Some("1 more route is wrong; `treequake inspect` lists it.\n".to_owned()),
        count => {
            let least = if wrong < DIFFERENCES_MAX { "" } else { "At least " };
            let count = grouped(count as u64);
            Some(format!("{least}{count} more routes are wrong; `treequake inspect` lists them.\n"))
        }
    }
}

/// The same as [`nothing_text`] as a JSON object, with the names of [`entry_json`].
pub fn nothing_json(recording: &Recording<'_>, state: &State<'_>, asked: Option<Time>) -> Value {
    let moment = state.moment();
    json!({
        "at_ns": moment.map_or(0, |moment| recording.moments[moment].at.as_ns()),
        "moment": moment,
        "events": recording.events(moment),
        "standing": if state.knows_wrong() { "right" } else { "unknown" },
        "headline": format!("{} {}.", nothing(state), when(recording, moment, asked)),
        "sentences": most_expensive(recording).into_iter().collect::<Vec<_>>(),
        "chain": [],
    })
}

/// Why an entry is as it is, as a JSON object:
///
/// | name | what |
/// |---|---|
/// | `context`, `route` | the ids that were asked about |
/// | `at_ns` | the time; `events`: how many events there were up to then, which is the number of the last; `moment`: its place in the recording, from 0, or null |
/// | `via`, `expected` | the neighbour that the table leads through, and that it should; null for none |
/// | `standing` | `right`, `stale`, `missing`, `wrong`, `unknown`, `orphaned`, `dead` or `unborn` |
/// | `headline`, `sentences` | the first line of the text, and its last |
/// | `chain` | the moments, all of them: `moment`, `events`, `at_ns`, `context`, `what`, and what that `did` |
pub fn entry_json(recording: &Recording<'_>, why: &Why, asked: Option<Time>) -> Value {
    let (word, _, sentence) = headline(recording, why, asked);
    let id = |hop: Option<Incarnation>| hop.map(|hop| recording.life(hop).id.0);
    let teller = Teller::new(recording, Subject::of_entry(why));
    json!({
        "context": recording.life(why.context).id.0,
        "route": why.route.0,
        "at_ns": why.moment.map_or(0, |moment| recording.moments[moment].at.as_ns()),
        "moment": why.moment,
        "events": recording.events(why.moment),
        "via": id(why.via),
        "expected": id(why.expected),
        "standing": word,
        "headline": sentence,
        "sentences": entry_sentences(recording, why),
        "chain": teller.json(&why.moments),
    })
}

/// Where a call went, as a JSON object: `call`, `context`, `to`, `standing` (`ok`, `dead`, `hung`, `open` or `lost`),
/// and `headline`, `sentences` and `chain` as of an entry.
pub fn call_json(recording: &Recording<'_>, trail: &CallTrail, moment: Option<MomentId>, asked: Option<Time>) -> Value {
    let (word, _, sentence) = call_headline(recording, trail, moment, asked);
    json!({
        "call": trail.call,
        "context": recording.life(trail.caller).id.0,
        "to": trail.to.0,
        "standing": word,
        "headline": sentence,
        "sentences": call_sentences(recording, trail),
        "chain": Teller::new(recording, Subject::of_call(recording, trail)).json(&trail.moments),
    })
}

/// Why an entry is as it is, in words: its standing, the headline and the sentences, as [`entry_json`] has them.
pub fn entry_words(recording: &Recording<'_>, why: &Why) -> (&'static str, String, Vec<String>) {
    let (word, _, sentence) = headline(recording, why, None);
    (word, sentence, entry_sentences(recording, why))
}

/// Where a call went, in words: its standing, the headline and the sentences, as [`call_json`] has them.
pub fn call_words(
    recording: &Recording<'_>,
    trail: &CallTrail,
    moment: Option<MomentId>,
) -> (&'static str, String, Vec<String>) {
    let (word, _, sentence) = call_headline(recording, trail, moment, None);
    (word, sentence, call_sentences(recording, trail))
}

/// What led to an event, as a JSON object: `event` (`error`, `crash`, `storm`, `stopped` or `again`), `moment`, `events`, and
/// `headline`,
/// `sentences` and `chain` as of an entry.
pub fn event_json(recording: &Recording<'_>, event: &Event) -> Value {
    let (word, sentence) = event_headline(recording, event);
    json!({
        "event": word,
        "moment": event.moment,
        "events": recording.events(Some(event.moment)),
        "headline": sentence,
        "sentences": event_sentence(recording, event).into_iter().collect::<Vec<_>>(),
        "chain": Teller::new(recording, Subject::of_event(event)).json(&event.moments),
    })
}

// The headline and the sentence of an event.

fn event_headline(recording: &Recording<'_>, event: &Event) -> (&'static str, String) {
    let (who, when) = (recording.short_label(event.context), recording.time_of(event.moment));
    let route = event.route.map(|route| route.to_string()).unwrap_or_default();
    match event.kind {
        EventKind::Error(error) if error.is_crash() => {
            ("crash", format!("at {when}, {who} dies: Mitogen raises an exception that nothing catches"))
        }
        EventKind::Error(error) => ("error", format!("at {when}, {who} logs {}", error.name())),
        EventKind::Last => {
            let events = counted(recording.outcome.events, "event", "events");
            (
                recording.outcome.verdict.name(),
                format!("after {events}, at {when}, events are still pending; this led to the last one"),
            )
        }
        EventKind::SignalAgain(_) => {
            ("again", format!("at {when}, the context object of {route} in {who} fires its disconnect signal again"))
        }
        EventKind::DelAgain(_) => {
            let what = recording.family().retraction();
            ("again", format!("at {when}, {what} {route} arrives at {who} again over the same link"))
        }
        EventKind::Skipped(why) => {
            let step = recording.step(event.moment).and_then(|place| recording.scenario.step_words(place));
            let step = step.unwrap_or_default();
            ("skipped", format!("at {when}, the step `{step}` cannot be done: {why}"))
        }
    }
}

/// Which entry was in the way, or when something happened first.
fn event_sentence(recording: &Recording<'_>, event: &Event) -> Option<String> {
    let who = recording.short_label(event.context);
    let error = match event.kind {
        EventKind::Last | EventKind::Skipped(_) => return None,
        EventKind::SignalAgain(first) | EventKind::DelAgain(first) if first == event.moment => {
            return Some("Both times are in this one event.".to_owned());
        }
        EventKind::SignalAgain(first) | EventKind::DelAgain(first) => {
            return Some(match same_sender(recording, first, event.moment) {
                Some((sent, words)) => format!("Both were sent at {} by one event: {words}.", recording.time_of(sent)),
                None => format!("The first time was at {}.", recording.time_of(first)),
            });
        }
        EventKind::Error(error) => error,
    };
    let route = event.route?;
    Some(match event.turn {
        Some((gone, _)) if error.is_crash() => {
            let since = recording.time_of(gone);
            format!(
                "{who} has had no route to its parent {route} since {since}, but its route monitor still sends there."
            )
        }
        Some((_, RouteTurn { after: Some(after), .. })) => {
            format!("At that time, the route of {who} to {route} led through {}.", recording.short_label(after))
        }
        Some((gone, _)) => format!("{who} has had no route to {route} since {}.", recording.time_of(gone)),
        None => format!("{who} never had a route to {route}."),
    })
}

/// The event that sent what arrived in both moments, in words, if one did.
fn same_sender(recording: &Recording<'_>, one: MomentId, other: MomentId) -> Option<(MomentId, String)> {
    let sent = |moment: MomentId| match recording.moments[moment].cause {
        Cause::Arrival(flight) => Some(recording.flights[flight].sent),
        _ => None,
    };
    let sender = sent(one)?;
    (sent(other) == Some(sender)).then(|| (sender, recording.moment_words(sender)))
}

// The headline and the sentences of an entry.

fn headline(recording: &Recording<'_>, why: &Why, asked: Option<Time>) -> (&'static str, Style, String) {
    let label = |context: Incarnation| recording.short_label(context);
    let (context, route) = (label(why.context), why.route);
    let has = match why.via {
        Some(via) => format!("{context} has a route to {route} via {}", label(via)),
        None => format!("{context} has no route to {route}"),
    };
    let expected = why.expected.map_or_else(|| "nothing".to_owned(), label);
    let truth = recording.family().truth();
    let is_on_tree = matches!(why.place, Place::Below(_) | Place::Elsewhere(_) | Place::Parent);
    let (word, style, sentence) = match why.standing {
        Standing::Right if why.via.is_some() => ("right", GOOD, format!("{has}, as it should")),
        Standing::Right if truth == Truth::Reach && is_on_tree => ("right", GOOD, format!("{has}, and needs none")),
        Standing::Right => ("right", GOOD, format!("{has}, and should have none: {}", place(recording, why))),
        Standing::Missing if truth == Truth::Reach => {
            ("missing", BAD, format!("{has}, and does not reach it; the way is via {expected}"))
        }
        Standing::Missing => ("missing", BAD, format!("{has}; it should have one via {expected}")),
        Standing::Stale => ("stale", BAD, format!("{has}, and should have none: {}", place(recording, why))),
        Standing::Wrong if why.via == why.expected => ("wrong", BAD, format!("{has}, {}", leads_astray(truth))),
        Standing::Wrong => ("wrong", BAD, format!("{has}; it should be via {expected}")),
        Standing::Unknown => ("unknown", ODD, format!("{has}; whether that is right is not known")),
        Standing::Orphaned(since) => {
            let orphan = format!("{context} has been an orphan since {}", recording.time_of(since));
            ("orphaned", ODD, format!("{has}; {orphan}, so its table does not count"))
        }
        Standing::Dead(died) => {
            ("dead", ODD, format!("{context} has no table: it died at {}", recording.time_of(died)))
        }
        Standing::Unborn => ("unborn", ODD, format!("{context} has no table: it {}", born(recording, why.context))),
    };
    (word, style, format!("{}, {sentence}", when(recording, why.moment, asked)))
}

/// The time that is asked about, or that of the moment: `at 3s`, `at 5s (the end)`.
pub fn when(recording: &Recording<'_>, moment: Option<MomentId>, asked: Option<Time>) -> String {
    let Some(moment) = moment else { return "before the first event".to_owned() };
    let is_last = moment + 1 == recording.moments.len();
    let at = asked.unwrap_or(recording.moments[moment].at);
    let end = match (is_last, recording.is_cut, recording.outcome.verdict) {
        (true, true, _) => " (as far as the run is kept)".to_owned(),
        (true, false, verdict) if verdict.is_stopped() => " (when the run was stopped)".to_owned(),
        (true, false, _) => match recording.outcome.met_until.filter(|until| *until >= at) {
            Some(until) => format!(" (the last event before the scenario ends the run, at {until})"),
            None => " (the end)".to_owned(),
        },
        (false, ..) => String::new(),
    };
    format!("at {at}{end}")
}

fn born(recording: &Recording<'_>, context: Incarnation) -> String {
    match recording.life(context).born {
        Some(born) => format!("is born at {}", recording.time_of(born)),
        None => "was there from the start".to_owned(),
    }
}

/// Why a context should have no route: where the destination is.
fn place(recording: &Recording<'_>, why: &Why) -> String {
    let (context, route) = (recording.short_label(why.context), why.route);
    match why.place {
        Place::Itself => "no context has one to itself".to_owned(),
        Place::Parent | Place::Below(_) => format!("{route} is there"),
        Place::Elsewhere(target) => format!("{} is not below {context}", recording.short_label(target)),
        Place::Orphaned(target, since) => {
            format!("{} has been an orphan since {}", recording.short_label(target), recording.time_of(since))
        }
        Place::Dead(target, died) => format!("{} died at {}", recording.short_label(target), recording.time_of(died)),
        Place::Unborn => match recording.lives_of(route).first() {
            Some(first) => format!("{route} {}", born(recording, *first)),
            None => format!("{route} never connects"),
        },
    }
}

fn entry_sentences(recording: &Recording<'_>, why: &Why) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(why.news.as_ref().and_then(|news| news_sentence(recording, why, news)));
    sentences.extend(why.retraction.as_ref().and_then(|trail| retraction_sentence(recording, why, trail)));
    sentences.extend(default_sentence(recording, why));
    sentences
}

fn news_sentence(recording: &Recording<'_>, why: &Why, news: &Trail) -> Option<String> {
    let (about, route) = (recording.short_label(news.about), why.route);
    let once = once(recording);
    Some(match news.end {
        TrailEnd::Arrived(came) => match why.last.filter(|last| *last > came) {
            Some(last) => {
                let what = if why.via.is_some() { "was replaced" } else { "was removed" };
                let went = format!("The entry for {about} {what} at {}", recording.time_of(last));
                match lost_with(recording, why, last) {
                    Some(other) => {
                        let although = "although it did not lead through that link";
                        format!("{went} with the link of {other}, {although}{}.", after("; ", &once))
                    }
                    None => format!("{went}, and nothing brings it back{}.", after(": ", &once)),
                }
            }
            None => format!("The news of {about} arrived at {}.", recording.time_of(came)),
        },
        TrailEnd::Refused { context, moment, error } => {
            let (who, when) = (recording.short_label(context), recording.time_of(moment));
            let why = news.obstacle.map(|obstacle| {
                let removed = obstacle.removed.map(|removed| format!(" until {}", recording.time_of(removed)));
                let has = if removed.is_some() { "had" } else { "has" };
                format!(
                    ", because it {has} a route to {route} via {}{}",
                    recording.short_label(obstacle.via),
                    removed.unwrap_or_default()
                )
            });
            let why = why.unwrap_or_default();
            format!("{who} refused the news of {about} at {when} ({}){why}{}.", error.name(), after("; ", &once))
        }
        TrailEnd::NotSent { context, moment } => {
            let who = recording.short_label(context);
            format!("{who} knew of {about} at {}, but sent nothing up.", recording.time_of(moment))
        }
        TrailEnd::Lost(flight, fate) => lost_sentence(recording, flight, fate, &format!("The news of {about}")),
        TrailEnd::Circle { .. } | TrailEnd::None => return None,
    })
}

/// That news is not repeated, where it is not; else nothing.
fn once(recording: &Recording<'_>) -> String {
    let family = recording.family();
    if family.says_once() { format!("{} is sent only once", family.announcement()) } else { String::new() }
}

/// A part of a sentence, after something that joins it; nothing if it is empty.
fn after(joint: &str, part: &str) -> String {
    if part.is_empty() { String::new() } else { format!("{joint}{part}") }
}

/// The neighbour whose end took an entry with it that did not lead through it.
fn lost_with(recording: &Recording<'_>, why: &Why, last: MomentId) -> Option<String> {
    let Cause::Arrival(flight) = recording.moments[last].cause else { return None };
    let flight = recording.flights[flight];
    let from = recording.hop(flight.lane).from;
    let is_own = |turn: &&RouteTurn| turn.context == why.context && turn.target == why.route;
    let turn = recording.routes(last).iter().rfind(is_own)?;
    (flight.item == Item::Eof && turn.before != Some(from)).then(|| recording.short_label(from))
}

fn retraction_sentence(recording: &Recording<'_>, why: &Why, trail: &Trail) -> Option<String> {
    let (about, route) = (recording.short_label(trail.about), why.route);
    Some(match trail.end {
        TrailEnd::Arrived(came) => {
            format!(
                "What should have removed it came from {about} at {}, but the entry stayed.",
                recording.time_of(came)
            )
        }
        TrailEnd::Refused { context, moment, error } => {
            let (who, when) = (recording.short_label(context), recording.time_of(moment));
            let once = if recording.family().says_once() { "; it is sent only once" } else { "" };
            let what = recording.family().retraction();
            format!("{who} refused the {what} of {about} at {when} ({}){once}.", error.name())
        }
        TrailEnd::NotSent { moment, .. } => {
            let way = if recording.life(trail.about).parent.is_none() { "" } else { " up" };
            format!("{about} has had no route to {route} since {}, but sent nothing{way}.", recording.time_of(moment))
        }
        TrailEnd::Circle { to, contexts: 2 } => {
            let to = recording.short_label(to);
            format!("{to} has the route from {about}, and {about} has it from {to}: neither has taken it back.")
        }
        TrailEnd::Circle { to, contexts } => {
            let to = recording.short_label(to);
            format!("The route leads in a circle of {contexts} contexts, back to {to}: none of them has taken it back.")
        }
        TrailEnd::Lost(flight, fate) => lost_sentence(recording, flight, fate, "What should remove it"),
        TrailEnd::None => format!("Nothing was sent to remove it: {about} never had a route to {route}."),
    })
}

/// What became of something that did not arrive; `role` begins the sentence.
fn lost_sentence(recording: &Recording<'_>, flight: FlightId, fate: Fate, role: &str) -> String {
    let sent = recording.flights[flight];
    let hop = recording.hop(sent.lane);
    let (from, to) = (recording.short_label(hop.from), recording.short_label(hop.to));
    let what = format!("{role}, from {from} to {to}, was sent at {}", recording.time_of(sent.sent));
    match fate {
        Fate::Held => {
            let until = match sent.end {
                FlightEnd::Arrived(end) => format!(" until {}", recording.time_of(end)),
                FlightEnd::Vanished(end) => {
                    format!(" until {}, when it vanishes at a closed end", recording.time_of(end))
                }
                FlightEnd::OnWire | FlightEnd::Dropped => String::new(),
            };
            format!("{what}; the cut link of {} holds it{until}.", recording.short_label(sent.lane.child()))
        }
        Fate::OnItsWay => match sent.end.moment() {
            Some(end) => format!("{what}, and arrives at {}.", recording.time_of(end)),
            None => format!("{what}, and is still on its way."),
        },
        Fate::Vanished(end) => format!("{what}, and vanished at {}: {to} had closed that end.", recording.time_of(end)),
        Fate::Dropped => {
            format!(
                "{role}, to {to}, was dropped by {from} at {}: it had closed that end.",
                recording.time_of(sent.sent)
            )
        }
        Fate::Arrived(end) => format!("{what}, and arrived at {}.", recording.time_of(end)),
    }
}

/// Where messages go that have no entry.
fn default_sentence(recording: &Recording<'_>, why: &Why) -> Option<String> {
    let is_asked = why.via.is_none() && !matches!(why.standing, Standing::Dead(_) | Standing::Unborn);
    if !is_asked || why.place == Place::Itself {
        return None;
    }
    let context = recording.short_label(why.context);
    Some(match recording.life(why.context).parent {
        Some(parent) => {
            let parent = recording.short_label(parent);
            format!("Without an entry, {context} sends messages for {} up to {parent} by default.", why.route)
        }
        None => format!(
            "The master has no default route: it answers messages for {} with a dead message, or drops them.",
            why.route
        ),
    })
}

// The headline and the sentences of a call.

fn call_headline(
    recording: &Recording<'_>,
    trail: &CallTrail,
    moment: Option<MomentId>,
    asked: Option<Time>,
) -> (&'static str, Style, String) {
    let subject = format!("call {} of {} to {}", trail.call, recording.short_label(trail.caller), trail.to);
    let when = when(recording, moment, asked);
    match (trail.end, trail.caller_died) {
        (CallEnd::Ended { moment, dead: false }, _) => {
            ("ok", GOOD, format!("{subject} was answered at {}", recording.time_of(moment)))
        }
        (CallEnd::Ended { moment, dead: true }, _) => {
            ("dead", ODD, format!("{subject} ended dead at {}", recording.time_of(moment)))
        }
        (_, Some(died)) => {
            ("lost", ODD, format!("{subject} was open when its caller died at {}", recording.time_of(died)))
        }
        (_, None) if !recording.is_cut && moment.is_some_and(|moment| moment + 1 == recording.moments.len()) => {
            let never = if recording.outcome.may_go_on() { "" } else { ", and never will" };
            ("hung", BAD, format!("{when}, {subject} has not ended{never}"))
        }
        _ => ("open", ODD, format!("{when}, {subject} has not ended yet")),
    }
}

fn call_sentences(recording: &Recording<'_>, trail: &CallTrail) -> Vec<String> {
    if let CallEnd::Ended { .. } = trail.end {
        return trail.reason.map(|reason| death_sentence(recording, reason)).into_iter().collect();
    }
    let what = if trail.is_answered { "The reply" } else { "The request" };
    let mut sentences: Vec<_> =
        trail.reason.map(|reason| reason_sentence(recording, reason, what)).into_iter().collect();
    match trail.end {
        CallEnd::Ended { .. } => {}
        CallEnd::Lost(flight, fate) => sentences.push(lost_sentence(recording, flight, fate, what)),
        CallEnd::Stopped { .. } if trail.reason.is_some() => {}
        CallEnd::Stopped { context, moment, error } => {
            let (who, when) = (recording.short_label(context), recording.time_of(moment));
            let error = error.map(|error| format!(" ({})", error.name())).unwrap_or_default();
            let rest = match (trail.is_answered, trail.is_too_long) {
                (_, true) => "the next message would be too long, and is dropped silently",
                (false, false) => "no reply was sent",
                (true, false) => "nothing there is waiting for it",
            };
            sentences.push(format!("{what} came to {who} at {when}{error}, and went no further: {rest}."));
        }
    }
    let is_under_way = match trail.end {
        CallEnd::Lost(flight, Fate::Held) => recording.flights[flight].end.moment().is_some(),
        CallEnd::Lost(_, fate) => fate == Fate::OnItsWay,
        _ => false,
    };
    if is_under_way {
        return sentences;
    }
    let (caller, to) = (recording.short_label(trail.caller), trail.to);
    sentences.push(match trail.signals.first() {
        Some(signal) => format!(
            "The disconnect signal of {to} fired in {caller} at {}, but on a different context object from the call's.",
            recording.time_of(*signal)
        ),
        None => {
            let heal = if matches!(trail.end, CallEnd::Lost(_, Fate::Held)) { "a heal, or " } else { "" };
            format!("Only {heal}the disconnect signal of {to} could still end it, and that never fired in {caller}.")
        }
    });
    sentences
}

/// Why a call ended dead.
fn death_sentence(recording: &Recording<'_>, reason: Reason) -> String {
    let (who, when) = (recording.short_label(reason.context), recording.time_of(reason.moment));
    let has = has_sentence(recording, reason);
    let is_refused = recording.scenario.unidirectional && reason.turn.is_some_and(|(_, turn)| turn.after.is_some());
    let rule = if is_refused { ", and in unidirectional mode the message may not go there" } else { "" };
    format!("{who} said at {when} that there would be no reply: {has}{rule}.")
}

/// Which entry a context had.
fn has_sentence(recording: &Recording<'_>, reason: Reason) -> String {
    let route = reason.route;
    match reason.turn {
        Some((_, RouteTurn { after: Some(after), .. })) => {
            format!("its route to {route} leads to {}", recording.short_label(after))
        }
        Some((gone, _)) => format!("it has had no route to {route} since {}", recording.time_of(gone)),
        None => format!("it never had a route to {route}"),
    }
}

/// What an entry, or its absence, did to a message.
fn reason_sentence(recording: &Recording<'_>, reason: Reason, what: &str) -> String {
    let label = |context: Incarnation| recording.short_label(context);
    let (who, when) = (label(reason.context), recording.time_of(reason.moment));
    let from = reason.from.map(label).unwrap_or_default();
    let has = has_sentence(recording, reason);
    match (reason.is_bounce, reason.turn) {
        (true, _) => format!("{what} came to {who} at {when}, and went back up to {from}: {has}."),
        (false, Some((_, RouteTurn { after: Some(_), .. }))) => {
            format!("{what} came from {from} to {who} at {when}, and {who} dropped it: {has}.")
        }
        (false, _) => format!("{what} came to {who} at {when}, and went no further: {has}."),
    }
}
