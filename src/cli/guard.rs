//! The gate before a terminal, for what is written piece by piece: traces and exports.

use crate::words::terminal::guarded;
use std::io::{self, Write};

/// Passes whole lines on, without what a terminal would obey.
pub struct Guard<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Guard<W> {
    /// A gate before `out`.
    pub fn before(out: W) -> Self {
        Guard { out, line: Vec::new() }
    }

    fn pass(&mut self, end: usize) -> io::Result<()> {
        let lines: Vec<u8> = self.line.drain(..end).collect();
        // Data has no colours.
        let lines = String::from_utf8_lossy(&lines).replace('\u{1b}', "\\u{1b}");
        self.out.write_all(guarded(&lines).as_bytes())
    }
}

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            self.pass(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.line.len())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that nothing that a terminal obeys passes, even if it comes byte by byte.
    #[test]
    fn nothing_passes() {
        let mut out = Vec::new();
        let mut guard = Guard::before(&mut out);
        for byte in "a\u{1b}[31m\u{9b}2J\u{e9}\nb\u{202e}".bytes() {
            guard.write_all(&[byte]).unwrap();
        }
        guard.flush().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\\u{1b}[31m\\u{9b}2J\u{e9}\nb\\u{202e}");
    }
}
