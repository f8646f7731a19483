//! The page of one run: its chart, its tree, its messages, its route tables and its events, all at one moment that the
//! reader moves. What it shows is in [`Data`]; the scripts beside it do the rest, in the browser.

mod data;

pub use data::{Data, ROWS_MAX};

use super::html::{Document, escaped, json};
use crate::chart::convergence;
use crate::recording::Recording;
use crate::scenario::expectation::WarningKind;
use data::Head;

const BODY: &str = include_str!("run/page.html");
const STYLE: &str = include_str!("run/style.css");

/// The scripts, each after those that it uses.
const SCRIPTS: [&str; 11] = [
    include_str!("run/model.js"),
    include_str!("run/words.js"),
    include_str!("run/why.js"),
    include_str!("run/rows.js"),
    include_str!("run/marks.js"),
    include_str!("run/chart.js"),
    include_str!("run/tree.js"),
    include_str!("run/sequence.js"),
    include_str!("run/table.js"),
    include_str!("run/keys.js"),
    include_str!("run/main.js"),
];

/// What is known of a recording but for what is in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// What its scenario file is called in commands.
    pub path: &'a str,
    /// The warnings that make the run fail.
    pub denied: &'a [WarningKind],
    /// The link to the page of the campaign that found it, if one did.
    pub campaign: Option<&'a str>,
    /// What the campaign says that broke.
    pub broke: Option<&'a str>,
}

/// The page of a recording.
pub fn page(recording: &Recording<'_>, about: About<'_>) -> String {
    let drawing = convergence::draw(&[convergence::series(recording)]);
    let data = Data::of(recording, &drawing, about.path, about.denied);
    let title = format!("{} under {}", recording.scenario.name, recording.outcome.monitor);
    let body = filled(&data.head(), &drawing.picture.svg(), about);
    let body = format!("{body}<script type=\"application/json\" id=\"data\">{}</script>\n", json(&data));
    Document { title: &title, style: STYLE, body: &body, script: &SCRIPTS.concat() }.html()
}

/// The body, with all that can be read without scripts. No text that is put in has a place for another: it has no `<`.
fn filled(head: &Head<'_>, chart: &str, about: About<'_>) -> String {
    let command = |(_, command): &(_, String)| format!("<li><code>{}</code></li>", escaped(command));
    let back = |link| format!("<a id=\"campaign\" class=\"button\" href=\"{}\">campaign</a>", escaped(link));
    let broke = |what| format!("<p id=\"broke\" class=\"muted\">What broke in the campaign: {}.</p>", escaped(what));
    let pieces = [
        ("<!--NAME-->", escaped(head.name)),
        ("<!--MONITOR-->", escaped(head.monitor)),
        ("<!--VERDICT-->", escaped(head.verdict)),
        ("<!--SENTENCE-->", escaped(head.sentence)),
        ("<!--COST-->", escaped(head.cost)),
        ("<!--COMMANDS-->", head.commands.iter().map(command).collect::<String>().into()),
        ("<!--BROKE-->", about.broke.map(broke).unwrap_or_default().into()),
        ("<!--CAMPAIGN-->", about.campaign.map(back).unwrap_or_default().into()),
        ("<!--CHART-->", chart.into()),
    ];
    pieces.into_iter().fold(BODY.to_owned(), |body, (place, piece)| body.replacen(place, &piece, 1))
}
