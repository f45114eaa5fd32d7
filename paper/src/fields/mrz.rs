//! The lines of a machine-readable zone, as they were read, held against their check digits and against the print.

use crate::codes::Zone;
use crate::fold::{distance, fold};
use crate::layout::{Layout, Token};
use crate::shape::Shape;
use crate::shape::number::digits_of;

use super::judge::of_tokens;
use super::{Field, FieldState, Reason};

/// The shortest line of any zone has 30 letters (ICAO 9303-5); slips may have lost some.
const SHORTEST: usize = 26;

/// A card's line (ICAO 9303-5) and a passport's (ICAO 9303-4).
const CARD: usize = 30;
const PASSPORT: usize = 44;

/// Takes `mrz1`, `mrz2`, `mrz3`.
pub(super) fn take(layout: &Layout<'_>, found: &mut Vec<Field>) {
    for segment in &layout.segments {
        let line = layout.text(segment).replace(' ', "");
        if !is_zone(&line) {
            continue;
        }
        let name = format!("mrz{}", number(&line));
        if found.iter().any(|field| field.name == name) {
            continue;
        }
        let tokens: Vec<&Token<'_>> = layout.tokens[segment.tokens.clone()].iter().collect();
        let mut field = of_tokens(name, &tokens, Shape::Mrz, 1.0);
        mend(&mut field);
        found.push(field);
    }
}

fn is_zone(line: &str) -> bool {
    let letters = line
        .chars()
        .filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '<')
        .count();
    line.chars().count() >= SHORTEST
        && letters * 10 >= line.chars().count() * 9
        && line.contains("<<")
}

/// Which line it is: names carry no digit; a card's second line begins with the birth date.
fn number(line: &str) -> u8 {
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let passport = line.chars().count() > (CARD + PASSPORT) / 2;
    match (passport, digits) {
        (true, 0..=2) => 1,
        (true, _) => 2,
        (false, 0..=2) => 3,
        (false, _) => {
            let head = line.bytes().take(6).filter(u8::is_ascii_digit).count();
            if head >= 4 { 2 } else { 1 }
        }
    }
}

/// Puts digits where a Vietnamese card's first line has nothing else, and says so: `IDVNM`, a number of nine digits and its
/// check digit, the personal number.
fn mend(field: &mut Field) {
    // A speck before the line.
    if let Some(at) = field.value.find("IDVNM").filter(|at| *at > 0)
        && field.value.len() - at == CARD
    {
        field.value = field.value.split_off(at);
        field.reasons.retain(|reason| *reason != Reason::Shape);
        field.doubt(Reason::Mended);
    }
    let misread = field.value.len() == CARD
        && field.value.is_ascii()
        && number(&field.value) == 1
        && field.value[5..14].bytes().all(|byte| byte.is_ascii_digit());
    if misread && (1..=2).contains(&distance(&field.value[..5], "IDVNM")) {
        field.value.replace_range(..5, "IDVNM");
        field.doubt(Reason::Mended);
    }
    if !field.value.starts_with("IDVNM") || field.value.len() != CARD || !field.value.is_ascii() {
        return;
    }
    let (head, rest) = field.value.split_at(5);
    let (middle, tail) = rest.split_at(22);
    if let Some(digits) = digits_of(middle).filter(|digits| digits != middle) {
        field.value = format!("{head}{digits}{tail}");
        field.doubt(Reason::Mended);
    }
}

/// Puts the lines of a zone in which every check digit fits in the place of what the words alone gave. A line that had to
/// be repaired says so and keeps what was read beside it. `fields` lie on the unaltered pages already.
pub(super) fn from_zone(fields: &mut Vec<Field>, zone: &Zone, page: u32) {
    if !zone.checks.all() {
        return;
    }
    for (line, number) in zone.lines.iter().zip(1..) {
        let name = format!("mrz{number}");
        let at = match fields.iter().position(|field| field.name == name) {
            Some(at) => at,
            None => {
                fields.push(Field {
                    name,
                    page,
                    places: vec![zone.place],
                    ..Field::default()
                });
                fields.len() - 1
            }
        };
        let field = &mut fields[at];
        if field.page != page || field.value == line.as_str() {
            continue;
        }
        let read = std::mem::replace(&mut field.value, line.as_str().to_owned());
        field.alternative = Some(read).filter(|read| !read.is_empty());
        field.reasons.retain(|reason| *reason != Reason::Shape);
        field.doubt(Reason::Mended);
    }
    against_print(fields);
}

