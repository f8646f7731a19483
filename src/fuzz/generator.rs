//! The generator: makes a scenario from a seed.
//!
//! A seed first draws its mix, then the tree that connects at time 0, then the steps. Each step is one of the kinds that
//! are possible in the current state, and its target is one that it can be done to, so no step is wasted. That state is a
//! model of the tree as if news were instant (`tree`). At the end everything heals, so the run ends in real quiescence,
//! and the check is fair.
//!
//! Everything comes from one stream of the seed. It does not depend on the monitor: a seed is the same scenario under
//! every one.

mod dice;
mod links;
mod plant;
mod steps;
mod tree;

pub use super::mix::{Mix, Phases, Weights};

use super::profile::{Latency, Pace, Profile};
use crate::protocol::Revision;
use crate::scenario::{Catalog, Scenario, TreeShape};
use crate::time::{Span, Time};
use dice::Dice;
use links::Links;
use steps::Drawing;
use tree::{Limits, Tree};

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed it was generated from.
    pub seed: u64,
    /// What the seed drew before any step.
    pub mix: Mix,
    /// The scenario to run.
    pub scenario: Scenario,
}

/// Makes the case of a seed. It is the same in every process, for one version of treequake.
pub fn generate(profile: &Profile, revision: Revision, seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let draft = Draft::draw(profile, &mut dice);
    let mut catalog = Catalog::default();
    let links = Links::draw(profile, &draft, &mut dice, &mut catalog);
    let limits = Limits { depth: profile.depth_max, fanout: profile.fanout_max };
    let mut tree = Tree::new(draft.contexts as usize, limits);
    let contexts = plant::plant(draft.shape, draft.contexts, &mut tree, &links, &mut dice);
    let depth = tree.depth();
    let mut drawing = Drawing::new(profile, &draft, tree, links, dice);
    let phases = drawing.draw(draft.steps);
    let events = drawing.into_steps();
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
    let scenario = Scenario {
        name: format!("fuzz-{}-{seed}", profile.name),
        description: description(&mix),
        revision,
        seed,
        unidirectional: draft.is_unidirectional,
        max_events: profile.max_events,
        ..Scenario::new(catalog, contexts, events)
    };
    Case { seed, mix, scenario }
}

/// The mix as a sentence.
fn description(mix: &Mix) -> String {
    let mut text = String::with_capacity(320);
    text.push_str("Drawn by a seed: ");
    mix.describe(&mut text);
    text.push('.');
    text
}

/// What is drawn before the tree.
#[derive(Clone, Copy, Debug)]
struct Draft {
    contexts: u32,
    shape: TreeShape,
    latency: Latency,
    pace: Pace,
    steps: u32,
    has_bandwidth: bool,
    has_keepalives: bool,
    is_unidirectional: bool,
    weights: Weights,
}

impl Draft {
    fn draw(profile: &Profile, dice: &mut Dice) -> Self {
        let band = dice.weighted(profile.contexts.iter().map(|band| (*band, band.weight)));
        Draft {
            contexts: dice.between(band.min, band.max),
            shape: dice.weighted_key(&profile.shapes),
            latency: dice.weighted_key(&profile.latencies),
            pace: dice.weighted_key(&profile.paces),
            steps: dice.between(profile.steps.min, profile.steps.max),
            has_bandwidth: dice.percent(profile.bandwidth),
            has_keepalives: dice.percent(profile.keepalives),
            is_unidirectional: dice.percent(profile.unidirectional),
            weights: weights(profile, dice),
        }
    }
}

/// Each kind is off in two of five cases; the others have up to sixteen times their weights. If all losses are off, one
/// of them comes back.
fn weights(profile: &Profile, dice: &mut Dice) -> Weights {
    let mut weights = Weights::default();
    for (kind, weight) in profile.kinds.on() {
        let luck = dice.below(10);
        if luck >= 4 {
            weights.set(kind, weight << dice.below(5));
        }
    }
    let losses = || profile.kinds.on().filter(|(kind, _)| kind.is_loss());
    if weights.on().all(|(kind, _)| !kind.is_loss()) && losses().next().is_some() {
        let (kind, weight) = dice.weighted(losses().map(|loss| (loss, loss.1)));
        weights.set(kind, weight);
    }
    weights
}

fn time(ns: u64) -> Time {
    Time::from_ns(ns)
}

fn span(from_ns: u64, to_ns: u64) -> Span {
    time(to_ns).since(time(from_ns))
}
