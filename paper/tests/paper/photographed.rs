//! A photographed page in both files: in the certified copy the photograph with the words lying on it, in the convenience
//! copy the sheet laid flat.

use image::{Rgb, RgbImage, imageops};
use paper::{Options, Sheet, digitize};

use crate::draw::{CERTIFICATE, Perspective, light_at, photographed, stamp, write};
use crate::judge::{Judge, difference};
use crate::{engine, options};

/// An A4 sheet at 200 dpi.
const SIZE: (u32, u32) = (1654, 2339);
const PHOTO: (u32, u32) = (2300, 2900);
/// A camera held a little askew over the sheet.
const CORNERS: [[f64; 2]; 4] = [
    [330.0, 260.0],
    [1900.0, 205.0],
    [2060.0, 2640.0],
    [215.0, 2590.0],
];

/// Words that stand once on the page.
const WANTED: &[&str] = &[
    "001314000001",
    "05/06/2014",
    "NAM",
    "KHAI",
    "Quốc",
    "khoa",
    "Sơn",
];

/// Left, top, right, bottom.
type Box4 = [f64; 4];

/// The certificate down the whole sheet, and where each wanted word's ink lies on it.
fn sheet() -> (RgbImage, Vec<Box4>) {
    let mut page = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([250, 249, 244]));
    let mut places = vec![[0.0; 4]; WANTED.len()];
    for (line, number) in CERTIFICATE.iter().zip(1_u8..) {
        let baseline = 60.0 + f32::from(number) * 200.0;
        // A word's place is what its ink adds to the line's beginning.
        let drawn = |text: &str| {
            let mut blank = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb([255; 3]));
            write(&mut blank, 110.0, baseline, 38.0, Rgb([0; 3]), text);
            blank
        };
        for (place, word) in places.iter_mut().zip(WANTED) {
            if let Some(at) = line.find(word) {
                let (before, after) = (drawn(&line[..at]), drawn(&line[..at + word.len()]));
                *place = ink_between(&before, &after);
            }
        }
        write(&mut page, 110.0, baseline, 38.0, Rgb([25, 25, 28]), line);
    }
    stamp(&mut page, 1200.0, 2100.0);
    (page, places)
}

fn ink_between(before: &RgbImage, after: &RgbImage) -> Box4 {
    let mut found = [f64::MAX, f64::MAX, 0.0, 0.0];
    for ((x, y, old), new) in before.enumerate_pixels().zip(after.pixels()) {
        if old.0[0].abs_diff(new.0[0]) > 100 {
            let (x, y) = (f64::from(x), f64::from(y));
            found = [
                found[0].min(x),
                found[1].min(y),
                found[2].max(x + 1.0),
                found[3].max(y + 1.0),
            ];
        }
    }
    assert!(found[2] > 0.0, "the word is not on the page");
    found
}

/// Where poppler finds the wanted words, in shares of the page's width and height.
fn told(judge: &Judge) -> Vec<Option<Box4>> {
    let page = String::from_utf8(judge.run("pdftotext", &["-bbox", "a.pdf", "-"]).stdout).unwrap();
    let value = |line: &str, name: &str| -> f64 {
        let start = line.find(&format!("{name}=")).unwrap() + name.len() + 2;
        line[start..].split('"').next().unwrap().parse().unwrap()
    };
    let size = page.lines().find(|line| line.contains("<page ")).unwrap();
    let (width, height) = (value(size, "width"), value(size, "height"));
    let told: Vec<Option<Box4>> = WANTED
        .iter()
        .map(|word| {
            let line = page.lines().find(|line| {
                line.contains(&format!(">{word}<")) || line.contains(&format!(">{word},<"))
            })?;
            Some([
                value(line, "xMin") / width,
                value(line, "yMin") / height,
                value(line, "xMax") / width,
                value(line, "yMax") / height,
            ])
        })
        .collect();
    // A slip of the reader is not what is tested here.
    assert!(told.iter().flatten().count() > 4, "{page}");
    told
}

