//! What happens to each context in a whole run, and to everything below it. Contexts of one fate are alike at every moment, as
//! far as the scenario goes, so a picture can fold them and never move.

use super::alike::told;
use crate::link::Incarnation;
use crate::recording::Recording;
use crate::scenario::Role;
use std::collections::{BTreeMap, BTreeSet};

/// The fates of contexts.
#[derive(Clone, Debug)]
pub struct Fates {
    numbers: Vec<usize>,
    below: Vec<usize>,
    told: BTreeSet<Incarnation>,
}

/// A fate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fate {
    /// The steps that are about it, by number.
    steps: Vec<usize>,
    /// How many lives its id had before.
    earlier: u32,
    /// The context itself if it is like no other.
    only: Option<Incarnation>,
    /// The fates of its children, and how many children have each.
    children: Vec<(usize, usize)>,
}

impl Fates {
    /// The fates of all lives. The contexts that the last faults are about are like no other.
    pub fn of(recording: &Recording<'_>) -> Fates {
        let count = recording.lives.len();
        let told = told(recording, recording.last_until(None));
        let mut fates = Fates { numbers: vec![0; count], below: vec![0; count], told };
        let mut steps = steps(recording);
        let mut children: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); count];
        let mut all: BTreeMap<Fate, usize> = BTreeMap::new();
        // A life comes after its parent.
        for place in (0..count).rev() {
            let context = Incarnation(place as u32);
            let life = recording.life(context);
            let fate = Fate {
                steps: std::mem::take(&mut steps[place]),
                earlier: life.earlier,
                only: Some(context).filter(|context| fates.told.contains(context)),
                children: std::mem::take(&mut children[place]).into_iter().collect(),
            };
            let next = all.len();
            let number = *all.entry(fate).or_insert(next);
            fates.numbers[place] = number;
            if let Some(parent) = life.parent {
                *children[parent.index()].entry(number).or_default() += 1;
                fates.below[parent.index()] += fates.below[place] + 1;
            }
        }
        fates
    }

    /// The number of the fate of a context.
    pub fn number(&self, context: Incarnation) -> usize {
        self.numbers[context.index()]
    }

    /// How many lives are below a context.
    pub fn below(&self, context: Incarnation) -> usize {
        self.below[context.index()]
    }

    /// The contexts that the last faults are about.
    pub fn told(&self) -> &BTreeSet<Incarnation> {
        &self.told
    }
}

/// The steps that are about each life, except messages and the `contexts` of the file. Steps of one kind at one time have one
/// number.
fn steps(recording: &Recording<'_>) -> Vec<Vec<usize>> {
    let joined = recording.scenario.contexts.len();
    let mut steps = vec![Vec::new(); recording.lives.len()];
    let (mut number, mut last) = (0, None);
    for (place, moment) in recording.moments.iter().enumerate() {
        let Some(action) = recording.action(place).filter(|_| recording.step(place) >= Some(joined)) else { continue };
        if action.kind().role() == Role::Traffic {
            continue;
        }
        let this = Some((action.kind(), moment.at));
        if this != last {
            (number, last) = (number + 1, this);
        }
        steps[recording.whom(place).index()].push(number);
    }
    steps
}
