//! Words: names, places, authorities, and the few words a form allows.

use rulebook::{people, places, syllables};

use super::{Taken, joined, unfit};
use crate::fold::fold;
use crate::reason::Reason;

/// Nobody's name has more syllables; the longest registered ones have seven.
const LONGEST_NAME: usize = 7;

pub(super) fn text(words: &[&str], sentence: bool) -> Option<Taken> {
    let mut value = joined(words);
    if sentence && words.last().is_some_and(|word| word.ends_with('.')) {
        value.push('.');
    }
    let unusual = words.iter().any(|word| !reads_well(word));
    Some(Taken::sound(value, 0..words.len()).with(unusual.then_some(Reason::UnusualWord)))
}

/// Whether a word of free text is a Vietnamese syllable, a number, or an abbreviation in capitals.
fn reads_well(word: &str) -> bool {
    word.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .all(|part| {
            part.bytes().all(|byte| byte.is_ascii_digit())
                || syllables::is_syllable(part)
                || part.chars().count() <= 6
                    && part.chars().all(|c| c.is_uppercase() || c.is_ascii_digit())
        })
}

/// The capitalised words a name is made of; a comma or a small word ends it.
pub(super) fn name(words: &[&str]) -> Option<Taken> {
    // "Ông (bà) Lê Văn Thử": the other form of address.
    if words.len() > 1 && words[0].starts_with('(') && words[0].ends_with(')') {
        let mut taken = name(&words[1..])?;
        taken.used = taken.used.start + 1..taken.used.end + 1;
        return Some(taken);
    }
    let mut used = 0;
    for word in words {
        let bare = word.trim_end_matches([',', ';', '.', ':', ')']);
        let title = is_academic(word);
        let named = bare.chars().next().is_some_and(char::is_uppercase)
            && bare
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
        // "Số", "Sinh ngày": the next label, begun without a sign.
        let stop = used >= 2
            && matches!(
                fold(bare).as_str(),
                "sinh" | "so" | "cccd" | "cmnd" | "ngay" | "nam"
            )
            && bare.chars().any(char::is_lowercase)
            && bare != "Nam"
            && bare != "Sinh";
        if !(named || title && used == 0) || used == LONGEST_NAME + 1 || stop {
            break;
        }
        used += 1;
        if word.ends_with([',', ';']) || word.ends_with('.') && !title {
            break;
        }
    }
    if used == 0 {
        return unfit(&words[..words.len().min(4)]);
    }
    let value = joined(&words[..used]);
    let parts: Vec<&str> = value
        .split_whitespace()
        .skip_while(|part| {
            is_academic(part)
                || matches!(fold(part).as_str(), "ong" | "ba")
                    && value.split_whitespace().count() > 2
        })
        .collect();
    let mut letters = parts.iter().flat_map(|part| part.chars());
    let capitals = letters.all(|c| c.is_uppercase() || !c.is_alphabetic());
    let mixed = !capitals
        && parts
            .iter()
            .any(|part| part.chars().skip(1).any(char::is_uppercase));
    let shape = !(2..=LONGEST_NAME).contains(&parts.len()) || mixed;
    let unusual = !parts.iter().all(|part| syllables::is_syllable(part))
        || parts
            .first()
            .is_some_and(|family| !people::is_family_name(family))
        || parts.iter().skip(1).any(|part| !people::is_name_word(part));
    Some(
        Taken::sound(value, 0..used)
            .with(shape.then_some(Reason::Shape))
            .with(unusual.then_some(Reason::UnusualWord)),
    )
}

/// `PGS.TS.`, `ThS.`, `BS.CKII`.
fn is_academic(word: &str) -> bool {
    let mut parts = word.split('.').filter(|part| !part.is_empty()).peekable();
    word.contains('.')
        && parts.peek().is_some()
        && parts.all(|part| {
            matches!(
                fold(part).as_str(),
                "gs" | "pgs"
                    | "ts"
                    | "ths"
                    | "tskh"
                    | "cn"
                    | "ks"
                    | "bs"
                    | "ckii"
                    | "cki"
                    | "luatsu"
                    | "ncs"
            )
        })
}

