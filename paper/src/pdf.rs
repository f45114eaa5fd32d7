//! The PDF/A writer: the unaltered page image, and over it, invisibly, the text that was read.
//!
//! The file is PDF/A-2u (which is 2b, and every letter has its Unicode), or PDF/A-3u when the fields are attached. Full
//! pages are packed as JPEG only: coders that replace a symbol by a similar one may turn a 6 into an 8, and BSI TR-03138
//! forbids them for evidence.

mod blank_font;
mod text_layer;
mod xmp;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{
    AssociationKind, CidFontType, FontFlags, OutputIntentSubtype, SystemInfo, UnicodeCmap,
};
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::collections::BTreeSet;
use std::io::Write;

use crate::{Master, PaperError, ReadPage, Turn};

/// One page of the file.
pub struct PdfPage<'a> {
    pub master: &'a Master,
    /// What was read on it, and which way up it is shown.
    pub read: Option<&'a ReadPage>,
}

/// What the file says of itself.
pub struct PdfMeta<'a> {
    pub title: &'a str,
    pub created: jiff::Timestamp,
    /// Language of the text, such as `vi`.
    pub language: &'a str,
    /// The fields as JSON, attached as `fields.json`.
    pub fields_json: Option<&'a [u8]>,
}

const PRODUCER: &str = "niem-paper";
const FONT_NAME: Name<'static> = Name(b"AAAAAA+NiemBlank");
const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};
/// The image stays this much (points) inside its page: a renderer that counts a touched pixel as a covered one would
/// stretch an image of exactly 2480 pixels over 2481 and soften every letter.
const INSET: f32 = 0.002;

const ATTACHMENT: &str = "fields.json";

