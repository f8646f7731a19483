//! Profile files: reads and checks one, and applies it to the profile in `like`.

use super::{Band, Between, CONTEXTS_MAX, DEPTH_MAX, Latency, Pace, Profile, ProfileError, STEPS_MAX, WEIGHT_MAX};
use crate::scenario::file::is_readable;
use crate::scenario::{StepKind, TreeShape};
use crate::time::Span;
use crate::words::terminal::shown;
use crate::words::{io_error, json_error, unmarked};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::Path;

/// The largest file that can be read, in bytes.
const MAX_FILE_LEN: u64 = 1024 * 1024;

/// The keys of a file. Missing ones are taken from the profile in `like`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "version")]
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "like")]
    like: Option<String>,
    #[serde(default, deserialize_with = "bands")]
    contexts: Option<Vec<Band>>,
    #[serde(default, deserialize_with = "weights")]
    shapes: Option<BTreeMap<TreeShape, u32>>,
    #[serde(default, deserialize_with = "depth_max")]
    depth_max: Option<u32>,
    #[serde(default, deserialize_with = "fanout_max")]
    fanout_max: Option<u32>,
    #[serde(default, deserialize_with = "steps")]
    steps: Option<Between>,
    #[serde(default, deserialize_with = "weights")]
    paces: Option<BTreeMap<Pace, u32>>,
    #[serde(default, deserialize_with = "weights")]
    latencies: Option<BTreeMap<Latency, u32>>,
    #[serde(default, deserialize_with = "latency")]
    latency: Option<Spans>,
    #[serde(default, deserialize_with = "percent")]
    bandwidth: Option<u32>,
    #[serde(default, deserialize_with = "percent")]
    keepalives: Option<u32>,
    #[serde(default, deserialize_with = "percent")]
    unidirectional: Option<u32>,
    #[serde(default, deserialize_with = "weights")]
    kinds: Option<BTreeMap<StepKind, u32>>,
    #[serde(default, deserialize_with = "max_events")]
    max_events: Option<u64>,
}

/// A range of latencies.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spans {
    min: String,
    max: String,
}

impl Spans {
    fn read(&self) -> Result<(Span, Span), String> {
        let read = |text: &str| Span::parse(text).map_err(|error| format!("`{text}`: {error}"));
        let (min, max) = (read(&self.min)?, read(&self.max)?);
        if min == Span::default() {
            return Err("a latency must not be zero".to_owned());
        }
        if max > LATENCY_LONGEST {
            return Err(format!("a latency must not exceed {LATENCY_LONGEST}"));
        }
        if min > max { Err("`min` is above `max`; swap them".to_owned()) } else { Ok((min, max)) }
    }
}

/// The longest latency: every multiple of it that is used fits the clock.
const LATENCY_LONGEST: Span = Span::from_ms(60_000);

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// Says what is wrong, where, and what to do.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        load(path)
    }

    /// Reads a profile from the text of a file. `file` is the name to show; a profile that has none is called by its
    /// stem.
    ///
    /// # Errors
    /// Says what is wrong, where, and what to do.
    pub fn parse(text: &str, file: &str) -> Result<Self, ProfileError> {
        parse(text, file)
    }

    /// The profile of that name, or of that file: what ends in `.json` or has a folder in it is one.
    ///
    /// # Errors
    /// Says what is wrong, where, and what to do.
    pub fn find(name_or_path: &str) -> Result<Self, ProfileError> {
        let is_path = name_or_path.ends_with(".json") || name_or_path.contains('/');
        if is_path { Profile::load(Path::new(name_or_path)) } else { name_or_path.parse() }
    }
}

impl Serialize for Profile {
    /// As the file that it could have been read from.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        whole(self).serialize(serializer)
    }
}

/// Reads a file.
fn load(path: &Path) -> Result<Profile, ProfileError> {
    let file = shown(path);
    let unreadable = |why: String| ProfileError::Unreadable { file: file.clone(), why };
    let text = read(path).map_err(|error| {
        unreadable(match error.kind() {
            io::ErrorKind::NotFound => "no such file; check the path".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied; check the permissions of the file".to_owned(),
            io::ErrorKind::IsADirectory => "this is a folder; name a file in it".to_owned(),
            io::ErrorKind::InvalidData => "this is not UTF-8; save the file as UTF-8".to_owned(),
            _ => format!("cannot be read: {}", io_error(&error)),
        })
    })?;
    if text.len() as u64 > MAX_FILE_LEN {
        return Err(unreadable("the file is too large for a profile; is it the right one?".to_owned()));
    }
    parse(&text, &file)
}

