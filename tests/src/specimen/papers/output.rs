//! Files: the folders of the corpus, images that state their resolution, and the truth beside them.

use std::fs;
use std::io;
use std::path::Path;

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use super::conditions::{Condition, File, Shot};
use super::truth::Truth;

/// Makes the folders that an order fills.
pub(crate) fn folders(folder: &Path, conditions: &[&Condition]) -> io::Result<()> {
    fs::create_dir_all(folder.join("gt"))?;
    for condition in conditions {
        fs::create_dir_all(folder.join("pages").join(condition.name))?;
        fs::create_dir_all(folder.join("meta").join(condition.name))?;
    }
    Ok(())
}

/// What the page says.
pub(crate) fn truth(folder: &Path, truth: &Truth) -> io::Result<()> {
    let folder = folder.join("gt");
    fs::write(
        folder.join(format!("{}.json", truth.id)),
        serde_json::to_vec(truth)?,
    )?;
    fs::write(folder.join(format!("{}.txt", truth.id)), truth.text())
}

/// One image and where the page lies in it.
pub(crate) fn shot(folder: &Path, condition: &str, id: &str, shot: &Shot) -> io::Result<()> {
    let (bytes, ending) = encode(shot)?;
    fs::write(
        folder.join(format!("pages/{condition}/{id}.{ending}")),
        bytes,
    )?;
    fs::write(
        folder.join(format!("meta/{condition}/{id}.json")),
        serde_json::to_vec(&shot.meta)?,
    )
}

/// The file's bytes and the ending of its name.
pub(crate) fn encode(shot: &Shot) -> io::Result<(Vec<u8>, &'static str)> {
    let image = &shot.image;
    let (width, height) = image.dimensions();
    let mut bytes = Vec::new();
    let dpi = shot.meta.dpi;
    match shot.file {
        File::Png => {
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
                .write_image(image, width, height, ExtendedColorType::Rgb8)
                .map_err(io::Error::other)?;
            Ok((with_resolution(&bytes, dpi), "png"))
        }
        File::Jpeg(quality) | File::GreyJpeg(quality) => {
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            encoder.set_pixel_density(PixelDensity::dpi(u16::try_from(dpi).unwrap_or(300)));
            let written = if matches!(shot.file, File::GreyJpeg(_)) {
                let grey: Vec<u8> = image.pixels().map(|pixel| pixel.0[1]).collect();
                encoder.write_image(&grey, width, height, ExtendedColorType::L8)
            } else {
                encoder.write_image(image, width, height, ExtendedColorType::Rgb8)
            };
            written.map_err(io::Error::other)?;
            Ok((bytes, "jpg"))
        }
    }
}

/// Signature and header of a PNG: the chunk that states the resolution belongs right after them.
const HEADER: usize = 8 + 25;

/// Adds a pHYs chunk (ISO/IEC 15948 §11.3.5.3): pixels a metre.
fn with_resolution(png: &[u8], dpi: u32) -> Vec<u8> {
    let metre = (f64::from(dpi) / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(metre.to_be_bytes());
    chunk.extend(metre.to_be_bytes());
    chunk.push(1);
    let sum = crc32(&chunk);
    let mut out = png[..HEADER].to_vec();
    out.extend(9_u32.to_be_bytes());
    out.extend(chunk);
    out.extend(sum.to_be_bytes());
    out.extend(&png[HEADER..]);
    out
}

/// CRC-32 as PNG defines it (ISO/IEC 15948 §5.5), bit by bit: it runs over thirteen bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
