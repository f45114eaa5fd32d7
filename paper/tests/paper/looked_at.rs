//! A page that cannot be relied on says so, with the reason and the place; nothing is dropped.

use image::{Rgb, RgbImage, imageops};
use paper::{Options, PaperError, Sheet, Verdict, digitize, examine};

use crate::draw::{CERTIFICATE, DPI, page, write};
use crate::{engine, options};

fn refused(page: RgbImage, dpi: u32) -> Verdict {
    match digitize(&[Sheet::new(page, dpi).unwrap()], &mut engine(), &options()) {
        Err(PaperError::Unreadable { page: 1, verdict }) => verdict,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_blurred_page_is_refused_with_the_place() {
    let verdict = refused(imageops::blur(&page(CERTIFICATE), 5.0), DPI);
    assert_eq!(verdict.code, "quality.blurred");
    assert!(
        verdict.value > verdict.limit,
        "edges are wider than they may be"
    );
    let place = verdict.place.unwrap();
    assert!(
        place.w > 800 && place.h > 500,
        "the writing is blurred: {place:?}"
    );
}

#[test]
fn a_blurred_corner_is_shown_where_it_is() {
    let mut sharp = page(CERTIFICATE);
    let corner = imageops::crop_imm(&imageops::blur(&sharp, 6.0), 0, 640, 900, 600).to_image();
    imageops::replace(&mut sharp, &corner, 0, 640);
    let examined = examine(&[Sheet::new(sharp, DPI).unwrap()], &mut engine(), None).unwrap();
    let verdict = examined.reports[0]
        .verdicts
        .iter()
        .find(|v| v.code == "quality.blurred_part")
        .unwrap();
    let place = verdict.place.unwrap();
    assert!(place.x + place.w <= 1000 && place.y >= 560, "{place:?}");
}

#[test]
fn a_page_scanned_too_coarsely_is_refused() {
    let small = imageops::resize(&page(CERTIFICATE), 880, 620, imageops::FilterType::Triangle);
    let verdict = refused(small, 150);
    assert_eq!(
        (verdict.code, verdict.value, verdict.limit),
        ("quality.dpi_low", 150.0, 200.0)
    );
}

#[test]
fn scribble_that_is_no_text_is_refused() {
    let mut noise = 7_u32;
    let mut scribble = RgbImage::from_pixel(1200, 900, Rgb([250, 250, 250]));
    for _ in 0..2500 {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (100 + noise % 1000, 100 + (noise >> 12) % 700);
        for step in 0..9 {
            scribble.put_pixel(x + step, y + step * (noise >> 30) / 2, Rgb([20, 20, 20]));
        }
    }
    assert_eq!(refused(scribble, DPI).code, "quality.hard_to_read");
}

#[test]
fn blank_and_double_pages_are_flagged_and_kept() {
    let first = page(CERTIFICATE);
    let blank = RgbImage::from_pixel(1760, 1240, Rgb([238, 231, 205])); // coloured paper
    // The same sheet again, laid a little differently and a little darker.
    let mut again = RgbImage::from_pixel(1760, 1240, Rgb([245, 243, 236]));
    imageops::overlay(&mut again, &imageops::brighten(&first, -6), 7, 5);
    let mut other: Vec<&str> = CERTIFICATE.to_vec();
    other[3] = "Họ, chữ đệm, tên: TRẦN THỊ MAI";
    other[7] = "Số định danh cá nhân: 001314000002";
    let sheets: Vec<Sheet> = [first, blank, again, page(&other)]
        .into_iter()
        .map(|page| Sheet::new(page, DPI).unwrap())
        .collect();
    let wanted = Options {
        declared_pages: Some(5),
        ..options()
    };
    let done = digitize(&sheets, &mut engine(), &wanted).unwrap();
    let codes: Vec<Vec<&str>> = done
        .pages
        .iter()
        .map(|page| page.verdicts.iter().map(|v| v.code).collect())
        .collect();
    assert_eq!(
        codes,
        [
            vec![],
            vec!["quality.blank"],
            vec!["quality.duplicate"],
            vec![]
        ]
    );
    assert_eq!(done.pages[2].verdicts[0].value, 1.0, "it is page 1 again");
    assert_eq!(done.verdicts[0].code, "quality.pages_missing");
}

#[test]
fn a_page_upside_down_says_so() {
    let turned = imageops::rotate180(&page(CERTIFICATE));
    let done = digitize(
        &[Sheet::new(turned, DPI).unwrap()],
        &mut engine(),
        &options(),
    )
    .unwrap();
    assert_eq!(
        done.pages[0]
            .verdicts
            .iter()
            .map(|v| v.code)
            .collect::<Vec<_>>(),
        ["quality.upside_down"]
    );
}

#[test]
fn faint_ink_and_words_cut_off_are_flagged() {
    let mut faint = RgbImage::from_pixel(1760, 1240, Rgb([235, 235, 235]));
    for (line, number) in CERTIFICATE.iter().zip(1_u8..) {
        write(
            &mut faint,
            150.0,
            60.0 + f32::from(number) * 100.0,
            54.0,
            Rgb([190, 190, 190]),
            line,
        );
    }
    let examined = examine(&[Sheet::new(faint, DPI).unwrap()], &mut engine(), None).unwrap();
    assert!(
        examined.reports[0]
            .verdicts
            .iter()
            .any(|v| v.code == "quality.low_contrast")
    );

    let cut = imageops::crop_imm(&page(CERTIFICATE), 165, 0, 1595, 1240).to_image();
    let examined = examine(&[Sheet::new(cut, DPI).unwrap()], &mut engine(), None).unwrap();
    let verdict = examined.reports[0]
        .verdicts
        .iter()
        .find(|v| v.code == "quality.text_cut")
        .unwrap();
    assert!(verdict.place.unwrap().x <= 1);
}

#[test]
fn no_page_is_no_paper() {
    assert_eq!(
        digitize(&[], &mut engine(), &options()).unwrap_err().code(),
        "paper.no_pages"
    );
}
