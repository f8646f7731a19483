//! `treequake chart`: results and recordings as pictures.

use super::{Exit, inputs, lint, output, parse_monitor};
use crate::chart::canvas::Picture;
use crate::chart::convergence;
use crate::protocol::Revision;
use crate::recording::record;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum ChartCommand {
    /// Wrong route-table entries and messages on the wires over virtual time, with the faults; a panel a scenario.
    Convergence(ConvergenceArgs),
}

/// Where a chart goes.
#[derive(Args)]
pub struct Where {
    /// Write the picture to this file, as SVG or PNG by its ending; `-` is SVG on standard output. If it is not said,
    /// an SVG of a new name in this folder
    #[arg(long, short, value_name = "FILE", value_parser = parse_picture, conflicts_with = "data")]
    out: Option<PictureFile>,
    /// How many times as large a PNG is as 800 pixels
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    scale: u32,
    /// Print what would be drawn as CSV, and draw nothing
    #[arg(long)]
    data: bool,
}

#[derive(Args)]
pub struct ConvergenceArgs {
    #[command(flatten)]
    to: Where,
    /// Run all scenarios under this monitor, instead of the one that each file names
    #[arg(long, value_name = "NAME", value_parser = parse_monitor)]
    monitor: Option<Revision>,
    /// The scenario files, or folders of them: all *.json in it and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

/// A file for a picture, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    path: PathBuf,
    kind: PictureKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureKind {
    Svg,
    Png,
}

/// Reads the name of a file for a picture.
pub fn parse_picture(name: &str) -> Result<PictureFile, String> {
    let path = PathBuf::from(name);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let kind = match ending.as_deref() {
        _ if output::is_stdout(&path) => PictureKind::Svg,
        Some("svg") => PictureKind::Svg,
        Some("png") => PictureKind::Png,
        _ => return Err("a chart is SVG or PNG; let the name end in .svg or .png".to_owned()),
    };
    Ok(PictureFile { path, kind })
}

/// Draws a chart.
pub fn chart(command: ChartCommand) -> Exit {
    match command {
        ChartCommand::Convergence(args) => convergence(args),
    }
}

fn convergence(mut args: ConvergenceArgs) -> Exit {
    let exit = inputs::expand(&mut args.files);
    if exit != Exit::Fine {
        return exit;
    }
    if args.files.len() > convergence::PANELS_MAX {
        let (count, max) = (args.files.len(), convergence::PANELS_MAX);
        return output::complain(&format!("{count} scenarios are too many for one picture; name {max} at most"));
    }
    let mut runs = Vec::new();
    for path in &args.files {
        match convergence_of(path, args.monitor) {
            Ok(series) => runs.push(series),
            Err(exit) => return exit,
        }
    }
    let name = match args.files.as_slice() {
        [only] => format!("convergence-{}", stem(only)),
        _ => "convergence".to_owned(),
    };
    put(&args.to, &name, || convergence::csv(&runs), || convergence::draw(&runs).picture)
}

/// Runs a scenario, and says what its chart is drawn of.
fn convergence_of(path: &Path, monitor: Option<Revision>) -> Result<convergence::Series, Exit> {
    let mut scenario = lint::load(path)?.scenario;
    scenario.revision = monitor.unwrap_or(scenario.revision);
    let recording = record(&scenario).map_err(|error| output::complain(&format!("{}: {error}", path.display())))?;
    Ok(convergence::series(&recording))
}

/// What a file is called, without its folder and its ending.
fn stem(path: &Path) -> String {
    match path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) {
        Some(stem) if stem != "-" => stem,
        _ => "scenario".to_owned(),
    }
}

/// Prints the data, or writes the picture where it is to go, or else to a new file called `name`.
fn put(to: &Where, name: &str, csv: impl FnOnce() -> String, picture: impl FnOnce() -> Picture) -> Exit {
    if to.data {
        return output::say(&csv());
    }
    let file = match &to.out {
        Some(file) => file.clone(),
        None => PictureFile { path: free(name), kind: PictureKind::Svg },
    };
    write(&file, &picture(), to.scale)
}

/// Writes a picture, and says where to.
fn write(file: &PictureFile, picture: &Picture, scale: u32) -> Exit {
    let written = write_picture(file, picture, scale);
    if written != Exit::Fine || output::is_stdout(&file.path) {
        return written;
    }
    output::say(&format!("chart {}\n", file.path.display()))
}

/// Writes a picture.
pub fn write_picture(file: &PictureFile, picture: &Picture, scale: u32) -> Exit {
    match file.kind {
        PictureKind::Svg => output::write_file(&file.path, picture.svg()),
        PictureKind::Png => output::write_file(&file.path, picture.png(scale)),
    }
}

/// A name that no file in this folder has.
fn free(name: &str) -> PathBuf {
    let names = std::iter::once(format!("{name}.svg")).chain((2..).map(|n| format!("{name}-{n}.svg")));
    let mut paths = names.map(PathBuf::from);
    paths.find(|path| path.symlink_metadata().is_err()).expect("there are more names than files")
}
