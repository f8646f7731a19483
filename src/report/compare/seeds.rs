//! Two monitors on the same seeds: how many cases are the same, better and worse under the second, and the smallest case
//! of each kind of change. As text and as JSON.

use super::{GAP, both};
use crate::fuzz::campaign::seeds::Seeds;
use crate::fuzz::campaign::summary::ScenarioSize;
use crate::fuzz::campaign::tally::ClassTally;
use crate::fuzz::examine::{DEFAULT_BUDGET, Rules};
use crate::fuzz::pairs::change::Change;
use crate::fuzz::pairs::group::{Grade, Group};
use crate::fuzz::pairs::smallest::Smallest;
use crate::fuzz::pairs::tally::Tally;
use crate::process::Monitor;
use crate::report::narrow::{self, Table};
use crate::report::{BAD, GOOD, plain, styled};
use crate::words::{counted, grouped, shell_word};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The comparison of two monitors on seeds, ready to be reported.
#[derive(Clone, Copy, Debug)]
pub struct SeedsComparison<'a> {
    /// The seeds.
    pub seeds: Seeds,
    /// The profile, as the user named it.
    pub profile: &'a str,
    /// The monitors: each case runs under the first and under the second.
    pub monitors: [Monitor; 2],
    /// What counts as a failure.
    pub rules: &'a Rules,
    /// What the cases come to.
    pub tally: &'a Tally,
    /// The smallest case of each kind of change, if files were asked for.
    pub written: Option<&'a [Written]>,
}

/// The smallest case of a kind of change, and its file.
#[derive(Clone, Debug)]
pub struct Written {
    /// The case.
    pub smallest: Smallest,
    /// The path of its file.
    pub path: String,
}

impl SeedsComparison<'_> {
    fn written(&self, change: Change) -> Option<&Written> {
        self.written?.iter().find(|written| written.smallest.change == change)
    }

    /// What names both monitors on a command line: programs, and then the two.
    fn options(&self) -> String {
        both(self.monitors, "--monitors")
    }

    /// The command that compares both monitors on a file.
    fn command_for_file(&self, path: &str) -> String {
        format!("treequake compare {} {}", self.options(), shell_word(path))
    }

    /// The command that compares both monitors on seeds, and writes files.
    fn command_for_seeds(&self, seeds: &str) -> String {
        let Rules { denied, budget, .. } = self.rules;
        let mut command = format!("treequake compare --seeds {seeds} {}", self.options());
        if self.profile != "default" {
            let _ = write!(command, " --profile {}", shell_word(self.profile));
        }
        denied.iter().for_each(|warning| command.push_str(&format!(" --deny {warning}")));
        if *budget != DEFAULT_BUDGET {
            let _ = write!(command, " --budget {budget}");
        }
        format!("{command} --out FOLDER")
    }
}

/// The comparison as text: the counts, the smallest case of each kind of change, and how to look at it. For a terminal of
/// this width.
pub fn text(comparison: &SeedsComparison<'_>, width: Option<usize>) -> String {
    let SeedsComparison { seeds, profile, monitors: [first, second], tally, .. } = comparison;
    let cases = counted(tally.cases, "case", "cases");
    let mut text =
        format!("seeds {seeds}, profile {}: {cases} under {first}, and again under {second}\n", plain(profile));
    let _ = write!(text, "\nunder {second}\n{}", groups(tally, width));
    if !tally.changes.is_empty() {
        let _ = write!(text, "\n{}", changes(comparison, width));
    }
    match (comparison.written, tally.changes.first_key_value()) {
        (Some(written), _) => written.iter().for_each(|written| text.push_str(&told(comparison, written))),
        (None, Some((_, first))) => {
            let command = comparison.command_for_seeds(&first.representative.seed.to_string());
            let _ = writeln!(text, "\nto shrink the first of these cases, and write it to a file:\n  {command}");
        }
        (None, None) => {}
    }
    let (words, style) = match tally.failing_anew() {
        0 => ("ok, no case fails where it passed, and none in a new class".to_owned(), GOOD),
        1 => ("worse: 1 case fails where it passed, or in a new class".to_owned(), BAD),
        many => (format!("worse: {} cases fail where they passed, or in a new class", grouped(many)), BAD),
    };
    let _ = writeln!(text, "\n{}", styled(&words, style));
    narrow::sentences(&text, width)
}

