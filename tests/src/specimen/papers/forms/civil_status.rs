//! Papers of the civil-status register: birth, marriage, death, and that somebody is not married.

use super::{Office, chairs, owns};
use crate::specimen::papers::canvas::BLACK;
use crate::specimen::papers::form::{Form, HEAD, Set};
use crate::specimen::papers::people::{Family, Person, after, day, some_day, words};
use crate::specimen::papers::typeface::Cut;

/// Giấy khai sinh: the certificate, its copy, the extract, and the old form in two columns.
pub(super) fn birth(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(4);
    let child = &family.owner;
    let registered = after(child.born, form.chance.whole(3, 58));
    let copied = some_day(&mut form.chance, 2019, 2025);
    let old = variant == 2 || form.chance.chance(0.3);
    let registry = Office::invent(&mut form.chance, registered, old);
    let office = Office::invent(&mut form.chance, copied, false);
    let n = form.chance.whole(3, 960);
    let number = match variant {
        0 => format!("{n}/{}-BS", copied.year()),
        1 => format!("{n}/TLKS-BS"),
        _ => format!("{n}/{}", registered.year()),
    };
    let book = form.chance.whole(1, 9);
    let hospital = form.pick(&[
        "Bệnh viện Phụ sản Quốc tế",
        "Trạm y tế",
        "Bệnh viện Từ Dũ",
        "Bệnh viện đa khoa tỉnh",
        "Tại nhà",
        "Bệnh viện Hùng Vương",
    ]);
    parent(form, "me", &family.mother);
    parent(form, "cha", &family.father);
    form.facts([
        ("so", number),
        ("quyen_so", format!("{book:02}")),
        ("ho_ten", child.capitals()),
        ("ngay_sinh", child.birthday()),
        ("ngay_sinh_chu", words::date(child.born)),
        ("gioi_tinh", child.sex().to_owned()),
        ("dan_toc", child.ethnic.to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("noi_sinh", format!("{hospital}, {}", child.origin.place())),
        ("que_quan", child.origin.place()),
        ("so_dinh_danh", child.number.clone()),
        ("noi_dang_ky", registry.committee()),
        ("ngay_dang_ky", day(registered)),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &child.capitals(), child);
    match variant {
        1 => {
            let commune = office.commune_capitals();
            form.letterhead(
                &[("ỦY BAN NHÂN DÂN", Cut::Bold), (&commune, Cut::Bold)],
                Some("Số: {so}"),
                None,
            );
            form.title("TRÍCH LỤC KHAI SINH", 1.4, false);
            form.heading(
                "(BẢN SAO)",
                Set {
                    cut: Cut::Bold,
                    ..HEAD
                },
            );
        }
        2 => {
            let places = [
                &registry.place.province,
                registry
                    .place
                    .district
                    .as_ref()
                    .unwrap_or(&registry.place.province),
                &registry.place.commune,
            ];
            let places = places.map(|place| place.to_uppercase());
            form.letterhead(
                &[
                    (&places[0], Cut::Plain),
                    (&places[1], Cut::Plain),
                    (&places[2], Cut::Bold),
                ],
                Some("Số: {so}"),
                None,
            );
            form.at(
                "Quyển số: {quyen_so}",
                Set {
                    size: 0.95,
                    cut: Cut::Plain,
                    ink: BLACK,
                },
                form.right - 420.0,
                form.y,
            );
            form.space(2.2);
            form.title("GIẤY KHAI SINH", 2.0, true);
            let copy = form.pick(&["(BẢN SAO)", "(BẢN CHÍNH)", ""]);
            if !copy.is_empty() {
                form.heading(copy, HEAD);
            }
        }
        _ => {
            form.nation();
            if form.chance.chance(0.7) {
                form.emblem();
            }
            form.title("GIẤY KHAI SINH", 1.9, true);
            if variant == 0 {
                form.heading("(BẢN SAO)", HEAD);
            }
            form.space(0.5);
            let x = form.right - 700.0;
            form.at(
                "Số: {so}",
                Set {
                    size: 1.0,
                    cut: Cut::Plain,
                    ink: BLACK,
                },
                x,
                form.y,
            );
            form.space(1.2);
        }
    }
    form.space(0.4);
    form.number_entries();
    let name = form.pick(&[
        "Họ, chữ đệm, tên: {ho_ten}",
        "Họ và tên: {ho_ten}",
        "Họ, chữ đệm, tên: {ho_ten}",
    ]);
    form.line(name);
    let born = form.pick(&[
        "Ngày, tháng, năm sinh: {ngay_sinh}\tghi bằng chữ: {ngay_sinh_chu}",
        "Ngày, tháng, năm sinh: {ngay_sinh} (bằng chữ: {ngay_sinh_chu})",
        "Sinh ngày: {ngay_sinh}\tGhi bằng chữ: {ngay_sinh_chu}",
    ]);
    form.line(born);
    form.line("Giới tính: {gioi_tinh}\tDân tộc: {dan_toc}\tQuốc tịch: {quoc_tich}");
    form.line("Nơi sinh: {noi_sinh}");
    form.line("Quê quán: {que_quan}");
    if variant != 2 {
        form.line("Số định danh cá nhân: {so_dinh_danh}");
    }
    form.space(0.2);
    if variant == 2 {
        parents_in_columns(form);
    } else {
        let full = form.pick(&["Họ, chữ đệm, tên người", "Họ và tên người"]);
        for (who, label) in [("me", "mẹ"), ("cha", "cha")] {
            form.line(&format!("{full} {label}: {{ho_ten_{who}}}"));
            form.line(&format!("Năm sinh: {{nam_sinh_{who}}}\tDân tộc: {{dan_toc_{who}}}\tQuốc tịch: {{quoc_tich_{who}}}"));
            form.line(&format!("Nơi cư trú: {{noi_cu_tru_{who}}}"));
            form.space(0.2);
        }
    }
    let (place, when) = if variant == 2 {
        (
            "Nơi đăng ký: {noi_dang_ky}",
            "Ngày, tháng, năm đăng ký: {ngay_dang_ky}",
        )
    } else {
        (
            "Nơi đăng ký khai sinh: {noi_dang_ky}",
            "Ngày, tháng, năm đăng ký: {ngay_dang_ky}",
        )
    };
    form.line(place);
    form.line(when);
    form.space(0.5);
    let offices = chairs(&mut form.chance);
    let signs: &[&str] = if variant == 1 {
        &["NGƯỜI KÝ TRÍCH LỤC"]
    } else {
        offices
    };
    form.signed(Some(&office.dated), signs, Some("{nguoi_ky}"));
}

fn parent(form: &mut Form<'_>, who: &str, person: &Person) {
    let names = match who {
        "me" => [
            "ho_ten_me",
            "nam_sinh_me",
            "dan_toc_me",
            "quoc_tich_me",
            "noi_cu_tru_me",
        ],
        _ => [
            "ho_ten_cha",
            "nam_sinh_cha",
            "dan_toc_cha",
            "quoc_tich_cha",
            "noi_cu_tru_cha",
        ],
    };
    let values = [
        person.capitals(),
        person.born.year().to_string(),
        person.ethnic.to_owned(),
        "Việt Nam".to_owned(),
        person.home.line(),
    ];
    for (name, value) in names.into_iter().zip(values) {
        form.fact(name, value);
    }
}

/// The form of before 2016: father and mother side by side in a ruled table.
fn parents_in_columns(form: &mut Form<'_>) {
    let row = |label: &str, left: &str, right: &str| {
        vec![format!("<{label}"), format!("<{left}"), format!("<{right}")]
    };
    let rows = [
        vec![
            "Phần khai về cha, mẹ".to_owned(),
            "NGƯỜI CHA".to_owned(),
            "NGƯỜI MẸ".to_owned(),
        ],
        row("Họ và tên", "{ho_ten_cha}", "{ho_ten_me}"),
        row("Năm sinh", "{nam_sinh_cha}", "{nam_sinh_me}"),
        row("Dân tộc", "{dan_toc_cha}", "{dan_toc_me}"),
        row("Quốc tịch", "{quoc_tich_cha}", "{quoc_tich_me}"),
        row("Nơi thường trú", "{noi_cu_tru_cha}", "{noi_cu_tru_me}"),
    ];
    form.space(0.8);
    form.table(&[0.9, 1.6, 1.6], &rows, 0.92);
    form.space(0.3);
}

/// Giấy chứng nhận kết hôn, wife and husband side by side, ruled or not; the extract lists them one after the other.
pub(super) fn marriage(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let (wife, husband) = if family.owner.female {
        (&family.owner, &family.spouse)
    } else {
        (&family.spouse, &family.owner)
    };
    let young = wife.born.max(husband.born).year();
    let registered = some_day(
        &mut form.chance,
        (young + 19).min(2024),
        (young + 32).min(2025),
    );
    let issued = if variant == 2 {
        some_day(&mut form.chance, 2020, 2025)
    } else {
        registered
    };
    let office = Office::invent(&mut form.chance, issued, registered.year() < 2024);
    let n = form.chance.whole(2, 480);
    let suffix = if variant == 2 {
        "TLKH-BS".to_owned()
    } else {
        registered.year().to_string()
    };
    form.facts([
        ("so", format!("{n}/{suffix}")),
        ("noi_dang_ky", office.committee()),
        ("ngay_dang_ky", day(registered)),
        ("nguoi_ky", office.signer.clone()),
    ]);
    let names = [
        ["vo_0", "vo_1", "vo_2", "vo_3", "vo_4", "vo_5"],
        [
            "chong_0", "chong_1", "chong_2", "chong_3", "chong_4", "chong_5",
        ],
    ];
    for (names, person) in names.into_iter().zip([wife, husband]) {
        let paper = if registered.year() < 2016 {
            format!("CMND số {}", person.old_number)
        } else {
            format!(
                "{} số {}",
                form.pick(&["CCCD", "CCCD", "Căn cước"]),
                person.number
            )
        };
        let values = [
            person.capitals(),
            person.birthday(),
            person.ethnic.to_owned(),
            "Việt Nam".to_owned(),
            person.home.line(),
            paper,
        ];
        for (name, value) in names.into_iter().zip(values) {
            form.fact(name, value);
        }
        owns(form, &person.capitals(), person);
    }
    let labels = [
        form.pick(&["Họ, chữ đệm, tên", "Họ và tên"]),
        form.pick(&["Ngày sinh", "Ngày, tháng, năm sinh", "Sinh ngày"]),
        "Dân tộc",
        "Quốc tịch",
        form.pick(&["Nơi cư trú", "Nơi cư trú", "Nơi thường trú/tạm trú"]),
        form.pick(&["Giấy tờ tùy thân", "Giấy tờ tùy thân"]),
    ];
    if variant == 2 {
        let commune = office.commune_capitals();
        form.letterhead(
            &[("ỦY BAN NHÂN DÂN", Cut::Bold), (&commune, Cut::Bold)],
            Some("Số: {so}"),
            None,
        );
        form.title("TRÍCH LỤC KẾT HÔN", 1.4, false);
        form.heading("(BẢN SAO)", HEAD);
    } else {
        form.nation();
        if form.chance.chance(0.4) {
            form.emblem();
        }
        form.title("GIẤY CHỨNG NHẬN KẾT HÔN", 1.75, true);
        let x = form.right - 560.0;
        form.at(
            "Số: {so}",
            Set {
                size: 1.0,
                cut: Cut::Plain,
                ink: BLACK,
            },
            x,
            form.y,
        );
        form.space(1.6);
    }
    let entry = |who: &str, at: usize| format!("{}: {{{who}_{at}}}", labels[at]);
    match variant {
        0 => {
            let rows: Vec<Vec<String>> = std::iter::once(vec!["VỢ".to_owned(), "CHỒNG".to_owned()])
                .chain((0..6).map(|at| {
                    vec![
                        format!("<{}", entry("vo", at)),
                        format!("<{}", entry("chong", at)),
                    ]
                }))
                .collect();
            form.table(&[1.0, 1.0], &rows, 0.97);
        }
        1 => {
            // Without rules: only white between the columns.
            let half = (form.right - form.left) / 2.0;
            let (left, right) = (form.left, form.left + half + 20.0);
            form.centred("VỢ", HEAD, left + half / 2.0, half, form.y);
            form.centred("CHỒNG", HEAD, right + half / 2.0, half, form.y);
            form.space(1.2);
            for at in 0..6 {
                let plain = Set {
                    size: 0.98,
                    cut: Cut::Plain,
                    ink: BLACK,
                };
                let one = form.block(&entry("vo", at), plain, left, form.y, half - 30.0);
                let other = form.block(&entry("chong", at), plain, right, form.y, half - 30.0);
                form.y = one.max(other) + form.pitch();
            }
        }
        _ => {
            for (who, whom) in [("chong", "chồng"), ("vo", "vợ")] {
                form.line(&format!("Họ, chữ đệm, tên {whom}: {{{who}_0}}"));
                form.line(&format!(
                    "{}\t{}\t{}",
                    entry(who, 1),
                    entry(who, 2),
                    entry(who, 3)
                ));
                form.line(&entry(who, 4));
                form.line(&entry(who, 5));
                form.space(0.3);
            }
        }
    }
    form.space(0.3);
    form.line("Nơi đăng ký kết hôn: {noi_dang_ky}");
    form.line("Ngày, tháng, năm đăng ký: {ngay_dang_ky}");
    form.space(0.4);
    let offices = chairs(&mut form.chance);
    form.signed(Some(&office.dated), offices, Some("{nguoi_ky}"));
}

/// Trích lục khai tử and the older giấy chứng tử.
pub(super) fn death(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.father;
    let last = (person.born.year() + 97).min(2025);
    let died = some_day(&mut form.chance, last - 13, last);
    let registered = after(died, form.chance.whole(0, 14));
    let issued = after(registered, form.chance.whole(0, 700));
    let office = Office::invent(&mut form.chance, issued, false);
    let registry = Office::invent(&mut form.chance, registered, died.year() < 2024);
    let (hour, minute, n) = (
        form.chance.whole(0, 23),
        form.chance.whole(0, 59),
        form.chance.whole(2, 400),
    );
    let when = format!(
        "{hour:02} giờ {minute:02} phút, ngày {}",
        died.strftime("%d tháng %m năm %Y")
    );
    let entry = form.chance.whole(5, 390);
    let place = form.pick(&[
        "Tại nhà riêng",
        "Bệnh viện Chợ Rẫy",
        "Bệnh viện đa khoa tỉnh",
    ]);
    let cause = form.pick(&[
        "Nhồi máu cơ tim",
        "Bệnh già",
        "Tai biến mạch máu não",
        "Ung thư phổi",
        "Tai nạn giao thông",
        "Suy hô hấp",
    ]);
    form.facts([
        (
            "so_giay",
            format!(
                "{n}/{}",
                if variant == 2 {
                    died.year().to_string()
                } else {
                    "TLKT-BS".to_owned()
                }
            ),
        ),
        ("ho_ten", person.capitals()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("dan_toc", person.ethnic.to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("so_dinh_danh", person.number.clone()),
        ("luc_chet", when),
        ("noi_chet", format!("{place}, {}", person.home.place())),
        ("nguyen_nhan", cause.to_owned()),
        ("noi_dang_ky", registry.committee()),
        ("so_dk", entry.to_string()),
        ("ngay_dk", day(registered)),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.capitals(), person);
    let commune = office.commune_capitals();
    form.letterhead(
        &[("ỦY BAN NHÂN DÂN", Cut::Bold), (&commune, Cut::Bold)],
        Some("Số: {-so_giay}"),
        None,
    );
    let title = ["TRÍCH LỤC KHAI TỬ", "TRÍCH LỤC KHAI TỬ", "GIẤY CHỨNG TỬ"][variant as usize];
    form.title(title, 1.4, variant == 2);
    if variant == 0 {
        form.heading(
            "_(Bản sao)_",
            Set {
                cut: Cut::Italic,
                ..HEAD
            },
        );
    }
    form.space(0.4);
    form.number_entries();
    let name = form.pick(&[
        "Họ, chữ đệm, tên: {ho_ten}",
        "Họ, chữ đệm, tên người chết: {ho_ten}",
        "Họ và tên: {ho_ten}",
    ]);
    form.line(name);
    form.line("Ngày, tháng, năm sinh: {ngay_sinh}");
    form.line("Giới tính: {gioi_tinh}\tDân tộc: {dan_toc}\tQuốc tịch: {quoc_tich}");
    let number = form.pick(&[
        "Số định danh cá nhân: {so_dinh_danh}",
        "Giấy tờ tùy thân: CCCD số {so_dinh_danh}",
    ]);
    form.line(number);
    form.line("Đã chết vào lúc: {luc_chet}");
    form.line("Nơi chết: {noi_chet}");
    form.line("Nguyên nhân chết: {nguyen_nhan}");
    form.line("Đăng ký khai tử tại: {noi_dang_ky}");
    form.line("Số: {so_dk} ngày {ngay_dk}");
    form.space(0.6);
    let offices: &[&str] = if variant == 2 {
        chairs(&mut form.chance)
    } else {
        &["NGƯỜI KÝ TRÍCH LỤC", "CÔNG CHỨC TƯ PHÁP - HỘ TỊCH"]
    };
    form.signed(Some(&office.dated), offices, Some("{nguoi_ky}"));
}

/// Giấy xác nhận tình trạng hôn nhân.
pub(super) fn single(form: &mut Form<'_>, family: &Family) {
    form.vary(2);
    let person = &family.owner;
    let issued = some_day(&mut form.chance, 2023, 2025);
    let office = Office::invent(&mut form.chance, issued, false);
    let card = some_day(&mut form.chance, 2021, 2022);
    let state = form.pick(&[
        "Chưa đăng ký kết hôn với ai.",
        "Đã ly hôn, chưa đăng ký kết hôn mới.",
        "Có vợ/chồng nhưng đã chết, hiện chưa kết hôn với ai.",
        "Trong thời gian cư trú tại địa phương chưa đăng ký kết hôn với ai.",
    ]);
    let kind = form.pick(&["Căn cước", "Căn cước công dân", "CCCD"]);
    let n = form.chance.whole(3, 900);
    form.facts([
        ("so", format!("{n}/UBND-XNTTHN")),
        ("ho_ten", person.capitals()),
        ("ho_ten_thuong", person.name.clone()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("dan_toc", person.ethnic.to_owned()),
        ("quoc_tich", "Việt Nam".to_owned()),
        ("giay_to", format!("{kind} số {}", person.number)),
        ("ngay_cap", day(card)),
        ("noi_cu_tru", person.home.line()),
        ("tinh_trang", state.to_owned()),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.capitals(), person);
    let (province, commune) = (office.province_capitals(), office.commune_capitals());
    let dated = (form.variant == 1).then_some(office.dated.as_str());
    form.letterhead(
        &[
            (&province, Cut::Plain),
            ("ỦY BAN NHÂN DÂN", Cut::Bold),
            (&commune, Cut::Bold),
        ],
        Some("Số: {-so}"),
        dated,
    );
    form.title("GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN", 1.15, false);
    form.heading(&format!("ỦY BAN NHÂN DÂN {commune}"), HEAD);
    form.para(
        "Xét đề nghị của ông/bà {-ho_ten_thuong}, về việc cấp Giấy xác nhận tình trạng hôn nhân.",
    );
    form.heading("XÁC NHẬN:", HEAD);
    let name = form.pick(&["Họ, chữ đệm, tên: {ho_ten}", "Họ và tên: {ho_ten}"]);
    form.line(name);
    form.line("Ngày, tháng, năm sinh: {ngay_sinh}");
    form.line("Giới tính: {gioi_tinh}\tDân tộc: {dan_toc}\tQuốc tịch: {quoc_tich}");
    form.line("Giấy tờ tùy thân: {giay_to} do Bộ Công an cấp ngày {ngay_cap}");
    form.line("Nơi cư trú: {noi_cu_tru}");
    form.line("Tình trạng hôn nhân: {tinh_trang}");
    let use_for = form.pick(&[
        "Giấy này có giá trị sử dụng trong thời hạn 6 tháng, kể từ ngày cấp, được sử dụng để: làm thủ tục đăng ký kết hôn.",
        "Giấy này có giá trị sử dụng trong thời hạn 6 tháng, kể từ ngày cấp, được sử dụng để: chuyển nhượng quyền sử dụng đất; vay vốn tín dụng tại ngân hàng thương mại.",
    ]);
    form.para(use_for);
    form.space(0.6);
    let top = form.y;
    let offices = chairs(&mut form.chance);
    let dated = (form.variant == 0).then_some(office.dated.as_str());
    form.signed(dated, offices, Some("{nguoi_ky}"));
    form.receivers(&["- Như trên;", "- Lưu: VT, TP-HT."], top + 300.0);
}
