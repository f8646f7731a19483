//! The shape of a scenario file, as tables: the one place that says which keys there are, what they hold and mean.
//!
//! Decoding, the "did you mean" of errors and the JSON Schema all read these tables, so they can not part.

use super::diagnostic::Diagnostics;
use super::expectation::{DifferenceKind, Verdict, WarningKind};
use super::node::{Kind, Node};
use crate::protocol::Revision;
use crate::time::Span;
use serde_json::{Map, Value, json};
use std::ops::Range;

/// What a key holds.
#[derive(Clone, Copy)]
pub enum Holds {
    /// A string of at most so many characters; whether control characters may be in it.
    Text { max_chars: usize, may_control: bool },
    /// true or false.
    Flag,
    /// A whole number.
    Integer { min: u64, max: u64 },
    /// A duration; whether it may be zero.
    Duration { may_be_zero: bool },
    /// One of some words; what they are.
    Word { what: &'static str, words: &'static [&'static str] },
    /// An object.
    Object(&'static Shape),
    /// A list of objects.
    List(&'static Shape),
    /// A list of objects whose shape the key `do` tells.
    Steps(&'static [(&'static str, Shape)]),
}

/// A key of an object.
#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub holds: Holds,
    pub is_required: bool,
    pub doc: &'static str,
}

/// The keys of an object.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What one is called in an error.
    pub title: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
}

const fn required(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: true, doc }
}

const fn optional(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: false, doc }
}

const ANY_ID: Holds = Holds::Integer { min: 0, max: u32::MAX as u64 };
const NEW_ID: Holds = Holds::Integer { min: 1, max: u32::MAX as u64 };
const COUNT: Holds = Holds::Integer { min: 0, max: u64::MAX };
/// Mitogen 0.3 takes names of up to 500 characters (`Context.NAME_MAX_LEN`).
const CONTEXT_NAME: Holds = Holds::Text { max_chars: 500, may_control: true };

const MONITORS: [&str; 4] =
    [Revision::ALL[0].name(), Revision::ALL[1].name(), Revision::ALL[2].name(), Revision::ALL[3].name()];

const LINK: Shape = Shape {
    title: "a link",
    doc: "What a link is like.",
    fields: &[required("latency", Holds::Duration { may_be_zero: false }, "How long everything on it travels.")],
};

const LINK_FIELD: Field =
    optional("link", Holds::Object(&LINK), "The link to the parent, if it is not like the scenario's.");
const ID_FIELD: Field = required("id", NEW_ID, "The id of the new context.");
const PARENT_FIELD: Field = required("parent", ANY_ID, "The id of its parent; 0 is the master.");
const NAME_FIELD: Field = optional("name", CONTEXT_NAME, "The name that ADD_ROUTE carries; `ctx.ID` if there is none.");

const CONTEXT: Shape = Shape {
    title: "a context",
    doc: "A context that connects at time 0.",
    fields: &[ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD],
};

const AT_FIELD: Field = required("at", Holds::Duration { may_be_zero: true }, "When, from the start of the run.");
const DO_FIELD: Field = required("do", Holds::Word { what: "step", words: &STEP_NAMES }, "What to do.");
const CHILD_FIELD: Field = required("id", ANY_ID, "The id of the context.");
const FROM_FIELD: Field = required("from", ANY_ID, "The id of the context that sends.");
const TO_FIELD: Field = required("to", ANY_ID, "The id of the context that it is for; any, whether it exists or not.");

/// The names of the steps, in the order of [`STEPS`].
pub const STEP_NAMES: [&str; 7] = ["connect", "kill", "disconnect", "partition", "heal", "send", "call"];

