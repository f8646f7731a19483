//! Small worlds: that all are there and none twice, what is left out, and what their user sees.

use crate::desk::{Desk, seen};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use treequake::explore::{Explorer, Limits, explore};
use treequake::fuzz::worlds::moves::{Kind, Move};
use treequake::fuzz::worlds::space::{START, Space, World};
use treequake::monitors;
use treequake::process::Monitor;

fn space(contexts: u32, steps: u32, reuse: bool) -> Space {
    Space { contexts, steps, kinds: Kind::ALL.to_vec(), reuse }
}

/// All ways to rename the contexts 1 to `count`.
fn renamings(count: u32) -> Vec<Vec<u32>> {
    (1..=count).fold(vec![vec![0]], |found, _| {
        let longer = |names: &Vec<u32>| {
            let free = (1..=count).filter(|name| !names.contains(name)).collect::<Vec<_>>();
            free.into_iter().map(|name| [names.as_slice(), &[name]].concat()).collect::<Vec<_>>()
        };
        found.iter().flat_map(longer).collect()
    })
}

/// A world with other names.
fn renamed(world: &World, names: &[u32]) -> World {
    let mut parents = vec![0; world.parents.len()];
    for (id, parent) in (1..).zip(&world.parents) {
        parents[names[id] as usize - 1] = names[*parent as usize];
    }
    let heals = world.heals.iter().map(|id| names.get(*id as usize).copied().unwrap_or(*id)).collect();
    World { parents, moves: world.moves.iter().map(|step| step.renamed(names)).collect(), heals }
}

type Form = (Vec<u32>, Vec<Move>, Vec<u32>);

/// What worlds that only differ in names have in common, with the names that lead there.
fn form(world: &World) -> (Form, Vec<u32>) {
    let forms = renamings(world.parents.len() as u32).into_iter().map(|names| {
        let World { parents, moves, heals } = renamed(world, &names);
        ((parents, moves, heals), names)
    });
    forms.min().expect("there is one")
}

/// Proves that of worlds that only differ in names exactly one is there, by renaming all of them in all ways.
#[test]
fn each_world_once() {
    let mut counts = String::new();
    for (contexts, steps, reuse) in [(1, 3, true), (2, 2, false), (2, 2, true), (3, 2, false)] {
        let space = space(contexts, steps, reuse);
        let listed: Vec<Form> = space.worlds().map(|world| form(&world).0).collect();
        let forms: BTreeSet<&Form> = listed.iter().collect();
        assert_eq!(forms.len(), listed.len(), "none is there twice");
        let all: Vec<Form> = space.worlds_of_all_names().map(|world| form(&world).0).collect();
        assert_eq!(forms, all.iter().collect::<BTreeSet<_>>(), "none is missing");
        let _ = writeln!(counts, "{contexts} {steps} {reuse}: {} of {}", listed.len(), all.len());
    }
    insta::assert_snapshot!(counts);
}

type Endings = BTreeSet<(BTreeMap<u32, BTreeMap<u32, u32>>, Vec<usize>)>;

