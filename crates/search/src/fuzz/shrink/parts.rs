//! The parts of a scenario: connects, ids in steps, branches of the tree; and scenarios with fewer of them.

use crate::process::{ContextId, Name};
use crate::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The number of steps, without the contexts at the start.
pub fn steps(scenario: &Scenario) -> usize {
    scenario.events.len()
}

/// The number of connects.
pub fn contexts(scenario: &Scenario) -> usize {
    connects(scenario).count()
}

/// All connects, in order.
pub fn connects(scenario: &Scenario) -> impl Iterator<Item = Connect> + '_ {
    let later = scenario.events.iter().filter_map(|step| match step.action {
        Action::Connect(connect) => Some(connect),
        _ => None,
    });
    scenario.contexts.iter().copied().chain(later)
}

/// Calls `change` with each connect.
pub fn each_connect(scenario: &mut Scenario, mut change: impl FnMut(&mut Connect)) {
    scenario.contexts.iter_mut().for_each(&mut change);
    for step in &mut scenario.events {
        if let Action::Connect(connect) = &mut step.action {
            change(connect);
        }
    }
}

/// Changes one connect, by its place among all connects.
pub fn change_connect(scenario: &mut Scenario, place: usize, change: impl FnOnce(&mut Connect)) {
    let (mut now, mut change) = (0, Some(change));
    each_connect(scenario, |connect| {
        if now == place
            && let Some(change) = change.take()
        {
            change(connect);
        }
        now += 1;
    });
}

/// Changes each id of a scenario.
pub fn with_ids(scenario: &Scenario, change: impl Fn(&mut ContextId)) -> Scenario {
    let mut changed = scenario.clone();
    for context in &mut changed.contexts {
        change(&mut context.id);
        change(&mut context.parent);
    }
    changed.events.iter_mut().for_each(|step| step.action.each_id(&change));
    changed
}

/// Whether a step names one of `ids`.
fn names_any(step: &Step, ids: &BTreeSet<ContextId>) -> bool {
    let (mut action, mut is_named) = (step.action, false);
    action.each_id(|id| is_named |= ids.contains(id));
    is_named
}

/// The ids that connect, in the order of their first connects.
pub fn ids(scenario: &Scenario) -> Vec<ContextId> {
    let mut seen = BTreeSet::new();
    connects(scenario).map(|connect| connect.id).filter(|id| seen.insert(*id)).collect()
}

/// `ids`, and all ids that ever connect below them.
pub fn with_all_below(scenario: &Scenario, ids: &[ContextId]) -> BTreeSet<ContextId> {
    let mut children: BTreeMap<ContextId, Vec<ContextId>> = BTreeMap::new();
    for Connect { id, parent, .. } in connects(scenario) {
        children.entry(parent).or_default().push(id);
    }
    let mut found: BTreeSet<ContextId> = ids.iter().copied().collect();
    let mut next = ids.to_vec();
    while let Some(id) = next.pop() {
        let below = children.get(&id).into_iter().flatten().copied();
        next.extend(below.filter(|child| found.insert(*child)));
    }
    found
}

/// The scenario without some ids and the steps that name them.
pub fn without_ids(scenario: &Scenario, ids: &BTreeSet<ContextId>) -> Scenario {
    let mut left = scenario.clone();
    left.contexts.retain(|context| !ids.contains(&context.id) && !ids.contains(&context.parent));
    left.events.retain(|step| !names_any(step, ids));
    left
}

/// The scenario without some of its events, by their places.
pub fn without_events(scenario: &Scenario, places: std::ops::Range<usize>) -> Scenario {
    let mut left = scenario.clone();
    left.events.drain(places);
    left
}

/// The scenario with its events in the order of their times.
pub fn in_order(mut scenario: Scenario) -> Scenario {
    scenario.events.sort_by_key(|step| step.at);
    scenario
}

/// The scenario without labels, which only expectations use.
pub fn without_labels(scenario: &Scenario) -> Scenario {
    let mut changed = scenario.clone();
    changed.events.iter_mut().for_each(|step| step.label = None);
    changed
}

/// The scenario with a catalog of only what it uses.
pub fn with_small_catalog(scenario: &Scenario) -> Scenario {
    let (mut changed, mut catalog) = (scenario.clone(), Catalog::default());
    let mut links: BTreeMap<LinkId, LinkId> = BTreeMap::new();
    each_connect(&mut changed, |connect| {
        let link = connect.link;
        connect.link = *links.entry(link).or_insert_with(|| catalog.link_of(&scenario.catalog, link));
        connect.name = match connect.name {
            None | Some(Name::OF_CONTEXT) => connect.name,
            Some(name) => catalog.names.intern(&*scenario.catalog.names.original(name, connect.id)),
        };
    });
    changed.catalog = catalog;
    changed
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::process::Data;
    use crate::scenario::DEFAULT_LATENCY;
    use crate::scenario::link::LinkOptions;
    use crate::time::Time;

    pub fn kill(id: u32) -> Action {
        Action::Kill { id: ContextId(id) }
    }

    pub fn send(from: u32, to: u32) -> Action {
        Action::Send { from: ContextId(from), to: ContextId(to), data: Data::default() }
    }

    /// A scenario of contexts, by id and parent, and steps, all at 1s so that removals leave equal times.
    pub fn story(contexts: &[(u32, u32)], actions: &[Action]) -> Scenario {
        let mut catalog = Catalog::default();
        let link = catalog.link(LinkOptions::constant(DEFAULT_LATENCY));
        let name = Some(Name::OF_CONTEXT);
        let connect =
            |(id, parent): &(u32, u32)| Connect { id: ContextId(*id), parent: ContextId(*parent), name, link };
        let step = |action: &Action| Step::new(Time::from_ns(1_000_000_000), *action);
        Scenario::new(catalog, contexts.iter().map(connect).collect(), actions.iter().map(step).collect())
    }

    /// Proves that a context goes with everything below it and with every step that names one of them.
    #[test]
    fn a_branch_goes_as_a_whole() {
        let tree = story(&[(1, 0), (2, 1), (3, 2), (4, 0)], &[kill(3), send(4, 2), send(4, 0), kill(4)]);
        let gone = with_all_below(&tree, &[ContextId(1)]);
        assert_eq!(gone, [1, 2, 3].map(ContextId).into());
        assert_eq!(without_ids(&tree, &gone), story(&[(4, 0)], &[send(4, 0), kill(4)]));
        assert_eq!(without_events(&tree, 1..3), story(&[(1, 0), (2, 1), (3, 2), (4, 0)], &[kill(3), kill(4)]));
    }

    /// Proves that only one connect is changed.
    #[test]
    fn one_connect_is_changed() {
        let mut scenario = story(&[(1, 0), (2, 1), (3, 2)], &[]);
        change_connect(&mut scenario, 2, |connect| connect.parent = ContextId(1));
        assert_eq!(scenario, story(&[(1, 0), (2, 1), (3, 1)], &[]));
    }

    /// Proves that unused entries leave the catalog, and that the scenario stays the same in a file.
    #[test]
    fn the_catalog_gets_small() {
        let mut scenario = story(&[(1, 0)], &[]);
        scenario.catalog.names.intern("unused");
        scenario.contexts[0].name = scenario.catalog.names.intern("web");
        scenario.catalog.link(LinkOptions::constant(crate::time::Span::from_ms(7)));
        let small = with_small_catalog(&scenario);
        let written = |scenario: &Scenario| crate::scenario::write::expanded(scenario, None);
        assert_eq!(written(&small), written(&scenario));
        assert_ne!(small.catalog, scenario.catalog);
    }
}
