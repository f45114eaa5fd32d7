//! The letters of a machine-readable zone as pictures, to tell whether a doubtful one looks like one that is certain.
//! All letters of a zone come from one type and one pitch, so no type has to be known beforehand.

use std::collections::BTreeMap;

use image::GrayImage;
use models::Rect;

use crate::Geometry;

/// A letter is compared on a grid this fine.
const ACROSS: usize = 10;
const DOWN: usize = 14;
const POINTS: usize = ACROSS * DOWN;

/// Pictures of one letter that are less alike than this are too poor to tell anything.
const LEAST_TYPICAL: f32 = 0.7;

/// A letter must be this much more like a certain one than like what it was read as.
const CLEARLY_MORE: f32 = 0.12;

/// A letter may be this much less like a certain one than is typical of the zone.
const SLACK: f32 = 0.06;

/// One letter: zero mean, unit length.
type Glyph = [f32; POINTS];

/// Every letter of a zone, cut out by its place.
pub(crate) struct Glyphs {
    width: usize,
    cells: Vec<Glyph>,
}

/// What the certain letters look like.
pub(crate) struct Known {
    letters: BTreeMap<char, Glyph>,
    /// How much pictures of one letter are alike in this zone; none when no letter is there twice.
    typical: Option<f32>,
}

/// One letter's looks, and how alike its pictures are.
pub(crate) struct Sample {
    glyph: Glyph,
    pub(crate) typical: f32,
}

impl Glyphs {
    /// Cuts the lines of a zone, boxes in the view, out of the unaltered page.
    pub(crate) fn cut(page: &GrayImage, geometry: &Geometry, lines: &[Rect], width: usize) -> Self {
        let mut cells = Vec::with_capacity(lines.len() * width);
        for line in lines {
            cells.extend(cut_line(page, geometry, *line, width));
        }
        Self { width, cells }
    }

    /// The mean picture of each certain letter: line, column, letter.
    pub(crate) fn learn(&self, certain: &[(usize, usize, char)]) -> Known {
        let mut sums: BTreeMap<char, (Glyph, usize)> = BTreeMap::new();
        for (line, column, letter) in certain {
            let (sum, count) = sums.entry(*letter).or_insert(([0.0; POINTS], 0));
            *count += 1;
            for (sum, value) in sum.iter_mut().zip(self.cell(*line, *column)) {
                *sum += value;
            }
        }
        // Each picture against the mean of the others of its letter.
        let mut alike: Vec<f32> = certain
            .iter()
            .filter(|(_, _, letter)| sums[letter].1 > 1)
            .map(|(line, column, letter)| {
                let cell = self.cell(*line, *column);
                likeness(cell, &without(&sums[letter].0, cell))
            })
            .collect();
        alike.sort_by(f32::total_cmp);
        let letters = sums
            .into_iter()
            .map(|(letter, (mut sum, _))| {
                normalise(&mut sum);
                (letter, sum)
            })
            .collect();
        Known {
            letters,
            typical: alike
                .get(alike.len() / 5)
                .copied()
                .filter(|typical| *typical >= LEAST_TYPICAL),
        }
    }

    /// Letters that look clearly more like another letter of the zone than like the others of their own: line, column,
    /// and what they look like, the clearest first.
    pub(crate) fn misfits(&self, letters: &[Vec<char>]) -> Vec<(usize, usize, char)> {
        let all: Vec<(usize, usize, char)> = letters
            .iter()
            .enumerate()
            .flat_map(|(line, row)| {
                row.iter()
                    .enumerate()
                    .map(move |(column, letter)| (line, column, *letter))
            })
            .collect();
        let known = self.learn(&all);
        let Some(typical) = known.typical else {
            return Vec::new();
        };
        let mut counts: BTreeMap<char, usize> = BTreeMap::new();
        for (_, _, letter) in &all {
            *counts.entry(*letter).or_default() += 1;
        }
        let mut misfits: Vec<(f32, (usize, usize, char))> = all
            .iter()
            .filter_map(|(line, column, letter)| {
                let cell = self.cell(*line, *column);
                let others: Vec<&Glyph> = all
                    .iter()
                    .filter(|(l, c, other)| other == letter && (l, c) != (line, column))
                    .map(|(l, c, _)| self.cell(*l, *c))
                    .collect();
                let own = others
                    .iter()
                    .map(|other| likeness(cell, other))
                    .fold(0.0, f32::max);
                let (other, most) =
                    known.most(cell, |other| other != *letter && counts[&other] > 1)?;
                let clear = most - own;
                (most >= typical - SLACK && clear > CLEARLY_MORE / 2.0)
                    .then_some((clear, (*line, *column, other)))
            })
            .collect();
        misfits.sort_by(|a, b| b.0.total_cmp(&a.0));
        misfits.into_iter().map(|(_, misfit)| misfit).collect()
    }

    /// How much a letter looks like a sample.
    pub(crate) fn likeness(&self, line: usize, column: usize, sample: &Sample) -> f32 {
        likeness(self.cell(line, column), &sample.glyph)
    }

    fn cell(&self, line: usize, column: usize) -> &Glyph {
        &self.cells[line * self.width + column]
    }
}

impl Known {
    /// A letter's looks, when its pictures agree.
    pub(crate) fn trusted(&self, letter: char) -> Option<Sample> {
        Some(Sample {
            glyph: *self.letters.get(&letter)?,
            typical: self.typical?,
        })
    }

