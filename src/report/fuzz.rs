//! The result of a campaign as text: its classes of failures, and its statistics.

mod json;

pub use json::object;

use super::{BAD, GOOD, ODD, narrow, plain, replay_command, styled};
use crate::fuzz::campaign::stats::{Converged, Figures, Quantiles, Stats};
use crate::fuzz::campaign::summary::{Finding, Summary};
use crate::fuzz::campaign::tally::Tally;
use crate::fuzz::campaign::{Campaign, Judged};
use crate::fuzz::coverage::Coverage;
use crate::fuzz::examine::Failure;
use crate::fuzz::known::Known;
use crate::fuzz::orders::InOrders;
use crate::metrics::Branch;
use crate::monitors;
use crate::process::{Family, Monitor};
use crate::words::number::short_time;
use crate::words::terminal::shown;
use crate::words::{counted, grouped, shell_word};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter;
use std::path::Path;

/// How many classes are shown in full. The summary file has them all.
const TOLD_MAX: usize = 20;

/// The result of a campaign, for a terminal of this width.
pub fn summary(judged: &Judged<'_>, width: Option<usize>) -> String {
    let Judged { summary, path, known } = *judged;
    let tally = &summary.tally;
    let partition = summary.campaign.partition.map(|partition| format!(" ({partition})")).unwrap_or_default();
    let mut text = format!(
        "seeds {}{partition} under {}, profile {}: {}, {}, {} run twice\n",
        summary.done,
        plain(&summary.campaign.monitor),
        plain(&summary.campaign.profile),
        counted(tally.cases, "case", "cases"),
        counted(tally.events, "event", "events"),
        grouped(tally.run_twice),
    );
    if let Some(cut) = cut(tally) {
        let _ = writeln!(text, "{cut} (--run-to-end)");
    }
    let findings = judged.findings();
    if !findings.is_empty() {
        text.push_str(&format!("\n{}", classes(judged, &findings, width)));
    }
    for finding in findings.iter().take(TOLD_MAX) {
        text.push_str(&format!("\n{}", told(finding, judged)));
    }
    if findings.len() > TOLD_MAX {
        let _ =
            writeln!(text, "\n... and {} more; summary.json has them all", grouped((findings.len() - TOLD_MAX) as u64));
    }
    text.push_str(&not_seen(judged));
    if tally.cases > 0 {
        let coverage = coverage(&tally.coverage, monitors::family_of(&summary.campaign.monitor), width);
        let _ = write!(
            text,
            "\nwhat followed each step, and how often (. means never; a kind of step that nothing followed is left out)\n{coverage}"
        );
    }
    let _ = writeln!(text, "\nfolder {}", shown(path));
    let given: String = known.given().iter().map(|path| format!(" --known {}", shell_word(path))).collect();
    let option = monitors::named(&summary.campaign.monitor).map(program_option).unwrap_or_default();
    let _ = writeln!(text, "page   treequake report {option}{}{given}", shell_word(&path.display().to_string()));
    let _ = writeln!(text, "digest {}\n", digest(tally));
    text.push_str(&last_line(judged));
    text.push('\n');
    narrow::sentences(&text, width)
}

/// What followed each step: a table, or a paragraph for each branch where the table does not fit.
fn coverage(coverage: &Coverage, family: &dyn Family, width: Option<usize>) -> String {
    let table = coverage.table(family);
    let Some(width) = width.filter(|width| table.lines().any(|line| line.len() > *width)) else { return table };
    let kinds = coverage.kinds();
    let heads = iter::once("").chain(kinds.iter().map(|kind| kind.word())).map(str::to_owned).collect();
    let row = |branch: Branch| {
        let counts: Vec<u64> = kinds.iter().map(|kind| coverage.count(*kind, branch)).collect();
        let mark = if counts.iter().all(|count| *count == 0) { ": never" } else { "" };
        let name = format!("{}{mark}", branch.name(family));
        let cell = |count: u64| if count == 0 { String::new() } else { grouped(count) };
        iter::once(name).chain(counts.into_iter().map(cell)).collect()
    };
    let rows: Vec<Vec<String>> = iter::once(heads).chain(Branch::all(family).into_iter().map(row)).collect();
    narrow::stacked(&rows, width)
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

/// How many cases were stopped over their budget, if any.
pub fn cut(tally: &Tally) -> Option<String> {
    let one = "case was stopped far over its budget, and may be in more classes";
    let unknown = counted(tally.cut, one, "cases were stopped far over their budget, and may be in more classes");
    (tally.cut > 0).then_some(unknown)
}

/// A campaign that was stopped.
#[derive(Clone, Copy, Debug)]
pub struct Stopped<'a> {
    /// What was to be run.
    pub campaign: &'a Campaign,
    /// What was found so far.
    pub tally: &'a Tally,
    /// What is known.
    pub known: &'a Known,
    /// Its folder.
    pub path: &'a Path,
    /// The command that continues it.
    pub command: &'a str,
}

