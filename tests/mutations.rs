//! Does fuzzing find faults? Twelve deliberate ones, one at a time, and how many seeds it takes until each is found.
//!
//! `cargo test --features mutations --test mutations`

#![cfg(feature = "mutations")]

use std::fmt;
use treequake::fuzz::class::Class;
use treequake::fuzz::examine::{Rules, examine};
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::protocol::{Mutation, Revision};
use treequake::run::Runner;
use treequake::scenario::Scenario;
use treequake::scenario::expectation::WarningKind;

/// So many seeds of a campaign are tried.
const SEEDS: u64 = 2_000;

/// A kind of campaign, as on the command line.
#[derive(Clone, Copy)]
struct Campaign {
    profile: &'static str,
    deny: Option<WarningKind>,
}

/// What is tried, in this order, until a mutation is found: first without any option.
const CAMPAIGNS: [Campaign; 7] = [
    Campaign { profile: "default", deny: None },
    Campaign { profile: "default", deny: Some(WarningKind::LoggedError) },
    Campaign { profile: "default", deny: Some(WarningKind::DuplicateDel) },
    Campaign { profile: "reuse", deny: None },
    Campaign { profile: "deep", deny: None },
    Campaign { profile: "wide", deny: None },
    Campaign { profile: "gentle", deny: None },
];

impl fmt::Display for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.profile)?;
        self.deny.map_or(Ok(()), |warning| write!(f, ", `--deny {warning}`"))
    }
}

/// How a mutation was found.
struct Found {
    campaign: Campaign,
    seeds: u64,
    class: Class,
}

impl Campaign {
    /// The first seed whose case fails under the mutation in a class in which it does not fail without.
    fn find(self, mutation: Mutation, runner: &mut Runner) -> Option<Found> {
        let profile: Profile = self.profile.parse().unwrap();
        let rules = Rules { denied: self.deny.into_iter().collect(), ..Rules::default() };
        let mut class = |scenario: &Scenario| {
            let examination = examine(runner, scenario, &rules).unwrap();
            examination.failure.map(|failure| failure.class)
        };
        (0..SEEDS).find_map(|seed| {
            let sound = generate(&profile, Revision::Mitogen03, seed).scenario;
            let mutated = Scenario { mutation: Some(mutation), ..sound.clone() };
            let found = class(&mutated)?;
            (class(&sound) != Some(found)).then_some(Found { campaign: self, seeds: seed + 1, class: found })
        })
    }
}

/// Proves that a fault of one line, wherever it is, shows in a campaign of a few seeds, and pins which one and in how
/// many. What no campaign finds is in the table, too.
#[test]
fn mutations_are_found() {
    let mut runner = Runner::default();
    let mut table = String::from("| mutation | campaign | seeds | class |\n|---|---|---|---|\n");
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        let name = mutation.name();
        let row = match CAMPAIGNS.iter().find_map(|campaign| campaign.find(mutation, &mut runner)) {
            Some(Found { campaign, seeds, class }) => format!("| `{name}` | {campaign} | {seeds} | `{class}` |\n"),
            None => format!("| `{name}` | all of these | {SEEDS} each | not found |\n"),
        };
        if row.contains("not found") {
            missed.push(name);
        }
        table.push_str(&row);
    }
    insta::assert_snapshot!("found", table);
    assert_eq!(missed, Vec::<&str>::new());
    let page = include_str!("../docs/fuzzing.md");
    assert!(page.contains(&table), "docs/fuzzing.md has another table");
}
