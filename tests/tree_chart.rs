//! The chart of a tree: what it says is what the run was at that moment, and what is written in it can be read.

use crate::desk::Desk;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use treequake::chart::canvas::Picture;
use treequake::chart::tree::{draw, series};
use treequake::recording::record;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;
use treequake::time::{Span, Time};

const SCENARIO: &str = r#"{
  "version": 1,
  "name": "small <b>",
  "contexts": [
    { "id": 1, "parent": 0, "name": "ssh.\"host\"" }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 1 }, { "id": 4, "parent": 3 },
    { "id": 5, "parent": 0 }
  ],
  "events": [
    { "at": "20ms", "do": "partition", "id": 3, "way": "up" },
    { "at": "20ms", "do": "partition", "id": 5 },
    { "at": "30ms", "do": "kill", "id": 2 },
    { "at": "30.5ms", "do": "slow", "id": 1, "factor": 3 },
    { "at": "60ms", "do": "connect", "id": 2, "parent": 0, "name": "again" },
    { "at": "70ms", "do": "disconnect", "id": 3 }
  ]
}"#;

fn picture(text: &str, at: Option<&str>) -> Picture {
    picture_of(text, at, false)
}

fn picture_of(text: &str, at: Option<&str>, all: bool) -> Picture {
    let source = Source { name: "test".to_owned(), text: text.to_owned() };
    let scenario = file::parse(source, "test").unwrap().scenario;
    let at = at.map(|at| Time::from_ns(Span::parse(at).unwrap().as_ns()));
    draw(&series(&record(&scenario).unwrap(), at, all))
}

/// A scenario of contexts with these parents, and these steps.
fn tree(parents: impl IntoIterator<Item = usize>, events: &str) -> String {
    let mut contexts = String::new();
    for (place, parent) in parents.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let id = place + 1;
        let _ =
            write!(contexts, r#"{comma}{{ "id": {id}, "parent": {parent}, "name": "ssh.long-name-{id}.example" }}"#);
    }
    format!(r#"{{ "version": 1, "contexts": [{contexts}], "events": [{events}] }}"#)
}

fn words(picture: &Picture) -> String {
    picture.texts().map(|text| format!("{}\n", text.words)).collect()
}

/// No text lies on another, and none is out of the picture.
fn check(picture: &Picture) {
    let texts: Vec<_> = picture.texts().map(|text| (text.area(), text.words.as_str())).collect();
    for (place, (area, words)) in texts.iter().enumerate() {
        let is_within = area.left >= 0.0 && area.right <= picture.width && area.bottom <= picture.height;
        assert!(is_within, "{words:?} {area:?} is not in {} x {}", picture.width, picture.height);
        for (other, others) in &texts[..place] {
            assert!(!area.overlaps(*other), "{words:?} and {others:?}");
        }
    }
}

#[test]
fn a_tree_as_data() {
    let desk = Desk::with(&[("small.json", SCENARIO)]);
    let moments = ["30ms", "31ms", "end"].map(|at| desk.see(&["chart", "tree", "small.json", "--data", "--at", at]));
    insta::assert_snapshot!(moments.join("\n"));
}

/// Proves that the title says which moment it is, the legend what occurs, and that names are text.
#[test]
fn a_tree_in_words() {
    let moments = ["10ms", "31ms", "69ms"].map(|at| words(&picture(SCENARIO, Some(at))));
    insta::assert_snapshot!(moments.join("\n"));
    let svg = picture(SCENARIO, None).svg();
    assert!(svg.contains("small &lt;b&gt;") && !svg.contains("<b>"));
}

/// Proves that labels never overlap, in trees of all kinds, and that a page can show each.
#[test]
fn labels_stand_alone() {
    let faults = r#"{ "at": "1s", "do": "partition", "ids": [5, 6] }, { "at": "1s", "do": "slow", "id": 3, "factor": 100 },
        { "at": "2s", "do": "kill", "ids": [1, 4] }"#;
    let trees = [
        tree([0; 6], faults),
        tree([0, 1, 1, 2, 2, 3], faults),
        tree(0..40, faults),
        tree(0..200, faults),
        tree(std::iter::once(0).chain([1; 499]), faults),
        tree([0, 0].into_iter().chain((0..500).map(|host| 1 + host % 2)).chain(3..503), faults),
        tree((1..2000).map(|node| (node - 1) / 2), faults),
        tree((1..300).map(|node| node * 7919 % (node / 3 + 1)), faults),
    ];
    for text in trees {
        for (at, all) in [Some("1.5s"), Some("2s"), None].into_iter().flat_map(|at| [(at, false), (at, true)]) {
            let picture = picture_of(&text, at, all);
            check(&picture);
            let shape = picture.width / picture.height;
            assert!(picture.width <= 2400.0 && (0.4..6.0).contains(&shape), "{} x {}", picture.width, picture.height);
        }
    }
}

/// Proves that the members of a block, and what is on shelves, are counted where they are too small for labels.
#[test]
fn what_is_small_is_counted() {
    let crash = r#"{ "at": "1s", "do": "partition", "ids": [2, 3] }, { "at": "2s", "do": "kill", "id": 1 }"#;
    let star = words(&picture_of(&tree(std::iter::once(0).chain([1; 499]), crash), Some("2.5s"), true));
    assert!(star.contains("499 contexts: 2 orphaned, 497 dead\n"), "{star}");
    let fleet = tree([0, 0].into_iter().chain((0..500).map(|host| 1 + host % 2)).chain(3..503), crash);
    let fleet = words(&picture_of(&fleet, Some("2s"), true));
    assert!(fleet.contains("1 ssh.long-name-1.example; below: 500 orphaned\n"), "{fleet}");
}

/// Proves that what is alike is one mark, that all contexts are counted, and that those that faults are about have their
/// names, shortened only where there is no room.
#[test]
fn what_is_alike_is_folded() {
    let crash = r#"{ "at": "1s", "do": "partition", "ids": [17, 40] }, { "at": "2s", "do": "kill", "id": 1 }"#;
    let fleet = tree([0, 0].into_iter().chain((0..500).map(|host| 1 + host % 2)).chain(3..503), crash);
    let picture = picture(&fleet, Some("2.5s"));
    check(&picture);
    let words = words(&picture);
    for wanted in ["1 ssh.long-name-1.example", "17 ssh.long-name-17.exa", "40 ssh.long-name-40.exa"] {
        assert!(words.lines().any(|line| line.starts_with(wanted)), "{wanted}: {words}");
    }
    assert!(words.contains("249 contexts") || words.contains("×249"), "{words}");
    assert!(words.contains("\n2 orphaned\n499 dead\n"), "{words}");
    assert!(picture.height < 700.0, "{}", picture.height);
}

/// Proves that a large tree is drawn at once.
#[test]
fn a_large_tree_is_quick() {
    let text = tree((1..20_000).map(|node: usize| (node - 1) / 40), "");
    let source = Source { name: "test".to_owned(), text };
    let scenario = file::parse(source, "test").unwrap().scenario;
    let recording = record(&scenario).unwrap();
    let start = Instant::now();
    check_bounds(&draw(&series(&recording, None, true)));
    assert!(start.elapsed() < Duration::from_secs(60), "without optimisation: {:?}", start.elapsed());
}

fn check_bounds(picture: &Picture) {
    assert!(picture.width <= 2400.0 && picture.height <= 6000.0, "{} x {}", picture.width, picture.height);
}
