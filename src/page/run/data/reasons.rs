//! Why entries were wrong, which a run page cannot find out by itself. For each interval in which an entry was wrong,
//! [`crate::why`] answers one question about its end, in the words of [`report::why`].

use super::columns::{Deltas, Words};
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{Change, Moment, MomentId, Recording};
use crate::report;
use crate::why::{Entries, Past};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A page explains one interval for this many of its moments: first those that last to its end, then the longest. So
/// the reasons stay a small part of a page.
const MOMENTS_PER_REASON: usize = 16;

/// A page has room for this many reasons, even if it is short.
const REASONS_MIN: usize = 250;

/// A page never has more reasons than this.
const REASONS_MAX: usize = 2_000;

/// The reasons, in the order of the moments that they are about.
#[derive(Debug, Default, Serialize)]
pub(super) struct Reasons {
    /// How many intervals there are, with a reason or without.
    intervals: usize,
    context: Deltas,
    route: Deltas,
    /// The moment in which the entry turned wrong.
    first: Deltas,
    /// The last moment after which it was wrong.
    last: Deltas,
    /// The moment that the reason is about.
    asked: Deltas,
    /// Places in `words`: the standing, the headline, and the sentences.
    standing: Vec<u32>,
    headline: Vec<u32>,
    sentences: Vec<Vec<u32>>,
    /// The moments that matter: these, and all that led to them.
    tips: Vec<Vec<MomentId>>,
}

/// Moments in a row after which one entry was wrong.
#[derive(Clone, Copy, Debug)]
struct Interval {
    context: Incarnation,
    route: ContextId,
    first: MomentId,
    last: MomentId,
}

impl Interval {
    /// The moment to ask about. It is the last one with which a time is over: the command line takes times, and so
    /// gives the same answer. An interval without such a moment has its last.
    fn asked(self, recording: &Recording<'_>) -> MomentId {
        let at = recording.moments[self.last].at;
        if recording.moment_at(at) == Some(self.last) {
            return self.last;
        }
        let before = recording.moments.partition_point(|moment| moment.at < at).checked_sub(1);
        before.filter(|before| *before >= self.first).unwrap_or(self.last)
    }

    /// What comes first on a page of `kept` moments sorts first.
    fn rank(self, recording: &Recording<'_>, kept: usize) -> impl Ord + use<> {
        let Interval { context, route, first, last } = self;
        let at = |moment: MomentId| recording.moments[moment].at.as_ns();
        let is_over = last + 1 < kept;
        let end = if is_over { last + 1 } else { last };
        (is_over, Reverse(at(end) - at(first)), first, context, route)
    }
}

/// The reasons of a page of `kept` moments.
pub(super) fn reasons(recording: &Recording<'_>, past: &Past, kept: usize, words: &mut Words) -> Reasons {
    let mut intervals = intervals(recording, kept);
    let mut reasons = Reasons { intervals: intervals.len(), ..Reasons::default() };
    intervals.sort_by_cached_key(|interval| interval.rank(recording, kept));
    intervals.truncate((kept / MOMENTS_PER_REASON).clamp(REASONS_MIN, REASONS_MAX));
    intervals.sort_by_key(|interval| (interval.asked(recording), interval.context, interval.route));
    let routes: BTreeSet<_> = intervals.iter().map(|interval| interval.route).collect();
    let mut entries = Entries::new(recording, past, routes);
    for interval in intervals {
        let (Interval { context, route, first, last }, asked) = (interval, interval.asked(recording));
        let why = entries.why(context, route, Some(asked));
        let (standing, headline, sentences) = report::why::entry_words(recording, &why);
        reasons.context.push(context.0);
        reasons.route.push(route.0);
        reasons.first.push(first as i128);
        reasons.last.push(last as i128);
        reasons.asked.push(asked as i128);
        reasons.standing.push(words.place(standing.to_owned()));
        reasons.headline.push(words.place(headline));
        reasons.sentences.push(sentences.into_iter().map(|sentence| words.place(sentence)).collect());
        reasons.tips.push(tips(past, &why.moments));
    }
    reasons
}

/// All intervals within the first `kept` moments, as far as the run has followed what is wrong. A context that leaves the tree, or dies, ends those of its entries.
fn intervals(recording: &Recording<'_>, kept: usize) -> Vec<Interval> {
    let is_lost = |moment: &Moment| moment.wrong.is_none();
    let kept = recording.moments[..kept].iter().position(is_lost).unwrap_or(kept);
    let mut intervals = Vec::new();
    let mut open: BTreeMap<Incarnation, BTreeMap<ContextId, MomentId>> = BTreeMap::new();
    let mut close = |context, route, first, end: MomentId| {
        if first < end {
            intervals.push(Interval { context, route, first, last: end - 1 });
        }
    };
    let mut gone = BTreeSet::new();
    for moment in 0..kept {
        for change in recording.changes(moment) {
            if let Change::Died(context) | Change::Left(context) = *change {
                gone.insert(context);
                let ended = open.remove(&context).unwrap_or_default();
                ended.into_iter().for_each(|(route, first)| close(context, route, first, moment));
            }
        }
        for turn in recording.turns(moment).iter().filter(|turn| !gone.contains(&turn.context)) {
            let of_context = open.entry(turn.context).or_default();
            if turn.is_wrong {
                of_context.entry(turn.destination).or_insert(moment);
            } else if let Some(first) = of_context.remove(&turn.destination) {
                close(turn.context, turn.destination, first, moment);
            }
        }
    }
    for (context, of_context) in open {
        of_context.into_iter().for_each(|(route, first)| close(context, route, first, kept));
    }
    intervals
}

/// Those of `moments` that led to no other of them.
fn tips(past: &Past, moments: &[MomentId]) -> Vec<MomentId> {
    let origins: BTreeSet<_> = moments.iter().filter_map(|moment| past.origin(*moment)).collect();
    moments.iter().copied().filter(|moment| !origins.contains(moment)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::record;
    use crate::scenario::link::LinkOptions;
    use crate::scenario::{Catalog, Connect, Scenario};
    use crate::time::Span;

    /// Proves that a page with more intervals than it has room for explains the longest, and says how many there are.
    #[test]
    fn the_longest_come_first() {
        let mut catalog = Catalog::default();
        let link = catalog.link(LinkOptions::constant(Span::from_ms(1)));
        let connect = |id| Connect { id: ContextId(id), parent: ContextId(id - 1), name: None, link };
        let scenario = Scenario::new(catalog, (1..80).map(connect).collect(), Vec::new());
        let recording = record(&scenario).unwrap();
        let kept = recording.moments.len();
        let reasons = reasons(&recording, &Past::of(&recording), kept, &mut Words::default());
        assert_eq!(reasons.tips.len(), (kept / MOMENTS_PER_REASON).max(REASONS_MIN));
        assert!(reasons.intervals > reasons.tips.len(), "{}", reasons.intervals);
        // The news of a context goes up one link in a millisecond, so the entries that lack it longest are far above.
        let mut all = intervals(&recording, kept);
        all.sort_by_cached_key(|interval| interval.rank(&recording, kept));
        let depth = |interval: &Interval| i64::from(interval.route.0) - i64::from(interval.context.0);
        assert!(all.is_sorted_by(|one, next| depth(one) >= depth(next)));
    }
}
