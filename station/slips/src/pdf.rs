//! Leaves as a PDF 1.7: vectors and letters only, both faces embedded, each letter with its Unicode.

use std::collections::BTreeMap;
use std::io::Write as _;

use ab_glyph::{Font as _, OutlineCurve};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::PrintError;
use crate::flow::{Leaf, Mark};
use crate::letters::Face;

const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Writes the leaves; nothing in the file says when or where it was made.
pub(crate) fn write(leaves: &[Leaf], title: &str) -> Result<Vec<u8>, PrintError> {
    let mut refs = (1..).map(Ref::new);
    let mut next = || refs.next().unwrap_or(Ref::new(i32::MAX));
    let (catalog, tree, info) = (next(), next(), next());
    let fonts = Face::ALL.map(|face| (face, next()));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog)
        .pages(tree)
        .lang(TextStr("vi"))
        .viewer_preferences()
        .display_doc_title(true);
    pdf.document_info(info)
        .title(TextStr(title))
        .producer(TextStr("niem-station"));
    let pages: Vec<(Ref, Ref)> = leaves.iter().map(|_| (next(), next())).collect();
    pdf.pages(tree)
        .kids(pages.iter().map(|(page, _)| *page))
        .count(i32::try_from(leaves.len()).map_err(|_| PrintError::Packing)?);
    let mut used = [BTreeMap::new(), BTreeMap::new()];
    for (leaf, (page, content)) in leaves.iter().zip(&pages) {
        let drawn = pack(&draw(leaf, &mut used))?;
        pdf.stream(*content, &drawn).filter(Filter::FlateDecode);
        let mut sheet = pdf.page(*page);
        sheet
            .parent(tree)
            .media_box(Rect::new(0.0, 0.0, leaf.width, leaf.height))
            .contents(*content);
        let mut resources = sheet.resources();
        let mut named = resources.fonts();
        for (face, font) in fonts {
            named.pair(name(face), font);
        }
    }
    for ((face, font), used) in fonts.into_iter().zip(&used) {
        embed(&mut pdf, face, font, used, &mut next)?;
    }
    Ok(pdf.finish())
}

fn name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"R"),
        Face::Bold => Name(b"B"),
    }
}

/// Which letters a face was used for.
type Used = BTreeMap<u16, char>;

fn draw(leaf: &Leaf, used: &mut [Used; 2]) -> Vec<u8> {
    let mut content = Content::new();
    for mark in &leaf.marks {
        match mark {
            Mark::Block {
                x,
                y,
                width,
                height,
            } => {
                content
                    .rect(*x, leaf.height - y - height, *width, *height)
                    .fill_nonzero();
            }
            Mark::Text {
                x,
                y,
                size,
                face,
                text,
            } => {
                content
                    .begin_text()
                    .set_font(name(*face), *size)
                    .next_line(*x, leaf.height - y)
                    .show(Str(&glyphs(*face, text, used)))
                    .end_text();
            }
            Mark::Watermark { size, text } => watermark(&mut content, leaf, text, *size),
        }
    }
    content.finish().to_vec()
}

