//! What the pipe to a protocol program costs, beside a bare echo: the same bytes, from the same process, with nothing in
//! between.
//!
//! The conversation is recorded once, with `protocols/distance_vector.py`. From then on this program, called again, plays
//! its side: it reads a line, and writes the recorded answer. So what it takes to think of an answer is not measured.
//! One turn asks for all answers through treequake, the engine included, and then writes the same lines to the same
//! program bare.

use crate::table::{Figures, Goal, Table};
use crate::workloads::{self, Measured, TALK, call, kill};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, iter};
use treequake::pipe;
use treequake::process::Monitor;
use treequake::run::{Check, Options, Runner};
use treequake::scenario::Scenario;
use treequake::time::Time;

/// The argument before the recording whose answers this process gives.
const ARGUMENT: &str = "--answers-of";

const PYTHON: &str = "python3";

/// How many runs of each kind a turn has. The fastest counts.
const RUNS: usize = 5;

/// Whether this process was one that answers. Then its input has ended.
pub fn is_done() -> bool {
    let recording = env::args().skip_while(|argument| argument != ARGUMENT).nth(1);
    recording.map(|recording| answer(&Conversation::read(Path::new(&recording))).expect("it is asked")).is_some()
}

/// The lines of a recorded run, each with its newline: the first line of the program, then requests and answers.
struct Conversation {
    hello: Vec<u8>,
    lines: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Conversation {
    fn read(recording: &Path) -> Conversation {
        let text = fs::read(recording).expect("it was recorded");
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').skip(1).map(<[u8]>::to_vec);
        let hello = lines.next().expect("a recording has the first line of the program");
        let lines = iter::from_fn(|| Some((lines.next()?, lines.next()?))).collect();
        Conversation { hello, lines }
    }

    fn requests(&self) -> u64 {
        self.lines.len() as u64
    }
}

/// Answers what comes from standard input, until that ends. A run is answered as the recorded one, with its own numbers.
fn answer(conversation: &Conversation) -> io::Result<()> {
    let number = |line: &[u8]| line.iter().position(|byte| *byte == b',').expect("a request has a number");
    let (mut input, mut output) = (BufReader::new(io::stdin().lock()), io::stdout().lock());
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    let mut next = 0;
    while input.read_until(b'\n', &mut asked)? > 0 {
        answered.clear();
        if asked.starts_with(b"{\"treequake\"") {
            answered.extend_from_slice(&conversation.hello);
        } else {
            let head = number(&asked);
            if asked[head..].starts_with(b",\"do\":\"start\"") {
                next = 0;
            }
            let (_, line) = &conversation.lines[next];
            answered.extend_from_slice(&asked[..head]);
            answered.extend_from_slice(&line[line.iter().position(|byte| *byte == b',').unwrap_or(line.len() - 2)..]);
            next += 1;
        }
        output.write_all(&answered)?;
        output.flush()?;
        asked.clear();
    }
    Ok(())
}

/// A 4-ary tree connects, its contexts call each other, and a branch dies.
fn scenario(monitor: Monitor) -> Scenario {
    const CONTEXTS: u32 = 80;
    let calls = (1..=CONTEXTS).map(|from| call(TALK, from, (from * 7) % CONTEXTS));
    let end = Time::from_ns(TALK.as_ns() * 2);
    Scenario {
        monitor,
        contexts: workloads::join(CONTEXTS, 4).contexts,
        ..workloads::scenario(Vec::new(), calls.chain([kill(end, 1)]).collect())
    }
}

/// The run of a scenario whose program answers `requests` times. The program runs already.
fn through_treequake(scenario: &Scenario, requests: u64) -> Measured {
    let mut runner = Runner::default();
    Measured::once(|| {
        runner.run(scenario, Options { check: Check::AtEnd, ..Options::default() }).expect("it runs");
        requests
    })
}

/// Whatever else the machine does costs two processes that wait for each other more than it costs one.
fn fastest(runs: Vec<Measured>) -> Measured {
    runs.into_iter().min_by_key(|run| run.time).expect("there are some")
}

/// The same lines, to the same program, and back.
fn bare(conversation: &Conversation, recording: &Path) -> Measured {
    let mut start = Command::new(env::current_exe().expect("this program has a path"));
    start.arg(ARGUMENT).arg(recording).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = start.spawn().expect("it starts again");
    let (mut input, mut output) = (program.stdin.take().expect("a pipe"), program.stdout.take().expect("a pipe"));
    let mut buffer = vec![0; 64 * 1024];
    let mut echo = |asked: &[u8]| {
        input.write_all(asked).expect("it reads");
        while output.read(&mut buffer).is_ok_and(|read| !buffer[..read].ends_with(b"\n")) {}
    };
    echo(b"{\"treequake\":1}\n");
    let measured = Measured::once(|| {
        conversation.lines.iter().for_each(|(asked, _)| echo(asked));
        conversation.requests()
    });
    drop(input);
    program.wait().expect("it ends with its input");
    measured
}

/// Records the conversation that is played from then on.
fn record(to: &Path) -> Result<Conversation, String> {
    pipe::record(to).expect("a folder for what is temporary");
    let monitor = pipe::add(&in_python("distance_vector.py --split-horizon"))?;
    through_treequake(&scenario(monitor), 1);
    pipe::close_all();
    pipe::finish_recording().expect("the recording can be written");
    Ok(Conversation::read(to))
}

fn in_python(program: &str) -> String {
    format!("{PYTHON} {}/protocols/{program}", env!("CARGO_MANIFEST_DIR"))
}

/// The rows.
pub fn rows(table: &Table) {
    const RATIO: &str = "pipe: time of a request over that of a bare echo";
    if !table.wants(RATIO) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for what is temporary");
    let recording = folder.path().join("conversation");
    let conversation = match record(&recording) {
        Ok(conversation) => conversation,
        Err(why) => return println!("\n{RATIO:54} not measured: {why}"),
    };
    let program = env::current_exe().expect("this program has a path");
    let command = [program.display().to_string(), ARGUMENT.to_owned(), recording.display().to_string()];
    let command = shlex::try_join(command.iter().map(String::as_str)).expect("paths have no zero bytes");
    let monitor = pipe::add(&format!("player={command}")).expect("this program answers");
    let player = scenario(monitor);
    let requests = conversation.requests();
    through_treequake(&player, requests);
    let turns = table.turns(|| {
        let runs = (0..RUNS).map(|_| (bare(&conversation, &recording), through_treequake(&player, requests)));
        let (echoes, runs): (Vec<Measured>, Vec<Measured>) = runs.unzip();
        (fastest(echoes), fastest(runs))
    });

    let bytes: usize = conversation.lines.iter().map(|(asked, answered)| asked.len() + answered.len()).sum();
    table.heading(&format!("A program over a pipe, {requests} requests, {} bytes each", bytes as u64 / requests));
    let ratios = turns.iter().map(|(echo, pipe)| echo.rate() / pipe.rate());
    table.row(RATIO, &Figures::new(ratios), Some(Goal { floor: 2.0, goal: 1.5 }));
    let thousands = |work: &Measured| work.rate() / 1e3;
    table.row(
        "pipe: thousand requests a second, bare echo",
        &Figures::new(turns.iter().map(|(echo, _)| thousands(echo))),
        None,
    );
    table.row("pipe: the same through treequake", &Figures::new(turns.iter().map(|(_, pipe)| thousands(pipe))), None);
    let program = pipe::add(&in_python("distance_vector.py --split-horizon")).expect("it was recorded");
    let python = scenario(program);
    let turns = table.turns(|| thousands(&through_treequake(&python, requests)));
    table.row("pipe: the same, of distance_vector.py", &Figures::new(turns), None);
    pipe::close_all();
}
