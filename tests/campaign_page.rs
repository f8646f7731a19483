//! The page of a campaign: its data; and that its file is complete and harmless, with links that lead somewhere.
//! `tests/browser` checks its looks, keys and buttons in a browser.

use crate::desk::Desk;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use treequake::chart::cdf::Curve;
use treequake::fuzz::campaign::stats::Converged;
use treequake::fuzz::campaign::times::Times;
use treequake::fuzz::known::Known;
use treequake::page::campaign::{CampaignPage, Links, Measure, read};

/// A campaign in which much counts as a failure, so it has classes.
const CAMPAIGN: [&str; 7] = ["fuzz", "--seeds", "100..400", "--deny", "duplicate-signal", "--budget", "1"];

/// Runs a campaign, without the environment variables of the test runner.
fn campaign(desk: &Desk, args: &[&str]) {
    let output = desk.command(args).env_clear().output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {output:?}");
}

fn desk() -> Desk {
    let desk = Desk::with(&[]);
    campaign(&desk, &[&CAMPAIGN[..], &["--out", "run"]].concat());
    desk
}

fn page(desk: &Desk, args: &[&str]) -> String {
    let output = desk.run(&[&["report"], args].concat());
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// All values of an attribute.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let begin = format!(" {attribute}=\"");
    page.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn told(page: &CampaignPage) -> String {
    let mut text = String::new();
    for stage in page.funnel() {
        let _ = writeln!(text, "{}: {:?} {}", stage.name, stage.count, stage.share);
    }
    let _ = writeln!(text, "\n{} rows", page.rows.count);
    for (strip, measure) in page.rows.strips.iter().zip(Measure::ALL) {
        let _ = writeln!(text, "\n{measure:?} of {}, at most {}", strip.bins.count(), strip.bins.max());
        for mark in &strip.marks {
            let _ = writeln!(text, "  {} of {mark:?}", mark.value);
        }
    }
    for Curve { kind, times } in &page.cdf.curves {
        let quantiles = [50, 95, 99].map(|percent| times.percentile(percent));
        let Times { cases, interrupted, never, .. } = times;
        let longest = times.longest();
        let _ = write!(
            text,
            "\n{kind}: {cases} cases, {interrupted} interrupted, {never} never, {quantiles:?}, {longest:?}"
        );
    }
    text
}

/// Proves what data the page has, and that its figures are those of the summary and the statistics.
#[test]
fn data() {
    let desk = desk();
    let page = read(&desk.path("run"), Links::default(), Known::default()).unwrap();
    insta::assert_snapshot!(told(&page));
    assert_eq!(page.rows.count, page.summary.tally.cases);
    let stats = treequake::fuzz::campaign::stats::stats(&desk.path("run")).unwrap();
    for Curve { kind, times } in &page.cdf.curves {
        let figures = &stats.steps[*kind];
        assert_eq!((times.cases, times.interrupted + times.never), (figures.cases, figures.unconverged), "{kind}");
        let Converged { count, median, p95, p99, max, .. } = figures.converged_ns;
        let found = [50, 95, 99].map(|percent| times.percentile(percent));
        assert_eq!((times.converged(), times.longest(), found), (count, max, [median, p95, p99]), "{kind}");
    }
}

/// Proves that a page loads nothing, that all its links lead to something, and that it is the same each time.
#[test]
fn a_page_is_whole() {
    let desk = desk();
    desk.put("elsewhere/x", "");
    for (out, folder) in [("run/report.html", "run"), ("page.html", "."), ("elsewhere/page.html", "elsewhere")] {
        page(&desk, &["run", "--out", out]);
        let first = fs::read_to_string(desk.path(out)).unwrap();
        holds(&first, &desk.path(folder));
        page(&desk, &["run", "--out", out]);
        assert_eq!(first, fs::read_to_string(desk.path(out)).unwrap());
    }
    for taken in ["run/summary.json", "run/findings"] {
        let before = desk.run(&["stats", "run"]).stdout;
        assert_eq!(desk.run(&["report", "run", "--out", taken]).status.code(), Some(2), "{taken}");
        assert_eq!(before, desk.run(&["stats", "run"]).stdout);
    }
    assert!(page(&desk, &["run"]).starts_with("wrote run/report.html ("));
    assert_eq!(page(&desk, &["run", "--out", "-"]), fs::read_to_string(desk.path("run/report.html")).unwrap());
}

fn holds(page: &str, folder: &Path) {
    let page = &page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for outside in ["http:", "https:", "//www", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let ids: Vec<_> = values(page, "id");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id is given once: {ids:?}");
    let links: BTreeSet<_> = values(page, "href").into_iter().filter(|link| *link != "data:,").collect();
    assert!(links.len() > 5);
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => assert!(ids.contains(&id), "{link} leads nowhere"),
            None => assert!(folder.join(link).is_file(), "{link} leads to no file"),
        }
    }
    for labelled in values(page, "aria-labelledby") {
        assert!(ids.contains(&labelled), "{labelled} labels nothing");
    }
}