/// Drawn as lines, not as letters: whoever reads the text of the page aloud does not stumble over it.
fn watermark(content: &mut Content, leaf: &Leaf, text: &str, size: f32) {
    let face = Face::Bold;
    let scale = size / face.font().units_per_em().unwrap_or(1000.0);
    let (width, lean) = (face.width(text, size), 0.5_f32);
    let (left, bottom) = (
        (leaf.width - width * lean.cos()) / 2.0,
        (leaf.height - width * lean.sin()) / 2.0,
    );
    content
        .save_state()
        .set_line_width(0.6)
        .set_stroke_gray(0.5);
    content.transform([
        lean.cos(),
        lean.sin(),
        -lean.sin(),
        lean.cos(),
        left,
        bottom,
    ]);
    let mut x = 0.0;
    for letter in text.chars() {
        let glyph = face.glyph(letter);
        let at = |point: ab_glyph::Point| (x + point.x * scale, point.y * scale);
        let curves = face.font().outline(glyph).map(|outline| outline.curves);
        for curve in curves.unwrap_or_default() {
            match curve {
                OutlineCurve::Line(from, to) => {
                    let (from, to) = (at(from), at(to));
                    content.move_to(from.0, from.1).line_to(to.0, to.1);
                }
                OutlineCurve::Quad(from, by, to) => {
                    // The same curve with two handles (ISO 32000-1 §8.5.2.2 knows no other).
                    let (from, by, to) = (at(from), at(by), at(to));
                    let near = |end: f32, by: f32| end + (by - end) * 2.0 / 3.0;
                    content.move_to(from.0, from.1).cubic_to(
                        near(from.0, by.0),
                        near(from.1, by.1),
                        near(to.0, by.0),
                        near(to.1, by.1),
                        to.0,
                        to.1,
                    );
                }
                OutlineCurve::Cubic(from, one, other, to) => {
                    let (from, one, other, to) = (at(from), at(one), at(other), at(to));
                    content
                        .move_to(from.0, from.1)
                        .cubic_to(one.0, one.1, other.0, other.1, to.0, to.1);
                }
            }
        }
        content.stroke();
        x += face.width(&letter.to_string(), size);
    }
    content.restore_state();
}

/// Two bytes a letter (Identity-H).
fn glyphs(face: Face, text: &str, used: &mut [Used; 2]) -> Vec<u8> {
    let [regular, bold] = used;
    let used = match face {
        Face::Regular => regular,
        Face::Bold => bold,
    };
    text.chars()
        .flat_map(|letter| {
            let glyph = face.glyph(letter).0;
            used.insert(glyph, letter);
            glyph.to_be_bytes()
        })
        .collect()
}

/// Six letters say that the face is cut down (ISO 32000-1 §9.6.4).
fn base_name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"NIEMSL+NotoSans-Regular"),
        Face::Bold => Name(b"NIEMSL+NotoSans-Bold"),
    }
}

fn embed(
    pdf: &mut Pdf,
    face: Face,
    font: Ref,
    used: &Used,
    next: &mut impl FnMut() -> Ref,
) -> Result<(), PrintError> {
    let (descendant, descriptor, file, unicode) = (next(), next(), next(), next());
    pdf.type0_font(font)
        .base_font(base_name(face))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(unicode);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2)
        .base_font(base_name(face))
        .system_info(IDENTITY)
        .font_descriptor(descriptor)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = cid.widths();
    for glyph in used.keys() {
        widths.consecutive(*glyph, [face.advance(ab_glyph::GlyphId(*glyph))]);
    }
    widths.finish();
    cid.finish();
    let (ascent, descent) = (
        face.thousandths(face.font().ascent_unscaled()),
        face.thousandths(face.font().descent_unscaled()),
    );
    let weight = match face {
        Face::Regular => 80.0,
        Face::Bold => 150.0,
    };
    pdf.font_descriptor(descriptor)
        .name(base_name(face))
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(-700.0, descent, 3000.0, ascent))
        .italic_angle(0.0)
        .ascent(ascent)
        .descent(descent)
        .cap_height(714.0)
        .stem_v(weight)
        .font_file2(file);
    pdf.stream(file, &pack(face.bytes())?)
        .filter(Filter::FlateDecode)
        .pair(
            Name(b"Length1"),
            i32::try_from(face.bytes().len()).map_err(|_| PrintError::Packing)?,
        );
    let mut map = UnicodeCmap::new(Name(b"NiemSlip"), IDENTITY);
    for (glyph, letter) in used {
        map.pair(*glyph, *letter);
    }
    pdf.stream(unicode, &map.finish());
    Ok(())
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>, PrintError> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).map_err(|_| PrintError::Packing)?;
    packed.finish().map_err(|_| PrintError::Packing)
}
