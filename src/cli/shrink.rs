//! `treequake shrink`: searches for the smallest scenario that fails in the same way.

use super::exit::Exit;
use super::progress::{Line, Mode, ProgressArgs};
use super::values::{monitor, parse_time, warning, whole};
use super::{load, output, stop};
use crate::fuzz::capsule::capsule;
use crate::fuzz::class::Class;
use crate::fuzz::examine::{DEFAULT_BUDGET, Examination, Rules, examine};
use crate::fuzz::shrink::{Progress, Shrunk, shrink as search};
use crate::process::Monitor;
use crate::report;
use crate::run::Runner;
use crate::scenario::expectation::WarningKind;
use crate::scenario::{Action, Scenario};
use crate::time::Span;
use crate::words::terminal::shown;
use crate::words::{counted, grouped};
use clap::Args;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct ShrinkArgs {
    /// Write to this new file instead of standard output
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Run the scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Count this warning as a failure: duplicate-signal, duplicate-del or logged-error; can be repeated
    #[arg(long, value_name = "WARNING", value_parser = warning(), hide_possible_values = true)]
    deny: Vec<WarningKind>,
    /// Count a step as a failure if it takes more ADD_ROUTE and DEL_ROUTE messages than FACTOR times the number of
    /// contexts and route entries
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_BUDGET, value_parser = whole(1..=u64::MAX))]
    budget: u64,
    /// Keep this class of failures; default: that of the file's `origin`, or the most serious
    #[arg(long, value_name = "CLASS", value_parser = parse_class)]
    class: Option<Class>,
    /// Stop after this long, such as 20s, and keep the best result so far
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    time: Option<Span>,
    #[command(flatten)]
    progress: ProgressArgs,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

fn parse_class(name: &str) -> Result<Class, String> {
    name.parse::<Class>().map_err(|error| error.to_string())
}

/// Shrinks the scenario of a file. The capsule goes to the output, and the story to standard error or, if that is a
/// file, to standard output.
pub fn shrink(args: &ShrinkArgs) -> Exit {
    if let Some(refusal) = args.output.as_deref().and_then(refuse_output) {
        return output::complain(&refusal);
    }
    let mut end = End::new(args.time);
    let scenario = match load::load(&args.file, args.monitor) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    let rules = Rules { denied: args.deny.clone(), budget: args.budget, cuts: false };
    let mut runner = Runner::default();
    let first = match examine(&mut runner, &scenario, &rules) {
        Ok(first) => first,
        Err(error) => return output::complain(&format!("{}: {error}", shown(&args.file))),
    };
    let class = match choose(args, &scenario, &first) {
        Ok(Some(class)) => class,
        Ok(None) => return nothing(args, &scenario),
        Err(what) => return output::complain(&what),
    };
    end.is_stopped = stop::by_ctrl_c();
    output::note(&before(&scenario, &first, class));
    let shrunk = watched(&scenario, class, &rules, &end, args.progress.progress);
    match examine(&mut runner, &shrunk.scenario, &rules) {
        Ok(last) => report(args, &shrunk, &last, class, &end),
        Err(error) => output::complain(&error.to_string()),
    }
}

/// The class to keep; `None` if the scenario does not fail.
fn choose(args: &ShrinkArgs, scenario: &Scenario, first: &Examination) -> Result<Option<Class>, String> {
    if let Some(class) = args.class {
        return match first.of_class(class) {
            Some(_) => Ok(Some(class)),
            None => {
                let names: Vec<String> = first.failures.iter().map(|failure| failure.class.to_string()).collect();
                let found = if names.is_empty() { "no class".to_owned() } else { names.join(", ") };
                let file = shown(&args.file);
                Err(format!("{file} does not show {class}, but {found}; --deny makes a warning a failure"))
            }
        };
    }
    let origin = scenario.origin.as_ref().and_then(|origin| origin.class.as_ref()?.parse::<Class>().ok());
    let known = origin.filter(|class| first.of_class(*class).is_some());
    Ok(known.or(first.failures.first().map(|failure| failure.class)))
}

/// Why the result cannot be written to its place, if so: the user wants to know before the search.
fn refuse_output(path: &Path) -> Option<String> {
    if output::is_stdout(path) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.symlink_metadata().is_ok() {
        Some(format!("{} already exists; name another file", shown(path)))
    } else if folder.is_some_and(|folder| !folder.is_dir()) {
        Some(format!("{} cannot be written: there is no such folder; create it first", shown(path)))
    } else {
        output::refusal(path)
    }
}

