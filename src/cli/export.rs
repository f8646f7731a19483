//! `treequake export`: a run in the format of another program.

use super::output::Sink;
use super::{Exit, lint, output, parse_monitor, when};
use crate::export::{Extract, Remark, csv, graphviz, mermaid, perfetto, shiviz};
use crate::protocol::Revision;
use crate::recording::record;
use clap::{Args, ValueEnum};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ExportArgs {
    /// The format
    #[arg(value_enum)]
    format: Format,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write to this file instead of standard output
    #[arg(long, short, alias = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Export what there is at this time, such as 250ms: the tree as it is then, or all that has happened up to it
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// What Mermaid is to draw
    #[arg(long, value_enum, default_value = "sequence")]
    diagram: Diagram,
    /// Run it under this monitor, instead of the one that the file names
    #[arg(long, value_name = "NAME", value_parser = parse_monitor)]
    monitor: Option<Revision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A trace for Perfetto or chrome://tracing: tracks, slices, arrows (JSON).
    Perfetto,
    /// The tree at a moment for Graphviz (DOT).
    Graphviz,
    /// A diagram of a small case for Mermaid, as GitHub shows it.
    Mermaid,
    /// A row an event, for notebooks and spreadsheets.
    Csv,
    /// A log with vector clocks for ShiViz.
    Shiviz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Diagram {
    /// Who sent what to whom, in order.
    Sequence,
    /// The tree at a moment.
    Tree,
}

/// Runs a scenario, and writes it in the format that was asked for.
pub fn export(args: &ExportArgs) -> Exit {
    if args.diagram == Diagram::Tree && args.format != Format::Mermaid {
        return output::complain("--diagram is for `export mermaid`; leave it out");
    }
    let mut scenario = match lint::load(&args.file) {
        Ok(loaded) => loaded.scenario,
        Err(exit) => return exit,
    };
    let path = args.out.as_deref().unwrap_or(Path::new("-"));
    if output::is_same_file(path, &args.file) {
        return output::complain(&format!("{} is the scenario itself; name another file", path.display()));
    }
    scenario.revision = args.monitor.unwrap_or(scenario.revision);
    let recording = match record(&scenario) {
        Ok(recording) => recording,
        Err(error) => return output::complain(&format!("{}: {error}", args.file.display())),
    };
    if recording.is_cut && args.at.time().is_none_or(|at| at > recording.end()) {
        let end = recording.end();
        output::remark(&format!("warning: the run goes on after {end}; it is too long to be exported whole\n"));
    }
    match write(args, &Extract::new(&recording, args.at.time()), path) {
        Ok(remark) => {
            remark.iter().for_each(|remark| output::remark(&format!("note: {remark}\n")));
            Exit::Fine
        }
        // A reader that has gone away is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(error) => output::complain(&format!("{} can not be written: {}", path.display(), output::explain(&error))),
    }
}

fn write(args: &ExportArgs, extract: &Extract<'_>, path: &Path) -> io::Result<Remark> {
    let mut sink = Sink::open(path)?;
    let out: &mut dyn Write = &mut sink;
    let remark = match args.format {
        Format::Perfetto => perfetto::write(extract, out)?,
        Format::Graphviz => graphviz::write(extract, out)?,
        Format::Csv => csv::write(extract, out)?,
        Format::Shiviz => shiviz::write(extract, out)?,
        Format::Mermaid => {
            // In a page, a diagram stands in a fence.
            let is_page = path.extension().is_some_and(|ending| ending == "md");
            out.write_all(if is_page { b"```mermaid\n" } else { b"" })?;
            let remark = match args.diagram {
                Diagram::Sequence => mermaid::sequence(extract, out)?,
                Diagram::Tree => mermaid::tree(extract, out)?,
            };
            out.write_all(if is_page { b"```\n" } else { b"" })?;
            remark
        }
    };
    sink.finish()?;
    Ok(remark)
}
