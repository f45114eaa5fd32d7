//! What a page tells about its place in a pile: title, heading, page number, numbers that other pages repeat.

use std::collections::BTreeSet;

use crate::documents::Documents;
use crate::fold::{distance_within, fold};
use crate::kind::{HINTED, Kind, OTHER};
use crate::layout::{Layout, Segment};

use super::PilePage;

/// A page with fewer words is no paper, unless it has a title.
const FEW_WORDS: usize = 8;

/// An envelope says little.
const ENVELOPE_WORDS: usize = 60;

const NATION: &str = "conghoaxahoichunghiavietnam";
const SENDER: &[&str] = &["nguoigui", "nguoinhan", "kinhgui", "noigui", "noinhan"];

/// What is no paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    Envelope,
    Picture,
}

/// The signs of one page.
pub(super) struct Signs {
    pub(super) blank: bool,
    pub(super) stray: Option<Stray>,
    /// By its own title, or by a mark.
    pub(super) kind: Option<Kind>,
    /// The nation's heading stands on it, as on first pages only.
    pub(super) nation: bool,
    /// The number printed on it, and of how many.
    pub(super) number: Option<u32>,
    pub(super) total: Option<u32>,
    /// Long numbers: of persons, of papers.
    pub(super) numbers: BTreeSet<String>,
    /// The back of a card.
    pub(super) back: bool,
}

impl Signs {
    pub(super) fn of(documents: &Documents, page: &PilePage<'_>) -> Self {
        let layout = Layout::of(page.text);
        let letters: String = layout
            .tokens
            .iter()
            .map(|token| token.folded.as_str())
            .collect();
        let kind = Some(documents.classify_page(page.text)).filter(|kind| kind.id != OTHER.id);
        let titled = kind.as_ref().is_some_and(|kind| kind.confidence >= HINTED);
        let nation = layout.segments.iter().take(10).any(|segment| {
            let letters = letters_of(&layout, segment);
            distance_within(NATION, &letters) * 4 <= NATION.len()
        });
        let words = layout
            .tokens
            .iter()
            .filter(|token| token.folded.len() > 1)
            .count();
        let sender = SENDER.iter().filter(|word| letters.contains(*word)).count();
        let stray = match () {
            () if titled || nation || page.blank => None,
            () if words < FEW_WORDS => Some(Stray::Picture),
            () if words < ENVELOPE_WORDS && sender >= 2 => Some(Stray::Envelope),
            () => None,
        };
        let (number, total) = page_number(&layout).unwrap_or((None, None));
        let zone = layout
            .segments
            .iter()
            .any(|segment| layout.text(segment).matches('<').count() >= 4);
        Self {
            blank: page.blank || layout.tokens.is_empty(),
            stray,
            back: !titled && (zone || kind.as_ref().is_some_and(|kind| kind.id == "cccd")),
            kind,
            nation,
            number,
            total,
            numbers: numbers(&layout),
        }
    }

    /// Whether a long number stands on both pages.
    pub(super) fn shares(&self, other: &Self) -> bool {
        self.numbers.intersection(&other.numbers).next().is_some()
    }

    pub(super) fn is_card(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.id == "cccd")
    }
}

fn letters_of(layout: &Layout<'_>, segment: &Segment) -> String {
    layout.tokens[segment.tokens.clone()]
        .iter()
        .map(|token| token.folded.as_str())
        .collect()
}

/// Numbers of eight digits and more, a zone's digits among them; symbols of papers like `1321/QĐ-UBND`.
fn numbers(layout: &Layout<'_>) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for token in &layout.tokens {
        let runs = token.text.split(|c: char| !c.is_ascii_digit());
        numbers.extend(
            runs.filter(|run| run.len() == 12 || run.len() == 9 || run.len() == 10)
                .map(str::to_owned),
        );
        if token.text.contains('<') {
            // TD1: document type, state, nine digits with their check digit, then the twelve digits of the person.
            let digits: String = token.text.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= 22 {
                numbers.extend(digits.get(10..22).map(str::to_owned));
            }
        }
        let symbol = token.text.trim_matches(|c: char| !c.is_alphanumeric());
        if symbol.contains('/') && symbol.contains('-') && symbol.chars().any(char::is_uppercase) {
            numbers.insert(fold(symbol));
        }
    }
    numbers
}

/// `trang 2/3`, `Trang: 2`, `2/3` or a lone number at the head or the foot of the page.
fn page_number(layout: &Layout<'_>) -> Option<(Option<u32>, Option<u32>)> {
    let rows = layout.rows.len();
    let outer = layout
        .segments
        .iter()
        .filter(|segment| segment.row < 2 || segment.row + 2 >= rows);
    let mut found = None;
    for segment in layout
        .segments
        .iter()
        .filter(|segment| layout.tokens[segment.tokens.start].folded == "trang")
    {
        found =
            found.or_else(|| fraction(&layout.text(segment)[5.min(layout.text(segment).len())..]));
    }
    for segment in outer {
        let text = layout.text(segment);
        let bare = text.trim_matches(|c: char| !c.is_ascii_digit());
        let alone = text.chars().filter(|c| c.is_alphabetic()).count() == 0;
        if alone && (bare.contains('/') || bare.len() <= 2 && segment.row < 2) {
            found = found.or_else(|| fraction(bare));
        }
    }
    found.map(|(number, total)| (Some(number), total))
}

/// `2/3`, or `2`; a date is none.
fn fraction(text: &str) -> Option<(u32, Option<u32>)> {
    let text = text.trim_matches(|c: char| !c.is_ascii_digit());
    let mut parts = text.split(['/', ' ']).filter(|part| !part.is_empty());
    let number: u32 = parts.next()?.parse().ok()?;
    let total = match parts.next() {
        Some(part) => Some(part.parse::<u32>().ok()?),
        None => None,
    };
    let sound =
        (1..=200).contains(&number) && total.is_none_or(|total| (number..=200).contains(&total));
    (sound && parts.next().is_none()).then_some((number, total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::drawn;

    #[test]
    fn page_numbers_are_read_at_the_edge_only() {
        let number = |text: &str| page_number(&Layout::of(&drawn(text)));
        assert_eq!(number("chữ\nchữ\nchữ\nTrang 2/3"), Some((Some(2), Some(3))));
        assert_eq!(
            number("2\nchữ tiếp theo\nchữ\nchữ\nchữ"),
            Some((Some(2), None))
        );
        assert_eq!(
            number("chữ\nchữ\nchữ\nchữ\nchữ\n2/4"),
            Some((Some(2), Some(4)))
        );
        assert_eq!(number("chữ\nchữ\n18/03/2022\nchữ\nchữ\nchữ"), None);
        assert_eq!(number("chữ\nchữ\nchữ\n12\nchữ\nchữ\nchữ\nchữ"), None);
    }
}
