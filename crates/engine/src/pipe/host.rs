//! A running copy of a program, which hosts the processes of one run after another.

use super::answer::{self, Answer};
use super::exchange::{Limits, Line, Pipes, Silence};
use super::log::{Log, shown};
use super::request::{self, Ask, Request};
use super::tape::{self, Player};
use crate::words::io_error;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::PoisonError;

/// A running copy of a program.
#[derive(Debug)]
pub struct Host {
    command: String,
    pipes: Line,
    hello: answer::Hello,
    n: u64,
    /// The last request, and the answer to it.
    asked: Vec<u8>,
    answered: Vec<u8>,
    failure: Option<Box<str>>,
    /// The processes that have ended since the last request.
    ended: Vec<u32>,
    /// The ids that have lived in this run.
    pub lived: BTreeSet<u32>,
    /// The lines of this run; `None` unless conversations are recorded.
    tape: Option<Vec<u8>>,
    /// The program's first line.
    first: Vec<u8>,
    /// Who listens to the conversation.
    pub log: Option<Log>,
    /// The names of children that have connected and are not born yet, by process.
    pub newborn: BTreeMap<u32, String>,
}

/// A state of a run that was saved: the program's, and what is known of it here.
#[derive(Debug)]
pub struct Position {
    state: Box<str>,
    lived: BTreeSet<u32>,
    newborn: BTreeMap<u32, String>,
}

impl Host {
    /// Starts the program, and exchanges the first lines with it.
    pub fn start(command: &[String], shown: &str, limits: &Limits) -> Result<Host, String> {
        let pipes = Pipes::start(command, limits).map_err(|error| {
            let mend = "it must be a program that can be started, with its arguments";
            format!("the protocol program `{shown}` cannot be started: {}; {mend}", in_words(&error))
        })?;
        Host::on(Line::Program(Box::new(pipes)), shown)
    }

    /// A recording that stands for a program.
    pub fn recorded(player: Player, shown: &str) -> Result<Host, String> {
        Host::on(Line::Recording(player), shown)
    }

    fn on(pipes: Line, shown: &str) -> Result<Host, String> {
        let mut host = Host {
            command: shown.to_owned(),
            pipes,
            hello: answer::Hello::default(),
            n: 0,
            asked: Vec::new(),
            answered: Vec::new(),
            failure: None,
            ended: Vec::new(),
            lived: BTreeSet::new(),
            newborn: BTreeMap::new(),
            tape: tape::is_on().then(Vec::new),
            first: Vec::new(),
            log: None,
        };
        let hello = request::Hello { treequake: request::VERSION, version: env!("CARGO_PKG_VERSION") };
        serde_json::to_writer(&mut host.asked, &hello).expect("a line can be written to memory");
        host.exchange()?;
        let hello: answer::Hello =
            answer::read(&host.answered).map_err(|why| host.explain(&format!("its first line is wrong: {why}")))?;
        if hello.protocol != u64::from(request::VERSION) {
            let why = format!("it speaks version {} of the specification", hello.protocol);
            return Err(host.explain(&format!("{why}; this treequake speaks version {}", request::VERSION)));
        }
        host.hello = hello;
        host.first.clone_from(&host.answered);
        Ok(host)
    }

    /// What the program says about itself.
    pub fn hello(&self) -> &answer::Hello {
        &self.hello
    }

