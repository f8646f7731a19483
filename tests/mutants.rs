//! A mutating fuzzer for what comes from files. It knows their structure: JSON is changed as a tree, so that most of what
//! it makes can be read and gets far; other files lose and get bytes.
//!
//! - Scenarios: each mutant is read by the library and, if it is valid, run, twice. It must not panic, and both runs must
//!   have one digest.
//! - Folders of campaigns: a file of a folder is mutated, and every command that reads folders is run on it. With `signed`
//!   the list of digests is made to agree, and so is the digest of a journal's line: then what is behind the check is
//!   tried. No command may crash, end with exit code 3, or touch anything beside the folder; and without `signed` all must
//!   notice the damage.
//!
//! It takes half a minute for each of the two. `TREEQUAKE_MUTANTS=3600` makes that an hour, `TREEQUAKE_MUTANTS_SEED=7`
//! begins elsewhere; both print what they did (`-- --nocapture`). A failure names the seed that repeats it.

use crate::desk::{Desk, Files, files, put};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use treequake::run::{Options, run};
use treequake::scenario::{diagnostic::Source, file};
use xxhash_rust::xxh3::xxh3_128;

/// How long each test tries.
fn duration() -> Duration {
    let seconds = std::env::var("TREEQUAKE_MUTANTS").map_or(30, |text| text.parse().expect("a number of seconds"));
    Duration::from_secs(seconds)
}

fn first_seed() -> u64 {
    std::env::var("TREEQUAKE_MUTANTS_SEED").map_or(0, |text| text.parse().expect("a seed"))
}

/// Calls `one` with seed after seed until the time is up, at least a few times; returns how many.
fn try_seeds(mut one: impl FnMut(u64)) -> u64 {
    let begin = Instant::now();
    let mut tried = 0;
    while tried < 20 || begin.elapsed() < duration() {
        one(first_seed() + tried);
        tried += 1;
    }
    tried
}

/// Values at which programs break.
fn odd(dice: &mut ChaCha8Rng) -> Value {
    let all = [
        json!(0),
        json!(1),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(0.5),
        json!(4_294_967_296_u64),
        json!(""),
        json!("0s"),
        json!("18446744073709551615ns"),
        json!("1h"),
        json!("0.."),
        json!("0..18446744073709551615"),
        json!("../../x"),
        json!("a\u{0}b\n"),
        json!("\u{202e}"),
        json!("ffffffffffffffffffffffffffffffff"),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
    ];
    all.choose(dice).expect("there are some").clone()
}

/// All places in a tree of JSON, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found)),
        Value::Object(map) => {
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            map.iter().for_each(|(key, value)| places(value, &format!("{at}/{}", escaped(key)), found));
        }
        _ => {}
    }
}

/// Changes a tree of JSON in one place; `others` are trees of the same kind, whose pieces are used.
fn mutate(value: &mut Value, others: &[Value], dice: &mut ChaCha8Rng) {
    let pick = |value: &Value, dice: &mut ChaCha8Rng| {
        let mut all = Vec::new();
        places(value, "", &mut all);
        all.choose(dice).expect("the root is one").clone()
    };
    let at = pick(value, dice);
    let other = others.choose(dice).expect("there are some");
    let piece = other.pointer(&pick(other, dice)).expect("it was found there").clone();
    let place = value.pointer_mut(&at).expect("it was found there");
    match (dice.random_range(0..7), place) {
        (0 | 1, place) => *place = odd(dice),
        (2, place) => *place = piece,
        (3, Value::Array(list)) if !list.is_empty() => {
            let n = dice.random_range(0..list.len());
            let item = list[n].clone();
            list.insert(dice.random_range(0..=list.len()), item);
        }
        (4, Value::Array(list)) if !list.is_empty() => drop(list.remove(dice.random_range(0..list.len()))),
        (4, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(dice.random_range(0..map.len())).expect("it has as many").clone();
            map.remove(&key);
        }
        (_, Value::Number(number)) => {
            let number = number.as_u64().unwrap_or(0);
            let near = [number.wrapping_add(1), number.wrapping_sub(1), number.wrapping_mul(2), number ^ (1 << 40)];
            *value.pointer_mut(&at).expect("it is there") = json!(near.choose(dice));
        }
        (_, Value::Object(map)) => {
            if let Value::Object(more) = piece {
                map.extend(more.into_iter().take(2));
            }
        }
        (_, place) => *place = odd(dice),
    }
}

