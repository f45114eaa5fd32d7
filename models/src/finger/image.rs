//! One gray picture of a fingertip, dark ridges on light ground, with its resolution.

use zeroize::{Zeroize, Zeroizing};

use super::FingerError;
use crate::portrait::{Portrait, PortraitError};

/// Largest encoded picture taken in, in bytes; a ten-print scanner's largest single finger is under 1 MB.
pub const MAX_BYTES: usize = 4 << 20;
/// Largest side taken in, in pixels (1 000 dpi sensors of 1.6 inch).
pub const MAX_SIDE: u32 = 1_600;
/// Largest picture taken in, in pixels.
pub const MAX_PIXELS: u32 = 2_000_000;

/// Smallest side that can hold a usable print, in pixels.
const MIN_SIDE: u32 = 64;
/// Resolutions of fingerprint sensors; 500 is the rule (ISO/IEC 19794-4:2005 §6.3).
const DPI_RANGE: std::ops::RangeInclusive<u32> = 250..=1_100;

/// Gray pixels of one fingertip. They are wiped when dropped, and there is no `Debug`, so that they
/// cannot end in a log.
pub struct FingerImage {
    width: u32,
    height: u32,
    dpi: u32,
    pixels: Zeroizing<Vec<u8>>,
}

/// The mark of a JP2 file, or of a bare code stream (ISO/IEC 15444-1 Annexes I and A).
fn is_jpeg2000(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0\0\0\x0CjP  ") || bytes.starts_with(b"\xFF\x4F\xFF\x51")
}

impl FingerImage {
    /// Reads PNG, TIFF, PNM, JPEG or JPEG 2000 (colour as gray). What is transparent counts as white. WSQ, the FBI's
    /// wavelet format, is not read.
    ///
    /// # Errors
    /// [`FingerError`] when over a limit or not decodable; the size is judged before the pixels are read.
    pub fn decode(bytes: &[u8], dpi: u32) -> Result<Self, FingerError> {
        if bytes.len() > MAX_BYTES {
            return Err(FingerError::TooLarge);
        }
        if is_jpeg2000(bytes) {
            return Self::of_jpeg2000(bytes, dpi);
        }
        let open = || {
            image::ImageReader::new(std::io::Cursor::new(bytes))
                .with_guessed_format()
                .map_err(|_| FingerError::Unreadable)
        };
        let (width, height) = open()?
            .into_dimensions()
            .map_err(|_| FingerError::Unreadable)?;
        check_size(width, height, dpi)?;
        let mut reader = open()?;
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(u64::from(MAX_PIXELS) * 16);
        reader.limits(limits);
        let decoded = reader.decode().map_err(|_| FingerError::Unreadable)?;
        let pixels = match decoded {
            image::DynamicImage::ImageLuma8(gray) => Zeroizing::new(gray.into_raw()),
            coloured => on_white(coloured),
        };
        Self::new(width, height, dpi, pixels)
    }

    /// The decoder is the portraits'; their limits stand before it, and panics end there.
    fn of_jpeg2000(bytes: &[u8], dpi: u32) -> Result<Self, FingerError> {
        let picture = Portrait::decode(bytes).map_err(|error| match error {
            PortraitError::TooLarge => FingerError::TooLarge,
            _ => FingerError::Unreadable,
        })?;
        let (width, height) = (picture.width(), picture.height());
        check_size(width, height, dpi)?;
        // Rec. 601 luma in whole numbers; gray stays what it is.
        let luma = |rgb: &[u8]| {
            let [r, g, b] = [0, 1, 2].map(|channel| u32::from(rgb[channel]));
            ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
        };
        let pixels = picture.rgb().chunks_exact(3).map(luma).collect();
        Self::new(width, height, dpi, Zeroizing::new(pixels))
    }

    /// Takes pixels row by row, as a sensor hands them over.
    ///
    /// # Errors
    /// [`FingerError`] when over a limit or when the pixels do not fill the rectangle.
    pub fn from_gray(
        width: u32,
        height: u32,
        dpi: u32,
        pixels: Vec<u8>,
    ) -> Result<Self, FingerError> {
        Self::new(width, height, dpi, Zeroizing::new(pixels))
    }

