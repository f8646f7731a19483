//! The shape of a scenario file, as tables: the one place that says which keys there are, what they hold and mean.
//!
//! Decoding, the "did you mean" of errors and the JSON Schema all read these tables, so they can not part.

use super::expectation::{DifferenceKind, Verdict, WarningKind};
use super::link::KEEPALIVE_PRESETS;
use crate::monitors;
use serde_json::{Map, Value, json};

/// What a key holds.
#[derive(Clone, Copy)]
pub enum Holds {
    /// A string of at most so many characters; whether control characters may be in it.
    Text { max_chars: usize, may_control: bool },
    /// true or false.
    Flag,
    /// A whole number.
    Integer { min: u64, max: u64 },
    /// A duration; whether it may be zero.
    Duration { may_be_zero: bool },
    /// A number of bits and a unit.
    Bandwidth,
    /// A number of times and a unit of time, such as `5/s`.
    Rate,
    /// One of some words; what they are.
    Word { what: &'static str, words: Words },
    /// Some ids.
    Ids,
    /// A string of one kind, or an object.
    Either { text: &'static Holds, object: &'static Shape },
    /// A list of values of one kind.
    Values(&'static Holds),
    /// An object of any keys, with values of one kind.
    Map(&'static Holds),
    /// An object of some words as keys, with objects of one shape.
    Keyed(&'static Keyed),
    /// An object.
    Object(&'static Shape),
    /// A list of objects.
    List(&'static Shape),
    /// A list of objects whose shape the key `do` tells.
    Steps(&'static [(&'static str, Shape)]),
}

/// Some words, asked for when they are needed: monitors are known at run time only.
pub type Words = fn() -> Vec<&'static str>;

/// An object whose keys are some words.
#[derive(Clone, Copy)]
pub struct Keyed {
    /// What one is called in an error.
    pub title: &'static str,
    pub doc: &'static str,
    pub keys: Words,
    /// What each key holds.
    pub shape: &'static Shape,
    /// What each key means.
    pub key_doc: &'static str,
}

/// A key of an object.
#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub holds: Holds,
    pub is_required: bool,
    pub doc: &'static str,
}

/// The keys of an object.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What one is called in an error.
    pub title: &'static str,
    pub doc: &'static str,
    pub fields: &'static [Field],
}

const fn required(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: true, doc }
}

const fn optional(name: &'static str, holds: Holds, doc: &'static str) -> Field {
    Field { name, holds, is_required: false, doc }
}

const ANY_ID: Holds = Holds::Integer { min: 0, max: u32::MAX as u64 };
const NEW_ID: Holds = Holds::Integer { min: 1, max: u32::MAX as u64 };
const COUNT: Holds = Holds::Integer { min: 0, max: u64::MAX };
/// Mitogen 0.3 takes names of up to 500 characters (`Context.NAME_MAX_LEN`).
const CONTEXT_NAME: Holds = Holds::Text { max_chars: 500, may_control: true };

/// The names of all monitors, in the order in which errors list them.
pub fn monitor_names() -> Vec<&'static str> {
    monitors::names()
}

const MONITOR: Holds = Holds::Word { what: "monitor", words: monitor_names };

const SOME_TIME: Holds = Holds::Duration { may_be_zero: false };
const LINK_NAME: Holds = Holds::Text { max_chars: 50, may_control: false };

const UNIFORM: Shape = Shape {
    title: "`uniform`",
    doc: "Every latency between two is as likely as any other.",
    fields: &[required("min", SOME_TIME, "The shortest."), required("max", SOME_TIME, "The longest.")],
};

const EXPONENTIAL: Shape = Shape {
    title: "`exponential`",
    doc: "Exponential above a shortest latency.",
    fields: &[required("min", SOME_TIME, "The shortest."), required("mean", SOME_TIME, "The mean.")],
};

const LOG_NORMAL: Shape = Shape {
    title: "`log_normal`",
    doc: "Log-normal, by its median and its 99th percentile.",
    fields: &[
        required("median", SOME_TIME, "Half of all are shorter."),
        required("p99", SOME_TIME, "99 of 100 are shorter."),
    ],
};

