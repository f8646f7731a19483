//! Programs as rows of the registry: what `--protocol` and `mitogen:DIR` mean.

use super::exchange::{Limits, end_all};
use super::family::{ProgramFamily, is_name};
use super::host::Host;
use super::log::listening;
use super::tape::Player;
use crate::monitors;
use crate::process::Monitor;
use crate::protocol;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

/// The program that runs the real Mitogen of a folder.
const MITOGEN: &str = include_str!("../../protocols/mitogen.py");

/// What stands before the folder of a Mitogen.
const MITOGEN_PREFIX: &str = "mitogen:";

/// What stands before the path of a recording.
const RECORDED_PREFIX: &str = "recorded:";

/// The programs, in the order in which they were added.
static PROGRAMS: RwLock<Vec<&'static Program>> = RwLock::new(Vec::new());

/// Where the embedded program was written to, once it is needed.
static SCRIPT: Mutex<Option<tempfile::TempPath>> = Mutex::new(None);

/// Where answers come from.
#[derive(Debug)]
enum Source {
    /// A command that starts the program.
    Command(Vec<String>),
    /// A recording of the program.
    Recording(Player),
}

impl Source {
    fn start(&self, shown: &str, limits: &Limits) -> Result<Host, String> {
        match self {
            Source::Command(command) => Host::start(command, shown, limits),
            Source::Recording(player) => Host::recorded(player.clone(), shown),
        }
    }
}

/// A program that is a protocol.
#[derive(Debug)]
pub struct Program {
    source: Source,
    /// The command, as the user wrote it.
    shown: String,
    limits: Limits,
    monitor: Monitor,
    family: &'static ProgramFamily,
    /// Copies that run, and host no run at the moment.
    idle: Mutex<Vec<Host>>,
}

impl Program {
    /// What it says about itself to people.
    pub fn family(&self) -> &'static ProgramFamily {
        self.family
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.monitor.name()
    }

    /// A copy of it that hosts no run.
    pub fn host(&self) -> Result<Host, String> {
        if let Some(log) = listening() {
            let mut host = self.source.start(&self.shown, &self.limits)?;
            host.log = Some(log);
            return Ok(host);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.source.start(&self.shown, &self.limits), Ok)
    }

    /// A copy is no longer needed.
    pub fn give_back(&self, host: Host) {
        if host.failure().is_none() && host.log.is_none() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(host);
        }
    }
}

/// The program of a monitor, if it is one.
pub(super) fn of(monitor: Monitor) -> Option<&'static Program> {
    let all = PROGRAMS.read().unwrap_or_else(PoisonError::into_inner);
    all.iter().copied().find(|program| program.monitor == monitor)
}

/// Whether a monitor is a program.
pub fn is_program(monitor: Monitor) -> bool {
    of(monitor).is_some()
}

/// The programs that were added, in that order. Where the user names no monitor, the first one runs.
pub fn chosen() -> Vec<Monitor> {
    PROGRAMS.read().unwrap_or_else(PoisonError::into_inner).iter().map(|program| program.monitor).collect()
}

/// Ends all copies, and whatever they have started. For the end of treequake.
pub fn close_all() {
    for program in PROGRAMS.read().unwrap_or_else(PoisonError::into_inner).iter() {
        program.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    end_all();
    SCRIPT.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Adds the program that `text` means: `mitogen:DIR`, `recorded:FILE`, `NAME=COMMAND` or `COMMAND`. It is started once, to hear what it says
/// about itself. The same text means the same program again.
///
/// # Errors
/// If it cannot be used; with what to do.
pub fn add(text: &str, limits: Limits) -> Result<Monitor, String> {
    let (name, shown, source) = match (text.strip_prefix(MITOGEN_PREFIX), text.strip_prefix(RECORDED_PREFIX)) {
        (Some(folder), _) => (Some(text.to_owned()), text.to_owned(), Source::Command(mitogen(folder)?)),
        (None, Some(path)) => (None, text.to_owned(), Source::Recording(Player::open(Path::new(path))?)),
        (None, None) => {
            let (name, shown) = named(text)?;
            let command = shlex::split(shown).filter(|command| !command.is_empty());
            let command = command.ok_or_else(|| match shown.trim() {
                "" => "--protocol names no command; write --protocol 'COMMAND'".to_owned(),
                _ => format!("`{shown}` is no command: its quotes must match"),
            })?;
            (name.map(str::to_owned), shown.to_owned(), Source::Command(command))
        }
    };
    {
        let all = PROGRAMS.read().unwrap_or_else(PoisonError::into_inner);
        let same =
            |program: &&&Program| program.shown == shown && name.as_deref().is_none_or(|name| name == program.name());
        if let Some(program) = all.iter().find(same) {
            return Ok(program.monitor);
        }
    }
    let host = source.start(&shown, &limits)?;
    let name = match (name, &host.hello().name) {
        (Some(name), _) => name,
        (None, Some(name)) if is_name(name) => name.clone(),
        (None, Some(name)) => {
            return Err(format!(
                "the protocol program `{shown}` calls itself `{name}`; a name must be letters, digits, `.`, `-` and `_`"
            ));
        }
        (None, None) => "program".to_owned(),
    };
    if let Some(taken) = monitors::named(&name) {
        let mend = "give it another name: --protocol NAME='COMMAND'";
        return Err(format!("the protocol program `{shown}` is called `{name}`, as {}; {mend}", taken.about()));
    }
    let (family, monitor) = ProgramFamily::new(&name, &shown, host.hello())
        .map_err(|why| format!("the first line of the protocol program `{shown}` cannot be used: {why}"))?;
    let program: &'static Program =
        Box::leak(Box::new(Program { source, shown, limits, monitor, family, idle: Mutex::new(vec![host]) }));
    PROGRAMS.write().unwrap_or_else(PoisonError::into_inner).push(program);
    protocol::register_run(program);
    Ok(monitor)
}

/// The name before the first `=`, if it is one, and the command behind it.
fn named(text: &str) -> Result<(Option<&str>, &str), String> {
    match text.split_once('=') {
        Some((name, command)) if is_name(name) && !command.trim().is_empty() => Ok((Some(name), command)),
        Some((name, _)) if is_name(name) => Err(format!("`{text}` names no command; write {name}='COMMAND'")),
        _ => Ok((None, text)),
    }
}

/// The command that runs the Mitogen of a folder.
fn mitogen(folder: &str) -> Result<Vec<String>, String> {
    if !Path::new(folder).join("mitogen").join("core.py").is_file() {
        return Err(format!(
            "{MITOGEN_PREFIX}{folder}: the folder has no mitogen/core.py; name the folder that holds the `mitogen` package"
        ));
    }
    let script = script().map_err(|error| format!("the program for mitogen:DIR cannot be written: {error}"))?;
    let python = std::env::var("TREEQUAKE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Ok(vec![python, script.display().to_string(), folder.to_owned()])
}

/// The path of the embedded program, which is written when it is needed first.
fn script() -> std::io::Result<PathBuf> {
    let mut script = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = script.as_ref() {
        return Ok(path.to_path_buf());
    }
    let file = tempfile::Builder::new().prefix("treequake-mitogen-").suffix(".py").tempfile()?;
    fs::write(file.path(), MITOGEN)?;
    let path = script.insert(file.into_temp_path());
    Ok(path.to_path_buf())
}
