//! A scenario under several monitors, side by side: as text, as JSON and as Markdown. A figure is marked if it differs
//! from that of the previous monitor.

pub mod seeds;

use super::narrow::{self, Table};
use super::{BAD, counted, plain, replay_command, styled};
use crate::compare::{Case, Comparison, Parting};
use crate::metrics::Window;
use crate::process::Monitor;
use crate::run::Outcome;
use crate::words::{grouped, shell_word};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::iter;

/// How much of a record is shown, in characters. JSON has all of it.
const RECORD_MAX: usize = 150;

/// The most that marks add to a record that is cut, in characters.
const CUT_MARKS: usize = 9;

/// The space between two columns. The second begins with a mark, or with a space for it.
const GAP: usize = 2;

/// The maximum width of the overview, in characters. Only file names are cut to meet it.
const OVERVIEW_MAX: usize = 100;

/// The figures that are compared: the JSON name, and the column heading.
const FIGURES: [(&str, &str); 5] = [
    ("verdict", "verdict"),
    ("worst_convergence_ns", "slowest step"),
    ("messages", "messages"),
    ("warnings", "warnings"),
    ("hung_calls", "hung"),
];

/// Which columns hold numbers. Column 0 is the name of the monitor.
const NUMBERS: [usize; 3] = [2, 3, 5];

/// What names two monitors on a command line: the programs among them, and then `option` with both names.
pub fn both(monitors: [Monitor; 2], option: &str) -> String {
    let given = monitors.map(|monitor| monitor.family().option(monitor.name()));
    let programs = given.iter().filter(|given| given.starts_with("--protocol ")).map(|given| format!("{given} "));
    let names = monitors.map(|monitor| shell_word(monitor.name())).join(",");
    format!("{}{option} {names}", programs.collect::<String>())
}

/// The comparison of one file, ready to be reported.
#[derive(Clone, Copy, Debug)]
pub struct FileComparison<'a> {
    /// The path as given on the command line.
    pub path: &'a str,
    /// The name of the scenario.
    pub scenario: &'a str,
    /// The result of the comparison.
    pub comparison: &'a Comparison,
}

/// The figures of a run, in the order of [`FIGURES`]. Nothing is rounded, so equal text means equal figures.
fn figures(outcome: &Outcome) -> [String; 5] {
    let short = |name: &str| name.replace("duplicate-", "dup-").replace("logged-", "");
    let warnings: Vec<_> =
        outcome.warnings.iter().map(|(kind, w)| format!("{} {}", grouped(w.count), short(kind.name()))).collect();
    [
        outcome.verdict.to_string(),
        outcome.slowest().map_or("-".to_owned(), |window| window.to_string()),
        grouped(outcome.messages.total()),
        if warnings.is_empty() { "-".to_owned() } else { warnings.join(", ") },
        hung(outcome),
    ]
}

/// How many calls hang. Of a run that may go on, it is only known that they have not ended.
fn hung(outcome: &Outcome) -> String {
    let count = grouped(outcome.hung_calls.len() as u64);
    if outcome.may_go_on() && !outcome.hung_calls.is_empty() { format!("{count} open") } else { count }
}

/// The figures of each run, and whether each differs from that of the run before.
fn marked_figures(comparison: &Comparison) -> Vec<[(String, bool); 5]> {
    let all: Vec<_> = comparison.cases.iter().map(|case| figures(&case.outcome)).collect();
    let mark = |n: usize, place: usize| n > 0 && all[n][place] != all[n - 1][place];
    let row = |n: usize| std::array::from_fn(|place| (all[n][place].clone(), mark(n, place)));
    (0..all.len()).map(row).collect()
}

/// Each two neighbouring runs, with the place where their traces first differ.
fn pairs(comparison: &Comparison) -> impl Iterator<Item = ([&Case; 2], Option<&Parting>)> {
    let neighbours = comparison.cases.windows(2).map(|two| [&two[0], &two[1]]);
    neighbours.zip(comparison.partings.iter().map(Option::as_ref))
}

