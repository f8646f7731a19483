//! Checks JSON against the tables of [`super::spec`], and reports all independent mistakes with their places.

mod measures;

use super::diagnostic::{Diagnostics, Severity};
use super::link::Bandwidth;
use super::node::{Kind, Node};
use super::spec::{Field, Holds, Keyed, Kinds, Shape, monitor_names};
use crate::process::ContextId;
use crate::time::Span;
use measures::{decode_bandwidth, decode_duration, decode_durations, decode_rate, read_text};
use std::collections::BTreeSet;
use std::ops::Range;

/// Keys that an object should not have, with their places.
type UnknownKeys = Vec<(String, Range<usize>)>;

/// A checked value.
#[derive(Clone, Debug)]
pub enum Decoded {
    Text(String),
    Flag(bool),
    Integer(u64),
    Duration(Span),
    /// The position of the word in its list.
    Word(usize),
    /// The mean time between two.
    Rate(Span),
    Bandwidth(Bandwidth),
    Ids(Vec<ContextId>),
    Durations(Vec<Span>),
    Object(Object),
    /// The monitors that are known, and the names that are not.
    Keyed(Box<(Object, UnknownKeys)>),
    List(Vec<Object>),
    Values(Vec<(Range<usize>, Decoded)>),
    Map(Vec<(String, Range<usize>, Decoded)>),
}

/// A checked object, with the places of its values. Wrong keys are left out; the diagnostics have them.
#[derive(Clone, Debug)]
pub struct Object {
    pub span: Range<usize>,
    /// The known keys in it, with right or wrong values.
    present: Vec<&'static str>,
    values: Vec<(&'static str, Range<usize>, Decoded)>,
}

impl Object {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Decoded> {
        self.values.iter().find(|(n, ..)| *n == name).map(|(_, _, value)| value)
    }

    /// The place of the value of `name`, or of the object if it has none.
    pub fn span_of(&self, name: &str) -> Range<usize> {
        self.values.iter().find(|(n, ..)| *n == name).map_or_else(|| self.span.clone(), |(_, span, _)| span.clone())
    }

    pub fn has(&self, name: &str) -> bool {
        self.present.contains(&name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|v| if let Decoded::Text(text) = v { Some(text.as_str()) } else { None })
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|v| if let Decoded::Flag(flag) = v { Some(*flag) } else { None })
    }

    pub fn integer(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|v| if let Decoded::Integer(integer) = v { Some(*integer) } else { None })
    }

    /// A number that is kept small; 0 if there is none.
    pub fn small(&self, name: &str) -> u32 {
        self.integer(name).map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub fn duration(&self, name: &str) -> Option<Span> {
        self.get(name).and_then(|v| if let Decoded::Duration(span) = v { Some(*span) } else { None })
    }

    pub fn rate(&self, name: &str) -> Option<Span> {
        self.get(name).and_then(|v| if let Decoded::Rate(gap) = v { Some(*gap) } else { None })
    }

    pub fn bandwidth(&self, name: &str) -> Option<Bandwidth> {
        self.get(name).and_then(|v| if let Decoded::Bandwidth(bandwidth) = v { Some(*bandwidth) } else { None })
    }

    pub fn id(&self, name: &str) -> Option<ContextId> {
        self.integer(name).and_then(|id| u32::try_from(id).ok()).map(ContextId)
    }

    pub fn ids(&self, name: &str) -> &[ContextId] {
        self.get(name).map_or(&[], |v| if let Decoded::Ids(ids) = v { ids } else { &[] })
    }

    pub fn durations(&self, name: &str) -> Option<&[Span]> {
        self.get(name)
            .and_then(|v| if let Decoded::Durations(durations) = v { Some(durations.as_slice()) } else { None })
    }

    pub fn values(&self, name: &str) -> &[(Range<usize>, Decoded)] {
        self.get(name).map_or(&[], |v| if let Decoded::Values(values) = v { values } else { &[] })
    }

    pub fn map(&self, name: &str) -> &[(String, Range<usize>, Decoded)] {
        self.get(name).map_or(&[], |v| if let Decoded::Map(map) = v { map } else { &[] })
    }

    pub fn word(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(|v| if let Decoded::Word(place) = v { Some(*place) } else { None })
    }

    pub fn object(&self, name: &str) -> Option<&Object> {
        match self.get(name)? {
            Decoded::Object(object) => Some(object),
            Decoded::Keyed(keyed) => Some(&keyed.0),
            _ => None,
        }
    }

    /// The keys of an object with monitors as keys that are no known monitors.
    pub fn unknown_monitors(&self, name: &str) -> &[(String, Range<usize>)] {
        self.get(name).map_or(&[], |v| if let Decoded::Keyed(keyed) = v { &keyed.1 } else { &[] })
    }

    pub fn list(&self, name: &str) -> &[Object] {
        self.get(name).map_or(&[], |v| if let Decoded::List(list) = v { list } else { &[] })
    }
}

