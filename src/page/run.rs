//! The page of one run: its chart, its tree, its messages, its route tables and its events, all at one moment that the
//! reader moves. What it shows is in [`Data`]; the scripts beside it do the rest, in the browser.

mod data;

pub use data::{Data, ROWS_MAX};

use super::html::{Document, json};
use crate::chart::convergence;
use crate::recording::Recording;
use crate::scenario::expectation::WarningKind;

const BODY: &str = include_str!("run/page.html");
/// Where the chart is in the body.
const CHART: &str = "<!--CHART-->";
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

/// The page of a recording. `path` is what its scenario file is called in commands, `denied` are the warnings that make
/// the run fail.
pub fn page(recording: &Recording<'_>, path: &str, denied: &[WarningKind]) -> String {
    let drawing = convergence::draw(&[convergence::series(recording)]);
    let data = json(&Data::of(recording, &drawing, path, denied));
    let title = format!("{} under {}", recording.scenario.name, recording.outcome.revision);
    let body = BODY.replacen(CHART, &drawing.picture.svg(), 1);
    let body = format!("{body}<script type=\"application/json\" id=\"data\">{data}</script>\n");
    Document { title: &title, style: STYLE, body: &body, script: &SCRIPTS.concat() }.html()
}
