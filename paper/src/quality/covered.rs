//! A note stuck or stapled over the page: a smooth patch of other paper with straight sides, up to which writing runs.
//!
//! A note of the page's own colour can only be told by comparing the page with and without it; see `likeness`.

use super::Verdict;
use super::blots::{blots, grown};
use super::page_map::PageMap;
use super::surface::Surface;

/// Sticky notes begin at 38 x 51 mm; slips torn off are a little smaller.
const NOTE_MM: std::ops::RangeInclusive<f32> = 20.0..=160.0;

/// What is printed on the page itself, such as a photograph, is not of one colour.
const EVEN: f32 = 0.07;

/// Writing that ends where the note begins, seen in so many millimetres around it, per side of the note.
const RUNS_UP_TO_MM: f32 = 4.0;

pub(crate) fn notes(map: &PageMap, surface: &Surface, foreign: &[bool]) -> Vec<Verdict> {
    let mut found = Vec::new();
    for blot in blots(foreign, map.columns) {
        let (wide, high) = (blot.wide() as f32 * map.mm, blot.high() as f32 * map.mm);
        if !NOTE_MM.contains(&wide) || !NOTE_MM.contains(&high) {
            continue;
        }
        if blot.fill_turned(map.columns) < 0.82 {
            continue;
        }
        // Of one paper.
        let mut tones: Vec<f32> = blot
            .squares
            .iter()
            .map(|at| surface.share(map, *at))
            .collect();
        tones.sort_by(f32::total_cmp);
        let (low, middle, high_tone) = (
            tones[tones.len() / 8],
            tones[tones.len() / 2],
            tones[tones.len() * 7 / 8],
        );
        if (high_tone - low) / middle > 2.0 * EVEN || middle < 0.45 {
            continue;
        }
        let mut core = vec![false; map.len()];
        for at in &blot.squares {
            core[*at] = true;
        }
        let near = grown(&core, map.columns, (RUNS_UP_TO_MM / map.mm) as usize);
        let edge = grown(&core, map.columns, 1);
        let (mut written, mut around) = (0_usize, 0_usize);
        for at in (0..map.len()).filter(|at| near[*at] && !edge[*at]) {
            around += 1;
            written += usize::from(f32::from(map.darkest[at]) < 0.65 * f32::from(map.paper[at]));
        }
        // Two or three lines of text that end at the note fill a twentieth of the strip around it.
        if written * 20 > around {
            let area = blot.area() as f32 / map.len() as f32;
            found.push(Verdict::flagged("quality.covered", area, 0.0).at(map.place(blot.bounds)));
        }
    }
    found
}
