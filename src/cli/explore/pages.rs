//! The page of an exploration, and the run pages that it links to.

use super::files::{Written, free, stem_of};
use crate::cli::exit::Exit;
use crate::cli::{load, output};
use crate::page::explore::{Beside, html};
use crate::page::html::{link, run_page};
use crate::page::run::{self, About};
use crate::report::explore::Explored;
use std::fs;
use std::path::{Path, PathBuf};

/// At most this many scenarios get a run page: those of the first endings that fail, and of the orders that pass in their place.
const RUN_PAGES_MAX: usize = 20;

/// How many moments of a run its page has at most. Only a storm has more, and it is the same again and again.
const MOMENTS_MAX: usize = 1 << 13;

/// Writes the page of an exploration beside its scenarios, with run pages of what fails.
pub fn write(folder: &Path, path: &Path, explored: &Explored<'_>, written: &Written) -> Result<PathBuf, Exit> {
    let mut beside = Beside { stories: &written.stories, ..Beside::default() };
    for (scenario, broke) in worth_a_page(explored).into_iter().take(RUN_PAGES_MAX) {
        let page = folder.join(run_page(&name_of(scenario)));
        // Nothing is ever overwritten.
        if page.symlink_metadata().is_ok() {
            continue;
        }
        let text = run_of(scenario, broke)?;
        match output::write_file(&page, &text) {
            Exit::Fine => beside.run_pages.push(run_page(&name_of(scenario))),
            exit => return Err(exit),
        }
        beside.alone.add(link(&run_page(&name_of(scenario))), &text);
    }
    for scenario in explored.endings.iter().chain(explored.saved).chain(explored.loops).flatten() {
        if let Ok(text) = fs::read_to_string(scenario) {
            beside.alone.add(link(&name_of(scenario)), &text);
        }
    }
    let file = free(folder, &stem_of(path), "orders", "html");
    match output::write_file(&file, html(explored, &beside)) {
        Exit::Fine => Ok(file),
        exit => Err(exit),
    }
}

/// The scenarios that get run pages, each with what broke.
fn worth_a_page<'e>(explored: &Explored<'e>) -> Vec<(&'e str, Option<&'e str>)> {
    let mut all = Vec::new();
    for (place, ended) in explored.found.endings.iter().enumerate().filter(|(_, ended)| ended.fails()) {
        let broke = ended.failures.first().map(|failure| failure.sentence.as_str());
        all.extend(explored.endings[place].as_deref().map(|file| (file, broke)));
        all.extend(explored.saved[place].as_deref().map(|file| (file, None)));
    }
    all.extend(explored.loops.iter().flatten().map(|file| (file.as_str(), None)));
    all
}

/// The run page of a scenario.
fn run_of(scenario: &str, broke: Option<&str>) -> Result<String, Exit> {
    let path = Path::new(scenario);
    let loaded = load::load_under(path, None)?;
    let recording = load::record_first(MOMENTS_MAX, &loaded, path)?;
    Ok(run::page(&recording, About { path: scenario, broke, ..About::default() }))
}

fn name_of(path: &str) -> String {
    Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
