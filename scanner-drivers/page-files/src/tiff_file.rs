//! The pages of a TIFF file, of which scanners put many into one.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, RgbImage};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use crate::{FileError, FilePage, MAX_PAGE_BYTES, MAX_PAGES, credible, fits};

pub(crate) fn pages(bytes: &[u8], page: &mut dyn FnMut(FilePage) -> bool) -> Result<(), FileError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 2 * MAX_PAGE_BYTES as usize;
    limits.intermediate_buffer_size = MAX_PAGE_BYTES as usize;
    let mut file = Decoder::new(Cursor::new(bytes))
        .map_err(|_| FileError::Damaged)?
        .with_limits(limits);
    for _ in 0..MAX_PAGES {
        let next = one(&mut file)?;
        if !page(next) || !file.more_images() {
            return Ok(());
        }
        file.next_image().map_err(|_| FileError::Damaged)?;
    }
    Err(FileError::TooManyPages)
}

fn one(file: &mut Decoder<Cursor<&[u8]>>) -> Result<FilePage, FileError> {
    let (width, height) = file.dimensions().map_err(|_| FileError::Damaged)?;
    let colour = file.colortype().map_err(|_| FileError::Packing)?;
    fits(width, height, u64::from(colour.num_samples()))?;
    let pixels = file.read_image().map_err(|_| FileError::Damaged)?;
    let image = match (colour, pixels) {
        (ColorType::Gray(8), DecodingResult::U8(gray)) => gray_image(width, height, gray),
        (ColorType::Gray(1), DecodingResult::U8(packed)) => {
            gray_image(width, height, one_bit(&packed, width, height)?)
        }
        (ColorType::Gray(16), DecodingResult::U16(gray)) => {
            gray_image(width, height, high_bytes(&gray))
        }
        (ColorType::RGB(8), DecodingResult::U8(rgb)) => rgb_image(width, height, rgb),
        (ColorType::YCbCr(8), DecodingResult::U8(rgb)) => rgb_image(width, height, rgb),
        (ColorType::RGB(16), DecodingResult::U16(rgb)) => {
            rgb_image(width, height, high_bytes(&rgb))
        }
        (ColorType::RGBA(8), DecodingResult::U8(rgba)) => {
            let rgb = rgba
                .chunks_exact(4)
                .flat_map(|four| [four[0], four[1], four[2]]);
            rgb_image(width, height, rgb.collect())
        }
        _ => return Err(FileError::Packing),
    };
    Ok(FilePage {
        image: image.ok_or(FileError::Damaged)?,
        dpi: density(file),
        jpeg: None,
    })
}

fn gray_image(width: u32, height: u32, pixels: Vec<u8>) -> Option<DynamicImage> {
    GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
}

fn rgb_image(width: u32, height: u32, pixels: Vec<u8>) -> Option<DynamicImage> {
    RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
}

fn high_bytes(samples: &[u16]) -> Vec<u8> {
    samples.iter().map(|sample| (sample >> 8) as u8).collect()
}

/// Rows of bits, each row a whole number of bytes; the decoder has made 1 white.
fn one_bit(packed: &[u8], width: u32, height: u32) -> Result<Vec<u8>, FileError> {
    let row_bytes = (width as usize).div_ceil(8);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in packed.chunks_exact(row_bytes).take(height as usize) {
        pixels.extend((0..width as usize).map(|x| {
            if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                255
            } else {
                0
            }
        }));
    }
    if pixels.len() == width as usize * height as usize {
        Ok(pixels)
    } else {
        Err(FileError::Damaged)
    }
}

/// XResolution in its unit: 2 is inch, 3 is centimetre (TIFF 6.0 §8).
fn density(file: &mut Decoder<Cursor<&[u8]>>) -> Option<u32> {
    let unit = file
        .find_tag_unsigned::<u16>(Tag::ResolutionUnit)
        .ok()
        .flatten()
        .unwrap_or(2);
    let resolution = match file.find_tag(Tag::XResolution).ok().flatten()? {
        tiff::decoder::ifd::Value::Rational(over, under) if under > 0 => {
            f64::from(over) / f64::from(under)
        }
        _ => return None,
    };
    match unit {
        2 => credible(resolution),
        3 => credible(resolution * 2.54),
        _ => None,
    }
}
