//! Charts by their data, and by what can be told of a picture without looking: no label overlaps another, texts are never
//! markup, both formats are whole, and the same bytes come out twice.

use crate::desk::Desk;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use treequake::chart::canvas::Picture;
use treequake::chart::compare::{self, Comparison, Figure};
use treequake::chart::convergence::{self, Ending, Series};
use treequake::chart::scaling::{self, Against};
use treequake::chart::time_axis::TimeAxis;
use treequake::chart::{Drawing, cdf};
use treequake::fuzz::campaign::stats;
use treequake::fuzz::class::Class;
use treequake::fuzz::class::Kind;
use treequake::fuzz::pairs::pair::{Pair, Side};
use treequake::monitors;
use treequake::process::places;
use treequake::recording::record;
use treequake::run::Runner;
use treequake::scenario::diagnostic::Source;
use treequake::scenario::{Scenario, file};
use treequake::sweep;
use treequake::time::{Span, Time};

fn scenario(text: &str) -> Scenario {
    file::parse(Source { name: "test".to_owned(), text: text.to_owned() }, "test").unwrap().scenario
}

fn library() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("scenarios")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files
}

fn series(path: &Path) -> Series {
    convergence::series(&record(&scenario(&fs::read_to_string(path).unwrap())).unwrap())
}

fn series_of(text: &str) -> Series {
    convergence::series(&record(&scenario(text)).unwrap())
}

/// A tree that meets so many faults: crashes, and partitions that heal.
fn faults(count: u64) -> String {
    let events = (0..count).map(|n| match n % 10 {
        9 => json!({ "at": format!("{}ms", 1_000 + n * 97), "do": "partition", "id": n + 1, "for": "300ms" }),
        _ => json!({ "at": format!("{}ms", 1_000 + n * 97), "do": "kill", "id": n + 1 }),
    });
    let events: Vec<_> = events.collect();
    json!({ "version": 1, "topology": { "shape": "star", "contexts": count + 5 }, "events": events }).to_string()
}

/// Fails where a text overlaps another, or stands outside.
fn check_texts(picture: &Picture, what: &str) {
    let texts: Vec<_> = picture.texts().map(|text| (text.area(), text.words.as_str())).collect();
    for (place, (area, words)) in texts.iter().enumerate() {
        assert!(area.left >= 0.0 && area.right <= picture.width + 0.5, "{what}: {words:?} is cut at a side");
        assert!(area.top >= 0.0 && area.bottom <= picture.height, "{what}: {words:?} is cut above or below");
        for (other, others) in &texts[place + 1..] {
            assert!(!area.overlaps(*other), "{what}: {words:?} overlaps {others:?}");
        }
    }
}

/// Fails where a text is no XML, as far as a reader of elements, attributes and entities sees it. Returns its texts.
fn check_xml(xml: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut texts = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>'), "{text:?}");
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').expect("an entity ends").0;
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "{name}");
        }
        if !text.trim().is_empty() {
            texts.push(text.trim().to_owned());
        }
        let tag = &rest[start + 1..];
        let (tag, behind) = tag.split_once('>').expect("a tag ends");
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap().to_owned());
        }
        let quotes = tag.matches('"').count();
        assert!(quotes % 2 == 0 && !tag.contains('<'), "{tag}");
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    texts
}

/// Fails where a PNG cannot be read, or is not of that size.
fn check_png(bytes: &[u8], width: u32, height: u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height), (width, height));
    assert!(pixels.iter().any(|value| *value < 60), "there is ink on it");
}

/// Proves what the chart of a small run is drawn of: each change of what is wrong and on the wires, and each fault.
#[test]
fn a_crash_as_data() {
    insta::assert_snapshot!(convergence::csv(&[series(Path::new("scenarios/bastion-crash.json"))]));
}

