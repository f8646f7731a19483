//! The steps: what can be done to a tree, and the one table that says all there is to know about each kind of step.
//!
//! Files, `treequake new`, the fuzzer, reports and charts read the table; only the simulation and the generator have
//! code for each kind of their own. CONTRIBUTING.md says how to add one.

use super::catalog::{Catalog, LabelId, LinkId};
use super::decode::Object;
use super::spec::link::LINK_FIELD;
use super::spec::{ANY_ID, Field, Holds, Kinds, SHORT_NAME, SOME_TIME, Shape, optional, required};
use crate::process::{ContextId, Data, Feature, Name};
use crate::time::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Something that is done to the tree at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What.
    pub action: Action,
    /// The name that expectations call it by.
    pub label: Option<LabelId>,
}

impl Step {
    /// A step without a label.
    pub fn new(at: Time, action: Action) -> Self {
        Step { at, action, label: None }
    }
}

/// A context appears below a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connect {
    /// Its id.
    pub id: ContextId,
    /// The id of its parent.
    pub parent: ContextId,
    /// The name of its stream; `None` if that is empty.
    pub name: Option<Name>,
    /// What its link is like, and which monitor it runs.
    pub link: LinkId,
}

/// Directions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ways {
    /// Both.
    Both,
    /// From the parent to the child.
    Down,
    /// From the child to the parent.
    Up,
}

impl Ways {
    /// All, in the order in which errors list them.
    pub const ALL: [Ways; 3] = [Ways::Both, Ways::Down, Ways::Up];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Ways::Both => "both",
            Ways::Down => "down",
            Ways::Up => "up",
        }
    }
}

/// What a step does. docs/model.md, section 3, says exactly what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A context appears below a parent.
    Connect(Connect),
    /// A process dies at once.
    Kill {
        /// Its id.
        id: ContextId,
    },
    /// The parent closes its stream to a child.
    Disconnect {
        /// The id of the child.
        id: ContextId,
    },
    /// The link of a child to its parent stops delivering.
    Partition {
        /// The id of the child.
        id: ContextId,
        /// In which directions.
        ways: Ways,
    },
    /// Every partitioned link of a child delivers again.
    Heal {
        /// The id of the child.
        id: ContextId,
    },
    /// Everything on the link of a child to its parent takes longer from now on.
    Slow {
        /// The id of the child.
        id: ContextId,
        /// How many times as long; 1 restores the link.
        factor: u32,
    },
    /// A context is asked to shut down: it tells its children, waits for them for a while, and dies.
    Shutdown {
        /// The id of the context.
        id: ContextId,
        /// The context that asks.
        from: ContextId,
    },
    /// A context leaves its parent and lives on with everything below it.
    Detach {
        /// The id of the context.
        id: ContextId,
    },
    /// A message that asks for no reply.
    Send {
        /// The sender.
        from: ContextId,
        /// The receiver.
        to: ContextId,
        /// Its size.
        data: Data,
    },
    /// A message that asks for a reply.
    Call {
        /// The caller.
        from: ContextId,
        /// The receiver.
        to: ContextId,
        /// The sizes of the message and of its reply.
        data: Data,
    },
}

impl Action {
    /// Its kind. It is never [`StepKind::Reconnect`], which a step alone does not show, nor [`StepKind::Swizzle`], which
    /// becomes partitions and heals.
    pub const fn kind(&self) -> StepKind {
        match self {
            Action::Connect(_) => StepKind::Connect,
            Action::Kill { .. } => StepKind::Kill,
            Action::Disconnect { .. } => StepKind::Disconnect,
            Action::Partition { ways: Ways::Both, .. } => StepKind::Partition,
            Action::Partition { ways: Ways::Down, .. } => StepKind::PartitionDown,
            Action::Partition { ways: Ways::Up, .. } => StepKind::PartitionUp,
            Action::Heal { .. } => StepKind::Heal,
            Action::Slow { .. } => StepKind::Slow,
            Action::Shutdown { .. } => StepKind::Shutdown,
            Action::Detach { .. } => StepKind::Detach,
            Action::Send { .. } => StepKind::Send,
            Action::Call { .. } => StepKind::Call,
        }
    }

    /// The context that does something at the time of the step: the one that asks another to shut down, or else the one
    /// that the step is about.
    pub fn doer(&self) -> ContextId {
        match self {
            Action::Shutdown { from, .. } => *from,
            action => action.context(),
        }
    }

