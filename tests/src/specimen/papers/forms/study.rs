//! Papers of schools: diplomas in two languages, school record books, transcripts, certificates of skill.

use image::Rgb;

use super::{Office, owns};
use crate::specimen::papers::canvas::{BLACK, Ink, RED};
use crate::specimen::papers::form::{A4, Form, HEAD, Set};
use crate::specimen::papers::people::{Family, day, long_day, some_day, words};
use crate::specimen::papers::typeface::Cut;

const LANDSCAPE: (u32, u32) = (A4.1, A4.0);
const A5: (u32, u32) = (2480, 1748);

const SCHOOLS: &[(&str, &str)] = &[
    (
        "TRƯỜNG ĐẠI HỌC SƯ PHẠM KỸ THUẬT",
        "UNIVERSITY OF TECHNOLOGY AND EDUCATION",
    ),
    ("TRƯỜNG ĐẠI HỌC NÔNG LÂM", "NONG LAM UNIVERSITY"),
    (
        "TRƯỜNG ĐẠI HỌC Y DƯỢC",
        "UNIVERSITY OF MEDICINE AND PHARMACY",
    ),
    ("HỌC VIỆN NGÂN HÀNG", "BANKING ACADEMY"),
];

const SUBJECTS: &[(&str, &str)] = &[
    ("Giáo dục tiểu học", "Primary Education"),
    ("Kế toán", "Accounting"),
    ("Kỹ thuật xây dựng", "Civil Engineering"),
    ("Điều dưỡng", "Nursing"),
    ("Luật kinh tế", "Economic Law"),
    ("Công nghệ thông tin", "Information Technology"),
];

const GRADES: &[(&str, &str)] = &[
    ("Xuất sắc", "Excellent"),
    ("Giỏi", "Very good"),
    ("Khá", "Good"),
    ("Trung bình khá", "Fair"),
    ("Trung bình", "Average"),
];

/// Ornamental lines around the sheet.
fn framed(form: &mut Form<'_>, size: (u32, u32), ink: Ink) {
    let paper = *form.chance.one(&[
        [253, 249, 232],
        [250, 246, 238],
        [247, 250, 245],
        [253, 240, 235],
    ]);
    form.sheet(size, Rgb(paper));
    let (width, height) = (size.0 as f32, size.1 as f32);
    let waves = Rgb([235, 222, 190]);
    form.canvas.guilloche(
        [190.0, 190.0, width - 190.0, height - 190.0],
        23.0,
        waves,
        0.3,
    );
    for (inset, stroke) in [(70.0, 10.0), (92.0, 3.0), (110.0, 3.0), (126.0, 6.0)] {
        form.canvas
            .frame([inset, inset, width - inset, height - inset], stroke, ink);
    }
}

