//! The page of a campaign, and the run pages that it links to.

use super::beside::{Beside, place};
use super::run::{self, Page};
use crate::cli::campaign::complain;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::fuzz::campaign::Keep;
use crate::fuzz::known::Known;
use crate::page::campaign::{self, CampaignPage, Links};
use crate::scenario::expectation::WarningKind;
use crate::words::counted;
use std::path::Path;

/// Writes the page of the campaign in `folder` to `out`, or into the folder, and a run page beside the scenario of each
/// representative. If a run page cannot be written, the page links to the scenarios instead.
/// Classes that are `known` are marked.
pub fn report(folder: &Path, out: Option<&Path>, known: Known) -> Exit {
    let out = match place(folder, out, "the campaign") {
        Ok(out) => out,
        Err(refusal) => return output::complain(&refusal),
    };
    let mut page = match campaign::read(folder, Links::default(), known) {
        Ok(page) => page,
        Err(error) => return complain(&error),
    };
    let summary = page.summary.clone();
    let findings = summary.findings.iter().filter_map(|finding| Some((finding.file.as_deref()?, &*finding.sentence)));
    let denied = WarningKind::ALL.into_iter().filter(|kind| summary.campaign.deny.contains(&kind.to_string()));
    let (findings, denied) = (findings.collect(), denied.collect());
    let beside = Beside { folder, out: &out, what: "campaign", findings, denied };
    let exit = beside.write_run_pages();
    page.links = Links { base: beside.base(), run_pages: exit == Exit::Fine };
    let alone = beside.alone(page.links.run_pages);
    let page = Page { html: campaign::html(&page, &alone), about: shows(&page, &beside), is_whole: true };
    exit.max(run::write(&out, &page))
}

/// What of a campaign a page shows, and what it leaves out.
fn shows(page: &CampaignPage, beside: &Beside<'_>) -> String {
    let (tally, findings) = (&page.summary.tally, &page.summary.findings);
    let fail = counted(tally.failed, "case that fails", "cases that fail");
    let classes = counted(findings.len() as u64, "class", "classes");
    let mut text = format!("shows:    {}: {fail}, in {classes}\n", counted(tally.cases, "case", "cases"));
    text.push_str(&beside.shows(page.links.run_pages, "one for the smallest case of each class"));
    if page.summary.campaign.results == Keep::Findings {
        text.push_str("left out: times and costs of the cases that pass; `fuzz --results all` keeps them\n");
    }
    text
}
