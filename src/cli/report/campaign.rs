//! The page of a campaign, and the run pages that it links to.

use super::run::{self, Page};
use crate::cli::campaign::complain;
use crate::cli::exit::Exit;
use crate::cli::{mine, output};
use crate::fuzz::campaign::Keep;
use crate::fuzz::campaign::summary::Summary;
use crate::fuzz::known::Known;
use crate::page::alone::Alone;
use crate::page::campaign::{self, CampaignPage, Links};
use crate::page::html;
use crate::page::run::About;
use crate::scenario::expectation::WarningKind;
use crate::words::counted;
use crate::words::terminal::shown;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// How the link back from a run page begins.
const BACK: &str = "<a id=\"campaign\"";

/// The name of the page in its run folder.
const PAGE: &str = "report.html";

/// Writes the page of the campaign in `folder` to `out`, or into the folder, and a run page beside the scenario of each
/// representative. If a run page cannot be written, the page links to the scenarios instead.
/// Classes that are `known` are marked.
pub fn report(folder: &Path, out: Option<&Path>, known: Known) -> Exit {
    let in_it = folder.join(PAGE);
    let out = out.unwrap_or(&in_it);
    if !output::is_stdout(out) && is_of_campaign(folder, out) {
        let what = format!("{} is another file in the folder of the campaign", shown(out));
        return output::complain(&format!("{what}; name another file with --out"));
    }
    let taken = if out == in_it { mine::refusal(out, html::MARK) } else { mine::other(out, html::MARK) };
    if let Some(refusal) = taken.or_else(|| output::refusal(out)) {
        return output::complain(&refusal);
    }
    let mut page = match campaign::read(folder, Links { base: base(folder, out), run_pages: false }, known) {
        Ok(page) => page,
        Err(error) => return complain(&error),
    };
    let exit = refuse_run_pages(folder, &page.summary).unwrap_or_else(|| write_run_pages(folder, &page.summary, out));
    page.links.run_pages = exit == Exit::Fine;
    let alone = alone(folder, &page.summary, &page.links);
    let page = Page { html: campaign::html(&page, &alone), about: shows(&page), is_whole: true };
    exit.max(run::write(out, &page))
}

/// What of a campaign a page shows, and what it leaves out.
fn shows(page: &CampaignPage) -> String {
    let (tally, findings) = (&page.summary.tally, &page.summary.findings);
    let fail = counted(tally.failed, "case that fails", "cases that fail");
    let classes = counted(findings.len() as u64, "class", "classes");
    let mut text = format!("shows:    {}: {fail}, in {classes}\n", counted(tally.cases, "case", "cases"));
    let written = findings.iter().filter(|finding| page.links.run_pages && campaign::run_page(finding).is_some());
    match written.count() as u64 {
        0 => {}
        count => text.push_str(&format!(
            "beside:   {}, one for the smallest case of each class\n",
            counted(count, "run page", "run pages")
        )),
    }
    if page.summary.campaign.results == Keep::Findings {
        text.push_str("left out: times and costs of the cases that pass; `fuzz --results all` keeps them\n");
    }
    text
}

/// Whether a file is in the run folder and is not a page.
fn is_of_campaign(folder: &Path, file: &Path) -> bool {
    let inside = fs::canonicalize(file).is_ok_and(|file| fs::canonicalize(folder).is_ok_and(|to| file.starts_with(to)));
    inside && !run::is_page(file)
}

/// Reports all run pages that cannot be put in their places, if there are any.
fn refuse_run_pages(folder: &Path, summary: &Summary) -> Option<Exit> {
    let pages = summary.findings.iter().filter_map(campaign::run_page);
    let refusals: Vec<_> = pages.filter_map(|page| mine::refusal(&folder.join(page), html::MARK)).collect();
    refusals.iter().map(|refusal| output::complain(refusal)).max()
}

/// Writes the run pages, with links back to the page at `out`. They deny the warnings that the campaign denies.
fn write_run_pages(folder: &Path, summary: &Summary, out: &Path) -> Exit {
    let denied: Vec<_> =
        WarningKind::ALL.into_iter().filter(|kind| summary.campaign.deny.contains(&kind.to_string())).collect();
    for finding in &summary.findings {
        let (Some(file), Some(page)) = (&finding.file, campaign::run_page(finding)) else { continue };
        let (file, page) = (folder.join(file), folder.join(page));
        let back = back(&page, out);
        let path = file.display().to_string();
        let about = About { path: &path, denied: &denied, campaign: back.as_deref(), broke: Some(&finding.sentence) };
        let exit = match run::page(&file, None, about) {
            Ok(made) => {
                if !made.is_whole {
                    output::note(&format!("note: {}\n{}", shown(&page), made.about));
                }
                output::write_file(&page, &made.html)
            }
            Err(exit) => exit,
        };
        if exit != Exit::Fine {
            return exit;
        }
    }
    Exit::Fine
}

/// The files that the page links to, so that it works without them. A run page within it has no link back.
fn alone(folder: &Path, summary: &Summary, links: &Links) -> Alone {
    let mut alone = Alone::default();
    for finding in &summary.findings {
        let scenario = finding.file.clone();
        for file in scenario.into_iter().chain(campaign::run_page(finding).filter(|_| links.run_pages)) {
            let Ok(mut content) = fs::read_to_string(folder.join(&file)) else { continue };
            if let (Some(from), true) = (content.find(BACK), file.ends_with(".html")) {
                let to = content[from..].find("</a>").map_or(from, |end| from + end + "</a>".len());
                content.replace_range(from..to, "");
            }
            alone.add(html::link(&format!("{}{file}", links.base)), &content);
        }
    }
    alone
}

/// The link from a run page to the page at `out`; none if that is standard output.
fn back(page: &Path, out: &Path) -> Option<String> {
    let folder = fs::canonicalize(page.parent()?).ok()?;
    let beside = out.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let way = relative(&folder, &fs::canonicalize(beside).ok()?);
    let name = out.file_name().filter(|_| !output::is_stdout(out))?;
    Some(html::link(&format!("{way}{}", name.to_string_lossy())))
}

/// The way from a page at `out` into `folder`; empty for standard output, as that page may be put into the folder.
fn base(folder: &Path, out: &Path) -> String {
    let beside = out.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(folder), fs::canonicalize(beside)) {
        (Ok(folder), Ok(beside)) if !output::is_stdout(out) => relative(&beside, &folder),
        _ => String::new(),
    }
}

/// The relative path between two absolute folders, with a `/` at its end unless it is empty.
fn relative(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    let mut words: Vec<_> = way.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.push(String::new());
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that links lead from the page to the campaign.
    #[test]
    fn ways() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b", "/a/b"), "");
        assert_eq!(way("/a", "/a/b/c"), "b/c/");
        assert_eq!(way("/a/b/x", "/a/c"), "../../c/");
    }
}
