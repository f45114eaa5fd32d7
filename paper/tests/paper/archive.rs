//! The archive file before programs that none of us wrote: a PDF/A by two validators, sound, and showing what was
//! scanned.

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use models::{PageText, Rect, Word};
use oxidize_pdf::pdfa::PdfALevel;
use paper::pdf::{self, ArchiveMeta, CopyKind, PdfMeta, PdfPage, Picture, Standard, Writer};
use paper::{Coding, Geometry, Layers, ReadPage, Sheet, Turn};

use crate::draw::{CERTIFICATE, DPI, page, stamp};
use crate::judge::{Judge, altered, difference};
use crate::options;

/// Every Vietnamese letter with a mark, in words.
const WORDS: &[&str] = &[
    "Nguyễn", "Thị", "Ánh", "Tuyết", "Đặng", "Phước", "Quỳnh", "Hoạch", "Ngữ", "Ỷ", "Ỹ", "Ỵ",
    "nẵng", "mặt", "đậu", "Huệ", "bộ", "lợi", "tự", "đỡ", "giữ", "gỗ", "lễ", "mẫu", "bằng", "cầu",
    "đề", "hồ", "giờ", "từ", "3.500m²", "–", "“ghi", "chú”",
];

/// Words in lines of six, as if read upright on a page of this size.
fn read(width: u32, height: u32, turn: Turn) -> ReadPage {
    let mut words = Vec::new();
    for (text, nth) in WORDS.iter().zip(0_u32..) {
        let before = words
            .last()
            .map_or(80, |word: &Word| word.bbox.x + word.bbox.w + 14);
        words.push(Word {
            text: (*text).to_owned(),
            confidence: 90,
            bbox: Rect {
                x: if nth % 6 == 0 { 80 } else { before },
                y: 90 + nth / 6 * 70,
                w: 20 * text.chars().count() as u32,
                h: 40,
            },
            line: nth / 6,
            block: 1,
            ..Word::default()
        });
    }
    ReadPage {
        text: PageText::from_words(words),
        geometry: Geometry {
            turn,
            width,
            height,
            ..Geometry::default()
        },
    }
}

fn meta(standard: Standard) -> PdfMeta<'static> {
    PdfMeta {
        fields_json: (standard == Standard::Newest).then_some(b"[]"),
        archive: ArchiveMeta {
            document_type: Some("KS".into()),
            owner: Some("001314000001".into()),
            number: Some("12/2014 & <b>".into()),
            issued_on: Some("2014-06-10".into()),
            issuer: Some("Ủy ban nhân dân xã Mẫu Sơn".into()),
            ..ArchiveMeta::default()
        },
        standard,
        ..PdfMeta::new("Giấy khai sinh", options().created)
    }
}

/// One page of each kind that the writer knows: colour, gray, black and white, layers.
fn all_kinds(standard: Standard) -> Vec<u8> {
    let colour = Sheet::new(page(CERTIFICATE), DPI).unwrap();
    let gray = Sheet::new(DynamicImage::ImageRgb8(page(CERTIFICATE)).to_luma8(), DPI).unwrap();
    let masters = [
        colour.master().unwrap(),
        gray.master().unwrap(),
        Sheet::new(bilevel(), DPI).unwrap().master().unwrap(),
    ];
    let upright = read(1760, 1240, Turn::Upright);
    let layers = Layers::of(&colour, &upright.geometry).unwrap();
    let mut pages: Vec<PdfPage<'_>> = masters
        .iter()
        .map(|master| PdfPage {
            picture: Picture::Master(master),
            read: Some(&upright),
        })
        .collect();
    pages.push(PdfPage {
        picture: Picture::Layers(&layers),
        read: Some(&upright),
    });
    pdf::write(&pages, &meta(standard)).unwrap()
}

/// The page as a scanner in "lineart" gives it.
fn bilevel() -> GrayImage {
    let mut gray = DynamicImage::ImageRgb8(page(CERTIFICATE)).to_luma8();
    for value in gray.iter_mut() {
        *value = if *value < 140 { 0 } else { 255 };
    }
    gray
}

