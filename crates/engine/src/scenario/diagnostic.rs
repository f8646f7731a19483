//! Mistakes in a scenario file, with their places. The report module draws them.

use std::ops::Range;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be run.
    Error,
    /// The file can be run, but surely does not do what was intended.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The place in the file, in bytes.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// How many mistakes are kept: the first in the file, so a file full of mistakes costs no more than others.
const KEPT_MAX: usize = 100;

/// The mistakes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// In the order of discovery; more than [`KEPT_MAX`] until they are sorted.
    kept: Vec<Diagnostic>,
    /// What comes at or behind this place is only counted.
    end: Option<(usize, Severity)>,
    count: usize,
    has_errors: bool,
}

impl Diagnostics {
    /// Adds an error.
    pub fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.add(Diagnostic { severity: Severity::Error, span, message: message.into(), help: help.into() });
    }

    /// Adds a warning.
    pub fn warning(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.add(Diagnostic { severity: Severity::Warning, span, message: message.into(), help: help.into() });
    }

    fn add(&mut self, diagnostic: Diagnostic) {
        self.count += 1;
        self.has_errors |= diagnostic.severity == Severity::Error;
        if !self.keeps(diagnostic.span.start, diagnostic.severity) {
            return;
        }
        self.kept.push(diagnostic);
        if self.kept.len() >= 2 * KEPT_MAX {
            self.kept.sort_by_key(place);
            self.kept.truncate(KEPT_MAX);
            self.end = self.kept.last().map(place);
        }
    }

    /// Whether a mistake at a place is kept with its help; if not, the help need not be made.
    pub fn keeps(&self, start: usize, severity: Severity) -> bool {
        self.end.is_none_or(|end| (start, severity) < end)
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The mistakes, in the order of the file; the first hundred if there are more.
    pub fn in_order(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.kept.iter().collect();
        all.sort_by_key(|d| place(d));
        all.truncate(KEPT_MAX);
        all
    }
}

fn place(diagnostic: &Diagnostic) -> (usize, Severity) {
    (diagnostic.span.start, diagnostic.severity)
}

/// The text of a file, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name to show, such as the path.
    pub name: String,
    /// The text. Bytes that are not UTF-8 are replaced, and spans refer to the result.
    pub text: String,
}
