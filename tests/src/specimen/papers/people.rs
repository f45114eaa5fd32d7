//! Invented people and their families. Every number is well formed, none belongs to anybody but by accident.

pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod words;

use emrtd::Sex;
use emrtd::mrz::{Td1, check_digit, transliterate};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::chance::Chance;
use places::Address;

/// Papers are written as of the middle of 2026: nobody is younger, nothing is issued later.
pub(crate) const TODAY: Date = date(2026, 6, 30);

/// Somebody made up.
#[derive(Clone)]
pub(crate) struct Person {
    /// "Bế Văn Độ".
    pub(crate) name: String,
    pub(crate) female: bool,
    pub(crate) born: Date,
    /// Twelve digits.
    pub(crate) number: String,
    /// Nine digits of the identity card of before 2016.
    pub(crate) old_number: String,
    pub(crate) ethnic: &'static str,
    pub(crate) religion: &'static str,
    pub(crate) home: Address,
    pub(crate) origin: Address,
    pub(crate) phone: String,
    pub(crate) job: &'static str,
}

const JOBS: &[&str] = &[
    "Công nhân may",
    "Giáo viên",
    "Nông dân",
    "Buôn bán nhỏ",
    "Lái xe",
    "Thợ hồ",
    "Kế toán",
    "Nội trợ",
    "Hưu trí",
    "Ngư dân",
    "Điều dưỡng",
    "Kỹ sư xây dựng",
    "Thợ điện",
    "Nhân viên văn phòng",
    "Lao động tự do",
];

impl Person {
    /// Born in one of the years; the rest as it comes, but what the caller fixes.
    pub(crate) fn invent(
        chance: &mut Chance,
        years: (i16, i16),
        female: Option<bool>,
        ethnic: Option<&str>,
    ) -> Self {
        let female = female.unwrap_or_else(|| chance.chance(0.5));
        let (name, ethnic) = names::invent(chance, female, ethnic);
        let span = u32::from((years.1 - years.0).unsigned_abs()) * 365;
        let born = date(years.0, 1, 1)
            .checked_add(i64::from(chance.whole(0, span.max(300))).days())
            .unwrap_or(date(years.0, 5, 19));
        let old = chance.chance(0.25);
        let origin = Address::invent(chance, true);
        let number = personal_number(chance, origin.code, female, born.year());
        Self {
            name,
            female,
            born,
            number,
            old_number: format!("{}{}", &origin.code[1..], chance.digits(7)),
            ethnic,
            religion: chance.pick(&[
                "Không",
                "Không",
                "Không",
                "Phật giáo",
                "Công giáo",
                "Tin Lành",
                "Cao Đài",
                "Phật giáo Hòa Hảo",
            ]),
            home: Address::invent(chance, old),
            origin,
            phone: format!(
                "0{}{}",
                chance.pick(&["91", "98", "37", "86", "70", "83", "56"]),
                chance.digits(7)
            ),
            job: chance.pick(JOBS),
        }
    }

    pub(crate) fn capitals(&self) -> String {
        self.name.to_uppercase()
    }

    pub(crate) fn sex(&self) -> &'static str {
        if self.female { "Nữ" } else { "Nam" }
    }

    /// "Ông" or "Bà".
    pub(crate) fn address(&self) -> &'static str {
        if self.female { "Bà" } else { "Ông" }
    }

    pub(crate) fn birthday(&self) -> String {
        day(self.born)
    }

    /// What the front of the card of 2021 says in its code: number, old number, name, birth, sex, residence, issue.
    pub(crate) fn qr(&self, issued: Date) -> String {
        let plain = |date: Date| date.strftime("%d%m%Y").to_string();
        let old = if self.born.year() < 2002 {
            self.old_number.as_str()
        } else {
            ""
        };
        let (born, issued) = (plain(self.born), plain(issued));
        format!(
            "{}|{old}|{}|{born}|{}|{}|{issued}",
            self.number,
            self.name,
            self.sex(),
            self.home.line()
        )
    }

    /// The three lines on the back of a card, with their check digits (ICAO 9303-5).
    pub(crate) fn mrz(&self, expires: Date) -> [String; 3] {
        let six = |date: Date| date.strftime("%y%m%d").to_string();
        let (birth, expiry, name) = (six(self.born), six(expires), transliterate(&self.name));
        // The card of 2021 repeats its twelve digits after the last nine of them, with a digit to check.
        let digit = check_digit(&self.number).expect("twelve digits");
        let optional = format!("{}<<{digit}", self.number);
        let text = Td1 {
            code: "ID",
            issuing_state: "VNM",
            nationality: "VNM",
            document_no: &self.number[3..],
            optional: &optional,
            birth: &birth,
            sex: if self.female { Sex::Female } else { Sex::Male },
            expiry: &expiry,
            name: &name,
        }
        .text();
        [&text[..30], &text[30..60], &text[60..]].map(str::to_owned)
    }
}

