//! Charts: the results of a run, a campaign or a sweep as a picture. This module only reads results and recordings.
//!
//! Each chart is two functions: one turns results into series, the other turns the series into a [`Picture`]. A picture
//! is a list of marks that is written as SVG or as PNG, so both show the same.

pub mod axis;
pub mod canvas;
pub mod cdf;
pub mod compare;
pub mod convergence;
pub mod font;
pub mod labels;
pub mod look;
pub mod plot;
pub mod scaling;
pub mod theme;
pub mod time_axis;
pub mod tree;

use canvas::Picture;
use time_axis::Panel;

/// The width of a chart, in pixels.
pub const WIDTH: f64 = 800.0;

/// A picture with time on its x axis, and the positions of its plots, for code that draws something on top.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The picture.
    pub picture: Picture,
    /// Its plots, from top to bottom.
    pub panels: Vec<Panel>,
}
