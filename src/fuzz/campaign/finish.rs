//! The end of a campaign: the results in columns, a shrunk scenario for each class, and the summary.
//!
//! All of this follows from the campaign and its results. So the files are the same, whether one machine finishes, a
//! resumed campaign or a merge of parts, and however often.

use super::columns;
use super::error::CampaignError;
use super::files::{self, COLUMNS, FINDINGS, JOURNAL, RESULTS, SUMMARY};
use super::folder::{self, RunFolder};
use super::journal;
use super::manifest::Campaign;
use super::seeds::Seeds;
use super::summary::{Finding, ResultsFile, ScenarioSize, Size, Summary};
use super::tally::{ClassTally, Tally};
use crate::fuzz::capsule::{Origin, capsule};
use crate::fuzz::class::Class;
use crate::fuzz::coverage::Coverage;
use crate::fuzz::examine::{Examination, Failure, examine};
use crate::fuzz::generator::{Case, generate};
use crate::fuzz::shrink::shrink;
use crate::metrics::Branch;
use crate::process::Family;
use crate::run::Runner;
use crate::scenario::{Scenario, StepKind};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::Path;

/// The most scenarios that are tried to shrink a representative: a count, not a time, so that the result is the same
/// everywhere.
const SHRINK_TRIED_MAX: u64 = 20_000;

/// Whether the work goes on.
pub type Watch<'w> = &'w (dyn Fn() -> ControlFlow<()> + Sync);

/// Finishes the folder of a campaign whose seeds are done, or whose time is over. `watch` can stop the shrinking.
///
/// # Errors
/// See [`CampaignError`]; the folder can be resumed.
pub fn finish(
    campaign: &Campaign,
    folder: RunFolder,
    pool: &rayon::ThreadPool,
    watch: Watch<'_>,
) -> Result<Summary, CampaignError> {
    let path = folder.path().to_owned();
    if folder.is_complete() {
        return folder::check(&path).map_err(CampaignError::Refused);
    }
    folder.sync()?;
    let done = Seeds { start: campaign.slice().start, end: folder.next() };
    let summary = write(campaign, &path, done, folder.tally(), pool, watch)?;
    if done.end == campaign.slice().end {
        files::remove(&path.join(JOURNAL))?;
    }
    Ok(summary)
}

/// Writes everything that follows from the results, the summary last.
pub(super) fn write(
    campaign: &Campaign,
    path: &Path,
    done: Seeds,
    tally: &Tally,
    pool: &rayon::ThreadPool,
    watch: Watch<'_>,
) -> Result<Summary, CampaignError> {
    let manifest = campaign.manifest();
    files::remove(&path.join(SUMMARY))?;
    let results = path.join(RESULTS);
    let (bytes, digest) = File::open(&results).and_then(journal::digest).map_err(CampaignError::io(&results))?;
    pool.install(|| columns::write(&results, &path.join(COLUMNS)))?;
    let summary = Summary {
        command: manifest.command(manifest.seeds)
            + &manifest.partition.map(|partition| format!(" --partition {partition}")).unwrap_or_default(),
        campaign: manifest,
        done,
        results: ResultsFile { bytes, digest },
        tally: tally.clone(),
        findings: pool.install(|| findings(campaign, path, tally, watch))?,
        coverage: coverage(&tally.coverage, campaign.monitor.family()),
    };
    let text = format!("{:#}\n", serde_json::to_value(&summary).expect("a summary is JSON"));
    files::write_whole(&path.join(SUMMARY), text.as_bytes())?;
    Ok(summary)
}

fn coverage(coverage: &Coverage, family: &dyn Family) -> BTreeMap<String, BTreeMap<String, u64>> {
    let all = Branch::all(family);
    let count = |kind, branch: &Branch| (branch.name(family).to_owned(), coverage.count(kind, *branch));
    let branches = |kind| all.iter().map(|branch| count(kind, branch)).collect();
    StepKind::COUNTED.map(|kind| (kind.word().to_owned(), branches(kind))).into()
}

