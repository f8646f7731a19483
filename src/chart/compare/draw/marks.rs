//! The marks of cases.

use crate::chart::canvas::{Picture, Point};
use crate::chart::theme::Tone;
use crate::fuzz::pairs::group::Grade;

/// The mark of a case: its shape says the same as its colour.
pub fn mark(picture: &mut Picture, grade: Grade, at: Point) {
    match grade {
        Grade::Same => picture.disc(at, 2.0, Tone::Blue),
        Grade::Better => picture.diamond(at, 4.5, Tone::Green),
        Grade::Worse => picture.triangle(at, 4.5, Tone::Red),
    }
}
