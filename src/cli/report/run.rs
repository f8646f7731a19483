//! The page of a scenario's run.

use crate::cli::exit::Exit;
use crate::cli::progress::{Line, Mode};
use crate::cli::{load, mine, output};
use crate::page::html;
use crate::page::run::{self, About};
use crate::process::Monitor;
use crate::recording::Recording;
use crate::words::terminal::shown;
use crate::words::{counted, grouped};
use std::path::{Path, PathBuf};

/// A page, and what is on it, in lines.
pub struct Page {
    pub html: String,
    pub about: String,
    /// Whether the run is on it from its start to its end.
    pub is_whole: bool,
}

/// Runs the scenario of a file and writes its page to `out`; default: a file with the name of the scenario.
pub fn report(file: &Path, monitor: Option<Monitor>, out: Option<&Path>) -> Exit {
    let out = match place(file, out) {
        Ok(out) => out,
        Err(refusal) => return output::complain(&refusal),
    };
    let about = About { path: &file.display().to_string(), ..About::default() };
    match page(file, monitor, about) {
        Ok(page) => write(&out, &page),
        Err(exit) => exit,
    }
}

/// Runs the scenario of a file and returns its page, or reports why it cannot.
pub fn page(file: &Path, monitor: Option<Monitor>, about: About<'_>) -> Result<Page, Exit> {
    let scenario = load::load_under(file, monitor)?;
    let recording = load::record_first(run::MOMENTS_RECORDED, &scenario, file)?;
    let line = Line::new(Mode::Auto);
    let html = line.during("making the page", || run::page(&recording, about));
    line.clear();
    Ok(Page { html, about: shows(&recording), is_whole: run::events_shown(&recording).is_none() })
}

/// What of a run a page shows, and what it leaves out.
pub fn shows(recording: &Recording<'_>) -> String {
    let outcome = &recording.outcome;
    let events = counted(outcome.events, "event", "events");
    let (monitor, contexts) = (outcome.monitor, counted(outcome.contexts, "context", "contexts"));
    let run = format!("under {monitor}, {}, with {contexts}", outcome.verdict);
    match run::events_shown(recording) {
        None => format!("shows:    the whole run {run}: {events} in {}\n", outcome.end),
        Some(shown) => format!(
            "shows:    the first {} of the run {run}\nleft out: the other {}; a browser cannot show all {events}\n",
            counted(shown, "event", "events"),
            grouped(outcome.events.saturating_sub(shown)),
        ),
    }
}

/// Writes a page, and reports that unless it goes to standard output.
pub fn write(out: &Path, page: &Page) -> Exit {
    match output::write_file(out, &page.html) {
        Exit::Fine if !output::is_stdout(out) => {
            let size = grouped(page.html.len().div_ceil(1000) as u64);
            output::tell(&format!("wrote {} ({size} kB); open it in a browser\n{}", shown(out), page.about))
        }
        exit => exit,
    }
}

/// The place of the page, or why the page cannot go there.
pub fn place(file: &Path, out: Option<&Path>) -> Result<PathBuf, String> {
    if let Some(out) = out {
        if output::is_same_file(out, file) {
            return Err(format!("--out {} would overwrite the scenario itself; name another file", shown(out)));
        }
        if let Some(refusal) = mine::other(out, html::MARK) {
            return Err(format!("{refusal}, or name another file with --out"));
        }
        return output::refusal(out).map_or(Ok(out.to_owned()), Err);
    }
    let stem = file.file_stem().filter(|_| file != Path::new("-")).unwrap_or("run".as_ref());
    let mut name = stem.to_owned();
    name.push(".html");
    let out = PathBuf::from(name);
    if out.symlink_metadata().is_err() || is_page(&out) {
        return output::refusal(&out).map_or(Ok(out), Err);
    }
    Err(format!("{} already exists and is not a page of treequake; name another file with --out", shown(&out)))
}

/// Whether a file is a page that treequake wrote.
pub fn is_page(path: &Path) -> bool {
    mine::is_marked(path, html::MARK)
}
