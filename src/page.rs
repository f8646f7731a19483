//! Pages for a browser: one file each, which works from disk, without a server and without a request.

pub mod run;
