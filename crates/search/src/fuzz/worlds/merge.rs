//! Merges the parts of small worlds into one folder, byte for byte the folder of one process.

use super::folder::{read_manifest, read_rows};
use super::manifest::Manifest;
use super::summary::{Finished, Summary, finish, write};
use super::tally::Tally;
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::files::{self, RESULTS, WORLDS, is_there, write_new};
use crate::fuzz::campaign::merge::expanded;
use crate::fuzz::campaign::partition::Partition;
use crate::fuzz::campaign::sums::Sums;
use crate::whole_file::WholeFolder;
use crate::words::terminal::shown;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Whether these are folders of small worlds, or of parts of them.
pub fn are_worlds(paths: &[PathBuf]) -> bool {
    expanded(paths, WORLDS).iter().any(|path| is_there(&path.join(WORLDS)))
}

/// A complete part.
struct Part {
    path: PathBuf,
    manifest: Manifest,
}

/// Merges parts into a new folder, whole or not at all.
///
/// # Errors
/// If a part is not complete, they do not belong together, or one is missing; names each.
pub fn merge(paths: &[PathBuf], out: &Path) -> Result<Summary, CampaignError> {
    let parts = read(paths)?;
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        let what = format!("{} exists and is not empty", shown(out));
        return Err(CampaignError::Refused(format!("{what}; name another folder")));
    }
    let beside = WholeFolder::beside(out).map_err(CampaignError::io(out))?;
    let finished = fill(&parts, beside.path())?;
    beside.put().map_err(CampaignError::io(out))?;
    Ok(finished.summary)
}

fn read(paths: &[PathBuf]) -> Result<Vec<Part>, CampaignError> {
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for path in expanded(paths, WORLDS) {
        let manifest = read_manifest(&path)?;
        let is_whole = |sums: &Sums| sums.names().all(|name| sums.holds(&path, name));
        if !Sums::read(&path).ok().flatten().is_some_and(|sums| is_whole(&sums)) {
            let part = manifest.partition.map(|part| format!(" ({part})")).unwrap_or_default();
            wrong.push(format!("{} is not complete{part}; run it again with --resume", shown(&path)));
        }
        parts.push(Part { path, manifest });
    }
    parts.sort_by_key(|part| part.manifest.slice());
    let first = &parts[0];
    for part in &parts[1..] {
        let differences = first.manifest.whole().differences(&part.manifest.whole());
        if !differences.is_empty() {
            let (this, other) = (shown(&part.path), shown(&first.path));
            wrong.push(format!("{this} has other small worlds than {other} ({})", differences.join("; ")));
        }
    }
    if wrong.is_empty() {
        gaps_and_overlaps(&parts, &mut wrong);
    }
    if wrong.is_empty() {
        return Ok(parts);
    }
    Err(CampaignError::Refused(format!("the parts cannot be merged:\n  {}", wrong.join("\n  "))))
}

fn gaps_and_overlaps(parts: &[Part], wrong: &mut Vec<String>) {
    let count = parts[0].manifest.partition.map_or(1, |part| part.count);
    let number = |part: &Part| part.manifest.partition.unwrap_or(Partition { number: 1, count: 1 });
    for part in parts.iter().filter(|part| number(part).count != count) {
        wrong.push(format!("{} is {}, and others are of {count} parts", shown(&part.path), number(part)));
    }
    for pair in parts.windows(2).filter(|pair| number(&pair[0]) == number(&pair[1])) {
        wrong.push(format!("{} and {} are the same part", shown(&pair[0].path), shown(&pair[1].path)));
    }
    let is_missing = |missing: &Partition| !parts.iter().any(|part| number(part) == *missing);
    let missing: Vec<_> = (1..=count).map(|number| Partition { number, count }).filter(is_missing).take(10).collect();
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(Partition::to_string).collect();
        wrong.push(format!("missing: {}", missing.join(", ")));
    }
}

fn fill(parts: &[Part], path: &Path) -> Result<Finished, CampaignError> {
    let manifest = parts[0].manifest.whole();
    let (space, how) = manifest.read().map_err(|what| CampaignError::Refused(format!("the parts: {what}")))?;
    if manifest.version != env!("CARGO_PKG_VERSION") {
        let what = "the parts are of another version of treequake; merge them with the one that ran them";
        return Err(CampaignError::Refused(what.to_owned()));
    }
    let file = path.join(WORLDS);
    let text = format!("{:#}\n", serde_json::json!(manifest));
    write_new(&file, text.as_bytes()).map_err(CampaignError::io(&file))?;
    let results = path.join(RESULTS);
    let mut all = File::create(&results).map_err(CampaignError::io(&results))?;
    for part in parts {
        let from = part.path.join(RESULTS);
        let copied = files::open(&from).and_then(|mut from| io::copy(&mut from, &mut all));
        copied.map_err(CampaignError::io(&from))?;
    }
    all.sync_all().map_err(CampaignError::io(&results))?;
    let (tally, _): (Tally, u64) = read_rows(&results, &manifest)?;
    if tally.scenarios != manifest.scenarios {
        return Err(CampaignError::Refused("the results of the parts are not those of all worlds".to_owned()));
    }
    let mut finished = finish(&manifest, &space, &how, tally)?;
    write(&mut finished, path)?;
    Ok(finished)
}