/// Checks `node` against `shape`.
pub fn decode_object(node: Node<'_>, shape: &Shape, found: &mut Diagnostics) -> Option<Object> {
    if node.kind() != Kind::Object {
        let message = format!("expected {} (an object), found {}", shape.title, node.kind());
        found.error(node.start(), message, None);
        return None;
    }
    Some(decode_fields(node, shape.title, shape.fields, found))
}

/// Checks the keys of an object, which errors call `title`, against `fields`.
fn decode_fields(node: Node<'_>, title: &str, fields: &[Field], found: &mut Diagnostics) -> Object {
    let mut unknown = Vec::new();
    let (object, seen) = decode_known(node, fields, &mut unknown, found);
    let is_missing = |field: &&Field| field.is_required && !seen.contains(field.name);
    let mut missing: Vec<&Field> = fields.iter().filter(is_missing).collect();
    if !missing.is_empty() {
        // A required key that is only misspelt is one mistake, not two.
        let free: Vec<_> = fields.iter().map(|field| field.name).filter(|name| !seen.contains(*name)).collect();
        let meant: Vec<_> = unknown.iter().take(COMPARED_MAX).filter_map(|(name, _)| closest(name, &free)).collect();
        missing.retain(|field| !meant.contains(&field.name));
    }
    for (name, span) in unknown {
        unknown_key(&name, span, title, fields, found);
    }
    for field in missing {
        let help = format!("add `\"{}\": {}`", field.name, field.holds.example());
        found.error(node.start(), format!("{title} needs the key `{}`", field.name), help);
    }
    object
}

/// Checks the keys of an object that `fields` names, and collects the others with their places. Returns the names of all
/// keys, too.
fn decode_known(
    node: Node<'_>,
    fields: &[Field],
    unknown: &mut Vec<(String, Range<usize>)>,
    found: &mut Diagnostics,
) -> (Object, BTreeSet<String>) {
    let entries = node.entries();
    let values = Vec::with_capacity(entries.len().min(fields.len()));
    let mut object = Object { span: node.start(), present: Vec::new(), values };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (key, value) in entries {
        let Some(name) = key.read::<String>() else {
            found.error(key.span(), "this key is not valid text", None);
            continue;
        };
        if seen.contains(&name) {
            found.error(key.span(), format!("duplicate key `{}`", shorten(&name)), "remove one of the two".to_owned());
            continue;
        }
        match fields.iter().find(|field| field.name == name) {
            Some(field) => {
                object.present.push(field.name);
                if let Some(decoded) = decode(value, field, found) {
                    object.values.push((field.name, place_of(value), decoded));
                }
            }
            None => unknown.push((name.clone(), key.span())),
        }
        seen.insert(name);
    }
    (object, seen)
}

/// The span to mark for a value: all of it, unless it can have many lines.
fn place_of(node: Node<'_>) -> Range<usize> {
    match node.kind() {
        Kind::List | Kind::Object => node.start(),
        _ => node.span(),
    }
}

fn unknown_key(name: &str, span: Range<usize>, title: &str, fields: &[Field], found: &mut Diagnostics) {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    let message = format!("unknown key `{}` in {title}", shorten(name));
    unknown_word(message, span, name, &names, found);
}

/// Reports a word that is not one of `known`.
pub fn unknown_word(message: String, span: Range<usize>, written: &str, known: &[&str], found: &mut Diagnostics) {
    let help = found.keeps(span.start, Severity::Error).then(|| suggestion(written, known));
    found.error(span, message, help);
}

/// How many words a suggestion lists, and among how many it looks for a similar one.
const LISTED_MAX: usize = 30;
const COMPARED_MAX: usize = 1_000;

/// "did you mean", or a list of the known words.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    if let Some(word) = closest(written, known) {
        return format!("did you mean `{word}`?");
    }
    let listed: Vec<String> = known.iter().take(LISTED_MAX).map(|word| format!("`{word}`")).collect();
    let more = known.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(", or one of {more} others") } else { String::new() };
    format!("use one of {}{more}", listed.join(", "))
}

/// The known word that was meant, if it is likely.
pub fn closest<'w>(written: &str, known: &[&'w str]) -> Option<&'w str> {
    if written.len() > 40 {
        return None;
    }
    let distances = known.iter().take(COMPARED_MAX).map(|word| (strsim::damerau_levenshtein(written, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= word.len().max(3)).then_some(word)
}

/// A text of any length, shortened for a message.
pub fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push_str("...");
    }
    short
}