const STEPS: [(&str, Shape); 7] = [
    (
        STEP_NAMES[0],
        Shape {
            title: "a `connect` step",
            doc: "A child appears below a parent.",
            fields: &[AT_FIELD, DO_FIELD, ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD],
        },
    ),
    (
        STEP_NAMES[1],
        Shape { title: "a `kill` step", doc: "A process dies at once.", fields: &[AT_FIELD, DO_FIELD, CHILD_FIELD] },
    ),
    (
        STEP_NAMES[2],
        Shape {
            title: "a `disconnect` step",
            doc: "The parent closes its stream to a child.",
            fields: &[AT_FIELD, DO_FIELD, CHILD_FIELD],
        },
    ),
    (
        STEP_NAMES[3],
        Shape {
            title: "a `partition` step",
            doc: "The link between a context and its parent stops delivering, in both directions; nobody notices.",
            fields: &[AT_FIELD, DO_FIELD, CHILD_FIELD],
        },
    ),
    (
        STEP_NAMES[4],
        Shape {
            title: "a `heal` step",
            doc: "Every partitioned link of a context to a parent delivers again, what it held first.",
            fields: &[AT_FIELD, DO_FIELD, CHILD_FIELD],
        },
    ),
    (
        STEP_NAMES[5],
        Shape {
            title: "a `send` step",
            doc: "A context sends a message that asks for no reply.",
            fields: &[AT_FIELD, DO_FIELD, FROM_FIELD, TO_FIELD],
        },
    ),
    (
        STEP_NAMES[6],
        Shape {
            title: "a `call` step",
            doc: "A context sends a message and waits for its reply, or for the news that there will be none.",
            fields: &[AT_FIELD, DO_FIELD, FROM_FIELD, TO_FIELD],
        },
    ),
];

const VERDICT: Holds =
    Holds::Word { what: "verdict", words: &[Verdict::ALL[0].name(), Verdict::ALL[1].name(), Verdict::ALL[2].name()] };

const DIFFERENCE_KIND: Holds = Holds::Word {
    what: "kind of difference",
    words: &[DifferenceKind::ALL[0].name(), DifferenceKind::ALL[1].name(), DifferenceKind::ALL[2].name()],
};

const DIFFERENCE: Shape = Shape {
    title: "a difference",
    doc: "An entry of a route table that differs from the truth.",
    fields: &[
        required("context", ANY_ID, "Whose route table it is."),
        required("destination", ANY_ID, "The destination that it is about."),
        required("kind", DIFFERENCE_KIND, "In which way it differs."),
    ],
};

const WARNINGS: Shape = Shape {
    title: "`warnings`",
    doc: "How many warnings of each kind there are, exactly; a kind that is not named may occur any number of times.",
    fields: &[
        optional(WarningKind::ALL[0].name(), COUNT, "The disconnect signal of a context object fires again."),
        optional(
            WarningKind::ALL[1].name(),
            COUNT,
            "The same DEL_ROUTE crosses one link direction again while the id has not come back.",
        ),
        optional(WarningKind::ALL[2].name(), COUNT, "Mitogen logs an error."),
    ],
};

macro_rules! expectation_fields {
    ($($more:expr),*) => {
        &[
            optional("verdict", VERDICT, "How the run ends."),
            optional("differences", Holds::List(&DIFFERENCE), "Exactly the differences that are left, in any order."),
            optional("messages_max", COUNT, "How many messages arrive at most."),
            optional(
                "converged_within",
                Holds::Duration { may_be_zero: true },
                "How long after any step the last difference is gone, at most.",
            ),
            optional("hung_calls", COUNT, "How many calls never end; 0 unless it is said."),
            optional("warnings", Holds::Object(&WARNINGS), "How many warnings there are."),
            $($more),*
        ]
    };
}

const EXPECTATION: Shape = Shape {
    title: "an expectation",
    doc: "What a run is expected to do; what is not said may be anything.",
    fields: expectation_fields!(),
};

const fn by_monitor(name: &'static str) -> Field {
    optional(name, Holds::Object(&EXPECTATION), "What differs under this monitor.")
}

const BY_MONITOR: Shape = Shape {
    title: "`by_monitor`",
    doc: "What is expected under one monitor, in the place of what is expected under all, key by key.",
    fields: &[by_monitor(MONITORS[0]), by_monitor(MONITORS[1]), by_monitor(MONITORS[2]), by_monitor(MONITORS[3])],
};

