//! Red seals over text: found by their shape, lifted off the reading view. Red *titles* stay: they are what says that a
//! paper is a birth certificate.

use image::{GrayImage, RgbImage};

use crate::Place;

/// Cells per inch in which red is looked for: coarse enough to close the gaps of a worn ring.
const CELLS_PER_INCH: u32 = 50;
/// A cell is red when this share of its pixels is.
const RED_SHARE: f32 = 0.12;
const MM_PER_INCH: f32 = 25.4;

/// A round or square seal is 18 to 45 mm wide (TT 21/2012/TT-BCA: state seals 32 to 42 mm); tall capital letters with
/// their accents reach 10 mm.
const SEAL_MM: std::ops::RangeInclusive<f32> = 15.0..=70.0;
/// A boxed stamp is lower, but its frame closes.
const BOX_HEIGHT_MM: std::ops::RangeInclusive<f32> = 8.0..=70.0;
const BOX_WIDTH_MM: std::ops::RangeInclusive<f32> = 15.0..=130.0;
const FRAME_SHARE: f32 = 0.7;

/// Darker than this in the red channel is other ink under the seal.
const DARK_UNDER_RED: u8 = 115;

/// The seal-shaped red things on a page.
pub(crate) fn find(page: &RgbImage, dpi: u32) -> Vec<Place> {
    let cell = (dpi / CELLS_PER_INCH).max(1);
    let (columns, rows) = (
        (page.width() / cell) as usize,
        (page.height() / cell) as usize,
    );
    let red = red_cells(page, cell as usize, columns, rows);
    let mm = MM_PER_INCH * cell as f32 / dpi as f32;
    let mut seen = vec![false; red.len()];
    let mut found = Vec::new();
    for start in 0..red.len() {
        if !red[start] || seen[start] {
            continue;
        }
        let patch = Patch::grow(start, &red, &mut seen, columns, rows);
        if patch.is_seal(mm) {
            // A little wider, for the soft edge.
            let (left, top) = (
                patch.left.saturating_sub(1) as u32 * cell,
                patch.top.saturating_sub(1) as u32 * cell,
            );
            let right = ((patch.right as u32 + 2) * cell).min(page.width());
            let bottom = ((patch.bottom as u32 + 2) * cell).min(page.height());
            found.push(Place {
                x: left,
                y: top,
                w: right - left,
                h: bottom - top,
            });
        }
    }
    // The inner ring of a seal lies within the outer one.
    let all = found.clone();
    found.retain(|inner| {
        !all.iter()
            .any(|outer| outer != inner && within(inner, outer))
    });
    found
}

fn within(inner: &Place, outer: &Place) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.w <= outer.x + outer.w
        && inner.y + inner.h <= outer.y + outer.h
}

/// Takes the red out of one place: red over paper becomes paper, red over dark ink stays dark.
pub(crate) fn lift(colour: &RgbImage, gray: &mut GrayImage, place: Place) {
    let paper = (place.y..place.y + place.h)
        .step_by(3)
        .flat_map(|y| (place.x..place.x + place.w).step_by(3).map(move |x| (x, y)))
        .map(|(x, y)| gray.get_pixel(x, y).0[0])
        .max()
        .unwrap_or(255);
    for y in place.y..place.y + place.h {
        for x in place.x..place.x + place.w {
            let [r, g, b] = colour.get_pixel(x, y).0;
            if r > g.max(b).saturating_add(12) {
                let tone = if r > DARK_UNDER_RED { paper } else { r };
                gray.put_pixel(x, y, image::Luma([tone]));
            }
        }
    }
}

fn is_red([r, g, b]: [u8; 3]) -> bool {
    r > 100 && r.saturating_sub(g.max(b)) > 45
}

fn red_cells(page: &RgbImage, cell: usize, columns: usize, rows: usize) -> Vec<bool> {
    let needed = (RED_SHARE * (cell * cell) as f32).ceil() as u32;
    let stride = page.width() as usize * 3;
    let mut cells = Vec::with_capacity(columns * rows);
    let mut counts = vec![0_u32; columns];
    for row in 0..rows {
        counts.fill(0);
        for line in page.as_raw()[row * cell * stride..]
            .chunks_exact(stride)
            .take(cell)
        {
            for (count, pixels) in counts.iter_mut().zip(line.chunks_exact(cell * 3)) {
                *count += pixels
                    .chunks_exact(3)
                    .filter(|p| is_red([p[0], p[1], p[2]]))
                    .count() as u32;
            }
        }
        cells.extend(counts.iter().map(|count| *count >= needed));
    }
    cells
}

