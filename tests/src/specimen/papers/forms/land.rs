//! Giấy chứng nhận quyền sử dụng đất: the pink one of 2009, the one of 2025 with a code, and the old red one of a
//! district; its later pages show the plot and the changes.

use image::Rgb;

use super::{Office, cards, owns};
use crate::specimen::papers::canvas::{BLACK, RED};
use crate::specimen::papers::form::{A4, Form, HEAD, Set};
use crate::specimen::papers::people::{Family, some_day, words};
use crate::specimen::papers::typeface::Cut;

fn pink(form: &mut Form<'_>) {
    let shade = *form
        .chance
        .one(&[[250, 225, 220], [248, 230, 222], [252, 218, 214]]);
    form.sheet(A4, Rgb(shade));
    let whole = [
        120.0,
        400.0,
        form.canvas.width() - 120.0,
        form.canvas.height() - 220.0,
    ];
    form.canvas
        .guilloche(whole, 17.0, Rgb([240, 195, 190]), 0.35);
}

/// The first page: who, which plot, which house.
pub(super) fn certificate(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let (man, woman) = if family.owner.female {
        (&family.spouse, &family.owner)
    } else {
        (&family.owner, &family.spouse)
    };
    let issued = match variant {
        1 => some_day(&mut form.chance, 2025, 2025),
        2 => some_day(&mut form.chance, 1996, 2008),
        _ => some_day(&mut form.chance, 2010, 2024),
    };
    let old_place = variant == 2 || form.chance.chance(0.5);
    let office = Office::invent(&mut form.chance, issued, old_place);
    let plot = office.place.line();
    let size = form.chance.whole(380, 9800);
    let (whole, tenth) = (size / 10, size % 10);
    let (n, sheet, entry, serial) = (
        form.chance.whole(3, 980),
        form.chance.whole(1, 96),
        form.chance.whole(1000, 99_000),
        form.chance.whole(100_000, 989_999),
    );
    let letters = form.pick(&["BM", "CS", "DA", "BX", "CH", "AP", "Đ"]);
    let book = form.pick(&["CS", "CH", "H", "CT"]);
    let purpose = form.pick(&[
        "Đất ở tại đô thị",
        "Đất ở tại nông thôn",
        "Đất trồng cây lâu năm",
        "Đất chuyên trồng lúa nước",
    ]);
    let until = form.pick(&["Lâu dài", "Lâu dài", "Đến ngày 15/10/2043", "50 năm"]);
    let old = issued.year() < 2016;
    let number = |person: &super::Person| {
        if old {
            person.old_number.clone()
        } else {
            person.number.clone()
        }
    };
    form.facts([
        ("chu_1", man.name.clone()),
        ("nam_sinh_1", man.born.year().to_string()),
        ("cccd_1", number(man)),
        ("chu_2", woman.name.clone()),
        ("nam_sinh_2", woman.born.year().to_string()),
        ("cccd_2", number(woman)),
        ("dia_chi", family.owner.home.line()),
        ("thua", n.to_string()),
        ("to_ban_do", sheet.to_string()),
        ("dia_chi_thua", plot),
        ("dien_tich", format!("{whole},{tenth} m2")),
        (
            "dien_tich_chu",
            format!(
                "{} phẩy {} mét vuông",
                words::number(whole.into()),
                words::number(tenth.into())
            ),
        ),
        ("muc_dich", purpose.to_owned()),
        ("thoi_han", until.to_owned()),
        ("nguoi_ky", office.signer.clone()),
        ("so_vao_so", format!("{} {entry}", book)),
        ("so_phat_hanh", format!("{letters} {serial}")),
    ]);
    owns(form, &man.name, man);
    owns(form, &woman.name, woman);
    pink(form);
    form.look.pitch = form.look.pitch.min(1.45);
    form.nation();
    if variant != 1 {
        form.emblem();
    }
    form.title("GIẤY CHỨNG NHẬN", 2.0, true);
    let under = if variant == 2 {
        "QUYỀN SỬ DỤNG ĐẤT"
    } else {
        "QUYỀN SỬ DỤNG ĐẤT, QUYỀN SỞ HỮU TÀI SẢN GẮN LIỀN VỚI ĐẤT"
    };
    form.heading(
        under,
        Set {
            size: 1.15,
            cut: Cut::Bold,
            ink: RED,
        },
    );
    form.space(0.3);
    let card = if old { "CMND số" } else { "CCCD số" };
    let owners = |form: &mut Form<'_>| {
        form.line(&format!(
            "Ông: {{chu_1}}\tsinh năm {{nam_sinh_1}}\t{card}: {{cccd_1}}"
        ));
        form.line(&format!(
            "Bà: {{chu_2}}\tsinh năm {{nam_sinh_2}}\t{card}: {{cccd_2}}"
        ));
        form.line("Địa chỉ thường trú: {dia_chi}");
    };
    match variant {
        0 => {
            form.line("*I. Người sử dụng đất, chủ sở hữu tài sản gắn liền với đất*");
            owners(form);
            form.line("*II. Thửa đất, nhà ở và tài sản khác gắn liền với đất*");
            form.line("*1. Thửa đất:*");
            form.line("a) Thửa đất số: {thua}, tờ bản đồ số: {to_ban_do}");
            form.line("b) Địa chỉ: {dia_chi_thua}");
            form.line("c) Diện tích: {dien_tich} (bằng chữ: {-dien_tich_chu})");
            form.line("d) Hình thức sử dụng: riêng: {-dien_tich}; chung: không");
            form.line("đ) Mục đích sử dụng: {muc_dich}");
            form.line("e) Thời hạn sử dụng: {thoi_han}");
            form.line("g) Nguồn gốc sử dụng: Nhà nước giao đất có thu tiền sử dụng đất");
            form.line("*2. Nhà ở:* -/-");
            form.line("*3. Công trình xây dựng khác:* -/-");
            form.line("4. Ghi chú: Không");
        }
        1 => {
            let text = format!("https://giaychungnhan.gov.vn/{letters}{serial}");
            let x = form.right - 240.0;
            cards::qr(form, &text, (x, 180.0), 6.0);
            form.line("*1. Người sử dụng đất, chủ sở hữu tài sản gắn liền với đất:*");
            owners(form);
            form.line("*2. Thông tin thửa đất:*");
            form.line("Thửa đất số: {thua}\tTờ bản đồ số: {to_ban_do}\tDiện tích: {dien_tich}");
            form.line("Loại đất: {muc_dich}");
            form.line("Thời hạn sử dụng đất: {thoi_han}\tHình thức sử dụng đất: sử dụng riêng");
            form.line("Địa chỉ: {dia_chi_thua}");
            form.line("*3. Thông tin tài sản gắn liền với đất:* -/-");
        }
        _ => {
            let committee = format!(
                "ỦY BAN NHÂN DÂN {}",
                office
                    .place
                    .district
                    .clone()
                    .unwrap_or_default()
                    .to_uppercase()
            );
            form.heading(&committee, HEAD);
            form.heading("CHỨNG NHẬN", HEAD);
            owners(form);
            form.line("Được quyền sử dụng: {dien_tich} (Bằng chữ: {-dien_tich_chu})");
            form.line("Tại: {dia_chi_thua}");
            form.line("Thửa số: {thua}\tTờ bản đồ số: {to_ban_do}");
            form.line("Mục đích sử dụng đất: {muc_dich}");
            form.line("Thời hạn sử dụng đất: {thoi_han}");
        }
    }
    form.space(0.5);
    let signs: &[&str] = match variant {
        2 => &["TM. ỦY BAN NHÂN DÂN HUYỆN", "CHỦ TỊCH"],
        _ => &["SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "GIÁM ĐỐC"],
    };
    let dated = office.dated.clone();
    form.signed(Some(&dated), signs, Some("{nguoi_ky}"));
    form.at(
        "Số vào sổ cấp GCN: {so_vao_so}",
        Set {
            size: 0.98,
            cut: Cut::Plain,
            ink: BLACK,
        },
        form.left,
        form.y,
    );
    let set = Set {
        size: 1.4,
        cut: Cut::Bold,
        ink: RED,
    };
    let x = form.right - form.wide("{-so_phat_hanh}", set);
    form.at("{-so_phat_hanh}", set, x, form.y);
}