const EXPECT: Shape = Shape {
    title: "`expect`",
    doc: "What a run is expected to do under any monitor; `by_monitor` says where one differs.",
    fields: expectation_fields!(optional("by_monitor", Holds::Object(&BY_MONITOR), BY_MONITOR.doc)),
};

/// A whole file.
pub const SCENARIO: Shape = Shape {
    title: "a scenario",
    doc: "A scenario of treequake: what happens to a tree of Mitogen contexts, and when.",
    fields: &[
        required("version", Holds::Integer { min: 1, max: 1 }, "The version of this format: 1."),
        optional(
            "name",
            Holds::Text { max_chars: 200, may_control: false },
            "What the scenario is called; the name of the file if it is not said.",
        ),
        optional(
            "description",
            Holds::Text { max_chars: 10_000, may_control: true },
            "The story that it tells, for people.",
        ),
        optional("monitor", Holds::Word { what: "monitor", words: &MONITORS }, "Which Mitogen every context runs."),
        optional("seed", COUNT, "The seed of whatever is drawn; with constant latencies it changes nothing."),
        optional("unidirectional", Holds::Flag, "Whether children may talk to their ancestors only."),
        optional(
            "max_events",
            Holds::Integer { min: 1, max: u64::MAX },
            "After how many events the run is a storm; 1000000 if it is not said.",
        ),
        optional("link", Holds::Object(&LINK), "What every link is like that does not say it; 1ms if it is not said."),
        optional("contexts", Holds::List(&CONTEXT), "The contexts that connect at time 0, in this order."),
        optional("events", Holds::Steps(&STEPS), "What happens; at one time in this order."),
        optional("expect", Holds::Object(&EXPECT), EXPECT.doc),
    ],
};

/// A value that is what its key holds.
#[derive(Clone, Debug)]
pub enum Decoded {
    Text(String),
    Flag(bool),
    Integer(u64),
    Duration(Span),
    /// The place of the word in its list.
    Word(usize),
    Object(Object),
    List(Vec<Object>),
}

/// An object whose keys were checked, with the places of its values. A key that was wrong is left out; that there was
/// one is in the diagnostics.
#[derive(Clone, Debug)]
pub struct Object {
    pub span: Range<usize>,
    values: Vec<(&'static str, Range<usize>, Decoded)>,
}

impl Object {
    fn get(&self, name: &str) -> Option<&Decoded> {
        self.values.iter().find(|(n, ..)| *n == name).map(|(_, _, value)| value)
    }

