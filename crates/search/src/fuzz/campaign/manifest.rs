//! What a campaign is: everything that its findings depend on, and how its folder says it.

use super::partition::Partition;
use super::seeds::Seeds;
use crate::fuzz::examine::{CUT_AT, DEFAULT_BUDGET, Rules};
use crate::fuzz::profile::Profile;
use crate::monitors;
use crate::pipe;
use crate::process::Monitor;
use crate::scenario::Drawing;
use crate::time::Span;
use crate::words::shell_word;
use crate::words::terminal::plain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use xxhash_rust::xxh3::xxh3_128;

/// What a campaign is: everything that its findings depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// What its cases are like.
    pub profile: Profile,
    /// The name of the profile, or the path of its file.
    pub profile_given: String,
    /// The monitor of its cases.
    pub monitor: Monitor,
    /// What counts as a failure.
    pub rules: Rules,
    /// All its seeds.
    pub seeds: Seeds,
    /// The part that runs here; `None` for all seeds.
    pub partition: Option<Partition>,
    /// The rows that are kept.
    pub keep: Keep,
    /// How long a case may run on the wall clock; `None` for no limit.
    pub timeout: Option<Span>,
    /// Whether the orders of each finding are explored.
    pub explores: bool,
}

/// The rows of the results that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// All rows.
    #[default]
    All,
    /// The rows of cases that fail.
    Findings,
}

impl Keep {
    /// Both.
    pub const ALL: [Keep; 2] = [Keep::All, Keep::Findings];

    /// The word in files and options.
    pub const fn name(self) -> &'static str {
        match self {
            Keep::All => "all",
            Keep::Findings => "findings",
        }
    }
}

/// The format of the folders that this version writes.
///
/// Up to format 4, latencies were drawn in the first way, which the manifest did not name, and each case ran to its end. In formats 1 to 3, there was no
/// list of digests, and the journal did not name its campaign. In format 1, which has no `format` key, `profile_digest`
/// depended on the compiler. In formats 1 and 2, any step closed the window of the step before, rows did not say how long a
/// closed window was, and a case was in one class only, the `class` of its row. Such folders can be read, but not continued
/// or merged.
pub const FORMAT: u32 = 5;

/// The first format whose folders have a list of digests.
pub const FORMAT_OF_SUMS: u32 = 4;

/// What a campaign is, as its folder says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the folder, which today is `FORMAT`.
    #[serde(default = "first_format")]
    pub format: u32,
    /// The version of treequake, as cases depend on it.
    pub version: String,
    /// The name of the profile, or the path of its file.
    pub profile: String,
    /// The digest of the profile, as two profiles can have one name: XXH3, 128 bits, of the profile as JSON, with every
    /// key of a profile file, the keys of each object in alphabetical order, and no spaces.
    pub profile_digest: String,
    /// The name of the monitor.
    pub monitor: String,
    /// How the latencies of its cases are drawn: see [`Drawing`]. Files of formats before 5 do not have it.
    #[serde(default = "first_drawing", skip_serializing_if = "is_first_drawing")]
    pub drawing: u64,
    /// All seeds of the campaign, even in the folder of a part.
    pub seeds: Seeds,
    /// The warnings that count as failures, sorted.
    pub deny: Vec<String>,
    /// See [`Rules::budget`].
    pub budget: u64,
    /// How many times its budget a step may cost before its case is stopped: see [`Rules::cuts`]. Files of campaigns that
    /// run all cases to their end do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at: Option<u64>,
    /// The rows that are kept.
    pub results: Keep,
    /// How long a case may run on the wall clock. Files without a limit do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Whether the orders of each finding are explored. Files without it are of campaigns that do not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub explores: bool,
    /// The part of the campaign in this folder; `None` for all of it.
    pub partition: Option<Partition>,
}

/// For serde, which asks with a reference.
const fn is_false(flag: &bool) -> bool {
    !*flag
}

const fn first_format() -> u32 {
    1
}

fn first_drawing() -> u64 {
    Drawing::default().number()
}

/// For serde, which asks with a reference.
fn is_first_drawing(drawing: &u64) -> bool {
    *drawing == first_drawing()
}

impl Campaign {
    /// The seeds that run here.
    pub fn slice(&self) -> Seeds {
        self.partition.map_or(self.seeds, |partition| partition.slice(self.seeds))
    }

    /// The manifest of the campaign.
    pub fn manifest(&self) -> Manifest {
        let mut deny: Vec<_> = self.rules.denied.iter().map(|warning| warning.name().to_owned()).collect();
        deny.sort();
        deny.dedup();
        Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.profile_given.clone(),
            profile_digest: profile_digest(&self.profile),
            monitor: self.monitor.name().to_owned(),
            drawing: Drawing::NEWEST.number(),
            seeds: self.seeds,
            deny,
            budget: self.rules.budget,
            cut_at: self.rules.cuts.then_some(CUT_AT),
            results: self.keep,
            timeout: self.timeout.map(Span::in_one_unit),
            explores: self.explores,
            partition: self.partition,
        }
    }
}

