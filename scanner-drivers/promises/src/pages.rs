//! Pages arrive whole, in order and pixel for pixel, and their progress is told.

use image::DynamicImage;
use scanner_drivers::{Mode, ScanEvent, ScanJob};

use crate::bench::{Bench, LONG, gray_sheet, scan, sheet};

fn sheets(bench: &dyn Bench, of: fn(u32) -> DynamicImage) -> Vec<DynamicImage> {
    (1..=bench.most_pages().min(3) as u32).map(of).collect()
}

pub fn pages_arrive_whole_and_pixel_for_pixel(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let colour = sheets(bench, sheet);
    let (device, job) = bench.lay(&colour);
    let (pages, outcome) = scan(driver.as_ref(), &device, &job);
    outcome.unwrap();
    assert_eq!(pages.len(), colour.len());
    for (number, (page, laid)) in pages.iter().zip(&colour).enumerate() {
        assert!(page.image == *laid, "page {number} has other pixels");
    }
    if bench.has_gray() {
        let gray = sheets(bench, gray_sheet);
        let (device, job) = bench.lay(&gray);
        let job = ScanJob {
            mode: Mode::Gray,
            ..job
        };
        let (pages, outcome) = scan(driver.as_ref(), &device, &job);
        outcome.unwrap();
        assert!(pages.iter().map(|page| &page.image).eq(&gray));
    }
}

pub fn progress_is_told_page_by_page(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let laid = sheets(bench, sheet);
    let (device, job) = bench.lay(&laid);
    let (mut pages, mut told) = (0, 0);
    driver
        .scanner(&device)
        .run(&job, &mut |event| match event {
            ScanEvent::Progress(progress) => {
                assert_eq!(progress.page, pages + 1, "progress is of the page in work");
                assert!(progress.percent().is_none_or(|percent| percent <= 100));
                told = progress.page;
            }
            ScanEvent::Page(_) => {
                pages += 1;
                assert_eq!(told, pages, "page {pages} came without a word");
            }
            ScanEvent::Waiting(_) | ScanEvent::SetAside(_) => {}
        })
        .unwrap();
    assert_eq!(pages as usize, laid.len());
}

pub fn a_job_ends_after_the_pages_it_wanted(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let laid = sheets(bench, sheet);
    let (device, job) = bench.lay(&laid);
    let job = ScanJob {
        max_pages: 1,
        ..job
    };
    let (pages, outcome) = scan(driver.as_ref(), &device, &job);
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
    assert!(pages[0].image == laid[0]);
}

pub fn a_scanner_is_found_with_what_it_can_do(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let (device, job) = bench.lay(&sheets(bench, sheet));
    let found = driver.discover().unwrap();
    let scanner = found
        .iter()
        .find(|scanner| scanner.id() == device)
        .expect("the search finds the device");
    let told = scanner.capabilities();
    assert_eq!(told.driver, driver.name());
    assert_eq!(told.trouble, None);
    assert!(told.sources.contains(&job.source), "{:?}", told.sources);
    assert!(told.modes.contains(&Mode::Colour), "{:?}", told.modes);
    assert_eq!(told.modes.contains(&Mode::Gray), bench.has_gray());
    assert!(!told.kind.is_empty());
    // Twice asked, the same answer: nothing in it is by chance.
    let again = driver.discover().unwrap();
    assert!(again.iter().any(|scanner| scanner.capabilities() == told));
}
