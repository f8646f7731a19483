//! The state at one moment of a run: contexts, links, messages on the wires, and route tables against the truth.

use super::differences::leads_astray;
use super::{BAD, GOOD, ODD, counted, narrow, plain, styled};
use crate::convergence::DIFFERENCES_MAX;
use crate::link::{Direction, Incarnation, LaneId};
use crate::process::ContextId;
use crate::recording::{Flight, FlightEnd, FlightId, Health, Recording, State};
use crate::scenario::expectation::DifferenceKind;
use crate::time::Time;
use crate::words::grouped;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many lines of a list are shown. JSON has them all.
const LISTED_MAX: usize = 20;

/// How many ranges of ids are shown on a line.
const RANGES_MAX: usize = 12;

/// A moment, ready to be reported.
#[derive(Debug)]
pub struct View<'r> {
    /// The run.
    pub recording: &'r Recording<'r>,
    /// The state at that moment.
    pub state: State<'r>,
    /// The time that was asked for; `None` for the end of the run.
    pub asked: Option<Time>,
    /// The context whose table is shown in full. Without one, all wrong entries are shown.
    pub context: Option<Incarnation>,
}

/// The state of a context, in one word.
fn health_word(health: Health) -> &'static str {
    match health {
        Health::Fine | Health::Wrong(_) | Health::Unknown => "alive",
        Health::Orphan => "orphaned",
        Health::Dead => "dead",
    }
}

/// A table entry, and what it should be.
#[derive(Clone, Copy)]
struct Row {
    context: Incarnation,
    destination: ContextId,
    via: Option<Incarnation>,
    expected: Option<Incarnation>,
    kind: Option<DifferenceKind>,
}

/// The moment as text, for a terminal of this width.
pub fn text(view: &View<'_>, width: Option<usize>) -> String {
    let parts = [headline(view), contexts(view), links(view), wires(view), tables(view)];
    narrow::sentences(&parts.concat(), width)
}

fn headline(view: &View<'_>) -> String {
    let recording = view.recording;
    let (scenario, monitor) = (plain(&recording.scenario.name), recording.scenario.monitor);
    let (wrong, style) = match wrong(view) {
        Some(0) => ("every route is right".to_owned(), GOOD),
        Some(count) => (counted(count, "route is wrong", "routes are wrong"), BAD),
        None => (view.state.wrong_words(), if view.state.knows_wrong() { BAD } else { ODD }),
    };
    let wrong = styled(&wrong, style);
    match view.state.moment() {
        None => format!("{scenario} under {monitor}, before the first event: {wrong}\n"),
        Some(moment) => {
            let at = recording.moments[moment].at;
            let cut = if recording.is_cut { " recorded" } else { "" };
            let (number, all) =
                (recording.events(Some(moment)), recording.events(recording.moments.len().checked_sub(1)));
            let (what, asked) = (recording.moment_words(moment), view.asked.unwrap_or(at));
            let at = if asked == at { String::new() } else { format!(" at {at}") };
            format!(
                "{scenario} under {monitor} at {asked}, after event {} of {}{cut} ({what}{at}): {wrong}\n",
                grouped(number),
                grouped(all)
            )
        }
    }
}

/// How many entries are wrong; `None` if that is not known.
fn wrong(view: &View<'_>) -> Option<u64> {
    let followed = view.state.moment().and_then(|moment| view.recording.moments[moment].wrong);
    let counted = || view.state.count_wrong().filter(|wrong| *wrong < DIFFERENCES_MAX).map(|wrong| wrong as u64);
    followed.or_else(counted)
}

fn contexts(view: &View<'_>) -> String {
    let mut text = "\ncontexts\n".to_owned();
    for kind in ["alive", "orphaned", "dead"] {
        let is_it = |context: &Incarnation| health_word(view.state.health(*context)) == kind;
        let of_it: Vec<_> = view.state.contexts().skip(1).filter(is_it).collect();
        if !of_it.is_empty() {
            let _ = writeln!(
                text,
                "  {kind:<8}  {:>5}  {}",
                grouped(of_it.len() as u64),
                view.recording.ranges(of_it, RANGES_MAX)
            );
        }
    }
    let born = view.state.contexts().count();
    let to_come = view.recording.lives.len() - born;
    if to_come > 0 {
        let _ = writeln!(text, "  {:<8}  {:>5}  not born yet", "to come", grouped(to_come as u64));
    }
    if born == 1 {
        text.push_str("  the master alone\n");
    }
    text
}

