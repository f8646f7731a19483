//! An outcome as text: a full report of one run, or one line for each of several.

use super::alike;
use super::{BAD, GOOD, ODD, Run, counted, longest_convergence, styled};
use crate::convergence::Difference;
use crate::metrics::{StepFigures, Timeouts, Warning};
use crate::process::MessageKind;
use crate::run::{Check, Outcome};
use crate::scenario::Scenario;
use crate::scenario::expectation::{DifferenceKind, Verdict, WarningKind};
use std::fmt::Write as _;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// How many differences, hung calls or steps are listed. JSON has them all.
const LISTED_MAX: usize = 40;

/// The full report of one run. The picture, if there is one, goes below the first line.
pub fn story(run: &Run<'_>, picture: &str) -> String {
    let outcome = run.outcome;
    let mut text = String::new();
    let mut say = |part: String| {
        text.push_str(&part);
        text.push('\n');
    };
    say(format!("{} under {}: {}", run.scenario.name, outcome.monitor, sentence(outcome)));
    if !picture.is_empty() {
        say(format!("\n{}", picture.trim_end()));
    }
    if !outcome.steps.is_empty() {
        say(format!("\n{}", step_table(run.scenario, outcome).trim_end()));
    }
    let notes =
        [gave_up(outcome), differences(outcome), hung_calls(outcome), timeouts(outcome), warnings(outcome)].concat();
    if !notes.is_empty() {
        say(format!("\n{}", notes.join("\n")));
    }
    say(format!("\n{}", cost(outcome)));
    say(format!("digest {}, seed {}", outcome.digest_text(), run.scenario.seed));
    say(format!("replay: {}", run.command()));
    if !run.findings.is_empty() {
        for (what, command) in run.commands().into_iter().filter(|(what, _)| ["why", "report"].contains(what)) {
            say(format!("{what}: {}{command}", " ".repeat(6 - what.len())));
        }
    }
    say(String::new());
    say(conclusion(run));
    text
}

/// One line for one of several runs, with its findings below.
pub fn line(run: &Run<'_>) -> String {
    let outcome = run.outcome;
    let mark = if run.findings.is_empty() { styled("ok  ", GOOD) } else { styled("FAIL", BAD) };
    let end = match outcome.verdict {
        Verdict::Storm | Verdict::Stopped => format!("{} after {} events", outcome.verdict, outcome.events),
        verdict => verdict.to_string(),
    };
    let messages = counted(outcome.messages.total(), "message", "messages");
    let mut line = format!("{mark} {}  {}  {end}, {messages}", run.path, outcome.monitor);
    for finding in run.findings {
        let _ = write!(line, "\n     {finding}");
    }
    if !run.findings.is_empty() {
        let _ = write!(line, "\n     replay: {}", run.command());
    }
    line
}

/// The last line, below those of several runs.
pub fn summary(fine: usize, failed: usize, unusable: usize) -> String {
    let total = counted((fine + failed + unusable) as u64, "scenario", "scenarios");
    let mut parts = vec![format!("{fine} ok")];
    if failed > 0 {
        parts.push(styled(&format!("{failed} failed"), BAD));
    }
    if unusable > 0 {
        parts.push(styled(&format!("{unusable} could not be run"), BAD));
    }
    format!("{total}: {}", parts.join(", "))
}

/// The verdict, as a sentence.
fn sentence(outcome: &Outcome) -> String {
    let style = if outcome.verdict == Verdict::Converged { GOOD } else { BAD };
    format!("{}. {}", styled(outcome.verdict.name(), style), explanation(outcome))
}

/// What the verdict means, in the sentence that follows it.
pub fn explanation(outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::Storm => format!(
            "It never ends: a state comes back. It was stopped after {} events, at {}.",
            outcome.events, outcome.end
        ),
        Verdict::Stopped => {
            let by = if outcome.digest.is_some() { "at its limit, " } else { "" };
            format!("The run was stopped {by}after {} events, at {}, with more pending.", outcome.events, outcome.end)
        }
        Verdict::Converged => {
            last_convergence(outcome).unwrap_or_else(|| "Every route is right at the end.".to_owned())
        }
        Verdict::Diverged => {
            let count = counted(outcome.differences.len() as u64, "route is", "routes are");
            format!("{count} wrong, and after {} no event is left that could fix that.", outcome.end)
        }
    }
}

fn last_convergence(outcome: &Outcome) -> Option<String> {
    let after = outcome.steps.last()?.converged_after?;
    let late = outcome.steps.iter().filter(|step| step.converged_after.is_none()).count() as u64;
    Some(match longest_convergence(&outcome.steps) {
        None if late > 0 => {
            let late = counted(late, "step", "steps");
            format!("Every route is right again {after} after the last step; {late} had not converged by the next.")
        }
        Some(longest) if longest > after => {
            format!("Every route is right again {after} after the last step; the slowest step took {longest}.")
        }
        _ => format!("Every route is right again {after} after the last step."),
    })
}

fn step_table(scenario: &Scenario, outcome: &Outcome) -> String {
    let mut table = Builder::default();
    table.push_record(["time", "step", "converged after", "messages", "largest difference"]);
    let ends = outcome.steps.iter().skip(1).map(|figures| figures.first).chain([scenario.step_count()]);
    for (figures, end) in outcome.steps.iter().zip(ends).take(LISTED_MAX) {
        push_moment(&mut table, scenario, outcome, figures, end);
    }
    let mut table = table.build();
    table.with(Style::empty()).with(Padding::new(0, 3, 0, 0)).modify(Columns::new(2..), Alignment::right());
    table.modify(Columns::first(), Alignment::right());
    let mut text: String = table.to_string().lines().map(|line| format!("  {}\n", line.trim_end())).collect();
    if outcome.steps.len() > LISTED_MAX {
        let _ = writeln!(text, "  ... and {} more; --format json has them all", outcome.steps.len() - LISTED_MAX);
    }
    text
}

