//! What a user wants of a picture: its title and its size.

use super::canvas::Picture;
use super::{WIDTH, font, plot};

/// What a user wants of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The title, instead of one that says what was run.
    pub title: Option<String>,
    /// The width, in pixels.
    pub width: f64,
    /// The height, in pixels; `None` for as much as the chart needs.
    pub height: Option<f64>,
    /// Whether a time axis with folds has a second axis without them.
    pub has_true_times: bool,
}

impl Default for Look {
    /// As a page embeds a chart.
    fn default() -> Self {
        Look { title: None, width: WIDTH, height: None, has_true_times: false }
    }
}

impl Look {
    /// The title of a chart that has `own` as its own, as far as there is room for it.
    pub fn title(&self, own: &str) -> String {
        font::fit(self.title.as_deref().unwrap_or(own), plot::TITLE, self.width - 40.0)
    }

    /// A picture that fills the size, enlarged or reduced if it is not of that size yet.
    pub fn fit(&self, picture: Picture) -> Picture {
        let height = self.height.unwrap_or(picture.height * self.width / picture.width);
        if (picture.width, picture.height) == (self.width, height) {
            picture
        } else {
            picture.fitted(self.width, height)
        }
    }
}
