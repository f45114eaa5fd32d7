//! The page, wherever it lies in the image, in squares of a millimetre: its paper without the writing, and how the
//! light falls on it.

use super::cells::{Cells, luma};
use crate::outline::Unroll;
use crate::{Outline, Place};

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
    way: Unroll,
    size: (u32, u32),
}

impl PageMap {
    /// `outline` says where the page lies in a photograph; without it the image is the page, scanned at `dpi`.
    pub(crate) fn new(
        cells: &Cells,
        size: (u32, u32),
        outline: Option<&Outline>,
        dpi: f32,
    ) -> Self {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let whole = Outline {
            corners: [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]],
            bends: [0.0; 4],
        };
        let outline = outline.copied().unwrap_or(whole);
        let [top, right, bottom, left] = outline.sides();
        let px_per_mm = (dpi / MM_PER_INCH).max(0.1);
        let wide = ((top + bottom) / 2.0) as f32 / px_per_mm;
        let high = ((right + left) / 2.0) as f32 / px_per_mm;
        let mm = (wide.max(high) / MOST_SQUARES).max(1.0);
        let columns = ((wide / mm) as usize).max(8);
        let rows = ((high / mm) as usize).max(8);
        let way = Unroll::new(&outline);
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
                let [x, y] = map.pixel(column as f32 + 0.5, row as f32 + 0.5);
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

    pub(crate) fn way(&self) -> Unroll {
        self.way
    }

    pub(crate) fn len(&self) -> usize {
        self.paper.len()
    }

    /// The pixel at a place of the map, in squares.
    pub(crate) fn pixel(&self, column: f32, row: f32) -> [f32; 2] {
        let (u, v) = (column / self.columns as f32, row / self.rows as f32);
        self.way
            .at(f64::from(u), f64::from(v))
            .map(|value| value as f32)
    }

    /// The box on the unaltered page around a box of squares (right and bottom excluded).
    pub(crate) fn place(&self, [left, top, right, bottom]: [usize; 4]) -> Place {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            .map(|(column, row)| self.pixel(column as f32, row as f32));
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