pub(super) fn sex(words: &[&str]) -> Option<Taken> {
    let first = words.first()?.trim_matches(|c: char| !c.is_alphabetic());
    let sound = matches!(first, "Nam" | "Nữ" | "NAM" | "NỮ" | "nam" | "nữ");
    Some(Taken::sound(first.to_owned(), 0..1).with((!sound).then_some(Reason::Shape)))
}

/// The longest listed entry that the words begin with.
pub(super) fn listed(words: &[&str], list: &[&str]) -> Option<Taken> {
    best_of(words, list.iter().copied()).or_else(|| unfit(&words[..words.len().min(3)]))
}

fn best_of<'a>(words: &[&str], list: impl Iterator<Item = &'a str>) -> Option<Taken> {
    let printed: Vec<String> = words
        .iter()
        .take(6)
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphabetic())
                .to_lowercase()
        })
        .collect();
    let longest = list
        .filter(|entry| {
            let parts: Vec<String> = entry.to_lowercase().split(' ').map(str::to_owned).collect();
            printed.starts_with(&parts)
        })
        .map(|entry| entry.split(' ').count())
        .max()?;
    Some(Taken::sound(joined(&words[..longest]), 0..longest))
}

pub(super) fn ethnic_group(words: &[&str]) -> Option<Taken> {
    best_of(words, people::ethnic_groups()).or_else(|| unfit(&words[..words.len().min(2)]))
}

pub(super) fn nationality(words: &[&str]) -> Option<Taken> {
    best_of(words, people::NATIONALITIES.iter().copied())
        .or_else(|| unfit(&words[..words.len().min(3)]))
}

/// An address. It must name a province; whether the ward lies there is a note, no fault.
pub(super) fn place(words: &[&str]) -> Option<Taken> {
    // In running text the sentence goes on behind the province.
    let ends = (1..=words.len()).rev().find(|end| {
        (*end == words.len() || words[*end - 1].ends_with([',', ';']))
            && places::province_in(&joined(&words[..*end])).is_some()
    });
    let words = &words[..ends.unwrap_or(words.len())];
    let printed = joined(words);
    let value = with_ranks(&printed);
    let unusual = value.split(' ').any(|word| {
        !reads_well(word) && !is_house_number(word) || shouts(word, &value) || is_rank_misread(word)
    });
    let found = places::province_in(&value);
    let mended = value != printed;
    Some(
        Taken::sound(value, 0..words.len())
            .with(mended.then_some(Reason::Mended))
            .with((found.is_none() && is_cut(words)).then_some(Reason::Shape))
            .with(found.is_none().then_some(Reason::NoProvince))
            .with(unusual.then_some(Reason::UnusualWord)),
    )
}

/// A syllable in capitals among words that are not: "Đại LỘC". Abbreviations are no syllables.
fn shouts(word: &str, value: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphabetic());
    bare.chars().count() > 1
        && bare.chars().all(char::is_uppercase)
        && syllables::is_syllable(bare)
        && value.chars().any(char::is_lowercase)
}

/// What the parts of an address are called; in small letters these words carry these marks and no others.
const RANKS: &[(&str, &[&str])] = &[
    ("tinh", &["tỉnh"]),
    ("thanh", &["thành", "thanh"]),
    ("pho", &["phố"]),
    ("phuong", &["phường"]),
    ("xa", &["xã"]),
    ("huyen", &["huyện"]),
    ("quan", &["quận", "quân", "quan"]),
    ("tran", &["trấn"]),
    ("to", &["tổ"]),
    ("ap", &["ấp"]),
    ("thon", &["thôn"]),
    ("duong", &["đường"]),
    ("hem", &["hẻm"]),
    ("kiet", &["kiệt"]),
];

/// "tính Thử", "tỗ 3", "thị trần Mẫu".
fn is_rank_misread(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphabetic());
    if bare.chars().any(char::is_uppercase) {
        return false;
    }
    let folded = fold(bare);
    RANKS
        .iter()
        .any(|(rank, marked)| *rank == folded && !marked.contains(&bare))
}

/// The same with the marks that rank words have, where a name or a number follows them.
fn with_ranks(value: &str) -> String {
    let words: Vec<&str> = value.split(' ').collect();
    let mended = words.iter().enumerate().map(|(at, word)| {
        let named = words
            .get(at + 1)
            .is_some_and(|next| next.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()));
        let folded = fold(word);
        let rank = RANKS.iter().find(|(rank, _)| *rank == folded);
        match rank {
            Some((_, marked)) if named && is_rank_misread(word) => marked[0],
            _ => word,
        }
    });
    mended.collect::<Vec<_>>().join(" ")
}

