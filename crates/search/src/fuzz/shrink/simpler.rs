//! Simplifications of what removals leave: links, kinds of steps, names, times, ids.

use super::lists;
use super::parts::{self, change_connect};
use super::search::Search;
use crate::draw::Distribution;
use crate::fuzz::class::Kind;
use crate::process::{ContextId, Data, Name};
use crate::scenario::latency::Latency;
use crate::scenario::link::LinkOptions;
use crate::scenario::{Action, Catalog, DEFAULT_LATENCY, DEFAULT_MAX_EVENTS, LinkId, Scenario, Step};
use crate::time::Time;
use std::collections::BTreeMap;

const MS: u64 = 1_000_000;

/// Tries all simplifications, those of the whole scenario first.
pub(super) fn all(search: &mut Search<'_>) {
    most_events(search);
    search.offer(Scenario { unidirectional: false, ..search.best.clone() });
    links(search);
    names(search);
    kinds(search);
    data(search);
    earlier(search);
    shallower(search);
    peers(search);
    times(search);
    ids(search);
}

/// Lowers the limit of events for a storm, as far as it is still proven to be one.
pub(super) fn most_events(search: &mut Search<'_>) {
    if search.kind() != Some(Kind::Storm) {
        return;
    }
    let max_events = 1_000 * (search.best.step_count() as u64 + 1);
    if max_events < search.best.max_events.unwrap_or(DEFAULT_MAX_EVENTS) {
        search.offer(Scenario { max_events: Some(max_events), ..search.best.clone() });
    }
}

/// Makes all links plain, or else each link by itself: no keepalive, no bandwidth, a latency of 1ms.
fn links(search: &mut Search<'_>) {
    let mut all = search.best.clone();
    let mut catalog = all.catalog.clone();
    let plain = LinkOptions::constant(DEFAULT_LATENCY);
    parts::each_connect(&mut all, |connect| connect.link = catalog.link_like(connect.link, plain));
    all.catalog = catalog;
    if search.offer(all) {
        return;
    }
    for place in 0..parts::contexts(&search.best) {
        let Some(connect) = parts::connects(&search.best).nth(place) else { break };
        for options in simpler_links(search.best.catalog.link_options(connect.link), &search.best.catalog) {
            let mut candidate = search.best.clone();
            let link = candidate.catalog.link_like(connect.link, options);
            change_connect(&mut candidate, place, |connect| connect.link = link);
            if search.offer(candidate) {
                break;
            }
        }
    }
    lists::shorter(search);
    one_latency(search);
}

/// Makes links like other links of the scenario, so that it has fewer kinds of links.
fn one_latency(search: &mut Search<'_>) {
    for place in 0..parts::contexts(&search.best) {
        let links: Vec<LinkId> = parts::connects(&search.best).map(|connect| connect.link).collect();
        for link in &links {
            let mut candidate = search.best.clone();
            let link = candidate.catalog.link_like(links[place], *search.best.catalog.link_options(*link));
            if link == links[place] {
                continue;
            }
            parts::each_connect(&mut candidate, |connect| {
                if connect.link == links[place] {
                    connect.link = link;
                }
            });
            if search.offer(candidate) {
                break;
            }
        }
    }
}

/// Simpler links, the simplest first.
fn simpler_links(options: &LinkOptions, catalog: &Catalog) -> Vec<LinkOptions> {
    let middle = match options.latency {
        Latency::Model(Distribution::Constant(latency)) => latency,
        Latency::Model(Distribution::Uniform { min, .. } | Distribution::Exponential { min, .. }) => min,
        Latency::Model(Distribution::LogNormal { median, .. }) => median,
        Latency::Listed(lists) => catalog.latencies(lists.down).last().copied().unwrap_or(DEFAULT_LATENCY),
    };
    let constant = LinkOptions { latency: Distribution::Constant(middle).into(), ..*options };
    let fast = LinkOptions { latency: Distribution::Constant(DEFAULT_LATENCY).into(), ..*options };
    let all = [
        LinkOptions::constant(DEFAULT_LATENCY),
        LinkOptions::constant(middle),
        LinkOptions { keepalive: None, ..fast },
        LinkOptions { bandwidth: None, ..fast },
        fast,
        constant,
        LinkOptions { keepalive: None, ..*options },
        LinkOptions { bandwidth: None, ..*options },
    ];
    all.into_iter().filter(|simpler| simpler != options).collect()
}

