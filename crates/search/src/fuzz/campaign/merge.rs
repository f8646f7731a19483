//! Merges the parts of a campaign into one folder, byte for byte the folder of a campaign on one machine.

use super::check;
use super::error::CampaignError;
use super::files::{self, MANIFEST, RESULTS, is_there};
use super::finish::{self, Finished, Source};
use super::folder::Rows;
use super::manifest::{Campaign, Manifest};
use super::partition::Partition;
use super::places::Places;
use super::seeds::Seeds;
use super::summary::Summary;
use super::tally::Tally;
use crate::whole_file::WholeFolder;
use crate::words::terminal::shown;
use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A checked part.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    summary: Summary,
}

impl Part {
    /// Its seeds.
    fn seeds(&self) -> Seeds {
        self.summary.done
    }

    /// The part in messages.
    fn shown(&self) -> String {
        let partition = self.summary.campaign.partition.map(|partition| format!(", {partition}"));
        format!("{} (seeds {}{})", shown(&self.path), self.seeds(), partition.unwrap_or_default())
    }
}

/// Reads parts, and checks that each is complete, that all belong to one campaign and that none is missing.
///
/// # Errors
/// If a check fails; names each gap and each overlap.
pub fn read(paths: &[PathBuf]) -> Result<(Manifest, Vec<Part>), CampaignError> {
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for path in &expanded(paths, MANIFEST) {
        match read_part(path) {
            Ok(part) => parts.push(part),
            Err(CampaignError::Refused(what)) => wrong.push(what),
            Err(error) => return Err(error),
        }
    }
    parts.sort_by_key(|part| part.seeds());
    let Some(first) = parts.first().filter(|_| wrong.is_empty()) else { return refuse(&wrong) };
    let campaign = first.summary.campaign.whole();
    for part in &parts {
        let differences = campaign.differences(&part.summary.campaign.whole());
        if !differences.is_empty() {
            let other = shown(&first.path);
            wrong.push(format!(
                "{} belongs to a different campaign from {other} ({})",
                shown(&part.path),
                differences.join("; ")
            ));
        }
    }
    if let Some(format) = campaign.foreign_format().filter(|_| wrong.is_empty()) {
        wrong.push(format!("they are in {format}; merge them with the treequake that ran them"));
    }
    if wrong.is_empty() {
        gaps_and_overlaps(&campaign, &parts, &mut wrong);
    }
    if wrong.is_empty() { Ok((campaign, parts)) } else { refuse(&wrong) }
}

/// The parts that are meant by folders: a folder without a `manifest`, but with parts in it, means these.
pub fn expanded(paths: &[PathBuf], manifest: &str) -> Vec<PathBuf> {
    let expand = |path: &PathBuf| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let is_part = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("part-") && is_there(&path.join(manifest))
        };
        let mut parts: Vec<_> = entries.map(|entry| entry.path()).filter(is_part).collect();
        parts.sort();
        if parts.is_empty() || is_there(&path.join(manifest)) { vec![path.clone()] } else { parts }
    };
    paths.iter().flat_map(expand).collect()
}

fn refuse<T>(wrong: &[String]) -> Result<T, CampaignError> {
    Err(CampaignError::Refused(format!("the parts cannot be merged:\n  {}", wrong.join("\n  "))))
}

fn read_part(path: &Path) -> Result<Part, CampaignError> {
    let manifest = check::read_manifest(path)?;
    let summary = check::complete(path, &manifest).map_err(|what| {
        let partition = manifest.partition.map(|partition| format!(" ({partition})")).unwrap_or_default();
        CampaignError::Refused(format!("{what}{partition}; run it again with --resume"))
    })?;
    Ok(Part { path: path.to_owned(), summary })
}

/// Names seeds that are missing and parts that overlap. The parts are sorted by their seeds.
fn gaps_and_overlaps(campaign: &Manifest, parts: &[Part], wrong: &mut Vec<String>) {
    let mut next = campaign.seeds.start;
    let mut last: Option<&Part> = None;
    for part in parts {
        let seeds = part.seeds();
        if seeds.start > next {
            wrong.push(gap(campaign, parts, Seeds { start: next, end: seeds.start }));
        }
        if let Some(last) = last.filter(|_| seeds.start < next) {
            wrong.push(format!("{} overlaps {}", part.shown(), last.shown()));
        }
        if seeds.end > next || last.is_none() {
            last = Some(part);
        }
        next = next.max(seeds.end);
    }
    if next < campaign.seeds.end {
        wrong.push(gap(campaign, parts, Seeds { start: next, end: campaign.seeds.end }));
    }
}

/// The missing seeds and, if the parts have numbers, the missing parts.
fn gap(campaign: &Manifest, parts: &[Part], seeds: Seeds) -> String {
    let partition = parts.iter().find_map(|part| part.summary.campaign.partition);
    let missing = partition.map(|partition| {
        let all = (1..=partition.count).filter_map(|number| Partition::new(number, partition.count));
        let is_missing = |part: &Partition| {
            let slice = part.slice(campaign.seeds);
            slice.start >= seeds.start && slice.end <= seeds.end && slice.count() > 0
        };
        all.filter(is_missing).take(10).map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
    });
    match missing.filter(|names| !names.is_empty()) {
        Some(names) => format!("seeds {seeds} are missing ({names})"),
        None => format!("seeds {seeds} are missing"),
    }
}

/// Merges checked parts into a new folder, whole or not at all. `campaign` is the campaign of the parts.
///
/// # Errors
/// See [`CampaignError`].
pub fn merge(
    campaign: &Campaign,
    parts: &[Part],
    out: &Path,
    pool: &rayon::ThreadPool,
) -> Result<Finished, CampaignError> {
    let manifest = campaign.manifest();
    let differences = parts[0].summary.campaign.whole().differences(&manifest);
    if !differences.is_empty() {
        let what = format!("the parts are not of the campaign that this treequake runs ({})", differences.join("; "));
        return Err(CampaignError::Refused(format!(
            "{what}; merge them with the version and the profile that ran them"
        )));
    }
    let is_there = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if is_there {
        let what = format!("{} exists and is not empty", shown(out));
        return Err(CampaignError::Refused(format!("{what}; name another folder")));
    }
    let beside = WholeFolder::beside(out).map_err(CampaignError::io(out))?;
    let finished = fill(campaign, parts, beside.path(), pool)?;
    beside.put().map_err(CampaignError::io(out))?;
    Ok(finished)
}

fn fill(campaign: &Campaign, parts: &[Part], path: &Path, pool: &rayon::ThreadPool) -> Result<Finished, CampaignError> {
    let manifest = path.join(MANIFEST);
    files::write_new(&manifest, campaign.manifest().text().as_bytes()).map_err(CampaignError::io(&manifest))?;
    let results = path.join(RESULTS);
    let mut all = File::create(&results).map_err(CampaignError::io(&results))?;
    let mut tally = Tally::default();
    for part in parts {
        let from = part.path.join(RESULTS);
        let copied = files::open(&from).and_then(|mut from| io::copy(&mut from, &mut all));
        copied.map_err(CampaignError::io(&from))?;
        tally.add(&part.summary.tally);
    }
    let sync = &|| all.sync_all().map_err(CampaignError::io(&results));
    let (places, tally) = (Places::of(path, None), (&tally, Source::Folder));
    let goes_on = || ControlFlow::Continue(());
    finish::write(campaign, places, campaign.seeds, tally, (Rows::default(), sync), pool, &goes_on)
}
