//! A pile made of the kept pages of one condition, first pages each followed by their further ones (`KIND_N_pM`): whether
//! every page came back in the paper that it belongs to.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use models::PageText;
use paper::pile::{PilePage, sort};

use super::corpus::Sample;
use super::kept;

/// How the pile was sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PileScore {
    pub papers: usize,
    /// Papers with all their pages and no other's.
    pub whole: usize,
    pub further_pages: usize,
    /// Further pages that lie with their first.
    pub joined: usize,
}

/// The paper that a page belongs to, and which of its pages it is.
fn paper_of(id: &str) -> (&str, u32) {
    id.rsplit_once("_p")
        .and_then(|(paper, page)| Some((paper, page.parse().ok()?)))
        .unwrap_or((id, 1))
}

/// Sorts the pile of each condition.
///
/// # Errors
/// When a kept page is damaged.
pub fn measure(samples: &[Sample], kept_in: &Path) -> Result<BTreeMap<String, PileScore>> {
    let mut by_condition: BTreeMap<&str, Vec<(&str, u32, PageText)>> = BTreeMap::new();
    for sample in samples {
        if let Some(text) = kept::load(kept_in, &sample.condition, &sample.id)? {
            let (paper, page) = paper_of(&sample.id);
            let pages = by_condition.entry(&sample.condition).or_default();
            pages.push((paper, page, text));
        }
    }
    let scored = by_condition.into_iter().map(|(condition, mut pages)| {
        pages.sort_by_key(|(paper, page, _)| (*paper, *page));
        (condition.to_owned(), score(&pages))
    });
    Ok(scored.collect())
}

fn score(pages: &[(&str, u32, PageText)]) -> PileScore {
    let pile: Vec<PilePage<'_>> = pages
        .iter()
        .map(|(.., text)| PilePage {
            text,
            blank: text.words.is_empty(),
            sheet: None,
        })
        .collect();
    let mut score = PileScore::default();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for (paper, page, _) in pages {
        *sizes.entry(*paper).or_default() += 1;
        score.further_pages += usize::from(*page > 1);
    }
    score.papers = sizes.len();
    for document in sort(&pile).documents {
        let own = |at: &usize| pages[*at].0;
        let Some(first) = document.pages.first().map(own) else {
            continue;
        };
        let alone = document.pages.iter().all(|at| own(at) == first);
        score.whole += usize::from(alone && sizes[first] == document.pages.len());
        score.joined += document
            .pages
            .iter()
            .filter(|at| {
                let (paper, page, _) = &pages[**at];
                *page > 1
                    && document
                        .pages
                        .iter()
                        .any(|other| pages[*other].0 == *paper && pages[*other].1 == 1)
            })
            .count();
    }
    score
}

#[cfg(test)]
mod tests {
    use super::paper_of;

    #[test]
    fn further_pages_name_their_paper() {
        assert_eq!(paper_of("hoc_ba_0_p3"), ("hoc_ba_0", 3));
        assert_eq!(paper_of("hoc_ba_0"), ("hoc_ba_0", 1));
        assert_eq!(paper_of("giay_phep_lai_xe_1"), ("giay_phep_lai_xe_1", 1));
    }
}
