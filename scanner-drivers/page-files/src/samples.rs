//! Small files for the tests, written by encoders that are not the decoders under test where there is a choice.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, Luma, Rgb, RgbImage};
use tiff::encoder::{TiffEncoder, colortype};

pub(crate) fn colour(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            (x * 6 % 256) as u8,
            (y * 8 % 256) as u8,
            ((x * y) % 256) as u8,
        ])
    })
    .into()
}

pub(crate) fn gray(width: u32, height: u32) -> DynamicImage {
    GrayImage::from_fn(width, height, |x, y| Luma([((x * 5 + y * 3) % 256) as u8])).into()
}

/// Black and white, with runs of many lengths.
pub(crate) fn two_values(width: u32, height: u32) -> DynamicImage {
    GrayImage::from_fn(width, height, |x, y| {
        Luma([if (x * x / 7 + y * 3) % 11 < 5 { 0 } else { 255 }])
    })
    .into()
}

fn kind(image: &DynamicImage) -> ExtendedColorType {
    if image.color().has_color() {
        ExtendedColorType::Rgb8
    } else {
        ExtendedColorType::L8
    }
}

pub(crate) fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode(image.as_bytes(), image.width(), image.height(), kind(image))
        .unwrap();
    bytes
}

pub(crate) fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(image.as_bytes(), image.width(), image.height(), kind(image))
        .unwrap();
    bytes
}

pub(crate) fn tiff(pages: &[DynamicImage]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut file = TiffEncoder::new(&mut bytes).unwrap();
    for page in pages {
        let (width, height) = (page.width(), page.height());
        if page.color().has_color() {
            file.write_image::<colortype::RGB8>(width, height, page.as_bytes())
                .unwrap();
        } else {
            file.write_image::<colortype::Gray8>(width, height, page.as_bytes())
                .unwrap();
        }
    }
    bytes.into_inner()
}

/// The dictionary entries and the bytes of a PDF image.
pub(crate) struct PdfImage {
    pub(crate) entries: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

pub(crate) fn jpeg_image(image: &DynamicImage) -> PdfImage {
    let space = if image.color().has_color() {
        "DeviceRGB"
    } else {
        "DeviceGray"
    };
    PdfImage {
        entries: format!("/ColorSpace /{space} /BitsPerComponent 8 /Filter /DCTDecode"),
        bytes: jpeg(image),
        width: image.width(),
        height: image.height(),
    }
}

pub(crate) fn plain_image(image: &DynamicImage) -> PdfImage {
    let space = if image.color().has_color() {
        "DeviceRGB"
    } else {
        "DeviceGray"
    };
    PdfImage {
        entries: format!("/ColorSpace /{space} /BitsPerComponent 8"),
        bytes: image.as_bytes().to_vec(),
        width: image.width(),
        height: image.height(),
    }
}

pub(crate) fn group_4_image(image: &DynamicImage) -> PdfImage {
    let gray = image.to_luma8();
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in gray.rows() {
        let pels = row.map(|pixel| {
            if pixel.0[0] == 0 {
                fax::Color::Black
            } else {
                fax::Color::White
            }
        });
        encoder.encode_line(pels, gray.width() as u16).unwrap();
    }
    let bytes = encoder.finish().unwrap().finish();
    PdfImage {
        entries: format!(
            "/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns {} >>",
            gray.width()
        ),
        bytes,
        width: gray.width(),
        height: gray.height(),
    }
}

/// A PDF with one image a page at 200 dpi, and the same extra content on each.
pub(crate) fn pdf(images: &[PdfImage], extra: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    let mut object = |out: &mut Vec<u8>, body: &[u8]| {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", places.len()).into_bytes());
        out.extend(body);
        out.extend(b"\nendobj\n");
    };
    let kids: Vec<String> = (0..images.len())
        .map(|page| format!("{} 0 R", 3 + page * 3))
        .collect();
    object(&mut out, b"<< /Type /Catalog /Pages 2 0 R >>");
    object(
        &mut out,
        format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            images.len(),
            kids.join(" ")
        )
        .as_bytes(),
    );
    for (page, image) in images.iter().enumerate() {
        let points = |pixels: u32| f64::from(pixels) * 72.0 / 200.0;
        let (wide, high) = (points(image.width), points(image.height));
        let first = 3 + page * 3;
        object(
            &mut out,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide} {high}] /Contents {} 0 R /Resources << /XObject << /Im0 {} 0 R >> >> >>",
                first + 1,
                first + 2
            )
            .as_bytes(),
        );
        let content = format!("q {wide} 0 0 {high} 0 0 cm /Im0 Do Q {extra}");
        object(
            &mut out,
            format!(
                "<< /Length {} >>\nstream\n{content}\nendstream",
                content.len()
            )
            .as_bytes(),
        );
        let mut body = format!(
            "<< /Type /XObject /Subtype /Image /Width {} /Height {} {} /Length {} >>\nstream\n",
            image.width,
            image.height,
            image.entries,
            image.bytes.len()
        )
        .into_bytes();
        body.extend(&image.bytes);
        body.extend(b"\nendstream");
        object(&mut out, &body);
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).into_bytes());
    for place in &places {
        out.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    out.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
            places.len() + 1
        )
        .into_bytes(),
    );
    out
}
