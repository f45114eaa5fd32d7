//! What people write themselves: the residence declaration filled in by hand, a letter of authority, an application.

use super::owns;
use crate::specimen::papers::canvas::{BLACK, BLUE};
use crate::specimen::papers::form::{Form, HEAD, Set};
use crate::specimen::papers::lettering::Pen;
use crate::specimen::papers::people::{Family, long_day, some_day, words};
use crate::specimen::papers::truth::{Line, whole};
use crate::specimen::papers::typeface::Cut;

/// Tờ khai thay đổi thông tin cư trú (CT01), by hand; some print a box for each digit.
pub(super) fn declaration(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(3);
    let person = &family.owner;
    let head = if form.chance.chance(0.4) {
        &family.father
    } else {
        &family.spouse
    };
    let relation = if head.number == family.father.number {
        "Con"
    } else if person.female {
        "Vợ"
    } else {
        "Chồng"
    };
    let about = match form.chance.whole(0, 2) {
        0 => format!("Đăng ký tạm trú tại {}", person.home.line()),
        1 => format!("Đăng ký thường trú tại {}", person.home.line()),
        _ => "Tách hộ".to_owned(),
    };
    let mail = form.chance.chance(0.5);
    form.facts([
        ("kinh_gui", format!("Công an {}", person.home.commune)),
        ("ho_ten", person.capitals()),
        ("ngay_sinh", person.birthday()),
        ("gioi_tinh", person.sex().to_owned()),
        ("so_dinh_danh", person.number.clone()),
        ("dien_thoai", person.phone.clone()),
        (
            "email",
            if mail {
                "khong co".to_owned()
            } else {
                format!("nguoidan{}@gmail.com", &person.phone[6..])
            },
        ),
        ("chu_ho", head.name.clone()),
        ("quan_he", relation.to_owned()),
        ("cccd_chu_ho", head.number.clone()),
        ("noi_dung", about),
    ]);
    owns(form, &person.capitals(), person);
    let rule = form.pick(&["66/2023/TT-BCA", "53/2025/TT-BCA", "56/2021/TT-BCA"]);
    let note = format!("Mẫu CT01 ban hành kèm theo Thông tư số {rule}");
    let small = Set {
        size: 0.75,
        cut: Cut::Italic,
        ink: BLACK,
    };
    form.at(&note, small, form.right - form.wide(&note, small), 130.0);
    form.y = 240.0;
    form.nation();
    form.title("TỜ KHAI THAY ĐỔI THÔNG TIN CƯ TRÚ", 1.15, false);
    form.heading(
        "Kính gửi: {kinh_gui}",
        Set {
            cut: Cut::Plain,
            ..HEAD
        },
    );
    form.space(0.2);
    let name = form.pick(&[
        "1. Họ, chữ đệm và tên: {ho_ten}",
        "1. Họ, chữ đệm và tên khai sinh: {ho_ten}",
    ]);
    form.line(name);
    form.line("2. Ngày, tháng, năm sinh: {ngay_sinh}\t3. Giới tính: {gioi_tinh}");
    if variant == 2 {
        boxes(
            form,
            "4. Số định danh cá nhân:",
            "so_dinh_danh",
            &person.number,
        );
    } else {
        form.line("4. Số định danh cá nhân: {so_dinh_danh}");
    }
    form.line("5. Số điện thoại liên hệ: {dien_thoai}\t6. Email: {email}");
    form.line("7. Họ, chữ đệm và tên chủ hộ: {chu_ho}\t8. Mối quan hệ với chủ hộ: {quan_he}");
    if variant == 2 {
        boxes(
            form,
            "9. Số định danh cá nhân của chủ hộ:",
            "cccd_chu_ho",
            &head.number,
        );
    } else {
        form.line("9. Số định danh cá nhân của chủ hộ: {cccd_chu_ho}");
    }
    form.line("10. Nội dung đề nghị: {noi_dung}");
    form.space(0.3);
    form.para("Tôi xin cam đoan những nội dung kê khai trên là đúng sự thật và chịu trách nhiệm trước pháp luật.");
    form.space(0.6);
    let third = (form.right - form.left) / 3.0;
    let set = Set { size: 0.88, ..HEAD };
    for (at, who) in [0.5, 1.5, 2.5].into_iter().zip([
        "Ý KIẾN CỦA CHỦ HỘ",
        "Ý KIẾN CỦA CHỦ SỞ HỮU",
        "NGƯỜI KÊ KHAI",
    ]) {
        form.centred(who, set, form.left + at * third, third - 20.0, form.y);
    }
    let (right, y) = (form.right, form.y);
    form.truth.sigbox =
        Some([right - third + 40.0, y + 40.0, right - 20.0, y + 320.0].map(|at| at as i32));
    form.sealed = false;
}

