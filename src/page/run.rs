//! The page of one run: its chart, tree, messages, route tables and events, all at one moment, which the reader moves.
//! [`Data`] holds everything that the page knows; its scripts show it.

mod data;
pub(super) mod parts;

pub use data::{Data, MOMENTS_RECORDED, ROWS_MAX};

use super::html::{Document, escaped, json};
use crate::chart::convergence;
use crate::recording::Recording;
use crate::scenario::expectation::WarningKind;
use data::{Head, moments_within};
use std::slice;

const BODY: &str = include_str!("run/page.html");

/// The scripts that only this page has.
const SCRIPTS: [&str; 7] = [
    include_str!("run/why.js"),
    include_str!("run/folding.js"),
    include_str!("run/sequence.js"),
    include_str!("run/outline.js"),
    include_str!("run/keys.js"),
    include_str!("run/paper.js"),
    include_str!("run/main.js"),
];

/// What a page says about a run that is not in its recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The path of the scenario file, as commands name it.
    pub path: &'a str,
    /// The warnings that count as failures.
    pub denied: &'a [WarningKind],
    /// A link to the page that lists the run, and the word for it, such as `campaign`; if there is one.
    pub back: Option<(&'a str, &'a str)>,
    /// What broke, according to the campaign or the exploration.
    pub broke: Option<&'a str>,
}

/// The page of a recording.
pub fn page(recording: &Recording<'_>, about: About<'_>) -> String {
    let series = convergence::series(recording);
    let drawing = convergence::draw(slice::from_ref(&series));
    let data = Data::of(recording, (&series, &drawing), about.path, about.denied);
    let title = format!("{} under {}", recording.scenario.name, recording.outcome.monitor);
    let body = filled(&data.head(), &drawing.picture.svg(), about);
    let body = format!("{body}<script type=\"application/json\" id=\"data\">{}</script>\n", json(&data));
    let [style, script] = frame();
    Document { title: &title, style: &style, body: &body, script: &script }.html()
}

/// The style and the scripts of all run pages.
pub fn frame() -> [String; 2] {
    [parts::STYLE.to_owned(), parts::shared_scripts() + &SCRIPTS.concat()]
}

/// How many events the page of a recording shows; `None` for all.
pub fn events_shown(recording: &Recording<'_>) -> Option<u64> {
    let kept = moments_within(recording, ROWS_MAX);
    let is_cut = recording.is_cut || kept < recording.moments.len();
    is_cut.then(|| recording.events(kept.checked_sub(1)))
}

/// The body, with everything that can be read without scripts. Escaped text has no `<`, so it cannot contain the mark
/// of another place.
fn filled(head: &Head<'_>, chart: &str, about: About<'_>) -> String {
    let command = |(_, command): &(_, String)| format!("<li><code>{}</code></li>", escaped(command));
    let back = |(link, what): (&str, &str)| {
        format!("<a id=\"back\" class=\"button\" href=\"{}\">{}</a>", escaped(link), escaped(what))
    };
    let broke = |what| format!("<p id=\"broke\" class=\"muted\">What broke: {}.</p>", escaped(what));
    let pieces = [
        ("<!--NAME-->", escaped(head.name)),
        ("<!--MONITOR-->", escaped(head.monitor)),
        ("<!--VERDICT-->", escaped(head.verdict)),
        ("<!--SENTENCE-->", escaped(head.sentence)),
        ("<!--COST-->", escaped(head.cost)),
        ("<!--COMMANDS-->", head.commands.iter().map(command).collect::<String>().into()),
        ("<!--BROKE-->", about.broke.map(broke).unwrap_or_default().into()),
        ("<!--BACK-->", about.back.map(back).unwrap_or_default().into()),
        ("<!--CHART-->", chart.into()),
    ];
    pieces.into_iter().fold(BODY.to_owned(), |body, (place, piece)| body.replacen(place, &piece, 1))
}
