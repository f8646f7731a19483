//! Programs as rows of the registry: what `--protocol` and `mitogen:DIR` mean.

use super::exchange::Limits;
use super::family::ProgramFamily;
use super::host::Host;
use super::log::listening;
use super::running::RUNNING;
use super::tape::Player;
use crate::monitors::{self, OF_FOLDER, is_name};
use crate::process::Monitor;
use crate::protocol;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

/// The program that runs the real Mitogen of a folder.
const MITOGEN: &str = include_str!("../../../../protocols/mitogen.py");

/// What stands before the path of a recording.
const RECORDED_PREFIX: &str = "recorded:";

/// The programs, in the order in which they were added.
static PROGRAMS: RwLock<Vec<&'static Program>> = RwLock::new(Vec::new());

/// What every program that is added from now on is allowed; `None` for the defaults.
static LIMITS: Mutex<Option<Limits>> = Mutex::new(None);

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

/// Ends the copies that host no run. The next run has a new copy.
pub fn close_idle() {
    for program in PROGRAMS.read().unwrap_or_else(PoisonError::into_inner).iter() {
        program.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Ends all copies, and whatever they have started. For the end of treequake.
pub fn close_all() {
    // First, so that nobody starts a copy in place of one that was waiting here.
    RUNNING.end_all();
    close_idle();
    SCRIPT.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Sets what every program that is added from now on is allowed, wherever its name comes from.
pub fn limit(limits: Limits) {
    *LIMITS.lock().unwrap_or_else(PoisonError::into_inner) = Some(limits);
}

/// Adds the program that `text` means: `mitogen:DIR`, `recorded:FILE` or a command, each with `NAME=` before it or not. It is
/// started once, to hear what it says about itself. The same text means the same program again. It is held to the limits of
/// [`limit`].
///
/// # Errors
/// If it cannot be used; with what to do.
pub fn add(text: &str) -> Result<Monitor, String> {
    let limits = LIMITS.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default();
    let (name, shown) = named(text)?;
    {
        let all = PROGRAMS.read().unwrap_or_else(PoisonError::into_inner);
        let same = |program: &&&Program| program.shown == shown && name.is_none_or(|name| name == program.name());
        if let Some(program) = all.iter().find(same) {
            return Ok(program.monitor);
        }
    }
    if let Some(folder) = shown.strip_prefix(OF_FOLDER) {
        return register(name.unwrap_or(shown), shown, Source::Command(mitogen(folder)?), limits);
    }
    if let Some(path) = shown.strip_prefix(RECORDED_PREFIX) {
        return recorded(name, shown, Path::new(path), limits);
    }
    let command = shlex::split(shown).filter(|command| !command.is_empty());
    let command = command.ok_or_else(|| match shown.trim() {
        "" => "--protocol names no command; write --protocol 'COMMAND'".to_owned(),
        _ => format!("`{shown}` is no command: its quotes must match"),
    })?;
    let source = Source::Command(command);
    if let Some(name) = name {
        return register(name, shown, source, limits);
    }
    let host = source.start(shown, &limits)?;
    match host.hello().name.clone() {
        Some(name) if is_name(&name) => register_running(&name, shown, source, limits, host),
        Some(name) => Err(format!(
            "the protocol program `{shown}` calls itself `{name}`; a name must be letters, digits, `.`, `-` and `_`"
        )),
        None => register_running("program", shown, source, limits, host),
    }
}

/// Adds the programs of a recording, each under the name that it had then, or the only one under a name of the user's.
/// Returns the first.
fn recorded(name: Option<&str>, shown: &str, path: &Path, limits: Limits) -> Result<Monitor, String> {
    let players = Player::open(path)?;
    if let (Some(name), true) = (name, players.len() > 1) {
        let names: Vec<&str> = players.iter().map(Player::name).collect();
        let what = format!("{shown} is of {} programs: {}", names.len(), names.join(", "));
        return Err(format!("{what}; they keep their names, so leave out `{name}=`"));
    }
    let mut first = None;
    for player in players {
        let then = player.name().to_owned();
        let is_folder = then.starts_with(OF_FOLDER) && !then.chars().any(char::is_control);
        if name.is_none() && !is_name(&then) && !is_folder {
            return Err(format!("{shown} is damaged: `{}` is no name of a program", then.escape_debug()));
        }
        let monitor = register(name.unwrap_or(&then), shown, Source::Recording(player), limits)?;
        first.get_or_insert(monitor);
    }
    first.ok_or_else(|| format!("{shown} has no run"))
}

fn register(name: &str, shown: &str, source: Source, limits: Limits) -> Result<Monitor, String> {
    let host = source.start(shown, &limits)?;
    register_running(name, shown, source, limits, host)
}

/// Adds a program, of which a copy runs already.
fn register_running(name: &str, shown: &str, source: Source, limits: Limits, host: Host) -> Result<Monitor, String> {
    if let Some(taken) = monitors::named(name) {
        let mend = format!("give it another name: --protocol NAME='{shown}'");
        return Err(format!("the protocol program `{shown}` is called `{name}`, as {}; {mend}", taken.about()));
    }
    // What the user can leave the name out of.
    let names_itself = match &source {
        Source::Command(_) => name == shown,
        Source::Recording(player) => name == player.name(),
    };
    let option = if names_itself { shown.to_owned() } else { format!("{name}={shown}") };
    let (family, monitor) = ProgramFamily::new(name, shown, option, host.hello())
        .map_err(|why| format!("the first line of the protocol program `{shown}` cannot be used: {why}"))?;
    let (shown, idle) = (shown.to_owned(), Mutex::new(vec![host]));
    let program: &'static Program = Box::leak(Box::new(Program { source, shown, limits, monitor, family, idle }));
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
            "{OF_FOLDER}{folder}: the folder has no mitogen/core.py; name the folder that holds the `mitogen` package"
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
    if RUNNING.is_over() {
        return Err(std::io::Error::other("treequake is ending"));
    }
    let file = tempfile::Builder::new().prefix("treequake-mitogen-").suffix(".py").tempfile()?;
    fs::write(file.path(), MITOGEN)?;
    let path = script.insert(file.into_temp_path());
    Ok(path.to_path_buf())
}
