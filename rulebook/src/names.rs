//! Compares two spellings of a Vietnamese name and says how they differ, because "hòa" and "hoà" are
//! one name, "Lan" and "Lam" are two, and a card chip writes no accents at all.
//!
//! Nothing is corrected here: both spellings stay as they are, and a person sees both.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// How two names differ, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameDifference {
    /// The same letters and accents (capitals, composed or decomposed form and runs of spaces apart).
    Same,
    /// Only where the tone mark stands (hòa, hoà), Đ for D, Y for I (Lý, Lí), or spacing.
    Spelling,
    /// The same letters once all accents are taken away.
    AccentsOnly,
    /// One syllable is another one, missing or too many.
    OneSyllable,
    /// More than that.
    Different,
}

impl NameDifference {
    /// Whether the two spellings may be taken for one name without asking a person.
    pub const fn counts_as_same(self) -> bool {
        matches!(self, Self::Same | Self::Spelling)
    }

    /// The key in [`crate::messages`] of what to tell the operator; none when there is nothing to tell.
    pub const fn message_key(self) -> Option<&'static str> {
        match self {
            Self::Same => None,
            Self::Spelling => Some("name.tone_only"),
            Self::AccentsOnly | Self::OneSyllable | Self::Different => Some("name.diff"),
        }
    }
}

/// Longest name that is compared, in bytes; a longer one is nobody's and counts as different.
pub const LONGEST_NAME: usize = 1024;

/// How `a` and `b` differ. The order of the two does not matter.
///
/// An empty name, or one longer than [`LONGEST_NAME`], differs from everything.
pub fn compare(a: &str, b: &str) -> NameDifference {
    if a.len() > LONGEST_NAME || b.len() > LONGEST_NAME {
        return NameDifference::Different;
    }
    let (a, b) = (syllables(a), syllables(b));
    if a.is_empty() || b.is_empty() {
        return NameDifference::Different;
    }
    if a == b {
        return NameDifference::Same;
    }
    if same_spelling(&a, &b) {
        return NameDifference::Spelling;
    }
    let (bare_a, bare_b) = (bare(&a), bare(&b));
    if bare_a.concat() == bare_b.concat() {
        return NameDifference::AccentsOnly;
    }
    if one_differs(&bare_a, &bare_b) {
        return NameDifference::OneSyllable;
    }
    NameDifference::Different
}

/// A letter with its shape marks (circumflex, breve, horn) and the tone that stands on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    base: char,
    shape: Option<char>,
    tone: Option<char>,
}

type Syllable = Vec<Letter>;

// The five tone marks: grave (huyền), acute (sắc), tilde (ngã), hook (hỏi), dot below (nặng).
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// Cuts a name into lower-case syllables. Whatever is no letter separates them; marks that cannot be
/// seen (zero-width space and joiner, soft hyphen, byte order mark) are nothing.
fn syllables(name: &str) -> Vec<Syllable> {
    let mut all: Vec<Syllable> = Vec::new();
    let mut current = Syllable::new();
    for c in name.nfd().flat_map(char::to_lowercase) {
        match c {
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{ad}' | '\u{feff}' => {}
            _ if TONES.contains(&c) => {
                // Two tones on one letter are no Vietnamese; the later one is kept as a shape, so
                // that such a spelling is never taken for a sound one.
                if let Some(letter) = current.last_mut() {
                    if letter.tone.is_none() {
                        letter.tone = Some(c)
                    } else {
                        letter.shape = Some(c)
                    }
                }
            }
            '\u{300}'..='\u{36f}' => {
                if let Some(letter) = current.last_mut() {
                    letter.shape = Some(c);
                }
            }
            // đ does not decompose in Unicode; here it is d with a mark, so that bare() needs no case.
            'đ' => current.push(Letter {
                base: 'd',
                shape: Some('\u{335}'),
                tone: None,
            }),
            _ if c.is_alphanumeric() => current.push(Letter {
                base: c,
                shape: None,
                tone: None,
            }),
            _ => {
                if !current.is_empty() {
                    all.push(std::mem::take(&mut current));
                }
            }
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    all
}

/// The syllable as it sounds: letters without tones, Đ as D, Y as I where both are written for one
/// sound; and the tones, which belong to the syllable wherever they stand.
fn sound(syllable: &[Letter]) -> (String, Vec<char>) {
    let mut letters = String::new();
    for (at, letter) in syllable.iter().enumerate() {
        letters.push(if letter.base == 'y' && y_sounds_as_i(syllable, at) {
            'i'
        } else {
            letter.base
        });
        // D without its stroke is what old typewriters and foreign forms wrote for Đ.
        if letter.base != 'd' {
            letters.extend(letter.shape);
        }
    }
    (
        letters,
        syllable.iter().filter_map(|letter| letter.tone).collect(),
    )
}

/// Y stands for I where it is the only vowel (Lý, Lí; Quý, Quí) or opens "yê" (Yến, Iến). Elsewhere
/// the two are different sounds: Thúy is not Thúi, Tay is not Tai.
fn y_sounds_as_i(syllable: &[Letter], at: usize) -> bool {
    let is_vowel = |letter: &Letter| matches!(letter.base, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let opens = at == 0 && syllable.get(1).is_some_and(|next| next.base == 'e');
    let after_qu = at == 2 && syllable[0].base == 'q' && syllable[1].base == 'u';
    let ends = at + 1 == syllable.len();
    opens || (ends && (after_qu || !syllable[..at].iter().any(is_vowel)))
}

fn same_spelling(a: &[Syllable], b: &[Syllable]) -> bool {
    if a.len() == b.len() {
        return a.iter().zip(b).all(|(a, b)| sound(a) == sound(b));
    }
    // Spacing differs ("Mai Linh", "MaiLinh"): cut both at every place where either is cut, so that a
    // tone cannot slip into the neighbouring syllable.
    let mut cuts: Vec<usize> = ends(a).chain(ends(b)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let (a, b) = (a.concat(), b.concat());
    if a.len() != b.len() {
        return false;
    }
    let mut start = 0;
    cuts.into_iter().all(|end| {
        let part = start..end;
        start = end;
        sound(&a[part.clone()]) == sound(&b[part])
    })
}

/// Where each syllable ends, counted in letters from the start of the name.
fn ends(name: &[Syllable]) -> impl Iterator<Item = usize> {
    name.iter().scan(0, |end, syllable| {
        *end += syllable.len();
        Some(*end)
    })
}

/// The syllables as the chip's machine-readable zone would write them: base letters only.
fn bare(name: &[Syllable]) -> Vec<String> {
    name.iter()
        .map(|syllable| {
            let as_i = |(at, letter): (usize, &Letter)| {
                if letter.base == 'y' && y_sounds_as_i(syllable, at) {
                    'i'
                } else {
                    letter.base
                }
            };
            syllable.iter().enumerate().map(as_i).collect()
        })
        .collect()
}

/// Whether changing, dropping or adding one syllable makes the names equal, with at least one left
/// in common.
fn one_differs(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() < 2 || long.len() - short.len() > 1 {
        return false;
    }
    let front = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let left = short.len() - front;
    let back = short
        .iter()
        .rev()
        .zip(long.iter().rev())
        .take(left)
        .take_while(|(a, b)| a == b)
        .count();
    let same = front + back;
    same > 0 && same + 1 == long.len()
}

#[cfg(test)]
mod tests;