/// What a campaign that was stopped has found so far, and how to continue it, for a terminal of this width.
pub fn stopped(stopped: &Stopped<'_>, width: Option<usize>) -> String {
    let Stopped { campaign, tally, known, path, command } = *stopped;
    let of = match campaign.slice() {
        slice if slice.end == u64::MAX => String::new(),
        slice => format!(" of {}", grouped(slice.count())),
    };
    let cases = counted(tally.cases, "case", "cases");
    let mut text = format!("stopped after {}{of}, under {}\n", cases, campaign.monitor);
    let heads = ["class", "cases", "first seed"].into_iter().chain(known.is_given().then_some("known"));
    let mut rows = vec![heads.map(str::to_owned).collect::<Vec<_>>()];
    for (class, tally) in tally.classes.iter().take(TOLD_MAX) {
        let cells = [class.clone(), grouped(tally.count), tally.first_seed.to_string()];
        let mark = if known.file(class).is_some() { "known" } else { "NEW" };
        rows.push(cells.into_iter().chain(known.is_given().then(|| mark.to_owned())).collect());
    }
    match tally.classes.len() {
        0 => text.push_str("no case fails so far\n"),
        count => {
            let fail = counted(tally.failed, "case fails", "cases fail");
            let _ =
                write!(text, "{fail} so far, in {}\n{}", counted(count as u64, "class", "classes"), drawn(rows, width));
        }
    }
    if tally.classes.len() > TOLD_MAX {
        let _ = writeln!(text, "  ... and {} more", grouped((tally.classes.len() - TOLD_MAX) as u64));
    }
    let _ = write!(text, "folder {}\nresume {command}\n", shown(path));
    narrow::sentences(&text, width)
}

/// Whether the campaign fails, and why.
fn last_line(judged: &Judged<'_>) -> String {
    let (all, new) = (judged.summary.findings.len() as u64, judged.new_classes() as u64);
    let fail = counted(judged.summary.tally.failed, "case fails", "cases fail");
    let classes = counted(all, "class", "classes");
    let unknown = timed_out(&judged.summary.tally).map(|unknown| format!("; {unknown}"));
    let (words, style) = match (all, new) {
        (0, _) if judged.summary.tally.cases == 0 => ("no case was run".to_owned(), ODD),
        (0, _) if unknown.is_some() => ("no case is known to fail".to_owned(), BAD),
        (0, _) => ("ok, no case fails".to_owned(), GOOD),
        (_, 0) => {
            let known = counted(all, "known class", "known classes");
            match unknown {
                Some(_) => (format!("no new class: {fail}, in {known}"), BAD),
                None => (format!("ok, no new class: {fail}, in {known}"), GOOD),
            }
        }
        _ if judged.known.is_given() => {
            (format!("FAIL: {fail}, in {classes}: {} new, {} known", grouped(new), grouped(all - new)), BAD)
        }
        _ => (format!("FAIL: {fail}, in {classes}"), BAD),
    };
    styled(&format!("{words}{}", unknown.unwrap_or_default()), style)
}

/// The known failures that did not occur. That does not prove that they are repaired: other seeds may show them.
fn not_seen(judged: &Judged<'_>) -> String {
    let not_seen = judged.not_seen();
    if not_seen.is_empty() {
        return String::new();
    }
    let lines: String = not_seen.iter().map(|known| format!("  {}  {}\n", known.class, known.file)).collect();
    let but = match judged.summary.tally.cut {
        0 => "",
        _ => "; cases that were stopped over their budget may show them",
    };
    format!("\nknown, but not seen in these seeds{but}\n{lines}")
}

fn classes(judged: &Judged<'_>, findings: &[&Finding], width: Option<usize>) -> String {
    let is_judged = judged.known.is_given();
    let heads = ["class", "cases", "first seed", "smallest", "contexts", "steps"];
    let is_explored = judged.summary.campaign.explores;
    let heads = heads.into_iter().chain(is_explored.then_some("orders")).chain(is_judged.then_some("known"));
    let mut rows = vec![heads.map(str::to_owned).collect::<Vec<_>>()];
    for finding in findings.iter().take(TOLD_MAX) {
        let size = |of: fn(&crate::fuzz::campaign::summary::ScenarioSize) -> u64| match &finding.size.shrunk {
            Some(shrunk) => format!("{} -> {}", grouped(of(&finding.size.drawn)), grouped(of(shrunk))),
            None => grouped(of(&finding.size.drawn)),
        };
        let cells = [
            plain(&finding.class).into_owned(),
            grouped(finding.tally.count),
            finding.tally.first_seed.to_string(),
            finding.tally.representative.seed.to_string(),
            size(|size| size.contexts),
            size(|size| size.steps),
        ];
        let known = if judged.known_from(finding).is_some() { "known" } else { "NEW" };
        let orders = is_explored.then(|| finding.orders.as_ref().map_or("?".to_owned(), InOrders::in_short));
        rows.push(cells.into_iter().chain(orders).chain(is_judged.then(|| known.to_owned())).collect());
    }
    drawn(rows, width)
}

