//! A panic is a bug in treequake, and the message says so.

use crate::words::terminal::plain;
use std::io::Write;
use std::panic;

/// From now on, a panic prints where it happened and asks for a report.
pub fn report() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = plain(panic.payload_as_str().unwrap_or("an assertion failed"));
        let _ = writeln!(
            anstream::stderr(),
            "error: treequake has a bug ({place}: {what})\nThis is not your mistake. Please report it with the \
             scenario and the command."
        );
    }));
}
