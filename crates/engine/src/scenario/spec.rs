//! What a scenario file may hold, as types: keys, the values they hold, and the JSON Schema of both.
//!
//! The tables themselves are in [`file`], [`link`] and [`super::steps`]. Decoding, the "did you mean" of errors and the
//! schema all read them, so they cannot disagree.

pub mod file;
pub mod link;

use crate::monitors;
use serde_json::{Map, Value, json};

/// What a key holds.
#[derive(Clone, Copy)]
pub enum Holds {
    /// A string with a maximum length; whether it may have control characters.
    Text { max_chars: usize, may_control: bool },
    /// true or false.
    Flag,
    /// A whole number.
    Integer { min: u64, max: u64 },
    /// A duration; whether it may be zero.
    Duration { may_be_zero: bool },
    /// A number of bits and a unit, such as `10Mbit`.
    Bandwidth,
    /// A number and a unit of time, such as `5/s`.
    Rate,
    /// One of some words; what a word is called in errors.
    Word { what: &'static str, words: Words },
    /// The name of a monitor. One that is not known is decoded as a text: if another monitor runs the file, it does not matter.
    Monitor,
    /// A list of ids.
    Ids,
    /// A list of durations that is neither empty nor longer than this; none is zero.
    Durations { max: u64 },
    /// A string of one kind, or an object.
    Either { text: &'static Holds, object: &'static Shape },
    /// A list of values of the same kind.
    Values(&'static Holds),
    /// An object with any keys, and values of the same kind.
    Map(&'static Holds),
    /// An object whose keys are monitors, and whose values have one shape.
    Keyed(&'static Keyed),
    /// An object.
    Object(&'static Shape),
    /// A list of objects.
    List(&'static Shape),
    /// A list of objects of several shapes.
    Kinds(&'static Kinds),
}

/// A list of words. It is a function because some, such as the monitors, are only known at run time.
pub type Words = fn() -> Vec<&'static str>;

/// An object whose keys are monitors.
#[derive(Clone, Copy)]
pub struct Keyed {
    pub doc: &'static str,
    /// What each key holds.
    pub shape: &'static Shape,
    /// What each key means.
    pub key_doc: &'static str,
}

/// A list of objects of several shapes: one key of each object says which it has.
#[derive(Clone, Copy)]
pub struct Kinds {
    /// What errors call an item.
    pub title: &'static str,
    /// The key; it holds a word, the name of a shape.
    pub key: Field,
    /// The shapes, with their names.
    pub shapes: fn() -> Vec<(&'static str, &'static Shape)>,
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
    /// What errors call it.
    pub title: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
}

pub const fn required(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: true, doc }
}

pub const fn optional(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: false, doc }
}

pub const ANY_ID: Holds = Holds::Integer { min: 0, max: u32::MAX as u64 };
pub const COUNT: Holds = Holds::Integer { min: 0, max: u64::MAX };
pub const SOME_TIME: Holds = Holds::Duration { may_be_zero: false };
/// A short name: of a link, a level, a label.
pub const SHORT_NAME: Holds = Holds::Text { max_chars: 50, may_control: false };
/// The names of all monitors, in the order in which errors list them.
pub fn monitor_names() -> Vec<&'static str> {
    monitors::names()
}

impl Holds {
    pub fn in_words(self) -> &'static str {
        match self {
            Holds::Text { .. } => "a string",
            Holds::Flag => "true or false",
            Holds::Integer { .. } => "a whole number",
            Holds::Duration { .. } => "a duration (a string of a number and a unit)",
            Holds::Bandwidth => "a bandwidth (a string of a number and a unit)",
            Holds::Rate => "a rate (a string such as \"5/s\")",
            Holds::Word { .. } | Holds::Monitor => "a word (a string)",
            Holds::Ids => "a list of ids",
            Holds::Durations { .. } => "a list of durations",
            Holds::Either { text, .. } => text.or_object_in_words(),
            Holds::Values(_) => "a list",
            Holds::Map(_) | Holds::Keyed(_) | Holds::Object(_) => "an object",
            Holds::List(_) | Holds::Kinds(_) => "a list",
        }
    }

    pub fn example(self) -> String {
        match self {
            Holds::Text { .. } => "\"web\"".to_owned(),
            Holds::Flag => "true".to_owned(),
            Holds::Integer { min, .. } => min.to_string(),
            Holds::Duration { .. } => "\"10ms\"".to_owned(),
            Holds::Bandwidth => "\"100Mbit\"".to_owned(),
            Holds::Rate => "\"5/s\"".to_owned(),
            Holds::Word { words, .. } => format!("\"{}\"", words()[0]),
            Holds::Monitor => format!("\"{}\"", monitors::default()),
            Holds::Ids => "[1, 2]".to_owned(),
            Holds::Durations { .. } => "[\"1ms\", \"20ms\"]".to_owned(),
            Holds::Either { text: Holds::Text { .. }, .. } => "\"lan\"".to_owned(),
            Holds::Either { text, .. } => text.example(),
            Holds::Values(_) => "[ ... ]".to_owned(),
            Holds::Map(_) | Holds::Keyed(_) | Holds::Object(_) => "{ ... }".to_owned(),
            Holds::List(_) | Holds::Kinds(_) => "[ ... ]".to_owned(),
        }
    }

    /// What a key that holds this or an object holds.
    fn or_object_in_words(self) -> &'static str {
        match self {
            Holds::Duration { .. } => "a duration (a string), or an object",
            _ => "a name (a string), or an object",
        }
    }

    fn schema(self) -> Value {
        match self {
            Holds::Bandwidth => json!({ "type": "string", "pattern": "^[0-9]+([kMG]?bit)$", "examples": ["100Mbit"] }),
            Holds::Rate => json!({ "type": "string", "pattern": "^[0-9]+/(ns|us|ms|s|m|h)$", "examples": ["5/s"] }),
            Holds::Ids => json!({ "type": "array", "items": ANY_ID.schema() }),
            Holds::Durations { max } => {
                json!({ "type": "array", "items": SOME_TIME.schema(), "minItems": 1, "maxItems": max })
            }
            Holds::Either { text, object } => json!({ "oneOf": [text.schema(), object.schema()] }),
            Holds::Values(holds) => json!({ "type": "array", "items": holds.schema() }),
            Holds::Map(holds) => json!({ "type": "object", "additionalProperties": holds.schema() }),
            Holds::Text { max_chars, may_control } => {
                let mut schema = json!({ "type": "string", "maxLength": max_chars });
                if !may_control {
                    schema["pattern"] = json!("^[^\\u0000-\\u001f\\u007f-\\u009f]*$");
                }
                schema
            }
            Holds::Flag => json!({ "type": "boolean" }),
            Holds::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Holds::Duration { may_be_zero } => {
                let not_zero = if may_be_zero { "" } else { "(?!0+(\\.0+)?[a-z])" };
                let pattern = format!("^{not_zero}[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$");
                json!({ "type": "string", "pattern": pattern, "examples": ["10ms"] })
            }
            Holds::Word { words, .. } => json!({ "enum": words() }),
            Holds::Monitor => json!({ "enum": monitor_names() }),
            Holds::Object(shape) => shape.schema(),
            Holds::Keyed(keyed) => object_schema(keyed.doc, &keyed.fields()),
            Holds::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Holds::Kinds(kinds) => {
                let kind = |(name, shape): (&str, &Shape)| {
                    let mut schema = shape.schema();
                    schema["properties"][kinds.key.name] = json!({ "const": name, "description": kinds.key.doc });
                    schema
                };
                json!({ "type": "array", "items": { "oneOf": (kinds.shapes)().into_iter().map(kind).collect::<Vec<_>>() } })
            }
        }
    }
}

impl Keyed {
    /// Its keys.
    pub fn fields(&self) -> Vec<Field> {
        let field = |name| optional(name, Holds::Object(self.shape), self.key_doc);
        monitor_names().into_iter().map(field).collect()
    }
}

impl Shape {
    /// The shape as a JSON Schema.
    pub fn schema(&self) -> Value {
        object_schema(self.doc, self.fields)
    }
}

fn object_schema(doc: &str, fields: &[Field]) -> Value {
    let property = |field: &Field| {
        let mut schema = field.holds.schema();
        schema["description"] = json!(field.doc);
        (field.name.to_owned(), schema)
    };
    let required: Vec<_> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": doc,
        "additionalProperties": false,
        "properties": fields.iter().map(property).collect::<Map<_, _>>(),
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
