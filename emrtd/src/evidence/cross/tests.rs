//! Cards whose issuer signed a contradiction, and cards that lie in another card's printing.

use jiff::civil::{Date, date};
use serde_json::Value;

use super::*;
use crate::access::Can;
use crate::evidence::ChipEvidence;
use crate::lds::dg11::{self, Dg11};
use crate::lds::dg12::{self, Dg12};
use crate::lds::{dg1, dg13};
use crate::mrz::{Td1, check_digit};
use crate::report::{ChipReport, Notice};
use crate::simulator::issuer::tests::{
    CHALLENGE, Steady, evidence, issued_at, jpeg, person, signed_again, today, utopia,
};
use crate::simulator::issuer::{CardOptions, SpecimenCard};
use crate::trust::CscaTrust;

const QR: &str = "001303000001|012345678|Đỗ Thị Thuỳ Dương|15022003|Nữ|1 Phố Mẫu|01072024";

/// The specimen with a number that fits her sex.
fn card() -> SpecimenCard {
    let mut person = person();
    person.personal_id = "001303000001".to_owned();
    person.document_no = "303000001".to_owned();
    let options = CardOptions::cccd(issued_at());
    utopia().issue(&person, &options, &mut Steady(2)).unwrap()
}

fn trust() -> CscaTrust {
    CscaTrust::from_der([utopia().csca_der().as_slice()]).unwrap()
}

fn judge(evidence: &ChipEvidence, presented: &Presented<'_>) -> (ChipReport, Vec<&'static str>) {
    let report = evidence.report_against(&trust(), &CHALLENGE, today(), presented);
    let codes: Vec<_> = report
        .faults()
        .into_iter()
        .map(|fault| fault.code())
        .collect();
    let verified = evidence.verify_against(&trust(), &CHALLENGE, today(), presented);
    // The verdict is read off the same facts.
    assert_eq!(verified.is_ok(), codes.is_empty());
    (report, codes)
}

/// The facts that disagree, by name, and the codes of faults and notices.
fn disagreements(
    card: &SpecimenCard,
    presented: &Presented<'_>,
) -> (Vec<String>, Vec<&'static str>, Vec<&'static str>) {
    let (report, faults) = judge(&evidence(card), presented);
    let Value::Object(facts) = serde_json::to_value(report.cross).unwrap() else {
        panic!("facts are an object");
    };
    let mut names: Vec<String> = facts
        .into_iter()
        .filter(|(_, state)| state == "disagree")
        .map(|(name, _)| name)
        .collect();
    names.sort();
    let notices = report.notices().into_iter().map(Notice::code).collect();
    (names, faults, notices)
}

fn can(digits: &str) -> AccessKey {
    AccessKey::Can(Can::new(digits).unwrap())
}

