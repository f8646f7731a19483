//! `treequake report`: writes a web page.

mod beside;
mod campaign;
mod compare;
mod run;
mod worlds;

use super::exit::Exit;
use super::known::KnownArgs;
use super::output;
use super::values::monitor;
use crate::process::Monitor;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct ReportArgs {
    /// Write to this file; `-` is standard output; default: NAME.html in the current folder for a scenario NAME.json,
    /// and FOLDER/report.html for a folder
    #[arg(long, short, alias = "output", value_name = "PAGE.html", value_parser = parse_page)]
    out: Option<PathBuf>,
    /// Run the scenario under this monitor instead of its own
    #[arg(long, value_name = "NAME", value_parser = monitor(), hide_possible_values = true)]
    monitor: Option<Monitor>,
    /// Show the scenario under these two monitors, side by side on one time axis; such as mitogen-0.2.4,mitogen-0.3. Each is
    /// a name, mitogen:DIR for the Mitogen in a source folder, or the NAME of a --protocol
    #[arg(long, value_name = "NAME,NAME", value_parser = monitor(), hide_possible_values = true, value_delimiter = ',',
          conflicts_with = "monitor")]
    compare: Vec<Monitor>,
    #[command(flatten)]
    known: KnownArgs,
    /// A scenario file (`-` is standard input), or the folder of a campaign or of small worlds
    #[arg(value_name = "FILE|FOLDER")]
    of: PathBuf,
}

fn parse_page(path: &str) -> Result<PathBuf, String> {
    let is_page = output::is_stdout(path.as_ref()) || [".html", ".htm"].iter().any(|ending| path.ends_with(ending));
    is_page.then(|| path.into()).ok_or_else(|| "a page is HTML; use a name that ends in .html, or `-`".to_owned())
}

/// Writes the page.
pub fn report(args: &ReportArgs) -> Exit {
    let known = match args.known.read() {
        Ok(known) => known,
        Err(exit) => return exit,
    };
    if !args.of.is_dir() {
        if known.is_given() {
            return output::complain("--known works only with the folder of a campaign; remove --known");
        }
        return match args.compare[..] {
            [] => run::report(&args.of, args.monitor, args.out.as_deref()),
            [one, other] if one != other => compare::report(&args.of, [one, other], args.out.as_deref()),
            _ => {
                output::complain("--compare needs two different monitors, such as --compare mitogen-0.2.4,mitogen-0.3")
            }
        };
    }
    if !args.compare.is_empty() {
        return output::complain(
            "--compare works only with a scenario file; `treequake compare --seeds` compares monitors on many cases",
        );
    }
    match args.monitor {
        Some(_) => output::complain(
            "--monitor works only with a scenario file; a campaign has a monitor of its own; remove --monitor",
        ),
        None if worlds::is_there(&args.of) && known.is_given() => {
            output::complain("--known works only with the folder of a campaign; remove --known")
        }
        None if worlds::is_there(&args.of) => worlds::report(&args.of, args.out.as_deref()),
        None => campaign::report(&args.of, args.out.as_deref(), known),
    }
}