/// Proves that a fault lasts until its link is whole again or is no more, that steps at one time are one, and how runs end.
#[test]
fn faults_last_until_they_end() {
    let run = series_of(
        r#"{ "version": 1, "name": "f", "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }, { "id": 3, "parent": 0 }],
             "events": [{ "at": "1s", "do": "partition", "id": 1, "for": "2s" },
                        { "at": "4s", "do": "partition", "id": 2, "way": "up" },
                        { "at": "4500ms", "do": "partition", "id": 2 },
                        { "at": "5s", "do": "slow", "id": 3, "factor": 9, "for": "1s" },
                        { "at": "7s", "do": "kill", "id": 2 }, { "at": "8s", "do": "kill", "id": 1 },
                        { "at": "8s", "do": "kill", "id": 3 }, { "at": "9s", "do": "partition", "id": 3 },
                        { "at": "10s", "do": "call", "from": 0, "to": 0 }] }"#,
    );
    let told: Vec<String> = run.faults.iter().map(|fault| format!("{} {}", fault.at, fault.words)).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(matches!(run.ending, Ending::Right(Some(_))));
    // A keepalive gives up on a link that holds its end of stream until it heals; a storm is not over.
    let run = series_of(
        r#"{ "version": 1, "name": "g",
             "topology": { "shape": "star", "contexts": 1,
                           "links": [{ "latency": "5ms", "keepalive": { "interval": "10s", "count": 2 } }] },
             "events": [{ "at": "1s", "do": "partition", "id": 1, "for": "1h" }] }"#,
    );
    assert!(run.faults.iter().any(|fault| fault.words == "partition 1 host-1 for 1h"), "{:?}", run.faults);
    let storm = series(Path::new("scenarios/reused-id-loop.json"));
    assert!(matches!(storm.ending, Ending::Storm(_)), "{:?}", storm.ending);
    // What leads to it can be seen, though it goes on for a hundred times as long.
    assert!(convergence::draw(&[storm]).panels[0].axis.place(Time::from_ns(400_000_000)) > 0.5);
    let diverged = series(Path::new("scenarios/fleets/bastion-crash-no-keepalive.json"));
    assert!(
        matches!(diverged.ending, Ending::Wrong { count: 501, is_least: false, for_good: true }),
        "{:?}",
        diverged.ending
    );
}

/// Proves that no text overlaps another, with 3, 30 and 300 faults, and in every scenario of the library.
#[test]
fn labels_never_overlap() {
    for count in [0, 1, 3, 30, 300] {
        check_texts(&convergence::draw(&[series_of(&faults(count))]).picture, &format!("{count} faults"));
    }
    let runs: Vec<Series> = library().iter().map(|path| series(path)).collect();
    for run in &runs {
        check_texts(&convergence::draw(std::slice::from_ref(run)).picture, &run.title);
    }
    for runs in runs.chunks(convergence::PANELS_MAX) {
        check_texts(&convergence::draw(runs).picture, &runs[0].title);
    }
}

/// Proves that with 300 faults none is lost: the labels count them all.
#[test]
fn labels_count_what_they_put_together() {
    let picture = convergence::draw(&[series_of(&faults(300))]).picture;
    let words: Vec<&str> =
        picture.texts().map(|text| text.words.as_str()).filter(|words| words.contains('×')).collect();
    let counts = words.iter().flat_map(|words| words.split(", ")).map(|part| match part.split_once('×') {
        Some((_, count)) => count.parse::<u64>().unwrap(),
        None => part.split(' ').next().unwrap().parse().unwrap_or(1),
    });
    // 30 of them heal.
    assert_eq!(counts.sum::<u64>(), 330, "{words:?}");
}

/// Proves that names are data: a scenario that is called like markup is drawn, and is none.
#[test]
fn names_are_never_markup() {
    let run = series_of(
        r#"{ "version": 1, "name": "<script>alert('&')</script>",
             "contexts": [{ "id": 1, "parent": 0, "name": "]]></text><b onload=\"x\">" }],
             "events": [{ "at": "1s", "do": "kill", "id": 1 }] }"#,
    );
    let picture = convergence::draw(&[run]).picture;
    let svg = picture.svg();
    assert!(!svg.contains("<script") && !svg.contains("<b "));
    let texts = check_xml(&svg);
    assert!(texts.iter().any(|text| text.starts_with("&lt;script&gt;alert(&apos;&amp;&apos;)")), "{texts:?}");
    check_png(&picture.png(1), 800, picture.height as u32);
}

