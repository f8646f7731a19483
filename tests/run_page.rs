//! The run page: its columns are the run, its reasons are those of `why`, and text of a scenario never becomes markup.
//! `tests/browser/check.sh` tests what it does in a browser.

use crate::desk::Desk;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use treequake::fuzz::generator::generate;
use treequake::fuzz::profile::Profile;
use treequake::link::Incarnation;
use treequake::monitors;
use treequake::page::run::{About, page};
use treequake::process::ContextId;
use treequake::recording::{Cause, Recording, record};
use treequake::report::why::entry_words;
use treequake::scenario::Scenario;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::file;
use treequake::why::{Past, entry};

fn scenario(text: &str) -> Scenario {
    file::parse(Source { name: "test".to_owned(), text: text.to_owned() }, "test").unwrap().scenario
}

/// What the pages in this file say about their runs.
const ABOUT: About<'static> = About { path: "test.json", denied: &[], back: None, broke: None };

fn page_of(scenario: &Scenario) -> String {
    page(&record(scenario).unwrap(), ABOUT)
}

/// The columns of a page.
fn data(page: &str) -> Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

fn numbers(column: &Value) -> Vec<i64> {
    column.as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
}

/// The numbers of a column of differences.
fn sums(column: &Value) -> Vec<i64> {
    let sum = |sum: &mut i64, delta: i64| {
        *sum += delta;
        Some(*sum)
    };
    numbers(column).into_iter().scan(0, sum).collect()
}

fn count(column: &Value) -> i64 {
    numbers(column).iter().sum()
}

/// Proves that route tables, wrong entries and flights can be put together from the columns.
fn check(recording: &Recording<'_>) {
    let data = data(&page(recording, ABOUT));
    let moments = &data["moments"];
    let at: Vec<_> = recording.moments.iter().map(|moment| moment.at.as_ns() as i64).collect();
    assert_eq!(sums(&moments["at"]), at);
    let wrong: Vec<_> =
        recording.moments.iter().map(|moment| moment.wrong.map_or(0, |wrong| wrong as i64 + 1)).collect();
    assert_eq!(sums(&moments["wrong"]), wrong);
    let rows = |list: &str, column: &str| data[list][column].as_array().unwrap().len() as i64;
    assert_eq!(count(&moments["routes"]), rows("routes", "target"));
    assert_eq!(count(&moments["turns"]), rows("turns", "context"));
    assert_eq!(count(&moments["records"]), rows("records", "words"));
    assert_eq!(count(&moments["changes"]), rows("changes", "subject"));
    assert_eq!(count(&moments["flights"]), recording.flights.len() as i64);
    assert_eq!(data["flights"]["end"].as_str().unwrap().len(), recording.flights.len());
    let [contexts, targets, afters] = ["context", "target", "after"].map(|column| sums(&data["routes"][column]));
    let mut tables: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    for ((context, target), after) in contexts.into_iter().zip(targets).zip(afters) {
        let table = tables.entry(context).or_default();
        match after {
            0 => table.remove(&target),
            after => table.insert(target, after - 1),
        };
    }
    let state = recording.state(recording.moments.len().checked_sub(1));
    for context in state.contexts().filter(|context| state.is_alive(*context)) {
        let table = state.table(context).iter().map(|(target, via)| (i64::from(target.0), i64::from(via.0)));
        assert_eq!(tables.remove(&i64::from(context.0)).unwrap_or_default(), table.collect());
    }
}

/// How many reasons of a run are checked: each check takes as long as the run.
const ASKED_AGAIN: usize = 12;

