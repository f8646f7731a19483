//! How calls ended: when, and after how long. Calls that are alike share a line.

use super::alike::{id_ranges, number_ranges};
use super::{counted, narrow};
use crate::metrics::{Call, Status};
use crate::process::ContextId;
use crate::run::Outcome;
use crate::time::{Span, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many lines are listed. JSON has more.
const LINES_MAX: usize = 20;

/// How many calls JSON lists.
const CALLS_LISTED: usize = 100_000;

/// The calls with their numbers, from 1.
pub fn numbered(outcome: &Outcome) -> impl Iterator<Item = (u64, &Call)> {
    (1..).zip(&outcome.calls)
}

/// The calls as a table, what matters most first, for a terminal of this width; empty if there are none.
pub fn table(outcome: &Outcome, width: Option<usize>) -> String {
    let groups = groups(outcome);
    if groups.is_empty() {
        return String::new();
    }
    let mut rows = vec![["call", "from", "to", "made", "ended", "at", "after"].map(str::to_owned).to_vec()];
    let more: usize = groups.iter().skip(LINES_MAX).map(|group| group.numbers.len()).sum();
    rows.extend(groups.iter().take(LINES_MAX).map(|group| group.cells().to_vec()));
    let mut text = narrow::table(rows, &[3, 5, 6], &[3, 5, 2, 0, 4], width);
    if more > 0 {
        text.push_str(&format!(
            "  ... and {}; --format json has them\n",
            counted(more as u64, "more call", "more calls")
        ));
    }
    text
}

/// The calls that one context made, that ended in the same way and took equally long.
struct Group {
    status: Status,
    from: ContextId,
    took: Option<Span>,
    numbers: Vec<u64>,
    to: Vec<ContextId>,
    /// When they were made.
    made: (Time, Time),
    /// When they ended, if they did.
    ended: Option<(Time, Time)>,
}

/// The calls in groups: by status, and then by the first call.
fn groups(outcome: &Outcome) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<(Status, ContextId, Option<Span>), usize> = BTreeMap::new();
    for (number, call) in numbered(outcome) {
        let (status, took, ended) = (outcome.status_of(number, call), call.took(), call.end.map(|end| end.at));
        let place = *places.entry((status, call.from, took)).or_insert(groups.len());
        if place == groups.len() {
            let (made, ended) = ((call.at, call.at), ended.map(|at| (at, at)));
            groups.push(Group { status, from: call.from, took, numbers: Vec::new(), to: Vec::new(), made, ended });
        }
        let group = &mut groups[place];
        group.numbers.push(number);
        group.to.push(call.to);
        group.made.1 = call.at;
        if let (Some((_, last)), Some(at)) = (&mut group.ended, ended) {
            *last = at;
        }
    }
    groups.sort_by_key(|group| group.status);
    groups
}

impl Group {
    fn cells(&self) -> [String; 7] {
        let span = |(first, last): (Time, Time)| {
            if first == last { first.to_string() } else { format!("{first} .. {last}") }
        };
        let ended = match self.status {
            Status::Hung => "never",
            Status::Open => "not yet",
            status => status.word(),
        };
        [
            number_ranges(&self.numbers),
            self.from.to_string(),
            id_ranges(&self.to),
            span(self.made),
            ended.to_owned(),
            self.ended.map_or("-".to_owned(), span),
            self.took.map_or("-".to_owned(), |took| took.to_string()),
        ]
    }
}

/// The calls as JSON: at most the first 100,000.
pub fn json(outcome: &Outcome) -> impl Iterator<Item = Value> {
    let one = move |(number, call): (u64, &Call)| {
        json!({
            "call": number,
            "from": call.from.0,
            "to": call.to.0,
            "at_ns": call.at.as_ns(),
            "status": outcome.status_of(number, call).name(),
            "ended_at_ns": call.end.map(|end| end.at.as_ns()),
            "after_ns": call.took().map(|took| took.as_ns()),
        })
    };
    numbered(outcome).take(CALLS_LISTED).map(one)
}