/// Bằng tốt nghiệp: a university's in one or two languages, and that of the upper secondary school.
pub(super) fn diploma(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(4);
    let person = &family.owner;
    let year = (person.born.year() + 23).clamp(1985, 2025);
    let issued = some_day(&mut form.chance, year, (year + 1).min(2025));
    let office = Office::invent(&mut form.chance, issued, false);
    let &(school, academy) = form.chance.one(SCHOOLS);
    let &(subject, major) = form.chance.one(SUBJECTS);
    let &(grade, rank) = form.chance.one(GRADES);
    let letters = form.pick(&["QH", "A", "DND", "BK", "NLU"]);
    let (serial, entry) = (form.chance.digits(7), form.chance.whole(100, 9999));
    let mode = form.pick(&["Chính quy", "Vừa làm vừa học", "Từ xa"]);
    let high = form.pick(&[
        "Lê Quý Đôn",
        "Nguyễn Thị Minh Khai",
        "Chu Văn An",
        "Thủ Khoa Nghĩa",
    ]);
    let title = form.pick(&["PGS.TS. ", "GS.TS. ", "TS. ", ""]);
    form.facts([
        ("nganh", format!("Ngành: {subject}")),
        ("ho_ten", format!("{} {}", person.address(), person.name)),
        ("ten", person.name.clone()),
        ("ngay_sinh", person.birthday()),
        ("noi_sinh", person.origin.province.clone()),
        ("gioi_tinh", person.sex().to_owned()),
        ("dan_toc", person.ethnic.to_owned()),
        ("truong", format!("THPT {}", high)),
        ("nam", issued.year().to_string()),
        ("xep_loai", grade.to_owned()),
        ("hinh_thuc", mode.to_owned()),
        ("nguoi_ky", format!("{title}{}", office.signer)),
        ("so_hieu", format!("{letters}{serial}")),
        ("so_vao_so", format!("{entry}/{}", issued.year())),
    ]);
    owns(form, &person.name, person);
    form.look.gap = 0.0;
    match variant {
        0 => {
            framed(form, LANDSCAPE, Rgb([170, 60, 40]));
            form.left = 420.0;
            form.right = LANDSCAPE.0 as f32 - 420.0;
            form.y = 330.0;
            form.nation();
            university(form, school);
            let dated = format!(
                "{}, {}",
                words::capital(office.place.short()),
                long_day(issued)
            );
            let top = form.y - 200.0;
            form.y -= 60.0;
            form.signed_at(
                form.right - 480.0,
                1100.0,
                Some(&dated),
                &["HIỆU TRƯỞNG"],
                Some("{nguoi_ky}"),
            );
            serials(form, top + 480.0);
        }
        1 => {
            // The first half of a sheet that was scanned as A4.
            form.sheet(A4, Rgb([253, 250, 236]));
            for inset in [60.0, 84.0, 100.0] {
                form.canvas.frame(
                    [inset, inset, 2480.0 - inset, 2000.0 - inset],
                    4.0,
                    Rgb([190, 120, 90]),
                );
            }
            form.y = 240.0;
            form.left = 320.0;
            form.right = 2480.0 - 320.0;
            form.nation();
            university(form, school);
            form.y -= 60.0;
            let dated = office.dated.clone();
            let top = form.y + 360.0;
            form.signed_at(
                form.right - 440.0,
                1000.0,
                Some(&dated),
                &["HIỆU TRƯỞNG"],
                Some("{nguoi_ky}"),
            );
            serials(form, top);
        }
        2 => {
            framed(form, LANDSCAPE, Rgb([40, 70, 140]));
            let middle = LANDSCAPE.0 as f32 / 2.0;
            (form.left, form.right, form.y) = (230.0, middle - 80.0, 330.0);
            english(form, academy, major, rank, person, issued);
            (form.left, form.right, form.y) = (middle + 80.0, LANDSCAPE.0 as f32 - 230.0, 330.0);
            form.nation();
            university(form, school);
            let dated = office.dated.clone();
            form.signed_at(
                form.right - 460.0,
                1000.0,
                Some(&dated),
                &["HIỆU TRƯỞNG"],
                Some("{nguoi_ky}"),
            );
            let y = form.y + 20.0;
            serials(form, y);
        }
        _ => {
            framed(form, A5, Rgb([200, 150, 40]));
            (form.left, form.right, form.y) = (260.0, 2480.0 - 260.0, 240.0);
            form.look.size *= 0.92;
            form.look.pitch = 1.4;
            form.nation();
            form.heading("GIÁM ĐỐC SỞ GIÁO DỤC VÀ ĐÀO TẠO", HEAD);
            form.title("BẰNG TỐT NGHIỆP TRUNG HỌC PHỔ THÔNG", 1.5, true);
            form.line("Cấp cho: {ho_ten}");
            form.line("Ngày sinh: {ngay_sinh}\tNơi sinh: {noi_sinh}");
            form.line("Giới tính: {gioi_tinh}\tDân tộc: {dan_toc}");
            form.line("Học sinh trường: {truong}\tNăm tốt nghiệp: {nam}");
            form.line("Xếp loại tốt nghiệp: {xep_loai}");
            let top = form.y + 120.0;
            let dated = office.dated.clone();
            form.signed_at(
                form.right - 480.0,
                1000.0,
                Some(&dated),
                &["GIÁM ĐỐC"],
                Some("{nguoi_ky}"),
            );
            serials(form, top + 60.0);
        }
    }
}

fn university(form: &mut Form<'_>, school: &str) {
    form.heading(&format!("HIỆU TRƯỞNG {school}"), HEAD);
    form.heading(
        "_cấp_",
        Set {
            cut: Cut::Italic,
            ..HEAD
        },
    );
    let degree = form.pick(&["BẰNG CỬ NHÂN", "BẰNG TỐT NGHIỆP ĐẠI HỌC", "BẰNG KỸ SƯ"]);
    form.title(degree, 1.9, true);
    form.heading("{nganh}", HEAD);
    form.space(0.4);
    form.line("Cho: {ho_ten}");
    form.line("Ngày sinh: {ngay_sinh}");
    form.line("Xếp loại tốt nghiệp: {xep_loai}");
    form.line("Hình thức đào tạo: {hinh_thuc}");
    form.space(0.4);
}

