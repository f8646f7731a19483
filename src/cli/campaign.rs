//! What the commands on campaigns share: threads, reports, errors.

use super::exit::Exit;
use super::{junit, output};
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::summary::Summary;
use crate::report::fuzz as report;
use crate::report::junit::Suite;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

/// Reports why a campaign ended early.
pub fn complain(error: &CampaignError) -> Exit {
    match error {
        CampaignError::Refused(what) => output::complain(what),
        CampaignError::Io { path, error } => {
            let why = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => {
                    format!("{error}; free some space, then continue with --resume")
                }
                _ => output::explain(error),
            };
            output::complain(&format!("{} cannot be read or written: {why}", path.display()))
        }
        CampaignError::Fault(what) => {
            output::complain(what);
            Exit::Fault
        }
    }
}

/// The threads of a campaign; default: all cores.
pub fn threads(jobs: Option<NonZero<usize>>) -> ThreadPool {
    let all = || available_parallelism().map_or(1, NonZero::get);
    let pool = ThreadPoolBuilder::new().num_threads(jobs.map_or_else(all, NonZero::get)).build();
    pool.expect("the system gives threads")
}

/// Reports the results of a campaign, and writes them as tests after `suites` if `junit` is given.
pub fn tell(junit: Option<&Path>, mut suites: Vec<Suite>, summary: &Summary, path: &Path) -> Exit {
    let is_fine = summary.tally.failed == 0 && summary.tally.timed_out == 0;
    let exit = if is_fine { Exit::Fine } else { Exit::Finding };
    let exit = exit.max(say(junit, &report::summary(summary, path)));
    let campaign = &summary.campaign;
    let mut suite = Suite::new(&format!("treequake fuzz under {}, profile {}", campaign.monitor, campaign.profile));
    suite.add_campaign(summary, path);
    suites.push(suite);
    suites.retain(|suite| !suite.is_empty());
    exit.max(junit::write(junit, "treequake fuzz", suites))
}

/// Writes a report to standard output, unless the tests go there.
pub fn say(junit: Option<&Path>, text: &str) -> Exit {
    if junit.is_some_and(output::is_stdout) {
        output::remark(text);
        return Exit::Fine;
    }
    output::say(text)
}
