//! The end of a campaign: the results in columns, a shrunk scenario for each class, and the summary.
//!
//! All of this follows from the campaign and its results. So the files are the same, whether one machine finishes, a
//! resumed campaign or a merge of parts, and however often.

use super::check;
use super::columns::{self, Columns};
use super::error::CampaignError;
use super::files::{self, COLUMNS, FINDINGS, JOURNAL, MANIFEST, RESULTS, SUMMARY};
use super::folder::{Rows, RunFolder};
use super::manifest::Campaign;
use super::places::Places;
use super::seeds::Seeds;
use super::summary::{Finding, ResultsFile, ScenarioSize, Size, Summary};
use super::sums;
use super::tally::{ClassTally, Tally};
use super::written::Written;
use crate::fuzz::capsule::{Origin, capsule};
use crate::fuzz::class::Class;
use crate::fuzz::coverage::Coverage;
use crate::fuzz::examine::{Examination, Failure, Rules, examine};
use crate::fuzz::generator::{Case, generate};
use crate::fuzz::orders::InOrders;
use crate::fuzz::shrink::shrink;
use crate::metrics::Branch;
use crate::process::Family;
use crate::run::Runner;
use crate::scenario::{Scenario, StepKind};
use crate::words::terminal::plain;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::ControlFlow;

/// The most scenarios that are tried to shrink a representative: a count, not a time, so that the result is the same
/// everywhere.
const SHRINK_TRIED_MAX: u64 = 20_000;

/// A finished campaign.
#[derive(Debug)]
pub struct Finished {
    /// Its summary.
    pub summary: Summary,
    /// Files that were in the way and are kept, in sentences.
    pub remarks: Vec<String>,
}

/// Where the results of a campaign come from, which decides whose fault it is if they cannot be had again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// All ran in this process.
    Here,
    /// Some were read from a folder.
    Folder,
}

/// Whether the work goes on.
pub type Watch<'w> = &'w (dyn Fn() -> ControlFlow<()> + Sync);

/// Finishes the folder of a campaign whose seeds are done, or whose time is over. `watch` can stop the shrinking.
///
/// # Errors
/// See [`CampaignError`]; the folder can be resumed.
pub fn finish(
    campaign: &Campaign,
    mut folder: RunFolder,
    pool: &rayon::ThreadPool,
    watch: Watch<'_>,
) -> Result<Finished, CampaignError> {
    let path = folder.path().to_owned();
    if folder.is_complete() {
        let summary = check::complete(&path, &campaign.manifest()).map_err(CampaignError::Refused)?;
        return Ok(Finished { summary, remarks: Vec::new() });
    }
    let done = Seeds { start: campaign.slice().start, end: folder.next() };
    let source = if folder.is_all_here() { Source::Here } else { Source::Folder };
    let (places, rows) = (Places::of(&path, folder.take_sums()), folder.take_rows());
    let sync = &|| folder.sync();
    let finished = write(campaign, places, done, (folder.tally(), source), (rows, sync), pool, watch)?;
    if done.end == campaign.slice().end {
        files::remove(&path.join(JOURNAL))?;
    }
    Ok(finished)
}

/// Writes everything that follows from the results, the list of digests last. `sync` makes sure that the results survive a
/// crash of the machine.
pub(super) fn write(
    campaign: &Campaign,
    mut places: Places<'_>,
    done: Seeds,
    (tally, source): (&Tally, Source),
    (rows, sync): (Rows, &dyn Fn() -> Result<(), CampaignError>),
    pool: &rayon::ThreadPool,
    watch: Watch<'_>,
) -> Result<Finished, CampaignError> {
    let manifest = campaign.manifest();
    let (results, place) = (places.path(RESULTS), places.path(COLUMNS));
    let Rows { columns, writing } = rows;
    let (mut found, mut columns_file) = (None, None);
    // The columns beside the findings, which can be stopped: until then, nothing is in its place. And beside both, the disk.
    let written = pool.in_place_scope(|scope| {
        scope.spawn(|_| found = Some(findings(campaign, tally, source, watch)));
        let make = || columns.map_or_else(|| columns::of(&results, &place), Columns::finish);
        scope.spawn(|_| columns_file = Some(make()));
        sync()?;
        let read = || File::open(&results).and_then(Written::read).map_err(CampaignError::io(&results));
        writing.map_or_else(read, |writing| Ok(writing.end()))
    });
    let found = found.expect("the scope waits for it")?;
    let columns = columns_file.expect("the scope waits for it")?;
    let Written { bytes, digest, sum } = written?;
    places.put(COLUMNS, columns)?;
    let folder = places.path(FINDINGS);
    fs::create_dir_all(&folder).map_err(CampaignError::io(&folder))?;
    let mut findings = Vec::new();
    for (finding, text) in found {
        if let (Some(file), Some(text)) = (&finding.file, text) {
            places.write(file, text.as_bytes())?;
        }
        findings.push(finding);
    }
    let summary = Summary {
        // A clock has ended a campaign without a last seed.
        command: manifest.command(if manifest.seeds.end == u64::MAX { done } else { manifest.seeds })
            + &manifest.partition.map(|partition| format!(" --partition {partition}")).unwrap_or_default(),
        campaign: manifest,
        done,
        results: ResultsFile { bytes, digest },
        tally: tally.clone(),
        findings,
        coverage: coverage(&tally.coverage, campaign.monitor.family()),
    };
    let text = format!("{:#}\n", serde_json::to_value(&summary).expect("a summary is JSON"));
    places.write(SUMMARY, text.as_bytes())?;
    places.list(MANIFEST)?;
    places.list_with(RESULTS, sum);
    Ok(Finished { summary, remarks: places.finish()? })
}

