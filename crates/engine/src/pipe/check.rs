//! Holds a program against the specification: asks it the golden transcripts of `protocols/golden`, and says what it gets
//! wrong. The format is in the README there.

use super::answer::Answer;
use super::family::SNAPSHOT;
use super::host::Host;
use super::log::Exchange;
use super::piped::Piped;
use super::program::{self, Program};
use super::request::misfit;
use crate::process::{ContextId, Effects, Feature, Monitor, Names, StreamId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The transcripts, by name. One that repeats another comes after it.
const GOLDEN: [(&str, &str); 14] = [
    ("start", include_str!("../../../../protocols/golden/start.jsonl")),
    ("births", include_str!("../../../../protocols/golden/births.jsonl")),
    ("traffic", include_str!("../../../../protocols/golden/traffic.jsonl")),
    ("losses", include_str!("../../../../protocols/golden/losses.jsonl")),
    ("orphans", include_str!("../../../../protocols/golden/orphans.jsonl")),
    ("names", include_str!("../../../../protocols/golden/names.jsonl")),
    ("numbers", include_str!("../../../../protocols/golden/numbers.jsonl")),
    ("crowd", include_str!("../../../../protocols/golden/crowd.jsonl")),
    ("forgets", include_str!("../../../../protocols/golden/forgets.jsonl")),
    ("unknown-fields", include_str!("../../../../protocols/golden/unknown-fields.jsonl")),
    ("shutdown", include_str!("../../../../protocols/golden/shutdown.jsonl")),
    ("detach", include_str!("../../../../protocols/golden/detach.jsonl")),
    ("unidirectional", include_str!("../../../../protocols/golden/unidirectional.jsonl")),
    ("snapshot", include_str!("../../../../protocols/golden/snapshot.jsonl")),
];

/// How a program did on one transcript.
#[derive(Debug)]
pub struct Checked {
    /// The transcript.
    pub name: &'static str,
    /// What it is for.
    pub about: String,
    /// The part of the language that it needs and the program does not have, so that it was left out.
    pub lacks: Option<String>,
    /// How many requests were asked.
    pub asked: usize,
    /// What is wrong, if anything: the transcript ends there.
    pub wrong: Option<String>,
    /// What a useful program would do.
    pub advice: Vec<String>,
}

/// Asks a program all transcripts. The monitor must be a program.
///
/// # Errors
/// If it cannot be started.
pub fn check(monitor: Monitor) -> Result<Vec<Checked>, String> {
    let program = program::of(monitor).ok_or_else(|| format!("{monitor} is no program"))?;
    let mut answers: BTreeMap<&str, Vec<Said>> = BTreeMap::new();
    let mut host = Some(Box::new(program.host()?));
    let mut all = Vec::new();
    for (name, text) in GOLDEN {
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("the transcripts are JSON")).collect();
        let (head, lines) = lines.split_first().expect("a transcript has a head");
        let mut checked = Checked {
            name,
            about: head["about"].as_str().unwrap_or_default().to_owned(),
            lacks: None,
            asked: 0,
            wrong: None,
            advice: Vec::new(),
        };
        let needs = head["needs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        checked.lacks = needs.filter(|need| !has(program, need)).map(str::to_owned).next();
        if checked.lacks.is_none() {
            let fresh = match host.take() {
                Some(host) => host,
                None => Box::new(program.host()?),
            };
            let mut talk = Talk::new(program, fresh);
            checked.wrong = talk.all(lines).err();
            if let (None, Some(other)) = (&checked.wrong, head["same_as"].as_str()) {
                let others = answers.get(other).map_or(&[][..], Vec::as_slice);
                checked.wrong = talk.compare(&format!("in `{other}`"), others).err();
            }
            checked.asked = talk.answers.len();
            checked.advice = talk.advice;
            answers.insert(name, talk.answers);
            host = Some(talk.host).filter(|host| host.failure().is_none());
        }
        all.push(checked);
    }
    Ok(all)
}

fn has(program: &Program, need: &str) -> bool {
    let feature = match need {
        "shutdown" => Feature::Shutdown,
        "detach" => Feature::Detach,
        SNAPSHOT => return program.family().has_snapshots(),
        _ => Feature::Unidirectional,
    };
    crate::process::Family::knows(program.family(), feature)
}

/// A state of a transcript, to go back to.
struct SavedTalk {
    /// The program's state.
    state: Box<str>,
    processes: BTreeMap<u32, Piped>,
    lived: BTreeSet<u32>,
    /// How many lines and answers there were, up to the `snapshot`.
    lines: usize,
    answers: usize,
}

/// One transcript, being asked.
struct Talk {
    program: &'static Program,
    host: Box<Host>,
    names: Names,
    processes: BTreeMap<u32, Piped>,
    /// What `keep` kept: the handles of calls.
    kept: BTreeMap<String, u32>,
    /// What it kept of a `snapshot`, if it did.
    saved: Option<SavedTalk>,
    answers: Vec<Said>,
    advice: Vec<String>,
}

/// An answer, and how it came.
#[derive(Clone)]
struct Said {
    answer: Answer,
    exchange: Exchange,
}

impl Said {
    /// Whether another answer means the same.
    fn is_like(&self, other: &Said) -> bool {
        let (one, other) = (&self.answer, &other.answer);
        one.effects == other.effects && one.handle == other.handle && one.refused == other.refused
    }
}

impl Talk {
    fn new(program: &'static Program, host: Box<Host>) -> Self {
        Talk {
            program,
            host,
            names: Names::default(),
            processes: BTreeMap::new(),
            kept: BTreeMap::new(),
            saved: None,
            answers: Vec::new(),
            advice: Vec::new(),
        }
    }

    fn all(&mut self, lines: &[Value]) -> Result<(), String> {
        for (n, line) in lines.iter().enumerate() {
            if line["repeat"] == json!(true) {
                let first = std::mem::take(&mut self.answers);
                lines[..n].iter().try_for_each(|line| self.line(line))?;
                self.compare("the first time", &first)?;
            } else if line["back"] == json!(true) {
                self.go_back(&lines[..n])?;
            } else {
                self.line(line)?;
            }
            if line["ask"]["do"] == json!("snapshot") {
                self.save(n + 1);
            }
        }
        Ok(())
    }

    /// Keeps what is needed to come back to this line.
    fn save(&mut self, lines: usize) {
        let state = self.answers.last().and_then(|said| said.answer.state.clone()).unwrap_or_default();
        let (processes, lived, answers) = (self.processes.clone(), self.host.lived.clone(), self.answers.len());
        self.saved = Some(SavedTalk { state, processes, lived, lines, answers });
    }

    /// Goes back to the `snapshot`, and asks everything from there on again.
    fn go_back(&mut self, lines: &[Value]) -> Result<(), String> {
        let saved = self.saved.take().expect("the transcript has a `snapshot` before");
        let first = self.answers[saved.answers..].to_vec();
        self.ask(&json!({"do": "restore", "state": saved.state}))?;
        (self.processes, self.host.lived) = (saved.processes, saved.lived);
        lines[saved.lines..].iter().filter(|line| line["ask"].is_object()).try_for_each(|line| self.line(line))?;
        self.compare("after the `snapshot`", &first)
    }

    /// The last answers must equal those that were given to the same requests before.
    fn compare(&mut self, when: &str, before: &[Said]) -> Result<(), String> {
        let skipped = self.answers.len().saturating_sub(before.len());
        let mut pairs = before.iter().zip(&self.answers[skipped..]);
        let Some((before, now)) = pairs.find(|(before, now)| !before.is_like(now)) else { return Ok(()) };
        let both = before.exchange.beside(when, &now.exchange, "now");
        Err(self.host.keep(format!("the same request has another answer than {when}\n{both}")).into())
    }

    fn line(&mut self, line: &Value) -> Result<(), String> {
        let Some(ask) = self.filled_in(&line["ask"]) else { return Ok(()) };
        let (answer, mut effects) = self.ask(&ask)?;
        let delivered: Vec<Value> = effects
            .iter()
            .filter(|effect| effect["deliver"]["reply_to"].as_u64().is_some_and(|to| to != 0 && to != 999))
            .map(|effect| effect["deliver"].clone())
            .collect();
        for message in delivered {
            let process = ask["process"].as_u64().unwrap_or(0);
            let id = self.processes.get(&(process as u32)).map_or(0, |process| process.id().0);
            let mut message = message;
            for (field, value) in [("src", json!(id)), ("auth", json!(id)), ("handle", json!(900))] {
                if message[field].is_null() {
                    message[field] = value;
                }
            }
            let reply = json!({"do": "reply", "t": ask["t"], "process": process, "message": message});
            effects.extend(self.ask(&reply)?.1);
        }
        if let (Some(name), Some(handle)) = (line["keep"].as_str(), answer) {
            self.kept.insert(name.to_owned(), handle);
        }
        if let Err(why) = self.holds(&line["must"], &effects) {
            return Err(self.host.fail(&why).into());
        }
        if let Err(why) = self.holds(&line["should"], &effects)
            && !self.advice.iter().any(|said| said.starts_with(line["should"]["why"].as_str().unwrap_or("-")))
        {
            self.advice.push(why);
        }
        Ok(())
    }

    /// A request with the handles that were kept; `None` if one was not, or if the process has ended or lost the stream.
    fn filled_in(&self, ask: &Value) -> Option<Value> {
        let mut ask = ask.clone();
        fill_in(&mut ask, &self.kept)?;
        if ["start", "snapshot"].iter().any(|whole| ask["do"] == json!(whole)) {
            return Some(ask);
        }
        let process = self.processes.get(&(ask["process"].as_u64()? as u32))?;
        let is_lost = match (ask["do"].as_str()?, ask["stream"].as_u64()) {
            ("message" | "disconnect", Some(stream)) => process.stream(stream as u32).is_err(),
            _ => false,
        };
        (!is_lost).then_some(ask)
    }

    /// Asks, and holds the answer against the specification. Returns the handle of a call, and the effects as they came.
    fn ask(&mut self, ask: &Value) -> Result<(Option<u32>, Vec<Value>), String> {
        let what = ask["do"].as_str().unwrap_or_default();
        let number = ask["process"].as_u64().unwrap_or(0) as u32;
        match what {
            "start" => {
                self.processes = BTreeMap::from([(0, Piped::new(self.program, 0, ContextId::MASTER, None))]);
                self.host.lived.clear();
                self.host.lived.insert(0);
            }
            "connect" => {
                let (stream, id) = (ask["stream"].as_u64().unwrap_or(0) as u32, ask["id"].as_u64().unwrap_or(0) as u32);
                self.host.lived.insert(id);
                let parent = self.processes.get_mut(&number).expect("it was looked up");
                parent.add_child(StreamId(stream), ContextId(id));
                let parent = parent.id();
                self.processes.insert(stream, Piped::new(self.program, stream, ContextId(id), Some(parent)));
            }
            _ => {}
        }
        let mut answer = self.host.ask_line(ask).map_err(String::from)?;
        let raw: Value = serde_json::from_slice(self.host.answered()).unwrap_or_default();
        let effects: Vec<Value> = raw["effects"].as_array().cloned().unwrap_or_default();
        let process = self.processes.get_mut(&number).expect("it was looked up");
        let handle = answer.handle;
        let refused = answer.refused;
        let copy = answer.clone();
        let exchange = Exchange::new(self.host.asked(), self.host.answered());
        let mut queue = Effects::default();
        let lost = (what == "disconnect").then(|| StreamId(ask["stream"].as_u64().unwrap_or(0) as u32));
        let done = match misfit(what, &answer) {
            Some(why) => Err(why),
            None => process
                .carry_out(&mut answer, what == "call", &self.host, &self.names, &mut queue)
                .and_then(|()| lost.map_or(Ok(()), |stream| process.lose(stream, &answer))),
        };
        if let Err(why) = done {
            return Err(self.host.fail(&why).into());
        }
        if answer.has_ended || lost == Some(StreamId::PARENT) && !answer.lives {
            self.processes.remove(&number);
        }
        self.answers.push(Said { answer: copy, exchange });
        let is_refused = refused.is_some();
        let mut effects = effects;
        if is_refused {
            effects.push(json!({"refused": true}));
        }
        Ok((handle, effects))
    }

    fn holds(&self, holds: &Value, effects: &[Value]) -> Result<(), String> {
        if holds.is_null() {
            return Ok(());
        }
        let is_refused = effects.iter().any(|effect| effect["refused"] == json!(true));
        let count = effects.len() as u64 - u64::from(is_refused);
        let why = holds["why"].as_str().unwrap_or("it does not hold");
        let patterns = |key: &str| holds[key].as_array().cloned().unwrap_or_default();
        let fill = |mut pattern: Value| fill_in(&mut pattern, &self.kept).map(|()| pattern);
        let found = |pattern: &Value| effects.iter().any(|effect| matches(pattern, effect));
        let wrong = if holds["effects"].as_u64().is_some_and(|expected| expected != count) {
            Some(format!("{} effects were expected, and there are {count}", holds["effects"]))
        } else if holds["refused"].as_bool().is_some_and(|expected| expected != is_refused) {
            Some(if is_refused { "it must not be refused" } else { "it must be refused" }.to_owned())
        } else if let Some(lacking) = patterns("has").into_iter().filter_map(fill).find(|pattern| !found(pattern)) {
            Some(format!("no effect is {lacking}"))
        } else {
            patterns("lacks")
                .into_iter()
                .filter_map(fill)
                .find(found)
                .map(|there| format!("there must be no effect {there}"))
        };
        wrong.map_or(Ok(()), |wrong| Err(format!("{why}: {wrong}")))
    }
}

/// Puts kept handles in the place of their names; `None` if there is none for a name.
fn fill_in(value: &mut Value, kept: &BTreeMap<String, u32>) -> Option<()> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix('$') {
                *value = json!(kept.get(name)?);
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_in(item, kept))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|item| fill_in(item, kept))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Some(())
}

/// Whether a value has all that a pattern has.
fn matches(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => {
            pattern.iter().all(|(key, pattern)| value.get(key).is_some_and(|value| matches(pattern, value)))
        }
        _ => pattern == value,
    }
}
