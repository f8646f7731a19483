//! An outcome as text: a full report of one run, or one line for each of several.

use super::alike::{self, Taken};
use super::{BAD, GOOD, ODD, Run, calls, counted, differences, json, narrow, plain, styled};
use crate::metrics::{StepFigures, Timeouts, Warning, Window};
use crate::process::MessageKind;
use crate::run::{Check, Outcome};
use crate::scenario::Scenario;
use crate::scenario::expectation::{Verdict, WarningKind};
use crate::trace::Skip;
use crate::words::{capitalised, grouped};
use std::fmt::Write as _;
use std::ops::Range;

/// How many differences or steps are listed. JSON has more.
const LISTED_MAX: usize = 40;

/// The full report of one run. The picture, if there is one, goes below the first line. With the `width` of a terminal, no
/// line is longer than that if it can be helped.
pub fn story(run: &Run<'_>, picture: &str, width: Option<usize>) -> String {
    let text = narrow::sentences(&head(run), width);
    let picture = if picture.is_empty() { String::new() } else { format!("\n{}\n", picture.trim_end()) };
    format!("{text}{picture}{}", narrow::sentences(&body(run, width), width))
}

/// The first line.
fn head(run: &Run<'_>) -> String {
    let headline = Headline::of(run.scenario, run.outcome, run.findings);
    let word = styled(headline.word, if headline.is_good { GOOD } else { BAD });
    format!("{} under {}: {word}. {}\n", plain(&run.scenario.name), run.outcome.monitor, headline.sentence)
}

fn body(run: &Run<'_>, width: Option<usize>) -> String {
    let outcome = run.outcome;
    let mut text = String::new();
    let mut say = |part: String| {
        text.push_str(&part);
        text.push('\n');
    };
    if !outcome.steps.is_empty() {
        say(format!("\n{}", step_table(run.scenario, outcome, width).trim_end()));
    }
    let calls = calls::table(outcome, width);
    if !calls.is_empty() {
        say(format!("\n{}", calls.trim_end()));
    }
    let notes = [gave_up(outcome), differences(outcome), timeouts(outcome), warnings(outcome)].concat();
    let notes = [notes, unrecorded(outcome).into_iter().collect()].concat();
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
        Verdict::Storm | Verdict::Stopped => format!("{} after {}", outcome.verdict, events(outcome)),
        verdict => verdict.to_string(),
    };
    let messages = counted(outcome.messages.total(), "message", "messages");
    let mut line = format!("{mark} {}  {}  {end}, {messages}", plain(run.path), outcome.monitor);
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
    let mut parts = vec![format!("{} ok", grouped(fine as u64))];
    if failed > 0 {
        parts.push(styled(&format!("{} failed", grouped(failed as u64)), BAD));
    }
    if unusable > 0 {
        parts.push(styled(&format!("{} could not be run", grouped(unusable as u64)), BAD));
    }
    format!("{total}: {}", parts.join(", "))
}

/// The first line about a run: what matters most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The verdict; `fails` for a run that converged and fails for another reason.
    pub word: &'static str,
    /// Whether the word is good news.
    pub is_good: bool,
    /// What it means.
    pub sentence: String,
}

impl Headline {
    /// The headline of a run with these findings.
    pub fn of(scenario: &Scenario, outcome: &Outcome, findings: &[String]) -> Headline {
        let is_right = outcome.verdict == Verdict::Converged;
        let explanation = explanation(scenario, outcome);
        match findings {
            [first, rest @ ..] if is_right => {
                let more = match rest.len() as u64 {
                    0 => String::new(),
                    more => format!(" ({} below)", counted(more, "more finding", "more findings")),
                };
                let sentence = format!("{}{more}. {explanation}", capitalised(first));
                Headline { word: "fails", is_good: false, sentence }
            }
            _ => {
                let hung = outcome.hung_calls.len() as u64;
                let hung = match hung {
                    0 => String::new(),
                    open if outcome.may_go_on() => {
                        format!(" {} not ended.", counted(open, "call has", "calls have"))
                    }
                    hung => format!(" {}.", counted(hung, "call hangs", "calls hang")),
                };
                Headline { word: outcome.verdict.name(), is_good: is_right, sentence: format!("{explanation}{hung}") }
            }
        }
    }
}

