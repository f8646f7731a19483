//! The results: a row for each case, as NDJSON.
//!
//! docs/campaigns.md lists the fields of a row for users. A row depends only on its seed and on the campaign.

use super::hex;
use crate::fuzz::examine::Examination;
use crate::fuzz::generator::Case;
use crate::metrics::{Closed, Messages, Window};
use crate::run::Outcome;
use crate::scenario::expectation::Verdict;
use crate::scenario::{Role, Scenario, StepKind};
use crate::time::Span;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The words of the kinds of steps, column by column.
pub const STEP_KINDS: [&str; StepKind::COLUMNS] = {
    let mut words = [""; StepKind::COLUMNS];
    let mut column = 0;
    while column < words.len() {
        words[column] = StepKind::COUNTED[column].word();
        column += 1;
    }
    words
};

/// The row of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<'a> {
    /// The seed of the case.
    pub seed: u64,
    /// The name of the profile.
    pub profile: Cow<'a, str>,
    /// The shape of the tree.
    pub shape: Cow<'a, str>,
    /// The contexts that connect at time 0.
    pub contexts: u32,
    /// The depth of the deepest of them.
    pub depth: u32,
    /// How the run ended. A run that a clock stopped is `stopped`, too, and has no digest; one that was cut is, and has one.
    pub verdict: Cow<'a, str>,
    /// Whether the run was stopped far above the budget of a step: it may show more classes than these. Only rows of such
    /// cases have it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    /// The classes of failures that the case shows, the most serious kind first; none if it passes.
    ///
    /// In formats 1 and 2 this was `class`, the first of them.
    #[serde(alias = "class", deserialize_with = "classes")]
    pub classes: Vec<Cow<'a, str>>,
    /// The number of events.
    pub events: u64,
    /// The time of the last event.
    pub end_ns: u64,
    /// The time until the slowest step had converged; `None` if a step had not.
    pub converged_ns: Option<u64>,
    /// If a step had not, but its window was closed: how long the slowest step took at least. 0 if nobody followed it.
    #[serde(default)]
    pub unconverged_ns: Option<u64>,
    /// The messages that arrived.
    pub messages: Messages,
    /// The steps after time 0.
    pub steps: Kinds,
    /// The digest of the trace, up to where the run was stopped; `None` if a clock did that.
    #[serde(with = "hex::optional")]
    pub digest: Option<u128>,
}

/// The steps of one kind. Steps at the same time share their figures, which count for each kind among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindFigures {
    /// The steps that were done.
    pub steps: u64,
    /// The windows that were closed, or the run over, before all routes were right, and those that nobody followed.
    pub unconverged: u64,
    /// Those of them at whose end nothing was left to happen.
    #[serde(default)]
    pub never: u64,
    /// The time until the slowest of the others had converged.
    pub converged_ns: u64,
    /// The longest window that was closed before all routes were right.
    #[serde(default)]
    pub unconverged_ns: u64,
    /// The messages between each of them and the next step.
    pub messages: u64,
}

impl KindFigures {
    fn add(&mut self, window: Window) {
        match window {
            Window::Converged(after) => self.converged_ns = self.converged_ns.max(after.as_ns()),
            Window::Open { after, .. } => {
                self.unconverged += 1;
                self.unconverged_ns = self.unconverged_ns.max(after.as_ns());
            }
            Window::Never => {
                self.unconverged += 1;
                self.never += 1;
            }
            // Nobody followed it: it may have taken any time.
            Window::Unchecked => self.unconverged += 1,
        }
    }

    /// What is known about the slowest of the steps.
    fn slowest(&self) -> Window {
        let converged = Window::Converged(Span::from_ns(self.converged_ns));
        let open = Window::Open { after: Span::from_ns(self.unconverged_ns), by: Closed::Change };
        match (self.unconverged, self.never) {
            (0, _) => converged,
            (_, 0) => converged.slower(open),
            _ => Window::Never,
        }
    }
}

/// The steps by kind, in the order of [`STEP_KINDS`]; files omit kinds without steps. They are most of a row, which moves
/// a few times, and so in a box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds(pub Box<[KindFigures; STEP_KINDS.len()]>);

impl Kinds {
    fn of(scenario: &Scenario, outcome: &Outcome) -> Self {
        let mut kinds = Kinds::default();
        let setup = scenario.contexts.len();
        for (figures, places) in outcome.moments() {
            // A bit for each kind.
            let mut seen = 0_u32;
            for place in places.start.max(setup)..places.end {
                if figures.skipped_at(place).is_none() {
                    let kind = scenario.events[place - setup].action.kind().column();
                    kinds.0[kind].steps += 1;
                    seen |= 1 << kind;
                }
            }
            let messages = figures.messages.total();
            for (kind, sum) in kinds.0.iter_mut().enumerate().filter(|(kind, _)| seen >> kind & 1 == 1) {
                sum.messages += messages;
                if has_window(kind) {
                    figures.window.into_iter().for_each(|window| sum.add(window));
                }
            }
        }
        kinds
    }

