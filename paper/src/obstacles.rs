//! "Do not scan this": what was read on a paper that speaks against digitising or certifying it.
//!
//! These are suggestions with their place, for the clerk to decide; the rules themselves, with their clauses, are
//! `rulebook::kinds`.

use models::PageText;
use rulebook::kinds::{self, Condition, Form, Paper};
use serde::{Deserialize, Serialize};

use crate::fold::{distance, distance_within};
use crate::kind::Kind;
use crate::layout::{Layout, Segment};
use crate::{Geometry, Place};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Obstacle {
    /// Stamped MẬT, TỐI MẬT, TUYỆT MẬT.
    Secret,
    /// Marked "không sao chụp".
    NoCopying,
    /// Bears the words that certify a copy.
    CertifiedCopy,
    /// A copy out of the register ("Trích lục … (Bản sao)"): as good as the original.
    RegisterCopy,
    /// Says "bản sao" somewhere, and not below its title.
    CopyMark,
    /// Without any colour, where such papers carry a red seal.
    Colourless,
    /// Not in Vietnamese, and nothing says that it was legalised.
    Foreign,
    /// A national database shares the same data.
    SharedByDatabase,
    /// Drawn up by private persons, and no seal was seen.
    SelfMade,
}

impl Obstacle {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::Secret,
        Self::NoCopying,
        Self::CertifiedCopy,
        Self::RegisterCopy,
        Self::CopyMark,
        Self::Colourless,
        Self::Foreign,
        Self::SharedByDatabase,
        Self::SelfMade,
    ];

    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secret => "obstacle.secret",
            Self::NoCopying => "obstacle.no_copying",
            Self::CertifiedCopy => "obstacle.certified_copy",
            Self::RegisterCopy => "obstacle.register_copy",
            Self::CopyMark => "obstacle.copy_mark",
            Self::Colourless => "obstacle.colourless",
            Self::Foreign => "obstacle.foreign",
            Self::SharedByDatabase => "obstacle.shared_by_database",
            Self::SelfMade => "obstacle.self_made",
        }
    }
}

/// One suggestion and where it was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    pub obstacle: Obstacle,
    /// From 1; 0 where it concerns the paper as a whole.
    pub page: u32,
    /// On the unaltered page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Read clearly; otherwise a person looks twice.
    pub sure: bool,
}

/// A page that was read.
#[derive(Clone, Copy)]
pub struct Looked<'a> {
    pub text: &'a PageText,
    pub geometry: &'a Geometry,
    /// The page has colour.
    pub coloured: bool,
}

/// Kinds that an office always seals in red.
const SEALED: &[&str] = &[
    "khai_sinh",
    "ket_hon",
    "khai_tu",
    "hon_nhan",
    "quyet_dinh",
    "quyen_sdd",
    "bang_tn",
    "chung_chi",
    "dang_ky_kd",
    "cu_tru",
    "nguoi_co_cong",
    "ly_lich_tu_phap",
];

/// Kinds that private persons draw up.
const PRIVATE: &[&str] = &["hop_dong", "uy_quyen"];

const CERTIFIED: &[&str] = &[
    "chungthucbansaodungvoibanchinh",
    "bansaodungvoibanchinh",
    "saoybanchinh",
];
const FORBIDDEN: &[&str] = &[
    "khongsaochup",
    "khongduocsaochup",
    "camsaochup",
    "khongduocsaochep",
    "taililieukhongsaochup",
];
const LEGALISED: &[&str] = &[
    "hopphaphoalanhsu",
    "chungnhanlanhsu",
    "apostille",
    "consularlegalization",
    "consularauthentication",
];
const NATION: &str = "conghoaxahoichunghiavietnam";

/// A page with fewer words does not tell its language.
const ENOUGH_WORDS: usize = 25;

/// Of a Vietnamese page at least this share of the words are syllables; names and numbers aside.
const VIETNAMESE_PERCENT: usize = 40;

