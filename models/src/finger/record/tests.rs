//! Records worked out by hand, the standard's own example, round trips, and bytes that nobody meant.

use super::*;

mod cards;

/// Published as ISO/IEC 19794-2:2005 Annex C.2 (invented fingers); the bytes are those that NIST's BiomDI, in the
/// public domain, carries as `Appendix-C2_Example.raw`.
const ANNEX_C2: &[u8] = include_bytes!("vectors/iso_19794_2_2005_annex_c2.fmr");

/// The example with the length that its own fields sum to: as published it says 340 and has 341 bytes.
fn annex_c2() -> Vec<u8> {
    assert_eq!(ANNEX_C2.len(), 341);
    assert_eq!(ANNEX_C2[8..12], 340_u32.to_be_bytes());
    let mut bytes = ANNEX_C2.to_vec();
    bytes[8..12].copy_from_slice(&341_u32.to_be_bytes());
    bytes
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    hex::decode(digits).unwrap()
}

fn minutia(kind: RecordKind, x: u16, y: u16, angle: u8, quality: u8) -> RecordMinutia {
    RecordMinutia {
        kind,
        x,
        y,
        angle,
        quality,
    }
}

fn size() -> ImageSize {
    ImageSize {
        width: 300,
        height: 400,
        x_per_cm: 197,
        y_per_cm: 197,
    }
}

fn view(number: u8) -> FingerView {
    FingerView {
        position: 7,
        number,
        impression: 8,
        minutiae: vec![
            minutia(RecordKind::Ending, 10, 20, 64, 90),
            minutia(RecordKind::Fork, 299, 399, 255, 100),
            minutia(RecordKind::Other, 0, 0, 0, 0),
        ],
        extended: vec![1, 1, 0, 6, 0xAA, 0xBB],
    }
}

fn record_2005() -> Record2005 {
    let views = vec![
        View2005 {
            quality: 80,
            view: view(0),
        },
        View2005 {
            quality: 3,
            view: FingerView {
                minutiae: Vec::new(),
                extended: Vec::new(),
                ..view(15)
            },
        },
    ];
    Record2005 {
        device: 0x80B5,
        size: size(),
        views,
    }
}

/// By hand from clauses 7.3 to 7.5 of the 2005 edition.
const HAND_2005: &str = "
    464D5200 20323000 0000003C
    80B5 012C 0190 00C5 00C5 02 00
    07 08 50 03
    400A 0014 40 5A
    812B 018F FF 64
    0000 0000 00 00
    0006 0101 0006 AABB
    07 F8 03 00 0000";

fn record_2011(field: MinutiaField) -> Record2011 {
    let mut view = view(1);
    if field == MinutiaField::Five {
        view.minutiae.iter_mut().for_each(|m| m.quality = 254);
    }
    let view = View2011 {
        captured: CaptureTime {
            year: 2026,
            month: 5,
            day: 4,
            hour: 8,
            minute: 30,
            second: 59,
            millisecond: 999,
        },
        device: Device {
            technology: 1,
            vendor: 0xABCD,
            model: 0x0102,
        },
        qualities: vec![QualityBlock {
            value: 90,
            vendor: 0x0103,
            algorithm: 0x0001,
        }],
        certifications: vec![Certification {
            authority: 0x0018,
            scheme: 2,
        }],
        size: size(),
        ending: 1,
        field,
        view,
    };
    Record2011 {
        certified: true,
        views: vec![view],
    }
}

/// By hand from clause 8 of the 2011 edition.
const HAND_2011: &str = "
    464D5200 30333000 00000052 0001 01
    00000043
    07EA 05 04 08 1E 3B 03E7
    01 ABCD 0102
    01 5A 0103 0001
    01 0018 02
    07 01 00C5 00C5 08 012C 0190
    61 03
    400A 0014 40 5A
    812B 018F FF 64
    0000 0000 00 00
    0006 0101 0006 AABB";

#[test]
fn the_2005_record_is_the_one_worked_out_by_hand() {
    let expected = unhex(HAND_2005);
    assert_eq!(*record_2005().write().unwrap(), expected);
    let read = FingerRecord::read(&expected).unwrap();
    assert!(read == FingerRecord::Edition2005(record_2005()));
}

#[test]
fn the_2011_record_is_the_one_worked_out_by_hand() {
    let expected = unhex(HAND_2011);
    assert_eq!(*record_2011(MinutiaField::Six).write().unwrap(), expected);
    let read = FingerRecord::read(&expected).unwrap();
    assert!(read == FingerRecord::Edition2011(record_2011(MinutiaField::Six)));
}

