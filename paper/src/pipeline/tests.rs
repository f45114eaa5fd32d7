//! Order, bounds, cancel and errors of the flow of pages, with an engine that reads nothing but the page's tone.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use image::{GrayImage, Luma};
use models::{ModelId, PageText, Word};

use super::*;

/// Reads the tone of the first pixel as the only word. Tone 13 fails, and light pages take longer than dark ones.
struct Toned(ModelId);

impl TextEngine for Toned {
    fn read(&mut self, page: &GrayImage, _dpi: u32) -> Result<PageText, TextError> {
        let tone = page.get_pixel(0, 0).0[0];
        thread::sleep(Duration::from_millis(u64::from(tone) / 10));
        if tone == 13 {
            return Err(TextError::Engine {
                step: "test",
                detail: String::new(),
            });
        }
        Ok(PageText::from_words(vec![Word {
            text: format!("trang {tone}"),
            confidence: 99,
            ..Word::default()
        }]))
    }

    fn model(&self) -> &ModelId {
        &self.0
    }
}

type Read = Result<Page, PaperError>;

fn open() -> Result<Box<dyn TextEngine>, TextError> {
    Ok(Box::new(Toned(ModelId {
        name: "test".to_owned(),
        sha256: String::new(),
    })))
}

fn sheet(tone: u8) -> Result<Sheet, PaperError> {
    Sheet::new(GrayImage::from_pixel(400, 500, Luma([tone])), 300)
}

fn plan(workers: usize) -> Plan {
    Plan {
        workers: NonZeroUsize::new(workers).unwrap(),
        declared_pages: None,
        read_refused: true,
    }
}

fn tone_of(page: &Page) -> String {
    page.read.text.text()
}

#[test]
fn pages_come_in_order_though_the_first_take_longest() {
    let tones = [250_u8, 200, 20, 190, 10, 1, 99, 2];
    let mut told = Vec::new();
    let summary = read_pages(
        tones.into_iter().map(sheet),
        &open,
        &plan(3),
        &AtomicBool::new(false),
        &mut |number, page: Read| {
            let page = page.unwrap();
            assert_eq!(page.report.number, number);
            told.push(tone_of(&page));
        },
    )
    .unwrap();
    let expected: Vec<_> = tones.iter().map(|tone| format!("trang {tone}")).collect();
    assert_eq!(told, expected);
    assert_eq!((summary.pages, summary.cancelled), (8, false));
}

#[test]
fn one_bad_page_stands_in_its_place_and_the_others_are_read() {
    let source = [sheet(1), Err(PaperError::NotAnImage), sheet(13), sheet(4)];
    let mut told = Vec::new();
    let summary = read_pages(
        source.into_iter(),
        &open,
        &plan(2),
        &AtomicBool::new(false),
        &mut |_, page: Read| told.push(page.map(|page| tone_of(&page)).map_err(|e| e.code())),
    )
    .unwrap();
    assert_eq!(
        told,
        [
            Ok("trang 1".to_owned()),
            Err("paper.not_an_image"),
            Err("text.engine"),
            Ok("trang 4".to_owned()),
        ]
    );
    assert_eq!(summary.pages, 4);
}

