//! The page, wherever it lies in the image, in squares of a millimetre: its paper without the writing, and how the
//! light falls on it.

use super::cells::{Cells, luma};
use crate::Place;

/// Corners of the page in the image's pixels, around the page from any of them.
pub type Corners = [[f32; 2]; 4];

/// Long side of A4: what a page of unknown size is taken for (NĐ 30/2020/NĐ-CP App. I: texts are written on A4).
pub(crate) const A4_LONG_MM: f32 = 297.0;

const MM_PER_INCH: f32 = 25.4;

/// Past this many squares a side they grow instead.
const MOST_SQUARES: f32 = 460.0;

pub(crate) struct PageMap {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Side of a square.
    pub(crate) mm: f32,
    /// Colour of the lightest spot: paper, wherever some shows between letters.
    pub(crate) light: Vec<[u8; 3]>,
    /// Tone of that spot.
    pub(crate) paper: Vec<u8>,
    pub(crate) darkest: Vec<u8>,
    pub(crate) mean: Vec<u8>,
    pub(crate) burnt: Vec<u8>,
    way: Projection,
    size: (u32, u32),
}

impl PageMap {
    /// `corners` say where the page lies in a photograph; without them the image is the page, scanned at `dpi`.
    pub(crate) fn new(
        cells: &Cells,
        size: (u32, u32),
        corners: Option<&Corners>,
        dpi: f32,
    ) -> Self {
        let whole: Corners = [
            [0.0, 0.0],
            [size.0 as f32, 0.0],
            [size.0 as f32, size.1 as f32],
            [0.0, size.1 as f32],
        ];
        let quad = corners.copied().unwrap_or(whole);
        let side = |a: usize, b: usize| (quad[a][0] - quad[b][0]).hypot(quad[a][1] - quad[b][1]);
        let (wide, high) = (
            (side(0, 1) + side(3, 2)) / 2.0,
            (side(1, 2) + side(0, 3)) / 2.0,
        );
        let px_per_mm = match corners {
            Some(_) => wide.max(high) / A4_LONG_MM,
            None => dpi / MM_PER_INCH,
        }
        .max(0.1);
        let (wide, high) = (wide / px_per_mm, high / px_per_mm);
        let mm = (wide.max(high) / MOST_SQUARES).max(1.0);
        let columns = ((wide / mm) as usize).max(8);
        let rows = ((high / mm) as usize).max(8);
        let way = Projection::new(&quad, columns as f32, rows as f32);
        let mut map = Self {
            columns,
            rows,
            mm,
            light: Vec::with_capacity(columns * rows),
            paper: Vec::with_capacity(columns * rows),
            darkest: Vec::with_capacity(columns * rows),
            mean: Vec::with_capacity(columns * rows),
            burnt: Vec::with_capacity(columns * rows),
            way,
            size,
        };
        let reach = (px_per_mm * mm / cells.cell as f32 / 2.0).clamp(0.5, 8.0);
        for row in 0..rows {
            for column in 0..columns {
                let [x, y] = map.way.at(column as f32 + 0.5, row as f32 + 0.5);
                map.enter(cells, x / cells.cell as f32, y / cells.cell as f32, reach);
            }
        }
        map
    }

    fn enter(&mut self, cells: &Cells, x: f32, y: f32, reach: f32) {
        let span = |at: f32, most: usize| {
            let last = most as f32 - 1.0;
            let low = (at - reach).round().clamp(0.0, last) as usize;
            let high = (at + reach).round().clamp(1.0, last + 1.0) as usize;
            low..high.max(low + 1)
        };
        let (mut light, mut tone, mut dark) = ([0; 3], 0, 255);
        let (mut mean, mut burnt, mut count) = (0_u32, 0_u32, 0_u32);
        for row in span(y, cells.rows) {
            for column in span(x, cells.columns) {
                let at = row * cells.columns + column;
                let here = luma(cells.lightest[at]);
                if here >= tone {
                    (light, tone) = (cells.lightest[at], here);
                }
                dark = dark.min(cells.darkest[at]);
                mean += u32::from(luma(cells.mean[at]));
                burnt += u32::from(cells.burnt[at]);
                count += 1;
            }
        }
        self.light.push(light);
        self.paper.push(tone);
        self.darkest.push(dark);
        self.mean.push((mean / count.max(1)) as u8);
        self.burnt.push((burnt / count.max(1)) as u8);
    }

