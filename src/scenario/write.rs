//! A scenario written out in core form: every context and every step by itself, nothing left to be drawn but the
//! latencies of single messages, which the seed gives again.

use super::link::LinkOptions;
use super::spec::WAYS;
use super::{Action, Catalog, Connect, Scenario, Step, Ways};
use crate::draw::Distribution;
use crate::process::{ContextId, Data, Name};
use crate::time::Span;
use serde_json::{Map, Value, json};

/// The scenario as the JSON of a file that runs to the same digest. `expect` is that of the file it came from.
pub fn expanded(scenario: &Scenario, expect: Option<&Value>) -> Value {
    let catalog = &scenario.catalog;
    let contexts = scenario.contexts.iter().map(|context| Value::Object(action(&Action::Connect(*context), catalog).1));
    let mut file = json!({
        "version": 1,
        "name": scenario.name,
        "description": scenario.description,
        "monitor": scenario.monitor.name(),
        "seed": scenario.seed,
        "unidirectional": scenario.unidirectional,
        "max_events": scenario.max_events,
    });
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
    let (name, keys) = action(&step.action, catalog);
    let mut event = Map::new();
    event.insert("at".to_owned(), json!(step.at.to_string()));
    event.insert("do".to_owned(), json!(name));
    event.extend(keys);
    if let Some(label) = step.label {
        event.insert("label".to_owned(), json!(catalog.label_text(label)));
    }
    Value::Object(event)
}

/// The name of a step, and its keys.
fn action(action: &Action, catalog: &Catalog) -> (&'static str, Map<String, Value>) {
    let (name, keys) = match action {
        Action::Connect(Connect { id, parent, name, link }) => {
            let monitor = catalog.monitor(*link);
            let link = self::link(catalog.link_options(*link));
            let mut keys = json!({ "id": id.0, "parent": parent.0, "link": link });
            match name {
                Some(Name::OF_CONTEXT) => {}
                Some(name) => keys["name"] = json!(catalog.names.original(*name, *id)),
                None => keys["name"] = json!(""),
            }
            if let Some(monitor) = monitor {
                keys["monitor"] = json!(monitor.name());
            }
            ("connect", keys)
        }
        Action::Kill { id } => ("kill", one(*id)),
        Action::Disconnect { id } => ("disconnect", one(*id)),
        Action::Partition { id, ways: Ways::Both } => ("partition", one(*id)),
        Action::Partition { id, ways } => {
            let way = if *ways == Ways::Down { WAYS[1] } else { WAYS[2] };
            ("partition", json!({ "id": id.0, "way": way }))
        }
        Action::Heal { id } => ("heal", one(*id)),
        Action::Slow { id, factor } => ("slow", json!({ "id": id.0, "factor": factor })),
        Action::Shutdown { id, from } => ("shutdown", json!({ "id": id.0, "from": from.0 })),
        Action::Detach { id } => ("detach", one(*id)),
        Action::Send { from, to, data } => ("send", message(*from, *to, *data)),
        Action::Call { from, to, data } => ("call", message(*from, *to, *data)),
    };
    let Value::Object(keys) = keys else { unreachable!("each is an object") };
    (name, keys)
}

fn one(id: ContextId) -> Value {
    json!({ "id": id.0 })
}

fn message(from: ContextId, to: ContextId, data: Data) -> Value {
    let mut keys = json!({ "from": from.0, "to": to.0 });
    if data.len > 0 {
        keys["size"] = json!(data.len);
    }
    if data.reply_len > 0 {
        keys["reply_size"] = json!(data.reply_len);
    }
    keys
}

fn link(link: &LinkOptions) -> Value {
    let span = |span: Span| span.to_string();
    let latency = match link.latency {
        Distribution::Constant(latency) => json!(span(latency)),
        Distribution::Uniform { min, max } => json!({ "uniform": { "min": span(min), "max": span(max) } }),
        Distribution::Exponential { min, mean } => json!({ "exponential": { "min": span(min), "mean": span(mean) } }),
        Distribution::LogNormal { median, p99 } => {
            json!({ "log_normal": { "median": span(median), "p99": span(p99) } })
        }
    };
    let mut keys = json!({ "latency": latency });
    if let Some(bandwidth) = link.bandwidth {
        keys["bandwidth"] = json!(bandwidth.to_string());
    }
    if let Some(keepalive) = link.keepalive {
        keys["keepalive"] = json!({ "interval": span(keepalive.interval), "count": keepalive.count });
    }
    keys
}