    /// The certain letter that a doubtful one looks like, clearly more than like the letter it was read as.
    pub(crate) fn better(
        &self,
        glyphs: &Glyphs,
        line: usize,
        column: usize,
        read: char,
    ) -> Option<char> {
        let typical = self.typical?;
        let cell = glyphs.cell(line, column);
        // No name holds a figure.
        let (letter, most) = self.most(cell, |letter| !letter.is_ascii_digit())?;
        let more = match self.letters.get(&read) {
            Some(known) => most >= likeness(cell, known) + CLEARLY_MORE,
            // A letter that is not among the certain ones can only be told from its few look-alikes.
            None => confused(letter, read) && most >= typical,
        };
        (letter != read && most >= typical - SLACK && more).then_some(letter)
    }

    fn most(&self, cell: &Glyph, among: impl Fn(char) -> bool) -> Option<(char, f32)> {
        self.letters
            .iter()
            .filter(|(letter, _)| among(**letter))
            .map(|(letter, known)| (*letter, likeness(cell, known)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn without(sum: &Glyph, cell: &Glyph) -> Glyph {
    let mut rest = *sum;
    for (rest, value) in rest.iter_mut().zip(cell) {
        *rest -= value;
    }
    normalise(&mut rest);
    rest
}

/// Pairs that readers mix up in names.
fn confused(letter: char, read: char) -> bool {
    const PAIRS: [&str; 6] = ["IT", "IL", "IJ", "MH", "MW", "NH"];
    PAIRS
        .iter()
        .any(|pair| pair.contains(letter) && pair.contains(read))
}

fn likeness(a: &Glyph, b: &Glyph) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn normalise(glyph: &mut Glyph) {
    let mean = glyph.iter().sum::<f32>() / POINTS as f32;
    glyph.iter_mut().for_each(|value| *value -= mean);
    let length = glyph.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 1e-6 {
        glyph.iter_mut().for_each(|value| *value /= length);
    }
}

/// Ink of the page (0 none, 255 black) under a point of the view.
fn ink(page: &GrayImage, geometry: &Geometry, x: f32, y: f32) -> f32 {
    let (x, y) = geometry.point_to_page(x, y);
    let (width, height) = (page.width() as f32, page.height() as f32);
    let (x, y) = (
        x.clamp(0.0, width - 1.0) as u32,
        y.clamp(0.0, height - 1.0) as u32,
    );
    255.0 - f32::from(page.get_pixel(x, y).0[0])
}

fn cut_line(page: &GrayImage, geometry: &Geometry, line: Rect, width: usize) -> Vec<Glyph> {
    let (left, pitch) = pitch(page, geometry, line, width);
    let (top, height) = (line.y as f32, line.h.max(1) as f32);
    (0..width)
        .map(|column| {
            let mut glyph = [0.0; POINTS];
            for (point, value) in glyph.iter_mut().enumerate() {
                let (across, down) = (point % ACROSS, point / ACROSS);
                let step_x = pitch / ACROSS as f32;
                let step_y = height / DOWN as f32;
                let x = left + column as f32 * pitch + across as f32 * step_x;
                let y = top + down as f32 * step_y;
                // Four points a grid field.
                *value = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
                    .into_iter()
                    .map(|(dx, dy)| ink(page, geometry, x + dx * step_x, y + dy * step_y))
                    .sum();
            }
            normalise(&mut glyph);
            glyph
        })
        .collect()
}

/// Where the first letter's field begins and how wide a field is: the comb whose teeth meet least ink.
fn pitch(page: &GrayImage, geometry: &Geometry, line: Rect, width: usize) -> (f32, f32) {
    let rough = line.w as f32 / width as f32;
    let from = (line.x as f32 - rough).max(0.0);
    let columns = (line.w as f32 + 2.0 * rough) as usize;
    let profile: Vec<f32> = (0..columns)
        .map(|column| {
            (0..12)
                .map(|step| {
                    let y = line.y as f32 + (step as f32 + 0.5) * line.h as f32 / 12.0;
                    ink(page, geometry, from + column as f32, y)
                })
                .sum()
        })
        .collect();
    let mut best = (f32::MAX, line.x as f32, rough);
    // The box leaves out the white beside the first and the last letter: a field or less together.
    for stretch in 0..=24 {
        let pitch = rough * (0.99 + stretch as f32 * 0.0025);
        for shift in 0..=24 {
            let left = line.x as f32 - pitch * (shift as f32 / 24.0 - 0.25);
            let cost: f32 = (0..=width)
                .map(|tooth| {
                    let at = left + tooth as f32 * pitch - from;
                    let at = (at.max(0.0) as usize).min(profile.len().saturating_sub(1));
                    profile.get(at).copied().unwrap_or(0.0)
                })
                .sum();
            if cost < best.0 {
                best = (cost, left, pitch);
            }
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flattening, Outline, Turn};
    use image::Luma;

    #[test]
    fn ink_is_looked_for_in_the_photograph_and_not_on_the_flat_sheet() {
        let geometry = Geometry {
            flattening: Some(Flattening {
                outline: Outline {
                    corners: [[60.0, 40.0], [250.0, 55.0], [240.0, 290.0], [70.0, 280.0]],
                    bends: [2.0, 0.0, -3.0, 0.0],
                },
                width: 400,
                height: 560,
                dpi: 100,
            }),
            turn: Turn::Half,
            width: 300,
            height: 320,
            ..Geometry::default()
        };
        let (x, y) = geometry.point_to_page(120.0, 150.0);
        let dot = |(px, py): (u32, u32)| (px as f32 - x).hypot(py as f32 - y) < 4.0;
        let photo = GrayImage::from_fn(300, 320, |px, py| {
            Luma([if dot((px, py)) { 0 } else { 255 }])
        });
        assert!(ink(&photo, &geometry, 120.0, 150.0) > 250.0);
        assert!(ink(&photo, &geometry, 150.0, 150.0) < 5.0);
    }
}
