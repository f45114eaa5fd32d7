//! Piles as they come out of a plastic bag.

use super::*;
use crate::layout::drawn;

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n";

fn pile(texts: &[&str]) -> Pile {
    let pages: Vec<PageText> = texts.iter().map(|text| drawn(text)).collect();
    let pages: Vec<PilePage<'_>> = pages
        .iter()
        .map(|text| PilePage {
            text,
            blank: text.words.is_empty(),
            sheet: None,
        })
        .collect();
    sort(&pages)
}

fn papers(pile: &Pile) -> Vec<(&str, &[usize])> {
    pile.documents
        .iter()
        .map(|document| (&*document.kind.id, &document.pages[..]))
        .collect()
}

fn birth() -> String {
    format!(
        "{NATION}GIẤY KHAI SINH\nHọ, chữ đệm, tên: TRẦN THỊ MẪU\nNgày, tháng, năm sinh: 05/06/2014\nSố định danh cá nhân: 001314000001"
    )
}

fn residence() -> String {
    format!(
        "{NATION}XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ\n1. Họ, chữ đệm và tên: LÊ VĂN THỬ\n2. Ngày, tháng, năm sinh: 01/02/1990\n4. Số định danh cá nhân: 001090000001"
    )
}

fn decision(page: &str) -> String {
    format!(
        "{NATION}Số: 13/QĐ-UBND\nQUYẾT ĐỊNH\nVề việc trợ cấp xã hội\nĐiều 1. Trợ cấp đối với ông/bà Lê Văn Thử , sinh ngày 01/02/1990 , số định danh cá nhân 001090000001\n{page}"
    )
}

#[test]
fn papers_begin_at_their_titles_and_people_are_told_apart() {
    let sorted = pile(&[&birth(), &residence(), &decision("")]);
    assert_eq!(
        papers(&sorted),
        [
            ("khai_sinh", &[0][..]),
            ("cu_tru", &[1]),
            ("quyet_dinh", &[2])
        ]
    );
    let owners: Vec<&[usize]> = sorted
        .owners
        .iter()
        .map(|group| &group.documents[..])
        .collect();
    assert_eq!(owners, [&[0][..], &[1, 2]]);
    assert!(
        sorted
            .documents
            .iter()
            .all(|document| document.doubts.is_empty()),
        "{:?}",
        sorted.documents
    );
}

#[test]
fn a_second_page_follows_the_first_and_says_when_that_is_a_guess() {
    let annex =
        "phụ lục danh sách kèm theo quyết định số 13/QĐ-UBND của chủ tịch ủy ban nhân dân phường";
    let loose =
        "các điều khoản chung áp dụng cho mọi trường hợp nêu trên và những điều khoản khác nữa";
    let sorted = pile(&[&decision(""), annex, &birth(), loose]);
    assert_eq!(
        papers(&sorted),
        [("quyet_dinh", &[0, 1][..]), ("khai_sinh", &[2, 3])]
    );
    assert_eq!(sorted.documents[0].doubts, []);
    assert_eq!(sorted.documents[1].doubts, [Doubt::Continuation]);
}

#[test]
fn printed_page_numbers_bring_pages_home_and_tell_what_is_missing() {
    let third = "Trang 3/3\nNơi nhận như trên và lưu tại văn phòng của ủy ban nhân dân phường";
    let second =
        "Trang 2/3\nĐiều hai và ba của quyết định này được thi hành kể từ ngày ký và công bố";
    let sorted = pile(&[&decision("Trang 1/3"), third, second]);
    assert_eq!(papers(&sorted), [("quyet_dinh", &[0, 2, 1][..])]);
    assert!(sorted.documents[0].doubts.contains(&Doubt::OutOfOrder));
    let sorted = pile(&[&decision("Trang 1/3"), second, &birth()]);
    assert_eq!(
        papers(&sorted),
        [("quyet_dinh", &[0, 1][..]), ("khai_sinh", &[2])]
    );
    assert_eq!(sorted.documents[0].doubts, [Doubt::PageMissing]);
}

#[test]
fn the_back_of_a_card_finds_its_front() {
    let front = |number: &str| {
        format!("{NATION}CĂN CƯỚC CÔNG DÂN\nSố / No.: {number}\nHọ và tên / Full name:\nLÊ VĂN THỬ")
    };
    let back = "Đặc điểm nhận dạng / Personal identification:\nNốt ruồi\nIDVNM0900000018001090000001<<9\n9002012M3002016VNM<<<<<<<<<<<6\nLE<<VAN<THU<<<<<<<<<<<<<<<<<<<";
    let sorted = pile(&[&front("001090000001"), &front("001160000002"), back]);
    assert_eq!(papers(&sorted), [("cccd", &[0, 2][..]), ("cccd", &[1])]);
}

#[test]
fn blank_sides_stay_with_their_sheet_and_strays_are_set_apart() {
    let envelope = "Người gửi: Lê Văn Thử số 3 phường Mẫu\nNgười nhận: Ủy ban nhân dân phường Mẫu tỉnh Lào Cai";
    let sorted = pile(&["", &birth(), "", envelope, "ảnh", &residence()]);
    assert_eq!(
        papers(&sorted),
        [
            ("khai_sinh", &[0, 1, 2][..]),
            ("khac", &[3]),
            ("khac", &[4]),
            ("cu_tru", &[5])
        ]
    );
    let roles: Vec<Role> = sorted
        .documents
        .iter()
        .map(|document| document.role)
        .collect();
    assert_eq!(
        roles,
        [Role::Paper, Role::Envelope, Role::Picture, Role::Paper]
    );
    assert_eq!(sorted.documents[1].doubts, [Doubt::NoDocument]);
    assert_eq!(pile(&[""]).documents.len(), 1, "nothing is thrown away");
    assert!(pile(&[]).documents.is_empty());
}

#[test]
fn a_marriage_certificate_belongs_to_two() {
    let marriage = format!(
        "{NATION}GIẤY CHỨNG NHẬN KẾT HÔN\nHọ, chữ đệm, tên vợ: LÊ THỊ MẪU\nNgày sinh: 05/06/1990\nHọ, chữ đệm, tên chồng: LÊ VĂN THỬ\nNgày sinh: 01/02/1990"
    );
    let sorted = pile(&[&residence(), &marriage]);
    let owners: Vec<&[usize]> = sorted
        .owners
        .iter()
        .map(|group| &group.documents[..])
        .collect();
    assert_eq!(
        owners,
        [&[0, 1][..], &[1]],
        "by name and birth date, there is no number"
    );
}