/// Pages three and four: the plan of the plot, and what was noted later.
pub(super) fn changes(form: &mut Form<'_>, family: &Family) {
    pink(form);
    form.line("*III. Sơ đồ thửa đất, nhà ở và tài sản khác gắn liền với đất*");
    let (cx, top) = (form.centre(), form.y + 60.0);
    let corners: Vec<(f32, f32)> = [
        (-420.0, 0.0),
        (380.0, 60.0),
        (430.0, 760.0),
        (-380.0, 700.0),
    ]
    .into_iter()
    .map(|(x, y)| {
        (
            cx + x + form.chance.either_way(0.0, 60.0),
            top + y + form.chance.either_way(0.0, 40.0),
        )
    })
    .collect();
    for at in 0..4 {
        let (from, to) = (corners[at], corners[(at + 1) % 4]);
        form.canvas.line(from, to, 4.0, BLACK);
        let metres = ((to.0 - from.0).hypot(to.1 - from.1) / 40.0 * 100.0).round() / 100.0;
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let set = Set {
            size: 0.8,
            cut: Cut::Plain,
            ink: BLACK,
        };
        form.at(
            &format!("{metres:.2}").replace('.', ","),
            set,
            middle.0 + 16.0,
            middle.1 + if at == 0 { -18.0 } else { 40.0 },
        );
    }
    form.y = top + 960.0;
    form.line("*IV. Những thay đổi sau khi cấp giấy chứng nhận*");
    form.space(0.6);
    form.fact("ten", family.children[0].name.clone());
    let day = super::super::people::day(some_day(&mut form.chance, 2015, 2025));
    let rows = vec![
        vec![
            "Nội dung thay đổi và cơ sở pháp lý".to_owned(),
            "Xác nhận của cơ quan có thẩm quyền".to_owned(),
        ],
        vec![
            format!(
                "<Thế chấp bằng quyền sử dụng đất tại Ngân hàng Nông nghiệp, theo hồ sơ ngày {day}"
            ),
            "<Chi nhánh Văn phòng đăng ký đất đai".to_owned(),
        ],
        vec![
            "<Để thừa kế cho {-ten} theo văn bản thỏa thuận phân chia di sản".to_owned(),
            "<Đã đăng ký biến động".to_owned(),
        ],
    ];
    form.table(&[1.6, 1.0], &rows, 0.95);
}