    /// The context that it is about; the sender of a message.
    pub fn context(&self) -> ContextId {
        match self {
            Action::Connect(Connect { id, .. })
            | Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Partition { id, .. }
            | Action::Heal { id }
            | Action::Slow { id, .. }
            | Action::Shutdown { id, .. }
            | Action::Detach { id } => *id,
            Action::Send { from, .. } | Action::Call { from, .. } => *from,
        }
    }

    /// Calls `change` with every id that it names: first the one that it is about.
    pub fn each_id(&mut self, mut change: impl FnMut(&mut ContextId)) {
        match self {
            Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Partition { id, .. }
            | Action::Heal { id }
            | Action::Slow { id, .. }
            | Action::Detach { id } => change(id),
            Action::Connect(Connect { id: first, parent: second, .. })
            | Action::Shutdown { id: first, from: second }
            | Action::Send { from: first, to: second, .. }
            | Action::Call { from: first, to: second, .. } => {
                change(first);
                change(second);
            }
        }
    }

    /// The keys that a file has for it, besides `at`, `do` and `label`. `link` writes a link.
    pub fn keys(&self, catalog: &Catalog, link: impl FnOnce(LinkId) -> Value) -> Value {
        match self {
            Action::Connect(connect) => connect.keys(catalog, link),
            Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Heal { id }
            | Action::Detach { id }
            | Action::Partition { id, ways: Ways::Both } => json!({ "id": id.0 }),
            Action::Partition { id, ways } => json!({ "id": id.0, "way": ways.name() }),
            Action::Slow { id, factor } => json!({ "id": id.0, "factor": factor }),
            Action::Shutdown { id, from } => json!({ "id": id.0, "from": from.0 }),
            Action::Send { from, to, data } | Action::Call { from, to, data } => {
                let mut keys = json!({ "from": from.0, "to": to.0 });
                for (key, size) in [("size", data.len), ("reply_size", data.reply_len)] {
                    if size > 0 {
                        keys[key] = json!(size);
                    }
                }
                keys
            }
        }
    }
}

impl Connect {
    /// The keys that a file has for it. `written` writes its link.
    pub fn keys(&self, catalog: &Catalog, written: impl FnOnce(LinkId) -> Value) -> Value {
        let Connect { id, parent, name, link } = *self;
        let mut keys = json!({ "id": id.0, "parent": parent.0, "link": written(link) });
        match name {
            Some(Name::OF_CONTEXT) => {}
            Some(name) => keys["name"] = json!(catalog.names.original(name, id)),
            None => keys["name"] = json!(""),
        }
        if let Some(monitor) = catalog.monitor(link) {
            keys["monitor"] = json!(monitor.name());
        }
        keys
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect(Connect { id, parent, .. }) => write!(f, "connect {id} below {parent}"),
            Action::Partition { id, ways: Ways::Down } => write!(f, "partition {id}, downward only"),
            Action::Partition { id, ways: Ways::Up } => write!(f, "partition {id}, upward only"),
            Action::Slow { id, factor } => write!(f, "slow {id} by {factor}"),
            Action::Shutdown { id, from } => write!(f, "shutdown {id}, ordered by {from}"),
            Action::Send { from, to, .. } => write!(f, "send {from} to {to}"),
            Action::Call { from, to, .. } => write!(f, "call {from} to {to}"),
            Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Partition { id, ways: Ways::Both }
            | Action::Heal { id }
            | Action::Detach { id } => write!(f, "{} {id}", self.kind().step()),
        }
    }
}

/// A kind of step, at its finest: what the fuzzer draws. Files, reports and charts take some of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// A new context connects.
    Connect,
    /// A context connects with the id of a dead one.
    Reconnect,
    /// A process dies.
    Kill,
    /// A parent closes its stream to a child.
    Disconnect,
    /// A link stops delivering.
    Partition,
    /// A link stops delivering downward.
    PartitionDown,
    /// A link stops delivering upward.
    PartitionUp,
    /// A link delivers again.
    Heal,
    /// A link gets slow, or is restored.
    Slow,
    /// The links of a branch stop one by one, and heal in another order.
    Swizzle,
    /// A context is asked to shut down.
    Shutdown,
    /// A context leaves its parent.
    Detach,
    /// A message that asks for a reply.
    Call,
    /// A message that asks for no reply.
    Send,
}

/// What a step does to the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It adds a context.
    Join,
    /// It takes a context, or a branch, away.
    Loss,
    /// It makes a link worse.
    Hindrance,
    /// It makes a link better.
    Repair,
    /// It changes neither a context nor a link.
    Traffic,
}

