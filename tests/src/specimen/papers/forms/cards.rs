//! Copies of cards, front and back on one sheet: identity cards of three generations, the health-insurance card, and
//! the sheet of the social-insurance book.

use image::Rgb;
use qrcode::{Color, EcLevel, QrCode};

use super::{Office, owns};
use crate::specimen::papers::canvas::{BLACK, GREY, Ink, RED};
use crate::specimen::papers::form::{A4, Form, HEAD, Set};
use crate::specimen::papers::people::{Family, TODAY, day, names, some_day, words};
use crate::specimen::papers::truth::{Code, whole};
use crate::specimen::papers::typeface::{Cut, Style};

/// ID-1 (ISO/IEC 7810): 85.6 × 54 mm at 300 dpi.
const CARD: (f32, f32) = (1011.0, 638.0);

/// A card on the sheet: where it lies, and how much it was enlarged by the copier.
#[derive(Clone, Copy)]
struct Card {
    left: f32,
    top: f32,
    scale: f32,
}

impl Card {
    /// One or two cards, one under the other or side by side.
    fn places(form: &mut Form<'_>) -> [Self; 2] {
        let scale = *form.chance.one(&[1.0, 1.0, 1.15, 1.41]);
        let (wide, high) = (CARD.0 * scale, CARD.1 * scale);
        let top = form.chance.between(250.0, 700.0);
        if scale < 1.1 && form.chance.chance(0.35) {
            let left = form.chance.between(150.0, 250.0);
            return [left, left + wide + 60.0].map(|left| Self { left, top, scale });
        }
        let left = (A4.0 as f32 - wide) / 2.0 + form.chance.either_way(0.0, 120.0);
        [top, top + high + form.chance.between(120.0, 260.0)].map(|top| Self { left, top, scale })
    }

    /// The card's own surface.
    fn lay(self, form: &mut Form<'_>, paper: Ink, waves: Ink) {
        let at = [
            self.left,
            self.top,
            self.left + CARD.0 * self.scale,
            self.top + CARD.1 * self.scale,
        ];
        form.canvas.cover(at, 36.0 * self.scale, paper);
        let inner = [at[0] + 30.0, at[1] + 30.0, at[2] - 30.0, at[3] - 30.0];
        form.canvas.guilloche(inner, 13.0, waves, 0.35);
        form.canvas
            .line((at[0] + 30.0, at[1]), (at[2] - 30.0, at[1]), 2.0, GREY);
        form.canvas
            .line((at[0] + 30.0, at[3]), (at[2] - 30.0, at[3]), 2.0, GREY);
        form.canvas
            .line((at[0], at[1] + 30.0), (at[0], at[3] - 30.0), 2.0, GREY);
        form.canvas
            .line((at[2], at[1] + 30.0), (at[2], at[3] - 30.0), 2.0, GREY);
    }

    fn x(self, x: f32) -> f32 {
        self.left + x * self.scale
    }

    fn y(self, y: f32) -> f32 {
        self.top + y * self.scale
    }

    /// Text on the card, in points.
    fn text(
        self,
        form: &mut Form<'_>,
        template: &str,
        points: f32,
        cut: Cut,
        ink: Ink,
        at: (f32, f32),
    ) -> f32 {
        let set = Set {
            size: points * self.scale,
            cut,
            ink,
        };
        form.at(template, set, self.x(at.0), self.y(at.1))
    }

    /// The same around a middle.
    fn middle(
        self,
        form: &mut Form<'_>,
        template: &str,
        points: f32,
        cut: Cut,
        ink: Ink,
        at: (f32, f32),
    ) {
        let set = Set {
            size: points * self.scale,
            cut,
            ink,
        };
        form.centred(
            template,
            set,
            self.x(at.0),
            620.0 * self.scale,
            self.y(at.1),
        );
    }

    /// Broken to the room there is.
    fn block(self, form: &mut Form<'_>, template: &str, points: f32, x: f32, y: f32) {
        let set = Set {
            size: points * self.scale,
            cut: Cut::Bold,
            ink: BLACK,
        };
        form.block(
            template,
            set,
            self.x(x),
            self.y(y),
            (CARD.0 - 25.0 - x) * self.scale,
        );
    }

