//! Free values of the result: times and latencies that can change without changing the class.

use super::parts;
use super::search::Search;
use crate::draw::Distribution;
use crate::process::ContextId;
use crate::scenario::link::LinkOptions;
use crate::scenario::{Scenario, Step};
use crate::time::{Span, Time};

/// The most values that are checked. A good result is small; a large one is not worth the time.
const VALUES_MAX: usize = 40;

/// Tries other values for each time and each latency, and reports which of them keep the class.
pub(super) fn values(search: &mut Search<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for place in 0..search.best.events.len().min(VALUES_MAX) {
        let step = search.best.events[place];
        let tried = others(step.at.as_ns());
        let kept = keep(search, &tried, |scenario, ns| scenario.events[place].at = Time::from_ns(ns));
        found.extend(say(&name_of_step(&search.best, place), step.at.as_ns(), &tried, &kept));
    }
    for place in 0..parts::contexts(&search.best).min(VALUES_MAX) {
        let Some(connect) = parts::connects(&search.best).nth(place) else { break };
        let options = *search.best.catalog.link_options(connect.link);
        let Some(latency) = options.latency.constant() else { continue };
        let tried = others(latency.as_ns());
        let kept = keep(search, &tried, |scenario, ns| {
            let latency = Distribution::Constant(Span::from_ns(ns)).into();
            let link = scenario.catalog.link_like(connect.link, LinkOptions { latency, ..options });
            let mut now = 0;
            parts::each_connect(scenario, |connect| {
                connect.link = if now == place { link } else { connect.link };
                now += 1;
            });
        });
        let context = name_of_connect(&search.best, place, connect.id);
        found.extend(say(&format!("the latency {latency} of {context}"), latency.as_ns(), &tried, &kept));
    }
    found
}

/// A step, in words that no other step has.
fn name_of_step(scenario: &Scenario, place: usize) -> String {
    let name = |step: &Step| format!("`{}` at {}", step.action, step.at);
    let own = name(&scenario.events[place]);
    let same = |steps: &[Step]| steps.iter().filter(|step| name(step) == own).count();
    match same(&scenario.events) {
        1 => own,
        all => format!("{own} ({} of {all})", same(&scenario.events[..=place])),
    }
}

/// The context of a connect, by its place among all connects, in words that no other connect has.
fn name_of_connect(scenario: &Scenario, place: usize, id: ContextId) -> String {
    let same = |count: usize| parts::connects(scenario).take(count).filter(|connect| connect.id == id).count();
    match same(usize::MAX) {
        1 => format!("context {id}"),
        _ => format!("context {id} (life {})", same(place + 1)),
    }
}

/// Half of a value, twice, ten times, and a millisecond more.
fn others(ns: u64) -> Vec<u64> {
    let mut others = vec![ns / 2, ns.saturating_add(1_000_000), ns.saturating_mul(2), ns.saturating_mul(10)];
    others.retain(|other| *other > 0 && *other != ns);
    others.sort_unstable();
    others.dedup();
    others
}

/// The values of `tried` that keep the class.
fn keep(search: &mut Search<'_>, tried: &[u64], set: impl Fn(&mut Scenario, u64)) -> Vec<u64> {
    let mut kept = tried.to_vec();
    kept.retain(|ns| {
        let mut candidate = search.best.clone();
        set(&mut candidate, *ns);
        search.still_fails(&parts::in_order(candidate))
    });
    kept
}

fn say(what: &str, now: u64, tried: &[u64], kept: &[u64]) -> Option<String> {
    let (first, last) = (kept.first()?.min(&now), kept.last()?.max(&now));
    let (first, last) = (Span::from_ns(*first), Span::from_ns(*last));
    if kept == tried {
        return Some(format!("{what} is free: every value tried from {first} to {last} fails in the same way"));
    }
    let kept: Vec<String> = kept.iter().map(|ns| Span::from_ns(*ns).to_string()).collect();
    Some(format!("{what} can also be {}", kept.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::shrink::parts::tests::{kill, send, story};
    use crate::scenario::Action;
    use std::collections::BTreeSet;

    /// Proves that two lives of one id have two names, and so do two equal steps at one time.
    #[test]
    fn no_two_have_one_name() {
        let mut scenario = story(&[(1, 0), (2, 1)], &[send(0, 2), send(0, 2), kill(2), send(0, 2)]);
        let again = scenario.contexts[1];
        scenario.events.push(Step { action: Action::Connect(again), ..scenario.events[0] });
        let steps: Vec<String> = (0..scenario.events.len()).map(|place| name_of_step(&scenario, place)).collect();
        assert_eq!(steps.iter().collect::<BTreeSet<_>>().len(), steps.len(), "{steps:?}");
        assert!(steps[1].ends_with(" at 1s (2 of 3)") && steps[2].ends_with("` at 1s"), "{steps:?}");
        let names: Vec<String> = parts::connects(&scenario)
            .enumerate()
            .map(|(place, it)| name_of_connect(&scenario, place, it.id))
            .collect();
        assert_eq!(names, ["context 1", "context 2 (life 1)", "context 2 (life 2)"]);
    }
}
