//! The keys of a scenario file, except those of links and steps.

use super::link::{ANY_LINK, LATENCY, LINK_FIELD};
use super::{ANY_ID, COUNT, Holds, Keyed, SHORT_NAME, SOME_TIME, Shape, optional, required};
use crate::draw::Drawing;
use crate::scenario::expectation::{CallStatus, DifferenceKind, Verdict, WarningKind};
use crate::scenario::shape::{MAX_CONTEXTS, TreeShape};
use crate::scenario::steps::{MONITOR_FIELD, NAME_FIELD, NEW_ID_FIELD, PARENT_FIELD, STEPS};

const CONTEXT: Shape = Shape {
    title: "a context",
    doc: "A context that connects at time 0.",
    fields: &[NEW_ID_FIELD, PARENT_FIELD, NAME_FIELD, LINK_FIELD, MONITOR_FIELD],
};

const JOIN: Shape = Shape {
    title: "`join`",
    doc: "When the contexts of a topology connect; default: all at time 0.",
    fields: &[
        optional("every", SOME_TIME, "The time between two connects, in the order of the ids."),
        optional(
            "after_parent",
            LATENCY,
            "The time from a parent's connect to its children's; 105ms was measured for a local child.",
        ),
    ],
};

const LEVEL: Shape = Shape {
    title: "a level",
    doc: "A level of a fleet.",
    fields: &[
        required("name", SHORT_NAME, "The name of its contexts, such as `host`."),
        required(
            "count",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "The number of contexts below each context of the level above.",
        ),
        optional("link", ANY_LINK, "The links to the level above."),
    ],
};

const SHAPE: Holds = Holds::Word { what: "shape", words: || TreeShape::ALL.map(TreeShape::name).to_vec() };

const TOPOLOGY: Shape = Shape {
    title: "a topology",
    doc: "Contexts 1 to N in a shape, numbered level by level below the master.",
    fields: &[
        required("shape", SHAPE, "The shape of the tree."),
        optional(
            "contexts",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "The number of contexts; a `fleet` has `levels` instead.",
        ),
        optional(
            "fanout",
            Holds::Integer { min: 1, max: MAX_CONTEXTS },
            "`kary`: the children of each context; default: 2. `caterpillar`: the legs of each joint; default: 1.",
        ),
        optional("levels", Holds::List(&LEVEL), "`fleet`: the levels below the master."),
        optional(
            "links",
            Holds::Values(&ANY_LINK),
            "The links by depth, from the master down; the last one is for all deeper levels.",
        ),
        optional("join", Holds::Object(&JOIN), JOIN.doc),
    ],
};

const LRU: Shape = Shape {
    title: "`lru`",
    doc: "Hosts that start interpreters at a rate, and shut down the most recent one when they have too many.",
    fields: &[
        required("hosts", Holds::Ids, "The ids of the hosts."),
        required("rate", Holds::Rate, "How often each host starts an interpreter."),
        optional(
            "interpreters",
            Holds::Integer { min: 1, max: 1_000 },
            "The maximum number of interpreters on a host; default: 20 (Mitogen's MITOGEN_MAX_INTERPRETERS).",
        ),
    ],
};

