//! Words that papers about people are filled with: names, ethnic groups, nationalities, kinship.
//!
//! The lists say that a reading is worth a look. They never say what should have been read.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::syllables::normal;

/// What forms print for a faith; the recognised religions (Ban Tôn giáo Chính phủ) by their short names.
pub const RELIGIONS: &[&str] = &[
    "Không",
    "Phật giáo",
    "Đạo Phật",
    "Công giáo",
    "Thiên chúa giáo",
    "Thiên Chúa",
    "Tin lành",
    "Tin Lành",
    "Cao đài",
    "Cao Đài",
    "Hòa Hảo",
    "Phật giáo Hòa Hảo",
    "Hồi giáo",
    "Bà-la-môn",
    "Bà La Môn",
    "Tứ Ân Hiếu Nghĩa",
];

/// What a member of a household is to its head.
pub const KINSHIPS: &[&str] = &[
    "Chủ hộ",
    "Vợ",
    "Chồng",
    "Con",
    "Con đẻ",
    "Con ruột",
    "Con nuôi",
    "Con trai",
    "Con gái",
    "Con dâu",
    "Con rể",
    "Cha",
    "Cha đẻ",
    "Cha ruột",
    "Bố",
    "Bố đẻ",
    "Mẹ",
    "Mẹ đẻ",
    "Mẹ ruột",
    "Ông",
    "Ông nội",
    "Ông ngoại",
    "Bà",
    "Bà nội",
    "Bà ngoại",
    "Anh",
    "Anh ruột",
    "Anh trai",
    "Chị",
    "Chị ruột",
    "Chị gái",
    "Em",
    "Em ruột",
    "Em trai",
    "Em gái",
    "Cháu",
    "Cháu ruột",
    "Cháu nội",
    "Cháu ngoại",
    "Chắt",
    "Cô",
    "Cô ruột",
    "Chú",
    "Chú ruột",
    "Bác",
    "Bác ruột",
    "Cậu",
    "Cậu ruột",
    "Dì",
    "Dì ruột",
    "Cụ",
    "Người ở nhờ",
    "Ở nhờ",
    "Ở thuê",
    "Người được giám hộ",
];

/// Nationalities that papers at a ward's desk name; another is for a person to look at.
pub const NATIONALITIES: &[&str] = &[
    "Việt Nam",
    "Lào",
    "Campuchia",
    "Cam-pu-chia",
    "Trung Quốc",
    "Đài Loan",
    "Hàn Quốc",
    "Nhật Bản",
    "Hoa Kỳ",
    "Mỹ",
    "Pháp",
    "Đức",
    "Nga",
    "Anh",
    "Úc",
    "Thái Lan",
    "Ấn Độ",
    "Canada",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ethnic_groups: Vec<String>,
    families: String,
    given: String,
}

struct People {
    ethnic_groups: Vec<String>,
    families: BTreeSet<String>,
    given: BTreeSet<String>,
}

static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/people.toml"))
        .expect("the embedded people.toml is parsed by a test");
    let words = |text: &str| text.split_whitespace().map(normal).collect();
    People {
        families: words(&file.families),
        given: words(&file.given),
        ethnic_groups: file.ethnic_groups,
    }
});

/// The 54 groups, some in several spellings.
pub fn ethnic_groups() -> impl Iterator<Item = &'static str> {
    PEOPLE.ethnic_groups.iter().map(String::as_str)
}

/// Whether a common Vietnamese family name is written so, marks and all.
pub fn is_family_name(word: &str) -> bool {
    PEOPLE.families.contains(&normal(word))
}

/// Whether the word is a common middle or given name, or a family name, which many bear in the middle.
pub fn is_name_word(word: &str) -> bool {
    let word = normal(word);
    PEOPLE.given.contains(&word) || PEOPLE.families.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syllables::is_syllable;

    #[test]
    fn the_lists_hold_syllables() {
        assert!(PEOPLE.families.len() > 200 && PEOPLE.given.len() > 600);
        for word in PEOPLE.families.iter().chain(&PEOPLE.given) {
            assert!(
                is_syllable(word) || word == "kông" || word == "niê",
                "{word}"
            );
        }
    }

    #[test]
    fn a_name_is_known_with_its_marks_only() {
        assert!(is_family_name("NGUYỄN") && is_family_name("Đặng"));
        assert!(!is_family_name("ĐĂNG") && !is_family_name("Nguyên"));
        assert!(
            is_name_word("Thúy") && is_name_word("Thuý"),
            "a tone mark may stand in two places"
        );
        assert!(!is_name_word("Vắn"));
    }

    #[test]
    fn the_groups_are_fifty_four_and_their_spellings() {
        assert!(ethnic_groups().count() >= 54);
        for group in ["Kinh", "Ê Đê", "Rơ Măm", "Brâu"] {
            assert!(ethnic_groups().any(|known| known == group), "{group}");
        }
    }
}
