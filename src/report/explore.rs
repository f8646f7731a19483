//! An exploration, as text and as JSON.

use super::differences;
use super::json::difference;
use super::{BAD, GOOD, ODD, styled};
use crate::explore::{Bound, Ending};
use crate::fuzz::orders::{Ended, Known, Looping, Surveyed};
use crate::process::ContextId;
use crate::scenario::Scenario;
use crate::words::number::percent;
use crate::words::terminal::plain;
use crate::words::{counted, grouped};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many endings the text lists.
const LISTED_MAX: usize = 20;

/// An exploration, and where its files are.
#[derive(Debug)]
pub struct Explored<'a> {
    /// The path as given on the command line.
    pub path: &'a str,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What was found.
    pub found: &'a Surveyed,
    /// The path of the scenario of each ending that has one.
    pub endings: &'a [Option<String>],
    /// The same for the order that passes in its place.
    pub saved: &'a [Option<String>],
    /// The same for each loop.
    pub loops: &'a [Option<String>],
    /// For each event, in the order in which they happen, its place in `events`; `None` if that is the same.
    pub places: Option<&'a [usize]>,
    /// How the order of each ending was lost, in words.
    pub lost: &'a [Option<String>],
}

impl Explored<'_> {
    /// The calls that are open in an ending, by the places of their steps in the file.
    pub fn open_calls(&self, ended: &Ended) -> Vec<usize> {
        let in_file = |place: &usize| self.places.map_or(*place, |places| places[*place]);
        let mut open_calls: Vec<usize> = ended.ending.open_calls.iter().map(in_file).collect();
        open_calls.sort_unstable();
        open_calls
    }
}

/// The exploration as one JSON object, on one line:
///
/// | name | what |
/// |---|---|
/// | `scenario`, `file` | the scenario's name; the path as given |
/// | `monitor` | the monitor that every context ran |
/// | `outcome` | `proved` (every order was explored, and none fails), `failure`, or `bounded` |
/// | `states`, `transitions` | how many states were needed to find all endings, and how many choices were taken there |
/// | `all_states` | how many states there are without the reduction; null if they were not counted |
/// | `complete` | whether every order was explored |
/// | `bound` | the limit that was met: `states`, `memory`, `stopped`, or null |
/// | `orders` | how many orders there are, as text; null if there is no end of them |
/// | `orders_counted` | whether that is exact, and not only a lower bound |
/// | `endings` | see below |
/// | `loops` | orders that never end: `states` (how many they go through again and again), `file` |
///
/// An ending has `verdict` (`converged` or `diverged`), `fails`, `tables` (context to destination to next hop), `open_calls`
/// (the places of their steps in `events`), `differences`, `classes`, `orders` (how many end so, as text, or null),
/// `file` (a scenario that ends so, or null), `lost_at` (the place of the choice after which every order fails, or null), and
/// `saved_file` (a scenario that takes another choice there, and passes, or null).
pub fn json(explored: &Explored<'_>) -> String {
    let Explored { path, scenario, found, .. } = *explored;
    let endings = found.endings.iter().enumerate().map(|(place, ended)| ending_json(explored, place, ended));
    let loops = found.loops.iter().zip(explored.loops);
    let value = json!({
        "scenario": scenario.name,
        "file": path,
        "monitor": scenario.monitor.name(),
        "outcome": found.known().name(),
        "states": found.states,
        "transitions": found.transitions,
        "all_states": found.all_states,
        "complete": found.bound.is_none(),
        "bound": found.bound.map(bound_name),
        "orders": found.orders.as_ref().map(|orders| orders.all.to_string()),
        "orders_counted": found.is_counted,
        "endings": endings.collect::<Vec<_>>(),
        "loops": loops.map(|(looping, file)| json!({ "states": looping.states, "file": file })).collect::<Vec<_>>(),
    });
    format!("{value}\n")
}

fn ending_json(explored: &Explored<'_>, place: usize, ended: &Ended) -> Value {
    let Ending { tables, differences, .. } = &ended.ending;
    let tables: Map<_, _> = tables.iter().map(|(context, hops)| (context.0.to_string(), table(hops))).collect();
    let orders = explored.found.orders.as_ref().filter(|_| explored.found.is_counted);
    json!({
        "verdict": ended.ending.verdict(),
        "fails": ended.fails(),
        "tables": tables,
        "open_calls": explored.open_calls(ended),
        "differences": differences.iter().map(difference).collect::<Value>(),
        "classes": ended.failures.iter().map(|failure| failure.class.to_string()).collect::<Vec<_>>(),
        "orders": orders.map(|orders| orders.by_ending[ended.number].to_string()),
        "file": explored.endings[place],
        "lost_at": ended.turn.as_ref().and_then(|turn| turn.lost_at),
        "saved_file": explored.saved[place],
    })
}

fn table(hops: &BTreeMap<ContextId, ContextId>) -> Value {
    Value::Object(hops.iter().map(|(to, hop)| (to.0.to_string(), json!(hop.0))).collect())
}

fn bound_name(bound: Bound) -> &'static str {
    match bound {
        Bound::Memory => "memory",
        Bound::Stopped => "stopped",
        _ => "states",
    }
}

