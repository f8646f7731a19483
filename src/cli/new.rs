//! `treequake new`: a scenario to start from, made from flags.

use super::{Exit, NewArgs, output};
use crate::monitors;
use crate::scenario::diagnostic::Source;
use crate::scenario::{Example, Role, StepKind, TreeShape, file};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Writes a starting scenario, and never over a file that is there.
pub fn new(args: &NewArgs) -> Exit {
    let text = format!("{:#}\n", scenario(args));
    // What we write must be what we read; the flags were checked by their values only.
    if let Err(file::LoadError::Invalid { source, diagnostics }) =
        file::parse(Source { name: "the new scenario".to_owned(), text: text.clone() }, "new")
    {
        output::remark(&format!("{}\n\n", crate::report::mistakes::draw(&source, &diagnostics)));
        return Exit::Misuse;
    }
    let Some(path) = &args.output else { return output::say(&text) };
    if path.exists() {
        return output::complain(&format!("{} is there already; name another file", path.display()));
    }
    match output::write_file(path, &text) {
        Exit::Fine => output::say(&format!("wrote {0}; run it with: treequake replay {0}\n", path.display())),
        exit => exit,
    }
}

fn scenario(args: &NewArgs) -> Value {
    let mut file = json!({
        "version": 1,
        "name": args.name,
        "description": description(args),
        "monitor": args.monitor.unwrap_or_else(monitors::default).name(),
        "seed": args.seed,
        "link": link(args),
        "topology": topology(args),
        "events": [],
    });
    // What takes a branch away gets a context of its own; all else is done to context 1, and comes before that.
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

/// What is in the file and what to change first; JSON has no comments.
fn description(args: &NewArgs) -> String {
    let faults: Vec<&str> = args.fault.iter().map(|fault| fault.story()).collect();
    let faults = if faults.is_empty() {
        "Nothing happens to it yet: add steps to `events`.".to_owned()
    } else {
        faults.join(" ")
    };
    format!(
        "A {} over `{}` links. {faults} Context 1 is the first below the master. `contexts` in `topology` is the size, \
         `events` is what happens and when, `expect` is what the run is tested for; `treequake schema` lists all keys.",
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

fn topology(args: &NewArgs) -> Value {
    let mut topology = json!({ "shape": args.shape.name() });
    if args.shape == TreeShape::Fleet {
        topology["levels"] = json!([
            { "name": "bastion", "count": 2 },
            { "name": "host", "count": args.contexts.div_ceil(4).max(1) },
            { "name": "sudo", "count": 1, "link": "local-pipe" },
        ]);
        return topology;
    }
    topology["contexts"] = json!(args.contexts);
    if let Some(fanout) = args.fanout.filter(|_| args.shape.size_keys().contains(&"fanout")) {
        topology["fanout"] = json!(fanout);
    }
    topology
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
