//! A row as its line of NDJSON, byte for byte what serde writes, at a fourth of the cost: a campaign writes one a case.

use super::hex;
use super::results::{KindFigures, Row};
use crate::process::MessageKind;

/// Appends the line of a row.
pub fn write(row: &Row<'_>, bytes: &mut Vec<u8>) {
    let mut line = Line(bytes);
    line.number("{\"seed\":", row.seed);
    line.text(",\"profile\":", &row.profile);
    line.text(",\"shape\":", &row.shape);
    line.number(",\"contexts\":", row.contexts.into());
    line.number(",\"depth\":", row.depth.into());
    line.text(",\"verdict\":", &row.verdict);
    if row.cut {
        line.raw(",\"cut\":true");
    }
    line.raw(",\"classes\":[");
    for (place, class) in row.classes.iter().enumerate() {
        line.text(if place == 0 { "" } else { "," }, class);
    }
    line.number("],\"events\":", row.events);
    line.number(",\"end_ns\":", row.end_ns);
    line.optional(",\"converged_ns\":", row.converged_ns);
    line.optional(",\"unconverged_ns\":", row.unconverged_ns);
    line.raw(",\"messages\":{");
    let mut comma = "\"";
    for kind in MessageKind::ALL.into_iter().filter(|kind| *kind != MessageKind::Other || row.messages.other > 0) {
        line.raw(comma);
        line.raw(kind.name());
        line.number("\":", row.messages.of(kind));
        comma = ",\"";
    }
    line.raw("},\"steps\":{");
    let mut comma = "\"";
    for (name, figures) in row.steps.present() {
        let KindFigures { steps, unconverged, never, converged_ns, unconverged_ns, messages } = *figures;
        line.raw(comma);
        line.raw(name);
        line.number("\":{\"steps\":", steps);
        line.number(",\"unconverged\":", unconverged);
        line.number(",\"never\":", never);
        line.number(",\"converged_ns\":", converged_ns);
        line.number(",\"unconverged_ns\":", unconverged_ns);
        line.number(",\"messages\":", messages);
        line.raw("}");
        comma = ",\"";
    }
    line.raw("},\"digest\":");
    match row.digest {
        None => line.raw("null"),
        Some(digest) => {
            line.raw("\"");
            line.0.extend_from_slice(&hex::digits(digest));
            line.raw("\"");
        }
    }
    line.raw("}\n");
}

struct Line<'b>(&'b mut Vec<u8>);

impl Line<'_> {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, key: &str, mut number: u64) {
        self.raw(key);
        // Most numbers of a row have one digit.
        if number < 10 {
            return self.0.push(b'0' + number as u8);
        }
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
    }

    fn optional(&mut self, key: &str, number: Option<u64>) {
        match number {
            Some(number) => self.number(key, number),
            None => {
                self.raw(key);
                self.raw("null");
            }
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key);
        let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if is_plain {
            self.raw("\"");
            self.raw(text);
            self.raw("\"");
        } else {
            serde_json::to_writer(&mut *self.0, text).expect("a text is JSON, and memory can be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::campaign::results::Kinds;
    use crate::metrics::Messages;
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn row() -> impl Strategy<Value = Row<'static>> {
        let text = || "[a-z-]{0,8}|\\PC{0,4}|[\\x00-\\x7f]{0,4}".prop_map(Cow::<str>::Owned);
        let head = (any::<u64>(), text(), any::<u32>(), any::<bool>(), proptest::collection::vec(text(), 0..3));
        let tail = (any::<Option<u64>>(), any::<Option<u128>>(), proptest::collection::vec(0_u64..3, 66), any::<u64>());
        (head, tail).prop_map(|((seed, profile, contexts, cut, classes), (converged_ns, digest, figures, other))| {
            let mut steps = Kinds::default();
            for (figures, kind) in figures.chunks(6).zip(steps.0.iter_mut()) {
                let [steps, unconverged, never, converged_ns, unconverged_ns, messages] =
                    [0, 1, 2, 3, 4, 5].map(|place| figures[place].wrapping_mul(seed));
                *kind = KindFigures { steps, unconverged, never, converged_ns, unconverged_ns, messages };
            }
            let mut messages = Messages::default();
            (messages.announce, messages.retract, messages.data) = (seed, 1, 10);
            (messages.reply, messages.dead, messages.other) = (99, 100, other % 2);
            Row {
                seed,
                shape: profile.clone(),
                profile,
                contexts,
                depth: contexts / 2,
                verdict: "converged".into(),
                cut,
                classes,
                events: seed / 3,
                end_ns: seed % 1_000,
                converged_ns,
                unconverged_ns: converged_ns.map(|ns| ns / 7),
                messages,
                steps,
                digest,
            }
        })
    }

    proptest! {
        /// Proves that a line is what serde makes of the row, whatever its texts and numbers.
        #[test]
        fn a_line_is_what_serde_writes(row in row()) {
            let mut bytes = Vec::new();
            write(&row, &mut bytes);
            let expected = serde_json::to_string(&row).unwrap() + "\n";
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
}
