//! Takes the pages out of the files that scanners write: JPEG, PNG, TIFF and PDFs made of images.
//!
//! A page comes out with the pixels it has in the file: nothing is rendered, scaled or turned. Where the file holds the
//! page as a JPEG, its bytes come along. A PDF page that is more than one image (letters, drawings, layers of a
//! compressing scanner) is refused, since to take one image out of it would lose what the others show.
//!
//! Used by worker processes and by `niem-station paper`, whose process serves one command: these are foreign bytes, and
//! parsers of foreign bytes may fail in ways of their own.

mod format;
mod jpeg;
mod pdf;
mod pdf_page;
mod png;
mod tiff_file;

use image::DynamicImage;

pub use format::{Format, Whole, format, whole};

/// The largest page: A3 at 600 dpi in colour is 209 MB.
const MAX_PAGE_BYTES: u64 = 256 * 1024 * 1024;

/// No file of a desk holds more pages.
pub const MAX_PAGES: usize = 500;

/// One page out of a file.
#[derive(Clone)]
pub struct FilePage {
    /// `ImageRgb8` or `ImageLuma8`.
    pub image: DynamicImage,
    /// What the file says of its resolution; none when it says nothing credible.
    pub dpi: Option<u32>,
    /// The file's own JPEG of this page.
    pub jpeg: Option<Vec<u8>>,
}

/// Why a file gave no pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    #[error("neither JPEG, PNG, TIFF nor PDF")]
    UnknownFormat,
    #[error("damaged")]
    Damaged,
    #[error("a page larger than any paper")]
    TooLarge,
    #[error("more pages than a desk ever has")]
    TooManyPages,
    #[error("a page that is more than one image")]
    NotOneImage,
    #[error("an image packed in a way that is not read here")]
    Packing,
    #[error("locked with a password")]
    Locked,
}

/// Hands over the pages of a file one by one. `page` may end the reading by answering false.
///
/// # Errors
/// [`FileError`]; pages handed over before are good.
pub fn read(bytes: &[u8], page: &mut dyn FnMut(FilePage) -> bool) -> Result<(), FileError> {
    match format(bytes).ok_or(FileError::UnknownFormat)? {
        Format::Jpeg => {
            page(jpeg::page(bytes)?);
            Ok(())
        }
        Format::Png => {
            page(png::page(bytes)?);
            Ok(())
        }
        Format::Tiff => tiff_file::pages(bytes, page),
        Format::Pdf => pdf::pages(bytes, page),
    }
}

/// Whether an image of this size may be unpacked at all.
fn fits(width: u32, height: u32, channels: u64) -> Result<(), FileError> {
    let bytes = u128::from(width) * u128::from(height) * u128::from(channels);
    if width == 0 || height == 0 {
        return Err(FileError::Damaged);
    }
    if bytes > u128::from(MAX_PAGE_BYTES) {
        return Err(FileError::TooLarge);
    }
    Ok(())
}

/// 8 bits a channel, gray or colour.
fn plain(image: DynamicImage) -> DynamicImage {
    match image {
        image @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_)) => image,
        other if other.color().has_color() => DynamicImage::ImageRgb8(other.to_rgb8()),
        other => DynamicImage::ImageLuma8(other.to_luma8()),
    }
}

/// 72 and 96 are what programs write that know nothing; above 2400 nothing scans paper.
fn credible(dpi: f64) -> Option<u32> {
    let dpi = dpi.round();
    (100.0..=2400.0).contains(&dpi).then_some(dpi as u32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod samples;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