/// A kind of step, as files have it.
pub struct Form {
    /// Its keys.
    shape: Shape,
    /// The letter that stands for it on a line of text.
    mark: char,
    /// The context that must be there.
    pub subject: Subject,
    /// How its actions are made.
    pub build: Build,
}

/// The context that must be there for a step, or it is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The one in this key.
    Any(&'static str),
    /// The one in this key, which is not the master.
    Child(&'static str),
}

/// How the actions of a step are made from its keys.
#[derive(Clone, Copy)]
pub enum Build {
    /// A context connects.
    Connect,
    /// A message between the contexts in `from` and `to`.
    Message(fn(ContextId, ContextId, Data) -> Action),
    /// One action for each context in `id` or `ids`.
    Each(fn(&Object, ContextId) -> Done),
    /// Partitions and heals at and below a context.
    Swizzle,
}

/// What is done to a context.
pub struct Done {
    /// The action.
    pub action: Action,
    /// The action that undoes it, after the duration in `for`.
    pub undo: Option<Action>,
}

/// A fault that `treequake new --fault` writes.
#[derive(Clone, Copy)]
pub struct Example {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its help on the command line.
    pub help: &'static str,
    /// What the description of the scenario says about it.
    pub story: &'static str,
    /// When it happens.
    pub at: &'static str,
    /// Its keys, besides `at`, `do` and `label`.
    pub keys: fn(id: u32) -> Value,
}

/// All there is to know about a kind of step.
struct Row {
    kind: StepKind,
    /// The word of the fuzzer. It is the step in files, too, if the kind has a form of its own.
    name: &'static str,
    role: Role,
    /// The column of reports and results that counts it, from 0, and its word there and on charts. Files have this
    /// order, so a new kind takes a new column at the end.
    column: (usize, &'static str),
    /// How much a step of this kind does. The shrinker prefers less.
    weight: u8,
    /// As a step in a file; `Err` names the kind whose form it shares.
    form: Result<Form, StepKind>,
    /// As a fault of `treequake new`.
    example: Option<Example>,
}

const AT: Field = required("at", Holds::Duration { may_be_zero: true }, "The time, from the start of the run.");
const DO: Field = required("do", Holds::Word { what: "step", words: step_names }, "What to do.");
const ID: Field = optional("id", ANY_ID, "The id of the context.");
const IDS: Field = optional("ids", Holds::Ids, "The ids of several contexts, instead of `id`.");
const FROM: Field = required("from", ANY_ID, "The id of the sender.");
const TO: Field = required("to", ANY_ID, "The id of the receiver, which need not exist.");
const LABEL: Field = optional("label", SHORT_NAME, "The name by which `expect` refers to the step.");
const FOR: Field = optional("for", SOME_TIME, "How long it lasts; default: until another step ends it.");
const SIZE: Holds = Holds::Integer { min: 0, max: 1 << 30 };
const SIZE_FIELD: Field = optional("size", SIZE, "The size of the message, in bytes.");
/// Mitogen 0.3 takes names of up to 500 characters (`Context.NAME_MAX_LEN`).
const CONTEXT_NAME: Holds = Holds::Text { max_chars: 500, may_control: true };

/// The key `id` of a context that connects.
pub const NEW_ID_FIELD: Field =
    required("id", Holds::Integer { min: 1, max: u32::MAX as u64 }, "The id of the new context.");
/// The key `parent` of a context that connects.
pub const PARENT_FIELD: Field = required("parent", ANY_ID, "The id of its parent; 0 is the master.");
/// The key `name` of a context that connects.
pub const NAME_FIELD: Field = optional("name", CONTEXT_NAME, "The name that ADD_ROUTE carries; default: `ctx.ID`.");
/// The key `monitor` of a context that connects.
pub const MONITOR_FIELD: Field =
    optional("monitor", Holds::Monitor, "The monitor of this context; default: that of the scenario.");

/// The shape of a step with a fixed number of contexts.
macro_rules! step {
    ($name:literal, $doc:literal, [$($field:expr),*]) => {
        Shape { title: concat!("a `", $name, "` step"), doc: $doc, fields: &[AT, DO, LABEL $(, $field)*] }
    };
}

/// The shape of a step that is done to one context, or to several.
macro_rules! step_on_each {
    ($name:literal, $doc:literal, [$($field:expr),*]) => {
        Shape { title: concat!("a `", $name, "` step"), doc: $doc, fields: &[AT, DO, ID, IDS, LABEL $(, $field)*] }
    };
}

const fn once(action: Action) -> Done {
    Done { action, undo: None }
}

/// The one table of steps, in the order of their numbers.
static TABLE: [Row; StepKind::COUNT] = [
    Row {
        kind: StepKind::Connect,
        name: "connect",
        role: Role::Join,
        column: (0, "connect"),
        weight: 0,
        form: Ok(Form {
            shape: step!(
                "connect",
                "A child appears below a parent.",
                [NEW_ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD, MONITOR_FIELD]
            ),
            mark: 'c',
            subject: Subject::Any("parent"),
            build: Build::Connect,
        }),
        example: None,
    },
    Row {
        kind: StepKind::Reconnect,
        name: "reconnect",
        role: Role::Join,
        column: (0, "connect"),
        weight: 0,
        form: Err(StepKind::Connect),
        example: None,
    },
    Row {
        kind: StepKind::Kill,
        name: "kill",
        role: Role::Loss,
        column: (1, "kill"),
        weight: 0,
        form: Ok(Form {
            shape: step_on_each!("kill", "A process dies at once.", []),
            mark: 'k',
            subject: Subject::Child("id"),
            build: Build::Each(|_, id| once(Action::Kill { id })),
        }),
        example: Some(Example {
            name: "crash",
            help: "A context crashes",
            story: "A context crashes.",
            at: "300s",
            keys: |id| json!({ "id": id }),
        }),
    },
    Row {
        kind: StepKind::Disconnect,
        name: "disconnect",
        role: Role::Loss,
        column: (2, "disconnect"),
        weight: 1,
        form: Ok(Form {
            shape: step_on_each!("disconnect", "The parent closes its stream to a child.", []),
            mark: 'd',
            subject: Subject::Child("id"),
            build: Build::Each(|_, id| once(Action::Disconnect { id })),
        }),
        example: None,
    },
    Row {
        kind: StepKind::Partition,
        name: "partition",
        role: Role::Hindrance,
        column: (3, "partition"),
        weight: 1,
        form: Ok(Form {
            shape: step_on_each!(
                "partition",
                "The link between a context and its parent stops delivering; only a keepalive notices.",
                [
                    FOR,
                    optional(
                        "way",
                        Holds::Word { what: "way", words: || Ways::ALL.map(Ways::name).to_vec() },
                        "In both directions, only down to the context, or only up from it; default: `both`."
                    )
                ]
            ),
            mark: 'p',
            subject: Subject::Child("id"),
            build: Build::Each(|object, id| {
                let ways = object.word("way").map_or(Ways::Both, |place| Ways::ALL[place]);
                Done { action: Action::Partition { id, ways }, undo: Some(Action::Heal { id }) }
            }),
        }),
        example: Some(Example {
            name: "cut",
            help: "A link is cut for a while",
            story: "The link of context 1 is cut for ten seconds.",
            at: "60s",
            keys: |id| json!({ "id": id, "for": "10s" }),
        }),
    },
    Row {
        kind: StepKind::PartitionDown,
        name: "partition-down",
        role: Role::Hindrance,
        column: (4, "half-open"),
        weight: 2,
        form: Err(StepKind::Partition),
        example: None,
    },
    Row {
        kind: StepKind::PartitionUp,
        name: "partition-up",
        role: Role::Hindrance,
        column: (4, "half-open"),
        weight: 2,
        form: Err(StepKind::Partition),
        example: Some(Example {
            name: "half-open",
            help: "A link delivers in one direction only for a while",
            story: "The link of context 1 delivers nothing upward for ten seconds.",
            at: "120s",
            keys: |id| json!({ "id": id, "way": "up", "for": "10s" }),
        }),
    },
    Row {
        kind: StepKind::Heal,
        name: "heal",
        role: Role::Repair,
        column: (5, "heal"),
        weight: 0,
        form: Ok(Form {
            shape: step_on_each!(
                "heal",
                "Every partitioned link between a context and a parent delivers again, held items first.",
                []
            ),
            mark: 'h',
            subject: Subject::Child("id"),
            build: Build::Each(|_, id| once(Action::Heal { id })),
        }),
        example: None,
    },
    Row {
        kind: StepKind::Slow,
        name: "slow",
        role: Role::Hindrance,
        column: (6, "slow"),
        weight: 3,
        form: Ok(Form {
            shape: step_on_each!(
                "slow",
                "Everything on the link between a context and its parent takes longer.",
                [
                    FOR,
                    required("factor", Holds::Integer { min: 1, max: 1_000_000 }, "How many times as long it takes.")
                ]
            ),
            mark: 's',
            subject: Subject::Child("id"),
            build: Build::Each(|object, id| {
                let action = Action::Slow { id, factor: object.small("factor") };
                Done { action, undo: Some(Action::Slow { id, factor: 1 }) }
            }),
        }),
        example: Some(Example {
            name: "slow",
            help: "A link is slow for a while",
            story: "The link of context 1 is ten times as slow for ten seconds.",
            at: "180s",
            keys: |id| json!({ "id": id, "factor": 10, "for": "10s" }),
        }),
    },
    Row {
        kind: StepKind::Swizzle,
        name: "swizzle",
        role: Role::Hindrance,
        column: (3, "partition"),
        weight: 3,
        form: Ok(Form {
            shape: step!(
                "swizzle",
                "The links at and below a context stop one by one in the first half of the time, and heal in a \
                 different order in the second half.",
                [
                    required("id", ANY_ID, "The id of the context at the root of the branch."),
                    required("for", SOME_TIME, "How long it takes.")
                ]
            ),
            mark: 'w',
            subject: Subject::Any("id"),
            build: Build::Swizzle,
        }),
        example: Some(Example {
            name: "swizzle",
            help: "The links of a branch stop one by one and heal in a different order",
            story: "The links of the branch of context 1 stop one by one and heal in a different order.",
            at: "240s",
            keys: |id| json!({ "id": id, "for": "20s" }),
        }),
    },
    Row {
        kind: StepKind::Shutdown,
        name: "shutdown",
        role: Role::Loss,
        column: (7, "shutdown"),
        weight: 3,
        form: Ok(Form {
            shape: step_on_each!(
                "shutdown",
                "A context is asked to shut down: it tells its children, waits for them (3s; the master 5s), and dies.",
                [optional("from", ANY_ID, "The id of the context that asks; default: the master.")]
            ),
            mark: 't',
            subject: Subject::Any("id"),
            build: Build::Each(|object, id| {
                once(Action::Shutdown { id, from: object.id("from").unwrap_or(ContextId::MASTER) })
            }),
        }),
        example: Some(Example {
            name: "shutdown",
            help: "A context is asked to shut down",
            story: "A context is asked to shut down.",
            at: "360s",
            keys: |id| json!({ "id": id }),
        }),
    },
    Row {
        kind: StepKind::Detach,
        name: "detach",
        role: Role::Loss,
        column: (8, "detach"),
        weight: 4,
        form: Ok(Form {
            shape: step_on_each!("detach", "A context leaves its parent and lives on with everything below it.", []),
            mark: 'l',
            subject: Subject::Child("id"),
            build: Build::Each(|_, id| once(Action::Detach { id })),
        }),
        example: Some(Example {
            name: "detach",
            help: "A context leaves its parent",
            story: "A context leaves its parent and lives on.",
            at: "420s",
            keys: |id| json!({ "id": id }),
        }),
    },
    Row {
        kind: StepKind::Call,
        name: "call",
        role: Role::Traffic,
        column: (10, "call"),
        weight: 1,
        form: Ok(Form {
            shape: step!(
                "call",
                "A context sends a message and waits for its reply, or for the news that there will be none.",
                [FROM, TO, SIZE_FIELD, optional("reply_size", SIZE, "The size of the reply, in bytes.")]
            ),
            mark: 'a',
            subject: Subject::Any("from"),
            build: Build::Message(|from, to, data| Action::Call { from, to, data }),
        }),
        example: None,
    },
    Row {
        kind: StepKind::Send,
        name: "send",
        role: Role::Traffic,
        column: (9, "send"),
        weight: 0,
        form: Ok(Form {
            shape: step!("send", "A context sends a message that asks for no reply.", [FROM, TO, SIZE_FIELD]),
            mark: 'm',
            subject: Subject::Any("from"),
            build: Build::Message(|from, to, data| Action::Send { from, to, data }),
        }),
        example: None,
    },
];

impl StepKind {
    /// How many there are.
    pub const COUNT: usize = 14;

    /// All of them, in the order of their numbers, which is that of the fuzzer's draws.
    pub const ALL: [StepKind; StepKind::COUNT] = {
        let mut all = [StepKind::Connect; StepKind::COUNT];
        let mut place = 0;
        // `for` is not const yet.
        while place < all.len() {
            all[place] = TABLE[place].kind;
            place += 1;
        }
        all
    };

    /// How many columns reports and results have for them.
    pub const COLUMNS: usize = 11;

    /// The first kind of each column, in the order of the columns.
    pub const COUNTED: [StepKind; StepKind::COLUMNS] = {
        let mut counted = [StepKind::Connect; StepKind::COLUMNS];
        let mut place = TABLE.len();
        while place > 0 {
            place -= 1;
            counted[TABLE[place].column.0] = TABLE[place].kind;
        }
        counted
    };

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The word of the fuzzer.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The word in scenario files: that of `do`.
    pub const fn step(self) -> &'static str {
        self.in_files().row().name
    }

    /// The word in reports, results and charts.
    pub const fn word(self) -> &'static str {
        self.row().column.1
    }

    /// The column in reports and results.
    pub const fn column(self) -> usize {
        self.row().column.0
    }

    /// The kind that stands for its column: see [`StepKind::COUNTED`].
    pub const fn counted(self) -> StepKind {
        StepKind::COUNTED[self.column()]
    }

    /// The letter that stands for it on a line of text.
    pub fn mark(self) -> char {
        self.form().mark
    }

    /// What it does to the tree.
    pub const fn role(self) -> Role {
        self.row().role
    }

    /// What a protocol must know for it, if not every protocol does.
    pub const fn feature(self) -> Option<Feature> {
        match self {
            StepKind::Shutdown => Some(Feature::Shutdown),
            StepKind::Detach => Some(Feature::Detach),
            _ => None,
        }
    }

    /// Whether it takes something away or makes a link worse. A random case without any such kind tests little.
    pub const fn is_loss(self) -> bool {
        matches!(self.role(), Role::Loss | Role::Hindrance)
    }

    /// How much a step of this kind does. The shrinker prefers less.
    pub fn weight(self) -> u64 {
        self.row().weight.into()
    }

    /// As a fault of `treequake new`.
    pub fn example(self) -> Option<&'static Example> {
        self.row().example.as_ref()
    }

    /// The kind that it is in a file.
    const fn in_files(self) -> StepKind {
        match self.row().form {
            Ok(_) => self,
            Err(kind) => kind,
        }
    }

    /// How files have it.
    pub fn form(self) -> &'static Form {
        self.in_files().row().form.as_ref().expect("it has a form of its own")
    }

    /// The kind at a place among the words of `do`.
    pub fn at(place: usize) -> StepKind {
        forms().nth(place).expect("a place among the words").0
    }
}