/// See [`Manifest::profile_digest`].
fn profile_digest(profile: &Profile) -> String {
    let mut json = serde_json::to_value(profile).expect("a profile is JSON");
    json.sort_all_objects();
    format!("{:032x}", xxh3_128(json.to_string().as_bytes()))
}

impl Manifest {
    /// Why a campaign with this manifest cannot be continued or merged here: it has another format.
    pub fn foreign_format(&self) -> Option<String> {
        let (format, version) = (self.format, &self.version);
        let drawing = match self.drawing == Drawing::NEWEST.number() {
            true => String::new(),
            false => format!(", and latencies drawn by `drawing` {}, not {}", self.drawing, Drawing::NEWEST),
        };
        let what = format!("format {format} (treequake {version}), not {FORMAT}{drawing}");
        (format != FORMAT).then_some(what)
    }

    /// The campaign in short, as its journal names it: a digest of all that its results depend on.
    pub fn id(&self) -> u128 {
        xxh3_128(serde_json::json!(self).to_string().as_bytes())
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// The manifest of the whole campaign.
    pub fn whole(&self) -> Manifest {
        Manifest { partition: None, ..self.clone() }
    }

    /// The fields in which `other` differs, each with its name and both values.
    pub fn differences(&self, other: &Manifest) -> Vec<String> {
        let fields = |manifest: &Manifest| {
            let mut fields = serde_json::to_value(manifest).expect("a manifest is JSON");
            // Also where a file leaves it out.
            fields["drawing"] = manifest.drawing.into();
            fields
        };
        let (ours, theirs) = (fields(self), fields(other));
        let names: BTreeSet<_> =
            [&ours, &theirs].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
        let pairs = names.into_iter().map(|name| (name, &ours[name], &theirs[name]));
        let differ = pairs.filter(|(_, ours, theirs)| ours != theirs);
        let shown = |value: &Value| plain(&value.to_string()).into_owned();
        differ.map(|(name, ours, theirs)| format!("{name}: {} there, {} here", shown(ours), shown(theirs))).collect()
    }

    /// The option that makes its monitor known to a command, if it is a program.
    pub fn program(&self) -> Option<String> {
        let monitor = monitors::named(&self.monitor).filter(|monitor| pipe::is_program(*monitor))?;
        Some(monitor.family().option(&self.monitor))
    }

    /// The command that runs some seeds of this campaign.
    pub fn command(&self, seeds: impl fmt::Display) -> String {
        let option = monitors::family_of(&self.monitor).option(&self.monitor);
        let mut command = format!("treequake fuzz --seeds {seeds} {option}");
        command.push_str(&format!(" --profile {}", shell_word(&self.profile)));
        self.deny.iter().for_each(|warning| command.push_str(&format!(" --deny {warning}")));
        if self.budget != DEFAULT_BUDGET {
            command.push_str(&format!(" --budget {}", self.budget));
        }
        if self.cut_at.is_none() {
            command.push_str(" --run-to-end");
        }
        if self.results != Keep::default() {
            command.push_str(&format!(" --results {}", self.results.name()));
        }
        if let Some(timeout) = &self.timeout {
            command.push_str(&format!(" --timeout {timeout}"));
        }
        if self.explores {
            command.push_str(" --explore");
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the digest of a profile is that of its JSON, as the doc of the field says, and is the same
    /// everywhere.
    #[test]
    fn a_profile_has_one_digest() {
        let profile = Profile::parse(r#"{ "version": 1, "like": "gentle", "name": "a" }"#, "a.json").unwrap();
        let json = concat!(
            r#"{"bandwidth":0,"contexts":[{"max":24,"min":3,"weight":1}],"depth_max":12,"fanout_max":64,"#,
            r#""keepalives":10,"#,
            r#""kinds":{"call":8,"connect":4,"detach":1,"disconnect":4,"heal":4,"kill":4,"partition":2,"#,
            r#""partition-down":1,"partition-up":1,"reconnect":0,"send":4,"shutdown":2,"slow":0,"swizzle":0},"#,
            r#""latencies":{"exponential":0,"few":1,"log_normal":0,"one":1,"uniform":0},"#,
            r#""latency":{"max":"200ms","min":"250us"},"max_events":100000,"name":"a","#,
            r#""paces":{"burst":0,"racing":0,"settling":1},"#,
            r#""shapes":{"caterpillar":2,"chain":1,"fleet":4,"kary":2,"random":4,"star":1},"#,
            r#""steps":{"max":6,"min":1},"unidirectional":10,"version":1}"#
        );
        assert_eq!(profile_digest(&profile), format!("{:032x}", xxh3_128(json.as_bytes())));
        assert_eq!(profile_digest(&profile), "ad9a71f7a13adae9f6b17fc2ee116a9b");
    }
}
