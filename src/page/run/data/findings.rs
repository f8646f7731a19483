//! The findings and calls tabs of a run page: what makes the run fail, wrong entries, hung calls and warnings, and how
//! each call ended, each with the moment to look at.

use crate::convergence::Difference;
use crate::findings::findings;
use crate::metrics::Call;
use crate::process::{ContextId, News, Truth};
use crate::recording::{MomentId, Recording};
use crate::report::differences::leads_astray;
use crate::report::{self, calls, json};
use crate::scenario::expectation::{DifferenceKind, WarningKind};
use crate::trace::Record;
use crate::why::{Calls, Past};
use crate::words::{counted, grouped};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// The maximum number of findings of a kind on a page.
const LISTED_MAX: usize = 2_000;

/// The maximum number of calls on a page.
const CALL_ROWS_MAX: usize = 100_000;

/// The maximum number of hung calls that a page follows.
const CALLS_MAX: usize = 200;

/// The approximate maximum number of moments to search for them.
const CALLS_LOOK_MAX: usize = 2_000_000;

/// A line in the list of findings.
#[derive(Debug, Default, Serialize)]
pub(super) struct Finding {
    /// `finding` for what makes the run fail; `stale`, `missing` or `wrong` for an entry at the end; `hung`; `warning`.
    kind: &'static str,
    words: String,
    /// The moment to look at, plus one; 0 where that is unknown.
    moment: usize,
    /// Whose table, plus one.
    context: usize,
    /// Which destination.
    route: Option<u32>,
    /// Which call.
    call: Option<u64>,
    /// For a line about those that are not listed, how many there are.
    rest: usize,
}

/// A line in the list of calls.
#[derive(Debug, Serialize)]
pub(super) struct CallRow {
    /// Its number.
    call: u64,
    /// How it ended, in a word.
    ended: &'static str,
    words: String,
    /// The moment in which it was made, plus one; 0 where that is not on the page.
    made: usize,
    /// The moment in which it ended, plus one; 0 where it did not, or where that is not on the page.
    moment: usize,
}

/// The way of a hung call, as [`crate::why`] follows it.
#[derive(Debug, Serialize)]
pub(super) struct Trail {
    call: u64,
    standing: &'static str,
    headline: String,
    sentences: Vec<String>,
    /// The moments that matter.
    moments: Vec<MomentId>,
}

/// Searches the moments that a page has room for.
pub(super) struct Looker<'r> {
    pub recording: &'r Recording<'r>,
    pub past: &'r Past,
    /// How many moments there are.
    pub kept: usize,
}

