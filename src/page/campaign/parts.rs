//! The frame of the page: head, facts, funnel and foot; and the pieces that all sections use.

use super::data::CampaignPage;
use crate::fuzz::campaign::Judged;
use crate::fuzz::campaign::summary::Summary;
use crate::page::html::escaped;
use crate::report::fuzz::{cut, digest, timed_out};
use crate::words::{counted, grouped};
use std::fmt::Write as _;

/// The sections: id, and text of the link.
const SECTIONS: [(&str, &str); 5] = [
    ("funnel", "Funnel"),
    ("classes", "Classes"),
    ("convergence", "Time to converge"),
    ("coverage", "Coverage"),
    ("outliers", "Outliers"),
];

/// The title of the page.
pub fn title(page: &CampaignPage) -> String {
    let Summary { campaign, done, .. } = &page.summary;
    let part = campaign.partition.map(|part| format!(", part {} of {}", part.number, part.count)).unwrap_or_default();
    format!("Campaign of seeds {done}{part} under {}, profile {}", campaign.monitor, campaign.profile)
}

pub fn head(page: &CampaignPage) -> String {
    let unknown = timed_out(&page.summary.tally).map(|unknown| format!(" {unknown}."));
    let (mark, colour) = match page.judged().is_fine() {
        true => ("\u{2714}", "fine"),
        false => ("\u{2718}", "bad"),
    };
    let links: String = SECTIONS.iter().map(|(id, name)| format!("<a href=\"#{id}\">{name}</a>\n")).collect();
    format!(
        "<a class=\"skip\" href=\"#main\">Skip to the campaign</a>\n<header>\n<h1>{}</h1>\n\
         <p class=\"verdict {colour}\"><span aria-hidden=\"true\">{mark}</span> {}</p>\n{}\
         <nav aria-label=\"Sections\">\n{links}</nav>\n</header>\n",
        escaped(&title(page)),
        words(&format!("{}{}", verdict(&page.judged()), unknown.unwrap_or_default())),
        notes(page),
    )
}

/// The result of the campaign, in a sentence.
fn verdict(judged: &Judged<'_>) -> String {
    let summary = judged.summary;
    let tally = &summary.tally;
    let cases = match tally.cases {
        1 => "The only case".to_owned(),
        cases => format!("None of {} cases", grouped(cases)),
    };
    if tally.failed == 0 && tally.timed_out > 0 {
        return "No case is known to fail.".to_owned();
    }
    let findings = judged.findings();
    let Some(worst) = findings.first() else {
        return match tally.cases {
            0 => "No case was run.".to_owned(),
            1 => format!("{cases} passes."),
            _ => format!("{cases} fails."),
        };
    };
    let new = judged.known.is_given().then(|| judged.new_classes());
    format!("{}: {}.", failures(tally.failed, tally.cases, summary.findings.len(), new), worst.sentence)
}

/// How many of the cases fail, and in how many classes; `new` of them are new, if there is a list of known ones. What comes next
/// is the most frequent class.
fn failures(failed: u64, cases: u64, classes: usize, new: Option<usize>) -> String {
    let fail = match (failed, cases) {
        (1, 1) => "The only case fails".to_owned(),
        (1, _) => format!("1 of {} cases fails", grouped(cases)),
        _ => format!("{} of {} cases fail", grouped(failed), grouped(cases)),
    };
    let classed = match (failed, classes, new) {
        (1, 1, None) => String::new(),
        (1, 1, Some(0)) => ", in a known class".to_owned(),
        (1, 1, Some(_)) => ", in a new class".to_owned(),
        (_, 1, None) => ", all in one class".to_owned(),
        (_, 1, Some(0)) => ", all in one known class".to_owned(),
        (_, 1, Some(_)) => ", all in one new class".to_owned(),
        (_, many, None) => format!(", in {many} classes. The most frequent"),
        (_, many, Some(0)) => format!(", in {many} known classes. The most frequent"),
        (_, many, Some(1)) => format!(", in {many} classes, 1 of them new. The new one"),
        (_, many, Some(new)) => format!(", in {many} classes, {new} of them new. The most frequent new one"),
    };
    fail + &classed
}

/// What the reader must know before reading on, if anything.
fn notes(page: &CampaignPage) -> String {
    let mut notes = Vec::new();
    if let Some(part) = page.summary.campaign.partition {
        notes.push(format!(
            "This is only part {} of {}. <code>treequake merge</code> makes one campaign of all parts.",
            part.number, part.count
        ));
    }
    if page.ended_early() {
        notes.push(format!("It ended before all seeds were run: those from {} on are left.", page.summary.done.end));
    }
    if let Some(cut) = cut(&page.summary.tally) {
        notes.push(format!("{cut}. With <code>--run-to-end</code>, a seed runs to its end."));
    }
    notes.iter().map(|note| format!("<p class=\"note\">{note}</p>\n")).collect()
}