/// Changes bytes.
fn mutate_bytes(bytes: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let place = dice.random_range(0..=bytes.len());
    match dice.random_range(0..5) {
        0 => bytes.truncate(place),
        1 => bytes.splice(place..place, (0..8).map(|_| 0)).for_each(drop),
        2 => {
            let end = (place + dice.random_range(1..50)).min(bytes.len());
            bytes.drain(place..end).for_each(drop);
        }
        3 => {
            let end = (place + 200).min(bytes.len());
            let piece = bytes[place..end].to_vec();
            bytes.extend(piece);
        }
        _ => match bytes.get_mut(place) {
            Some(byte) => *byte ^= 1 << dice.random_range(0..8),
            None => bytes.push(0),
        },
    }
}

/// All scenarios of the repository.
fn scenarios() -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from("scenarios")];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                // Large ones take long, and show nothing more.
                let text = fs::read_to_string(&path).unwrap();
                if text.len() < 10_000 {
                    found.push(serde_json::from_str(&text).unwrap());
                }
            }
        }
    }
    found
}

/// A scenario that ends soon, whatever it says.
fn bounded(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        let is_unbounded = map.get("max_events").is_none_or(|max| max.as_u64().is_some_and(|max| max > 2_000));
        if is_unbounded {
            map.insert("max_events".to_owned(), json!(2_000));
        }
    }
    value
}

