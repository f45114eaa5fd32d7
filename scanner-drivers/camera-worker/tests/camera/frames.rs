//! Which frame becomes the page: still, sharp, one a sheet, none lost.

use image::DynamicImage;
use promises::{scan, sheet};
use scanner_drivers::settings::CameraSettings;
use scanner_drivers::{CameraDriver, Mode, ScanEvent, ScanJob, ScannerDriver, Source, Waiting};

use crate::rig::{Film, WORKER, sheets};

/// Lines of letters, as sharp as the blur leaves them.
fn page(blur: f32) -> DynamicImage {
    let page = image::GrayImage::from_fn(640, 480, |x, y| {
        let ink = y % 16 < 8 && (x / 3 + y / 16 * 7) % 5 < 3;
        image::Luma([if ink { 40 } else { 220 }])
    });
    let page = DynamicImage::ImageRgb8(DynamicImage::ImageLuma8(page).to_rgb8());
    if blur > 0.0 { page.blur(blur) } else { page }
}

/// The same page with a hand over part of it.
fn with_hand(at: u32) -> DynamicImage {
    let mut page = page(0.0).to_rgb8();
    for y in at..(at + 150).min(480) {
        for x in 200..420 {
            page.put_pixel(x, y, image::Rgb([180, 130, 110]));
        }
    }
    page.into()
}

#[test]
fn the_sharpest_still_frame_is_taken() {
    let film = Film::new();
    // The last of the focus: a little soft, softer, sharp, soft again. (Far out of focus counts as movement.)
    film.shoot(&page(0.45), 5);
    film.shoot(&page(0.5), 2);
    film.shoot(&page(0.0), 1);
    film.shoot(&page(0.45), 5);
    let (pages, outcome) = scan(&film.driver(), &film.name(), &ScanJob::default());
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
    assert!(
        pages[0].image == page(0.0),
        "the sharp frame, pixel for pixel"
    );
    assert_eq!(pages[0].dpi, None, "a photograph has no scale");
}

#[test]
fn no_page_is_taken_with_a_hand_in_the_picture() {
    let film = Film::new();
    for at in [300, 220, 140, 60, 0, 60, 140, 220, 300] {
        film.shoot(&with_hand(at), 1);
    }
    film.shoot(&page(0.0), 14);
    let mut waited = false;
    let mut pages = Vec::new();
    film.driver()
        .scanner(&film.name())
        .run(&ScanJob::default(), &mut |event| match event {
            ScanEvent::Waiting(Waiting::Stillness) => waited = true,
            ScanEvent::Page(page) => pages.push(page.image),
            _ => {}
        })
        .unwrap();
    assert!(waited);
    assert!(pages == [page(0.0)]);
}

#[test]
fn each_changed_sheet_is_one_page_even_one_that_looks_the_same() {
    let film = Film::new();
    film.shoot(&sheet(1), 30); // lying there for long makes it no second page
    film.shoot(&with_hand(100), 2);
    film.shoot(&sheet(2), 14);
    // The next sheet looks the same: a duplicate may be thrown away later, a page that was never taken is lost.
    film.shoot(&with_hand(100), 2);
    film.shoot(&sheet(2), 14);
    let (pages, outcome) = scan(&film.driver(), &film.name(), &sheets());
    outcome.unwrap();
    let images: Vec<_> = pages.into_iter().map(|page| page.image).collect();
    assert!(
        images == [sheet(1), sheet(2), sheet(2)],
        "{} pages",
        images.len()
    );
    // Under a camera that is asked for one page the film goes on in vain.
    let (pages, outcome) = scan(&film.driver(), &film.name(), &ScanJob::default());
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
}

#[test]
fn a_picture_that_never_holds_still_is_told() {
    let film = Film::new();
    film.flicker(&sheet(1), &sheet(2), 4000);
    let settings = CameraSettings {
        still_within_ms: 1000,
        ..film.settings()
    };
    let driver = CameraDriver::new(WORKER, settings);
    let (pages, outcome) = scan(&driver, &film.name(), &sheets());
    assert_eq!(outcome.unwrap_err().code(), "scan.not_still");
    assert!(pages.is_empty());
}

#[test]
fn what_a_camera_cannot_do_is_refused() {
    let film = Film::new();
    film.shoot(&sheet(1), 14);
    let code = |device: &str, job: &ScanJob| {
        let outcome = scan(&film.driver(), device, job).1;
        outcome.unwrap_err().code()
    };
    let gray = ScanJob {
        mode: Mode::Gray,
        ..ScanJob::default()
    };
    assert_eq!(code(&film.name(), &gray), "scan.unsupported");
    let duplex = ScanJob {
        source: Source::FeederDuplex,
        ..ScanJob::default()
    };
    assert_eq!(code(&film.name(), &duplex), "scan.unsupported");
    // Neither a film nobody configured nor an address is opened.
    let plain = ScanJob::default();
    for device in [
        "/dev/video999",
        "/etc/passwd",
        "http://127.0.0.1:1/x.mjpg",
        "0",
    ] {
        assert_eq!(code(device, &plain), "scan.not_found", "{device}");
    }
    let found = film.driver().discover().unwrap();
    let told = found
        .iter()
        .find(|scanner| scanner.id() == film.name())
        .unwrap();
    assert!(told.capabilities().simulated, "a film is no camera");
}
