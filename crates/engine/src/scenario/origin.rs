//! The origin of a scenario that a campaign found: for people, and for a replay to compare with.

use serde_json::{Map, Value, json};

/// The origin of a scenario. It does not change the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The seed it was generated from.
    pub seed: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// What the seed drew, in one line.
    pub mix: Option<String>,
    /// The version of treequake that found it.
    pub treequake: Option<String>,
    /// The class of its failure.
    pub class: Option<String>,
    /// The digest of its run under the monitor of the file.
    pub digest: Option<String>,
}

impl Origin {
    /// The keys in a file, with their values.
    fn keys(&self) -> [(&'static str, &Option<String>); 6] {
        [
            ("seed", &self.seed),
            ("profile", &self.profile),
            ("mix", &self.mix),
            ("treequake", &self.treequake),
            ("class", &self.class),
            ("digest", &self.digest),
        ]
    }

    /// The object in a file.
    pub fn to_json(&self) -> Value {
        let known = self.keys().into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text.as_ref()?))));
        Value::Object(known.collect::<Map<_, _>>())
    }
}
