//! One page as the scanner saw it.

use std::borrow::Cow;
use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits, RgbImage};

use crate::master::{Coding, from_group4, most_bytes};
use crate::{Master, PaperError, Turn};

/// A3 at 1200 dpi has 279 Mpx; nobody brings that. A4 at 600 dpi has 35.
const MAX_PIXELS: u64 = 150_000_000;
const MAX_SIDE: u32 = 30_000;

/// Assumed for a file that does not say.
const DEFAULT_DPI: u32 = 300;

/// A page. `Debug` tells its size and no pixel.
#[derive(Clone)]
pub struct Sheet {
    pixels: DynamicImage,
    dpi: u32,
    /// Taken by a camera, or nobody knows how: there may be a desk around the page, and `dpi` means nothing.
    photograph: bool,
    /// The file's own bytes when it came as a JPEG: packing it again would only lose.
    jpeg: Option<Vec<u8>>,
    /// Which way up a person says it stands; unsaid, its letters tell.
    held: Option<Turn>,
}

impl Sheet {
    /// A page straight from a scanner.
    pub fn new(pixels: impl Into<DynamicImage>, dpi: u32) -> Result<Self, PaperError> {
        let pixels = match pixels.into() {
            gray @ DynamicImage::ImageLuma8(_) => gray,
            rgb @ DynamicImage::ImageRgb8(_) => rgb,
            other if !other.color().has_color() => DynamicImage::ImageLuma8(other.to_luma8()),
            other => DynamicImage::ImageRgb8(other.to_rgb8()),
        };
        let (width, height) = (pixels.width(), pixels.height());
        let sides = 16..=MAX_SIDE;
        if !sides.contains(&width)
            || !sides.contains(&height)
            || u64::from(width) * u64::from(height) > MAX_PIXELS
        {
            return Err(PaperError::ImpossibleSize { width, height });
        }
        Ok(Self {
            pixels,
            dpi,
            photograph: false,
            jpeg: None,
            held: None,
        })
    }

    /// A page as a camera saw it, with the desk around it.
    pub fn photograph(pixels: impl Into<DynamicImage>) -> Result<Self, PaperError> {
        Ok(Self {
            photograph: true,
            ..Self::new(pixels, DEFAULT_DPI)?
        })
    }

    /// A page out of an image file. `dpi` overrides what the file says of itself; where neither says anything, it may
    /// be a photograph.
    pub fn from_file(bytes: &[u8], dpi: Option<u32>) -> Result<Self, PaperError> {
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|_| PaperError::NotAnImage)?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_PIXELS * 4);
        reader.limits(limits);
        let format = reader.format();
        let pixels = reader.decode().map_err(|_| PaperError::NotAnImage)?;
        let plain = matches!(
            pixels,
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_)
        );
        let dpi = dpi.or_else(|| stated_dpi(bytes));
        let mut sheet = match dpi {
            Some(dpi) => Self::new(pixels, dpi)?,
            None => Self::photograph(pixels)?,
        };
        // Four-channel JPEGs mean different colours to different programs; those are packed anew.
        if format == Some(ImageFormat::Jpeg)
            && plain
            && jpeg_components(bytes) == Some(sheet.channels())
        {
            sheet.jpeg = Some(bytes.to_vec());
        }
        Ok(sheet)
    }

    /// A page out of its packed master.
    pub fn from_master(master: &Master) -> Result<Self, PaperError> {
        let size = (master.width, master.height);
        match master.coding {
            Coding::Jpeg => Self::from_file(&master.bytes, Some(master.dpi)),
            Coding::Group4 => {
                let tones = from_group4(&master.bytes, size).ok_or(PaperError::NotAnImage)?;
                let tones = GrayImage::from_raw(size.0, size.1, tones);
                Self::new(tones.ok_or(PaperError::NotAnImage)?, master.dpi)
            }
        }
    }

    /// The same page as a person holds it: by how much it is turned clockwise to stand upright. Its pixels stay as they
    /// are.
    #[must_use]
    pub fn held(self, turn: Turn) -> Self {
        Self {
            held: Some(turn),
            ..self
        }
    }

    pub(crate) fn held_so(&self) -> Option<Turn> {
        self.held
    }

    /// The same page, seen by a camera or not.
    #[must_use]
    pub fn seen_as(self, photograph: bool) -> Self {
        Self { photograph, ..self }
    }

    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    pub fn dpi(&self) -> u32 {
        self.dpi
    }

    /// Whether it may show a desk around the page, and has no resolution of its own.
    pub fn is_photograph(&self) -> bool {
        self.photograph
    }

    /// The brightness of the page.
    pub fn gray(&self) -> Cow<'_, GrayImage> {
        match &self.pixels {
            DynamicImage::ImageLuma8(gray) => Cow::Borrowed(gray),
            other => Cow::Owned(other.to_luma8()),
        }
    }

    /// The colours, when there are any.
    pub fn colour(&self) -> Option<&RgbImage> {
        self.pixels.as_rgb8()
    }

    fn channels(&self) -> u8 {
        if self.colour().is_some() { 3 } else { 1 }
    }

    /// The pixels as they are.
    pub fn pixels(&self) -> &DynamicImage {
        &self.pixels
    }

    /// Packs the unaltered pixels once and for all.
    pub fn master(&self) -> Result<Master, PaperError> {
        let (size, gray) = ((self.width(), self.height()), self.channels() == 1);
        match &self.jpeg {
            Some(jpeg) if jpeg.len() as u64 <= most_bytes(size) => Ok(Master::packed(
                jpeg.clone(),
                Coding::Jpeg,
                gray,
                size,
                self.dpi,
            )),
            _ => Master::pack(self.pixels.as_bytes(), gray, size, self.dpi),
        }
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Sheet({}x{} at {} dpi)",
            self.width(),
            self.height(),
            self.dpi
        )
    }
}

