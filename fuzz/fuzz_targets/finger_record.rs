//! Any bytes as finger minutiae: a record of either edition, the two card formats, a card's limits. What is
//! read is written back to what reads the same, and can be laid beside a print without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::finger::record::{
    CardForm, CardLimits, CardMinutiae, CardOrder, FingerRecord, MAX_MINUTIAE, MAX_VIEWS,
    RecordMinutiae, Sorting,
};

fuzz_target!(|bytes: &[u8]| {
    for form in [CardForm::Normal, CardForm::Compact] {
        if let Ok(card) = CardMinutiae::read(bytes, form) {
            let again = card.write().expect("what was read can be written");
            assert_eq!(*again, bytes_without_reserved(bytes, form));
            let _ = RecordMinutiae::of_card(&card);
        }
    }
    let _ = CardLimits::read(bytes);
    let Ok(record) = FingerRecord::read(bytes) else {
        return;
    };
    let written = record.write().expect("what was read can be written");
    assert_eq!(written.len(), bytes.len());
    let again = FingerRecord::read(&written).expect("what was written can be read");
    assert!(again == record);
    let views = record.views();
    assert!((1..=MAX_VIEWS).contains(&views.len()));
    for (view, size) in views {
        assert!(view.minutiae.len() <= MAX_MINUTIAE);
        let _ = view.extended_blocks();
        let _ = RecordMinutiae::of_view(view, size);
        let limits = CardLimits {
            least: 0,
            order: CardOrder::YThenX(Sorting::Ascending),
            ..CardLimits::DEFAULT
        };
        if let Ok(card) = limits.prepare(view, size, CardForm::Compact) {
            assert!(card.minutiae.len() <= usize::from(limits.most));
            let places = card.minutiae.windows(2);
            assert!(
                places
                    .into_iter()
                    .all(|m| (m[0].y, m[0].x) <= (m[1].y, m[1].x))
            );
            card.write().expect("what was prepared can be written");
        }
    }
});

/// The normal form has two reserved bits above y, which are written as zero.
fn bytes_without_reserved(bytes: &[u8], form: CardForm) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if form == CardForm::Normal {
        bytes.chunks_exact_mut(5).for_each(|m| m[2] &= 0x3F);
    }
    bytes
}
