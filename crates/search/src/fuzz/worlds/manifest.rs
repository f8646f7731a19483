//! Which small worlds a folder is about: everything that its results depend on.

use super::judge::How;
use super::moves::Kind;
use super::space::Space;
use crate::fuzz::campaign::partition::Partition;
use crate::fuzz::campaign::seeds::Seeds;
use crate::monitors;
use crate::words::terminal::plain;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format of the folders that this version writes.
pub const FORMAT: u32 = 1;

/// Which small worlds, under which monitor, how far: what `worlds.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the folder.
    pub format: u32,
    /// The version of treequake.
    pub version: String,
    /// The name of the monitor.
    pub monitor: String,
    /// At most this many contexts, without the master.
    pub contexts: u32,
    /// At most this many steps.
    pub steps: u32,
    /// The kinds of the steps.
    pub kinds: Vec<Kind>,
    /// Whether ids are used again.
    pub reuse: bool,
    /// The most states of a world.
    pub most_states: u64,
    /// The most memory of a world, in bytes.
    pub memory: u64,
    /// How many worlds there are, even in the folder of a part.
    pub scenarios: u64,
    /// The part that this is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
}

impl Manifest {
    /// What `space` under `how` is called. `scenarios` is how many worlds it has.
    pub fn of(space: &Space, how: &How, scenarios: u64, partition: Option<Partition>) -> Self {
        Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            monitor: how.monitor.name().to_owned(),
            contexts: space.contexts,
            steps: space.steps,
            kinds: space.kinds.clone(),
            reuse: space.reuse,
            most_states: how.most_states,
            memory: how.memory,
            scenarios,
            partition,
        }
    }

    /// The space and how it is explored.
    ///
    /// # Errors
    /// If there is no such monitor, or the numbers are none that this version writes.
    pub fn read(&self) -> Result<(Space, How), String> {
        let space = Space { contexts: self.contexts, steps: self.steps, kinds: self.kinds.clone(), reuse: self.reuse };
        let monitor = monitors::named(&self.monitor);
        let monitor = monitor.ok_or_else(|| {
            let add = monitors::how_to_add(&self.monitor).map(|add| format!("; {add}")).unwrap_or_default();
            format!("the monitor {} is unknown{add}", plain(&self.monitor))
        })?;
        if self.contexts > Space::CONTEXTS_MAX || self.steps > Space::STEPS_MAX || self.scenarios > Space::WORLDS_MAX {
            return Err("they are larger than any that this treequake explores".to_owned());
        }
        Ok((space, How { monitor, most_states: self.most_states, memory: self.memory }))
    }

    /// The numbers of the worlds that are explored here.
    pub fn slice(&self) -> Seeds {
        let all = Seeds { start: 0, end: self.scenarios };
        self.partition.map_or(all, |partition| partition.slice(all))
    }

    /// The worlds that this is a part of.
    pub fn whole(&self) -> Self {
        Manifest { partition: None, ..self.clone() }
    }

    /// The command that does it again.
    pub fn command(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        let reuse = if self.reuse { " --reuse" } else { "" };
        let part = self.partition.map(|part| format!(" --partition {part}")).unwrap_or_default();
        format!(
            "treequake explore --contexts {} --steps {} --kinds {}{reuse} {} --most-states {} --memory {}{part}",
            self.contexts,
            self.steps,
            kinds.join(","),
            monitors::family_of(&self.monitor).option(&self.monitor),
            self.most_states,
            self.memory >> 20
        )
    }

    /// How another one differs, key by key.
    pub fn differences(&self, other: &Manifest) -> Vec<String> {
        let keys = |manifest: &Manifest| match serde_json::to_value(manifest) {
            Ok(Value::Object(keys)) => keys,
            _ => unreachable!("a manifest is an object"),
        };
        let (here, there) = (keys(self), keys(other));
        let names: std::collections::BTreeSet<&String> = here.keys().chain(there.keys()).collect();
        let word =
            |value: Option<&Value>| value.map_or("none".to_owned(), |value| plain(&value.to_string()).into_owned());
        let differ = names.into_iter().filter(|name| here.get(*name) != there.get(*name));
        differ.map(|name| format!("{name} {} instead of {}", word(here.get(name)), word(there.get(name)))).collect()
    }
}
