use models::{PageText, Rect, Word};

use super::*;

fn text(words: &str) -> PageText {
    let word = |text: &str| Word {
        text: text.to_owned(),
        confidence: 90,
        bbox: Rect::default(),
        line: 1,
        block: 1,
        ..Word::default()
    };
    PageText::from_words(words.split_whitespace().map(word).collect())
}

fn enter(
    ledger: &mut PageLedger,
    sha256: &str,
    text: &PageText,
    verdicts: &[Verdict],
) -> Vec<Verdict> {
    ledger.enter(&Entering {
        sha256,
        likeness: None,
        verdicts,
        text: Some(text),
    })
}

fn codes(verdicts: &[Verdict]) -> Vec<(&'static str, f32)> {
    verdicts
        .iter()
        .map(|verdict| (verdict.code, verdict.value))
        .collect()
}

const PAGE: &str = "Giấy khai sinh Họ tên Trần Thị Mẫu sinh ngày 05/06/2014 tại xã Thử huyện Mẫu số định danh 001314000001 do ông bà khai báo và ký tên dưới đây";

#[test]
fn the_same_page_scanned_again_is_found_though_the_pixels_differ() {
    let mut ledger = PageLedger::new(None);
    assert!(enter(&mut ledger, "aa", &text(PAGE), &[]).is_empty());
    assert!(enter(&mut ledger, "bb", &text("một trang khác hẳn"), &[]).is_empty());
    let again = enter(&mut ledger, "cc", &text(&PAGE.replace("Thử", "Thừ")), &[]);
    assert_eq!(codes(&again), [("quality.duplicate", 1.0)]);
    let statement = ledger.statement();
    assert_eq!((statement.pages(), statement.sheets), (2, 2));
    assert_eq!(statement.images[2].standing, Standing::Duplicate { of: 1 });
    assert_eq!(statement.images[2].sheet, 1);
}

#[test]
fn the_same_form_of_another_person_is_another_page() {
    let mut ledger = PageLedger::new(None);
    enter(&mut ledger, "aa", &text(PAGE), &[]);
    let other = text(&PAGE.replace("001314000001", "001314000002"));
    assert!(enter(&mut ledger, "bb", &other, &[]).is_empty());
}

#[test]
fn missing_and_extra_pages_are_noticed_at_the_end() {
    let mut ledger = PageLedger::new(Some(Counted::Pages(2)));
    enter(&mut ledger, "aa", &text(PAGE), &[]);
    assert_eq!(codes(&ledger.close()), [("quality.pages_missing", 1.0)]);
    enter(&mut ledger, "bb", &text("trang hai"), &[]);
    assert!(ledger.close().is_empty());
    // The same page once more is no third page.
    enter(&mut ledger, "aa", &text(PAGE), &[]);
    assert!(ledger.close().is_empty());
    enter(&mut ledger, "cc", &text("trang ba"), &[]);
    assert_eq!(codes(&ledger.close()), [("quality.pages_extra", 3.0)]);
}

#[test]
fn blank_backs_are_kept_and_counted_as_sides() {
    let blank = [Verdict::flagged("quality.blank", 0.0, 3.0)];
    let counted = Counted::Sheets {
        sheets: 2,
        both_sides: true,
    };
    let mut ledger = PageLedger::new(Some(counted));
    enter(&mut ledger, "aa", &text("mặt trước tờ một"), &[]);
    enter(&mut ledger, "00", &text(""), &blank);
    enter(&mut ledger, "bb", &text("mặt trước tờ hai"), &[]);
    assert_eq!(codes(&ledger.close()), [("quality.pages_missing", 3.0)]);
    // Two empty backs may be equal to the last bit and are two sides all the same.
    assert!(enter(&mut ledger, "00", &text(""), &blank).is_empty());
    assert!(ledger.close().is_empty());
    let statement = ledger.statement();
    let shown: Vec<(u32, Side, bool)> = statement
        .images
        .iter()
        .map(|image| (image.sheet, image.side, image.blank))
        .collect();
    assert_eq!(
        shown,
        [
            (1, Side::Front, false),
            (1, Side::Back, true),
            (2, Side::Front, false),
            (2, Side::Back, true)
        ]
    );
}

#[test]
fn one_sided_sheets_may_bring_their_blank_backs() {
    let blank = [Verdict::flagged("quality.blank", 0.0, 3.0)];
    let counted = Counted::Sheets {
        sheets: 1,
        both_sides: false,
    };
    let mut ledger = PageLedger::new(Some(counted));
    enter(&mut ledger, "aa", &text("mặt trước"), &[]);
    enter(&mut ledger, "00", &text(""), &blank);
    assert!(ledger.close().is_empty());
    enter(&mut ledger, "bb", &text("tờ khác"), &[]);
    assert_eq!(codes(&ledger.close()), [("quality.pages_extra", 3.0)]);
}

#[test]
fn a_page_with_a_note_wants_a_second_image() {
    let noted = [Verdict::flagged("quality.covered", 0.1, 0.0)];
    let mut ledger = PageLedger::new(Some(Counted::Pages(1)));
    enter(&mut ledger, "aa", &text(PAGE), &noted);
    assert_eq!(codes(&ledger.close()), [("quality.note_alone", 1.0)]);
}