    /// Where the value of `name` stands; the object, if it has none.
    pub fn span_of(&self, name: &str) -> Range<usize> {
        self.values.iter().find(|(n, ..)| *n == name).map_or_else(|| self.span.clone(), |(_, span, _)| span.clone())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
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

    pub fn duration(&self, name: &str) -> Option<Span> {
        self.get(name).and_then(|v| if let Decoded::Duration(span) = v { Some(*span) } else { None })
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
    let mut object = Object { span: node.start(), values: Vec::with_capacity(shape.fields.len()) };
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in node.entries() {
        let Some(name) = key.read::<String>() else {
            found.error(key.span(), "this key is not valid text", None);
            continue;
        };
        if seen.contains(&name) {
            found.error(
                key.span(),
                format!("the key `{}` stands twice", shorten(&name)),
                "keep one of the two".to_owned(),
            );
            continue;
        }
        match shape.fields.iter().find(|field| field.name == name) {
            Some(field) => {
                if let Some(decoded) = decode(value, field, found) {
                    object.values.push((field.name, place_of(value), decoded));
                }
            }
            None => unknown_key(&name, key.span(), shape, found),
        }
        seen.push(name);
    }
    for field in shape.fields.iter().filter(|field| field.is_required && !seen.iter().any(|name| name == field.name)) {
        let help = format!("add `\"{}\": {}`", field.name, field.holds.example());
        found.error(node.start(), format!("{} needs the key `{}`", shape.title, field.name), help);
    }
    Some(object)
}

/// The span to mark for a value: all of it where it is short and on one line.
fn place_of(node: Node<'_>) -> Range<usize> {
    match node.kind() {
        Kind::List | Kind::Object => node.start(),
        _ => node.span(),
    }
}

fn unknown_key(name: &str, span: Range<usize>, shape: &Shape, found: &mut Diagnostics) {
    let names: Vec<_> = shape.fields.iter().map(|field| field.name).collect();
    let message = format!("unknown key `{}` in {}", shorten(name), shape.title);
    found.error(span, message, suggestion(name, &names));
}

/// "did you mean", or all that there is.
fn suggestion(written: &str, known: &[&str]) -> String {
    let distance = |word: &&&str| strsim::damerau_levenshtein(written, word);
    let is_short = written.len() <= 40;
    match known.iter().filter(|_| is_short).min_by_key(distance) {
        Some(word) if distance(&word) * 3 <= word.len().max(3) => format!("did you mean `{word}`?"),
        _ => format!("there is {}", known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// A text that may be of any length, fit for a message.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push_str("...");
    }
    short
}

fn decode(node: Node<'_>, field: &Field, found: &mut Diagnostics) -> Option<Decoded> {
    let wanted = match field.holds {
        Holds::Text { .. } | Holds::Duration { .. } | Holds::Word { .. } => Kind::Text,
        Holds::Flag => Kind::Flag,
        Holds::Integer { .. } => Kind::Number,
        Holds::Object(_) => Kind::Object,
        Holds::List(_) | Holds::Steps(_) => Kind::List,
    };
    if node.kind() != wanted {
        let message = format!("`{}` is to be {}, not {}", field.name, field.holds.in_words(), node.kind());
        let help = format!("write it like `\"{}\": {}`", field.name, field.holds.example());
        found.error(place_of(node), message, help);
        return None;
    }
    match field.holds {
        Holds::Text { max_chars, may_control } => {
            decode_text(node, field.name, max_chars, may_control, found).map(Decoded::Text)
        }
        Holds::Flag => node.read().map(Decoded::Flag),
        Holds::Integer { min, max } => decode_integer(node, field.name, min, max, found).map(Decoded::Integer),
        Holds::Duration { may_be_zero } => decode_duration(node, field.name, may_be_zero, found).map(Decoded::Duration),
        Holds::Word { what, words } => decode_word(node, what, words, found).map(Decoded::Word),
        Holds::Object(shape) => decode_object(node, shape, found).map(Decoded::Object),
        Holds::List(shape) => {
            let items = node.items().into_iter().filter_map(|item| decode_object(item, shape, found));
            Some(Decoded::List(items.collect()))
        }
        Holds::Steps(steps) => {
            let items = node.items().into_iter().filter_map(|item| decode_step(item, steps, found));
            Some(Decoded::List(items.collect()))
        }
    }
}

fn read_text(node: Node<'_>, found: &mut Diagnostics) -> Option<String> {
    let text = node.read();
    if text.is_none() {
        let help = "a character outside the basic plane is a pair of \\u escapes; write it as itself".to_owned();
        found.error(node.span(), "this string is not valid text: it has half of a surrogate pair", help);
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
            format!("`{name}` has a control character"),
            "use letters that can be printed".to_owned(),
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
            found.error(node.span(), format!("version {integer} of the format is not known here"), help);
        }
        Some(0) if name == "id" => {
            let help = "0 is the master, which always exists; give the new context an id from 1".to_owned();
            found.error(node.span(), "the id 0 is taken", help);
        }
        Some(_) => found.error(node.span(), format!("`{name}` is out of range"), help),
        None => found.error(node.span(), format!("`{name}` is to be a whole number in range"), help),
    }
    None
}

fn decode_duration(node: Node<'_>, name: &str, may_be_zero: bool, found: &mut Diagnostics) -> Option<Span> {
    let text = read_text(node, found)?;
    match Span::parse(&text) {
        Ok(span) if span == Span::default() && !may_be_zero => {
            let help = "everything takes time: use at least \"1ns\"".to_owned();
            found.error(node.span(), format!("`{name}` can not be zero"), help);
            None
        }
        Ok(span) => Some(span),
        Err(error) => {
            let help = "write a number and a unit, such as \"250us\", \"10ms\", \"1.5s\" or \"2m\"".to_owned();
            found.error(node.span(), format!("`{name}` is no duration: {error}"), help);
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

/// A step's `do` tells which keys it has; without a good one, only that is reported.
fn decode_step(node: Node<'_>, steps: &[(&'static str, Shape)], found: &mut Diagnostics) -> Option<Object> {
    if node.kind() == Kind::Object {
        let is_do = |(key, _): &&(Node<'_>, Node<'_>)| key.read::<String>().as_deref() == Some("do");
        let entries = node.entries();
        let Some((_, action)) = entries.iter().find(is_do) else {
            let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
            let help = format!("add `\"do\"` with one of {}", names.join(", "));
            found.error(node.start(), "a step needs the key `do`", help);
            return None;
        };
        let place = decode(*action, &DO_FIELD, found)?;
        let Decoded::Word(place) = place else { return None };
        return decode_object(node, &steps[place].1, found);
    }
    found.error(node.start(), format!("expected a step (an object), found {}", node.kind()), None);
    None
}

impl Holds {
    fn in_words(self) -> &'static str {
        match self {
            Holds::Text { .. } => "a string",
            Holds::Flag => "true or false",
            Holds::Integer { .. } => "a whole number",
            Holds::Duration { .. } => "a duration (a string of a number and a unit)",
            Holds::Word { .. } => "a word (a string)",
            Holds::Object(_) => "an object",
            Holds::List(_) | Holds::Steps(_) => "a list",
        }
    }

    fn example(self) -> String {
        match self {
            Holds::Text { .. } => "\"web\"".to_owned(),
            Holds::Flag => "true".to_owned(),
            Holds::Integer { min, .. } => min.to_string(),
            Holds::Duration { .. } => "\"10ms\"".to_owned(),
            Holds::Word { words, .. } => format!("\"{}\"", words[0]),
            Holds::Object(_) => "{ ... }".to_owned(),
            Holds::List(_) | Holds::Steps(_) => "[ ... ]".to_owned(),
        }
    }

    fn schema(self) -> Value {
        match self {
            Holds::Text { max_chars, may_control } => {
                let mut schema = json!({ "type": "string", "maxLength": max_chars });
                if !may_control {
                    schema["pattern"] = json!("^[^\\u0000-\\u001f\\u007f-\\u009f]*$");
                }
                schema
            }
            Holds::Flag => json!({ "type": "boolean" }),
            Holds::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Holds::Duration { .. } => {
                json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$", "examples": ["10ms"] })
            }
            Holds::Word { words, .. } => json!({ "enum": words }),
            Holds::Object(shape) => shape.schema(),
            Holds::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Holds::Steps(steps) => {
                let step = |(name, shape): &(&str, Shape)| {
                    let mut schema = shape.schema();
                    schema["properties"]["do"] = json!({ "const": name, "description": DO_FIELD.doc });
                    schema
                };
                json!({ "type": "array", "items": { "oneOf": steps.iter().map(step).collect::<Vec<_>>() } })
            }
        }
    }
}

impl Shape {
    /// The shape as a JSON Schema.
    pub fn schema(&self) -> Value {
        let property = |field: &Field| {
            let mut schema = field.holds.schema();
            schema["description"] = json!(field.doc);
            (field.name.to_owned(), schema)
        };
        let required: Vec<_> = self.fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
        let mut schema = json!({
            "type": "object",
            "description": self.doc,
            "additionalProperties": false,
            "properties": self.fields.iter().map(property).collect::<Map<_, _>>(),
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }
}
