//! A page as the document a scanner sends: PNG, JPEG, or a PDF around a JPEG.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder};

fn kind(page: &DynamicImage) -> ExtendedColorType {
    if page.color().has_color() {
        ExtendedColorType::Rgb8
    } else {
        ExtendedColorType::L8
    }
}

/// The bytes the scanner sends for a page in this format and colour mode.
#[must_use]
pub fn encode(page: &DynamicImage, format: &str, colour_mode: &str) -> Vec<u8> {
    let page = match colour_mode {
        "RGB24" => DynamicImage::ImageRgb8(page.to_rgb8()),
        "BlackAndWhite1" => {
            let mut gray = page.to_luma8();
            gray.pixels_mut()
                .for_each(|pixel| pixel.0[0] = if pixel.0[0] < 128 { 0 } else { 255 });
            DynamicImage::ImageLuma8(gray)
        }
        _ => DynamicImage::ImageLuma8(page.to_luma8()),
    };
    match format {
        "image/jpeg" => jpeg(&page),
        "application/pdf" => pdf(&page),
        _ => png(&page),
    }
}

/// Without loss.
///
/// # Panics
/// Never: a vector takes what is written.
#[must_use]
pub fn png(page: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(page.as_bytes(), page.width(), page.height(), kind(page))
        .expect("a vector takes what is written");
    bytes
}

fn jpeg(page: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode(page.as_bytes(), page.width(), page.height(), kind(page))
        .expect("a vector takes what is written");
    bytes
}

/// One page, filled by one JPEG, at 300 dpi.
fn pdf(page: &DynamicImage) -> Vec<u8> {
    let image = jpeg(page);
    let points = |pixels: u32| f64::from(pixels) * 72.0 / 300.0;
    let (wide, high) = (points(page.width()), points(page.height()));
    let space = if page.color().has_color() {
        "DeviceRGB"
    } else {
        "DeviceGray"
    };
    let content = format!("q {wide} 0 0 {high} 0 0 cm /Im Do Q");
    let mut picture = format!(
        "<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /{space} /BitsPerComponent 8 \
         /Filter /DCTDecode /Length {} >>\nstream\n",
        page.width(),
        page.height(),
        image.len()
    )
    .into_bytes();
    picture.extend(&image);
    picture.extend(b"\nendstream");
    let objects: [Vec<u8>; 5] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide} {high}] /Contents 4 0 R \
             /Resources << /XObject << /Im 5 0 R >> >> >>"
        )
        .into_bytes(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        )
        .into_bytes(),
        picture,
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut table = "xref\n0 6\n0000000000 65535 f \n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend(format!("{} 0 obj\n", number + 1).into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(table.into_bytes());
    out.extend(
        format!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").into_bytes(),
    );
    out
}
