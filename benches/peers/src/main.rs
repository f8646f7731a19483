//! treequake beside its peers, measured in one run, in turns. The README says what is comparable and what is not.
//!
//! Without arguments: all but Mitogen. `--mitogen` adds Mitogen's own code, which needs Python 3 and, once, PyPI.
//! `--only` and a name runs one of them.

mod actors;
mod bgp;
mod churn;
mod every_order;
mod handlers;
mod hosts;
mod measure;
mod mitogen;
mod node;
mod phold;
mod scenario;

use std::process::ExitCode;

/// A peer, and what prints its rows.
type Peer = (&'static str, fn());

/// All peers; the last one needs more than cargo.
const PEERS: [Peer; 6] = [
    ("nexosim", phold::measure),
    ("bgpsim", bgp::measure),
    ("turmoil", churn::measure_turmoil),
    ("stateright", churn::measure_stateright),
    ("orders", every_order::measure),
    ("mitogen", mitogen::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |peer: &Peer| match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => peer.0 != "mitogen",
        ["--mitogen"] => true,
        ["--only", name] => peer.0 == name,
        _ => false,
    };
    let peers: Vec<Peer> = PEERS.into_iter().filter(wanted).collect();
    if peers.is_empty() {
        eprintln!("usage: treequake-peers [--mitogen | --only {}]", PEERS.map(|(name, _)| name).join("|"));
        return ExitCode::from(2);
    }
    measure::print_head();
    peers.iter().for_each(|(_, measure)| measure());
    ExitCode::SUCCESS
}
