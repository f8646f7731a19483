//! A JSON value and its place in the file.
//!
//! serde_json's `RawValue` borrows from the text it was read from, so its address gives its offset. A value is parsed one
//! level at a time, and only where something is expected: a file of any size or depth costs no more than its text and the
//! current level.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// A JSON value in a text.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    text: &'t str,
    raw: &'t RawValue,
}

/// The type of a value, by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Flag,
    Number,
    Text,
    List,
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Null => "null",
            Kind::Flag => "true or false",
            Kind::Number => "a number",
            Kind::Text => "a string",
            Kind::List => "a list",
            Kind::Object => "an object",
        })
    }
}

impl<'t> Node<'t> {
    /// The value of a whole text.
    pub fn parse(text: &'t str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(|raw| Node { text, raw })
    }

    /// The place of the value, in bytes.
    pub fn span(&self) -> Range<usize> {
        let start = self.raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        start..start + self.raw.get().len()
    }

    /// The place of its first character, for long values.
    pub fn start(&self) -> Range<usize> {
        let start = self.span().start;
        start..start + 1
    }

    pub fn kind(&self) -> Kind {
        match self.raw.get().as_bytes()[0] {
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Flag,
            b'"' => Kind::Text,
            b'[' => Kind::List,
            b'{' => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// The value as a `T`, if it is one.
    pub fn read<T: Deserialize<'t>>(&self) -> Option<T> {
        serde_json::from_str(self.raw.get()).ok()
    }

    /// The items of a list.
    pub fn items(&self) -> Vec<Node<'t>> {
        let items: Vec<&'t RawValue> = self.read().unwrap_or_default();
        items.into_iter().map(|raw| Node { text: self.text, raw }).collect()
    }

    /// The keys and values of an object, including duplicates.
    pub fn entries(&self) -> Vec<(Node<'t>, Node<'t>)> {
        let Entries(entries) = self.read().unwrap_or_default();
        let node = |raw| Node { text: self.text, raw };
        entries.into_iter().map(|(key, value)| (node(key), node(value))).collect()
    }
}

#[derive(Default)]
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(8);
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that places are found to the byte, also after characters of several bytes and for duplicate keys.
    #[test]
    fn every_value_knows_its_place() {
        let text = "{\"é\": [1, {\"a\" : true, \"a\":null}] }";
        let node = Node::parse(text).unwrap();
        let (key, list) = node.entries()[0];
        assert_eq!((&text[key.span()], key.read::<String>().as_deref()), ("\"é\"", Some("é")));
        let inner = list.items()[1].entries();
        let written: Vec<_> = inner.iter().map(|(k, v)| (&text[k.span()], &text[v.span()])).collect();
        assert_eq!(written, [("\"a\"", "true"), ("\"a\"", "null")]);
        assert_eq!(inner[1].1.kind(), Kind::Null);
    }

    /// Proves that nesting needs no stack.
    #[test]
    fn depth_is_no_danger() {
        let text = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(Node::parse(&text).unwrap().items().len(), 1);
    }
}
