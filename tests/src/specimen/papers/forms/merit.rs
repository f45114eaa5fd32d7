//! Papers of people with merit: Bằng Tổ quốc ghi công, the certificate of a wounded soldier, an old decision typed
//! on a machine.

use image::Rgb;

use super::{Office, owns};
use crate::specimen::papers::canvas::{BLACK, RED};
use crate::specimen::papers::form::{A4, Form, HEAD, MM, Set};
use crate::specimen::papers::people::{Family, day, long_day, some_day};
use crate::specimen::papers::typeface::Cut;

/// One of the three.
pub(super) fn merit(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.father;
    let born = person.born.year();
    let (from, to) = ((born + 22).clamp(1966, 1990), (born + 40).clamp(1976, 2010));
    let issued = some_day(&mut form.chance, from, to);
    let office = Office::invent(&mut form.chance, issued, true);
    let share = form.chance.whole(21, 80);
    let (n, letters) = (form.chance.whole(14, 980), form.chance.digits(6));
    let unit = form.pick(&[
        "Trung đoàn 9, Sư đoàn 304",
        "Tiểu đoàn 3, Tỉnh đội",
        "Đại đội 2, Sư đoàn 968",
        "Du kích xã",
    ]);
    let rank = form.pick(&["Hạ sĩ", "Trung sĩ", "Thượng sĩ", "Thiếu úy", "Chiến sĩ"]);
    form.facts([
        (
            "so",
            match variant {
                0 => format!("{}c/{}", letters, n),
                1 => format!("{letters}/TB"),
                _ => format!("{n}/QĐ-LĐTBXH"),
            },
        ),
        (
            "ho_ten",
            if variant == 0 {
                person.capitals()
            } else {
                person.name.clone()
            },
        ),
        ("nam_sinh", born.to_string()),
        ("que_quan", person.origin.place()),
        ("cap_bac", rank.to_owned()),
        ("don_vi", unit.to_owned()),
        ("ty_le", format!("{share}%")),
        ("ngay", day(issued)),
        ("quyet_dinh", format!("{n}/QĐ-TTg")),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.name, person);
    match variant {
        0 => {
            form.sheet((A4.1, A4.0), Rgb([252, 240, 214]));
            let (width, height) = (A4.1 as f32, A4.0 as f32);
            for (inset, stroke) in [(80.0, 14.0), (112.0, 4.0), (130.0, 4.0)] {
                form.canvas
                    .frame([inset, inset, width - inset, height - inset], stroke, RED);
            }
            (form.left, form.right, form.y) = (420.0, width - 420.0, 340.0);
            form.look.size *= 1.2;
            form.nation();
            form.heading("THỦ TƯỚNG CHÍNH PHỦ", HEAD);
            form.title("TỔ QUỐC GHI CÔNG", 2.6, true);
            form.heading("LIỆT SĨ: {ho_ten}", Set { size: 1.3, ..HEAD });
            form.heading(
                "Quê quán: {que_quan}",
                Set {
                    cut: Cut::Plain,
                    ..HEAD
                },
            );
            form.heading(
                "Đã hy sinh trong sự nghiệp kháng chiến chống Mỹ, cứu nước",
                Set {
                    cut: Cut::Italic,
                    ..HEAD
                },
            );
            form.at(
                "Bằng số: {so}",
                Set {
                    size: 0.85,
                    cut: Cut::Plain,
                    ink: BLACK,
                },
                form.left,
                form.y + 120.0,
            );
            form.at(
                "Quyết định số: {quyet_dinh}",
                Set {
                    size: 0.85,
                    cut: Cut::Plain,
                    ink: BLACK,
                },
                form.left,
                form.y + 210.0,
            );
            form.space(0.6);
            let dated = format!("Hà Nội, {}", long_day(issued));
            form.signed_at(
                form.right - 520.0,
                1100.0,
                Some(&dated),
                &["THỦ TƯỚNG"],
                Some("{nguoi_ky}"),
            );
        }
        1 => {
            form.letterhead(
                &[("BỘ QUỐC PHÒNG", Cut::Plain), ("QUÂN KHU", Cut::Bold)],
                Some("Số: {so}"),
                None,
            );
            form.title("GIẤY CHỨNG NHẬN THƯƠNG BINH", 1.4, true);
            form.space(0.4);
            form.line("Chứng nhận đồng chí: {ho_ten}\tSinh năm: {nam_sinh}");
            form.line("Quê quán: {que_quan}");
            form.line("Cấp bậc khi bị thương: {cap_bac}\tĐơn vị: {don_vi}");
            form.line("Tỷ lệ tổn thương cơ thể do thương tật: {ty_le}");
            form.line("Được hưởng trợ cấp kể từ ngày {ngay}");
            form.space(0.8);
            let dated = office.dated.clone();
            form.signed(
                Some(&dated),
                &["TL. TƯ LỆNH", "CHỦ NHIỆM CHÍNH TRỊ"],
                Some("{nguoi_ky}"),
            );
        }
        _ => {
            // Typed on a machine, on paper that has browned.
            form.look.face = form
                .case
                .named(["cousine", "freemono", "cursor"][form.chance.whole(0, 2) as usize]);
            form.truth.font = form.look.face.name;
            (form.look.value, form.look.size, form.look.justified) = (Cut::Plain, 10.4, false);
            form.sheet(A4, Rgb([244, 232, 206]));
            form.ink = Rgb([52, 46, 66]);
            form.letterhead(
                &[
                    ("SỞ LAO ĐỘNG THƯƠNG BINH", Cut::Plain),
                    ("VÀ XÃ HỘI", Cut::Plain),
                ],
                Some("Số: {so}"),
                None,
            );
            form.title("QUYẾT ĐỊNH", 1.2, false);
            form.heading("Về việc trợ cấp ưu đãi đối với thương binh", HEAD);
            form.space(0.4);
            form.para("Điều 1. Trợ cấp hằng tháng cho ông/bà {ho_ten}, sinh năm {nam_sinh}, quê quán {que_quan}, tỷ lệ thương tật {ty_le}, kể từ ngày {ngay}.");
            form.para("Điều 2. Phòng Lao động Thương binh và Xã hội huyện và ông/bà có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này.");
            form.y += 12.0 * MM;
            form.signed(None, &["GIÁM ĐỐC"], Some("{nguoi_ky}"));
        }
    }
}