/// Proves that a picture has the title, the size and the ground that the user wants, whatever they are.
#[test]
fn pictures_for_people_who_present() {
    let desk = Desk::with(&[("crash.json", &fs::read_to_string("scenarios/bastion-crash.json").unwrap())]);
    for (chart, width, height) in [
        (&["convergence", "crash.json"][..], 1280, 720),
        (&["convergence", "crash.json"], 320, 240),
        (&["tree", "crash.json"], 640, 360),
        (&["scaling", "--max-contexts", "8"], 1000, 400),
        (&["compare", "--monitors", "mitogen-seed,mitogen-0.3", "--seeds", "0..20"], 900, 900),
    ] {
        let size = [width.to_string(), height.to_string()];
        let wanted = ["--title", "A crash", "--width", &size[0], "--height", &size[1], "--theme", "dark"];
        let draw = |out: &str| desk.run(&[&["chart"], chart, &wanted, &["--out", out]].concat()).status.code();
        assert_eq!((draw("wanted.svg"), draw("wanted.png")), (Some(0), Some(0)), "{chart:?}");
        let svg = fs::read_to_string(desk.path("wanted.svg")).unwrap();
        assert!(svg.contains(&format!("width=\"{width}\" height=\"{height}\"")), "{chart:?}: {svg:.300}");
        assert!(check_xml(&svg).contains(&"A crash".to_owned()), "{chart:?}");
        assert!(!svg.contains("<style>") && svg.contains(&format!("fill=\"{}\"", "#14181D")), "{chart:?}");
        let bytes = fs::read(desk.path("wanted.png")).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height, &pixels[..3]), (width, height, &[0x14, 0x18, 0x1d][..]), "{chart:?}");
    }
}

/// Proves that the join does not set the scale, that faults at once are below each other, and that a label is shortened
/// before it is combined.
#[test]
fn what_matters_has_the_room() {
    let run = series_of(
        r#"{ "version": 1, "topology": { "shape": "star", "contexts": 3, "children": 40 }, "contexts": [
                { "id": 200, "parent": 1, "name": "a-very-long-name-of-a-host-that-nobody-can-read-in-a-chart" } ],
             "events": [{ "at": "10s", "do": "partition", "id": 200, "for": "300s" },
                        { "at": "12s", "do": "partition", "id": 2, "for": "45s" }, { "at": "14s", "do": "kill", "id": 3 },
                        { "at": "16s", "do": "kill", "id": 4 }, { "at": "18s", "do": "kill", "id": 5 }] }"#
            .replace(r#""contexts": 3, "children": 40"#, r#""contexts": 60"#)
            .as_str(),
    );
    let join = run.join().unwrap();
    assert!(join.until < Time::from_ns(1_000_000_000) && join.wrong > 0, "{join:?}");
    let picture = convergence::draw(&[run]).picture;
    check_texts(&picture, "room");
    let words: Vec<&str> = picture.texts().map(|text| text.words.as_str()).collect();
    assert!(words.contains(&"5m") && words.contains(&"45s"), "{words:?}");
    assert!(words.iter().any(|words| words.starts_with("partition 200")), "{words:?}");
}

/// Proves that the two formats are whole, that a PNG has the size that was asked for, and that nothing changes from one
/// time to the next.
#[test]
fn the_same_bytes_twice() {
    let draw = || convergence::draw(&[series(Path::new("scenarios/fleets/rack-comes-back.json"))]).picture;
    let (one, other) = (draw(), draw());
    check_xml(&one.svg());
    assert_eq!(one.svg(), other.svg());
    let large = one.png(2);
    assert!(large == other.png(2));
    check_png(&one.png(1), 800, one.height as u32);
    check_png(&large, 1600, one.height as u32 * 2);
}

/// Proves that a picture is one for the light and for the dark: each colour is one that the style sheet knows.
#[test]
fn every_colour_has_a_dark_side() {
    use treequake::chart::theme::Tone;
    let svg = convergence::draw(&[series(Path::new("scenarios/bastion-crash.json"))]).picture.svg();
    let (head, marks) = svg.split_once("</style>").unwrap();
    let colours = marks.split('"').filter(|value| value.starts_with('#'));
    assert!(colours.clone().count() > 20);
    for colour in colours {
        assert!(["fill", "stroke"].iter().all(|what| head.contains(&format!(".tq [{what}=\"{colour}\"]"))), "{colour}");
        assert!(Tone::ALL.iter().any(|tone| tone.light().eq_ignore_ascii_case(colour)), "{colour}");
    }
}

