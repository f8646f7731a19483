//! `treequake completions` and `treequake man`: completion scripts and manual pages, generated from the command line.

use super::exit::Exit;
use super::output;
use crate::words::terminal::shown;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub struct ManArgs {
    /// Write the pages of all subcommands too, one file each, into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Prints the script for a shell.
pub fn completions(args: &CompletionsArgs, command: &mut Command) -> Exit {
    let mut script = Vec::new();
    generate(args.shell, command, "treequake", &mut script);
    output::say(&String::from_utf8_lossy(&script))
}

/// Prints the manual page, or writes all of them.
pub fn man(args: &ManArgs, command: Command) -> Exit {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    match &args.out {
        None => page(&command).map_or_else(|error| unwritable(Path::new("-"), &error), |(_, text)| output::say(&text)),
        Some(folder) => match fs::create_dir_all(folder) {
            Ok(()) => write_pages(&command, folder),
            Err(error) => unwritable(folder, &error),
        },
    }
}

/// Writes the page of a command, and those of its subcommands.
fn write_pages(command: &Command, folder: &Path) -> Exit {
    let exit = match page(command) {
        Ok((name, text)) => output::write_file(&folder.join(name), &text),
        Err(error) => unwritable(folder, &error),
    };
    command.get_subcommands().fold(exit, |exit, command| exit.max(write_pages(command, folder)))
}

/// The page of a command, and the name of its file.
fn page(command: &Command) -> io::Result<(String, String)> {
    let source = format!("treequake {}", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).source(source).manual("treequake");
    let mut text = Vec::new();
    page.render(&mut text)?;
    // The text after the help of a command is always its exit codes.
    let text = String::from_utf8_lossy(&text).replace(".SH EXTRA\nExit codes:\n", ".SH EXIT STATUS\n");
    Ok((page.get_filename(), text))
}

fn unwritable(path: &Path, error: &io::Error) -> Exit {
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => "this is a file; name a folder".to_owned(),
        _ => output::explain(error),
    };
    output::complain(&format!("{} cannot be written: {why}", shown(path)))
}
