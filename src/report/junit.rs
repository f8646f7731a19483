//! Runs and campaigns as JUnit XML for CI servers: each run is a test, and each class of failures is a test.
//!
//! The XML has no dates and no durations, so the same runs give the same bytes.

use super::Run;
use super::fuzz::{self, told};
use crate::fuzz::campaign::Judged;
use crate::fuzz::campaign::summary::Finding;
use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite, XmlString};

/// The most findings of a run that are listed; `replay --format json` has them all.
const LISTED_MAX: usize = 40;

/// The longest text, in bytes; `lint` shows every mistake of a file.
const TEXT_MAX: usize = 20_000;

/// A suite of tests.
#[derive(Clone, Debug)]
pub struct Suite(TestSuite);

impl Suite {
    /// A suite without tests.
    pub fn new(name: &str) -> Self {
        Suite(TestSuite::new(clean(name)))
    }

    /// Adds a run; its test fails if the run has findings.
    pub fn add_run(&mut self, run: &Run<'_>) {
        let outcome = run.outcome;
        let status = match run.findings {
            [] => TestCaseStatus::success(),
            findings => failed(&message(findings), "finding", &text(run)),
        };
        let mut test = file_test(run.path, status);
        test.add_properties([
            Property::new("scenario", clean(&run.scenario.name)),
            Property::new("monitor", outcome.monitor.name()),
            Property::new("verdict", outcome.verdict.name()),
            Property::new("digest", outcome.digest_text()),
            Property::new("events", outcome.events.to_string()),
            Property::new("messages", outcome.messages.total().to_string()),
        ]);
        self.0.add_test_case(test);
    }

    /// Adds a file that could not be run, or whose run cannot be trusted; `why` can have several lines.
    pub fn add_error(&mut self, path: &str, why: &str) {
        let why = XmlString::new(cut(why));
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("unusable").set_message(first_line(why.as_str()));
        status.set_description(why);
        self.0.add_test_case(file_test(path, status));
    }

    /// Adds a campaign: a failed test for each new class, a skipped one for each known class, and a test for the cases
    /// that pass. Known classes that did not occur are a property.
    pub fn add_campaign(&mut self, judged: &Judged<'_>) {
        let summary = judged.summary;
        let tally = &summary.tally;
        self.0.add_properties([
            Property::new("command", clean(&summary.command)),
            Property::new("seeds", summary.done.to_string()),
            Property::new("digest", format!("{:032x}", tally.digest)),
            Property::new("events", tally.events.to_string()),
            Property::new("messages", tally.messages.total().to_string()),
        ]);
        for known in judged.not_seen() {
            let name = format!("known, but not seen in these seeds: {}", known.class);
            self.0.add_property(Property::new(name, clean(known.file)));
        }
        self.0.add_test_cases(judged.findings().into_iter().map(|finding| class_test(finding, judged)));
        let mut passed = TestCase::new("seeds that pass", TestCaseStatus::success());
        passed.set_classname("treequake.fuzz");
        passed.add_property(Property::new("cases", tally.passed().to_string()));
        self.0.add_test_case(passed);
        self.0.add_test_cases(fuzz::timed_out(tally).map(|what| timeout_test(&what, tally.timed_out)));
    }

    /// Adds the campaign in a folder that was stopped before its end; `text` says how far it came.
    pub fn add_stopped(&mut self, folder: &str, text: &str) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("stopped").set_message(first_line(text)).set_description(cut(text));
        let mut test = TestCase::new(clean(folder).as_str(), status);
        test.set_classname("treequake.fuzz");
        self.0.add_test_case(test);
    }

    /// Whether the suite has no test.
    pub fn is_empty(&self) -> bool {
        self.0.test_cases.is_empty()
    }
}

/// The XML of some suites.
///
/// # Errors
/// If the XML cannot be written, which no text in the suites can cause.
pub fn xml(name: &str, suites: Vec<Suite>) -> Result<String, SerializeError> {
    let mut report = Report::new(name);
    report.add_test_suites(suites.into_iter().map(|suite| suite.0));
    report.to_string()
}

/// The test of a file. Servers link to the file in the attribute `file`.
fn file_test(path: &str, status: TestCaseStatus) -> TestCase {
    let path = clean(path);
    let mut test = TestCase::new(path.as_str(), status);
    test.set_classname("treequake.replay");
    test.extra.insert("file".into(), path.into());
    test
}

fn class_test(finding: &Finding, judged: &Judged<'_>) -> TestCase {
    let text = told(finding, judged);
    let status = match judged.known_from(finding) {
        None => failed(&finding.sentence, "class of failures", &text),
        Some(file) => {
            let mut status = TestCaseStatus::skipped();
            let message = format!("known from {file}: {}", finding.sentence);
            status.set_message(cut(&message)).set_type("known class of failures").set_description(clean(&text));
            status
        }
    };
    let mut test = TestCase::new(finding.class.as_str(), status);
    test.set_classname("treequake.fuzz");
    if let Some(file) = &finding.file {
        test.extra.insert("file".into(), clean(&judged.path.join(file).display().to_string()).into());
    }
    test.add_properties([
        Property::new("cases", finding.tally.count.to_string()),
        Property::new("first seed", finding.tally.first_seed.to_string()),
        Property::new("smallest seed", finding.tally.representative.seed.to_string()),
    ]);
    test
}

/// The test of the cases that the clock stopped. It is an error, not a failure: nobody knows what they show.
fn timeout_test(what: &str, cases: u64) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("stopped").set_message(what);
    let mut test = TestCase::new("seeds that the clock stopped", status);
    test.set_classname("treequake.fuzz");
    test.add_property(Property::new("cases", cases.to_string()));
    test
}

fn failed(message: &str, kind: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(cut(message)).set_type(kind).set_description(clean(text));
    status
}

/// The findings in one line.
fn message(findings: &[String]) -> String {
    match findings {
        [] => String::new(),
        [one] => one.clone(),
        [first, more @ ..] => format!("{first}; and {} more", more.len()),
    }
}

fn text(run: &Run<'_>) -> String {
    let mut lines: Vec<String> =
        run.findings.iter().take(LISTED_MAX).map(|finding| format!("finding: {}", cut(finding))).collect();
    if run.findings.len() > LISTED_MAX {
        lines.push(format!("... and {} more; --format json has them all", run.findings.len() - LISTED_MAX));
    }
    lines.push(format!("digest {}, seed {}", run.outcome.digest_text(), run.scenario.seed));
    lines.push(format!("replay: {}\n", run.command()));
    lines.join("\n")
}

fn first_line(why: &str) -> &str {
    let line = why.trim().lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line)
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    clean(&text[..text.floor_char_boundary(TEXT_MAX)])
}

/// Text without two characters that XML must not have; the writer handles all others.
fn clean(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
