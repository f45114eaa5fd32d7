//! Syllables that invented people's names are made of: hard stacked marks on purpose, and the names of
//! peoples whose custom differs from the Kinh (Y Bhăm Niê, Hờ A Páo, Lò Thị Pưng).

use super::super::chance::Chance;

/// Family names of the Kinh, the commonest more than once.
const FAMILY: &[&str] = &[
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Trần",
    "Trần",
    "Lê",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đoàn",
    "Đào",
    "Đinh",
    "Trịnh",
    "Mai",
    "Tạ",
    "Lưu",
    "Quách",
    "Thái",
    "Châu",
    "Tống",
    "Diệp",
    "Kiều",
    "Vương",
    "Lâm",
    "Nghiêm",
    "Phùng",
    "Khổng",
    "Doãn",
    "Bạch",
    "Giáp",
    "Tăng",
    "Thân",
    "Ông",
    "Ấu",
    "Ưng",
    "Đường",
    "Mẫn",
    "Tiêu",
    "Lã",
    "Chử",
    "Ngụy",
    "Âu",
    "Từ",
    "Hứa",
    "Cù",
];

const MIDDLE_WOMEN: &[&str] = &[
    "Thị",
    "Thị",
    "Thị",
    "Thị Ánh",
    "Thị Ngọc",
    "Thị Bích",
    "Thị Mỹ",
    "Thị Hồng",
    "Thị Thúy",
    "Thị Kim",
    "Ngọc",
    "Kim",
    "Diệu",
    "Thùy",
    "Phương",
    "Quỳnh",
    "Bảo",
    "Khánh",
    "Thị Cẩm",
    "Thị Diễm",
    "Thị Lệ",
    "Thị Như",
    "Hoàng",
    "Trúc",
    "Tường",
    "Thị Thu",
    "Nguyễn Ánh",
    "Ái",
];

const MIDDLE_MEN: &[&str] = &[
    "Văn",
    "Văn",
    "Văn",
    "Hữu",
    "Đức",
    "Minh",
    "Quốc",
    "Công",
    "Đình",
    "Xuân",
    "Ngọc",
    "Thế",
    "Trọng",
    "Viết",
    "Gia",
    "Bá",
    "Quang",
    "Duy",
    "Nhật",
    "Hoàng",
    "Thanh",
    "Mạnh",
    "Khắc",
    "Sỹ",
    "Phước",
    "Đăng",
    "Anh",
    "Tấn",
    "Vĩnh",
    "Bảo",
    "Kỳ",
    "Trường",
];

const WOMEN: &[&str] = &[
    "Tuyết",
    "Ánh",
    "Nguyệt",
    "Phượng",
    "Thủy",
    "Thúy",
    "Yến",
    "Oanh",
    "Hằng",
    "Hạnh",
    "Hồng",
    "Huệ",
    "Liễu",
    "Nhung",
    "Loan",
    "Quyên",
    "Uyên",
    "Duyên",
    "Trâm",
    "Ngân",
    "Ngần",
    "Ngoãn",
    "Đẹp",
    "Bưởi",
    "Hến",
    "Mận",
    "Diễm",
    "Quỳnh",
    "Mỹ",
    "Thơ",
    "Vỹ",
    "Trinh",
    "Xuyến",
    "Vân",
    "Sương",
    "Hường",
    "Thương",
    "Bích",
    "Ngọc",
    "Lụa",
    "Gấm",
    "Thắm",
    "Thuận",
    "Hiếu",
    "Thảo",
    "Lệ",
    "Ấm",
    "Ẩn",
    "Út",
    "Khuyên",
    "Giang",
    "Kiều",
    "Châu",
    "Thoại",
    "Dịu",
    "Cẩm",
];

