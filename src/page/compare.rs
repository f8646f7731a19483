//! The page of one scenario under two monitors: both charts on one time axis, and both trees and route tables at one
//! moment, which the reader moves. The first difference between the two traces is marked.

use super::html::{Document, escaped, json};
use super::run::{Data, parts};
use crate::chart::convergence;
use crate::recording::Recording;
use crate::time::Time;
use serde::Serialize;
use std::slice;

const BODY: &str = include_str!("compare/page.html");
const STYLE: &str = include_str!("compare/style.css");
const SCRIPT: &str = include_str!("compare/main.js");

/// Where the two traces first differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The line of the record in both traces, from 1.
    pub line: u64,
    /// The time of the earlier of the two records, in nanoseconds.
    #[serde(serialize_with = "in_ns")]
    pub at: Time,
    /// The two records, as lines of the traces; `None` for a trace that has ended.
    pub records: [Option<String>; 2],
}

/// What the scripts of the page read.
#[derive(Serialize)]
struct Both<'d> {
    sides: [Data; 2],
    difference: Option<&'d Difference>,
    command: &'d str,
}

fn in_ns<S: serde::Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_ns())
}

/// The page of two recordings of one scenario. `path` names its file in commands, and `command` writes the page again.
pub fn page(sides: [&Recording<'_>; 2], path: &str, command: &str, difference: Option<&Difference>) -> String {
    let of = |recording: &Recording<'_>| {
        let series = convergence::series(recording);
        let drawing = convergence::draw(slice::from_ref(&series));
        Data::of(recording, (&series, &drawing), path, &[])
    };
    let data = Both { sides: sides.map(of), difference, command };
    let [name, one, other] =
        [sides[0].scenario.name.clone(), sides[0].outcome.monitor.to_string(), sides[1].outcome.monitor.to_string()];
    let title = format!("{name} under {one} and {other}");
    let heads = data.sides.each_ref().map(Data::head);
    let pieces = [
        ("<!--NAME-->", escaped(&name)),
        ("<!--MONITOR-0-->", escaped(heads[0].monitor)),
        ("<!--MONITOR-1-->", escaped(heads[1].monitor)),
        ("<!--VERDICT-0-->", escaped(heads[0].verdict)),
        ("<!--VERDICT-1-->", escaped(heads[1].verdict)),
        ("<!--SENTENCE-0-->", escaped(heads[0].sentence)),
        ("<!--SENTENCE-1-->", escaped(heads[1].sentence)),
        ("<!--COMMAND-->", escaped(command)),
    ];
    let body = pieces.into_iter().fold(BODY.to_owned(), |body, (place, piece)| body.replacen(place, &piece, 1));
    let body = format!("{body}<script type=\"application/json\" id=\"data\">{}</script>\n", json(&data));
    let style = format!("{}{STYLE}", parts::STYLE);
    let script = format!("{}{SCRIPT}", parts::shared_scripts());
    Document { title: &title, style: &style, body: &body, script: &script }.html()
}