/// The kinds that a file can have, with their forms.
fn forms() -> impl Iterator<Item = (StepKind, &'static Form)> {
    TABLE.iter().filter_map(|row| Some((row.kind, row.form.as_ref().ok()?)))
}

fn step_names() -> Vec<&'static str> {
    forms().map(|(kind, _)| kind.name()).collect()
}

/// The steps of a file.
pub const STEPS: Kinds =
    Kinds { title: "a step", key: DO, shapes: || forms().map(|(kind, form)| (kind.name(), &form.shape)).collect() };

impl FromStr for StepKind {
    type Err = String;

    /// Reads the word of the fuzzer.
    fn from_str(name: &str) -> Result<Self, String> {
        let names = StepKind::ALL.map(StepKind::name).join(", ");
        let kind = StepKind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("unknown kind of step `{name}`; the kinds are {names}"))
    }
}

impl Serialize for StepKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for StepKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a scenario of a million steps is small.
    #[test]
    fn steps_are_compact() {
        assert_eq!((size_of::<Connect>(), size_of::<Step>()), (16, 32));
    }

    /// Proves that the number of a kind is its place in the table, and that names and marks are unique.
    #[test]
    fn kinds_are_in_order() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, place);
            assert_eq!(row.name.parse(), Ok(row.kind));
            assert!(
                StepKind::at(step_names().iter().position(|name| *name == row.kind.step()).unwrap()).form().mark
                    == row.kind.mark()
            );
        }
        let mut marks: Vec<_> = forms().map(|(_, form)| form.mark).collect();
        marks.sort_unstable();
        assert!(marks.windows(2).all(|pair| pair[0] != pair[1]));
    }

    /// Proves that no column is empty, and that each has one word.
    #[test]
    fn columns_are_whole() {
        for (column, kind) in StepKind::COUNTED.into_iter().enumerate() {
            assert_eq!(kind.column(), column);
        }
        assert!(TABLE.iter().all(|row| row.kind.counted().word() == row.kind.word()));
    }
}
