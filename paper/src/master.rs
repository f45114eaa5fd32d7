//! The certified master of a page: its unaltered pixels, packed once and for all.
//!
//! Colour and gray pages are packed as one JPEG over the full page, pages of pure black and white as CCITT Group 4,
//! without loss. Nothing else: coders that replace a symbol by a similar one may turn a 6 into an 8, and layered coders
//! draw their own line between ink and paper; BSI TR-03138 forbids the former for evidence. The resolution stays what
//! the scanner gave, above 300 dpi too. A page that came as a JPEG keeps its very bytes, coarse ones too, for packing them
//! again could only lose; only one that is larger than a page may be is packed anew, from its pixels.

use fax::encoder::Encoder as FaxEncoder;
use fax::{Color, VecWriter};
use jpeg_encoder::{ColorType, Density, Encoder, SamplingFactor};

use crate::PaperError;

/// What one A4 page in colour at 300 dpi may take, words, fields and font left 30 kB of 1.5 MB; larger pages and finer scans by
/// their pixels.
const MOST_BYTES_A_PAGE: u64 = 1_470_000;
const PIXELS_A_PAGE: u64 = 2480 * 3508;

/// How a page is packed first.
const FIRST: (u8, SamplingFactor) = (90, SamplingFactor::F_1_1);

/// And how when that is too large: colours at half the resolution, as a scanner's own JPEG has them. No quality is below
/// 85, under which rings around letters begin to show; what is still too large stays so.
const SMALLER: [(u8, SamplingFactor); 2] =
    [(90, SamplingFactor::F_2_2), (85, SamplingFactor::F_2_2)];

/// How a master is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Baseline or progressive JPEG, in RGB or gray.
    Jpeg,
    /// CCITT Group 4 (ITU-T T.6), one bit a pixel, black ink on white.
    Group4,
}

/// The packed page image. The same bytes lie in the PDF, so anyone can take them out again (`pdfimages -all`) and
/// compare the digest.
#[derive(Clone)]
pub struct Master {
    pub bytes: Vec<u8>,
    pub coding: Coding,
    /// SHA-256 of `bytes`, lower-case hexadecimal.
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    pub gray: bool,
    pub dpi: u32,
}

impl Master {
    /// Takes bytes that are packed already.
    pub(crate) fn packed(
        bytes: Vec<u8>,
        coding: Coding,
        gray: bool,
        (width, height): (u32, u32),
        dpi: u32,
    ) -> Self {
        let sha256 = hex::encode(ring::digest::digest(&ring::digest::SHA256, &bytes));
        Self {
            bytes,
            coding,
            sha256,
            width,
            height,
            gray,
            dpi,
        }
    }

    /// Packs gray pixels, or red, green and blue ones.
    pub(crate) fn pack(
        pixels: &[u8],
        gray: bool,
        size: (u32, u32),
        dpi: u32,
    ) -> Result<Self, PaperError> {
        if pixels.iter().all(|value| matches!(value, 0 | 255)) && (gray || is_neutral(pixels)) {
            let step = if gray { 1 } else { 3 };
            let bytes = group4(pixels.iter().step_by(step).map(|value| *value == 0), size)?;
            return Ok(Self::packed(bytes, Coding::Group4, true, size, dpi));
        }
        let most = most_bytes(size);
        let mut bytes = jpeg(pixels, gray, size, dpi, FIRST)?;
        let first = bytes.len() as u64;
        for way in SMALLER {
            // Thinned colours spare a fifth at most; with more to spare, the middle way is not tried.
            let hopeless = way.0 == FIRST.0 && (gray || first > most + most / 4);
            if bytes.len() as u64 > most && !hopeless {
                bytes = jpeg(pixels, gray, size, dpi, way)?;
            }
        }
        Ok(Self::packed(bytes, Coding::Jpeg, gray, size, dpi))
    }
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Master({:?} {}x{} at {} dpi, {})",
            self.coding, self.width, self.height, self.dpi, self.sha256
        )
    }
}

/// What a page of so many pixels may take.
pub(crate) fn most_bytes((width, height): (u32, u32)) -> u64 {
    MOST_BYTES_A_PAGE.max(MOST_BYTES_A_PAGE * u64::from(width) * u64::from(height) / PIXELS_A_PAGE)
}

