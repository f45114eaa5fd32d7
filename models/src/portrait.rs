//! A portrait: RGB pixels of a person, bounded in size, wiped when dropped, never printed.
//!
//! What a chip or a camera sends is foreign bytes. Sizes are checked before pixels are allocated, and
//! a picture that decodes proves nothing: four of five damaged JPEG 2000 files decode "well", so the
//! digests of the SOD are checked before anyone decodes (ICAO 9303-11 §5.1).

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

mod damage;
mod layout;

pub use damage::{PortraitNotice, blockiness, portrait_notices};

/// RGB pixels of one picture of a person.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Portrait {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Portrait {
    /// Longest side; a camera frame of full HD fits, a scanned page does not.
    pub const MAX_SIDE: u32 = 2_000;
    pub const MAX_PIXELS: u64 = 4_000_000;
    /// A DG2 portrait has 12 to 20 kB, a camera's JPEG under a megabyte.
    pub const MAX_BYTES: usize = 4 * 1024 * 1024;

    /// Decodes JPEG, PNG or JPEG 2000, recognised by its first bytes: the type a record claims is not
    /// believed. An Exif orientation is applied.
    pub fn decode(bytes: &[u8]) -> Result<Self, PortraitError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(PortraitError::TooLarge);
        }
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Self::decode_plain(bytes, ImageFormat::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Self::decode_plain(bytes, ImageFormat::Png),
            // ISO/IEC 15444-1 Annex I (JP2 signature box) and Annex A (SOC, SIZ of a bare codestream)
            [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => {
                Self::decode_jpeg2000(bytes)
            }
            _ => Err(PortraitError::UnknownFormat),
        }
    }

    /// Takes pixels that are already there, such as a camera's frame: three bytes a pixel, row by row.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, PortraitError> {
        let portrait = Self { width, height, rgb };
        check_size(width, height)?;
        if portrait.rgb.len() as u64 != u64::from(width) * u64::from(height) * 3 {
            return Err(PortraitError::Size);
        }
        Ok(portrait)
    }

    pub const fn width(&self) -> u32 {
        self.width
    }

    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, three bytes each, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture as a JPEG, for the desk's own screen.
    pub fn to_jpeg(&self, quality: u8) -> Result<Zeroizing<Vec<u8>>, PortraitError> {
        let mut jpeg = Zeroizing::new(Vec::new());
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut *jpeg, quality)
            .encode(
                &self.rgb,
                self.width,
                self.height,
                image::ExtendedColorType::Rgb8,
            )
            .map_err(|_| PortraitError::Size)?;
        Ok(jpeg)
    }

    /// The picture made small by whole steps until no side is longer than `side`, each pixel the mean of a square. None
    /// where nothing would be left of it.
    pub fn shrunk(&self, side: u32) -> Option<Self> {
        let (width, height) = (self.width as usize, self.height as usize);
        let step = width.max(height).div_ceil(side.max(1) as usize).max(1);
        let (across, down) = (width / step, height / step);
        if across == 0 || down == 0 {
            return None;
        }
        let area = (step * step) as u32;
        let mut pixels = Vec::with_capacity(across * down * 3);
        let mut sums = vec![0_u32; across * 3];
        for y in 0..down {
            sums.fill(0);
            for row in y * step..(y + 1) * step {
                let row = &self.rgb[row * width * 3..][..across * step * 3];
                for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(step * 3)) {
                    for pixel in square.chunks_exact(3) {
                        for (sum, value) in sum.iter_mut().zip(pixel) {
                            *sum += u32::from(*value);
                        }
                    }
                }
            }
            pixels.extend(sums.iter().map(|sum| (sum / area) as u8));
        }
        Self::from_rgb(across as u32, down as u32, pixels).ok()
    }

    fn decode_plain(bytes: &[u8], format: ImageFormat) -> Result<Self, PortraitError> {
        let mut limits = Limits::default();
        limits.max_image_width = Some(Self::MAX_SIDE);
        limits.max_image_height = Some(Self::MAX_SIDE);
        // 16-bit RGBA of the largest allowed picture, and as much again for the decoder's own tables
        limits.max_alloc = Some(Self::MAX_PIXELS * 8 * 2);
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(refused)?;
        let (width, height) = decoder.dimensions();
        check_size(width, height)?;
        let orientation = decoder.orientation().map_err(refused)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
        picture.apply_orientation(orientation);
        let rgb = picture.to_rgb8();
        wipe(picture);
        Self::from_rgb(rgb.width(), rgb.height(), rgb.into_raw())
    }

    fn decode_jpeg2000(bytes: &[u8]) -> Result<Self, PortraitError> {
        // The decoder forbids unsafe code, so the worst a bad stream can do is panic: catch that too.
        catch_unwind(AssertUnwindSafe(|| decode_jpeg2000(bytes)))
            .unwrap_or(Err(PortraitError::Damaged))
    }
}

