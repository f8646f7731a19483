//! What is wrong with a scenario file, and where. How it is drawn is for the report to say.

use std::ops::Range;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file can not be run.
    Error,
    /// The file can be run, but surely does not do what was meant.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The bytes of the file that it is about.
    pub span: Range<usize>,
    /// What is wrong, in a line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// All mistakes of a file, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds an error.
    pub fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.0.push(Diagnostic { severity: Severity::Error, span, message: message.into(), help: help.into() });
    }

    /// Adds a warning.
    pub fn warning(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.0.push(Diagnostic { severity: Severity::Warning, span, message: message.into(), help: help.into() });
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// All of them, by their place in the file.
    pub fn in_order(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|d| (d.span.start, d.severity));
        all
    }
}

/// The text of a file, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name to show, such as the path that was given.
    pub name: String,
    /// The text. Where the file is not UTF-8, the bytes that are not are replaced, and spans refer to this text.
    pub text: String,
}
