//! The cross-checks: each statement of the document against each other statement of the same thing.

use unicode_normalization::UnicodeNormalization as _;

use super::identity::PersonalId;
use super::verify::Reading;
use crate::access::{AccessKey, MrzKey};
use crate::card_qr::CardQr;
use crate::date::PartialDate;
use crate::lds::dg13::{Dg13, Expiry};
use crate::lds::{DataGroup, LdsError, com, dg2};
use crate::mrz::{Mrz, Sex, transliterate};
use crate::report::{Agreement, Cross, GroupState, PassiveReport, PortraitFacts, PortraitState};

/// What stood outside the chip when it was opened. It proves nothing, and the chip must not
/// contradict it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presented<'a> {
    /// What opened the chip.
    pub key: Option<&'a AccessKey>,
    /// The code printed on the card.
    pub qr: Option<&'a CardQr>,
}

/// Provinces that gave numbers before 1 July 2025, which stay those of issue (TT 07/2016/TT-BCA,
/// annex; chip and card never change them).
const PROVINCES: [u8; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37,
    38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77,
    79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

pub(super) fn check(
    reading: &Reading<'_>,
    passive: &PassiveReport,
    presented: &Presented<'_>,
) -> Cross {
    let mut cross = Cross::default();
    lists(&mut cross, reading, passive);
    let dg13 = reading.dg13.as_ref().and_then(|dg13| dg13.as_ref().ok());
    if let (Some(dg13), Some(qr)) = (dg13, presented.qr) {
        printed(&mut cross, dg13, qr);
    }
    let dg12 = reading.dg12.as_ref().and_then(|dg12| dg12.as_ref().ok());
    cross.issue_dg12_dg13 = Agreement::between(
        dg12.and_then(|dg12| dg12.issued?.whole()),
        dg13.and_then(|dg13| dg13.issue_date),
    );
    let Some(Ok(mrz)) = &reading.mrz else {
        return cross;
    };
    if let Some(id) = mrz.personal_id().and_then(PersonalId::parse) {
        number(&mut cross, &id, mrz, dg13, presented);
    }
    if let Some(dg13) = dg13 {
        cross.birth_dg13 = births(mrz, dg13.birth);
        cross.sex_dg13 = sexes(mrz.sex(), dg13.sex);
        cross.name_dg13 = names(mrz, dg13.name.as_deref().map(String::as_str));
        cross.expiry_dg13 = expiry(mrz, dg13.expiry);
    }
    if let Some(Ok(dg11)) = &reading.dg11 {
        cross.birth_dg11 = births(mrz, dg11.birth);
        let name = dg11.name.as_ref().map(|name| name.text());
        cross.name_dg11 = names(mrz, name.as_deref().map(String::as_str));
        let told = dg11.personal_number.as_deref().map(String::as_str);
        cross.number_dg11 = further_number(mrz, told);
    }
    if let Some(qr) = presented.qr {
        cross.birth_qr = births(mrz, qr.birth);
        cross.sex_qr = sexes(mrz.sex(), qr.sex);
        cross.name_qr = names(mrz, qr.name.as_deref().map(String::as_str));
    }
    if let Some(AccessKey::Mrz(key)) = presented.key {
        let inside = MrzKey::from_text(mrz.document_no(), mrz.birth(), mrz.expiry()).ok();
        cross.zone_presented =
            Agreement::between(inside.map(|inside| *inside.digest()), Some(*key.digest()));
    }
    cross
}

/// The number in the zone against everything else that tells or implies it.
fn number(
    cross: &mut Cross,
    id: &PersonalId,
    mrz: &Mrz,
    dg13: Option<&Dg13>,
    presented: &Presented<'_>,
) {
    let digits = id.expose();
    cross.number_dg13 = Agreement::between(
        dg13.and_then(|dg13| dg13.personal_id.as_deref().map(String::as_str)),
        Some(digits),
    );
    cross.number_qr =
        Agreement::between(presented.qr.map(|qr| qr.personal_id.expose()), Some(digits));
    if let Some(AccessKey::Can(can)) = presented.key {
        cross.number_can = Agreement::of(digits.ends_with(can.digits()));
    }
    cross.number_document = Agreement::of(digits.ends_with(mrz.document_no()));
    cross.number_place = match digits.get(..3).and_then(|place| place.parse::<u16>().ok()) {
        Some(place @ ..100) => {
            Agreement::of(PROVINCES.iter().any(|known| u16::from(*known) == place))
        }
        _ => Agreement::NotComparable,
    };
    let year = id.birth_year();
    let short = mrz.birth_parts().0.map(i16::from);
    let in_zone = Agreement::between(year.map(|year| year.rem_euclid(100)), short);
    let in_text = Agreement::between(
        year,
        dg13.and_then(|dg13| dg13.birth).map(PartialDate::year),
    );
    cross.number_birth = match (in_zone, in_text) {
        (Agreement::NotComparable, text) => text,
        (zone, Agreement::NotComparable) => zone,
        (zone, text) => Agreement::of(zone == text && zone == Agreement::Agree),
    };
    // Even is male (NĐ 137/2015/NĐ-CP, Điều 7).
    let male = digits.as_bytes().get(3).map(|digit| digit % 2 == 0);
    let numbered = male.map(|male| if male { Sex::Male } else { Sex::Female });
    cross.number_sex = sexes(mrz.sex(), numbered);
}

/// DG11's number. A CCCD must repeat its own; other states write theirs with strokes, blanks or in
/// part, so that there only equality says anything.
fn further_number(mrz: &Mrz, told: Option<&str>) -> Agreement {
    let Some(told) = told else {
        return Agreement::NotComparable;
    };
    let plain: String = told.chars().filter(char::is_ascii_alphanumeric).collect();
    match mrz.personal_id() {
        Some(id) => Agreement::of(id == plain),
        None if !plain.is_empty() && mrz.optional_data().replace('<', "") == plain => {
            Agreement::Agree
        }
        None => Agreement::NotComparable,
    }
}

/// DG13 against the code printed on the card, both with marks and whole dates.
fn printed(cross: &mut Cross, dg13: &Dg13, qr: &CardQr) {
    cross.name_dg13_qr = Agreement::between(
        dg13.name.as_ref().map(|name| with_marks(name)),
        qr.name.as_ref().map(|name| with_marks(name)),
    );
    cross.issue_dg13_qr = Agreement::between(dg13.issue_date, qr.issue_date);
    cross.old_number_dg13_qr = Agreement::between(dg13.old_id_no.as_ref(), qr.old_id_no.as_ref());
}

/// Each word in small letters, its tone mark told apart from its letters: "Thuỳ" and "Thùy" are one
/// word by two schools of spelling.
fn with_marks(name: &str) -> Vec<(String, Vec<char>)> {
    let tone = |letter: &char| {
        matches!(
            letter,
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'
        )
    };
    name.split_whitespace()
        .map(|word| word.to_lowercase().nfd().partition(|letter| !tone(letter)))
        .map(|(letters, tones): (Vec<char>, Vec<char>)| (letters.into_iter().collect(), tones))
        .collect()
}

/// As far as both sides know it; the zone knows two digits of the year.
fn births(mrz: &Mrz, date: Option<PartialDate>) -> Agreement {
    let (Some(date), (Some(year), month, day)) = (date, mrz.birth_parts()) else {
        return Agreement::NotComparable;
    };
    let same =
        |one: Option<i8>, other: Option<i8>| one.zip(other).is_none_or(|(one, other)| one == other);
    Agreement::of(
        date.year().rem_euclid(100) == i16::from(year)
            && same(date.month(), month)
            && same(date.day(), day),
    )
}

fn sexes(mrz: Sex, other: Option<Sex>) -> Agreement {
    let known = |sex: &Sex| *sex != Sex::Unspecified;
    Agreement::between(Some(mrz).filter(known), other.filter(known))
}

fn expiry(mrz: &Mrz, other: Option<Expiry>) -> Agreement {
    match other {
        None => Agreement::NotComparable,
        Some(Expiry::On(date)) => Agreement::between(mrz.expiry_date(), Some(date)),
        // A zone must have a date: the furthest that it can write, or fillers, is none.
        Some(Expiry::Never) => {
            Agreement::of(mrz.expiry_date().is_none_or(|date| date.year() == 2099))
        }
    }
}

/// The zone's letters against a name with marks, without regard to the blanks between words (an
/// apostrophe is one in some zones and nothing in others), nor to which part comes first.
fn names(mrz: &Mrz, marked: Option<&str>) -> Agreement {
    let Some(plain) = marked.and_then(plain) else {
        return Agreement::NotComparable;
    };
    let zone = mrz.name();
    let zone_words: Vec<&str> = zone.split(' ').collect();
    let words: Vec<&str> = plain.split(' ').collect();
    if zone_words.concat() == words.concat() || same_words(&zone_words, &words) {
        return Agreement::Agree;
    }
    // 9303-3 §4.6: a name that does not fit is cut at its end, or its words are.
    Agreement::of(mrz.name_may_be_cut() && shortened(&zone_words, &words))
}

/// Capitals without marks; `None` when the name has letters that the zone has no rule for.
fn plain(name: &str) -> Option<String> {
    let written = |letter: char| {
        !letter.is_alphabetic()
            || matches!(letter, 'ʼ')
            || !transliterate(letter.encode_utf8(&mut [0; 4])).is_empty()
    };
    let plain = name.chars().all(written).then(|| transliterate(name))?;
    (!plain.is_empty()).then_some(plain)
}

fn same_words(one: &[&str], other: &[&str]) -> bool {
    let sorted = |words: &[&str]| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words.concat()
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}

/// Each word of `short` begins a word of `full`, in the same order, and the first is whole.
fn shortened(short: &[&str], full: &[&str]) -> bool {
    if full.concat().starts_with(&short.concat()) {
        return true;
    }
    let mut rest = full.iter();
    short.first() == full.first()
        && short
            .iter()
            .all(|word| rest.any(|whole| whole.starts_with(word)))
}

/// EF.COM, which is unsigned, against the security object and against what was read.
fn lists(cross: &mut Cross, reading: &Reading<'_>, passive: &PassiveReport) {
    let Some(Ok(listed)) = reading.evidence.com.as_deref().map(com::read) else {
        return;
    };
    let signed: Vec<DataGroup> = passive
        .groups
        .iter()
        .filter(|(_, state)| !matches!(state, GroupState::NotInSod | GroupState::NotChecked))
        .map(|(group, _)| *group)
        .collect();
    if !signed.is_empty() {
        cross.com_sod = Agreement::of(
            DataGroup::ALL
                .iter()
                .all(|group| signed.contains(group) == listed.contains(group)),
        );
    }
    cross.com_read = Agreement::of(
        reading
            .evidence
            .groups
            .keys()
            .all(|group| listed.contains(group)),
    );
}

/// What became of the portrait.
pub(super) fn portrait(file: Option<&[u8]>) -> PortraitFacts {
    let state = |state| PortraitFacts {
        state,
        ..PortraitFacts::default()
    };
    let faces = match file.map(dg2::read_all) {
        None => return state(PortraitState::NotRead),
        Some(Err(LdsError::TooMany { .. })) => return state(PortraitState::TooLarge),
        Some(Err(_)) => return state(PortraitState::Unreadable),
        Some(Ok(faces)) => faces,
    };
    let Some(first) = faces.first() else {
        return state(PortraitState::Unreadable);
    };
    let portrait = &first.portrait;
    let size = (portrait.width(), portrait.height());
    PortraitFacts {
        state: portrait.end().into(),
        encoding: Some(first.encoding()),
        format: Some(portrait.format()),
        width: Some(size.0),
        height: Some(size.1),
        declared_size: Agreement::between(first.declared_size(), Some(size)),
        faces: faces.len(),
    }
}

#[cfg(test)]
mod tests;