fn coverage(coverage: &Coverage, family: &dyn Family) -> BTreeMap<String, BTreeMap<String, u64>> {
    let all = Branch::all(family);
    let count = |kind, branch: &Branch| (branch.name(family).to_owned(), coverage.count(kind, *branch));
    let branches = |kind| all.iter().map(|branch| count(kind, branch)).collect();
    StepKind::COUNTED.map(|kind| (kind.word().to_owned(), branches(kind))).into()
}

/// The findings, each with the text of its file if it has one.
fn findings(
    campaign: &Campaign,
    tally: &Tally,
    source: Source,
    watch: Watch<'_>,
) -> Result<Vec<(Finding, Option<String>)>, CampaignError> {
    let classes: Vec<_> = tally.classes.iter().collect();
    let found = classes.par_iter().map(|(class, tally)| finding(campaign, class, tally, (source, watch)));
    let mut findings = found.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, _>>()?;
    // Stable: classes with the same count stay in the order of their names.
    findings.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.tally.count));
    Ok(findings)
}

fn finding(
    campaign: &Campaign,
    class: &str,
    tally: &ClassTally,
    (source, watch): (Source, Watch<'_>),
) -> Result<(Finding, Option<String>), CampaignError> {
    let seed = tally.representative.seed;
    let case = generate(&campaign.profile, campaign.monitor, seed);
    let (_, drawn) = examine_again(campaign, &case.scenario, class, (seed, source))?;
    let mut finding = Finding {
        class: class.to_owned(),
        sentence: drawn.sentence,
        tally: *tally,
        command: campaign.manifest().command(seed),
        size: Size { drawn: ScenarioSize::of(&case.scenario), shrunk: None },
        file: None,
        orders: None,
    };
    // A part leaves this to the merge, as the whole campaign may have a smaller representative.
    if campaign.partition.is_some() {
        return Ok((finding, None));
    }
    let scenario = shrunk(campaign, &case, drawn.class, watch)?;
    let (examination, failure) = examine_again(campaign, &scenario, class, (seed, source))?;
    let (examination, failure) =
        if examination.is_cut { to_its_end(campaign, &scenario, failure)? } else { (examination, failure) };
    let origin = Origin { seed: seed.to_string(), profile: campaign.profile.name.clone(), mix: case.mix };
    let capsule = capsule(&scenario, &examination.outcome, Some(&failure), Some(&origin));
    finding.sentence = failure.sentence;
    finding.orders = campaign.explores.then(|| InOrders::of(&scenario, drawn.class));
    finding.size.shrunk = Some(ScenarioSize::of(&scenario));
    finding.file = Some(sums::finding(class));
    Ok((finding, Some(format!("{capsule:#}\n"))))
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

/// Examines a scenario without stopping it, as a replay of its file does. Gives its failure of the class of `failure`; that
/// is still `failure` if only a run that is stopped shows it.
fn to_its_end(
    campaign: &Campaign,
    scenario: &Scenario,
    failure: Failure,
) -> Result<(Examination, Failure), CampaignError> {
    let rules = Rules { cuts: false, ..campaign.rules.clone() };
    let examination = examine(&mut Runner::default(), scenario, &rules)
        .map_err(|error| CampaignError::Fault(format!("treequake has a bug: {}: {error}", failure.class)))?;
    let failure = examination.of_class(failure.class).cloned().unwrap_or(failure);
    Ok((examination, failure))
}

/// Examines a scenario that is known to show `class`. Gives its failure of that class, too.
fn examine_again(
    campaign: &Campaign,
    scenario: &Scenario,
    class: &str,
    (seed, source): (u64, Source),
) -> Result<(Examination, Failure), CampaignError> {
    let fault = |what: String| {
        let command = campaign.manifest().command(seed);
        let class = plain(class);
        match source {
            Source::Here => CampaignError::Fault(format!(
                "treequake has a bug: seed {seed} was {class}, and now is {what}\nagain: {command}"
            )),
            Source::Folder => CampaignError::Refused(format!(
                "the results in the folder say that seed {seed} is {class}, but it is {what}: they are damaged, or of \
                 another build of treequake; run the seeds again in another folder\nagain: {command}"
            )),
        }
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
