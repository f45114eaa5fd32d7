//! How the light falls: shadow over the paper, darkness, and the lamp's own image where it wipes out the writing.

use super::Verdict;
use super::blots::{blots, grown};
use super::page_map::PageMap;
use super::sharpness::{Writing, quantile};
use super::surface::Surface;

/// A shadow begins where less than half of the light falls that the bright part of the page gets: 24 of the 100 steps
/// of L* (CIE 1976), one stop of a camera.
pub const MIN_LIGHT_SHARE: f32 = 0.5;

/// Less of the page in shadow is a fold or a printed picture.
const SHADOW_AREA: f32 = 0.03;

/// A shadow that hides writing ends within a hand's breadth: there the light falls by at least this share a millimetre.
/// Lamps and windows that light one side more come to 0.025, and are evened out for reading.
const SHADOW_EDGE: f32 = 0.036;

/// Darker than any shadow that a scanner's own lamp leaves.
const LID_SHARE: f32 = 0.06;

/// So much of the page must lie on such an edge, in mm².
const SHADOW_EDGE_MM2: f32 = 40.0;

/// Tone of the paper under which a sensor's noise eats thin strokes: a fifth of full light (L* 50).
pub const MIN_PAPER_TONE: f32 = 118.0;

/// The lamp's image is at least so wide.
const GLARE_MM: f32 = 5.0;

/// Paper that lies in ordinary light around a reflection is at least this much darker than it.
const GLARE_STEP: f32 = 0.94;

/// Light that falls on a square, from its tone: the sRGB curve undone (IEC 61966-2-1, by its power of 2.2).
fn linear(tone: f32) -> f32 {
    (tone / 255.0).powf(2.2)
}

/// Shadow and darkness.
pub(crate) fn shade(map: &PageMap, surface: &Surface, photograph: bool) -> Vec<Verdict> {
    let smooth = smoothed(map);
    // Printed pictures and coloured cards are not darker paper: a shadow keeps the paper's colour.
    let rim = (4.0 / map.mm) as usize + 1;
    let paper: Vec<bool> = (0..map.len())
        .map(|at| {
            let (x, y) = (at % map.columns, at / map.columns);
            let inside = x >= rim && y >= rim && x + rim < map.columns && y + rim < map.rows;
            inside && surface.colour_off(map, at) < 0.16
        })
        .collect();
    let mut tones: Vec<f32> = (0..map.len())
        .filter(|at| paper[*at])
        .map(|at| smooth[at])
        .collect();
    if tones.len() * 4 < map.len() {
        return Vec::new();
    }
    tones.sort_by(f32::total_cmp);
    let bright = tones[tones.len() * 92 / 100];
    let middle = tones[tones.len() / 2];
    let mut verdicts = Vec::new();
    if middle < MIN_PAPER_TONE {
        verdicts.push(Verdict::flagged("quality.too_dark", middle, MIN_PAPER_TONE));
    }
    // Beside a sheet on the glass the lid shows, and where it is black no light comes back at all.
    let light_of = |at: usize| linear(smooth[at]) / linear(bright).max(1e-6);
    let lid: Vec<bool> = (0..map.len())
        .map(|at| !photograph && light_of(at) < LID_SHARE)
        .collect();
    let lid = grown(&lid, map.columns, (10.0 / map.mm) as usize);
    let dim: Vec<bool> = (0..map.len())
        .map(|at| paper[at] && !lid[at] && linear(smooth[at]) < MIN_LIGHT_SHARE * linear(bright))
        .collect();
    let mut patches = blots(&dim, map.columns);
    let edge = grown(
        &edges(map, &smooth, &paper),
        map.columns,
        (3.0 / map.mm) as usize,
    );
    patches.retain(|patch| {
        let on_edge = patch.squares.iter().filter(|at| edge[**at]).count() as f32;
        patch.area() as f32 >= SHADOW_AREA * map.len() as f32
            && on_edge * map.mm * map.mm >= SHADOW_EDGE_MM2
    });
    if let Some(darkest) = patches
        .iter()
        .flat_map(|patch| patch.squares.iter().map(|at| smooth[*at]))
        .min_by(f32::total_cmp)
    {
        let bounds = patches
            .iter()
            .fold([usize::MAX, usize::MAX, 0, 0], |sum, patch| {
                let one = patch.bounds;
                [
                    sum[0].min(one[0]),
                    sum[1].min(one[1]),
                    sum[2].max(one[2]),
                    sum[3].max(one[3]),
                ]
            });
        verdicts.push(
            Verdict::flagged(
                "quality.shadow",
                linear(darkest) / linear(bright),
                MIN_LIGHT_SHARE,
            )
            .at(map.place(bounds)),
        );
    }
    verdicts
}

