//! Scenario files: read, checked as a whole before anything runs, and turned into a [`Scenario`].

use super::diagnostic::{Diagnostics, Source};
use super::expectation::{DifferenceKind, Expectation, Expectations, ExpectedDifference, Verdict, WarningKind};
use super::link::LinkOptions;
use super::node::Node;
use super::spec::{self, Object};
use super::{Action, DEFAULT_LATENCY, DEFAULT_MAX_EVENTS, Scenario, Step, Ways};
use crate::protocol::{ContextId, Data, Revision};
use crate::time::{Span, Time};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest file that is read, in bytes: about a million contexts.
pub const MAX_FILE_LEN: u64 = 64 * 1024 * 1024;

/// Why a file could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// It could not be read.
    Io(io::Error),
    /// It is a folder.
    IsFolder,
    /// It is longer than [`MAX_FILE_LEN`].
    TooLong,
    /// It was read, but is no scenario.
    Invalid {
        /// Its text.
        source: Source,
        /// All that is wrong with it.
        diagnostics: Diagnostics,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "there is no such file; check the path")
            }
            LoadError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                write!(f, "permission denied; make the file readable to you")
            }
            LoadError::Io(error) => write!(f, "can not be read: {error}"),
            LoadError::IsFolder => write!(f, "this is a folder; name the files in it, such as FOLDER/*.json"),
            LoadError::TooLong => {
                write!(f, "the file is too long; a scenario has at most {} MiB", MAX_FILE_LEN / 1024 / 1024)
            }
            LoadError::Invalid { .. } => write!(f, "this is not a valid scenario"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A scenario, and what the linter has to say of it.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Its text.
    pub source: Source,
    /// Warnings only.
    pub diagnostics: Diagnostics,
}

/// Reads a scenario file; `-` is standard input.
///
/// # Errors
/// See [`LoadError`].
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let bytes = if path == Path::new("-") { read_all(io::stdin().lock()) } else { read_file(path) }?;
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let stem = if is_stdin { "standard input".into() } else { path.file_stem().unwrap_or_default().to_string_lossy() };
    match String::from_utf8(bytes) {
        Ok(text) => parse(Source { name, text }, &stem),
        Err(error) => Err(not_utf8(name, &error)),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    let file = File::open(path).map_err(LoadError::Io)?;
    let metadata = file.metadata().map_err(LoadError::Io)?;
    if metadata.is_dir() {
        return Err(LoadError::IsFolder);
    }
    if metadata.len() > MAX_FILE_LEN {
        return Err(LoadError::TooLong);
    }
    read_all(file)
}

fn read_all(reader: impl Read) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes).map_err(LoadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_LEN {
        return Err(LoadError::TooLong);
    }
    Ok(bytes)
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> LoadError {
    let place = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let mut diagnostics = Diagnostics::default();
    let help = "save the file as UTF-8".to_owned();
    diagnostics.error(place..place + '\u{fffd}'.len_utf8(), "this is not UTF-8", help);
    LoadError::Invalid { source: Source { name, text }, diagnostics }
}

/// Reads a scenario from its text. `stem` is its name, if the text gives none.
///
/// # Errors
/// [`LoadError::Invalid`], with all mistakes that do not depend on each other.
pub fn parse(source: Source, stem: &str) -> Result<Loaded, LoadError> {
    let mut diagnostics = Diagnostics::default();
    let scenario = read(&source.text, stem, &mut diagnostics);
    match scenario {
        Some(scenario) if !diagnostics.has_errors() => Ok(Loaded { scenario, source, diagnostics }),
        _ => Err(LoadError::Invalid { source, diagnostics }),
    }
}

/// The JSON Schema of scenario files.
pub fn schema() -> Value {
    let mut schema = spec::SCENARIO.schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("treequake scenario, version 1");
    schema
}

fn read(text: &str, stem: &str, found: &mut Diagnostics) -> Option<Scenario> {
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err(error) => {
            not_json(text, &error, found);
            return None;
        }
    };
    let file = spec::decode_object(node, &spec::SCENARIO, found)?;
    check_contexts(&file, found);
    if found.has_errors() {
        return None;
    }
    warn_of_vain_steps(&file, found);
    Some(scenario(&file, stem))
}

fn not_json(text: &str, error: &serde_json::Error, found: &mut Diagnostics) {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    let at = text.floor_char_boundary(at);
    let end = text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8());
    let what = error.to_string();
    let what = match what.split(" at line ").next().unwrap_or_default() {
        "expected ident" | "expected value" => "a word or a sign that JSON does not know stands here",
        what => what,
    };
    let help = if text.trim().is_empty() {
        "the smallest scenario is `{ \"version\": 1 }`"
    } else if text.starts_with('\u{feff}') {
        "the file starts with a byte order mark; save it as UTF-8 without one"
    } else if error.is_eof() {
        "the file ends too early; was it cut off?"
    } else {
        "JSON wants double quotes, a comma between two items and none behind the last; it has no comments"
    };
    found.error(at..end, format!("this is not JSON: {what}"), help.to_owned());
}

fn id(object: &Object, key: &str) -> Option<ContextId> {
    object.integer(key).map(|id| ContextId(u32::try_from(id).expect("checked by the table")))
}

