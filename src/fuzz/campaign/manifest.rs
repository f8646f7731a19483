//! What a campaign is: all that its findings depend on, and how its folder says it.

use super::partition::Partition;
use super::seeds::Seeds;
use crate::fuzz::examine::{DEFAULT_BUDGET, Rules};
use crate::fuzz::profile::Profile;
use crate::protocol::Revision;
use crate::words::shell_word;
use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::xxh3_128;

/// What a campaign is: all that its findings depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// What cases may be like.
    pub profile: Profile,
    /// The name of the profile, or the path of its file.
    pub profile_given: String,
    /// Which Mitogen they run.
    pub revision: Revision,
    /// What counts as a failure.
    pub rules: Rules,
    /// All its seeds.
    pub seeds: Seeds,
    /// The part of them that is run here, if it is not all.
    pub partition: Option<Partition>,
    /// Which rows are kept.
    pub keep: Keep,
}

/// Which rows of the results are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// All.
    #[default]
    All,
    /// Those of cases that fail.
    Findings,
}

impl Keep {
    /// All of them.
    pub const ALL: [Keep; 2] = [Keep::All, Keep::Findings];

    /// The word in files and options.
    pub const fn name(self) -> &'static str {
        match self {
            Keep::All => "all",
            Keep::Findings => "findings",
        }
    }
}

/// What a campaign is, as its folder says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of treequake, which cases depend on.
    pub version: String,
    /// The name of the profile, or the path of its file.
    pub profile: String,
    /// A digest of the profile, as two may have one name.
    pub profile_digest: String,
    /// The name of the monitor.
    pub monitor: String,
    /// All seeds of the campaign, whatever the part.
    pub seeds: Seeds,
    /// The warnings that count as failures, sorted.
    pub deny: Vec<String>,
    /// See [`Rules::budget`].
    pub budget: u64,
    /// Which rows are kept.
    pub results: Keep,
    /// Which part it is.
    pub partition: Option<Partition>,
}

impl Campaign {
    /// The seeds that are run here.
    pub fn slice(&self) -> Seeds {
        self.partition.map_or(self.seeds, |partition| partition.slice(self.seeds))
    }

    /// What the folder says of it.
    pub fn manifest(&self) -> Manifest {
        let mut deny: Vec<_> = self.rules.denied.iter().map(|warning| warning.name().to_owned()).collect();
        deny.sort();
        deny.dedup();
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.profile_given.clone(),
            profile_digest: format!("{:032x}", xxh3_128(format!("{:?}", self.profile).as_bytes())),
            monitor: self.revision.name().to_owned(),
            seeds: self.seeds,
            deny,
            budget: self.rules.budget,
            results: self.keep,
            partition: self.partition,
        }
    }
}

impl Manifest {
    /// The same of the whole campaign.
    pub fn whole(&self) -> Manifest {
        Manifest { partition: None, ..self.clone() }
    }

    /// In what `other` differs, each with its name and both values.
    pub fn differences(&self, other: &Manifest) -> Vec<String> {
        let fields = |manifest: &Manifest| serde_json::to_value(manifest).expect("a manifest is JSON");
        let (ours, theirs) = (fields(self), fields(other));
        let pairs = ours.as_object().into_iter().flatten();
        let differ = pairs.filter(|(name, value)| theirs[name.as_str()] != **value);
        differ.map(|(name, value)| format!("{name}: {value} there, {} here", theirs[name.as_str()])).collect()
    }

    /// The command that runs `seeds` of this campaign.
    pub fn command(&self, seeds: impl fmt::Display) -> String {
        let mut command = format!("treequake fuzz --seeds {seeds} --monitor {}", self.monitor);
        command.push_str(&format!(" --profile {}", shell_word(&self.profile)));
        self.deny.iter().for_each(|warning| command.push_str(&format!(" --deny {warning}")));
        if self.budget != DEFAULT_BUDGET {
            command.push_str(&format!(" --budget {}", self.budget));
        }
        if self.results != Keep::default() {
            command.push_str(&format!(" --results {}", self.results.name()));
        }
        command
    }
}