const LATENCY_MODEL: Shape = Shape {
    title: "a latency that is drawn",
    doc: "A latency that is drawn by the seed: one of `uniform`, `exponential` and `log_normal`.",
    fields: &[
        optional("uniform", Holds::Object(&UNIFORM), UNIFORM.doc),
        optional("exponential", Holds::Object(&EXPONENTIAL), EXPONENTIAL.doc),
        optional("log_normal", Holds::Object(&LOG_NORMAL), LOG_NORMAL.doc),
        optional(
            "per",
            Holds::Word { what: "way to draw", words: || PER_WORDS.to_vec() },
            "Whether it is drawn for each message (if it is not said; messages keep their order) or once for each link.",
        ),
    ],
};

/// The words of `per`.
pub const PER_WORDS: [&str; 2] = ["message", "link"];

const LATENCY: Holds = Holds::Either { text: &SOME_TIME, object: &LATENCY_MODEL };

const KEEPALIVE: Shape = Shape {
    title: "a keepalive",
    doc: "An end of a silent link gives up after `interval` times `count`.",
    fields: &[
        required("interval", SOME_TIME, "How often a probe is sent."),
        required("count", Holds::Integer { min: 1, max: 1_000_000 }, "How many may stay without an answer."),
    ],
};

fn keepalive_names() -> Vec<&'static str> {
    KEEPALIVE_PRESETS.map(|(name, _)| name).to_vec()
}

const LINK: Shape = Shape {
    title: "a link",
    doc: "What a link is like. What is not said is as in `like`, or else as in the scenario's `link`.",
    fields: &[
        optional("like", LINK_NAME, "A link of `links`, or a preset, that this one is like."),
        optional("latency", LATENCY, "How long everything on it travels, one way."),
        optional("bandwidth", Holds::Bandwidth, "How fast frames get onto the wire, in each direction."),
        optional(
            "keepalive",
            Holds::Either { text: &Holds::Word { what: "keepalive", words: keepalive_names }, object: &KEEPALIVE },
            "When an end gives up on a silent link: `library` is 15s x 3, `ansible` 30s x 10; never if it is not said.",
        ),
    ],
};

/// A link by name, or in full.
const ANY_LINK: Holds = Holds::Either { text: &LINK_NAME, object: &LINK };

const LINK_FIELD: Field = optional("link", ANY_LINK, "The link to the parent, if it is not like the scenario's.");
const ID_FIELD: Field = required("id", NEW_ID, "The id of the new context.");
const PARENT_FIELD: Field = required("parent", ANY_ID, "The id of its parent; 0 is the master.");
const NAME_FIELD: Field = optional("name", CONTEXT_NAME, "The name that ADD_ROUTE carries; `ctx.ID` if there is none.");

const MONITOR_FIELD: Field =
    optional("monitor", MONITOR, "The monitor of this context, default: that of the scenario.");

const CONTEXT: Shape = Shape {
    title: "a context",
    doc: "A context that connects at time 0.",
    fields: &[ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD, MONITOR_FIELD],
};

const AT_FIELD: Field = required("at", Holds::Duration { may_be_zero: true }, "When, from the start of the run.");
pub const DO_FIELD: Field = required("do", Holds::Word { what: "step", words: || STEP_NAMES.to_vec() }, "What to do.");
const CHILD_FIELD: Field = optional("id", ANY_ID, "The id of the context.");
const CHILDREN_FIELD: Field = optional("ids", Holds::Ids, "The ids of several contexts, in the place of `id`.");
const FROM_FIELD: Field = required("from", ANY_ID, "The id of the context that sends.");
const TO_FIELD: Field = required("to", ANY_ID, "The id of the context that it is for; any, whether it exists or not.");
const LABEL_FIELD: Field = optional("label", LINK_NAME, "What `expect` calls the step by.");
const FOR_FIELD: Field = optional("for", SOME_TIME, "How long; for ever if it is not said.");
const SIZE: Holds = Holds::Integer { min: 0, max: 1 << 30 };
const SIZE_FIELD: Field = optional("size", SIZE, "How long the message is, in bytes.");

/// The names of the steps, in the order of [`STEPS`].
pub const STEP_NAMES: [&str; 11] =
    ["connect", "kill", "disconnect", "partition", "heal", "send", "call", "slow", "shutdown", "detach", "swizzle"];

/// The words of `way`.
pub const WAYS: [&str; 3] = ["both", "down", "up"];

/// A step that is done to one context, or to several.
macro_rules! on_children {
    ($place:literal, $doc:literal $(, $more:expr)*) => {
        (
            STEP_NAMES[$place],
            Shape {
                title: STEP_TITLES[$place],
                doc: $doc,
                fields: &[AT_FIELD, DO_FIELD, CHILD_FIELD, CHILDREN_FIELD, LABEL_FIELD $(, $more)*],
            },
        )
    };
}

