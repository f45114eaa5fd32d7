//! Stamps, copies and foreign tongues on made-up pages.

use rulebook::grades::Grade;

use super::*;
use crate::kind::classify;
use crate::layout::drawn;

fn seen(text: &str, coloured: bool) -> Vec<(Obstacle, u32)> {
    let page = drawn(text);
    let geometry = Geometry {
        width: 2480,
        height: 3508,
        ..Geometry::default()
    };
    let kind = classify(&[&page]);
    look(
        &kind,
        &[Looked {
            text: &page,
            geometry: &geometry,
            coloured,
        }],
    )
    .into_iter()
    .map(|suggestion| (suggestion.obstacle, suggestion.page))
    .collect()
}

const DECISION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nQUYẾT ĐỊNH\nVề việc trợ cấp\n";

#[test]
fn stamps_are_seen_and_words_in_sentences_are_not() {
    assert_eq!(
        seen(&format!("TỐI MẬT\n{DECISION}"), true),
        [(Obstacle::Secret, 1)]
    );
    assert_eq!(
        seen(&format!("{DECISION}Tài liệu không sao chụp"), true),
        [(Obstacle::NoCopying, 1)]
    );
    assert_eq!(
        seen(&format!("{DECISION}phải giữ bí mật nhà nước\nmật"), true),
        []
    );
}

#[test]
fn a_certified_copy_is_told_from_a_copy_out_of_the_register() {
    assert_eq!(
        seen(
            &format!("{DECISION}CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH\nSố chứng thực: 118"),
            true
        ),
        [(Obstacle::CertifiedCopy, 1)]
    );
    assert_eq!(
        seen("TRÍCH LỤC KHAI TỬ\n(Bản sao)", true),
        [(Obstacle::RegisterCopy, 1)]
    );
    assert_eq!(
        seen(&format!("BẢN SAO\n{DECISION}"), true),
        [(Obstacle::CopyMark, 1)]
    );
}

#[test]
fn colour_language_and_kind_speak_too() {
    assert_eq!(seen(DECISION, false), [(Obstacle::Colourless, 1)]);
    let foreign = "Certificate of Achievement this is to certify that the person named below has successfully completed \
        all requirements of the course and is hereby awarded this certificate by the board of examiners in witness whereof";
    assert_eq!(seen(foreign, true), [(Obstacle::Foreign, 1)]);
    assert_eq!(seen(&format!("{foreign}\nHỢP PHÁP HÓA LÃNH SỰ"), true), []);
    assert_eq!(
        seen("CĂN CƯỚC CÔNG DÂN", true),
        [(Obstacle::SharedByDatabase, 0)]
    );
    assert_eq!(seen("HỢP ĐỒNG THUÊ NHÀ", true), [(Obstacle::SelfMade, 0)]);
}

#[test]
fn the_rulebook_is_asked_with_what_was_seen() {
    let secret = Suggestion {
        obstacle: Obstacle::Secret,
        page: 1,
        place: None,
        sure: true,
    };
    let kind = kinds::find("quyet_dinh").expect("a kind");
    let objections = kinds::objections(
        kind,
        &paper(&[secret]),
        Grade::G1,
        jiff::civil::date(2026, 11, 22),
    );
    assert_eq!(
        objections
            .first()
            .map(|objection| objection.rule.id.as_str()),
        Some("secret")
    );
    assert_eq!(paper(&[]), Paper::default());
}
