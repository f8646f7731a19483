//! `treequake export`: writes a run for another program.

use super::exit::Exit;
use super::output::Sink;
use super::values::monitor;
use super::{load, output, when};
use crate::export::{Extract, Remark, csv, graphviz, mermaid, perfetto, shiviz};
use crate::process::Monitor;
use crate::recording::Recording;
use crate::time::{Span, Time};
use crate::words::terminal::shown;
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
    /// Export the tree at this time, such as 250ms, or the events up to it; or end
    #[arg(long, value_name = "TIME", default_value = "end", value_parser = when::parse_at)]
    at: when::At,
    /// Leave out events before this time, such as 5m, but count them in totals (mermaid, csv)
    #[arg(long, value_name = "TIME", value_parser = parse_from)]
    from: Option<Time>,
    /// Write one node per context, even for many identical siblings (graphviz)
    #[arg(long)]
    all: bool,
    /// The diagram to write (mermaid)
    #[arg(long, value_enum, default_value = "sequence")]
    diagram: Diagram,
    /// Run the scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A trace for Perfetto or chrome://tracing (JSON)
    Perfetto,
    /// The tree at one moment (DOT)
    Graphviz,
    /// A diagram of a small case, as GitHub shows it
    Mermaid,
    /// One row per event, for notebooks and spreadsheets
    Csv,
    /// A log with vector clocks
    Shiviz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Diagram {
    /// Who sent what to whom, in order
    Sequence,
    /// The tree at one moment
    Tree,
}

/// Reads a time.
fn parse_from(text: &str) -> Result<Time, String> {
    Span::parse_units(text).map(|span| Time::from_ns(span.as_ns())).map_err(|error| error.to_string())
}

/// Runs a scenario, and writes it in the given format.
pub fn export(args: &ExportArgs) -> Exit {
    if let Some(refusal) = refusal(args) {
        return output::complain(refusal);
    }
    let path = args.out.as_deref().unwrap_or(Path::new("-"));
    if output::is_same_file(path, &args.file) {
        return output::complain(&format!("{} is the scenario itself; name another file", shown(path)));
    }
    if let Some(mend) = misfit(args.format, path) {
        return output::complain(&format!("{}: {mend}", shown(path)));
    }
    if let Some(refusal) = output::refusal(path) {
        return output::complain(&refusal);
    }
    let exported = || {
        let scenario = load::load_under(&args.file, args.monitor)?;
        Ok(export_to(args, &load::record(&scenario, &args.file)?, path))
    };
    exported().unwrap_or_else(|exit: Exit| exit)
}

/// Why these options cannot be combined, if so.
fn refusal(args: &ExportArgs) -> Option<&'static str> {
    let is_sequence = args.format == Format::Mermaid && args.diagram == Diagram::Sequence;
    if args.diagram == Diagram::Tree && args.format != Format::Mermaid {
        return Some("--diagram works only with `export mermaid`; remove it");
    }
    if args.from.is_some() && args.format != Format::Csv && !is_sequence {
        return Some("--from works only with `export csv` and with sequences of `export mermaid`; remove it");
    }
    (args.all && args.format != Format::Graphviz).then_some("--all works only with `export graphviz`; remove it")
}

fn export_to(args: &ExportArgs, recording: &Recording<'_>, path: &Path) -> Exit {
    if recording.is_cut && args.at.time().is_none_or(|at| at > recording.end()) {
        let end = recording.end();
        output::remark(&format!("warning: the run continues after {end}; it is too long to export all of it\n"));
    }
    let mut extract = Extract::new(recording, args.at.time());
    if let Some(from) = args.from {
        extract = extract.told_from(from);
    }
    match write(args, &extract, path) {
        Ok(remark) => {
            remark.iter().for_each(|remark| output::remark(&format!("note: {remark}\n")));
            Exit::Fine
        }
        // A closed pipe is not an error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(error) => output::complain(&output::cannot_be_written(path, &error)),
    }
}

/// What to do instead, if the name of the file is that of a picture or of another format.
fn misfit(format: Format, path: &Path) -> Option<String> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    let is_picture = matches!(ending.as_str(), "svg" | "png" | "pdf" | "jpg" | "jpeg" | "gif" | "html");
    let own = match format {
        Format::Perfetto => "json",
        Format::Graphviz => "dot",
        Format::Mermaid => "mmd",
        Format::Csv => "csv",
        Format::Shiviz => "log",
    };
    let is_of_another = ["json", "dot", "gv", "mmd", "csv"].contains(&ending.as_str());
    let is_own = own == ending || (format, ending.as_str()) == (Format::Graphviz, "gv");
    match format {
        Format::Graphviz if is_picture => Some(format!(
            "this writes DOT, not a picture; use a name that ends in .dot, or remove --out and append \
             `| dot -T{ending} > {}` to the command",
            shown(path)
        )),
        _ if is_picture => {
            Some(format!("this does not write a picture; use a name that ends in .{own}, or see `treequake chart`"))
        }
        _ if is_of_another && !is_own => {
            Some(format!("this is the ending of another format; use a name that ends in .{own}"))
        }
        _ => None,
    }
}

fn write(args: &ExportArgs, extract: &Extract<'_>, path: &Path) -> io::Result<Remark> {
    let mut sink = Sink::open(path)?;
    let out: &mut dyn Write = &mut sink;
    let remark = match args.format {
        Format::Perfetto => perfetto::write(extract, out)?,
        Format::Graphviz => graphviz::write(extract, args.all, out)?,
        Format::Csv => csv::write(extract, out)?,
        Format::Shiviz => shiviz::write(extract, out)?,
        Format::Mermaid => {
            // In Markdown, a diagram needs a fence.
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