fn nothing(args: &ShrinkArgs, scenario: &Scenario) -> Exit {
    let (file, monitor) = (shown(&args.file), scenario.monitor);
    output::tell(&format!(
        "{file} does not fail under {monitor}: nothing to shrink (--deny makes a warning a failure)\n"
    ))
}

fn before(scenario: &Scenario, first: &Examination, class: Class) -> String {
    let failure = first.of_class(class).expect("it was chosen among them");
    let mut text = format!(
        "before:  {}\nclass:   {class}\n         {}\n         {}\n",
        size(scenario.events.len(), connects(scenario)),
        class.sentence(),
        failure.sentence,
    );
    let others = first.failures.iter().map(|failure| failure.class).filter(|other| *other != class);
    others.for_each(|other| text.push_str(&format!("also:    {other}\n")));
    text
}

/// All contexts of a scenario: those at the start, and those that connect later.
fn connects(scenario: &Scenario) -> usize {
    let later = scenario.events.iter().filter(|step| matches!(step.action, Action::Connect(_)));
    scenario.contexts.len() + later.count()
}

fn size(steps: usize, contexts: usize) -> String {
    format!("{}, {}", counted(steps as u64, "step", "steps"), counted(contexts as u64, "context", "contexts"))
}

/// What ends the search early: Ctrl-C, or the time.
struct End {
    /// Set by Ctrl-C; a second one ends the program at once.
    is_stopped: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl End {
    /// Counts the time from now on.
    fn new(time: Option<Span>) -> Self {
        let deadline = time.and_then(|time| Instant::now().checked_add(Duration::from_nanos(time.as_ns())));
        End { is_stopped: Arc::default(), deadline }
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Why a search that proved nothing ended.
    fn reason(&self) -> &'static str {
        match (self.is_stopped(), self.is_late()) {
            (true, _) => "the search was stopped",
            (false, true) => "the time is over",
            (false, false) => "the search has reached its limit",
        }
    }
}

/// Shrinks with a status line.
fn watched(scenario: &Scenario, class: Class, rules: &Rules, end: &End, mode: Mode) -> Shrunk {
    let line = Line::new(mode);
    let mut watch = |progress: Progress| {
        line.show(|_| format!("{}, {} tried", in_words(progress), grouped(progress.tried)));
        if end.is_stopped() || end.is_late() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let shrunk = search(scenario, class, rules, &mut watch);
    line.clear();
    shrunk
}

fn in_words(progress: Progress) -> String {
    let Progress { steps, contexts, tried: _ } = progress;
    format!("steps {} -> {}, contexts {} -> {}", steps.0, steps.1, contexts.0, contexts.1)
}

/// What the search came to.
fn after(shrunk: &Shrunk, end: &End) -> String {
    let Progress { steps, contexts, tried } = shrunk.progress;
    let as_before = if steps.0 == steps.1 && contexts.0 == contexts.1 { ", as before" } else { "" };
    let tried = counted(tried, "other scenario was tried", "other scenarios were tried");
    let mut story = format!("after:   {}{as_before}; {tried}\n", size(steps.1, contexts.1));
    if shrunk.is_minimal {
        story.push_str("minimal: yes, removing any single step or context makes the failure disappear\n");
    } else {
        story.push_str(&format!("minimal: unknown, {}; this is the best result so far\n", end.reason()));
    }
    shrunk.free.iter().for_each(|sentence| story.push_str(&format!("free:    {sentence}\n")));
    story
}

fn report(args: &ShrinkArgs, shrunk: &Shrunk, last: &Examination, class: Class, end: &End) -> Exit {
    let failure = last.of_class(class).expect("the shrinker keeps the class");
    let text = format!("{:#}\n", capsule(&shrunk.scenario, &last.outcome, Some(failure), None));
    output::note(&after(shrunk, end));
    let exit = match &args.output {
        Some(path) => match output::write_file(path, &text) {
            Exit::Fine => output::tell(&report::fuzz::shrunk(&path.display().to_string(), failure)),
            exit => exit,
        },
        None => {
            output::note(&format!(
                "kept:    {}\nreplay:  write it to a file with --out FILE, and run that with treequake replay\n",
                failure.sentence
            ));
            output::say(&text)
        }
    };
    exit.max(Exit::Finding)
}
