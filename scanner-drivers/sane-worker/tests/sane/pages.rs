//! Pages arrive whole, in order and pixel for pixel; each of the device's own troubles keeps its name.

use image::{GrayImage, Luma, Rgb, RgbImage};
use scanner_drivers::{Mode, ScanJob, Source};

use crate::rig::{Rig, options, scan};

#[test]
fn scanners_are_found_with_what_they_can_do() {
    use scanner_drivers::{Resolutions, ScannerDriver};
    let found = Rig::new().driver().discover().unwrap();
    let ids: Vec<_> = found
        .iter()
        .map(|scanner| scanner.id().to_owned())
        .collect();
    assert_eq!(ids, ["pnm:0", "pnm:1", "test:0", "test:1"]);
    let test = found[2].capabilities();
    assert_eq!(test.sources, [Source::Flatbed, Source::Feeder]);
    assert_eq!(test.modes, [Mode::Gray, Mode::Colour, Mode::Lineart]);
    assert!(test.simulated && test.driver == "sane");
    assert_eq!(test.resolutions, Resolutions::Range { min: 1, max: 1200 });
    assert_eq!(test.area_mm, Some((200.0, 200.0)));
    assert_eq!(test.trouble, None);
    assert!(
        matches!(&found[0].capabilities().resolutions, Resolutions::List(list) if list.contains(&300))
    );
}

#[test]
fn a_colour_page_arrives_pixel_for_pixel() {
    let rig = Rig::new();
    let page = RgbImage::from_fn(617, 411, |x, y| {
        Rgb([
            (x % 251) as u8,
            (y % 241) as u8,
            ((x * 7 + y * 13) % 239) as u8,
        ])
    });
    rig.save("page.ppm", &page.clone().into());
    let job = ScanJob {
        options: options(&[("filename", rig.path("page.ppm").to_str().unwrap())]),
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&rig.driver(), "pnm:0", &job);
    outcome.unwrap();
    assert_eq!(
        pages.len(),
        1,
        "a flatbed gives one page, however many are allowed"
    );
    assert_eq!(pages[0].dpi, Some(300));
    assert!(pages[0].image.as_rgb8().unwrap() == &page);
}

#[test]
fn a_gray_page_and_a_three_pass_page_arrive_pixel_for_pixel() {
    let rig = Rig::new();
    let gray = GrayImage::from_fn(333, 222, |x, y| Luma([((x * 3 + y * 5) % 256) as u8]));
    rig.save("gray.pgm", &gray.clone().into());
    let filename = rig.path("gray.pgm");
    let job = ScanJob {
        options: options(&[("filename", filename.to_str().unwrap())]),
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&rig.driver(), "pnm:0", &job);
    outcome.unwrap();
    assert!(pages[0].image.as_luma8().unwrap() == &gray);

    let colour = RgbImage::from_fn(90, 70, |x, y| Rgb([x as u8, y as u8, (x + y) as u8]));
    rig.save("colour.ppm", &colour.clone().into());
    let filename = rig.path("colour.ppm");
    let three_pass = options(&[
        ("filename", filename.to_str().unwrap()),
        ("three-pass", "yes"),
    ]);
    let (pages, outcome) = scan(
        &rig.driver(),
        "pnm:0",
        &ScanJob {
            options: three_pass,
            ..ScanJob::default()
        },
    );
    outcome.unwrap();
    assert!(pages[0].image.as_rgb8().unwrap() == &colour);

    // A hand scanner does not know its height beforehand.
    let by_hand = options(&[
        ("filename", filename.to_str().unwrap()),
        ("hand-scanner", "yes"),
    ]);
    let (pages, outcome) = scan(
        &rig.driver(),
        "pnm:0",
        &ScanJob {
            options: by_hand,
            ..ScanJob::default()
        },
    );
    outcome.unwrap();
    assert!(pages[0].image.as_rgb8().unwrap() == &colour);
}

#[test]
fn a_feeder_gives_all_its_pages_and_ends_cleanly() {
    let rig = Rig::new();
    let extra = options(&[
        ("test-picture", "Grid"),
        ("ppl-loss", "7"),
        ("br-x", "100"),
        ("br-y", "60"),
    ]);
    let job = ScanJob {
        dpi: 75,
        source: Source::Feeder,
        options: extra,
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&rig.driver(), "test:0", &job);
    outcome.unwrap();
    assert_eq!(
        pages.len(),
        10,
        "the test backend's feeder holds ten sheets"
    );
    let first = pages[0].image.as_rgb8().unwrap();
    assert!(first.pixels().any(|p| p.0 == [255; 3]) && first.pixels().any(|p| p.0 == [0; 3]));
    assert!(
        pages
            .iter()
            .all(|page| page.image.as_rgb8() == Some(first) && page.dpi == Some(75))
    );

    let (pages, outcome) = scan(
        &rig.driver(),
        "test:0",
        &ScanJob {
            max_pages: 3,
            ..job
        },
    );
    outcome.unwrap();
    assert_eq!(pages.len(), 3);
}

