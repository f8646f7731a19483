//! `treequake shrink`: searches for the smallest scenario that fails in the same way.

use super::exit::Exit;
use super::values::{monitor, warning};
use super::{load, output, progress, stop};
use crate::fuzz::capsule::capsule;
use crate::fuzz::examine::{DEFAULT_BUDGET, Examination, Failure, Rules, examine};
use crate::fuzz::shrink::{Progress, Shrunk, shrink as search};
use crate::process::Monitor;
use crate::report;
use crate::run::Runner;
use crate::scenario::Scenario;
use crate::scenario::expectation::WarningKind;
use clap::Args;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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
    #[arg(long, value_name = "FACTOR", default_value_t = DEFAULT_BUDGET,
          value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Shrinks the scenario of a file. The capsule goes to the output, and the story to standard error or, if that is a
/// file, to standard output.
pub fn shrink(args: &ShrinkArgs) -> Exit {
    if let Some(refusal) = args.output.as_deref().and_then(refuse_output) {
        return output::complain(&refusal);
    }
    let mut scenario = match load::load(&args.file) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    scenario.monitor = args.monitor.unwrap_or(scenario.monitor);
    let rules = Rules { denied: args.deny.clone(), budget: args.budget };
    let mut runner = Runner::default();
    let first = match examine(&mut runner, &scenario, &rules) {
        Ok(first) => first,
        Err(error) => return output::complain(&format!("{}: {error}", args.file.display())),
    };
    match first.failure {
        None => nothing(args, &scenario),
        Some(failure) => {
            let is_stopped = stop::by_ctrl_c();
            output::remark(&before(&scenario, &failure));
            let shrunk = watched(&scenario, &failure, &rules, &is_stopped);
            match examine(&mut runner, &shrunk.scenario, &rules) {
                Ok(last) => report(args, &shrunk, &last),
                Err(error) => output::complain(&error.to_string()),
            }
        }
    }
}

/// Why the result cannot be written to its place, if so: the user wants to know before the search.
fn refuse_output(path: &Path) -> Option<String> {
    if output::is_stdout(path) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.exists() {
        Some(format!("{} already exists; name another file", path.display()))
    } else if folder.is_some_and(|folder| !folder.is_dir()) {
        Some(format!("{} cannot be written: there is no such folder; create it first", path.display()))
    } else {
        None
    }
}

fn nothing(args: &ShrinkArgs, scenario: &Scenario) -> Exit {
    let (file, monitor) = (args.file.display(), scenario.monitor);
    output::say(&format!(
        "{file} does not fail under {monitor}: nothing to shrink (--deny makes a warning a failure)\n"
    ))
}

fn before(scenario: &Scenario, failure: &Failure) -> String {
    let (steps, contexts) = (scenario.events.len(), scenario.contexts.len());
    format!(
        "before:  {steps} steps, {contexts} contexts at the start\n         {}\nclass:   {}\n         {}\n",
        failure.sentence,
        failure.class,
        failure.class.sentence()
    )
}

/// Shrinks with a status line, until Ctrl-C.
fn watched(scenario: &Scenario, failure: &Failure, rules: &Rules, is_stopped: &AtomicBool) -> Shrunk {
    let bar = progress::spinner();
    let mut watch = |progress: Progress| {
        bar.set_message(in_words(progress));
        bar.tick();
        if is_stopped.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let shrunk = search(scenario, failure.class, rules, &mut watch);
    bar.finish_and_clear();
    shrunk
}

fn in_words(progress: Progress) -> String {
    let Progress { steps, contexts, tried: _ } = progress;
    format!("steps {} -> {}, contexts {} -> {}", steps.0, steps.1, contexts.0, contexts.1)
}

fn report(args: &ShrinkArgs, shrunk: &Shrunk, last: &Examination) -> Exit {
    let failure = last.failure.as_ref().expect("the shrinker keeps the failure");
    let text = format!("{:#}\n", capsule(&shrunk.scenario, last, None));
    let mut story = format!("shrunk:  {} ({} tried)\n", in_words(shrunk.progress), shrunk.progress.tried);
    story.push_str(if shrunk.is_minimal {
        "minimal: yes, removing any single step or context makes the failure disappear\n"
    } else {
        "minimal: unknown, the search was stopped; this is the best result so far\n"
    });
    shrunk.free.iter().for_each(|sentence| story.push_str(&format!("free:    {sentence}\n")));
    output::remark(&story);
    let exit = match &args.output {
        Some(path) => match output::write_file(path, &text) {
            Exit::Fine => output::say(&report::fuzz::shrunk(&path.display().to_string(), failure)),
            exit => exit,
        },
        None => {
            output::remark(&format!("broke:   {}\n", failure.sentence));
            output::say(&text)
        }
    };
    exit.max(Exit::Finding)
}
