//! The links that have [`Dynamics`], found by the number of the link.

use super::{Dynamics, Incarnation};
use crate::scenario::Scenario;
use crate::scenario::link::LinkOptions;

/// The place of a link that has no state.
const NONE: u32 = u32::MAX;

/// The state of each link that has one. It is small where none has.
#[derive(Clone, Debug, Default)]
pub struct AllDynamics(Option<Box<States>>);

#[derive(Clone, Debug, Default)]
struct States {
    /// By the number of the link's child: the place in `all`. Links behind the last one that has a state are not in it.
    places: Vec<u32>,
    all: Vec<Dynamics>,
}

impl AllDynamics {
    /// Whether no link has a state.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|states| states.all.is_empty())
    }

    /// Forgets all states; keeps the memory.
    pub fn clear(&mut self) {
        if let Some(states) = &mut self.0 {
            states.places.clear();
            states.all.clear();
        }
    }

    /// The state of the link above `child`.
    #[inline]
    pub fn get(&self, child: Incarnation) -> Option<&Dynamics> {
        let states = self.0.as_deref()?;
        let place = states.places.get(child.index())?;
        states.all.get(*place as usize)
    }

    /// The state of the link above `child`, mutable.
    #[inline]
    pub fn get_mut(&mut self, child: Incarnation) -> Option<&mut Dynamics> {
        let states = self.0.as_deref_mut()?;
        let place = states.places.get(child.index())?;
        states.all.get_mut(*place as usize)
    }

    /// Gives the link above `child` a state. It must have none.
    pub fn insert(&mut self, child: Incarnation, options: LinkOptions, scenario: &Scenario) {
        let States { places, all } = &mut **self.0.get_or_insert_default();
        let place = u32::try_from(all.len()).ok().filter(|place| *place != NONE).expect("links are counted in u32");
        if places.len() <= child.index() {
            places.resize(child.index() + 1, NONE);
        }
        places[child.index()] = place;
        let dynamics = Dynamics::new(options, scenario, all.last());
        all.push(dynamics);
    }

    /// The state of the link above `child`, which gets one if it has none.
    pub fn get_or_insert(&mut self, child: Incarnation, options: LinkOptions, scenario: &Scenario) -> &mut Dynamics {
        if self.get(child).is_none() {
            self.insert(child, options, scenario);
        }
        self.get_mut(child).expect("it has a state")
    }
}
