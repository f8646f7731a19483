//! How the user stops a run: with a time, and with Ctrl-C.

use crate::time::Span;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C sets; a second one ends the program at once. Ask for it once.
pub fn by_ctrl_c() -> Arc<AtomicBool> {
    let is_stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_stopped);
    // Without a handler, Ctrl-C ends the program as usual.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    is_stopped
}

/// Reads a time on the wall clock, as in scenario files.
pub fn parse_timeout(text: &str) -> Result<Span, String> {
    match Span::parse(text) {
        Ok(span) if span == Span::default() => Err("it must not be zero; leave it out for no timeout".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}
