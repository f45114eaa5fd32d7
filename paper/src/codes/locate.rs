//! Where a page looks like a QR code: two tones, closely mixed, over a whole square. Writing has white between its
//! lines, photographs have no two tones.

use image::GrayImage;

/// Side of the squares in which the tones are counted, in pixels.
const CELL: u32 = 12;

/// Tones of a printed code spread by at least this, even in bad light; paper grain and camera noise do not.
const LEAST_DEVIATION: u64 = 11;

/// A code covers at least so many whole cells a side: 72 pixels, 1.5 a module of the usual 49.
const LEAST_SIDE: usize = 5;

/// A map of the cells where two tones mix.
pub(crate) struct Texture {
    columns: usize,
    rows: usize,
    mixed: Vec<bool>,
}

impl Texture {
    pub(crate) fn of(picture: &GrayImage) -> Self {
        let (columns, rows) = (picture.width() / CELL, picture.height() / CELL);
        let stride = picture.width() as usize;
        let pixels = picture.as_raw();
        let mut mixed = Vec::with_capacity((columns * rows) as usize);
        for row in 0..rows {
            for column in 0..columns {
                let corner = (row * CELL) as usize * stride + (column * CELL) as usize;
                let lines =
                    (0..CELL as usize).map(|y| &pixels[corner + y * stride..][..CELL as usize]);
                mixed.push(is_mixed(lines));
            }
        }
        Self {
            columns: columns as usize,
            rows: rows as usize,
            mixed,
        }
    }

    /// The area where tones mix, in pixels.
    pub(crate) fn area(&self) -> u64 {
        self.mixed.iter().filter(|mixed| **mixed).count() as u64 * u64::from(CELL * CELL)
    }

    /// Places like a code, the largest first: left, top, width, height in pixels.
    pub(crate) fn squares(&self) -> Vec<[u32; 4]> {
        let solid = self.solid();
        let mut seen = vec![false; solid.len()];
        let mut squares = Vec::new();
        for start in 0..solid.len() {
            if !solid[start] || seen[start] {
                continue;
            }
            let [left, top, right, bottom] = self.flood(start, &solid, &mut seen);
            let (w, h) = (right - left + LEAST_SIDE, bottom - top + LEAST_SIDE);
            // Seen askew a square is at most half as high as wide.
            if w <= 2 * h && h <= 2 * w {
                squares.push([left, top, w, h].map(|cells| cells as u32 * CELL));
            }
        }
        squares.sort_by_key(|[x, y, w, h]| (std::cmp::Reverse(w * h), *y, *x));
        squares
    }

    /// Upper left cells of the squares of [`LEAST_SIDE`] in which nearly all cells are mixed.
    fn solid(&self) -> Vec<bool> {
        let mut solid = vec![false; self.mixed.len()];
        for row in 0..(self.rows + 1).saturating_sub(LEAST_SIDE) {
            for column in 0..(self.columns + 1).saturating_sub(LEAST_SIDE) {
                let plain = (0..LEAST_SIDE)
                    .flat_map(|y| &self.mixed[(row + y) * self.columns + column..][..LEAST_SIDE])
                    .filter(|mixed| !**mixed)
                    .count();
                solid[row * self.columns + column] = plain <= 2;
            }
        }
        solid
    }

    /// The box around what hangs together with a cell.
    fn flood(&self, start: usize, solid: &[bool], seen: &mut [bool]) -> [usize; 4] {
        let mut box_ = [usize::MAX, usize::MAX, 0, 0];
        let mut waiting = vec![start];
        seen[start] = true;
        while let Some(at) = waiting.pop() {
            let (x, y) = (at % self.columns, at / self.columns);
            box_ = [
                box_[0].min(x),
                box_[1].min(y),
                box_[2].max(x),
                box_[3].max(y),
            ];
            let mut reach = |beside: bool, next: usize| {
                if beside && solid[next] && !seen[next] {
                    seen[next] = true;
                    waiting.push(next);
                }
            };
            reach(x > 0, at.wrapping_sub(1));
            reach(x + 1 < self.columns, (at + 1).min(solid.len() - 1));
            reach(y > 0, at.wrapping_sub(self.columns).min(solid.len() - 1));
            reach(y + 1 < self.rows, (at + self.columns).min(solid.len() - 1));
        }
        box_
    }
}

fn is_mixed<'a>(lines: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
    const COUNT: u64 = (CELL * CELL) as u64;
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for line in lines.clone() {
        for value in line {
            sum += u64::from(*value);
            squares += u64::from(*value) * u64::from(*value);
        }
    }
    // COUNT² times the variance.
    if squares * COUNT - sum * sum < LEAST_DEVIATION * LEAST_DEVIATION * COUNT * COUNT {
        return false;
    }
    let mean = (sum / COUNT) as u8;
    let dark = lines.flatten().filter(|value| **value < mean).count() as u64;
    (COUNT / 5..=COUNT * 4 / 5).contains(&dark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn a_code_is_told_from_writing_and_from_a_photograph() {
        let mut page = GrayImage::from_fn(900, 900, |x, y| {
            // Lines of writing above, a soft photograph below.
            let ink = y < 400 && y % 50 < 22 && x % 11 < 4;
            let photo = y > 500 && x < 300;
            Luma([if ink {
                30
            } else if photo {
                (x / 3 + y / 9) as u8
            } else {
                240
            }])
        });
        assert!(Texture::of(&page).squares().is_empty());
        for y in 600..800 {
            for x in 500..700 {
                // Modules of 4 pixels, in no order.
                let (mx, my) = (x / 4, y / 4);
                let dark = (mx * 7919 + my * 104_729 + mx * my * 31) % 97 < 48;
                page.put_pixel(x, y, Luma([if dark { 40 } else { 200 }]));
            }
        }
        let squares = Texture::of(&page).squares();
        assert_eq!(squares.len(), 1, "{squares:?}");
        let [x, y, w, h] = squares[0];
        assert!(
            x.abs_diff(500) <= 24 && y.abs_diff(600) <= 24,
            "{squares:?}"
        );
        assert!(
            w.abs_diff(200) <= 48 && h.abs_diff(200) <= 48,
            "{squares:?}"
        );
    }
}
