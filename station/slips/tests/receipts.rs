//! The slip in every form, read back from what was drawn.

use slips::{FiledPaper, Form, Outcome, Paper, ReceiptSlip};
use unicode_normalization::is_nfc;

use crate::judges::Judged;

const FORMS: [(&str, Form); 4] = [
    (
        "a5",
        Form {
            paper: Paper::A5,
            large: false,
        },
    ),
    (
        "a5-large",
        Form {
            paper: Paper::A5,
            large: true,
        },
    ),
    (
        "roll",
        Form {
            paper: Paper::Roll80,
            large: false,
        },
    ),
    (
        "roll-large",
        Form {
            paper: Paper::Roll80,
            large: true,
        },
    ),
];

/// A receipt in short, as `docs/bundle-v1.md` §10 publishes it.
fn codes() -> Vec<String> {
    let text = include_str!("../../../bundle/tests/vectors/slip_v1.txt");
    text.lines().map(str::to_owned).collect()
}

fn filed() -> Outcome {
    Outcome::Filed {
        at: "2026-03-02T03:14:00Z".parse().unwrap(),
        codes: codes(),
    }
}

fn waiting() -> Outcome {
    Outcome::Waiting {
        bundle: format!("sha256:3b6301c35e80{}", "0".repeat(52)),
    }
}

fn slip(outcome: Outcome) -> ReceiptSlip {
    let paper = |kind: &str, pages, grade| FiledPaper {
        kind: kind.into(),
        pages,
        grade,
    };
    ReceiptSlip {
        centre: "Trung tâm Phục vụ hành chính công phường Mẫu".into(),
        hotline: "1900 0000".into(),
        number: "3B63-01C3-5E80".into(),
        sealed_at: "2026-03-02T03:12:00Z".parse().unwrap(),
        outcome,
        // More than the slip may show, as a mistake elsewhere would bring it.
        holder: "031184004721".into(),
        papers: vec![
            paper("khai_sinh", 1, 1),
            paper("hoc_ba", 12, 0),
            paper("dang_ky_kd", 2, 1),
        ],
        set_aside: vec![("bang_tn".into(), "paper.other_owner")],
        sheets_returned: 9,
        appointment: None,
        practice: false,
        reprint: false,
    }
}

#[test]
fn every_form_is_of_its_paper_with_its_letters_inside_and_none_too_small() {
    for (name, form) in FORMS {
        for (state, outcome) in [("filed", filed()), ("waiting", waiting())] {
            let judged = Judged::of(&slip(outcome).pdf(form).unwrap());
            judged.look(&format!("{name}-{state}"));
            let (width, height, leaves) = judged.size();
            match form.paper {
                Paper::A5 => {
                    assert!((width - 148.0).abs() < 0.1 && (height - 210.0).abs() < 0.1);
                    assert!(leaves <= 2 + usize::from(form.large), "{name}: {leaves}");
                }
                Paper::Roll80 => assert!((width - 80.0).abs() < 0.1 && leaves == 1),
            }
            judged.faces_are_inside();
            judged.is_without_colour();
            let least = judged.letter_sizes().into_iter().fold(f64::MAX, f64::min);
            // A page's number is 12 points on a large slip too.
            let body = if form.large && leaves == 1 {
                16.0
            } else {
                12.0
            };
            assert!(least >= body, "{name}: {least}");
        }
    }
}

#[test]
fn the_code_of_a_filed_slip_is_read_off_the_paper_and_is_the_receipt() {
    for (name, form) in FORMS {
        // 203 dots an inch are those of the cheapest printers of rolls.
        for dpi in [203, 300] {
            let judged = Judged::of(&slip(filed()).pdf(form).unwrap());
            let read = judged.codes(dpi);
            let texts: Vec<String> = read.iter().map(|(text, _)| text.clone()).collect();
            assert_eq!(texts, codes(), "{name} at {dpi}");
            let (_, [left, top, side]) = read[0];
            assert!(left < 11.5 && top < 11.5, "{name}: {left} {top}");
            assert!(side > 24.5, "{name}: {side}");
            // What was read proves what the verifier signed.
            bundle::Slip::read(&texts.join("\n")).unwrap();
        }
    }
}