/// The rows for all steps at one time. The figures are in the first row.
fn push_moment(table: &mut Builder, scenario: &Scenario, outcome: &Outcome, figures: &StepFigures, end: usize) {
    let mut rows = Vec::new();
    if figures.first < scenario.contexts.len() {
        let lost = figures.skipped.iter().filter(|(place, _)| *place < scenario.contexts.len()).count() as u64;
        let all = counted(scenario.contexts.len() as u64, "context connects", "contexts connect");
        rows.push(if lost == 0 { all } else { format!("{all} ({lost} skipped)") });
    }
    let places = figures.first.max(scenario.contexts.len())..end;
    let step = |place| {
        let action = scenario.step(place).expect("a step that was taken").action;
        (action, figures.skipped_at(place).map(|why| why.to_string()))
    };
    let mut steps = alike::steps(&places.map(step).collect::<Vec<_>>());
    if steps.len() > LISTED_MAX {
        let more = steps.len() - LISTED_MAX;
        steps.truncate(LISTED_MAX);
        steps.push(format!("... and {more} more at this time"));
    }
    rows.extend(steps);
    for (n, what) in rows.into_iter().enumerate() {
        let [time, converged, messages, largest] = if n == 0 { moment(outcome, figures) } else { Default::default() };
        table.push_record([time, what, converged, messages, largest]);
    }
}

fn moment(outcome: &Outcome, figures: &StepFigures) -> [String; 4] {
    let is_checked = outcome.check == Check::Always;
    let converged = figures.converged_after.map_or_else(|| "never".to_owned(), |after| after.to_string());
    let unknown = || "not checked".to_owned();
    [
        figures.at.to_string(),
        if is_checked { converged } else { unknown() },
        figures.messages.total().to_string(),
        if is_checked { figures.largest_difference.to_string() } else { unknown() },
    ]
}

fn gave_up(outcome: &Outcome) -> Vec<String> {
    let note = "  too many routes were wrong at once to keep track of; the tables were compared only at the end";
    if outcome.check == Check::GaveUp { vec![note.to_owned()] } else { Vec::new() }
}

fn differences(outcome: &Outcome) -> Vec<String> {
    listed(&alike::differences(&outcome.differences, difference), |line| format!("  {line}"))
}

/// An entry that differs from the truth, in words.
pub fn difference(d: &Difference) -> String {
    let hop = |hop: Option<_>| hop.map_or_else(|| "nothing".to_owned(), |id| format!("{id}"));
    let (context, destination) = (d.context, d.destination);
    match d.kind {
        DifferenceKind::Stale => {
            format!("stale: context {context} still has a route to {destination}, via {}", hop(d.via))
        }
        DifferenceKind::Missing => {
            format!("missing: context {context} has no route to {destination}, should be via {}", hop(d.expected))
        }
        DifferenceKind::Wrong => {
            let (via, expected) = (hop(d.via), hop(d.expected));
            let dead = if d.via == d.expected { ", over the link of a dead process" } else { "" };
            format!("wrong: context {context} routes to {destination} via {via}{dead}, should be via {expected}")
        }
    }
}

fn hung_calls(outcome: &Outcome) -> Vec<String> {
    let words = if outcome.verdict == Verdict::Stopped { "has not ended" } else { "never ends" };
    listed(&outcome.hung_calls, |open| format!("  hung: call {} of context {} {words}", open.call, open.context))
}

fn timeouts(outcome: &Outcome) -> Vec<String> {
    let Some(Timeouts { count, at, context, from }) = outcome.timeouts else { return Vec::new() };
    let ends = counted(count, "end of a link gives", "ends of links give");
    vec![format!("  keepalive: {ends} up; first: {context} on {from} at {at}")]
}

fn listed<T>(items: &[T], show: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = items.iter().take(LISTED_MAX).map(show).collect();
    if items.len() > LISTED_MAX {
        lines.push(format!("  ... and {} more; --format json has them all", items.len() - LISTED_MAX));
    }
    lines
}

fn warnings(outcome: &Outcome) -> Vec<String> {
    let show = |(kind, warning): (&WarningKind, &Warning)| {
        let kind = styled(kind.name(), ODD);
        format!("  warning {kind}: {}; first: {}", counted(warning.count, "time", "times"), warning.example)
    };
    outcome.warnings.iter().map(show).collect()
}

/// What a run cost, in one line.
pub fn cost(outcome: &Outcome) -> String {
    let counts = MessageKind::ALL.into_iter().map(|kind| (kind.name(), outcome.messages.of(kind)));
    let kinds: Vec<_> = counts.filter(|(_, count)| *count > 0).map(|(kind, count)| format!("{count} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "{} in {}; {}{kinds}; {}, {} alive at the end",
        counted(outcome.events, "event", "events"),
        outcome.end,
        counted(outcome.messages.total(), "message", "messages"),
        counted(outcome.contexts, "context", "contexts"),
        outcome.live,
    )
}

fn conclusion(run: &Run<'_>) -> String {
    if run.findings.is_empty() {
        let as_expected = crate::findings::expects_anything(run.scenario, run.outcome.monitor);
        return format!("{}{}", styled("ok", GOOD), if as_expected { ", as the scenario expects" } else { "" });
    }
    let findings = run.findings.iter().map(|finding| format!("{}: {finding}", styled("finding", BAD)));
    findings.collect::<Vec<_>>().join("\n")
}