/// How a world can end, with other names.
fn endings(world: &World, monitor: Monitor, names: &[u32]) -> Endings {
    let scenario = world.scenario(monitor);
    let limits = Limits { most_states: 1_000_000, memory: 1 << 30, jobs: 1, reduces: true };
    let found = explore(&scenario, Some(START), &limits, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(found.bound, None);
    let name = |id: u32| names.get(id as usize).copied().unwrap_or(id);
    let ending = |ending: &treequake::explore::Ending| {
        let hops = |hops: &BTreeMap<_, _>| {
            hops.iter()
                .map(|(to, hop): (&treequake::process::ContextId, &treequake::process::ContextId)| {
                    (name(to.0), name(hop.0))
                })
                .collect()
        };
        let tables = ending.tables.iter().map(|(context, table)| (name(context.0), hops(table))).collect();
        (tables, ending.open_calls.clone())
    };
    found.endings.iter().map(ending).collect()
}

/// Proves that what was explored before changes no result: worlds in which ids are used again, one after another with one
/// explorer, and each with a new one, have the same states, endings and ways there.
#[test]
fn what_was_explored_before_changes_nothing() {
    let limits = Limits { most_states: 1_000_000, memory: 1 << 30, jobs: 1, reduces: true };
    for monitor in monitors::all() {
        let mut explorer = Explorer::default();
        for (place, world) in space(2, 3, true).worlds().enumerate() {
            if world.parents.len() > 1 && place % 29 != 0 {
                continue;
            }
            let scenario = world.scenario(monitor);
            let mut go_on = |_| ControlFlow::Continue(());
            let one = explorer.explore(&scenario, Some(START), &limits, &mut go_on).unwrap();
            let other = explore(&scenario, Some(START), &limits, &mut go_on).unwrap();
            assert_eq!(one.endings, other.endings, "{} under {monitor}", world.words());
            let orders = |found: &treequake::explore::Exploration| -> Vec<_> {
                found.first.iter().map(|node| found.graph.order(*node)).collect()
            };
            assert_eq!((one.graph.states(), orders(&one)), (other.graph.states(), orders(&other)));
        }
    }
}

/// Proves for all worlds of a size, under every monitor, that those which only differ in names end in the same ways, so that
/// one is enough. Sets are walked by name, so this is not certain by itself.
#[test]
fn names_make_no_difference() {
    for (monitor, (contexts, steps)) in monitors::all().into_iter().flat_map(|m| [(m, (2, 2)), (m, (3, 1))]) {
        let kinds = vec![Kind::Connect, Kind::Kill, Kind::Disconnect, Kind::Partition, Kind::Heal, Kind::Call];
        let space = Space { contexts, steps, kinds, reuse: true };
        let mut known: BTreeMap<Form, Endings> = BTreeMap::new();
        let mut compared = 0;
        for world in space.worlds_of_all_names() {
            let (form, names) = form(&world);
            let found = endings(&world, monitor, &names);
            if let Some(known) = known.get(&form) {
                compared += 1;
                assert_eq!(known, &found, "{} under {monitor}", world.words());
            } else {
                known.insert(form, found);
            }
        }
        assert!(compared > 20, "{compared}");
    }
}

/// Every step of every kind, whether it makes sense or not.
fn any_moves(contexts: u32) -> Vec<Move> {
    let ids = || 1..=contexts;
    let one = [Move::Kill, Move::Disconnect, Move::Partition, Move::Heal, Move::Detach];
    let two = [Move::Connect, Move::Call, Move::Send];
    let ones = ids().flat_map(|id| one.map(|make| make(id)));
    let twos = ids().flat_map(|a| (0..=contexts).flat_map(move |b| two.map(|make| make(a, b))));
    ones.chain(twos).collect()
}

/// Proves of every step that is left out after another one that it changes no ending, so nothing is lost.
#[test]
fn only_vain_steps_are_left_out() {
    let monitor = monitors::default();
    let space = space(2, 2, true);
    let mut next: BTreeMap<(Vec<u32>, Move), (World, BTreeSet<Move>)> = BTreeMap::new();
    for world in space.worlds_of_all_names().filter(|world| world.parents.len() == 2) {
        match world.moves[..] {
            [first] => drop(next.insert((world.parents.clone(), first), (world, BTreeSet::new()))),
            [first, second] => {
                next.get_mut(&(world.parents, first)).expect("the shorter one is first").1.insert(second);
            }
            _ => unreachable!("there are one or two steps"),
        }
    }
    let mut left_out = 0;
    for ((parents, first), (before, moves)) in next {
        let there = 2 + u32::from(matches!(first, Move::Connect(3, _)));
        let expected = endings(&before, monitor, &[]);
        for second in any_moves(there).into_iter().filter(|second| !moves.contains(second)) {
            left_out += 1;
            // What may be partitioned heals at the end, as it does without the step.
            let world = World { parents: parents.clone(), moves: vec![first, second], heals: before.heals.clone() };
            assert_eq!(endings(&world, monitor, &[]), expected, "{}", world.words());
        }
    }
    assert!(left_out > 100, "{left_out}");
}

const TINY: [&str; 9] =
    ["explore", "--contexts", "2", "--steps", "2", "--kinds", "connect,kill,partition,call", "--progress", "none"];

/// Proves what a tiny world shows under every monitor, with and without reuse.
#[test]
fn tiny_worlds() {
    let desk = Desk::with(&[]);
    let mut seen = String::new();
    for monitor in monitors::all() {
        seen.push_str(&desk.see(&[&TINY[..], &["--monitor", monitor.name()]].concat()));
        seen.push_str(&desk.see(&[&TINY[..], &["--reuse", "--monitor", monitor.name()]].concat()));
    }
    let small = ["explore", "--contexts", "1", "--steps", "1", "--reuse", "--format", "json"];
    seen.push_str(&desk.see(&small));
    insta::assert_snapshot!(seen);
}

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    found
}