const MEN: &[&str] = &[
    "Độ",
    "Lộc",
    "Phước",
    "Thắng",
    "Trường",
    "Hưởng",
    "Khôi",
    "Nghĩa",
    "Tuấn",
    "Sơn",
    "Hùng",
    "Dũng",
    "Cường",
    "Kỳ",
    "Đạt",
    "Đức",
    "Tấn",
    "Tiến",
    "Thuận",
    "Vũ",
    "Vượng",
    "Quý",
    "Quyết",
    "Quyền",
    "Bằng",
    "Bảo",
    "Hiệp",
    "Hậu",
    "Chiến",
    "Lực",
    "Khải",
    "Khởi",
    "Hoài",
    "Huỳnh",
    "Luật",
    "Nhẫn",
    "Mẫn",
    "Cẩn",
    "Ấn",
    "Ân",
    "Ổn",
    "Đễ",
    "Ngữ",
    "Sĩ",
    "Thọ",
    "Toản",
    "Triết",
    "Tự",
    "Ước",
    "Viễn",
    "Vĩ",
    "Xuyên",
    "Kiệt",
    "Lễ",
    "Khẩn",
    "Thưởng",
    "Ưng",
    "Cảnh",
];

/// How a people without Kinh names puts one together: family names, middle of women and men, given names.
struct Custom {
    ethnic: &'static str,
    family: &'static [&'static str],
    women: &'static [&'static str],
    men: &'static [&'static str],
    given_women: &'static [&'static str],
    given_men: &'static [&'static str],
}

const CUSTOMS: &[Custom] = &[
    Custom {
        ethnic: "Tày",
        family: &["Nông", "Hoàng", "Bế", "Lương", "Ma", "Đàm", "Hà"],
        women: &["Thị", "Thị Bích"],
        men: &["Văn", "Đức", "Quốc"],
        given_women: &["Nết", "Bạ", "Slưởng", "Pảo", "Đẹt", "Nhình"],
        given_men: &["Độ", "Páo", "Thàng", "Chấn", "Vạng", "Ỏn"],
    },
    Custom {
        ethnic: "Nùng",
        family: &["Nông", "Vi", "Lý", "Lục", "Chu", "Triệu", "Mông"],
        women: &["Thị"],
        men: &["Văn", "A"],
        given_women: &["Sảy", "Nộm", "Phấy", "Lẩy"],
        given_men: &["Sằn", "Tắc", "Lẳm", "Pù"],
    },
    Custom {
        ethnic: "Thái",
        family: &[
            "Lò", "Cầm", "Quàng", "Lường", "Cà", "Tòng", "Vì", "Kha", "Lô", "Lữ",
        ],
        women: &["Thị"],
        men: &["Văn", "Ngọc"],
        given_women: &["Pưng", "Ín", "Phóng", "Hặc", "Ngoạn", "Xoan", "Dượng"],
        given_men: &["Pản", "Ón", "Bóng", "Sương", "Xiên", "Inh"],
    },
    Custom {
        ethnic: "Mường",
        family: &["Bùi", "Đinh", "Quách", "Bạch", "Hà", "Phạm"],
        women: &["Thị"],
        men: &["Văn", "Công"],
        given_women: &["Ẻm", "Dệu", "Mỉnh", "Nẻn", "Bướm"],
        given_men: &["Ộp", "Ểu", "Dỉnh", "Ựng", "Khừn"],
    },
    Custom {
        ethnic: "Mông",
        family: &[
            "Giàng", "Sùng", "Thào", "Vàng", "Hờ", "Lầu", "Vừ", "Mùa", "Hạng", "Lý", "Cứ", "Ly",
        ],
        women: &["Thị", "Mỷ"],
        men: &["A", "Seo", "Mí"],
        given_women: &["Dợ", "Mẩy", "Sáy", "Pà", "Chá", "Dính"],
        given_men: &["Páo", "Chu", "Dế", "Lử", "Sử", "Pủa", "Thề", "Tủa", "Chớ"],
    },
    Custom {
        ethnic: "Dao",
        family: &["Triệu", "Bàn", "Đặng", "Phùng", "Chảo", "Tẩn", "Phàn"],
        women: &["Thị", "Mùi", "Mẩy"],
        men: &["Văn", "Tòn", "Phù", "Láo"],
        given_women: &["Nảy", "Pham", "Khé", "Mán"],
        given_men: &["Quẩy", "Chòi", "Lở", "Sếnh", "Tả"],
    },
    Custom {
        ethnic: "Ê Đê",
        family: &[
            "Y Bhăm",
            "Y Wăn",
            "Y Thịnh",
            "Y Đhăm",
            "H'Hen",
            "H'Lim",
            "H'Rưn",
            "H'Blă",
        ],
        women: &[""],
        men: &[""],
        given_women: &["Niê", "Mlô", "Êban", "Kbuôr"],
        given_men: &["Niê", "Mlô", "Êban", "Kđăm", "Ênuôl"],
    },
    Custom {
        ethnic: "Gia Rai",
        family: &["Ksor", "Rơ Châm", "Siu", "Kpă", "Nay", "Rah Lan", "Rmah"],
        women: &["H'"],
        men: &["", "Y"],
        given_women: &["Bưng", "Lới", "Thơm", "Nhới"],
        given_men: &["Thưm", "Blêng", "Hyưn", "Phước", "Jơn"],
    },
    Custom {
        ethnic: "Khmer",
        family: &["Thạch", "Sơn", "Kim", "Danh", "Châu", "Trà", "Lâm"],
        women: &["Thị", "Thị Sô"],
        men: &["Sô", "Văn", "Hoàng"],
        given_women: &["Phia", "Sa Rết", "Rây", "Thươl", "Đa"],
        given_men: &["Phép", "Rích", "Thươne", "Khêl", "Sang"],
    },
    Custom {
        ethnic: "Chăm",
        family: &["Đàng", "Báo", "Hứa", "Thành", "Bá", "Lưu", "Từ"],
        women: &["Thị", "Thị Mỹ"],
        men: &["Văn", "Năng", "Xuân"],
        given_women: &["Phận", "Nguyệt", "Lài", "Đậu"],
        given_men: &["Hổ", "Đạo", "Bạt", "Ngừ", "Tỷ"],
    },
    Custom {
        ethnic: "Hoa",
        family: &["Lâm", "Quách", "Mạch", "Lữ", "Trương", "Vòng", "Chíu", "Lỷ"],
        women: &["Mỹ", "Tú", "Siu", "Lệ"],
        men: &["Chí", "Gia", "Vĩ", "Sì"],
        given_women: &["Phấn", "Muối", "Kíu", "Hỏi", "Linh"],
        given_men: &["Phú", "Cường", "Sáng", "Lềnh", "Sìn"],
    },
];