/// How many cases there are in each group that has any.
fn groups(tally: &Tally, width: Option<usize>) -> String {
    let row = |name: &str, count: u64| vec![name.to_owned(), grouped(count)];
    let mut rows = Vec::new();
    for (grade, name) in [(Grade::Worse, "worse"), (Grade::Better, "better")] {
        rows.push(row(name, tally.of_grade(grade)));
        let of_it = Group::ALL.into_iter().filter(|group| group.grade() == grade && tally.in_group(*group) > 0);
        rows.extend(of_it.map(|group| row(&format!("  {}", group.in_words()), tally.in_group(group))));
    }
    rows.push(row("same", tally.of_grade(Grade::Same)));
    if tally.equal_traces > 0 {
        rows.push(row("  with the same trace", tally.equal_traces));
    }
    Table { rows, right: &[1], words: &[0], gap: GAP }.draw(width)
}

/// The kinds of change, each with its cases and the smallest of them.
fn changes(comparison: &SeedsComparison<'_>, width: Option<usize>) -> String {
    let mut rows = vec![["", "change", "cases", "smallest", "contexts and steps"].map(str::to_owned).to_vec()];
    for (change, tally) in &comparison.tally.changes {
        let ClassTally { count, representative, .. } = tally;
        let cells = [
            if change.is_worse() { "worse" } else { "better" }.to_owned(),
            change.to_string(),
            grouped(*count),
            format!("seed {}", representative.seed),
            match comparison.written(*change) {
                Some(written) => format!("{} -> {}", representative.size, shrunk_to(written)),
                None => representative.size.to_string(),
            },
        ];
        rows.push(cells.to_vec());
    }
    Table { rows, right: &[2], words: &[4], gap: GAP }.draw(width)
}

/// The size of a shrunk case.
fn shrunk_to(written: &Written) -> String {
    let doubt = if written.smallest.is_minimal { "" } else { ", perhaps not the smallest" };
    format!("{}{doubt}", written.smallest.scenario.step_count())
}

fn told(comparison: &SeedsComparison<'_>, written: &Written) -> String {
    let Written { smallest, path } = written;
    let command = comparison.command_for_file(path);
    format!("\n{}: {}\n  file  {}\n  look  {command}\n", smallest.change, smallest.sentence(), plain(path))
}

/// The comparison as a JSON object:
///
/// | name | what |
/// |---|---|
/// | `seeds`, `profile`, `monitors` | what was run |
/// | `cases` | how many cases |
/// | `same`, `better`, `worse` | how many of them are what they were, better and worse under the second monitor |
/// | `equal_traces` | how many have the same trace under both |
/// | `groups` | how many of each group: `fails` (and passed), `new_class`, `more_messages`, `slower`, `passes`, `fewer_classes`, `fewer_messages`, `faster`, `same`; each case is in one |
/// | `changes` | the kinds of change, see below |
/// | `version` | of treequake |
///
/// An item of `changes` has `change` (its name), `worse`, `class` (null if it is about cost), `count` (its cases),
/// `first_seed`, `representative` (`seed` and `size` of the smallest), and, if files were asked for, `sentence`,
/// `shrunk` (`contexts`, `steps`), `minimal` (whether no single removal keeps the change, which is known), `file` and
/// `command`; otherwise `command` writes the file.
pub fn json(comparison: &SeedsComparison<'_>) -> Value {
    let tally = comparison.tally;
    let groups = Group::ALL.map(|group| (group.name().to_owned(), json!(tally.in_group(group))));
    json!({
        "seeds": comparison.seeds.to_string(),
        "profile": comparison.profile,
        "monitors": comparison.monitors.map(Monitor::name),
        "cases": tally.cases,
        "same": tally.of_grade(Grade::Same),
        "better": tally.of_grade(Grade::Better),
        "worse": tally.of_grade(Grade::Worse),
        "equal_traces": tally.equal_traces,
        "groups": groups.into_iter().collect::<Map<_, _>>(),
        "changes": tally.changes.iter().map(|(change, tally)| json_change(comparison, *change, tally)).collect::<Vec<_>>(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn json_change(comparison: &SeedsComparison<'_>, change: Change, tally: &ClassTally) -> Value {
    let mut value = json!(tally);
    value["change"] = json!(change.to_string());
    value["worse"] = json!(change.is_worse());
    value["class"] = json!(change.class().map(|class| class.to_string()));
    value["command"] = json!(match comparison.written(change) {
        Some(written) => comparison.command_for_file(&written.path),
        None => comparison.command_for_seeds(&tally.representative.seed.to_string()),
    });
    if let Some(written) = comparison.written(change) {
        value["sentence"] = json!(written.smallest.sentence());
        value["shrunk"] = json!(ScenarioSize::of(&written.smallest.scenario));
        value["minimal"] = json!(written.smallest.is_minimal);
        value["file"] = json!(written.path);
    }
    value
}
