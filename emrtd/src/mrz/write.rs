//! Writing a zone: what the specimen issuer prints on a card or in a passport.

use super::{Sex, check_digit};

/// The fields of a TD1 zone; [`text`](Self::text) pads them and adds the check digits.
#[derive(Clone, Copy)]
pub struct Td1<'a> {
    /// "ID".
    pub code: &'a str,
    /// Three letters.
    pub issuing_state: &'a str,
    pub nationality: &'a str,
    /// Up to nine characters; the rest of a longer one goes before the optional data.
    pub document_no: &'a str,
    /// Up to fifteen, fewer beside a long number.
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
        // 9303-5 §4.2.2.1 note j: a filler for the digit, then the rest, its digit and a filler.
        let (number_digit, optional) =
            match self.document_no.get(9..).filter(|rest| !rest.is_empty()) {
                Some(rest) => {
                    let whole = digit(&pad(self.document_no, self.document_no.len()));
                    ('<', format!("{rest}{whole}<{}", self.optional))
                }
                None => (digit(&number), self.optional.to_owned()),
            };
        let upper = format!(
            "{}{}{number}{number_digit}{}",
            pad(self.code, 2),
            pad(self.issuing_state, 3),
            pad(&optional, 15)
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
        format!("{upper}{middle}{}", name(self.name, 30))
    }
}

/// The fields of a passport's zone.
#[derive(Clone, Copy)]
pub struct Td3<'a> {
    /// Three letters.
    pub issuing_state: &'a str,
    pub nationality: &'a str,
    /// Up to nine characters.
    pub document_no: &'a str,
    /// YYMMDD.
    pub birth: &'a str,
    pub sex: Sex,
    /// YYMMDD.
    pub expiry: &'a str,
    /// Up to fourteen characters: the personal number.
    pub optional: &'a str,
    /// Without marks, family name first.
    pub name: &'a str,
}

impl Td3<'_> {
    /// Eighty-eight characters. Fields that are too long are cut.
    pub fn text(&self) -> String {
        let with_digit = |text: &str, length: usize| {
            let field = pad(text, length);
            format!("{field}{}", digit(&field))
        };
        let number = with_digit(self.document_no, 9);
        let birth = with_digit(self.birth, 6);
        let expiry = with_digit(self.expiry, 6);
        let optional = with_digit(self.optional, 14);
        let composite = digit(&format!("{number}{birth}{expiry}{optional}"));
        format!(
            "P<{}{}{number}{}{birth}{}{expiry}{optional}{composite}",
            pad(self.issuing_state, 3),
            name(self.name, 39),
            pad(self.nationality, 3),
            self.sex.letter(),
        )
    }
}

/// The first word is the family name, as in Vietnam.
fn name(name: &str, length: usize) -> String {
    let (family, given) = name.split_once(' ').unwrap_or((name, ""));
    pad(&format!("{family}<<{given}"), length)
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
