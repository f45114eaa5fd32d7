//! Zones as readers spoil them; the people are invented.

use super::*;

const CARD: [&str; 3] = [
    "IDVNM1755708474001175570847<<4",
    "7503245F4001016VNM<<<<<<<<<<<5",
    "HOANG<<THI<MAI<<<<<<<<<<<<<<<<",
];

/// ICAO 9303-4 appendix B.
const PASSPORT: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

fn page(lines: &[&str]) -> (Sheet, ReadPage) {
    let words = lines
        .iter()
        .enumerate()
        .map(|(number, line)| Word {
            handwritten: false,
            text: (*line).to_owned(),
            confidence: 60,
            bbox: Rect {
                x: 100,
                y: 100 + number as u32 * 60,
                w: 900,
                h: 36,
            },
            line: number as u32,
            block: 1,
            second: None,
        })
        .collect();
    let sheet = Sheet::new(
        image::GrayImage::from_pixel(1100, 400, image::Luma([255])),
        300,
    )
    .unwrap();
    let read = ReadPage {
        text: PageText::from_words(words),
        geometry: crate::Geometry {
            width: 1100,
            height: 400,
            ..crate::Geometry::default()
        },
    };
    (sheet, read)
}

fn only(lines: &[&str]) -> Zone {
    let (sheet, read) = page(lines);
    let mut zones = find(&sheet, &read);
    assert_eq!(zones.len(), 1, "{lines:?}");
    zones.remove(0)
}

fn text(zone: &Zone) -> Vec<&str> {
    zone.lines.iter().map(|line| line.as_str()).collect()
}

#[test]
fn a_zone_read_well_is_taken_as_it_is() {
    let card = only(&CARD);
    assert_eq!(text(&card), CARD);
    assert!(card.repairs.is_empty() && card.checks.all());
    let parsed = card.parsed.as_ref().unwrap();
    assert_eq!(card.personal_no(), Some("001175570847"));
    assert_eq!(parsed.name().as_str(), "HOANG THI MAI");
    let passport = only(&PASSPORT);
    assert_eq!(text(&passport), PASSPORT);
    assert_eq!(passport.parsed.as_ref().unwrap().document_no(), "L898902C3");
    assert!(!format!("{card:?}{:?}", card.repairs).contains("HOANG"));
}

#[test]
fn what_readers_do_to_a_card_is_undone_and_told() {
    for spoiled in [
        [
            "1DVNM1755708474001175570847<<4",
            "7503245E4001016VNM<<<<<<<<<<<5",
            "H0ANG<<THI<MAI<<<<<<<<<<<<<<<<",
        ],
        ["T1DVNM1755708474001175570847<<4", CARD[1], CARD[2]],
        [
            "1IDVNM17557O8474OO1175570847<<4",
            "75O3245F4OO1O16VNM<<<<<<<<<<<5",
            CARD[2],
        ],
        [
            "IDVNMl75570B4740011755708 47<<4",
            "7503245F4001016VNM<<<<<<<<<<<<<5",
            "HOANG<<THI<MAI<<<<<<<<<<<<<",
        ],
        [
            "IDVNM1755708474001175570847«4",
            "7503245F4001016VNM«««««<5",
            "HOANG«THI‹MAI<<<<<<<<<<<<<<<<<<<",
        ],
        [
            "IDVNM1755708474001175570847KK4",
            "7S03245F4001016VNM<<<<<<<<<<<S",
            CARD[2],
        ],
    ] {
        let zone = only(&spoiled);
        assert_eq!(text(&zone), CARD, "{spoiled:?}");
        assert!(zone.checks.all() && zone.parsed.is_some());
    }
    let told = only(&[
        "1DVNM1755708474001175570847<<4",
        "7503245E4001016VNM<<<<<<<<<<<5",
        CARD[2],
    ]);
    let repairs: Vec<_> = told
        .repairs
        .iter()
        .map(|r| (r.line, r.column, r.read, r.is, r.proof))
        .collect();
    assert_eq!(
        repairs,
        [
            (0, 0, Some('1'), 'I', Proof::Place),
            (1, 7, Some('E'), 'F', Proof::Place)
        ]
    );
}

#[test]
fn a_letter_of_a_free_place_is_replaced_only_when_the_check_digits_leave_nothing_else() {
    // L898902C3: the C cannot be told from other letters, but the figure 0 read as O can.
    let zone = only(&[PASSPORT[0], "L8989O2C36UTO7408122F1204159ZE184226B<<<<<10"]);
    assert_eq!(text(&zone), PASSPORT);
    assert_eq!(zone.repairs[0].proof, Proof::CheckDigits);
    // A figure misread as another figure has no proof: it stays as read, and the zone is not parsed.
    let zone = only(&[
        "IDVNM1755708474001175570847<<4",
        "7503246F4001016VNM<<<<<<<<<<<5",
        CARD[2],
    ]);
    assert!(zone.parsed.is_none() && !zone.checks.birth && zone.checks.document_no);
    assert_eq!(&zone.lines[1][..7], "7503246");
    assert!(zone.repairs.is_empty());
}

#[test]
fn the_printed_name_settles_what_no_check_digit_covers() {
    let zone = only(&[CARD[0], CARD[1], "HOANG<<THI<MAT<<<<<<<<<<<<<<<<"]);
    assert_eq!(
        zone.agrees_with_name("Hoàng Thị Mai"),
        NameAgreement::SameButLookAlikes
    );
    assert_eq!(zone.agrees_with_name("HOÀNG THỊ MAT"), NameAgreement::Same);
    assert_eq!(
        zone.agrees_with_name("HOÀNG THỊ MAN"),
        NameAgreement::Different
    );
    assert_eq!(zone.agrees_with_name("HOÀNG THỊ"), NameAgreement::Different);
    let passport = only(&PASSPORT);
    assert_eq!(
        passport.agrees_with_name("Eriksson, Anna Maria"),
        NameAgreement::Same
    );
}

#[test]
fn other_lines_are_no_zone() {
    for lines in [
        [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "ĐỘC LẬP - TỰ DO - HẠNH PHÚC 123",
            "GIẤY CHỨNG NHẬN QUYỀN SỬ DỤNG",
        ],
        [
            "0123456789012345678901234567890",
            "0123456789012345678901234567890",
            "0123456789012345678901234567890",
        ],
        [
            "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
            "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
            "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
        ],
    ] {
        let (sheet, read) = page(&lines);
        assert!(find(&sheet, &read).is_empty(), "{lines:?}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let mut seed = 7_u32;
    let letters: Vec<char> = "<<<<KC01OIVNMDÀ«€|~".chars().collect();
    for _ in 0..400 {
        let mut line = |length: u32| -> String {
            (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    letters[(seed >> 20) as usize % letters.len()]
                })
                .collect()
        };
        let lines = [line(30), line(31), line(44)];
        let (sheet, read) = page(&[&lines[0], &lines[1], &lines[2]]);
        let _ = find(&sheet, &read);
    }
}
