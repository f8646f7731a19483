//! The page of an exploration: its endings, the graph of its states, and for each ending that fails the order that leads
//! there beside one that passes.

mod graph;
mod story;

use super::alone::{Alone, SCRIPT};
use super::html::{Document, escaped, link, run_page};
use crate::fuzz::orders::{Ended, Known};
use crate::report::differences;
use crate::report::explore::{Explored, how_far, orders, sentence, shares};
use crate::words::{counted, grouped};
pub use story::Story;

/// The style of pages about orders.
pub(super) const STYLE: &str = include_str!("explore/explore.css");

/// How many endings the page lists.
const LISTED_MAX: usize = 200;

/// What the page tells beside the exploration itself.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// How the order of each ending was lost.
    pub stories: &'a [Option<Story>],
    /// The names of the run pages beside it. A run page has the name of its scenario.
    pub run_pages: Vec<String>,
    /// The files beside it, within the page.
    pub alone: Alone,
}

/// The page. Links to scenarios and run pages are to files beside it.
pub fn html(explored: &Explored<'_>, beside: &Beside<'_>) -> String {
    let Explored { scenario, found, .. } = *explored;
    let title = format!("{} in every order, under {}", scenario.name, scenario.monitor);
    let mut body = format!(
        "<a class=\"skip\" href=\"#main\">Skip to the endings</a>\n<header>\n<h1>{}</h1>\n{}",
        escaped(&title),
        verdict(found.known(), &sentence(found)),
    );
    if !scenario.description.is_empty() {
        body.push_str(&format!("<p>{}</p>\n", escaped(&scenario.description)));
    }
    body.push_str("</header>\n<main id=\"main\">\n");
    body.push_str(&facts(explored));
    body.push_str(&endings(explored, beside));
    if let Some(picture) = &found.picture {
        body.push_str(&graph::section(picture));
    }
    for (place, story) in beside.stories.iter().enumerate() {
        if let Some(story) = story {
            body.push_str(&story::section(place + 1, story));
        }
    }
    body.push_str("</main>\n");
    body.push_str(&beside.alone.markup());
    Document { title: &title, style: STYLE, body: &body, script: SCRIPT }.html()
}

/// What is known, with a mark that does not depend on colour.
pub(super) fn verdict(known: Known, sentence: &str) -> String {
    let (mark, class) = match known {
        Known::Failure => ("\u{2718}", "bad"),
        Known::Bounded => ("?", "warn"),
        Known::Proved => ("\u{2714}", "fine"),
    };
    format!("<p class=\"verdict {class}\"><span aria-hidden=\"true\">{mark}</span> {}.</p>\n", escaped(sentence))
}

fn facts(explored: &Explored<'_>) -> String {
    let found = explored.found;
    let orders = orders(found);
    let without =
        found.all_states.map(|all| format!(", {} without reduction", grouped(all as u64))).unwrap_or_default();
    let rows = [
        ("orders", orders),
        ("states", format!("{}{without}", grouped(found.states as u64))),
        ("explored", how_far(found.bound).to_owned()),
    ];
    let rows = rows.map(|(name, what)| format!("<dt>{name}</dt><dd>{}</dd>", escaped(&what)));
    format!("<dl class=\"facts\">{}</dl>\n", rows.concat())
}

fn endings(explored: &Explored<'_>, beside: &Beside<'_>) -> String {
    let rows: String = explored
        .found
        .endings
        .iter()
        .take(LISTED_MAX)
        .enumerate()
        .map(|(place, ended)| ending(explored, beside, place, ended))
        .collect();
    let loops: String = explored
        .found
        .loops
        .iter()
        .zip(explored.loops)
        .map(|(looping, file)| {
            let file = file.as_deref().map(|file| files(beside, file, "loop")).unwrap_or_default();
            format!(
                "<tr><th scope=\"row\">loop</th><td class=\"bad\">{FAILS} storm</td><td></td>\
                 <td>{}, again and again</td><td>{file}</td></tr>\n",
                counted(looping.states as u64, "state", "states")
            )
        })
        .collect();
    let more = match explored.found.endings.len().saturating_sub(LISTED_MAX) {
        0 => String::new(),
        more => format!("<p>and {} more; the JSON report has them all</p>\n", grouped(more as u64)),
    };
    format!(
        "<section>\n<h2>Endings</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the endings\">\
         <table class=\"endings\">\n<thead><tr><th scope=\"col\">ending</th>\
         <th scope=\"col\">verdict</th><th scope=\"col\">orders</th><th scope=\"col\">what is wrong</th>\
         <th scope=\"col\">see it</th></tr></thead>\n<tbody>\n{rows}{loops}</tbody>\n</table></div>\n{more}</section>\n"
    )
}

/// Marks of endings: colour alone does not tell enough.
const FAILS: &str = "<span aria-hidden=\"true\">\u{2718}</span>";
const PASSES: &str = "<span aria-hidden=\"true\">\u{2714}</span>";

fn ending(explored: &Explored<'_>, beside: &Beside<'_>, place: usize, ended: &Ended) -> String {
    let (class, mark) = if ended.fails() { ("bad", FAILS) } else { ("fine", PASSES) };
    let share = explored.found.share(ended);
    let bar = share.map(|share| {
        let width = share * 100.0;
        format!("<span class=\"bar {class}\" aria-hidden=\"true\"><span style=\"width:{width:.2}%\"></span></span>")
    });
    let own = explored.endings[place].as_deref().map(|file| files(beside, file, "this order"));
    let saved = explored.saved[place].as_deref().map(|file| files(beside, file, "one that passes"));
    let told = beside.stories.get(place).is_some_and(Option::is_some);
    let story = match told {
        true => format!("<div><a href=\"#ending-{0}\">where ending {0} was lost</a></div>", place + 1),
        false => String::new(),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{mark} {}</td><td>{}{}</td><td>{}{story}</td><td>{}{}</td></tr>\n",
        place + 1,
        if ended.fails() && ended.ending.is_right() { "hung" } else { ended.ending.verdict() },
        escaped(&shares(explored.found, ended)),
        bar.unwrap_or_default(),
        wrong(explored, ended),
        own.unwrap_or_default(),
        saved.unwrap_or_default(),
    )
}

/// What is wrong in an ending: the causes first.
fn wrong(explored: &Explored<'_>, ended: &Ended) -> String {
    let causes = ended.failures.iter().map(|failure| {
        format!("<div><code>{}</code> {}</div>", escaped(&failure.class.to_string()), escaped(&failure.sentence))
    });
    let truth = explored.scenario.monitor.family().truth();
    let first = ended.ending.differences.iter().take(20);
    let mut lines: Vec<String> = first.map(|difference| differences::line(difference, truth)).collect();
    lines.extend(explored.open_calls(ended).iter().map(|place| format!("the call of event {place} never ends")));
    let lines = lines.iter().map(|line| format!("<div class=\"muted\">{}</div>", escaped(line)));
    causes.chain(lines).collect()
}

/// Links to a scenario beside the page, and to its run page if it has one.
fn files(beside: &Beside<'_>, file: &str, what: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let page = run_page(name);
    let run = match beside.run_pages.contains(&page) {
        true => format!("<a href=\"{}\">{what}</a>, ", link(&page)),
        false => String::new(),
    };
    format!("<div>{run}<a href=\"{}\">{}</a></div>", link(name), escaped(name))
}
