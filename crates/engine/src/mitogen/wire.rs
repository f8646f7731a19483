//! Payloads as Mitogen puts them on the wire: their text, their length, and how names were mangled before 0.2.4.
//!
//! Under Python 3 it formatted `'%s:%s' % (id, name.encode())`, so each hop wrapped the name once more in the
//! `repr` of bytes (Mitogen #426): `web`, `b'web'`, `b"b'web'"`, `b'b"b\'web\'"'`, ... From the third hop on, each hop
//! about doubles the length. The mark of a [`Name`] counts the wraps, so the text is only made where somebody reads it.

use crate::process::{ContextId, Message, Name, Names, Payload};

/// `Router.max_message_size`. The receiver of a longer frame drops the stream.
pub const MAX_MESSAGE_SIZE: u64 = 128 * 1024 * 1024;

/// The name after one more `repr(name.encode())`. The length doubles with each wrap, and a frame over the limit is not
/// sent on, so no name comes near the largest mark.
pub fn wrapped(name: Name) -> Name {
    name.with_mark(name.mark().saturating_add(1).min(Name::MARK_MAX))
}

/// The payload of a message as text, decoded. Empty if routing does not read it.
pub fn payload_text(message: &Message, names: &Names) -> String {
    match message.payload {
        Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => String::new(),
        Payload::Retract { target } | Payload::Announce { target, name: None } => target.to_string(),
        Payload::Announce { target, name: Some(name) } => format!("{target}:{}", name_text(names, name, target)),
    }
}

/// The length of a payload, in bytes.
#[inline]
pub fn payload_len(payload: &Payload, names: &Names) -> u64 {
    match *payload {
        Payload::Data(data) => u64::from(data.len),
        Payload::Other(_) | Payload::Text(_) => 0,
        Payload::Retract { target } | Payload::Announce { target, name: None } => target.digits(),
        Payload::Announce { target, name: Some(name) } => target.digits() + 1 + name_len(names, name, target),
    }
}

/// Whether a payload is longer than [`MAX_MESSAGE_SIZE`]. Names are short until they have been wrapped many times.
#[inline]
pub(super) fn is_too_long(payload: &Payload, names: &Names) -> bool {
    match payload {
        Payload::Announce { name: Some(name), .. } if name.mark() < 8 => false,
        Payload::Announce { name: None, .. } | Payload::Retract { .. } | Payload::Other(_) | Payload::Text(_) => false,
        Payload::Announce { .. } | Payload::Data(_) => payload_len(payload, names) > MAX_MESSAGE_SIZE,
    }
}

/// A name as it is on the wire.
fn name_text(names: &Names, name: Name, target: ContextId) -> String {
    let mut text = names.original(name, target).into_owned();
    for _ in 0..name.mark() {
        text = bytes_repr(text.as_bytes());
    }
    text
}

/// The length of [`name_text`] in bytes, without making the text.
fn name_len(names: &Names, name: Name, target: ContextId) -> u64 {
    if name.mark() == 0 {
        return names.original_len(name, target);
    }
    let mut shape = Shape::of(names.original(name, target).as_bytes());
    for _ in 0..name.mark() {
        shape = shape.wrapped();
    }
    shape.len
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

/// The properties of some bytes that decide the length of their `repr`.
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
            // A `b` and two quotes, and what each escape adds. Numbers beyond any frame saturate.
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

    /// Proves the port of `repr(bytes)`. CPython 3.11 printed the expected texts.
    #[test]
    fn wraps_as_python_does() {
        let (mut names, id) = (Names::default(), ContextId(7));
        let mut name = names.intern("web").unwrap();
        for expected in ["web", "b'web'", "b\"b'web'\"", "b'b\"b\\'web\\'\"'"] {
            assert_eq!(name_text(&names, name, id), expected);
            name = wrapped(name);
        }
        let odd = wrapped(names.intern("é:\n'\"\\\u{1}").unwrap());
        assert_eq!(name_text(&names, odd, id), "b'\\xc3\\xa9:\\n\\'\"\\\\\\x01'");
        assert_eq!(name_text(&names, wrapped(Name::OF_CONTEXT), id), "b'ctx.7'");
    }

    /// Proves that the length is known without making the text.
    #[test]
    fn length_needs_no_text() {
        let (mut names, id) = (Names::default(), ContextId(7));
        for text in ["web", "é:\n'\"\\\u{1}\t\r\u{7f}", "it's", "\"", "日本 'x'"] {
            let mut name = names.intern(text).unwrap();
            for _ in 0..9 {
                assert_eq!(name_len(&names, name, id), name_text(&names, name, id).len() as u64);
                name = wrapped(name);
            }
        }
    }
}
