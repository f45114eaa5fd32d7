//! Which picture format a chip's image really is, how large it is and where it ends, by its own bytes.
//!
//! Nothing is decoded here: the headers and markers alone tell the size that a decoder would give
//! memory for, and whether the picture is whole. A picture may be cut or be followed by other bytes
//! and still show a face in most decoders, so both are told as facts.

use serde::{Deserialize, Serialize};

mod jpeg;
mod jpeg2000;

use super::LdsError;

/// How the pixels of a face or a finger are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ImageFormat {
    Jpeg,
    /// JP2 file or bare code stream.
    Jpeg2000,
    Png,
    /// The FBI's wavelet format for fingers.
    Wsq,
    /// Bare grey pixels, one byte each, row by row.
    Raw,
}

/// Where a picture ends, measured against the bytes that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageEnd {
    /// Its end mark is the last of the bytes.
    Whole,
    /// Other bytes follow its end mark.
    Trailing,
    /// The bytes stop, or stop making sense, before the end mark.
    Truncated,
}

/// What a picture's own headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    pub format: ImageFormat,
    pub width: u32,
    pub height: u32,
    pub end: ImageEnd,
}

impl ImageFormat {
    /// By magic; issuers get the declared type wrong.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], ImageFormat); 5] = [
            (b"\xFF\xD8\xFF", ImageFormat::Jpeg),
            (jpeg2000::SIGNATURE, ImageFormat::Jpeg2000),
            (b"\xFF\x4F\xFF\x51", ImageFormat::Jpeg2000),
            (b"\x89PNG\r\n\x1A\n", ImageFormat::Png),
            (b"\xFF\xA0", ImageFormat::Wsq),
        ];
        MAGIC
            .into_iter()
            .find(|(magic, _)| bytes.starts_with(magic))
            .map(|(_, format)| format)
    }

    /// Width and height from the picture's own header.
    pub fn size(bytes: &[u8]) -> Option<(u16, u16)> {
        let facts = ImageFacts::of(bytes)?;
        Some((facts.width.try_into().ok()?, facts.height.try_into().ok()?))
    }
}

impl ImageFacts {
    /// Longest side; what the decoders of this product take (`models`: 2,000). A face of 35 by 45 mm
    /// at 600 dpi has 1,063 rows, a finger at 1,000 dpi fewer than 2,000.
    pub const MOST_SIDE: u32 = 2_000;
    /// A decoder gives three to six bytes to each pixel: this keeps a bomb of a few bytes under 24 MB.
    pub const MOST_PIXELS: u64 = 4_000_000;

    /// Reads the headers; `None` when the format is unknown or tells no size.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let format = ImageFormat::sniff(bytes)?;
        let (width, height, end) = match format {
            ImageFormat::Jpeg => jpeg::measure(bytes)?,
            ImageFormat::Jpeg2000 => jpeg2000::measure(bytes)?,
            ImageFormat::Png => png(bytes)?,
            ImageFormat::Wsq => jpeg::measure_wsq(bytes)?,
            ImageFormat::Raw => return None,
        };
        Some(Self {
            format,
            width,
            height,
            end,
        })
    }

    /// Refuses a picture that no decoder should be given.
    pub(crate) fn within_caps(self) -> Result<Self, LdsError> {
        let too_many = |found: u64, limit: u64| LdsError::TooMany {
            field: "pixels",
            found: usize::try_from(found).unwrap_or(usize::MAX),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let side = self.width.max(self.height);
        if side > Self::MOST_SIDE {
            return Err(too_many(u64::from(side), u64::from(Self::MOST_SIDE)));
        }
        let pixels = u64::from(self.width) * u64::from(self.height);
        if pixels > Self::MOST_PIXELS {
            return Err(too_many(pixels, Self::MOST_PIXELS));
        }
        if pixels == 0 {
            return Err(LdsError::Field {
                field: "the size of an image",
            });
        }
        Ok(self)
    }
}

/// Big-endian numbers at a place, `None` past the end.
fn number(bytes: &[u8], at: usize, octets: usize) -> Option<u32> {
    let octets = bytes.get(at..at.checked_add(octets)?)?;
    Some(
        octets
            .iter()
            .fold(0, |sum, octet| sum << 8 | u32::from(*octet)),
    )
}

/// How an end mark that stops at `at` stands to the bytes there are.
fn ending(bytes: &[u8], at: usize) -> ImageEnd {
    if at < bytes.len() {
        ImageEnd::Trailing
    } else {
        ImageEnd::Whole
    }
}

/// PNG (ISO/IEC 15948 §5.3): chunks of length, type, data and CRC; IHDR comes first.
fn png(bytes: &[u8]) -> Option<(u32, u32, ImageEnd)> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let (width, height) = (number(bytes, 16, 4)?, number(bytes, 20, 4)?);
    let mut at = 8usize;
    let end = loop {
        let (Some(length), Some(kind)) = (number(bytes, at, 4), bytes.get(at + 4..at + 8)) else {
            break ImageEnd::Truncated;
        };
        let Some(next) = (at + 12).checked_add(length as usize) else {
            break ImageEnd::Truncated;
        };
        if next > bytes.len() {
            break ImageEnd::Truncated;
        }
        if kind == b"IEND" {
            break ending(bytes, next);
        }
        at = next;
    };
    Some((width, height, end))
}

#[cfg(test)]
mod tests;