    pub(crate) fn len(&self) -> usize {
        self.paper.len()
    }

    /// The pixel at a place of the map, in squares.
    pub(crate) fn pixel(&self, column: f32, row: f32) -> [f32; 2] {
        self.way.at(column, row)
    }

    /// The box on the unaltered page around a box of squares (right and bottom excluded).
    pub(crate) fn place(&self, [left, top, right, bottom]: [usize; 4]) -> Place {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            .map(|(column, row)| self.way.at(column as f32, row as f32));
        around(&corners, self.size)
    }
}

/// The upright box around points, within the image.
pub(crate) fn around(points: &[[f32; 2]], size: (u32, u32)) -> Place {
    let least = |axis: usize| points.iter().map(|p| p[axis]).fold(f32::MAX, f32::min);
    let most = |axis: usize| points.iter().map(|p| p[axis]).fold(f32::MIN, f32::max);
    let (width, height) = (size.0 as f32, size.1 as f32);
    let (x, y) = (
        least(0).clamp(0.0, width - 1.0).floor(),
        least(1).clamp(0.0, height - 1.0).floor(),
    );
    Place {
        x: x as u32,
        y: y as u32,
        w: (most(0).clamp(0.0, width).ceil() - x).max(1.0) as u32,
        h: (most(1).clamp(0.0, height).ceil() - y).max(1.0) as u32,
    }
}

/// A flat thing seen from anywhere: the map from a `width` x `height` box to four corners.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projection([f32; 8]);

impl Projection {
    /// The unit square's map in closed form (Heckbert 1989, §2.2.3), with the box's size taken in.
    pub(crate) fn new(quad: &Corners, width: f32, height: f32) -> Self {
        let [p0, p1, p2, p3] = *quad;
        let d = |at: usize| p0[at] - p1[at] + p2[at] - p3[at];
        let (dx1, dy1) = (p1[0] - p2[0], p1[1] - p2[1]);
        let (dx2, dy2) = (p3[0] - p2[0], p3[1] - p2[1]);
        let area = dx1 * dy2 - dx2 * dy1;
        let (g, h) = if area.abs() < 1e-6 {
            (0.0, 0.0)
        } else {
            (
                (d(0) * dy2 - dx2 * d(1)) / area,
                (dx1 * d(1) - d(0) * dy1) / area,
            )
        };
        Self([
            (p1[0] - p0[0] + g * p1[0]) / width,
            (p3[0] - p0[0] + h * p3[0]) / height,
            p0[0],
            (p1[1] - p0[1] + g * p1[1]) / width,
            (p3[1] - p0[1] + h * p3[1]) / height,
            p0[1],
            g / width,
            h / height,
        ])
    }

    pub(crate) fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let [a, b, c, d, e, f, g, h] = self.0;
        let depth = (g * x + h * y + 1.0).max(1e-3);
        [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_fall_on_corners_and_the_middle_between_diagonals() {
        let quad = [
            [100.0, 50.0],
            [900.0, 90.0],
            [850.0, 1300.0],
            [40.0, 1200.0],
        ];
        let way = Projection::new(&quad, 210.0, 297.0);
        for (corner, (x, y)) in
            quad.iter()
                .zip([(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)])
        {
            let [u, v] = way.at(x, y);
            assert!((u - corner[0]).abs() < 0.05 && (v - corner[1]).abs() < 0.05);
        }
        // Straight lines stay straight: the middle lies on both diagonals.
        let middle = way.at(105.0, 148.5);
        let off = |a: [f32; 2], b: [f32; 2]| {
            ((b[0] - a[0]) * (middle[1] - a[1]) - (b[1] - a[1]) * (middle[0] - a[0])).abs()
                / (b[0] - a[0]).hypot(b[1] - a[1])
        };
        assert!(off(quad[0], quad[2]) < 0.05 && off(quad[1], quad[3]) < 0.05);
    }
}
