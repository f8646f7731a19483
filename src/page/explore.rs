//! The page of an exploration: its endings, the graph of its states, and for each ending that fails the order that leads
//! there beside one that passes.

mod graph;
mod story;

use super::html::{Document, escaped, link};
use crate::fuzz::orders::{Ended, Known};
use crate::report::explore::{Explored, how_far, orders, sentence, shares};
use crate::report::text;
use crate::words::{counted, grouped};
pub use story::Story;

const STYLE: &str = include_str!("explore/explore.css");

/// How many endings the page lists.
const LISTED_MAX: usize = 200;

/// The page. `stories` has one entry for each ending; links to scenarios are to files beside the page.
pub fn html(explored: &Explored<'_>, stories: &[Option<Story>]) -> String {
    let Explored { scenario, found, .. } = *explored;
    let title = format!("{} in every order, under {}", scenario.name, scenario.monitor);
    let mut body = format!(
        "<a class=\"skip\" href=\"#main\">Skip to the endings</a>\n<header>\n<h1>{}</h1>\n<p class=\"{}\">{}.</p>\n",
        escaped(&title),
        if found.known() == Known::Failure { "bad" } else { "fine" },
        escaped(&sentence(found)),
    );
    if !scenario.description.is_empty() {
        body.push_str(&format!("<p>{}</p>\n", escaped(&scenario.description)));
    }
    body.push_str("</header>\n<main id=\"main\">\n");
    body.push_str(&facts(explored));
    body.push_str(&endings(explored));
    if let Some(picture) = &found.picture {
        body.push_str(&graph::section(picture));
    }
    for (place, story) in stories.iter().enumerate() {
        if let Some(story) = story {
            body.push_str(&story::section(place + 1, story));
        }
    }
    body.push_str("</main>\n");
    Document { title: &title, style: STYLE, body: &body, script: "" }.html()
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

fn endings(explored: &Explored<'_>) -> String {
    let rows: String = explored
        .found
        .endings
        .iter()
        .take(LISTED_MAX)
        .enumerate()
        .map(|(place, ended)| ending(explored, place, ended))
        .collect();
    let loops: String = explored
        .found
        .loops
        .iter()
        .zip(explored.loops)
        .map(|(looping, file)| {
            let file = file.as_deref().map(file_link).unwrap_or_default();
            format!(
                "<tr><th scope=\"row\">loop</th><td class=\"bad\">storm</td><td></td>\
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
        "<section>\n<h2>Endings</h2>\n<table class=\"endings\">\n<thead><tr><th scope=\"col\">ending</th>\
         <th scope=\"col\">verdict</th><th scope=\"col\">orders</th><th scope=\"col\">what is wrong</th>\
         <th scope=\"col\">scenario</th></tr></thead>\n<tbody>\n{rows}{loops}</tbody>\n</table>\n{more}</section>\n"
    )
}

fn ending(explored: &Explored<'_>, place: usize, ended: &Ended) -> String {
    let class = if ended.fails() { "bad" } else { "fine" };
    let mut wrong: Vec<String> = ended.ending.differences.iter().take(20).map(text::difference).collect();
    wrong.extend(explored.open_calls(ended).iter().map(|place| format!("the call of event {place} never ends")));
    let wrong: String = wrong.iter().map(|line| format!("<div>{}</div>", escaped(line))).collect();
    let share = explored.found.share(ended);
    let bar = share.map(|share| {
        let width = share * 100.0;
        format!("<span class=\"bar {class}\" aria-hidden=\"true\"><span style=\"width:{width:.2}%\"></span></span>")
    });
    let files = [&explored.endings[place], &explored.saved[place]];
    let files: String = files.into_iter().flatten().map(|file| format!("<div>{}</div>", file_link(file))).collect();
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{}</td><td>{}{}</td><td>{wrong}</td><td>{files}</td></tr>\n",
        place + 1,
        if ended.fails() && ended.ending.is_right() { "hung" } else { ended.ending.verdict() },
        escaped(&shares(explored.found, ended)),
        bar.unwrap_or_default(),
    )
}

/// A link to a file beside the page.
fn file_link(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    format!("<a href=\"{}\">{}</a>", link(name), escaped(name))
}
