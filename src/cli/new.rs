//! `treequake new`: a scenario to start from, made from flags.

use super::{Exit, Fault, NewArgs, output};
use crate::monitors;
use crate::scenario::diagnostic::Source;
use crate::scenario::file;
use serde_json::{Value, json};

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
    let mut next_id = 1;
    for fault in &args.fault {
        if *fault == Fault::Churn {
            file["churn"] = churn();
            continue;
        }
        file["events"].as_array_mut().expect("made above").push(event(*fault, next_id));
        next_id += u32::from(matches!(fault, Fault::Crash | Fault::Shutdown | Fault::Detach));
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
        args.shape, args.link
    )
}

fn link(args: &NewArgs) -> Value {
    match &args.keepalive {
        Some(keepalive) => json!({ "like": args.link, "keepalive": keepalive }),
        None => json!(args.link),
    }
}

fn topology(args: &NewArgs) -> Value {
    let mut topology = json!({ "shape": args.shape });
    if args.shape == "fleet" {
        topology["levels"] = json!([
            { "name": "bastion", "count": 2 },
            { "name": "host", "count": args.contexts.div_ceil(4).max(1) },
            { "name": "sudo", "count": 1, "link": "local-pipe" },
        ]);
        return topology;
    }
    topology["contexts"] = json!(args.contexts);
    if let Some(fanout) = args.fanout.filter(|_| ["kary", "caterpillar"].contains(&args.shape.as_str())) {
        topology["fanout"] = json!(fanout);
    }
    topology
}

/// The step of a fault. Those that a branch survives come first, all on context 1; then each of the others on a context
/// of its own: `id`.
fn event(fault: Fault, id: u32) -> Value {
    match fault {
        Fault::Cut => json!({ "at": "60s", "do": "partition", "id": 1, "for": "10s", "label": "cut" }),
        Fault::HalfOpen => {
            json!({ "at": "120s", "do": "partition", "id": 1, "way": "up", "for": "10s", "label": "half-open" })
        }
        Fault::Slow => json!({ "at": "180s", "do": "slow", "id": 1, "factor": 10, "for": "10s", "label": "slow" }),
        Fault::Swizzle => json!({ "at": "240s", "do": "swizzle", "id": 1, "for": "20s", "label": "swizzle" }),
        Fault::Crash => json!({ "at": "300s", "do": "kill", "id": id, "label": "crash" }),
        Fault::Shutdown => json!({ "at": "360s", "do": "shutdown", "id": id, "label": "shutdown" }),
        Fault::Detach | Fault::Churn => json!({ "at": "420s", "do": "detach", "id": id, "label": "detach" }),
    }
}

fn churn() -> Value {
    json!({ "at": "10s", "for": "30s", "connects": "2/s", "kills": "1/s", "partitions": "1/s", "partition_for": "500ms", "calls": "5/s" })
}

impl Fault {
    fn story(self) -> &'static str {
        match self {
            Fault::Crash => "A context crashes.",
            Fault::Cut => "The link of context 1 is cut for ten seconds.",
            Fault::HalfOpen => "The link of context 1 delivers nothing upward for ten seconds.",
            Fault::Slow => "The link of context 1 is ten times as slow for ten seconds.",
            Fault::Swizzle => "The links of the branch of context 1 stop one by one and heal in another order.",
            Fault::Shutdown => "A context is told to shut down.",
            Fault::Detach => "A context leaves its parent and lives on.",
            Fault::Churn => "Contexts come and go at random, and call each other.",
        }
    }
}
