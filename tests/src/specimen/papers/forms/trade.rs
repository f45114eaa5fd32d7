//! Giấy chứng nhận đăng ký hộ kinh doanh and doanh nghiệp.

use super::{Office, owns};
use crate::specimen::papers::form::{Form, HEAD, Set};
use crate::specimen::papers::people::{Family, day, some_day, words};
use crate::specimen::papers::typeface::Cut;

/// A household's or a company's registration.
pub(super) fn business(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.owner;
    let first = some_day(&mut form.chance, 2012, 2023);
    let issued = some_day(&mut form.chance, 2024, 2025);
    let office = Office::invent(&mut form.chance, issued, variant == 1);
    let own = person.name.rsplit(' ').next().unwrap_or("An").to_owned();
    let trade = form.pick(&[
        "Tạp hóa",
        "Quán ăn",
        "Vật tư nông nghiệp",
        "May mặc",
        "Điện lạnh",
        "Nhà thuốc",
    ]);
    let millions = form.chance.whole(3, 160) * 10;
    let card_day = some_day(&mut form.chance, 2021, 2023);
    let (code, change) = (form.chance.digits(10), form.chance.whole(1, 5));
    let name = match variant {
        2 => format!(
            "CÔNG TY TNHH MỘT THÀNH VIÊN {}",
            format!("{trade} {own}").to_uppercase()
        ),
        _ => format!("HỘ KINH DOANH {}", format!("{trade} {own}").to_uppercase()),
    };
    form.facts([
        (
            "so",
            if variant == 1 {
                format!("41A8{}", &code[..6])
            } else {
                code
            },
        ),
        ("ten", name),
        ("dia_chi", office.place.line()),
        ("dien_thoai", person.phone.clone()),
        ("nganh_nghe", trade.to_owned()),
        ("von", format!("{millions}.000.000 đồng")),
        (
            "von_chu",
            words::capital(&format!(
                "{} đồng",
                words::number(u64::from(millions) * 1_000_000)
            )),
        ),
        ("ho_ten", person.capitals()),
        ("gioi_tinh", person.sex().to_owned()),
        ("ngay_sinh", person.birthday()),
        ("dan_toc", person.ethnic.to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("so_giay_to", person.number.clone()),
        ("ngay_cap", day(card_day)),
        ("noi_cu_tru", person.home.line()),
        ("ngay_dk", day(first)),
        ("lan", change.to_string()),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.capitals(), person);
    let (province, commune) = (office.province_capitals(), office.commune_capitals());
    let (above, below, title) = match variant {
        2 => (
            format!("SỞ TÀI CHÍNH {province}"),
            "PHÒNG ĐĂNG KÝ KINH DOANH".to_owned(),
            "GIẤY CHỨNG NHẬN ĐĂNG KÝ DOANH NGHIỆP",
        ),
        1 => (
            format!(
                "ỦY BAN NHÂN DÂN {}",
                office
                    .place
                    .district
                    .clone()
                    .unwrap_or_default()
                    .to_uppercase()
            ),
            "PHÒNG TÀI CHÍNH - KẾ HOẠCH".to_owned(),
            "GIẤY CHỨNG NHẬN ĐĂNG KÝ HỘ KINH DOANH",
        ),
        _ => (
            format!("ỦY BAN NHÂN DÂN {commune}"),
            "PHÒNG KINH TẾ".to_owned(),
            "GIẤY CHỨNG NHẬN ĐĂNG KÝ HỘ KINH DOANH",
        ),
    };
    form.letterhead(&[(&above, Cut::Plain), (&below, Cut::Bold)], None, None);
    form.title(title, 1.3, variant == 2);
    if variant == 2 {
        form.heading("CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN", HEAD);
        form.heading("Mã số doanh nghiệp: {so}", HEAD);
    } else {
        form.heading("Số: {so}", HEAD);
    }
    form.heading(
        "_Đăng ký lần đầu, ngày {ngay_dk}_",
        Set {
            cut: Cut::Italic,
            ..HEAD
        },
    );
    form.heading(
        "_Đăng ký thay đổi lần thứ {-lan}_",
        Set {
            cut: Cut::Italic,
            ..HEAD
        },
    );
    form.space(0.4);
    let (what, place) = if variant == 2 {
        ("công ty", "Địa chỉ trụ sở chính")
    } else {
        ("hộ kinh doanh", "Địa điểm kinh doanh")
    };
    form.line(&format!("*1. Tên {what}:* {{ten}}"));
    form.line(&format!("*2. {place}:* {{dia_chi}}"));
    form.line("Điện thoại: {dien_thoai}");
    if variant == 2 {
        form.line("*3. Vốn điều lệ:* {von}");
        form.line("Bằng chữ: {-von_chu}");
        form.line("*4. Người đại diện theo pháp luật của công ty*");
    } else {
        form.line("*3. Ngành, nghề kinh doanh:* {nganh_nghe}");
        form.line("*4. Vốn kinh doanh:* {von}");
        form.line("Bằng chữ: {-von_chu}");
        form.line("*5. Thông tin về chủ hộ kinh doanh*");
    }
    form.line("Họ và tên: {ho_ten}\tGiới tính: {gioi_tinh}");
    form.line("Sinh ngày: {ngay_sinh}\tDân tộc: {dan_toc}\tQuốc tịch: {quoc_tich}");
    form.line("Loại giấy tờ pháp lý của cá nhân: Thẻ căn cước công dân");
    form.line("Số giấy tờ pháp lý của cá nhân: {so_giay_to}");
    form.line("Ngày cấp: {ngay_cap}\tNơi cấp: Cục Cảnh sát quản lý hành chính về trật tự xã hội");
    form.line("Địa chỉ thường trú: {noi_cu_tru}");
    form.space(0.5);
    let dated = office.dated.clone();
    let head = form.pick(&["TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG"]);
    form.signed(Some(&dated), &[head], Some("{nguoi_ky}"));
}