/// A connected patch of red cells.
struct Patch {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    cells: Vec<(usize, usize)>,
}

impl Patch {
    fn grow(start: usize, red: &[bool], seen: &mut [bool], columns: usize, rows: usize) -> Self {
        let mut patch = Self {
            left: columns,
            right: 0,
            top: rows,
            bottom: 0,
            cells: Vec::new(),
        };
        let mut open = vec![start];
        seen[start] = true;
        while let Some(at) = open.pop() {
            let (x, y) = (at % columns, at / columns);
            patch.left = patch.left.min(x);
            patch.right = patch.right.max(x);
            patch.top = patch.top.min(y);
            patch.bottom = patch.bottom.max(y);
            patch.cells.push((x, y));
            for ny in y.saturating_sub(1)..(y + 2).min(rows) {
                for nx in x.saturating_sub(1)..(x + 2).min(columns) {
                    let next = ny * columns + nx;
                    if red[next] && !seen[next] {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        patch
    }

    fn is_seal(&self, mm: f32) -> bool {
        let (width, height) = (
            (self.right - self.left + 1) as f32 * mm,
            (self.bottom - self.top + 1) as f32 * mm,
        );
        let square = SEAL_MM.contains(&width)
            && SEAL_MM.contains(&height)
            && (0.6..1.7).contains(&(width / height));
        let boxed =
            BOX_WIDTH_MM.contains(&width) && BOX_HEIGHT_MM.contains(&height) && self.is_framed();
        square || boxed
    }

    /// Whether red runs along all four sides.
    fn is_framed(&self) -> bool {
        let (width, height) = (self.right - self.left + 1, self.bottom - self.top + 1);
        let mut sides = [
            vec![false; width],
            vec![false; width],
            vec![false; height],
            vec![false; height],
        ];
        // A stamp set a little crooked still runs along its sides.
        let near = 1 + width.min(height) / 8;
        for (x, y) in &self.cells {
            sides[0][x - self.left] |= y - self.top < near;
            sides[1][x - self.left] |= self.bottom - y < near;
            sides[2][y - self.top] |= x - self.left < near;
            sides[3][y - self.top] |= self.right - x < near;
        }
        sides.iter().all(|side| {
            side.iter().filter(|red| **red).count() as f32 >= FRAME_SHARE * side.len() as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    const RED: Rgb<u8> = Rgb([205, 40, 45]);

    /// White paper at 300 dpi with a round seal of 34 mm at (700, 700) and a red bar of letters 9 mm high.
    fn stamped() -> RgbImage {
        RgbImage::from_fn(1400, 1400, |x, y| {
            let distance = (x as f32 - 700.0).hypot(y as f32 - 700.0);
            let ring = (185.0..200.0).contains(&distance) || (140.0..146.0).contains(&distance);
            let title = (150..1250).contains(&x) && (100..206).contains(&y) && (x / 20) % 3 != 0;
            let word = (620..780).contains(&x) && (690..710).contains(&y);
            let under = (840..900).contains(&x) && (690..710).contains(&y);
            match (ring, title, word || under) {
                (true, _, true) => Rgb([70, 10, 12]),
                (_, _, true) => Rgb([20, 20, 20]),
                (true, ..) | (_, true, _) => RED,
                _ => Rgb([250, 249, 247]),
            }
        })
    }

    #[test]
    fn the_seal_is_found_and_the_red_title_is_not() {
        let found = find(&stamped(), 300);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].x < 505 && found[0].x > 480 && found[0].w > 395 && found[0].w < 430);
    }

    #[test]
    fn lifting_leaves_the_words_under_the_seal_and_the_title_elsewhere() {
        let page = stamped();
        let mut gray = image::DynamicImage::ImageRgb8(page.clone()).to_luma8();
        let place = find(&page, 300)[0];
        lift(&page, &mut gray, place);
        assert!(gray.get_pixel(700, 508).0[0] > 240, "the ring is gone");
        assert!(gray.get_pixel(700, 700).0[0] < 60, "the word inside stays");
        assert!(
            gray.get_pixel(892, 700).0[0] < 100,
            "the word under the ring stays"
        );
        assert!(gray.get_pixel(230, 150).0[0] < 150, "the title stays");
    }
}
