//! Where the steps of a scenario stand in its file.

use super::Scenario;
use super::diagnostic::Source;
use super::node::Node;
use crate::time::Span;

/// For each event of the scenario, in the order in which they happen, its place in the list `events` of the file, from 0.
/// `None` if some events are not in that list, since they were generated.
pub fn in_file(scenario: &Scenario, source: &Source) -> Option<Vec<usize>> {
    let value = |object: Node<'_>, wanted: &str| {
        let entry = object.entries().into_iter().find(|(key, _)| key.read::<String>().as_deref() == Some(wanted));
        Node::read::<String>(&entry?.1)
    };
    let file = Node::parse(&source.text).ok()?;
    let list = file.entries().into_iter().find(|(key, _)| key.read::<String>().as_deref() == Some("events"));
    let items = list.map(|(_, list)| list.items()).unwrap_or_default();
    let times: Option<Vec<u64>> =
        items.into_iter().map(|item| Some(Span::parse(&value(item, "at")?).ok()?.as_ns())).collect();
    let times = times?;
    let mut places: Vec<usize> = (0..times.len()).collect();
    places.sort_by_key(|place| times[*place]);
    let is_same = places.iter().map(|place| times[*place]).eq(scenario.events.iter().map(|step| step.at.as_ns()));
    is_same.then_some(places)
}
