//! Fields out of made-up pages: several labels in a line, values that run on, sections, contradictions.

use models::{Rect, Word};

use super::*;

fn page(text: &str) -> PageText {
    let words = text.lines().zip(0..).flat_map(|(line, number)| {
        line.split_whitespace()
            .enumerate()
            .map(move |(at, word)| Word {
                text: word.to_owned(),
                confidence: 92,
                bbox: Rect {
                    x: 200 + at as u32 * 100,
                    y: 100 + number * 60,
                    w: 90,
                    h: 40,
                },
                line: number,
                block: 1,
                ..Word::default()
            })
    });
    PageText::from_words(words.collect())
}

fn value(fields: &[Field], name: &str) -> Option<(String, FieldState)> {
    fields
        .iter()
        .find(|field| field.name == name)
        .map(|field| (field.value.clone(), field.state))
}

fn accepted(text: &str) -> Option<(String, FieldState)> {
    Some((text.to_owned(), FieldState::Accepted))
}

const BIRTH: &str = "Số: 52/2020-BS
Họ, chữ đệm, tên: TRẦN THỊ MẪU
Ngày, tháng, năm sinh: 05/06/2014 ghi bằng chữ: Ngày năm tháng sáu năm hai nghìn
không trăm mười bốn
Giới tính: Nữ Dân tộc: Kinh Quốc tịch: Việt Nam
Nơi sinh: Bệnh viện Huyện Thử, tỉnh Mẫu
Số định danh cá nhân: 001314000001
Họ, chữ đệm, tên người mẹ: LÊ THỊ THỬ
Năm sinh: 1985 Dân tộc: Tày Quốc tịch: Việt Nam
Họ, chữ đệm, tên người cha: TRẦN VĂN THỬ
Năm sinh: 1984 Dân tộc: Kinh Quốc tịch: Việt Nam
Nơi đăng ký khai sinh: Ủy ban nhân dân xã Thử
Ngày, tháng, năm đăng ký: 17/06/2014";

#[test]
fn a_birth_certificate_tells_child_mother_and_father_apart() {
    let fields = extract("khai_sinh", &[&page(BIRTH)]);
    assert_eq!(value(&fields, "so"), accepted("52/2020-BS"));
    assert_eq!(value(&fields, "ho_ten"), accepted("TRẦN THỊ MẪU"));
    assert_eq!(value(&fields, "ngay_sinh"), accepted("05/06/2014"));
    assert_eq!(
        value(&fields, "ngay_sinh_chu"),
        accepted("Ngày năm tháng sáu năm hai nghìn không trăm mười bốn")
    );
    assert_eq!(value(&fields, "gioi_tinh"), accepted("Nữ"));
    assert_eq!(value(&fields, "dan_toc"), accepted("Kinh"));
    assert_eq!(value(&fields, "so_dinh_danh"), accepted("001314000001"));
    assert_eq!(value(&fields, "ho_ten_me"), accepted("LÊ THỊ THỬ"));
    assert_eq!(value(&fields, "nam_sinh_me"), accepted("1985"));
    assert_eq!(value(&fields, "dan_toc_me"), accepted("Tày"));
    assert_eq!(value(&fields, "ho_ten_cha"), accepted("TRẦN VĂN THỬ"));
    assert_eq!(value(&fields, "nam_sinh_cha"), accepted("1984"));
    assert_eq!(
        value(&fields, "noi_dang_ky"),
        accepted("Ủy ban nhân dân xã Thử")
    );
    assert_eq!(value(&fields, "ngay_dang_ky"), accepted("17/06/2014"));
}

#[test]
fn a_number_that_contradicts_the_birth_date_is_for_a_person_to_check() {
    let fields = extract(
        "khai_sinh",
        &[&page(&BIRTH.replace("05/06/2014", "05/06/2013"))],
    );
    for name in ["so_dinh_danh", "ngay_sinh"] {
        assert_eq!(
            value(&fields, name).map(|v| v.1),
            Some(FieldState::Check),
            "{name}"
        );
    }
}

#[test]
fn residence_keeps_the_holder_and_the_head_apart_and_leaves_religion() {
    let text = "1. Họ, chữ đệm và tên: LÊ VĂN THỬ
2. Ngày, tháng, năm sinh: 01/02/1990 3. Giới tính: Nam
4. Số định danh cá nhân: 001090000001
5. Dân tộc: Kinh 6. Tôn giáo: Không 7. Quốc tịch: Việt Nam
8. Quê quán: xã Thử, tỉnh Mẫu
II. Công an xã xác nhận thông tin về cư trú như sau:
1. Nơi thường trú: Số 1 đường Thử, xã Thử
4. Họ, chữ đệm và tên chủ hộ: Lê Thị Mẫu 5. Quan hệ với chủ hộ: Con
6. Số định danh cá nhân của chủ hộ: 001160000002
Xác nhận này có giá trị đến ngày 19/09/2026";
    let fields = extract("cu_tru", &[&page(text)]);
    assert_eq!(value(&fields, "ho_ten"), accepted("LÊ VĂN THỬ"));
    assert_eq!(value(&fields, "so_dinh_danh"), accepted("001090000001"));
    assert_eq!(value(&fields, "que_quan"), accepted("xã Thử, tỉnh Mẫu"));
    assert_eq!(value(&fields, "chu_ho"), accepted("Lê Thị Mẫu"));
    assert_eq!(value(&fields, "cccd_chu_ho"), accepted("001160000002"));
    assert_eq!(
        value(&fields, "gia_tri").map(|v| v.0).as_deref(),
        Some("19/09/2026")
    );
    assert_eq!(
        value(&fields, "thuong_tru"),
        accepted("Số 1 đường Thử, xã Thử")
    );
    assert!(fields.iter().all(|field| !field.value.contains("Không")));
}

#[test]
fn an_unknown_paper_still_gives_name_birth_and_numbers() {
    let text = "Tôi tên là: NGUYỄN VĂN THỬ\nSinh ngày: 03/04/1985\nCCCD số: 001085000009 cấp năm 2021\nvà con 079200000001";
    let fields = extract("khac", &[&page(text)]);
    assert_eq!(value(&fields, "ho_ten"), accepted("NGUYỄN VĂN THỬ"));
    assert_eq!(value(&fields, "ngay_sinh"), accepted("03/04/1985"));
    assert_eq!(value(&fields, "so_dinh_danh"), accepted("001085000009"));
    assert_eq!(
        value(&fields, "so_dinh_danh_khac_1"),
        Some(("079200000001".to_owned(), FieldState::Check))
    );
}

#[test]
fn an_unsure_word_makes_the_field_one_to_check_and_a_missing_value_unreadable() {
    let mut read = page("Họ và tên: LÊ VĂN THỬ\nGiới tính:");
    read.words[4].confidence = 41;
    let fields = extract("khac", &[&read]);
    assert_eq!(
        value(&fields, "ho_ten").map(|v| v.1),
        Some(FieldState::Check)
    );
    assert_eq!(
        value(&fields, "gioi_tinh"),
        Some((String::new(), FieldState::Unreadable))
    );
}

#[test]
fn debug_tells_no_value() {
    let fields = extract("khai_sinh", &[&page(BIRTH)]);
    assert!(!format!("{fields:?}").contains("TRẦN"));
}
