//! What happens at the page's edges: the page runs out of the picture, a corner is folded over or gone, a finger holds
//! the sheet, writing is cut off.

use super::Verdict;
use super::blots::{Blot, blots, grown, shrunk};
use super::page_map::{PageMap, around};
use super::sharpness::quantile;
use super::surface::{Surface, tint};
use crate::Outline;

/// A corner may lie this share of the picture's side from its edge and still be whole.
const EDGE_SHARE: f32 = 0.004;

/// Corners are found to a hundredth of the picture, or two millimetres of the page.
const LEAST_LOST_MM: f32 = 2.0;

/// A sheet that goes on beyond the picture is found to end at its frame.
const AT_FRAME_MM: f32 = 0.5;

/// Writing begins 15 to 30 mm from the edges (NĐ 30/2020/NĐ-CP App. I); a corner sticks out along both.
const LOST_MARGIN_MM: f32 = 8.0;

/// A dog's ear smaller than this hides no writing: margins are 15 mm and more (NĐ 30/2020/NĐ-CP App. I).
pub const MAX_FOLDED_CORNER_MM: f32 = 8.0;

/// Fingertips are 8 to 30 mm wide, seen slantwise or with a thumb's ball up to 50.
const FINGER_MM: std::ops::RangeInclusive<f32> = 7.0..=55.0;

/// Deeper into the page than a carelessly drawn edge.
const FINGER_DEPTH_MM: f32 = 6.0;

/// Does the page run out of the picture? Only a photograph's corners can tell.
pub(crate) fn out_of_picture(
    outline: &Outline,
    (width, height): (u32, u32),
    px_per_mm: f32,
) -> Option<Verdict> {
    let (width, height) = (width as f32, height as f32);
    let corners = outline
        .corners
        .map(|corner| corner.map(|value| value as f32));
    let margin = |[x, y]: [f32; 2]| {
        let across = x.min(width - x) / width;
        let down = y.min(height - y) / height;
        across.min(down)
    };
    let worst = corners
        .iter()
        .map(|corner| margin(*corner))
        .fold(f32::MAX, f32::min);
    if worst >= EDGE_SHARE {
        return None;
    }
    let lost = corners
        .iter()
        .map(|[x, y]| (-x).max(x - width).max(-y).max(y - height))
        .fold(f32::MIN, f32::max);
    let lost_mm = lost / px_per_mm;
    let at_edge = corners
        .iter()
        .filter(|corner| margin(**corner) < EDGE_SHARE);
    if lost_mm < LEAST_LOST_MM && (lost_mm < -AT_FRAME_MM || at_edge.count() < 2) {
        return None;
    }
    // The corner's neighbourhood, as far as it is in the picture.
    let (mut spots, reach) = (Vec::new(), 0.08 * width.max(height));
    for corner in corners
        .iter()
        .filter(|corner| margin(**corner) < EDGE_SHARE)
    {
        for (dx, dy) in [(-reach, -reach), (reach, reach)] {
            spots.push([
                (corner[0].clamp(0.0, width) + dx).clamp(0.0, width),
                (corner[1].clamp(0.0, height) + dy).clamp(0.0, height),
            ]);
        }
    }
    // Where a corner of the sheet is found in the picture's own, that is the one that was cut.
    let own = corners
        .iter()
        .find(|[x, y]| x.min(width - x) < 0.015 * width && y.min(height - y) < 0.015 * height);
    if let Some([x, y]) = own {
        let beside = |at: f32, most: f32| if at < most / 2.0 { reach } else { most - reach };
        spots = vec![
            [x.clamp(0.0, width), y.clamp(0.0, height)],
            [beside(*x, width), beside(*y, height)],
        ];
    }
    // As long as only the margin is lost, a person may let it pass.
    let verdict = if lost_mm > LOST_MARGIN_MM {
        Verdict::refused("quality.page_cut", lost_mm, LOST_MARGIN_MM)
    } else {
        Verdict::flagged("quality.page_cut", lost_mm, 0.0)
    };
    Some(verdict.at(around(&spots, (width as u32, height as u32))))
}

/// Squares that are not paper: other light or other colour than it must have there.
pub(crate) fn foreign(map: &PageMap, surface: &Surface) -> Vec<bool> {
    let marked: Vec<bool> = (0..map.len())
        .map(|at| {
            let share = surface.share(map, at);
            !(0.80..1.25).contains(&share) || surface.colour_off(map, at) > 0.15
        })
        .collect();
    // Rules and the strokes of large letters are thinner than three squares.
    let reach = (1.0 / map.mm).round().max(1.0) as usize;
    grown(&shrunk(&marked, map.columns, reach), map.columns, reach)
}