fn is_neutral(pixels: &[u8]) -> bool {
    pixels
        .chunks_exact(3)
        .all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
}

/// One JPEG over the whole picture.
pub(crate) fn jpeg(
    pixels: &[u8],
    gray: bool,
    (width, height): (u32, u32),
    dpi: u32,
    (quality, sampling): (u8, SamplingFactor),
) -> Result<Vec<u8>, PaperError> {
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| PaperError::Encoding);
    let density = u16::try_from(dpi).unwrap_or(300);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.set_density(Density::Inch {
        x: density,
        y: density,
    });
    // Tables made for the page would spare a tenth, and come as one scan a colour, which some decoders take wrongly.
    encoder.set_optimized_huffman_tables(false);
    let colours = if gray {
        ColorType::Luma
    } else {
        ColorType::Rgb
    };
    encoder
        .encode(pixels, side(width)?, side(height)?, colours)
        .map_err(|_| PaperError::Encoding)?;
    Ok(bytes)
}

/// The gray tones of a picture in CCITT Group 4; none where the bytes are none of ours.
pub(crate) fn from_group4(bytes: &[u8], (width, height): (u32, u32)) -> Option<Vec<u8>> {
    let (columns, rows) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let whole = usize::from(columns) * usize::from(rows);
    let mut tones = Vec::with_capacity(whole);
    fax::decoder::decode_g4(bytes.iter().copied(), columns, Some(rows), |line| {
        tones.extend(
            fax::decoder::pels(line, columns).map(|pel| if pel == Color::Black { 0 } else { 255 }),
        );
    })?;
    (tones.len() == whole).then_some(tones)
}

/// CCITT Group 4 of a picture; true is ink.
pub(crate) fn group4(
    mut ink: impl Iterator<Item = bool>,
    (width, height): (u32, u32),
) -> Result<Vec<u8>, PaperError> {
    let columns = u16::try_from(width).map_err(|_| PaperError::Encoding)?;
    let mut encoder = FaxEncoder::new(VecWriter::new());
    let mut line = Vec::with_capacity(width as usize);
    for _ in 0..height {
        line.clear();
        line.extend(
            ink.by_ref()
                .take(width as usize)
                .map(|ink| if ink { Color::Black } else { Color::White }),
        );
        let Ok(()) = encoder.encode_line(line.iter().copied(), columns);
    }
    let Ok(writer) = encoder.finish();
    Ok(writer.finish())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_is_packed_without_loss_and_the_right_way_round() {
        let (width, height) = (333, 70);
        let pixels: Vec<u8> = (0..width * height)
            .map(|at: u32| {
                if at.wrapping_mul(2_654_435_761).wrapping_mul(at >> 5) >> 29 == 0 {
                    0
                } else {
                    255
                }
            })
            .collect();
        for gray in [true, false] {
            let bytes = if gray {
                pixels.clone()
            } else {
                pixels.iter().flat_map(|value| [*value; 3]).collect()
            };
            let master = Master::pack(&bytes, gray, (width, height), 300).unwrap();
            assert_eq!((master.coding, master.gray), (Coding::Group4, true));
            let read = from_group4(&master.bytes, (width, height)).unwrap();
            assert!(read == pixels);
        }
    }

    #[test]
    fn red_ink_alone_is_colour() {
        let pixels: Vec<u8> = [255, 0, 0].repeat(64 * 64);
        let master = Master::pack(&pixels, false, (64, 64), 300).unwrap();
        assert_eq!((master.coding, master.gray), (Coding::Jpeg, false));
    }

    #[test]
    fn a_busy_page_is_packed_smaller_and_never_below_85() {
        let mut seed = 1_u32;
        let side = 2048;
        let noise: Vec<u8> = (0..side * side * 3)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        let master = Master::pack(&noise, false, (side, side), 300).unwrap();
        let last = jpeg(&noise, false, (side, side), 300, SMALLER[1]).unwrap();
        assert!(master.bytes == last && last.len() as u64 > MOST_BYTES_A_PAGE);
    }
}