fn decode(node: Node<'_>, field: &Field, found: &mut Diagnostics) -> Option<Decoded> {
    let is_wanted = match field.holds {
        Holds::Text { .. }
        | Holds::Duration { .. }
        | Holds::Word { .. }
        | Holds::Monitor
        | Holds::Bandwidth
        | Holds::Rate => node.kind() == Kind::Text,
        Holds::Flag => node.kind() == Kind::Flag,
        Holds::Integer { .. } => node.kind() == Kind::Number,
        Holds::Object(_) | Holds::Map(_) | Holds::Keyed(_) => node.kind() == Kind::Object,
        Holds::List(_) | Holds::Kinds(_) | Holds::Ids | Holds::Values(_) | Holds::Durations { .. } => {
            node.kind() == Kind::List
        }
        Holds::Either { .. } => matches!(node.kind(), Kind::Text | Kind::Object),
    };
    if !is_wanted {
        let message = format!("`{}` must be {}, not {}", field.name, field.holds.in_words(), node.kind());
        let help = format!("for example, write `\"{}\": {}`", field.name, field.holds.example());
        found.error(place_of(node), message, help);
        return None;
    }
    let inner = |holds: &Holds| Field { holds: *holds, ..*field };
    match field.holds {
        Holds::Text { max_chars, may_control } => {
            decode_text(node, field.name, max_chars, may_control, found).map(Decoded::Text)
        }
        Holds::Flag => node.read().map(Decoded::Flag),
        Holds::Integer { min, max } => decode_integer(node, field.name, min, max, found).map(Decoded::Integer),
        Holds::Duration { may_be_zero } => decode_duration(node, field.name, may_be_zero, found).map(Decoded::Duration),
        Holds::Bandwidth => decode_bandwidth(node, found).map(Decoded::Bandwidth),
        Holds::Rate => decode_rate(node, field.name, found).map(Decoded::Rate),
        Holds::Word { what, words } => decode_word(node, what, &words(), found).map(Decoded::Word),
        Holds::Monitor => read_text(node, found).map(|name| {
            let place = monitor_names().iter().position(|known| *known == name);
            place.map_or(Decoded::Text(name), Decoded::Word)
        }),
        Holds::Ids => decode_ids(node, field, found).map(Decoded::Ids),
        Holds::Durations { max } => decode_durations(node, field, max, found).map(Decoded::Durations),
        Holds::Object(shape) => decode_object(node, shape, found).map(Decoded::Object),
        Holds::Keyed(keyed) => Some(decode_keyed(node, keyed, found)),
        Holds::Either { text, .. } if node.kind() == Kind::Text => decode(node, &inner(text), found),
        Holds::Either { object, .. } => decode_object(node, object, found).map(Decoded::Object),
        Holds::List(shape) => {
            let items = node.items().into_iter().filter_map(|item| decode_object(item, shape, found));
            Some(Decoded::List(items.collect()))
        }
        Holds::Kinds(kinds) => {
            let shapes = Shapes::of(kinds);
            let items = node.items().into_iter().filter_map(|item| decode_kind(item, &shapes, found));
            Some(Decoded::List(items.collect()))
        }
        Holds::Values(holds) => {
            let field = inner(holds);
            let value = |item: Node<'_>| Some((place_of(item), decode(item, &field, found)?));
            Some(Decoded::Values(node.items().into_iter().filter_map(value).collect()))
        }
        Holds::Map(holds) => Some(Decoded::Map(decode_map(node, &inner(holds), found))),
    }
}

/// The value of an unknown monitor is checked, too: all have the same shape.
fn decode_keyed(node: Node<'_>, keyed: &Keyed, found: &mut Diagnostics) -> Decoded {
    let fields = keyed.fields();
    for (key, value) in node.entries() {
        let is_known = |name: String| fields.iter().any(|field| field.name == name);
        if !key.read().is_some_and(is_known) {
            decode_object(value, keyed.shape, found);
        }
    }
    let mut unknown = Vec::new();
    let (object, _) = decode_known(node, &fields, &mut unknown, found);
    Decoded::Keyed(Box::new((object, unknown)))
}

fn decode_map(node: Node<'_>, field: &Field, found: &mut Diagnostics) -> Vec<(String, Range<usize>, Decoded)> {
    let mut map: Vec<(String, Range<usize>, Decoded)> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (key, value) in node.entries() {
        let Some(name) = read_text(key, found) else { continue };
        if !seen.insert(name.clone()) {
            found.error(key.span(), format!("duplicate key `{}`", shorten(&name)), "remove one of the two".to_owned());
        } else if let Some(decoded) = decode(value, field, found) {
            map.push((name, key.span(), decoded));
        }
    }
    map
}

