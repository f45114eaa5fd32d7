//! A TrueType font whose every letter is blank, made here table by table: the text layer is never seen, yet PDF/A wants
//! each font inside the file.

/// Width of every letter, and the font's box, in thousandths of its size.
pub(crate) const ADVANCE: f32 = 500.0;
pub(crate) const ASCENT: f32 = 800.0;
pub(crate) const DESCENT: f32 = -200.0;

const UNITS_PER_EM: u16 = 1000;

/// The font file (OpenType 1.9, TrueType outlines, two glyphs: `.notdef` and a blank).
pub(crate) fn file() -> Vec<u8> {
    // In the order of their tags, as the table directory wants them.
    let tables: [(&[u8; 4], Vec<u8>); 9] = [
        (b"cmap", cmap()),
        (b"glyf", vec![0; 4]), // no outline is ever read: `loca` gives both glyphs no length
        (b"head", head()),
        (b"hhea", hhea()),
        (b"hmtx", words(&[ADVANCE as u16, 0, ADVANCE as u16, 0])),
        (b"loca", words(&[0, 0, 0])),
        (b"maxp", maxp()),
        (b"name", name()),
        (b"post", post()),
    ];
    let count = tables.len() as u16;
    let entry_selector = count.ilog2() as u16;
    let search_range = 16 << entry_selector;
    let mut file = words(&[
        0x0001,
        0x0000,
        count,
        search_range,
        entry_selector,
        count * 16 - search_range,
    ]);
    let mut at = file.len() + tables.len() * 16;
    for (tag, table) in &tables {
        file.extend_from_slice(*tag);
        file.extend_from_slice(&checksum(table).to_be_bytes());
        file.extend_from_slice(&(at as u32).to_be_bytes());
        file.extend_from_slice(&(table.len() as u32).to_be_bytes());
        at += table.len().next_multiple_of(4);
    }
    let mut head_at = 0;
    for (tag, table) in &tables {
        if *tag == b"head" {
            head_at = file.len();
        }
        file.extend_from_slice(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    // OpenType "head": checkSumAdjustment makes the sum of the whole file 0xB1B0AFBA.
    let adjustment = 0xB1B0_AFBA_u32.wrapping_sub(checksum(&file));
    file[head_at + 8..head_at + 12].copy_from_slice(&adjustment.to_be_bytes());
    file
}

fn words(values: &[u16]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// One symbol subtable (platform 3, encoding 0), format 6, that maps U+F020 to the blank glyph.
fn cmap() -> Vec<u8> {
    words(&[0, 1, 3, 0, 0, 12, 6, 12, 0, 0xf020, 1, 1])
}

fn head() -> Vec<u8> {
    let mut head = words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, UNITS_PER_EM]);
    head.extend_from_slice(&[0; 16]); // created, modified: 1904, so that the file is always the same
    head.extend(words(&[
        0,
        DESCENT as i16 as u16,
        ADVANCE as u16,
        ASCENT as u16,
        0,
        8,
        2,
        0,
        0,
    ]));
    head
}

fn hhea() -> Vec<u8> {
    let mut hhea = words(&[
        1,
        0,
        ASCENT as u16,
        DESCENT as i16 as u16,
        0,
        ADVANCE as u16,
        0,
        0,
        0,
        1,
    ]);
    hhea.extend(words(&[0; 7]));
    hhea.extend(words(&[2]));
    hhea
}

fn maxp() -> Vec<u8> {
    // Version 1.0, two glyphs, one zone, nothing else.
    words(&[1, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn name() -> Vec<u8> {
    let text: Vec<u8> = "NiemBlank"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    // Windows, Unicode, English: family (1) and PostScript name (6) share one string.
    let length = text.len() as u16;
    let mut name = words(&[
        0,
        2,
        6 + 2 * 12,
        3,
        1,
        0x409,
        1,
        length,
        0,
        3,
        1,
        0x409,
        6,
        length,
        0,
    ]);
    name.extend(text);
    name
}

fn post() -> Vec<u8> {
    let mut post = words(&[3, 0, 0, 0, 0, 0, 0, 1]); // version 3: no glyph names; fixed pitch
    post.resize(32, 0);
    post
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ab_glyph::{Font, FontRef, GlyphId};

    #[test]
    fn another_programs_font_reader_takes_it() {
        let file = file();
        assert_eq!(checksum(&file), 0xB1B0_AFBA);
        let font = FontRef::try_from_slice(&file).unwrap();
        assert_eq!(font.glyph_count(), 2);
        assert_eq!(font.units_per_em(), Some(1000.0));
        for glyph in [GlyphId(0), GlyphId(1)] {
            assert_eq!(font.h_advance_unscaled(glyph), ADVANCE);
            assert!(
                font.outline(glyph)
                    .is_none_or(|outline| outline.curves.is_empty())
            );
        }
    }
}
