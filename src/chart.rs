//! Charts: what a run, a campaign or a sweep came to, as a picture. Reads results and recordings only.
//!
//! Each chart is two functions: one makes series of results, another makes a [`Picture`] of those. A
//! picture is a list of marks, which is written as SVG or as PNG; so both show the same.

pub mod axis;
pub mod canvas;
pub mod cdf;
pub mod compare;
pub mod convergence;
pub mod font;
pub mod labels;
pub mod plot;
pub mod scaling;
pub mod theme;
pub mod time_axis;
pub mod tree;

use canvas::Picture;
use time_axis::Panel;

/// How wide a chart is, in pixels.
pub const WIDTH: f64 = 800.0;

/// A picture with time along its x axis, and where in it the plots are: for whoever lays something over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The picture.
    pub picture: Picture,
    /// Its plots, from top to bottom.
    pub panels: Vec<Panel>,
}
