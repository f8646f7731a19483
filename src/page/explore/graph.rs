//! The graph of states as a picture: one column for each choice, red where every order fails.

use crate::fuzz::orders::{Dot, Picture};
use crate::page::html::escaped;
use crate::words::counted;
use crate::words::number::percent_of;
use std::fmt::Write as _;

const COLUMN: f64 = 46.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 16.0;

/// The section with the picture.
pub fn section(picture: &Picture) -> String {
    let columns = picture.dots.iter().map(|dot| dot.depth).max().unwrap_or(0);
    let width = COLUMN * columns as f64 + 2.0 * MARGIN;
    let place = |number: u32| {
        let dot = picture.dots[number as usize];
        (MARGIN + COLUMN * dot.depth as f64, MARGIN + (HEIGHT - 2.0 * MARGIN) * dot.height)
    };
    let mut svg = String::new();
    for (from, to) in &picture.lines {
        let ((x1, y1), (x2, y2)) = (place(*from), place(*to));
        let class = Kind::of(&picture.dots[*to as usize]).class();
        let _ = writeln!(svg, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
    }
    for (number, dot) in picture.dots.iter().enumerate() {
        let (x, y) = place(number as u32);
        let class = Kind::of(dot).class();
        let title = match dot.failing {
            all if all >= 1.0 => "every order from here fails".to_owned(),
            0.0 => "every order from here passes".to_owned(),
            some => format!("{} of the orders from here fail", escaped(&percent_of(some))),
        };
        let title = format!("<title>after {}: {title}</title>", counted(dot.depth as u64, "choice", "choices"));
        // Colour is never the only difference: half of a mark is filled, and endings have another shape.
        let half = match (Kind::of(dot), dot.is_last) {
            (Kind::Open, false) => format!("<path class=\"half\" d=\"M{x:.1},{:.1} a4.5,4.5 0 0 0 0,9 z\"/>", y - 4.5),
            _ => String::new(),
        };
        let _ = match dot.is_last {
            true => writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\">{title}</rect>",
                x - 6.0,
                y - 6.0
            ),
            false => {
                writeln!(svg, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\">{title}</circle>{half}")
            }
        };
    }
    format!(
        "<section>\n<h2>All states</h2>\n<p>Each dot is a state, and each line a choice; orders go from left to right. Squares \
         are states in which nothing is left. <span class=\"key lost\"><span aria-hidden=\"true\">\u{25cf}</span> filled</span>: every order from here fails. \
         <span class=\"key open\"><span aria-hidden=\"true\">\u{25d0}</span> half</span>: some do. \
         <span class=\"key safe\"><span aria-hidden=\"true\">\u{25cb}</span> hollow</span>: none does.</p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"The graph of states\">\
         <svg role=\"img\" aria-label=\"{} and {}\" viewBox=\"0 0 {width:.0} {HEIGHT:.0}\" \
         width=\"{width:.0}\" height=\"{HEIGHT:.0}\">\n{svg}</svg></div>\n{}</section>\n",
        counted(picture.dots.len() as u64, "state", "states"),
        counted(picture.lines.len() as u64, "choice", "choices"),
        table(picture),
    )
}

/// What can still come of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lost,
    Open,
    Safe,
}

impl Kind {
    fn of(dot: &Dot) -> Self {
        match dot.failing {
            all if all >= 1.0 => Kind::Lost,
            0.0 => Kind::Safe,
            _ => Kind::Open,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Kind::Lost => "lost",
            Kind::Open => "open",
            Kind::Safe => "safe",
        }
    }
}

/// The picture as a table: how many states of each kind there are after so many choices.
fn table(picture: &Picture) -> String {
    let columns = picture.dots.iter().map(|dot| dot.depth + 1).max().unwrap_or(0);
    let row = |depth: usize| {
        let count = |is: &dyn Fn(&Dot) -> bool| picture.dots.iter().filter(|dot| dot.depth == depth && is(dot)).count();
        let of = |kind: Kind| count(&|dot| Kind::of(dot) == kind);
        let counts = [count(&|_| true), of(Kind::Lost), of(Kind::Open), of(Kind::Safe), count(&|dot| dot.is_last)];
        let cells = counts.map(|count| format!("<td class=\"number\">{count}</td>"));
        format!("<tr><th scope=\"row\" class=\"number\">{depth}</th>{}</tr>\n", cells.concat())
    };
    let heads = ["after choices", "states", "every order fails", "some do", "none does", "nothing left"];
    let heads = heads.map(|head| format!("<th scope=\"col\" class=\"number\">{head}</th>"));
    format!(
        "<details>\n<summary>The same as a table</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Table of the states\"><table class=\"states\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n\
         </table></div>\n</details>\n",
        heads.concat(),
        (0..columns).map(row).collect::<String>(),
    )
}
