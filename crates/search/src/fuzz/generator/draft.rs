//! The draft: what a seed draws before there is a tree.

use super::dice::Dice;
use crate::fuzz::mix::Weights;
use crate::fuzz::profile::{Latency, Pace, Profile};
use crate::scenario::TreeShape;

/// What is drawn before there is a tree.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    pub contexts: u32,
    pub shape: TreeShape,
    pub latency: Latency,
    pub pace: Pace,
    pub steps: u32,
    pub has_bandwidth: bool,
    pub has_keepalives: bool,
    pub is_unidirectional: bool,
    pub weights: Weights,
}

impl Draft {
    /// Draws it, in the order of the fields.
    pub fn draw(profile: &Profile, dice: &mut Dice) -> Self {
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

/// Each kind is off in two of five cases; the rest have up to sixteen times their weights. Where all that takes
/// something away is off, one of those kinds comes back.
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
