//! What is alike is one line: steps of one time, and wrong routes, of many contexts.

use super::counted;
use crate::convergence::Difference;
use crate::process::ContextId;
use crate::scenario::expectation::DifferenceKind;
use crate::scenario::{Action, Role};

/// From so many on, what is alike is one line.
const ALIKE_MIN: usize = 3;

/// So many ranges of ids are named.
const RANGES_MAX: usize = 8;

/// Ids as ranges: `1, 3..502`.
pub fn id_ranges(ids: &[ContextId]) -> String {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let ranges: Vec<_> = ids.chunk_by(|one, next| one.0 + 1 == next.0).collect();
    let word = |range: &&[ContextId]| match range {
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

/// Steps of one time in their order, each with why it was skipped, if it was. Those of one kind right behind each other
/// are one line.
pub fn steps(steps: &[(Action, Option<String>)]) -> Vec<String> {
    let is_alike = |one: &(Action, Option<String>), next: &(Action, Option<String>)| {
        one.1.is_none()
            && next.1.is_none()
            && parts(&one.0).is_some_and(|one| Some(one.1) == parts(&next.0).map(|p| p.1))
    };
    let mut lines = Vec::new();
    for group in steps.chunk_by(is_alike) {
        match parts(&group[0].0).filter(|_| group.len() >= ALIKE_MIN) {
            Some((_, [before, behind])) => {
                let ids: Vec<_> = group.iter().filter_map(|(action, _)| Some(parts(action)?.0)).collect();
                let count = counted(group.len() as u64, "step", "steps");
                lines.push(format!("{before} {}{behind} ({count})", id_ranges(&ids)));
            }
            None => lines.extend(group.iter().map(|(action, skipped)| match skipped {
                Some(why) => format!("{action} (skipped: {why})"),
                None => action.to_string(),
            })),
        }
    }
    lines
}

/// Whom a step is about, and what is said before and behind that; `None` of calls and sends, which are about two.
fn parts(action: &Action) -> Option<(ContextId, [String; 2])> {
    if action.kind().role() == Role::Traffic {
        return None;
    }
    let id = action.context();
    let words = action.to_string();
    let (before, behind) = words.split_once(&format!(" {id}"))?;
    Some((id, [before.to_owned(), behind.to_owned()]))
}

/// Wrong routes, in their order; those of one table that are wrong in the same way are one line, `one` says how one is.
pub fn differences(differences: &[Difference], one: impl Fn(&Difference) -> String) -> Vec<String> {
    let mut groups: Vec<(Way, Vec<&Difference>)> = Vec::new();
    // By context: so a group is near.
    for table in differences.chunk_by(|one, next| one.context == next.context) {
        let start = groups.len();
        for difference in table {
            let way = Way::of(difference);
            match groups[start..].iter_mut().find(|(other, _)| *other == way) {
                Some((_, group)) => group.push(difference),
                None => groups.push((way, vec![difference])),
            }
        }
    }
    let mut lines = Vec::new();
    for (way, group) in groups {
        if group.len() < ALIKE_MIN {
            lines.extend(group.into_iter().map(&one));
        } else {
            lines.push(way.words(&group));
        }
    }
    lines
}

/// In which way an entry is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    kind: DifferenceKind,
    via: Option<Hop>,
    expected: Option<Hop>,
}

/// A next hop.
#[derive(Clone, Copy, PartialEq, Eq)]
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

    fn words(self, group: &[&Difference]) -> String {
        let hop = |hop: Option<Hop>| match hop {
            Some(Hop::Itself) => "itself".to_owned(),
            Some(Hop::Other(id)) => id.to_string(),
            None => "nothing".to_owned(),
        };
        let (via, expected) = (hop(self.via), hop(self.expected));
        let ids: Vec<_> = group.iter().map(|difference| difference.destination).collect();
        let (context, ids, count) = (group[0].context, id_ranges(&ids), group.len());
        match self.kind {
            DifferenceKind::Stale => {
                format!("stale: context {context} still reaches for {ids} via {via} ({count} routes)")
            }
            DifferenceKind::Missing => {
                format!("missing: context {context} has no route to {ids}, each via {expected} ({count} routes)")
            }
            DifferenceKind::Wrong => {
                let dead = if self.via == self.expected { ", by the link of a dead process" } else { "" };
                format!(
                    "wrong: context {context} reaches for {ids} via {via}{dead}; each is via {expected} ({count} routes)"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that what is alike is one line, that what is not stands by itself, and that nothing is lost.
    #[test]
    fn alike_is_one_line() {
        let kill = |id| (Action::Kill { id: ContextId(id) }, None);
        let heal = |id| (Action::Heal { id: ContextId(id) }, None);
        let skipped = (Action::Kill { id: ContextId(5) }, Some("it is dead".to_owned()));
        let lines = steps(&[kill(1), kill(3), kill(4), kill(2), skipped, kill(6), kill(7), heal(7)]);
        assert_eq!(lines, ["kill 1..4 (4 steps)", "kill 5 (skipped: it is dead)", "kill 6", "kill 7", "heal 7"]);
        let stale = |destination, via| Difference {
            context: ContextId(0),
            destination: ContextId(destination),
            kind: DifferenceKind::Stale,
            via: Some(ContextId(via)),
            expected: None,
        };
        let all = [stale(1, 1), stale(2, 1), stale(3, 3), stale(4, 1), stale(7, 1), stale(8, 8), stale(9, 9)];
        let lines = differences(&all, |difference| format!("stale {}", difference.destination));
        assert_eq!(
            lines,
            [
                "stale: context 0 still reaches for 1, 3, 8, 9 via itself (4 routes)",
                "stale: context 0 still reaches for 2, 4, 7 via 1 (3 routes)",
            ]
        );
    }
}