// Links.

/// The links that are not simply open. Links between two dead contexts do not count.
fn odd_links(view: &View<'_>) -> Vec<Incarnation> {
    let state = &view.state;
    let is_odd = |child: &Incarnation| {
        let link = state.link(*child);
        let parent = view.recording.life(*child).parent;
        let is_over = !state.is_alive(*child) && parent.is_none_or(|parent| !state.is_alive(parent));
        let is_cut = link.is_cut != [false; 2];
        let is_closed = link.is_open != [true; 2] && link.is_open != [false; 2];
        is_cut || !is_over && (is_closed || link.factor != 1 && link.is_open == [true; 2])
    };
    state.contexts().skip(1).filter(is_odd).collect()
}

fn links(view: &View<'_>) -> String {
    let odd = odd_links(view);
    let mut text = "\nlinks\n".to_owned();
    let held = held(view);
    let mut alike: Vec<(Incarnation, String, Vec<Incarnation>)> = Vec::new();
    for child in &odd {
        let parent = view.recording.life(*child).parent.expect("it is not the master");
        let words = link_words(view, *child, &held);
        match alike.last_mut().filter(|(other, same, _)| *other == parent && *same == words) {
            Some((.., children)) => children.push(*child),
            None => alike.push((parent, words, vec![*child])),
        }
    }
    push_list(&mut text, &alike, |(parent, words, children)| {
        let parent = view.recording.short_label(*parent);
        format!("  {parent} - {}  {words}", view.recording.ranges(children.clone(), RANGES_MAX))
    });
    let rest: Vec<Incarnation> =
        view.state.contexts().skip(1).filter(|child| odd.binary_search(child).is_err()).collect();
    let open = rest.iter().filter(|child| view.state.link(**child).is_open == [true; 2]).count();
    let is_open = |open: usize, closed: usize| match (open, closed) {
        (open, 0) => format!("{} open", grouped(open as u64)),
        (0, closed) => format!("{} closed", grouped(closed as u64)),
        (open, closed) => format!("{} open, {} closed", grouped(open as u64), grouped(closed as u64)),
    };
    let rest = match (odd.len(), rest.len()) {
        (0, 0) => "none".to_owned(),
        (0, _) => is_open(open, rest.len() - open),
        (_, 0) => "no others".to_owned(),
        (_, count) => format!("the others: {}", is_open(open, count - open)),
    };
    let _ = writeln!(text, "  {rest}");
    text
}

/// How many items each cut lane holds.
fn held(view: &View<'_>) -> BTreeMap<LaneId, u64> {
    let mut held = BTreeMap::new();
    for (_, flight) in view.state.on_wire().filter(|(_, flight)| view.state.is_held(flight.lane)) {
        let count: &mut u64 = held.entry(flight.lane).or_default();
        *count = count.saturating_add(flight.copies);
    }
    held
}

fn link_words(view: &View<'_>, child: Incarnation, held: &BTreeMap<LaneId, u64>) -> String {
    let link = view.state.link(child);
    let held = |direction: Direction| held.get(&LaneId::new(child, direction)).copied().unwrap_or(0);
    let (down, up) = (held(Direction::Down), held(Direction::Up));
    let items = |count: u64| counted(count, "item", "items");
    let cut = match link.is_cut {
        [true, true] => Some(format!("cut, holds {} down and {} up", items(down), grouped(up))),
        [true, false] => Some(format!("cut downward, holds {}", items(down))),
        [false, true] => Some(format!("cut upward, holds {}", items(up))),
        [false, false] => None,
    };
    let end = match link.is_open {
        [false, false] => Some("closed at both ends"),
        [false, true] => Some("the parent's end is closed"),
        [true, false] => Some("the child's end is closed"),
        [true, true] => None,
    };
    let slow = (link.factor != 1).then(|| format!("slowed x{}", link.factor));
    cut.into_iter().chain(end.map(str::to_owned)).chain(slow).collect::<Vec<_>>().join("; ")
}

