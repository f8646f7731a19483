//! The result of a campaign as text: its classes of failures, and its statistics.

use super::{BAD, GOOD, replay_command, styled};
use crate::fuzz::campaign::stats::{Converged, Figures, Quantiles, Stats};
use crate::fuzz::campaign::summary::{Finding, Summary};
use crate::fuzz::campaign::tally::Tally;
use crate::fuzz::examine::Failure;
use crate::monitors;
use crate::time::Span;
use crate::words::{counted, shell_word};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// How many classes are shown in full. The summary file has them all.
const TOLD_MAX: usize = 20;

/// The result of a campaign, stored in the folder `path`.
pub fn summary(summary: &Summary, path: &Path) -> String {
    let tally = &summary.tally;
    let partition = summary.campaign.partition.map(|partition| format!(" ({partition})")).unwrap_or_default();
    let mut text = format!(
        "seeds {}{partition} under {}, profile {}: {}, {} events, {} run twice\n",
        summary.done,
        summary.campaign.monitor,
        summary.campaign.profile,
        counted(tally.cases, "case", "cases"),
        tally.events,
        tally.run_twice,
    );
    if !summary.findings.is_empty() {
        text.push_str(&format!("\n{}", classes(&summary.findings)));
    }
    for finding in summary.findings.iter().take(TOLD_MAX) {
        text.push_str(&format!("\n{}", told(finding, summary, path)));
    }
    if summary.findings.len() > TOLD_MAX {
        let _ = writeln!(text, "\n... and {} more; summary.json has them all", summary.findings.len() - TOLD_MAX);
    }
    let coverage = tally.coverage.table(monitors::family_of(&summary.campaign.monitor));
    let _ = write!(text, "\nwhat followed each step, and how often (. means never)\n{coverage}");
    let _ = writeln!(text, "\nfolder {}", path.display());
    let _ = writeln!(text, "page   treequake report {}", shell_word(&path.display().to_string()));
    let _ = writeln!(text, "digest {}\n", digest(tally));
    let unknown = timed_out(tally).map(|unknown| format!("; {unknown}")).unwrap_or_default();
    text.push_str(&match tally.failed {
        0 if unknown.is_empty() => styled("ok, no case fails", GOOD),
        0 => styled(&format!("no case is known to fail{unknown}"), BAD),
        failed => {
            let classes = counted(summary.findings.len() as u64, "class", "classes");
            styled(&format!("FAIL: {}, in {classes}{unknown}", counted(failed, "case fails", "cases fail")), BAD)
        }
    });
    text.push('\n');
    text
}

/// The digest of a campaign, and of which cases it is if not of all.
pub fn digest(tally: &Tally) -> String {
    let without = match tally.timed_out {
        0 => String::new(),
        _ => {
            format!(" (of the {} that the clock did not stop)", counted(tally.cases - tally.timed_out, "case", "cases"))
        }
    };
    format!("{:032x}{without}", tally.digest)
}

/// How many cases the clock stopped, if any.
pub fn timed_out(tally: &Tally) -> Option<String> {
    let one = "case was stopped by the clock: its end is unknown";
    let unknown = counted(tally.timed_out, one, "cases were stopped by the clock: their ends are unknown");
    (tally.timed_out > 0).then_some(unknown)
}

fn classes(findings: &[Finding]) -> String {
    let mut table = Builder::default();
    table.push_record(["class", "cases", "first seed", "smallest", "contexts", "steps"]);
    for finding in findings.iter().take(TOLD_MAX) {
        let size = |of: fn(&crate::fuzz::campaign::summary::ScenarioSize) -> u64| match &finding.size.shrunk {
            Some(shrunk) => format!("{} -> {}", of(&finding.size.drawn), of(shrunk)),
            None => of(&finding.size.drawn).to_string(),
        };
        table.push_record([
            finding.class.clone(),
            finding.tally.count.to_string(),
            finding.tally.first_seed.to_string(),
            finding.tally.representative.seed.to_string(),
            size(|size| size.contexts),
            size(|size| size.steps),
        ]);
    }
    drawn(table)
}

/// The four lines about a class. In a part of a campaign there are only two, as the class has no file.
pub fn told(finding: &Finding, summary: &Summary, path: &Path) -> String {
    let (Some(file), Some(replay)) = (&finding.file, replay(finding, summary, path)) else {
        return format!("{}: {}\n  rerun: {}\n", finding.class, finding.sentence, finding.command);
    };
    let file = path.join(file).display().to_string();
    let word = shell_word(&file);
    format!("{file}\n  {}\n  replay: {replay}\n  report: treequake report {word}\n", finding.sentence)
}

/// The command that replays the representative of a class, in the folder `path`; `None` in a part of a campaign, which
/// has no file.
pub fn replay(finding: &Finding, summary: &Summary, path: &Path) -> Option<String> {
    let monitor = monitors::named(&summary.campaign.monitor)?;
    Some(replay_command(&path.join(finding.file.as_ref()?).display().to_string(), monitor, &[]))
}

/// What to print once a scenario has been shrunk and written: where it is, what broke, and how to see it again.
pub fn shrunk(path: &str, failure: &Failure) -> String {
    let path = shell_word(path);
    format!(
        "file:    {path}\nbroke:   {}\nreplay:  treequake replay {path}\nreport:  treequake report {path}\n",
        failure.sentence
    )
}

/// The statistics of a campaign.
pub fn stats(stats: &Stats) -> String {
    let mut text = format!("{}\n", counted(stats.cases, "case", "cases"));
    for (by, groups) in [("step", &stats.steps), ("shape", &stats.shapes)] {
        if groups.values().any(has_times) {
            let _ = write!(text, "\nconvergence time by {by}\n{}", times_table(by, groups));
        }
        if !groups.is_empty() {
            let _ = write!(text, "\nmessages by {by}\n{}", messages_table(by, groups));
        }
    }
    text
}

/// Whether there are convergence times at all: a `send` and a `call` have none.
fn has_times(figures: &Figures) -> bool {
    figures.unconverged + figures.converged_ns.count > 0
}

fn times_table(by: &str, groups: &BTreeMap<String, Figures>) -> String {
    let mut table = Builder::default();
    table.push_record([by, "cases", "interrupted", "never", "median", "p95", "p99", "longest"]);
    for (name, figures) in groups.iter().filter(|(_, figures)| has_times(figures)) {
        let Converged { median, p95, p99, max, .. } = figures.converged_ns;
        let counts = [figures.cases, figures.unconverged - figures.never, figures.never].map(|count| count.to_string());
        let span = |ns: Option<u64>| ns.map_or("-".to_owned(), |ns| Span::from_ns(ns).to_string());
        table.push_record([name.clone()].into_iter().chain(counts).chain([median, p95, p99, max].map(span)));
    }
    drawn(table)
}

fn messages_table(by: &str, groups: &BTreeMap<String, Figures>) -> String {
    let mut table = Builder::default();
    table.push_record([by, "cases", "median", "p95", "p99", "max"]);
    for (name, figures) in groups {
        let Quantiles { count, median, p95, p99, max } = figures.messages;
        let cells = [count, median, p95, p99, max].map(|count| count.to_string());
        table.push_record([name.clone()].into_iter().chain(cells));
    }
    drawn(table)
}

fn drawn(table: Builder) -> String {
    let mut table = table.build();
    table.with(Style::empty()).with(Padding::new(0, 3, 0, 0)).modify(Columns::new(1..), Alignment::right());
    table.to_string().lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}
