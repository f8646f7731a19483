//! Pages for a browser: one HTML file each, which works from disk and loads nothing. Reads only results and
//! recordings.

pub mod alone;
pub mod campaign;
pub mod compare;
pub mod explore;
pub mod html;
pub mod run;
pub mod worlds;
