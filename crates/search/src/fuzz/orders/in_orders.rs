//! In how many orders a finding fails, as the summary of a campaign keeps it.

use super::{Survey, Surveyed, survey};
use crate::explore::Limits;
use crate::fuzz::class::{Class, Kind};
use crate::scenario::Scenario;
use crate::words::number::percent;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// How far the orders of a finding are explored.
const LIMITS: Limits = Limits { most_states: 300_000, memory: 1 << 30, jobs: 1, reduces: true };

/// In how many orders the smallest case of a class fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InOrders {
    /// Whether some order passes; `None` if that is not known.
    pub some_pass: Option<bool>,
    /// How many orders fail, and how many there are; `None` if they were not counted.
    pub counted: Option<(String, String)>,
    /// Why not every order was explored; `None` if every one was.
    pub unexplored: Option<String>,
}

impl InOrders {
    /// Explores the smallest case of a class.
    pub fn of(scenario: &Scenario, class: Class) -> InOrders {
        let unexplored = |why: String| InOrders { some_pass: None, counted: None, unexplored: Some(why) };
        if matches!(class.kind, Kind::OverBudget | Kind::Denied(_) | Kind::Stopped | Kind::Crash) {
            return unexplored("an ending does not tell it".to_owned());
        }
        let how = Survey { from: None, limits: LIMITS };
        match survey(scenario, &how, &mut |_| ControlFlow::Continue(())) {
            Ok(found) => InOrders::found(&found),
            Err(error) => unexplored(error.to_string()),
        }
    }

    fn found(found: &Surveyed) -> InOrders {
        let passes = found.endings.iter().any(|ended| !ended.fails());
        let is_complete = found.bound.is_none();
        let failing = found.endings.iter().filter(|ended| ended.fails());
        InOrders {
            some_pass: if passes { Some(true) } else { is_complete.then_some(false) },
            counted: found.counted().map(|orders| {
                let sum: u128 = failing.map(|ended| orders.by_ending[ended.number]).sum();
                (sum.to_string(), orders.all.to_string())
            }),
            unexplored: (!is_complete).then(|| "there are too many states".to_owned()),
        }
    }

    /// How many of all orders fail, in percent.
    fn share(&self) -> Option<String> {
        let (failing, all) = self.counted.as_ref()?;
        Some(percent(failing.parse().ok()?, all.parse().ok()?))
    }

    /// The same in words, to go on after "fails": `in every order`, `in 4.25 % of orders`, `in some orders`.
    pub fn in_words(&self) -> String {
        match (self.some_pass, &self.unexplored) {
            (Some(false), _) => "in every order".to_owned(),
            (Some(true), _) => {
                self.share().map_or("in some orders".to_owned(), |share| format!("in {share} of orders"))
            }
            (None, Some(why)) => format!("in this order; others unknown: {why}"),
            (None, None) => "in this order".to_owned(),
        }
    }

    /// The same in a cell of a table.
    pub fn in_short(&self) -> String {
        match self.some_pass {
            Some(false) => "every".to_owned(),
            Some(true) => self.share().unwrap_or_else(|| "some".to_owned()),
            None => "?".to_owned(),
        }
    }
}
