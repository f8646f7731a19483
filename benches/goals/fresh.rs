//! Runs in a fresh process, whose peak of resident memory is theirs alone: this program, called again.

use super::large::{random_join, random_kills, retraction};
use crate::workloads::{self, STAR};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};
use treequake::run::Check;
use treequake::scenario::Scenario;

/// The argument before the name of a run.
const ARGUMENT: &str = "--fresh";

const MILLION: u32 = 1_000_000;

/// A run that has a process of its own.
#[derive(Clone, Copy, PartialEq)]
pub enum Fresh {
    /// A star of a million joins.
    Star,
    /// A 4-ary tree of a million joins.
    FourAry,
    /// A random tree of a million joins.
    Random,
    /// A random tree of a million joins, and dies.
    RandomKills,
    /// Half of a tree dies in which everybody has talked.
    Teardown,
    /// One death that is told 10^12 times.
    Retraction,
}

impl Fresh {
    const ALL: [Fresh; 6] =
        [Fresh::Star, Fresh::FourAry, Fresh::Random, Fresh::RandomKills, Fresh::Teardown, Fresh::Retraction];

    /// What its row is called.
    pub fn name(self) -> &'static str {
        match self {
            Fresh::Star => "memory: star of 1000000",
            Fresh::FourAry => "memory: 4-ary tree of 1000000",
            Fresh::Random => "random tree of 1000000",
            Fresh::RandomKills => "random tree of 1000000, and as many kills",
            Fresh::Teardown => "teardown of half a 4-ary tree of 50000 after calls",
            Fresh::Retraction => "one death among 16 contexts, told 10^12 times",
        }
    }

    fn scenario(self) -> Scenario {
        match self {
            Fresh::Star => workloads::join(MILLION, STAR),
            Fresh::FourAry => workloads::join(MILLION, 4),
            Fresh::Random => random_join(MILLION),
            Fresh::RandomKills => random_kills(MILLION),
            Fresh::Teardown => workloads::teardown(50_000),
            Fresh::Retraction => retraction(),
        }
    }

    /// Runs it in a fresh process.
    pub fn measure(self) -> Cost {
        let program = env::current_exe().expect("this program has a path");
        let output = Command::new(program).args([ARGUMENT, self.name()]).output().expect("it starts again");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("numbers");
        let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        Cost { events: numbers[0], time: Duration::from_nanos(numbers[1]), peak_bytes: numbers.get(2).copied() }
    }
}

/// What a run in a process of its own took.
pub struct Cost {
    /// How many events it had.
    pub events: u64,
    /// How long it took, without building the scenario.
    pub time: Duration,
    /// The most memory that was resident, the scenario and the program included; unknown where there is no `/proc`.
    pub peak_bytes: Option<u64>,
}

/// Whether this process is such a one; then it has done its run.
pub fn is_done() -> bool {
    let name = env::args().skip_while(|argument| argument != ARGUMENT).nth(1);
    let Some(fresh) = name.and_then(|name| Fresh::ALL.into_iter().find(|fresh| fresh.name() == name)) else {
        return false;
    };
    let run = workloads::whole(&fresh.scenario(), Check::AtEnd);
    println!("{} {}", run.operations, run.time.as_nanos());
    if let Some(bytes) = peak_bytes() {
        println!("{bytes}");
    }
    true
}

/// The line `VmHWM:  12345 kB`.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
