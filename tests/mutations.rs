//! Does fuzzing find faults? Twelve deliberate ones, one at a time, and how many seeds it takes until each is found.
//!
//! `cargo test --release --features mutations --test mutations`

use std::fmt;
use treequake::fuzz::class::{Class, Kind};
use treequake::fuzz::examine::{Rules, examine};
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::mitogen::{Mutation, Revision};
use treequake::process::Place;
use treequake::run::Runner;
use treequake::scenario::expectation::WarningKind;

/// So many seeds of a campaign are tried.
const SEEDS: u64 = 2_000;

/// What is tried, in this order, until a mutation is found: a profile, and the warning that is denied.
const CAMPAIGNS: [(&str, Option<WarningKind>); 7] = [
    ("default", None),
    ("default", Some(WarningKind::LoggedError)),
    ("default", Some(WarningKind::DuplicateDel)),
    ("reuse", None),
    ("deep", None),
    ("wide", None),
    ("gentle", None),
];

/// A campaign of the sound protocol, to compare with.
struct Campaign {
    name: String,
    profile: Profile,
    rules: Rules,
    runner: Runner,
    /// In which classes each seed fails. Filled when it is first asked for.
    sound: Vec<Vec<Class>>,
}

/// When a failure counts.
#[derive(Clone, Copy)]
enum Against {
    /// The same seed does not fail in that class without the mutation: who has a sound version to compare with sees it.
    SameSeed,
    /// No seed does: who has none sees it, too, as a class of its own.
    AllSeeds,
}

/// How a mutation was found.
struct Found {
    campaign: String,
    seeds: u64,
    class: Class,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { campaign, seeds, class } = self;
        write!(f, "{seeds} of {campaign}: `{}-{}`", class.kind.name(), class.place.name())
    }
}

/// A class, whatever the monitor.
fn what(class: Class) -> (Kind, Place) {
    (class.kind, class.place)
}

impl Campaign {
    fn new((profile, deny): (&str, Option<WarningKind>)) -> Self {
        let option = deny.map(|warning| format!(" `--deny {warning}`")).unwrap_or_default();
        Campaign {
            name: format!("`{profile}`{option}"),
            profile: profile.parse().unwrap(),
            rules: Rules { denied: deny.into_iter().collect(), ..Rules::default() },
            runner: Runner::default(),
            sound: Vec::new(),
        }
    }

    fn classes(&mut self, seed: u64, mutation: Option<Mutation>) -> Vec<Class> {
        let monitor = mutation.map_or(Revision::Mitogen03.monitor(), Mutation::monitor);
        let scenario = generate(&self.profile, monitor, seed).scenario;
        let failures = examine(&mut self.runner, &scenario, &self.rules).unwrap().failures;
        failures.into_iter().map(|failure| failure.class).collect()
    }

    /// The first seed that fails under the mutation as it should not.
    fn find(&mut self, mutation: Mutation, against: Against) -> Option<Found> {
        if self.sound.is_empty() {
            self.sound = (0..SEEDS).map(|seed| self.classes(seed, None)).collect();
        }
        (0..SEEDS).find_map(|seed| {
            let classes = self.classes(seed, Some(mutation));
            let is_known = |class: &Class| match against {
                Against::SameSeed => self.sound[seed as usize].iter().any(|sound| what(*sound) == what(*class)),
                Against::AllSeeds => self.sound.iter().flatten().any(|sound| what(*sound) == what(*class)),
            };
            let class = classes.into_iter().find(|class| !is_known(class))?;
            Some(Found { campaign: self.name.clone(), seeds: seed + 1, class })
        })
    }
}

/// Proves that eleven of twelve faults of one line show in a campaign, and pins in which, and in how many seeds. What no
/// campaign finds is in the table, too.
#[test]
fn mutations_are_found() {
    let mut campaigns = CAMPAIGNS.map(Campaign::new);
    let mut find = |mutation, against| campaigns.iter_mut().find_map(|campaign| campaign.find(mutation, against));
    let mut table = String::from("| fault | seeds until one ends differently | seeds until there is a new class |\n");
    table.push_str("|---|---|---|\n");
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        let found = [Against::SameSeed, Against::AllSeeds].map(|against| find(mutation, against));
        if found[0].is_none() {
            missed.push(mutation.name());
        }
        let [same, all] = found.map(|found| found.map_or("not found".to_owned(), |found| found.to_string()));
        table.push_str(&format!("| `{}` | {same} | {all} |\n", mutation.name()));
    }
    insta::assert_snapshot!("found", table);
    // It only makes calls end dead, and no rule says that a call must not.
    assert_eq!(missed, ["parent-not-privileged"]);
    let page = include_str!("../docs/fuzzing.md");
    assert!(page.contains(&table), "docs/fuzzing.md has another table");
}