#[test]
fn a_2011_minutia_may_do_without_its_quality() {
    let record = record_2011(MinutiaField::Five);
    let bytes = record.write().unwrap();
    assert_eq!(bytes.len(), unhex(HAND_2011).len() - 3);
    assert!(FingerRecord::read(&bytes).unwrap() == FingerRecord::Edition2011(record));
}

#[test]
fn the_example_of_the_standard_reads_and_writes_back_to_the_byte() {
    let as_published = FingerRecord::read(ANNEX_C2).err();
    assert_eq!(as_published, Some(FingerRecordError::Length));
    let record = FingerRecord::read(&annex_c2()).unwrap();
    assert_eq!(*record.write().unwrap(), annex_c2());
    let views = record.views();
    let told = |i: usize| {
        let v = views[i].0;
        let blocks = v.extended_blocks().unwrap();
        (v.position, v.number, v.minutiae.len(), blocks)
    };
    assert_eq!(told(0), (7, 0, 27, vec![]));
    // Ridge counts from the centre: one block of seven bytes.
    let counts: &[u8] = &[1, 1, 0x14, 0x0C, 5, 7, 5];
    assert_eq!(told(1), (2, 0, 22, vec![(1, counts)]));
    let size = views[0].1;
    assert_eq!((size.width, size.height, size.x_per_cm), (512, 512, 197));
    // Annex C.2: the first minutia is an ending at (100, 14), angle 112 degrees (80 units), quality 90.
    let first = minutia(RecordKind::Ending, 100, 14, 80, 90);
    assert!(views[0].0.minutiae[0] == first);
}

#[test]
fn a_count_of_255_is_255() {
    let mut record = record_2005();
    let one = minutia(RecordKind::Fork, 1, 2, 3, 4);
    record.views[0].view.minutiae = vec![one; 255];
    let bytes = record.write().unwrap();
    let read = FingerRecord::read(&bytes).unwrap();
    assert_eq!(read.views()[0].0.minutiae.len(), 255);
    record.views[0].view.minutiae.push(one);
    let error = record.write().err();
    let field = "minutiae count";
    assert_eq!(error, Some(FingerRecordError::Value { field }));
}