/// Corners that are folded over or gone.
pub(crate) fn folded_corners(map: &PageMap, surface: &Surface, foreign: &[bool]) -> Vec<Verdict> {
    let slack = (4.0 / map.mm).ceil() as usize;
    let (columns, rows) = (map.columns, map.rows);
    let mut found = Vec::new();
    for blot in blots(foreign, columns) {
        let [left, top, right, bottom] = blot.bounds;
        let (at_left, at_right) = (left <= slack, right + slack >= columns);
        let (at_top, at_bottom) = (top <= slack, bottom + slack >= rows);
        // One corner exactly.
        if at_left == at_right || at_top == at_bottom {
            continue;
        }
        let (wide, high) = (blot.wide() as f32 * map.mm, blot.high() as f32 * map.mm);
        let (long, short) = (wide.max(high), wide.min(high));
        if short < MAX_FOLDED_CORNER_MM || long > 150.0 || long > 5.0 * short {
            continue;
        }
        // A triangle fills half its box, and the half at the corner.
        let (mut near, mut far) = (0_usize, 0_usize);
        for square in &blot.squares {
            let (x, y) = (square % columns, square / columns);
            let u = if at_left { x - left } else { right - 1 - x } as f32 / blot.wide() as f32;
            let v = if at_top { y - top } else { bottom - 1 - y } as f32 / blot.high() as f32;
            if u + v < 1.0 { near += 1 } else { far += 1 }
        }
        let half = blot.wide() * blot.high() / 2;
        // A shadow may fall like this too, but fades in.
        if near * 100 > half * 72 && far * 100 < half * 32 && is_sharp(map, surface, &blot) {
            found.push(
                Verdict::flagged("quality.corner_folded", short, MAX_FOLDED_CORNER_MM)
                    .at(map.place(blot.bounds)),
            );
        }
    }
    found
}

/// The step in tone across the edge of a fold, in gray levels: what lies there is paper on both sides.
const FOLD_STEP: f32 = 3.0;

/// Share of the fold's length on which the step must show, always in the same direction.
const FOLD_SHOWS: f32 = 0.93;

/// The shortest and longest legs of a folded corner that are looked for, in mm.
const FOLD_LEGS_MM: (f32, f32) = (12.0, 112.0);

/// In a photograph the desk shows at the corners of a sheet that is not quite flat.
const CURLED_MM: f32 = 22.0;

/// Corners folded over whose back, and whatever lies behind, is as light as the page: what shows is a straight step from
/// one edge of the page to the other.
pub(crate) fn creased_corners(map: &PageMap, photograph: bool) -> Vec<Verdict> {
    let tones = middles(map);
    let least = if photograph {
        CURLED_MM
    } else {
        FOLD_LEGS_MM.0
    };
    let mut found = Vec::new();
    for (right, bottom) in [(false, false), (true, false), (true, true), (false, true)] {
        let tone = |x: f32, y: f32| {
            let (x, y) = (x.max(0.0) as usize, y.max(0.0) as usize);
            let (x, y) = (x.min(map.columns - 1), y.min(map.rows - 1));
            let x = if right { map.columns - 1 - x } else { x };
            let y = if bottom { map.rows - 1 - y } else { y };
            f32::from(tones[y * map.columns + x])
        };
        let legs = || {
            let steps = (0..).map(|step| (least + 3.0 * step as f32) / map.mm);
            steps.take_while(|leg| *leg <= FOLD_LEGS_MM.1 / map.mm)
        };
        let mut best: Option<(f32, f32, f32)> = None;
        for across in legs().filter(|leg| *leg < 0.6 * map.columns as f32) {
            for down in legs().filter(|leg| *leg < 0.6 * map.rows as f32) {
                if across.max(down) > 3.0 * across.min(down) {
                    continue;
                }
                let step = step_across(across, down, 2.0 / map.mm, &tone);
                if step > best.map_or(FOLD_STEP, |(step, ..)| step) {
                    best = Some((step, across, down));
                }
            }
        }
        if let Some((_, across, down)) = best {
            // The flap lies mirrored on the page.
            let square = across * across + down * down;
            let wide = across.max(2.0 * across * down * down / square).ceil() as usize;
            let high = down.max(2.0 * across * across * down / square).ceil() as usize;
            let (wide, high) = (wide.min(map.columns), high.min(map.rows));
            let left = if right { map.columns - wide } else { 0 };
            let top = if bottom { map.rows - high } else { 0 };
            let short = across.min(down) * map.mm;
            found.push(
                Verdict::flagged("quality.corner_folded", short, MAX_FOLDED_CORNER_MM)
                    .at(map.place([left, top, left + wide, top + high])),
            );
        }
    }
    found
}