    /// The kinds with steps that have windows, each with its place in [`STEP_KINDS`] and what is known about its slowest
    /// step.
    pub fn slowest(&self) -> impl Iterator<Item = (usize, Window)> {
        let kinds = self.0.iter().enumerate().filter(|(kind, figures)| figures.steps > 0 && has_window(*kind));
        kinds.map(|(kind, figures)| (kind, figures.slowest()))
    }

    /// The kinds with steps, with their words.
    pub fn present(&self) -> impl Iterator<Item = (&'static str, &KindFigures)> {
        STEP_KINDS.into_iter().zip(self.0.iter()).filter(|(_, figures)| figures.steps > 0)
    }
}

/// Whether steps of a kind change the tree or a link.
fn has_window(kind: usize) -> bool {
    StepKind::COUNTED[kind].role() != Role::Traffic
}

impl Row<'static> {
    /// The row of an examined case.
    pub fn new(profile: &str, case: &Case, examination: &Examination) -> Self {
        let outcome = &examination.outcome;
        let slowest = outcome.slowest().unwrap_or(Window::Converged(Span::default()));
        Row {
            seed: case.seed,
            profile: Cow::Owned(profile.to_owned()),
            shape: Cow::Borrowed(case.mix.shape),
            contexts: case.mix.contexts,
            depth: case.mix.depth,
            verdict: Cow::Borrowed(outcome.verdict.name()),
            cut: examination.is_cut,
            classes: examination.failures.iter().map(|failure| Cow::Owned(failure.class.to_string())).collect(),
            events: outcome.events,
            end_ns: outcome.end.as_ns(),
            converged_ns: slowest.converged_after().map(|after| after.as_ns()),
            unconverged_ns: match slowest {
                Window::Open { after, .. } => Some(after.as_ns()),
                Window::Unchecked => Some(0),
                Window::Converged(_) | Window::Never => None,
            },
            messages: outcome.messages,
            steps: Kinds::of(&case.scenario, outcome),
            digest: outcome.digest.map(|digest| digest.0),
        }
    }
}

impl Row<'_> {
    /// What is known about the slowest step. Rows of format 2 do not say how long it took at least.
    pub fn slowest(&self) -> Window {
        match (self.converged_ns, self.unconverged_ns) {
            (Some(ns), _) => Window::Converged(Span::from_ns(ns)),
            (None, None) if self.verdict == Verdict::Diverged.name() => Window::Never,
            (None, ns) => Window::Open { after: Span::from_ns(ns.unwrap_or(0)), by: Closed::Change },
        }
    }
}

impl<'a> Row<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// If the line is not a row.
    pub fn read(line: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }
}

/// For serde, which asks with a reference.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A list of classes; or one, or null, as in earlier formats.
fn classes<'a, 'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cow<'a, str>>, D::Error> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of classes")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_str<E: Error>(self, class: &str) -> Result<Self::Value, E> {
            Ok(vec![class.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut classes = Vec::new();
            while let Some(class) = list.next_element()? {
                classes.push(class);
            }
            Ok(classes)
        }
    }
    let names = deserializer.deserialize_any(Names)?;
    Ok(names.into_iter().map(Cow::Owned).collect())
}

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, figures) in self.present() {
            map.serialize_entry(name, figures)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Kinds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("figures by kind of step")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kinds, A::Error> {
                let mut kinds = Kinds::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let place = STEP_KINDS.iter().position(|kind| *kind == name);
                    let place = place.ok_or_else(|| A::Error::custom(format!("unknown kind of step `{name}`")))?;
                    kinds.0[place] = map.next_value()?;
                }
                Ok(kinds)
            }
        }
        deserializer.deserialize_map(ByName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a window that nobody followed is not taken for one that converged at once.
    #[test]
    fn unchecked_windows() {
        let mut figures = KindFigures::default();
        figures.add(Window::Converged(Span::from_ms(3)));
        figures.add(Window::Unchecked);
        assert_eq!((figures.unconverged, figures.never), (1, 0));
        assert_eq!(figures.slowest(), Window::Open { after: Span::from_ms(3), by: Closed::Change });
    }

    /// Proves that the classes of a row can be read in every format, and are written as a list.
    #[test]
    fn classes_of_every_format() {
        let row = |key: &str| {
            let line = format!(
                r#"{{"seed":1,"profile":"p","shape":"star","contexts":1,"depth":1,"verdict":"converged",{key},
                "events":7,"end_ns":1,"converged_ns":null,"messages":{{"add_route":1,"del_route":2,"data":3,"reply":4,
                "dead":5}},"steps":{{}},"digest":"00000000000000000000000000000001"}}"#
            );
            serde_json::from_str::<Row<'_>>(&line).map(|row| row.classes.join(" ")).map_err(|error| error.to_string())
        };
        let keys = [r#""class":null"#, r#""class":"a""#, r#""classes":[]"#, r#""classes":["a","b"]"#];
        assert_eq!(keys.map(row), ["", "a", "", "a b"].map(|classes| Ok(classes.to_owned())));
        assert!(row(r#""classes":7"#).is_err());
        assert!(row(r#""klass":null"#).is_err());
    }
}