const CHURN: Shape = Shape {
    title: "`churn`",
    doc: "Steps drawn from the seed, at given rates, for a given time.",
    fields: &[
        optional("at", Holds::Duration { may_be_zero: true }, "When it begins; default: at the start."),
        required("for", SOME_TIME, "How long it lasts."),
        optional("connects", Holds::Rate, "How often a new context connects."),
        optional("kills", Holds::Rate, "How often a process dies."),
        optional("disconnects", Holds::Rate, "How often a parent closes its stream to a child."),
        optional("partitions", Holds::Rate, "How often a link is cut."),
        optional("partition_for", LATENCY, "How long a link stays cut; default: exponential with a mean of 1s."),
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
    doc: "A route table entry that differs from the truth.",
    fields: &[
        required("context", ANY_ID, "The owner of the route table."),
        required("destination", ANY_ID, "The destination of the entry."),
        required("kind", DIFFERENCE_KIND, "How it differs."),
    ],
};

const WARNINGS: Shape = Shape {
    title: "`warnings`",
    doc: "The exact number of warnings of each kind; other kinds may occur any number of times.",
    fields: &[
        optional(WarningKind::ALL[0].name(), COUNT, "The disconnect signal of a context object fires again."),
        optional(
            WarningKind::ALL[1].name(),
            COUNT,
            "The same DEL_ROUTE crosses one link direction again while the id has not come back.",
        ),
        optional(WarningKind::ALL[2].name(), COUNT, "Mitogen logs an error."),
        optional(WarningKind::ALL[3].name(), COUNT, "A step cannot be done and is skipped."),
    ],
};

const STEP_EXPECTATION: Shape = Shape {
    title: "the expectation of a step",
    doc: "What is expected between a step and the next step at a later time.",
    fields: &[
        required("label", SHORT_NAME, "The label of the step."),
        optional(
            "converged_within",
            Holds::Duration { may_be_zero: true },
            "The longest time after the step until no difference is left.",
        ),
        optional("messages_max", COUNT, "The maximum number of messages that may arrive."),
    ],
};

const CALL_STATUS: Holds = Holds::Word { what: "status", words: || CallStatus::ALL.map(CallStatus::name).to_vec() };

const CALL_EXPECTATION: Shape = Shape {
    title: "the expectation of a call",
    doc: "How a call is expected to end.",
    fields: &[
        required(
            "call",
            Holds::Integer { min: 1, max: u64::MAX },
            "The number of the call, from 1, in the order in which calls are made.",
        ),
        required("status", CALL_STATUS, "How it ends."),
        optional("before", SOME_TIME, "The time before which it ends."),
    ],
};

macro_rules! expectation_fields {
    ($($more:expr),*) => {
        &[
            optional("verdict", VERDICT, "How the run ends."),
            optional("differences", Holds::List(&DIFFERENCE), "The differences that are left: exactly these, in any order."),
            optional("messages_max", COUNT, "The maximum number of messages that may arrive."),
            optional(
                "converged_within",
                Holds::Duration { may_be_zero: true },
                "The longest time after any step until no difference is left.",
            ),
            optional("hung_calls", COUNT, "How many calls never end; default: 0."),
            optional("warnings", Holds::Object(&WARNINGS), "How many warnings there are."),
            optional("steps", Holds::List(&STEP_EXPECTATION), "What is expected of individual steps."),
            optional("calls", Holds::List(&CALL_EXPECTATION), "How individual calls end."),
            optional(
                "undisturbed",
                Holds::Ids,
                "Destinations for which no route table is ever wrong, from the first of `events` on.",
            ),
            $($more),*
        ]
    };
}

const EXPECTATION: Shape = Shape {
    title: "an expectation",
    doc: "What a run is expected to do; a missing key allows anything.",
    fields: expectation_fields!(),
};

const BY_MONITOR: Keyed = Keyed {
    doc: "What is expected under one monitor; its keys replace those of `expect`.",
    shape: &EXPECTATION,
    key_doc: "What differs under this monitor.",
};

const EXPECT: Shape = Shape {
    title: "`expect`",
    doc: "What a run is expected to do under any monitor; `by_monitor` has the exceptions.",
    fields: expectation_fields!(optional("by_monitor", Holds::Keyed(&BY_MONITOR), BY_MONITOR.doc)),
};

const ORIGIN_TEXT: Holds = Holds::Text { max_chars: 200, may_control: false };

const ORIGIN: Shape = Shape {
    title: "`origin`",
    doc: "Where the scenario comes from, if a campaign found it. It does not change the run.",
    fields: &[
        optional("seed", ORIGIN_TEXT, "The seed it was generated from."),
        optional("profile", ORIGIN_TEXT, "The profile it was generated with."),
        optional("mix", Holds::Text { max_chars: 1_000, may_control: false }, "What the seed drew, in one line."),
        optional("treequake", ORIGIN_TEXT, "The version of treequake that found it."),
        optional("class", ORIGIN_TEXT, "The class of its failure."),
        optional(
            "digest",
            ORIGIN_TEXT,
            "The digest of its run under the monitor of the file; a replay reports where it differs.",
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
            "The name of the scenario; default: the name of the file.",
        ),
        optional("description", Holds::Text { max_chars: 100_000, may_control: true }, "What it shows, for readers."),
        optional("monitor", Holds::Monitor, "The monitor of every context that does not set its own."),
        optional("seed", COUNT, "The seed of all random draws; it has no effect if nothing is random; default: 0."),
        optional(
            "drawing",
            Holds::Integer { min: 1, max: Drawing::NEWEST.number() },
            "How the latencies of messages are drawn: 1, or 2, which is faster. Each draws the same distributions, but other \
             numbers; default: 1.",
        ),
        optional("unidirectional", Holds::Flag, "Whether children may only talk to their ancestors; default: false."),
        optional(
            "max_events",
            Holds::Integer { min: 1, max: u64::MAX },
            "The run is stopped after this many events; default: 1000000, plus 1 for each step taken, plus D - 1 for each \
             connect at depth D.",
        ),
        optional(
            "until",
            SOME_TIME,
            "The run ends at this time and is judged there; for protocols that never fall silent.",
        ),
        optional("link", ANY_LINK, "The link of every context that does not set its own; default: a latency of 1ms."),
        optional("links", Holds::Map(&ANY_LINK), "Links by name; every `link` can refer to them."),
        optional("topology", Holds::Object(&TOPOLOGY), TOPOLOGY.doc),
        optional(
            "contexts",
            Holds::List(&CONTEXT),
            "The contexts that connect at time 0, in this order, after those of the topology.",
        ),
        optional(
            "events",
            Holds::Kinds(&STEPS),
            "What happens, by time; events at the same time happen in this order.",
        ),
        optional("churn", Holds::Object(&CHURN), CHURN.doc),
        optional("expect", Holds::Object(&EXPECT), EXPECT.doc),
        optional("origin", Holds::Object(&ORIGIN), ORIGIN.doc),
    ],
};
