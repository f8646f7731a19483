//! Shortens reports: similar items, such as steps at one time or wrong routes of one table, share a line.

use super::{counted, plain, text};
use crate::convergence::Difference;
use crate::process::{ContextId, Truth};
use crate::scenario::expectation::DifferenceKind;
use crate::scenario::{Action, Role};
use std::collections::HashMap;

/// Fewer similar items than this are listed one by one.
const ALIKE_MIN: usize = 3;

/// How many ranges of ids are listed.
const RANGES_MAX: usize = 8;

/// Ids as ranges: `1, 3..502`.
pub fn id_ranges(ids: &[ContextId]) -> String {
    number_ranges(&ids.iter().map(|id| u64::from(id.0)).collect::<Vec<_>>())
}

/// Numbers as ranges: `1, 3..502`.
pub fn number_ranges(numbers: &[u64]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let ranges: Vec<_> = numbers.chunk_by(|one, next| one + 1 == *next).collect();
    let word = |range: &&[u64]| match range {
        [one] => one.to_string(),
        [one, other] => format!("{one}, {other}"),
        range => format!("{}..{}", range[0], range[range.len() - 1]),
    };
    let mut words: Vec<String> = ranges.iter().take(RANGES_MAX).map(word).collect();
    if ranges.len() > RANGES_MAX {
        words.push("...".to_owned());
    }
    words.join(", ")
}

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Taken<'a> {
    /// What it does.
    pub action: Action,
    /// Its label.
    pub label: Option<&'a str>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
}

impl Taken<'_> {
    /// The step in words, on a line of its own.
    fn words(&self) -> String {
        let label = self.label.map(|label| format!(" [{}]", plain(label))).unwrap_or_default();
        let skipped = self.skipped.as_ref().map(|why| format!(" (skipped: {why})")).unwrap_or_default();
        format!("{}{label}{skipped}", self.action)
    }
}

/// Steps at one time, in order. Consecutive steps of one kind share a line, up to the next label: of the steps that a file
/// makes of one step with many `ids`, only the first has its label. Each line comes with the number of its steps.
pub fn steps(steps: &[Taken<'_>]) -> Vec<(String, usize)> {
    let is_alike = |one: &Taken<'_>, next: &Taken<'_>| {
        one.skipped.is_none()
            && next.skipped.is_none()
            && (next.label.is_none() || one.label == next.label)
            && parts(&one.action).is_some_and(|one| Some(one.1) == parts(&next.action).map(|p| p.1))
    };
    let mut lines = Vec::new();
    for group in steps.chunk_by(is_alike) {
        match parts(&group[0].action).filter(|_| group.len() >= ALIKE_MIN) {
            Some((_, [before, behind])) => {
                let ids: Vec<_> = group.iter().filter_map(|step| Some(parts(&step.action)?.0)).collect();
                let count = counted(group.len() as u64, "step", "steps");
                let label = group[0].label.map(|label| format!(" [{}]", plain(label))).unwrap_or_default();
                lines.push((format!("{before} {}{behind}{label} ({count})", id_ranges(&ids)), group.len()));
            }
            None => lines.extend(group.iter().map(|step| (step.words(), 1))),
        }
    }
    lines
}

/// The context that a step is about, and the words before and after its id; `None` for calls and sends, which involve
/// two contexts.
fn parts(action: &Action) -> Option<(ContextId, [String; 2])> {
    if action.kind().role() == Role::Traffic {
        return None;
    }
    let id = action.context();
    let words = action.to_string();
    let (before, behind) = words.split_once(&format!(" {id}"))?;
    Some((id, [before.to_owned(), behind.to_owned()]))
}

/// Wrong routes, in order. Those of one table that are wrong in the same way share a line. Returns up to `most` lines, and
/// how many more there would be.
pub fn differences(differences: &[Difference], truth: Truth, most: usize) -> (Vec<String>, usize) {
    let (mut lines, mut count) = (Vec::new(), 0);
    // Differences are sorted by context, so each table is one chunk.
    for table in differences.chunk_by(|one, next| one.context == next.context) {
        let mut groups: Vec<(Way, Vec<&Difference>)> = Vec::new();
        let mut places = HashMap::new();
        for difference in table {
            let way = Way::of(difference);
            let place = *places.entry(way).or_insert(groups.len());
            if place == groups.len() {
                groups.push((way, Vec::new()));
            }
            groups[place].1.push(difference);
        }
        for (way, group) in groups {
            let is_short = group.len() < ALIKE_MIN;
            count += if is_short { group.len() } else { 1 };
            let left = most - lines.len();
            if is_short {
                lines.extend(group.into_iter().take(left).map(|one| text::difference(one, truth)));
            } else if left > 0 {
                lines.push(way.words(&group, truth));
            }
        }
    }
    let rest = count - lines.len();
    (lines, rest)
}

/// How an entry is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Way {
    kind: DifferenceKind,
    via: Option<Hop>,
    expected: Option<Hop>,
}

