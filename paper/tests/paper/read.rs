//! Pages are read whichever way they lie, and the fields come out with what is known of them.

use image::{GrayImage, Rgb, imageops};
use models::{ModelId, PageText, Readers, TextEngine, TextError};
use paper::fields::FieldState;
use paper::{Sheet, Turn, digitize, read_page};

use crate::draw::{CERTIFICATE, DPI, crooked, page, stamp, write_in};
use crate::{engine, options};

/// The share of the page's words that were read exactly.
fn share_read(text: &str) -> f32 {
    let read: Vec<&str> = text.split_whitespace().collect();
    let printed: Vec<&str> = CERTIFICATE
        .iter()
        .flat_map(|line| line.split_whitespace())
        .collect();
    printed.iter().filter(|word| read.contains(word)).count() as f32 / printed.len() as f32
}

#[test]
fn a_page_gives_its_words_its_kind_and_its_fields() {
    let sheet = Sheet::new(page(CERTIFICATE), DPI).unwrap();
    let done = digitize(&[sheet], &mut engine(), &options()).unwrap();
    assert!(
        share_read(&done.text()) > 0.95,
        "read {}",
        share_read(&done.text())
    );
    assert_eq!(done.kind.id, "khai_sinh");
    let field = |name: &str| {
        done.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| (field.value.as_str(), field.state))
    };
    assert_eq!(
        field("ho_ten"),
        Some(("TRẦN THỊ MẪU", FieldState::Accepted))
    );
    assert_eq!(
        field("ngay_sinh"),
        Some(("05/06/2014", FieldState::Accepted))
    );
    assert_eq!(
        field("so_dinh_danh"),
        Some(("001314000001", FieldState::Accepted))
    );
    assert_eq!(field("ho_ten_me").map(|f| f.0), Some("LÊ THỊ THỬ"));
    assert!(
        done.pages[0].verdicts.is_empty(),
        "{:?}",
        done.pages[0].verdicts
    );
    assert!(
        !format!("{done:?}").contains("MẪU"),
        "no name may reach a log"
    );
}

#[test]
fn a_page_is_read_whichever_way_up_it_lies() {
    let upright = page(CERTIFICATE);
    let mut engine = engine();
    for (lying, turn) in [
        (imageops::rotate180(&upright), Turn::Half),
        (imageops::rotate90(&upright), Turn::ThreeQuarters),
        (imageops::rotate270(&upright), Turn::Quarter),
    ] {
        let read = read_page(&Sheet::new(lying, DPI).unwrap(), &mut engine).unwrap();
        assert_eq!(read.geometry.turn, turn);
        assert!(
            share_read(&read.text.text()) > 0.95,
            "{turn:?}: {}",
            share_read(&read.text.text())
        );
    }
}

#[test]
fn a_crooked_page_is_straightened_for_reading_and_its_words_are_found_on_the_page() {
    let straight = page(CERTIFICATE);
    let mut engine = engine();
    for degrees in [-4.0, 3.5] {
        let sheet = Sheet::new(crooked(&straight, degrees), DPI).unwrap();
        let read = read_page(&sheet, &mut engine).unwrap();
        assert!(
            (read.geometry.skew_degrees - degrees).abs() < 0.15,
            "found {}",
            read.geometry.skew_degrees
        );
        assert!(share_read(&read.text.text()) > 0.95);
        // The place on the page must show ink, where the word really is.
        let word = read
            .text
            .words
            .iter()
            .find(|word| word.text == "001314000001")
            .unwrap();
        let place = read.geometry.to_page(word.bbox);
        let gray = sheet.gray();
        let dark = |y: u32| (place.x..place.x + place.w).any(|x| gray.get_pixel(x, y).0[0] < 110);
        assert!(
            (place.y + place.h / 2 - 8..place.y + place.h / 2 + 8).all(dark),
            "no ink at {place:?}"
        );
    }
}

#[test]
fn a_seal_over_the_words_is_lifted_and_the_red_title_stays() {
    let mut stamped = page(CERTIFICATE);
    stamp(&mut stamped, 900.0, 840.0);
    let sheet = Sheet::new(stamped, DPI).unwrap();
    let done = digitize(std::slice::from_ref(&sheet), &mut engine(), &options()).unwrap();
    assert_eq!(done.pages[0].geometry.seals.len(), 1);
    assert_eq!(done.kind.id, "khai_sinh", "the title is red too");
    assert!(
        share_read(&done.text()) > 0.92,
        "read {}",
        share_read(&done.text())
    );
    assert!(done.text().contains("001314000001"));
}

/// The back of an invented card.
const ZONE: [&str; 3] = [
    "IDVNM0850000098001085000009<<8",
    "8504032M2504030VNM<<<<<<<<<<<2",
    "NGUYEN<<VAN<THU<<<<<<<<<<<<<<<",
];

/// An engine that passes over lines of a zone, as page engines do: whatever stands in some rows of the page.
struct PassesOver {
    engine: models_tesseract::Tesseract,
    rows: std::ops::Range<u32>,
}

impl TextEngine for PassesOver {
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        let mut words = self.engine.read(page, dpi)?.words;
        words.retain(|word| !self.rows.contains(&(word.bbox.y + word.bbox.h / 2)));
        Ok(PageText::from_words(words))
    }

    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.engine.read_line(line, dpi)
    }

    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.engine.read_lines(lines, dpi)
    }

    fn model(&self) -> &ModelId {
        self.engine.model()
    }
}

#[test]
fn lines_of_a_zone_that_were_passed_over_are_sought() {
    let mut drawn = page(&CERTIFICATE[..4]);
    let foot = |line: usize| 760 + 66 * line as u32;
    for (line, text) in ZONE.iter().enumerate() {
        let at = (150.0, foot(line) as f32);
        write_in(
            "DejaVuSansMono",
            &mut drawn,
            at,
            52.0,
            Rgb([20, 20, 20]),
            text,
        );
    }
    let sheet = Sheet::new(drawn, DPI).unwrap();
    let latin = models_tesseract::Tesseract::open("/usr/share/tesseract-ocr/5/tessdata", "eng");
    let mut readers = Readers {
        page: Box::new(engine()),
        line: None,
        latin: Some(Box::new(latin.unwrap())),
    };
    for rows in [
        foot(0) - 45..foot(0),
        foot(1) - 45..foot(2),
        foot(0) - 45..foot(1),
    ] {
        readers.page = Box::new(PassesOver {
            engine: engine(),
            rows: rows.clone(),
        });
        let text = read_page(&sheet, &mut readers).unwrap().text.text();
        let zone: Vec<&str> = text.lines().filter(|line| line.contains("<<")).collect();
        assert_eq!(zone.len(), 3, "without rows {rows:?}: {zone:?}");
        for (read, printed) in zone.iter().zip(ZONE) {
            // This font's dotted zero is taken for a nine at times.
            let pairs = read.chars().zip(printed.chars());
            let slips = pairs.filter(|(read, printed)| read != printed).count();
            assert!(slips <= 1 && read.len() == 30, "{read} for {printed}");
        }
    }
    // Where nothing was read, nothing is sought.
    readers.page = Box::new(PassesOver {
        engine: engine(),
        rows: foot(0) - 45..foot(2),
    });
    let text = read_page(&sheet, &mut readers).unwrap().text.text();
    assert!(!text.contains('<'), "{text}");
}