fn decode_ids(node: Node<'_>, field: &Field, found: &mut Diagnostics) -> Option<Vec<ContextId>> {
    let mut ids = Vec::new();
    for item in node.items() {
        let holds = Holds::Integer { min: 0, max: u64::from(u32::MAX) };
        match decode(item, &Field { holds, ..*field }, found)? {
            Decoded::Integer(id) => ids.push(ContextId(u32::try_from(id).ok()?)),
            _ => return None,
        }
    }
    Some(ids)
}

fn decode_text(
    node: Node<'_>,
    name: &str,
    max_chars: usize,
    may_control: bool,
    found: &mut Diagnostics,
) -> Option<String> {
    let text = read_text(node, found)?;
    let chars = text.chars().count();
    if chars > max_chars {
        let message = format!("`{name}` is too long: {chars} characters");
        found.error(node.start(), message, format!("use at most {max_chars}"));
        return None;
    }
    if !may_control && text.chars().any(char::is_control) {
        found.error(
            node.span(),
            format!("`{name}` contains a control character"),
            "use printable characters only".to_owned(),
        );
        return None;
    }
    Some(text)
}

fn decode_integer(node: Node<'_>, name: &str, min: u64, max: u64, found: &mut Diagnostics) -> Option<u64> {
    let help = if min == max { format!("write {min}") } else { format!("use a whole number from {min} to {max}") };
    match node.read::<u64>() {
        Some(integer) if (min..=max).contains(&integer) => return Some(integer),
        Some(integer) if name == "version" => {
            found.error(node.span(), format!("unknown format version {integer}"), help);
        }
        Some(0) if name == "id" => {
            let help = "0 is the master; give the new context an id from 1".to_owned();
            found.error(node.span(), "the id 0 is taken", help);
        }
        Some(_) => found.error(node.span(), format!("`{name}` is out of range"), help),
        None => {
            let message = format!("`{name}` must be a whole number, without a decimal point or an exponent");
            found.error(node.span(), message, help);
        }
    }
    None
}

fn decode_word(node: Node<'_>, what: &str, words: &[&str], found: &mut Diagnostics) -> Option<usize> {
    let text = read_text(node, found)?;
    let place = words.iter().position(|word| *word == text);
    if place.is_none() {
        unknown_word(format!("unknown {what} `{}`", shorten(&text)), node.span(), &text, words, found);
    }
    place
}

/// The shapes that an object can have.
struct Shapes<'k> {
    kinds: &'k Kinds,
    shapes: Vec<(&'static str, &'static Shape)>,
    /// The keys that all of them have.
    shared: Vec<Field>,
    /// The names of the keys of all of them.
    names: Vec<&'static str>,
}

impl<'k> Shapes<'k> {
    fn of(kinds: &'k Kinds) -> Self {
        let shapes = (kinds.shapes)();
        let fields = || shapes.iter().flat_map(|(_, shape)| shape.fields);
        let is_shared = |field: &&Field| fields().filter(|other| other.name == field.name).count() == shapes.len();
        let shared = shapes.iter().take(1).flat_map(|(_, shape)| shape.fields).filter(is_shared).copied().collect();
        let names: BTreeSet<_> = fields().map(|field| field.name).collect();
        Shapes { kinds, shared, names: names.into_iter().collect(), shapes }
    }
}

/// One key of the object says which shape it has. If that key is wrong, what all shapes have in common is checked.
fn decode_kind(node: Node<'_>, shapes: &Shapes<'_>, found: &mut Diagnostics) -> Option<Object> {
    let Kinds { title, key, .. } = shapes.kinds;
    if node.kind() != Kind::Object {
        found.error(node.start(), format!("expected {title} (an object), found {}", node.kind()), None);
        return None;
    }
    let is_key = |(name, _): &&(Node<'_>, Node<'_>)| name.read::<String>().as_deref() == Some(key.name);
    let word = node.entries().iter().find(is_key).map(|(_, value)| decode(*value, key, &mut Diagnostics::default()));
    if let Some(Some(Decoded::Word(place))) = word {
        return decode_object(node, shapes.shapes[place].1, found);
    }
    let mut unknown = Vec::new();
    let (object, _) = decode_known(node, &shapes.shared, &mut unknown, found);
    unknown.retain(|(name, _)| !shapes.names.contains(&name.as_str()));
    let is_misspelt = unknown.iter().take(COMPARED_MAX).any(|(name, _)| closest(name, &[key.name]).is_some());
    if word.is_none() && !is_misspelt {
        let words: Vec<_> = shapes.shapes.iter().map(|(name, _)| *name).collect();
        let help = format!("add `\"{}\"` with one of {}", key.name, words.join(", "));
        found.error(node.start(), format!("{title} needs the key `{}`", key.name), help);
    }
    for (name, span) in unknown {
        unknown_word(format!("unknown key `{}` in {title}", shorten(&name)), span, &name, &shapes.names, found);
    }
    Some(object)
}
