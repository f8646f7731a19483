//! Finds steps that nothing can make possible, because what they need connects too late or never.

use crate::process::ContextId;
use crate::scenario::decode::Object;
use crate::scenario::steps::{Action, Connect, Step};
use crate::time::Time;
use std::collections::BTreeMap;

/// How many ancestors are followed to find a cycle.
const CYCLE_MAX: usize = 16;

/// The parent of each of the file's `contexts`.
pub fn parents(file: &Object) -> BTreeMap<ContextId, ContextId> {
    file.list("contexts").iter().filter_map(|context| Some((context.id("id")?, context.id("parent")?))).collect()
}

/// Why a context is skipped whose parent does not come before it, and what to write instead.
pub fn parent(id: ContextId, parent: ContextId, parents: &BTreeMap<ContextId, ContextId>) -> (String, String) {
    let above = |id: &ContextId| parents.get(id).copied();
    let line: Vec<_> = std::iter::successors(Some(parent), above).take(CYCLE_MAX).collect();
    if let Some(end) = line.iter().position(|ancestor| *ancestor == id) {
        let cycle = line[..=end].iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!("this context will be skipped: it is below itself, through {cycle}");
        return (message, "no order mends a cycle: give one of these contexts another parent".to_owned());
    }
    let message = format!("this context will be skipped: its parent {parent} connects later");
    let help = match parents.contains_key(&parent) {
        true => "contexts connect in the order of the file: move the parent above this context",
        false => "contexts connect at time 0: connect this one in `events`, after its parent",
    };
    (message, help.to_owned())
}

/// When each id can first be alive that is not of the topology: when it first connects below a parent that can be alive
/// by then. A context of the topology counts as alive from the start, wherever it is a parent.
pub fn births(
    contexts: &[Connect],
    steps: &[Step],
    is_planted: impl Fn(ContextId) -> bool,
) -> BTreeMap<ContextId, Time> {
    let mut births = BTreeMap::from([(ContextId::MASTER, Time::ZERO)]);
    let is_own = |connect: &Connect| !is_planted(connect.id);
    let mut later: Vec<(Time, Connect)> = steps
        .iter()
        .filter_map(|step| match step.action {
            Action::Connect(connect) if is_own(&connect) => Some((step.at, connect)),
            _ => None,
        })
        .collect();
    later.sort_by_key(|(at, _)| *at);
    let at_start = contexts.iter().copied().filter(is_own).map(|connect| (Time::ZERO, connect));
    for (at, connect) in at_start.chain(later) {
        if is_planted(connect.parent) || births.contains_key(&connect.parent) {
            births.entry(connect.id).or_insert(at);
        }
    }
    births
}
