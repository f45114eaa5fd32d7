//! A coarse picture made of some pixels of a fine one; where none of them lies, the colour is drawn over from around.

use image::{Rgb, RgbImage};

/// Each coarse pixel is the mean of the `wanted` ones among the `step` by `step` pixels under it. Holes take the mean of
/// their surroundings, level by level; `otherwise` when nothing is wanted at all.
pub(super) fn coloured(
    picture: &RgbImage,
    step: u32,
    wanted: impl Fn((u32, u32)) -> bool,
    otherwise: [u8; 3],
) -> RgbImage {
    let (width, height) = (
        picture.width().div_ceil(step),
        picture.height().div_ceil(step),
    );
    let mut level = Level::new(width, height);
    for (y, row) in picture.rows().enumerate() {
        for (x, pixel) in row.enumerate() {
            let (x, y) = (x as u32, y as u32);
            if wanted((x, y)) {
                let cell = level.at(x / step, y / step);
                for (sum, value) in cell.iter_mut().zip(pixel.0) {
                    *sum += f32::from(value);
                }
                cell[3] += 1.0;
            }
        }
    }
    level.fill(otherwise);
    RgbImage::from_fn(width, height, |x, y| {
        let [r, g, b, _] = *level.at(x, y);
        Rgb([r, g, b].map(|value| (value + 0.5) as u8))
    })
}

/// Sums of red, green and blue, and how many there are.
struct Level {
    width: u32,
    height: u32,
    cells: Vec<[f32; 4]>,
}

impl Level {
    fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            cells: vec![[0.0; 4]; (width * height) as usize],
        }
    }

    fn at(&mut self, x: u32, y: u32) -> &mut [f32; 4] {
        &mut self.cells[(y * self.width + x) as usize]
    }

    /// Turns sums into means, and fills the holes from a picture half as fine.
    fn fill(&mut self, otherwise: [u8; 3]) {
        let holes = self.cells.iter().any(|cell| cell[3] == 0.0);
        let coarse = (holes && (self.width > 1 || self.height > 1)).then(|| {
            let mut coarse = Self::new(self.width.div_ceil(2), self.height.div_ceil(2));
            for y in 0..self.height {
                for x in 0..self.width {
                    let cell = *self.at(x, y);
                    if cell[3] > 0.0 {
                        // Every coarse pixel that knows its colour counts as one.
                        let into = coarse.at(x / 2, y / 2);
                        for channel in 0..3 {
                            into[channel] += cell[channel] / cell[3];
                        }
                        into[3] += 1.0;
                    }
                }
            }
            coarse.fill(otherwise);
            coarse
        });
        for y in 0..self.height {
            for x in 0..self.width {
                let mut from = coarse
                    .as_ref()
                    .map(|coarse| coarse.cells[(y / 2 * coarse.width + x / 2) as usize]);
                let cell = self.at(x, y);
                if cell[3] > 0.0 {
                    let count = cell[3];
                    cell[..3].iter_mut().for_each(|value| *value /= count);
                } else {
                    let [r, g, b] = otherwise.map(f32::from);
                    *cell = from.take().unwrap_or([r, g, b, 1.0]);
                }
                cell[3] = 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_take_the_colour_around_them() {
        let picture = RgbImage::from_fn(64, 64, |x, _| {
            Rgb(if x < 32 { [200, 10, 10] } else { [10, 10, 200] })
        });
        let coarse = coloured(&picture, 4, |(x, y)| x % 16 < 4 && y % 16 < 4, [9; 3]);
        assert_eq!(coarse.dimensions(), (16, 16));
        assert_eq!(coarse.get_pixel(1, 1).0, [200, 10, 10]);
        assert_eq!(coarse.get_pixel(14, 14).0, [10, 10, 200]);
        let none = coloured(&picture, 4, |_| false, [9; 3]);
        assert!(none.pixels().all(|pixel| pixel.0 == [9; 3]));
    }
}
