//! The mix of a case: what its seed draws before any step, as in swarm testing.
//!
//! Some kinds of steps are off, and the rest have very different weights, so each case is lopsided in its own way. A
//! failure that only shows if, say, nothing ever heals is not drowned by heals.

use crate::scenario::StepKind;
use crate::time::Span;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt;

/// How likely each kind of step is, relative to the others; 0 is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weights([u32; StepKind::COUNT]);

impl Weights {
    /// These weights; every other kind is off.
    pub const fn of(weights: &[(StepKind, u32)]) -> Self {
        let mut all = Weights([0; StepKind::COUNT]);
        let mut place = 0;
        // `for` is not const yet.
        while place < weights.len() {
            all.set(weights[place].0, weights[place].1);
            place += 1;
        }
        all
    }

    /// The weight of a kind.
    pub const fn get(&self, kind: StepKind) -> u32 {
        self.0[kind as usize]
    }

    /// Sets the weight of a kind.
    pub const fn set(&mut self, kind: StepKind, weight: u32) {
        self.0[kind as usize] = weight;
    }

    /// The same with another weight of one kind.
    pub const fn with(mut self, kind: StepKind, weight: u32) -> Self {
        self.set(kind, weight);
        self
    }

    /// The kinds that are on, with their weights, in the order of [`StepKind::ALL`].
    pub fn on(&self) -> impl Iterator<Item = (StepKind, u32)> + Clone + '_ {
        StepKind::ALL.into_iter().map(|kind| (kind, self.get(kind))).filter(|(_, weight)| *weight > 0)
    }
}

impl Serialize for Weights {
    /// As an object with the kinds that are on.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, weight) in self.on() {
            map.serialize_entry(kind.name(), &weight)?;
        }
        map.end()
    }
}

/// The lengths of the phases of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Phases {
    /// From the connects of time 0 to the first step.
    #[serde(serialize_with = "as_text")]
    pub join: Span,
    /// From the first step to the last.
    #[serde(serialize_with = "as_text")]
    pub faults: Span,
    /// From the last step to the time at which everything heals.
    #[serde(serialize_with = "as_text")]
    pub wait: Span,
}

fn as_text<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(span)
}

/// What a seed draws before any step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mix {
    /// The shape of the tree.
    pub shape: &'static str,
    /// How many contexts connect at time 0.
    pub contexts: u32,
    /// The depth of the deepest of them.
    pub depth: u32,
    /// The model of latencies.
    pub latency: &'static str,
    /// Whether some links have keepalives.
    pub keepalives: bool,
    /// Whether the links have a bandwidth, and messages a size.
    pub bandwidth: bool,
    /// Whether the master's router is in unidirectional mode.
    pub unidirectional: bool,
    /// How closely the steps follow each other.
    pub pace: &'static str,
    /// How many steps were drawn; a swizzle counts as one.
    pub steps: u32,
    /// The lengths of the phases.
    pub phases: Phases,
    /// The kinds that are on, with their weights.
    pub weights: Weights,
}

impl Mix {
    /// Appends everything except the phases, in one line. Every case has this description, so it does without `fmt`, which
    /// would take a third of the time of making a case.
    pub fn describe(&self, text: &mut String) {
        let Mix { shape, contexts, depth, latency, pace, steps, .. } = self;
        text.push_str(shape);
        text.push_str(" of ");
        push_number(text, *contexts);
        text.push_str(" contexts, depth ");
        push_number(text, *depth);
        text.push_str("; latency ");
        text.push_str(latency);
        for (is_on, word) in [
            (self.bandwidth, ", bandwidth"),
            (self.keepalives, ", keepalives"),
            (self.unidirectional, ", unidirectional"),
        ] {
            text.push_str(if is_on { word } else { "" });
        }
        text.push_str("; ");
        push_number(text, *steps);
        text.push_str(if *steps == 1 { " step, " } else { " steps, " });
        text.push_str(pace);
        text.push(';');
        for (kind, weight) in self.weights.on() {
            text.push(' ');
            text.push_str(kind.name());
            text.push(' ');
            push_number(text, weight);
        }
    }
}

/// Appends a number, without `fmt`.
pub(super) fn push_number(text: &mut String, number: impl Into<u64>) {
    let number = number.into();
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

impl fmt::Display for Mix {
    /// In one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.describe(&mut text);
        let Phases { join, faults, wait } = self.phases;
        write!(f, "{text}; phases {join} + {faults} + {wait}")
    }
}