fn read(path: &Path) -> io::Result<String> {
    if !is_readable(path)? {
        return Err(io::Error::other("this is a pipe or a device, not a file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE_LEN + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads a text.
fn parse(text: &str, file: &str) -> Result<Profile, ProfileError> {
    let text = unmarked(text);
    let wrong = |line, column, what| ProfileError::Wrong { file: file.to_owned(), line, column, what };
    // serde would accept a list of values as an object.
    if text.trim_start().starts_with('[') {
        return Err(wrong(1, 1, "a profile must be an object; the smallest is { \"version\": 1 }".to_owned()));
    }
    let written: Written = serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = json_error(what.split(" at line ").next().unwrap_or_default());
        wrong(error.line(), error.column().max(1), format!("{what}{}", mend(&error)))
    })?;
    let base = written.like.as_deref().unwrap_or("default").parse::<Profile>().expect("checked as it was read");
    let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let profile = laid_over(base, written, stem);
    check(&profile).map_err(|what| wrong(1, 1, what.to_owned()))?;
    Ok(profile)
}

/// What helps if it is not JSON.
fn mend(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "; the file ends too early; the smallest profile is { \"version\": 1 }",
        serde_json::error::Category::Syntax => {
            "; JSON needs double quotes, and commas between items but not after the last one"
        }
        _ => "",
    }
}

fn laid_over(base: Profile, written: Written, stem: Option<String>) -> Profile {
    let mut kinds = base.kinds;
    written.kinds.unwrap_or_default().into_iter().for_each(|(kind, weight)| kinds.set(kind, weight));
    Profile {
        name: written.name.or(stem).unwrap_or(base.name),
        contexts: written.contexts.unwrap_or(base.contexts),
        shapes: over(base.shapes, written.shapes),
        depth_max: written.depth_max.unwrap_or(base.depth_max),
        fanout_max: written.fanout_max.unwrap_or(base.fanout_max),
        steps: written.steps.unwrap_or(base.steps),
        paces: over(base.paces, written.paces),
        latencies: over(base.latencies, written.latencies),
        latency: written.latency.and_then(|spans| spans.read().ok()).unwrap_or(base.latency),
        bandwidth: written.bandwidth.unwrap_or(base.bandwidth),
        keepalives: written.keepalives.unwrap_or(base.keepalives),
        unidirectional: written.unidirectional.unwrap_or(base.unidirectional),
        kinds,
        max_events: written.max_events.unwrap_or(base.max_events),
    }
}

/// The weights of a file over those of its base, without those that are 0.
fn over<K: Ord>(mut base: BTreeMap<K, u32>, written: Option<BTreeMap<K, u32>>) -> BTreeMap<K, u32> {
    base.extend(written.unwrap_or_default());
    base.retain(|_, weight| *weight > 0);
    base
}

/// Checks what only shows in the whole profile.
fn check(profile: &Profile) -> Result<(), &'static str> {
    if profile.shapes.is_empty() {
        return Err("every shape is off; give one of `shapes` a weight");
    }
    if profile.paces.is_empty() {
        return Err("every pace is off; give one of `paces` a weight");
    }
    if profile.latencies.is_empty() {
        return Err("every latency model is off; give one of `latencies` a weight");
    }
    if profile.kinds.on().next().is_none() {
        return Err("every kind of step is off; give one of `kinds` a weight");
    }
    Ok(())
}

/// The file with all keys of a profile.
fn whole(profile: &Profile) -> Written {
    let (min, max) = profile.latency;
    Written {
        version: 1,
        name: Some(profile.name.clone()),
        like: None,
        contexts: Some(profile.contexts.clone()),
        shapes: Some(all_of(&profile.shapes, &TreeShape::ALL)),
        depth_max: Some(profile.depth_max),
        fanout_max: Some(profile.fanout_max),
        steps: Some(profile.steps),
        paces: Some(all_of(&profile.paces, &Pace::ALL)),
        latencies: Some(all_of(&profile.latencies, &Latency::ALL)),
        latency: Some(Spans { min: min.to_string(), max: max.to_string() }),
        bandwidth: Some(profile.bandwidth),
        keepalives: Some(profile.keepalives),
        unidirectional: Some(profile.unidirectional),
        kinds: Some(StepKind::ALL.into_iter().map(|kind| (kind, profile.kinds.get(kind))).collect()),
        max_events: Some(profile.max_events),
    }
}

