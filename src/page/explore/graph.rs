//! The graph of states as a picture: one column for each choice, red where every order fails.

use crate::fuzz::orders::Picture;
use crate::page::html::escaped;
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
        let class = if picture.dots[*to as usize].failing >= 1.0 { "lost" } else { "open" };
        let _ = writeln!(svg, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
    }
    for (number, dot) in picture.dots.iter().enumerate() {
        let (x, y) = place(number as u32);
        let class = match dot.failing {
            all if all >= 1.0 => "lost",
            0.0 => "safe",
            _ => "open",
        };
        let title = match dot.failing {
            all if all >= 1.0 => "every order from here fails".to_owned(),
            0.0 => "every order from here passes".to_owned(),
            some => format!("{} of the orders from here fail", escaped(&percent_of(some))),
        };
        let title = format!("<title>after {} choices: {title}</title>", dot.depth);
        // Endings have another shape, as colour alone does not tell enough.
        let _ = match dot.is_last {
            true => writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\">{title}</rect>",
                x - 6.0,
                y - 6.0
            ),
            false => writeln!(svg, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\">{title}</circle>"),
        };
    }
    format!(
        "<section>\n<h2>All states</h2>\n<p>Each dot is a state, and each line a choice; orders go from left to right. Squares \
         are states in which nothing is left. <span class=\"key lost\">Filled</span>: every order from here fails. \
         <span class=\"key open\">Half</span>: some do. <span class=\"key safe\">Hollow</span>: none does.</p>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"The graph of states\">\
         <svg role=\"img\" aria-label=\"{} states and {} choices\" viewBox=\"0 0 {width:.0} {HEIGHT:.0}\" \
         width=\"{width:.0}\" height=\"{HEIGHT:.0}\">\n{svg}</svg></div>\n</section>\n",
        picture.dots.len(),
        picture.lines.len(),
    )
}
