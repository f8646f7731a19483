//! `--protocol`: programs that run as protocols.

use super::exit::Exit;
use super::output;
use super::stop::parse_timeout;
use crate::pipe::{self, Limits};
use crate::words::{counted, shell_word};
use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// The options of every command. [`start`] reads them before anything else, so that other options can name the programs.
#[derive(Args)]
pub struct ProtocolArgs {
    /// Run this program in every context, instead of a monitor: a command, NAME='COMMAND', or mitogen:DIR for the Mitogen
    /// in a source folder, or recorded:FILE. docs/protocols.md says how to write one. It can be repeated; then NAME stands for a
    /// monitor, and the first one runs where none is named
    #[arg(long, global = true, value_name = "COMMAND", help_heading = "Protocols of your own")]
    protocol: Vec<String>,
    /// Record what is said with the programs into this file. `--protocol recorded:FILE` then shows the same runs without them
    #[arg(long, global = true, value_name = "FILE", help_heading = "Protocols of your own", hide_short_help = true)]
    protocol_record: Option<String>,
    /// How long a program may take for an answer [default: 10s]
    #[arg(long, global = true, value_name = "TIME", help_heading = "Protocols of your own", hide_short_help = true)]
    protocol_timeout: Option<String>,
    /// How much memory a program may have, in MiB; Linux only [default: no limit]
    #[arg(long, global = true, value_name = "MIB", help_heading = "Protocols of your own", hide_short_help = true)]
    protocol_memory: Option<String>,
}

const PROTOCOL: &str = "--protocol";
const RECORD: &str = "--protocol-record";
const TIMEOUT: &str = "--protocol-timeout";
const MEMORY: &str = "--protocol-memory";

/// The options of these names in a command line, with their values.
fn given(arguments: impl Iterator<Item = OsString>) -> Vec<(&'static str, String)> {
    let mut arguments =
        arguments.map(|argument| argument.to_string_lossy().into_owned()).take_while(|argument| argument != "--");
    let mut given = Vec::new();
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        if let Some(option) = [PROTOCOL, RECORD, TIMEOUT, MEMORY].into_iter().find(|option| *option == name) {
            given.extend(value.or_else(|| arguments.next()).map(|value| (option, value)));
        }
    }
    given
}

/// The limits of the programs, as the command line of this process gives them: options for another command line.
pub fn limits() -> Vec<String> {
    let given = given(std::env::args_os().skip(1)).into_iter();
    let limits = given.filter(|(option, _)| [TIMEOUT, MEMORY].contains(option));
    limits.map(|(option, value)| format!("{option} {}", shell_word(&value))).collect()
}

/// Starts the programs that `--protocol` names, so that their names are known when the command line is parsed. All programs
/// of the command are held to its limits.
///
/// # Errors
/// If one cannot be used.
pub fn start(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let (mut programs, mut limits, mut record) = (Vec::new(), Limits::default(), None);
    for (option, value) in given(arguments) {
        match option {
            PROTOCOL => programs.push(value),
            RECORD => record = Some(value),
            TIMEOUT => {
                let span = parse_timeout(&value).map_err(|why| format!("{TIMEOUT} {value}: {why}"))?;
                limits.answer_within = Duration::from_nanos(span.as_ns());
            }
            _ => {
                let mib = value.parse::<u64>().ok().filter(|mib| *mib > 0).and_then(|mib| mib.checked_mul(1 << 20));
                let wrong = || format!("{MEMORY} {value}: it must be a number of MiB, such as 512");
                limits.memory = Some(mib.ok_or_else(wrong)?);
            }
        }
    }
    if let Some(path) = record {
        pipe::record(Path::new(&path)).map_err(|error| format!("{RECORD} {path} cannot be written: {error}"))?;
    }
    // Other arguments name programs too: `--monitor mitogen:DIR`, and that of `protocol check`.
    pipe::limit(limits);
    programs.iter().try_for_each(|program| pipe::add(program).map(|_| ()))
}

#[derive(Subcommand)]
pub enum ProtocolCommand {
    /// Hold a program against the specification, and say what it gets wrong.
    Check(CheckArgs),
}

#[derive(Args)]
pub struct CheckArgs {
    /// The program, as for --protocol
    #[arg(value_name = "COMMAND")]
    program: String,
}

/// Runs a subcommand.
pub fn protocol(command: &ProtocolCommand) -> Exit {
    let ProtocolCommand::Check(args) = command;
    let checked = pipe::add(&args.program).and_then(pipe::check);
    let checked = match checked {
        Ok(checked) => checked,
        Err(why) => return output::complain(&why),
    };
    let (mut text, mut wrong) = (String::new(), 0);
    for transcript in &checked {
        let line = match (&transcript.lacks, &transcript.wrong) {
            (Some(lacks), _) => format!("skip  {}: the program has no `{lacks}`\n", transcript.name),
            (None, None) => {
                format!("ok    {} ({})\n", transcript.name, counted(transcript.asked as u64, "request", "requests"))
            }
            (None, Some(why)) => {
                wrong += 1;
                format!("FAIL  {}: {}\n{why}\n\n", transcript.name, transcript.about)
            }
        };
        text.push_str(&line);
        transcript.advice.iter().for_each(|advice| text.push_str(&format!("      advice: {advice}\n")));
    }
    text.push_str(&match wrong {
        0 => "\nok: the program keeps to the specification, as far as the transcripts show\n".to_owned(),
        _ => format!("\nFAIL: {} of {} transcripts\n", wrong, checked.len()),
    });
    output::tell(&text).max(if wrong == 0 { Exit::Fine } else { Exit::Finding })
}