/// A number, one digit a box.
fn boxes(form: &mut Form<'_>, label: &str, name: &'static str, digits: &str) {
    let side = 74.0;
    let plain = Set {
        size: 1.0,
        cut: Cut::Plain,
        ink: BLACK,
    };
    let mut x = form.at(label, plain, form.left, form.y) + 24.0;
    let (top, bottom) = (form.y - side + 16.0, form.y + 16.0);
    let face = form.look.hand.unwrap_or(form.look.face);
    form.truth.value(name, digits);
    let start = x;
    for digit in digits.chars() {
        form.canvas.frame([x, top, x + side, bottom], 3.0, BLACK);
        let pen = Pen::new(face.cut(Cut::Plain), form.look.size * 1.2, BLUE);
        let digit = digit.to_string();
        let at = x + (side - pen.width(&digit)) / 2.0;
        pen.write(&mut form.canvas, at, form.y, &digit);
        x += side;
    }
    let place = [start, top, x, bottom];
    form.truth.word(name, place);
    form.truth.lines.push(Line {
        text: digits.to_owned(),
        place: whole(place),
    });
    form.truth.bottom = form.truth.bottom.max(bottom as i32);
    form.y += form.pitch().max(side + 30.0);
}

/// Giấy ủy quyền between two people.
pub(super) fn authority(form: &mut Form<'_>, family: &Family) {
    form.vary(2);
    let (a, b) = (&family.owner, &family.children[0]);
    let months = form.chance.whole(6, 36);
    form.fact("thoi_han", months.to_string());
    let lists = [
        [
            "ho_ten_a",
            "ngay_sinh_a",
            "cccd_a",
            "ngay_cap_a",
            "dia_chi_a",
        ],
        [
            "ho_ten_b",
            "ngay_sinh_b",
            "cccd_b",
            "ngay_cap_b",
            "dia_chi_b",
        ],
    ];
    for (names, person) in lists.into_iter().zip([a, b]) {
        let issued = some_day(&mut form.chance, 2021, 2024);
        let values = [
            person.name.clone(),
            person.birthday(),
            person.number.clone(),
            super::super::people::day(issued),
            person.home.line(),
        ];
        for (name, value) in names.into_iter().zip(values) {
            form.fact(name, value);
        }
        owns(form, &person.name, person);
    }
    form.look.pitch = form.look.pitch.min(1.42);
    form.y = 190.0;
    form.nation();
    form.title("GIẤY ỦY QUYỀN", 1.3, false);
    let card = form.pick(&["Căn cước số", "CCCD số", "Số căn cước công dân"]);
    let home = form.pick(&["Hộ khẩu thường trú", "Nơi thường trú", "Địa chỉ"]);
    for (who, title) in [
        ("a", "*BÊN ỦY QUYỀN (Bên A):*"),
        ("b", "*BÊN ĐƯỢC ỦY QUYỀN (Bên B):*"),
    ] {
        form.line(title);
        form.line(&format!(
            "Họ và tên: {{ho_ten_{who}}}\tSinh ngày: {{ngay_sinh_{who}}}"
        ));
        form.line(&format!("{card}: {{cccd_{who}}} cấp ngày {{ngay_cap_{who}}} tại Cục Cảnh sát quản lý hành chính về trật tự xã hội"));
        form.line(&format!("{home}: {{dia_chi_{who}}}"));
    }
    form.line("*NỘI DUNG ỦY QUYỀN*");
    form.para("Bằng giấy này, Bên A ủy quyền cho Bên B được thay mặt và nhân danh Bên A liên hệ với các cơ quan nhà nước có thẩm quyền để thực hiện các công việc sau đây:");
    let works: &[&str] = if form.variant == 0 {
        &[
            "1. Nộp hồ sơ, bổ sung hồ sơ và nhận kết quả giải quyết thủ tục cấp đổi Giấy chứng nhận quyền sử dụng đất.",
            "2. Thực hiện nghĩa vụ tài chính, nộp các khoản thuế, phí và lệ phí theo quy định của pháp luật.",
        ]
    } else {
        &[
            "1. Nhận lương hưu và trợ cấp bảo hiểm xã hội hằng tháng thay Bên A.",
            "2. Ký nhận các giấy tờ có liên quan và giao lại đầy đủ cho Bên A.",
        ]
    };
    for work in works {
        form.para(work);
    }
    form.para("3. Bên B không được ủy quyền lại cho người thứ ba nếu không có sự đồng ý bằng văn bản của Bên A.");
    form.para("Thời hạn ủy quyền: kể từ ngày ký cho đến khi hoàn tất công việc nêu trên nhưng không quá {-thoi_han} tháng. Thù lao ủy quyền: không có.");
    form.para("Hai bên cam đoan những thông tin trong Giấy ủy quyền này là đúng sự thật và ký tên dưới đây.");
    form.space(0.4);
    let half = (form.right - form.left) / 2.0;
    form.centred(
        "BÊN ỦY QUYỀN",
        HEAD,
        form.left + half / 2.0,
        half - 40.0,
        form.y,
    );
    form.centred(
        "BÊN ĐƯỢC ỦY QUYỀN",
        HEAD,
        form.left + half * 1.5,
        half - 40.0,
        form.y,
    );
    let y = form.y;
    form.truth.sigbox = Some(
        [
            form.left + half + 100.0,
            y + 60.0,
            form.right - 100.0,
            y + 330.0,
        ]
        .map(|at| at as i32),
    );
    form.sealed = false;
}