fn serials(form: &mut Form<'_>, y: f32) {
    let small = Set {
        size: 0.85,
        cut: Cut::Plain,
        ink: BLACK,
    };
    form.at("Số hiệu: {so_hieu}", small, form.left, y);
    form.at(
        "Số vào sổ cấp bằng: {so_vao_so}",
        small,
        form.left,
        y + 68.0,
    );
}

fn english(
    form: &mut Form<'_>,
    academy: &str,
    major: &str,
    rank: &str,
    person: &super::Person,
    issued: jiff::civil::Date,
) {
    let name = emrtd::mrz::transliterate(&person.name);
    let name: Vec<String> = name
        .split(' ')
        .map(|word| format!("{}{}", &word[..1], word[1..].to_lowercase()))
        .collect();
    form.heading("SOCIALIST REPUBLIC OF VIET NAM", HEAD);
    form.heading("Independence - Freedom - Happiness", HEAD);
    form.space(0.6);
    form.heading(&format!("THE RECTOR OF {academy}"), HEAD);
    form.heading(
        "_has conferred_",
        Set {
            cut: Cut::Italic,
            ..HEAD
        },
    );
    form.heading(
        "THE DEGREE OF BACHELOR",
        Set {
            size: 1.7,
            cut: Cut::Bold,
            ink: RED,
        },
    );
    form.heading(&format!("Major: {major}"), HEAD);
    form.space(0.4);
    form.line(&format!(
        "Upon: {} {}",
        if person.female { "Ms." } else { "Mr." },
        name.join(" ")
    ));
    form.line(&format!(
        "Date of birth: {}",
        person.born.strftime("%d %B %Y")
    ));
    form.line(&format!("Degree classification: {rank}"));
    form.line("Mode of study: Full-time");
    form.line(&format!("Given on {}", issued.strftime("%d %B %Y")));
}