/// Proves that the origins and the reasons of a page are those of `why`, that the page can put their moments together, and
/// that each wrong entry of a page with room for all has one. Returns how many reasons there are.
fn check_reasons(recording: &Recording<'_>) -> usize {
    let data = data(&page(recording, ABOUT));
    let (past, sent) = (Past::of(recording), |flight: usize| recording.flights[flight].sent);
    let mut origins: Vec<_> = recording
        .moments
        .iter()
        .map(|moment| if let Cause::Arrival(flight) = moment.cause { Some(sent(flight)) } else { None })
        .collect();
    for pair in data["moments"]["origins"].as_array().unwrap() {
        let [moment, place] = [&pair[0], &pair[1]].map(|number| number.as_u64().unwrap() as usize);
        origins[moment] = place.checked_sub(1);
    }
    assert!((0..origins.len()).all(|moment| origins[moment] == past.origin(moment)));
    let column = |name: &str| sums(&data["reasons"][name]);
    let [contexts, routes, firsts, lasts, asked] = ["context", "route", "first", "last", "asked"].map(column);
    let words = |place: &Value| data["words"][place.as_u64().unwrap() as usize].as_str().unwrap().to_owned();
    let count = contexts.len();
    for place in (0..count).step_by(count.div_ceil(ASKED_AGAIN).max(1)) {
        let (context, route) = (Incarnation(contexts[place] as u32), ContextId(routes[place] as u32));
        let [first, last, asked] = [&firsts, &lasts, &asked].map(|column| column[place] as usize);
        let why = entry(recording, context, route, Some(asked));
        let (standing, headline, sentences) = entry_words(recording, &why);
        let reason = |name: &str| &data["reasons"][name][place];
        assert_eq!((words(reason("standing")), words(reason("headline"))), (standing.to_owned(), headline));
        assert_eq!(reason("sentences").as_array().unwrap().iter().map(words).collect::<Vec<_>>(), sentences);
        let tips = numbers(reason("tips")).into_iter().map(|tip| tip as usize);
        let all = tips.flat_map(|tip| std::iter::successors(Some(tip), |moment| origins[*moment]));
        assert_eq!(all.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), why.moments);
        let is_wrong = |moment| recording.state(moment).difference(context, route).is_some();
        assert!([first, asked, last].iter().all(|moment| is_wrong(Some(*moment))), "{first}..={last}");
        assert!(!is_wrong(first.checked_sub(1)) && (last + 1 == origins.len() || !is_wrong(Some(last + 1))));
    }
    let intervals = data["reasons"]["intervals"].as_u64().unwrap() as usize;
    assert!(intervals == count || (count < intervals && count >= 250), "{count} of {intervals}");
    for moment in [origins.len() / 3, origins.len() / 2, origins.len()].into_iter().filter_map(|end| end.checked_sub(1))
    {
        let state = recording.state(Some(moment));
        let explained = (0..count).filter(|place| (firsts[*place]..=lasts[*place]).contains(&(moment as i64)));
        let explained: BTreeSet<_> = explained.map(|place| (contexts[place], routes[place])).collect();
        let wrong: BTreeSet<_> =
            state.wrong().map(|(context, route)| (i64::from(context.0), i64::from(route.0))).collect();
        assert!(explained == wrong || (count < intervals && explained.is_subset(&wrong)));
    }
    count
}

#[test]
fn the_reasons_are_those_of_why() {
    let mut count = 0;
    for (seed, monitor) in (0..60).zip(monitors::all().into_iter().cycle()) {
        let profile = Profile::find(if seed % 2 == 0 { "default" } else { "reuse" }).unwrap();
        let mut case = generate(&profile, monitor, seed);
        case.scenario.max_events = case.scenario.max_events.map(|most| most.min(3_000));
        count += check_reasons(&record(&case.scenario).unwrap());
    }
    assert!(count > 1_000, "{count}");
    let folder = "scenarios/fleets";
    for name in ["bastion-crash-library-keepalive", "swizzle-branch", "end-of-a-play"] {
        let scenario = scenario(&fs::read_to_string(format!("{folder}/{name}.json")).unwrap());
        check_reasons(&record(&scenario).unwrap());
    }
}

#[test]
fn the_columns_are_the_run() {
    for (seed, monitor) in (0..40).zip(monitors::all().into_iter().cycle()) {
        let profile = Profile::find(if seed % 2 == 0 { "default" } else { "reuse" }).unwrap();
        let mut case = generate(&profile, monitor, seed);
        case.scenario.max_events = case.scenario.max_events.map(|most| most.min(5_000));
        check(&record(&case.scenario).unwrap());
    }
}

/// Proves that a page depends only on the run: not on a clock, on chance, or on the order of a hash table.
#[test]
fn the_same_run_has_the_same_page() {
    for file in ["scenarios/bastion-crash.json", "scenarios/incidents/533-play-over-a-rebooting-host.json"] {
        let scenario = scenario(&fs::read_to_string(file).unwrap());
        assert_eq!(page_of(&scenario), page_of(&scenario));
    }
}