fn names(search: &mut Search<'_>) {
    let mut all = search.best.clone();
    parts::each_connect(&mut all, |connect| connect.name = Some(Name::OF_CONTEXT));
    if search.offer(all) {
        return;
    }
    for place in 0..parts::contexts(&search.best) {
        let mut candidate = search.best.clone();
        change_connect(&mut candidate, place, |connect| connect.name = Some(Name::OF_CONTEXT));
        search.offer(candidate);
    }
}

/// Tries other actions in the place of each step.
fn each_step<const N: usize>(search: &mut Search<'_>, others: impl Fn(&Action) -> [Option<Action>; N]) {
    for place in (0..search.best.events.len()).rev() {
        let Some(step) = search.best.events.get(place) else { continue };
        for action in others(&step.action).into_iter().flatten() {
            let mut candidate = search.best.clone();
            candidate.events[place].action = action;
            if search.offer(candidate) {
                break;
            }
        }
    }
}

/// Makes each step simpler: see [`Action::simpler`].
fn kinds(search: &mut Search<'_>) {
    each_step(search, Action::simpler);
}

fn data(search: &mut Search<'_>) {
    each_step(search, |action| match *action {
        Action::Send { from, to, .. } => [Some(Action::Send { from, to, data: Data::default() }), None],
        Action::Call { from, to, data } => [
            Some(Action::Call { from, to, data: Data::default() }),
            Some(Action::Call { from, to, data: Data { len: 0, ..data } }),
        ],
        _ => [None, None],
    });
}

/// Moves late connects to the start.
fn earlier(search: &mut Search<'_>) {
    for place in (0..search.best.events.len()).rev() {
        let Some(Step { action: Action::Connect(connect), .. }) = search.best.events.get(place).copied() else {
            continue;
        };
        if search.best.contexts.iter().any(|context| context.id == connect.id) {
            continue;
        }
        let mut candidate = parts::without_events(&search.best, place..place + 1);
        candidate.contexts.push(connect);
        search.offer(candidate);
    }
}

/// Moves contexts one level up, or below the master.
fn shallower(search: &mut Search<'_>) {
    for place in 0..parts::contexts(&search.best) {
        let above: BTreeMap<ContextId, ContextId> =
            parts::connects(&search.best).map(|connect| (connect.id, connect.parent)).collect();
        let Some(connect) = parts::connects(&search.best).nth(place) else { break };
        for parent in [Some(&ContextId::MASTER), above.get(&connect.parent)].into_iter().flatten() {
            let mut candidate = search.best.clone();
            change_connect(&mut candidate, place, |connect| connect.parent = *parent);
            if search.offer(candidate) {
                break;
            }
        }
    }
}

/// Makes the master the sender or the receiver of messages.
fn peers(search: &mut Search<'_>) {
    let master = ContextId::MASTER;
    each_step(search, |action| match *action {
        Action::Send { from, to, data } => {
            [Some(Action::Send { from: master, to, data }), Some(Action::Send { from, to: master, data })]
        }
        Action::Call { from, to, data } => {
            [Some(Action::Call { from: master, to, data }), Some(Action::Call { from, to: master, data })]
        }
        Action::Shutdown { id, .. } => [Some(Action::Shutdown { id, from: master }), None],
        _ => [None, None],
    });
}

