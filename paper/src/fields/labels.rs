//! The printed labels of each kind of paper, in folded form. One table.

use super::Shape::{self, Date, Name, PersonalNumber, Sex, Text, Year};

/// A printed label and what its value is.
#[derive(Debug)]
pub(crate) struct Label {
    /// The label's words, folded.
    pub(crate) words: &'static str,
    /// The field's name; empty when the label is only known so that the value before it ends there.
    pub(crate) field: &'static str,
    pub(crate) shape: Shape,
    /// The field's name gets the section's ending: one form asks the same of child, mother and father.
    pub(crate) sectioned: bool,
    /// The section that begins here.
    pub(crate) opens: Option<&'static str>,
    /// How many lines further the value may run.
    pub(crate) more_lines: u8,
    /// Printed without a colon: known by standing at the start of its line.
    pub(crate) bare: bool,
}

const fn label(words: &'static str, field: &'static str, shape: Shape) -> Label {
    Label {
        words,
        field,
        shape,
        sectioned: false,
        opens: None,
        more_lines: 0,
        bare: false,
    }
}

impl Label {
    const fn sectioned(mut self) -> Self {
        self.sectioned = true;
        self
    }

    const fn opens(mut self, section: &'static str) -> Self {
        self.opens = Some(section);
        self
    }

    const fn long(mut self) -> Self {
        self.more_lines = 1;
        self
    }

    const fn bare(mut self) -> Self {
        self.bare = true;
        self
    }
}

/// The labels of a kind; the general ones for a kind without a form of its own.
pub(crate) fn labels_of(kind: &str) -> &'static [Label] {
    match kind {
        "khai_sinh" => BIRTH,
        "cu_tru" => RESIDENCE,
        _ => GENERAL,
    }
}

/// Giấy khai sinh, TT 04/2020/TT-BTP and the forms before it.
static BIRTH: &[Label] = &[
    label("so", "so", Text).bare(),
    label("quyen so", "quyen_so", Text),
    label("ho chu dem ten", "ho_ten", Name).opens(""),
    label("ho chu dem va ten", "ho_ten", Name).opens(""),
    label("ho va ten", "ho_ten", Name).opens(""),
    label("ho chu dem ten nguoi me", "ho_ten_me", Name).opens("_me"),
    label("ho va ten me", "ho_ten_me", Name).opens("_me"),
    label("ho chu dem ten nguoi cha", "ho_ten_cha", Name).opens("_cha"),
    label("ho va ten cha", "ho_ten_cha", Name).opens("_cha"),
    label(
        "ho chu dem ten nguoi di khai sinh",
        "nguoi_di_khai_sinh",
        Name,
    )
    .opens("_nguoi_di"),
    label("ngay thang nam sinh", "ngay_sinh", Date).sectioned(),
    label("ghi bang chu", "ngay_sinh_chu", Text).long(),
    label("nam sinh", "nam_sinh", Year).sectioned(),
    label("gioi tinh", "gioi_tinh", Sex).sectioned(),
    label("dan toc", "dan_toc", Text).sectioned(),
    label("quoc tich", "quoc_tich", Text).sectioned(),
    label("noi sinh", "noi_sinh", Text).long().sectioned(),
    label("que quan", "que_quan", Text).long().sectioned(),
    label("so dinh danh ca nhan", "so_dinh_danh", PersonalNumber).sectioned(),
    label("noi cu tru", "noi_cu_tru", Text).long().sectioned(),
    label("giay to tuy than", "giay_to", Text).sectioned(),
    label("noi dang ky khai sinh", "noi_dang_ky", Text)
        .long()
        .opens(""),
    label("ngay thang nam dang ky", "ngay_dang_ky", Date),
    label("ghi chu", "", Text),
];

/// Mẫu CT07, TT 66/2023/TT-BCA. Religion is printed on it and deliberately not taken.
static RESIDENCE: &[Label] = &[
    label("so", "so", Text).bare(),
    label("ho chu dem va ten", "ho_ten", Name),
    label("ngay thang nam sinh", "ngay_sinh", Date),
    label("gioi tinh", "gioi_tinh", Sex),
    label("so dinh danh ca nhan", "so_dinh_danh", PersonalNumber),
    label("dan toc", "dan_toc", Text),
    label("ton giao", "", Text),
    label("quoc tich", "quoc_tich", Text),
    label("que quan", "que_quan", Text).long(),
    label("noi thuong tru", "thuong_tru", Text).long(),
    label("noi tam tru", "tam_tru", Text).long(),
    label("noi o hien tai", "noi_o", Text).long(),
    label("ho chu dem va ten chu ho", "chu_ho", Name),
    label("quan he voi chu ho", "quan_he", Text),
    label(
        "so dinh danh ca nhan cua chu ho",
        "cccd_chu_ho",
        PersonalNumber,
    ),
    label("thong tin cac thanh vien trong ho gia dinh", "", Text),
    label("noi dung xac nhan khac", "", Text),
    label("xac nhan nay co gia tri den ngay", "gia_tri", Date).bare(),
];

/// What nearly every paper about a person says.
static GENERAL: &[Label] = &[
    label("so", "so", Text).bare(),
    label("ho va ten", "ho_ten", Name),
    label("ho ten", "ho_ten", Name),
    label("ho chu dem ten", "ho_ten", Name),
    label("ho chu dem va ten", "ho_ten", Name),
    label("ho ten khai sinh", "ho_ten", Name),
    label("toi ten la", "ho_ten", Name),
    label("ngay thang nam sinh", "ngay_sinh", Date),
    label("ngay sinh", "ngay_sinh", Date),
    label("sinh ngay", "ngay_sinh", Date),
    label("nam sinh", "nam_sinh", Year),
    label("gioi tinh", "gioi_tinh", Sex),
    label("dan toc", "", Text),
    label("ton giao", "", Text),
    label("quoc tich", "quoc_tich", Text),
    label("so dinh danh ca nhan", "so_dinh_danh", PersonalNumber),
    label("so dinh danh", "so_dinh_danh", PersonalNumber),
    label("so can cuoc cong dan", "so_dinh_danh", PersonalNumber),
    label("so can cuoc", "so_dinh_danh", PersonalNumber),
    label("can cuoc cong dan so", "so_dinh_danh", PersonalNumber),
    label("so cccd", "so_dinh_danh", PersonalNumber),
    label("cccd so", "so_dinh_danh", PersonalNumber),
    label("so dinh danh ca nhan cccd", "so_dinh_danh", PersonalNumber),
    label("noi cu tru", "noi_cu_tru", Text).long(),
    label("noi thuong tru", "thuong_tru", Text).long(),
    label("dia chi", "", Text),
    label("ngay cap", "ngay_cap", Date),
    label("noi sinh", "noi_sinh", Text),
    label("que quan", "que_quan", Text),
];