/// The lines against each other and against the print: what check digits and the print prove needs no second reading, and
/// what they contradict is for a person.
pub(super) fn against_print(fields: &mut [Field]) {
    let value = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value.clone())
            .filter(|value| value.is_ascii() || !name.starts_with("mrz"))
    };
    let lines = ["mrz1", "mrz2", "mrz3"].map(value);
    let (number, name) = (value("so_cccd"), value("ho_ten"));
    let card = |line: &Option<String>| line.clone().filter(|line| line.len() == CARD);
    let mut proven: Vec<(&str, bool)> = Vec::new();
    if let Some(first) = card(&lines[0]) {
        let digit = check_digit(&first[5..14]) == digit_at(&first, 14);
        let same = number.as_deref() == Some(&first[15..27]);
        proven.push(("mrz1", digit && same && first.starts_with("IDVNM")));
    }
    if let Some(second) = card(&lines[1]) {
        let dates = check_digit(&second[..6]) == digit_at(&second, 6)
            && check_digit(&second[8..14]) == digit_at(&second, 14);
        let whole = card(&lines[0]).is_some_and(|first| {
            let all = [&first[5..], &second[..7], &second[8..15], &second[18..29]].concat();
            check_digit(&all) == digit_at(&second, 29)
        });
        // No check digit covers the sex.
        let sex = match (
            value("gioi_tinh").as_deref().map(fold).as_deref(),
            &second[7..8],
        ) {
            (Some("nam"), sex) => sex == "M",
            (Some("nu"), sex) => sex == "F",
            (_, sex) => matches!(sex, "M" | "F" | "<"),
        };
        proven.push(("mrz2", dates && whole && sex && &second[15..18] == "VNM"));
    }
    if let (Some(third), Some(name)) = (card(&lines[2]), name) {
        let printed = fold(&name).to_uppercase();
        let read = third.replace('<', " ");
        let read: Vec<&str> = read.split_whitespace().collect();
        // The zone holds thirty letters; a longer name is cut there.
        proven.push(("mrz3", read.join(" ") == printed && third.ends_with('<')));
    }
    for field in fields.iter_mut() {
        let verdicts = proven.iter().filter(|(name, _)| *name == field.name);
        let verdicts: Vec<bool> = verdicts.map(|(_, right)| *right).collect();
        if verdicts.is_empty() {
            if field.name.starts_with("mrz") {
                field.doubt(Reason::Unsure);
            }
            continue;
        }
        if verdicts.contains(&false) {
            field.doubt(Reason::Unsure);
            continue;
        }
        let only_unsure = field.reasons.iter().all(|reason| {
            reason.is_note() || matches!(reason, Reason::Unsure | Reason::SecondDiffers)
        });
        if only_unsure && field.state == FieldState::Check {
            field.reasons.retain(|reason| reason.is_note());
            field.state = FieldState::Accepted;
        }
    }
}

fn digit_at(line: &str, at: usize) -> Option<u32> {
    (*line.as_bytes().get(at)? as char).to_digit(10)
}

/// ICAO 9303-3 §4.9: weights 7, 3, 1 over the values of digits and letters, modulo 10.
fn check_digit(letters: &str) -> Option<u32> {
    letters
        .bytes()
        .zip([7_u32, 3, 1].into_iter().cycle())
        .map(|(letter, weight)| {
            let value = match letter {
                b'<' => 0,
                b'0'..=b'9' => u32::from(letter - b'0'),
                b'A'..=b'Z' => u32::from(letter - b'A') + 10,
                _ => return None,
            };
            Some(value * weight)
        })
        .sum::<Option<u32>>()
        .map(|sum| sum % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(lines: [&str; 3]) -> Vec<Field> {
        let of = |(at, line): (usize, &str)| Field {
            name: format!("mrz{}", at + 1),
            value: line.to_owned(),
            state: FieldState::Check,
            reasons: vec![Reason::SecondDiffers],
            ..Field::default()
        };
        let print = [("so_cccd", "001085000009"), ("ho_ten", "NGUYỄN VĂN THỬ")];
        let print = print.map(|(name, value)| Field {
            name: name.to_owned(),
            value: value.to_owned(),
            ..Field::default()
        });
        lines.into_iter().enumerate().map(of).chain(print).collect()
    }

    #[test]
    fn check_digits_are_those_of_the_standard() {
        // ICAO 9303-3, appendix to §4.9.
        assert_eq!(check_digit("520727"), Some(3));
        assert_eq!(check_digit("AB2134<<<"), Some(5));
    }

    #[test]
    fn what_digits_and_print_prove_is_accepted() {
        let first = "IDVNM0850000098001085000009<<8";
        let all = [&first[5..], "8504032", "2504030", "<<<<<<<<<<<"].concat();
        let second = format!(
            "8504032M2504030VNM<<<<<<<<<<<{}",
            check_digit(&all).expect("letters of the zone")
        );
        let mut fields = zone([first, &second, "NGUYEN<<VAN<THU<<<<<<<<<<<<<<<"]);
        against_print(&mut fields);
        for field in &fields[..3] {
            assert_eq!(field.state, FieldState::Accepted, "{}", field.name);
        }
        let other = first.replace("0850000098", "0850000099");
        let mut fields = zone([&other, &second, "NGUYEN<<VAN<THU<<<<<<<<<<<<<<<"]);
        against_print(&mut fields);
        assert_eq!(fields[0].state, FieldState::Check);
        assert_eq!(fields[1].state, FieldState::Check);
        let mut fields = zone([first, &second, "NGUYEN<<VAN<THO<<<<<<<<<<<<<<<"]);
        against_print(&mut fields);
        assert_eq!(fields[2].state, FieldState::Check);
    }

    #[test]
    fn each_line_is_known_by_itself() {
        assert_eq!(number("IDVNM1900000019001190000001<<9"), 1);
        assert_eq!(number("9006057F3006057VNM<<<<<<<<<<<6"), 2);
        assert_eq!(number("LE<<THI<MAU<<<<<<<<<<<<<<<<<<<"), 3);
        assert_eq!(number("P<VNMLE<<THI<MAU<<<<<<<<<<<<<<<<<<<<<<<<<<<<"), 1);
    }
}