/// Học bạ: the first page of the booklet.
pub(super) fn record_book(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(2);
    let pupil = &family.children[0];
    let level = ["TRUNG HỌC PHỔ THÔNG", "TRUNG HỌC CƠ SỞ"][variant as usize];
    let year = pupil.born.year() + if variant == 0 { 15 } else { 11 };
    let issued = some_day(&mut form.chance, year.min(2025), year.min(2025));
    let office = Office::invent(&mut form.chance, issued, false);
    let school = form.pick(&[
        "Lê Quý Đôn",
        "Nguyễn Ảnh Thủ",
        "Bùi Thị Xuân",
        "Trần Đại Nghĩa",
    ]);
    let entry = form.chance.whole(12, 980);
    form.facts([
        ("ho_ten", pupil.capitals()),
        ("gioi_tinh", pupil.sex().to_owned()),
        ("ngay_sinh", pupil.birthday()),
        ("noi_sinh", pupil.origin.place()),
        ("dan_toc", pupil.ethnic.to_owned()),
        ("cho_o", pupil.home.line()),
        (
            "ho_ten_cha",
            if family.owner.female {
                family.spouse.name.clone()
            } else {
                family.owner.name.clone()
            },
        ),
        (
            "ho_ten_me",
            if family.owner.female {
                family.owner.name.clone()
            } else {
                family.spouse.name.clone()
            },
        ),
        ("so_dinh_danh", pupil.number.clone()),
        (
            "so",
            format!("{entry}/{}", if variant == 0 { "THPT" } else { "THCS" }),
        ),
        ("truong", school.to_owned()),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &pupil.capitals(), pupil);
    form.nation();
    form.space(1.2);
    form.title("HỌC BẠ", 2.6, form.variant == 0);
    form.heading(level, Set { size: 1.4, ..HEAD });
    form.space(1.2);
    let frame = [form.left, form.y - 60.0, form.left + 354.0, form.y + 412.0];
    form.canvas.frame(frame, 3.0, BLACK);
    form.at(
        "Ảnh 3 x 4",
        Set {
            size: 0.8,
            cut: Cut::Italic,
            ink: BLACK,
        },
        frame[0] + 90.0,
        form.y + 180.0,
    );
    let left = form.left;
    form.left += 420.0;
    form.line("Họ và tên: {ho_ten}");
    form.line("Giới tính: {gioi_tinh}\tNgày sinh: {ngay_sinh}");
    form.line("Nơi sinh: {noi_sinh}");
    form.line("Dân tộc: {dan_toc}");
    form.left = left;
    form.y = form.y.max(frame[3] + 110.0);
    form.line("Số định danh cá nhân: {so_dinh_danh}");
    form.line("Chỗ ở hiện tại: {cho_o}");
    form.line("Họ và tên cha: {ho_ten_cha}");
    form.line("Họ và tên mẹ: {ho_ten_me}");
    form.line("Trường: {truong}\tSố đăng bộ: {so}");
    form.space(0.8);
    let dated = office.dated.clone();
    form.signed(Some(&dated), &["HIỆU TRƯỞNG"], Some("{nguoi_ky}"));
}

const LESSONS: &[&str] = &[
    "Toán",
    "Vật lí",
    "Hóa học",
    "Sinh học",
    "Tin học",
    "Ngữ văn",
    "Lịch sử",
    "Địa lí",
    "Tiếng Anh",
    "Giáo dục công dân",
    "Công nghệ",
    "Giáo dục thể chất",
];

fn mark(form: &mut Form<'_>) -> String {
    let tenths = form.chance.whole(48, 99);
    format!("{},{}", tenths / 10, tenths % 10)
}

/// A year's marks: no title, only the pupil's name at the top.
pub(super) fn record_year(form: &mut Form<'_>, family: &Family) {
    form.fact("ho_ten", family.children[0].name.clone());
    let class = form.chance.whole(6, 12);
    form.line(&format!(
        "Họ và tên: {{-ho_ten}}\tLớp: {class}A{}",
        class % 5 + 1
    ));
    form.space(0.8);
    let mut rows = vec![
        [
            "Môn học",
            "Học kỳ I",
            "Học kỳ II",
            "Cả năm",
            "Nhận xét của giáo viên",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for lesson in LESSONS {
        let remark = form.pick(&[
            "Chăm học, tiến bộ",
            "Cần cố gắng hơn",
            "Nắm vững kiến thức",
            "Tích cực phát biểu",
        ]);
        rows.push(vec![
            format!("<{lesson}"),
            mark(form),
            mark(form),
            mark(form),
            format!("<{remark}"),
        ]);
    }
    form.table(&[1.5, 0.8, 0.8, 0.8, 2.0], &rows, 0.92);
    form.line("Trong bảng này có sửa chữa ở: 0 chỗ, thuộc các môn: Không");
    form.space(0.5);
    let (teacher, _) = super::super::people::names::invent(&mut form.chance, true, Some("Kinh"));
    form.fact("gvcn", teacher);
    form.signed(None, &["GIÁO VIÊN CHỦ NHIỆM"], Some("{-gvcn}"));
}

/// Bảng điểm of a student.
pub(super) fn transcript(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(2);
    let person = &family.owner;
    let year = (person.born.year() + 22).clamp(1990, 2025);
    let issued = some_day(&mut form.chance, year, year);
    let office = Office::invent(&mut form.chance, issued, false);
    let &(school, _) = form.chance.one(SCHOOLS);
    let &(subject, _) = form.chance.one(SUBJECTS);
    let &(grade, _) = form.chance.one(GRADES);
    let (code, average) = (
        form.chance.digits(8),
        format!(
            "{},{:02}",
            form.chance.whole(2, 3),
            form.chance.whole(5, 98)
        ),
    );
    form.facts([
        ("ho_ten", person.capitals()),
        ("ngay_sinh", person.birthday()),
        ("noi_sinh", person.origin.province.clone()),
        ("ma_sv", code),
        ("nganh", subject.to_owned()),
        ("diem_tb", average),
        ("xep_loai", grade.to_owned()),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.capitals(), person);
    form.letterhead(
        &[("BỘ GIÁO DỤC VÀ ĐÀO TẠO", Cut::Plain), (school, Cut::Bold)],
        None,
        None,
    );
    let title = form.pick(&["BẢNG ĐIỂM", "BẢNG ĐIỂM TOÀN KHÓA", "BẢNG ĐIỂM HỌC TẬP"]);
    form.title(title, 1.4, false);
    form.line("Họ và tên: {ho_ten}\tMã sinh viên: {ma_sv}");
    form.line("Ngày sinh: {ngay_sinh}\tNơi sinh: {noi_sinh}");
    form.line("Ngành đào tạo: {nganh}");
    form.space(0.5);
    let courses = [
        "Triết học Mác - Lênin",
        "Toán cao cấp 1",
        "Pháp luật đại cương",
        "Tiếng Anh 1",
        "Giáo dục quốc phòng",
        "Xác suất thống kê",
        "Kinh tế vi mô",
        "Tư tưởng Hồ Chí Minh",
        "Tin học đại cương",
        "Tâm lý học",
        "Phương pháp nghiên cứu",
        "Thực tập nghề nghiệp",
        "Quản trị học",
        "Kỹ năng giao tiếp",
        "Khóa luận tốt nghiệp",
    ];
    let mut rows = vec![
        [
            "STT",
            "Tên học phần",
            "Số tín chỉ",
            "Điểm hệ 10",
            "Điểm chữ",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let count = form.chance.whole(9, 15) as usize;
    for (course, at) in courses.iter().take(count).zip(1..) {
        let (credits, letter) = (
            form.chance.whole(2, 4),
            form.pick(&["A", "B+", "B", "C+", "C"]),
        );
        rows.push(vec![
            at.to_string(),
            format!("<{course}"),
            credits.to_string(),
            mark(form),
            letter.to_owned(),
        ]);
    }
    form.table(&[0.4, 2.6, 0.9, 0.9, 0.8], &rows, 0.88);
    form.line("Điểm trung bình tích lũy: {diem_tb}\tXếp loại: {xep_loai}");
    form.space(0.3);
    let dated = office.dated.clone();
    let who: &[&str] = if variant == 0 {
        &["TL. HIỆU TRƯỞNG", "TRƯỞNG PHÒNG ĐÀO TẠO"]
    } else {
        &["HIỆU TRƯỞNG"]
    };
    form.signed(Some(&dated), who, Some("{nguoi_ky}"));
}

/// Chứng chỉ: languages, computers, a trade.
pub(super) fn skill(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.owner;
    let issued = some_day(&mut form.chance, 2014, 2025);
    let office = Office::invent(&mut form.chance, issued, false);
    let &(school, _) = form.chance.one(SCHOOLS);
    let &(grade, _) = form.chance.one(GRADES);
    let kind = match variant {
        0 => "ỨNG DỤNG CÔNG NGHỆ THÔNG TIN CƠ BẢN",
        1 => "NGOẠI NGỮ TIẾNG ANH BẬC 3 (B1)",
        _ => "SƠ CẤP NGHỀ KỸ THUẬT CHẾ BIẾN MÓN ĂN",
    };
    let (serial, entry) = (form.chance.digits(6), form.chance.whole(10, 990));
    form.facts([
        ("ho_ten", person.name.clone()),
        ("ngay_sinh", person.birthday()),
        ("noi_sinh", person.origin.province.clone()),
        ("loai", kind.to_owned()),
        ("xep_loai", grade.to_owned()),
        ("ngay_cap", day(issued)),
        ("so_hieu", format!("CC {serial}")),
        ("so_vao_so", format!("{entry}/{}-CC", issued.year())),
        ("nguoi_ky", office.signer.clone()),
    ]);
    owns(form, &person.name, person);
    let big = form.chance.chance(0.5);
    framed(form, if big { LANDSCAPE } else { A5 }, Rgb([120, 40, 60]));
    form.look.gap = form.look.gap.min(1.5);
    if big {
        form.look.size *= 1.25;
        (form.left, form.right, form.y) = (420.0, LANDSCAPE.0 as f32 - 420.0, 360.0);
    } else {
        form.look.size *= 0.95;
        form.look.pitch = 1.4;
        (form.left, form.right, form.y) = (280.0, 2480.0 - 260.0, 240.0);
    }
    form.nation();
    form.heading(&format!("HIỆU TRƯỞNG {school}"), HEAD);
    form.title("CHỨNG CHỈ", 1.9, true);
    form.heading("{loai}", Set { size: 0.95, ..HEAD });
    form.space(0.3);
    form.line("Cấp cho: {ho_ten}");
    form.line("Ngày sinh: {ngay_sinh}\tNơi sinh: {noi_sinh}");
    form.line("Xếp loại: {xep_loai}\tNgày cấp: {ngay_cap}");
    form.space(0.2);
    let top = form.y + 160.0;
    let dated = office.dated.clone();
    form.signed_at(
        form.right - 500.0,
        1050.0,
        Some(&dated),
        &["HIỆU TRƯỞNG"],
        Some("{nguoi_ky}"),
    );
    serials_of(form, top);
}

fn serials_of(form: &mut Form<'_>, y: f32) {
    let small = Set {
        size: 0.85,
        cut: Cut::Plain,
        ink: BLACK,
    };
    form.at("Số hiệu: {so_hieu}", small, form.left, y);
    form.at("Số vào sổ: {so_vao_so}", small, form.left, y + 80.0);
}
