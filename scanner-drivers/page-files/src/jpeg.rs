//! A page in a JPEG file, whose bytes are kept.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use crate::format::{Whole, whole};
use crate::{FileError, FilePage, credible, fits, plain};

pub(crate) fn page(bytes: &[u8]) -> Result<FilePage, FileError> {
    // A decoder paints what is missing at the end in gray and says nothing.
    if whole(bytes) != Whole::Yes {
        return Err(FileError::Damaged);
    }
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|_| FileError::Damaged)?;
    let (width, height) = decoder.dimensions();
    fits(width, height, 4)?;
    let image = DynamicImage::from_decoder(decoder).map_err(|_| FileError::Damaged)?;
    let image = plain(image);
    let channels = if image.color().has_color() { 3 } else { 1 };
    Ok(FilePage {
        image,
        dpi: density(bytes),
        // Four-channel JPEGs mean different colours to different programs; their pixels alone are handed on.
        jpeg: (components(bytes) == Some(channels)).then(|| bytes.to_vec()),
    })
}

/// The density of the JFIF header (ITU-T T.871 §10.1).
fn density(bytes: &[u8]) -> Option<u32> {
    let jfif = bytes.get(..18).filter(|head| &head[6..11] == b"JFIF\0")?;
    let density = f64::from(u16::from_be_bytes([jfif[14], jfif[15]]));
    match jfif[13] {
        1 => credible(density),
        2 => credible(density * 2.54),
        _ => None,
    }
}

/// The number of components in the frame header (ITU-T T.81 §B.2.2).
fn components(bytes: &[u8]) -> Option<u8> {
    let mut at = 2;
    loop {
        let marker = bytes.get(at..at + 4)?;
        if marker[0] != 0xff {
            return None;
        }
        // SOF0 to SOF15 without DHT (c4), JPG (c8) and DAC (cc).
        if matches!(marker[1], 0xc0..=0xcf) && !matches!(marker[1], 0xc4 | 0xc8 | 0xcc) {
            return bytes.get(at + 9).copied();
        }
        at += 2 + usize::from(u16::from_be_bytes([marker[2], marker[3]]));
    }
}
