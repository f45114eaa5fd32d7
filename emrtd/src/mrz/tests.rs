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

#[test]
fn the_optional_data_is_told_from_the_end_of_a_long_number() {
    let text = Td1 {
        code: "I",
        issuing_state: "UTO",
        nationality: "UTO",
        document_no: "D23145890734",
        optional: "AB",
        birth: "340712",
        sex: Sex::Male,
        expiry: "950712",
        name: "STEVENSON PETER JOHN",
    }
    .text();
    assert!(text.starts_with("I<UTOD23145890<7349<AB<<<<<<<<"), "{text}");
    let mrz = Mrz::parse(&text).unwrap();
    assert_eq!(mrz.document_no(), "D23145890734");
    assert_eq!(mrz.optional_data(), "AB");
    assert_eq!(mrz.second_optional(), "<<<<<<<<<<<");
    // The last digit of the long number is checked like any other.
    let wrong = text.replacen("7349", "7348", 1);
    assert!(matches!(
        Mrz::parse(&wrong),
        Err(MrzError::CheckDigit {
            field: "document number"
        })
    ));
    assert_eq!(Mrz::parse(TD3).unwrap().optional_data(), "ZE184226B");
    assert_eq!(Mrz::parse(TD1).unwrap().optional_data(), "");
}

#[test]
fn a_passport_s_zone_is_written_and_read_back() {
    let passport = Td3 {
        issuing_state: "UTO",
        nationality: "UTO",
        document_no: "L898902C3",
        birth: "740812",
        sex: Sex::Female,
        expiry: "120415",
        optional: "ZE184226B",
        name: "ERIKSSON ANNA MARIA",
    };
    // The specimen of 9303-4, check digits and all.
    assert_eq!(passport.text(), TD3);
    // An empty personal number has the digit 0, or the filler.
    let empty = Td3 {
        optional: "",
        ..passport
    }
    .text();
    assert_eq!(&empty[72..87], "<<<<<<<<<<<<<<0");
    assert!(Mrz::parse(&empty).is_ok());
    let filler = format!("{}<{}", &empty[..86], &empty[87..]);
    assert!(Mrz::parse(&filler).is_ok());
}

#[test]
fn unknown_parts_of_a_birth_date_stay_unknown() {
    let zone = |birth: &str, sex: char| {
        let text = Td1 {
            code: "ID",
            issuing_state: "UTO",
            nationality: "UTO",
            document_no: "123456789",
            optional: "",
            birth,
            sex: Sex::Unspecified,
            expiry: "300101",
            name: "DO AN",
        }
        .text();
        let mut octets = text.into_bytes();
        // No check digit covers the sex of a card.
        octets[37] = sex as u8;
        Mrz::parse(&String::from_utf8(octets).unwrap()).unwrap()
    };
    let today = date(2026, 11, 21);
    for (birth, parts) in [
        ("500700", (Some(50), Some(7), None)),
        ("50<<<<", (Some(50), None, None)),
        ("<<<<<<", (None, None, None)),
        ("500000", (Some(50), None, None)),
    ] {
        let mrz = zone(birth, 'X');
        assert_eq!(mrz.birth_parts(), parts, "{birth}");
        assert_eq!(mrz.birth_date(today), None);
        assert_eq!(mrz.sex(), Sex::Unspecified);
    }
    let mrz = zone("000229", 'M');
    assert_eq!(mrz.birth_parts(), (Some(0), Some(2), Some(29)));
    assert_eq!(mrz.birth_date(today), Some(date(2000, 2, 29)));
}

#[test]
fn names_have_parts_and_may_be_cut() {
    let zone = |name: &str| {
        Mrz::parse(
            &Td1 {
                code: "ID",
                issuing_state: "UTO",
                nationality: "UTO",
                document_no: "1",
                optional: "",
                birth: "500101",
                sex: Sex::Male,
                expiry: "300101",
                name,
            }
            .text(),
        )
        .unwrap()
    };
    let mrz = zone("DO THI THUY DUONG");
    assert_eq!(mrz.primary_name().as_str(), "DO");
    assert_eq!(mrz.secondary_name().as_str(), "THI THUY DUONG");
    assert!(!mrz.name_may_be_cut());
    let long = zone("NGUYEN HOANG PHUONG THAO NGUYEN UYEN");
    assert!(long.name_may_be_cut());
    assert_eq!(long.name().as_str(), "NGUYEN HOANG PHUONG THAO NGUY");
    let single = zone("SUHARTO");
    assert_eq!(
        (
            single.primary_name().as_str(),
            single.secondary_name().as_str()
        ),
        ("SUHARTO", "")
    );
}

#[test]
fn letters_lose_their_marks_however_they_are_encoded() {
    use unicode_normalization::UnicodeNormalization as _;
    // Every Vietnamese vowel with every tone, small and capital, composed and decomposed.
    const VOWELS: [(&str, &str); 12] = [
        ("A", "aàảãáạ"),
        ("A", "ăằẳẵắặ"),
        ("A", "âầẩẫấậ"),
        ("E", "eèẻẽéẹ"),
        ("E", "êềểễếệ"),
        ("I", "iìỉĩíị"),
        ("O", "oòỏõóọ"),
        ("O", "ôồổỗốộ"),
        ("O", "ơờởỡớợ"),
        ("U", "uùủũúụ"),
        ("U", "ưừửữứự"),
        ("Y", "yỳỷỹýỵ"),
    ];
    for (plain, marked) in VOWELS {
        for letter in marked.chars() {
            for text in [letter.to_string(), letter.to_uppercase().collect()] {
                assert_eq!(transliterate(&text), plain, "{text}");
                assert_eq!(
                    transliterate(&text.nfd().collect::<String>()),
                    plain,
                    "{text}"
                );
            }
        }
    }
    assert_eq!(transliterate("đỗ  ĐÌNH\u{a0}Đạt"), "DO DINH DAT");
    assert_eq!(transliterate("H’Hen Niê"), "HHEN NIE");
    assert_eq!(transliterate("K'Brêuh-Ly"), "KBREUH LY");
    assert_eq!(transliterate("Lê Thị Ø 李"), "LE THI OE");
}
