//! Whether a page is good enough to rely on: each complaint says what, where, how much, and what the limit was.

use image::GrayImage;
use models::PageText;
use serde::Serialize;

use crate::{Geometry, Place, Turn};

/// Every code a verdict can carry.
pub const ALL: &[&str] = &[
    "quality.dpi_low",
    "quality.blurred",
    "quality.hard_to_read",
    "quality.blurred_part",
    "quality.low_contrast",
    "quality.blank",
    "quality.text_cut",
    "quality.skewed",
    "quality.upside_down",
    "quality.sideways",
    "quality.duplicate",
    "quality.pages_missing",
];

/// NĐ 30/2020/NĐ-CP App. I: scans of at least 200 dpi.
pub const MIN_DPI: u32 = 200;

/// A sharp edge takes half of the contrast or more in one pixel's step; a blur of two and a half pixels leaves a sixth, and
/// the marks of Ấ and Ầ are one.
pub const MIN_STEEPNESS: f32 = 0.17;

/// When so much of the text is blurred, the page is; less is a part to look at.
const BLURRED_SHARE: f32 = 0.5;
const BLURRED_PART_SHARE: f32 = 0.12;

/// Gray levels between ink and paper, in the middle of the page's text.
pub const MIN_CONTRAST: f32 = 60.0;

/// A page with less ink than this share is empty; a page number alone is about 0.0002 of A4, a smudge less.
pub const MAX_BLANK_INK: f32 = 0.000_08;

/// Words are read with 85 to 97 % on good pages and with 30 to 50 % where there is nothing to read.
pub const MIN_CONFIDENCE: f32 = 60.0;

/// Crookedness that is straightened for reading but shows that the sheet was not laid with care.
pub const MAX_SKEW_DEGREES: f32 = 3.0;

/// What a verdict means for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Scan it again.
    Refused,
    /// A person looks at it and decides.
    Flagged,
}

/// One complaint about one page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub code: &'static str,
    pub severity: Severity,
    /// Where on the unaltered page; none when it is the whole page.
    pub place: Option<Place>,
    /// What was measured.
    pub value: f32,
    /// What it should have been.
    pub limit: f32,
}

impl Verdict {
    pub(crate) fn refused(code: &'static str, value: f32, limit: f32) -> Self {
        Self {
            code,
            severity: Severity::Refused,
            place: None,
            value,
            limit,
        }
    }

    pub(crate) fn flagged(code: &'static str, value: f32, limit: f32) -> Self {
        Self {
            code,
            severity: Severity::Flagged,
            place: None,
            value,
            limit,
        }
    }

    fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

/// Too coarse for letters with two marks on them?
pub fn dpi(dpi: u32) -> Option<Verdict> {
    (dpi < MIN_DPI).then(|| Verdict::refused("quality.dpi_low", dpi as f32, MIN_DPI as f32))
}

/// What the pixels alone tell, before anything is read.
pub fn look(page: &GrayImage, dpi_of_page: u32) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = dpi(dpi_of_page).into_iter().collect();
    let survey = Survey::of(page, dpi_of_page);
    if survey.ink_share < MAX_BLANK_INK {
        verdicts.push(Verdict::flagged(
            "quality.blank",
            survey.ink_share,
            MAX_BLANK_INK,
        ));
        return verdicts;
    }
    let (blurred, sharp): (Vec<&Tile>, Vec<&Tile>) = survey
        .text
        .iter()
        .partition(|tile| tile.steepness < MIN_STEEPNESS);
    let share = blurred.len() as f32 / survey.text.len().max(1) as f32;
    if let Some(place) = around(&blurred) {
        let worst = blurred
            .iter()
            .map(|tile| tile.steepness)
            .fold(f32::MAX, f32::min);
        if share >= BLURRED_SHARE {
            verdicts.push(Verdict::refused("quality.blurred", worst, MIN_STEEPNESS).at(place));
        } else if share >= BLURRED_PART_SHARE && sharp.len() + blurred.len() >= 8 {
            verdicts.push(Verdict::flagged("quality.blurred_part", worst, MIN_STEEPNESS).at(place));
        }
    }
    if let Some(contrast) =
        median(survey.text.iter().map(|tile| tile.contrast)).filter(|c| *c < MIN_CONTRAST)
    {
        verdicts.push(Verdict::flagged(
            "quality.low_contrast",
            contrast,
            MIN_CONTRAST,
        ));
    }
    verdicts
}

