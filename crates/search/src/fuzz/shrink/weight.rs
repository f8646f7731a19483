//! The weight of a scenario: of two scenarios, the smaller and simpler one has less.

use super::parts;
use crate::draw::Distribution;
use crate::process::{ContextId, Name};
use crate::scenario::latency::{Latency, Lists};
use crate::scenario::link::LinkOptions;
use crate::scenario::{Action, Catalog, DEFAULT_LATENCY, DEFAULT_MAX_EVENTS, Scenario};
use std::collections::BTreeMap;

/// Earlier numbers count more.
pub type Weight = [u64; 13];

/// The weight of a scenario.
pub fn of(scenario: &Scenario) -> Weight {
    let sum = |weight: fn(&Action) -> u64| scenario.events.iter().map(|step| weight(&step.action)).sum::<u64>();
    let links = || parts::connects(scenario).map(|connect| scenario.catalog.link_options(connect.link));
    let mut different: Vec<&LinkOptions> = links().collect();
    different.sort_unstable();
    different.dedup();
    let has_name = |name: Option<Name>| u64::from(name != Some(Name::OF_CONTEXT));
    [
        (parts::steps(scenario) + parts::contexts(scenario)) as u64,
        parts::steps(scenario) as u64,
        u64::from(scenario.unidirectional),
        links().map(|link| of_link(link, &scenario.catalog)).sum(),
        different.len() as u64,
        sum(of_kind),
        depths(scenario),
        parts::connects(scenario).map(|connect| has_name(connect.name)).sum(),
        sum(of_data),
        gaps(scenario),
        scenario.events.last().map_or(0, |step| step.at.as_ns()),
        ids(scenario),
        scenario.max_events.unwrap_or(DEFAULT_MAX_EVENTS),
    ]
}

/// The weight of a link. A list weighs as much as it is long, so even the shortest ones weigh more than a constant.
fn of_link(link: &LinkOptions, catalog: &Catalog) -> u64 {
    let latency = match link.latency {
        Latency::Model(Distribution::Constant(latency)) if latency == DEFAULT_LATENCY => 0,
        Latency::Model(Distribution::Constant(_)) => 1,
        Latency::Model(_) => 2,
        Latency::Listed(lists) => {
            let Lists { down, up } = lists.map(|list| catalog.latencies(list).len() as u64);
            down + up
        }
    };
    latency + u64::from(link.bandwidth.is_some()) + u64::from(link.keepalive.is_some())
}

/// The weight of a step: the more it does, the more it weighs.
fn of_kind(action: &Action) -> u64 {
    match action {
        // It restores a link.
        Action::Slow { factor: 1, .. } => 2,
        action => action.kind().weight(),
    }
}

fn of_data(action: &Action) -> u64 {
    match action {
        Action::Send { data, .. } | Action::Call { data, .. } => u64::from(data.len) + u64::from(data.reply_len),
        _ => 0,
    }
}

/// The depths of all contexts together.
fn depths(scenario: &Scenario) -> u64 {
    let mut depths = BTreeMap::from([(ContextId::MASTER, 0_u64)]);
    let mut sum = 0;
    for connect in parts::connects(scenario) {
        let depth = depths.get(&connect.parent).map_or(1, |depth| depth + 1);
        depths.insert(connect.id, depth);
        sum += depth;
    }
    sum
}

/// How odd the gaps between steps are: 100ms is best, then 10ms, then 1ms, then round numbers.
fn gaps(scenario: &Scenario) -> u64 {
    let mut before = 0;
    let gap = |at: u64| {
        let gap = at - std::mem::replace(&mut before, at);
        match gap {
            100_000_000 => 0,
            10_000_000 | 0 => 1,
            1_000_000 => 2,
            _ => 3 + u64::from(digits(gap)),
        }
    };
    scenario.events.iter().map(|step| step.at.as_ns()).map(gap).sum()
}

/// The digits of a number before its last zeros.
fn digits(mut number: u64) -> u32 {
    while number > 0 && number.is_multiple_of(10) {
        number /= 10;
    }
    number.checked_ilog10().map_or(0, |log| log + 1)
}

/// How far the ids are from 1, 2, 3 in the order of connects, and how large the ids in steps are.
fn ids(scenario: &Scenario) -> u64 {
    let order: u64 = parts::ids(scenario).iter().zip(1..).map(|(id, place)| u64::from(id.0.abs_diff(place))).sum();
    let mut named = 0;
    for step in &scenario.events {
        step.action.clone().each_id(|id| named += u64::from(id.0));
    }
    (order << 32).saturating_add(named)
}