impl Looker<'_> {
    /// Why the run fails, which entries are wrong and which calls hang at its end, and its warnings.
    pub fn findings(&self, denied: &[WarningKind]) -> Vec<Finding> {
        let Recording { scenario, outcome, .. } = self.recording;
        let sentences = findings(scenario, outcome, denied).into_iter();
        let mut list: Vec<_> =
            sentences.map(|words| Finding { kind: "finding", words, ..Finding::default() }).collect();
        self.push_differences(&mut list);
        self.push_hung_calls(&mut list);
        self.push_warnings(&mut list);
        list
    }

    fn push_differences(&self, list: &mut Vec<Finding>) {
        let (differences, truth) = (&self.recording.outcome.differences, self.recording.family().truth());
        let mut wanted = FxHashMap::default();
        for difference in differences.iter().take(LISTED_MAX) {
            let last = self.recording.lives_of(difference.context).last().copied();
            wanted.insert((last, difference.destination), 0);
        }
        for moment in 0..self.kept {
            for turn in self.recording.turns(moment).iter().filter(|turn| turn.is_wrong) {
                wanted.entry((Some(turn.context), turn.destination)).and_modify(|place| *place = moment + 1);
            }
        }
        list.extend(differences.iter().take(LISTED_MAX).map(|difference| {
            let last = self.recording.lives_of(difference.context).last().copied();
            Finding {
                kind: difference.kind.name(),
                words: entry(difference, truth),
                moment: wanted[&(last, difference.destination)],
                context: last.map_or(0, |context| context.index() + 1),
                route: Some(difference.destination.0),
                ..Finding::default()
            }
        }));
        push_rest(list, "wrong", differences.len(), &json::listed(differences.len()));
    }

    fn push_hung_calls(&self, list: &mut Vec<Finding>) {
        let hung = &self.recording.outcome.hung_calls;
        let calls: Vec<_> =
            self.recording.calls().iter().map(|(moment, _)| *moment).take_while(|moment| *moment < self.kept).collect();
        let how = self.recording.outcome.open_call_in_words();
        list.extend(hung.iter().take(LISTED_MAX).map(|open| {
            let moment = calls.get(open.call as usize - 1);
            Finding {
                kind: "hung",
                words: format!("call {} of {} {how}", open.call, place_name(open.context)),
                moment: moment.map_or(0, |moment| moment + 1),
                context: moment.map_or(0, |moment| self.recording.moments[*moment].context.index() + 1),
                route: None,
                call: moment.map(|_| open.call),
                rest: 0,
            }
        }));
        push_rest(list, "hung", hung.len(), "them all");
    }

    /// How each call ended, in the order of their numbers.
    pub fn calls(&self) -> Vec<CallRow> {
        let outcome = &self.recording.outcome;
        let mut ends = FxHashMap::default();
        for moment in (0..self.kept).filter(|_| !outcome.calls.is_empty()) {
            for record in self.recording.records(moment) {
                if let Record::Reply { call, .. } = record {
                    ends.insert(*call, moment + 1);
                }
            }
        }
        let made = |call: u64| self.recording.calls().get(call as usize - 1).map(|(moment, _)| *moment);
        let row = |(number, call): (u64, &Call)| CallRow {
            call: number,
            ended: outcome.status_of(number, call).word(),
            words: call_words(call),
            made: made(number).filter(|moment| *moment < self.kept).map_or(0, |moment| moment + 1),
            moment: ends.get(&number).copied().unwrap_or(0),
        };
        calls::numbered(outcome).take(CALL_ROWS_MAX).map(row).collect()
    }

    /// The ways of hung calls. A long run has fewer, because each of them takes a search of the whole run.
    pub fn trails(&self) -> Vec<Trail> {
        let count = CALLS_MAX.min(1 + CALLS_LOOK_MAX / self.kept.max(1));
        let hung = self.recording.outcome.hung_calls.iter().take(count);
        let Some(end) = self.recording.moments.len().checked_sub(1) else { return Vec::new() };
        let calls = Calls::new(self.recording, self.past, end);
        hung.filter_map(|open| {
            let trail = calls.trail(open.call)?;
            let (standing, headline, sentences) = report::why::call_words(self.recording, &trail, Some(end));
            let moments = trail.moments.into_iter().filter(|moment| *moment < self.kept).collect();
            Some(Trail { call: open.call, standing, headline, sentences, moments })
        })
        .collect()
    }

    fn push_warnings(&self, list: &mut Vec<Finding>) {
        for (kind, warning) in &self.recording.outcome.warnings {
            let at = warning.example.at();
            let first =
                (0..self.kept).find(|moment| self.recording.moments[*moment].at == at && self.is_odd(*moment, *kind));
            // The page shows the time beside it.
            let example = warning.example.to_string();
            let example = example.strip_prefix(&format!("at {at} ")).unwrap_or(&example);
            list.push(Finding {
                kind: "warning",
                words: format!("{kind}, {}: {example}", counted(warning.count, "time", "times")),
                moment: first.map_or(0, |moment| moment + 1),
                context: first.map_or(0, |moment| self.recording.moments[moment].context.index() + 1),
                ..Finding::default()
            });
        }
    }

    /// Whether a moment has what a warning reports.
    fn is_odd(&self, moment: MomentId, kind: WarningKind) -> bool {
        self.recording.records(moment).iter().any(|record| match record {
            Record::Signal { again, .. } => *again && kind == WarningKind::DuplicateSignal,
            Record::Error { .. } => kind == WarningKind::LoggedError,
            Record::Skipped { .. } => kind == WarningKind::Skipped,
            Record::Message { message, .. } => {
                let news = self.recording.news(message);
                matches!(news, Some(News::Retract(_))) && kind == WarningKind::DuplicateDel
            }
            _ => false,
        })
    }
}

/// Says how many findings of a kind are left out, and how many of them JSON lists.
fn push_rest(list: &mut Vec<Finding>, kind: &'static str, count: usize, listed: &str) {
    if let Some(rest) = count.checked_sub(LISTED_MAX).filter(|rest| *rest > 0) {
        let words = format!("... and {} more; treequake replay --format json lists {listed}", grouped(rest as u64));
        list.push(Finding { kind, words, rest, ..Finding::default() });
    }
}

/// A wrong entry without its kind, which the page shows as a mark: `master: 5 via 2, should be via 1`.
fn entry(difference: &Difference, truth: Truth) -> String {
    let hop = |hop: Option<ContextId>| hop.map_or_else(|| "nothing".to_owned(), place_name);
    let (via, expected) = (hop(difference.via), hop(difference.expected));
    let what = match difference.kind {
        DifferenceKind::Stale => format!("via {via}, should not exist"),
        DifferenceKind::Missing => format!("should be via {expected}"),
        DifferenceKind::Wrong if via == expected => format!("via {via}, {}", leads_astray(truth)),
        DifferenceKind::Wrong => format!("via {via}, should be via {expected}"),
    };
    format!("{}: {} {what}", place_name(difference.context), place_name(difference.destination))
}

/// A call without its number and its ending: `master to 5, made at 1s, ended at 2s after 1s`.
fn call_words(call: &Call) -> String {
    let (from, to, at) = (place_name(call.from), place_name(call.to), call.at);
    let end = match (call.end, call.took()) {
        (Some(end), Some(took)) => format!(", ended at {} after {took}", end.at),
        _ => String::new(),
    };
    format!("{from} to {to}, made at {at}{end}")
}

fn place_name(id: ContextId) -> String {
    if id == ContextId::MASTER { "master".to_owned() } else { id.to_string() }
}
