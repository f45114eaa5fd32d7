//! A sheet under pen and printer: ink is laid on what is there, and ink over ink grows darker.

use std::f32::consts::TAU;

use image::{Rgb, RgbImage};

/// A colour of ink or paper.
pub(crate) type Ink = Rgb<u8>;

pub(crate) const BLACK: Ink = Rgb([24, 23, 26]);
pub(crate) const RED: Ink = Rgb([190, 22, 32]);
pub(crate) const BLUE: Ink = Rgb([32, 48, 150]);
pub(crate) const GREY: Ink = Rgb([120, 120, 124]);

/// The pixels of one page at 300 dpi.
#[derive(Clone)]
pub(crate) struct Canvas {
    pub(crate) pixels: RgbImage,
}

impl Canvas {
    pub(crate) fn blank(width: u32, height: u32, paper: Ink) -> Self {
        Self {
            pixels: RgbImage::from_pixel(width, height, paper),
        }
    }

    pub(crate) fn width(&self) -> f32 {
        self.pixels.width() as f32
    }

    pub(crate) fn height(&self) -> f32 {
        self.pixels.height() as f32
    }

    /// Lays ink on one pixel; outside the sheet nothing happens.
    pub(crate) fn stain(&mut self, x: i32, y: i32, ink: Ink, cover: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return;
        };
        if let Some(pixel) = self.pixels.get_pixel_mut_checked(x, y) {
            for (channel, ink) in pixel.0.iter_mut().zip(ink.0) {
                let filter = 1.0 - cover.clamp(0.0, 1.0) * (1.0 - f32::from(ink) / 255.0);
                *channel = (f32::from(*channel) * filter + 0.5) as u8;
            }
        }
    }

    /// A straight stroke with soft edges.
    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, ink: Ink) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(0.01);
        let reach = width / 2.0 + 1.0;
        let (left, right) = (from.0.min(to.0) - reach, from.0.max(to.0) + reach);
        let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        for y in top as i32..=bottom as i32 {
            for x in left as i32..=right as i32 {
                let (px, py) = (x as f32 - from.0, y as f32 - from.1);
                let along = ((px * dx + py * dy) / length).clamp(0.0, length);
                let distance = (px - dx / length * along).hypot(py - dy / length * along);
                let cover = (width / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.stain(x, y, ink, cover);
                }
            }
        }
    }

    /// An upright frame.
    pub(crate) fn frame(&mut self, at: [f32; 4], width: f32, ink: Ink) {
        let [left, top, right, bottom] = at;
        self.line((left, top), (right, top), width, ink);
        self.line((right, top), (right, bottom), width, ink);
        self.line((right, bottom), (left, bottom), width, ink);
        self.line((left, bottom), (left, top), width, ink);
    }

    /// A filled rectangle.
    pub(crate) fn fill(&mut self, at: [f32; 4], ink: Ink, cover: f32) {
        for y in at[1] as i32..at[3] as i32 {
            for x in at[0] as i32..at[2] as i32 {
                self.stain(x, y, ink, cover);
            }
        }
    }

    /// Opaque paint: hides what is under it, as a card laid on a sheet.
    pub(crate) fn cover(&mut self, at: [f32; 4], corner: f32, paper: Ink) {
        for y in at[1] as i32..at[3] as i32 {
            for x in at[0] as i32..at[2] as i32 {
                let (fx, fy) = (x as f32, y as f32);
                let dx = (at[0] + corner - fx).max(fx - at[2] + corner).max(0.0);
                let dy = (at[1] + corner - fy).max(fy - at[3] + corner).max(0.0);
                if dx.hypot(dy) <= corner
                    && x >= 0
                    && y >= 0
                    && let Some(pixel) = self.pixels.get_pixel_mut_checked(x as u32, y as u32)
                {
                    *pixel = paper;
                }
            }
        }
    }

    /// A circle's outline.
    pub(crate) fn ring(&mut self, centre: (f32, f32), radius: f32, width: f32, ink: Ink) {
        let reach = (radius + width) as i32 + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let distance = (dx as f32).hypot(dy as f32);
                let cover = (width / 2.0 + 0.5 - (distance - radius).abs()).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.stain(centre.0 as i32 + dx, centre.1 as i32 + dy, ink, cover);
                }
            }
        }
    }

    /// A star with five points, filled.
    pub(crate) fn star(&mut self, centre: (f32, f32), radius: f32, ink: Ink) {
        let reach = radius as i32 + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (x, y) = (dx as f32, dy as f32);
                // Within each fifth the edge is the straight line from tip to inner corner.
                let fifth = ((y.atan2(x) + TAU / 4.0) / (TAU / 5.0)).rem_euclid(1.0);
                let angle = (fifth.min(1.0 - fifth)) * TAU / 5.0;
                let (tip, inner) = (radius, radius * 0.382);
                let (ix, iy) = (inner * (TAU / 10.0).cos(), inner * (TAU / 10.0).sin());
                let edge = tip * iy / (iy * angle.cos() + (tip - ix) * angle.sin());
                if x.hypot(y) <= edge {
                    self.stain(centre.0 as i32 + dx, centre.1 as i32 + dy, ink, 0.95);
                }
            }
        }
    }

    /// Fine waves over an area, as valuable papers carry against copying.
    pub(crate) fn guilloche(&mut self, at: [f32; 4], step: f32, ink: Ink, cover: f32) {
        let mut base = at[1];
        while base < at[3] {
            let mut x = at[0];
            while x < at[2] {
                for (phase, swing) in [(0.0, step * 0.8), (2.1, step * 0.5)] {
                    let y = base + swing * (x / 90.0 + phase + base / 300.0).sin();
                    self.stain(x as i32, y as i32, ink, cover);
                    self.stain(x as i32, y as i32 + 1, ink, cover * 0.6);
                }
                x += 1.0;
            }
            base += step;
        }
    }
}
