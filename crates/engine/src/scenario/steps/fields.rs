//! The keys that several kinds of steps have, and those of a context that connects.

use crate::scenario::spec::{ANY_ID, Field, Holds, SHORT_NAME, SOME_TIME, optional, required};

pub(super) const AT: Field =
    required("at", Holds::Duration { may_be_zero: true }, "The time, from the start of the run.");
pub(super) const ID: Field = optional("id", ANY_ID, "The id of the context.");
pub(super) const IDS: Field = optional("ids", Holds::Ids, "The ids of several contexts, instead of `id`.");
pub(super) const FROM: Field = required("from", ANY_ID, "The id of the sender.");
pub(super) const TO: Field = required("to", ANY_ID, "The id of the receiver, which need not exist.");
pub(super) const LABEL: Field = optional("label", SHORT_NAME, "The name by which `expect` refers to the step.");
pub(super) const FOR: Field = optional("for", SOME_TIME, "How long it lasts; default: until another step ends it.");
pub(super) const SIZE: Holds = Holds::Integer { min: 0, max: 1 << 30 };
pub(super) const SIZE_FIELD: Field = optional("size", SIZE, "The size of the message, in bytes.");
/// Mitogen 0.3 takes names of up to 500 characters (`Context.NAME_MAX_LEN`).
pub(super) const CONTEXT_NAME: Holds = Holds::Text { max_chars: 500, may_control: true };

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
