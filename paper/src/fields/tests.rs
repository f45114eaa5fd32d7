//! Fields out of made-up pages: contradictions, unsure words, a second look, places. Layouts are the examples of the
//! templates themselves.

use models::SecondReading;

use super::*;
use crate::layout::drawn;

fn field<'a>(fields: &'a [Field], name: &str) -> &'a Field {
    fields
        .iter()
        .find(|field| field.name == name)
        .unwrap_or_else(|| panic!("{name} is missing"))
}

const BIRTH: &str = "Họ, chữ đệm, tên: TRẦN THỊ MẪU
Ngày, tháng, năm sinh: 05/06/2014 ghi bằng chữ: Ngày năm tháng sáu năm hai nghìn
không trăm mười bốn
Giới tính: Nữ Dân tộc: Kinh Quốc tịch: Việt Nam
Số định danh cá nhân: 001314000001
Họ, chữ đệm, tên người mẹ: LÊ THỊ THỬ";

#[test]
fn what_agrees_is_accepted() {
    let fields = extract("khai_sinh", &[&drawn(BIRTH)]);
    for name in [
        "ho_ten",
        "ngay_sinh",
        "ngay_sinh_chu",
        "gioi_tinh",
        "dan_toc",
        "so_dinh_danh",
        "ho_ten_me",
    ] {
        let field = field(&fields, name);
        assert_eq!(
            (field.state, &field.reasons[..]),
            (FieldState::Accepted, &[][..]),
            "{name}"
        );
        assert_eq!(field.page, 1);
        assert!(!field.places.is_empty());
    }
    assert_eq!(
        field(&fields, "ngay_sinh_chu").places.len(),
        2,
        "a box a line"
    );
}

#[test]
fn a_number_that_contradicts_the_birth_date_is_for_a_person_to_check() {
    let fields = extract(
        "khai_sinh",
        &[&drawn(&BIRTH.replace("05/06/2014", "05/06/2013"))],
    );
    for name in ["so_dinh_danh", "ngay_sinh", "ngay_sinh_chu"] {
        assert_eq!(field(&fields, name).state, FieldState::Check, "{name}");
        assert!(
            field(&fields, name)
                .reasons
                .contains(&Reason::Contradiction),
            "{name}"
        );
    }
    let fields = extract(
        "khai_sinh",
        &[&drawn(&BIRTH.replace("Giới tính: Nữ", "Giới tính: Nam"))],
    );
    assert_eq!(field(&fields, "gioi_tinh").state, FieldState::Check);
}

#[test]
fn words_and_digits_of_a_date_are_held_against_each_other() {
    let fields = extract(
        "khai_sinh",
        &[&drawn(&BIRTH.replace("tháng sáu", "tháng bảy"))],
    );
    for name in ["ngay_sinh", "ngay_sinh_chu"] {
        assert!(
            field(&fields, name)
                .reasons
                .contains(&Reason::Contradiction),
            "{name}"
        );
    }
}

#[test]
fn an_unsure_word_makes_the_field_one_to_check_and_a_missing_value_unreadable() {
    let mut read = drawn("Họ và tên: LÊ VĂN THỬ\nGiới tính:");
    read.words[4].confidence = 41;
    let fields = extract("khac", &[&read]);
    assert_eq!(field(&fields, "ho_ten").state, FieldState::Check);
    assert_eq!(field(&fields, "ho_ten").reasons, [Reason::Unsure]);
    let sex = field(&fields, "gioi_tinh");
    assert_eq!(
        (sex.state, sex.value.as_str()),
        (FieldState::Unreadable, "")
    );
}

#[test]
fn a_second_look_that_agrees_makes_a_word_sure_and_one_that_differs_takes_it_away() {
    let mut read = drawn("Họ và tên: LÊ VĂN THỬ");
    for word in &mut read.words {
        word.confidence = 70;
        word.second = Some(SecondReading {
            text: word.text.clone(),
            confidence: 80,
        });
    }
    let fields = extract("khac", &[&read]);
    assert_eq!(field(&fields, "ho_ten").state, FieldState::Accepted);
    if let Some(second) = &mut read.words[5].second {
        second.text = "THƯ".to_owned();
    }
    let fields = extract("khac", &[&read]);
    let name = field(&fields, "ho_ten");
    assert_eq!(
        (name.state, name.value.as_str()),
        (FieldState::Check, "LÊ VĂN THỬ")
    );
    assert_eq!(name.alternative.as_deref(), Some("LÊ VĂN THƯ"));
}

