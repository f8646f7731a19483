//! A scenario written out in core form: one entry for every context and every step. Nothing is left to draw except the
//! latencies of individual messages, which the seed reproduces.

mod links;

use super::Scenario;
use super::catalog::Catalog;
use super::steps::Step;
use links::Links;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::io;

/// The scenario as the JSON of a file that runs to the same digest. `expect` is taken from the file it came from.
pub fn expanded(scenario: &Scenario, expect: Option<&Value>) -> Value {
    serde_json::to_value(Expanded { scenario, expect }).expect("a scenario is JSON")
}

/// Writes what [`expanded`] returns, for people, one context and one step after another.
///
/// # Errors
/// Those of `out`.
pub fn write_expanded(scenario: &Scenario, expect: Option<&Value>, mut out: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, &Expanded { scenario, expect })?;
    out.write_all(b"\n")
}

struct Expanded<'s> {
    scenario: &'s Scenario,
    expect: Option<&'s Value>,
}

impl Serialize for Expanded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Expanded { scenario, expect } = *self;
        let (catalog, links) = (&scenario.catalog, Links::of(scenario));
        let mut file = serializer.serialize_map(None)?;
        file.serialize_entry("version", &1)?;
        file.serialize_entry("name", &scenario.name)?;
        file.serialize_entry("description", &scenario.description)?;
        file.serialize_entry("monitor", scenario.monitor.name())?;
        file.serialize_entry("seed", &scenario.seed)?;
        if let Some(drawing) = scenario.drawing_said() {
            file.serialize_entry("drawing", &drawing.number())?;
        }
        file.serialize_entry("unidirectional", &scenario.unidirectional)?;
        if let Some(max_events) = scenario.max_events {
            file.serialize_entry("max_events", &max_events)?;
        }
        if let Some(until) = scenario.until {
            file.serialize_entry("until", &until.in_one_unit())?;
        }
        if let Some(named) = links.named() {
            file.serialize_entry("links", &named)?;
        }
        let link = |link| links.value(link);
        let contexts = || scenario.contexts.iter().map(|context| context.keys(catalog, link));
        file.serialize_entry("contexts", &Items(contexts))?;
        file.serialize_entry("events", &Items(|| scenario.events.iter().map(|step| event(step, &links, catalog))))?;
        if let Some(expect) = expect {
            file.serialize_entry("expect", expect)?;
        }
        if let Some(origin) = &scenario.origin {
            file.serialize_entry("origin", &origin.to_json())?;
        }
        file.end()
    }
}

/// A list whose items are made one at a time.
struct Items<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for Items<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn event(step: &Step, links: &Links<'_>, catalog: &Catalog) -> Value {
    let mut event = json!({ "at": step.at.in_one_unit(), "do": step.action.kind().step() });
    if let (Value::Object(event), Value::Object(keys)) =
        (&mut event, step.action.keys(catalog, |link| links.value(link)))
    {
        event.extend(keys);
    }
    if let Some(label) = step.label {
        event["label"] = json!(catalog.label_text(label));
    }
    event
}
