//! Why a campaign ends early.

use crate::words::io_error;
use crate::words::terminal::shown;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a campaign ended early.
#[derive(Debug)]
pub enum CampaignError {
    /// It cannot be done; a sentence that says why and what to do.
    Refused(String),
    /// A file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// It was stopped from outside.
    Stopped,
    /// The program that is the protocol does not do the same twice; what it did.
    NotDeterministic(String),
    /// A bug in treequake.
    Fault(String),
}

impl CampaignError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> CampaignError {
        let path = path.to_owned();
        |error| CampaignError::Io { path, error }
    }
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampaignError::Refused(what) | CampaignError::NotDeterministic(what) | CampaignError::Fault(what) => {
                f.write_str(what)
            }
            CampaignError::Stopped => f.write_str("the campaign was stopped"),
            CampaignError::Io { path, error } => write!(f, "{}: {}", shown(path), io_error(error)),
        }
    }
}

impl std::error::Error for CampaignError {}