/// What the verdict means, in the sentence that follows it.
fn explanation(scenario: &Scenario, outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::Storm => {
            format!("It never ends: a state comes back. It was stopped after {}, at {}.", events(outcome), outcome.end)
        }
        Verdict::Stopped => {
            let by = if outcome.digest.is_some() { "at its limit, " } else { "" };
            format!("The run was stopped {by}after {}, at {}, with more pending.", events(outcome), outcome.end)
        }
        Verdict::Converged => {
            let skipped: u64 = outcome.steps.iter().map(|figures| figures.skipped.len() as u64).sum();
            if skipped > 0 && skipped == scenario.step_count() as u64 {
                return format!("Nothing happened: {} skipped.", counted(skipped, "step was", "steps were"));
            }
            last_convergence(outcome).unwrap_or_else(|| "Every route is right at the end.".to_owned())
        }
        Verdict::Diverged => {
            let least = if outcome.lists_all_differences() { "" } else { "At least " };
            let count = least.to_owned() + &counted(outcome.differences.len() as u64, "route is", "routes are");
            match outcome.met_until {
                Some(until) => format!("{count} wrong at {until}, where the scenario ends the run."),
                None => format!("{count} wrong, and after {} no event is left that could fix that.", outcome.end),
            }
        }
    }
}

fn last_convergence(outcome: &Outcome) -> Option<String> {
    let after = outcome.last_change()?.1.converged_after()?;
    let is_open = |figures: &&StepFigures| matches!(figures.window, Some(Window::Open { .. }));
    let open = outcome.steps.iter().filter(is_open).count() as u64;
    let mut sentence = format!("Every route is right again {after} after the last change");
    if open > 0 {
        let open = counted(open, "change had", "changes had");
        let _ = write!(sentence, "; {open} not converged by the next one");
    } else if let Some(longest) = outcome.slowest()?.converged_after().filter(|longest| *longest > after) {
        let _ = write!(sentence, "; the slowest change took {longest}");
    }
    sentence.push('.');
    Some(sentence)
}

fn step_table(scenario: &Scenario, outcome: &Outcome, width: Option<usize>) -> String {
    let heads = ["time", "step", "converged after", "messages", "largest difference"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (figures, places) in outcome.moments().take(LISTED_MAX) {
        push_moment(&mut rows, scenario, outcome, figures, places);
    }
    let mut text = narrow::table(rows, &[0, 2, 3, 4], &[1, 2], width);
    if outcome.steps.len() > LISTED_MAX {
        let _ = writeln!(
            text,
            "  ... and {} more; --format json has them all",
            grouped((outcome.steps.len() - LISTED_MAX) as u64)
        );
    }
    if outcome.steps.iter().take(LISTED_MAX).any(|figures| matches!(figures.window, Some(Window::Open { .. }))) {
        text.push_str("  >= the next change, or the end, came before all routes were right\n");
    }
    text
}

/// The rows for all steps at one time. The figures are in the first row, except for the time to converge: that is in
/// the row of the step that opens the window.
fn push_moment(
    table: &mut Vec<Vec<String>>,
    scenario: &Scenario,
    outcome: &Outcome,
    figures: &StepFigures,
    places: Range<usize>,
) {
    let contexts = scenario.contexts.len().min(outcome.steps_taken);
    let mut rows = Vec::new();
    let Range { start: mut place, end } = places;
    let action = |place| scenario.step(place).expect("a step that was taken").action;
    if place < contexts {
        let skipped: Vec<_> = figures.skipped.iter().take_while(|(place, _)| *place < contexts).collect();
        rows.push((counted(contexts as u64 - skipped.len() as u64, "context connects", "contexts connect"), contexts));
        let line = |(place, why): &&(usize, Skip)| (format!("{} (skipped: {why})", action(*place)), 0);
        rows.extend(skipped.iter().take(LISTED_MAX).map(line));
        if let Some(more) = skipped.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
            rows.push((format!("... and {} more that are skipped", grouped(more as u64)), 0));
        }
        place = contexts;
    }
    let step = |place| Taken {
        action: action(place),
        label: scenario.label(place),
        skipped: figures.skipped_at(place).map(|why| why.to_string()),
    };
    let mut steps = alike::steps(&(place..end).map(step).collect::<Vec<_>>());
    if steps.len() > LISTED_MAX {
        let more = steps.split_off(LISTED_MAX);
        let count = more.iter().map(|(_, count)| count).sum();
        steps.push((format!("... and {} more at this time", grouped(more.len() as u64)), count));
    }
    rows.extend(steps);
    let [time, converged, messages, largest] = moment(outcome, figures);
    let mut place = figures.first;
    for (n, (what, count)) in rows.into_iter().enumerate() {
        let opens = figures.opener.is_some_and(|opener| (place..place + count).contains(&opener));
        let first = |cell: &str| if n == 0 { cell.to_owned() } else { String::new() };
        let converged = if opens { converged.clone() } else { first("-") };
        table.push(vec![first(&time), what, converged, first(&messages), first(&largest)]);
        place += count;
    }
}

