//! The pages of a PDF that a scanner made: one image a page.

use lopdf::{Document, LoadOptions, Object, ObjectId};

use crate::pdf_page::{self, Drawn};
use crate::{FileError, FilePage, MAX_PAGES, credible, fits, jpeg};

pub(crate) fn pages(bytes: &[u8], page: &mut dyn FnMut(FilePage) -> bool) -> Result<(), FileError> {
    let file = Document::load_mem_with_options(bytes, LoadOptions::default())
        .map_err(|_| FileError::Damaged)?;
    if file.is_encrypted() {
        return Err(FileError::Locked);
    }
    let list = file.get_pages();
    if list.len() > MAX_PAGES {
        return Err(FileError::TooManyPages);
    }
    if list.is_empty() {
        return Err(FileError::Damaged);
    }
    for id in list.values() {
        if !page(one(&file, *id)?) {
            break;
        }
    }
    Ok(())
}

fn one(file: &Document, page: ObjectId) -> Result<FilePage, FileError> {
    let drawn = pdf_page::sole_image(file, page)?;
    let stream = &file
        .get_object(drawn.image)
        .and_then(Object::as_stream)
        .map_err(|_| FileError::Damaged)?;
    let size = |key: &[u8]| -> Result<u32, FileError> {
        let number = stream.dict.get_deref(key, file).and_then(Object::as_i64);
        number
            .ok()
            .and_then(|number| u32::try_from(number).ok())
            .ok_or(FileError::Damaged)
    };
    let (width, height) = (size(b"Width")?, size(b"Height")?);
    fits(width, height, 3)?;
    let packing = stream.filters().unwrap_or_default();
    let mut found = match packing.as_slice() {
        [b"DCTDecode"] => {
            let found = jpeg::page(&stream.content)?;
            if (found.image.width(), found.image.height()) != (width, height) {
                return Err(FileError::Damaged);
            }
            found
        }
        _ => FilePage {
            image: pdf_page::unpacked(file, stream, width, height)?,
            dpi: None,
            jpeg: None,
        },
    };
    found.dpi = density(&drawn, width);
    Ok(found)
}

/// Pixels over the width the image is drawn at; a point is 1/72 inch (ISO 32000-1 §8.3.2.3).
fn density(drawn: &Drawn, width: u32) -> Option<u32> {
    credible(f64::from(width) * 72.0 / drawn.width_points)
}
