//! What travels inside the file beside its pages: the fields, and the log of the pages.

use std::io::Write;

use pdf_writer::types::AssociationKind;
use pdf_writer::{Date, Finish as _, Name, Ref, Str, TextStr};
use serde::Serialize;

use super::PdfPage;
use super::out::Out;
use super::picture::Picture;
use crate::{Geometry, PaperError};

/// One attached file of JSON.
pub(crate) struct Attachment<'a> {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) bytes: &'a [u8],
}

impl Attachment<'_> {
    /// Writes the file and returns its specification.
    pub(crate) fn write<W: Write>(&self, out: &mut Out<W>, at: Date) -> Result<Ref, PaperError> {
        let (file, specification) = (out.reserve(), out.reserve());
        let size = i32::try_from(self.bytes.len()).map_err(|_| PaperError::Encoding)?;
        out.object(file, |chunk| {
            let mut embedded = chunk.embedded_file(file, self.bytes);
            embedded.subtype(Name(b"application/json"));
            embedded.params().size(size).modification_date(at);
            embedded.finish();
        })?;
        out.object(specification, |chunk| {
            chunk
                .file_spec(specification)
                .path(Str(self.name.as_bytes()))
                .unic_file(TextStr(self.name))
                .description(TextStr(self.description))
                .embedded_file_with_unicode(file)
                .association_kind(AssociationKind::Data);
        })?;
        Ok(specification)
    }
}

/// What the file remembers of a page.
#[derive(Serialize)]
pub(crate) struct PageLog {
    /// From 1.
    page: usize,
    /// Of the packed image; empty for a convenience copy, which holds no unaltered one.
    pub(crate) sha256: String,
    width: u32,
    height: u32,
    dpi: u32,
    /// How the page was held to read it.
    geometry: Option<Geometry>,
}

impl PageLog {
    pub(crate) fn of(page: &PdfPage<'_>, number: usize) -> Self {
        let (sha256, width, height, dpi) = match page.picture {
            Picture::Master(master) => (
                master.sha256.clone(),
                master.width,
                master.height,
                master.dpi,
            ),
            Picture::Layers(layers) => (String::new(), layers.width, layers.height, layers.dpi),
        };
        Self {
            page: number,
            sha256,
            width,
            height,
            dpi,
            geometry: page.read.map(|read| read.geometry.clone()),
        }
    }
}