/// A next hop.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Hop {
    /// The destination itself.
    Itself,
    Other(ContextId),
}

impl Way {
    fn of(difference: &Difference) -> Self {
        let hop = |hop: Option<ContextId>| {
            hop.map(|hop| if hop == difference.destination { Hop::Itself } else { Hop::Other(hop) })
        };
        Way { kind: difference.kind, via: hop(difference.via), expected: hop(difference.expected) }
    }

    fn words(self, group: &[&Difference], truth: Truth) -> String {
        let hop = |hop: Option<Hop>| match hop {
            Some(Hop::Itself) => "themselves".to_owned(),
            Some(Hop::Other(id)) => id.to_string(),
            None => "nothing".to_owned(),
        };
        let (via, expected) = (hop(self.via), hop(self.expected));
        let ids: Vec<_> = group.iter().map(|difference| difference.destination).collect();
        let (context, ids) = (group[0].context, id_ranges(&ids));
        let count = counted(group.len() as u64, "route", "routes");
        match self.kind {
            DifferenceKind::Stale => {
                format!("stale: context {context} still has routes to {ids}, via {via} ({count})")
            }
            DifferenceKind::Missing => {
                format!("missing: context {context} has no routes to {ids}, should be via {expected} ({count})")
            }
            DifferenceKind::Wrong => {
                let should = format!("should be via {expected}");
                let expected = if self.via == self.expected { text::leads_astray(truth) } else { &should };
                format!("wrong: context {context} routes to {ids} via {via}, {expected} ({count})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that similar items share a line, that others do not, and that nothing is lost.
    #[test]
    fn alike_is_one_line() {
        let step = |action| Taken { action, label: None, skipped: None };
        let kill = |id| step(Action::Kill { id: ContextId(id) });
        let heal = |id| step(Action::Heal { id: ContextId(id) });
        let skipped = Taken { skipped: Some("it is dead".to_owned()), ..kill(5) };
        let lines = steps(&[kill(1), kill(3), kill(4), kill(2), skipped, kill(6), kill(7), heal(7)]);
        let expected = ["kill 1..4 (4 steps)", "kill 5 (skipped: it is dead)", "kill 6", "kill 7", "heal 7"];
        assert_eq!(lines, expected.map(str::to_owned).into_iter().zip([4, 1, 1, 1, 1]).collect::<Vec<_>>());
        let labelled = |id, label| Taken { label: Some(label), ..kill(id) };
        let lines =
            steps(&[labelled(1, "a"), kill(2), kill(3), labelled(4, "b"), labelled(5, "b"), kill(6), labelled(7, "c")]);
        let expected = ["kill 1..3 [a] (3 steps)", "kill 4..6 [b] (3 steps)", "kill 7 [c]"];
        assert_eq!(lines, expected.map(str::to_owned).into_iter().zip([3, 3, 1]).collect::<Vec<_>>());
        let stale = |destination, via| Difference {
            context: ContextId(0),
            destination: ContextId(destination),
            kind: DifferenceKind::Stale,
            via: Some(ContextId(via)),
            expected: None,
        };
        let all = [stale(1, 1), stale(2, 1), stale(3, 3), stale(4, 1), stale(7, 1), stale(8, 8), stale(9, 9)];
        let truth = Truth::Tables;
        let lines = [
            "stale: context 0 still has routes to 1, 3, 8, 9, via themselves (4 routes)",
            "stale: context 0 still has routes to 2, 4, 7, via 1 (3 routes)",
        ];
        assert_eq!(differences(&all, truth, 9), (lines.map(str::to_owned).into(), 0));
        assert_eq!(differences(&all, truth, 1), (vec![lines[0].to_owned()], 1));
        let [first, second, ..] = all;
        assert_eq!(differences(&[first, second], truth, 1), (vec![text::difference(&first, truth)], 1));
    }
}