/// All weights, including those that are 0, so nothing depends on the base of the file.
fn all_of<K: Ord + Copy>(weights: &BTreeMap<K, u32>, all: &[K]) -> BTreeMap<K, u32> {
    all.iter().map(|key| (*key, weights.get(key).copied().unwrap_or_default())).collect()
}

// What each key holds. An error gets the place after the value.

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        1 => Ok(1),
        _ => Err(D::Error::custom("unknown version of profile files; write `\"version\": 1`")),
    }
}

fn like<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    if !Profile::NAMES.contains(&name.as_str()) {
        let known = Profile::NAMES.join(", ");
        return Err(D::Error::custom(format!("`like` must be a built-in profile: {known}")));
    }
    Ok(Some(name))
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, min: u64, max: u64) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if !(min..=max).contains(&number) {
        return Err(D::Error::custom(format!("{number} is not between {min} and {max}")));
    }
    Ok(number)
}

fn small<'de, D: Deserializer<'de>>(deserializer: D, min: u32, max: u32) -> Result<Option<u32>, D::Error> {
    within(deserializer, min.into(), max.into()).map(|number| Some(u32::try_from(number).expect("at most `max`")))
}

fn depth_max<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    small(deserializer, 1, DEPTH_MAX)
}

fn fanout_max<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    small(deserializer, 1, CONTEXTS_MAX)
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    small(deserializer, 0, 100)
}

fn max_events<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    within(deserializer, 1, u64::MAX).map(Some)
}

/// Checks that a range is in order, and between `least` and `most`.
fn ordered(min: u32, max: u32, least: u32, most: u32) -> Result<(), String> {
    if min > max {
        return Err(format!("`min` ({min}) is above `max` ({max}); swap them"));
    }
    let outside = [min, max].into_iter().find(|number| !(least..=most).contains(number));
    outside.map_or(Ok(()), |number| Err(format!("{number} is not between {least} and {most}")))
}

fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Between>, D::Error> {
    let steps = Between::deserialize(deserializer)?;
    ordered(steps.min, steps.max, 0, STEPS_MAX).map_err(D::Error::custom)?;
    Ok(Some(steps))
}

fn latency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Spans>, D::Error> {
    let spans = Spans::deserialize(deserializer)?;
    spans.read().map_err(D::Error::custom)?;
    Ok(Some(spans))
}

fn bands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Band>>, D::Error> {
    let bands = Vec::<Band>::deserialize(deserializer)?;
    for band in &bands {
        ordered(band.min, band.max, 1, CONTEXTS_MAX).map_err(D::Error::custom)?;
        ordered(band.weight, band.weight, 0, WEIGHT_MAX).map_err(D::Error::custom)?;
    }
    if bands.iter().all(|band| band.weight == 0) {
        return Err(D::Error::custom("no range has a weight; for example, write `[{ \"min\": 3, \"max\": 24 }]`"));
    }
    Ok(Some(bands))
}

/// An object of weights, with known keys and no duplicates.
fn weights<'de, D, K>(deserializer: D) -> Result<Option<BTreeMap<K, u32>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
{
    struct WeightsVisitor<K>(PhantomData<K>);

    impl<'de, K: Deserialize<'de> + Ord> Visitor<'de> for WeightsVisitor<K> {
        type Value = BTreeMap<K, u32>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of names and weights")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut weights = BTreeMap::new();
            while let Some(key) = map.next_key()? {
                if weights.contains_key(&key) {
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::custom("duplicate key; remove one of the two"));
                }
                let weight: u32 = map.next_value()?;
                ordered(weight, weight, 0, WEIGHT_MAX).map_err(A::Error::custom)?;
                weights.insert(key, weight);
            }
            Ok(weights)
        }
    }

    deserializer.deserialize_map(WeightsVisitor(PhantomData)).map(Some)
}