/// The usual step between both sides of the line that cuts off a corner; nothing when it does not run all along it.
fn step_across(across: f32, down: f32, reach: f32, tone: &impl Fn(f32, f32) -> f32) -> f32 {
    let length = across.hypot(down);
    if length < 8.0 {
        return 0.0;
    }
    let inward = [down / length * reach, across / length * reach];
    let count = length as usize;
    let (mut up, mut under) = (0, 0);
    let mut steps = Vec::with_capacity(count);
    for at in 2..count.saturating_sub(2) {
        let share = (at as f32 + 0.5) / count as f32;
        let (x, y) = (across * (1.0 - share), down * share);
        let step = tone(x + inward[0], y + inward[1]) - tone(x - inward[0], y - inward[1]);
        up += usize::from(step >= 2.0);
        under += usize::from(step <= -2.0);
        // Most lines are given up after a few points.
        if at == 9 && up.max(under) < 5 {
            return 0.0;
        }
        steps.push(step.abs());
    }
    if steps.len() < 10 || (up.max(under) as f32) < FOLD_SHOWS * steps.len() as f32 {
        return 0.0;
    }
    quantile(steps, 0.5).unwrap_or(0.0)
}

/// The paper's tone, each square the middle one of itself and its neighbours: single marks vanish, edges stay.
fn middles(map: &PageMap) -> Vec<u8> {
    let (columns, rows) = (map.columns, map.rows);
    (0..map.len())
        .map(|at| {
            let (x, y) = (at % columns, at / columns);
            if x == 0 || y == 0 || x + 1 == columns || y + 1 == rows {
                return map.paper[at];
            }
            let mut near = [0; 9];
            for (row, three) in near.chunks_exact_mut(3).enumerate() {
                let from = (y + row - 1) * columns + x - 1;
                three.copy_from_slice(&map.paper[from..from + 3]);
            }
            near.sort_unstable();
            near[4]
        })
        .collect()
}

/// Steeper than this against the glass, a full sheet loses a corner of 15 mm: A4 is 210 mm wide.
const SLANT: std::ops::Range<f32> = 0.07..0.4;

/// The lid must be seen so far along a side of the scan.
const SLANT_SEEN_MM: f32 = 110.0;

/// A scanned sheet that lay so crooked that a corner was off the glass: the lid shows as a long wedge beside it, and
/// the side across from the wedge's broad end is beyond the glass.
pub(crate) fn off_the_glass(map: &PageMap) -> Option<Verdict> {
    let tones = middles(map);
    let (columns, rows) = (map.columns, map.rows);
    let mut best: Option<(f32, f32, [bool; 2])> = None;
    for (right, bottom) in [(false, false), (true, false), (true, true), (false, true)] {
        for flat in [false, true] {
            // The wedge's broad end lies in the corner; its length runs down the side, or across when `flat`.
            let (long_side, short_side) = if flat {
                (columns, rows)
            } else {
                (rows, columns)
            };
            let tone = |short: f32, long: f32| {
                let (x, y) = if flat { (long, short) } else { (short, long) };
                let x = (x.max(0.0) as usize).min(columns - 1);
                let y = (y.max(0.0) as usize).min(rows - 1);
                let x = if right { columns - 1 - x } else { x };
                let y = if bottom { rows - 1 - y } else { y };
                f32::from(tones[y * columns + x])
            };
            let mut long = SLANT_SEEN_MM / map.mm;
            while long < long_side as f32 {
                let mut short = SLANT.start * long;
                while short < (SLANT.end * long).min(0.45 * short_side as f32) {
                    let step = step_across(short, long, 2.0 / map.mm, &tone);
                    if step > best.map_or(FOLD_STEP, |(step, ..)| step) {
                        let across_from = if flat {
                            [right, !bottom]
                        } else {
                            [!right, bottom]
                        };
                        best = Some((step, short * map.mm, across_from));
                    }
                    short += 2.0 / map.mm;
                }
                long += 5.0 / map.mm;
            }
        }
    }
    let (_, broad, [right, bottom]) = best?;
    let reach = ((33.0 / map.mm) as usize).min(columns.min(rows));
    let left = if right { columns - reach } else { 0 };
    let top = if bottom { rows - reach } else { 0 };
    let place = map.place([left, top, left + reach, top + reach]);
    Some(Verdict::flagged("quality.page_cut", broad, 0.0).at(place))
}

