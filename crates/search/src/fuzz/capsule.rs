//! The capsule: a failure as a scenario file in core form, which expects its own failure.
//!
//! It expects the failure under its own monitor only. Under any other monitor the run must converge, so a comparison
//! shows which monitors have the bug. `origin` has the digest, so a replay elsewhere can tell whether the run is the
//! same. A case that changes from one monitor to another expects of both what they do.

use super::examine::Failure;
use super::generator::{Case, Mix};
use super::pairs::smallest::Smallest;
use crate::convergence::Difference;
use crate::run::Outcome;
use crate::scenario::{Scenario, origin, write};
use crate::words::capitalised;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The most differences that are listed; with more of them, only the verdict is expected.
const DIFFERENCES_LISTED: usize = 1_000;

/// The longest `mix` of a file, in characters.
const MIX_MAX: usize = 1_000;

/// The origin of a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The seed, as the user wrote it.
    pub seed: String,
    /// The name of the profile.
    pub profile: String,
    /// What the seed drew.
    pub mix: Mix,
}

/// The JSON of the file for `scenario`, shrunk or not, with its `outcome`. A case can fail in several ways; the file is
/// about one `failure`, if any.
pub fn capsule(scenario: &Scenario, outcome: &Outcome, failure: Option<&Failure>, origin: Option<&Origin>) -> Value {
    let known = scenario.origin.as_deref().cloned().unwrap_or_default();
    let origin = origin::Origin {
        seed: origin.map(|origin| origin.seed.clone()).or(known.seed),
        profile: origin.map(|origin| origin.profile.clone()).or(known.profile),
        mix: origin.map(|origin| origin.mix.to_string().chars().take(MIX_MAX).collect()).or(known.mix),
        treequake: Some(env!("CARGO_PKG_VERSION").to_owned()),
        class: failure.map(|failure| failure.class.to_string()),
        digest: outcome.digest.map(|digest| digest.to_string()),
    };
    let name = failure.map_or(scenario.name.clone(), |failure| failure.class.to_string());
    let description = failure.map_or(scenario.description.clone(), |failure| story(failure, scenario));
    let scenario = Scenario { name, description, origin: Some(Box::new(origin)), ..scenario.clone() };
    write::expanded(&scenario, Some(&expect([outcome])))
}

/// The JSON of the file for a case that changes from one monitor to another, with the profile that it was drawn from. Under
/// both monitors it expects what happens.
pub fn contrast(smallest: &Smallest, profile: &str) -> Value {
    let Smallest { change, scenario, mix, examinations, .. } = smallest;
    let runs = examinations.each_ref().map(|run| &run.outcome);
    let digest = runs.iter().find(|run| run.monitor == scenario.monitor).and_then(|run| run.digest);
    let origin = origin::Origin {
        class: change.class().map(|class| class.to_string()),
        digest: digest.map(|digest| digest.to_string()),
        ..drawn_from(scenario.seed, profile, mix)
    };
    let description = format!("{}. From {}.", capitalised(&smallest.sentence()), scenario.name);
    let name = change.to_string();
    let scenario = Scenario { name, description, origin: Some(Box::new(origin)), ..scenario.clone() };
    write::expanded(&scenario, Some(&expect(runs)))
}

/// The JSON of the file for a case as drawn, whether it fails or not. It has no expectations.
pub fn drawn(case: &Case, profile: &str) -> Value {
    let origin = drawn_from(case.seed, profile, &case.mix);
    write::expanded(&Scenario { origin: Some(Box::new(origin)), ..case.scenario.clone() }, None)
}

fn drawn_from(seed: u64, profile: &str, mix: &Mix) -> origin::Origin {
    origin::Origin {
        seed: Some(seed.to_string()),
        profile: Some(profile.to_owned()),
        mix: Some(mix.to_string().chars().take(MIX_MAX).collect()),
        treequake: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..origin::Origin::default()
    }
}

fn story(failure: &Failure, scenario: &Scenario) -> String {
    let mut story = capitalised(&failure.sentence);
    story.push('.');
    if !scenario.name.is_empty() && scenario.name != Scenario::default().name {
        let _ = write!(story, " From {}.", scenario.name);
    }
    story
}

/// The results of runs, as expectations under the monitor of each.
fn expect<const N: usize>(outcomes: [&Outcome; N]) -> Value {
    let own: Map<_, _> = outcomes.into_iter().map(|run| (run.monitor.name().to_owned(), expect_of(run))).collect();
    json!({ "by_monitor": own })
}

fn expect_of(outcome: &Outcome) -> Value {
    let mut expect = Map::new();
    expect.insert("verdict".to_owned(), json!(outcome.verdict.name()));
    if !outcome.verdict.is_stopped() && outcome.differences.len() <= DIFFERENCES_LISTED {
        let difference =
            |d: &Difference| json!({ "context": d.context.0, "destination": d.destination.0, "kind": d.kind.name() });
        expect.insert("differences".to_owned(), outcome.differences.iter().map(difference).collect());
    }
    expect.insert("hung_calls".to_owned(), json!(outcome.hung_calls.len()));
    let warnings: Map<_, _> =
        outcome.warnings.iter().map(|(kind, warning)| (kind.name().to_owned(), json!(warning.count))).collect();
    if !warnings.is_empty() {
        expect.insert("warnings".to_owned(), Value::Object(warnings));
    }
    Value::Object(expect)
}
