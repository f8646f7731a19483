//! Removals: of steps, of contexts with everything below them, and of contexts out of chains.

use super::parts;
use super::search::Search;
use crate::process::ContextId;
use crate::scenario::{Action, Scenario};

/// Tries all removals, the biggest first. If it keeps none, then no single removal keeps the failure.
pub(super) fn all(search: &mut Search<'_>) {
    steps(search);
    contexts(search);
    splices(search);
    merges(search);
    pairs(search);
}

/// The sizes of parts to remove: all, halves, quarters, and so on down to one.
fn sizes(count: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(count), |size| (*size > 1).then(|| size.div_ceil(2)))
}

/// Removes steps in chunks, the last first, as the least depends on late steps.
fn steps(search: &mut Search<'_>) {
    for size in sizes(search.best.events.len()).filter(|size| *size > 0) {
        let mut end = search.best.events.len();
        while end > 0 && !search.is_over {
            let start = end.saturating_sub(size);
            let left = parts::without_events(&search.best, start..end);
            search.offer(left);
            end = start;
        }
    }
}

/// Removes contexts in chunks, with everything below them and the steps that name them.
fn contexts(search: &mut Search<'_>) {
    let ids = parts::ids(&search.best);
    for size in sizes(ids.len()).filter(|size| *size > 0) {
        for chunk in ids.rchunks(size) {
            let there: Vec<ContextId> = parts::ids(&search.best).into_iter().filter(|id| chunk.contains(id)).collect();
            if !there.is_empty() && !search.is_over {
                let gone = parts::with_all_below(&search.best, &there);
                let left = parts::without_ids(&search.best, &gone);
                search.offer(left);
            }
        }
    }
}

/// Removes contexts out of chains: their children move to their parents. Steps that name such a context are removed, or
/// name its parent or its first child instead.
fn splices(search: &mut Search<'_>) {
    for id in parts::ids(&search.best).into_iter().rev() {
        let Some(candidates) = spliced(&search.best, id) else { continue };
        for candidate in candidates {
            if search.offer(candidate) {
                break;
            }
        }
    }
}

fn spliced(scenario: &Scenario, id: ContextId) -> Option<[Scenario; 3]> {
    let parent = parts::connects(scenario).find(|connect| connect.id == id)?.parent;
    let child = parts::connects(scenario).find(|connect| connect.parent == id).map_or(parent, |child| child.id);
    let is_own = |action: &Action| matches!(action, Action::Connect(connect) if connect.id == id);
    let mut left = scenario.clone();
    left.contexts.retain(|context| context.id != id);
    left.events.retain(|step| !is_own(&step.action));
    parts::each_connect(&mut left, |connect| {
        if connect.parent == id {
            connect.parent = parent;
        }
    });
    let to = |other: ContextId| parts::with_ids(&left, |named| *named = if *named == id { other } else { *named });
    let nobody = parts::without_ids(&left, &[id].into());
    Some([nobody, to(parent), to(child)])
}

/// Puts one context in the place of another: the master or the parent takes over the messages of a context, which may
/// then turn out to be needless.
fn merges(search: &mut Search<'_>) {
    for id in parts::ids(&search.best).into_iter().rev() {
        let Some(own) = parts::connects(&search.best).find(|connect| connect.id == id) else { continue };
        for other in [ContextId::MASTER, own.parent] {
            let moved = with_messages_of(&search.best, id, other);
            let gone = parts::with_all_below(&moved, &[id]);
            let left = parts::without_ids(&moved, &gone);
            if search.offer(left) {
                break;
            }
        }
    }
}

/// The scenario with `other` in the place of `id` wherever messages are sent or received.
fn with_messages_of(scenario: &Scenario, id: ContextId, other: ContextId) -> Scenario {
    let mut changed = scenario.clone();
    for step in &mut changed.events {
        if let Action::Send { .. } | Action::Call { .. } | Action::Shutdown { .. } = step.action {
            step.action.each_id(|named| *named = if *named == id { other } else { *named });
        }
    }
    changed
}

/// Removes pairs of steps: a cut and its heal, or a connect and a kill, can only go together. Only small scenarios are
/// tried, which bounds the number of pairs.
fn pairs(search: &mut Search<'_>) {
    const STEPS_MAX: usize = 24;
    if search.best.events.len() > STEPS_MAX {
        return;
    }
    let mut second = search.best.events.len();
    while second > 1 && !search.is_over {
        second -= 1;
        for first in (0..second).rev() {
            let mut left = search.best.clone();
            left.events.remove(second);
            left.events.remove(first);
            if search.offer(left) {
                second = second.min(search.best.events.len());
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::shrink::parts::tests::{kill, send, story};

    /// Proves that sizes go down to one, for any number of parts.
    #[test]
    fn every_size_ends_in_one() {
        assert_eq!(sizes(7).collect::<Vec<_>>(), [7, 4, 2, 1]);
        assert_eq!(sizes(1).collect::<Vec<_>>(), [1]);
    }

    /// Proves what happens when a context leaves a chain: its child moves to its parent, and its steps go, or name its
    /// parent, or name its child.
    #[test]
    fn a_chain_closes_over_what_is_taken_out() {
        let chain = story(&[(1, 0), (2, 1), (3, 2)], &[kill(2), send(0, 3)]);
        let candidates = spliced(&chain, ContextId(2)).unwrap();
        let expected = [vec![send(0, 3)], vec![kill(1), send(0, 3)], vec![kill(3), send(0, 3)]];
        for (candidate, steps) in candidates.into_iter().zip(expected) {
            assert_eq!(candidate, story(&[(1, 0), (3, 1)], &steps));
        }
        assert!(spliced(&chain, ContextId(9)).is_none());
    }

    /// Proves that another context takes over messages, and that other steps still name the context.
    #[test]
    fn another_speaks_in_its_place() {
        let before = story(&[(1, 0), (2, 1)], &[kill(2), send(2, 1), send(0, 2)]);
        let after = story(&[(1, 0), (2, 1)], &[kill(2), send(1, 1), send(0, 1)]);
        assert_eq!(with_messages_of(&before, ContextId(2), ContextId(1)), after);
    }
}
