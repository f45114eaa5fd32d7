//! The objects of the one invisible font: every letter shows as the same blank, and means its own Unicode.

use std::collections::BTreeSet;
use std::io::Write;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Rect, Ref, Str};

use super::out::Out;
use super::{blank_font, deflate};
use crate::PaperError;

const FONT_NAME: Name<'static> = Name(b"AAAAAA+NiemBlank");
const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

pub(crate) struct Font {
    pub(crate) font: Ref,
    descendant: Ref,
    descriptor: Ref,
    file: Ref,
    map: Ref,
    unicode: Ref,
    cid_set: Ref,
}

impl Font {
    pub(crate) fn reserve<W: Write>(out: &mut Out<W>) -> Self {
        Self {
            font: out.reserve(),
            descendant: out.reserve(),
            descriptor: out.reserve(),
            file: out.reserve(),
            map: out.reserve(),
            unicode: out.reserve(),
            cid_set: out.reserve(),
        }
    }

    /// Writes the font for the letters that were used. PDF/A-1 wants a subset to list its letters (ISO 19005-1 §6.3.5),
    /// PDF/A-2 does not.
    pub(crate) fn write<W: Write>(
        &self,
        out: &mut Out<W>,
        used: &BTreeSet<char>,
        list_letters: bool,
    ) -> Result<(), PaperError> {
        out.object(self.font, |chunk| {
            chunk
                .type0_font(self.font)
                .base_font(FONT_NAME)
                .encoding_predefined(Name(b"Identity-H"))
                .descendant_font(self.descendant)
                .to_unicode(self.unicode);
        })?;
        out.object(self.descendant, |chunk| {
            chunk
                .cid_font(self.descendant)
                .subtype(CidFontType::Type2)
                .base_font(FONT_NAME)
                .system_info(IDENTITY)
                .font_descriptor(self.descriptor)
                .default_width(blank_font::ADVANCE)
                .cid_to_gid_map_stream(self.map);
        })?;
        out.object(self.descriptor, |chunk| {
            let mut descriptor = chunk.font_descriptor(self.descriptor);
            descriptor
                .name(FONT_NAME)
                .flags(FontFlags::SYMBOLIC | FontFlags::FIXED_PITCH)
                .bbox(Rect::new(
                    0.0,
                    blank_font::DESCENT,
                    blank_font::ADVANCE,
                    blank_font::ASCENT,
                ))
                .italic_angle(0.0)
                .ascent(blank_font::ASCENT)
                .descent(blank_font::DESCENT)
                .cap_height(blank_font::ASCENT)
                .stem_v(80.0)
                .font_file2(self.file);
            if list_letters {
                descriptor.cid_set(self.cid_set);
            }
        })?;
        let file = blank_font::file();
        let length = i32::try_from(file.len()).map_err(|_| PaperError::Encoding)?;
        let packed = deflate(&file)?;
        out.object(self.file, |chunk| {
            let mut stream = chunk.stream(self.file, &packed);
            stream.filter(Filter::FlateDecode);
            stream.pair(Name(b"Length1"), length);
            stream.finish();
        })?;
        // Every letter shows as the one blank glyph; none as .notdef, which ISO 19005-2 §6.2.11.8 forbids.
        let blank_everywhere = deflate(&[0_u8, 1].repeat(1 << 16))?;
        out.object(self.map, |chunk| {
            chunk
                .stream(self.map, &blank_everywhere)
                .filter(Filter::FlateDecode);
        })?;
        // pdf-writer groups at most a hundred letters and never across a high byte (Adobe technical note 5014).
        let mut cmap = UnicodeCmap::<u16>::new(Name(b"Adobe-Identity-UCS"), IDENTITY);
        let mut listed = vec![0_u8; 1 << 13];
        for letter in used {
            if let Ok(code) = u16::try_from(u32::from(*letter)) {
                cmap.pair(code, *letter);
                listed[usize::from(code >> 3)] |= 0x80 >> (code & 7);
            }
        }
        let cmap = deflate(cmap.finish().as_slice())?;
        out.object(self.unicode, |chunk| {
            chunk
                .stream(self.unicode, &cmap)
                .filter(Filter::FlateDecode);
        })?;
        if list_letters {
            let listed = deflate(&listed)?;
            out.object(self.cid_set, |chunk| {
                chunk
                    .stream(self.cid_set, &listed)
                    .filter(Filter::FlateDecode);
            })?;
        }
        Ok(())
    }
}
