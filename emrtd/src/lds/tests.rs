use jiff::civil::date;

use super::dg14::{Agreement, SecurityInfo, SecurityInfos};
use super::*;
use crate::mrz::Sex;
use crate::simulator::issuer::tests::{card, shared};

/// Gives every reader these bytes; the only thing asked is that none of them panics.
fn read_all(file: &[u8]) {
    let _ = dg1::read(file);
    let _ = dg2::read(file);
    let _ = dg3::read(file);
    let _ = dg11::read(file);
    let _ = dg12::read(file);
    let _ = dg13::read(file);
    let _ = SecurityInfos::from_dg14(file);
    let _ = SecurityInfos::from_card_access(file);
    let _ = dg15::read(file);
    let _ = com::read(file);
    let _ = sod::cms(file).map(sod::SecurityObject::parse);
}

/// Every truncation and a flip of every byte in the first stretch, where the structure is.
fn damage(file: &[u8]) {
    for length in 0..file.len().min(1_500) {
        read_all(&file[..length]);
    }
    let mut altered = file.to_vec();
    for position in 0..file.len().min(600) {
        for mask in [0x01, 0x80, 0xFF] {
            altered[position] ^= mask;
            read_all(&altered);
            altered[position] ^= mask;
        }
    }
}

#[test]
fn damaged_files_never_panic() {
    let card = card();
    for file in card.files.values().chain(&card.card_access) {
        damage(file);
    }
    if let Some(dir) = shared("bsi2008") {
        for entry in std::fs::read_dir(dir).unwrap() {
            damage(&std::fs::read(entry.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn a_truncated_file_is_never_read_as_whole() {
    let card = card();
    for group in [
        DataGroup::Dg1,
        DataGroup::Dg2,
        DataGroup::Dg3,
        DataGroup::Dg13,
    ] {
        let file = card.group(group).unwrap();
        for length in 0..file.len() {
            let cut = &file[..length];
            let read = match group {
                DataGroup::Dg1 => dg1::read(cut).is_ok(),
                DataGroup::Dg2 => dg2::read(cut).is_ok(),
                DataGroup::Dg3 => dg3::read(cut).is_ok(),
                _ => dg13::read(cut).is_ok(),
            };
            assert!(!read, "{group} cut to {length}");
        }
    }
}

#[test]
fn the_passport_of_the_bsi_is_read() {
    let Some(dir) = shared("bsi2008") else { return };
    let file = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let mrz = dg1::read(&file("Datagroup1.bin")).unwrap();
    assert_eq!(mrz.document_no(), "C11T002JM");
    assert_eq!(mrz.issuing_state(), "D");
    assert_eq!(mrz.name().as_str(), "MUSTERMANN ERIKA");
    assert_eq!(mrz.birth_date(date(2008, 6, 1)), Some(date(1996, 8, 12)));
    assert_eq!(mrz.sex(), Sex::Female);

    let portrait = dg2::read(&file("Datagroup2.bin")).unwrap();
    assert_eq!(portrait.format(), ImageFormat::Jpeg2000);
    // The record's own count, less the headers before the image.
    assert_eq!(portrait.bytes().len(), 0x3AC5 - 46);
    assert_eq!((portrait.width(), portrait.height()), (413, 531));
    assert_eq!(portrait.end(), ImageEnd::Whole);
    let faces = dg2::read_all(&file("Datagroup2.bin")).unwrap();
    assert_eq!(faces.len(), 1);
    // The record says otherwise than the picture it holds; the picture is believed.
    assert_eq!(faces[0].declared_size(), Some((337, 449)));

    let fingers = dg3::read(&file("Datagroup3.bin")).unwrap();
    assert_eq!(fingers.len(), 2);
    for finger in &fingers {
        assert_eq!(finger.format(), ImageFormat::Wsq);
        assert_eq!(finger.dpi(), 500);
        // The size in the WSQ frame header (marker FFA2) is the size in the record.
        let image = finger.image();
        let at = image
            .windows(2)
            .position(|two| two == [0xFF, 0xA2])
            .unwrap();
        let number = |at: usize| u16::from_be_bytes([image[at], image[at + 1]]);
        assert_eq!(
            (finger.height(), finger.width()),
            (number(at + 6), number(at + 8))
        );
        let facts = ImageFacts::of(image).unwrap();
        assert_eq!(
            (facts.width, facts.height, facts.end),
            (
                finger.width().into(),
                finger.height().into(),
                ImageEnd::Whole
            )
        );
    }
    assert_eq!(fingers[0].position(), 2);

    let infos = SecurityInfos::from_dg14(&file("Datagroup14.bin")).unwrap();
    assert!(infos.offers_chip_authentication());
    assert!(infos.offers_key("0.4.0.127.0.7.2.2.3.2.1", None));
    assert!(!infos.offers_key("0.4.0.127.0.7.2.2.3.2.2", None));
    assert!(!infos.offers_key("0.4.0.127.0.7.2.2.3.1.1", None));
    assert!(!infos.offers_key("0.4.0.127.0.7.2.2.3.2.1", Some(1)));
    assert_eq!(infos.iter().count(), 3);
    assert!(dg15::read(&file("Datagroup15.bin")).is_ok());
    use DataGroup::{Dg1, Dg2, Dg3, Dg14};
    assert_eq!(
        com::read(&file("EF_COM.bin")).unwrap(),
        [Dg1, Dg2, Dg3, Dg14]
    );
}

#[test]
fn fingers_are_read_back_in_both_forms() {
    let fingers = crate::simulator::issuer::tests::person().fingers;
    for file in [dg3::write(&fingers), dg3::write_39794(&fingers)] {
        assert!(dg3::read(&file).unwrap() == fingers);
        damage(&file);
        for length in 0..file.len() {
            assert!(dg3::read(&file[..length]).is_err());
        }
    }
}

#[test]
fn the_specification_s_dg14_is_read() {
    let Some(path) = shared("icao9303/spec_sample_encoded_dg14.bin") else {
        return;
    };
    let infos = SecurityInfos::from_dg14(&std::fs::read(path).unwrap()).unwrap();
    assert!(infos.iter().any(|info| matches!(
        info,
        SecurityInfo::ChipAuthenticationKey {
            agreement: Agreement::Dh,
            key_id: None,
            ..
        }
    )));
    assert!(infos.offers_key("0.4.0.127.0.7.2.2.3.1.1", None));
}

#[test]
fn identifiers_go_both_ways() {
    for dots in [
        "1.0.10646.1.0.8",
        "2.23.136.1.1.1",
        "0.4.0.127.0.7.2.2.4.2.2",
        "2.16.840.1.101.3.4.2.1",
    ] {
        assert_eq!(oid::to_dots(&oid::from_dots(dots)).unwrap(), dots);
    }
    assert_eq!(
        hex::encode(oid::from_dots("2.23.136.1.1.1")),
        "678108010101"
    );
    for bad in [&[][..], &[0x80], &[0x2A, 0x86], &[0xFF; 40]] {
        assert!(oid::to_dots(bad).is_err());
    }
}

#[test]
fn times_are_read_as_der_writes_them() {
    let read = |tag, text: &str| time::read(tag, text.as_bytes()).map(|time| time.to_string());
    assert_eq!(
        read(0x17, "240701080000Z").as_deref(),
        Some("2024-07-01T08:00:00Z")
    );
    assert_eq!(
        read(0x17, "990101000000Z").as_deref(),
        Some("1999-01-01T00:00:00Z")
    );
    assert_eq!(
        read(0x18, "20500101000000Z").as_deref(),
        Some("2050-01-01T00:00:00Z")
    );
    for bad in [
        "",
        "Z",
        "2407010800Z",
        "240701080000",
        "241301080000Z",
        "24070108000éZ",
    ] {
        assert_eq!(read(0x17, bad), None);
    }
}

#[test]
fn only_the_permitted_fields_of_dg13_are_taken() {
    let fields: Vec<(u8, Vec<&str>)> = (1..=16).map(|number| (number, vec!["Bí mật"])).collect();
    let fields: Vec<(u8, &[&str])> = fields.iter().map(|(n, t)| (*n, t.as_slice())).collect();
    let file = dg13::write(&fields);
    let known = dg13::read(&file).unwrap();
    assert_eq!(known.personal_id.as_ref().unwrap().as_str(), "Bí mật");
    assert_eq!(known.birth, None);
    assert_eq!(format!("{known:?}"), "Dg13(..)");
    let forbidden = [
        dg13::Field::Nationality,
        dg13::Field::Ethnicity,
        dg13::Field::Religion,
        dg13::Field::PlaceOfOrigin,
        dg13::Field::Residence,
        dg13::Field::IdentifyingMarks,
        dg13::Field::Parents,
        dg13::Field::Spouse,
        dg13::Field::Unknown16,
    ];
    for field in forbidden {
        assert!(known.asked(field).is_empty());
        // Asked for by name, that one and no other.
        let asked = dg13::read_with(&file, dg13::Fields::PERMITTED.and(field)).unwrap();
        for other in forbidden {
            assert_eq!(asked.asked(other).len(), usize::from(other == field));
        }
    }
    // Absent fields are no error; the fields may stand in any order.
    let few = dg13::read(&dg13::write(&[(15, &[""]), (3, &["01/02/2003"])])).unwrap();
    assert_eq!(few.old_id_no, None);
    assert_eq!(few.birth.unwrap().whole(), Some(date(2003, 2, 1)));
    let family = dg13::write(&[(13, &["Cha Mẫu", "Mẹ Mẫu"]), (14, &["Vợ Mẫu"])]);
    let asked = dg13::Fields::PERMITTED.and(dg13::Field::Parents);
    let family = dg13::read_with(&family, asked).unwrap();
    let names: Vec<_> = family
        .asked(dg13::Field::Parents)
        .iter()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["Cha Mẫu", "Mẹ Mẫu"]);
}

/// DG13 with these objects as they are, in a container of the given tag.
fn odd_dg13(container: u32, objects: &[Vec<u8>]) -> Vec<u8> {
    let list = tlv::encode(container, &objects.concat());
    let oid = tlv::encode(0x06, &oid::from_dots("1.0.10646.1.0.8"));
    let body = tlv::encode_all(0x30, &[&tlv::encode(0x02, &[1]), &oid, &list]);
    tlv::encode(0x6D, &body)
}

#[test]
fn the_quirks_of_dg13_are_put_up_with() {
    let field = |number: u8, value: Vec<u8>| {
        tlv::encode_all(0x30, &[&tlv::encode(0x02, &[number]), &value])
    };
    // The name in decomposed letters, in a BMPString, with blanks; Đ has no decomposition.
    let decomposed = "  \u{110}o\u{302}\u{303} Thi\u{323} ";
    let wide: Vec<u8> = "Đỗ Thị".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for name in [
        tlv::encode(0x0C, decomposed.as_bytes()),
        tlv::encode(0x1E, &wide),
        tlv::encode(0x30, &tlv::encode(0x0C, "Đỗ Thị".as_bytes())),
    ] {
        let objects = [
            field(99, vec![0x04, 0x01, 0xFF]),
            vec![0x04, 0x00],
            field(2, name),
            field(4, tlv::encode(0x0C, "NU\u{31B}\u{303}".as_bytes())),
            field(12, tlv::encode(0x0C, "Không thời hạn".as_bytes())),
            field(3, tlv::encode(0x13, b"--/--/1950")),
            field(1, vec![0x05, 0x00]),
            field(15, Vec::new()),
            field(2, tlv::encode(0x0C, b"A second name")),
        ];
        for container in [0x30, 0x31] {
            let known = dg13::read(&odd_dg13(container, &objects)).unwrap();
            assert_eq!(known.name.as_ref().unwrap().as_str(), "Đỗ Thị");
            assert_eq!(known.sex, Some(Sex::Female));
            assert!(known.expiry == Some(dg13::Expiry::Never));
            let birth = known.birth.unwrap();
            assert_eq!(
                (birth.year(), birth.month(), birth.day()),
                (1950, None, None)
            );
            assert_eq!(
                (known.personal_id.is_none(), known.old_id_no.is_none()),
                (true, true)
            );
        }
    }
    // But what is no text is none, and a field without a number is no field.
    let picture = odd_dg13(0x31, &[field(2, vec![0x04, 0x01, 0xFF])]);
    assert!(dg13::read(&picture).is_err());
    let bare = odd_dg13(0x31, &[tlv::encode(0x30, &tlv::encode(0x0C, b"A"))]);
    assert!(dg13::read(&bare).is_err());
    let many: Vec<Vec<u8>> = (0..65).map(|_| field(99, Vec::new())).collect();
    assert!(matches!(
        dg13::read(&odd_dg13(0x31, &many)),
        Err(LdsError::TooMany { .. })
    ));
}

#[test]
fn groups_that_nobody_reads_have_a_file_all_the_same() {
    // DG4 to DG10 and DG16 are carried and hashed as bytes; nothing of them is looked at.
    let listed = com::read(&com::write(DataGroup::ALL)).unwrap();
    assert_eq!(listed, DataGroup::ALL);
    // A tag that names no group is passed over.
    assert_eq!(
        com::read(&hex::decode("60055C036177FF").unwrap()).unwrap(),
        [DataGroup::Dg1]
    );
}