/// The second page of the same: witnesses and the committee's certification, no title.
pub(super) fn authority_end(form: &mut Form<'_>, family: &Family) {
    let day = some_day(&mut form.chance, 2023, 2025);
    form.fact("ho_ten_a", family.owner.name.clone());
    form.line("LỜI CHỨNG CỦA NGƯỜI THỰC HIỆN CHỨNG THỰC");
    form.para(&format!("{}, tại trụ sở Ủy ban nhân dân, ông/bà {{-ho_ten_a}} đã xuất trình giấy tờ tùy thân còn giá trị sử dụng, cam đoan chịu trách nhiệm về nội dung của giấy ủy quyền và đã ký trước mặt tôi.", words::capital(&long_day(day))));
    form.para("Văn bản này được lập thành hai bản, mỗi bản gồm hai tờ, hai trang, giao cho mỗi bên một bản.");
    form.space(1.0);
    let (signer, _) = super::super::people::names::invent(&mut form.chance, false, Some("Kinh"));
    form.fact("nguoi_ky", signer);
    form.signed(None, &["CÔNG CHỨC TƯ PHÁP - HỘ TỊCH"], Some("{-nguoi_ky}"));
}

/// Đơn xin, đơn đề nghị.
pub(super) fn application(form: &mut Form<'_>, family: &Family) {
    let variant = form.vary(4);
    let person = &family.owner;
    let day = some_day(&mut form.chance, 2023, 2025);
    form.facts([
        ("phuong", person.home.short().to_owned()),
        ("ho_ten", person.name.clone()),
        ("nam_sinh", person.born.year().to_string()),
        ("cccd", person.number.clone()),
        ("dien_thoai", person.phone.clone()),
        ("dia_chi", person.home.line()),
        ("nghe", person.job.to_owned()),
        ("nguoi_ky", person.name.clone()),
    ]);
    owns(form, &person.name, person);
    form.nation();
    let (title, body): (&str, [&str; 3]) = match variant {
        0 => (
            "ĐƠN XIN XÁC NHẬN HOÀN CẢNH KHÓ KHĂN",
            [
                "Nay tôi viết đơn này kính trình Ủy ban nhân dân xem xét, xác nhận cho gia đình tôi có hoàn cảnh khó khăn. Hiện gia đình tôi gồm có bốn nhân khẩu, trong đó có mẹ già thường xuyên đau ốm, hai con nhỏ đang ở tuổi ăn học.",
                "Thu nhập chính của gia đình chỉ trông chờ vào tiền công lao động tự do, bấp bênh, không ổn định, mỗi tháng được khoảng năm triệu đồng.",
                "Vì vậy, tôi làm đơn này kính mong quý cơ quan xác nhận để con tôi được hưởng chế độ miễn, giảm học phí theo quy định hiện hành của Nhà nước.",
            ],
        ),
        1 => (
            "ĐƠN ĐỀ NGHỊ CẤP LẠI SỔ HỘ NGHÈO",
            [
                "Sổ hộ nghèo của gia đình tôi đã bị thất lạc trong trận lũ tháng mười vừa qua cùng với nhiều giấy tờ khác.",
                "Tôi đã tìm kiếm nhiều lần nhưng không thấy. Trưởng ấp đã biết và xác nhận việc này.",
                "Kính đề nghị Ủy ban nhân dân xem xét, cấp lại sổ để gia đình tôi tiếp tục được hưởng các chính sách hỗ trợ.",
            ],
        ),
        2 => (
            "ĐƠN ĐỀ NGHỊ XÁC NHẬN MỨC ĐỘ KHUYẾT TẬT",
            [
                "Tôi bị tai nạn lao động, mất khả năng vận động một tay, hiện không thể làm công việc nặng.",
                "Các giấy tờ khám bệnh, chữa bệnh của bệnh viện được gửi kèm theo đơn này gồm ba bản sao.",
                "Kính đề nghị Hội đồng xác định mức độ khuyết tật xem xét, xác nhận để tôi được hưởng trợ cấp theo quy định.",
            ],
        ),
        _ => (
            "ĐƠN XIN XÁC NHẬN TẠM TRÚ",
            [
                "Tôi cùng gia đình đã tạm trú tại địa chỉ trên từ năm 2019 đến nay, luôn chấp hành tốt chủ trương, chính sách của Đảng và pháp luật của Nhà nước.",
                "Nay tôi làm đơn này để bổ túc hồ sơ xin việc làm tại khu công nghiệp và cho con nhập học đầu năm.",
                "Kính mong quý cơ quan xem xét và xác nhận cho tôi.",
            ],
        ),
    };
    form.title(title, 1.15, false);
    let rank = person.home.rank();
    let to = if rank == "xã" {
        "Kính gửi: Ủy ban nhân dân xã {phuong}"
    } else {
        "Kính gửi: Ủy ban nhân dân phường {phuong}"
    };
    form.heading(
        to,
        Set {
            cut: Cut::Plain,
            ..HEAD
        },
    );
    form.space(0.3);
    form.line("Tôi tên là: {ho_ten}\tSinh năm: {nam_sinh}");
    let card = form.pick(&[
        "Số căn cước: {cccd}\tĐiện thoại: {dien_thoai}",
        "CCCD số: {cccd}\tSố điện thoại: {dien_thoai}",
    ]);
    form.line(card);
    let home = form.pick(&[
        "Chỗ ở hiện nay: {dia_chi}",
        "Địa chỉ: {dia_chi}",
        "Hiện ngụ tại: {dia_chi}",
    ]);
    form.line(home);
    form.line("Nghề nghiệp: {nghe}");
    for part in body {
        form.para(part);
    }
    form.para("Tôi xin cam đoan những lời khai trên đây là đúng sự thật, nếu sai tôi xin hoàn toàn chịu trách nhiệm trước pháp luật. Tôi xin chân thành cảm ơn!");
    form.space(0.5);
    let dated = format!("{}, {}", words::capital(person.home.short()), long_day(day));
    form.signed(Some(&dated), &["NGƯỜI LÀM ĐƠN"], Some("{nguoi_ky}"));
    form.sealed = false;
}