/// The comparison as text: a table of the monitors, then where their traces first differ, then the findings. For a terminal
/// of this width.
pub fn text(file: &FileComparison<'_>, width: Option<usize>) -> String {
    let mut text = format!("{}\n\n{}\n", plain(file.path), figure_table(file.comparison, width));
    for ([one, other], parting) in pairs(file.comparison) {
        let names = [one, other].map(|case| case.outcome.monitor.name());
        let Some(parting) = parting else {
            let _ = writeln!(text, "  {} and {} have equal traces", names[0], names[1]);
            continue;
        };
        let _ = writeln!(
            text,
            "  {} and {} first differ at line {} of the trace, at {}:",
            names[0],
            names[1],
            grouped(parting.line),
            parting.time
        );
        let room = width.map_or(RECORD_MAX, |width| width.saturating_sub(4 + CUT_MARKS).clamp(20, RECORD_MAX));
        let [record, other_record] = shown_records(parting, room);
        let _ = writeln!(text, "  - {record}\n  + {other_record}");
    }
    for case in &file.comparison.cases {
        for finding in &case.findings {
            let _ = writeln!(text, "  {} under {}: {finding}", styled("finding", BAD), case.outcome.monitor);
        }
        if !case.findings.is_empty() {
            let _ = writeln!(text, "  replay: {}", replay_command(file.path, case.outcome.monitor, &[]));
        }
    }
    narrow::sentences(&text, width)
}

fn figure_table(comparison: &Comparison, width: Option<usize>) -> String {
    let heads = iter::once("monitor".to_owned()).chain(FIGURES.map(|(_, head)| format!(" {head}")));
    let mut rows = vec![heads.collect::<Vec<_>>()];
    for (case, figures) in comparison.cases.iter().zip(marked_figures(comparison)) {
        let cells = figures.map(|(figure, is_changed)| with_star(&figure, is_changed));
        rows.push([case.outcome.monitor.to_string()].into_iter().chain(cells).collect());
    }
    Table { rows, right: &NUMBERS, words: &[4], gap: GAP }.draw(width)
}

fn with_star(cell: &str, is_marked: bool) -> String {
    format!("{}{cell}", if is_marked { '*' } else { ' ' })
}

/// Two records for display: whole, or cut to about `room` characters so that the first difference is visible.
fn shown_records(parting: &Parting, room: usize) -> [String; 2] {
    let [one, other] = parting.records.each_ref().map(|record| record.as_deref().unwrap_or_default());
    let place = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    parting.records.each_ref().map(|record| match record {
        Some(record) => cut(record, place, room),
        None => "(end of trace)".to_owned(),
    })
}

/// A record that is too long is cut to the text around `place`.
fn cut(record: &str, place: usize, room: usize) -> String {
    let chars: Vec<char> = record.chars().collect();
    if chars.len() <= room {
        return record.to_owned();
    }
    let (head, before) = (room / 3, room / 5);
    let from = place.saturating_sub(before);
    let piece = |from: usize, len: usize| chars.iter().skip(from).take(len).collect::<String>();
    let (shown, end) = if from <= head {
        (piece(0, room), room)
    } else {
        (format!("{} ... {}", piece(0, head), piece(from, room - head)), from + room - head)
    };
    if end < chars.len() { format!("{shown} ...") } else { shown }
}