/// Where the light on the paper falls steeply.
fn edges(map: &PageMap, smooth: &[f32], paper: &[bool]) -> Vec<bool> {
    let reach = (4.0 / map.mm).round().max(1.0) as usize;
    let (columns, rows) = (map.columns, map.rows);
    let fall = |a: usize, b: usize| {
        // Beyond the paper lies something else, not less light.
        if !(paper[a] && paper[b]) {
            return 0.0;
        }
        let light = |at: usize| linear(smooth[at].max(4.0)).ln();
        (light(a) - light(b)) / (2.0 * reach as f32 * map.mm)
    };
    (0..map.len())
        .map(|at| {
            let (x, y) = (at % columns, at / columns);
            if x < reach || y < reach || x + reach >= columns || y + reach >= rows {
                return false;
            }
            let across = fall(at - reach, at + reach);
            let down = fall(at - reach * columns, at + reach * columns);
            across.hypot(down) >= SHADOW_EDGE
        })
        .collect()
}

/// The paper's tone, writing bridged: the lightest within two millimetres, then the mean within four.
pub(crate) fn smoothed(map: &PageMap) -> Vec<f32> {
    let lift = (2.0 / map.mm).round() as usize;
    let lifted = extreme(&map.paper, map.columns, lift, true);
    // Back again, or bright paper would eat into the edges of shadows.
    let closed = extreme(&lifted, map.columns, lift, false);
    mean(&closed, map.columns, (4.0 / map.mm).round() as usize)
}

/// The lightest (or darkest) within `reach` squares, across and down.
fn extreme(tones: &[u8], columns: usize, reach: usize, lightest: bool) -> Vec<u8> {
    let rows = tones.len() / columns;
    let pick = |near: &mut dyn Iterator<Item = u8>| {
        let found = if lightest { near.max() } else { near.min() };
        found.unwrap_or(0)
    };
    let mut across = Vec::with_capacity(tones.len());
    for row in tones.chunks_exact(columns) {
        for x in 0..columns {
            let near = &row[x.saturating_sub(reach)..(x + reach + 1).min(columns)];
            across.push(pick(&mut near.iter().copied()));
        }
    }
    let mut out = Vec::with_capacity(tones.len());
    for y in 0..rows {
        for x in 0..columns {
            let mut near = (y.saturating_sub(reach)..(y + reach + 1).min(rows))
                .map(|y| across[y * columns + x]);
            out.push(pick(&mut near));
        }
    }
    out
}

fn mean(tones: &[u8], columns: usize, reach: usize) -> Vec<f32> {
    let rows = tones.len() / columns;
    // Sums from the corner: any box in four look-ups.
    let mut sums = vec![0_u32; (columns + 1) * (rows + 1)];
    for y in 0..rows {
        let mut line = 0;
        for x in 0..columns {
            line += u32::from(tones[y * columns + x]);
            sums[(y + 1) * (columns + 1) + x + 1] = sums[y * (columns + 1) + x + 1] + line;
        }
    }
    let mut out = Vec::with_capacity(tones.len());
    for y in 0..rows {
        for x in 0..columns {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(columns));
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(rows));
            let at = |x: usize, y: usize| sums[y * (columns + 1) + x];
            let sum = at(right, bottom) + at(left, top) - at(right, top) - at(left, bottom);
            out.push(sum as f32 / ((right - left) * (bottom - top)) as f32);
        }
    }
    out
}

/// The lamp's image over the page: burnt-out blots with a soft rim on paper that is not burnt out itself.
pub(crate) fn glare(map: &PageMap, surface: &Surface, writing: &Writing) -> Option<Verdict> {
    // Where the paper itself is white to the last step, as on scans, nothing can be told from brightness.
    let burnt: Vec<bool> = (0..map.len())
        .map(|at| map.burnt[at] >= 200 && surface.tone[at] < 255.0 * GLARE_STEP)
        .collect();
    let marked = writing_squares(map, writing);
    let near_writing = grown(&marked, map.columns, (12.0 / map.mm) as usize);
    let mut worst: Option<(f32, [usize; 4])> = None;
    for blot in blots(&burnt, map.columns) {
        let (wide, high) = (blot.wide() as f32 * map.mm, blot.high() as f32 * map.mm);
        let area = blot.area() as f32 * map.mm * map.mm;
        if wide.min(high) < GLARE_MM
            || area < GLARE_MM * GLARE_MM
            || area > 0.5 * map.len() as f32 * map.mm * map.mm
        {
            continue;
        }
        let over = blot.squares.iter().filter(|at| near_writing[**at]).count();
        if over * 4 < blot.area() {
            continue;
        }
        if !has_halo(map, surface, &blot.squares) {
            continue;
        }
        let share = area / (map.len() as f32 * map.mm * map.mm);
        if worst.is_none_or(|(most, _)| share > most) {
            worst = Some((share, blot.bounds));
        }
    }
    worst.map(|(share, bounds)| Verdict::refused("quality.glare", share, 0.0).at(map.place(bounds)))
}

