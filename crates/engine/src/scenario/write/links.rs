//! The links of a scenario as a file has them. No list of latencies is written twice.

use crate::draw::Distribution;
use crate::scenario::latency::{Latency, Lists};
use crate::scenario::link::LinkOptions;
use crate::scenario::{Action, Catalog, LinkId, Scenario};
use crate::time::Span;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The links of a scenario.
pub struct Links<'s> {
    catalog: &'s Catalog,
    /// Links with lists that several contexts have, with their numbers in the order in which they are first used. Contexts
    /// refer to them by name.
    shared: BTreeMap<LinkOptions, usize>,
}

impl<'s> Links<'s> {
    /// The links of `scenario`.
    pub fn of(scenario: &'s Scenario) -> Self {
        let catalog = &scenario.catalog;
        let mut shared = BTreeMap::new();
        if catalog.has_lists() {
            let later = scenario.events.iter().filter_map(|step| match step.action {
                Action::Connect(connect) => Some(connect.link),
                _ => None,
            });
            let all = scenario.contexts.iter().map(|context| context.link).chain(later);
            let options = all.map(|link| *catalog.link_options(link));
            let mut seen: BTreeMap<LinkOptions, (usize, usize)> = BTreeMap::new();
            for options in options.filter(|options| matches!(options.latency, Latency::Listed(_))) {
                let first = seen.len();
                seen.entry(options).or_insert((first, 0)).1 += 1;
            }
            let mut often: Vec<_> = seen.into_iter().filter(|(_, (_, count))| *count > 1).collect();
            often.sort_unstable_by_key(|(_, (first, _))| *first);
            shared = often.into_iter().map(|(options, _)| options).zip(1..).collect();
        }
        Links { catalog, shared }
    }

    /// The named links of the file, if it has any.
    pub fn named(&self) -> Option<Value> {
        let mut shared: Vec<_> = self.shared.iter().map(|(options, number)| (*number, options)).collect();
        shared.sort_unstable();
        let named = shared.into_iter().map(|(number, options)| (name(number), to_json(options, self.catalog)));
        (!self.shared.is_empty()).then(|| Value::Object(named.collect::<Map<_, _>>()))
    }

    /// What stands for a link in the file.
    pub fn value(&self, link: LinkId) -> Value {
        let options = self.catalog.link_options(link);
        match self.shared.get(options) {
            Some(number) => json!(name(*number)),
            None => to_json(options, self.catalog),
        }
    }
}

fn name(number: usize) -> String {
    format!("lists-{number}")
}

/// A link in full.
fn to_json(options: &LinkOptions, catalog: &Catalog) -> Value {
    let mut keys = json!({ "latency": latency_to_json(options.latency, catalog) });
    if let Some(bandwidth) = options.bandwidth {
        keys["bandwidth"] = json!(bandwidth.to_string());
    }
    if let Some(keepalive) = options.keepalive {
        keys["keepalive"] = json!({ "interval": keepalive.interval.in_one_unit(), "count": keepalive.count });
    }
    keys
}

fn latency_to_json(latency: Latency, catalog: &Catalog) -> Value {
    let span = Span::in_one_unit;
    match latency {
        Latency::Model(Distribution::Constant(latency)) => json!(span(latency)),
        Latency::Model(Distribution::Uniform { min, max }) => {
            json!({ "uniform": { "min": span(min), "max": span(max) } })
        }
        Latency::Model(Distribution::Exponential { min, mean }) => {
            json!({ "exponential": { "min": span(min), "mean": span(mean) } })
        }
        Latency::Model(Distribution::LogNormal { median, p99 }) => {
            json!({ "log_normal": { "median": span(median), "p99": span(p99) } })
        }
        Latency::Listed(lists) => {
            let spans = |list| catalog.latencies(list).iter().map(|latency| span(*latency)).collect::<Vec<_>>();
            let Lists { down, up } = lists.map(spans);
            json!({ "down": down, "up": up })
        }
    }
}