/// Place, century and sex, year, six digits without meaning (NĐ 137/2015/NĐ-CP art. 13).
fn personal_number(chance: &mut Chance, place: &str, female: bool, year: i16) -> String {
    let century = (year / 100 - 19) * 2 + i16::from(female);
    format!(
        "{place}{century}{:02}{:06}",
        year % 100,
        chance.whole(21, 999_999)
    )
}

/// "17/08/2010".
pub(crate) fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// "ngày 17 tháng 08 năm 2010".
pub(crate) fn long_day(date: Date) -> String {
    date.strftime("ngày %d tháng %m năm %Y").to_string()
}

/// So many days after; never after today.
pub(crate) fn after(date: Date, days: u32) -> Date {
    date.checked_add(i64::from(days).days())
        .map_or(TODAY, |later| later.min(TODAY))
}

/// Any day of these years, both included.
pub(crate) fn some_day(chance: &mut Chance, from: i16, to: i16) -> Date {
    let span = u32::from((to - from).unsigned_abs()) * 365 + 364;
    after(date(from, 1, 1), chance.whole(0, span))
}

/// One owner and those around, who appear on the same papers.
#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) owner: Person,
    pub(crate) spouse: Person,
    pub(crate) mother: Person,
    pub(crate) father: Person,
    pub(crate) children: Vec<Person>,
}

impl Family {
    pub(crate) fn invent(chance: &mut Chance) -> Self {
        let mut owner = Person::invent(chance, (1945, 2004), None, None);
        let (elder, younger) = (owner.born.year() - 42, owner.born.year() - 19);
        let mut father = Person::invent(chance, (elder, younger), Some(false), Some(owner.ethnic));
        let mother = Person::invent(chance, (elder, younger), Some(true), None);
        // Among the Kinh a child carries the father's family name.
        if owner.ethnic == "Kinh" {
            let rest = father
                .name
                .split_once(' ')
                .map_or("An", |(_, rest)| rest)
                .to_owned();
            father.name = format!("{} {rest}", names::family(&owner.name));
        }
        let near = (owner.born.year() - 6, (owner.born.year() + 6).min(2006));
        let mut spouse = Person::invent(chance, near, Some(!owner.female), None);
        spouse.home = owner.home.clone();
        let first = (owner.born.year() + 20).clamp(1965, 2020);
        let children = (0..chance.whole(2, 4))
            .map(|_| {
                let mut child = Person::invent(
                    chance,
                    (first, (first + 12).min(2025)),
                    None,
                    Some(owner.ethnic),
                );
                child.home = owner.home.clone();
                child
            })
            .collect();
        owner.religion = father.religion;
        Self {
            owner,
            spouse,
            mother,
            father,
            children,
        }
    }
}

#[cfg(test)]
mod tests {
    use emrtd::mrz::Mrz;
    use rulebook::personal_id::{self, Sex};

    use super::*;

    #[test]
    fn numbers_agree_with_the_people_they_were_given_to() {
        let mut chance = Chance::new(11);
        for _ in 0..200 {
            let family = Family::invent(&mut chance);
            for person in [
                &family.owner,
                &family.mother,
                &family.father,
                &family.spouse,
            ] {
                let sex = if person.female {
                    Sex::Female
                } else {
                    Sex::Male
                };
                assert_eq!(
                    personal_id::faults(&person.number, person.born, Some(sex)),
                    []
                );
                let zone = person.mrz(date(2040, 1, 2)).concat();
                let zone = Mrz::parse(&zone).expect("a sound zone");
                assert_eq!(zone.personal_id(), Some(person.number.as_str()));
                let read = emrtd::CardQr::parse(&person.qr(TODAY)).expect("a sound code");
                assert_eq!(
                    read.name.as_deref().map(String::as_str),
                    Some(person.name.as_str())
                );
            }
        }
    }
}