    /// A head and shoulders that belong to nobody.
    fn portrait(self, form: &mut Form<'_>, x: f32, y: f32, wide: f32, high: f32) {
        let [left, top, right, bottom] = [self.x(x), self.y(y), self.x(x + wide), self.y(y + high)];
        form.canvas
            .cover([left, top, right, bottom], 4.0, Rgb([196, 208, 222]));
        let (cx, head) = ((left + right) / 2.0, (bottom - top) * 0.36 + top);
        let (skin, hair, cloth) = (Rgb([190, 150, 125]), Rgb([45, 38, 36]), Rgb([70, 78, 105]));
        let mut oval = |cx: f32, cy: f32, rx: f32, ry: f32, ink: Ink| {
            for py in (cy - ry) as i32..(cy + ry).min(bottom) as i32 {
                for px in (cx - rx).max(left) as i32..(cx + rx).min(right) as i32 {
                    let (dx, dy) = ((px as f32 - cx) / rx, (py as f32 - cy) / ry);
                    if dx * dx + dy * dy <= 1.0 && px >= 0 && py >= 0 {
                        form.canvas.pixels.put_pixel(px as u32, py as u32, ink);
                    }
                }
            }
        };
        let unit = right - left;
        oval(cx, bottom + unit * 0.05, unit * 0.46, unit * 0.36, cloth);
        oval(cx, head - unit * 0.05, unit * 0.25, unit * 0.31, hair);
        oval(cx, head + unit * 0.02, unit * 0.20, unit * 0.26, skin);
    }

    /// The code, so many pixels a module before the card is enlarged.
    fn code(self, form: &mut Form<'_>, text: &str, x: f32, y: f32, module: f32) {
        qr(form, text, (self.x(x), self.y(y)), module * self.scale);
    }

    /// The zone for machines, in OCR's pitch of ten letters an inch.
    fn zone(self, form: &mut Form<'_>) {
        let face = form.look.face;
        form.look.face = form
            .case
            .named(["cousine", "freemono", "cursor"][form.variant as usize % 3]);
        for (name, y) in ["{mrz1}", "{mrz2}", "{mrz3}"]
            .into_iter()
            .zip([488.0, 550.0, 612.0])
        {
            let cut = if form.variant == 0 {
                Cut::Plain
            } else {
                Cut::Bold
            };
            self.text(form, name, 11.9, cut, BLACK, (50.0, y));
        }
        form.look.face = face;
    }
}

/// A QR code with its truth; medium correction, as cards have.
pub(super) fn qr(form: &mut Form<'_>, text: &str, at: (f32, f32), module: f32) {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
        .expect("less than a code holds");
    let side = code.width();
    let whole_side = side as f32 * module;
    let quiet = module * 2.0;
    form.canvas.cover(
        [
            at.0 - quiet,
            at.1 - quiet,
            at.0 + whole_side + quiet,
            at.1 + whole_side + quiet,
        ],
        2.0,
        Rgb([250; 3]),
    );
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (
                at.0 + (index % side) as f32 * module,
                at.1 + (index / side) as f32 * module,
            );
            // Edges on whole pixels, so that no seams show between the modules.
            let edges = [
                x.round(),
                y.round(),
                (x + module).round(),
                (y + module).round(),
            ];
            form.canvas.fill(edges, BLACK, 1.0);
        }
    }
    let place = whole([at.0, at.1, at.0 + whole_side, at.1 + whole_side]);
    form.truth.codes.push(Code {
        kind: "qr",
        text: text.to_owned(),
        place,
    });
}

/// Căn cước công dân (2021), căn cước (2024), or the chứng minh nhân dân of nine digits.
pub(super) fn identity(form: &mut Form<'_>, family: &Family) {
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

/// Thẻ bảo hiểm y tế, or the loose sheet of a sổ bảo hiểm xã hội.
pub(super) fn insurance(form: &mut Form<'_>, family: &Family) {
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