/// Writes the file. The same input gives the same bytes.
pub fn write(pages: &[PdfPage<'_>], meta: &PdfMeta<'_>) -> Result<Vec<u8>, PaperError> {
    let mut refs = (1..).map(Ref::new);
    let mut next = || refs.next().expect("there are two thousand million numbers");
    let (catalog, tree, info, xmp, profile) = (next(), next(), next(), next(), next());
    let font = Font {
        font: next(),
        descendant: next(),
        descriptor: next(),
        file: next(),
        map: next(),
        unicode: next(),
    };

    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut used = BTreeSet::new();
    let mut kids = Vec::new();
    for page in pages {
        let (id, content, image) = (next(), next(), next());
        kids.push(id);
        write_page(
            &mut pdf,
            page,
            (id, content, image),
            tree,
            font.font,
            &mut used,
        )?;
    }
    pdf.pages(tree)
        .kids(kids.iter().copied())
        .count(i32::try_from(kids.len()).map_err(|_| PaperError::Encoding)?);
    font.write(&mut pdf, &used)?;
    write_profile(&mut pdf, profile)?;

    // PDF/A-2 lets only PDF/A files be attached; PDF/A-3 lets any (ISO 19005-3 §6.8).
    let part = if meta.fields_json.is_some() { 3 } else { 2 };
    let packet = xmp::packet(meta, PRODUCER, part);
    pdf.metadata(xmp, packet.as_bytes());
    pdf.document_info(info)
        .title(TextStr(meta.title))
        .producer(TextStr(PRODUCER))
        .creation_date(date(meta.created))
        .modified_date(date(meta.created));

    let attached = meta
        .fields_json
        .map(|json| write_attachment(&mut pdf, json, (next(), next()), meta.created));
    let mut root = pdf.catalog(catalog);
    root.pages(tree).metadata(xmp).lang(TextStr(meta.language));
    root.viewer_preferences().display_doc_title(true);
    if let Some(file) = attached {
        root.names()
            .embedded_files()
            .names()
            .insert(Str(ATTACHMENT.as_bytes()), file);
        root.insert(Name(b"AF")).array().item(file);
    }
    let mut intents = root.output_intents();
    let mut intent = intents.push();
    intent
        .subtype(OutputIntentSubtype::PDFA)
        .output_condition_identifier(TextStr("sRGB"))
        .info(TextStr("sRGB IEC61966-2.1"))
        .dest_output_profile(profile);
    intent.finish();
    intents.finish();
    root.finish();

    // ISO 19005-2 §6.1.3: the trailer has an ID.
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for page in pages {
        digest.update(page.master.sha256.as_bytes());
    }
    digest.update(packet.as_bytes());
    let id = digest.finish().as_ref()[..16].to_vec();
    pdf.set_file_id((id.clone(), id));
    Ok(pdf.finish())
}

fn write_page(
    pdf: &mut Pdf,
    page: &PdfPage<'_>,
    (id, content_id, image_id): (Ref, Ref, Ref),
    tree: Ref,
    font: Ref,
    used: &mut BTreeSet<char>,
) -> Result<(), PaperError> {
    let master = page.master;
    let turn = page.read.map_or(Turn::Upright, |read| read.geometry.turn);
    let (across, down) = match turn {
        Turn::Upright | Turn::Half => (master.width, master.height),
        Turn::Quarter | Turn::ThreeQuarters => (master.height, master.width),
    };
    // Scale 1:1 (NĐ 30/2020 App. I): one inch of paper is 72 points.
    let scale = 72.0 / master.dpi.max(1) as f32;
    let (width, height) = (across as f32 * scale, down as f32 * scale);

    let mut content = Content::new();
    content.save_state();
    // The image's unit square, its origin at the lower left, laid so that the page stands upright; its pixels are
    // packed as scanned.
    let (w, h) = (width - 2.0 * INSET, height - 2.0 * INSET);
    let (right, top) = (width - INSET, height - INSET);
    content.transform(match turn {
        Turn::Upright => [w, 0.0, 0.0, h, INSET, INSET],
        Turn::Quarter => [0.0, -h, w, 0.0, INSET, top],
        Turn::Half => [-w, 0.0, 0.0, -h, right, top],
        Turn::ThreeQuarters => [0.0, h, -w, 0.0, right, INSET],
    });
    content.x_object(Name(b"Page"));
    content.restore_state();
    if let Some(read) = page.read {
        text_layer::write(&mut content, read, scale, height, used);
    }
    let packed = deflate(content.finish().as_slice())?;
    pdf.stream(content_id, &packed).filter(Filter::FlateDecode);

    let mut image = pdf.image_xobject(image_id, &master.jpeg);
    image.filter(Filter::DctDecode);
    let side = |pixels: u32| i32::try_from(pixels).map_err(|_| PaperError::Encoding);
    image
        .width(side(master.width)?)
        .height(side(master.height)?)
        .bits_per_component(8);
    if master.gray {
        image.color_space().device_gray();
    } else {
        image.color_space().device_rgb();
    }
    image.finish();

    let mut sheet = pdf.page(id);
    sheet
        .parent(tree)
        .media_box(Rect::new(0.0, 0.0, width, height))
        .contents(content_id);
    let mut resources = sheet.resources();
    resources.x_objects().pair(Name(b"Page"), image_id);
    resources.fonts().pair(text_layer::FONT, font);
    Ok(())
}

/// The objects of the one invisible font.
struct Font {
    font: Ref,
    descendant: Ref,
    descriptor: Ref,
    file: Ref,
    map: Ref,
    unicode: Ref,
}

impl Font {
    fn write(&self, pdf: &mut Pdf, used: &BTreeSet<char>) -> Result<(), PaperError> {
        pdf.type0_font(self.font)
            .base_font(FONT_NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(self.descendant)
            .to_unicode(self.unicode);
        pdf.cid_font(self.descendant)
            .subtype(CidFontType::Type2)
            .base_font(FONT_NAME)
            .system_info(IDENTITY)
            .font_descriptor(self.descriptor)
            .default_width(blank_font::ADVANCE)
            .cid_to_gid_map_stream(self.map);
        pdf.font_descriptor(self.descriptor)
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
        let file = blank_font::file();
        let packed = deflate(&file)?;
        let mut stream = pdf.stream(self.file, &packed);
        stream.filter(Filter::FlateDecode);
        stream.pair(
            Name(b"Length1"),
            i32::try_from(file.len()).map_err(|_| PaperError::Encoding)?,
        );
        stream.finish();
        // Every letter shows as the one blank glyph; none as .notdef, which ISO 19005-2 §6.2.11.8 forbids.
        let blank_everywhere = [0_u8, 1].repeat(1 << 16);
        pdf.stream(self.map, &deflate(&blank_everywhere)?)
            .filter(Filter::FlateDecode);
        let mut cmap = UnicodeCmap::<u16>::new(Name(b"Adobe-Identity-UCS"), IDENTITY);
        for letter in used {
            if let Ok(code) = u16::try_from(u32::from(*letter)) {
                cmap.pair(code, *letter);
            }
        }
        let cmap = cmap.finish();
        pdf.stream(self.unicode, &deflate(cmap.as_slice())?)
            .filter(Filter::FlateDecode);
        Ok(())
    }
}

fn write_profile(pdf: &mut Pdf, id: Ref) -> Result<(), PaperError> {
    let mut profile = moxcms::ColorProfile::new_srgb()
        .encode()
        .map_err(|_| PaperError::Encoding)?;
    // The profile's own date (ICC.1 §7.2.8) would make each file another; a fixed one, 2000-01-01, serves.
    if let Some(date) = profile.get_mut(24..36) {
        date.copy_from_slice(&[0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    pdf.icc_profile(id, &deflate(&profile)?)
        .n(3)
        .filter(Filter::FlateDecode);
    Ok(())
}

fn write_attachment(
    pdf: &mut Pdf,
    json: &[u8],
    (file, spec): (Ref, Ref),
    created: jiff::Timestamp,
) -> Ref {
    let mut embedded = pdf.embedded_file(file, json);
    embedded.subtype(Name(b"application/json"));
    embedded
        .params()
        .size(i32::try_from(json.len()).unwrap_or(i32::MAX))
        .modification_date(date(created));
    embedded.finish();
    let mut entry = pdf.file_spec(spec);
    entry
        .path(Str(ATTACHMENT.as_bytes()))
        .unic_file(TextStr(ATTACHMENT))
        .description(TextStr("Fields read from the pages"))
        .embedded_file_with_unicode(file)
        .association_kind(AssociationKind::Data);
    entry.finish();
    spec
}

fn date(at: jiff::Timestamp) -> Date {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let part = |value: i8| value.unsigned_abs();
    Date::new(at.year().unsigned_abs())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, PaperError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).map_err(|_| PaperError::Encoding)?;
    encoder.finish().map_err(|_| PaperError::Encoding)
}
