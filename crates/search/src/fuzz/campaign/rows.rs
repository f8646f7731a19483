//! The rows of a folder, read one by one.

use super::check;
use super::error::CampaignError;
use super::files::{self, RESULTS};
use super::manifest::Manifest;
use super::results::Row;
use crate::words::terminal::shown;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Calls `see` with each row of a folder, complete or not, and returns the number of rows. The folder is checked first:
/// only rows that its digests or its journal vouch for are read.
///
/// # Errors
/// If the folder is damaged, the file cannot be read, or a line is not a row.
pub fn each_row(folder: &Path, manifest: &Manifest, mut see: impl FnMut(&Row<'_>)) -> Result<u64, CampaignError> {
    let results = folder.join(RESULTS);
    let trusted = check::trusted(folder, manifest)?;
    let file = files::open(&results).map_err(CampaignError::io(&results))?;
    let mut lines = BufReader::new(file.take(trusted));
    let mut line = Vec::new();
    let mut count = 0;
    while lines.read_until(b'\n', &mut line).map_err(CampaignError::io(&results))? > 0 {
        // A campaign of an early format can end in half a row.
        if !line.ends_with(b"\n") {
            break;
        }
        count += 1;
        let row = Row::read(&line).map_err(|error| {
            let what = format!("row {count} of {} cannot be read: {error}", shown(&results));
            CampaignError::Refused(format!("{what}; run the campaign again with --resume, or from the start"))
        })?;
        see(&row);
        line.clear();
    }
    Ok(count)
}
