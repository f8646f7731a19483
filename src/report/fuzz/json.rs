//! The result of a campaign as one JSON object. The names are part of the interface.

use crate::fuzz::campaign::Judged;
use serde_json::{Value, json};

/// The result as a JSON object: that of `summary.json` in the run folder, with these keys more:
///
/// | name | what |
/// |---|---|
/// | `folder` | the run folder |
/// | `findings[].known` | the file that the class is known from; null if it is new |
/// | `new`, `known` | how many classes are new, and how many are known |
/// | `not_seen` | the known classes that no seed showed: `class` (without a monitor), `file` |
///
/// New classes come first in `findings`.
pub fn object(judged: &Judged<'_>) -> Value {
    let summary = judged.summary;
    let new = judged.new_classes();
    let findings = judged.findings().into_iter().map(|finding| {
        let mut value = json!(finding);
        value["known"] = json!(judged.known_from(finding));
        value
    });
    let not_seen = judged.not_seen();
    let not_seen = not_seen.iter().map(|known| json!({ "class": known.class, "file": known.file }));
    let mut value = json!(summary);
    value["findings"] = findings.collect();
    value["folder"] = json!(judged.path.display().to_string());
    value["new"] = json!(new);
    value["known"] = json!(summary.findings.len() - new);
    value["not_seen"] = not_seen.collect();
    value
}
