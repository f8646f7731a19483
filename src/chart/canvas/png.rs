//! A picture as PNG: drawn two or three times as large by plotters, and made smaller, so that what is thin or slanted is smooth.

use super::{Fill, Mark, Picture, Point, Rect, Stroke, Text, dashes};
use crate::chart::font;
use crate::chart::theme::Tone;
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::RGBAColor;

/// How many pixels are drawn for one, each way; fewer where they are many anyway.
fn finer(scale: u32) -> u32 {
    if scale > 2 { 2 } else { 3 }
}

impl Picture {
    /// The picture as PNG, on a light ground, `scale` times as large as it is.
    ///
    /// # Panics
    /// When it is too large for memory.
    pub fn png(&self, scale: u32) -> Vec<u8> {
        let size = [self.width, self.height].map(|length| length.ceil() as u32 * scale);
        let finer = finer(scale);
        let [width, height] = size.map(|length| length * finer);
        let mut fine = vec![255; width as usize * height as usize * 3];
        let board = BitMapBackend::with_buffer(&mut fine, (width, height));
        let mut brush = Brush { board, scale: f64::from(scale * finer) };
        self.marks.iter().for_each(|mark| brush.draw(mark));
        drop(brush);
        encode(&shrink(&fine, size, finer as usize), size)
    }
}

/// Makes one pixel of each square of fine ones.
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
    written.expect("memory takes it");
    bytes
}

/// Draws marks on a bitmap.
struct Brush<'b> {
    board: BitMapBackend<'b>,
    scale: f64,
}

impl Brush<'_> {
    fn draw(&mut self, mark: &Mark) {
        match mark {
            Mark::Rect(area, fill) => self.rect(*area, *fill),
            Mark::Line(points, stroke) => self.line(points, *stroke),
            Mark::Area(points, fill) => self.area(points, *fill),
            Mark::Steps(points, base, fill) => {
                for pair in points.windows(2) {
                    let (left, top) = pair[0];
                    self.rect(Rect { left, top, right: pair[1].0, bottom: *base }, *fill);
                }
            }
            Mark::Disc(centre, radius, fill) => self.area(&circle(*centre, *radius), *fill),
            Mark::Ring(centre, radius, stroke) => {
                let mut points = circle(*centre, *radius);
                points.push(points[0]);
                self.line(&points, *stroke);
            }
            Mark::Text(text) => self.text(text),
            Mark::Begin(_) | Mark::End => {}
        }
    }

    /// The nearest fine pixel.
    fn fine(&self, length: f64) -> i32 {
        (length * self.scale).round() as i32
    }

    fn rect(&mut self, area: Rect, fill: Fill) {
        let [left, top, right, bottom] = [area.left, area.top, area.right, area.bottom].map(|edge| self.fine(edge));
        if left >= right || top >= bottom {
            return;
        }
        let drawn = self.board.draw_rect((left, top), (right, bottom), &colour(fill), true);
        drawn.expect("memory takes it");
    }

    fn area(&mut self, points: &[Point], fill: Fill) {
        let points: Vec<_> = points.iter().map(|(x, y)| (self.fine(*x), self.fine(*y))).collect();
        self.board.fill_polygon(points, &colour(fill)).expect("memory takes it");
    }

    fn line(&mut self, points: &[Point], stroke: Stroke) {
        for piece in dashes(points, stroke.dash) {
            for pair in piece.windows(2) {
                self.stroke(pair[0], pair[1], stroke);
            }
            // Where it turns.
            for (x, y) in piece.iter().skip(1).take(piece.len().saturating_sub(2)) {
                let half = stroke.width / 2.0;
                self.rect(
                    Rect { left: x - half, top: y - half, right: x + half, bottom: y + half },
                    stroke.tone.into(),
                );
            }
        }
    }

    fn stroke(&mut self, from: Point, to: Point, stroke: Stroke) {
        let half = stroke.width / 2.0;
        if from.0 == to.0 || from.1 == to.1 {
            let along_x = if from.1 == to.1 { 0.0 } else { half };
            let along_y = if from.1 == to.1 { half } else { 0.0 };
            let area = Rect {
                left: from.0.min(to.0) - along_x,
                top: from.1.min(to.1) - along_y,
                right: from.0.max(to.0) + along_x,
                bottom: from.1.max(to.1) + along_y,
            };
            return self.rect(area, stroke.tone.into());
        }
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).sqrt();
        let (across_x, across_y) = (-dy / length * half, dx / length * half);
        let corners = [
            (from.0 + across_x, from.1 + across_y),
            (to.0 + across_x, to.1 + across_y),
            (to.0 - across_x, to.1 - across_y),
            (from.0 - across_x, from.1 - across_y),
        ];
        self.area(&corners, stroke.tone.into());
    }

    fn text(&mut self, text: &Text) {
        let at = (text.area().left * self.scale, text.at.1 * self.scale);
        let tone = text.tone;
        font::draw(&text.words, text.size * self.scale, at, |x, y, covered| {
            let colour = colour(Fill { tone, opacity: covered });
            let colour = plotters::style::Color::to_backend_color(&colour);
            let _ = self.board.draw_pixel((x, y), colour);
        });
    }
}

fn colour(fill: Fill) -> RGBAColor {
    let [red, green, blue] = Tone::rgb(fill.tone);
    RGBAColor(red, green, blue, fill.opacity)
}

/// The points of a circle, without a sine: halfway between two points of it, and out to the radius, three times.
fn circle((x, y): Point, radius: f64) -> Vec<Point> {
    let mut units = vec![(1.0_f64, 0.0_f64), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)];
    for _ in 0..3 {
        let next = units.iter().cycle().skip(1);
        let pairs = units.iter().zip(next);
        units = pairs
            .flat_map(|(one, other)| {
                let (across, down) = (one.0 + other.0, one.1 + other.1);
                let length = (across * across + down * down).sqrt();
                [*one, (across / length, down / length)]
            })
            .collect();
    }
    units.into_iter().map(|(across, down)| (x + across * radius, y + down * radius)).collect()
}
