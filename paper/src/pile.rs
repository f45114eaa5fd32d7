//! A mixed pile of pages, sorted: which belong to one paper, in which order, and whose papers they are.
//!
//! Nothing is thrown away: a blank page stays behind the page it follows, what is no paper is set apart, and whatever
//! was guessed says so, for a person to confirm.

mod owners;
mod signs;

use models::PageText;
use serde::{Deserialize, Serialize};

use crate::documents::Documents;
use crate::fields::{Field, extract_by};
use crate::kind::{HINTED, Kind, OTHER};

pub use owners::Group;
use signs::{Signs, Stray};

/// One page of the pile, in the order of scanning.
#[derive(Clone, Copy)]
pub struct PilePage<'a> {
    pub text: &'a PageText,
    /// Nothing is written on it (`quality.blank`).
    pub blank: bool,
    /// Which sheet it is a side of, where the scanner tells.
    pub sheet: Option<u32>,
}

/// Why a person looks at a paper of the pile before it is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doubt {
    /// A page without title or number was added because it followed.
    Continuation,
    /// By the printed numbers, pages were scanned out of order.
    OutOfOrder,
    /// By the printed numbers, a page is not there.
    PageMissing,
    /// Whose paper it is was not told surely.
    Owner,
    /// Its kind was not told.
    Kind,
    /// It seems to be no paper.
    NoDocument,
}

impl Doubt {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] = [
        Self::Continuation,
        Self::OutOfOrder,
        Self::PageMissing,
        Self::Owner,
        Self::Kind,
        Self::NoDocument,
    ];

    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Continuation => "pile.continuation",
            Self::OutOfOrder => "pile.out_of_order",
            Self::PageMissing => "pile.page_missing",
            Self::Owner => "pile.owner",
            Self::Kind => "pile.kind",
            Self::NoDocument => "pile.no_document",
        }
    }
}

/// What a group of pages is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Paper,
    Envelope,
    /// A photograph of somebody, or a sheet with next to nothing on it.
    Picture,
}

/// Pages that belong together.
#[derive(Clone, Debug)]
pub struct Document {
    pub role: Role,
    pub kind: Kind,
    /// Places in the pile, from 0, in the order of reading; blank sides are among them.
    pub pages: Vec<usize>,
    pub fields: Vec<Field>,
    pub doubts: Vec<Doubt>,
}

/// The sorted pile.
#[derive(Clone, Debug, Default)]
pub struct Pile {
    pub documents: Vec<Document>,
    /// People, each with the papers that are theirs; a marriage certificate is in two groups.
    pub owners: Vec<Group>,
}