/// Proves that no scenario makes the library panic, and that a valid one runs to the same digest twice.
#[test]
fn scenarios_of_all_kinds() {
    let originals = scenarios();
    assert!(originals.len() > 5);
    let (mut valid, mut wrong) = (0, 0);
    let tried = try_seeds(|seed| {
        let dice = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut value = originals.choose(dice).expect("there are some").clone();
        for _ in 0..dice.random_range(1..4) {
            mutate(&mut value, &originals, dice);
        }
        let mut text = bounded(value).to_string().into_bytes();
        if dice.random_range(0..10) == 0 {
            mutate_bytes(&mut text, dice);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let one = || {
            let source = Source { name: "mutant".to_owned(), text: text.clone() };
            let loaded = match file::parse(source, "mutant") {
                Ok(loaded) => loaded,
                Err(file::LoadError::Invalid { source, diagnostics }) => {
                    treequake::report::mistakes::draw(&source, &diagnostics, None);
                    return false;
                }
                Err(_) => return false,
            };
            // A mutant can ask for a million contexts.
            if loaded.scenario.contexts.len() > 20_000 {
                return true;
            }
            let digests =
                [(); 2].map(|()| run(&loaded.scenario, Options::default()).map(|outcome| outcome.digest).ok());
            assert_eq!(digests[0], digests[1], "two runs differ");
            true
        };
        match catch_unwind(AssertUnwindSafe(one)) {
            Ok(true) => valid += 1,
            Ok(false) => wrong += 1,
            Err(_) => panic!("TREEQUAKE_MUTANTS_SEED={seed} makes a scenario that fails: {text}"),
        }
    });
    println!("{tried} scenarios: {valid} valid, {wrong} with mistakes");
    assert!(valid > 0 && wrong > 0);
}

/// A campaign that finds something, of few cases; complete, as a part, and under way.
const CAMPAIGN: [&str; 7] = ["fuzz", "--seeds", "160..180", "--profile", "reuse", "--jobs", "1"];

/// Changes a file of a folder; its name.
fn damage(folder: &mut Files, dice: &mut ChaCha8Rng) -> String {
    let names: Vec<String> = folder.keys().cloned().collect();
    let name = names.choose(dice).expect("it has files").clone();
    let bytes = folder.get_mut(&name).expect("it was found");
    let is_json = name.ends_with(".json");
    match dice.random_range(0..10) {
        0 => drop(folder.remove(&name)),
        1..7 if is_json => {
            let mut value: Value = serde_json::from_slice(bytes).expect("it was written so");
            let others = [value.clone()];
            for _ in 0..dice.random_range(1..3) {
                mutate(&mut value, &others, dice);
            }
            *bytes = format!("{value:#}\n").into_bytes();
        }
        1..7 if name.ends_with("ndjson") || name.ends_with("journal") => mutate_line(bytes, dice),
        _ => mutate_bytes(bytes, dice),
    }
    name
}

/// Changes the JSON in a line; the digest of a line of the journal is made to agree.
fn mutate_line(bytes: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let Some(line) = lines.choose(dice).cloned() else { return };
    let place = lines.iter().position(|other| *other == line).expect("it is one of them");
    let (has_digest, json) = match line.split_once(" {") {
        Some((digest, _)) if digest.len() == 32 => (true, &line[33..]),
        _ => (false, &line[..]),
    };
    let Ok(mut value) = serde_json::from_str::<Value>(json) else { return };
    let others = [value.clone()];
    mutate(&mut value, &others, dice);
    let json = value.to_string();
    lines[place] = if has_digest { format!("{:032x} {json}", xxh3_128(json.as_bytes())) } else { json };
    *bytes = lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
}

/// The folders that are mutated: complete, a part, and under way.
fn originals() -> BTreeMap<&'static str, Files> {
    let desk = Desk::with(&[]);
    for more in [&["--out", "c"][..], &["--out", "p", "--partition", "slice:1/1"]] {
        let output = desk.command(&[&CAMPAIGN[..], more].concat()).env_clear().output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
    desk.put("w/campaign.json", fs::read(desk.path("c/campaign.json")).unwrap());
    desk.put("w/results.ndjson", fs::read(desk.path("c/results.ndjson")).unwrap());
    desk.journal("c", "w");
    [("c", "c"), ("p", "p/part-1-of-1"), ("w", "w")].map(|(name, path)| (name, files(&desk.path(path)))).into()
}

/// Makes a summary agree with its rows, which it has a digest of, too.
fn agree(folder: &mut Files) {
    let Some(rows) = folder.get("results.ndjson") else { return };
    let digest = json!({ "bytes": rows.len(), "digest": format!("{:032x}", xxh3_128(rows)) });
    let mut summary: Value = serde_json::from_slice(&folder["summary.json"]).expect("it was written so");
    summary["results"] = digest;
    folder.insert("summary.json".to_owned(), format!("{summary:#}\n").into_bytes());
}

/// What is beside the folder, which nothing may touch.
fn beside() -> Map<String, Value> {
    let text = "precious".to_owned();
    ["x", "x.json", "x.html", "findings/x.json", "page.html"]
        .map(|name| (name.to_owned(), json!(text)))
        .into_iter()
        .collect()
}

/// Proves that no folder makes a command crash, blame itself, or write beside the folder, and that damage is noticed.
#[test]
fn folders_of_all_kinds() {
    let originals = originals();
    let (mut signed_ones, mut refused, mut commands) = (0, 0, 0);
    let tried = try_seeds(|seed| {
        let dice = &mut ChaCha8Rng::seed_from_u64(seed);
        let kind = *["c", "c", "p", "w"].choose(dice).expect("there are some");
        let mut folder = originals[kind].clone();
        let name = damage(&mut folder, dice);
        let is_changed = folder != originals[kind];
        let is_signed = dice.random_range(0..3) > 0 && kind != "w" && name != "SHA256SUMS";
        let desk = Desk::with(&[]);
        beside().iter().for_each(|(name, text)| desk.put(name, text.as_str().expect("a text")));
        if is_signed && name == "results.ndjson" {
            agree(&mut folder);
        }
        put(&desk, "f/folder", &folder);
        if is_signed {
            desk.sum("f/folder");
            signed_ones += 1;
        }
        let mut resume = CAMPAIGN.to_vec();
        let part = ["--partition", "slice:1/1"];
        fs::create_dir_all(desk.path("f/p")).unwrap();
        let out = if kind == "p" { "f/p" } else { "f/folder" };
        resume.extend(["--out", out, "--resume"]);
        if kind == "p" {
            fs::rename(desk.path("f/folder"), desk.path("f/p/part-1-of-1")).unwrap();
            resume.extend(part);
        }
        let folder = if kind == "p" { "f/p/part-1-of-1" } else { "f/folder" };
        let readers = [
            &["stats", folder][..],
            &["chart", "cdf", folder, "--data"],
            &["report", folder],
            &["merge", folder, "--out", "f/m"],
        ];
        for args in readers.into_iter().chain([&resume[..]]) {
            let output = desk.command(args).env_clear().output().unwrap();
            let code = output.status.code();
            let story =
                || format!("TREEQUAKE_MUTANTS_SEED={seed}, {kind}, {name}, signed: {is_signed}: {args:?}: {output:?}");
            assert!(matches!(code, Some(0..=2)), "{}", story());
            let said = String::from_utf8_lossy(&output.stderr);
            let is_noticed = code == Some(2) || said.contains("note: ");
            // Of a campaign that is under way, nobody knows how far it was.
            let must_notice = is_changed && !is_signed && kind != "w";
            assert!(is_noticed || !must_notice, "{}", story());
            commands += 1;
            refused += u64::from(code == Some(2));
        }
        for (name, text) in beside() {
            assert_eq!(fs::read_to_string(desk.path(&name)).unwrap(), text, "TREEQUAKE_MUTANTS_SEED={seed}");
        }
        let names: Vec<_> = fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 6, "TREEQUAKE_MUTANTS_SEED={seed}: {names:?}");
    });
    println!("{tried} folders, {signed_ones} of them with digests that agree: {commands} commands, {refused} refused");
}
