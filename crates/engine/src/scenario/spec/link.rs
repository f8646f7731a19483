//! The keys of a link.

use super::{Field, Holds, SHORT_NAME, SOME_TIME, Shape, optional, required};
use crate::scenario::link::KEEPALIVE_PRESETS;

const UNIFORM: Shape = Shape {
    title: "`uniform`",
    doc: "Each latency between `min` and `max` is equally likely.",
    fields: &[required("min", SOME_TIME, "The shortest latency."), required("max", SOME_TIME, "The longest latency.")],
};

const EXPONENTIAL: Shape = Shape {
    title: "`exponential`",
    doc: "Exponential, above a shortest latency.",
    fields: &[required("min", SOME_TIME, "The shortest latency."), required("mean", SOME_TIME, "The mean latency.")],
};

const LOG_NORMAL: Shape = Shape {
    title: "`log_normal`",
    doc: "Log-normal, by its median and its 99th percentile.",
    fields: &[
        required("median", SOME_TIME, "Half of all latencies are shorter."),
        required("p99", SOME_TIME, "99 of 100 latencies are shorter."),
    ],
};

macro_rules! model_fields {
    ($($more:expr),*) => {
        &[
            optional("uniform", Holds::Object(&UNIFORM), UNIFORM.doc),
            optional("exponential", Holds::Object(&EXPONENTIAL), EXPONENTIAL.doc),
            optional("log_normal", Holds::Object(&LOG_NORMAL), LOG_NORMAL.doc),
            optional(
                "per",
                Holds::Word { what: "way to draw", words: || PER_WORDS.to_vec() },
                "Draw it for each message, or once for each link; messages keep their order; default: `message`.",
            ),
            $($more),*
        ]
    };
}

const LATENCY_MODEL: Shape = Shape {
    title: "a random latency",
    doc: "A latency drawn from the seed: one of `uniform`, `exponential` and `log_normal`.",
    fields: model_fields!(),
};

const LISTED: Holds = Holds::Durations { max: LISTED_MAX };

const LINK_LATENCY_MODEL: Shape = Shape {
    title: "a latency",
    doc: "A latency drawn from the seed (one of `uniform`, `exponential` and `log_normal`), or lists of latencies (`down`, \
          `up` or both).",
    fields: model_fields!(
        optional(
            "down",
            LISTED,
            "The latencies of successive messages from the parent to the child; the last one goes on; default: the \
             latency that the link has without lists."
        ),
        optional("up", LISTED, "The same for messages from the child to the parent.")
    ),
};

/// The words of `per`.
pub const PER_WORDS: [&str; 2] = ["message", "link"];

/// The most latencies in the lists of all links of a file.
pub const LISTED_MAX: u64 = 1_000_000;

/// How long something takes.
pub const LATENCY: Holds = Holds::Either { text: &SOME_TIME, object: &LATENCY_MODEL };

/// How long each item takes on a link.
const LINK_LATENCY: Holds = Holds::Either { text: &SOME_TIME, object: &LINK_LATENCY_MODEL };

const KEEPALIVE: Shape = Shape {
    title: "a keepalive",
    doc: "Each end of a silent link gives up after `interval` times `count`.",
    fields: &[
        required("interval", SOME_TIME, "The time between two probes."),
        required("count", Holds::Integer { min: 1, max: 1_000_000 }, "How many probes in a row may go unanswered."),
    ],
};

fn keepalive_names() -> Vec<&'static str> {
    KEEPALIVE_PRESETS.map(|(name, _)| name).to_vec()
}

const LINK: Shape = Shape {
    title: "a link",
    doc: "A link. Missing keys are taken from `like`, or else from the scenario's `link`.",
    fields: &[
        optional("like", SHORT_NAME, "The link to start from: a name from `links`, or a preset."),
        optional("latency", LINK_LATENCY, "How long a message takes, one way."),
        optional("bandwidth", Holds::Bandwidth, "How fast frames get onto the wire, in each direction."),
        optional(
            "keepalive",
            Holds::Either { text: &Holds::Word { what: "keepalive", words: keepalive_names }, object: &KEEPALIVE },
            "When an end gives up on a silent link: `library` is 15s x 3, `ansible` 30s x 10; default: never.",
        ),
    ],
};

/// A link by name, or in full.
pub const ANY_LINK: Holds = Holds::Either { text: &SHORT_NAME, object: &LINK };

/// The link of one context.
pub const LINK_FIELD: Field = optional("link", ANY_LINK, "The link to the parent; default: the scenario's `link`.");
