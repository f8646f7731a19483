//! The result of a campaign, judged: which of its classes are new, and which known failures did not occur.

use super::summary::{Finding, Summary};
use crate::fuzz::known::{Known, NotSeen};
use std::path::Path;

/// The result of a campaign beside what is known.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The result.
    pub summary: &'a Summary,
    /// The run folder, as the user named it; commands use this name.
    pub path: &'a Path,
    /// The known failures.
    pub known: &'a Known,
}

impl<'a> Judged<'a> {
    /// The classes of failures: the new ones first, and otherwise the most frequent.
    pub fn findings(&self) -> Vec<&'a Finding> {
        let mut findings: Vec<_> = self.summary.findings.iter().collect();
        findings.sort_by_key(|finding| self.known_from(finding).is_some());
        findings
    }

    /// The file that a class is known from; `None` if it is new.
    pub fn known_from(&self, finding: &Finding) -> Option<&'a str> {
        self.known.file(&finding.class)
    }

    /// How many classes are new.
    pub fn new_classes(&self) -> usize {
        self.summary.findings.iter().filter(|finding| self.known_from(finding).is_none()).count()
    }

    /// Whether no class is new, and the end of every case is known.
    pub fn is_fine(&self) -> bool {
        self.new_classes() == 0 && self.summary.tally.timed_out == 0
    }

    /// The known classes that no seed showed.
    pub fn not_seen(&self) -> Vec<NotSeen<'a>> {
        self.known.not_seen(self.summary.findings.iter().map(|finding| &*finding.class))
    }
}
