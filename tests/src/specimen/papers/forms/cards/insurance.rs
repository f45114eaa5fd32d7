//! The health-insurance card, and the sheet of the social-insurance book.

use image::Rgb;

use super::{CARD, Card};
use crate::specimen::papers::canvas::{BLACK, RED};
use crate::specimen::papers::form::{Form, HEAD, Set};
use crate::specimen::papers::forms::{Office, owns};
use crate::specimen::papers::people::{Family, TODAY, day, some_day, words};
use crate::specimen::papers::typeface::{Cut, Style};

/// Thẻ bảo hiểm y tế, or the loose sheet of a sổ bảo hiểm xã hội.
pub(in super::super) fn insurance(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.owner;
    let from = some_day(&mut form.chance, 2022, 2025);
    let code = form.pick(&["DN", "HC", "GD", "HT", "TE", "CN", "HN"]);
    let (right, area, digits) = (
        form.chance.whole(1, 5),
        form.chance.whole(1, 96),
        form.chance.digits(10),
    );
    let hospital = form.pick(&[
        "Bệnh viện đa khoa khu vực Thủ Đức",
        "Trung tâm Y tế huyện Cái Bè",
        "Bệnh viện Quân y 175",
        "Phòng khám đa khoa Phước Ân",
        "Trạm y tế xã Mỹ Lộc",
    ]);
    form.facts([
        ("ma_so", format!("{code}{right}{area:02}{digits}")),
        ("so_so", digits),
        ("ho_ten", person.name.clone()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("dia_chi", person.home.line()),
        ("noi_kcb", hospital.to_owned()),
        ("gia_tri_tu", day(from)),
        (
            "du_5_nam",
            day(from.checked_add(jiff::ToSpan::years(2)).unwrap_or(TODAY)),
        ),
        (
            "noi_cap",
            format!("Bảo hiểm xã hội {}", person.home.province),
        ),
        ("so_cccd", person.number.clone()),
        ("quoc_tich", "Việt Nam".to_owned()),
    ]);
    owns(form, &person.name, person);
    form.sealed = false;
    if variant == 2 {
        return book(form, family);
    }
    form.look.face = form.chance.pick(&form.case.of(Style::Sans));
    (form.look.size, form.look.value, form.look.pitch) = (1.0, Cut::Bold, 1.3);
    let [card, back] = Card::places(form);
    card.lay(form, Rgb([240, 244, 250]), Rgb([180, 205, 235]));
    card.middle(
        form,
        "BẢO HIỂM XÃ HỘI VIỆT NAM",
        6.4,
        Cut::Bold,
        BLACK,
        (505.0, 55.0),
    );
    card.middle(
        form,
        "THẺ BẢO HIỂM Y TẾ",
        9.5,
        Cut::Bold,
        RED,
        (505.0, 115.0),
    );
    let entries: [&str; 7] = if variant == 0 {
        [
            "Mã số: {ma_so}",
            "Họ và tên: {ho_ten}",
            "Ngày sinh: {ngay_sinh}",
            "Địa chỉ: {dia_chi}",
            "Nơi đăng ký KCB BĐ: {noi_kcb}",
            "Giá trị sử dụng: từ ngày {gia_tri_tu}",
            "Nơi cấp, đổi thẻ BHYT: {noi_cap}",
        ]
    } else {
        [
            "Mã số: {so_so}",
            "Họ tên: {ho_ten}",
            "Ngày sinh: {ngay_sinh}",
            "Mức hưởng: 4",
            "Nơi ĐK KCB BĐ: {noi_kcb}",
            "Giá trị từ: {gia_tri_tu}",
            "Thời điểm đủ 05 năm liên tục: {du_5_nam}",
        ]
    };
    let left = if variant == 0 { 40.0 } else { 260.0 };
    if variant == 1 {
        card.portrait(form, 40.0, 150.0, 190.0, 250.0);
    }
    let mut y = card.y(172.0);
    for entry in entries {
        let set = Set {
            size: 6.4 * card.scale,
            cut: Cut::Plain,
            ink: BLACK,
        };
        y = form.block(
            entry,
            set,
            card.x(left),
            y,
            (CARD.0 - left - 25.0) * card.scale,
        ) + 47.0 * card.scale;
    }
    let x = card.text(form, "Giới tính:", 6.4, Cut::Plain, BLACK, (700.0, 156.0));
    form.at(
        "{gioi_tinh}",
        Set {
            size: 6.4 * card.scale,
            cut: Cut::Bold,
            ink: BLACK,
        },
        x + 16.0,
        card.y(156.0),
    );
    if form.chance.chance(0.6) {
        back.lay(form, Rgb([240, 244, 250]), Rgb([180, 205, 235]));
        back.middle(
            form,
            "NHỮNG ĐIỀU CẦN CHÚ Ý",
            7.0,
            Cut::Bold,
            BLACK,
            (505.0, 60.0),
        );
        let notes = [
            "1. Xuất trình thẻ này cùng giấy tờ tùy thân có ảnh khi đến khám bệnh, chữa bệnh.",
            "2. Không cho người khác mượn thẻ. Thẻ mất hoặc rách phải đề nghị cấp lại ngay.",
            "3. Khi thay đổi nơi đăng ký khám bệnh phải làm thủ tục tại cơ quan bảo hiểm xã hội.",
        ];
        let mut y = back.y(120.0);
        for note in notes {
            let set = Set {
                size: 6.2 * back.scale,
                cut: Cut::Plain,
                ink: BLACK,
            };
            y = form.block(note, set, back.x(40.0), y, 930.0 * back.scale) + 50.0 * back.scale;
        }
    }
}

/// The loose sheet: who is insured and when was paid.
fn book(form: &mut Form<'_>, family: &Family) {
    let issued = some_day(&mut form.chance, 2016, 2024);
    let office = Office::invent(&mut form.chance, issued, false);
    form.fact("nguoi_ky", office.signer.clone());
    form.sealed = true;
    form.nation();
    form.heading("BẢO HIỂM XÃ HỘI VIỆT NAM", HEAD);
    form.title("SỔ BẢO HIỂM XÃ HỘI", 1.6, false);
    form.space(0.4);
    form.line("Họ và tên: {ho_ten}");
    form.line("Ngày sinh: {ngay_sinh}\tGiới tính: {gioi_tinh}\tQuốc tịch: {quoc_tich}");
    form.line("Số CCCD: {so_cccd}\tSố sổ: {so_so}");
    form.space(0.5);
    let mut rows = vec![
        [
            "Từ tháng",
            "Đến tháng",
            "Cấp bậc, chức vụ, nơi làm việc",
            "Mức đóng",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let first = issued.year() - 6;
    for year in first..issued.year() {
        let wage = 2_340 + 310 * i32::from(year - first);
        rows.push(vec![
            format!("01/{year}"),
            format!("12/{year}"),
            format!("<{}, Công ty TNHH May Bình Lợi", family.owner.job),
            format!("{}.{:03}.000", wage / 1000, wage % 1000),
        ]);
    }
    form.table(&[0.8, 0.8, 2.4, 1.0], &rows, 0.9);
    form.space(0.5);
    let dated = words::capital(&office.dated);
    form.signed(Some(&dated), &["GIÁM ĐỐC"], Some("{nguoi_ky}"));
}