pub fn facts(page: &CampaignPage) -> String {
    let summary = &page.summary;
    let tally = &summary.tally;
    let rules = match (&summary.campaign.deny[..], summary.campaign.budget) {
        ([], budget) => format!("no warning counts as a failure; the budget of a step is {budget}"),
        (deny, budget) => {
            format!("these warnings count as failures: {}; the budget of a step is {budget}", deny.join(", "))
        }
    };
    let facts = [
        ("run again", command(&summary.command)),
        ("digest", format!("<code>{}</code>", digest(tally))),
        ("treequake", escaped(&summary.campaign.version).into_owned()),
        ("folder", format!("<code>{}</code>", escaped(&page.folder.display().to_string()))),
        ("rules", escaped(&rules).into_owned()),
        (
            "runs",
            format!(
                "{}, {}; {} run twice with the same digest",
                counted(tally.events, "event", "events"),
                counted(tally.messages.total(), "message", "messages"),
                counted(tally.run_twice, "case", "cases"),
            ),
        ),
    ];
    let facts: String = facts.iter().map(|(name, fact)| format!("<dt>{name}</dt><dd>{fact}</dd>\n")).collect();
    format!("<dl class=\"facts\">\n{facts}</dl>\n")
}

pub fn funnel(page: &CampaignPage) -> String {
    let stages = page.funnel();
    let max = stages.iter().filter_map(|stage| stage.count).max().unwrap_or(0);
    let mut rows = String::new();
    for stage in &stages {
        let count = stage.count.map_or("no limit".to_owned(), grouped);
        let width = stage.count.map_or(100.0, |count| 100.0 * log(count) / log(max).max(1e-9));
        let is_bar = stage.count != Some(0);
        let bar = if is_bar { format!("<span style=\"width:{width:.1}%\"></span>") } else { String::new() };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{count}</td>\
             <td class=\"bar\">{bar}</td><td class=\"muted\">{}</td></tr>",
            stage.name,
            escaped(&stage.share),
        );
    }
    section(
        "funnel",
        "From seeds to scenarios to look at",
        &format!(
            "<table class=\"funnel\">\n<caption>Bars are logarithmic.</caption>\n<thead><tr><th scope=\"col\">stage</th>\
             <th scope=\"col\" class=\"number\">count</th><td class=\"bar\"></td>\
             <th scope=\"col\">share</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
        ),
    )
}

fn log(count: u64) -> f64 {
    (count as f64 + 1.0).log10()
}

pub fn foot(page: &CampaignPage) -> String {
    format!(
        "<footer>\n<p>Made by treequake {} from <code>{}</code>. The page works offline and loads nothing.</p>\n\
         <p id=\"told\" class=\"aloud\" role=\"status\"></p>\n</footer>\n",
        env!("CARGO_PKG_VERSION"),
        escaped(&page.folder.join("summary.json").display().to_string()),
    )
}

/// A section of the page; `body` is markup.
pub fn section(id: &str, heading: &str, body: &str) -> String {
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{heading}</h2>\n{body}</section>\n"
    )
}

/// A command with a button that copies it. A script shows the button.
pub fn command(command: &str) -> String {
    format!(
        "<span class=\"command\"><code>{}</code><button type=\"button\" class=\"copy\" hidden>Copy</button></span>",
        escaped(command)
    )
}

/// A sentence as markup. Text in backquotes is code.
pub fn words(sentence: &str) -> String {
    let mut words = String::new();
    let pieces: Vec<_> = sentence.split('`').collect();
    // An odd number of backquotes does not quote.
    if pieces.len() % 2 == 0 {
        return escaped(sentence).into_owned();
    }
    for (place, piece) in pieces.iter().enumerate() {
        let piece = escaped(piece);
        let _ = if place % 2 == 1 { write!(words, "<code>{piece}</code>") } else { write!(words, "{piece}") };
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a sentence shows code as code, and that nothing in it becomes markup.
    #[test]
    fn sentences() {
        assert_eq!(words("as `<a>` & `b`"), "as <code>&lt;a&gt;</code> &amp; <code>b</code>");
        assert_eq!(words("one ` only <b>"), "one ` only &lt;b&gt;");
    }

    /// Proves that nothing is one of several where there is only one.
    #[test]
    fn failures_are_counted() {
        let is = |failed, cases, classes, new, words: &str| assert_eq!(failures(failed, cases, classes, new), words);
        is(1, 1, 1, None, "The only case fails");
        is(1, 1, 1, Some(1), "The only case fails, in a new class");
        is(1, 40, 1, Some(0), "1 of 40 cases fails, in a known class");
        is(3, 40, 1, None, "3 of 40 cases fail, all in one class");
        is(3, 40, 1, Some(0), "3 of 40 cases fail, all in one known class");
        is(3, 40, 1, Some(1), "3 of 40 cases fail, all in one new class");
        is(3, 4_000, 2, None, "3 of 4,000 cases fail, in 2 classes. The most frequent");
        is(3, 40, 2, Some(0), "3 of 40 cases fail, in 2 known classes. The most frequent");
        is(3, 40, 2, Some(1), "3 of 40 cases fail, in 2 classes, 1 of them new. The new one");
        is(5, 40, 3, Some(2), "5 of 40 cases fail, in 3 classes, 2 of them new. The most frequent new one");
    }
}