/// Proves that names that look like markup stay text.
#[test]
fn names_are_data() {
    let hostile = "a\"><script>alert(1)</script><b x='&amp;";
    let desk = Desk::with(&[]);
    let folder = hostile.replace('/', "\\");
    campaign(&desk, &["fuzz", "--seeds", "160..180", "--profile", "reuse", "--out", &folder]);
    page(&desk, &[&folder]);
    let page = fs::read_to_string(desk.path(&folder).join("report.html")).unwrap();
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    assert!(!page.contains("<b x"));
    assert!(page.contains("a&quot;&gt;&lt;script&gt;alert(1)&lt;\\script&gt;&lt;b x=&#39;&amp;amp;"));
    holds(&page, &desk.path(&folder));
}

/// Proves that the command beside an outlier gives the scenario of its row, by the digest of the run.
#[test]
fn an_outlier_can_be_had() {
    let desk = desk();
    let page = read(&desk.path("run"), Links::default(), Known::default()).unwrap();
    let rows = fs::read_to_string(desk.path("run/results.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for mark in page.rows.strips.iter().flat_map(|strip| &strip.marks) {
        let command = page.summary.campaign.command(mark.seed);
        let words: Vec<_> = command.split(' ').skip(1).chain(["--print"]).collect();
        desk.put("case.json", desk.run(&words).stdout);
        let run = desk.run(&["replay", "case.json", "--format", "json"]);
        let run: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let row = rows.iter().find(|row| row["seed"] == mark.seed).unwrap();
        if row["cut"] == true {
            // A replay goes on.
            assert_ne!(run["digest"], row["digest"], "{command}");
            continue;
        }
        assert_eq!((&run["digest"], &run["verdict"]), (&row["digest"], &row["verdict"]), "{command}");
    }
    insta::assert_snapshot!(desk.see(&["fuzz", "--seeds", "3..5", "--print"]));
}

/// Proves the errors for folders that have no page, and the notes on pages that lack something.
#[test]
fn folders_of_all_kinds() {
    let desk = desk();
    campaign(&desk, &[&CAMPAIGN[..], &["--out", "parts", "--partition", "slice:2/3"]].concat());
    campaign(&desk, &["fuzz", "--seeds", "0..20", "--out", "fine"]);
    campaign(&desk, &["fuzz", "--seeds", "0..20", "--results", "findings", "--out", "no-rows"]);
    campaign(&desk, &["fuzz", "--seeds", "7", "--out", "one"]);
    end_early(&desk);
    let mut seen = String::new();
    for folder in ["run", "parts/part-2-of-3", "fine", "no-rows", "one", "early"] {
        page(&desk, &[folder]);
        let page = fs::read_to_string(desk.path(folder).join("report.html")).unwrap();
        holds(&page, &desk.path(folder));
        let _ = writeln!(seen, "{folder}");
        for line in page.lines().filter(|line| ["<h1", "<p>", "<p "].iter().any(|tag| line.starts_with(tag))) {
            let _ = writeln!(seen, "  {line}");
        }
    }
    desk.put("scenarios/one.json", "{}");
    damage(&desk);
    for folder in
        ["scenarios", "nowhere", "under-way", "gone-on", "damaged", "no-sums", "no-summary-to-read", "no-results"]
    {
        seen.push_str(&desk.see(&["report", folder]));
        assert!(!desk.path(folder).join("report.html").exists(), "{folder}");
    }
    // A new kind of step, or a new branch, changes no snapshot.
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(\d+) of \d+ pairs", "$1 of [all] pairs");
    settings.bind(|| insta::assert_snapshot!(seen));
}

/// A folder of a campaign that a clock ended.
fn end_early(desk: &Desk) {
    for name in ["campaign.json", "results.ndjson", "summary.json"] {
        let text = fs::read_to_string(desk.path("fine").join(name)).unwrap();
        let of_more = text.replace("\"seeds\": \"0..20\"", "\"seeds\": \"0..\"");
        desk.put(&format!("early/{name}"), of_more);
    }
    fs::copy(desk.path("fine/results.parquet"), desk.path("early/results.parquet")).unwrap();
    desk.sum("early");
    desk.put("early/progress.journal", "");
}

/// Folders of campaigns that have not ended or are damaged.
fn damage(desk: &Desk) {
    let read = |name: &str| fs::read_to_string(desk.path("fine").join(name)).unwrap();
    let (campaign, results, summary) = (read("campaign.json"), read("results.ndjson"), read("summary.json"));
    let put = |folder: &str, files: &[(&str, &str)]| {
        desk.put(&format!("{folder}/campaign.json"), &campaign);
        files.iter().for_each(|(name, text)| desk.put(&format!("{folder}/{name}"), text));
    };
    let more = format!("{results}{{}}\n");
    put("under-way", &[("results.ndjson", &results), ("progress.journal", "")]);
    put("gone-on", &[("results.ndjson", &more), ("summary.json", &summary), ("progress.journal", "")]);
    let fine = read("SHA256SUMS");
    put("damaged", &[("results.ndjson", &more), ("summary.json", &summary), ("SHA256SUMS", &fine)]);
    put("no-sums", &[("results.ndjson", &results), ("summary.json", &summary)]);
    put("no-summary-to-read", &[("results.ndjson", &results), ("summary.json", "{"), ("results.parquet", "")]);
    desk.sum("no-summary-to-read");
    put("no-results", &[("summary.json", &summary), ("SHA256SUMS", &fine)]);
}
