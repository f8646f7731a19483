//! A scenario written out in core form: one entry for every context and every step. Nothing is left to draw except the
//! latencies of individual messages, which the seed reproduces.

use super::Scenario;
use super::catalog::Catalog;
use super::steps::Step;
use serde_json::{Value, json};

/// The scenario as the JSON of a file that runs to the same digest. `expect` is taken from the file it came from.
pub fn expanded(scenario: &Scenario, expect: Option<&Value>) -> Value {
    let catalog = &scenario.catalog;
    let contexts = scenario.contexts.iter().map(|context| context.keys(catalog));
    let mut file = json!({
        "version": 1,
        "name": scenario.name,
        "description": scenario.description,
        "monitor": scenario.monitor.name(),
        "seed": scenario.seed,
        "unidirectional": scenario.unidirectional,
    });
    if let Some(max_events) = scenario.max_events {
        file["max_events"] = json!(max_events);
    }
    if let Some(until) = scenario.until {
        file["until"] = json!(until.to_string());
    }
    file["contexts"] = contexts.collect();
    file["events"] = scenario.events.iter().map(|step| event(step, catalog)).collect();
    if let Some(expect) = expect {
        file["expect"] = expect.clone();
    }
    if let Some(origin) = &scenario.origin {
        file["origin"] = origin.to_json();
    }
    file
}

fn event(step: &Step, catalog: &Catalog) -> Value {
    let mut event = json!({ "at": step.at.to_string(), "do": step.action.kind().step() });
    if let (Value::Object(event), Value::Object(keys)) = (&mut event, step.action.keys(catalog)) {
        event.extend(keys);
    }
    if let Some(label) = step.label {
        event["label"] = json!(catalog.label_text(label));
    }
    event
}
