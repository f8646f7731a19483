//! The generator: makes a scenario from a seed.
//!
//! A seed first draws its mix, then the tree that connects at time 0, then the steps. For each step it draws a kind
//! that is possible in the current state, and then a target that this kind is possible for, so no step is wasted. The
//! state is a model of the tree as it would be if news were instant (`tree`). At the end everything heals, so that the
//! run ends in real quiescence, and the check is fair.
//!
//! Everything comes from one stream of the seed. The monitor does not matter: the same seed is the same scenario under
//! every monitor.

mod dice;
mod draft;
mod links;
mod plant;
mod steps;
mod tree;

pub use super::mix::{Mix, Phases, Weights};

use super::mix::push_number;
use super::profile::Profile;
use crate::draw;
use crate::process::{Family, Feature, Monitor};
use crate::scenario::{Catalog, Scenario, Step, StepKind};
use crate::time::Time;
use dice::Dice;
use draft::Draft;
use links::Links;
use std::borrow::Cow;
use steps::Drawing;
use tree::{Limits, Tree};

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed that it was made of.
    pub seed: u64,
    /// What the seed has drawn.
    pub mix: Mix,
    /// What is run.
    pub scenario: Scenario,
}

/// How many times as many events a case may have if its protocol never falls silent.
const ENDED_FACTOR: u64 = 100;

/// Makes the case of a seed: the same in every process, for one version of treequake.
pub fn generate(profile: &Profile, monitor: Monitor, seed: u64) -> Case {
    generate_for(profile, &[monitor], seed)
}

/// Memory for one case after another. No case influences the next.
#[derive(Debug, Default)]
pub struct Memory {
    tree: Tree,
}

/// Makes the case of a seed that all of `monitors` can run: it has nothing that one of their families does not know. It is
/// to be run under the first of them.
///
/// # Panics
/// If there is no monitor.
pub fn generate_for(profile: &Profile, monitors: &[Monitor], seed: u64) -> Case {
    generate_in(&mut Memory::default(), profile, monitors, seed)
}

/// As [`generate_for`], in `memory`.
///
/// # Panics
/// If there is no monitor.
pub fn generate_in(memory: &mut Memory, profile: &Profile, monitors: &[Monitor], seed: u64) -> Case {
    let families = || monitors.iter().map(|monitor| monitor.family());
    let profile = &families().fold(Cow::Borrowed(profile), fitting);
    let mut dice = Dice::new(seed);
    let draft = Draft::draw(profile, &mut dice);
    let mut catalog = Catalog::default();
    let links = Links::draw(profile, &draft, &mut dice, &mut catalog);
    let limits = Limits { depth: profile.depth_max, fanout: profile.fanout_max };
    let mut tree = Tree::in_memory(std::mem::take(&mut memory.tree), limits);
    let contexts = plant::plant(draft.shape, draft.contexts, &mut tree, &links, &mut dice);
    let depth = tree.depth();
    let mut drawing = Drawing::new(profile, &draft, tree, links, dice);
    let phases = drawing.draw(draft.steps);
    let (events, tree) = drawing.into_parts();
    if !tree.is_large() {
        memory.tree = tree;
    }
    let mix = Mix {
        shape: draft.shape.name(),
        contexts: contexts.len() as u32,
        depth,
        latency: draft.latency.name(),
        keepalives: draft.has_keepalives,
        bandwidth: draft.has_bandwidth,
        unidirectional: draft.is_unidirectional,
        pace: draft.pace.name(),
        steps: draft.steps,
        phases,
        weights: draft.weights,
    };
    let settles = families().filter_map(|family| family.settles_within()).max();
    let scenario = Scenario {
        description: description(&mix),
        seed,
        drawing: if catalog.draws_latencies() { draw::Drawing::NEWEST } else { draw::Drawing::default() },
        unidirectional: draft.is_unidirectional,
        // A run that `until` ends is none that might never end.
        max_events: Some(profile.max_events.saturating_mul(if settles.is_some() { ENDED_FACTOR } else { 1 })),
        until: settles.and_then(|settles| end(&events).checked_add(settles)),
        catalog,
        contexts,
        // They are drawn in the order of time.
        events,
        ..Scenario::named(name(profile, seed), monitors[0])
    };
    Case { seed, mix, scenario }
}

/// The profile without what a family does not know.
fn fitting<'p>(mut fitting: Cow<'p, Profile>, family: &'static dyn Family) -> Cow<'p, Profile> {
    if !family.knows(Feature::Unidirectional) {
        fitting.to_mut().unidirectional = 0;
    }
    for kind in StepKind::ALL {
        if fitting.kinds.get(kind) > 0 && kind.feature().is_some_and(|feature| !family.knows(feature)) {
            fitting.to_mut().kinds.set(kind, 0);
        }
    }
    fitting
}

/// When the last step happens.
fn end(events: &[Step]) -> Time {
    events.last().map(|step| step.at).unwrap_or_default()
}

/// The name of a case, put together without `fmt`: see [`Mix::describe`].
fn name(profile: &Profile, seed: u64) -> String {
    let mut name = String::with_capacity(profile.name.len() + 26);
    name.push_str("fuzz-");
    name.push_str(&profile.name);
    name.push('-');
    push_number(&mut name, seed);
    name
}

/// The mix as a sentence.
fn description(mix: &Mix) -> String {
    let mut text = String::with_capacity(320);
    text.push_str("Drawn by a seed: ");
    mix.describe(&mut text);
    text.push('.');
    text
}
