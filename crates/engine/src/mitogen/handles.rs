//! Mitogen's standard handles, as far as routing uses them.

use crate::process::Handle;

/// `mitogen.core.ADD_ROUTE`.
pub const ADD_ROUTE: Handle = Handle(103);
/// `mitogen.core.DEL_ROUTE`.
pub const DEL_ROUTE: Handle = Handle(104);
/// `mitogen.core.SHUTDOWN`.
pub const SHUTDOWN: Handle = Handle(106);
/// `mitogen.core.DETACHING`.
pub const DETACHING: Handle = Handle(109);