/// The contexts of time 0: each has an id of its own, and a parent that something in the file connects.
fn check_contexts(file: &Object, found: &mut Diagnostics) {
    let mut known = BTreeSet::from([ContextId::MASTER]);
    let born = born(file);
    for context in file.list("contexts") {
        if let Some(parent) = id(context, "parent") {
            let span = context.span_of("parent");
            if !born.contains(&parent) {
                let help = "nothing in this file connects a context with that id; 0 is the master".to_owned();
                found.error(span, format!("unknown parent {parent}"), help);
            } else if !known.contains(&parent) {
                let help = "contexts connect in the order of the file; move the parent up".to_owned();
                found.warning(span, format!("this context will be skipped: its parent {parent} connects later"), help);
            }
        }
        if let Some(id) = id(context, "id")
            && !known.insert(id)
        {
            let help = "an id can be used again once it has died: by a `connect` in `events`".to_owned();
            found.error(context.span_of("id"), format!("the id {id} is defined twice at one time"), help);
        }
    }
}

/// All ids that anything in the file connects, and the master's.
fn born(file: &Object) -> BTreeSet<ContextId> {
    let connects = file.list("events").iter().filter(|step| step.word("do") == Some(0));
    let ids = file.list("contexts").iter().chain(connects).filter_map(|context| id(context, "id"));
    ids.chain([ContextId::MASTER]).collect()
}

/// A step that names an id which nothing in the file ever connects is sure to be skipped.
fn warn_of_vain_steps(file: &Object, found: &mut Diagnostics) {
    let born = born(file);
    for step in file.list("events") {
        let name = spec::STEP_NAMES[step.word("do").unwrap_or_default()];
        let key = match name {
            "connect" => "parent",
            "send" | "call" => "from",
            _ => "id",
        };
        let Some(id) = id(step, key) else { continue };
        let may_be_master = matches!(name, "connect" | "send" | "call");
        if !born.contains(&id) {
            let message = format!("this step will be skipped: nothing connects a context {id}");
            found.warning(step.span_of(key), message, None);
        } else if id == ContextId::MASTER && !may_be_master {
            found.warning(step.span_of(key), "this step will be skipped: the master always exists", None);
        }
    }
}

fn scenario(file: &Object, stem: &str) -> Scenario {
    let latency = latency(file).unwrap_or(DEFAULT_LATENCY);
    let contexts = file.list("contexts").iter().map(|context| connect(context, latency)).collect();
    let events = file.list("events").iter().map(|event| step(event, latency)).collect();
    Scenario {
        name: file.text("name").unwrap_or(stem).to_owned(),
        description: file.text("description").unwrap_or_default().to_owned(),
        revision: file.word("monitor").map_or_else(Revision::default, |place| Revision::ALL[place]),
        seed: file.integer("seed").unwrap_or_default(),
        unidirectional: file.flag("unidirectional").unwrap_or_default(),
        max_events: file.integer("max_events").unwrap_or(DEFAULT_MAX_EVENTS),
        expectations: file.object("expect").map(expectations).unwrap_or_default(),
        ..Scenario::with_steps(contexts, events)
    }
}

fn latency(object: &Object) -> Option<Span> {
    object.object("link").and_then(|link| link.duration("latency"))
}

fn connect(object: &Object, default_latency: Span) -> Action {
    Action::Connect {
        id: id(object, "id").expect("required"),
        parent: id(object, "parent").expect("required"),
        name: object.text("name").map(Into::into),
        link: LinkOptions::constant(latency(object).unwrap_or(default_latency)),
    }
}

fn step(object: &Object, default_latency: Span) -> Step {
    let get = |key| id(object, key).expect("required");
    let action = match spec::STEP_NAMES[object.word("do").expect("required")] {
        "connect" => connect(object, default_latency),
        "kill" => Action::Kill { id: get("id") },
        "disconnect" => Action::Disconnect { id: get("id") },
        "partition" => Action::Partition { id: get("id"), ways: Ways::Both },
        "heal" => Action::Heal { id: get("id") },
        "send" => Action::Send { from: get("from"), to: get("to"), data: Data::default() },
        "call" => Action::Call { from: get("from"), to: get("to"), data: Data::default() },
        other => unreachable!("{other} is not in the table"),
    };
    Step::new(Time::from_ns(object.duration("at").expect("required").as_ns()), action)
}

fn expectations(object: &Object) -> Expectations {
    let own = |revision: Revision| {
        let by_monitor = object.object("by_monitor")?.object(revision.name())?;
        Some((revision, expectation(by_monitor)))
    };
    Expectations { common: expectation(object), by_monitor: Revision::ALL.into_iter().filter_map(own).collect() }
}

fn expectation(object: &Object) -> Expectation {
    let has_differences = object.has("differences");
    let count = |kind: WarningKind| Some((kind, object.object("warnings")?.integer(kind.name())?));
    Expectation {
        verdict: object.word("verdict").map(|place| Verdict::ALL[place]),
        differences: has_differences.then(|| object.list("differences").iter().map(expected_difference).collect()),
        messages_max: object.integer("messages_max"),
        converged_within: object.duration("converged_within"),
        hung_calls: object.integer("hung_calls"),
        warnings: WarningKind::ALL.into_iter().filter_map(count).collect(),
    }
}

fn expected_difference(object: &Object) -> ExpectedDifference {
    ExpectedDifference {
        context: id(object, "context").expect("required"),
        destination: id(object, "destination").expect("required"),
        kind: DifferenceKind::ALL[object.word("kind").expect("required")],
    }
}