#[test]
fn two_validators_call_it_a_pdf_a_and_object_to_broken_ones() {
    let newest = all_kinds(Standard::Newest);
    let judge = Judge::of(&newest);
    judge.is_sound();
    assert_eq!(judge.objections(PdfALevel::A3u), Vec::<String>::new());
    for (from, to) in [
        ("/OutputIntents", "/OutputIntentz"),
        ("<pdfaid:part>3<", "<pdfaid:part>1<"),
        ("pdfaid:conformance", "pdfaid:conformanze"),
        ("/FontFile2", "/FontFileX"),
    ] {
        let objections = Judge::of(&altered(&newest, from, to)).objections(PdfALevel::A3u);
        assert!(
            !objections.is_empty(),
            "{from} is missing, and nobody objects"
        );
    }

    let first = all_kinds(Standard::A1b);
    let judge = Judge::of(&first);
    judge.is_sound();
    let Some(objections) = judge.preflight() else {
        return;
    };
    assert_eq!(objections, Vec::<String>::new());
    let objected = |file: &[u8], changes: &[(&str, &str)]| {
        for (from, to) in changes {
            let objections = Judge::of(&altered(file, from, to)).preflight().unwrap();
            assert!(
                !objections.is_empty(),
                "{from} is missing, and nobody objects"
            );
        }
    };
    objected(
        &first,
        &[
            ("/OutputIntents", "/OutputIntentz"),
            ("<pdfaid:part>1<", "<pdfaid:part>7<"),
            (
                "<pdfaProperty:name>copyKind<",
                "<pdfaProperty:name>copyKinx<",
            ),
            ("/DeviceRGB", "/DeviceRGX"),
        ],
    );
    // Fonts of invisible text are not looked at (ISO 19005-1 §6.3.4); those of the same text made visible are.
    let plain = [
        "--stream-data=uncompress",
        "--newline-before-endstream",
        "a.pdf",
        "plain.pdf",
    ];
    judge.run("qpdf", &plain);
    let plain = std::fs::read(judge.path("plain.pdf")).unwrap();
    let visible = altered(&plain, "\n3 Tr\n", "\n0 Tr\n");
    let objections = Judge::of(&visible).preflight().unwrap();
    assert_eq!(objections, Vec::<String>::new());
    objected(
        &visible,
        &[("/FontFile2", "/FontFileX"), ("/CIDSet", "/CIDSeX")],
    );
}

#[test]
fn without_attachments_it_is_a_part_two() {
    let sheet = Sheet::new(page(CERTIFICATE), DPI).unwrap();
    let master = sheet.master().unwrap();
    let only = [PdfPage {
        picture: Picture::Master(&master),
        read: None,
    }];
    let file = pdf::write(&only, &PdfMeta::new("Giấy khai sinh", options().created)).unwrap();
    let judge = Judge::of(&file);
    judge.is_sound();
    assert_eq!(judge.objections(PdfALevel::A2u), Vec::<String>::new());
}

#[test]
fn every_kind_of_page_is_shown_as_it_was_scanned() {
    let source = page(CERTIFICATE);
    let judge = Judge::of(&all_kinds(Standard::Newest));
    assert!(difference(&source, &judge.shown(1, DPI)) < 1.5);
    let gray =
        DynamicImage::ImageLuma8(DynamicImage::ImageRgb8(source.clone()).to_luma8()).to_rgb8();
    assert!(difference(&gray, &judge.shown(2, DPI)) < 1.5);
    // Black and white loses nothing and is not the negative.
    let black_and_white = DynamicImage::ImageLuma8(bilevel()).to_rgb8();
    assert!(judge.shown(3, DPI) == black_and_white);
    // Layers: nearly the page, its red title red.
    let layers = judge.shown(4, DPI);
    assert!(
        difference(&source, &layers) < 4.0,
        "{}",
        difference(&source, &layers)
    );
    let (wanted, shown) = (red(&source), red(&layers));
    assert!(
        wanted > 2_000 && shown * 10 > wanted * 8,
        "{shown} of {wanted} red pixels"
    );
}

/// How many pixels are clearly red.
fn red(page: &RgbImage) -> usize {
    page.pixels()
        .filter(|Rgb([r, g, b])| *r > 140 && *r > g.saturating_add(70) && *r > b.saturating_add(70))
        .count()
}

#[test]
fn a_scan_of_black_and_white_is_kept_without_loss() {
    let source = bilevel();
    let master = Sheet::new(source.clone(), DPI).unwrap().master().unwrap();
    assert_eq!(master.coding, Coding::Group4);
    let mut one = source;
    one.put_pixel(0, 0, Luma([254]));
    let master = Sheet::new(one, DPI).unwrap().master().unwrap();
    assert_eq!(
        master.coding,
        Coding::Jpeg,
        "one gray pixel makes a gray page"
    );
}

