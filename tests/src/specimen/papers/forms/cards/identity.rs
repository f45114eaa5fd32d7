//! Identity cards of three generations, front and back copied on one sheet.

use image::Rgb;

use super::{CARD, Card};
use crate::specimen::papers::canvas::{BLACK, GREY, RED};
use crate::specimen::papers::form::{Form, Set};
use crate::specimen::papers::forms::owns;
use crate::specimen::papers::people::{Family, TODAY, day, names, some_day};
use crate::specimen::papers::typeface::Cut;

/// Căn cước công dân (2021), căn cước (2024), or the chứng minh nhân dân of nine digits.
pub(in super::super) fn identity(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(4);
    let person = &family.owner;
    let issued = match variant {
        2 => some_day(&mut form.chance, 2024, 2025),
        3 => some_day(&mut form.chance, 2005, 2014),
        _ => some_day(&mut form.chance, 2021, 2023),
    };
    // Cards end at 25, 40 and 60 (Luật Căn cước art. 21), the last ones never.
    let expires = [25, 40, 60]
        .map(|age| {
            person
                .born
                .checked_add(jiff::ToSpan::years(age))
                .unwrap_or(TODAY)
        })
        .into_iter()
        .find(|end| *end > TODAY);
    let until = expires.map_or_else(|| "Không thời hạn".to_owned(), day);
    let mole = *form
        .chance
        .one(&["Sẹo chấm cách", "Nốt ruồi cách", "Sẹo thẳng cách"]);
    let where_to = *form.chance.one(&[
        "trên đuôi mày phải",
        "dưới mép trái",
        "trước cánh mũi trái",
        "sau cánh mũi phải",
    ]);
    let n = form.chance.whole(1, 4);
    let (signer, _) = names::invent(&mut form.chance, false, Some("Kinh"));
    let zone = person.mrz(expires.unwrap_or(jiff::civil::date(2099, 12, 31)));
    let [mrz1, mrz2, mrz3] = zone;
    form.facts([
        ("so_cccd", person.number.clone()),
        ("so_cmnd", person.old_number.clone()),
        ("ho_ten", person.capitals()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("que_quan", person.origin.place()),
        ("thuong_tru", person.home.line()),
        ("dan_toc", person.ethnic.to_owned()),
        ("ton_giao", person.religion.to_owned()),
        ("het_han", until),
        ("dac_diem", format!("{mole} {n},5 cm {where_to}")),
        ("ngay_cap", day(issued)),
        ("nguoi_ky", signer),
        ("mrz1", mrz1),
        ("mrz2", mrz2),
        ("mrz3", mrz3),
    ]);
    owns(form, &person.capitals(), person);
    form.look.size = 1.0;
    form.look.value = Cut::Bold;
    form.look.pitch = 1.3;
    form.sealed = false;
    let [front, back] = Card::places(form);
    match variant {
        2 => new_card(form, front, back, &person.qr(issued)),
        3 => old_card(form, front, back),
        _ => chip_card(form, front, back, &person.qr(issued)),
    }
}

fn heads(form: &mut Form<'_>, card: Card, x: f32) {
    card.middle(
        form,
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        5.2,
        Cut::Bold,
        BLACK,
        (x, 52.0),
    );
    card.middle(
        form,
        "Độc lập - Tự do - Hạnh phúc",
        5.2,
        Cut::Bold,
        BLACK,
        (x, 84.0),
    );
}

fn chip_card(form: &mut Form<'_>, front: Card, back: Card, code: &str) {
    let green = Rgb([214, 236, 222]);
    front.lay(form, green, Rgb([150, 200, 170]));
    heads(form, front, 570.0);
    front.middle(
        form,
        "CĂN CƯỚC CÔNG DÂN",
        9.0,
        Cut::Bold,
        RED,
        (570.0, 146.0),
    );
    front.middle(
        form,
        "Citizen Identity Card",
        5.5,
        Cut::Italic,
        BLACK,
        (570.0, 180.0),
    );
    front.code(form, code, 838.0, 26.0, 2.9);
    front.portrait(form, 30.0, 210.0, 235.0, 310.0);
    front.text(form, "Số / No.:", 6.0, Cut::Plain, BLACK, (300.0, 235.0));
    front.text(form, "{so_cccd}", 9.0, Cut::Bold, BLACK, (440.0, 237.0));
    front.text(
        form,
        "Họ và tên / Full name:",
        5.0,
        Cut::Italic,
        BLACK,
        (300.0, 276.0),
    );
    front.text(form, "{ho_ten}", 7.4, Cut::Bold, BLACK, (300.0, 316.0));
    let x = front.text(
        form,
        "Ngày sinh / Date of birth:",
        5.0,
        Cut::Italic,
        BLACK,
        (300.0, 358.0),
    );
    form.at(
        "{ngay_sinh}",
        Set {
            size: 6.2 * front.scale,
            cut: Cut::Bold,
            ink: BLACK,
        },
        x + 24.0,
        front.y(358.0),
    );
    let x = front.text(
        form,
        "Giới tính / Sex:",
        5.0,
        Cut::Italic,
        BLACK,
        (300.0, 398.0),
    );
    form.at(
        "{gioi_tinh}",
        Set {
            size: 6.2 * front.scale,
            cut: Cut::Bold,
            ink: BLACK,
        },
        x + 20.0,
        front.y(398.0),
    );
    front.text(
        form,
        "Quốc tịch / Nationality:",
        5.0,
        Cut::Italic,
        BLACK,
        (610.0, 398.0),
    );
    front.text(form, "{-quoc_tich}", 6.2, Cut::Bold, BLACK, (860.0, 398.0));
    front.text(
        form,
        "Quê quán / Place of origin:",
        5.0,
        Cut::Italic,
        BLACK,
        (300.0, 436.0),
    );
    front.block(form, "{que_quan}", 5.8, 300.0, 470.0);
    front.text(
        form,
        "Nơi thường trú / Place of residence:",
        5.0,
        Cut::Italic,
        BLACK,
        (300.0, 536.0),
    );
    front.block(form, "{thuong_tru}", 5.8, 300.0, 570.0);
    front.text(
        form,
        "Có giá trị đến: {-het_han}",
        4.4,
        Cut::Plain,
        BLACK,
        (26.0, 560.0),
    );

    back.lay(form, green, Rgb([150, 200, 170]));
    back.text(
        form,
        "Đặc điểm nhận dạng / Personal identification:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 60.0),
    );
    back.text(form, "{dac_diem}", 6.0, Cut::Bold, BLACK, (40.0, 100.0));
    let x = back.text(
        form,
        "Ngày, tháng, năm / Date, month, year:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 145.0),
    );
    form.at(
        "{ngay_cap}",
        Set {
            size: 6.0 * back.scale,
            cut: Cut::Bold,
            ink: BLACK,
        },
        x + 24.0,
        back.y(145.0),
    );
    back.middle(
        form,
        "CỤC TRƯỞNG CỤC CẢNH SÁT",
        5.4,
        Cut::Bold,
        BLACK,
        (330.0, 195.0),
    );
    back.middle(
        form,
        "QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI",
        5.4,
        Cut::Bold,
        BLACK,
        (330.0, 228.0),
    );
    back.middle(form, "{-nguoi_ky}", 6.2, Cut::Bold, BLACK, (330.0, 385.0));
    // The chip's contacts.
    form.canvas.cover(
        [back.x(740.0), back.y(180.0), back.x(880.0), back.y(300.0)],
        14.0,
        Rgb([214, 190, 120]),
    );
    back.zone(form);
}

fn new_card(form: &mut Form<'_>, front: Card, back: Card, code: &str) {
    let paper = Rgb([216, 232, 240]);
    front.lay(form, paper, Rgb([160, 196, 214]));
    heads(form, front, 590.0);
    front.middle(form, "CĂN CƯỚC", 10.0, Cut::Bold, RED, (590.0, 150.0));
    front.middle(form, "IDENTITY CARD", 6.0, Cut::Bold, RED, (590.0, 186.0));
    front.portrait(form, 30.0, 200.0, 235.0, 310.0);
    let label = |form: &mut Form<'_>, text: &str, y: f32| {
        front.text(form, text, 5.0, Cut::Italic, BLACK, (300.0, y))
    };
    label(
        form,
        "Số định danh cá nhân / Personal identification number:",
        240.0,
    );
    front.text(form, "{so_cccd}", 9.0, Cut::Bold, BLACK, (300.0, 288.0));
    label(form, "Họ, chữ đệm và tên khai sinh / Full name:", 336.0);
    front.text(form, "{ho_ten}", 7.4, Cut::Bold, BLACK, (300.0, 380.0));
    label(form, "Ngày, tháng, năm sinh / Date of birth:", 430.0);
    front.text(form, "{ngay_sinh}", 6.4, Cut::Bold, BLACK, (300.0, 468.0));
    front.text(
        form,
        "Giới tính / Sex:",
        5.0,
        Cut::Italic,
        BLACK,
        (720.0, 430.0),
    );
    front.text(form, "{gioi_tinh}", 6.4, Cut::Bold, BLACK, (720.0, 468.0));
    label(form, "Quốc tịch / Nationality:", 520.0);
    front.text(form, "{-quoc_tich}", 6.4, Cut::Bold, BLACK, (300.0, 558.0));

    back.lay(form, paper, Rgb([160, 196, 214]));
    back.text(
        form,
        "Nơi cư trú / Place of residence:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 50.0),
    );
    let room = Set {
        size: 5.8 * back.scale,
        cut: Cut::Bold,
        ink: BLACK,
    };
    form.block(
        "{thuong_tru}",
        room,
        back.x(40.0),
        back.y(86.0),
        730.0 * back.scale,
    );
    back.text(
        form,
        "Nơi đăng ký khai sinh / Place of birth:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 156.0),
    );
    form.block(
        "{que_quan}",
        room,
        back.x(40.0),
        back.y(192.0),
        730.0 * back.scale,
    );
    back.text(
        form,
        "Ngày, tháng, năm cấp / Date of issue:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 262.0),
    );
    back.text(form, "{ngay_cap}", 6.0, Cut::Bold, BLACK, (40.0, 298.0));
    back.text(
        form,
        "Ngày, tháng, năm hết hạn / Date of expiry:",
        5.0,
        Cut::Italic,
        BLACK,
        (40.0, 338.0),
    );
    back.text(form, "{het_han}", 6.0, Cut::Bold, BLACK, (40.0, 374.0));
    back.middle(form, "BỘ CÔNG AN", 6.4, Cut::Bold, BLACK, (640.0, 400.0));
    back.code(form, code, 806.0, 36.0, 3.4);
    back.zone(form);
}