/// Ink that takes less of the light than this share of the page's usual ink is pale.
const PALE: f32 = 0.6;

/// Burnt-out paper around washed-out writing, in mm²; ordinary white paper reaches the last step in specks only.
const BURNT_MM2: f32 = 200.0;

/// On scans of shiny or laminated sheets: the lamp wipes out writing within paper that is burnt out to the last pixel,
/// while the paper elsewhere is not.
pub(crate) fn washed_out(map: &PageMap) -> Option<Verdict> {
    const BURNT: u8 = 253;
    let depth = |at: usize| 1.0 - f32::from(map.darkest[at]) / f32::from(map.paper[at]).max(1.0);
    let marks: Vec<bool> = (0..map.len()).map(|at| depth(at) > 0.12).collect();
    let bare = (0..map.len()).filter(|at| !marks[*at]);
    let paper = quantile(bare.map(|at| f32::from(map.darkest[at])).collect(), 0.4)?;
    if paper > 251.0 {
        return None;
    }
    let inked = (0..map.len()).filter(|at| marks[*at]);
    let usual = quantile(inked.map(depth).collect(), 0.75)?;
    let mut burnt = vec![false; map.len()];
    let whole: Vec<bool> = map.darkest.iter().map(|tone| *tone >= BURNT).collect();
    for blot in blots(&whole, map.columns) {
        if blot.area() as f32 * map.mm * map.mm >= BURNT_MM2 {
            blot.squares.iter().for_each(|at| burnt[*at] = true);
        }
    }
    let within = grown(&burnt, map.columns, (4.0 / map.mm) as usize);
    let pale: Vec<bool> = (0..map.len())
        .map(|at| marks[at] && depth(at) < PALE * usual)
        .collect();
    let light: Vec<bool> = map.paper.iter().map(|tone| *tone >= 254).collect();
    let reach = (5.0 / map.mm) as usize;
    let [pale_near, marks_near, light_near] =
        [&pale, &marks, &light].map(|marked| counted(marked, map.columns, reach));
    let area = ((2 * reach + 1) * (2 * reach + 1)) as f32;
    let faded: Vec<bool> = (0..map.len())
        .map(|at| {
            pale[at]
                && within[at]
                && pale_near[at] >= 0.6 * marks_near[at]
                && light_near[at] > 0.7 * area
        })
        .collect();
    // Letters of one reflection stand within a line's height of each other.
    let mut bounds = [usize::MAX, usize::MAX, 0, 0];
    let (mut most, mut squares) = (0, 0);
    for patch in blots(&grown(&faded, map.columns, reach), map.columns) {
        let count = patch.squares.iter().filter(|at| faded[**at]).count();
        most = most.max(count);
        if count >= 8 {
            squares += count;
            let [left, top, right, bottom] = patch.bounds;
            bounds = [
                bounds[0].min(left),
                bounds[1].min(top),
                bounds[2].max(right),
                bounds[3].max(bottom),
            ];
        }
    }
    (most as f32 * map.mm * map.mm >= 14.0).then(|| {
        let share = squares as f32 / map.len() as f32;
        Verdict::flagged("quality.glare", share, 0.0).at(map.place(bounds))
    })
}

/// How many marked squares lie within `reach`, across and down.
fn counted(marked: &[bool], columns: usize, reach: usize) -> Vec<f32> {
    let tones: Vec<u8> = marked.iter().map(|marked| u8::from(*marked)).collect();
    let full = ((2 * reach + 1) * (2 * reach + 1)) as f32;
    mean(&tones, columns, reach)
        .iter()
        .map(|share| share * full)
        .collect()
}

/// A reflection shines beyond its burnt core; a white sticker ends at its edge.
fn has_halo(map: &PageMap, surface: &Surface, squares: &[usize]) -> bool {
    let mut core = vec![false; map.len()];
    for at in squares {
        core[*at] = true;
    }
    let reach = (3.0 / map.mm).round().max(1.0) as usize;
    let near = grown(&core, map.columns, 1);
    let far = grown(&core, map.columns, 1 + reach);
    let (mut lifted, mut count) = (0, 0);
    for at in (0..map.len()).filter(|at| far[*at] && !near[*at]) {
        count += 1;
        lifted += usize::from(surface.share(map, at) > 1.02);
    }
    count > 0 && lifted * 2 > count
}

/// Squares of the map under squares with writing.
pub(crate) fn writing_squares(map: &PageMap, writing: &Writing) -> Vec<bool> {
    // The map's own marks are finer than the writing's squares: a dark spot within light paper.
    let written = !writing.tiles.is_empty();
    (0..map.len())
        .map(|at| written && f32::from(map.darkest[at]) < 0.72 * f32::from(map.paper[at]))
        .collect()
}