#[test]
fn every_shortened_or_lengthened_record_is_refused() {
    for whole in [annex_c2(), unhex(HAND_2005), unhex(HAND_2011)] {
        for end in 0..whole.len() {
            assert!(FingerRecord::read(&whole[..end]).is_err(), "{end}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(
            FingerRecord::read(&longer).err(),
            Some(FingerRecordError::Length)
        );
        // Honest about the length of the whole, but the views do not fill it.
        let length = longer.len() as u32;
        longer[8..12].copy_from_slice(&length.to_be_bytes());
        assert_eq!(
            FingerRecord::read(&longer).err(),
            Some(FingerRecordError::Length)
        );
    }
}

#[test]
fn bad_fields_are_refused_by_name() {
    let changed = |hex: &str, at: usize, to: u8| {
        let mut bytes = unhex(hex);
        bytes[at] = to;
        FingerRecord::read(&bytes).err().unwrap()
    };
    let value = |field| FingerRecordError::Value { field };
    assert_eq!(
        changed(HAND_2005, 0, b'f'),
        FingerRecordError::UnknownFormat
    );
    assert_eq!(
        changed(HAND_2005, 4, b'0'),
        FingerRecordError::UnknownFormat
    );
    assert_eq!(
        changed(HAND_2005, 22, 0),
        FingerRecordError::Views { found: 0 }
    );
    assert_eq!(
        changed(HAND_2005, 22, 17),
        FingerRecordError::Views { found: 17 }
    );
    assert_eq!(changed(HAND_2005, 14, 0x80), value("image size"));
    assert_eq!(changed(HAND_2005, 19, 98), value("resolution"));
    assert_eq!(changed(HAND_2005, 28, 0xC0), value("minutia type"));
    assert_eq!(changed(HAND_2005, 28, 0x42), value("minutia place"));
    assert_eq!(changed(HAND_2005, 47, 0x07), FingerRecordError::Length);
    assert_eq!(
        changed(HAND_2011, 13, 0),
        FingerRecordError::Views { found: 0 }
    );
    assert_eq!(changed(HAND_2011, 14, 2), value("certification flag"));
    assert_eq!(changed(HAND_2011, 18, 3), FingerRecordError::Length);
    assert_eq!(changed(HAND_2011, 33, 200), FingerRecordError::Length);
    assert_eq!(changed(HAND_2011, 54, 0x71), value("minutia field length"));
}

#[test]
fn extended_data_are_kept_whatever_their_lengths_say() {
    let mut print = view(0);
    let blocks = |print: &FingerView| {
        let blocks = print.extended_blocks().ok()?;
        Some(
            blocks
                .iter()
                .map(|(kind, data)| (*kind, data.len()))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(blocks(&print), Some(vec![(0x0101, 2)]));
    print.extended = vec![2, 1, 0, 2, 0xAA, 0xBB, 2, 2, 0, 0]; // lengths without their headers
    assert_eq!(blocks(&print), Some(vec![(0x0201, 2), (0x0202, 0)]));
    print.extended = vec![1, 1, 0, 7, 0xAA];
    assert_eq!(blocks(&print), None);
    let mut record = record_2005();
    record.views[0].view = print;
    let bytes = record.write().unwrap();
    assert!(FingerRecord::read(&bytes).unwrap() == FingerRecord::Edition2005(record));
}

#[test]
fn reserved_bits_are_read_as_nothing() {
    let mut bytes = unhex(HAND_2005);
    bytes[30] |= 0xC0; // above y of the first minutia
    let read = FingerRecord::read(&bytes).unwrap();
    assert!(read == FingerRecord::Edition2005(record_2005()));
    assert_eq!(*read.write().unwrap(), unhex(HAND_2005));
}

#[test]
fn a_record_too_long_is_refused_unread() {
    let mut bytes = unhex(HAND_2005);
    bytes.resize(MAX_RECORD + 1, 0);
    assert_eq!(
        FingerRecord::read(&bytes).err(),
        Some(FingerRecordError::TooLong)
    );
    let mut record = record_2005();
    record.views[0].view.extended = vec![0; 65_535];
    assert_eq!(record.write().err(), Some(FingerRecordError::TooLong));
}

/// Pseudo-random bytes (xorshift64), the same in every run.
fn noise(state: &mut u64) -> u8 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 32) as u8
}

/// Whatever is read is written back to what reads the same.
fn goes_round(bytes: &[u8]) -> bool {
    for form in [CardForm::Normal, CardForm::Compact] {
        if let Ok(card) = CardMinutiae::read(bytes, form) {
            let again = card.write().unwrap();
            assert!(CardMinutiae::read(&again, form).unwrap() == card);
        }
    }
    let _ = CardLimits::read(bytes);
    let Ok(record) = FingerRecord::read(bytes) else {
        return false;
    };
    for (view, size) in record.views() {
        let _ = view.extended_blocks();
        assert!(size.width > 0 && size.height > 0);
    }
    let written = record.write().unwrap();
    assert_eq!(written.len(), bytes.len());
    assert!(FingerRecord::read(&written).unwrap() == record);
    true
}

#[test]
fn no_bytes_panic_and_whatever_reads_goes_round() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let (mut read, mut refused) = (0, 0);
    for whole in [annex_c2(), unhex(HAND_2005), unhex(HAND_2011)] {
        for _ in 0..4000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + noise(&mut state) % 4 {
                let at = usize::from(noise(&mut state)) * bytes.len() / 256;
                bytes[at] = noise(&mut state);
            }
            if goes_round(&bytes) {
                read += 1
            } else {
                refused += 1
            }
        }
    }
    // Neither is the rule, so that both sides were tried.
    assert!(
        read > 1000 && refused > 1000,
        "{read} read, {refused} refused"
    );
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length).map(|_| noise(&mut state)).collect();
        goes_round(&bytes);
    }
}

mod comparing {
    //! Prints through a record and back.

    use std::sync::LazyLock;

    use super::super::super::{FingerImage, Kind, Minutiae};
    use super::*;
    use crate::Outcome;

    static FIRST: LazyLock<Minutiae> = LazyLock::new(|| extract("p1_1.png"));
    static SECOND: LazyLock<Minutiae> = LazyLock::new(|| extract("p1_2.png"));
    static OTHER: LazyLock<Minutiae> = LazyLock::new(|| extract("p2_1.png"));

    fn extract(name: &str) -> Minutiae {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specimen/fingers");
        let bytes = std::fs::read(path.join(name)).unwrap();
        Minutiae::extract(&FingerImage::decode(&bytes, 500).unwrap()).unwrap()
    }

    fn through_2005(print: &Minutiae) -> RecordMinutiae {
        let (view, size) = print.to_view(2);
        let views = vec![View2005 { quality: 60, view }];
        let record = Record2005 {
            device: 0,
            size,
            views,
        };
        let read = FingerRecord::read(&record.write().unwrap()).unwrap();
        let (view, size) = read.views()[0];
        RecordMinutiae::of_view(view, size).unwrap()
    }