/// The line ends where something must follow: a comma, a rank without a name.
fn is_cut(words: &[&str]) -> bool {
    words.last().is_some_and(|last| {
        last.ends_with([',', '-'])
            || matches!(
                fold(last).as_str(),
                "phuong"
                    | "xa"
                    | "quan"
                    | "huyen"
                    | "tinh"
                    | "thanh"
                    | "pho"
                    | "tp"
                    | "duong"
                    | "so"
            )
    })
}

/// `313/55`, `12A`, `44Bis`.
fn is_house_number(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    bare.split(['/', '-', '.']).all(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0
            && part.len() - digits <= 3
            && part[digits..]
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic())
    })
}

const AUTHORITIES: &[&str] = &[
    "uy ban nhan dan",
    "ubnd",
    "cong an",
    "so ",
    "cuc ",
    "bo ",
    "phong ",
    "chi cuc",
    "truong ",
    "benh vien",
    "toa an",
    "van phong",
    "hoi dong",
    "dai su quan",
    "trung tam",
    "trai tam giam",
    "co quan",
];

pub(super) fn authority(words: &[&str]) -> Option<Taken> {
    let printed = joined(words);
    let value = with_ranks(&printed);
    let mended = value != printed;
    let unusual = value
        .split(' ')
        .any(|word| !reads_well(word) || shouts(word, &value) || is_rank_misread(word));
    let folded = fold(&value);
    let known = AUTHORITIES.iter().any(|start| folded.starts_with(start));
    // A commune's committee is named with its province.
    let local = ["uy ban", "ubnd", "cong an phuong", "cong an xa"]
        .iter()
        .any(|start| folded.starts_with(start));
    let placed = !local || places::province_in(&value).is_some();
    Some(
        Taken::sound(value, 0..words.len())
            .with(mended.then_some(Reason::Mended))
            .with((!known || is_cut(words)).then_some(Reason::Shape))
            .with((!placed).then_some(Reason::NoProvince))
            .with(unusual.then_some(Reason::UnusualWord)),
    )
}

pub(super) fn email(words: &[&str]) -> Option<Taken> {
    let first = words.first()?;
    if first.contains('@') {
        if let Some(address) = mended_email(first) {
            return Some(Taken::sound(address, 0..1).with(Some(Reason::Mended)));
        }
        let sound = first.split('@').count() == 2
            && first
                .rsplit('@')
                .next()
                .is_some_and(|host| host.contains('.'))
            && first.is_ascii();
        return Some(
            Taken::sound(joined(&words[..1]), 0..1).with((!sound).then_some(Reason::Shape)),
        );
    }
    if let Some(address) = mended_email(first) {
        return Some(Taken::sound(address, 0..1).with(Some(Reason::Mended)));
    }
    // "không có", "khong co".
    unfit(&words[..words.len().min(2)])
}

