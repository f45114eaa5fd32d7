//! How sharp the writing is: paper tells nothing, the edges of letters do. Each square of the page with writing on it is
//! measured across and down on its own, since a hand that shakes blurs one direction only.

use image::GrayImage;

use crate::Place;

/// Side of a square.
const TILE_MM: f32 = 8.0;

/// Between paper and ink of a square that holds writing, in gray levels.
const LEAST_CONTRAST: u8 = 26;

/// So many edges, or a direction is not judged.
const LEAST_EDGES: u32 = 24;

/// Edges are compared with the light and dark this far on both sides: a stroke and the gap beside it.
const REACH_MM: f32 = 0.5;

/// What shines through from the back has less of the usual contrast; thin type out of focus has a little more.
const PALEST: f32 = 0.28;

/// Bins of the count of steepnesses.
const BINS: usize = 64;

/// Round letters have flat edges too; the steeper ones tell what the lens can do.
const STEEP_SHARE: f32 = 0.7;

/// A square of the page with writing on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile {
    pub(crate) place: Place,
    /// Gray level of its paper.
    pub(crate) paper: f32,
    /// Gray levels between its ink and its paper.
    pub(crate) contrast: f32,
    /// How much of the way from ink to paper one pixel goes: across and down.
    pub(crate) across: Option<f32>,
    pub(crate) down: Option<f32>,
    /// The same against the square's darkest ink. Thin strokes that run together look steep against their neighbours,
    /// but are no longer dark.
    against_ink: f32,
}

impl Tile {
    /// Share of the paper's light that the ink takes.
    pub(crate) fn ink(&self) -> f32 {
        (self.contrast / self.paper.max(1.0)).max(0.01)
    }

    /// How many pixels the way from paper to full ink takes in the blurrier direction.
    pub(crate) fn ink_px(&self) -> f32 {
        1.0 / self.against_ink.max(0.01)
    }

    /// The blurrier direction: width of its edges in pixels.
    pub(crate) fn edge_px(&self) -> f32 {
        1.0 / self.steepness().max(0.01)
    }

    pub(crate) fn steepness(&self) -> f32 {
        match (self.across, self.down) {
            (Some(across), Some(down)) => across.min(down),
            (one, other) => one.or(other).unwrap_or(0.0),
        }
    }
}

/// The squares with writing, in rows.
pub(crate) struct Writing {
    pub(crate) tiles: Vec<Tile>,
    /// Pixels a side.
    pub(crate) side: u32,
}

impl Writing {
    pub(crate) fn of(page: &GrayImage, px_per_mm: f32, within: Place) -> Self {
        let side = ((TILE_MM * px_per_mm) as u32).clamp(24, 800);
        let reach = ((REACH_MM * px_per_mm) as usize).clamp(3, 24);
        let mut tiles = Vec::new();
        for y in (within.y..within.y + within.h).step_by(side as usize) {
            for x in (within.x..within.x + within.w).step_by(side as usize) {
                let place = Place {
                    x,
                    y,
                    w: side.min(page.width().saturating_sub(x)),
                    h: side.min(page.height().saturating_sub(y)),
                };
                // A sliver at the rim says nothing.
                if place.w * 2 >= side && place.h * 2 >= side {
                    tiles.extend(tile(page, place, reach));
                }
            }
        }
        // What shines through from the back is paler than what is written here, and blurred by the paper.
        let usual = quantile(
            tiles
                .iter()
                .map(|tile| tile.contrast / tile.paper)
                .collect(),
            0.75,
        );
        if let Some(usual) = usual {
            tiles.retain(|tile| tile.contrast / tile.paper >= PALEST * usual);
        }
        Self { tiles, side }
    }

    /// Ink against paper as shares of the paper's light (Weber), in the middle of the page's squares.
    pub(crate) fn contrast(&self) -> Option<f32> {
        quantile(
            self.tiles
                .iter()
                .map(|tile| tile.contrast / tile.paper)
                .collect(),
            0.5,
        )
    }
}