    fn through_card(print: &Minutiae) -> RecordMinutiae {
        let (view, size) = print.to_view(2);
        let limits = CardLimits {
            order: CardOrder::XThenY(Sorting::Ascending),
            ..CardLimits::DEFAULT
        };
        let card = limits.prepare(&view, size, CardForm::Compact).unwrap();
        let card = CardMinutiae::read(&card.write().unwrap(), CardForm::Compact).unwrap();
        RecordMinutiae::of_card(&card).unwrap()
    }

    /// ISO turns counter-clockwise from the right, we turn from x towards y, which points down.
    #[test]
    fn an_angle_changes_its_sign_and_keeps_its_direction_in_the_picture() {
        let (view, _) = FIRST.to_view(0);
        assert_eq!(view.minutiae.len(), FIRST.points().len());
        for (m, point) in view.minutiae.iter().zip(FIRST.points()) {
            let iso = f32::from(m.angle) * std::f32::consts::TAU / 256.0;
            // The same arrow: x alike, y the other way round.
            assert!((iso.cos() - point.direction.cos()).abs() < 0.0125);
            assert!((iso.sin() + point.direction.sin()).abs() < 0.0125);
            assert_eq!(m.kind == RecordKind::Fork, point.kind == Kind::Fork);
            assert!((f32::from(m.x) - point.x).abs() <= 0.5);
            assert!((f32::from(m.y) - point.y).abs() <= 0.5);
        }
    }

    #[test]
    fn a_record_matches_its_finger_and_no_other() {
        let bands = RecordEngine::new().bands();
        for through in [through_2005, through_card] {
            let record = through(&FIRST);
            assert_eq!(bands.judge(record.similarity(&FIRST)), Outcome::Match);
            assert_eq!(bands.judge(record.similarity(&SECOND)), Outcome::Match);
            assert_eq!(bands.judge(record.similarity(&OTHER)), Outcome::NoMatch);
            let record = through(&OTHER);
            assert_eq!(bands.judge(record.similarity(&SECOND)), Outcome::NoMatch);
        }
    }

    /// A mirrored record is what a wrong sign of the angle or of y would make of it.
    #[test]
    fn a_record_whose_angles_turn_the_wrong_way_does_not_match() {
        let (mut view, size) = FIRST.to_view(2);
        for m in &mut view.minutiae {
            m.angle = m.angle.wrapping_neg();
        }
        let record = RecordMinutiae::of_view(&view, size).unwrap();
        let bands = RecordEngine::new().bands();
        assert_eq!(bands.judge(record.similarity(&SECOND)), Outcome::NoMatch);
    }

    #[test]
    fn the_resolution_of_a_record_is_taken_into_account() {
        let (mut view, mut size) = FIRST.to_view(2);
        for m in &mut view.minutiae {
            (m.x, m.y) = (2 * m.x, 2 * m.y);
        }
        size.width *= 2;
        size.height *= 2;
        (size.x_per_cm, size.y_per_cm) = (394, 394);
        let record = RecordMinutiae::of_view(&view, size).unwrap();
        let bands = RecordEngine::new().bands();
        assert_eq!(bands.judge(record.similarity(&SECOND)), Outcome::Match);
    }

    #[test]
    fn a_record_has_its_own_bands_under_its_own_name() {
        use super::super::super::{FingerEngine, MinutiaeEngine};
        let (pictures, records) = (MinutiaeEngine::new(), RecordEngine::new());
        assert!(records.bands().are_ordered());
        assert_ne!(pictures.model().name, records.model().name);
        assert_ne!(pictures.model().sha256, records.model().sha256);
        assert_eq!(records.model().sha256.len(), 64);
        assert!(records.bands().accept > pictures.bands().accept);
    }

    #[test]
    fn a_view_as_large_as_its_fields_allow_is_refused_before_it_costs_memory() {
        let (mut view, mut size) = FIRST.to_view(2);
        (size.width, size.height) = (0x3FFF, 0x3FFF);
        (view.minutiae[0].x, view.minutiae[0].y) = (0x3FFE, 0x3FFE);
        let error = RecordMinutiae::of_view(&view, size).err();
        assert_eq!(error, Some(FingerRecordError::TooWide));
        // All in one place: nothing to divide by.
        let one = view.minutiae[1];
        view.minutiae = vec![one; 255];
        let heap = RecordMinutiae::of_view(&view, size).unwrap();
        let bands = RecordEngine::new().bands();
        assert_eq!(bands.judge(heap.similarity(&FIRST)), Outcome::NoMatch);
    }

    #[test]
    fn too_few_minutiae_decide_nothing() {
        let (mut view, size) = FIRST.to_view(2);
        view.minutiae.truncate(7);
        let error = RecordMinutiae::of_view(&view, size).err();
        let few = FingerRecordError::TooFewMinutiae { found: 7, least: 8 };
        assert_eq!(error, Some(few));
    }
}
