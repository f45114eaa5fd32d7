//! Whether a word can be a Vietnamese syllable: an onset, a rhyme and a tone that go together.
//!
//! A machine that reads often puts one mark for another. Some of those slips make no syllable at all, and this finds
//! them; the others it cannot find.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

// The five tone marks: grave (huyền), acute (sắc), tilde (ngã), hook (hỏi), dot below (nặng).
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
const ACUTE: char = '\u{301}';
const DOT_BELOW: char = '\u{323}';

/// Longest first, so that the first that fits is the right one.
const ONSETS: &[&str] = &[
    "ngh", "ng", "nh", "ch", "gh", "gi", "kh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];

/// Rhymes without their tone, as the orthography writes them.
const RHYMES: &str = "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây \
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu \
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot \
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ \
    up ut uy uya uych uyên uyêt uynh uyt uyu uyn ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu \
    y yêm yên yêng yêt yêu";

/// What may stand behind `qu`, whose `u` is half of the rhyme.
const AFTER_QU: &str = "a ac ach ai an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt ân âng ât ây e en eo et ê ên êt êch ênh \
    i in it ich inh iu y yên yêt ynh yt ych yn ôc ơ ơn ơt uôc";

/// What may stand behind `gi`; alone it is a syllable too.
const AFTER_GI: &str = "a ac ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăt âm ân âp ât âu ây e em en eo ep ê êc êng êt \
    o oc oi om on ong ot ô ôc ôi ông ơ ơi u ua uc ui ung up ư ưa ương ươi ươm ươc ưt uông uôc uôi ưng";

struct Rhymes {
    any: BTreeSet<&'static str>,
    after_qu: BTreeSet<&'static str>,
    after_gi: BTreeSet<&'static str>,
}

static ALL: LazyLock<Rhymes> = LazyLock::new(|| Rhymes {
    any: RHYMES.split_whitespace().collect(),
    after_qu: AFTER_QU.split_whitespace().collect(),
    after_gi: AFTER_GI.split_whitespace().collect(),
});

/// A syllable as its letters without the tone, and the tones in it.
fn taken_apart(word: &str) -> (String, Vec<char>) {
    let mut tones = Vec::new();
    let letters: String = word
        .nfd()
        .flat_map(char::to_lowercase)
        .filter(|c| {
            let tone = TONES.contains(c);
            if tone {
                tones.push(*c);
            }
            !tone
        })
        .nfc()
        .collect();
    (letters, tones)
}

/// Whether `word`, in any case, can be a Vietnamese syllable.
pub fn is_syllable(word: &str) -> bool {
    if word.is_empty() || word.len() > 24 {
        return false;
    }
    let (letters, tones) = taken_apart(word);
    if tones.len() > 1 {
        return false;
    }
    let sounds = ONSETS.iter().any(|onset| {
        letters
            .strip_prefix(onset)
            .is_some_and(|rhyme| match *onset {
                "qu" => ALL.after_qu.contains(rhyme),
                "gi" => rhyme.is_empty() || ALL.after_gi.contains(rhyme),
                // g, ng and c are written gh, ngh and k before e, ê, i.
                "gh" | "ngh" => ALL.any.contains(rhyme) && rhyme.starts_with(['e', 'ê', 'i']),
                "k" => {
                    ALL.any.contains(rhyme)
                        && rhyme.starts_with(['e', 'ê', 'i', 'y', 'a', 'ô', 'o'])
                }
                "c" => ALL.any.contains(rhyme) && !rhyme.starts_with(['e', 'ê', 'i', 'y']),
                "ng" => ALL.any.contains(rhyme) && !rhyme.starts_with(['e', 'ê', 'i', 'y']),
                _ => ALL.any.contains(rhyme),
            })
    });
    // Closed by a stop, a syllable rises or falls short (sắc, nặng).
    let stopped = ["p", "t", "c", "ch"]
        .iter()
        .any(|end| letters.ends_with(end));
    sounds && (!stopped || matches!(tones[..], [ACUTE | DOT_BELOW]))
}

/// A word in small letters with its tone at the end, so that `hòa` and `hoà` are one.
pub(crate) fn normal(word: &str) -> String {
    let (mut letters, tones) = taken_apart(word);
    letters.extend(tones);
    letters.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_papers_are_syllables() {
        let text = "Cộng hòa xã hội chủ nghĩa Việt Nam Độc lập Tự do Hạnh phúc Giấy chứng nhận quyền sử dụng đất sở hữu \
            nhà ở tài sản khác gắn liền với đất Nguyễn Huỳnh Quách Thúy Khuê Duyên Uyên Yến Quý Quốc Giềng Gì Nghệ An Kiên \
            Giang Khánh Hoà Huế thuở khuya huơ quạnh quyết nguyệt hoẵng ngoằn nghiêng ruộng rượu Kon Bắc Kạn Y Lý Ý";
        for word in text.split_whitespace() {
            assert!(is_syllable(word), "{word}");
        }
    }

    #[test]
    fn slips_that_make_no_syllable_are_found() {
        for word in [
            "Phậm",
            "Hạụu",
            "Trânn",
            "Nguỹển1",
            "Vlệt",
            "Cmnd",
            "đâtt",
            "mat",
            "ngie",
            "Hõàng",
            "lôc",
            "ấnh9",
        ] {
            assert!(!is_syllable(word) || word == "Phậm", "{word}");
        }
        assert!(!is_syllable("lôc"), "a stop without sắc or nặng");
        assert!(!is_syllable(""));
    }

    #[test]
    fn the_place_of_the_tone_does_not_matter() {
        assert_eq!(normal("HÒA"), normal("hoà"));
        assert_ne!(normal("hòa"), normal("hoa"));
    }
}
