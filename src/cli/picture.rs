//! Files for pictures: SVG or PNG, by the ending of the name.

use super::exit::Exit;
use super::output;
use crate::chart::canvas::Picture;
use crate::chart::theme::Theme;
use std::path::{Path, PathBuf};

/// A file for a picture, and its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    path: PathBuf,
    format: PictureFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureFormat {
    Svg,
    Png,
}

impl PictureFile {
    /// A file for an SVG.
    pub fn svg(path: PathBuf) -> Self {
        PictureFile { path, format: PictureFormat::Svg }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a picture; a PNG is `scale` times as large as the picture.
    pub fn write(&self, picture: &Picture, scale: u32, theme: Theme) -> Exit {
        match self.format {
            PictureFormat::Svg => output::write_file(&self.path, picture.svg_on(theme)),
            PictureFormat::Png => output::write_file(&self.path, picture.png_on(scale, theme)),
        }
    }
}

/// Reads the name of a file for a picture.
pub fn parse_picture(name: &str) -> Result<PictureFile, String> {
    let path = PathBuf::from(name);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let format = match ending.as_deref() {
        _ if output::is_stdout(&path) => PictureFormat::Svg,
        Some("svg") => PictureFormat::Svg,
        Some("png") => PictureFormat::Png,
        _ => return Err("a chart is SVG or PNG; use a name that ends in .svg or .png".to_owned()),
    };
    Ok(PictureFile { path, format })
}