fn old_card(form: &mut Form<'_>, front: Card, back: Card) {
    let paper = Rgb([226, 234, 226]);
    front.lay(form, paper, Rgb([190, 206, 190]));
    heads(form, front, 600.0);
    front.middle(
        form,
        "GIẤY CHỨNG MINH NHÂN DÂN",
        7.6,
        Cut::Bold,
        BLACK,
        (620.0, 142.0),
    );
    front.text(form, "SỐ", 8.0, Cut::Plain, RED, (430.0, 205.0));
    front.text(form, "{so_cmnd}", 9.5, Cut::Bold, RED, (500.0, 205.0));
    front.portrait(form, 30.0, 190.0, 230.0, 310.0);
    let entry = |form: &mut Form<'_>, template: &str, y: f32| {
        let set = Set {
            size: 6.4 * front.scale,
            cut: Cut::Plain,
            ink: BLACK,
        };
        form.block(
            template,
            set,
            front.x(290.0),
            front.y(y),
            (CARD.0 - 315.0) * front.scale,
        );
    };
    entry(form, "Họ tên: {ho_ten}", 265.0);
    entry(form, "Sinh ngày: {ngay_sinh}", 340.0);
    entry(form, "Nguyên quán: {que_quan}", 395.0);
    entry(form, "Nơi ĐKHK thường trú: {thuong_tru}", 490.0);

    back.lay(form, paper, Rgb([190, 206, 190]));
    let plain = |form: &mut Form<'_>, template: &str, x: f32, y: f32| {
        back.text(form, template, 6.2, Cut::Plain, BLACK, (x, y))
    };
    plain(form, "Dân tộc: {dan_toc}", 60.0, 70.0);
    plain(form, "Tôn giáo: {ton_giao}", 520.0, 70.0);
    plain(form, "DẤU VẾT RIÊNG VÀ DỊ HÌNH", 330.0, 140.0);
    plain(form, "{dac_diem}", 330.0, 185.0);
    plain(form, "Ngày cấp: {ngay_cap}", 430.0, 260.0);
    back.middle(
        form,
        "GIÁM ĐỐC CÔNG AN TỈNH",
        6.0,
        Cut::Bold,
        BLACK,
        (660.0, 310.0),
    );
    back.middle(form, "{-nguoi_ky}", 6.4, Cut::Bold, BLACK, (660.0, 560.0));
    for y in [90.0, 360.0] {
        let at = [
            back.x(60.0),
            back.y(y + 10.0),
            back.x(260.0),
            back.y(y + 240.0),
        ];
        form.canvas.frame(at, 2.0, GREY);
        let (cx, cy) = ((at[0] + at[2]) / 2.0, (at[1] + at[3]) / 2.0);
        for ring in 1..9_u8 {
            form.canvas
                .ring((cx, cy), f32::from(ring) * 9.5, 3.0, Rgb([110, 110, 120]));
        }
    }
}
