//! The types a value can have: which of the words behind a label belong to it, and whether it keeps the type's rules.
//!
//! A value stays as it is printed. Only where letters stand among digits that can be nothing but digits are they
//! replaced, and so are wrong marks on the words that rank the parts of an address; then the field says so and is for a
//! person to check.

pub(crate) mod date;
pub(crate) mod number;
mod words;

use std::ops::Range;

use serde::Deserialize;

use crate::reason::Reason;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Any words.
    Text,
    /// Words that end with a full stop of their own.
    Sentence,
    Name,
    /// `17/08/2010` or `17 tháng 08 năm 2010`.
    Date,
    /// `Ngày mười bảy tháng tám năm hai nghìn không trăm mười`.
    DateWords,
    /// A date among words: `02 giờ 11 phút, ngày 18 tháng 03 năm 2022`.
    Moment,
    Year,
    /// Twelve digits, or the nine of the card before.
    PersonalNumber,
    /// A paper and its number: `CCCD số 001199712217`.
    IdentityPaper,
    Sex,
    EthnicGroup,
    Nationality,
    Religion,
    Kinship,
    /// An address or a place; it ends with a province.
    Place,
    /// An authority; often with its province.
    Authority,
    /// A paper's number with its symbol: `471/2019-BS`, `1321/QĐ-UBND`, `CS 97470`.
    Number,
    /// Digits only.
    Count,
    Phone,
    Email,
    Money,
    /// `466,1 m2`.
    Area,
    /// A line of a machine-readable zone.
    Mrz,
}

/// What a type made of the words behind a label.
#[derive(Debug, PartialEq)]
pub(crate) struct Taken {
    pub(crate) value: String,
    /// The words that belong to the value.
    pub(crate) used: Range<usize>,
    pub(crate) faults: Vec<Reason>,
}

impl Taken {
    fn sound(value: String, used: Range<usize>) -> Self {
        Self {
            value,
            used,
            faults: Vec::new(),
        }
    }

    fn with(mut self, fault: Option<Reason>) -> Self {
        self.faults.extend(fault);
        self
    }
}

impl Shape {
    /// How many lines further such a value usually runs.
    pub(crate) fn usual_lines(self) -> u8 {
        match self {
            Self::Place | Self::Authority | Self::Sentence | Self::Text => 2,
            Self::DateWords
            | Self::Name
            | Self::Date
            | Self::Moment
            | Self::PersonalNumber
            | Self::IdentityPaper => 1,
            _ => 0,
        }
    }

    /// Whether only the layout tells where such a value ends.
    pub(crate) fn is_open(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Sentence
                | Self::Name
                | Self::Place
                | Self::Authority
                | Self::DateWords
        )
    }

    /// Whether a value of this type shows by itself that it is one, so that a label needs no colon before it.
    pub(crate) fn tells_itself(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::Moment
                | Self::Year
                | Self::PersonalNumber
                | Self::IdentityPaper
                | Self::Sex
                | Self::EthnicGroup
                | Self::Phone
                | Self::Money
                | Self::Area
                | Self::Count
                | Self::Number
        )
    }

    /// Whether one reading is not enough: free words, where a wrong tone mark makes another good word.
    pub(crate) fn wants_second_look(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Sentence
                | Self::Name
                | Self::Place
                | Self::Authority
                | Self::Religion
        )
    }

    /// Takes the value out of the words that stand behind a label; none when there is nothing of it.
    pub(crate) fn take(self, words: &[&str]) -> Option<Taken> {
        let from = words
            .iter()
            .position(|word| word.chars().any(char::is_alphanumeric))?;
        let rest = &words[from..];
        let mut taken = match self {
            Self::Text => words::text(rest, false),
            Self::Sentence => words::text(rest, true),
            Self::Name => words::name(rest),
            Self::Date => date::date(rest),
            Self::Moment => date::moment(rest),
            Self::DateWords => date::in_words(rest),
            Self::Year => number::year(rest),
            Self::PersonalNumber => number::personal(rest),
            Self::IdentityPaper => number::identity_paper(rest),
            Self::Sex => words::sex(rest),
            Self::EthnicGroup => words::ethnic_group(rest),
            Self::Nationality => words::nationality(rest),
            Self::Religion => words::listed(rest, rulebook::people::RELIGIONS),
            Self::Kinship => words::listed(rest, rulebook::people::KINSHIPS),
            Self::Place => words::place(rest),
            Self::Authority => words::authority(rest),
            Self::Number => number::symbol(rest),
            Self::Count => number::count(rest),
            Self::Phone => number::phone(rest),
            Self::Email => words::email(rest),
            Self::Money => number::money(rest),
            Self::Area => number::area(rest),
            Self::Mrz => number::mrz(rest),
        }?;
        taken.used = taken.used.start + from..taken.used.end + from;
        (!taken.value.is_empty()).then_some(taken)
    }
}

/// Words with one space between, without the points and strokes around them.
fn joined(words: &[&str]) -> String {
    let text = words.join(" ");
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | ';' | ',' | '.' | '|' | '_' | '…' | '/' | '-' | '=')
    });
    // A bracket that was opened before the value.
    let open = text.contains('(');
    text.strip_suffix(')')
        .filter(|_| !open)
        .unwrap_or(text)
        .trim_end_matches(['.', ',', ';'])
        .to_owned()
}

/// The whole of the words as a value that breaks its rules.
fn unfit(words: &[&str]) -> Option<Taken> {
    Some(Taken::sound(joined(words), 0..words.len()).with(Some(Reason::Shape)))
}