/// Proves that an axis never goes back, that a place leads to its time again, and that long silences are short on it.
#[test]
fn time_goes_on_along_the_axis() {
    let millis = [0, 1, 13, 26, 60_000, 60_013, 60_026, 90_000, 90_001, 90_020];
    let axis = TimeAxis::new(millis.map(|ms| Time::from_ns(ms * 1_000_000)), Span::from_ms(39), 700.0);
    assert_eq!(axis.segments.iter().filter(|segment| segment.is_folded).count(), 2);
    let mut last = -1.0;
    for ms in (0..90_020).step_by(7) {
        let at = Time::from_ns(ms * 1_000_000);
        let place = axis.place(at);
        assert!(place >= last && (0.0..=1.0).contains(&place));
        assert!(axis.time(place).as_ns().abs_diff(at.as_ns()) <= 1_000);
        last = place;
    }
    let width =
        |from: u64, to: u64| axis.place(Time::from_ns(to * 1_000_000)) - axis.place(Time::from_ns(from * 1_000_000));
    assert!(width(60_000, 60_026) > 0.2 && width(26, 60_000) < 0.1, "{axis:?}");
    // What goes on all the time has no silence.
    let steady = TimeAxis::new((0..1_000).map(|n| Time::from_ns(n * 1_000_000_000)), Span::from_ms(39), 700.0);
    assert!(!steady.is_folded() && steady.place(Time::from_ns(250_000_000_000)) > 0.235);
}

/// Proves that a panel's area and its axis say where in the picture a time is.
#[test]
fn a_panel_says_where_a_time_is() {
    let run = series(Path::new("scenarios/bastion-crash.json"));
    let Drawing { picture, panels } = convergence::draw(std::slice::from_ref(&run));
    let [panel] = panels.as_slice() else { panic!("{panels:?}") };
    let kill = run.faults.last().unwrap();
    let x = panel.x(kill.at);
    assert!(panel.plot.left < x && x < panel.plot.right && panel.plot.bottom < picture.height);
    // In hundredths of a pixel.
    assert!(picture.svg().contains(&format!("points=\"{:.0},", x * 100.0)), "a line is there, at {x}");
}

