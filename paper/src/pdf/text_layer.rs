//! The text over the image: each word drawn invisibly where it was read, so that it can be searched and copied.

use std::collections::BTreeSet;

use models::Word;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};

use crate::ReadPage;
use crate::pdf::blank_font;

pub(crate) const FONT: Name<'static> = Name(b"T");

/// Writes the words of a page. `height` is the page's, in points; the letters used are noted.
pub(crate) fn write(
    content: &mut Content,
    read: &ReadPage,
    scale: f32,
    height: f32,
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
            .unwrap_or(0);
        let head = line.iter().map(|word| word.bbox.y).min().unwrap_or(0);
        let size = ((foot - head) as f32 * scale).max(1.0);
        content.set_font(FONT, size);
        for (nth, word) in line.iter().enumerate() {
            write_word(
                content,
                read,
                word,
                (foot as f32, size, nth + 1 == line.len()),
                (scale, height),
                used,
            );
        }
    }
    content.end_text();
}

fn write_word(
    content: &mut Content,
    read: &ReadPage,
    word: &Word,
    (foot, size, last): (f32, f32, bool),
    (scale, height): (f32, f32),
    used: &mut BTreeSet<char>,
) {
    // A letter outside the basic plane has no two-byte code; no Vietnamese letter is.
    let mut letters: Vec<char> = word
        .text
        .chars()
        .filter(|letter| is_writable(*letter))
        .collect();
    if letters.is_empty() {
        return;
    }
    let natural = letters.len() as f32 * blank_font::ADVANCE / 1000.0 * size;
    let stretch = (word.bbox.w as f32 * scale / natural * 100.0).clamp(1.0, 1000.0);
    if !last {
        letters.push(' ');
    }
    let (x, y) = read.geometry.to_upright(word.bbox.x as f32, foot);
    let (sin, cos) = read.geometry.skew_degrees.to_radians().sin_cos();
    let base = size * -blank_font::DESCENT / 1000.0;
    // Lines that run downhill on the page run downhill in the file; its y axis points up.
    content.set_text_matrix([
        cos,
        -sin,
        sin,
        cos,
        x * scale + base * sin,
        height - y * scale + base * cos,
    ]);
    content.set_horizontal_scaling(stretch);
    let mut codes = Vec::with_capacity(letters.len() * 2);
    for letter in letters {
        codes.extend_from_slice(&(u32::from(letter) as u16).to_be_bytes());
        used.insert(letter);
    }
    content.show(Str(&codes));
}

/// Neither a control nor one of the code points that ISO 19005-2 §6.2.11.7.2 does not take for text.
fn is_writable(letter: char) -> bool {
    !letter.is_control()
        && u32::from(letter) < 0x1_0000
        && !matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
