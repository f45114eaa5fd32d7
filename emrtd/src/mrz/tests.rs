use super::*;
use jiff::civil::date;

// The specimens of ICAO 9303-3 to -6, appendices.
const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\
                   L898902C36UTO7408122F1204159ZE184226B<<<<<10";
const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\
                   D231458907UTO7408122F1204159<<<<<<<6";
const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6\
                   ERIKSSON<<ANNA<MARIA<<<<<<<<<<";

#[test]
fn the_three_specimens_of_icao_are_read() {
    for (text, layout, number) in [
        (TD3, Layout::Td3, "L898902C3"),
        (TD2, Layout::Td2, "D23145890"),
        (TD1, Layout::Td1, "D23145890"),
    ] {
        let mrz = Mrz::parse(text).unwrap();
        assert_eq!(mrz.layout(), layout);
        assert_eq!(mrz.document_no(), number);
        assert_eq!(mrz.issuing_state(), "UTO");
        assert_eq!(mrz.nationality(), "UTO");
        assert_eq!(mrz.name().as_str(), "ERIKSSON ANNA MARIA");
        assert_eq!(mrz.sex(), Sex::Female);
        assert_eq!(mrz.birth_date(date(2026, 11, 21)), Some(date(1974, 8, 12)));
        assert_eq!(mrz.expiry_date(), Some(date(2012, 4, 15)));
        assert_eq!(mrz.personal_id(), None);
        assert_eq!(format!("{mrz:?}"), format!("Mrz({layout:?})"));
    }
}

#[test]
fn a_long_document_number_goes_on_in_the_optional_data() {
    // 9303-5 appendix, D23145890734.
    let text = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2\
                STEVENSON<<PETER<JOHN<<<<<<<<<";
    assert_eq!(Mrz::parse(text).unwrap().document_no(), "D23145890734");
}

#[test]
fn one_wrong_character_is_noticed_wherever_a_digit_covers_it() {
    for text in [TD1, TD2, TD3] {
        let layout = Mrz::parse(text).unwrap().layout();
        for position in 0..text.len() {
            let mut octets = text.as_bytes().to_vec();
            // The next digit: letters whose values differ by ten (F, P, Z) look alike to the sum.
            let value = match octets[position] {
                b'0'..=b'9' => octets[position] - b'0',
                b'A'..=b'Z' => octets[position] - b'A',
                _ => 0,
            };
            octets[position] = b'0' + (value + 1) % 10;
            let covered = match layout {
                Layout::Td1 => {
                    (5..37).contains(&position)
                        || (38..45).contains(&position)
                        || (48..60).contains(&position)
                }
                Layout::Td2 => {
                    (36..46).contains(&position)
                        || (49..56).contains(&position)
                        || (57..72).contains(&position)
                }
                Layout::Td3 => {
                    (44..54).contains(&position)
                        || (57..64).contains(&position)
                        || (65..88).contains(&position)
                }
            };
            let altered = String::from_utf8(octets).unwrap();
            assert_eq!(Mrz::parse(&altered).is_err(), covered, "at {position}");
        }
    }
}

#[test]
fn no_text_makes_it_panic() {
    for text in [TD1, TD2, TD3] {
        for length in 0..text.len() {
            assert!(Mrz::parse(&text[..length]).is_err());
        }
        for position in 0..text.len() {
            for octet in 0..=255u8 {
                let mut octets = text.as_bytes().to_vec();
                octets[position] = octet;
                if let Ok(mrz) = Mrz::parse(&String::from_utf8_lossy(&octets)) {
                    let _ = (mrz.name(), mrz.personal_id(), mrz.optional());
                    let _ = (mrz.birth_date(date(2026, 1, 1)), mrz.expiry_date());
                }
            }
        }
    }
}

#[test]
fn the_layout_of_the_cccd_is_written_and_read_back() {
    let text = Td1 {
        code: "ID",
        issuing_state: "VNM",
        nationality: "VNM",
        document_no: "203000001",
        optional: "001203000001<<1",
        birth: "030215",
        sex: Sex::Female,
        expiry: "280215",
        name: &transliterate("Đỗ Thị Thuỳ Dương"),
    };
    let digit = check_digit("001203000001").unwrap();
    let optional = format!("001203000001<<{digit}");
    let text = Td1 {
        optional: &optional,
        ..text
    }
    .text();
    let mrz = Mrz::parse(&text).unwrap();
    assert_eq!(mrz.personal_id(), Some("001203000001"));
    assert_eq!(mrz.name().as_str(), "DO THI THUY DUONG");
    assert_eq!(mrz.birth_date(date(2026, 11, 21)), Some(date(2003, 2, 15)));
    // The same letters decomposed.
    assert_eq!(transliterate("Ngu\u{79}e\u{302}\u{303}n"), "NGUYEN");
}
