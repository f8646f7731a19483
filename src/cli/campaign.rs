//! What the commands on campaigns share: threads, reports, errors.

use super::exit::Exit;
use super::known::KnownArgs;
use super::values::Format;
use super::{junit, output};
use crate::fuzz::campaign::files::OWN;
use crate::fuzz::campaign::{CampaignError, Judged};
use crate::report::fuzz as report;
use crate::report::junit::Suite;
use crate::words::io_error;
use crate::words::terminal::shown;
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// How a campaign is judged, and where the result goes.
#[derive(Args)]
pub struct ResultArgs {
    #[command(flatten)]
    pub known: KnownArgs,
    /// Write JUnit XML for CI servers to this file, one failed test per class of failures; `-` is standard output, and
    /// then the report goes to standard error
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// The format of the report
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Reports why a campaign ended early.
pub fn complain(error: &CampaignError) -> Exit {
    match error {
        CampaignError::Refused(what) => output::complain(what),
        CampaignError::NotDeterministic(what) => {
            output::remark(&format!("FAIL: {what}\n"));
            Exit::Finding
        }
        CampaignError::Io { path, error } => {
            let why = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => {
                    format!("{}, then continue with --resume", io_error(error))
                }
                _ => output::explain(error),
            };
            output::complain(&format!("{} cannot be read or written: {why}", shown(path)))
        }
        CampaignError::Stopped => output::complain(&error.to_string()),
        CampaignError::Fault(what) => {
            output::complain(what);
            Exit::Fault
        }
    }
}

/// Tells what was found in a folder and repaired.
pub fn note(remarks: &[String]) {
    remarks.iter().for_each(|remark| output::remark(&format!("note: {remark}\n")));
}

/// Why the tests cannot be written to a file, if that is one of those of the campaign in `folder`.
pub fn refuse_own(junit: &Path, folder: &Path) -> Option<String> {
    let beside = junit.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = junit.file_name().unwrap_or_default().to_string_lossy();
    let is_own = output::is_same_file(beside, folder) && OWN.contains(&&*name);
    is_own.then(|| format!("{} is a file of the campaign; name another file for --junit", shown(junit)))
}

/// The threads of a campaign; default: all cores.
pub fn threads(jobs: Option<NonZero<usize>>) -> ThreadPool {
    let all = || available_parallelism().map_or(1, NonZero::get);
    let pool = ThreadPoolBuilder::new().num_threads(jobs.map_or_else(all, NonZero::get)).build();
    pool.expect("the system gives threads")
}

/// Reports the results of a campaign, and writes them as tests after `suites` if `junit` is given.
pub fn tell(args: &ResultArgs, mut suites: Vec<Suite>, judged: &Judged<'_>) -> Exit {
    let junit = args.junit.as_deref();
    let exit = if judged.is_fine() { Exit::Fine } else { Exit::Finding };
    let text = match args.format {
        Format::Text => report::summary(judged, output::width_unless(junit.is_some_and(output::is_stdout))),
        Format::Json => format!("{}\n", report::object(judged)),
    };
    let exit = exit.max(say(junit, &text));
    let campaign = &judged.summary.campaign;
    let mut suite = Suite::new(&format!("treequake fuzz under {}, profile {}", campaign.monitor, campaign.profile));
    suite.add_campaign(judged);
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