/// A step of a fixed form.
macro_rules! step {
    ($place:literal, $doc:literal $(, $more:expr)*) => {
        (
            STEP_NAMES[$place],
            Shape { title: STEP_TITLES[$place], doc: $doc, fields: &[AT_FIELD, DO_FIELD, LABEL_FIELD $(, $more)*] },
        )
    };
}

const STEP_TITLES: [&str; 11] = [
    "a `connect` step",
    "a `kill` step",
    "a `disconnect` step",
    "a `partition` step",
    "a `heal` step",
    "a `send` step",
    "a `call` step",
    "a `slow` step",
    "a `shutdown` step",
    "a `detach` step",
    "a `swizzle` step",
];

const STEPS: [(&str, Shape); 11] = [
    step!(0, "A child appears below a parent.", ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD, MONITOR_FIELD),
    on_children!(1, "A process dies at once."),
    on_children!(2, "The parent closes its stream to a child."),
    on_children!(
        3,
        "The link between a context and its parent stops delivering; nobody notices but by a keepalive.",
        FOR_FIELD,
        optional(
            "way",
            Holds::Word { what: "way", words: || WAYS.to_vec() },
            "Whether in both directions (if it is not said), only down to the context, or only up from it."
        )
    ),
    on_children!(4, "Every partitioned link of a context to a parent delivers again, what it held first."),
    step!(5, "A context sends a message that asks for no reply.", FROM_FIELD, TO_FIELD, SIZE_FIELD),
    step!(
        6,
        "A context sends a message and waits for its reply, or for the news that there will be none.",
        FROM_FIELD,
        TO_FIELD,
        SIZE_FIELD,
        optional("reply_size", SIZE, "How long the reply is, in bytes.")
    ),
    on_children!(
        7,
        "Everything on the link between a context and its parent takes longer.",
        FOR_FIELD,
        required("factor", Holds::Integer { min: 1, max: 1_000_000 }, "How many times as long.")
    ),
    on_children!(
        8,
        "A context is told to shut down: it tells its children, waits for them (3s; the master 5s), and dies.",
        optional("from", ANY_ID, "The id of the context that tells it; the master if it is not said.")
    ),
    on_children!(9, "A context leaves its parent, and lives on with all that is below it."),
    step!(
        10,
        "The links at and below a context stop one by one in half of a time, and heal in another order in the other half.",
        required("id", ANY_ID, "The id of the context at the root of the branch."),
        required("for", SOME_TIME, "How long it takes.")
    ),
];

/// The names of the shapes of a topology.
pub const SHAPE_NAMES: [&str; 6] = ["star", "chain", "kary", "random", "caterpillar", "fleet"];

const JOIN: Shape = Shape {
    title: "`join`",
    doc: "When the contexts of a topology connect; all at time 0 if it is not said.",
    fields: &[
        optional("every", SOME_TIME, "One after the other, so far apart, in the order of their ids."),
        optional("after_parent", LATENCY, "So long after its parent; 105ms was measured for a local child."),
    ],
};

const LEVEL: Shape = Shape {
    title: "a level",
    doc: "A level of a fleet.",
    fields: &[
        required("name", LINK_NAME, "What one is called, such as `host`."),
        required(
            "count",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "How many there are below each of the level above.",
        ),
        optional("link", ANY_LINK, "The links to the level above."),
    ],
};

/// The most contexts that a topology may have.
pub const MAX_CONTEXTS: u64 = 4_000_000;

const TOPOLOGY: Shape = Shape {
    title: "a topology",
    doc: "Contexts 1 to N in a shape, numbered level by level from the master, which is not counted.",
    fields: &[
        required("shape", Holds::Word { what: "shape", words: || SHAPE_NAMES.to_vec() }, "The shape of the tree."),
        optional(
            "contexts",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "How many there are; a fleet counts its levels.",
        ),
        optional(
            "fanout",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "`kary`: how many children each has. `caterpillar`: how many legs each joint of the spine has.",
        ),
        optional("levels", Holds::List(&LEVEL), "`fleet`: the levels below the master."),
        optional(
            "links",
            Holds::Values(&ANY_LINK),
            "The links by depth, from the master down; the last is for all below.",
        ),
        optional("join", Holds::Object(&JOIN), JOIN.doc),
    ],
};