/// Proves that a folder is the same, byte for byte, whether one thread or several explore, parts are merged, or the work was
/// broken off, and that each finding replays as it says.
#[test]
fn parts_make_the_whole() {
    let desk = Desk::with(&[]);
    let explore = |more: &[&str]| desk.run(&[&TINY[..], &["--monitor", "mitogen-0.2.4", "--reuse"], more].concat());
    assert_eq!(explore(&["--out", "whole", "--jobs", "1"]).status.code(), Some(1));
    let whole = files(&desk.path("whole"));
    let findings: Vec<_> = whole.keys().filter(|name| name.starts_with("findings")).collect();
    assert!(!findings.is_empty());
    for name in findings {
        let file = desk.path("whole").join(name);
        let replayed = desk.run(&["replay", file.to_str().unwrap()]);
        assert_eq!(replayed.status.code(), Some(0), "{}", seen(&[], &replayed));
        let text = &whole[name];
        let digest = text.split("\"digest\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a digest");
        assert!(String::from_utf8_lossy(&replayed.stdout).contains(digest), "{}", seen(&[], &replayed));
    }
    for part in ["slice:3/3", "slice:1/3", "slice:2/3"] {
        explore(&["--out", "parts", "--partition", part, "--jobs", "2"]);
    }
    assert_eq!(desk.run(&["merge", "parts", "--out", "merged"]).status.code(), Some(1));
    assert_eq!(files(&desk.path("merged")), whole);
    // A process is killed in the middle of a row.
    let results = fs::read(desk.path("whole/results.ndjson")).unwrap();
    fs::create_dir(desk.path("cut")).unwrap();
    fs::copy(desk.path("whole/worlds.json"), desk.path("cut/worlds.json")).unwrap();
    fs::write(desk.path("cut/results.ndjson"), &results[..results.len() / 2]).unwrap();
    let resumed = explore(&["--out", "cut", "--resume"]);
    assert!(String::from_utf8_lossy(&resumed.stderr).contains("bytes are dropped"), "{}", seen(&[], &resumed));
    assert_eq!(files(&desk.path("cut")), whole);
    fs::remove_dir_all(desk.path("parts/part-2-of-3")).unwrap();
    insta::assert_snapshot!(desk.see(&["merge", "parts", "--out", "again"]));
}

/// Proves that the page of small worlds stands beside what it is made of and changes nothing of it, that it says what the terminal
/// says, and that a folder which is damaged, not complete or of something else has none.
#[test]
fn a_page() {
    let desk = Desk::with(&[("other/report.html", "mine")]);
    let explored = desk.run(&["explore", "--contexts", "2", "--steps", "2", "--reuse", "--out", "worlds"]);
    assert_eq!(explored.status.code(), Some(1));
    let before = files(&desk.path("worlds"));
    assert_eq!(desk.run(&["report", "worlds"]).status.code(), Some(0));
    let mut seen = String::new();
    let after = files(&desk.path("worlds"));
    assert!(before.iter().all(|(name, text)| after.get(name) == Some(text)), "the page changes another file");
    let new: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    let _ = writeln!(seen, "new: {new:?}");
    let page = fs::read_to_string(desk.path("worlds/report.html")).unwrap();
    let told = String::from_utf8(explored.stdout).unwrap();
    let sentence = told.lines().next().unwrap().trim_start_matches("FAIL ").trim_end_matches(", smallest of each:");
    assert!(page.contains(sentence), "{sentence}");
    // A second page replaces the first; elsewhere, links lead into the folder.
    assert_eq!(desk.run(&["report", "worlds", "--out", "beside.html"]).status.code(), Some(0));
    let beside = fs::read_to_string(desk.path("beside.html")).unwrap();
    assert!(beside.contains("href=\"worlds/findings/missing-on-disconnect-mitogen-0.3.html\""), "{beside}");
    for args in [
        &["report", "worlds", "--known", "worlds"][..],
        &["report", "worlds", "--monitor", "mitogen-0.2.4"],
        &["report", "worlds", "--out", "other/report.html"],
    ] {
        seen.push_str(&desk.see(args));
    }
    let finding = desk.path("worlds/findings/missing-on-disconnect-mitogen-0.3.json");
    fs::write(&finding, fs::read_to_string(&finding).unwrap().replace("\"kill\"", "\"disconnect\"")).unwrap();
    seen.push_str(&desk.see(&["report", "worlds"]));
    fs::remove_file(desk.path("worlds/SHA256SUMS")).unwrap();
    seen.push_str(&desk.see(&["report", "worlds"]));
    insta::assert_snapshot!(seen);
}

/// Proves that a limit is no proof: it is said, and --require-complete fails.
#[test]
fn bounds_are_said() {
    let desk = Desk::with(&[]);
    let small = ["explore", "--contexts", "1", "--steps", "1", "--most-states", "2"];
    let mut seen = desk.see(&small);
    seen.push_str(&desk.see(&[&small[..], &["--require-complete"]].concat()));
    insta::assert_snapshot!(seen);
}

/// Proves that each wrong use is refused by name, before anything runs.
#[test]
fn wrong_use() {
    let desk = Desk::with(&[("a.json", "{ \"version\": 1 }"), ("full/note.txt", "mine")]);
    let base = ["explore", "--contexts", "1", "--steps", "1"];
    let wrong = [
        &["explore", "--contexts", "2"][..],
        &["explore", "--steps", "2", "a.json"],
        &["explore", "--contexts", "2", "--steps", "0"],
        &["explore", "--contexts", "7", "--steps", "1"],
        &[&base[..], &["a.json"]].concat(),
        &[&base[..], &["--from", "1s"]].concat(),
        &[&base[..], &["--kinds", "kill,shutdown"]].concat(),
        &[&base[..], &["--partition", "slice:1/2"]].concat(),
        &[&base[..], &["--partition", "slice:3/2", "--out", "new"]].concat(),
        &[&base[..], &["--resume"]].concat(),
        &[&base[..], &["--out", "full"]].concat(),
    ];
    let seen: String = wrong.iter().map(|args| desk.see(args)).collect();
    insta::assert_snapshot!(seen);
}
