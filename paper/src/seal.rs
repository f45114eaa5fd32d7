//! Red seals over text: found by their shape, lifted off the reading view. Red *titles* stay: they are what says that a
//! paper is a birth certificate.

use image::{GrayImage, RgbImage};

use crate::Place;

/// Cells per inch in which red is looked for: coarse enough to close the gaps of a worn ring.
const CELLS_PER_INCH: u32 = 50;
/// A cell is red when this share of its pixels is.
const RED_SHARE: f32 = 0.12;
/// By how much red outshines green and blue, beyond what it does in the paper: in ink that nobody doubts, and in the
/// pale parts of a worn stamp, which only count beside such.
const RED: u8 = 45;
const PALE_RED: u8 = 22;
/// A patch that is paler than this all over is a stain or a tint.
const UNDOUBTED_SHARE: f32 = 0.15;
/// Cells this far apart are one thing: a worn seal has gaps of a millimetre.
const GAP: usize = 2;
/// The frame of a box stamp is broken by every line of text it crosses, some 3 mm high.
const FRAME_GAP: usize = 7;
const MM_PER_INCH: f32 = 25.4;

/// A round or square seal is 18 to 45 mm wide (TT 21/2012/TT-BCA: state seals 32 to 42 mm); tall capital letters with
/// their accents reach 10 mm.
const SEAL_MM: std::ops::RangeInclusive<f32> = 15.0..=70.0;
/// A boxed stamp is lower, but its frame closes.
const BOX_HEIGHT_MM: std::ops::RangeInclusive<f32> = 8.0..=70.0;
const BOX_WIDTH_MM: std::ops::RangeInclusive<f32> = 15.0..=130.0;
const FRAME_SHARE: f32 = 0.7;
/// Bold red letters fill more of their line than a frame with words in it does.
const FILLED_SHARE: f32 = 0.55;
/// A hand sets a stamp down so crooked.
const CROOKED_DEGREES: i32 = 9;

/// Redder than the paper by this is the seal's ink or its soft edge.
const TINGED: u8 = 12;
/// Darker than this in the red channel is other ink under the seal.
const DARK_UNDER_RED: u8 = 115;
/// Full black in the red channel.
const BLACK: f32 = 25.0;