/// DG13 of the specimen with these fields in place of its own.
fn text(changes: &[(u8, &'static str)]) -> Vec<u8> {
    let mut fields = vec![
        (1, "001303000001"),
        (2, "Đỗ Thị Thuỳ Dương"),
        (3, "15/02/2003"),
        (4, "Nữ"),
        (11, "01/07/2024"),
        (12, "01/07/2034"),
        (15, "012345678"),
    ];
    for change in changes {
        fields.retain(|field| field.0 != change.0);
        fields.push(*change);
    }
    let fields: Vec<(u8, [&str; 1])> = fields.into_iter().map(|(n, t)| (n, [t])).collect();
    let fields: Vec<(u8, &[&str])> = fields.iter().map(|(n, t)| (*n, t.as_slice())).collect();
    dg13::write(&fields)
}

/// DG1 of the specimen with another name.
fn named(name: &str) -> Vec<u8> {
    dg1::write(
        &Td1 {
            code: "ID",
            issuing_state: "UTO",
            nationality: "UTO",
            document_no: "303000001",
            optional: &format!("001303000001<<{}", check_digit("001303000001").unwrap()),
            birth: "030215",
            sex: Sex::Female,
            expiry: "340701",
            name,
        }
        .text(),
    )
}

#[test]
fn everything_on_an_honest_card_agrees() {
    let qr = CardQr::parse(QR).unwrap();
    let key = qr.access_key().unwrap();
    let presented = Presented {
        key: Some(&key),
        qr: Some(&qr),
    };
    let mut evidence = evidence(&card());
    evidence.com = Some(com::write(evidence.groups.keys().copied()));
    let (report, faults) = judge(&evidence, &presented);
    assert!(
        faults.is_empty() && report.notices().is_empty(),
        "{faults:?}"
    );
    let Value::Object(facts) = serde_json::to_value(report.cross).unwrap() else {
        panic!("facts are an object");
    };
    // All but what this card has no DG11, DG12 and printed zone for.
    let absent = [
        "number_dg11",
        "birth_dg11",
        "name_dg11",
        "issue_dg12_dg13",
        "zone_presented",
    ];
    for (name, state) in facts {
        let expected = if absent.contains(&name.as_str()) {
            "not_comparable"
        } else {
            "agree"
        };
        assert_eq!(state, expected, "{name}");
    }
    let json = serde_json::to_string(&report).unwrap();
    for secret in [
        "001303000001",
        "303000001",
        "000001",
        "DUONG",
        "Dương",
        "012345678",
        "2003",
    ] {
        assert!(!json.contains(secret), "{secret} leaks");
    }
    assert!(!format!("{presented:?}").contains("0000"));
}

#[test]
fn where_a_side_is_missing_nothing_is_held_against_anyone() {
    let leaving = evidence(&card()).leaving();
    let (report, faults) = judge(&leaving, &Presented::default());
    assert!(faults.is_empty() && report.notices().is_empty());
    let cross = report.cross;
    for fact in [
        cross.number_dg13,
        cross.number_can,
        cross.number_qr,
        cross.birth_dg13,
        cross.sex_dg13,
        cross.name_dg13,
        cross.expiry_dg13,
        cross.com_sod,
    ] {
        assert_eq!(fact, Agreement::NotComparable);
    }
    // What the zone alone can tell is told.
    assert_eq!(cross.number_birth, Agreement::Agree);
    assert_eq!(cross.number_sex, Agreement::Agree);
    assert_eq!(report.portrait, PortraitFacts::default());
    // A report from before there were cross-checks is still read.
    let mut json = serde_json::to_value(&report).unwrap();
    json.as_object_mut().unwrap().remove("cross");
    json.as_object_mut().unwrap().remove("portrait");
    let old: ChipReport = serde_json::from_value(json).unwrap();
    assert_eq!(old.cross, Cross::default());
}

#[test]
fn a_contradiction_between_two_signed_files_is_a_fault() {
    for (changes, facts, fault) in [
        (
            &[(1, "001303000002")][..],
            &["number_dg13"][..],
            "chip.numbers_disagree",
        ),
        (
            &[(3, "16/02/2003")],
            &["birth_dg13"],
            "chip.birth_disagrees",
        ),
        // The century shows in the number alone.
        (
            &[(3, "15/03/2003")],
            &["birth_dg13"],
            "chip.birth_disagrees",
        ),
        (&[(4, "Nam")], &["sex_dg13"], "chip.sex_disagrees"),
    ] {
        let card = signed_again(&card(), &[(DataGroup::Dg13, text(changes))]);
        let (names, faults, _) = disagreements(&card, &Presented::default());
        assert_eq!(names, facts);
        assert_eq!(faults, [fault]);
    }
}

#[test]
fn a_difference_that_has_honest_reasons_is_a_notice() {
    for (changes, facts, notice) in [
        (
            &[(2, "Đỗ Thị Thuỳ Linh")][..],
            &["name_dg13"][..],
            "chip.name_disagrees",
        ),
        (
            &[(12, "01/07/2035")],
            &["expiry_dg13"],
            "chip.expiry_disagrees",
        ),
        (
            &[(12, "Không thời hạn")],
            &["expiry_dg13"],
            "chip.expiry_disagrees",
        ),
        (
            &[(3, "15/02/1903")],
            &["number_birth"],
            "chip.number_irregular",
        ),
    ] {
        let card = signed_again(&card(), &[(DataGroup::Dg13, text(changes))]);
        let (names, faults, notices) = disagreements(&card, &Presented::default());
        assert_eq!(
            (names, notices),
            (
                facts.iter().map(|f| (*f).to_owned()).collect(),
                vec![notice]
            )
        );
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn unknown_parts_and_absent_fields_are_no_contradiction() {
    for changes in [
        &[(3, "00/02/2003")][..],
        &[(3, "2003")],
        &[(3, "")],
        &[(4, "")],
        &[(2, "")],
        &[(1, ""), (12, ""), (15, "")],
        &[(2, "ĐỖ  THỊ THUỲ DƯƠNG")],
        // Letters that no zone can write.
        &[(2, "杜氏")],
    ] {
        let card = signed_again(&card(), &[(DataGroup::Dg13, text(changes))]);
        let (names, faults, notices) = disagreements(&card, &Presented::default());
        assert!(
            names.is_empty() && faults.is_empty() && notices.is_empty(),
            "{names:?}"
        );
    }
}

#[test]
fn names_are_compared_as_the_zone_had_to_write_them() {
    for (zone, marked, agrees) in [
        ("DO THI THUY DUONG", "Đỗ Thị Thuỳ Dương", true),
        ("H HEN NIE", "H’Hen Niê", true),
        ("HHEN NIE", "H'Hen Niê", true),
        ("K BREUH", "K'Brêuh", true),
        // Given names first.
        ("NIE HEN", "Hen Niê", true),
        // Thirty letters are all there is: cut at the end, or word by word.
        (
            "NGUYEN HOANG PHUONG THAO NGUYEN UYEN",
            "Nguyễn Hoàng Phương Thảo Nguyên Uyên",
            true,
        ),
        (
            "NGUYEN HOANG PHUONG THA NGU U",
            "Nguyễn Hoàng Phương Thảo Nguyên Uyên",
            true,
        ),
        (
            "NGUYEN HOANG PHUONG THAO NGUYEN UYEN",
            "Nguyễn Hoàng Phương Thảo Nguyên Nhi",
            true,
        ),
        (
            "NGUYEN HOANG PHUONG THAO NGUYEN UYEN",
            "Nguyễn Hoàng Phương Linh",
            false,
        ),
        // A short name that is only the beginning of another was not cut.
        ("DO THI THUY", "Đỗ Thị Thuỳ Dương", false),
        ("DO THI THUY DUONG", "Đỗ Thị Thuỳ", false),
        ("DO THI THUY DUONG", "Đỗ Thị Thùy Dung", false),
    ] {
        let files = [
            (DataGroup::Dg1, named(zone)),
            (DataGroup::Dg13, text(&[(2, marked)])),
        ];
        let (report, faults) = judge(
            &evidence(&signed_again(&card(), &files)),
            &Presented::default(),
        );
        assert_eq!(
            report.cross.name_dg13,
            Agreement::of(agrees),
            "{zone} {marked}"
        );
        assert!(faults.is_empty());
    }
}

#[test]
fn a_chip_in_another_card_s_body_is_found_out() {
    let wrong_can = can("000002");
    let (names, faults, _) = disagreements(
        &card(),
        &Presented {
            key: Some(&wrong_can),
            qr: None,
        },
    );
    assert_eq!(
        (names, faults),
        (vec!["number_can".to_owned()], vec!["chip.can_disagrees"])
    );
    for (text, facts, faults, notices) in [
        (
            QR.replace("001303000001", "001303000002"),
            &["number_qr"][..],
            &["chip.qr_disagrees"][..],
            &[][..],
        ),
        (
            QR.replace("15022003", "15022004"),
            &["birth_qr"],
            &["chip.qr_disagrees"],
            &[],
        ),
        (
            QR.replace("Nữ", "Nam"),
            &["sex_qr"],
            &["chip.qr_disagrees"],
            &[],
        ),
        (
            QR.replace("Thuỳ Dương", "Mai"),
            &["name_dg13_qr", "name_qr"],
            &[],
            &["chip.name_disagrees"],
        ),
        // A tone mark has two right places in a word; another mark is another name.
        (QR.replace("Thuỳ", "Thùy"), &[], &[], &[]),
        (
            QR.replace("Dương", "Dượng"),
            &["name_dg13_qr"],
            &[],
            &["chip.name_disagrees"],
        ),
        (
            QR.replace("01072024", "02072024"),
            &["issue_dg13_qr"],
            &[],
            &["chip.issue_disagrees"],
        ),
        (
            QR.replace("012345678", "012345679"),
            &["old_number_dg13_qr"],
            &[],
            &["chip.old_number_disagrees"],
        ),
    ] {
        let qr = CardQr::parse(&text).unwrap();
        let found = disagreements(
            &card(),
            &Presented {
                key: None,
                qr: Some(&qr),
            },
        );
        assert_eq!(found.0, facts);
        assert_eq!((found.1.as_slice(), found.2.as_slice()), (faults, notices));
    }
}

#[test]
fn the_zone_that_opened_the_chip_must_be_inside_it() {
    for (number, expected) in [
        ("303000001", Agreement::Agree),
        ("303000002", Agreement::Disagree),
    ] {
        let key = MrzKey::new(number, date(2003, 2, 15), date(2034, 7, 1)).unwrap();
        let key = AccessKey::Mrz(key);
        let presented = Presented {
            key: Some(&key),
            qr: None,
        };
        let (report, faults) = judge(&evidence(&card()), &presented);
        assert_eq!(report.cross.zone_presented, expected);
        assert_eq!(
            faults.contains(&"chip.zone_disagrees"),
            expected.disagrees()
        );
    }
}

#[test]
fn additional_details_are_compared_where_they_are() {
    let details = |number: &str, birth| {
        let details = Dg11 {
            personal_number: Some(zeroize::Zeroizing::new(number.to_owned())),
            birth,
            ..Dg11::default()
        };
        dg11::write(&details)
    };
    let document = |day: Date| {
        dg12::write(&Dg12 {
            issued: Some(day.into()),
            ..Dg12::default()
        })
    };
    let files = [
        (
            DataGroup::Dg11,
            details("001303000001", Some(date(2003, 2, 15).into())),
        ),
        (DataGroup::Dg12, document(date(2024, 7, 1))),
    ];
    let (report, faults) = judge(
        &evidence(&signed_again(&card(), &files)),
        &Presented::default(),
    );
    assert!(faults.is_empty() && report.notices().is_empty());
    assert_eq!(report.cross.number_dg11, Agreement::Agree);
    assert_eq!(report.cross.birth_dg11, Agreement::Agree);
    assert_eq!(report.cross.issue_dg12_dg13, Agreement::Agree);

    let files = [
        (
            DataGroup::Dg11,
            details("001303000009", Some(date(2546, 2, 15).into())),
        ),
        (DataGroup::Dg12, document(date(2024, 7, 2))),
    ];
    let (names, faults, notices) =
        disagreements(&signed_again(&card(), &files), &Presented::default());
    assert_eq!(names, ["birth_dg11", "issue_dg12_dg13", "number_dg11"]);
    assert_eq!(faults, ["chip.numbers_disagree"]);
    assert_eq!(notices, ["chip.issue_disagrees", "chip.details_disagree"]);
}

#[test]
fn a_list_that_nobody_signed_is_only_a_fact() {
    let mut evidence = evidence(&card());
    evidence.com = Some(com::write([
        DataGroup::Dg1,
        DataGroup::Dg2,
        DataGroup::Dg11,
    ]));
    let (report, faults) = judge(&evidence, &Presented::default());
    assert!(faults.is_empty());
    assert_eq!(report.cross.com_sod, Agreement::Disagree);
    assert_eq!(report.cross.com_read, Agreement::Disagree);
    assert_eq!(report.notices(), [Notice::ListDisagrees]);
    assert!(evidence.leaving().com.is_none());
}

#[test]
fn what_is_wrong_with_a_portrait_is_told_though_it_is_signed() {
    let whole = jpeg();
    let write = |image: &[u8]| dg2::write(image, crate::lds::ImageFormat::Jpeg, 337, 449);
    let mut huge = whole.clone();
    huge[7..11].copy_from_slice(&[0xFF; 4]);
    let trailing = [&whole[..], b"second"].concat();
    for (file, state, notice) in [
        (write(&whole), PortraitState::Whole, None),
        (
            write(&trailing),
            PortraitState::Trailing,
            Some("chip.portrait_trailing"),
        ),
        (
            write(&whole[..100]),
            PortraitState::Truncated,
            Some("chip.portrait_truncated"),
        ),
        (
            write(&huge),
            PortraitState::TooLarge,
            Some("chip.portrait_unusable"),
        ),
        (
            write(b"nothing"),
            PortraitState::Unreadable,
            Some("chip.portrait_unusable"),
        ),
        (
            vec![0x75, 0x00],
            PortraitState::Unreadable,
            Some("chip.portrait_unusable"),
        ),
    ] {
        let evidence = evidence(&signed_again(&card(), &[(DataGroup::Dg2, file)]));
        let (report, faults) = judge(&evidence, &Presented::default());
        assert!(faults.is_empty());
        assert_eq!(report.portrait.state, state);
        let notices: Vec<_> = report.notices().into_iter().map(Notice::code).collect();
        assert_eq!(notices, notice.into_iter().collect::<Vec<_>>());
        // Whoever wants the picture is told that there is none.
        let identity = evidence.verify(&trust(), &CHALLENGE, today()).unwrap();
        let usable = matches!(
            state,
            PortraitState::Whole | PortraitState::Trailing | PortraitState::Truncated
        );
        assert_eq!(identity.portrait().is_some(), usable);
    }
}