const LRU: Shape = Shape {
    title: "`lru`",
    doc: "Hosts that start interpreters at a rate, and shut the most recent one down where they have too many.",
    fields: &[
        required("hosts", Holds::Ids, "The ids of the hosts."),
        required("rate", Holds::Rate, "How often each starts one."),
        optional(
            "interpreters",
            Holds::Integer { min: 1, max: 1_000 },
            "How many a host has at most; 20 (Mitogen's MITOGEN_MAX_INTERPRETERS) if it is not said.",
        ),
    ],
};

const CHURN: Shape = Shape {
    title: "`churn`",
    doc: "Steps that are drawn by the seed, at given rates, for a given time.",
    fields: &[
        optional("at", Holds::Duration { may_be_zero: true }, "When it begins; at the start if it is not said."),
        required("for", SOME_TIME, "How long it goes on."),
        optional("connects", Holds::Rate, "How often a new context connects."),
        optional("kills", Holds::Rate, "How often a process dies."),
        optional("disconnects", Holds::Rate, "How often a parent closes its stream to a child."),
        optional("partitions", Holds::Rate, "How often a link is cut."),
        optional(
            "partition_for",
            LATENCY,
            "How long a cut link stays so; exponential with a mean of 1s if it is not said.",
        ),
        optional("calls", Holds::Rate, "How often a context calls another."),
        optional("spare", Holds::Ids, "Contexts that are never killed, disconnected or cut off."),
        optional("link", ANY_LINK, "The links of the new contexts."),
        optional("lru", Holds::Object(&LRU), LRU.doc),
    ],
};

const VERDICT: Holds = Holds::Word { what: "verdict", words: || Verdict::ALL.map(Verdict::name).to_vec() };

const DIFFERENCE_KIND: Holds =
    Holds::Word { what: "kind of difference", words: || DifferenceKind::ALL.map(DifferenceKind::name).to_vec() };

const DIFFERENCE: Shape = Shape {
    title: "a difference",
    doc: "An entry of a route table that differs from the truth.",
    fields: &[
        required("context", ANY_ID, "Whose route table it is."),
        required("destination", ANY_ID, "The destination that it is about."),
        required("kind", DIFFERENCE_KIND, "In which way it differs."),
    ],
};

const WARNINGS: Shape = Shape {
    title: "`warnings`",
    doc: "How many warnings of each kind there are, exactly; a kind that is not named may occur any number of times.",
    fields: &[
        optional(WarningKind::ALL[0].name(), COUNT, "The disconnect signal of a context object fires again."),
        optional(
            WarningKind::ALL[1].name(),
            COUNT,
            "The same DEL_ROUTE crosses one link direction again while the id has not come back.",
        ),
        optional(WarningKind::ALL[2].name(), COUNT, "Mitogen logs an error."),
    ],
};

const STEP_EXPECTATION: Shape = Shape {
    title: "the expectation of a step",
    doc: "What is expected from a step to the next later one.",
    fields: &[
        required("label", LINK_NAME, "The label of the step."),
        optional(
            "converged_within",
            Holds::Duration { may_be_zero: true },
            "How long after it the last difference is gone, at most.",
        ),
        optional("messages_max", COUNT, "How many messages arrive at most."),
    ],
};

/// The words of the status of a call.
pub const CALL_WORDS: [&str; 3] = ["ok", "dead", "hung"];

const CALL_EXPECTATION: Shape = Shape {
    title: "the expectation of a call",
    doc: "How a call is expected to end.",
    fields: &[
        required(
            "call",
            Holds::Integer { min: 1, max: u64::MAX },
            "The number of the call, from 1, in the order in which they are made.",
        ),
        required("status", Holds::Word { what: "status", words: || CALL_WORDS.to_vec() }, "How it ends."),
        optional("before", SOME_TIME, "Before which time."),
    ],
};

macro_rules! expectation_fields {
    ($($more:expr),*) => {
        &[
            optional("verdict", VERDICT, "How the run ends."),
            optional("differences", Holds::List(&DIFFERENCE), "Exactly the differences that are left, in any order."),
            optional("messages_max", COUNT, "How many messages arrive at most."),
            optional(
                "converged_within",
                Holds::Duration { may_be_zero: true },
                "How long after any step the last difference is gone, at most.",
            ),
            optional("hung_calls", COUNT, "How many calls never end; 0 unless it is said."),
            optional("warnings", Holds::Object(&WARNINGS), "How many warnings there are."),
            optional("steps", Holds::List(&STEP_EXPECTATION), "What is expected of single steps."),
            optional("calls", Holds::List(&CALL_EXPECTATION), "How single calls end."),
            optional(
                "undisturbed",
                Holds::Ids,
                "Destinations that no route table is ever wrong about, from the first of `events` on.",
            ),
            $($more),*
        ]
    };
}