fn findings(campaign: &Campaign, path: &Path, tally: &Tally, watch: Watch<'_>) -> Result<Vec<Finding>, CampaignError> {
    let folder = path.join(FINDINGS);
    files::remove(&folder)?;
    fs::create_dir_all(&folder).map_err(CampaignError::io(&folder))?;
    let classes: Vec<_> = tally.classes.iter().collect();
    let found: Vec<_> = classes.par_iter().map(|(class, tally)| finding(campaign, path, class, tally, watch)).collect();
    let mut findings = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    // Stable: classes with the same count stay in the order of their names.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.tally.count));
    Ok(findings)
}

fn finding(
    campaign: &Campaign,
    path: &Path,
    class: &str,
    tally: &ClassTally,
    watch: Watch<'_>,
) -> Result<Finding, CampaignError> {
    let seed = tally.representative.seed;
    let case = generate(&campaign.profile, campaign.monitor, seed);
    let (_, drawn) = examine_again(campaign, &case.scenario, class, seed)?;
    let mut finding = Finding {
        class: class.to_owned(),
        sentence: drawn.sentence,
        tally: *tally,
        command: campaign.manifest().command(seed),
        size: Size { drawn: ScenarioSize::of(&case.scenario), shrunk: None },
        file: None,
    };
    // A part leaves this to the merge, as the whole campaign may have a smaller representative.
    if campaign.partition.is_none() {
        let scenario = shrunk(campaign, &case, drawn.class, watch)?;
        let (examination, failure) = examine_again(campaign, &scenario, class, seed)?;
        let file = format!("{FINDINGS}/{}.json", plain_name(class));
        let origin = Origin { seed: seed.to_string(), profile: campaign.profile.name.clone(), mix: case.mix };
        let capsule = capsule(&scenario, &examination.outcome, Some(&failure), Some(&origin));
        files::write_whole(&path.join(&file), format!("{capsule:#}\n").as_bytes())?;
        finding.sentence = failure.sentence;
        finding.size.shrunk = Some(ScenarioSize::of(&scenario));
        finding.file = Some(file);
    }
    Ok(finding)
}

/// The smallest form of a case. A search that was stopped has none that would be the same next time.
fn shrunk(campaign: &Campaign, case: &Case, class: Class, watch: Watch<'_>) -> Result<Scenario, CampaignError> {
    let mut is_stopped = false;
    let shrunk = shrink(&case.scenario, class, &campaign.rules, &mut |progress| {
        is_stopped |= watch().is_break();
        if progress.tried < SHRINK_TRIED_MAX && !is_stopped {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    if is_stopped { Err(CampaignError::Stopped) } else { Ok(shrunk.scenario) }
}

/// Examines a scenario that is known to show `class`. Gives its failure of that class, too.
fn examine_again(
    campaign: &Campaign,
    scenario: &Scenario,
    class: &str,
    seed: u64,
) -> Result<(Examination, Failure), CampaignError> {
    let fault = |what: String| {
        let command = campaign.manifest().command(seed);
        CampaignError::Fault(format!(
            "treequake has a bug: seed {seed} was {class}, and now is {what}\nagain: {command}"
        ))
    };
    let examination =
        examine(&mut Runner::default(), scenario, &campaign.rules).map_err(|error| fault(error.to_string()))?;
    let names: Vec<String> = examination.failures.iter().map(|failure| failure.class.to_string()).collect();
    match names.iter().position(|name| name == class) {
        Some(place) => {
            let failure = examination.failures[place].clone();
            Ok((examination, failure))
        }
        None if names.is_empty() => Err(fault("no failure".to_owned())),
        None => Err(fault(names.join(", "))),
    }
}

/// A class as the name of a file. The name of a monitor can have any characters.
fn plain_name(class: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
    class.chars().map(plain).collect()
}
