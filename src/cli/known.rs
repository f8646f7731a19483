//! `--known`: the failures that are known already.

use super::exit::Exit;
use super::{inputs, load, output};
use crate::fuzz::known::Known;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct KnownArgs {
    /// Only classes of failures that are not known from this scenario file or folder count; known ones are marked; can
    /// be repeated
    #[arg(long, value_name = "FOLDER|FILE")]
    known: Vec<PathBuf>,
}

impl KnownArgs {
    /// What the user has named.
    pub fn given(&self) -> Vec<String> {
        self.known.iter().map(|path| path.display().to_string()).collect()
    }

    /// Reads the known failures, or reports every file that says of no class that it is known.
    pub fn read(&self) -> Result<Known, Exit> {
        let mut exit = Exit::Fine;
        let mut known = Known::new(self.given());
        for path in &self.known {
            // An empty folder is where the failures of the first night will be put.
            let files = inputs::files(path).map_err(|_| Exit::Misuse)?;
            for file in files {
                match load::load(&file, None) {
                    Ok(loaded) => {
                        let name = file.display().to_string();
                        if let Err(what) = known.add(&name, loaded.scenario.origin.as_deref()) {
                            exit = output::complain(&what);
                        }
                    }
                    Err(error) => exit = error,
                }
            }
        }
        if exit == Exit::Fine { Ok(known) } else { Err(exit) }
    }
}
