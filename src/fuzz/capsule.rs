//! The capsule: a failure as a scenario file in core form, that expects itself.

use super::examine::Examination;
use super::generator::Mix;
use crate::scenario::{Scenario, write};
use serde_json::Value;

/// Where a failure comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The seed that it was made of, as it was written.
    pub seed: String,
    /// The name of the profile.
    pub profile: String,
    /// What the seed had drawn.
    pub mix: Mix,
}

/// The JSON of the file: `scenario` (shrunk or not), which was examined as `examination`.
pub fn capsule(scenario: &Scenario, _examination: &Examination, _origin: Option<&Origin>) -> Value {
    write::expanded(scenario, None)
}
