//! `treequake new`: a scenario to start from, made from flags.

mod tree;

use super::exit::Exit;
use super::output;
use super::values::{monitor, tree_shape, whole};
use crate::monitors;
use crate::process::Monitor;
use crate::scenario::diagnostic::Source;
use crate::scenario::link::{KEEPALIVE_PRESETS, LINK_PRESETS};
use crate::scenario::{Example, MAX_CONTEXTS, Role, StepKind, TreeShape, file};
use crate::words::terminal::shown;
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::LazyLock;

#[derive(Args)]
pub struct NewArgs {
    /// The shape of the tree
    #[arg(long, default_value = "fleet", value_parser = tree_shape())]
    shape: TreeShape,
    /// The number of contexts, without the master
    #[arg(long, default_value_t = 20, value_parser = whole(1..=MAX_CONTEXTS))]
    contexts: u64,
    /// The number of children of each context (kary), or of legs at each joint (caterpillar)
    #[arg(long, value_parser = whole(1..=MAX_CONTEXTS))]
    fanout: Option<u64>,
    /// The number of bastions of a fleet; the others are hosts below them, each with a sudo context; default: 2
    #[arg(long, value_parser = whole(1..=MAX_CONTEXTS))]
    bastions: Option<u64>,
    /// The kind of its links
    #[arg(long, default_value = "lan", value_parser = LINK_PRESETS.map(|(name, _)| name))]
    link: String,
    /// When an end gives up on a silent link; default: never
    #[arg(long, value_parser = KEEPALIVE_PRESETS.map(|(name, _)| name))]
    keepalive: Option<String>,
    /// A fault that happens to the tree; can be repeated
    #[arg(long, value_enum)]
    fault: Vec<Fault>,
    /// The monitor that its contexts run
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// The seed of all random draws
    #[arg(long, default_value_t = 1, value_parser = whole(0..=u64::MAX))]
    seed: u64,
    /// The name of the scenario
    #[arg(long, default_value = "new-scenario")]
    name: String,
    /// Write to this new file instead of standard output
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes a scenario to start from. Never overwrites an existing file.
pub fn new(args: &NewArgs) -> Exit {
    let NewArgs { shape, contexts, fanout, bastions, .. } = *args;
    let keys = match tree::keys(tree::Wanted { shape, contexts, fanout, bastions }) {
        Ok(keys) => keys,
        Err(what) => return output::complain(&what),
    };
    let text = format!("{:#}\n", scenario(args, keys));
    // The flags were only checked one by one, so read the result as a scenario file.
    if let Err(file::LoadError::Invalid { source, diagnostics }) =
        file::parse(Source { name: "the new scenario".to_owned(), text: text.clone() }, "new")
    {
        output::remark(&format!("{}\n\n", crate::report::mistakes::draw(&source, &diagnostics, output::error_width())));
        return Exit::Misuse;
    }
    let Some(path) = &args.output else { return output::say(&text) };
    if path.symlink_metadata().is_ok() {
        return output::complain(&format!("{} already exists; name another file", shown(path)));
    }
    match output::write_file(path, &text) {
        Exit::Fine => output::tell(&format!("wrote {0}; run it with: treequake replay {0}\n", shown(path))),
        exit => exit,
    }
}

fn scenario(args: &NewArgs, keys: tree::Keys) -> Value {
    let mut file = json!({
        "version": 1,
        "name": args.name,
        "description": description(args),
        "monitor": args.monitor.unwrap_or_else(monitors::default).name(),
        "seed": args.seed,
        "link": link(args),
        "topology": keys.topology,
        "contexts": &keys.contexts,
        "events": [],
    });
    if let (true, Some(file)) = (keys.contexts.is_empty(), file.as_object_mut()) {
        file.shift_remove("contexts");
    }
    // Each loss gets a context of its own. Everything else happens to context 1, and comes before its loss.
    let mut next_id = 1;
    for fault in &args.fault {
        match fault {
            Fault::Churn => file["churn"] = churn(),
            Fault::Step(kind, example) => {
                let is_loss = kind.role() == Role::Loss;
                let event = event(*kind, example, if is_loss { next_id } else { 1 });
                file["events"].as_array_mut().expect("made above").push(event);
                next_id += u32::from(is_loss);
            }
        }
    }
    file["expect"] = json!({ "verdict": "converged" });
    file
}

/// Says what is in the file and what to change first, because JSON has no comments.
fn description(args: &NewArgs) -> String {
    let faults: Vec<&str> = args.fault.iter().map(|fault| fault.story()).collect();
    let faults = if faults.is_empty() {
        "Nothing happens to it yet: add steps to `events`.".to_owned()
    } else {
        faults.join(" ")
    };
    format!(
        "A tree of shape `{}` with `{}` links. {faults} Context 1 is the first below the master. `topology` sets the \
         size of the tree, `events` what happens and when, and `expect` what the run is checked for. `treequake \
         schema` lists all keys.",
        args.shape.name(),
        args.link
    )
}

fn link(args: &NewArgs) -> Value {
    match &args.keepalive {
        Some(keepalive) => json!({ "like": args.link, "keepalive": keepalive }),
        None => json!(args.link),
    }
}

fn event(kind: StepKind, example: &Example, id: u32) -> Value {
    let mut event = json!({ "at": example.at, "do": kind.step() });
    if let (Value::Object(event), Value::Object(keys)) = (&mut event, (example.keys)(id)) {
        event.extend(keys);
    }
    event["label"] = json!(example.name);
    event
}

fn churn() -> Value {
    json!({ "at": "10s", "for": "30s", "connects": "2/s", "kills": "1/s", "partitions": "1/s", "partition_for": "500ms", "calls": "5/s" })
}

/// What can happen to a new scenario.
#[derive(Clone, Copy)]
pub enum Fault {
    /// A step of a kind that has an example.
    Step(StepKind, &'static Example),
    /// Churn.
    Churn,
}

impl Fault {
    fn story(self) -> &'static str {
        match self {
            Fault::Step(_, example) => example.story,
            Fault::Churn => "Contexts come and go at random, and call each other.",
        }
    }
}

/// All faults: those of the table of steps, then churn.
static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let step = |kind: StepKind| Some(Fault::Step(kind, kind.example()?));
    StepKind::ALL.into_iter().filter_map(step).chain([Fault::Churn]).collect()
});

impl ValueEnum for Fault {
    fn value_variants<'a>() -> &'a [Self] {
        &FAULTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Fault::Step(_, example) => PossibleValue::new(example.name).help(example.help),
            Fault::Churn => PossibleValue::new("churn").help("Contexts come and go at random"),
        })
    }
}
