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

/// Says what went wrong with a campaign.
pub fn complain(error: &CampaignError) -> Exit {
    match error {
        CampaignError::Refused(what) => output::complain(what),
        CampaignError::Io { path, error } => {
            let why = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => {
                    format!("{error}; make room, and go on with --resume")
                }
                _ => output::explain(error),
            };
            output::complain(&format!("{} can not be read or written: {why}", path.display()))
        }
        CampaignError::Fault(what) => {
            output::complain(what);
            Exit::Fault
        }
    }
}

/// The threads of a campaign; all cores, where no number is given.
pub fn threads(jobs: Option<NonZero<usize>>) -> ThreadPool {
    let all = || available_parallelism().map_or(1, NonZero::get);
    let pool = ThreadPoolBuilder::new().num_threads(jobs.map_or_else(all, NonZero::get)).build();
    pool.expect("the system gives threads")
}

/// Says what a campaign came to, and writes that as tests, behind `suites`, if they are asked for.
pub fn tell(junit: Option<&Path>, mut suites: Vec<Suite>, summary: &Summary, path: &Path) -> Exit {
    let exit = if summary.tally.failed > 0 { Exit::Finding } else { Exit::Fine };
    let exit = exit.max(say(junit, &report::summary(summary, path)));
    let campaign = &summary.campaign;
    let mut suite = Suite::new(&format!("treequake fuzz under {}, profile {}", campaign.monitor, campaign.profile));
    suite.add_campaign(summary, path);
    suites.push(suite);
    suites.retain(|suite| !suite.is_empty());
    exit.max(junit::write(junit, "treequake fuzz", suites))
}

/// Reports go to standard output, unless the tests do.
pub fn say(junit: Option<&Path>, text: &str) -> Exit {
    if junit.is_some_and(output::is_stdout) {
        output::remark(text);
        return Exit::Fine;
    }
    output::say(text)
}