#[test]
fn an_old_place_keeps_its_name_and_tells_the_new_one() {
    let fields = extract(
        "khac",
        &[&drawn(
            "Nơi cư trú: số 3, phường Phúc Xá, quận Ba Đình, thành phố Hà Nội",
        )],
    );
    let home = field(&fields, "noi_cu_tru");
    assert_eq!(
        home.value,
        "số 3, phường Phúc Xá, quận Ba Đình, thành phố Hà Nội"
    );
    assert_eq!(
        home.mapped.as_deref(),
        Some("phường Hồng Hà, thành phố Hà Nội")
    );
    assert_eq!(
        (home.state, &home.reasons[..]),
        (FieldState::Accepted, &[Reason::OldPlace][..])
    );
}

#[test]
fn forms_filled_in_by_hand_are_for_a_person() {
    let fields = extract("to_khai", &[&drawn("1. Họ, chữ đệm và tên: LÊ VĂN THỬ")]);
    let name = field(&fields, "ho_ten");
    assert_eq!(
        (name.state, &name.reasons[..]),
        (FieldState::Check, &[Reason::Handwriting][..])
    );
}

#[test]
fn places_are_turned_back_to_the_page() {
    let mut fields = extract("khac", &[&drawn("Giới tính: Nam")]);
    let geometry = Geometry {
        turn: crate::Turn::Half,
        width: 1000,
        height: 1000,
        ..Geometry::default()
    };
    let before = field(&fields, "gioi_tinh").places[0];
    put_on_pages(&mut fields, &[&geometry]);
    let after = field(&fields, "gioi_tinh").places[0];
    assert_eq!(
        (after.x, after.y),
        (1000 - before.x - before.w, 1000 - before.y - before.h)
    );
}

#[test]
fn debug_tells_no_value() {
    let fields = extract("khai_sinh", &[&drawn(BIRTH)]);
    assert!(!format!("{fields:?}").contains("TRẦN"));
}

#[test]
fn a_value_that_may_go_on_below_is_for_a_person() {
    // The second line fills its column too: a third is more than such a value takes.
    let lines = "Họ, chữ đệm, tên vợ: LÊ THỊ     Họ, chữ đệm, tên chồng: TRẦN VĂN
THANH BÍCH NGỌC DIỄM QUỲNH      THỬ
MẪU";
    let fields = extract("ket_hon", &[&drawn(lines)]);
    let wife = field(&fields, "vo_0");
    assert_eq!(wife.state, FieldState::Check);
    let fields = extract(
        "khac",
        &[&drawn(
            "Nơi cư trú: số 3 phố Thử, phường Mẫu, thành phố Hồ Chí Mi,
nh và những chữ viết thêm ở dòng thứ hai của địa chỉ dài,
rồi dòng thứ ba của địa chỉ ấy còn dài hơn nữa, không tỉnh,
và dòng thứ tư",
        )],
    );
    let home = field(&fields, "noi_cu_tru");
    assert_eq!(home.state, FieldState::Check);
    assert!(home.reasons.contains(&Reason::Cut), "{:?}", home.reasons);
}

#[test]
fn what_stands_twice_and_not_alike_is_for_a_person() {
    let lines = "Họ và tên: LÊ VĂN THỬ\nGiới tính: Nam\nHọ và tên: TRẦN THỊ MẪU";
    let fields = extract("khac", &[&drawn(lines)]);
    let name = field(&fields, "ho_ten");
    assert_eq!(
        (name.state, &name.reasons[..]),
        (FieldState::Check, &[Reason::Twice][..])
    );
    let fields = extract(
        "khac",
        &[&drawn(&lines.replace("TRẦN THỊ MẪU", "Lê Văn Thử"))],
    );
    assert_eq!(field(&fields, "ho_ten").state, FieldState::Accepted);
}