/// Proves that the curves of a campaign are its statistics: as many cases, as many that did not converge, and the same
/// median.
#[test]
fn curves_are_the_statistics() {
    let desk = Desk::with(&[]);
    desk.run(&["fuzz", "--seeds", "0..400", "--out", "run", "--charts"]);
    let folder = desk.path("run");
    let series = cdf::series(&folder).unwrap();
    let stats = stats::stats(&folder).unwrap();
    assert_eq!(series.cases, 400);
    assert!(series.curves.len() > 5);
    for curve in &series.curves {
        let figures = &stats.steps[curve.kind];
        let times = &curve.times;
        assert_eq!(times.cases, figures.cases, "{}", curve.kind);
        assert_eq!(
            (times.interrupted + times.never, times.never),
            (figures.unconverged, figures.never),
            "{}",
            curve.kind
        );
        let points = times.points();
        assert!(points.windows(2).all(|pair| pair[0].ns < pair[1].ns && pair[0].share() <= pair[1].share()));
        assert_eq!(points.last().map_or(0, |point| point.converged), times.converged());
        assert_eq!(times.percentile(50), figures.converged_ns.median, "{}", curve.kind);
    }
    let picture = cdf::draw(&series);
    check_texts(&picture, "cdf");
    check_xml(&picture.svg());
    // The charts of the campaign: one for each representative, and the distribution.
    let findings = fs::read_dir(folder.join("findings")).unwrap().count();
    let charts: Vec<_> = fs::read_dir(folder.join("charts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(charts.len(), findings + 1);
    assert_eq!(fs::read_to_string(folder.join("charts/cdf.svg")).unwrap(), picture.svg());
    charts.iter().for_each(|chart| drop(check_xml(&fs::read_to_string(chart).unwrap())));
}

/// Proves what a sweep comes to, and that its exponents are those of Mitogen: a chain that joins costs the square of its
/// length, a fleet its size.
#[test]
fn a_sweep_as_data() {
    let mut runner = Runner::default();
    let cases = sweep::cases(64, monitors::default());
    let rows: Vec<_> = cases.iter().map(|case| sweep::run(&mut runner, *case, None).unwrap()).collect();
    let series = scaling::series(&rows, monitors::default(), Against::Contexts);
    insta::assert_snapshot!(scaling::csv(&series));
    for against in [Against::Contexts, Against::Depth] {
        let picture = scaling::draw(&scaling::series(&rows, monitors::default(), against));
        check_texts(&picture, "scaling");
        check_xml(&picture.svg());
    }
}

/// Proves that whose result changes is counted, told and marked, and that what never converged has a place.
#[test]
fn changed_results_are_told() {
    let class = |kind| Class { kind, place: places::UNTOLD, monitor: monitors::default() };
    let side = |failure: Option<Kind>, ms: Option<u64>| Side {
        classes: failure.map(class).into_iter().collect(),
        converged: ms.map(Span::from_ms),
        messages: ms.unwrap_or(9),
    };
    let pair = |seed, first, second| Pair { seed, size: 1, has_equal_traces: false, first, second };
    let (fine, bad) = (None, Some(Kind::Missing));
    let mut pairs: Vec<Pair> =
        (0..30).map(|seed| pair(seed, side(fine, Some(seed)), side(fine, Some(seed * seed)))).collect();
    pairs.push(pair(30, side(fine, Some(5)), side(bad, None)));
    pairs.push(pair(31, side(Some(Kind::Storm), None), side(fine, Some(0))));
    for figure in [Figure::Time, Figure::Messages] {
        let monitors = [monitors::all()[0], monitors::default()];
        let comparison = Comparison { figure, monitors, sentence: "seeds 0..32".to_owned(), pairs: pairs.clone() };
        assert_eq!(
            comparison.changes(1),
            "the result of 2 cases changes, 1 for the worse, 1 for the better: seeds 30 and 1 more"
        );
        let picture = compare::draw(&comparison);
        check_texts(&picture, "compare");
        let svg = picture.svg();
        check_xml(&svg);
        assert!(svg.contains("<title>seed 30</title>") && svg.contains("<title>seed 31</title>"));
        assert_eq!(compare::csv(&comparison).lines().count(), 33);
    }
}

/// Proves that a chart without differences says so, and has no scale for them: also where some cases converge under one
/// monitor only.
#[test]
fn a_chart_without_differences_says_so() {
    let side = |ms: Option<u64>| Side { classes: Vec::new(), converged: ms.map(Span::from_ms), messages: 9 };
    let pair = |seed, first, second| Pair { seed, size: 1, has_equal_traces: true, first, second };
    let equal: Vec<Pair> = (0..9).map(|seed| pair(seed, side(Some(seed)), side(Some(seed)))).collect();
    let never = [&equal[..], &[pair(9, side(Some(9)), side(None))]].concat();
    let slower = [&equal[..], &[pair(9, side(Some(9)), side(Some(10)))]].concat();
    let drawn = |figure, pairs: &[Pair]| {
        let monitors = [monitors::all()[0], monitors::default()];
        let picture = compare::draw(&Comparison { figure, monitors, sentence: String::new(), pairs: pairs.to_vec() });
        check_texts(&picture, "compare");
        picture.svg()
    };
    let cases: [(Figure, &[Pair], &str); 3] = [
        (Figure::Time, &equal, "no case takes another time"),
        (Figure::Time, &never, "no case that converges under both takes another time"),
        (Figure::Messages, &slower, "no case takes another number of messages"),
    ];
    for (figure, pairs, words) in cases {
        let svg = drawn(figure, pairs);
        // The minus sign stands only before differences.
        assert!(svg.contains(words) && !svg.contains('\u{2212}'), "{words}: {svg}");
    }
    let svg = drawn(Figure::Time, &slower);
    assert!(!svg.contains("another time") && svg.contains("+1ms"), "{svg}");
}

/// Proves that the pairs of the command are the runs of either monitor.
#[test]
fn pairs_are_runs_of_either_monitor() {
    let desk = Desk::with(&[]);
    let seen = desk.see(&["chart", "compare", "--monitors", "mitogen-seed,mitogen-0.3", "--seeds", "0..12", "--data"]);
    insta::assert_snapshot!(seen);
}

/// Proves what a user sees of the command: where charts go, and what is said where they cannot.
#[test]
fn charts_on_the_desk() {
    let crash = fs::read_to_string("scenarios/bastion-crash.json").unwrap();
    let desk = Desk::with(&[("crash.json", &crash), ("other.json", &crash), ("notes.txt", "none")]);
    let mut seen = String::new();
    for args in [
        &["chart", "convergence", "crash.json"][..],
        &["chart", "convergence", "crash.json"],
        &["chart", "convergence", "crash.json", "other.json", "--out", "both.png"],
        &["chart", "convergence", "crash.json", "--out", "chart.pdf"],
        &["chart", "convergence", "crash.json", "--out", "nowhere/chart.svg"],
        &["chart", "convergence", "missing.json"],
        &["chart", "cdf", "."],
        &["chart", "compare", "--monitors", "mitogen-0.3"],
        &["chart", "compare", "--monitors", "mitogen-0.3,mitogen-0.3"],
        &["chart", "compare", "--monitors", "mitogen-seed,mitogen-0.3", "--seeds", "5", "--out", "one.png"],
        &["chart", "compare", "--monitors", "mitogen-seed,mitogen-0.3", "--seeds", "5..5"],
        &["replay", "--chart", "run.svg", "crash.json", "other.json"],
        &["replay", "--chart", "-", "crash.json"],
    ] {
        seen.push_str(&desk.see(args));
        seen.push('\n');
    }
    insta::assert_snapshot!(seen);
    let mut files: BTreeMap<String, u64> = BTreeMap::new();
    for entry in fs::read_dir(desk.folder()).unwrap() {
        let entry = entry.unwrap();
        files.insert(entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len());
    }
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "both.png",
            "convergence-crash-2.svg",
            "convergence-crash.svg",
            "crash.json",
            "notes.txt",
            "one.png",
            "other.json"
        ]
    );
    assert_eq!(files["convergence-crash.svg"], files["convergence-crash-2.svg"]);
}

