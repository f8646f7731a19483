//! Checks JSON against the tables of [`super::spec`], and reports all independent mistakes with their places.

use super::diagnostic::Diagnostics;
use super::link::Bandwidth;
use super::node::{Kind, Node};
use super::spec::{Field, Holds, Kinds, Shape};
use crate::process::ContextId;
use crate::time::{Span, UNITS};
use std::collections::BTreeSet;
use std::ops::Range;

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
    Object(Object),
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
        self.get(name).and_then(|v| if let Decoded::Object(object) = v { Some(object) } else { None })
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
    let mut object = Object { span: node.start(), present: Vec::new(), values: Vec::with_capacity(fields.len()) };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (key, value) in node.entries() {
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
            None => unknown_key(&name, key.span(), title, fields, found),
        }
        seen.insert(name);
    }
    for field in fields.iter().filter(|field| field.is_required && !seen.contains(field.name)) {
        let help = format!("add `\"{}\": {}`", field.name, field.holds.example());
        found.error(node.start(), format!("{title} needs the key `{}`", field.name), help);
    }
    object
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
    found.error(span, message, suggestion(name, &names));
}

/// "did you mean", or a list of all known words.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    let distance = |word: &&&str| strsim::damerau_levenshtein(written, word);
    let is_short = written.len() <= 40;
    match known.iter().filter(|_| is_short).min_by_key(distance) {
        Some(word) if distance(&word) * 3 <= word.len().max(3) => format!("did you mean `{word}`?"),
        _ => format!("use one of {}", known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")),
    }
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
        Holds::Text { .. } | Holds::Duration { .. } | Holds::Word { .. } | Holds::Bandwidth | Holds::Rate => {
            node.kind() == Kind::Text
        }
        Holds::Flag => node.kind() == Kind::Flag,
        Holds::Integer { .. } => node.kind() == Kind::Number,
        Holds::Object(_) | Holds::Map(_) | Holds::Keyed(_) => node.kind() == Kind::Object,
        Holds::List(_) | Holds::Kinds(_) | Holds::Ids | Holds::Values(_) => node.kind() == Kind::List,
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
        Holds::Ids => decode_ids(node, field, found).map(Decoded::Ids),
        Holds::Object(shape) => decode_object(node, shape, found).map(Decoded::Object),
        Holds::Keyed(keyed) => Some(Decoded::Object(decode_fields(node, keyed.title, &keyed.fields(), found))),
        Holds::Either { text, .. } if node.kind() == Kind::Text => decode(node, &inner(text), found),
        Holds::Either { object, .. } => decode_object(node, object, found).map(Decoded::Object),
        Holds::List(shape) => {
            let items = node.items().into_iter().filter_map(|item| decode_object(item, shape, found));
            Some(Decoded::List(items.collect()))
        }
        Holds::Kinds(kinds) => {
            let shapes = (kinds.shapes)();
            let items = node.items().into_iter().filter_map(|item| decode_kind(item, kinds, &shapes, found));
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

fn decode_bandwidth(node: Node<'_>, found: &mut Diagnostics) -> Option<Bandwidth> {
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
fn decode_rate(node: Node<'_>, name: &str, found: &mut Diagnostics) -> Option<Span> {
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

fn read_text(node: Node<'_>, found: &mut Diagnostics) -> Option<String> {
    let text = node.read();
    if text.is_none() {
        let help = "write the character itself instead of its \\u escapes".to_owned();
        found.error(node.span(), "this string is not valid text: it contains half of a surrogate pair", help);
    }
    text
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

fn decode_duration(node: Node<'_>, name: &str, may_be_zero: bool, found: &mut Diagnostics) -> Option<Span> {
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

fn decode_word(node: Node<'_>, what: &str, words: &[&str], found: &mut Diagnostics) -> Option<usize> {
    let text = read_text(node, found)?;
    let place = words.iter().position(|word| *word == text);
    if place.is_none() {
        found.error(node.span(), format!("unknown {what} `{}`", shorten(&text)), suggestion(&text, words));
    }
    place
}

/// One key of the object says which shape it has; if that key is wrong, nothing else is reported.
fn decode_kind(
    node: Node<'_>,
    kinds: &Kinds,
    shapes: &[(&'static str, &'static Shape)],
    found: &mut Diagnostics,
) -> Option<Object> {
    let Kinds { title, key, .. } = kinds;
    if node.kind() != Kind::Object {
        found.error(node.start(), format!("expected {title} (an object), found {}", node.kind()), None);
        return None;
    }
    let is_key = |(name, _): &&(Node<'_>, Node<'_>)| name.read::<String>().as_deref() == Some(key.name);
    let Some((_, value)) = node.entries().into_iter().find(|entry| is_key(&entry)) else {
        let names: Vec<_> = shapes.iter().map(|(name, _)| *name).collect();
        let help = format!("add `\"{}\"` with one of {}", key.name, names.join(", "));
        found.error(node.start(), format!("{title} needs the key `{}`", key.name), help);
        return None;
    };
    let Some(Decoded::Word(place)) = decode(value, key, found) else { return None };
    decode_object(node, shapes[place].1, found)
}