fn decode_jpeg2000(bytes: &[u8]) -> Result<Portrait, PortraitError> {
    use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

    layout::check(bytes)?;
    let image =
        Image::new(bytes, &DecodeSettings::default()).map_err(|_| PortraitError::Damaged)?;
    let (width, height) = (image.width(), image.height());
    check_size(width, height)?;
    // The header may announce thousands of channels: only gray and RGB are portraits, and only they
    // are given memory.
    let colours: usize = match image.color_space() {
        ColorSpace::Gray
        | ColorSpace::Icc {
            num_channels: 1, ..
        } => 1,
        ColorSpace::RGB
        | ColorSpace::Icc {
            num_channels: 3, ..
        } => 3,
        _ => return Err(PortraitError::UnknownFormat),
    };
    let channels = colours + usize::from(image.has_alpha());
    let mut context = DecoderContext::default();
    let decoded = image
        .decode(&mut context)
        .map_err(|_| PortraitError::Damaged)?;
    let samples = Zeroizing::new(decoded.data_u8());
    let pixels = width as usize * height as usize;
    if samples.len() != pixels * channels {
        return Err(PortraitError::Damaged);
    }
    let mut rgb = Vec::with_capacity(pixels * 3);
    for pixel in samples.chunks_exact(channels) {
        match colours {
            1 => rgb.extend([pixel[0]; 3]),
            _ => rgb.extend(&pixel[..3]),
        }
    }
    Portrait::from_rgb(width, height, rgb)
}

fn check_size(width: u32, height: u32) -> Result<(), PortraitError> {
    if width == 0 || height == 0 {
        return Err(PortraitError::Size);
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > Portrait::MAX_SIDE || height > Portrait::MAX_SIDE || pixels > Portrait::MAX_PIXELS {
        return Err(PortraitError::TooLarge);
    }
    Ok(())
}

fn refused(error: image::ImageError) -> PortraitError {
    match error {
        image::ImageError::Limits(_) => PortraitError::TooLarge,
        image::ImageError::Unsupported(_) => PortraitError::UnknownFormat,
        _ => PortraitError::Damaged,
    }
}

/// Overwrites the decoder's own copy of the pixels.
fn wipe(picture: DynamicImage) {
    match picture {
        DynamicImage::ImageLuma8(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageLumaA8(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageRgb8(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageRgba8(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageLuma16(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageLumaA16(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageRgb16(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageRgba16(pixels) => pixels.into_raw().zeroize(),
        _ => {}
    }
}

/// Why bytes are no portrait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortraitError {
    #[error("the picture is larger than a portrait may be")]
    TooLarge,
    #[error("neither JPEG, PNG nor JPEG 2000 in gray or RGB")]
    UnknownFormat,
    #[error("the picture cannot be decoded")]
    Damaged,
    #[error("the pixels do not fill the stated size")]
    Size,
}

impl PortraitError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 4] = [
        "portrait.too_large",
        "portrait.unknown_format",
        "portrait.damaged",
        "portrait.size",
    ];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "portrait.too_large",
            Self::UnknownFormat => "portrait.unknown_format",
            Self::Damaged => "portrait.damaged",
            Self::Size => "portrait.size",
        }
    }
}

#[cfg(test)]
mod tests;