/// Proves that replay draws the same picture, and reports as ever.
#[test]
fn replay_draws_on_the_way() {
    let crash = fs::read_to_string("scenarios/bastion-crash.json").unwrap();
    let desk = Desk::with(&[("crash.json", &crash)]);
    let plain = desk.run(&["replay", "crash.json"]);
    let drawn = desk.run(&["replay", "--chart", "run.svg", "crash.json"]);
    assert_eq!((&plain.stdout, plain.status), (&drawn.stdout, drawn.status));
    desk.run(&["chart", "convergence", "crash.json", "--out", "chart.svg"]);
    let printed = desk.run(&["chart", "convergence", "crash.json", "--out", "-"]).stdout;
    let [run, chart] = ["run.svg", "chart.svg"].map(|name| fs::read(desk.path(name)).unwrap());
    assert!(run == chart && run == printed);
}

/// Proves that too many panels are refused, with the number that would do.
#[test]
fn a_picture_has_so_many_panels() {
    let crash = fs::read_to_string("scenarios/bastion-crash.json").unwrap();
    let desk = Desk::with(&[]);
    (0..17).for_each(|n| desk.put(&format!("many/{n}.json"), &crash));
    insta::assert_snapshot!(desk.see(&["chart", "convergence", "many"]));
}

/// Proves that the commands of the documents do what they say: each is run as it stands there, but for large numbers, and
/// but for those that read what another command wrote.
#[cfg(unix)]
#[test]
fn the_commands_of_the_documents_work() {
    let desk = Desk::with(&[]);
    std::os::unix::fs::symlink(Path::new("scenarios").canonicalize().unwrap(), desk.path("scenarios")).unwrap();
    let mut count = 0;
    for document in ["docs/charts.md", "docs/export.md"] {
        for line in fs::read_to_string(document).unwrap().lines() {
            let Some(command) = line.strip_prefix("$ treequake ") else { continue };
            let small = command
                .replace("0..10000", "0..20")
                .replace("--max-contexts 1024", "--max-contexts 16")
                .replace(" --scale 2", "");
            let args: Vec<&str> = small.split(" | ").next().unwrap().split(' ').collect();
            if !["chart", "export"].contains(&args[0]) || command.contains("output/latest") {
                continue;
            }
            let done = desk.run(&args);
            assert_eq!(done.status.code(), Some(0), "{document}: {command}: {}", String::from_utf8_lossy(&done.stderr));
            count += 1;
        }
    }
    assert!(count >= 8, "{count} commands were found");
}
