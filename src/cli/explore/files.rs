//! The scenarios of an exploration, as files.

use crate::cli::exit::Exit;
use crate::cli::output;
use crate::explore::{After, Witness, order_words, witness};
use crate::fuzz::capsule::capsule;
use crate::fuzz::examine::Failure;
use crate::fuzz::orders::{Ended, Surveyed, Turn};
use crate::page::explore::Story;
use crate::run::{Choice, Options, Outcome, run};
use crate::scenario::Scenario;
use crate::time::Time;
use crate::words::io_error;
use crate::words::number::percent_of;
use crate::words::terminal::shown;
use std::fs;
use std::path::{Path, PathBuf};

/// What was written, for each ending and loop.
#[derive(Debug, Default)]
pub struct Written {
    pub endings: Vec<Option<String>>,
    pub saved: Vec<Option<String>>,
    pub loops: Vec<Option<String>>,
    /// How the order of each ending was lost, in words.
    pub lost: Vec<Option<String>>,
    /// The same for the page.
    pub stories: Vec<Option<Story>>,
}

/// Makes the folder for the files, or says why it cannot be used. Nothing in it is ever overwritten.
pub fn make_folder(folder: &Path) -> Result<(), String> {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.symlink_metadata().is_ok() {
        return match is_empty() {
            true => Ok(()),
            false => Err(format!("{} already exists and is no empty folder; name another one", shown(folder))),
        };
    }
    fs::create_dir_all(folder).map_err(|error| format!("{} cannot be made: {}", shown(folder), io_error(&error)))
}

/// Writes a scenario for each ending and each loop into the folder, if there is one.
pub fn write(
    folder: Option<&Path>,
    path: &Path,
    scenario: &Scenario,
    from: Option<Time>,
    found: &Surveyed,
) -> Result<Written, Exit> {
    let stem = stem_of(path);
    let place = |name: String| folder.map(|folder| free(folder, &stem, &name, "json"));
    let mut written = Written::default();
    for (number, ended) in (1..).zip(&found.endings) {
        let file = ended.witness.as_ref().zip(place(format!("ending-{number}")));
        let file =
            file.map(|(witness, file)| write_one(&file, witness, (ended.outcome.as_ref(), ended.failures.first())));
        written.endings.push(file.transpose()?);
        let story = story(scenario, from, ended)?;
        written.lost.push(story.as_ref().map(sentence));
        written.stories.push(story);
        let saved =
            ended.turn.as_ref().and_then(|turn| turn.saved.as_ref()).zip(place(format!("ending-{number}-saved")));
        let saved = saved.map(|(order, file)| {
            let witness =
                witness(scenario, from, order, After::Never).map_err(|error| output::complain(&error.to_string()))?;
            write_one(&file, &witness, (None, None))
        });
        written.saved.push(saved.transpose()?);
    }
    for (number, looping) in (1..).zip(&found.loops) {
        let file = looping.witness.as_ref().zip(place(format!("loop-{number}")));
        written.loops.push(file.map(|(witness, file)| write_one(&file, witness, (None, None))).transpose()?);
    }
    Ok(written)
}

/// The name of a scenario's files.
pub fn stem_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|stem| stem != "-").unwrap_or_else(|| "scenario".to_owned())
}

/// A place in the folder where nothing is.
pub fn free(folder: &Path, stem: &str, name: &str, extension: &str) -> PathBuf {
    let plain = folder.join(format!("{stem}-{name}.{extension}"));
    let numbered = (2..).map(|number| folder.join(format!("{stem}-{number}-{name}.{extension}")));
    let mut places = std::iter::once(plain).chain(numbered);
    places.find(|place| place.symlink_metadata().is_err()).expect("one of them is free")
}

/// Writes a witness. If it was judged already, `known` is what it came to, and how it fails.
fn write_one(
    file: &Path,
    witness: &Witness,
    (known, failure): (Option<&Outcome>, Option<&Failure>),
) -> Result<String, Exit> {
    let ran = match known {
        Some(_) => None,
        None => Some(run(&witness.scenario, Options::default()).map_err(|error| output::complain(&error.to_string()))?),
    };
    let outcome = known.or(ran.as_ref()).expect("it is one of the two");
    let text = format!("{:#}\n", capsule(&witness.scenario, outcome, failure, None));
    match output::write_file(file, &text) {
        Exit::Fine => Ok(file.display().to_string()),
        exit => Err(exit),
    }
}

/// How an order was lost, in words; `None` if it passes, or if that is not known.
fn story(scenario: &Scenario, from: Option<Time>, ended: &Ended) -> Result<Option<Story>, Exit> {
    let Some((turn, witness)) = ended.turn.as_ref().zip(ended.witness.as_ref()) else { return Ok(None) };
    let words =
        |order: &[Choice]| order_words(scenario, from, order).map_err(|error| output::complain(&error.to_string()));
    let Turn { failing, lost_at, saved, .. } = turn;
    Ok(Some(Story {
        order: words(&witness.order)?,
        failing: failing.clone(),
        lost_at: *lost_at,
        saved: words(saved.as_deref().unwrap_or_default())?,
    }))
}

/// The same in a sentence.
fn sentence(story: &Story) -> String {
    let Some(place) = story.lost_at else { return "every order fails from the start".to_owned() };
    let mut text = format!("at choice {} of {}: {}", place + 1, story.order.len(), story.order[place]);
    text.push_str(&format!("; before it, {} of the orders from there fail", percent_of(story.failing[place])));
    if let Some(saved) = story.saved.get(place) {
        text.push_str(&format!("; saved by: {saved}"));
    }
    text
}