/// The seal-shaped red things on a page.
pub(crate) fn find(page: &RgbImage, dpi: u32) -> Vec<Place> {
    let cell = (dpi / CELLS_PER_INCH).max(1);
    let (columns, rows) = (
        (page.width() / cell) as usize,
        (page.height() / cell) as usize,
    );
    let tint = paper_tint(page);
    let (pale, red) = red_cells(page, cell as usize, columns, rows, tint);
    let mm = MM_PER_INCH * cell as f32 / dpi as f32;
    let mut found = Vec::new();
    for (gap, frames_only) in [(GAP, false), (FRAME_GAP, true)] {
        let mut seen = vec![false; red.len()];
        for start in 0..red.len() {
            if !pale[start] || seen[start] {
                continue;
            }
            let patch = Patch::grow(start, gap, &pale, &mut seen, columns, rows);
            let undoubted = patch
                .cells
                .iter()
                .filter(|(x, y)| red[y * columns + x])
                .count();
            if (undoubted as f32) < UNDOUBTED_SHARE * patch.cells.len() as f32
                || !(patch.is_box(mm) || !frames_only && patch.is_square(mm))
            {
                continue;
            }
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
    found.sort_unstable_by_key(|place: &Place| (place.y, place.x, place.w, place.h));
    found.dedup();
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

/// Takes the red out of one place: red over paper becomes paper, red over dark ink stays dark. In the red channel a red
/// seal is nearly as light as the paper, and letters below it are as dark as ever.
pub(crate) fn lift(colour: &RgbImage, gray: &mut GrayImage, place: Place) {
    let tint = paper_tint(colour);
    let places = || {
        (place.y..place.y + place.h).flat_map(|y| (place.x..place.x + place.w).map(move |x| (x, y)))
    };
    let paper = places()
        .step_by(7)
        .map(|(x, y)| gray.get_pixel(x, y).0[0])
        .max()
        .unwrap_or(255);
    let mut inks: Vec<u8> = places()
        .map(|(x, y)| colour.get_pixel(x, y).0)
        .filter(|pixel| redness(*pixel) > tint.saturating_add(RED) && pixel[0] > DARK_UNDER_RED)
        .map(|pixel| pixel[0])
        .collect();
    if inks.is_empty() {
        return;
    }
    let tenth = inks.len() / 10;
    let ink = f32::from(*inks.select_nth_unstable(tenth).1);
    for (x, y) in places() {
        let pixel = colour.get_pixel(x, y).0;
        if redness(pixel) > tint.saturating_add(TINGED) {
            let share = (f32::from(pixel[0]) - BLACK) / (ink - BLACK);
            let tone = share.clamp(0.0, 1.0) * f32::from(paper);
            gray.put_pixel(x, y, image::Luma([tone as u8]));
        }
    }
}

/// By how much red outshines the other colours.
fn redness([r, g, b]: [u8; 3]) -> u8 {
    r.saturating_sub(g.max(b))
}

/// How red the paper itself is: a land-use certificate is pink all over.
fn paper_tint(page: &RgbImage) -> u8 {
    let mut counts = [0_u32; 256];
    let mut light = 0;
    for pixel in page.as_raw().chunks_exact(3).step_by(61) {
        if pixel[0] > 150 {
            counts[usize::from(redness([pixel[0], pixel[1], pixel[2]]))] += 1;
            light += 1;
        }
    }
    let mut below = 0;
    let median = counts.iter().position(|count| {
        below += count;
        below * 2 > light
    });
    median.map_or(0, |tint| tint as u8)
}

/// The cells with pale or full red in them, and those with full red.
fn red_cells(
    page: &RgbImage,
    cell: usize,
    columns: usize,
    rows: usize,
    tint: u8,
) -> (Vec<bool>, Vec<bool>) {
    let needed = (RED_SHARE * (cell * cell) as f32).ceil() as u32;
    let stride = page.width() as usize * 3;
    let mut cells = (
        Vec::with_capacity(columns * rows),
        Vec::with_capacity(columns * rows),
    );
    let mut counts = vec![(0_u32, 0_u32); columns];
    let (pale_limit, red_limit) = (tint.saturating_add(PALE_RED), tint.saturating_add(RED));
    for row in 0..rows {
        counts.fill((0, 0));
        for line in page.as_raw()[row * cell * stride..]
            .chunks_exact(stride)
            .take(cell)
        {
            for ((pale, red), pixels) in counts.iter_mut().zip(line.chunks_exact(cell * 3)) {
                for pixel in pixels.chunks_exact(3).filter(|pixel| pixel[0] > 100) {
                    let redness = redness([pixel[0], pixel[1], pixel[2]]);
                    *pale += u32::from(redness > pale_limit);
                    *red += u32::from(redness > red_limit);
                }
            }
        }
        cells
            .0
            .extend(counts.iter().map(|(pale, _)| *pale >= needed));
        cells.1.extend(counts.iter().map(|(_, red)| *red >= needed));
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
    fn grow(
        start: usize,
        gap: usize,
        red: &[bool],
        seen: &mut [bool],
        columns: usize,
        rows: usize,
    ) -> Self {
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
            for ny in y.saturating_sub(gap)..(y + gap + 1).min(rows) {
                for nx in x.saturating_sub(gap)..(x + gap + 1).min(columns) {
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

    /// As wide as high, and of a seal's size.
    fn is_square(&self, mm: f32) -> bool {
        let (width, height) = self.size(mm);
        SEAL_MM.contains(&width)
            && SEAL_MM.contains(&height)
            && (0.6..1.7).contains(&(width / height))
    }

    fn is_box(&self, mm: f32) -> bool {
        let (width, height) = self.size(mm);
        BOX_WIDTH_MM.contains(&width) && BOX_HEIGHT_MM.contains(&height) && self.is_framed()
    }

    fn size(&self, mm: f32) -> (f32, f32) {
        (
            (self.right - self.left + 1) as f32 * mm,
            (self.bottom - self.top + 1) as f32 * mm,
        )
    }

    /// Whether red runs along all four sides of it, set crooked as it may be.
    fn is_framed(&self) -> bool {
        let area = (self.right - self.left + 1) * (self.bottom - self.top + 1);
        if self.cells.len() as f32 > FILLED_SHARE * area as f32 {
            return false;
        }
        (-CROOKED_DEGREES..=CROOKED_DEGREES).any(|degrees| self.is_framed_at(degrees as f32))
    }

    fn is_framed_at(&self, degrees: f32) -> bool {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let level = |&(x, y): &(usize, usize)| {
            let (x, y) = (x as f32, y as f32);
            (x * cos + y * sin, y * cos - x * sin)
        };
        let (mut left, mut right, mut top, mut bottom) = (f32::MAX, f32::MIN, f32::MAX, f32::MIN);
        for (x, y) in self.cells.iter().map(level) {
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
        let (width, height) = ((right - left) as usize + 1, (bottom - top) as usize + 1);
        let mut sides = [
            vec![false; width],
            vec![false; width],
            vec![false; height],
            vec![false; height],
        ];
        let near = 3.0;
        for (x, y) in self.cells.iter().map(level) {
            let (column, row) = ((x - left) as usize, (y - top) as usize);
            sides[0][column] |= y - top < near;
            sides[1][column] |= bottom - y < near;
            sides[2][row] |= x - left < near;
            sides[3][row] |= right - x < near;
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

    /// A page of some tint at 300 dpi with a pale, worn stamp in a frame of 50 × 20 mm about (800, 700), 5° crooked,
    /// and a black bar across it.
    fn with_a_box_stamp(paper: [u8; 3]) -> RgbImage {
        let (sin, cos) = 5.0_f32.to_radians().sin_cos();
        RgbImage::from_fn(1500, 1200, |x, y| {
            let (dx, dy) = (x as f32 - 800.0, y as f32 - 700.0);
            let (u, v) = ((dx * cos + dy * sin).abs(), (dy * cos - dx * sin).abs());
            let line =
                ((u - 295.0).abs() < 4.0 && v < 122.0) || ((v - 118.0).abs() < 4.0 && u < 299.0);
            // Eight pixels in forty did not print.
            let worn = (u as u32 + v as u32) % 40 < 8;
            let bar = (500..1100).contains(&x) && (690..712).contains(&y);
            Rgb(match (line && !worn, bar) {
                (true, true) => [60, 12, 15],
                (false, true) => [22, 22, 24],
                (true, false) => [224, 150, 152],
                _ => paper,
            })
        })
    }

    #[test]
    fn a_pale_and_crooked_box_stamp_is_lifted_off_the_words() {
        for paper in [[250, 249, 247], [240, 212, 208]] {
            let mut page = with_a_box_stamp(paper);
            // Its number was inked more richly than its frame.
            for (x, y) in (620..760).flat_map(|x| (620..650).map(move |y| (x, y))) {
                if (x / 12) % 2 == 0 {
                    page.put_pixel(x, y, RED);
                }
            }
            let found = find(&page, 300);
            if paper[1] > 240 {
                assert_eq!(found.len(), 1, "{found:?}");
            }
            let mut gray = image::DynamicImage::ImageRgb8(page.clone()).to_luma8();
            for place in found {
                lift(&page, &mut gray, place);
                assert!(gray.get_pixel(624, 635).0[0] > 215, "the number is gone");
            }
            assert!(gray.get_pixel(800, 700).0[0] < 40, "the words stay");
        }
    }

    #[test]
    fn paper_that_is_pink_all_over_has_no_seal() {
        let page = RgbImage::from_fn(1500, 1200, |x, y| {
            let grain = ((x * 7 + y * 11) % 9) as u8;
            Rgb([236, 196 + grain, 192 + grain])
        });
        assert_eq!(find(&page, 300), []);
    }
}
