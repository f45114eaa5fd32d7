//! What may stand where in a machine-readable zone, and which check digit covers it (ICAO 9303-3 §4.9, 9303-4 §4.2.2,
//! 9303-5 §4.2.2).

use std::ops::Range;

use emrtd::mrz::check_digit;
use zeroize::Zeroizing;

use super::Checks;

/// What one place of the zone may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// A capital letter or the filler.
    Letter,
    /// A capital letter.
    Capital,
    /// A capital letter or a digit.
    Mark,
    Digit,
    /// A digit, or the filler where the field is empty.
    DigitOrFiller,
    /// Only the filler.
    Filler,
    /// Any of the 37.
    Any,
    /// One of these.
    OneOf(&'static str),
}

impl Allowed {
    pub(crate) fn allows(self, letter: char) -> bool {
        match self {
            Self::Letter => letter.is_ascii_uppercase() || letter == '<',
            Self::Capital => letter.is_ascii_uppercase(),
            Self::Mark => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            Self::Digit => letter.is_ascii_digit(),
            Self::DigitOrFiller => letter.is_ascii_digit() || letter == '<',
            Self::Filler => letter == '<',
            Self::Any => is_zone_letter(letter),
            Self::OneOf(set) => set.contains(letter),
        }
    }

    /// The one letter of this place that is taken for `read`; none when there is none or several.
    pub(crate) fn meant(self, read: char) -> Option<char> {
        match self {
            Self::Filler => Some('<'),
            Self::Digit | Self::DigitOrFiller => as_digit(read),
            Self::Letter => as_letter(read),
            Self::Capital => as_letter(read).filter(|letter| *letter != '<'),
            Self::OneOf(set) => {
                let mut alike = set.chars().filter(|letter| alike(*letter, read));
                alike.next().filter(|_| alike.next().is_none())
            }
            Self::Any | Self::Mark => None,
        }
    }

    /// What is left when the place is seen to hold a filler, or not to.
    pub(crate) fn narrowed(self, filler: bool, no_filler: bool) -> Self {
        match self {
            Self::Letter | Self::Any | Self::DigitOrFiller if filler => Self::Filler,
            Self::Letter if no_filler => Self::Capital,
            Self::Any if no_filler => Self::Mark,
            Self::DigitOrFiller if no_filler => Self::Digit,
            other => other,
        }
    }
}

/// A to Z, 0 to 9 and the filler.
pub(crate) fn is_zone_letter(letter: char) -> bool {
    letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '<'
}

/// Letters that readers take for figures, in OCR-B and in the type of copies.
fn as_digit(letter: char) -> Option<char> {
    Some(match letter {
        'O' | 'Q' | 'D' | 'U' | 'o' => '0',
        'I' | 'L' | 'l' | 'i' | '|' | '!' | 'T' | 'J' => '1',
        'Z' | 'z' => '2',
        'A' => '4',
        'S' | 's' | '$' => '5',
        'G' | 'b' => '6',
        'B' | '&' => '8',
        'g' | 'q' => '9',
        _ => return None,
    })
}

fn as_letter(letter: char) -> Option<char> {
    Some(match letter {
        '0' | 'o' => 'O',
        '1' | 'l' | 'i' | '|' | '!' => 'I',
        '2' | 'z' => 'Z',
        '4' => 'A',
        '5' | 's' | '$' => 'S',
        '6' => 'G',
        '8' | '&' => 'B',
        '€' | '(' | '{' | '[' | '‹' | '«' => '<',
        letter if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
        _ => return None,
    })
}

/// Capitals that a reader mixes up.
pub(crate) fn mixed_up(a: char, b: char) -> bool {
    const SHAPES: [&str; 6] = ["ITLJ", "MNHW", "OQDU", "FEP", "VY", "CG"];
    SHAPES
        .iter()
        .any(|shape| shape.contains(a) && shape.contains(b))
}

/// The other one of a pair that a reader mixes up.
pub(crate) fn look_alike(letter: char) -> Option<char> {
    const PAIRS: [(char, char); 7] = [
        ('O', '0'),
        ('I', '1'),
        ('B', '8'),
        ('S', '5'),
        ('Z', '2'),
        ('G', '6'),
        ('K', '<'),
    ];
    PAIRS.iter().find_map(|(a, b)| match letter {
        letter if letter == *a => Some(*b),
        letter if letter == *b => Some(*a),
        _ => None,
    })
}

fn alike(letter: char, read: char) -> bool {
    const SHAPES: [&str; 7] = ["I1LlTi|!J", "FEP", "MNHW", "<KC(«€‹", "C(G<", "A4", "PFR"];
    letter == read.to_ascii_uppercase()
        || SHAPES
            .iter()
            .any(|shape| shape.contains(letter) && shape.contains(read))
}

/// The two documents whose zones are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A card: three lines of 30.
    Td1,
    /// A passport: two lines of 44.
    Td3,
}

impl Kind {
    pub(crate) fn lines(self) -> usize {
        match self {
            Self::Td1 => 3,
            Self::Td3 => 2,
        }
    }

