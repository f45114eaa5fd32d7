//! Quyết định: an office decides on a benefit, a retirement or an appointment; its annex is a page without heading.

use super::{Office, chairs, owns};
use crate::specimen::papers::canvas::BLACK;
use crate::specimen::papers::form::{Form, HEAD, Set};
use crate::specimen::papers::people::{Family, day, some_day};
use crate::specimen::papers::typeface::Cut;

/// Trợ cấp xã hội, nghỉ hưu or tuyển dụng.
pub(super) fn benefit(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    // Nobody is granted anything after his hundredth year.
    let person = if variant == 2 || family.father.born.year() < 1930 {
        &family.owner
    } else {
        &family.father
    };
    let issued = some_day(
        &mut form.chance,
        if variant == 0 { 2021 } else { 2016 },
        2025,
    );
    let office = Office::invent(&mut form.chance, issued, issued.year() < 2025);
    let from = issued.checked_add(jiff::ToSpan::days(17)).unwrap_or(issued);
    let amount = form.pick(&["500.000", "750.000", "1.250.000", "360.000", "4.685.000"]);
    let n = form.chance.whole(11, 4900);
    form.facts([
        ("so", format!("{n}/QĐ-UBND")),
        ("ho_ten", person.name.clone()),
        ("ngay_sinh", person.birthday()),
        ("so_dinh_danh", person.number.clone()),
        ("dia_chi", person.home.line()),
        ("muc_tro_cap", format!("{amount} đồng/tháng")),
        ("tu_ngay", day(from)),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.name, person);
    let commune = office.commune_capitals();
    let head_date = form.chance.chance(0.6).then_some(office.dated.as_str());
    form.letterhead(
        &[("ỦY BAN NHÂN DÂN", Cut::Plain), (&commune, Cut::Bold)],
        Some("Số: {-so}"),
        head_date,
    );
    form.title("QUYẾT ĐỊNH", 1.2, false);
    let about = [
        "Về việc trợ cấp xã hội hằng tháng đối với đối tượng bảo trợ xã hội",
        "Về việc nghỉ hưu để hưởng chế độ bảo hiểm xã hội",
        "Về việc tuyển dụng viên chức",
    ][variant as usize];
    form.heading(about, HEAD);
    form.space(0.2);
    form.heading(&format!("CHỦ TỊCH ỦY BAN NHÂN DÂN {commune}"), HEAD);
    form.space(0.2);
    let grounds: &[&str] = match variant {
        0 => &[
            "_Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;_",
            "_Căn cứ Nghị định số 20/2021/NĐ-CP ngày 15 tháng 3 năm 2021 của Chính phủ quy định chính sách trợ giúp xã hội đối với đối tượng bảo trợ xã hội;_",
            "_Theo đề nghị của Trưởng phòng Văn hóa - Xã hội._",
        ],
        1 => &[
            "_Căn cứ Luật Bảo hiểm xã hội ngày 20 tháng 11 năm 2014;_",
            "_Căn cứ Nghị định số 135/2020/NĐ-CP ngày 18 tháng 11 năm 2020 của Chính phủ quy định về tuổi nghỉ hưu;_",
            "_Xét đề nghị của Trưởng phòng Nội vụ._",
        ],
        _ => &[
            "_Căn cứ Luật Viên chức ngày 15 tháng 11 năm 2010;_",
            "_Căn cứ Nghị định số 115/2020/NĐ-CP ngày 25 tháng 9 năm 2020 của Chính phủ về tuyển dụng, sử dụng và quản lý viên chức;_",
            "_Căn cứ kết quả kỳ xét tuyển viên chức;_",
        ],
    };
    for ground in grounds {
        form.para(ground);
    }
    form.space(0.2);
    form.heading("QUYẾT ĐỊNH:", HEAD);
    let first = match variant {
        0 => {
            "*Điều 1.* Trợ cấp xã hội hằng tháng đối với ông/bà {ho_ten}, sinh ngày {ngay_sinh}, số định danh cá nhân {so_dinh_danh}, hiện cư trú tại {dia_chi}"
        }
        1 => {
            "*Điều 1.* Ông (bà) {ho_ten}, sinh ngày {ngay_sinh}, số định danh cá nhân {so_dinh_danh}, nơi cư trú: {dia_chi}, được nghỉ việc để hưởng chế độ hưu trí."
        }
        _ => {
            "*Điều 1.* Tuyển dụng ông (bà) {ho_ten}, sinh ngày {ngay_sinh}, số căn cước {so_dinh_danh}, thường trú tại {dia_chi}, vào làm viên chức."
        }
    };
    form.para(first);
    let amount = match variant {
        0 => "Mức trợ cấp: {muc_tro_cap} kể từ ngày {tu_ngay}",
        1 => "Mức lương hưu tạm tính: {muc_tro_cap} kể từ ngày {tu_ngay}",
        _ => "Tiền lương tập sự: {muc_tro_cap}, thời gian tập sự 12 tháng kể từ ngày {tu_ngay}",
    };
    form.para(amount);
    form.para("*Điều 2.* Quyết định này có hiệu lực thi hành kể từ ngày ký.");
    form.para(&format!(
        "*Điều 3.* Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân, Trưởng phòng Văn hóa - Xã hội, Trưởng phòng Kinh tế {} và ông/bà có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
        office.place.commune
    ));
    form.space(0.5);
    let top = form.y;
    let offices = chairs(&mut form.chance);
    form.signed(None, offices, Some("{nguoi_ky}"));
    form.receivers(&["- Như Điều 3;", "- Lưu: VT."], top + 40.0);
}

/// The list that belongs to it: numbers and names, no title of its own kind.
pub(super) fn annex(form: &mut Form<'_>, family: &Family) {
    form.variant = 0;
    let plain = Set {
        size: 0.9,
        cut: Cut::Plain,
        ink: BLACK,
    };
    form.centred("2", plain, form.centre(), 200.0, 150.0);
    form.y = 300.0;
    form.line("(Tiếp theo trang 1)");
    let mut rows = vec![
        ["TT", "Nội dung", "Thời gian", "Số tiền"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let count = form.chance.whole(6, 14);
    for at in 1..=count {
        let (month, amount) = (1 + (at - 1) % 12, 350 + 25 * at);
        rows.push(vec![
            at.to_string(),
            "<Chi trả qua tài khoản ngân hàng".to_owned(),
            format!("{month:02}/2025"),
            format!("{amount}.000"),
        ]);
    }
    form.fact("ho_ten", family.father.name.clone());
    form.space(0.8);
    form.table(&[0.3, 2.2, 0.9, 0.9], &rows, 0.95);
    form.para("Người nhận trợ cấp {-ho_ten} hoặc người được ủy quyền ký nhận hằng tháng tại nơi chi trả. Việc thay đổi nơi nhận phải báo trước ít nhất mười lăm ngày.");
}