const EXPECTATION: Shape = Shape {
    title: "an expectation",
    doc: "What a run is expected to do; what is not said may be anything.",
    fields: expectation_fields!(),
};

const BY_MONITOR: Keyed = Keyed {
    title: "`by_monitor`",
    doc: "What is expected under one monitor, in the place of what is expected under all, key by key.",
    keys: monitor_names,
    shape: &EXPECTATION,
    key_doc: "What differs under this monitor.",
};

const EXPECT: Shape = Shape {
    title: "`expect`",
    doc: "What a run is expected to do under any monitor; `by_monitor` says where one differs.",
    fields: expectation_fields!(optional("by_monitor", Holds::Keyed(&BY_MONITOR), BY_MONITOR.doc)),
};

const ORIGIN_TEXT: Holds = Holds::Text { max_chars: 200, may_control: false };

const ORIGIN: Shape = Shape {
    title: "`origin`",
    doc: "Where the scenario comes from, if a campaign found it; it changes nothing of the run.",
    fields: &[
        optional("seed", ORIGIN_TEXT, "The seed that it was made of."),
        optional("profile", ORIGIN_TEXT, "The profile that it was made by."),
        optional("mix", Holds::Text { max_chars: 1_000, may_control: false }, "What the seed had drawn."),
        optional("treequake", ORIGIN_TEXT, "The version of treequake that found it."),
        optional("class", ORIGIN_TEXT, "The class of its failure."),
        optional(
            "digest",
            ORIGIN_TEXT,
            "The digest of its run under the monitor of the file; a replay says where it differs.",
        ),
    ],
};

/// A whole file.
pub const SCENARIO: Shape = Shape {
    title: "a scenario",
    doc: "A scenario of treequake: what happens to a tree of Mitogen contexts, and when.",
    fields: &[
        required("version", Holds::Integer { min: 1, max: 1 }, "The version of this format: 1."),
        optional(
            "name",
            Holds::Text { max_chars: 200, may_control: false },
            "What the scenario is called; the name of the file if it is not said.",
        ),
        optional(
            "description",
            Holds::Text { max_chars: 100_000, may_control: true },
            "The story that it tells, for people.",
        ),
        optional("monitor", MONITOR, "Which Mitogen every context runs."),
        optional("seed", COUNT, "The seed of whatever is drawn; with constant latencies it changes nothing."),
        optional("unidirectional", Holds::Flag, "Whether children may talk to their ancestors only."),
        optional(
            "max_events",
            Holds::Integer { min: 1, max: u64::MAX },
            "After how many events the run is a storm; 1000000 if it is not said.",
        ),
        optional(
            "until",
            SOME_TIME,
            "The run ends at this time and is judged there; for protocols that never fall silent.",
        ),
        optional("link", ANY_LINK, "What every link is like that does not say it; 1ms if it is not said."),
        optional("links", Holds::Map(&ANY_LINK), "Links by name, for every `link` to refer to."),
        optional("topology", Holds::Object(&TOPOLOGY), TOPOLOGY.doc),
        optional(
            "contexts",
            Holds::List(&CONTEXT),
            "The contexts that connect at time 0, in this order, behind those of the topology.",
        ),
        optional("events", Holds::Steps(&STEPS), "What happens; at one time in this order."),
        optional("churn", Holds::Object(&CHURN), CHURN.doc),
        optional("expect", Holds::Object(&EXPECT), EXPECT.doc),
        optional("origin", Holds::Object(&ORIGIN), ORIGIN.doc),
    ],
};