/// The square, when it holds writing.
fn tile(page: &GrayImage, place: Place, reach: usize) -> Option<Tile> {
    let stride = page.width() as usize;
    let pixels = page.as_raw();
    let start = place.y as usize * stride + place.x as usize;
    let row = |y: usize| &pixels[start + y * stride..][..place.w as usize];
    let mut tones = [0_u32; 256];
    for y in (0..place.h as usize).step_by(2) {
        for value in row(y).iter().step_by(2) {
            tones[usize::from(*value)] += 1;
        }
    }
    let total: u32 = tones.iter().sum();
    let paper = tone_at(&tones, total, 0.85);
    let ink = tone_at(&tones, total, 0.01);
    let contrast = paper.saturating_sub(ink);
    let half = paper - contrast / 2;
    let share = tones[..usize::from(half)].iter().sum::<u32>() as f32 / total as f32;
    // Less is a speck or the edge of a letter, more is a picture or the scanner's lid.
    if contrast < LEAST_CONTRAST || !(0.015..0.45).contains(&share) {
        return None;
    }
    let mut across = Edges::new(contrast);
    for y in (0..place.h as usize).step_by(2) {
        let line = row(y);
        for x in 1..line.len() {
            if (line[x - 1] < half) != (line[x] < half) {
                let near = &line[x.saturating_sub(reach)..(x + reach).min(line.len())];
                across.enter(line[x - 1].abs_diff(line[x]), near.iter().copied());
            }
        }
    }
    let mut down = Edges::new(contrast);
    let height = place.h as usize;
    for y in 1..height {
        let (upper, lower) = (row(y - 1), row(y));
        for x in (0..upper.len()).step_by(2) {
            if (upper[x] < half) != (lower[x] < half) {
                let near = (y.saturating_sub(reach)..(y + reach).min(height))
                    .map(|y| pixels[start + y * stride + x]);
                down.enter(upper[x].abs_diff(lower[x]), near);
            }
        }
    }
    // A rule or the border of a picture has few edges, writing has many.
    if (across.count + down.count) * 60 < total {
        return None;
    }
    let against_ink = match (across.against_ink(), down.against_ink()) {
        (Some(across), Some(down)) => across.min(down),
        (one, other) => one.or(other).unwrap_or(0.0),
    };
    let (across, down) = (across.steepness(), down.steepness());
    (across.is_some() || down.is_some()).then_some(Tile {
        place,
        paper: f32::from(paper),
        contrast: f32::from(contrast),
        across,
        down,
        against_ink,
    })
}

/// Steepnesses in one direction.
struct Edges {
    contrast: u8,
    count: u32,
    bins: [u32; BINS],
    ink_bins: [u32; BINS],
}

impl Edges {
    fn new(contrast: u8) -> Self {
        Self {
            contrast,
            count: 0,
            bins: [0; BINS],
            ink_bins: [0; BINS],
        }
    }

    fn enter(&mut self, step: u8, near: impl Iterator<Item = u8>) {
        let (low, high) = near.fold((255_u8, 0_u8), |(low, high), tone| {
            (low.min(tone), high.max(tone))
        });
        let range = high.saturating_sub(low);
        // A ripple on the half-way tone is no edge.
        if range >= (self.contrast / 3).max(1) {
            let bin = |whole: u8| usize::from(step) * (BINS - 1) / usize::from(whole.max(1));
            self.bins[bin(range).min(BINS - 1)] += 1;
            self.ink_bins[bin(self.contrast).min(BINS - 1)] += 1;
            self.count += 1;
        }
    }

    fn steepness(&self) -> Option<f32> {
        self.steep(&self.bins)
    }

    fn against_ink(&self) -> Option<f32> {
        self.steep(&self.ink_bins)
    }

    fn steep(&self, bins: &[u32; BINS]) -> Option<f32> {
        if self.count < LEAST_EDGES {
            return None;
        }
        let mut left = self.count as f32 * STEEP_SHARE;
        let bin = bins.iter().position(|count| {
            left -= *count as f32;
            left < 0.0
        })?;
        Some((bin as f32 + 0.5) / (BINS - 1) as f32)
    }
}

/// The tone that `share` of the counted do not exceed.
fn tone_at(counts: &[u32; 256], total: u32, share: f32) -> u8 {
    let wanted = (total as f32 * share) as u32;
    let mut below = 0;
    for (value, count) in counts.iter().enumerate() {
        below += count;
        if below > wanted {
            return value as u8;
        }
    }
    255
}

pub(crate) fn quantile(mut values: Vec<f32>, share: f32) -> Option<f32> {
    if values.is_empty() {
        return None;
    }
    let at = ((values.len() - 1) as f32 * share).round() as usize;
    Some(*values.select_nth_unstable_by(at, f32::total_cmp).1)
}