/// The exploration for people.
pub fn text(explored: &Explored<'_>) -> String {
    let Explored { path, scenario, found, .. } = *explored;
    let mut out = format!("{} {} under {}: {}\n", head(found.known()), plain(path), scenario.monitor, sentence(found));
    let mut row = |name: &str, what: String| out.push_str(&format!("  {name:<9} {what}\n"));
    let without =
        found.all_states.map(|all| format!("; {} without reduction", grouped(all as u64))).unwrap_or_default();
    row(
        "states",
        format!("{}, with {} transitions{without}", grouped(found.states as u64), grouped(found.transitions as u64)),
    );
    row("orders", orders(found));
    for (place, ended) in found.endings.iter().take(LISTED_MAX).enumerate() {
        ending(explored, place, ended, &mut row);
    }
    if let Some(more) = found.endings.len().checked_sub(LISTED_MAX + 1) {
        row("", format!("... and {} more; --format json has them all", grouped(more as u64 + 1)));
    }
    for (place, (looping, file)) in found.loops.iter().zip(explored.loops).enumerate() {
        around(place, looping, file.as_deref(), &mut row);
    }
    let has_witness = found.endings.iter().any(|ended| ended.witness.is_some());
    if has_witness && explored.endings.iter().all(Option::is_none) {
        row("replay", "with --out FOLDER, each ending is written as a scenario that ends so".to_owned());
    }
    out
}

/// The mark in front of what is known.
pub(super) fn head(known: Known) -> String {
    match known {
        Known::Failure => styled("FAIL", BAD),
        Known::Bounded => styled("?   ", ODD),
        Known::Proved => styled("ok  ", GOOD),
    }
}

/// What is known, kept apart: proved, failure, bounded.
pub fn sentence(found: &Surveyed) -> String {
    let endings = counted(found.endings.len() as u64, "ending", "endings");
    let known = how_far(found.bound);
    let loops = counted(found.loops.len() as u64, "loop never ends", "loops never end");
    let failing = match (found.failing() as u64, found.endings.len() as u64, found.loops.is_empty()) {
        (0, _, _) => loops,
        (failing, all, true) => format!("{} of {} endings fail", grouped(failing), grouped(all)),
        (failing, all, false) => format!("{} of {} endings fail, and {loops}", grouped(failing), grouped(all)),
    };
    match found.known() {
        Known::Failure => format!("{failing}; {known}"),
        Known::Bounded => format!("no failure in {endings} so far; {known}"),
        Known::Proved => format!("proved, no order fails ({endings}); {known}"),
    }
}

/// Whether every order was explored, and if not, which limit was met.
pub fn how_far(bound: Option<Bound>) -> &'static str {
    match bound {
        None => "every order explored",
        Some(Bound::Memory) => "not every order explored, the limit of memory was met (--memory)",
        Some(Bound::Stopped) => "not every order explored, it was stopped",
        Some(_) => "not every order explored, the limit of states was met (--most-states)",
    }
}

/// How many orders there are, as far as that is known.
pub fn orders(found: &Surveyed) -> String {
    match &found.orders {
        None if found.bound.is_some() && found.loops.is_empty() => "not known".to_owned(),
        None => "without end".to_owned(),
        Some(orders) if orders.all == 0 => "not known".to_owned(),
        Some(orders) if orders.all == u128::MAX => "more than 10^38".to_owned(),
        Some(orders) if found.is_counted => big(orders.all),
        Some(orders) => format!("at least {}", big(orders.all)),
    }
}

/// A large number, with its digits in groups.
fn big(number: u128) -> String {
    match u64::try_from(number) {
        Ok(number) => grouped(number),
        Err(_) => {
            let digits = number.to_string();
            format!("{}.{}e{}", &digits[..1], &digits[1..3], digits.len() - 1)
        }
    }
}

/// In how many orders it ends so, in words; empty if that is not known.
pub fn shares(found: &Surveyed, ended: &Ended) -> String {
    match found.counted().map(|orders| (orders.by_ending[ended.number], orders.all)) {
        None => String::new(),
        Some((these, all)) if these >= all => "in every order".to_owned(),
        Some((these, all)) => format!("in {} of orders", percent(these, all)),
    }
}

fn ending(explored: &Explored<'_>, place: usize, ended: &Ended, row: &mut impl FnMut(&str, String)) {
    let mark = if ended.fails() { styled("FAIL", BAD) } else { styled("ok", GOOD) };
    let calls = ended.ending.open_calls.len() as u64;
    let hung = if calls == 0 { String::new() } else { format!(", {}", counted(calls, "call hangs", "calls hang")) };
    let share = shares(explored.found, ended);
    let share = if share.is_empty() { share } else { format!(", {share}") };
    row(&format!("ending {}", place + 1), format!("{mark} {}{hung}{share}", ended.ending.verdict()));
    for failure in &ended.failures {
        row("", format!("{}: {}", failure.class, failure.sentence));
    }
    let truth = explored.scenario.monitor.family().truth();
    for difference in ended.ending.differences.iter().take(LISTED_MAX) {
        row("", differences::line(difference, truth));
    }
    if let Some(lost) = &explored.lost[place] {
        row("lost", lost.clone());
    }
    if let Some(file) = &explored.endings[place] {
        row("replay", format!("treequake replay {}", plain(file)));
    }
    if let Some(file) = &explored.saved[place] {
        row("saved", format!("treequake replay {}", plain(file)));
    }
}

fn around(place: usize, looping: &Looping, file: Option<&str>, row: &mut impl FnMut(&str, String)) {
    let states = counted(looping.states as u64, "state", "states");
    row(&format!("loop {}", place + 1), format!("{} storm: {states}, again and again", styled("FAIL", BAD)));
    if let Some(file) = file {
        row("replay", format!("treequake replay {}", plain(file)));
    }
}