/// Looks for everything that speaks against scanning.
pub fn look(kind: &Kind, pages: &[Looked<'_>]) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    let mut legalised = false;
    for (page, number) in pages.iter().zip(1..) {
        let layout = Layout::of(page.text);
        let mut add = |obstacle, segment: Option<&Segment>, sure| {
            if found
                .iter()
                .any(|known: &Suggestion| known.obstacle == obstacle && known.page == number)
            {
                return;
            }
            let place = segment.map(|segment| page.geometry.to_page(segment.rect));
            found.push(Suggestion {
                obstacle,
                page: number,
                place,
                sure,
            });
        };
        let mut titled: Option<usize> = None;
        for segment in &layout.segments {
            let letters = letters(&layout, segment);
            let text = layout.text(segment);
            let capitals = !text.chars().any(char::is_lowercase);
            if capitals && is_secret(&letters) {
                add(Obstacle::Secret, Some(segment), is_exact_secret(&text));
            }
            if near(FORBIDDEN, &letters) {
                add(Obstacle::NoCopying, Some(segment), true);
            }
            if near(CERTIFIED, &letters) && (capitals || letters.len() < 44) {
                add(Obstacle::CertifiedCopy, Some(segment), true);
            }
            if letters == "bansao"
                || letters.ends_with("bansao") && letters.len() < 34 && text.contains('(')
            {
                let below = titled.is_some_and(|row| segment.row <= row + 3) || letters.len() > 6;
                add(
                    if below {
                        Obstacle::RegisterCopy
                    } else {
                        Obstacle::CopyMark
                    },
                    Some(segment),
                    below,
                );
            }
            if is_title(kind, &letters) {
                titled = titled.or(Some(segment.row));
            }
            legalised |= near(LEGALISED, &letters);
        }
        if !page.coloured && SEALED.contains(&&*kind.id) {
            add(Obstacle::Colourless, None, false);
        }
        if is_foreign(&layout) {
            add(Obstacle::Foreign, None, false);
        }
    }
    if legalised {
        found.retain(|suggestion| suggestion.obstacle != Obstacle::Foreign);
    }
    let whole = |obstacle, sure| Suggestion {
        obstacle,
        page: 0,
        place: None,
        sure,
    };
    let shared = kinds::rules().iter().any(|rule| {
        rule.id == "shared_by_database"
            && rule.when == Condition::Always
            && rule.kinds.iter().any(|id| *id == kind.id)
    });
    if shared {
        found.push(whole(Obstacle::SharedByDatabase, true));
    }
    let sealed = pages.iter().any(|page| !page.geometry.seals.is_empty());
    if PRIVATE.contains(&&*kind.id) && !sealed && !pages.is_empty() {
        found.push(whole(Obstacle::SelfMade, false));
    }
    found
}

/// What the rulebook is asked with: the suggestions as if the clerk had confirmed each.
pub fn paper(suggestions: &[Suggestion]) -> Paper {
    let has = |obstacle| {
        suggestions
            .iter()
            .any(|suggestion| suggestion.obstacle == obstacle)
    };
    Paper {
        form: if has(Obstacle::CertifiedCopy) {
            Form::CertifiedCopy
        } else if has(Obstacle::RegisterCopy) {
            Form::RegisterOrElectronicCopy
        } else if has(Obstacle::Colourless) || has(Obstacle::CopyMark) {
            Form::Photocopy
        } else {
            Form::Original
        },
        secret: has(Obstacle::Secret) || has(Obstacle::NoCopying),
        foreign_not_legalised: has(Obstacle::Foreign),
        self_made: has(Obstacle::SelfMade),
        ..Paper::default()
    }
}

fn letters(layout: &Layout<'_>, segment: &Segment) -> String {
    layout.tokens[segment.tokens.clone()]
        .iter()
        .map(|token| token.folded.as_str())
        .collect()
}

fn near(phrases: &[&str], letters: &str) -> bool {
    phrases
        .iter()
        .any(|phrase| distance_within(phrase, letters) * 6 <= phrase.len())
}

/// The stamp stands alone: nothing but its word.
fn is_secret(letters: &str) -> bool {
    letters == "mat"
        || distance(letters, "toimat") <= 1 && letters.len() == 6
        || distance(letters, "tuyetmat") <= 1
}

fn is_exact_secret(text: &str) -> bool {
    matches!(
        text.trim_matches(|c: char| !c.is_alphabetic()),
        "MẬT" | "TỐI MẬT" | "TUYỆT MẬT"
    )
}

fn is_title(kind: &Kind, letters: &str) -> bool {
    let title = crate::documents::tight(&kind.title);
    distance_within(&title, letters) * 5 <= title.len()
        || letters.starts_with("trichluc")
        || letters.starts_with("giaykhaisinh")
}

fn is_foreign(layout: &Layout<'_>) -> bool {
    let words: Vec<&str> = layout
        .tokens
        .iter()
        .filter(|token| {
            token.folded.len() > 1 && token.folded.bytes().all(|byte| !byte.is_ascii_digit())
        })
        .map(|token| token.text.trim_matches(|c: char| !c.is_alphabetic()))
        .collect();
    let letters: String = layout
        .tokens
        .iter()
        .map(|token| token.folded.as_str())
        .collect();
    let syllables = words
        .iter()
        .filter(|word| rulebook::syllables::is_syllable(word) && !word.is_ascii())
        .count();
    words.len() >= ENOUGH_WORDS
        && syllables * 100 < words.len() * VIETNAMESE_PERCENT / 2
        && distance_within(NATION, &letters) * 4 > NATION.len()
}

#[cfg(test)]
mod tests;