    pub(crate) fn width(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td3 => 44,
        }
    }

    /// What may stand where. A Vietnamese card has figures only in its number and the twelve-digit personal number,
    /// two fillers and a check digit behind it.
    pub(crate) fn layout(self, vietnamese: bool) -> Vec<Vec<Allowed>> {
        use Allowed::{Any, Digit, DigitOrFiller, Filler, Letter, OneOf};
        let row = |parts: &[(usize, Allowed)]| -> Vec<Allowed> {
            parts
                .iter()
                .flat_map(|(count, allowed)| vec![*allowed; *count])
                .collect()
        };
        match (self, vietnamese) {
            (Self::Td1, true) => vec![
                row(&[
                    (1, OneOf("I")),
                    (1, OneOf("D<")),
                    (3, Letter),
                    (10, Digit),
                    (12, Digit),
                    (2, Filler),
                    (1, Digit),
                ]),
                row(&[
                    (7, Digit),
                    (1, OneOf("MFX<")),
                    (7, Digit),
                    (3, Letter),
                    (11, Any),
                    (1, Digit),
                ]),
                row(&[(30, Letter)]),
            ],
            (Self::Td1, false) => vec![
                row(&[
                    (1, OneOf("ACI")),
                    (4, Letter),
                    (9, Any),
                    (1, DigitOrFiller),
                    (15, Any),
                ]),
                row(&[
                    (7, Digit),
                    (1, OneOf("MFX<")),
                    (7, Digit),
                    (3, Letter),
                    (11, Any),
                    (1, Digit),
                ]),
                row(&[(30, Letter)]),
            ],
            (Self::Td3, _) => vec![
                row(&[(1, OneOf("P")), (43, Letter)]),
                row(&[
                    (9, Any),
                    (1, Digit),
                    (3, Letter),
                    (7, Digit),
                    (1, OneOf("MFX<")),
                    (7, Digit),
                    (14, Any),
                    (1, DigitOrFiller),
                    (1, Digit),
                ]),
            ],
        }
    }

    /// The letters that no check digit covers: nationality and name.
    pub(crate) fn unchecked(self) -> impl Iterator<Item = (usize, usize)> {
        let (nationality, name) = match self {
            Self::Td1 => ((1, 15..18), (2, 0..30)),
            Self::Td3 => ((1, 10..13), (0, 5..44)),
        };
        [nationality, name]
            .into_iter()
            .flat_map(|(line, columns)| columns.map(move |column| (line, column)))
    }

    /// Whether the digit of the whole zone covers a place.
    pub(crate) fn is_checked(self, line: usize, column: usize) -> bool {
        match (self, line) {
            (Self::Td1, 0) => column >= 5,
            (Self::Td1, 1) => column != 7 && !(15..18).contains(&column),
            (Self::Td3, 1) => column != 20 && !(10..13).contains(&column),
            _ => false,
        }
    }

    /// Whether a letter is beyond doubt once the digit of the whole zone fits: covered by it, or alone possible.
    pub(crate) fn is_certain(
        self,
        line: usize,
        column: usize,
        layout: &[Vec<Allowed>],
        letters: &[Vec<char>],
    ) -> bool {
        let issuer = line == 0 && (2..5).contains(&column) && letters[0][2..5] == ['V', 'N', 'M'];
        let alone = match layout[line][column] {
            Allowed::Filler => true,
            Allowed::OneOf(set) => set.len() == 1 || set == "D<",
            _ => false,
        };
        self.is_checked(line, column) || issuer || alone
    }

    /// Computes every check digit.
    pub(crate) fn checks(self, lines: &[Vec<char>]) -> Checks {
        let part = |line: usize, range: Range<usize>| -> Zeroizing<String> {
            Zeroizing::new(lines[line][range].iter().collect())
        };
        let fits = |covered: &str, digit: char| check_digit(covered) == Some(digit);
        match self {
            Self::Td1 => {
                let vietnamese = lines[0][2..5] == ['V', 'N', 'M'];
                // 9303-5 §4.2.2.1 note j: a number longer than nine goes on behind a filler; left to the parser.
                let long = lines[0][14] == '<';
                let whole = Zeroizing::new(
                    [
                        &**part(0, 5..30),
                        &**part(1, 0..7),
                        &**part(1, 8..15),
                        &**part(1, 18..29),
                    ]
                    .concat(),
                );
                Checks {
                    document_no: long || fits(&part(0, 5..14), lines[0][14]),
                    birth: fits(&part(1, 0..6), lines[1][6]),
                    expiry: fits(&part(1, 8..14), lines[1][14]),
                    optional: true,
                    whole: fits(&whole, lines[1][29]),
                    personal_no: vietnamese.then(|| lines[0][18..27] == lines[0][5..14]),
                }
            }
            Self::Td3 => {
                let whole = Zeroizing::new(
                    [&**part(1, 0..10), &**part(1, 13..20), &**part(1, 21..43)].concat(),
                );
                let optional = part(1, 28..42);
                let empty = optional.chars().all(|letter| letter == '<') && lines[1][42] == '<';
                Checks {
                    document_no: fits(&part(1, 0..9), lines[1][9]),
                    birth: fits(&part(1, 13..19), lines[1][19]),
                    expiry: fits(&part(1, 21..27), lines[1][27]),
                    optional: empty || fits(&optional, lines[1][42]),
                    whole: fits(&whole, lines[1][43]),
                    personal_no: None,
                }
            }
        }
    }
}