// Wires.

fn wires(view: &View<'_>) -> String {
    let mut text = "\non the wires\n".to_owned();
    // A line stands for the same message to many contexts, or sent many times.
    let mut alike: Vec<(Incarnation, [String; 2], Vec<Incarnation>, u64)> = Vec::new();
    for (number, flight) in view.state.on_wire() {
        let hop = view.recording.hop(flight.lane);
        let sent = view.recording.moments[flight.sent].at;
        let words = [view.recording.flight_words(number), format!("sent at {sent}, {}", due_words(view, flight))];
        let copies = flight.copies;
        match alike.last_mut().filter(|(from, same, ..)| *from == hop.from && *same == words) {
            Some((_, _, to, count)) => {
                to.push(hop.to);
                *count = count.saturating_add(copies);
            }
            None => alike.push((hop.from, words, vec![hop.to], copies)),
        }
    }
    if alike.is_empty() {
        text.push_str("  nothing\n");
    }
    push_list(&mut text, &alike, |(from, [what, when], to, count)| {
        let mut to = to.clone();
        to.dedup();
        let count = if *count == to.len() as u64 { String::new() } else { format!(" x{}", grouped(*count)) };
        let (from, to) = (view.recording.short_label(*from), view.recording.ranges(to, RANGES_MAX));
        format!("  {from} -> {to}  {what}{count}, {when}")
    });
    text
}

fn due_words(view: &View<'_>, flight: &Flight) -> String {
    let arrival = flight.end.moment().map(|end| view.recording.moments[end].at);
    let comes = match flight.end {
        FlightEnd::Vanished(_) => "vanishes at a closed end at",
        _ => "arrives at",
    };
    match (view.state.is_held(flight.lane), arrival) {
        (true, Some(at)) => format!("held by a cut link, {comes} {at}"),
        (true, None) => "held by a cut link".to_owned(),
        (false, Some(at)) => format!("{comes} {at}"),
        (false, None) if view.recording.is_cut => "arrives after the last event that is kept, if at all".to_owned(),
        (false, None) => "has not arrived by the end of the run".to_owned(),
    }
}

// Tables.

/// The entries to show: all wrong ones, or all that are or should be in one table.
fn rows(view: &View<'_>) -> Vec<Row> {
    let state = &view.state;
    let row = |context: Incarnation, destination: ContextId| Row {
        context,
        destination,
        via: state.table(context).get(&destination).copied(),
        expected: state.expected(context, destination).filter(|_| state.is_attached(context)),
        kind: state.difference(context, destination).map(|difference| difference.kind),
    };
    let Some(context) = view.context else { return state.wrong().map(|(at, to)| row(at, to)).collect() };
    let truth = state.truth(context);
    let mut destinations: Vec<_> = state.table(context).keys().chain(truth.keys()).copied().collect();
    destinations.sort_unstable();
    destinations.dedup();
    destinations.into_iter().map(|destination| row(context, destination)).collect()
}

fn tables(view: &View<'_>) -> String {
    let rows = rows(view);
    match view.context {
        Some(context) => table(view, context, &rows),
        None => wrong_entries(view, &rows),
    }
}

/// One table, in full.
fn table(view: &View<'_>, context: Incarnation, rows: &[Row]) -> String {
    let (label, state) = (plain(&view.recording.label(context)).into_owned(), &view.state);
    let state_words = match context.index() < state.contexts().count() {
        false => ", which is not born yet",
        true if !state.is_alive(context) => ", which is dead",
        true if !state.is_attached(context) => ", which is an orphan: not checked",
        true if !state.knows_wrong() => ": whether it is right is not known",
        true => "",
    };
    let mut text = format!("\nroute table of {label}{state_words}\n");
    if rows.is_empty() {
        text.push_str("  empty\n");
    }
    push_list(&mut text, &fold(view.recording, rows), |line| format!("  {line}"));
    text
}

