//! The window of a step: how long the step took to converge, or why nobody knows.
//!
//! Every report, chart and statistic has its convergence times from here.

use crate::time::Span;
use std::fmt;

/// How the window of a step ended. The window opens at the step. The next step that is done and changes the tree or a
/// link closes it, or the end of the run.
///
/// Its `Display` is the time after which the step had converged: `44s`; `>= 1s` where only that much is known; `never`;
/// or `not checked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So long after the step, no difference was left, and none came until the window closed.
    Converged(Span),
    /// The window closed so long after the step, and a difference was left. What would have come is unknown.
    Open {
        /// How long the window was.
        after: Span,
        /// What closed it.
        by: Closed,
    },
    /// Nothing was left to happen, and a difference was left.
    Never,
    /// The tables were not compared with the truth.
    Unchecked,
}

/// What closed a window before its step had converged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closed {
    /// The end of a run that was stopped, or that ended at its `until`.
    Stop,
    /// The next step that changed the tree or a link.
    Change,
}

impl Window {
    /// The word in JSON; `None` if the tables were not compared.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Window::Converged(_) => Some("converged"),
            Window::Open { by: Closed::Change, .. } => Some("interrupted"),
            Window::Open { by: Closed::Stop, .. } => Some("stopped"),
            Window::Never => Some("never"),
            Window::Unchecked => None,
        }
    }

    /// How long the step took, if it converged.
    pub fn converged_after(self) -> Option<Span> {
        match self {
            Window::Converged(after) => Some(after),
            _ => None,
        }
    }

    /// What is known about the slower of two steps.
    pub fn slower(self, other: Window) -> Window {
        match (self, other) {
            (Window::Unchecked, _) | (_, Window::Unchecked) => Window::Unchecked,
            (Window::Never, _) | (_, Window::Never) => Window::Never,
            (Window::Converged(one), Window::Converged(other)) => Window::Converged(one.max(other)),
            // The slower one took at least as long as the other one.
            (Window::Converged(span), Window::Open { after, by })
            | (Window::Open { after, by }, Window::Converged(span)) => Window::Open { after: after.max(span), by },
            (Window::Open { after, by }, Window::Open { after: other, by: by_other }) => {
                let (after, by) = (after, by).max((other, by_other));
                Window::Open { after, by }
            }
        }
    }

    /// What is known about the slowest of some steps; `None` if there is none.
    pub fn slowest(windows: impl Iterator<Item = Window>) -> Option<Window> {
        windows.reduce(Window::slower)
    }

    /// The end of the window, as the predicate of a sentence.
    pub fn in_words(self) -> String {
        match self {
            Window::Converged(after) => format!("converged after {after}"),
            Window::Open { after, by: Closed::Change } => format!("not converged at the next change, {after} later"),
            Window::Open { after, by: Closed::Stop } => format!("not converged at the end of the run, {after} later"),
            Window::Never => "never converges".to_owned(),
            Window::Unchecked => "convergence not checked".to_owned(),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Converged(after) => write!(f, "{after}"),
            Window::Open { after, .. } => write!(f, ">= {after}"),
            Window::Never => f.write_str("never"),
            Window::Unchecked => f.write_str("not checked"),
        }
    }
}
