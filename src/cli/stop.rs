//! How the user stops a run: with a time, and with Ctrl-C.

use crate::pipe;
use crate::time::Span;
#[cfg(unix)]
use crate::whole_file::remove_parts;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What Ctrl-C sets, if a command has asked for it.
static BY_CTRL_C: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// A flag that Ctrl-C sets; a second one ends the program at once.
pub fn by_ctrl_c() -> Arc<AtomicBool> {
    Arc::clone(BY_CTRL_C.get_or_init(Arc::default))
}

/// Too large a file (POSIX does not give its number, but these systems agree).
#[cfg(unix)]
const SIGXFSZ: i32 = 25;

/// From now on, a signal that ends the program first removes its unfinished files. The program then ends by that signal,
/// as it would have without this. Signals that the parent has chosen to ignore, as `nohup` does, stay ignored.
#[cfg(unix)]
pub fn watch() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;
    // A file that gets larger than the system allows is then an error of its writer, who says so.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    let watched = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
    // Without a handler, a signal ends the program as usual.
    let Ok(mut signals) = Signals::new(watched) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let is_first = signal == SIGINT && BY_CTRL_C.get().is_some_and(|flag| !flag.swap(true, Ordering::SeqCst));
            if !is_first {
                pipe::close_all();
                remove_parts(|| drop(emulate_default_handler(signal)));
            }
        }
    });
}

/// As on unix, but nothing is removed.
#[cfg(not(unix))]
pub fn watch() {}

/// Whether this process began with a signal ignored; where the system does not say, it did not.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Reads a time on the wall clock.
pub fn parse_timeout(text: &str) -> Result<Span, String> {
    match Span::parse_units(text) {
        Ok(span) if span == Span::default() => Err("it must not be zero; leave it out for no timeout".to_owned()),
        Ok(span) => Ok(span),
        Err(error) => Err(error.to_string()),
    }
}
