//! Small worlds in short, with the smallest example of each class of failures.

use super::folder::read_manifest;
use super::judge::{Example, How, Tools, example};
use super::manifest::Manifest;
use super::space::{Space, World};
use super::tally::Tally;
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::files::{self, FINDINGS, RESULTS, SUMMARY, SUMS, WORLDS};
use crate::fuzz::campaign::sums::{Sums, finding, sum};
use crate::fuzz::capsule::capsule;
use crate::fuzz::orders::Known;
use crate::whole_file::WholeFile;
use crate::words::terminal::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Small worlds in short. Every figure is the same in another run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which worlds.
    pub worlds: Manifest,
    /// The command that explores them again.
    pub command: String,
    /// What is known of those of them that are explored here.
    pub outcome: Known,
    /// Whether every order of each was explored.
    pub complete: bool,
    /// Whether it was stopped before the last world.
    pub stopped: bool,
    /// What was found.
    pub tally: Tally,
    /// The classes of failures, the one with the smallest world first.
    pub findings: Vec<Finding>,
}

impl Summary {
    /// How many worlds are left.
    pub fn left(&self) -> u64 {
        self.worlds.slice().count() - self.tally.scenarios
    }
}

/// A class of failures, and the smallest world that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the class.
    pub class: String,
    /// What broke in that world, in a sentence.
    pub sentence: String,
    /// How many worlds show it.
    pub scenarios: u64,
    /// How many of their endings and loops.
    pub endings: u64,
    /// The number of the smallest of these worlds.
    pub world: u64,
    /// Its contexts.
    pub contexts: u32,
    /// Its steps.
    pub steps: u32,
    /// The world in words.
    pub scenario: String,
    /// The scenario file, in the folder.
    pub file: Option<String>,
}

/// Small worlds in short, and the example of each class.
#[derive(Debug)]
pub struct Finished {
    /// In short.
    pub summary: Summary,
    /// The examples, in the order of the findings.
    examples: Vec<Example>,
}

/// Finds the example of each class again.
///
/// # Errors
/// See [`CampaignError`].
pub fn finish(manifest: &Manifest, space: &Space, how: &How, tally: Tally) -> Result<Finished, CampaignError> {
    let wanted: BTreeMap<u64, Option<World>> = tally.classes.values().map(|class| (class.smallest, None)).collect();
    let worlds = worlds(space, wanted);
    let mut classes: Vec<_> = tally.classes.iter().collect();
    classes.sort_by_key(|(name, class)| (class.smallest, *name));
    let mut tools = Tools::default();
    let (mut findings, mut examples) = (Vec::new(), Vec::new());
    for (name, class) in classes {
        let gone = || CampaignError::Refused(format!("there is no world {}, which the results name", class.smallest));
        let world = worlds.get(&class.smallest).and_then(Option::as_ref).ok_or_else(gone)?;
        let example = example(how, world, name, &mut tools)?;
        findings.push(Finding {
            class: name.clone(),
            sentence: example.failure.sentence.clone(),
            scenarios: class.scenarios,
            endings: class.endings,
            world: class.smallest,
            contexts: world.parents.len() as u32,
            steps: world.moves.len() as u32,
            scenario: world.words(),
            file: None,
        });
        examples.push(example);
    }
    let stopped = tally.scenarios < manifest.slice().count();
    let complete = !stopped && tally.bounded.is_empty();
    let outcome = Known::of(tally.failing > 0, complete);
    let command = manifest.command();
    let summary = Summary { worlds: manifest.clone(), command, outcome, complete, stopped, tally, findings };
    Ok(Finished { summary, examples })
}

/// The worlds with these numbers.
fn worlds(space: &Space, mut wanted: BTreeMap<u64, Option<World>>) -> BTreeMap<u64, Option<World>> {
    let (mut worlds, mut next) = (space.worlds(), 0);
    for (number, place) in &mut wanted {
        *place = usize::try_from(*number - next).ok().and_then(|skipped| worlds.nth(skipped));
        next = *number + 1;
    }
    wanted
}

/// Writes everything that follows from the results into their folder, the list of digests last.
///
/// # Errors
/// If it cannot be written.
pub fn write(finished: &mut Finished, folder: &Path) -> Result<(), CampaignError> {
    let mut sums = Sums::default();
    let findings = folder.join(FINDINGS);
    fs::create_dir_all(&findings).map_err(CampaignError::io(&findings))?;
    for (found, example) in finished.summary.findings.iter_mut().zip(&finished.examples) {
        let name = finding(&found.class);
        let file = capsule(&example.scenario, &example.outcome, Some(&example.failure), None);
        put(&folder.join(&name), &format!("{file:#}\n"))?;
        sums.add(&name, sum(&folder.join(&name))?);
        found.file = Some(name);
    }
    let summary = serde_json::to_value(&finished.summary).expect("a summary is JSON");
    put(&folder.join(SUMMARY), &format!("{summary:#}\n"))?;
    for name in [WORLDS, RESULTS, SUMMARY] {
        sums.add(name, sum(&folder.join(name))?);
    }
    put(&folder.join(SUMS), &sums.text())
}

/// The summary of a folder, checked against all its files.
///
/// # Errors
/// If there is none, because it has not ended, or if a file is not as it was written.
pub fn read(folder: &Path) -> Result<Summary, CampaignError> {
    let manifest = read_manifest(folder)?;
    let place = shown(folder);
    let refused = |what: String| Err(CampaignError::Refused(format!("{what}; explore again with --resume")));
    let sums = match Sums::read(folder) {
        Ok(Some(sums)) => sums,
        Ok(None) => return refused(format!("the small worlds in {place} are not complete")),
        Err(what) => return refused(format!("{place} is damaged: {what}")),
    };
    if let Some(name) = sums.names().find(|name| !sums.holds(folder, name)) {
        return refused(format!("{place} is damaged: {name} is not what was written"));
    }
    let file = folder.join(SUMMARY);
    let bytes = files::read(&file).map_err(CampaignError::io(&file))?;
    let summary = serde_json::from_slice::<Summary>(&bytes).ok().filter(|summary| {
        let mut files = summary.findings.iter().map(|found| (&found.file, finding(&found.class)));
        let is_listed = |name: &str| sums.names().any(|listed| listed == name);
        summary.worlds == manifest
            && is_listed(SUMMARY)
            && files.all(|(file, name)| file.as_deref() == Some(&name) && is_listed(&name))
    });
    summary.map_or_else(|| refused(format!("{} is damaged", shown(&file))), Ok)
}

fn put(path: &Path, text: &str) -> Result<(), CampaignError> {
    let mut file = WholeFile::beside(path).map_err(CampaignError::io(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.put()).map_err(CampaignError::io(path))
}
