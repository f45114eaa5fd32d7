//! The text over the image: each word drawn invisibly where it was read, so that it can be searched and copied.

use std::collections::BTreeSet;

use models::Word;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};
use unicode_normalization::UnicodeNormalization as _;

use crate::pdf::blank_font;
use crate::{Geometry, ReadPage};

pub(crate) const FONT: Name<'static> = Name(b"T");

/// The way from where words were read to the page of the file, in points. A master is shown as it was scanned or
/// photographed, so words lie as crooked as their ink.
pub(crate) struct Placing<'a> {
    /// None when the file shows the very frame in which the page was read.
    pub(crate) geometry: Option<&'a Geometry>,
    /// Points a pixel.
    pub(crate) scale: f32,
    /// Height of the page, in points: its y axis points up.
    pub(crate) height: f32,
}

impl Placing<'_> {
    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = self
            .geometry
            .map_or((x, y), |geometry| geometry.point_to_shown(x, y));
        (x * self.scale, self.height - y * self.scale)
    }
}

/// Writes the words of a page; the letters used are noted.
pub(crate) fn write(
    content: &mut Content,
    read: &ReadPage,
    placing: &Placing<'_>,
    used: &mut BTreeSet<char>,
) {
    content.begin_text();
    content.set_text_rendering_mode(TextRenderingMode::Invisible);
    for line in read
        .text
        .words
        .chunk_by(|a, b| (a.block, a.line) == (b.block, b.line))
    {
        // Words of one line share its height and foot, or a reader takes them for several lines.
        let foot = line
            .iter()
            .map(|word| word.bbox.y + word.bbox.h)
            .max()
            .unwrap_or(0) as f32;
        let head = line.iter().map(|word| word.bbox.y).min().unwrap_or(0) as f32;
        let left = line.first().map_or(0, |word| word.bbox.x) as f32;
        let (low, high) = (placing.point(left, foot), placing.point(left, head));
        let size = (high.0 - low.0).hypot(high.1 - low.1).max(1.0);
        content.set_font(FONT, size);
        for (nth, word) in line.iter().enumerate() {
            write_word(
                content,
                word,
                (foot, head, size, nth + 1 == line.len()),
                placing,
                used,
            );
        }
    }
    content.end_text();
}

/// A word along its own foot and up its own side: on a photographed page no two words need lie alike.
fn write_word(
    content: &mut Content,
    word: &Word,
    (foot, head, size, last): (f32, f32, f32, bool),
    placing: &Placing<'_>,
    used: &mut BTreeSet<char>,
) {
    // A letter outside the basic plane has no two-byte code; no Vietnamese letter is.
    let mut letters: Vec<char> = word
        .text
        .nfc()
        .filter(|letter| is_writable(*letter))
        .collect();
    if letters.is_empty() {
        return;
    }
    let (left, right) = (word.bbox.x as f32, (word.bbox.x + word.bbox.w) as f32);
    let start = placing.point(left, foot);
    let end = placing.point(right, foot);
    let top = placing.point(left, head);
    let (along, length) = direction(start, end, (1.0, 0.0));
    let (up, _) = direction(start, top, (-along.1, along.0));
    // A page seen edge-on has no text to lay over it; a matrix without area is forbidden to text.
    if (along.0 * up.1 - along.1 * up.0).abs() < 0.05 {
        return;
    }
    let natural = letters.len() as f32 * blank_font::ADVANCE / 1000.0 * size;
    let stretch = (length / natural * 100.0).clamp(1.0, 1000.0);
    if !last {
        letters.push(' ');
    }
    let base = size * -blank_font::DESCENT / 1000.0;
    content.set_text_matrix([
        along.0,
        along.1,
        up.0,
        up.1,
        start.0 + up.0 * base,
        start.1 + up.1 * base,
    ]);
    content.set_horizontal_scaling(stretch);
    let mut codes = Vec::with_capacity(letters.len() * 2);
    for letter in letters {
        codes.extend_from_slice(&(u32::from(letter) as u16).to_be_bytes());
        used.insert(letter);
    }
    content.show(Str(&codes));
}

/// The direction from one point to another and how far it is; `otherwise` where they are one or no points at all.
fn direction(from: (f32, f32), to: (f32, f32), otherwise: (f32, f32)) -> ((f32, f32), f32) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length.is_finite() && length > 1e-3 {
        ((dx / length, dy / length), length)
    } else {
        (otherwise, 1.0)
    }
}

/// Neither a control nor one of the code points that ISO 19005-2 §6.2.11.7.2 does not take for text.
fn is_writable(letter: char) -> bool {
    !letter.is_control()
        && u32::from(letter) < 0x1_0000
        && !matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
