//! What Mitogen logs as an error although the trace has no record of it (section 8.9 of `docs/model.md`). Such lines
//! are only counted, each under one of these names.

/// `Router._on_del_route`, the stub in a context without a route monitor, has got a DEL_ROUTE. That is as it should be.
pub const STUB_DEL_ROUTE: &str = "stub-del-route";

/// There is no route for a message whose sender waits for a reply, or for one of the context's own.
pub const NO_ROUTE: &str = "no-route";

/// A route is to be deleted, and the table has no entry for it.
pub const NO_ROUTE_TO_DELETE: &str = "no-route-to-delete";

/// The unidirectional mode prevents that a message is forwarded.
pub const UNIDIRECTIONAL: &str = "unidirectional";

/// A message has a handle that nobody listens on.
pub const INVALID_HANDLE: &str = "invalid-handle";

/// The policy of a handler refuses a message, or it is not from the respondent that a call waits for.
pub const POLICY_REFUSED: &str = "policy-refused";

/// A message is over the size limit.
pub const TOO_LARGE: &str = "message-too-large";
