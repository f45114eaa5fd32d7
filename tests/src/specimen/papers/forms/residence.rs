//! Papers of residence: the police's confirmation (CT07) with the household's table.

use super::{Office, owns};
use crate::specimen::papers::canvas::BLACK;
use crate::specimen::papers::form::{Form, Set};
use crate::specimen::papers::people::{Family, TODAY, day, some_day};
use crate::specimen::papers::typeface::Cut;

/// The members' names, birthdays and numbers; sex and relation are on the paper but are no fields of the corpus.
const MEMBERS: [[&str; 5]; 4] = [
    ["tv1_1", "tv1_2", "tv1_3", "tv1_4", "tv1_5"],
    ["tv2_1", "tv2_2", "tv2_3", "tv2_4", "tv2_5"],
    ["tv3_1", "tv3_2", "tv3_3", "tv3_4", "tv3_5"],
    ["tv4_1", "tv4_2", "tv4_3", "tv4_4", "tv4_5"],
];

/// Xác nhận thông tin về cư trú.
pub(super) fn confirmation(form: &mut Form<'_>, family: &Family) {
    form.vary(2);
    let person = &family.owner;
    let issued = some_day(&mut form.chance, 2023, 2025);
    let office = Office::invent(&mut form.chance, issued, false);
    let until = day(issued
        .checked_add(jiff::ToSpan::months(12))
        .unwrap_or(TODAY));
    let head = if form.chance.chance(0.4) {
        person
    } else {
        &family.spouse
    };
    let relation = if head.number == person.number {
        "Chủ hộ"
    } else if person.female {
        "Vợ"
    } else {
        "Chồng"
    };
    let n = form.chance.whole(12, 4800);
    let elsewhere = form.chance.chance(0.5);
    form.facts([
        ("so", format!("{n}/XN")),
        ("ho_ten", person.capitals()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("so_dinh_danh", person.number.clone()),
        ("dan_toc", person.ethnic.to_owned()),
        ("ton_giao", person.religion.to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("que_quan", person.origin.place()),
        ("thuong_tru", person.home.line()),
        (
            "tam_tru",
            if elsewhere {
                family.mother.home.line()
            } else {
                "Không".to_owned()
            },
        ),
        ("noi_o", person.home.line()),
        ("chu_ho", head.name.clone()),
        ("quan_he", relation.to_owned()),
        ("cccd_chu_ho", head.number.clone()),
        ("gia_tri", until),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.capitals(), person);
    let rank = office.place.rank();
    let form_of = form.pick(&["66/2023/TT-BCA", "53/2025/TT-BCA"]);
    form.y = 130.0;
    let small = Set {
        size: 0.75,
        cut: Cut::Italic,
        ink: BLACK,
    };
    let note = format!("Mẫu CT07 ban hành kèm theo Thông tư số {form_of}");
    let x = form.right - form.wide(&note, small);
    form.at(&note, small, x, form.y);
    form.y = 230.0;
    let police = [
        format!("CÔNG AN {}", office.province_capitals()),
        format!("CÔNG AN {}", office.commune_capitals()),
    ];
    let dated = (form.variant == 1).then_some(office.dated.clone());
    form.letterhead(
        &[(&police[0], Cut::Plain), (&police[1], Cut::Bold)],
        Some("Số: {-so}"),
        dated.as_deref(),
    );
    form.title("XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ", 1.2, false);
    form.space(0.3);
    form.line("I. Theo đề nghị của Ông/Bà:");
    form.line("1. Họ, chữ đệm và tên: {ho_ten}");
    form.line("2. Ngày, tháng, năm sinh: {ngay_sinh}\t3. Giới tính: {gioi_tinh}");
    form.line("4. Số định danh cá nhân: {so_dinh_danh}");
    form.line("5. Dân tộc: {dan_toc}\t6. Tôn giáo: {ton_giao}\t7. Quốc tịch: {quoc_tich}");
    form.line("8. Quê quán: {que_quan}");
    form.line(&format!(
        "II. Công an {rank} xác nhận thông tin về cư trú như sau:"
    ));
    form.line("1. Nơi thường trú: {thuong_tru}");
    form.line("2. Nơi tạm trú: {tam_tru}");
    form.line("3. Nơi ở hiện tại: {noi_o}");
    form.line("4. Họ, chữ đệm và tên chủ hộ: {chu_ho}\t5. Quan hệ với chủ hộ: {quan_he}");
    form.line("6. Số định danh cá nhân của chủ hộ: {cccd_chu_ho}");
    form.line("7. Thông tin các thành viên trong hộ gia đình:");
    members(form, family);
    form.line("Xác nhận này có giá trị đến ngày {gia_tri}");
    form.space(0.4);
    let dated = (form.variant == 0).then(|| office.dated.clone());
    let signs = match (rank, form.chance.chance(0.5)) {
        ("xã", true) => &["TRƯỞNG CÔNG AN XÃ"] as &[&str],
        ("xã", false) => &["KT. TRƯỞNG CÔNG AN XÃ", "PHÓ TRƯỞNG CÔNG AN XÃ"],
        (_, true) => &["TRƯỞNG CÔNG AN PHƯỜNG"],
        _ => &["KT. TRƯỞNG CÔNG AN PHƯỜNG", "PHÓ TRƯỞNG CÔNG AN PHƯỜNG"],
    };
    form.signed(dated.as_deref(), signs, Some("{nguoi_ky}"));
}

fn members(form: &mut Form<'_>, family: &Family) {
    let heads = [
        "TT",
        "Họ, chữ đệm và tên",
        "Ngày sinh",
        "Giới tính",
        "Số định danh",
        "Quan hệ",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for ((names, person), at) in MEMBERS.into_iter().zip(&family.children).zip(1..) {
        let relation = if family.owner.born.year() + 40 < person.born.year() {
            "Cháu"
        } else {
            "Con"
        };
        let values = [
            person.name.clone(),
            person.birthday(),
            person.sex().to_owned(),
            person.number.clone(),
            relation.to_owned(),
        ];
        for (name, value) in names.into_iter().zip(values) {
            form.fact(name, value);
        }
        rows.push(vec![
            at.to_string(),
            format!("{{{}}}", names[0]),
            format!("{{{}}}", names[1]),
            format!("{{-{}}}", names[2]),
            format!("{{{}}}", names[3]),
            format!("{{-{}}}", names[4]),
        ]);
    }
    form.space(0.4);
    form.table(&[0.35, 2.0, 1.0, 0.75, 1.35, 0.9], &rows, 0.84);
}