    /// Why the program cannot be asked any more, if so.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// A new run begins.
    pub fn begin(&mut self, seed: u64, unidirectional: bool, monitor: &str) {
        self.flush_tape();
        self.ended.clear();
        self.newborn.clear();
        self.lived.clear();
        self.lived.insert(0);
        let answer = self.ask(Ask::Start { r#do: "start", seed, unidirectional, monitor });
        if let Some(why) = answer.ok().and_then(|answer| request::misfit("start", &answer)) {
            self.fail(&why);
        }
    }

    /// Writes the run that is over to the recording, if there is one.
    fn flush_tape(&mut self) {
        if let Some(tape) = self.tape.as_mut().filter(|tape| !tape.is_empty()) {
            tape::write(&self.first, tape);
            tape.clear();
        }
    }

    /// Saves the state of all processes of the run.
    pub fn save(&mut self) -> Result<Position, Box<str>> {
        let answer = self.ask(Ask::Snapshot { r#do: "snapshot" })?;
        if let Some(why) = request::misfit("snapshot", &answer) {
            return Err(self.fail(&why));
        }
        let state = answer.state.unwrap_or_default();
        Ok(Position { state, lived: self.lived.clone(), newborn: self.newborn.clone() })
    }

    /// Goes back to a state that was saved in this run.
    pub fn restore(&mut self, to: &Position) -> Result<(), Box<str>> {
        self.ended.clear();
        self.lived.clone_from(&to.lived);
        self.newborn.clone_from(&to.newborn);
        let answer = self.ask(Ask::Restore { r#do: "restore", state: &to.state })?;
        request::misfit("restore", &answer).map_or(Ok(()), |why| Err(self.fail(&why)))
    }

    /// A process has ended.
    pub fn bury(&mut self, process: u32) {
        self.ended.push(process);
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, ask: Ask<'_>) -> Result<Answer, Box<str>> {
        self.n += 1;
        self.asked.clear();
        let request = Request { n: self.n, ask, ended: &self.ended };
        serde_json::to_writer(&mut self.asked, &request).expect("a line can be written to memory");
        self.ended.clear();
        self.answer()
    }

    /// Asks what a JSON object says, to which the number is added.
    pub fn ask_line(&mut self, ask: &Value) -> Result<Answer, Box<str>> {
        self.n += 1;
        self.asked.clear();
        let mut request = serde_json::Map::from_iter([("n".to_owned(), Value::from(self.n))]);
        request.extend(ask.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        serde_json::to_writer(&mut self.asked, &request).expect("a line can be written to memory");
        self.answer()
    }

    /// The last request, as it went.
    pub fn asked(&self) -> &[u8] {
        &self.asked
    }

    /// The last answer, as it came.
    pub fn answered(&self) -> &[u8] {
        &self.answered
    }

    fn answer(&mut self) -> Result<Answer, Box<str>> {
        if let Some(why) = &self.failure {
            return Err(why.clone());
        }
        if let Err(why) = self.exchange() {
            return Err(self.keep(why));
        }
        let read: Result<Answer, String> = answer::read(&self.answered);
        match read {
            Ok(answer) if answer.n == self.n => Ok(answer),
            Ok(answer) => {
                let why =
                    format!("the answer has the number {}, and must have that of its request, {}", answer.n, self.n);
                Err(self.fail(&why))
            }
            Err(why) => Err(self.fail(&format!("the answer cannot be used: {why}"))),
        }
    }

    /// The program has done something wrong in its last answer. Returns the whole error.
    pub fn fail(&mut self, why: &str) -> Box<str> {
        let why = self.explain(why);
        self.keep(why)
    }

    /// The program has done something wrong that its last answer does not show. Returns the error as it is.
    pub fn keep(&mut self, why: String) -> Box<str> {
        let why: Box<str> = why.into();
        self.failure.get_or_insert_with(|| why.clone());
        self.pipes.end();
        why
    }

    fn exchange(&mut self) -> Result<(), String> {
        if let Some(unasked) = self.pipes.unasked() {
            let what = "it has written more than one line for a request";
            return Err(self.explain(&format!("{what}: `{unasked}`")));
        }
        self.asked.push(b'\n');
        self.answered.clear();
        let (pipes, asked) = (&mut self.pipes, &self.asked);
        let silence = match pipes.write(asked) {
            Ok(()) => match pipes.read(&mut self.answered) {
                Ok(()) => {
                    if let Some(log) = &self.log {
                        log.lock().unwrap_or_else(PoisonError::into_inner).push(asked, &self.answered);
                    }
                    if let Some(tape) = self.tape.as_mut().filter(|_| self.n > 0) {
                        tape.extend_from_slice(asked);
                        tape.extend_from_slice(&self.answered);
                        tape.push(b'\n');
                    }
                    return Ok(());
                }
                Err(silence) => silence,
            },
            Err(silence) => silence,
        };
        let why = match silence {
            Silence::Late => match self.pipes.unasked() {
                Some(part) => format!("it has written `{part}`, but no newline: a line must end with one"),
                None => "it does not answer in time: it must write one line, and flush its output; --protocol-timeout \
                         gives it longer"
                    .to_owned(),
            },
            Silence::Ended { unfinished } => {
                let ending = self.pipes.ending().unwrap_or_else(|| "it has closed its output".to_owned());
                match unfinished {
                    0 => format!("it has ended without an answer ({ending})"),
                    _ => format!("it has ended in the middle of a line ({ending})"),
                }
            }
            Silence::Unrecorded => {
                "the recording has no answer to this request: it was made of another scenario, or by another \
                                    version of treequake"
                    .to_owned()
            }
            Silence::TooLong => "its line is longer than 16 MiB".to_owned(),
            Silence::Io(error) => format!("the pipe to it broke: {}", in_words(&error)),
        };
        Err(self.explain(&why))
    }

    /// An error, with the last exchange and what the program wrote to its standard error.
    fn explain(&mut self, why: &str) -> String {
        let mut text = format!("the protocol program `{}`: {why}", self.command);
        let _ = write!(text, "\n  request: {}", shown(&self.asked));
        if !self.answered.is_empty() {
            let _ = write!(text, "\n  answer:  {}", shown(&self.answered));
        }
        let Some(words) = self.pipes.last_words() else { return text };
        if words.is_empty() {
            text.push_str("\n  it wrote nothing to its standard error");
        } else {
            text.push_str("\n  the end of its standard error:");
            words.iter().for_each(|line| {
                let _ = write!(text, "\n    {line}");
            });
        }
        text
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.flush_tape();
    }
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such program".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it is not allowed to be run".to_owned(),
        _ => io_error(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Event;
    use super::*;

    /// The host of the distance-vector program, at the begin of a run; `None` where there is no Python.
    fn host() -> Option<Host> {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocols/distance_vector.py");
        let mut host = Host::start(&["python3".to_owned(), program.to_owned()], "it", &Limits::default()).ok()?;
        host.begin(1, false, "it");
        Some(host)
    }

    /// The master calls context 1; the handle of the call.
    fn call(host: &mut Host) -> Option<u32> {
        let event = Event::Call { to: 1, bytes: 0, reply_bytes: 0 };
        host.ask(Ask::Of { t: 5, process: 0, event }).unwrap().handle
    }

    /// Proves that a run goes on from where it was saved, as often as it is restored, and also in another copy of the
    /// program: the next call has the handle that it had the first time.
    #[test]
    fn a_run_goes_back_to_where_it_was_saved() {
        let (Some(mut host), Some(mut other)) = (host(), host()) else { return };
        let connect = Event::Connect { stream: 1, id: 1, name: "ctx.1" };
        host.ask(Ask::Of { t: 1, process: 0, event: connect }).unwrap();
        host.lived.insert(1);
        let first = call(&mut host);
        let saved = host.save().unwrap();
        let next = call(&mut host);
        host.lived.insert(2);
        host.bury(1);
        assert_ne!(first, next);
        for _ in 0..2 {
            host.restore(&saved).unwrap();
            assert_eq!((call(&mut host), host.lived.contains(&2), host.failure()), (next, false, None));
        }
        other.restore(&saved).unwrap();
        assert_eq!((call(&mut other), other.lived.contains(&1)), (next, true));
    }
}
