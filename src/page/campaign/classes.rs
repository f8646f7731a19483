//! The table of the classes of failures: what broke, how often, how small it gets, and how to see it again.

use super::data::{CampaignPage, percent, run_page};
use super::parts::{command, section, words};
use crate::fuzz::campaign::summary::{Finding, ScenarioSize};
use crate::fuzz::known::NotSeen;
use crate::page::html::{escaped, link};
use crate::report::fuzz::replay;
use crate::words::grouped;

pub fn section_for(page: &CampaignPage) -> String {
    let summary = &page.summary;
    if summary.findings.is_empty() {
        let what = "<p>There are none: no case fails under the rules above.</p>\n";
        return section("classes", "Classes of failures", &format!("{what}{}", not_seen(page)));
    }
    let heads = [("class", ""), ("cases", "number"), ("share", "number")].into_iter().chain([
        ("first seed", "number"),
        ("contexts", "number"),
        ("steps", "number"),
    ]);
    let heads: String = heads.map(|(name, class)| format!("<th scope=\"col\" class=\"{class}\">{name}</th>")).collect();
    let rows: String = page.judged().findings().into_iter().map(|finding| row(page, finding)).collect();
    let shrunk = match summary.campaign.partition {
        None => "Contexts and steps are those of that case, as drawn and as shrunk.",
        Some(_) => "Contexts and steps are those of that case, as drawn.",
    };
    let order = if page.known.is_given() {
        "New classes come first, then the most frequent"
    } else {
        "The most frequent class comes first"
    };
    let caption = format!(
        "{order}, each with what broke in its smallest case. A case counts in each class that it shows, so the shares of the failing cases can add up to more than 100 %. {shrunk}"
    );
    section(
        "classes",
        "Classes of failures",
        &format!(
            "<table class=\"classes sortable\">\n<caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n\
             {rows}</table>\n{}",
            not_seen(page)
        ),
    )
}

/// The known classes that no seed showed.
fn not_seen(page: &CampaignPage) -> String {
    let not_seen = page.judged().not_seen();
    let one = |known: &NotSeen<'_>| {
        format!("<li><code>{}</code> <span class=\"file\">{}</span></li>\n", escaped(known.class), escaped(known.file))
    };
    match not_seen.is_empty() {
        true => String::new(),
        false => {
            let list: String = not_seen.iter().map(one).collect();
            let but = match page.summary.tally.cut {
                0 => "",
                _ => "; cases that were stopped over their budget may show them",
            };
            format!("<p>Known, but not seen in these seeds{but}:</p>\n<ul>\n{list}</ul>\n")
        }
    }
}

/// Whether a class is known, if that was asked.
fn mark(page: &CampaignPage, finding: &Finding) -> String {
    match page.known.file(&finding.class) {
        Some(file) => format!(" <span class=\"file\">known from {}</span>", escaped(file)),
        None if page.known.is_given() => " <strong>new</strong>".to_owned(),
        None => String::new(),
    }
}

/// Two rows: the figures of the class, and what broke.
fn row(page: &CampaignPage, finding: &Finding) -> String {
    let tally = &finding.tally;
    let failed = page.summary.tally.failed;
    let share = percent(tally.count, failed).map(|share| escaped(&share).into_owned()).unwrap_or_default();
    let numbers = [
        (tally.count, grouped(tally.count)),
        (tally.count, format!("{}{share}", bar(tally.count, failed))),
        (tally.first_seed, tally.first_seed.to_string()),
        size(finding, |size| size.contexts),
        size(finding, |size| size.steps),
    ];
    let cell = |(value, shown)| format!("<td class=\"number\" data-value=\"{value}\">{shown}</td>");
    let again = replay(finding, &page.summary, &page.folder).unwrap_or_else(|| finding.command.clone());
    format!(
        "<tbody id=\"{}\">\n<tr><th scope=\"rowgroup\">{}</th>{}</tr>\n\
         <tr><td colspan=\"6\"><p>{}</p>{}</td></tr>\n</tbody>\n",
        escaped(&finding.class),
        name(page, finding) + &mark(page, finding),
        numbers.map(cell).concat(),
        words(&finding.sentence) + &orders(finding),
        command(&again) + &why(page, finding),
    )
}

/// In how many orders the representative fails, if that was asked.
fn orders(finding: &Finding) -> String {
    let orders = finding.orders.as_ref();
    orders.map(|orders| format!(". It fails {}", escaped(&orders.in_words()))).unwrap_or_default()
}

/// The command that explains the representative, if there is one.
fn why(page: &CampaignPage, finding: &Finding) -> String {
    let replay = replay(finding, &page.summary, &page.folder);
    replay.map(|replay| command(&replay.replacen(" replay ", " why ", 1))).unwrap_or_default()
}

/// The name of a class, as a link to its representative if it has one.
fn name(page: &CampaignPage, finding: &Finding) -> String {
    let class = escaped(&finding.class);
    let to = |file: &str| link(&format!("{}{file}", page.links.base));
    let Some(file) = &finding.file else { return format!("<code>{class}</code>") };
    let scenario = |shown: &str| format!("<a href=\"{}\">{shown}</a>", to(file));
    match run_page(finding).filter(|_| page.links.run_pages) {
        None => scenario(&format!("<code>{class}</code>")),
        Some(run) => format!(
            "<a href=\"{}\"><code>{class}</code></a> <span class=\"file\">{}</span>",
            to(&run),
            scenario("scenario")
        ),
    }
}

fn bar(part: u64, whole: u64) -> String {
    let width = 100.0 * part as f64 / whole.max(1) as f64;
    format!("<span class=\"share\" aria-hidden=\"true\"><span style=\"width:{width:.1}%\"></span></span>")
}

/// A number of the representative, as drawn and as shrunk. The table sorts by the shrunk one.
fn size(finding: &Finding, of: fn(&ScenarioSize) -> u64) -> (u64, String) {
    let drawn = of(&finding.size.drawn);
    match finding.size.shrunk.as_ref().map(of) {
        Some(left) => {
            (left, format!("{drawn} <span aria-hidden=\"true\">\u{2192}</span><span class=\"aloud\">to</span> {left}"))
        }
        None => (drawn, drawn.to_string()),
    }
}