/// Fingers that hold the sheet.
pub(crate) fn fingers(map: &PageMap, surface: &Surface, foreign: &[bool]) -> Vec<Verdict> {
    let slack = (5.0 / map.mm).ceil() as usize;
    let (columns, rows) = (map.columns, map.rows);
    let mut found = Vec::new();
    for blot in blots(
        &inner(foreign, columns, rows, (2.0 / map.mm) as usize),
        columns,
    ) {
        let [left, top, right, bottom] = blot.bounds;
        let sides = [
            left <= slack,
            right + slack >= columns,
            top <= slack,
            bottom + slack >= rows,
        ];
        if !sides.iter().any(|side| *side) {
            continue;
        }
        let across = sides[0] || sides[1];
        let (wide, high) = (blot.wide() as f32 * map.mm, blot.high() as f32 * map.mm);
        let (depth, width) = if across { (wide, high) } else { (high, wide) };
        if !(FINGER_DEPTH_MM..=110.0).contains(&depth)
            || !FINGER_MM.contains(&width)
            || blot.fill() < 0.45
        {
            continue;
        }
        if is_finger(map, surface, &blot) {
            found.push(
                Verdict::flagged("quality.finger", depth, FINGER_DEPTH_MM)
                    .at(map.place(blot.bounds)),
            );
        }
    }
    found
}

/// Without the outermost squares: there the desk shows wherever an edge is not quite straight.
fn inner(marked: &[bool], columns: usize, rows: usize, rim: usize) -> Vec<bool> {
    marked
        .iter()
        .enumerate()
        .map(|(at, marked)| {
            let (x, y) = (at % columns, at / columns);
            *marked && x >= rim && y >= rim && x + rim < columns && y + rim < rows
        })
        .collect()
}

/// Skin reflects red more than green and green more than blue, relative to the paper beside it in the same light, and a
/// finger ends at its edge, other than its shadow. In a gray picture it is only darker.
fn is_finger(map: &PageMap, surface: &Surface, blot: &Blot) -> bool {
    let gray = surface.tint.iter().all(|ratio| (ratio - 1.0).abs() < 0.004)
        && blot.squares.iter().all(|at| {
            let [r, g, b] = map.light[*at];
            r.abs_diff(g) < 3 && b.abs_diff(g) < 3
        });
    let mut skin = 0;
    for at in &blot.squares {
        let [r, b] = tint(map.light[*at]);
        let (r, b) = (r / surface.tint[0], b / surface.tint[1]);
        skin += usize::from(
            (1.08..2.6).contains(&r) && b < 1.02 && (0.2..1.1).contains(&surface.share(map, *at)),
        );
    }
    if !gray {
        return skin * 10 > blot.area() * 6 && is_sharp(map, surface, blot);
    }
    // Gray: darker, and the step at its edge is sharp.
    is_sharp(map, surface, blot)
}

/// Tone over three millimetres on both sides of an edge: things end there, shadows fade.
const SHARP_TONE: f32 = 0.15;
/// The same for colour.
const SHARP_COLOUR: f32 = 0.09;

/// Whether the blot ends at an edge rather than fading out.
pub(crate) fn is_sharp(map: &PageMap, surface: &Surface, blot: &Blot) -> bool {
    let mut core = vec![false; map.len()];
    for at in &blot.squares {
        core[*at] = true;
    }
    let reach = (3.0 / map.mm).round().max(1.0) as usize;
    let (once, outer) = (
        grown(&core, map.columns, 1),
        grown(&core, map.columns, 1 + reach),
    );
    let (less, least) = (
        shrunk(&core, map.columns, 1),
        shrunk(&core, map.columns, 1 + reach),
    );
    let rim = (4.0 / map.mm) as usize;
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for at in 0..map.len() {
        let (x, y) = (at % map.columns, at / map.columns);
        let on_rim = x < rim || y < rim || x + rim >= map.columns || y + rim >= map.rows;
        if less[at] && !least[at] {
            inside.push(at);
        } else if outer[at] && !once[at] && !on_rim {
            outside.push(at);
        }
    }
    let tone = |squares: &[usize]| {
        let shares: Vec<f32> = squares.iter().map(|at| surface.share(map, *at)).collect();
        quantile(shares, 0.5)
    };
    let colour = |squares: &[usize], channel: usize| {
        let tints: Vec<f32> = squares
            .iter()
            .map(|at| tint(map.light[*at])[channel])
            .collect();
        quantile(tints, 0.5)
    };
    let (Some(a), Some(b)) = (tone(&inside), tone(&outside)) else {
        return false;
    };
    let off = (0..2)
        .filter_map(|channel| Some((colour(&inside, channel)? - colour(&outside, channel)?).abs()))
        .fold(0.0, f32::max);
    (a / b).ln().abs() > SHARP_TONE || off > SHARP_COLOUR
}
