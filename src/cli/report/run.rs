//! The page of a scenario's run.

use crate::cli::exit::Exit;
use crate::cli::progress::{Line, Mode};
use crate::cli::{load, mine, output};
use crate::page::html;
use crate::page::run::{self, About};
use crate::process::Monitor;
use crate::words::counted;
use crate::words::terminal::shown;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

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
pub fn page(file: &Path, monitor: Option<Monitor>, about: About<'_>) -> Result<String, Exit> {
    let scenario = load::load_under(file, monitor)?;
    let recording = load::record_first(run::MOMENTS_RECORDED, &scenario, file)?;
    if let Some(events) = run::events_shown(&recording) {
        output::remark(&format!(
            "note: {}: a browser cannot show all {} of this run; the page shows the first {events}\n",
            shown(file),
            counted(recording.outcome.events, "event", "events"),
        ));
    }
    // For people who wait for it. The runs of a campaign are only a part of what it writes.
    if about.broke.is_none() && io::stderr().is_terminal() {
        let outcome = &recording.outcome;
        output::remark(&format!(
            "ran {} under {}: {} after {}\n",
            shown(file),
            outcome.monitor,
            outcome.verdict,
            counted(outcome.events, "event", "events")
        ));
    }
    let line = Line::new(Mode::Auto);
    let page = line.during("making the page", || run::page(&recording, about));
    line.clear();
    Ok(page)
}

/// Writes a page, and reports that unless it goes to standard output.
pub fn write(out: &Path, page: &str) -> Exit {
    match output::write_file(out, page) {
        Exit::Fine if !output::is_stdout(out) => {
            let size = page.len().div_ceil(1000);
            output::say(&format!("wrote {} ({size} kB); open it in a browser\n", shown(out)))
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
