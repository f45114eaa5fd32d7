//! The PDF as qpdf and poppler see it: sound, the text that was read, and the very pixels that were scanned.

use std::path::Path;
use std::process::Command;

use image::{RgbImage, imageops};
use paper::{Digitized, Options, Sheet, digitize};

use crate::draw::{CERTIFICATE, DPI, crooked, page};
use crate::judge::{Judge, difference};
use crate::{engine, options};

fn digitized(page: RgbImage, options: &Options) -> Digitized {
    digitize(&[Sheet::new(page, DPI).unwrap()], &mut engine(), options).unwrap()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn the_file_is_sound_and_holds_the_text_that_was_read() {
    let done = digitized(page(CERTIFICATE), &options());
    let judge = Judge::of(&done.pdf);
    let checked = judge.run("qpdf", &["--check", "a.pdf"]);
    assert!(
        String::from_utf8_lossy(&checked.stdout)
            .contains("No syntax or stream encoding errors found")
    );
    assert_eq!(words(&judge.text()), words(&done.text()));
    let told = String::from_utf8(judge.run("pdfinfo", &["a.pdf"]).stdout).unwrap();
    assert!(
        told.contains("Giấy khai sinh") && told.contains("PDF version:     1.7"),
        "{told}"
    );
    let meta = String::from_utf8(judge.run("pdfinfo", &["-meta", "a.pdf"]).stdout).unwrap();
    assert!(meta.contains("<pdfaid:part>2<") && meta.contains("2026-05-04T03:02:01Z"));
    let fonts = String::from_utf8(judge.run("pdffonts", &["a.pdf"]).stdout).unwrap();
    let line = fonts.lines().nth(2).unwrap();
    assert!(
        line.contains("CID TrueType") && line.contains("yes yes yes"),
        "embedded, subset, with Unicode: {line}"
    );
}

#[test]
fn the_page_in_the_file_is_the_page_that_was_scanned() {
    let source = page(CERTIFICATE);
    let done = digitized(source.clone(), &options());
    let judge = Judge::of(&done.pdf);
    judge.run(
        "pdftoppm",
        &["-r", "300", "-png", "-singlefile", "a.pdf", "shown"],
    );
    let shown = image::open(judge.path("shown.png")).unwrap().to_rgb8();
    assert!(
        difference(&source, &shown) < 1.5,
        "{}",
        difference(&source, &shown)
    );
    // The packed image comes out byte for byte, and has the digest that was reported.
    judge.run("pdfimages", &["-j", "a.pdf", "image"]);
    let jpeg = std::fs::read(judge.path("image-000.jpg")).unwrap();
    let digest = sha256sum(&judge.path("image-000.jpg"));
    assert_eq!(digest, done.pages[0].sha256);
    assert_eq!(
        image::load_from_memory(&jpeg).unwrap().width(),
        source.width()
    );
}

/// By coreutils, so that the digest is judged by a program that is not ours either.
fn sha256sum(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn a_turned_page_is_shown_upright_and_searchable() {
    let upright = page(CERTIFICATE);
    for lying in [
        imageops::rotate180(&upright),
        imageops::rotate90(&upright),
        imageops::rotate270(&upright),
    ] {
        let done = digitized(lying, &options());
        let judge = Judge::of(&done.pdf);
        judge.run(
            "pdftoppm",
            &["-r", "300", "-png", "-singlefile", "a.pdf", "shown"],
        );
        let shown = image::open(judge.path("shown.png")).unwrap().to_rgb8();
        assert!(
            difference(&upright, &shown) < 1.5,
            "{}",
            difference(&upright, &shown)
        );
        assert_eq!(words(&judge.text()), words(&done.text()));
        assert_eq!(
            place_of(&judge, "001314000001"),
            place_of(
                &Judge::of(&digitized(upright.clone(), &options()).pdf),
                "001314000001"
            )
        );
    }
}

#[test]
fn the_words_of_a_crooked_page_lie_over_their_ink() {
    let source = crooked(&page(CERTIFICATE), 3.0);
    let done = digitized(source.clone(), &options());
    let judge = Judge::of(&done.pdf);
    judge.run(
        "pdftoppm",
        &["-r", "300", "-png", "-singlefile", "a.pdf", "shown"],
    );
    let shown = image::open(judge.path("shown.png")).unwrap().to_rgb8();
    assert!(
        difference(&source, &shown) < 1.5,
        "the page itself is not straightened"
    );
    let [left, top, right, bottom] = place_of(&judge, "001314000001");
    let ink = (left..right)
        .filter(|x| (top..bottom).any(|y| source.get_pixel(*x, y).0[1] < 110))
        .count() as f32;
    assert!(
        ink > 0.6 * (right - left) as f32,
        "the word's box holds no writing"
    );
}

/// Where poppler finds a word, in pixels at 300 dpi: left, top, right, bottom.
fn place_of(judge: &Judge, wanted: &str) -> [u32; 4] {
    let page = String::from_utf8(judge.run("pdftotext", &["-bbox", "a.pdf", "-"]).stdout).unwrap();
    let line = page.lines().find(|line| line.contains(wanted)).unwrap();
    let value = |name: &str| {
        let start = line.find(name).unwrap() + name.len() + 2;
        let number: f32 = line[start..].split('"').next().unwrap().parse().unwrap();
        (number * 300.0 / 72.0) as u32
    };
    [value("xMin"), value("yMin"), value("xMax"), value("yMax")]
}

#[test]
fn fields_travel_in_the_file_when_asked_for() {
    let done = digitized(
        page(CERTIFICATE),
        &Options {
            attach_fields: true,
            ..options()
        },
    );
    let judge = Judge::of(&done.pdf);
    judge.run("qpdf", &["--check", "a.pdf"]);
    judge.run("pdfdetach", &["-saveall", "a.pdf"]);
    let fields: Vec<paper::fields::Field> =
        serde_json::from_slice(&std::fs::read(judge.path("fields.json")).unwrap()).unwrap();
    assert!(fields == done.fields);
    let meta = String::from_utf8(judge.run("pdfinfo", &["-meta", "a.pdf"]).stdout).unwrap();
    assert!(meta.contains("<pdfaid:part>3<"));
    // Both files are named as data that belong to the paper (ISO 19005-3 §6.8).
    let plain = judge
        .run("qpdf", &["--qdf", "--object-streams=disable", "a.pdf", "-"])
        .stdout;
    let plain = String::from_utf8_lossy(&plain);
    assert_eq!(plain.matches("/AFRelationship /Data").count(), 2);
    assert_eq!(plain.matches("/AF [").count(), 1);
}

#[test]
fn the_same_paper_gives_the_same_bytes() {
    let first = digitized(page(CERTIFICATE), &options());
    // Into the next second: no clock but the caller's may reach the file.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(digitized(page(CERTIFICATE), &options()).pdf == first.pdf);
}