/// A name with its accents, in small letters but the first of each syllable; and the people it belongs to.
pub(crate) fn invent(
    chance: &mut Chance,
    female: bool,
    ethnic: Option<&str>,
) -> (String, &'static str) {
    let custom = match ethnic {
        Some(ethnic) => CUSTOMS.iter().find(|custom| custom.ethnic == ethnic),
        // One in seven Vietnamese belongs to another people than the Kinh (census of 2019: 14.7 %).
        None => chance.chance(0.15).then(|| chance.one(CUSTOMS)),
    };
    let Some(custom) = custom else {
        let name = if female {
            let (middle, given) = (chance.pick(MIDDLE_WOMEN), chance.pick(WOMEN));
            [chance.pick(FAMILY), middle, given].join(" ")
        } else {
            let (middle, given) = (chance.pick(MIDDLE_MEN), chance.pick(MEN));
            [chance.pick(FAMILY), middle, given].join(" ")
        };
        return (name, "Kinh");
    };
    let (middles, given) = if female {
        (custom.women, custom.given_women)
    } else {
        (custom.men, custom.given_men)
    };
    // Where the first name tells the sex (Y for men, H' for women), only those that fit.
    let fitting: Vec<&str> = custom
        .family
        .iter()
        .copied()
        .filter(|family| {
            !(female && family.starts_with("Y ") || !female && family.starts_with("H'"))
        })
        .collect();
    let (family, middle, given) = (
        chance.pick(&fitting),
        chance.pick(middles),
        chance.pick(given),
    );
    let name = match middle {
        "" => format!("{family} {given}"),
        "H'" => format!("{family} H'{given}"),
        _ => format!("{family} {middle} {given}"),
    };
    (name, custom.ethnic)
}

/// What stands before a child's own name: the father's family name.
pub(crate) fn family(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}
