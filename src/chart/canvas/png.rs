//! Writes a picture as PNG. It is drawn two or three times as large by plotters and then scaled down, so that thin and
//! slanted lines are smooth.

use super::brush::{Board, Brush, IN_MEMORY, fill_rect, nearest, shape};
use super::{Picture, Point, Text};
use crate::chart::font;
use crate::chart::theme::Theme;
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBAColor};

/// How many pixels are drawn per output pixel in each direction. Fewer for a large picture.
fn finer(scale: u32) -> u32 {
    if scale > 2 { 2 } else { 3 }
}

impl Picture {
    /// The picture as PNG, on a light ground, enlarged by `scale`.
    ///
    /// # Panics
    /// If the picture is too large for memory.
    pub fn png(&self, scale: u32) -> Vec<u8> {
        self.png_on(scale, Theme::Light)
    }

    /// The picture as PNG, on the ground of a theme, enlarged by `scale`.
    ///
    /// # Panics
    /// If the picture is too large for memory.
    pub fn png_on(&self, scale: u32, theme: Theme) -> Vec<u8> {
        let size = [self.width, self.height].map(|length| length.ceil() as u32 * scale);
        let finer = finer(scale);
        let [width, height] = size.map(|length| length * finer);
        let mut fine = vec![255; width as usize * height as usize * 3];
        let board = BitMapBackend::with_buffer(&mut fine, (width, height));
        let mut brush = Brush { board, scale: f64::from(scale * finer), theme };
        self.marks.iter().for_each(|mark| brush.draw(mark));
        drop(brush);
        encode(&shrink(&fine, size, finer as usize), size)
    }
}

/// Averages each square of fine pixels into one pixel.
fn shrink(fine: &[u8], [width, height]: [u32; 2], finer: usize) -> Vec<u8> {
    let row = width as usize * finer * 3;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height as usize {
        for x in 0..width as usize {
            for channel in 0..3 {
                let square = (0..finer * finer).map(|n| (y * finer + n / finer) * row + (x * finer + n % finer) * 3);
                let sum: usize = square.map(|at| usize::from(fine[at + channel])).sum();
                pixels.push(((sum + finer * finer / 2) / (finer * finer)) as u8);
            }
        }
    }
    pixels
}

fn encode(pixels: &[u8], [width, height]: [u32; 2]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    written.expect("writing to memory succeeds");
    bytes
}

impl Board for BitMapBackend<'_> {
    /// Draws piece by piece, because plotters turns a thick path into a single polygon, with holes where steps are
    /// narrower than the line.
    fn path(&mut self, points: &[Point], width: f64, colour: RGBAColor) {
        for pair in points.windows(2) {
            piece(self, pair[0], pair[1], width, colour);
        }
        let corners = points.iter().skip(1).take(points.len().saturating_sub(2));
        corners.for_each(|corner| bar(self, [*corner; 2], [width / 2.0; 2], colour));
    }

    /// Uses our own font code, see [`font`]. The writer of plotters omits the space before a letter, and its size
    /// differs from that in an SVG.
    fn write(&mut self, text: &Text, colour: RGBAColor, scale: f64) {
        let at = (text.area().left * scale, text.at.1 * scale);
        font::draw(&text.words, text.size * scale, at, |x, y, covered| {
            let covered = colour.mix(covered).to_backend_color();
            self.draw_pixel((x, y), covered).expect(IN_MEMORY);
        });
    }
}

/// Draws a straight piece of a line. Along an axis it is a rectangle, which has sharp edges at any width.
fn piece(board: &mut BitMapBackend<'_>, (x, y): Point, (to_x, to_y): Point, width: f64, colour: RGBAColor) {
    let ends = [(x.min(to_x), y.min(to_y)), (x.max(to_x), y.max(to_y))];
    match (x == to_x, y == to_y) {
        (true, _) => bar(board, ends, [width / 2.0, 0.0], colour),
        (_, true) => bar(board, ends, [0.0, width / 2.0], colour),
        _ => {
            // Plotters turns it into a polygon unless its width is 1, and a polygon covers half a pixel more on each
            // side.
            let style = shape(colour, (width - 0.5).max(2.0));
            board.draw_path([nearest((x, y)), nearest((to_x, to_y))], &style).expect(IN_MEMORY);
        }
    }
}

/// Fills the area that extends by this much around two points.
fn bar(board: &mut BitMapBackend<'_>, [from, to]: [Point; 2], [across, down]: [f64; 2], colour: RGBAColor) {
    fill_rect(board, [(from.0 - across, from.1 - down), (to.0 + across, to.1 + down)], colour);
}