/// Sorts a pile by the built-in templates.
pub fn sort(pages: &[PilePage<'_>]) -> Pile {
    sort_by(Documents::built_in(), pages)
}

/// As [`sort`], by a site's templates.
pub fn sort_by(documents: &Documents, pages: &[PilePage<'_>]) -> Pile {
    let signs: Vec<Signs> = pages
        .iter()
        .map(|page| Signs::of(documents, page))
        .collect();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut leading_blanks: Vec<usize> = Vec::new();
    for at in 0..pages.len() {
        if signs[at].blank {
            match drafts.last_mut() {
                Some(draft) => draft.pages.push(at),
                None => leading_blanks.push(at),
            }
            continue;
        }
        match place_of(at, &signs, &drafts, pages) {
            Some((draft, doubt)) => {
                drafts[draft].pages.push(at);
                drafts[draft].doubts.extend(doubt);
            }
            None => drafts.push(Draft::begun(at, &signs[at])),
        }
        if let Some(draft) = drafts.last_mut().filter(|_| !leading_blanks.is_empty()) {
            draft.pages.append(&mut leading_blanks);
            draft.pages.sort_unstable();
        }
    }
    if !leading_blanks.is_empty() {
        drafts.push(Draft {
            pages: leading_blanks,
            role: Role::Picture,
            doubts: vec![Doubt::NoDocument],
        });
    }
    let mut sorted: Vec<Document> = drafts
        .into_iter()
        .map(|draft| draft.finished(documents, &signs, pages))
        .collect();
    let owners = owners::group(documents, &mut sorted);
    for document in &mut sorted {
        document.doubts.sort_unstable();
        document.doubts.dedup();
    }
    Pile {
        documents: sorted,
        owners,
    }
}

/// A paper while its pages are gathered.
struct Draft {
    role: Role,
    pages: Vec<usize>,
    doubts: Vec<Doubt>,
}

impl Draft {
    fn begun(at: usize, signs: &Signs) -> Self {
        let (role, doubts) = match signs.stray {
            Some(Stray::Envelope) => (Role::Envelope, vec![Doubt::NoDocument]),
            Some(Stray::Picture) => (Role::Picture, vec![Doubt::NoDocument]),
            None => (Role::Paper, Vec::new()),
        };
        Self {
            role,
            pages: vec![at],
            doubts,
        }
    }

    /// Puts the pages in order and takes the fields.
    fn finished(
        mut self,
        documents: &Documents,
        signs: &[Signs],
        pages: &[PilePage<'_>],
    ) -> Document {
        let numbered: Vec<(usize, u32)> = self
            .pages
            .iter()
            .filter_map(|at| Some((*at, signs[*at].number?)))
            .collect();
        let written = self.pages.iter().filter(|at| !signs[**at].blank).count();
        if !numbered.is_sorted_by_key(|(_, number)| *number) {
            self.doubts.push(Doubt::OutOfOrder);
            let key = |at: &usize| {
                // A page without a number stays behind the numbered one before it.
                self.pages
                    .iter()
                    .take_while(|other| *other <= at)
                    .filter_map(|at| signs[*at].number)
                    .last()
            };
            let mut order: Vec<(Option<u32>, usize)> =
                self.pages.iter().map(|at| (key(at), *at)).collect();
            order.sort_by_key(|(number, _)| number.unwrap_or(1));
            self.pages = order.into_iter().map(|(_, at)| at).collect();
        }
        let total = self.pages.iter().filter_map(|at| signs[*at].total).max();
        if total.is_some_and(|total| (written as u32) < total) {
            self.doubts.push(Doubt::PageMissing);
        }
        let texts: Vec<&PageText> = self.pages.iter().map(|at| pages[*at].text).collect();
        let kind = match self.role {
            Role::Paper => documents.classify(&texts),
            Role::Envelope | Role::Picture => OTHER,
        };
        if self.role == Role::Paper && kind.confidence < HINTED {
            self.doubts.push(Doubt::Kind);
        }
        let mut fields = match self.role {
            Role::Paper => extract_by(documents.template(&kind.id), &texts),
            Role::Envelope | Role::Picture => Vec::new(),
        };
        for field in &mut fields {
            // From the place in the paper to the place in the pile.
            if let Some(at) = (field.page as usize)
                .checked_sub(1)
                .and_then(|at| self.pages.get(at))
            {
                field.page = *at as u32 + 1;
            }
        }
        Document {
            role: self.role,
            kind,
            pages: self.pages,
            fields,
            doubts: self.doubts,
        }
    }
}

/// The paper that a page belongs to, and whether that is a guess; none when it begins a new one.
fn place_of(
    at: usize,
    signs: &[Signs],
    drafts: &[Draft],
    pages: &[PilePage<'_>],
) -> Option<(usize, Option<Doubt>)> {
    let page = &signs[at];
    if page.stray.is_some() {
        return None;
    }
    let papers = || {
        drafts
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, draft)| draft.role == Role::Paper)
    };
    let has = |draft: &Draft, number: u32| {
        draft
            .pages
            .iter()
            .any(|at| signs[*at].number == Some(number))
    };
    let total = |draft: &Draft| draft.pages.iter().find_map(|at| signs[*at].total);
    let begins = page
        .kind
        .as_ref()
        .is_some_and(|kind| kind.confidence >= HINTED);

    // The back of a card: its zone repeats the number of a front.
    if page.back {
        let front = papers().find(|(_, draft)| {
            draft
                .pages
                .iter()
                .any(|at| signs[*at].is_card() && !signs[*at].back)
                && !draft.pages.iter().any(|at| signs[*at].back)
                && (draft.pages.iter().any(|at| signs[*at].shares(page)) || page.numbers.is_empty())
        });
        let front = front.or_else(|| {
            papers().next().filter(|(_, draft)| {
                draft.pages.iter().any(|at| signs[*at].is_card()) && draft.pages.len() == 1
            })
        });
        if let Some((draft, found)) = front {
            let told = found.pages.iter().any(|at| signs[*at].shares(page));
            return Some((draft, (!told).then_some(Doubt::Continuation)));
        }
    }
    // "2/3" goes to the paper of three pages that has no second one yet.
    if let Some(number) = page.number.filter(|number| *number > 1) {
        let fits = |draft: &Draft| {
            !has(draft, number)
                && (total(draft).is_none() || page.total.is_none() || total(draft) == page.total)
        };
        let shared = papers()
            .find(|(_, draft)| fits(draft) && draft.pages.iter().any(|at| signs[*at].shares(page)));
        if let Some((draft, _)) = shared {
            return Some((draft, None));
        }
        if !begins {
            if let Some((draft, found)) = papers().next().filter(|(_, draft)| fits(draft)) {
                let follows = has(found, number - 1) || number == 2;
                return Some((draft, (!follows).then_some(Doubt::Continuation)));
            }
            if let Some((draft, _)) =
                papers().find(|(_, draft)| fits(draft) && total(draft) == page.total)
            {
                return Some((draft, Some(Doubt::Continuation)));
            }
        }
    }
    if begins || page.nation {
        return None;
    }
    // Without title or heading it goes on with the paper before it.
    let (draft, before) = papers().next()?;
    if before
        .pages
        .last()
        .is_some_and(|last| at > 0 && *last + 1 != at)
    {
        return None;
    }
    let same_sheet = before
        .pages
        .iter()
        .any(|other| pages[at].sheet.is_some() && pages[*other].sheet == pages[at].sheet);
    let told = same_sheet || before.pages.iter().any(|at| signs[*at].shares(page));
    Some((draft, (!told).then_some(Doubt::Continuation)))
}

#[cfg(test)]
mod tests;
