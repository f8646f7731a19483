//! The data of a campaign page, read from a run folder.

use super::strip::{Measure, Strip};
use crate::chart::cdf::{Cdf, Gathered};
use crate::fuzz::campaign::check;
use crate::fuzz::campaign::results::Row;
use crate::fuzz::campaign::rows::each_row;
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::campaign::summary::{Finding, ScenarioSize, Summary};
use crate::fuzz::campaign::{CampaignError, Judged};
use crate::fuzz::known::Known;
use crate::page::html;
use crate::words::{counted, number};
use std::path::{Path, PathBuf};

/// What the page of a campaign shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignPage {
    /// The run folder as the user named it; commands use this name.
    pub folder: PathBuf,
    /// Where its links lead.
    pub links: Links,
    /// The summary of the folder.
    pub summary: Summary,
    /// The failures that are known.
    pub known: Known,
    /// Totals of the rows of the results.
    pub rows: Rows,
    /// The times to converge, for the chart and the table below it.
    pub cdf: Cdf,
}

/// Where the links of a page lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// From the page to the run folder: empty if the page is in it, otherwise ending with `/`.
    pub base: String,
    /// Whether each representative has a run page beside it.
    pub run_pages: bool,
}

/// Totals of the rows of the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// How many rows there are.
    pub count: u64,
    /// The outliers by each measure.
    pub strips: [Strip; Measure::ALL.len()],
}

/// A stage of the funnel from seeds to scenarios to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it counts.
    pub name: &'static str,
    /// How many; `None` if there was no limit.
    pub count: Option<u64>,
    /// Its share of the stage before, in words.
    pub share: String,
}

/// The data for the page of the campaign in the folder `path`, beside what is `known`.
///
/// # Errors
/// If the folder has no campaign, if the campaign has not ended, or if a file is damaged. Each error says what to do.
pub fn read(path: &Path, links: Links, known: Known) -> Result<CampaignPage, CampaignError> {
    let summary = check::ended(path)?;
    let mut rows = Rows::default();
    let mut gathered = Gathered::of(&summary.campaign);
    each_row(path, &summary.campaign, |row| {
        rows.add(row);
        gathered.add(row);
    })?;
    Ok(CampaignPage { folder: path.to_owned(), links, summary, known, rows, cdf: gathered.series() })
}

impl Rows {
    fn add(&mut self, row: &Row<'_>) {
        self.count += 1;
        self.strips.iter_mut().zip(Measure::ALL).for_each(|(strip, measure)| strip.add(measure, row));
    }
}

impl CampaignPage {
    /// The campaign beside what is known.
    pub fn judged(&self) -> Judged<'_> {
        Judged { summary: &self.summary, path: &self.folder, known: &self.known }
    }

    /// The seeds that were asked for: all, or those of this part.
    pub fn asked(&self) -> Seeds {
        let campaign = &self.summary.campaign;
        campaign.partition.map_or(campaign.seeds, |part| part.slice(campaign.seeds))
    }

    /// Whether a clock ended the campaign before its seeds were done.
    pub fn ended_early(&self) -> bool {
        self.summary.done.end < self.asked().end
    }

    /// The stages from the seeds to scenarios to look at.
    pub fn funnel(&self) -> Vec<Stage> {
        let (summary, tally) = (&self.summary, &self.summary.tally);
        let asked = (self.asked().end != u64::MAX).then(|| self.asked().count());
        let classes = summary.findings.len() as u64;
        let shrunk = summary.findings.iter().filter(|finding| finding.file.is_some()).count() as u64;
        let stage = |name, count, share| Stage { name, count, share };
        let timed_out = (tally.timed_out > 0).then(|| {
            let of = share(tally.timed_out, tally.cases, "of the cases");
            stage("cases that the clock stopped", Some(tally.timed_out), of)
        });
        let cut = (tally.cut > 0).then(|| {
            let of = share(tally.cut, tally.cases, "of the cases");
            stage("cases stopped far over their budget", Some(tally.cut), of)
        });
        let run = [
            stage(
                "seeds asked for",
                asked,
                if asked.is_some() { String::new() } else { "until the time was up".into() },
            ),
            stage(
                "cases run",
                Some(tally.cases),
                asked.map_or(String::new(), |asked| share(tally.cases, asked, "of the seeds")),
            ),
        ];
        let found = [
            stage("cases that fail", Some(tally.failed), share(tally.failed, tally.cases, "of the cases")),
            stage("classes of failures", Some(classes), self.each()),
            stage("shrunk representatives", Some(shrunk), self.representatives(classes, shrunk)),
        ];
        run.into_iter().chain(timed_out).chain(cut).chain(found).collect()
    }

    /// How many cases show a class.
    fn each(&self) -> String {
        let findings = &self.summary.findings;
        let shown: u64 = findings.iter().map(|finding| finding.tally.count).sum();
        match (shown, findings.len()) {
            (_, 0) => String::new(),
            (cases, 1) => format!("in {}", counted(cases, "case", "cases")),
            (cases, classes) => format!("in {:.1} cases each, on average", cases as f64 / classes as f64),
        }
    }

    fn representatives(&self, classes: u64, shrunk: u64) -> String {
        if self.summary.campaign.partition.is_some() {
            return "a part has none; treequake merge shrinks them".to_owned();
        }
        let size = |size: ScenarioSize| size.contexts + size.steps;
        let drawn: u64 = self.summary.findings.iter().map(|finding| size(finding.size.drawn)).sum();
        let left: u64 = self.summary.findings.iter().filter_map(|finding| finding.size.shrunk).map(size).sum();
        match (classes, shrunk) {
            (0, _) => String::new(),
            _ => format!("{drawn} contexts and steps, shrunk to {left}"),
        }
    }
}

/// The path of the run page of a representative in the run folder; `None` if there is no representative.
pub fn run_page(finding: &Finding) -> Option<String> {
    finding.file.as_deref().map(html::run_page)
}

/// `part` of `whole` in percent, and of what.
fn share(part: u64, whole: u64, of: &str) -> String {
    match percent(part, whole) {
        Some(percent) => format!("{percent} {of}"),
        None => String::new(),
    }
}

/// `part` of `whole` in percent; `None` if `whole` is 0.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    (whole > 0).then(|| number::percent(part.into(), whole.into()))
}