/// What the reading tells.
pub(crate) fn after_reading(text: &PageText, geometry: &Geometry, blank: bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let confidence = f32::from(text.mean_confidence);
    if !blank && (text.words.is_empty() || confidence < MIN_CONFIDENCE) {
        verdicts.push(Verdict::refused(
            "quality.hard_to_read",
            confidence,
            MIN_CONFIDENCE,
        ));
    }
    let degrees = geometry.turn.degrees() as f32;
    match geometry.turn {
        Turn::Upright => {}
        Turn::Half => verdicts.push(Verdict::flagged("quality.upside_down", degrees, 0.0)),
        Turn::Quarter | Turn::ThreeQuarters => {
            verdicts.push(Verdict::flagged("quality.sideways", degrees, 0.0))
        }
    }
    if geometry.skew_degrees.abs() > MAX_SKEW_DEGREES {
        verdicts.push(Verdict::flagged(
            "quality.skewed",
            geometry.skew_degrees,
            MAX_SKEW_DEGREES,
        ));
    }
    let cut = text
        .words
        .iter()
        .filter(|word| word.confidence >= 60 && word.text.chars().count() > 1)
        .find_map(|word| {
            let place = geometry.to_page(word.bbox);
            let touches = place.x <= 1
                || place.y <= 1
                || place.x + place.w + 1 >= geometry.width
                || place.y + place.h + 1 >= geometry.height;
            touches.then_some(place)
        });
    if let Some(place) = cut {
        verdicts.push(Verdict::flagged("quality.text_cut", 0.0, 1.0).at(place));
    }
    verdicts
}

/// A square of the page with writing on it.
#[derive(Debug)]
struct Tile {
    place: Place,
    /// Gray levels between its ink and its paper.
    contrast: f32,
    /// The mean step from one pixel to the next where ink turns into paper, as a share of the contrast.
    steepness: f32,
}

#[derive(Debug)]
struct Survey {
    text: Vec<Tile>,
    ink_share: f32,
}

impl Survey {
    /// Looks at the page in squares of 8 mm: sharpness of paper says nothing, sharpness of letters does.
    fn of(page: &GrayImage, dpi: u32) -> Self {
        let side = (dpi * 8 / 25).clamp(24, 400);
        let (width, height) = page.dimensions();
        let mut text = Vec::new();
        let mut ink = 0_u64;
        for y in (0..height).step_by(side as usize) {
            for x in (0..width).step_by(side as usize) {
                let place = Place {
                    x,
                    y,
                    w: side.min(width - x),
                    h: side.min(height - y),
                };
                let (tile, tile_ink) = survey_tile(page, place);
                ink += u64::from(tile_ink);
                text.extend(tile);
            }
        }
        Self {
            text,
            ink_share: ink as f32 / (width as f32 * height as f32),
        }
    }
}

/// The tile, when it holds writing, and its number of ink pixels.
fn survey_tile(page: &GrayImage, place: Place) -> (Option<Tile>, u32) {
    let stride = page.width() as usize;
    let row = |y: u32| {
        let start = y as usize * stride + place.x as usize;
        &page.as_raw()[start..start + place.w as usize]
    };
    let mut tones = [0_u32; 256];
    for y in place.y..place.y + place.h {
        for value in row(y) {
            tones[usize::from(*value)] += 1;
        }
    }
    let total = place.w * place.h;
    let paper = quantile(&tones, total, 0.85);
    // Ink is clearly darker than the paper around it, whatever colour that has.
    let ink: u32 = tones[..usize::from(paper.saturating_sub(45))].iter().sum();
    let contrast = paper.saturating_sub(quantile(&tones, total, 0.01));
    let half = paper - contrast / 2;
    let share = tones[..usize::from(half)].iter().sum::<u32>() as f32 / total as f32;
    // Less is a speck or the edge of a letter, more is a picture or the scanner's lid.
    if contrast < 28 || !(0.02..0.45).contains(&share) {
        return (None, ink);
    }
    let (mut steps, mut edges) = (0_u32, 0_u32);
    let mut cross = |a: u8, b: u8| {
        if (a < half) != (b < half) {
            steps += u32::from(a.abs_diff(b));
            edges += 1;
        }
    };
    for y in place.y..place.y + place.h {
        row(y).windows(2).for_each(|pair| cross(pair[0], pair[1]));
        if y + 1 < place.y + place.h {
            row(y)
                .iter()
                .zip(row(y + 1))
                .for_each(|(upper, lower)| cross(*upper, *lower));
        }
    }
    // A rule or the border of a picture has few edges, writing has many.
    if edges * 60 < total {
        return (None, ink);
    }
    let steepness = steps as f32 / edges as f32 / f32::from(contrast);
    (
        Some(Tile {
            place,
            contrast: f32::from(contrast),
            steepness,
        }),
        ink,
    )
}

/// The value that `share` of the counts do not exceed.
fn quantile(counts: &[u32; 256], total: u32, share: f32) -> u8 {
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

fn around(tiles: &[&Tile]) -> Option<Place> {
    let first = tiles.first()?.place;
    let (mut left, mut top, mut right, mut bottom) = (first.x, first.y, 0, 0);
    for tile in tiles {
        left = left.min(tile.place.x);
        top = top.min(tile.place.y);
        right = right.max(tile.place.x + tile.place.w);
        bottom = bottom.max(tile.place.y + tile.place.h);
    }
    Some(Place {
        x: left,
        y: top,
        w: right - left,
        h: bottom - top,
    })
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
