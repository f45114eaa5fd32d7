//! A page in a PNG file.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, Limits};

use crate::{FileError, FilePage, MAX_PAGE_BYTES, credible, fits, plain};

pub(crate) fn page(bytes: &[u8]) -> Result<FilePage, FileError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(2 * MAX_PAGE_BYTES); // 16 bits a channel are read, and become 8
    let decoder =
        PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(|_| FileError::Damaged)?;
    let (width, height) = decoder.dimensions();
    fits(
        width,
        height,
        u64::from(decoder.color_type().channel_count()),
    )?;
    let image = DynamicImage::from_decoder(decoder).map_err(|_| FileError::Damaged)?;
    Ok(FilePage {
        image: plain(image),
        dpi: density(bytes),
        jpeg: None,
    })
}

/// The `pHYs` chunk, which stands before the pixels (PNG 3rd edition §11.3.4.3).
fn density(bytes: &[u8]) -> Option<u32> {
    let mut at = 8;
    loop {
        let head = bytes.get(at..at + 8)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        match &head[4..8] {
            b"pHYs" => {
                let chunk = bytes.get(at + 8..at + 17).filter(|chunk| chunk[8] == 1)?;
                let per_metre = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
                return credible(f64::from(per_metre) * 0.0254);
            }
            b"IDAT" => return None,
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}
