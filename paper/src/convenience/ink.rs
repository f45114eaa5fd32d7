//! Which pixels of a page are ink: those clearly darker, in any colour, than the paper around them.

use image::RgbImage;

/// The paper's colour is measured in squares of this many pixels, two millimetres at 300 dpi.
const BLOCK: u32 = 24;

/// Ink must stand out by so much where nothing stands out more: guilloche and paper grain stay in the paper's picture.
const LEAST_CONTRAST: i16 = 40;

/// Halfway between paper and the darkest ink nearby lies the edge of a letter; so much at most, or thin strokes beside
/// bold ones would be lost.
const MOST_CONTRAST: i16 = 96;

/// Pixels a paper pixel keeps away from ink, where the letter's soft edge is.
const HALO: usize = 1;

pub(super) struct Ink {
    width: usize,
    height: usize,
    mask: Vec<bool>,
    /// Pixels that are ink or touch it.
    near: Vec<bool>,
    /// Ink that is not the soft edge of a stroke.
    core: Vec<bool>,
}

impl Ink {
    pub(super) fn of(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let paper = Paper::of(picture);
        let contrast = paper.contrast(picture);
        let strongest = strongest(&contrast, width, height);
        let blocks = width.div_ceil(BLOCK as usize);
        let mut mask = vec![false; contrast.len()];
        for (at, (mask, value)) in mask.iter_mut().zip(&contrast).enumerate() {
            let (x, y) = (at % width, at / width);
            let around = strongest[y / BLOCK as usize * blocks + x / BLOCK as usize];
            *mask = *value > (around / 2).clamp(LEAST_CONTRAST, MOST_CONTRAST);
        }
        for _ in 0..2 {
            drop_specks(&mut mask, width, height);
        }
        let near = grown(&mask, width, height);
        // A pixel that is as dark as its neighbours inside the stroke.
        let core = (0..mask.len())
            .map(|at| {
                let (x, y) = (at % width, at / width);
                let around = strongest[y / BLOCK as usize * blocks + x / BLOCK as usize];
                mask[at] && contrast[at] * 4 >= around.min(180) * 3
            })
            .collect();
        Self {
            width,
            height,
            mask,
            near,
            core,
        }
    }

    pub(super) fn mask(&self) -> &[bool] {
        &self.mask
    }

    /// Whether a pixel shows paper and nothing of a letter's edge.
    pub(super) fn is_paper(&self, (x, y): (u32, u32)) -> bool {
        debug_assert!((y as usize) < self.height);
        !self.near[y as usize * self.width + x as usize]
    }

    pub(super) fn is_core(&self, (x, y): (u32, u32)) -> bool {
        self.core[y as usize * self.width + x as usize]
    }
}

/// The colour of the paper, block by block.
struct Paper {
    columns: usize,
    rows: usize,
    colours: Vec<[f32; 3]>,
}

