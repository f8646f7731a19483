//! The page of small worlds: what can be cited, and the smallest scenario of each kind of failure.

use super::alone::{Alone, SCRIPT};
use super::explore::{STYLE, verdict};
use super::html::{Document, escaped, link, run_page};
use crate::fuzz::worlds::summary::{Finding, Summary};
use crate::monitors;
use crate::report::replay_command;
use crate::report::worlds::sentence;
use crate::words::{counted, grouped};
use std::path::Path;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The summary of the folder.
    pub summary: &'a Summary,
    /// The folder as the user named it; commands use this name.
    pub folder: &'a Path,
    /// From the page to the folder: empty if the page is in it, otherwise ending with `/`.
    pub base: &'a str,
    /// Whether each scenario has a run page beside it.
    pub has_run_pages: bool,
    /// The files beside it, within the page.
    pub alone: &'a Alone,
}

/// The page.
pub fn html(page: &Page<'_>) -> String {
    let Page { summary, alone, .. } = *page;
    let title = format!("Small worlds under {}", summary.worlds.monitor);
    let said = sentence(summary);
    // What follows a colon in a terminal is the table here.
    let said = said.trim_end_matches(", smallest of each:").trim_end_matches(", smallest:");
    let body = [
        format!("<a class=\"skip\" href=\"#main\">Skip to the failures</a>\n<header>\n<h1>{}</h1>\n", escaped(&title)),
        verdict(summary.outcome, said),
        notes(summary),
        "</header>\n<main id=\"main\">\n".to_owned(),
        facts(summary),
        failures(page),
        "</main>\n".to_owned(),
        alone.markup(),
    ];
    Document { title: &title, style: STYLE, body: &body.concat(), script: SCRIPT }.html()
}

/// What the reader must know before reading on, if anything.
fn notes(summary: &Summary) -> String {
    let mut notes = Vec::new();
    if let Some(part) = summary.worlds.partition {
        notes.push(format!("This is only {part}. `treequake merge` makes one folder of all parts."));
    }
    if summary.tally.looping > 0 {
        let scenarios = counted(summary.tally.looping, "scenario", "scenarios");
        notes.push(format!("In {scenarios}, some orders never end: these are storms, and this is a proof."));
    }
    if summary.tally.unclassed > 0 {
        let endings = counted(summary.tally.unclassed, "ending that fails has", "endings that fail have");
        notes.push(format!("{endings} no class: there are too many in one scenario."));
    }
    notes.iter().map(|note| format!("<p class=\"note\">{}</p>\n", escaped(note))).collect()
}

fn facts(summary: &Summary) -> String {
    let Summary { worlds, tally, .. } = summary;
    let kinds: Vec<&str> = worlds.kinds.iter().map(|kind| kind.name()).collect();
    let ids = if worlds.reuse { "used again" } else { "each used once" };
    let rows = [
        ("run again", format!("<code>{}</code>", escaped(&summary.command))),
        ("steps", escaped(&kinds.join(", ")).into_owned()),
        ("ids", ids.to_owned()),
        ("scenarios", format!("{}, of which {} fail in some order", grouped(tally.scenarios), grouped(tally.failing))),
        ("states", format!("{}; {} in the largest scenario", grouped(tally.states), grouped(tally.most_states))),
        ("endings", format!("{}, of which {} fail", grouped(tally.endings), grouped(tally.failing_endings))),
        ("treequake", escaped(&worlds.version).into_owned()),
    ];
    let rows = rows.map(|(name, what)| format!("<dt>{name}</dt><dd>{what}</dd>\n"));
    format!("<dl class=\"facts\">\n{}</dl>\n", rows.concat())
}

fn failures(page: &Page<'_>) -> String {
    let summary = page.summary;
    if summary.findings.is_empty() {
        return "<section>\n<h2>Kinds of failure</h2>\n<p>There are none.</p>\n</section>\n".to_owned();
    }
    let rows: String = summary.findings.iter().map(|finding| row(page, finding)).collect();
    let heads = ["scenarios", "endings", "contexts", "steps"];
    let heads = heads.map(|head| format!("<th scope=\"col\" class=\"number\">{head}</th>"));
    format!(
        "<section>\n<h2>Kinds of failure</h2>\n<p>Each with the smallest scenario that shows it: fewest contexts, then fewest \
         steps. The bar is its share of the scenarios that fail.</p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the kinds of failure\">\
         <table class=\"worlds\">\n<thead><tr><th scope=\"col\">kind</th>{}</tr></thead>\n\
         {rows}</table></div>\n</section>\n",
        heads.concat(),
    )
}

/// Two rows: the figures, and the smallest scenario.
fn row(page: &Page<'_>, finding: &Finding) -> String {
    let class = format!("<code>{}</code>", escaped(&finding.class));
    let name = match &finding.file {
        Some(file) => {
            let to = |file: &str| link(&format!("{}{file}", page.base));
            let scenario = |words: &str| format!("<a href=\"{}\">{words}</a>", to(file));
            match page.has_run_pages {
                true => format!(
                    "<a href=\"{}\">{class}</a> <span class=\"file\">{}</span>",
                    to(&run_page(file)),
                    scenario("scenario")
                ),
                false => scenario(&class),
            }
        }
        None => class,
    };
    let width = 100.0 * finding.scenarios as f64 / page.summary.tally.failing.max(1) as f64;
    let bar = format!("<span class=\"bar bad\" aria-hidden=\"true\"><span style=\"width:{width:.1}%\"></span></span>");
    let numbers = [
        format!("{bar}{}", grouped(finding.scenarios)),
        grouped(finding.endings),
        finding.contexts.to_string(),
        finding.steps.to_string(),
    ];
    let numbers = numbers.map(|number| format!("<td class=\"number\">{number}</td>"));
    format!(
        "<tbody>\n<tr><th scope=\"rowgroup\">{name}</th>{}</tr>\n\
         <tr><td colspan=\"5\"><div><code>{}</code></div><div>{}</div>{}</td></tr>\n</tbody>\n",
        numbers.concat(),
        escaped(&finding.scenario),
        escaped(&finding.sentence),
        replay(page, finding).unwrap_or_default(),
    )
}

/// The command that runs the scenario.
fn replay(page: &Page<'_>, finding: &Finding) -> Option<String> {
    let monitor = monitors::named(&page.summary.worlds.monitor)?;
    let path = page.folder.join(finding.file.as_deref()?).display().to_string();
    Some(format!("<div class=\"muted\"><code>{}</code></div>", escaped(&replay_command(&path, monitor, &[]))))
}
