//! A picture of the code on a slip: a scan, a photograph or what the desk printed, as PNG or JPEG.
//!
//! The reader is written in Rust alone: whoever checks a slip opens a stranger's picture.

use std::io::Cursor;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bundle::Slip;
use image::{GrayImage, ImageFormat, ImageReader, Limits, imageops};

use super::CheckError;

/// A photograph of today's telephones has 50 million pixels.
const MAX_SIDE: u32 = 12_000;
/// As much memory as one such picture takes in colour, and some.
const MAX_BYTES: u64 = 256 << 20;
/// An honest picture takes well under a second. One made of nothing but corners of codes would take hours.
const PATIENCE: Duration = Duration::from_secs(10);
/// A larger picture is halved first; a code of version 25 has 117 modules a side, and fills a good part of its picture.
const MAX_PIXELS: u64 = 3_000_000;

/// Whether the content says of itself that it is a picture.
pub(super) fn is_one(content: &[u8]) -> bool {
    format(content).is_some()
}

fn format(content: &[u8]) -> Option<ImageFormat> {
    let known = [
        (&b"\x89PNG\r\n\x1a\n"[..], ImageFormat::Png),
        (&b"\xff\xd8\xff"[..], ImageFormat::Jpeg),
    ];
    let found = known.iter().find(|(head, _)| content.starts_with(head));
    found.map(|(_, format)| *format)
}

/// The texts of the receipt's codes in the picture, one a line, in the order of their numbers.
pub(super) fn codes(content: &[u8]) -> Result<String, CheckError> {
    let format = format(content).ok_or(CheckError::Picture)?;
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| CheckError::Picture)?;
    let picture = bounded(picture.into_luma8());
    let (told, found) = mpsc::channel();
    // On a thread of its own, which nobody waits for longer than this: the reader cannot be told to stop.
    thread::spawn(move || told.send(read(&picture)));
    let mut found = found
        .recv_timeout(PATIENCE)
        .map_err(|_| CheckError::Picture)?;
    // The number stands before the letters, so this is their order.
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err(CheckError::NoCode);
    }
    Ok(found.join("\n"))
}

fn bounded(mut picture: GrayImage) -> GrayImage {
    while u64::from(picture.width()) * u64::from(picture.height()) > MAX_PIXELS {
        let (width, height) = (picture.width() / 2, picture.height() / 2);
        picture = imageops::resize(
            &picture,
            width.max(1),
            height.max(1),
            imageops::FilterType::Triangle,
        );
    }
    picture
}

/// What a telephone blurred may come out sharpened, and what a scanner roughened at half the size.
fn read(picture: &GrayImage) -> Vec<String> {
    let found = look(picture);
    if !found.is_empty() {
        return found;
    }
    let found = look(&imageops::unsharpen(picture, 2.0, 1));
    if !found.is_empty() {
        return found;
    }
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    look(&imageops::resize(
        picture,
        width.max(1),
        height.max(1),
        imageops::FilterType::Triangle,
    ))
}

fn look(picture: &GrayImage) -> Vec<String> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.as_raw()[y * width + x]
    });
    let grids = prepared.detect_grids();
    let texts = grids.iter().filter_map(|grid| grid.decode().ok());
    texts
        .map(|(_, text)| text)
        .filter(|text| Slip::is_one(text.as_bytes()))
        .collect()
}
