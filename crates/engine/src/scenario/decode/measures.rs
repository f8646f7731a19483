//! Reads what has a unit: durations, rates, bandwidths.

use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::link::Bandwidth;
use crate::scenario::node::{Kind, Node};
use crate::scenario::spec::Field;
use crate::time::{Span, UNITS};

pub(super) fn read_text(node: Node<'_>, found: &mut Diagnostics) -> Option<String> {
    let text = node.read();
    if text.is_none() {
        let help = "write the character itself instead of its \\u escapes".to_owned();
        found.error(node.span(), "this string is not valid text: it contains half of a surrogate pair", help);
    }
    text
}

pub(super) fn decode_duration(node: Node<'_>, name: &str, may_be_zero: bool, found: &mut Diagnostics) -> Option<Span> {
    let text = read_text(node, found)?;
    match Span::parse(&text) {
        Ok(span) if span == Span::default() && !may_be_zero => {
            let help = "use at least \"1ns\"".to_owned();
            found.error(node.span(), format!("`{name}` must not be zero"), help);
            None
        }
        Ok(span) => Some(span),
        Err(error) => {
            let help = "write a number and a unit, such as \"250us\", \"10ms\", \"1.5s\" or \"2m\"".to_owned();
            found.error(node.span(), format!("`{name}` is not a duration: {error}"), help);
            None
        }
    }
}

/// A list of at most `max` durations above zero.
pub(super) fn decode_durations(node: Node<'_>, field: &Field, max: u64, found: &mut Diagnostics) -> Option<Vec<Span>> {
    let name = field.name;
    let items = node.items();
    if items.len() as u64 > max {
        let message = format!("`{name}` is too long: {} durations", items.len());
        found.error(node.start(), message, format!("use at most {max}"));
        return None;
    }
    if items.is_empty() {
        let help = format!("for example, write `\"{name}\": {}`", field.holds.example());
        found.error(node.span(), format!("`{name}` must not be empty"), help);
        return None;
    }
    let mut durations = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        if item.kind() == Kind::Text {
            durations.extend(decode_duration(*item, &format!("{name}[{place}]"), false, found));
        } else {
            let message =
                format!("`{name}[{place}]` must be a duration (a string of a number and a unit), not {}", item.kind());
            let help = format!("for example, write `\"{name}\": {}`", field.holds.example());
            found.error(item.start(), message, help);
        }
    }
    (durations.len() == items.len()).then_some(durations)
}

pub(super) fn decode_bandwidth(node: Node<'_>, found: &mut Diagnostics) -> Option<Bandwidth> {
    let text = read_text(node, found)?;
    let bandwidth = Bandwidth::parse(&text);
    bandwidth
        .map_err(|why| {
            found.error(
                node.span(),
                format!("this is not a bandwidth: {why}"),
                "for example, write \"100Mbit\"".to_owned(),
            )
        })
        .ok()
}

/// `5/s` is a mean of 200 ms between two.
pub(super) fn decode_rate(node: Node<'_>, name: &str, found: &mut Diagnostics) -> Option<Span> {
    let text = read_text(node, found)?;
    let gap = text.split_once('/').and_then(|(times, unit)| {
        let times: u64 = times.parse().ok().filter(|times| *times > 0)?;
        let unit = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        Some(Span::from_ns((unit / times).max(1)))
    });
    if gap.is_none() {
        let help = "write a whole number and a unit of time, such as \"5/s\" or \"2/m\"".to_owned();
        found.error(node.span(), format!("`{name}` is not a rate"), help);
    }
    gap
}
