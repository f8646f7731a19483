//! Simplifications of lists of latencies: one latency in the place of both, or shorter lists.

use super::parts;
use super::search::Search;
use crate::scenario::latency::{Latency, Lists};
use crate::scenario::link::LinkOptions;
use crate::time::Span;
use std::ops::Range;
use std::sync::Arc;

/// Each latency of a list that is no longer than this is left out by itself.
const SHORT: usize = 32;

/// Shortens the lists of each link, as long as something can go.
pub(super) fn shorter(search: &mut Search<'_>) {
    for place in 0..parts::contexts(&search.best) {
        while shorten(search, place) {}
    }
}

/// Shortens the lists of one link, by its place among all connects. Returns whether something could go.
fn shorten(search: &mut Search<'_>, place: usize) -> bool {
    let Some(connect) = parts::connects(&search.best).nth(place) else { return false };
    let options = *search.best.catalog.link_options(connect.link);
    let Latency::Listed(lists) = options.latency else { return false };
    let lists = lists.map(|list| Arc::clone(search.best.catalog.latencies(list)));
    let mut only: Vec<Span> =
        [&lists.down, &lists.up].iter().flat_map(|list| [list[0], list[list.len() - 1]]).collect();
    only.sort_unstable();
    only.dedup();
    let constants = only.iter().map(|latency| Lists { down: vec![*latency], up: vec![*latency] });
    let downs = cuts(lists.down.len()).into_iter().map(|cut| without(&lists.down, cut));
    let ups = cuts(lists.up.len()).into_iter().map(|cut| without(&lists.up, cut));
    let shorter = constants
        .chain(downs.map(|down| Lists { down, up: lists.up.to_vec() }))
        .chain(ups.map(|up| Lists { down: lists.down.to_vec(), up }));
    for Lists { down, up } in shorter {
        let mut candidate = search.best.clone();
        let latency = candidate.catalog.listed(Lists { down: &down, up: &up });
        let link = candidate.catalog.link_like(connect.link, LinkOptions { latency, ..options });
        parts::change_connect(&mut candidate, place, |connect| connect.link = link);
        if search.offer(candidate) {
            return true;
        }
    }
    false
}

/// What can be cut out of a list so that something is left, the most first.
fn cuts(len: usize) -> Vec<Range<usize>> {
    let half = len / 2;
    let single = if len <= SHORT { len } else { 0 };
    let all = [0..len - 1, 1..len, half..len, 0..half].into_iter().chain((0..single).map(|place| place..place + 1));
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for cut in all {
        if !cut.is_empty() && cut.len() < len && !cuts.contains(&cut) {
            cuts.push(cut);
        }
    }
    cuts
}

fn without(list: &[Span], cut: Range<usize>) -> Vec<Span> {
    [&list[..cut.start], &list[cut.end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::class::Kind;
    use crate::fuzz::shrink::parts::tests::story;
    use crate::fuzz::shrink::search::Goal;
    use crate::scenario::Scenario;
    use std::ops::ControlFlow;

    /// Proves that each cut leaves something, that large cuts come first, and that long lists are only cut into pieces.
    #[test]
    fn cuts_leave_something() {
        assert!(cuts(1).is_empty());
        assert_eq!(cuts(2), [0..1, 1..2]);
        assert_eq!(cuts(4), [0..3, 1..4, 2..4, 0..2, 0..1, 1..2, 2..3, 3..4]);
        assert_eq!(cuts(1_000), [0..999, 1..1_000, 500..1_000, 0..500]);
        let list = [1, 2, 3, 4].map(Span::from_ms);
        assert_eq!(without(&list, 1..3), [1, 4].map(Span::from_ms));
    }
    /// Keeps a latency of 20 ms in the list of what is sent up.
    struct IsSlow;

    impl Goal for IsSlow {
        fn kind(&self) -> Option<Kind> {
            None
        }

        fn is_kept_by(&mut self, scenario: &Scenario, _: &mut dyn FnMut(u64) -> ControlFlow<()>) -> (bool, u64) {
            let latency = scenario.catalog.link_options(scenario.contexts[0].link).latency;
            let Latency::Listed(lists) = latency else { return (false, 1) };
            (scenario.catalog.latencies(lists.up).contains(&Span::from_ms(20)), 1)
        }
    }

    /// Proves that of two lists only what matters is left.
    #[test]
    fn lists_get_short() {
        let mut scenario = story(&[(1, 0)], &[]);
        let ms = |ms: std::ops::Range<u64>| ms.map(Span::from_ms).collect::<Vec<_>>();
        let latency = scenario.catalog.listed(Lists { down: &ms(1..50), up: &ms(3..70) });
        let options = LinkOptions { latency, ..LinkOptions::constant(Span::from_ms(1)) };
        scenario.contexts[0].link = scenario.catalog.link(options);
        let (mut goal, mut watch) = (IsSlow, |_| ControlFlow::Continue(()));
        let mut search = Search::new(&scenario, &mut goal, &mut watch);
        shorter(&mut search);
        let best = &search.best;
        let Latency::Listed(lists) = best.catalog.link_options(best.contexts[0].link).latency else {
            panic!("no lists")
        };
        let lists = lists.map(|list| best.catalog.latencies(list).to_vec());
        assert_eq!(lists, Lists { down: ms(49..50), up: ms(20..21) });
    }
}