/// The resolution written in the file: JFIF density or PNG `pHYs`.
fn stated_dpi(bytes: &[u8]) -> Option<u32> {
    let dpi = if let Some(jfif) = bytes
        .get(..18)
        .filter(|head| head.starts_with(&[0xff, 0xd8]) && &head[6..11] == b"JFIF\0")
    {
        let density = u32::from(u16::from_be_bytes([jfif[14], jfif[15]]));
        match jfif[13] {
            1 => density,
            2 => (f64::from(density) * 2.54).round() as u32,
            _ => return None,
        }
    } else if bytes.starts_with(b"\x89PNG") {
        // PNG 3rd edition §11.3.4.3; the chunk stands near the start, before the pixels.
        let head = &bytes[..bytes.len().min(4096)];
        let at = head.windows(4).position(|name| name == b"pHYs")? + 4;
        let chunk = head.get(at..at + 9).filter(|chunk| chunk[8] == 1)?;
        let per_metre = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        (f64::from(per_metre) * 0.0254).round() as u32
    } else {
        return None;
    };
    // 72 and 96 are what programs write that know nothing.
    (100..=2400).contains(&dpi).then_some(dpi)
}

/// The number of components in a JPEG's frame header (ITU-T T.81 §B.2.2).
fn jpeg_components(bytes: &[u8]) -> Option<u8> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn page() -> RgbImage {
        RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 3, y as u8 * 4, 90]))
    }

    #[test]
    fn a_jpeg_file_is_kept_byte_for_byte() {
        let bytes = Sheet::new(page(), 200).unwrap().master().unwrap().bytes;
        let sheet = Sheet::from_file(&bytes, Some(200)).unwrap();
        let master = sheet.master().unwrap();
        assert!(master.bytes == bytes);
        assert_eq!(
            (master.width, master.height, master.gray, master.dpi),
            (64, 48, false, 200)
        );
    }

    #[test]
    fn a_jpeg_larger_than_a_page_may_be_is_packed_anew() {
        let mut seed = 1_u32;
        let noise = RgbImage::from_fn(2000, 1500, |_, _| {
            image::Rgb(std::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                128 + (seed >> 27) as u8
            }))
        });
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 100)
            .encode_image(&noise)
            .unwrap();
        assert!(bytes.len() > 2_500_000);
        let sheet = Sheet::from_file(&bytes, Some(300)).unwrap();
        let master = sheet.master().unwrap();
        assert!(master.bytes != bytes && master.bytes.len() < 1_500_000);
        let again = Sheet::from_master(&master).unwrap();
        assert_eq!(
            (again.width(), again.height(), again.dpi()),
            (2000, 1500, 300)
        );
    }

    #[test]
    fn a_gray_page_stays_gray() {
        let sheet = Sheet::new(DynamicImage::ImageRgb8(page()).to_luma8(), 300).unwrap();
        let master = sheet.master().unwrap();
        assert!(master.gray);
        assert_eq!(jpeg_components(&master.bytes), Some(1));
    }

    #[test]
    fn what_is_no_paper_is_refused() {
        assert_eq!(
            Sheet::from_file(b"%PDF-1.7", None).unwrap_err().code(),
            "paper.not_an_image"
        );
        assert_eq!(
            Sheet::new(RgbImage::new(3, 3), 300).unwrap_err().code(),
            "paper.impossible_size"
        );
        let mut cut = Sheet::new(page(), 300).unwrap().master().unwrap().bytes;
        cut.truncate(100);
        assert!(Sheet::from_file(&cut, None).is_err());
    }

    #[test]
    fn the_stated_resolution_is_read() {
        let mut jfif = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
        jfif.extend(b"JFIF\0\x01\x01\x01\x01\x2c\x01\x2c");
        assert_eq!(stated_dpi(&jfif), Some(300));
        assert_eq!(
            stated_dpi(b"\x89PNG....pHYs\x00\x00\x1e\xc3\x00\x00\x1e\xc3\x01"),
            Some(200)
        );
        assert_eq!(stated_dpi(b"P6"), None);
    }
}