/// The four lines about a class, and where it is known from. In a part of a campaign there are only two, as the class
/// has no file.
pub fn told(finding: &Finding, judged: &Judged<'_>) -> String {
    let Judged { summary, path, .. } = *judged;
    let known = judged.known_from(finding).map(|file| format!("  known:  {}\n", plain(file))).unwrap_or_default();
    let (Some(file), Some(replay)) = (&finding.file, replay(finding, summary, path)) else {
        let [class, sentence, command] = [&finding.class, &finding.sentence, &finding.command].map(|text| plain(text));
        return format!("{class}: {sentence}\n{known}  rerun: {command}\n");
    };
    let file = path.join(file).display().to_string();
    let word = shell_word(&file);
    let (file, sentence) = (plain(&file), plain(&finding.sentence));
    let option = monitors::named(&summary.campaign.monitor).map(program_option).unwrap_or_default();
    let orders = finding.orders.as_ref().map(|orders| format!("  fails {}\n", orders.in_words())).unwrap_or_default();
    format!("{file}\n  {sentence}\n{orders}{known}  replay: {replay}\n  report: treequake report {option}{word}\n")
}

/// The option that a command needs for a file that was found under a monitor, with a space behind it. A file names a
/// built-in monitor itself. It cannot name a program.
pub fn program_option(monitor: Monitor) -> String {
    match monitors::is_built_in(monitor) {
        true => String::new(),
        false => format!("{} ", monitor.family().option(monitor.name())),
    }
}

/// The command that replays the representative of a class, in the folder `path`; `None` in a part of a campaign, which
/// has no file.
pub fn replay(finding: &Finding, summary: &Summary, path: &Path) -> Option<String> {
    let monitor = monitors::named(&summary.campaign.monitor)?;
    Some(replay_command(&path.join(finding.file.as_ref()?).display().to_string(), monitor, &[]))
}

/// What to print once a scenario has been shrunk and written: what it keeps, where it is, and how to see it again.
pub fn shrunk(path: &str, failure: &Failure) -> String {
    let path = shell_word(path);
    let option = program_option(failure.class.monitor);
    format!(
        "kept:    {}\nfile:    {path}\nreplay:  treequake replay {option}{path}\nreport:  treequake report {option}{path}\n",
        failure.sentence
    )
}

/// The statistics of a campaign, for a terminal of this width.
pub fn stats(stats: &Stats, width: Option<usize>) -> String {
    let mut text = format!("{}\n", counted(stats.cases, "case", "cases"));
    for (by, groups) in [("step", &stats.steps), ("shape", &stats.shapes)] {
        if groups.values().any(has_times) {
            let _ = write!(text, "\nconvergence time by {by}\n{}", times_table(by, groups, width));
        }
        if !groups.is_empty() {
            let _ = write!(text, "\nmessages by {by}\n{}", messages_table(by, groups, width));
        }
    }
    text
}

/// Whether there are convergence times at all: a `send` and a `call` have none.
fn has_times(figures: &Figures) -> bool {
    figures.unconverged + figures.converged_ns.count > 0
}

fn times_table(by: &str, groups: &BTreeMap<String, Figures>, width: Option<usize>) -> String {
    let heads = [by, "cases", "interrupted", "never", "median", "p95", "p99", "longest"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (name, figures) in groups.iter().filter(|(_, figures)| has_times(figures)) {
        let Converged { median, p95, p99, max, .. } = figures.converged_ns;
        let counts = [figures.cases, figures.unconverged - figures.never, figures.never].map(grouped);
        let span = |ns: Option<u64>| ns.map_or("-".to_owned(), |ns| short_time(ns as f64));
        rows.push([name.clone()].into_iter().chain(counts).chain([median, p95, p99, max].map(span)).collect());
    }
    drawn(rows, width)
}

fn messages_table(by: &str, groups: &BTreeMap<String, Figures>, width: Option<usize>) -> String {
    let mut rows = vec![[by, "cases", "median", "p95", "p99", "max"].map(str::to_owned).to_vec()];
    for (name, figures) in groups {
        let Quantiles { count, median, p95, p99, max } = figures.messages;
        rows.push([name.clone()].into_iter().chain([count, median, p95, p99, max].map(grouped)).collect());
    }
    drawn(rows, width)
}

/// A table of numbers behind names.
fn drawn(rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let right: Vec<usize> = (1..rows[0].len()).collect();
    narrow::table(rows, &right, &[], width)
}
