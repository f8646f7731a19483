//! Checks that a scenario has what its expectations name: labels, calls and contexts.

use super::{Builder, kind};
use crate::scenario::decode::{Object, unknown_word};
use crate::scenario::spec::monitor_names;
use crate::scenario::steps::{Action, Step};
use std::collections::BTreeMap;

impl Builder<'_> {
    /// Checks that the scenario has what its expectations name.
    pub(super) fn check_expectations(&mut self) {
        let Some(expect) = self.file.object("expect") else { return };
        let own = expect.object("by_monitor").into_iter();
        let own = own.flat_map(|by_monitor| monitor_names().into_iter().filter_map(|name| by_monitor.object(name)));
        let all: Vec<&Object> = own.chain([expect]).collect();
        self.check_labels(&all);
        self.check_calls(&all);
        self.check_differences(&all);
    }

    /// Each label must be that of exactly one step.
    fn check_labels(&mut self, expectations: &[&Object]) {
        let mut labels: BTreeMap<&str, u32> = BTreeMap::new();
        for label in self.file.list("events").iter().filter_map(|event| event.text("label")) {
            *labels.entry(label).or_default() += 1;
        }
        let known: Vec<&str> = labels.keys().copied().collect();
        for step in expectations.iter().flat_map(|expectation| expectation.list("steps")) {
            let Some(label) = step.text("label") else { continue };
            let (span, message) = (step.span_of("label"), format!("no step has the label `{label}`"));
            match labels.get(label) {
                Some(1) => {}
                Some(_) => self.found.error(span, format!("several steps have the label `{label}`"), None),
                None if labels.is_empty() => {
                    self.found.error(span, message, format!("add `\"label\": \"{label}\"` to a step"));
                }
                None => unknown_word(message, span, label, &known, self.found),
            }
        }
    }

    /// A call must be made before it can end or hang.
    fn check_calls(&mut self, expectations: &[&Object]) {
        // A step whose kind is unknown might be a call.
        if self.is_refused || self.file.list("events").iter().any(|event| kind(event).is_none()) {
            return;
        }
        let is_call = |step: &&Step| matches!(step.action, Action::Call { .. });
        let calls = self.steps.iter().filter(is_call).count() as u64;
        let made = match calls {
            0 => "no step makes a call".to_owned(),
            _ => format!("the steps make {} at most", plural(calls)),
        };
        for expectation in expectations {
            for call in expectation.list("calls") {
                if let Some(number) = call.integer("call").filter(|number| *number > calls) {
                    let message = format!("there is no call {number}: {made}");
                    let help = "calls are numbered from 1, in the order in which they are made".to_owned();
                    self.found.error(call.span_of("call"), message, help);
                }
            }
            if let Some(number) = expectation.integer("hung_calls").filter(|number| *number > calls) {
                let message = format!("{} cannot hang: {made}", plural(number));
                self.found.warning(expectation.span_of("hung_calls"), message, None);
            }
        }
    }

    /// A difference is between a context and a destination that the file connects.
    fn check_differences(&mut self, expectations: &[&Object]) {
        if !self.knows_all_ids() {
            return;
        }
        let born = self.born();
        for difference in expectations.iter().flat_map(|expectation| expectation.list("differences")) {
            for key in ["context", "destination"] {
                if let Some(id) = difference.id(key).filter(|id| !self.connects(*id, &born)) {
                    let message = format!("there is no such difference: no context in this file has the id {id}");
                    self.found.warning(difference.span_of(key), message, None);
                }
            }
        }
    }
}

fn plural(calls: u64) -> String {
    format!("{calls} {}", if calls == 1 { "call" } else { "calls" })
}
