//! What people run: the whole command `fuzz`, both result files and shrinking included, as a process of its own. And what a
//! latency costs that is drawn.

use crate::goal;
use crate::table::{Figures, Table};
use crate::workloads;
use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Instant;
use treequake::draw::{Distribution, Drawing, Latency, LatencyStream};
use treequake::run::orders;
use treequake::time::Span;
use treequake::world::{Choice, Watch};

/// The program that is measured: that of the bench's own profile.
const PROGRAM: &str = env!("CARGO_BIN_EXE_treequake");

/// The variable that names an older program, to measure how many times as fast this one is.
const OLD: &str = "TREEQUAKE_OLD";

/// The profiles, each with what it is to reach beside the program of commit b9a7ac3.
const PROFILES: [(&str, f64, f64); 5] =
    [("default", 6.0, 12.0), ("reuse", 3.0, 6.0), ("deep", 3.0, 6.0), ("wide", 3.0, 6.0), ("gentle", 3.0, 6.0)];

/// The rows of whole campaigns.
pub fn campaigns(table: &Table) {
    let seeds = if table.is_quick { 6_000 } else { 60_000 };
    let old = env::var(OLD).ok();
    table.heading(&format!("Whole command: fuzz of {seeds} seeds"));
    for (profile, floor, aim) in PROFILES {
        let rate = format!("campaign: {profile}, thousands of cases a second");
        if table.wants(&rate) {
            let fuzz = || seconds(PROGRAM, profile, seeds, 1);
            let turns = table.turns(|| (fuzz(), old.as_ref().map(|old| seconds(old, profile, seeds, 1))));
            table.row(&rate, &Figures::new(turns.iter().map(|(new, _)| 1e-3 * f64::from(seeds) / new)), None);
            let ratios: Option<Vec<f64>> = turns.iter().map(|(new, old)| Some((*old)? / new)).collect();
            let what = format!("campaign: {profile}, times the speed of ${OLD}");
            match ratios {
                Some(ratios) => table.row(&what, &Figures::new(ratios), goal(floor, aim)),
                None => println!("{what:54} not set: name a program of commit b9a7ac3"),
            }
        }
    }
    let what = "campaign: default, two jobs over one";
    if table.wants(what) {
        let turns = table.turns(|| seconds(PROGRAM, "default", seeds, 1) / seconds(PROGRAM, "default", seeds, 2));
        table.row(what, &Figures::new(turns), goal(1.8, 1.95));
    }
}

/// How long a campaign takes, from the start of its process to the end.
fn seconds(program: &str, profile: &str, seeds: u32, jobs: u32) -> f64 {
    let folder = env::temp_dir().join(format!("treequake-goals-{}", std::process::id()));
    let start = Instant::now();
    let status = Command::new(program)
        .args(["fuzz", "--profile", profile, "--seeds", &format!("0..{seeds}"), "--jobs", &jobs.to_string(), "--out"])
        .arg(&folder)
        .current_dir(env::temp_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program starts");
    let seconds = start.elapsed().as_secs_f64();
    // 1 means that some cases fail.
    assert!(status.code().is_some_and(|code| code <= 1), "{program} ended with {status}");
    std::fs::remove_dir_all(&folder).expect("the campaign has written its folder");
    seconds
}

/// The row of a fork, of which an exploration takes one for each state: 8 contexts have joined, and one has just died.
pub fn forks(table: &Table) {
    const FORKS: u32 = 100_000;
    let what = "fork: of a run of 8 contexts, nanoseconds";
    if !table.wants(what) {
        return;
    }
    table.heading("A fork, nanoseconds");
    let contexts = (1..=8).map(|id| workloads::connect(id, (id - 1) / 2)).collect();
    let scenario = workloads::scenario(contexts, vec![workloads::kill(workloads::BEGIN, 8)]);
    let mut run = orders(&scenario, Some(workloads::BEGIN), Watch::Records).expect("it needs no clock");
    run.perform(Choice::Step).expect("the step can be done");
    let turns = table.turns(|| {
        let start = Instant::now();
        (0..FORKS).for_each(|_| drop(black_box(run.fork())));
        start.elapsed().as_secs_f64() * 1e9 / f64::from(FORKS)
    });
    table.row(what, &Figures::new(turns), goal(2_000.0, 500.0));
}

/// The rows of drawn latencies.
pub fn draws(table: &Table) {
    const DRAWS: u32 = 2_000_000;
    let ms = Span::from_ms;
    table.heading("A latency drawn, nanoseconds");
    for (name, distribution) in [
        ("uniform", Distribution::Uniform { min: ms(5), max: ms(15) }),
        ("exponential", Distribution::Exponential { min: ms(5), mean: ms(10) }),
        ("log-normal", Distribution::LogNormal { median: ms(10), p99: ms(80) }),
    ] {
        for drawing in Drawing::ALL.into_iter().rev() {
            let what = format!("draw: {name}, drawing {drawing}");
            if !table.wants(&what) {
                continue;
            }
            let turns = table.turns(|| {
                let (latency, mut stream) = (Latency::new(distribution, drawing), LatencyStream::default());
                let start = Instant::now();
                let sum = (0..DRAWS).fold(0_u64, |sum, _| sum ^ latency.draw(&mut stream, 1, 2).as_ns());
                black_box(sum);
                start.elapsed().as_secs_f64() * 1e9 / f64::from(DRAWS)
            });
            table.row(&what, &Figures::new(turns), goal(40.0, 15.0).filter(|_| drawing == Drawing::NEWEST));
        }
    }
}
