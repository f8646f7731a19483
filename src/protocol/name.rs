//! The names that travel in ADD_ROUTE, kept once each, and the way in which the seed revision mangled them.
//!
//! Under Python 3 the seed formatted `'%s:%s' % (id, name.encode())`, so that each hop wrapped the name in the `repr`
//! of bytes once more (Mitogen #426): `web`, `b'web'`, `b"b'web'"`, `b'b"b\'web\'"'`, ... The length about doubles with
//! each hop from the third. A [`Name`] is therefore the original text and a number of wraps; the text is made only
//! where somebody reads it.

use super::ids::ContextId;
use std::borrow::Cow;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A name, of one [`Names`]: which text it is, and how often it was wrapped. Never empty: Mitogen sends an empty name as
/// no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(NonZeroU32);

/// The bits of a [`Name`] that count its wraps. The length of a name doubles with each wrap, and a frame over the limit
/// is not sent on, so that no name comes near so many.
const WRAP_BITS: u32 = 6;
const WRAPS_MAX: u32 = (1 << WRAP_BITS) - 1;

impl Name {
    /// The name of a context that was given none: `ctx.ID`, with the id that the route is for.
    pub const OF_CONTEXT: Name = Name(NonZeroU32::new(1 << WRAP_BITS).expect("not zero"));

    /// The name after one more `repr(name.encode())`.
    pub fn wrapped(self) -> Name {
        if u32::from(self.wraps()) == WRAPS_MAX { self } else { Name(self.0.saturating_add(1)) }
    }

    /// How often the name was wrapped on its way.
    pub fn wraps(self) -> u8 {
        (self.0.get() & WRAPS_MAX) as u8
    }

    /// The place of the text in [`Names`]; `None` for [`Name::OF_CONTEXT`].
    fn place(self) -> Option<usize> {
        (self.0.get() >> WRAP_BITS).checked_sub(2).map(|place| place as usize)
    }
}

/// All names of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    texts: Vec<Arc<str>>,
}

impl Names {
    /// A [`Name`] for `text`, or `None` where `text` is empty. Equal texts get names of their own.
    ///
    /// # Panics
    /// At more than 67 million names.
    pub fn intern(&mut self, text: impl Into<Arc<str>>) -> Option<Name> {
        let text = text.into();
        if text.is_empty() {
            return None;
        }
        let place = u32::try_from(self.texts.len() + 2).ok().filter(|place| place.leading_zeros() >= WRAP_BITS);
        self.texts.push(text);
        NonZeroU32::new(place.expect("fewer than 2^26 names") << WRAP_BITS).map(Name)
    }

    /// The text that the name of `target` had before any wrapping.
    pub fn original(&self, name: Name, target: ContextId) -> Cow<'_, str> {
        match name.place() {
            Some(place) => Cow::Borrowed(&self.texts[place]),
            None => Cow::Owned(format!("ctx.{target}")),
        }
    }

    /// Appends the bytes of [`original`](Self::original) to `out`.
    pub fn write_original(&self, name: Name, target: ContextId, out: &mut Vec<u8>) {
        match name.place() {
            Some(place) => out.extend_from_slice(self.texts[place].as_bytes()),
            None => {
                out.extend_from_slice(b"ctx.");
                write_decimal(target.0, out);
            }
        }
    }

    /// The text as it stands on the wire.
    pub fn text(&self, name: Name, target: ContextId) -> String {
        let mut text = self.original(name, target).into_owned();
        for _ in 0..name.wraps() {
            text = bytes_repr(text.as_bytes());
        }
        text
    }

    /// The length of the text on the wire, in bytes, without making it.
    pub fn wire_len(&self, name: Name, target: ContextId) -> u64 {
        let mut shape = Shape::of(self.original(name, target).as_bytes());
        for _ in 0..name.wraps() {
            shape = shape.wrapped();
        }
        shape.len
    }
}

/// What `Display` writes, at a fraction of its cost: a digest takes in one number for each ADD_ROUTE.
fn write_decimal(number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let (mut start, mut rest) = (digits.len(), number);
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
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
        let (mut names, id) = (Names::default(), ContextId(7));
        let mut name = names.intern("web").unwrap();
        for expected in ["web", "b'web'", "b\"b'web'\"", "b'b\"b\\'web\\'\"'"] {
            assert_eq!(names.text(name, id), expected);
            name = name.wrapped();
        }
        let odd = names.intern("é:\n'\"\\\u{1}").unwrap().wrapped();
        assert_eq!(names.text(odd, id), "b'\\xc3\\xa9:\\n\\'\"\\\\\\x01'");
        assert_eq!(names.intern(""), None);
        assert_eq!(names.text(Name::OF_CONTEXT.wrapped(), id), "b'ctx.7'");
    }

    /// Proves that what is appended is the original text, for numbers of every length.
    #[test]
    fn originals_are_written_as_they_are() {
        let mut names = Names::default();
        let web = names.intern("wéb").unwrap();
        for id in [0, 9, 10, 4_096, 99_999, 1_234_567_890, u32::MAX].map(ContextId) {
            for name in [web, Name::OF_CONTEXT] {
                let mut out = b"before".to_vec();
                names.write_original(name, id, &mut out);
                assert_eq!(out, format!("before{}", names.original(name, id)).as_bytes());
            }
        }
    }

    /// Proves that the length is known without making the text.
    #[test]
    fn length_needs_no_text() {
        let (mut names, id) = (Names::default(), ContextId(7));
        for text in ["web", "é:\n'\"\\\u{1}\t\r\u{7f}", "it's", "\"", "日本 'x'"] {
            let mut name = names.intern(text).unwrap();
            for _ in 0..9 {
                assert_eq!(names.wire_len(name, id), names.text(name, id).len() as u64);
                name = name.wrapped();
            }
        }
    }
}
