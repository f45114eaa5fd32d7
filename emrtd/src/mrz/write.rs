//! Writing a card's zone: what the specimen issuer prints.

use super::{Sex, check_digit};

/// The fields of a TD1 zone; [`text`](Self::text) pads them and adds the check digits.
#[derive(Clone, Copy)]
pub struct Td1<'a> {
    /// "ID".
    pub code: &'a str,
    /// Three letters.
    pub issuing_state: &'a str,
    pub nationality: &'a str,
    /// Up to nine characters.
    pub document_no: &'a str,
    /// Up to fifteen.
    pub optional: &'a str,
    /// YYMMDD.
    pub birth: &'a str,
    pub sex: Sex,
    /// YYMMDD.
    pub expiry: &'a str,
    /// Without marks, family name first: "NGUYEN VAN A".
    pub name: &'a str,
}

impl Td1<'_> {
    /// Ninety characters. Fields that are too long are cut; the name as 9303-3 §4.6 allows.
    pub fn text(&self) -> String {
        let number = pad(self.document_no, 9);
        let upper = format!(
            "{}{}{number}{}{}",
            pad(self.code, 2),
            pad(self.issuing_state, 3),
            digit(&number),
            pad(self.optional, 15)
        );
        let birth = pad(self.birth, 6);
        let expiry = pad(self.expiry, 6);
        let birth = format!("{birth}{}", digit(&birth));
        let expiry = format!("{expiry}{}", digit(&expiry));
        let optional = "<".repeat(11);
        let composite = digit(&format!("{}{birth}{expiry}{optional}", &upper[5..]));
        let middle = format!(
            "{birth}{}{expiry}{}{optional}{composite}",
            self.sex.letter(),
            pad(self.nationality, 3)
        );
        let mut words = self.name.split(' ');
        let family = words.next().unwrap_or_default();
        let given: Vec<&str> = words.collect();
        let name = format!("{family}<<{}", given.join("<"));
        format!("{upper}{middle}{}", pad(&name, 30))
    }
}

fn pad(text: &str, length: usize) -> String {
    let mut padded: String = text
        .chars()
        .map(|letter| match letter {
            'A'..='Z' | '0'..='9' => letter,
            _ => '<',
        })
        .take(length)
        .collect();
    padded.extend(std::iter::repeat_n('<', length - padded.len()));
    padded
}

fn digit(text: &str) -> char {
    check_digit(text).expect("padding leaves only characters of the zone")
}
