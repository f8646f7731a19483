//! treequake beside its peers, measured in one run, in turns. The README says what is comparable and what is not.
//!
//! Without arguments: nexosim and bgpsim. `--mitogen` adds Mitogen's own code, which needs Python 3 and, once, PyPI.
//! `--only nexosim`, `bgpsim` or `mitogen` runs one of them.

mod bgp;
mod handlers;
mod measure;
mod mitogen;
mod phold;

use std::process::ExitCode;

const USAGE: &str = "usage: treequake-peers [--mitogen | --only nexosim|bgpsim|mitogen]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let peers: &[&str] = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => &["nexosim", "bgpsim"],
        ["--mitogen"] => &["nexosim", "bgpsim", "mitogen"],
        ["--only", "nexosim"] => &["nexosim"],
        ["--only", "bgpsim"] => &["bgpsim"],
        ["--only", "mitogen"] => &["mitogen"],
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    measure::print_head();
    for peer in peers {
        match *peer {
            "nexosim" => phold::measure(),
            "bgpsim" => bgp::measure(),
            _ => mitogen::measure(),
        }
    }
    ExitCode::SUCCESS
}
