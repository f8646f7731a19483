//! Runs one scenario under several monitors. Reports the result of each run, and the first record where two traces
//! differ.
//!
//! The traces of two runs are compared record by record as they happen, one step of each simulation at a time. Neither
//! trace is kept, so even the traces of two storms can be compared.

use crate::engine::{entry, table};
use crate::findings::findings;
use crate::link::Incarnation;
use crate::process::{Message, Monitor, Payload};
use crate::run::{self, Outcome, Progress, RunError, Stepper};
use crate::scenario::Scenario;
use crate::time::Time;
use crate::trace::{Entry, Record};
use crate::world::{SimulationError, Watch};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;

/// One scenario under several monitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The run under each monitor, in the order of the monitors.
    pub cases: Vec<Case>,
    /// For each two neighbours in `cases`, where their traces first differ; `None` if they are equal.
    pub partings: Vec<Option<Parting>>,
}

/// A run under one monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The result of the run.
    pub outcome: Outcome,
    /// Why the run fails; see [`findings`].
    pub findings: Vec<String>,
}

/// The first record that differs between two traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The line number of the record in both written traces, from 1.
    pub line: u64,
    /// The time of the earlier of the two records.
    pub time: Time,
    /// The two records, as lines of the written traces; `None` for a trace that has ended.
    pub records: [Option<String>; 2],
}

/// Why a comparison is impossible.
#[derive(Debug)]
pub struct CompareError {
    /// The monitor under which the scenario cannot be run.
    pub monitor: Monitor,
    /// Why.
    pub error: RunError,
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "under {}: {}", self.monitor, self.error)
    }
}

impl std::error::Error for CompareError {}

/// Runs `scenario` with `run` under each of `monitors`, and finds where the traces of neighbours first differ.
///
/// # Errors
/// The error of the first run that fails to produce an outcome.
pub fn compare(
    scenario: &Scenario,
    monitors: &[Monitor],
    mut run: impl FnMut(&Scenario) -> Result<Outcome, RunError>,
) -> Result<Comparison, CompareError> {
    let under = |monitor: &Monitor| {
        let mut scenario = scenario.clone();
        scenario.put_under(*monitor);
        scenario
    };
    let scenarios: Vec<Scenario> = monitors.iter().map(under).collect();
    let mut cases = Vec::new();
    for scenario in &scenarios {
        let outcome = run(scenario).map_err(|error| CompareError { monitor: scenario.monitor, error })?;
        cases.push(Case { findings: findings(scenario, &outcome, &[]), outcome });
    }
    let mut partings = Vec::new();
    for (scenarios, cases) in scenarios.windows(2).zip(cases.windows(2)) {
        let is_equal = cases[0].outcome.digest == cases[1].outcome.digest;
        partings.push(if is_equal { None } else { parting([&scenarios[0], &scenarios[1]])? });
    }
    Ok(Comparison { cases, partings })
}

/// Runs two scenarios side by side until their traces differ; `None` if they never do.
///
/// # Errors
/// If one of them cannot be run that far.
pub fn parting(scenarios: [&Scenario; 2]) -> Result<Option<Parting>, CompareError> {
    let mut sides = scenarios.map(Records::of);
    for line in 1.. {
        for (side, scenario) in sides.iter_mut().zip(scenarios) {
            side.advance().map_err(|error| CompareError { monitor: scenario.monitor, error: error.into() })?;
        }
        let entries = sides.each_ref().map(Records::entry);
        match entries {
            [None, None] => break,
            [Some(one), Some(other)] if is_same(one, other) => {}
            _ => {
                let time = entries.iter().flatten().map(|entry| entry.time).min().expect("one of them has a record");
                return Ok(Some(Parting { line, time, records: entries.map(|entry| entry.map(written)) }));
            }
        }
    }
    Ok(None)
}

/// Whether two records are the same line of a trace.
fn is_same(one: Entry<'_>, other: Entry<'_>) -> bool {
    // A name is an index into the list of its own run, so only its text can be compared.
    let has_name = matches!(
        one.record,
        Record::Message { message: Message { payload: Payload::Announce { name: Some(_), .. }, .. }, .. }
    );
    let is_equal = !has_name && one.time == other.time && one.record == other.record;
    is_equal || written(one) == written(other)
}

fn written(entry: Entry<'_>) -> String {
    serde_json::to_string(&entry).expect("a record is plain data")
}

/// The records of a run, as they happen.
struct Records<'s> {
    run: Box<dyn Stepper + 's>,
    current: Option<Record>,
    /// The index of the next record among those of the last event.
    next: usize,
    /// The contexts whose tables are still to be recorded, once the run has ended.
    tables: Option<VecDeque<Incarnation>>,
}

impl<'s> Records<'s> {
    fn of(scenario: &'s Scenario) -> Self {
        Records { run: run::open(scenario, Watch::Records), current: None, next: 0, tables: None }
    }

    fn entry(&self) -> Option<Entry<'_>> {
        Some(entry(self.current.as_ref()?, self.run.view().world))
    }

    /// Moves on to the next record.
    fn advance(&mut self) -> Result<(), SimulationError> {
        loop {
            if let Some(record) = self.run.view().world.happened().records.get(self.next) {
                self.next += 1;
                self.current = Some(record.clone());
                return Ok(());
            }
            if let Some(tables) = &mut self.tables {
                self.current = tables.pop_front().map(|context| table(self.run.view(), context));
                return Ok(());
            }
            self.next = 0;
            if !matches!(self.run.step_up_to(1)?, Progress::Event { .. }) {
                let mut live = VecDeque::new();
                let Ok(()) = self.run.view().world.each_live(|context| {
                    live.push_back(context);
                    Ok::<_, Infallible>(())
                });
                self.tables = Some(live);
            }
        }
    }
}
