//! Where an order was lost: its choices beside those of the order that passes, and how many of the orders from there fail.

use crate::page::html::escaped;
use crate::words::number::percent_of;
use std::fmt::Write as _;

/// An order that fails, and the one that passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Its choices, in words.
    pub order: Vec<String>,
    /// How many of the orders that go on from before each choice fail, from 0 to 1.
    pub failing: Vec<f64>,
    /// The place of the choice that lost it; `None` if every order fails from the start.
    pub lost_at: Option<usize>,
    /// The order that is the same up to there, and passes.
    pub saved: Vec<String>,
}

/// The section of an ending.
pub fn section(number: usize, story: &Story) -> String {
    let lost = match story.lost_at {
        Some(place) => {
            let before = escaped(&percent_of(story.failing[place])).into_owned();
            let choice = escaped(&story.order[place]);
            format!(
                "<p>Lost at choice {}: <code>{choice}</code>. Before it, {before} of the orders from there fail; after \
                 it, all do.</p>\n",
                place + 1
            )
        }
        None => "<p>Every order fails, from the start.</p>\n".to_owned(),
    };
    let rows = story.order.len().max(story.saved.len());
    let mut body = String::new();
    for place in 0..rows {
        let cell =
            |words: Option<&String>| words.map_or(String::new(), |words| format!("<code>{}</code>", escaped(words)));
        let after = story.failing.get(place + 1).copied().or((place < story.order.len()).then_some(1.0));
        let bar = after.map(|share| {
            format!(
                "<span class=\"bar bad\" aria-hidden=\"true\"><span style=\"width:{:.1}%\"></span></span> {}",
                share * 100.0,
                escaped(&percent_of(share))
            )
        });
        let (class, other) = match story.lost_at {
            Some(lost) if place < lost => ("same", "<td class=\"muted\">the same</td>".to_owned()),
            Some(lost) if place == lost => {
                ("turn", format!("<td class=\"fine\">{}</td>", cell(story.saved.get(place))))
            }
            Some(_) => ("", format!("<td>{}</td>", cell(story.saved.get(place)))),
            None => ("", "<td></td>".to_owned()),
        };
        let _ = writeln!(
            body,
            "<tr class=\"{class}\"><th scope=\"row\" class=\"number\">{}</th><td>{}</td><td class=\"share\">{}</td>{other}</tr>",
            place + 1,
            cell(story.order.get(place)),
            bar.unwrap_or_default(),
        );
    }
    format!(
        "<section id=\"ending-{number}\">\n<h2>Ending {number}: where it was lost</h2>\n{lost}<div class=\"wide\" tabindex=\"0\" \
         role=\"region\" aria-label=\"The two orders of ending {number}\"><table class=\"orders\">\n<thead><tr><th scope=\"col\">choice</th><th scope=\"col\">the \
         order that fails</th><th scope=\"col\">orders from here that fail</th><th scope=\"col\">the nearest order that \
         passes</th></tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n</section>\n"
    )
}
