//! The two card formats: by hand, by a card's limits, and by what a card states.

use super::*;

#[test]
fn card_formats_are_those_worked_out_by_hand() {
    // Normal: type and x in 14 bits of 0.01 mm, y, angle. Compact: x, y of 0.1 mm, type above angle.
    for (form, hex, first) in [
        (
            CardForm::Normal,
            "43E8 07D0 40  8001 0002 FF",
            minutia(RecordKind::Ending, 1000, 2000, 64, 0),
        ),
        (
            CardForm::Compact,
            "64 C8 50  01 02 BF",
            minutia(RecordKind::Ending, 100, 200, 16, 0),
        ),
    ] {
        let bytes = unhex(hex);
        let card = CardMinutiae::read(&bytes, form).unwrap();
        assert_eq!(card.minutiae.len(), 2);
        assert!(card.minutiae[0] == first);
        assert_eq!(card.minutiae[1].kind, RecordKind::Fork);
        assert_eq!(*card.write().unwrap(), bytes);
        for cut in 1..bytes.len() / 2 {
            let short = CardMinutiae::read(&bytes[cut..], form).err();
            assert_eq!(short, Some(FingerRecordError::Length));
        }
    }
    let many = vec![0; 256 * 3];
    let error = CardMinutiae::read(&many, CardForm::Compact).err();
    assert_eq!(error, Some(FingerRecordError::Length));
}

#[test]
fn a_card_gets_its_units_its_order_and_no_more_than_it_takes() {
    let mut print = view(0);
    print.minutiae = vec![
        minutia(RecordKind::Ending, 197, 98, 66, 50), // 10.0 mm, 4.97 mm
        minutia(RecordKind::Fork, 98, 197, 65, 60),
        minutia(RecordKind::Fork, 98, 98, 254, 70),
        minutia(RecordKind::Ending, 20, 20, 1, 10),
    ];
    let limits = CardLimits {
        least: 2,
        most: 3,
        order: CardOrder::XThenY(Sorting::Ascending),
        features: 0,
    };
    let card = limits.prepare(&print, size(), CardForm::Compact).unwrap();
    // 98 pixels of 1/197 cm are 49.7 tenths; 254/256 of a turn round up to a whole one, which is none.
    assert_eq!(*card.write().unwrap(), unhex("323280 326490 643251"));
    let by_y = CardLimits {
        order: CardOrder::YThenX(Sorting::Descending),
        ..limits
    };
    let card = by_y.prepare(&print, size(), CardForm::Normal).unwrap();
    assert_eq!(
        *card.write().unwrap(),
        unhex("81F1 03E8 41  43E8 01F1 42  81F1 01F1 FE")
    );
    let least = CardLimits { least: 5, ..limits };
    assert_eq!(
        least.prepare(&print, size(), CardForm::Compact).err(),
        Some(FingerRecordError::TooFewMinutiae { found: 4, least: 5 })
    );
}

#[test]
fn without_quality_the_farthest_go_first_and_among_them_endings_and_large_angles() {
    let ring = [
        minutia(RecordKind::Fork, 100, 100, 0, 0),
        minutia(RecordKind::Ending, 90, 100, 5, 0),
        minutia(RecordKind::Fork, 110, 100, 9, 0),
        minutia(RecordKind::Fork, 100, 90, 7, 0),
        minutia(RecordKind::Fork, 100, 110, 8, 0),
    ];
    let left = |most| {
        let kept = card::best(&ring, size(), most);
        kept.iter().map(|m| m.angle).collect::<Vec<_>>()
    };
    assert_eq!(left(5), [0, 5, 9, 7, 8]);
    assert_eq!(left(4), [0, 9, 7, 8]);
    assert_eq!(left(3), [0, 7, 8]);
    assert_eq!(left(1), [0]);
}

#[test]
fn a_wide_print_moves_to_the_corner_or_is_refused() {
    let wide = ImageSize {
        width: 2000,
        ..size()
    };
    let limits = CardLimits {
        least: 2,
        ..CardLimits::DEFAULT
    };
    let mut print = view(0);
    print.minutiae = vec![
        minutia(RecordKind::Fork, 1000, 10, 0, 0),
        minutia(RecordKind::Fork, 1197, 10, 0, 0),
    ];
    let card = limits.prepare(&print, wide, CardForm::Compact).unwrap();
    assert_eq!((card.minutiae[0].x, card.minutiae[1].x), (0, 100));
    assert_eq!(card.minutiae[0].y, 5);
    print.minutiae[1].x = 1600;
    let error = limits.prepare(&print, wide, CardForm::Compact).err();
    assert_eq!(error, Some(FingerRecordError::TooWide));
}

#[test]
fn what_a_card_states_is_read() {
    let read = |hex: &str| CardLimits::read(&unhex(hex));
    assert_eq!(read(""), Ok(CardLimits::DEFAULT));
    assert_eq!(
        read("8102 0A1E 8201 09 8301 03 9001 FF"),
        Ok(CardLimits {
            least: 10,
            most: 30,
            order: CardOrder::YThenX(Sorting::Ascending),
            features: 3,
        })
    );
    let field = "number of minutiae";
    assert_eq!(read("8102 1E0A"), Err(FingerRecordError::Value { field }));
    assert_eq!(read("8101 1E"), Err(FingerRecordError::Length));
    assert_eq!(read("8102 1E"), Err(FingerRecordError::Length));
    assert_eq!(read("8281 00"), Err(FingerRecordError::Length));
    for unsupported in ["8201 0D", "8201 11", "8201 25", "8201 04"] {
        assert_eq!(read(unsupported), Err(FingerRecordError::Order));
    }
    for byte in 0..=255 {
        if let Ok(order) = CardOrder::of_byte(byte) {
            assert_eq!(order.byte(), byte);
        }
    }
}