fn moment(outcome: &Outcome, figures: &StepFigures) -> [String; 4] {
    let largest = outcome.largest_difference(figures).map_or_else(|| "not checked".to_owned(), grouped);
    [
        figures.at.to_string(),
        figures.window.map_or("-".to_owned(), |window| window.to_string()),
        grouped(figures.messages.total()),
        largest,
    ]
}

fn gave_up(outcome: &Outcome) -> Vec<String> {
    let note = "  the run is too large to follow which routes are wrong; the tables were compared only at the end";
    if outcome.check == Check::GaveUp { vec![note.to_owned()] } else { Vec::new() }
}

fn differences(outcome: &Outcome) -> Vec<String> {
    let truth = outcome.monitor.family().truth();
    let (mut lines, rest) = differences::lines(&outcome.differences, truth, LISTED_MAX);
    if rest > 0 {
        let least = if outcome.lists_all_differences() { "" } else { "at least " };
        let listed = json::listed(outcome.differences.len());
        lines.push(format!("... and {least}{} more; --format json has {listed}", grouped(rest as u64)));
    }
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

fn timeouts(outcome: &Outcome) -> Vec<String> {
    let Some(Timeouts { count, at, context, from, .. }) = outcome.timeouts else { return Vec::new() };
    let ends = counted(count, "end of a link gives", "ends of links give");
    vec![format!("  keepalive: {ends} up; first: {context} on {from} at {at}")]
}

fn warnings(outcome: &Outcome) -> Vec<String> {
    let show = |(kind, warning): (&WarningKind, &Warning)| {
        let kind = styled(kind.name(), ODD);
        format!("  warning {kind}: {}; first: {}", counted(warning.count, "time", "times"), warning.example)
    };
    outcome.warnings.iter().map(show).collect()
}

/// The errors that the trace does not record, in one line.
fn unrecorded(outcome: &Outcome) -> Option<String> {
    let kinds: Vec<_> = outcome.unrecorded.iter().map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
    (!kinds.is_empty()).then(|| format!("  also logged as errors, without a record: {}", kinds.join(", ")))
}

/// What a run cost, in one line.
pub fn cost(outcome: &Outcome) -> String {
    let counts = MessageKind::ALL.into_iter().map(|kind| (kind.name(), outcome.messages.of(kind)));
    let kinds: Vec<_> =
        counts.filter(|(_, count)| *count > 0).map(|(kind, count)| format!("{} {kind}", grouped(count))).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "{} in {}; {}{kinds}; {}, {} alive at the end",
        counted(outcome.events, "event", "events"),
        outcome.end,
        counted(outcome.messages.total(), "message", "messages"),
        counted(outcome.contexts, "context", "contexts"),
        grouped(outcome.live),
    )
}

fn events(outcome: &Outcome) -> String {
    counted(outcome.events, "event", "events")
}

fn conclusion(run: &Run<'_>) -> String {
    if run.findings.is_empty() {
        let as_expected = crate::findings::expects_anything(run.scenario, run.outcome.monitor);
        return format!("{}{}", styled("ok", GOOD), if as_expected { ", as the scenario expects" } else { "" });
    }
    let findings = run.findings.iter().map(|finding| format!("{}: {finding}", styled("finding", BAD)));
    findings.collect::<Vec<_>>().join("\n")
}