/// Proves that no text of a scenario leaves its place in the head, the chart or the columns, and that the data are
/// complete.
#[test]
fn text_stays_text() {
    let bad = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u{202e}";
    let control = format!("{bad}\u{7}");
    let text = serde_json::json!({
        "version": 1,
        "name": bad,
        "description": control.repeat(120),
        "contexts": [{ "id": 1, "parent": 0, "name": control }, { "id": 2, "parent": 1 }],
        "events": [{ "at": "1s", "do": "kill", "id": 1, "label": &bad[..40] }],
    });
    let page = page_of(&scenario(&text.to_string()));
    let lower = page.to_ascii_lowercase();
    assert_eq!(lower.matches("<script").count(), 2);
    assert_eq!(lower.matches("</script>").count(), 2);
    assert!(!lower.contains("<img") && !page.contains('\u{7}'));
    let data = data(&page);
    // What turns text around is replaced.
    let shown = |text: &str| serde_json::Value::from(text.replace('\u{202e}', "\u{fffd}"));
    assert_eq!((&data["run"]["name"], &data["run"]["description"]), (&shown(bad), &shown(&control.repeat(120))));
    assert!(data["words"].as_array().unwrap().contains(&shown(&control)));
}

/// Proves that a page cannot load anything.
#[test]
fn a_page_stands_alone() {
    let page = page_of(&scenario(&fs::read_to_string("scenarios/bastion-crash.json").unwrap()));
    assert!(page.contains(
        "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    ));
    let code =
        page.split("<script type=\"application/json\"").next().unwrap().replace("http://www.w3.org/2000/svg", "");
    for elsewhere in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!code.contains(elsewhere), "{elsewhere}");
    }
    for script in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttpRequest"]
    {
        assert!(!page.contains(script), "{script}");
    }
}

/// Proves that each life of an id has its own row, with its own name.
#[test]
fn lives_have_rows_of_their_own() {
    let scenario = scenario(
        r#"{ "version": 1,
             "contexts": [{ "id": 1, "parent": 0, "name": "first" }],
             "events": [{ "at": "1s", "do": "kill", "id": 1 },
                        { "at": "2s", "do": "connect", "id": 1, "parent": 0, "name": "second" }] }"#,
    );
    let recording = record(&scenario).unwrap();
    let data = data(&page(&recording, ABOUT));
    let words = data["words"].as_array().unwrap();
    let names: Vec<_> = data["lives"]["name"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| &words[pair[1].as_u64().unwrap() as usize])
        .collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(data["lives"]["earlier"], serde_json::json!([[2, 1]]));
    assert_eq!(recording.life(Incarnation(2)).earlier, 1);
}

const SMALL: &str = r#"{ "version": 1, "contexts": [{ "id": 1, "parent": 0 }] }"#;

/// Proves that a page goes where the user expects it, and that it replaces an older page but no other file.
#[test]
fn where_pages_go() {
    let desk = Desk::with(&[("small.json", SMALL), ("folder/other.json", SMALL), ("foreign.json", SMALL)]);
    desk.put("foreign.html", "<!DOCTYPE html><title>mine</title>");
    let mut seen = String::new();
    for args in [
        &["report", "small.json"][..],
        &["report", "small.json"],
        &["report", "folder/other.json"],
        &["report", "foreign.json"],
        &["report", "foreign.json", "--out", "foreign.html"],
        &["report", "small.json", "--out", "small.json"],
        &["report", "small.json", "--out", "nowhere/page.html"],
        &["report", "small.json", "--monitor", "mitogen-9"],
        &["report", "absent.json"],
        &["report", "--monitor", "mitogen-0.3", "folder"],
    ] {
        let shown = desk.see(args);
        seen.push_str(&shown);
    }
    insta::with_settings!({ filters => vec![(r"\(\d+ kB\)", "(N kB)")] }, { insta::assert_snapshot!(seen) });
    assert_eq!(fs::read_to_string(desk.path("small.json")).unwrap(), SMALL);
    assert_eq!(fs::read_to_string(desk.path("foreign.html")).unwrap(), "<!DOCTYPE html><title>mine</title>");
    let page = fs::read_to_string(desk.path("small.html")).unwrap();
    assert_eq!(page, String::from_utf8(desk.run(&["report", "small.json", "--out", "-"]).stdout).unwrap());
}
