//! The PDF/A writer: the picture of each page, and over it, invisibly, the text that was read.
//!
//! [`Writer`] writes page by page into any sink and holds none of them; [`write()`] does it into memory. Certified masters
//! are packed as full pages only (see [`crate::Master`]); a convenience copy has layers and says so.

mod attachment;
mod blank_font;
mod font;
mod meta;
mod out;
mod picture;
mod text_layer;
mod xmp;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::writers::{Catalog, DocumentInfo};
use pdf_writer::{Content, Date, Filter, Finish as _, Name, Rect, Ref, Str, TextStr};
use std::collections::BTreeSet;
use std::io::Write;

use crate::{PaperError, ReadPage};
use attachment::{Attachment, PageLog};
use font::Font;
use out::Out;
use picture::Frame;
use text_layer::Placing;

pub use meta::{ArchiveMeta, CopyKind, PdfMeta, Standard};
pub use picture::Picture;

/// One page of the file.
pub struct PdfPage<'a> {
    pub picture: Picture<'a>,
    /// What was read on it, and which way up it is shown.
    pub read: Option<&'a ReadPage>,
}

const PRODUCER: &str = "niem-paper";

/// Writes a whole file into memory. The same input gives the same bytes.
pub fn write(pages: &[PdfPage<'_>], meta: &PdfMeta<'_>) -> Result<Vec<u8>, PaperError> {
    let mut writer = Writer::begin(Vec::new(), meta.standard)?;
    for page in pages {
        writer.page(page)?;
    }
    writer.finish(meta)
}

/// A file in the making. What it keeps of a page is a few numbers and which letters it has.
pub struct Writer<W> {
    out: Out<W>,
    standard: Standard,
    catalog: Ref,
    tree: Ref,
    info: Ref,
    font: Font,
    pages: Vec<Ref>,
    log: Vec<PageLog>,
    used: BTreeSet<char>,
    digest: ring::digest::Context,
}

impl<W: Write> Writer<W> {
    /// Begins a file. What [`PdfMeta::standard`] says at the end must be the same.
    pub fn begin(sink: W, standard: Standard) -> Result<Self, PaperError> {
        let version = match standard {
            Standard::Newest => "1.7",
            Standard::A1b => "1.4",
        };
        let mut out = Out::begin(sink, version)?;
        let (catalog, tree, info) = (out.reserve(), out.reserve(), out.reserve());
        Ok(Self {
            font: Font::reserve(&mut out),
            out,
            standard,
            catalog,
            tree,
            info,
            pages: Vec::new(),
            log: Vec::new(),
            used: BTreeSet::new(),
            digest: ring::digest::Context::new(&ring::digest::SHA256),
        })
    }

    /// Writes the next page.
    pub fn page(&mut self, page: &PdfPage<'_>) -> Result<(), PaperError> {
        let geometry = page.read.map(|read| &read.geometry);
        let frame = page.picture.frame(geometry);
        let Frame { width, height, .. } = frame;
        let mut content = Content::new();
        page.picture.draw(&mut content, &frame);
        if let Some(read) = page.read {
            let placing = Placing {
                geometry: matches!(page.picture, Picture::Master(_)).then_some(&read.geometry),
                scale: frame.scale,
                height,
            };
            text_layer::write(&mut content, read, &placing, &mut self.used);
        }
        let content = deflate(content.finish().as_slice())?;
        let images = page.picture.write(&mut self.out)?;
        let (id, content_id) = (self.out.reserve(), self.out.reserve());
        self.out.object(content_id, |chunk| {
            chunk
                .stream(content_id, &content)
                .filter(Filter::FlateDecode);
        })?;
        let (tree, font) = (self.tree, self.font.font);
        self.out.object(id, |chunk| {
            let mut sheet = chunk.page(id);
            sheet
                .parent(tree)
                .media_box(Rect::new(0.0, 0.0, width, height))
                .contents(content_id);
            let mut resources = sheet.resources();
            let mut named = resources.x_objects();
            for (name, image) in images {
                named.pair(name, image);
            }
            named.finish();
            resources.fonts().pair(text_layer::FONT, font);
        })?;
        self.pages.push(id);
        let log = PageLog::of(page, self.pages.len());
        self.digest.update(log.sha256.as_bytes());
        self.log.push(log);
        Ok(())
    }

    /// Writes what stands behind the pages and gives the sink back.
    pub fn finish(mut self, meta: &PdfMeta<'_>) -> Result<W, PaperError> {
        let count = i32::try_from(self.pages.len()).map_err(|_| PaperError::Encoding)?;
        let (tree, pages) = (self.tree, std::mem::take(&mut self.pages));
        self.out.object(tree, |chunk| {
            chunk.pages(tree).kids(pages).count(count);
        })?;
        self.font
            .write(&mut self.out, &self.used, self.standard == Standard::A1b)?;
        let profile = self.write_profile()?;
        let attached = self.attach(meta)?;
        // PDF/A-2 lets only PDF/A files be attached, PDF/A-3 any (ISO 19005-3 §6.8), PDF/A-1 none.
        let part = match (self.standard, attached.is_empty()) {
            (Standard::A1b, _) => 1,
            (Standard::Newest, true) => 2,
            (Standard::Newest, false) => 3,
        };
        let packet = xmp::packet(meta, PRODUCER, part);
        let metadata = self.out.reserve();
        self.out.object(metadata, |chunk| {
            chunk.metadata(metadata, packet.as_bytes());
        })?;
        let (info, title) = (self.info, xmp::title(meta));
        self.out.object(info, |chunk| {
            chunk
                .indirect(info)
                .start::<DocumentInfo<'_>>()
                .title(TextStr(&title))
                .producer(TextStr(PRODUCER))
                .creation_date(date(meta.created))
                .modified_date(date(meta.created));
        })?;
        let catalog = self.catalog;
        self.out.object(catalog, |chunk| {
            let mut root = chunk.indirect(catalog).start::<Catalog<'_>>();
            root.pages(tree)
                .metadata(metadata)
                .lang(TextStr(meta.language));
            root.viewer_preferences().display_doc_title(true);
            if !attached.is_empty() {
                {
                    let mut names = root.names();
                    let mut tree = names.embedded_files();
                    let mut files = tree.names();
                    for (name, file) in &attached {
                        files.insert(Str(name.as_bytes()), *file);
                    }
                }
                root.insert(Name(b"AF"))
                    .array()
                    .items(attached.iter().map(|(_, file)| *file));
            }
            root.output_intents()
                .push()
                .subtype(OutputIntentSubtype::PDFA)
                .output_condition_identifier(TextStr("sRGB"))
                .info(TextStr("sRGB IEC61966-2.1"))
                .dest_output_profile(profile);
        })?;
        // ISO 19005-2 §6.1.3: the trailer has an ID.
        self.digest.update(packet.as_bytes());
        let id = self.digest.finish();
        Ok(self
            .out
            .finish(self.catalog, self.info, &id.as_ref()[..16])?)
    }

    fn write_profile(&mut self) -> Result<Ref, PaperError> {
        let mut profile = moxcms::ColorProfile::new_srgb()
            .encode()
            .map_err(|_| PaperError::Encoding)?;
        // The profile's own date (ICC.1 §7.2.8) would make each file another; a fixed one, 2000-01-01, serves.
        if let Some(date) = profile.get_mut(24..36) {
            date.copy_from_slice(&[0x07, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        }
        if self.standard == Standard::A1b {
            // ISO 19005-1 §6.2.2 knows profiles up to version 2; moxcms' differs from one in nothing but the number.
            if let Some(version) = profile.get_mut(8..10) {
                version.copy_from_slice(&[2, 0x40]);
            }
        }
        let packed = deflate(&profile)?;
        let id = self.out.reserve();
        self.out.object(id, |chunk| {
            chunk
                .icc_profile(id, &packed)
                .n(3)
                .filter(Filter::FlateDecode);
        })?;
        Ok(id)
    }

    /// Attaches the fields and the log of pages; names in order, as a name tree wants them.
    fn attach(&mut self, meta: &PdfMeta<'_>) -> Result<Vec<(&'static str, Ref)>, PaperError> {
        let Some(fields) = meta.fields_json.filter(|_| self.standard != Standard::A1b) else {
            return Ok(Vec::new());
        };
        let log = serde_json::to_vec(&self.log).map_err(|_| PaperError::Encoding)?;
        let files = [
            Attachment {
                name: "fields.json",
                description: "Fields read from the pages",
                bytes: fields,
            },
            Attachment {
                name: "pages.json",
                description: "Digest and geometry of each page",
                bytes: &log,
            },
        ];
        files
            .iter()
            .map(|file| Ok((file.name, file.write(&mut self.out, date(meta.created))?)))
            .collect()
    }
}

pub(crate) fn date(at: jiff::Timestamp) -> Date {
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

pub(crate) fn deflate(bytes: &[u8]) -> Result<Vec<u8>, PaperError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).map_err(|_| PaperError::Encoding)?;
    encoder.finish().map_err(|_| PaperError::Encoding)
}