/// Pulls times together in the same order: all of them on a grid, then gap by gap.
fn times(search: &mut Search<'_>) {
    for grid in [100 * MS, 10 * MS, MS] {
        let candidate = on_grid(&search.best, grid);
        if search.offer(candidate) {
            break;
        }
    }
    for place in (0..search.best.events.len()).rev() {
        let times = |place: usize| search.best.events.get(place).map(|step| step.at.as_ns());
        let before = place.checked_sub(1).and_then(times).unwrap_or(0);
        let Some(gap) = times(place).map(|at| at - before) else { continue };
        let rounded = [100 * MS, 10 * MS, MS].map(|unit| gap.div_ceil(unit).saturating_mul(unit));
        let smaller = [100 * MS, 10 * MS, MS].map(|unit| gap / unit * unit);
        for other in [100 * MS, 10 * MS, MS].into_iter().chain(rounded).chain(smaller).chain([0]) {
            let candidate = with_gap(&search.best, place, gap, other);
            if other != gap && search.offer(candidate) {
                break;
            }
        }
    }
}

/// The scenario with each time on a grid, by its rank.
fn on_grid(scenario: &Scenario, grid: u64) -> Scenario {
    let mut changed = scenario.clone();
    let (mut rank, mut before) = (0, None);
    for step in &mut changed.events {
        rank += u64::from(before.replace(step.at) != Some(step.at));
        step.at = Time::from_ns(rank * grid);
    }
    changed
}

/// The scenario with the step at `place` coming `other` instead of `gap` after the step before it; later steps move
/// with it.
fn with_gap(scenario: &Scenario, place: usize, gap: u64, other: u64) -> Scenario {
    let mut changed = scenario.clone();
    for step in &mut changed.events[place..] {
        step.at = Time::from_ns((step.at.as_ns() - gap).saturating_add(other));
    }
    changed
}

/// Numbers ids from 1, in the order of connects; ids that no context ever has come last.
fn ids(search: &mut Search<'_>) {
    let mut order = parts::ids(&search.best);
    let mut named = Vec::new();
    for step in &search.best.events {
        step.action.clone().each_id(|id| named.push(*id));
    }
    let is_stranger = |id: &ContextId| *id != ContextId::MASTER && !order.contains(id);
    let mut strangers: Vec<ContextId> = named.into_iter().filter(is_stranger).collect();
    strangers.sort_unstable();
    strangers.dedup();
    order.extend(strangers);
    let new: BTreeMap<ContextId, ContextId> = order.into_iter().zip((1..).map(ContextId)).collect();
    let candidate = parts::with_ids(&search.best, |id| *id = new.get(id).copied().unwrap_or(*id));
    search.offer(candidate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::shrink::parts::tests::{kill, story};
    use crate::fuzz::shrink::weight;
    use crate::scenario::link::Keepalive;
    use crate::time::Span;

    fn at(times: &[u64]) -> Scenario {
        let mut scenario = story(&[(1, 0)], &vec![kill(1); times.len()]);
        scenario.events.iter_mut().zip(times).for_each(|(step, ms)| step.at = Time::from_ns(ms * MS));
        scenario
    }

    /// Proves that times move to a grid by their ranks, that equal times stay equal, and that this is simpler.
    #[test]
    fn times_keep_their_order() {
        let before = at(&[3, 17, 17, 9_000]);
        let after = on_grid(&before, 100 * MS);
        assert_eq!(after, at(&[100, 200, 200, 300]));
        assert!(weight::of(&after) < weight::of(&before));
        assert_eq!(with_gap(&before, 1, 14 * MS, 10 * MS), at(&[3, 13, 13, 8_996]));
    }

    /// Proves that links lose one feature at a time, the plainest link first, and that each is simpler.
    #[test]
    fn links_get_plain_bit_by_bit() {
        let keepalive = Some(Keepalive { interval: Span::from_ms(5), count: 3 });
        let odd = LinkOptions { keepalive, ..LinkOptions::constant(Span::from_ms(26)) };
        let catalog = Catalog::default();
        let simpler = simpler_links(&odd, &catalog);
        assert_eq!(simpler[0], LinkOptions::constant(DEFAULT_LATENCY));
        assert!(simpler.contains(&LinkOptions::constant(Span::from_ms(26))));
        assert!(simpler.contains(&LinkOptions { keepalive, ..LinkOptions::constant(DEFAULT_LATENCY) }));
        assert!(simpler_links(&LinkOptions::constant(DEFAULT_LATENCY), &catalog).is_empty());
    }
}
