//! `treequake merge`: merges the parts of a campaign.

use super::campaign::{ResultArgs, complain, refuse_own, tell, threads};
use super::exit::Exit;
use super::explore::worlds;
use super::output;
use super::progress::{Line, ProgressArgs};
use super::stop::parse_timeout;
use super::values::{self, Named, parse_monitor, parse_profile, parse_warning};
use crate::fuzz::campaign::files::MANIFEST;
use crate::fuzz::campaign::summary::Summary;
use crate::fuzz::campaign::{Campaign, CampaignError, Judged, Manifest, merge};
use crate::fuzz::examine::Rules;
use crate::fuzz::worlds::merge::are_worlds;
use crate::monitors::OF_FOLDER;
use clap::Args;
use std::num::NonZero;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct MergeArgs {
    /// The folders of the parts, in any order
    #[arg(required = true, value_name = "PART")]
    parts: Vec<PathBuf>,
    /// The new folder of the whole
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    result: ResultArgs,
    /// The profile file, if it is no longer where the parts found it
    #[arg(long, value_name = "FILE", value_parser = parse_profile)]
    profile: Option<Named>,
    /// The number of threads; default: all cores
    #[arg(long, value_name = "N", value_parser = values::threads())]
    jobs: Option<NonZero<usize>>,
    #[command(flatten)]
    progress: ProgressArgs,
}

/// Merges parts.
pub fn merge(args: &MergeArgs) -> Exit {
    if are_worlds(&args.parts) {
        if args.result.junit.is_some() || args.profile.is_some() || !args.result.known.given().is_empty() {
            return output::complain("these are parts of small worlds; leave out --junit, --known and --profile");
        }
        return worlds::merge(&args.parts, &args.out, args.result.format, args.progress);
    }
    if let Some(refusal) = args.result.junit.as_deref().and_then(output::refusal) {
        return output::complain(&refusal);
    }
    let own = |junit: &Path| merge::expanded(&args.parts, MANIFEST).iter().find_map(|part| refuse_own(junit, part));
    if let Some(refusal) = args.result.junit.as_deref().and_then(own) {
        return output::complain(&refusal);
    }
    let known = match args.result.known.read() {
        Ok(known) => known,
        Err(exit) => return exit,
    };
    let line = Line::new(args.progress.progress);
    let merged = line.during("merging, shrinking, and writing the results", || merge_parts(args));
    line.clear();
    match merged {
        Ok(summary) => tell(&args.result, Vec::new(), &Judged { summary: &summary, path: &args.out, known: &known }),
        Err(error) => complain(&error),
    }
}

fn merge_parts(args: &MergeArgs) -> Result<Summary, CampaignError> {
    let (manifest, parts) = merge::read(&args.parts)?;
    let campaign = whole(&manifest, args.profile.as_ref()).map_err(CampaignError::Refused)?;
    Ok(merge::merge(&campaign, &parts, &args.out, &threads(args.jobs))?.summary)
}

/// The campaign of a manifest.
fn whole(manifest: &Manifest, profile: Option<&Named>) -> Result<Campaign, String> {
    let profile = match profile {
        Some(profile) => profile.profile.clone(),
        None => {
            parse_profile(&manifest.profile).map_err(|error| format!("{error}; name the file with --profile"))?.profile
        }
    };
    let denied = manifest.deny.iter().map(|name| parse_warning(name)).collect::<Result<_, _>>()?;
    Ok(Campaign {
        profile,
        profile_given: manifest.profile.clone(),
        monitor: parse_monitor(&manifest.monitor).map_err(|why| match manifest.monitor.starts_with(OF_FOLDER) {
            true => format!("{why}; the parts name it as seen from where they ran: merge them there"),
            false => why,
        })?,
        rules: Rules { denied, budget: manifest.budget, cuts: manifest.cut_at.is_some() },
        seeds: manifest.seeds,
        partition: None,
        keep: manifest.results,
        explores: manifest.explores,
        timeout: manifest.timeout.as_deref().map(parse_timeout).transpose()?,
    })
}
