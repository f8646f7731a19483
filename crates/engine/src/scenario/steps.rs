//! The steps: what can be done to a tree, and the one table that says all there is to know about each kind of step.
//!
//! Files, `treequake new`, the fuzzer, reports, charts and `explore` read the table; only the simulation and the generator
//! have code for each kind of their own. CONTRIBUTING.md says how to add one.

mod action;
mod fields;
mod kind;
mod parts;

pub use fields::{MONITOR_FIELD, NAME_FIELD, NEW_ID_FIELD, PARENT_FIELD};
pub use parts::{Connect, Example, Role, Subject, Ways, Whom};

use super::catalog::LabelId;
use super::decode::Object;
use super::spec::link::LINK_FIELD;
use super::spec::{ANY_ID, Field, Holds, Kinds, SOME_TIME, Shape, optional, required};
use crate::process::{ContextId, Data, Place, places};
use crate::time::Time;
use fields::{AT, FOR, FROM, ID, IDS, LABEL, SIZE, SIZE_FIELD, TO};
use parts::Party;
use serde_json::json;

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

    /// The ids that it names: the one that it is about, and another. Of a message, the sender and the receiver.
    fn ids_mut(&mut self) -> (&mut ContextId, Option<&mut ContextId>) {
        match self {
            Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Partition { id, .. }
            | Action::Heal { id }
            | Action::Slow { id, .. }
            | Action::Detach { id } => (id, None),
            Action::Connect(Connect { id, parent: other, .. }) | Action::Shutdown { id, from: other } => {
                (id, Some(other))
            }
            Action::Send { from, to, .. } | Action::Call { from, to, .. } => (from, Some(to)),
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
    /// The handler of the protocol that it sets to work. Classes of failures are named after it.
    handler: Place,
    /// The context whose process it asks something, if it asks one.
    asks: Option<Party>,
    /// The contexts that it may change, and those whose life or death decides whether it is skipped. In `explore`, no
    /// arrival there changes places with it.
    touches: &'static [Party],
    /// As a step in a file; `Err` names the kind whose form it shares.
    form: Result<Form, StepKind>,
    /// As a fault of `treequake new`.
    example: Option<Example>,
}

const DO: Field = required("do", Holds::Word { what: "step", words: step_names }, "What to do.");

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
static TABLE: &[Row] = &[
    Row {
        kind: StepKind::Connect,
        name: "connect",
        role: Role::Join,
        column: (0, "connect"),
        weight: 0,
        handler: places::ON_CONNECT,
        asks: Some(Party::Other),
        touches: &[Party::Itself, Party::Other],
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
        handler: places::ON_CONNECT,
        asks: Some(Party::Other),
        touches: &[Party::Itself, Party::Other],
        form: Err(StepKind::Connect),
        example: None,
    },
    Row {
        kind: StepKind::Kill,
        name: "kill",
        role: Role::Loss,
        column: (1, "kill"),
        weight: 0,
        handler: places::ON_EXIT,
        asks: None,
        touches: &[Party::Itself],
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
        handler: places::ON_DISCONNECT,
        asks: Some(Party::Parent),
        touches: &[Party::Itself, Party::Parent],
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
        handler: places::ON_SEND,
        asks: None,
        touches: &[Party::Itself, Party::Parent],
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
        handler: places::ON_SEND,
        asks: None,
        touches: &[Party::Itself, Party::Parent],
        form: Err(StepKind::Partition),
        example: None,
    },
    Row {
        kind: StepKind::PartitionUp,
        name: "partition-up",
        role: Role::Hindrance,
        column: (4, "half-open"),
        weight: 2,
        handler: places::ON_SEND,
        asks: None,
        touches: &[Party::Itself, Party::Parent],
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
        handler: places::ON_SEND,
        asks: None,
        // It only makes arrivals possible.
        touches: &[],
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
        handler: places::ON_SEND,
        asks: None,
        // It changes times alone.
        touches: &[],
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
        handler: places::ON_SEND,
        asks: None,
        touches: &[Party::Itself, Party::Parent],
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
        handler: places::ON_ENDING,
        asks: Some(Party::Other),
        touches: &[Party::Itself, Party::Other],
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
        handler: places::ON_DETACH,
        asks: Some(Party::Itself),
        touches: &[Party::Itself],
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
        handler: places::ON_SEND,
        asks: Some(Party::Itself),
        touches: &[Party::Itself],
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
        handler: places::ON_SEND,
        asks: Some(Party::Itself),
        touches: &[Party::Itself],
        form: Ok(Form {
            shape: step!("send", "A context sends a message that asks for no reply.", [FROM, TO, SIZE_FIELD]),
            mark: 'm',
            subject: Subject::Any("from"),
            build: Build::Message(|from, to, data| Action::Send { from, to, data }),
        }),
        example: None,
    },
];

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
