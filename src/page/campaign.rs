//! The page of a campaign: [`read`] gets its data from a run folder, and [`html`] writes it.
//!
//! The summary has most of the data. The results are read once, row by row, into [`Strip`]s of fixed size, so a million
//! seeds take time but no memory.

mod axis;
mod bins;
mod classes;
mod coverage;
mod data;
mod multiples;
mod parts;
mod strip;
mod strips;

pub use bins::Bins;
pub use data::{CampaignPage, Links, Rows, Stage, read, run_page};
pub use strip::{MARKS_MAX, Mark, Measure, Strip};

use super::alone::{Alone, SCRIPT as ALONE};
use super::html::Document;

const STYLE: &str = include_str!("campaign/campaign.css");
const SCRIPT: &str = include_str!("campaign/campaign.js");

/// The page. It has the files `alone` within it.
pub fn html(page: &CampaignPage, alone: &Alone) -> String {
    let body = [
        parts::head(page),
        "<main id=\"main\">\n".to_owned(),
        parts::facts(page),
        parts::funnel(page),
        classes::section_for(page),
        strips::convergence(page),
        coverage::section_for(&page.summary),
        strips::outliers(page),
        "</main>\n".to_owned(),
        parts::foot(page),
        alone.markup(),
    ];
    let title = parts::title(page);
    let script = format!("{SCRIPT}{ALONE}");
    Document { title: &title, style: STYLE, body: &body.concat(), script: &script }.html()
}