/// Merges rows that say the same about consecutive ids into one line.
fn fold(recording: &Recording<'_>, rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let len = 1 + rest.windows(2).take_while(|pair| continues(recording, &pair[0], &pair[1])).count();
        let last = rest[len - 1].destination;
        let range = if len == 1 { last.to_string() } else { format!("{}..{last}", first.destination) };
        let is_same = len == 1 || rest[0].via == rest[1].via;
        lines.push(row_words(recording, first, &range, is_same));
        rest = &rest[len..];
    }
    lines
}

/// Whether two entries say the same. Routes to direct children are alike, as are routes through the same neighbour.
fn continues(recording: &Recording<'_>, one: &Row, next: &Row) -> bool {
    let is_next = one.context == next.context && one.destination.0 + 1 == next.destination.0 && one.kind == next.kind;
    let is_direct = |row: &Row| row.via.is_some_and(|via| recording.life(via).id == row.destination);
    let is_same = (one.via, one.expected) == (next.via, next.expected);
    is_next && (is_same || one.kind.is_none() && is_direct(one) && is_direct(next))
}

/// An entry with a mark: `-` should not be there, `+` is missing, `!` leads the wrong way.
fn row_words(recording: &Recording<'_>, row: &Row, to: &str, is_same: bool) -> String {
    let label = |hop: Option<Incarnation>| hop.map_or_else(|| "nothing".to_owned(), |hop| recording.short_label(hop));
    let (via, expected) = (label(row.via), label(row.expected));
    match row.kind {
        None if is_same => format!("  {to} via {via}"),
        None => format!("  {to}, children"),
        Some(DifferenceKind::Stale) => styled(&format!("- {to} via {via}: stale, there should be none"), BAD),
        Some(DifferenceKind::Missing) => styled(&format!("+ {to}: missing, should be via {expected}"), BAD),
        Some(DifferenceKind::Wrong) if row.via == row.expected => {
            let why = leads_astray(recording.family().truth());
            styled(&format!("! {to} via {via}: wrong, {why}"), BAD)
        }
        Some(DifferenceKind::Wrong) => styled(&format!("! {to} via {via}: wrong, should be via {expected}"), BAD),
    }
}

fn wrong_entries(view: &View<'_>, rows: &[Row]) -> String {
    let mut text = "\nroute tables\n".to_owned();
    let of_owners: Vec<_> = rows.chunk_by(|one, next| one.context == next.context).collect();
    let lines: Vec<_> = of_owners.iter().flat_map(|rows| wrong_of_one(view.recording, rows)).collect();
    push_list(&mut text, &lines, String::clone);
    let state = &view.state;
    let right = state.contexts().filter(|context| state.is_attached(*context)).count() - of_owners.len();
    let rest = match (of_owners.len(), right) {
        _ if !state.knows_wrong() => "whether they are right is not known".to_owned(),
        _ if wrong(view).is_none() => "more tables may be wrong".to_owned(),
        (0, 1) => "the table of the master is right".to_owned(),
        (0, _) => format!("all {} tables are right", grouped(right as u64)),
        (_, 1) => "the other table is right".to_owned(),
        (_, 0) => "no other tables".to_owned(),
        (_, right) => format!("the other {} tables are right", grouped(right as u64)),
    };
    let _ = writeln!(text, "  {rest}");
    text
}

/// The wrong entries of one table. Those that are wrong in the same way share a line.
fn wrong_of_one(recording: &Recording<'_>, rows: &[Row]) -> Vec<String> {
    let mut alike: Vec<(Row, Vec<ContextId>)> = Vec::new();
    let mut places = BTreeMap::new();
    for row in rows {
        let place = *places.entry((row.kind, row.via, row.expected)).or_insert(alike.len());
        match alike.get_mut(place) {
            Some((_, destinations)) => destinations.push(row.destination),
            None => alike.push((*row, vec![row.destination])),
        }
    }
    let line = |(row, destinations): &(Row, Vec<ContextId>)| {
        let count = if destinations.len() > 1 {
            format!(" ({} entries)", grouped(destinations.len() as u64))
        } else {
            String::new()
        };
        let to = format!("{}{count}", super::alike::id_ranges(destinations));
        format!("  {}  {}", recording.short_label(row.context), row_words(recording, row, &to, true))
    };
    alike.iter().map(line).collect()
}

