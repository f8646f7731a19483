//! `treequake report`: a page to look at in a browser.

use super::{Exit, ReportArgs, lint, output};
use crate::page::{html, run};
use crate::recording::record;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Writes the page of a scenario's run.
pub fn report(args: &ReportArgs) -> Exit {
    let out = match place(args) {
        Ok(out) => out,
        Err(refusal) => return output::complain(&refusal),
    };
    let mut scenario = match lint::load(&args.path) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    scenario.revision = args.monitor.unwrap_or(scenario.revision);
    let recording = match record(&scenario) {
        Ok(recording) => recording,
        Err(error) => return output::complain(&format!("{}: {error}", args.path.display())),
    };
    write(&out, &run::page(&recording, &args.path.display().to_string(), &[]))
}

/// Writes a page, and says so unless it goes to standard output.
fn write(out: &Path, page: &str) -> Exit {
    match output::write_file(out, page) {
        Exit::Fine if output::is_stdout(out) => Exit::Fine,
        Exit::Fine => {
            output::say(&format!("wrote {} ({} kB); open it in a browser\n", out.display(), page.len().div_ceil(1000)))
        }
        exit => exit,
    }
}

/// Where the page goes; or why it can not go there.
fn place(args: &ReportArgs) -> Result<PathBuf, String> {
    if let Some(out) = &args.out {
        let is_input = output::is_same_file(out, &args.path);
        return match is_input {
            true => Err(format!("--out {} would write over the scenario itself; name another file", out.display())),
            false => Ok(out.clone()),
        };
    }
    let stem = args.path.file_stem().filter(|_| args.path != Path::new("-")).unwrap_or("run".as_ref());
    let mut name = stem.to_owned();
    name.push(".html");
    let out = PathBuf::from(name);
    match out.symlink_metadata().is_err() || is_page(&out) {
        true => Ok(out),
        false => Err(format!(
            "{} is there already, and no page of treequake; name another file with --out, or this one to have it replaced",
            out.display()
        )),
    }
}

/// Whether a file is a page that treequake has written.
fn is_page(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(2048).read_to_end(&mut head));
    read.is_ok() && head.windows(html::MARK.len()).any(|bytes| bytes == html::MARK.as_bytes())
}
