//! Drawing of words: outlines straight from the font, turned and slanted where a hand or a stamp did it.

use ab_glyph::{Font as _, FontVec, OutlineCurve, Point, point};
use ab_glyph_rasterizer::Rasterizer;

use super::canvas::{Canvas, Ink};

/// Pixels in a point at 300 dpi.
pub(crate) const PX_PER_PT: f32 = 300.0 / 72.0;

/// How letters are set.
#[derive(Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) font: &'a FontVec,
    /// Height of the em, in pixels.
    pub(crate) size: f32,
    pub(crate) ink: Ink,
    /// 1 for fresh black ink.
    pub(crate) strength: f32,
    /// Sideways lean of what stands upright: 0.2 for a sloped hand.
    pub(crate) slant: f32,
    /// Clockwise, in radians, about the start of the word.
    pub(crate) turn: f32,
    /// More room between letters, in pixels.
    pub(crate) tracking: f32,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(font: &'a FontVec, points: f32, ink: Ink) -> Self {
        Self {
            font,
            size: points * PX_PER_PT,
            ink,
            strength: 1.0,
            slant: 0.0,
            turn: 0.0,
            tracking: 0.0,
        }
    }

    fn unit(&self) -> f32 {
        self.size / self.font.units_per_em().unwrap_or(1000.0)
    }

    /// From the start of the first letter to where the next word's would be.
    pub(crate) fn width(&self, text: &str) -> f32 {
        let unit = self.unit();
        let mut previous = None;
        let mut width = 0.0;
        for letter in text.chars() {
            let id = self.font.glyph_id(letter);
            width += previous.map_or(0.0, |last| self.font.kern_unscaled(last, id)) * unit;
            width += self.font.h_advance_unscaled(id) * unit + self.tracking;
            previous = Some(id);
        }
        width
    }

    /// Writes from `x` on `baseline`; the box of the ink, unless there is none.
    pub(crate) fn write(
        &self,
        canvas: &mut Canvas,
        x: f32,
        baseline: f32,
        text: &str,
    ) -> Option<[f32; 4]> {
        let unit = self.unit();
        let (sin, cos) = self.turn.sin_cos();
        let mut along = 0.0;
        let mut previous = None;
        let mut inked: Option<[f32; 4]> = None;
        for letter in text.chars() {
            let id = self.font.glyph_id(letter);
            along += previous.map_or(0.0, |last| self.font.kern_unscaled(last, id)) * unit;
            if let Some(outline) = self.font.outline(id) {
                let start = along;
                let place = |p: Point| {
                    let (gx, gy) = (start + (p.x + p.y * self.slant) * unit, -p.y * unit);
                    point(x + gx * cos - gy * sin, baseline + gx * sin + gy * cos)
                };
                if let Some(at) = self.outline(canvas, &outline.curves, place) {
                    inked = Some(inked.map_or(at, |known| union(known, at)));
                }
            }
            along += self.font.h_advance_unscaled(id) * unit + self.tracking;
            previous = Some(id);
        }
        inked
    }

    fn outline(
        &self,
        canvas: &mut Canvas,
        curves: &[OutlineCurve],
        place: impl Fn(Point) -> Point,
    ) -> Option<[f32; 4]> {
        let placed: Vec<OutlineCurve> = curves
            .iter()
            .map(|curve| match *curve {
                OutlineCurve::Line(a, b) => OutlineCurve::Line(place(a), place(b)),
                OutlineCurve::Quad(a, b, c) => OutlineCurve::Quad(place(a), place(b), place(c)),
                OutlineCurve::Cubic(a, b, c, d) => {
                    OutlineCurve::Cubic(place(a), place(b), place(c), place(d))
                }
            })
            .collect();
        let mut at = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        let mut see = |p: Point| at = union(at, [p.x, p.y, p.x, p.y]);
        for curve in &placed {
            match *curve {
                OutlineCurve::Line(a, b) => [a, b].into_iter().for_each(&mut see),
                OutlineCurve::Quad(a, b, c) => [a, b, c].into_iter().for_each(&mut see),
                OutlineCurve::Cubic(a, b, c, d) => [a, b, c, d].into_iter().for_each(&mut see),
            }
        }
        if placed.is_empty() || at[2] - at[0] > 4000.0 || at[3] - at[1] > 4000.0 {
            return None;
        }
        let (left, top) = (at[0].floor() - 1.0, at[1].floor() - 1.0);
        let mut raster = Rasterizer::new((at[2] - left) as usize + 3, (at[3] - top) as usize + 3);
        let shift = |p: Point| point(p.x - left, p.y - top);
        for curve in &placed {
            match *curve {
                OutlineCurve::Line(a, b) => raster.draw_line(shift(a), shift(b)),
                OutlineCurve::Quad(a, b, c) => raster.draw_quad(shift(a), shift(b), shift(c)),
                OutlineCurve::Cubic(a, b, c, d) => {
                    raster.draw_cubic(shift(a), shift(b), shift(c), shift(d))
                }
            }
        }
        raster.for_each_pixel_2d(|x, y, cover| {
            if cover > 0.004 {
                canvas.stain(
                    left as i32 + x as i32,
                    top as i32 + y as i32,
                    self.ink,
                    cover.min(1.0) * self.strength,
                );
            }
        });
        Some(at)
    }
}

/// The smallest box around both.
pub(crate) fn union(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}