    fn new(
        width: u32,
        height: u32,
        dpi: u32,
        pixels: Zeroizing<Vec<u8>>,
    ) -> Result<Self, FingerError> {
        check_size(width, height, dpi)?;
        let expected = (width * height) as usize;
        if pixels.len() != expected {
            return Err(FingerError::PixelCount {
                expected,
                found: pixels.len(),
            });
        }
        Ok(Self {
            width,
            height,
            dpi,
            pixels,
        })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Pixels an inch.
    #[must_use]
    pub fn dpi(&self) -> u32 {
        self.dpi
    }

    /// The pixels, row by row, 0 black.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same print at 500 dpi as floats 0..=255: all lengths further on are in these pixels.
    pub(super) fn at_500_dpi(&self) -> Plane {
        let source = Plane {
            width: self.width as usize,
            height: self.height as usize,
            values: Zeroizing::new(self.pixels.iter().map(|&p| f32::from(p)).collect()),
        };
        if self.dpi.abs_diff(500) <= 5 {
            return source;
        }
        let step = self.dpi as f32 / 500.0;
        // Blur first when shrinking by much, lest ridges alias.
        let source = if step > 1.3 {
            source.blurred(0.4 * step)
        } else {
            source
        };
        let width = (self.width as f32 / step).floor().max(1.0) as usize;
        let height = (self.height as f32 / step).floor().max(1.0) as usize;
        let mut values = Zeroizing::new(Vec::with_capacity(width * height));
        for y in 0..height {
            for x in 0..width {
                values.push(
                    source.sample((x as f32 + 0.5) * step - 0.5, (y as f32 + 0.5) * step - 0.5),
                );
            }
        }
        Plane {
            width,
            height,
            values,
        }
    }
}

/// Gray pixels of a picture laid on white paper; the picture itself is wiped.
fn on_white(picture: image::DynamicImage) -> Zeroizing<Vec<u8>> {
    let mut rgba = picture.to_rgba8();
    let mut pixels = Zeroizing::new(Vec::with_capacity(rgba.len() / 4));
    for p in rgba.pixels() {
        let [r, g, b, a] = p.0.map(u32::from);
        let gray = (r * 299 + g * 587 + b * 114) / 1000; // ITU-R BT.601 luma
        pixels.push(((gray * a + 255 * (255 - a)) / 255) as u8);
    }
    rgba.zeroize();
    picture.into_bytes().zeroize();
    pixels
}

fn check_size(width: u32, height: u32, dpi: u32) -> Result<(), FingerError> {
    if width > MAX_SIDE || height > MAX_SIDE || width.saturating_mul(height) > MAX_PIXELS {
        return Err(FingerError::TooLarge);
    }
    if width < MIN_SIDE || height < MIN_SIDE {
        return Err(FingerError::TooSmall { width, height });
    }
    if !DPI_RANGE.contains(&dpi) {
        return Err(FingerError::Resolution { dpi });
    }
    // Work is done at 500 dpi, where a coarse picture grows.
    let grown = u64::from(width) * u64::from(height) * 500 * 500 / u64::from(dpi * dpi);
    if grown > u64::from(MAX_PIXELS) {
        return Err(FingerError::TooLarge);
    }
    Ok(())
}

/// A rectangle of numbers derived from a print; wiped when dropped, as the print is.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Zeroizing<Vec<f32>>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: Zeroizing::new(vec![0.0; width * height]),
        }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y * self.width + x]
    }

    /// Bilinear value at a place between pixels; the border repeats outwards.
    pub(super) fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let top = self.at(x0, y0) * (1.0 - fx) + self.at(x1, y0) * fx;
        let bottom = self.at(x0, y1) * (1.0 - fx) + self.at(x1, y1) * fx;
        top * (1.0 - fy) + bottom * fy
    }

    /// Gaussian blur, separable, border repeated.
    pub(super) fn blurred(&self, sigma: f32) -> Self {
        let reach = (3.0 * sigma).ceil() as isize;
        let mut kernel: Vec<f32> = (-reach..=reach)
            .map(|i| (-(i as f32).powi(2) / (2.0 * sigma * sigma)).exp())
            .collect();
        let sum: f32 = kernel.iter().sum();
        kernel.iter_mut().for_each(|k| *k /= sum);
        let mut across = Self::new(self.width, self.height);
        let mut row = Zeroizing::new(vec![0.0; self.width + 2 * reach as usize]);
        for y in 0..self.height {
            let line = &self.values[y * self.width..(y + 1) * self.width];
            for (i, cell) in row.iter_mut().enumerate() {
                let x = (i as isize - reach).clamp(0, self.width as isize - 1);
                *cell = line[x as usize];
            }
            for x in 0..self.width {
                let window = &row[x..x + kernel.len()];
                across.values[y * self.width + x] =
                    window.iter().zip(&kernel).map(|(a, b)| a * b).sum();
            }
        }
        let mut down = Self::new(self.width, self.height);
        for y in 0..self.height {
            for (k, weight) in kernel.iter().enumerate() {
                let from = (y as isize + k as isize - reach).clamp(0, self.height as isize - 1);
                let from = from as usize * self.width;
                for x in 0..self.width {
                    down.values[y * self.width + x] += weight * across.values[from + x];
                }
            }
        }
        down
    }
}
