//! The book of pages: which image shows which side of which sheet, what was scanned twice, which two show a page with
//! its note and without, and whether that is what was counted by hand.

mod statement;
mod words;

use models::PageText;

use crate::likeness::{Likeness, Relation};
use crate::{Severity, Verdict};
pub use statement::{Image, Side, Standing, Statement};
use words::Words;

/// So many earlier pages are compared closely with a new one: those that look most like it from afar.
const CLOSELY: usize = 3;

/// What was counted by hand before scanning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Pages with writing on them.
    Pages(u32),
    /// Sheets, each scanned on one side or on both.
    Sheets { sheets: u32, both_sides: bool },
}

impl Counted {
    /// Sheets that the count stands for, when pages lie on one side each.
    pub fn sheets(self) -> u32 {
        match self {
            Self::Pages(pages) => pages,
            Self::Sheets { sheets, .. } => sheets,
        }
    }

    pub fn both_sides(self) -> bool {
        matches!(
            self,
            Self::Sheets {
                both_sides: true,
                ..
            }
        )
    }
}

/// What was entered so far.
#[derive(Clone, Default)]
pub struct PageLedger {
    counted: Option<Counted>,
    images: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    sha256: String,
    likeness: Option<Likeness>,
    words: Words,
    blank: bool,
    covered: bool,
    standing: Standing,
}

impl std::fmt::Debug for PageLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PageLedger({} images, counted {:?})",
            self.images.len(),
            self.counted
        )
    }
}

/// What is known of an image when it is entered.
#[derive(Clone, Copy, Debug)]
pub struct Entering<'a> {
    /// Of the packed image.
    pub sha256: &'a str,
    /// None when its pixels were not looked at.
    pub likeness: Option<&'a Likeness>,
    /// What the pixels and the reading told.
    pub verdicts: &'a [Verdict],
    /// None when it was not read.
    pub text: Option<&'a PageText>,
}

impl PageLedger {
    /// None when nobody counted.
    pub fn new(counted: Option<Counted>) -> Self {
        Self {
            counted,
            images: Vec::new(),
        }
    }

    /// Enters the next image and says what it is to earlier ones: the same page again, or the same with or without its
    /// note. A verdict's value is the number of the earlier image, counted from 1.
    pub fn enter(&mut self, image: &Entering<'_>) -> Vec<Verdict> {
        let has = |code: &str| image.verdicts.iter().any(|verdict| verdict.code == code);
        let mut entry = Entry {
            sha256: image.sha256.to_owned(),
            likeness: image.likeness.cloned(),
            words: Words::of(image.text),
            blank: has("quality.blank"),
            covered: has("quality.covered"),
            standing: Standing::Page,
        };
        let mut verdicts = Vec::new();
        match self.earlier(&entry) {
            Some((
                at,
                Relation::Covered {
                    by_first,
                    on_second,
                    ..
                },
            )) => {
                let number = at as u32 + 1;
                entry.standing = if by_first {
                    Standing::WithoutNote { with: number }
                } else {
                    Standing::WithNote { without: number }
                };
                verdicts
                    .push(Verdict::flagged("quality.note_pair", number as f32, 0.0).at(on_second));
            }
            Some((at, _)) => {
                let number = at as u32 + 1;
                entry.standing = Standing::Duplicate { of: number };
                verdicts.push(Verdict::flagged("quality.duplicate", number as f32, 0.0));
            }
            None => {}
        }
        self.images.push(entry);
        verdicts
    }

    /// The earlier image that shows the same page, and how.
    fn earlier(&self, new: &Entry) -> Option<(usize, Relation)> {
        // Blank pages are all alike, and so each of them counts.
        if let Some(at) = self
            .images
            .iter()
            .position(|old| old.sha256 == new.sha256 && !new.blank)
        {
            return Some((at, Relation::Same));
        }
        let mut alike: Vec<(usize, f32)> = self
            .images
            .iter()
            .enumerate()
            .filter(|(_, old)| !old.blank && !new.blank)
            .filter_map(|(at, old)| {
                Some((at, old.likeness.as_ref()?.glance(new.likeness.as_ref()?)))
            })
            .filter(|(_, alike)| *alike >= Likeness::COULD_BE)
            .collect();
        alike.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (at, _) in alike.into_iter().take(CLOSELY) {
            let old = &self.images[at];
            let (Some(first), Some(second)) = (&old.likeness, &new.likeness) else {
                continue;
            };
            match first.compare(second) {
                // One other number makes it another paper, however much of the form is the same.
                Relation::Same if !old.words.other_number(&new.words) => {
                    return Some((at, Relation::Same));
                }
                covered @ Relation::Covered { .. } => return Some((at, covered)),
                Relation::Same | Relation::Other => {}
            }
        }
        // A sheet that bulged so much that its ink does not lie on itself is known by its words.
        let at = self
            .images
            .iter()
            .position(|old| old.words.are(&new.words))?;
        Some((at, Relation::Same))
    }

    /// Which image is which.
    pub fn statement(&self) -> Statement {
        let both_sides = self.counted.is_some_and(Counted::both_sides);
        let images = self
            .images
            .iter()
            .map(|entry| (entry.sha256.clone(), entry.blank, entry.standing));
        Statement::of(self.counted, both_sides, images)
    }

    /// What does not agree with the count, once everything is entered.
    pub fn close(&self) -> Vec<Verdict> {
        let statement = self.statement();
        let mut verdicts = Vec::new();
        if let Some(counted) = self.counted {
            let (found, least, most) = match counted {
                Counted::Pages(pages) => (statement.written_pages(), pages, pages),
                Counted::Sheets {
                    sheets,
                    both_sides: false,
                } => {
                    // The back of a sheet may have been scanned, too, as long as it is blank.
                    (statement.pages(), sheets, sheets + statement.blank_pages())
                }
                Counted::Sheets {
                    sheets,
                    both_sides: true,
                } => (
                    statement.pages(),
                    sheets.saturating_mul(2),
                    sheets.saturating_mul(2),
                ),
            };
            if found < least {
                verdicts.push(Verdict::flagged(
                    "quality.pages_missing",
                    found as f32,
                    least as f32,
                ));
            } else if found > most {
                verdicts.push(Verdict::flagged(
                    "quality.pages_extra",
                    found as f32,
                    most as f32,
                ));
            }
        }
        // A page with a note is captured with it and without (TT 01/2023/TT-VPCP Art. 8(2)).
        for (entry, number) in self.images.iter().zip(1_u32..) {
            let partner = self.images.iter().any(|other| {
                matches!(other.standing, Standing::WithNote { without: n } | Standing::WithoutNote { with: n } if n == number)
            });
            if entry.covered && entry.standing == Standing::Page && !partner {
                verdicts.push(Verdict::flagged("quality.note_alone", number as f32, 0.0));
            }
        }
        verdicts
    }
}

/// Whether any verdict says: scan it again.
pub(crate) fn refused(verdicts: &[Verdict]) -> bool {
    verdicts
        .iter()
        .any(|verdict| verdict.severity == Severity::Refused)
}

#[cfg(test)]
mod tests;