/// The comparison as a JSON object:
///
/// | name | what |
/// |---|---|
/// | `scenario`, `file` | the scenario's name; the path as given |
/// | `monitors` | the run under each monitor, see below |
/// | `partings` | for each two neighbours in `monitors`, where their traces first differ, see below |
/// | `version` | of treequake |
///
/// An item of `monitors` is one run. It has `monitor`, `verdict`, `worst_convergence_ns` (of the slowest step; null if a
/// step did not converge before the next change, or if no step changed the tree or a link), `messages`, `hung_calls`
/// (how many calls had not ended, although their callers live), `warnings` (how many, by kind), `digest`, `findings`
/// (why the run fails, as sentences), and `changed`: the names of the figures, from `verdict` to `hung_calls`, that
/// differ from those of the previous item (empty for the first). For a full report, use `treequake replay --format
/// json`.
///
/// An item of `partings` has `monitors` (the two) and `equal` (whether their traces are equal). If they are not, it
/// also has `line` (the number of the first record that differs, from 1, as in the files that `treequake replay
/// --trace` writes), `t` (the time of the earlier of the two records, in ns) and `records` (the two; null for a trace
/// that has ended).
pub fn json(file: &FileComparison<'_>) -> Value {
    let cases = file.comparison.cases.iter().zip(marked_figures(file.comparison));
    json!({
        "scenario": file.scenario,
        "file": file.path,
        "monitors": cases.map(|(case, figures)| json_case(case, &figures)).collect::<Vec<_>>(),
        "partings": pairs(file.comparison).map(|(cases, parting)| json_parting(cases, parting)).collect::<Vec<_>>(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn json_case(case: &Case, figures: &[(String, bool); 5]) -> Value {
    let outcome = &case.outcome;
    let warnings = outcome.warnings.iter().map(|(kind, warning)| (kind.name().to_owned(), json!(warning.count)));
    let changed = FIGURES.iter().zip(figures).filter(|(_, (_, is_changed))| *is_changed).map(|((name, _), _)| *name);
    json!({
        "monitor": outcome.monitor.name(),
        "verdict": outcome.verdict.name(),
        "worst_convergence_ns": outcome.slowest().and_then(Window::converged_after).map(|span| span.as_ns()),
        "messages": outcome.messages.total(),
        "warnings": warnings.collect::<Map<_, _>>(),
        "hung_calls": outcome.hung_calls.len(),
        "digest": outcome.digest.map(|digest| digest.to_string()),
        "findings": case.findings,
        "changed": changed.collect::<Vec<_>>(),
    })
}

fn json_parting(cases: [&Case; 2], parting: Option<&Parting>) -> Value {
    let monitors = cases.map(|case| case.outcome.monitor.name());
    let Some(parting) = parting else { return json!({ "monitors": monitors, "equal": true }) };
    let record = |line: &String| serde_json::from_str::<Value>(line).expect("a record is JSON");
    json!({
        "monitors": monitors,
        "equal": false,
        "line": parting.line,
        "t": parting.time.as_ns(),
        "records": parting.records.each_ref().map(|line| line.as_ref().map(record)),
    })
}

/// The comparison as Markdown: a section with the same parts as [`text`].
pub fn markdown(file: &FileComparison<'_>) -> String {
    let mut text = format!("## {}\n\n", code(&plain(file.path)));
    let heads = ["monitor"].into_iter().chain(FIGURES.map(|(_, head)| head));
    let rules = (0..=FIGURES.len()).map(|column| if NUMBERS.contains(&column) { "---:" } else { "---" });
    text.push_str(&markdown_row(heads));
    text.push_str(&markdown_row(rules));
    for (case, figures) in file.comparison.cases.iter().zip(marked_figures(file.comparison)) {
        let cells = figures.map(|(figure, is_changed)| bold(figure, is_changed));
        text.push_str(&markdown_row([case.outcome.monitor.to_string()].into_iter().chain(cells)));
    }
    for ([one, other], parting) in pairs(file.comparison) {
        let (one, other) = (one.outcome.monitor, other.outcome.monitor);
        let _ = match parting {
            None => writeln!(text, "\n{one} and {other} have equal traces."),
            Some(parting) => {
                let [record, other_record] = shown_records(parting, RECORD_MAX);
                let (line, time) = (grouped(parting.line), parting.time);
                let _ = writeln!(text, "\n{one} and {other} first differ at line {line} of the trace, at {time}:\n");
                writeln!(text, "```diff\n- {record}\n+ {other_record}\n```")
            }
        };
    }
    for case in file.comparison.cases.iter().filter(|case| !case.findings.is_empty()) {
        let _ = writeln!(text, "\nFindings under {}:\n", case.outcome.monitor);
        case.findings.iter().for_each(|finding| text.push_str(&format!("- {finding}\n")));
    }
    text
}

fn markdown_row(cells: impl Iterator<Item = impl AsRef<str>>) -> String {
    let cells: String = cells.map(|cell| format!(" {} |", cell.as_ref())).collect();
    format!("|{cells}\n")
}

fn bold(cell: String, is_marked: bool) -> String {
    if is_marked { format!("**{cell}**") } else { cell }
}

/// `text` as inline code.
fn code(text: &str) -> String {
    let fence = if text.contains('`') { "`` " } else { "`" };
    let back: String = fence.chars().rev().collect();
    format!("{fence}{text}{back}")
}

/// The verdicts of several files: one row per file, one column per monitor.
#[derive(Debug, Default)]
pub struct Overview {
    monitors: Vec<&'static str>,
    rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Debug)]
struct Cell {
    verdict: &'static str,
    /// Whether any figure differs from that of the previous monitor.
    is_changed: bool,
    has_findings: bool,
}

impl Overview {
    /// Adds a row for a file.
    pub fn add(&mut self, file: &FileComparison<'_>) {
        let cases = &file.comparison.cases;
        self.monitors = cases.iter().map(|case| case.outcome.monitor.name()).collect();
        let cell = |(case, figures): (&Case, [(String, bool); 5])| Cell {
            verdict: case.outcome.verdict.name(),
            is_changed: figures.iter().any(|(_, is_changed)| *is_changed),
            has_findings: !case.findings.is_empty(),
        };
        let cells = cases.iter().zip(marked_figures(file.comparison)).map(cell).collect();
        self.rows.push((plain(file.path).into_owned(), cells));
    }

    /// The overview as text, with a line of totals at the end, for a terminal of this width. `unusable` files could not be
    /// run.
    pub fn text(&self, unusable: usize, width: Option<usize>) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.summary(unusable));
        }
        let columns = self.monitors.iter().map(|monitor| monitor.len().max("*converged !".len()) + 3).sum::<usize>();
        let most = width.unwrap_or(OVERVIEW_MAX).min(OVERVIEW_MAX);
        let heads = iter::once("file".to_owned()).chain(self.monitors.iter().map(|name| format!(" {name}")));
        let mut rows = vec![heads.collect::<Vec<_>>()];
        for (path, cells) in &self.rows {
            let path = fit(path, most.saturating_sub(columns + 4));
            let cells = cells.iter().map(|cell| {
                let finding = if cell.has_findings { " !" } else { "" };
                with_star(&format!("{}{finding}", cell.verdict), cell.is_changed)
            });
            rows.push(iter::once(path).chain(cells).collect());
        }
        let table = Table { rows, right: &[], words: &[], gap: GAP }.draw(width);
        let legend = "  * a figure differs from that of the monitor to the left\n  ! the run has findings";
        narrow::sentences(&format!("{table}\n{legend}\n\n{}\n", self.summary(unusable)), width)
    }

    /// The overview as Markdown.
    pub fn markdown(&self, unusable: usize) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.summary(unusable));
        }
        let mut text = String::from("## Overview\n\n");
        text.push_str(&markdown_row(["file"].iter().chain(&self.monitors)));
        text.push_str(&markdown_row(["---"].iter().cycle().take(self.monitors.len() + 1)));
        for (path, cells) in &self.rows {
            let cells = cells.iter().map(|cell| {
                let finding = if cell.has_findings { " (findings)" } else { "" };
                bold(format!("{}{finding}", cell.verdict), cell.is_changed)
            });
            text.push_str(&markdown_row([code(path).replace('|', "\\|")].into_iter().chain(cells)));
        }
        format!("{text}\n{}\n", self.summary(unusable))
    }

    fn summary(&self, unusable: usize) -> String {
        let cells = || self.rows.iter().flat_map(|(_, cells)| cells);
        let (runs, failed) = (cells().count(), cells().filter(|cell| cell.has_findings).count());
        let files = counted((self.rows.len() + unusable) as u64, "scenario", "scenarios");
        let runs_said = counted(runs as u64, "run", "runs");
        let mut summary = format!("{files}, {runs_said}: {} ok", grouped((runs - failed) as u64));
        if failed > 0 {
            let _ = write!(summary, ", {} failed", grouped(failed as u64));
        }
        if unusable > 0 {
            let _ = write!(summary, "; {} could not be run", counted(unusable as u64, "scenario", "scenarios"));
        }
        summary
    }
}

/// Shortens `path` to at most `max` characters (but never below 20): first without its folders, then cut at its end.
fn fit(path: &str, max: usize) -> String {
    let max = max.max(20);
    let fits = |text: &str| text.chars().count() <= max;
    let name = path.rsplit('/').next().unwrap_or(path);
    match (fits(path), fits(name)) {
        (true, _) => path.to_owned(),
        (_, true) => name.to_owned(),
        _ => format!("{}...", name.chars().take(max - 3).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that two long records are cut so that the first difference is visible, wherever it is.
    #[test]
    fn a_long_record_is_cut_around_the_place() {
        let record = |place: usize| format!("{}X{}", "a".repeat(place), "b".repeat(999 - place));
        for place in [0, 10, 79, 80, 81, 149, 150, 151, 500, 998, 999] {
            let shown = cut(&record(place), place, RECORD_MAX);
            assert!(shown.contains('X'), "{place}: {shown}");
            assert!(shown.chars().count() <= RECORD_MAX + CUT_MARKS, "{place}: {shown}");
        }
        assert_eq!(cut("short", 3, RECORD_MAX), "short");
        assert_eq!(cut(&"é".repeat(RECORD_MAX), 3, RECORD_MAX), "é".repeat(RECORD_MAX));
    }
}