/// The words' boxes lie on their ink: each edge within half a letter's height, sideways; up and down the ink lies within.
fn lie_on_ink(told: &[Option<Box4>], ink: &[Box4], (width, height): (f64, f64), what: &str) {
    for ((told, ink), word) in told.iter().zip(ink).zip(WANTED) {
        let Some(told) = told else { continue };
        let told = [
            told[0] * width,
            told[1] * height,
            told[2] * width,
            told[3] * height,
        ];
        let letter = ink[3] - ink[1];
        let sideways = (told[0] - ink[0]).abs().max((told[2] - ink[2]).abs());
        assert!(
            sideways < 0.6 * letter,
            "{what}, {word}: {told:?} for {ink:?}"
        );
        let middle = f64::midpoint(ink[1], ink[3]);
        assert!(
            told[1] < middle && middle < told[3] && told[3] - told[1] < 4.0 * letter,
            "{what}, {word}: {told:?} for {ink:?}"
        );
    }
}

#[test]
fn the_words_of_a_photograph_lie_on_its_ink_and_the_copy_for_reading_is_flat() {
    let (page, places) = sheet();
    let way = Perspective::new(SIZE, CORNERS);
    let photo = photographed(&page, &way, PHOTO);
    let in_photo: Vec<Box4> = places
        .iter()
        .map(|[left, top, right, bottom]| {
            let corners = [
                [*left, *top],
                [*right, *top],
                [*right, *bottom],
                [*left, *bottom],
            ]
            .map(|corner| way.at(corner));
            let edge = |at: usize, pick: fn(f64, f64) -> f64| {
                corners
                    .iter()
                    .map(|corner| corner[at])
                    .reduce(pick)
                    .unwrap()
            };
            [
                edge(0, f64::min),
                edge(1, f64::min),
                edge(0, f64::max),
                edge(1, f64::max),
            ]
        })
        .collect();
    let (width, height) = (f64::from(PHOTO.0), f64::from(PHOTO.1));

    for (what, photo) in [
        ("upright", photo.clone()),
        ("upside down", imageops::rotate180(&photo)),
    ] {
        let options = Options {
            convenience: true,
            ..options()
        };
        let sheet = Sheet::photograph(photo.clone()).unwrap();
        let done = digitize(&[sheet], &mut engine(), &options).unwrap();
        assert!(
            done.pages[0].geometry.flattening.is_some(),
            "{what}: the sheet was not found"
        );
        let judge = Judge::of(&done.pdf);
        judge.is_sound();
        // Either way up it is shown upright.
        lie_on_ink(&told(&judge), &in_photo, (width, height), what);
        // The sheet in the photograph has its true size, so the photograph around it is larger than A4.
        let told_size = String::from_utf8(judge.run("pdfinfo", &["a.pdf"]).stdout).unwrap();
        let points = page_height(&told_size);
        let sheet_share = (CORNERS[3][1] - CORNERS[0][1]) / height;
        assert!(
            (points * sheet_share / 841.9 - 1.0).abs() < 0.06,
            "{what}: {points} points"
        );

        let judge = Judge::of(&done.convenience.unwrap());
        judge.is_sound();
        let told_size = String::from_utf8(judge.run("pdfinfo", &["a.pdf"]).stdout).unwrap();
        assert!(
            (page_height(&told_size) - 841.9).abs() < 1.0,
            "{what}: {told_size}"
        );
        let (width, height) = (f64::from(SIZE.0), f64::from(SIZE.1));
        lie_on_ink(&told(&judge), &places, (width, height), what);
        // What it shows is the sheet that was photographed, in the light that fell on it.
        let shown = judge.shown(1, 200);
        let shown = imageops::resize(&shown, SIZE.0, SIZE.1, imageops::FilterType::Triangle);
        let lit = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            let [x_in_photo, _] = way.at([f64::from(x), f64::from(y)]);
            let light = light_at(x_in_photo as f32, PHOTO.0);
            Rgb(page
                .get_pixel(x, y)
                .0
                .map(|value| (f32::from(value) * light) as u8))
        });
        let apart = difference(&lit, &shown);
        assert!(apart < 8.0, "{what}: {apart}");
        let red = shown
            .pixels()
            .filter(|Rgb([r, g, b])| *r > g.saturating_add(60) && *r > b.saturating_add(60))
            .count();
        assert!(red > 10_000, "{what}: {red} pixels of the seal");
    }
}

/// As pdfinfo tells it, in points.
fn page_height(told: &str) -> f64 {
    let line = told
        .lines()
        .find(|line| line.starts_with("Page size:"))
        .unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    words[4].parse().unwrap()
}
