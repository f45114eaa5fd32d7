//! Papers end to end: drawn pages, the real Tesseract, and the PDF judged by programs that are not ours.

#![allow(clippy::unwrap_used)]

mod archive;
mod codes;
mod draw;
mod judge;
mod judged;
mod looked_at;
mod photographed;
mod read;

/// Where Debian's tesseract-ocr-vie keeps its data.
fn engine() -> models_tesseract::Tesseract {
    models_tesseract::Tesseract::open("/usr/share/tesseract-ocr/5/tessdata", "vie").unwrap()
}

fn options() -> paper::Options {
    paper::Options {
        declared_pages: None,
        created: "2026-05-04T03:02:01Z".parse().unwrap(),
        attach_fields: false,
        convenience: false,
    }
}
