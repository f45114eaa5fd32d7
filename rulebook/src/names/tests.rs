//! Pairs of names and the class each must fall in.

use unicode_normalization::UnicodeNormalization;

use super::NameDifference::{AccentsOnly, Different, OneSyllable, Same, Spelling};
use super::*;

const PAIRS: &[(&str, &str, NameDifference)] = &[
    ("Nguyễn Thị Hòa", "NGUYỄN THỊ HÒA", Same),
    ("Nguyễn  Thị\tHòa ", "Nguyễn Thị Hòa", Same),
    ("Nguyễn Thị Ho\u{200b}a", "Nguyễn Thị Hoa", Same),
    ("Đỗ Ước", "đỗ ước", Same),
    // where the tone mark stands
    ("Nguyễn Thị Hòa", "Nguyễn Thị Hoà", Spelling),
    ("Lê Thủy", "Lê Thuỷ", Spelling),
    ("Vũ Thúy Quỳnh", "Vũ Thuý Quỳnh", Spelling),
    // Đ and D, Y and I
    ("Đặng Văn Đạo", "Dặng Văn Dạo", Spelling),
    ("Lý Mỹ Kỳ", "Lí Mĩ Kì", Spelling),
    ("Trần Quý", "Trần Quí", Spelling),
    ("Hoàng Yến", "Hoàng Iến", Spelling),
    // spacing
    ("Phạm Mai Linh", "Phạm MaiLinh", Spelling),
    ("H'Hen Niê", "H Hen Niê", Same),
    ("Nguyễn-Hoàng An", "Nguyễn Hoàng An", Same),
    // the same without accents
    ("Nguyễn Thị Hoa", "Nguyễn Thị Hòa", AccentsOnly),
    ("Nguyễn Văn Đức", "NGUYEN VAN DUC", AccentsOnly),
    ("Trần Thị Thu Hương", "Trần Thị Thư Hường", AccentsOnly),
    ("Hoà Anh", "HoaÀnh", AccentsOnly),
    ("Lâm Ân", "Lầm An", AccentsOnly),
    // one syllable
    ("Nguyễn Thị Lan", "Nguyễn Thị Lam", OneSyllable),
    ("Nguyễn Thị Lan", "NGUYEN LAN", OneSyllable),
    ("Phạm Thúy", "Phạm Thúi", OneSyllable),
    ("Lê Tay", "Lê Tai", OneSyllable),
    ("Trần Văn A", "Trần Văn", OneSyllable),
    // different
    ("Nguyễn Thị Lan", "Trần Văn Lan", Different),
    ("Nguyễn Thị Lan", "Lan Thị Nguyễn", Different),
    ("Lan", "Lam", Different),
    ("", "Lan", Different),
    ("", "", Different),
    ("...", "Lan", Different),
];

#[test]
fn each_pair_falls_in_its_class_both_ways() {
    for &(a, b, class) in PAIRS {
        assert_eq!(compare(a, b), class, "{a} / {b}");
        assert_eq!(compare(b, a), class, "{b} / {a}");
    }
}

#[test]
fn composed_and_decomposed_forms_are_the_same() {
    for &(a, b, class) in PAIRS {
        let decomposed: String = a.nfd().collect();
        assert_eq!(compare(&decomposed, b), class, "{a} / {b}");
        if !a.is_empty() && a != "..." {
            assert_eq!(compare(&decomposed, a), Same, "{a}");
        }
    }
    // Marks in another order than Unicode's own: ậ as a + circumflex + dot, and as a + dot + circumflex.
    assert_eq!(compare("Mâ\u{323}u", "Ma\u{323}\u{302}u"), Same);
}

#[test]
fn a_name_past_the_limit_is_different() {
    let long = "a ".repeat(LONGEST_NAME);
    assert_eq!(compare(&long, &long), Different);
}

#[test]
fn only_spelling_is_waved_through() {
    assert!(Same.counts_as_same() && Spelling.counts_as_same());
    assert!(!AccentsOnly.counts_as_same() && !OneSyllable.counts_as_same());
    for class in [Same, Spelling, AccentsOnly, OneSyllable, Different] {
        if let Some(key) = class.message_key() {
            assert!(crate::messages::find(key).is_some(), "{key}");
        }
    }
    assert_eq!(
        serde_json::to_string(&AccentsOnly).unwrap(),
        "\"accents_only\""
    );
}

#[test]
fn any_characters_at_all_do_not_panic() {
    let odd = [
        "\u{301}",
        "y",
        "qy",
        "quy",
        "yê",
        "\u{fffd}\u{0}",
        "İ",
        "ß",
        "ﬁ",
        "한글",
        "🙂",
        "a\u{301}\u{300}\u{302}",
    ];
    for a in odd {
        for b in odd {
            compare(a, b);
        }
    }
}