#[test]
fn words_come_out_in_order_with_their_marks_however_the_page_lies() {
    let master = Sheet::new(page(CERTIFICATE), DPI)
        .unwrap()
        .master()
        .unwrap();
    for (turn, skew_degrees) in [
        (Turn::Upright, 0.0),
        (Turn::Upright, 4.0),
        (Turn::Half, -3.0),
        (Turn::Quarter, 0.0),
        (Turn::ThreeQuarters, 2.0),
    ] {
        let mut read = read(1760, 1240, turn);
        read.geometry.skew_degrees = skew_degrees;
        let only = [PdfPage {
            picture: Picture::Master(&master),
            read: Some(&read),
        }];
        let file = pdf::write(&only, &meta(Standard::Newest)).unwrap();
        let judge = Judge::of(&file);
        let raw = judge.text();
        let words: Vec<&str> = raw.split_whitespace().collect();
        assert_eq!(words, WORDS, "{turn:?} {skew_degrees}");
        // The map of letters names each by its own Unicode: ễ is U+1EC5.
        let plain = judge.run("qpdf", &["--qdf", "a.pdf", "-"]).stdout;
        let plain = String::from_utf8_lossy(&plain);
        assert!(plain.contains("/ToUnicode") && plain.contains("<1EC5> <1EC5>"));
        if skew_degrees == 0.0 {
            // In the order of the page too, not only of the file, and line by line.
            let laid = judge
                .run("pdftotext", &["-enc", "UTF-8", "a.pdf", "-"])
                .stdout;
            let laid = String::from_utf8(laid).unwrap();
            let lines: Vec<Vec<&str>> = laid
                .lines()
                .map(|line| line.split_whitespace().collect())
                .filter(|line: &Vec<&str>| !line.is_empty())
                .collect();
            assert_eq!(lines, WORDS.chunks(6).collect::<Vec<_>>(), "{turn:?}");
        }
    }
}

#[test]
fn pages_go_to_the_sink_one_by_one() {
    /// Counts what comes, and remembers the largest piece.
    #[derive(Default)]
    struct Sink {
        bytes: Vec<u8>,
        after_page: Vec<usize>,
    }
    impl std::io::Write for &mut Sink {
        fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
            self.bytes.extend_from_slice(piece);
            Ok(piece.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let master = Sheet::new(page(CERTIFICATE), DPI)
        .unwrap()
        .master()
        .unwrap();
    let mut sink = Sink::default();
    let mut after_page = Vec::new();
    let mut writer = Writer::begin(Vec::new(), Standard::Newest).unwrap();
    let mut streamed = Writer::begin(&mut sink, Standard::Newest).unwrap();
    let meta = PdfMeta::new("Giấy khai sinh", options().created);
    for _ in 0..3 {
        let page = PdfPage {
            picture: Picture::Master(&master),
            read: None,
        };
        writer.page(&page).unwrap();
        streamed.page(&page).unwrap();
        after_page.push(master.bytes.len());
    }
    streamed.finish(&meta).unwrap();
    sink.after_page = after_page;
    assert!(sink.bytes == writer.finish(&meta).unwrap());
    assert!(sink.bytes.len() > sink.after_page.iter().sum());

    /// A disk that is full.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let refused = Writer::begin(Full, Standard::Newest).err().unwrap();
    assert_eq!(refused.code(), "paper.write");
}

#[test]
fn a_convenience_copy_is_small_straight_and_calls_itself_one() {
    let mut stamped = page(CERTIFICATE);
    stamp(&mut stamped, 900.0, 840.0);
    let crooked = crate::draw::crooked(&stamped, 3.0);
    let sheet = Sheet::new(crooked, DPI).unwrap();
    let mut read = read(1760, 1240, Turn::Upright);
    read.geometry.skew_degrees = 3.0;
    let layers = Layers::of(&sheet, &read.geometry).unwrap();
    // Half an A4 page.
    assert!(layers.bytes() < 80_000, "{layers:?}");
    let only = [PdfPage {
        picture: Picture::Layers(&layers),
        read: Some(&read),
    }];
    let copy = PdfMeta {
        copy: CopyKind::Convenience,
        ..meta(Standard::Newest)
    };
    let judge = Judge::of(&pdf::write(&only, &copy).unwrap());
    judge.is_sound();
    let shown = judge.shown(1, DPI);
    let straight = difference(&stamped, &shown);
    assert!(straight < 6.0, "{straight}");
    assert!(red(&shown) * 10 > red(&stamped) * 8, "the seal stays red");
    let told = String::from_utf8(judge.run("pdfinfo", &["a.pdf"]).stdout).unwrap();
    assert!(told.contains("Giấy khai sinh (bản để xem)"), "{told}");
    let told = String::from_utf8(judge.run("pdfinfo", &["-meta", "a.pdf"]).stdout).unwrap();
    assert!(told.contains("<niem:copyKind>convenience<"));
    let images = String::from_utf8(judge.run("pdfimages", &["-list", "a.pdf"]).stdout).unwrap();
    assert!(
        images.contains("ccitt") && !images.contains("jbig2"),
        "{images}"
    );
}
