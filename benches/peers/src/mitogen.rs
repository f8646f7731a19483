//! The route monitor's handlers against Mitogen's own code, which `mitogen_handlers.py` runs in a Python process.
//!
//! The process stays for the whole run and is asked for one measurement at a time, so that the turns are turns here, too.

use crate::handlers;
use crate::measure::{self, Measured};
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The script, wherever this is run from.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/mitogen_handlers.py");

/// How many routes are added in a turn.
const ADDED: u32 = 10_000;

/// How many routes are retracted in a turn of Mitogen, and of ours, which would be over too soon.
const RETRACTED: (u32, u32) = (1_000, 100_000);

/// Prints the rows of Mitogen, or why there are none.
pub fn measure() {
    let mut script = match Script::start() {
        Ok(script) => script,
        Err(error) => return println!("Mitogen is skipped: {error}"),
    };
    let ours = || handlers::add_routes(ADDED);
    measure::row("ADD_ROUTE; Mitogen: the handler alone", || script.ask("add_route", ADDED, 0), ours);
    measure::row("ADD_ROUTE; Mitogen: through its router", || script.ask("add_route_routed", ADDED, 0), ours);
    for routes in [1_000, 10_000] {
        let what = format!("DEL_ROUTE at {} routes; Mitogen: the handler alone", routes + 10);
        let theirs = || script.ask("del_route", routes, RETRACTED.0);
        measure::row(&what, theirs, || handlers::del_routes(routes, RETRACTED.1));
    }
    let theirs = |routes| script.ask("lose_child", routes, 0).time;
    measure::growth("loss of a child with", &[1_000, 3_000, 10_000], theirs, handlers::lose_child);
}

/// The Python process.
struct Script {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Script {
    /// Starts the process, and waits until it has loaded Mitogen; what is wrong it says on standard error.
    fn start() -> io::Result<Script> {
        let command = ["-B", SCRIPT, "--serve"];
        let process = Command::new("python3").args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.map_err(|error| io::Error::other(format!("python3 can not be started: {error}")))?;
        let questions = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut script = Script { process, questions, answers };
        match script.line()?.as_str() {
            "ready" => Ok(script),
            _ => Err(io::Error::other("mitogen_handlers.py has no Mitogen to measure")),
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// One measurement.
    ///
    /// # Panics
    /// When the process has failed on the way, which it says itself.
    fn ask(&mut self, operation: &str, routes: u32, retractions: u32) -> Measured {
        writeln!(self.questions, "{operation} {routes} {retractions}").expect("mitogen_handlers.py listens");
        let answer = self.line().expect("mitogen_handlers.py answers");
        let parsed = answer.split_once(' ').and_then(|(operations, ns)| {
            Some(Measured { operations: operations.parse().ok()?, time: Duration::from_nanos(ns.parse().ok()?) })
        });
        parsed.unwrap_or_else(|| panic!("mitogen_handlers.py answered `{answer}`"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // It sits in a read, or has failed; there is nothing to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