#[test]
fn sixteen_bits_and_one_bit_become_eight() {
    let rig = Rig::new();
    for depth in ["16", "1", "8"] {
        let extra = options(&[
            ("depth", depth),
            ("test-picture", "Solid white"),
            ("br-x", "37"),
            ("br-y", "20"),
        ]);
        let job = ScanJob {
            dpi: 100,
            mode: Mode::Gray,
            options: extra,
            ..ScanJob::default()
        };
        let (pages, outcome) = scan(&rig.driver(), "test:0", &job);
        outcome.unwrap();
        let page = pages[0].image.as_luma8().unwrap();
        assert!(
            page.pixels().all(|p| p.0 == [255]),
            "white paper is white at {depth} bits"
        );
    }
}

#[test]
fn each_trouble_of_the_device_keeps_its_name() {
    let rig = Rig::new();
    for (status, code) in [
        ("SANE_STATUS_JAMMED", "scan.jam"),
        ("SANE_STATUS_NO_DOCS", "scan.no_paper"),
        ("SANE_STATUS_COVER_OPEN", "scan.cover_open"),
        ("SANE_STATUS_DEVICE_BUSY", "scan.device_busy"),
        ("SANE_STATUS_ACCESS_DENIED", "scan.access_denied"),
        ("SANE_STATUS_IO_ERROR", "scan.io"),
        ("SANE_STATUS_NO_MEM", "scan.no_memory"),
        ("SANE_STATUS_CANCELLED", "scan.cancelled"),
        ("SANE_STATUS_EOF", "scan.bad_answer"),
    ] {
        let job = ScanJob {
            dpi: 75,
            options: options(&[("read-return-value", status)]),
            ..ScanJob::default()
        };
        let (pages, outcome) = scan(&rig.driver(), "test:0", &job);
        assert_eq!(outcome.unwrap_err().code(), code, "{status}");
        assert!(
            pages.is_empty(),
            "no half page is handed over after {status}"
        );
    }
}

#[test]
fn a_missing_scanner_and_a_refused_option_are_told_apart() {
    let rig = Rig::new();
    assert_eq!(
        scan(&rig.driver(), "pnm:7", &ScanJob::default())
            .1
            .unwrap_err()
            .code(),
        "scan.not_found"
    );
    let job = ScanJob {
        options: options(&[("no-such-knob", "1")]),
        ..ScanJob::default()
    };
    assert_eq!(
        scan(&rig.driver(), "test:0", &job).1.unwrap_err().code(),
        "scan.bad_option"
    );
    let job = ScanJob {
        options: options(&[("depth", "many")]),
        ..ScanJob::default()
    };
    assert_eq!(
        scan(&rig.driver(), "test:0", &job).1.unwrap_err().code(),
        "scan.bad_option"
    );
    // The file reader has no feeder.
    let job = ScanJob {
        source: Source::Feeder,
        ..ScanJob::default()
    };
    assert_eq!(
        scan(&rig.driver(), "pnm:0", &job).1.unwrap_err().code(),
        "scan.unsupported"
    );
}

#[test]
fn black_and_white_is_two_values_of_gray() {
    let rig = Rig::new();
    let job = ScanJob {
        dpi: 100,
        mode: Mode::Lineart,
        options: options(&[("test-picture", "Grid"), ("br-x", "60"), ("br-y", "40")]),
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&rig.driver(), "test:0", &job);
    outcome.unwrap();
    let page = pages[0].image.as_luma8().unwrap();
    let count = |value: u8| page.pixels().filter(|pixel| pixel.0 == [value]).count();
    assert!(count(0) > 1000 && count(255) > 1000);
    assert_eq!(
        count(0) + count(255),
        (page.width() * page.height()) as usize
    );
    // A file has the colours it has: one that cannot do black and white says so.
    let job = ScanJob {
        mode: Mode::Lineart,
        ..ScanJob::default()
    };
    let outcome = scan(&rig.driver(), "pnm:0", &job).1;
    assert_eq!(outcome.unwrap_err().code(), "scan.unsupported");
}

#[test]
fn progress_is_told_while_the_page_comes() {
    use scanner_drivers::{ScanEvent, ScannerDriver};
    let rig = Rig::new();
    let job = ScanJob {
        dpi: 75,
        source: Source::Feeder,
        max_pages: 2,
        options: options(&[("read-limit", "yes"), ("read-limit-size", "20000")]),
        ..ScanJob::default()
    };
    let (mut told, mut pages) = (Vec::new(), 0);
    rig.driver()
        .scanner("test:0")
        .run(&job, &mut |event| match event {
            ScanEvent::Progress(progress) => told.push((pages, progress)),
            ScanEvent::Page(_) => pages += 1,
            other => panic!("{other:?}"),
        })
        .unwrap();
    assert_eq!(pages, 2);
    // 590 x 590 pixels of three bytes: the test backend's 200 mm at 75 dpi.
    assert!(
        told.iter()
            .all(|(_, progress)| progress.of == Some(590 * 590 * 3)),
        "{told:?}"
    );
    assert!(
        told.iter()
            .all(|(before, progress)| progress.page == before + 1)
    );
    for page in [1, 2] {
        assert!(
            told.iter().any(|(_, progress)| progress.page == page),
            "{told:?}"
        );
    }
}