/// An address at one of the hosts that nearly everybody has, its sign or its point misread: `thu@gmailcom`,
/// `thuegmail.com`. None when nothing is wrong, or nothing is sure.
fn mended_email(word: &str) -> Option<String> {
    const HOSTS: [&str; 5] = [
        "gmail.com",
        "yahoo.com.vn",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
    ];
    let word = word.trim_end_matches([',', ';', '.']);
    HOSTS.iter().find_map(|host| {
        let bare = host.replace('.', "");
        let before = word
            .strip_suffix(host)
            .or_else(|| word.strip_suffix(&*bare))?;
        let name = match before.char_indices().last()? {
            (at, '@' | 'e' | 'a' | 'Q' | 'G' | '©' | '®') => &before[..at],
            _ => return None,
        };
        let sound = name.len() > 2 && name.is_ascii() && !name.contains('@');
        let address = format!("{name}@{host}");
        (sound && address != word).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::*;

    fn take(shape: Shape, text: &str) -> (String, Vec<Reason>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let taken = shape.take(&words).expect("there are words");
        (taken.value, taken.faults)
    }

    #[test]
    fn a_name_ends_where_its_capitals_end() {
        let name = |text| take(Shape::Name, text);
        assert_eq!(name("NGÔ THỊ QUYÊN"), ("NGÔ THỊ QUYÊN".to_owned(), vec![]));
        assert_eq!(
            name("Lưu Trọng Hùng , sinh ngày"),
            ("Lưu Trọng Hùng".to_owned(), vec![])
        );
        assert_eq!(
            name("Lê Văn Nam, Giới tính"),
            ("Lê Văn Nam".to_owned(), vec![])
        );
        assert_eq!(
            name("Ông Phạm Thế Trường"),
            ("Ông Phạm Thế Trường".to_owned(), vec![])
        );
        assert_eq!(
            name("PGS.TS. Quách Minh Bằng"),
            ("PGS.TS. Quách Minh Bằng".to_owned(), vec![])
        );
        assert_eq!(name("Bà LÊ THỊ MẪU"), ("Bà LÊ THỊ MẪU".to_owned(), vec![]));
        assert!(name("NGÔ TH1 QUYÊN").1.contains(&Reason::Shape));
        assert!(
            name("TRAN THỊ MẪU").1.contains(&Reason::UnusualWord),
            "marks were lost on the way"
        );
        assert!(
            name("ĐĂNG HỮU TUẤN").1.contains(&Reason::UnusualWord),
            "no such family"
        );
        assert!(name("Lê Vắn Thử").1.contains(&Reason::UnusualWord));
    }

    #[test]
    fn forms_allow_few_words() {
        assert_eq!(take(Shape::Sex, "Nữ Dân"), ("Nữ".to_owned(), vec![]));
        assert_eq!(take(Shape::Sex, "Nử").1, [Reason::Shape]);
        assert_eq!(
            take(Shape::EthnicGroup, "Xơ Đăng Quốc tịch"),
            ("Xơ Đăng".to_owned(), vec![])
        );
        assert_eq!(take(Shape::EthnicGroup, "Kỉnh").1, [Reason::Shape]);
        assert_eq!(
            take(Shape::Nationality, "Việt Nam"),
            ("Việt Nam".to_owned(), vec![])
        );
        assert_eq!(
            take(Shape::Kinship, "Con đẻ"),
            ("Con đẻ".to_owned(), vec![])
        );
        assert_eq!(
            take(Shape::Email, "thu@example.vn"),
            ("thu@example.vn".to_owned(), vec![])
        );
        for misread in ["thu85@gmailcom", "thu85egmail.com"] {
            assert_eq!(
                take(Shape::Email, misread),
                ("thu85@gmail.com".to_owned(), vec![Reason::Mended])
            );
        }
        assert_eq!(
            take(Shape::Email, "thu85@gmail.com"),
            ("thu85@gmail.com".to_owned(), vec![])
        );
    }

    #[test]
    fn an_address_names_a_province() {
        let place = |text| take(Shape::Place, text);
        assert_eq!(
            place("313/55 Xô Viết Nghệ Tĩnh, phường Long Trường, tỉnh Nghệ An").1,
            []
        );
        assert_eq!(
            place("12A ngõ 3, xã Long Hậu, tỉnh Nghệ").1,
            [Reason::NoProvince]
        );
        assert_eq!(place("xã Lọng Hạụu, tỉnh Cà Mau").1, [Reason::UnusualWord]);
        assert_eq!(
            place("tỗ 3, xã Long Hậu, tính Cà Mau"),
            (
                "tổ 3, xã Long Hậu, tỉnh Cà Mau".to_owned(),
                vec![Reason::Mended]
            )
        );
        assert_eq!(
            take(
                Shape::Authority,
                "Ủy ban nhân dân phường Bảy Hiền, Thành phố Hồ Chí Minh"
            )
            .1,
            []
        );
        assert_eq!(
            take(Shape::Authority, "Ủy ban nhân dân phường").1,
            [Reason::Shape, Reason::NoProvince]
        );
        assert_eq!(
            place("số 3, phường Thử, tỉnh Cà Mau, được nghỉ việc").0,
            "số 3, phường Thử, tỉnh Cà Mau"
        );
        assert_eq!(place("số 3, phường").1, [Reason::Shape, Reason::NoProvince]);
    }
}