#[test]
fn a_label_in_other_words_gives_a_value_to_check() {
    let fields = extract("bang_tn", &[&drawn("Số hiệu của văn bằng: TD000875")]);
    let number = field(&fields, "so_hieu");
    assert_eq!(number.value, "TD000875");
    assert_eq!(
        (number.state, &number.reasons[..]),
        (FieldState::Check, &[Reason::Label][..])
    );
    // It is no guess where the field's own label stands too.
    let fields = extract(
        "bang_tn",
        &[&drawn("Số hiệu: A 0123\nSố hiệu cũ: TD000875")],
    );
    assert_eq!(field(&fields, "so_hieu").value, "A 0123");
}

#[test]
fn a_column_whose_heading_was_misread_is_for_a_person() {
    let grid = |heading: &str| {
        format!(
            "                        {heading}                    CHỒNG
Họ, chữ đệm, tên        LÊ THỊ MẪU            TRẦN VĂN THỬ
Dân tộc                 Hoa                   Kinh"
        )
    };
    let told = extract("ket_hon", &[&drawn(&grid("VỢ"))]);
    assert_eq!(field(&told, "vo_0").state, FieldState::Accepted);
    let guessed = extract("ket_hon", &[&drawn(&grid("VU"))]);
    for name in ["vo_0", "chong_0", "vo_2", "chong_2"] {
        assert_eq!(field(&guessed, name).value, field(&told, name).value);
        assert_eq!(field(&guessed, name).state, FieldState::Check, "{name}");
    }
}

#[test]
fn owners_are_not_counted_past_one_that_was_passed_over() {
    let lines = "Bi: Phùng Thị Mẫu, sinh năm: 1986, CCCD: 001186000001
Ông: Trần Văn Thử, sinh năm: 1984, CCCD: 001084000002";
    let fields = extract("quyen_sdd", &[&drawn(lines)]);
    for name in ["chu_1", "nam_sinh_1", "cccd_1"] {
        assert_eq!(field(&fields, name).state, FieldState::Check, "{name}");
    }
    let fields = extract("quyen_sdd", &[&drawn(&lines.replace("Bi:", "Bà:"))]);
    assert_eq!(field(&fields, "cccd_1").value, "001186000001");
    assert_eq!(field(&fields, "cccd_2").state, FieldState::Accepted);
}

#[test]
fn the_reading_that_keeps_the_rules_is_shown_and_a_person_confirms() {
    let mut read = drawn("Họ và tên: Nguyên Văn Thử");
    read.words[3].second = Some(SecondReading {
        text: "Nguyễn".to_owned(),
        confidence: 80,
    });
    let fields = extract("khac", &[&read]);
    let name = field(&fields, "ho_ten");
    assert_eq!(
        (name.state, name.value.as_str()),
        (FieldState::Check, "Nguyễn Văn Thử")
    );
    assert_eq!(name.alternative.as_deref(), Some("Nguyên Văn Thử"));
}

#[test]
fn each_party_may_have_a_label_in_other_words() {
    let lines = "BÊN ỦY QUYỀN (Bên A):
Họ và tên: Lê Thị Mẫu
Số thẻ căn cước đã cấp: 001176000001
BÊN ĐƯỢC ỦY QUYỀN (Bên B):
Họ và tên: Trần Văn Thử
Số thẻ căn cước đã cấp: 001060000002";
    let fields = extract("uy_quyen", &[&drawn(lines)]);
    for (name, value) in [("cccd_a", "001176000001"), ("cccd_b", "001060000002")] {
        let field = field(&fields, name);
        assert_eq!((&*field.value, field.state), (value, FieldState::Check));
    }
}

#[test]
fn ink_that_covers_the_end_of_a_value_makes_it_one_to_check() {
    let mut read = drawn("Họ và tên: LÊ VĂN THỬ\nXếp loại tốt nghiệp: Trung bình x");
    let fields = extract("bang_tn", &[&read]);
    assert_eq!(field(&fields, "ho_ten").state, FieldState::Accepted);
    let ink = read.words.len() - 1;
    read.words[ink].confidence = 20;
    read.words[ink].block = 2;
    read.words[ink].bbox.y += 40;
    let fields = extract("bang_tn", &[&read]);
    let grade = field(&fields, "xep_loai");
    assert_eq!(
        (grade.value.as_str(), grade.state),
        ("Trung bình", FieldState::Check)
    );
}