impl Paper {
    /// In each block and channel the tone that an eighth of the pixels is lighter than, smoothed over the neighbours.
    fn of(picture: &RgbImage) -> Self {
        let (width, height) = picture.dimensions();
        let (columns, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        let mut tones = Vec::with_capacity((columns * rows) as usize);
        for row in 0..rows {
            for column in 0..columns {
                let mut histograms = [[0_u16; 64]; 3];
                let mut count = 0;
                for y in (row * BLOCK..((row + 1) * BLOCK).min(height)).step_by(2) {
                    for x in (column * BLOCK..((column + 1) * BLOCK).min(width)).step_by(2) {
                        count += 1;
                        for (histogram, value) in
                            histograms.iter_mut().zip(picture.get_pixel(x, y).0)
                        {
                            histogram[usize::from(value >> 2)] += 1;
                        }
                    }
                }
                tones.push(histograms.map(|histogram| {
                    let mut lighter = 0;
                    let tone = (0..64).rev().find(|tone| {
                        lighter += histogram[*tone];
                        lighter * 8 >= count
                    });
                    tone.unwrap_or(63) as f32 * 4.0 + 2.0
                }));
            }
        }
        let (columns, rows) = (columns as usize, rows as usize);
        // A block full of ink knows no paper: the lightest of the neighbours does.
        let lightest = over_neighbours(&tones, columns, rows, |best, tone| {
            if tone[0] + tone[1] + tone[2] > best[0] + best[1] + best[2] {
                tone
            } else {
                best
            }
        });
        let mut colours = tones;
        for (tone, light) in colours.iter_mut().zip(lightest) {
            let dark = light
                .iter()
                .zip(&*tone)
                .any(|(light, tone)| light - tone > 60.0);
            if dark {
                *tone = light;
            }
        }
        Self {
            columns,
            rows,
            colours,
        }
    }

    /// By how much each pixel is darker than the paper, in the channel where it is most so.
    fn contrast(&self, picture: &RgbImage) -> Vec<i16> {
        let (width, height) = picture.dimensions();
        let block = BLOCK as f32;
        let mut contrast = Vec::with_capacity((width * height) as usize);
        let mut line: Vec<[f32; 3]> = vec![[0.0; 3]; self.columns];
        for (y, row) in picture.rows().enumerate() {
            // Between the middles of the blocks above and below.
            let at = (y as f32 / block - 0.5).clamp(0.0, (self.rows - 1) as f32);
            let (upper, down) = (at as usize, at.fract());
            let lower = (upper + 1).min(self.rows - 1);
            for (column, mixed) in line.iter_mut().enumerate() {
                let (above, below) = (
                    self.colours[upper * self.columns + column],
                    self.colours[lower * self.columns + column],
                );
                for channel in 0..3 {
                    mixed[channel] = above[channel] + (below[channel] - above[channel]) * down;
                }
            }
            for (x, pixel) in row.enumerate() {
                let at = (x as f32 / block - 0.5).clamp(0.0, (self.columns - 1) as f32);
                let (left, across) = (at as usize, at.fract());
                let right = (left + 1).min(self.columns - 1);
                let mut most = 0.0_f32;
                for ((from, to), tone) in line[left].iter().zip(&line[right]).zip(pixel.0) {
                    let paper = from + (to - from) * across;
                    most = most.max(paper - f32::from(tone));
                }
                contrast.push(most as i16);
            }
        }
        contrast
    }
}

/// Folds every block with its eight neighbours.
fn over_neighbours<T: Copy>(
    blocks: &[T],
    columns: usize,
    rows: usize,
    fold: impl Fn(T, T) -> T,
) -> Vec<T> {
    (0..blocks.len())
        .map(|at| {
            let (x, y) = (at % columns, at / columns);
            let mut best = blocks[at];
            for row in y.saturating_sub(1)..(y + 2).min(rows) {
                for column in x.saturating_sub(1)..(x + 2).min(columns) {
                    best = fold(best, blocks[row * columns + column]);
                }
            }
            best
        })
        .collect()
}

/// The strongest ink in and around each block; single dark pixels do not count.
fn strongest(contrast: &[i16], width: usize, height: usize) -> Vec<i16> {
    let (columns, rows) = (
        width.div_ceil(BLOCK as usize),
        height.div_ceil(BLOCK as usize),
    );
    let mut histograms = vec![[0_u16; 32]; columns];
    let mut strong = Vec::with_capacity(columns * rows);
    for band in contrast.chunks(width * BLOCK as usize) {
        histograms.fill([0; 32]);
        for line in band.chunks(width) {
            for (block, values) in line.chunks(BLOCK as usize).enumerate() {
                for value in values {
                    histograms[block][(*value as usize >> 3).min(31)] += 1;
                }
            }
        }
        strong.extend(histograms.iter().map(|histogram| {
            let mut darker = 0;
            let tone = (0..32).rev().find(|tone| {
                darker += histogram[*tone];
                darker >= 6
            });
            tone.unwrap_or(0) as i16 * 8
        }));
    }
    over_neighbours(&strong, columns, rows, i16::max)
}

/// Pixels without two neighbours are dust.
fn drop_specks(mask: &mut [bool], width: usize, height: usize) {
    let before = mask.to_vec();
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if !before[at] {
                continue;
            }
            let mut count = 0;
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    count += usize::from(before[row * width + column]);
                }
            }
            mask[at] = count > 2;
        }
    }
}

/// The mask and a rim of [`HALO`] around it.
fn grown(mask: &[bool], width: usize, height: usize) -> Vec<bool> {
    let mut wide = vec![false; mask.len()];
    for y in 0..height {
        for x in 0..width {
            if !mask[y * width + x] {
                continue;
            }
            for row in y.saturating_sub(HALO)..(y + HALO + 1).min(height) {
                let row = row * width;
                wide[row + x.saturating_sub(HALO)..row + (x + HALO + 1).min(width)].fill(true);
            }
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn ink_of_any_colour_is_ink_and_a_soft_tint_is_paper() {
        let picture = RgbImage::from_fn(240, 240, |x, y| {
            let stroke = x % 40 < 6;
            Rgb(match (stroke, y / 60) {
                (true, 0) => [20, 20, 25],
                (true, 1) => [200, 40, 50],
                (true, 2) => [40, 60, 180],
                (true, _) => [215, 225, 205], // the pattern of a certificate
                (false, _) => [240, 236, 220],
            })
        });
        let ink = Ink::of(&picture);
        for y in 0..240 {
            for x in 0..240 {
                let expected = x % 40 < 6 && y < 178;
                let near = (178..182).contains(&y);
                assert!(near || ink.mask()[y * 240 + x] == expected, "{x} {y}");
            }
        }
        assert!(ink.is_paper((20, 100)) && !ink.is_paper((7 - 1, 100)));
        assert!(ink.is_core((3, 20)));
    }

    #[test]
    fn dust_is_dropped_and_a_dot_is_kept() {
        let mut picture = RgbImage::from_pixel(96, 96, Rgb([250; 3]));
        picture.put_pixel(20, 20, Rgb([0; 3]));
        for (x, y) in [(60, 60), (61, 60), (60, 61), (61, 61), (62, 61), (61, 62)] {
            picture.put_pixel(x, y, Rgb([0; 3]));
        }
        let ink = Ink::of(&picture);
        assert!(!ink.mask()[20 * 96 + 20]);
        assert!(ink.mask()[61 * 96 + 61]);
    }
}