#[test]
fn no_more_sheets_are_taken_than_may_be_in_memory() {
    let (taken, delivered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let most = AtomicUsize::new(0);
    let source = (0..30_u8).map(|tone| {
        let now = taken.fetch_add(1, Ordering::SeqCst) + 1 - delivered.load(Ordering::SeqCst);
        most.fetch_max(now, Ordering::SeqCst);
        // The first page is slow, so that the others pile up behind it.
        sheet(if tone == 0 { 255 } else { tone / 15 })
    });
    let plan = plan(2);
    read_pages(
        source,
        &open,
        &plan,
        &AtomicBool::new(false),
        &mut |_, _| {
            delivered.fetch_add(1, Ordering::SeqCst);
        },
    )
    .unwrap();
    assert_eq!(delivered.into_inner(), 30);
    assert!(most.into_inner() <= plan.in_flight());
}

#[test]
fn the_first_page_is_delivered_before_the_last_is_taken() {
    let first_delivered = AtomicBool::new(false);
    let seen_by_source = AtomicBool::new(false);
    let source = (0..40_u8).map(|_| {
        seen_by_source.store(first_delivered.load(Ordering::SeqCst), Ordering::SeqCst);
        sheet(1)
    });
    read_pages(
        source,
        &open,
        &plan(2),
        &AtomicBool::new(false),
        &mut |_, _| {
            first_delivered.store(true, Ordering::SeqCst);
        },
    )
    .unwrap();
    assert!(seen_by_source.into_inner());
}

#[test]
fn a_cancel_stops_an_endless_source() {
    let cancel = AtomicBool::new(false);
    let mut delivered = 0;
    let endless = std::iter::repeat_with(|| sheet(1));
    let summary = read_pages(endless, &open, &plan(2), &cancel, &mut |number, _| {
        delivered += 1;
        if number == 3 {
            cancel.store(true, Ordering::SeqCst);
        }
    })
    .unwrap();
    assert_eq!((delivered, summary.pages, summary.cancelled), (3, 3, true));
}

#[test]
fn a_cancel_from_elsewhere_ends_a_run_whose_permits_are_all_out() {
    for after in 1..12 {
        let cancel = AtomicBool::new(false);
        let mut taken = 0;
        let endless = std::iter::repeat_with(|| {
            taken += 1;
            if taken == after {
                cancel.store(true, Ordering::SeqCst);
            }
            sheet(if taken == 1 { 200 } else { 1 })
        });
        let summary = read_pages(endless, &open, &plan(2), &cancel, &mut |_, _| {}).unwrap();
        assert!(summary.cancelled && summary.pages < after);
    }
}

#[test]
fn an_engine_that_does_not_open_is_told_and_one_that_does_is_enough() {
    let failing = || -> Result<Box<dyn TextEngine>, TextError> {
        Err(TextError::Engine {
            step: "open",
            detail: String::new(),
        })
    };
    let cancel = AtomicBool::new(false);
    let endless = std::iter::repeat_with(|| sheet(1));
    let error = read_pages(endless, &failing, &plan(3), &cancel, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "text.engine");

    let opened = AtomicUsize::new(0);
    let once = || match opened.fetch_add(1, Ordering::SeqCst) {
        0 => open(),
        _ => failing(),
    };
    let mut delivered = 0;
    let source = (1..6_u8).map(sheet);
    read_pages(source, &once, &plan(3), &cancel, &mut |_, page: Read| {
        page.unwrap();
        delivered += 1;
    })
    .unwrap();
    assert_eq!(delivered, 5);
}

/// Keeps what was told, and in which order.
#[derive(Default)]
struct Told(Vec<String>);

impl Deliver for Told {
    fn first_text(&mut self, number: u32, text: &PageText) {
        self.0.push(format!("{number}: {}", text.text()));
    }

    fn page(&mut self, number: u32, page: Read) {
        self.0
            .push(format!("{number} = {}", tone_of(&page.unwrap())));
    }
}

#[test]
fn first_lines_come_before_their_page() {
    // Rows of strokes, so that there is something to read first.
    let lined = GrayImage::from_fn(1200, 1600, |x, y| {
        Luma([if y % 60 < 30 && x % 12 < 5 && x > 0 {
            0
        } else {
            250
        }])
    });
    let sheets = [lined.clone(), lined].map(|lined| Sheet::new(lined, 300));
    let mut told = Told::default();
    let cancel = AtomicBool::new(false);
    read_pages(sheets.into_iter(), &open, &plan(2), &cancel, &mut told).unwrap();
    for number in 1..=2 {
        let at = |what: String| told.0.iter().position(|told| told.starts_with(&what));
        let first = at(format!("{number}: trang"));
        assert!(
            first.is_some() && first < at(format!("{number} = trang")),
            "{:?}",
            told.0
        );
    }
}

#[test]
fn one_page_opens_one_engine() {
    let opened = AtomicUsize::new(0);
    let counted = || {
        opened.fetch_add(1, Ordering::SeqCst);
        open()
    };
    let cancel = AtomicBool::new(false);
    let run = |sheets: u8| {
        read_pages(
            (0..sheets).map(sheet),
            &counted,
            &plan(4),
            &cancel,
            &mut |_, _| {},
        )
        .unwrap();
        opened.swap(0, Ordering::SeqCst)
    };
    assert_eq!(run(1), 1);
    assert_eq!(run(2), 2);
    assert_eq!(run(9), 4);
}

#[test]
fn no_page_and_too_many_pages_are_refused() {
    let cancel = AtomicBool::new(false);
    let code = |source: &mut (dyn Iterator<Item = Result<Sheet, PaperError>> + Send)| {
        read_pages(source, &open, &plan(2), &cancel, &mut |_, _| {})
            .unwrap_err()
            .code()
    };
    assert_eq!(code(&mut std::iter::empty()), "paper.no_pages");
    let mut endless = std::iter::repeat_with(|| Err(PaperError::NotAnImage));
    assert_eq!(code(&mut endless), "paper.too_many_pages");
}
