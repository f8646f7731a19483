//! Entries of route tables that differ from the truth, in words. Those of one table that are wrong in the same way share a
//! line.

use super::alike::{ALIKE_MIN, id_ranges};
use super::counted;
use crate::convergence::Difference;
use crate::process::{ContextId, Truth};
use crate::scenario::expectation::DifferenceKind;
use std::collections::HashMap;

/// Wrong routes, in order. Those of one table that are wrong in the same way share a line. Returns up to `most` lines, and
/// how many more there would be.
pub fn lines(differences: &[Difference], truth: Truth, most: usize) -> (Vec<String>, usize) {
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
                lines.extend(group.into_iter().take(left).map(|one| line(one, truth)));
            } else if left > 0 {
                lines.push(way.words(&group, truth));
            }
        }
    }
    let rest = count - lines.len();
    (lines, rest)
}

/// An entry that differs from the truth, in words.
pub fn line(d: &Difference, truth: Truth) -> String {
    let hop = |hop: Option<_>| hop.map_or_else(|| "nothing".to_owned(), |id| format!("{id}"));
    let (context, destination) = (d.context, d.destination);
    match d.kind {
        DifferenceKind::Stale => {
            format!("stale: context {context} still has a route to {destination}, via {}", hop(d.via))
        }
        DifferenceKind::Missing => {
            format!("missing: context {context} has no route to {destination}, should be via {}", hop(d.expected))
        }
        DifferenceKind::Wrong => {
            let should = format!("should be via {}", hop(d.expected));
            let expected = if d.via == d.expected { leads_astray(truth) } else { &should };
            format!("wrong: context {context} routes to {destination} via {}, {expected}", hop(d.via))
        }
    }
}

/// What is wrong with an entry that leads through the neighbour that it should.
pub fn leads_astray(truth: Truth) -> &'static str {
    if truth == Truth::Reach { "but the way fails further on" } else { "over the link of a dead process" }
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
                let expected = if self.via == self.expected { leads_astray(truth) } else { &should };
                format!("wrong: context {context} routes to {ids} via {via}, {expected} ({count})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that similar entries share a line, that others do not, and that nothing is lost.
    #[test]
    fn alike_is_one_line() {
        let stale = |destination, via| Difference {
            context: ContextId(0),
            destination: ContextId(destination),
            kind: DifferenceKind::Stale,
            via: Some(ContextId(via)),
            expected: None,
        };
        let all = [stale(1, 1), stale(2, 1), stale(3, 3), stale(4, 1), stale(7, 1), stale(8, 8), stale(9, 9)];
        let truth = Truth::Tables;
        let words = [
            "stale: context 0 still has routes to 1, 3, 8, 9, via themselves (4 routes)",
            "stale: context 0 still has routes to 2, 4, 7, via 1 (3 routes)",
        ];
        assert_eq!(lines(&all, truth, 9), (words.map(str::to_owned).into(), 0));
        assert_eq!(lines(&all, truth, 1), (vec![words[0].to_owned()], 1));
        let [first, second, ..] = all;
        assert_eq!(lines(&[first, second], truth, 1), (vec![line(&first, truth)], 1));
    }
}
