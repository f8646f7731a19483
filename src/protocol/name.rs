//! The names that travel in ADD_ROUTE, kept once each, and the way in which the seed revision mangled them.
//!
//! Under Python 3 the seed formatted `'%s:%s' % (id, name.encode())`, so that each hop wrapped the name in the `repr`
//! of bytes once more (Mitogen #426): `web`, `b'web'`, `b"b'web'"`, `b'b"b\'web\'"'`, ... The length about doubles with
//! each hop from the third. A [`Name`] is therefore the original text and a number of wraps; the text is made only
//! where somebody reads it.

use super::ids::ContextId;
use std::borrow::Cow;
use std::sync::Arc;

/// A name, of one [`Names`]. Never empty: Mitogen sends an empty name as no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    base: Base,
    wraps: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Base {
    /// The index of a text in [`Names`].
    Interned(u32),
    /// `ctx.ID`, what a context without a name is called; kept as its id.
    OfContext(ContextId),
}

impl Name {
    /// The name of a context that was given none: `ctx.ID`.
    pub fn of_context(id: ContextId) -> Name {
        Name { base: Base::OfContext(id), wraps: 0 }
    }

    /// The name after one more `repr(name.encode())`.
    pub fn wrapped(self) -> Name {
        Name { wraps: self.wraps.saturating_add(1), ..self }
    }

    /// How often the name was wrapped on its way.
    pub fn wraps(self) -> u8 {
        self.wraps
    }
}

/// All names of a run.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
}

impl Names {
    /// A [`Name`] for `text`, or `None` where `text` is empty. Equal texts get names of their own.
    pub fn intern(&mut self, text: impl Into<Arc<str>>) -> Option<Name> {
        let text = text.into();
        if text.is_empty() {
            return None;
        }
        let index = u32::try_from(self.texts.len()).expect("fewer than 2^32 names");
        self.texts.push(text);
        Some(Name { base: Base::Interned(index), wraps: 0 })
    }

    /// The text that the name had before any wrapping.
    pub fn original(&self, name: Name) -> Cow<'_, str> {
        match name.base {
            Base::Interned(index) => Cow::Borrowed(&self.texts[index as usize]),
            Base::OfContext(id) => Cow::Owned(format!("ctx.{id}")),
        }
    }

    /// The text as it stands on the wire.
    pub fn text(&self, name: Name) -> String {
        let mut text = self.original(name).into_owned();
        for _ in 0..name.wraps {
            text = bytes_repr(text.as_bytes());
        }
        text
    }

    /// The length of the text on the wire, in bytes, without making it.
    pub fn wire_len(&self, name: Name) -> u64 {
        let mut shape = Shape::of(self.original(name).as_bytes());
        for _ in 0..name.wraps {
            shape = shape.wrapped();
        }
        shape.len
    }
}

/// Port of CPython's `bytes.__repr__`.
fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\'' if quote == '\'' => out.push_str("\\'"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

/// What decides the length of the `repr` of some bytes.
#[derive(Clone, Copy)]
struct Shape {
    len: u64,
    single_quotes: u64,
    double_quotes: u64,
    backslashes: u64,
    /// Bytes that `repr` writes as `\n`, `\r` or `\t`.
    short_escapes: u64,
    /// Bytes that `repr` writes as `\xNN`.
    long_escapes: u64,
}

impl Shape {
    fn of(bytes: &[u8]) -> Shape {
        let count = |is: fn(&u8) -> bool| bytes.iter().filter(|b| is(b)).count() as u64;
        let short_escapes = count(|b| matches!(b, b'\t' | b'\n' | b'\r'));
        Shape {
            len: bytes.len() as u64,
            single_quotes: count(|b| *b == b'\''),
            double_quotes: count(|b| *b == b'"'),
            backslashes: count(|b| *b == b'\\'),
            short_escapes,
            long_escapes: count(|b| !(b' '..=b'~').contains(b)) - short_escapes,
        }
    }

    fn wrapped(self) -> Shape {
        let in_double = self.single_quotes > 0 && self.double_quotes == 0;
        let escaped_quotes = if in_double { 0 } else { self.single_quotes };
        let escapes = escaped_quotes + self.short_escapes + self.long_escapes;
        let new_backslashes = self.backslashes.saturating_add(escapes);
        Shape {
            // b and two quotes, and what each escape adds; numbers beyond any frame saturate.
            len: self.len.saturating_add(3).saturating_add(new_backslashes).saturating_add(2 * self.long_escapes),
            single_quotes: self.single_quotes + if in_double { 0 } else { 2 },
            double_quotes: self.double_quotes + if in_double { 2 } else { 0 },
            backslashes: self.backslashes.saturating_add(new_backslashes),
            short_escapes: 0,
            long_escapes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the port of `repr(bytes)`: the expected texts were printed by CPython 3.11.
    #[test]
    fn wraps_as_python_does() {
        let mut names = Names::default();
        let mut name = names.intern("web").unwrap();
        for expected in ["web", "b'web'", "b\"b'web'\"", "b'b\"b\\'web\\'\"'"] {
            assert_eq!(names.text(name), expected);
            name = name.wrapped();
        }
        let odd = names.intern("é:\n'\"\\\u{1}").unwrap().wrapped();
        assert_eq!(names.text(odd), "b'\\xc3\\xa9:\\n\\'\"\\\\\\x01'");
        assert_eq!(names.intern(""), None);
    }

    /// Proves that the length is known without making the text.
    #[test]
    fn length_needs_no_text() {
        let mut names = Names::default();
        for text in ["web", "é:\n'\"\\\u{1}\t\r\u{7f}", "it's", "\"", "日本 'x'"] {
            let mut name = names.intern(text).unwrap();
            for _ in 0..9 {
                assert_eq!(names.wire_len(name), names.text(name).len() as u64);
                name = name.wrapped();
            }
        }
    }
}
