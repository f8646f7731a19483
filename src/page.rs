//! Pages to look at in a browser: one HTML file each, which works from disk and asks nobody for anything. Reads results
//! and recordings only.

pub mod campaign;
pub mod html;
pub mod run;