#[test]
fn a_slip_that_waits_claims_nothing_and_holds_the_bundles_digest() {
    for (name, form) in FORMS {
        let judged = Judged::of(&slip(waiting()).pdf(form).unwrap());
        let words = judged.words();
        assert!(words.contains("Chờ gửi"), "{name}: {words}");
        assert!(
            !words.contains("Đã lưu") && !words.contains("Filed"),
            "{name}: {words}"
        );
        let Outcome::Waiting { bundle } = waiting() else {
            unreachable!()
        };
        let read = judged.codes(203);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].0, bundle);
        assert!(read[0].1[2] > 24.5, "{name}: {:?}", read[0].1);
    }
}

#[test]
fn the_words_are_composed_complete_and_vietnamese_first() {
    let mut slip = slip(filed());
    slip.appointment = Some("2026-03-03T14:30:00".parse().unwrap());
    for (name, form) in FORMS {
        let judged = Judged::of(&slip.pdf(form).unwrap());
        assert!(is_nfc(&judged.text()), "{name}");
        let words = judged.words();
        for told in [
            "Phiếu nhận số hóa giấy tờ",
            "3B63-01C3-5E80",
            "Trung tâm Phục vụ hành chính công phường Mẫu",
            "Đã lưu vào ví giấy tờ lúc 10:14 02/03/2026.",
            "Học bạ – 12 trang",
            "Bằng tốt nghiệp:",
            "Đã trả lại 9 tờ bản chính",
            "9 original sheets returned",
            "Hẹn trả kết quả: 14:30, ngày 03/03/2026",
            "rút lại sự đồng ý bất cứ lúc nào: báo cán bộ hoặc gọi 1900 0000 và cho biết mã phiếu.",
            // A leaf of large print may end in the midst of it.
            "You may withdraw your consent at any time: tell",
            "or call 1900 0000, and give the slip number.",
            "Hỏi đáp: 1900 0000",
        ] {
            assert!(words.contains(told), "{name}: {told} in {words}");
        }
        let (vi, en) = (words.find("Đã trả lại"), words.find("sheets returned"));
        assert!(vi < en, "{name}");
        // Nothing is promised that nothing can keep: no code for a withdrawal, no reprint, no practice.
        for absent in ["IN LẠI", "BẢN TẬP", "bằng mã"] {
            assert!(!words.contains(absent), "{name}: {absent}");
        }
    }
}

#[test]
fn of_the_holder_nothing_is_printed_but_three_digits() {
    for (name, form) in FORMS {
        let pdf = slip(filed()).pdf(form).unwrap();
        let judged = Judged::of(&pdf);
        let words = judged.words();
        assert!(words.contains("số cuối: 721"), "{name}: {words}");
        assert!(
            !words.contains("4721") && !words.contains("0311"),
            "{name}: {words}"
        );
    }
}

#[test]
fn a_reprint_and_a_practice_slip_say_so() {
    let mut slip = slip(filed());
    (slip.reprint, slip.practice) = (true, true);
    for (name, form) in FORMS {
        let judged = Judged::of(&slip.pdf(form).unwrap());
        judged.look(&format!("{name}-practice"));
        let words = judged.words();
        for told in [
            "IN LẠI",
            "REPRINT",
            "BẢN TẬP",
            "không có giá trị",
            "no legal value",
        ] {
            assert!(words.contains(told), "{name}: {told} in {words}");
        }
        // The watermark does not cost the code.
        assert_eq!(judged.codes(203).len(), codes().len(), "{name}");
    }
}

#[test]
fn without_an_appointment_none_is_mentioned_and_the_same_slip_is_the_same_file() {
    let one = slip(filed()).pdf(FORMS[0].1).unwrap();
    assert_eq!(one, slip(filed()).pdf(FORMS[0].1).unwrap());
    assert!(!Judged::of(&one).words().contains("Hẹn trả"));
}

#[test]
fn a_long_slip_goes_on_over_leaves_and_says_which() {
    let mut slip = slip(waiting());
    slip.papers = (0..40).map(|_| slip.papers[2].clone()).collect();
    let judged = Judged::of(&slip.pdf(FORMS[0].1).unwrap());
    let (_, _, leaves) = judged.size();
    assert!(leaves > 3, "{leaves}");
    let words = judged.words();
    assert!(
        words.contains(&format!("1/{leaves}")) && words.contains(&format!("{leaves}/{leaves}"))
    );
    assert_eq!(words.matches("hộ kinh doanh").count(), 40);
}
