//! Where the parts of a panel are.

use crate::chart::axis::Axis;
use crate::chart::canvas::Rect;
use crate::chart::time_axis::Panel;

/// The positions of the parts of a panel.
pub struct Place {
    /// The plot, with its axis of time.
    pub panel: Panel,
    /// The strip of messages.
    pub strip: Rect,
    /// The lower edge of the labels.
    pub labels: f64,
    /// The axis of wrong entries.
    pub wrong: Axis,
    /// The axis of messages.
    pub on_wire: Axis,
    /// The upper edge.
    pub top: f64,
}

impl Place {
    /// The areas of the plot and the strip.
    pub fn areas(&self) -> [Rect; 2] {
        [self.panel.plot, self.strip]
    }
}