impl Holds {
    pub fn in_words(self) -> &'static str {
        match self {
            Holds::Text { .. } => "a string",
            Holds::Flag => "true or false",
            Holds::Integer { .. } => "a whole number",
            Holds::Duration { .. } => "a duration (a string of a number and a unit)",
            Holds::Bandwidth => "a bandwidth (a string of a number and a unit)",
            Holds::Rate => "a rate (a string such as \"5/s\")",
            Holds::Word { .. } => "a word (a string)",
            Holds::Ids => "a list of ids",
            Holds::Either { text, .. } => text.or_object_in_words(),
            Holds::Values(_) => "a list",
            Holds::Map(_) | Holds::Keyed(_) | Holds::Object(_) => "an object",
            Holds::List(_) | Holds::Steps(_) => "a list",
        }
    }

    pub fn example(self) -> String {
        match self {
            Holds::Text { .. } => "\"web\"".to_owned(),
            Holds::Flag => "true".to_owned(),
            Holds::Integer { min, .. } => min.to_string(),
            Holds::Duration { .. } => "\"10ms\"".to_owned(),
            Holds::Bandwidth => "\"100Mbit\"".to_owned(),
            Holds::Rate => "\"5/s\"".to_owned(),
            Holds::Word { words, .. } => format!("\"{}\"", words()[0]),
            Holds::Ids => "[1, 2]".to_owned(),
            Holds::Either { text: Holds::Text { .. }, .. } => "\"lan\"".to_owned(),
            Holds::Either { text, .. } => text.example(),
            Holds::Values(_) => "[ ... ]".to_owned(),
            Holds::Map(_) | Holds::Keyed(_) | Holds::Object(_) => "{ ... }".to_owned(),
            Holds::List(_) | Holds::Steps(_) => "[ ... ]".to_owned(),
        }
    }

    /// What a key that holds this or an object holds.
    fn or_object_in_words(self) -> &'static str {
        match self {
            Holds::Duration { .. } => "a duration (a string), or an object",
            _ => "a name (a string), or an object",
        }
    }

    fn schema(self) -> Value {
        match self {
            Holds::Bandwidth => json!({ "type": "string", "pattern": "^[0-9]+([kMG]?bit)$", "examples": ["100Mbit"] }),
            Holds::Rate => json!({ "type": "string", "pattern": "^[0-9]+/(ns|us|ms|s|m|h)$", "examples": ["5/s"] }),
            Holds::Ids => json!({ "type": "array", "items": ANY_ID.schema() }),
            Holds::Either { text, object } => json!({ "oneOf": [text.schema(), object.schema()] }),
            Holds::Values(holds) => json!({ "type": "array", "items": holds.schema() }),
            Holds::Map(holds) => json!({ "type": "object", "additionalProperties": holds.schema() }),
            Holds::Text { max_chars, may_control } => {
                let mut schema = json!({ "type": "string", "maxLength": max_chars });
                if !may_control {
                    schema["pattern"] = json!("^[^\\u0000-\\u001f\\u007f-\\u009f]*$");
                }
                schema
            }
            Holds::Flag => json!({ "type": "boolean" }),
            Holds::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Holds::Duration { may_be_zero } => {
                let not_zero = if may_be_zero { "" } else { "(?!0+(\\.0+)?[a-z])" };
                let pattern = format!("^{not_zero}[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)$");
                json!({ "type": "string", "pattern": pattern, "examples": ["10ms"] })
            }
            Holds::Word { words, .. } => json!({ "enum": words() }),
            Holds::Object(shape) => shape.schema(),
            Holds::Keyed(keyed) => object_schema(keyed.doc, &keyed.fields()),
            Holds::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Holds::Steps(steps) => {
                let step = |(name, shape): &(&str, Shape)| {
                    let mut schema = shape.schema();
                    schema["properties"]["do"] = json!({ "const": name, "description": DO_FIELD.doc });
                    schema
                };
                json!({ "type": "array", "items": { "oneOf": steps.iter().map(step).collect::<Vec<_>>() } })
            }
        }
    }
}

impl Keyed {
    /// Its keys.
    pub fn fields(&self) -> Vec<Field> {
        let field = |name| optional(name, Holds::Object(self.shape), self.key_doc);
        (self.keys)().into_iter().map(field).collect()
    }
}

impl Shape {
    /// The shape as a JSON Schema.
    pub fn schema(&self) -> Value {
        object_schema(self.doc, self.fields)
    }
}

fn object_schema(doc: &str, fields: &[Field]) -> Value {
    let property = |field: &Field| {
        let mut schema = field.holds.schema();
        schema["description"] = json!(field.doc);
        (field.name.to_owned(), schema)
    };
    let required: Vec<_> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": doc,
        "additionalProperties": false,
        "properties": fields.iter().map(property).collect::<Map<_, _>>(),
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