fn push_list<T>(text: &mut String, items: &[T], line: impl Fn(&T) -> String) {
    for item in items.iter().take(LISTED_MAX) {
        text.push_str(&line(item));
        text.push('\n');
    }
    if items.len() > LISTED_MAX {
        let _ =
            writeln!(text, "  ... and {} more; --format json has them all", grouped((items.len() - LISTED_MAX) as u64));
    }
}

/// The moment as one JSON object. A context is named by its id and the number of its life, from 1.
///
/// | name | what |
/// |---|---|
/// | `scenario`, `monitor` | what is run |
/// | `at_ns`, `moment`, `events` | the time; its place in the recording, from 0, or null; how many events so far |
/// | `wrong` | how many entries are wrong; null if that is not known |
/// | `contexts` | all contexts born so far: `id`, `life`, `name`, `parent` (an id), `health`, `wrong` |
/// | `links` | those that are not simply open: `child`, `parent`, `open` and `cut` (each down, up), `factor`, `held` |
/// | `on_wire` | what is in flight: `from`, `to`, `what`, `copies`, `sent_ns`, `arrives_ns` (null if never), `held` |
/// | `entries` | the wrong ones, or the whole requested table: `context`, `destination`, `via`, `expected`, `kind` |
pub fn json(view: &View<'_>) -> Value {
    let (recording, state) = (view.recording, &view.state);
    let held = held(view);
    let moment = state.moment();
    json!({
        "scenario": recording.scenario.name,
        "monitor": recording.scenario.monitor.name(),
        "at_ns": moment.map_or(0, |moment| recording.moments[moment].at.as_ns()),
        "moment": moment,
        "events": recording.events(moment),
        "wrong": wrong(view),
        "contexts": state.contexts().map(|context| context_json(view, context)).collect::<Vec<_>>(),
        "links": odd_links(view).into_iter().map(|child| link_json(view, child, &held)).collect::<Vec<_>>(),
        "on_wire": state.on_wire().map(|(number, flight)| flight_json(view, number, flight)).collect::<Vec<_>>(),
        "entries": rows(view).iter().map(|row| row_json(recording, row)).collect::<Vec<_>>(),
    })
}

fn id(recording: &Recording<'_>, context: Incarnation) -> u32 {
    recording.life(context).id.0
}

fn context_json(view: &View<'_>, context: Incarnation) -> Value {
    let life = view.recording.life(context);
    json!({
        "id": life.id.0,
        "life": life.earlier + 1,
        "name": view.recording.name(context),
        "parent": life.parent.map(|parent| id(view.recording, parent)),
        "health": health_word(view.state.health(context)),
        "wrong": view.state.knows_wrong().then(|| view.state.wrong_count(context)),
    })
}

fn link_json(view: &View<'_>, child: Incarnation, held: &BTreeMap<LaneId, u64>) -> Value {
    let (link, life) = (view.state.link(child), view.recording.life(child));
    let held = Direction::BOTH.map(|direction| held.get(&LaneId::new(child, direction)).copied().unwrap_or(0));
    json!({
        "child": life.id.0,
        "life": life.earlier + 1,
        "parent": life.parent.map(|parent| id(view.recording, parent)),
        "open": link.is_open,
        "cut": link.is_cut,
        "factor": link.factor,
        "held": held,
    })
}

fn flight_json(view: &View<'_>, number: FlightId, flight: &Flight) -> Value {
    let hop = view.recording.hop(flight.lane);
    json!({
        "from": id(view.recording, hop.from),
        "to": id(view.recording, hop.to),
        "what": view.recording.flight_words(number),
        "copies": flight.copies,
        "sent_ns": view.recording.moments[flight.sent].at.as_ns(),
        "arrives_ns": flight.end.moment().map(|end| view.recording.moments[end].at.as_ns()),
        "held": view.state.is_held(flight.lane),
    })
}

fn row_json(recording: &Recording<'_>, row: &Row) -> Value {
    json!({
        "context": id(recording, row.context),
        "destination": row.destination.0,
        "via": row.via.map(|via| id(recording, via)),
        "expected": row.expected.map(|expected| id(recording, expected)),
        "kind": row.kind.map(DifferenceKind::name),
    })
}
