//! Pages come out of every kind of file with the pixels they went in with; what is not a page is refused.

use image::DynamicImage;

use crate::samples::{
    PdfImage, colour, gray, group_4_image, jpeg, jpeg_image, pdf, plain_image, png, tiff,
    two_values,
};
use crate::{FileError, FilePage, read};

fn pages(bytes: &[u8]) -> (Vec<FilePage>, Result<(), FileError>) {
    let mut pages = Vec::new();
    let outcome = read(bytes, &mut |page| {
        pages.push(page);
        true
    });
    (pages, outcome)
}

fn only(bytes: &[u8]) -> FilePage {
    let (mut pages, outcome) = pages(bytes);
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

fn decoded(jpeg: &[u8]) -> DynamicImage {
    image::load_from_memory(jpeg).unwrap()
}

#[test]
fn a_jpeg_is_handed_on_byte_for_byte() {
    for image in [colour(61, 47), gray(33, 90)] {
        let bytes = jpeg(&image);
        let page = only(&bytes);
        assert!(page.jpeg.as_ref() == Some(&bytes) && page.image == decoded(&bytes));
    }
}

#[test]
fn png_and_tiff_pages_keep_their_pixels() {
    for image in [colour(61, 47), gray(33, 90)] {
        let page = only(&png(&image));
        assert!(page.image == image && page.jpeg.is_none() && page.dpi.is_none());
    }
    let sheets = [colour(61, 47), gray(33, 90), colour(12, 9)];
    let (found, outcome) = pages(&tiff(&sheets));
    outcome.unwrap();
    assert!(found.iter().map(|page| &page.image).eq(&sheets));
}

#[test]
fn a_pdf_of_images_gives_them_as_they_are() {
    let sheets = [
        jpeg_image(&colour(160, 120)),
        plain_image(&gray(90, 130)),
        plain_image(&colour(70, 50)),
        group_4_image(&two_values(123, 77)),
    ];
    let packed = sheets[0].bytes.clone();
    let (found, outcome) = pages(&pdf(&sheets, ""));
    outcome.unwrap();
    assert!(found[0].jpeg.as_ref() == Some(&packed) && found[0].image == decoded(&packed));
    assert!(found[1].image == gray(90, 130) && found[1].jpeg.is_none());
    assert!(found[2].image == colour(70, 50));
    assert!(found[3].image == two_values(123, 77));
    // 1/200 inch a pixel is how large the sample draws them.
    assert!(found.iter().all(|page| page.dpi == Some(200)));
}

#[test]
fn an_invisible_text_layer_does_no_harm() {
    let sheet = || [plain_image(&gray(90, 130))];
    let hidden = "BT 3 Tr /F1 12 Tf (read by the scanner) Tj ET";
    assert!(only(&pdf(&sheet(), hidden)).image == gray(90, 130));
    // Visible text, a stroke, a second image: to take one image out would lose what the rest shows.
    for extra in ["BT /F1 12 Tf (stamp) Tj ET", "0 0 10 10 re S", "/Im0 Do"] {
        assert_eq!(
            pages(&pdf(&sheet(), extra)).1,
            Err(FileError::NotOneImage),
            "{extra}"
        );
    }
}

#[test]
fn a_small_picture_on_a_page_is_not_the_page() {
    let bytes = pdf(&[plain_image(&gray(90, 130))], "");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("32.4 46.8"), "{text}");
    // The same length, so that every place in the file stays right.
    let logo: Vec<u8> = {
        let at = bytes.windows(5).position(|five| five == b"q 32.").unwrap();
        let mut logo = bytes;
        logo[at + 2..at + 6].copy_from_slice(b"12.4");
        logo
    };
    assert_eq!(pages(&logo).1, Err(FileError::NotOneImage));
}

#[test]
fn damage_is_told_and_pages_before_it_are_good() {
    let bytes = jpeg(&colour(61, 47));
    assert_eq!(pages(&bytes[..bytes.len() - 40]).1, Err(FileError::Damaged));
    let bytes = png(&colour(61, 47));
    assert_eq!(pages(&bytes[..bytes.len() - 40]).1, Err(FileError::Damaged));
    assert_eq!(pages(b"GIF89a").1, Err(FileError::UnknownFormat));
    let short = PdfImage {
        bytes: vec![7; 50],
        ..plain_image(&gray(90, 130))
    };
    let (found, outcome) = pages(&pdf(&[plain_image(&gray(9, 13)), short], ""));
    assert_eq!((found.len(), outcome), (1, Err(FileError::Damaged)));
}

#[test]
fn a_page_of_impossible_size_is_refused_before_it_is_unpacked() {
    // A PNG header that promises 60000 by 60000 pixels.
    let mut bytes = png(&gray(9, 9));
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    assert!(pages(&bytes).1.is_err());
    let huge = PdfImage {
        width: 60_000,
        height: 60_000,
        ..plain_image(&gray(90, 130))
    };
    assert_eq!(pages(&pdf(&[huge], "")).1, Err(FileError::TooLarge));
}

#[test]
fn no_cut_and_no_flipped_byte_makes_a_reader_panic() {
    let samples = [
        jpeg(&colour(24, 17)),
        png(&colour(24, 17)),
        tiff(&[colour(24, 17), gray(9, 9)]),
        pdf(
            &[
                jpeg_image(&colour(24, 17)),
                group_4_image(&two_values(23, 7)),
            ],
            "",
        ),
    ];
    for bytes in &samples {
        for at in (0..bytes.len()).step_by(3) {
            let _ = pages(&bytes[..at]);
            let mut bent = bytes.clone();
            bent[at] ^= 0xa5;
            let _ = pages(&bent);
        }
    }
}
